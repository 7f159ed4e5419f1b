//! Opening a ledger. Answers: *what does the record say the state is?*

mod log_key;
pub mod seen;

pub use log_key::{
    NextKey, check_log_key, log_key_after, log_keys, log_seed, next_key, next_key_path, rotated_to,
};
pub use seen::{Lost, SeenHead};

use countersign_core::record::{self, Answer, RecordError, Recorded, SCHEMA};
use countersign_core::{Event, State};
use countersign_proof::checkpoint::Checkpoint;
use countersign_proof::entry::{OpenPart, leaf_hash, verify_parts};
use countersign_proof::words::{Digest, Moment};
use countersign_proof::{Body, Frontier, Label, LogKey, LogVerifier, SealedPart};
use countersign_store::{Mode, Store, StoreError, StoredPart};
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Entries read at once.
const STEP: u64 = 1024;

/// Entries after a snapshot beyond which a new one is kept.
pub(crate) const SNAPSHOT_AFTER: u64 = 50_000;

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry cannot be read.
    #[error("entry {seq} of the record cannot be read: {error}; verify the log")]
    Entry {
        /// Which.
        seq: u64,
        /// Why.
        error: RecordError,
    },
    /// The head does not fit the entries.
    #[error("the head of the log does not fit its entries: {0}; verify the log")]
    Head(String),
    /// The record does not go on from what was acknowledged last.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The log key is missing or damaged.
    #[error("the log key {path} cannot be used: {why}")]
    LogKey {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file or thread cannot be had.
    #[error("cannot {what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: io::Error,
    },
}

impl OpenError {
    /// Whether the record itself is damaged, as against unreachable.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Entry { .. } | Self::Head(_) | Self::Lost(_) => true,
            Self::Store(error) => error.is_damage(),
            Self::LogKey { .. } | Self::Io { .. } => false,
        }
    }
}

/// The head of the log: what the next entry is appended to, signed by the log key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The tree, as far as appending needs it.
    pub frontier: Frontier,
    /// The checkpoint: a signed note (C2SP tlog-checkpoint); empty before the founding.
    pub note: String,
}

impl Head {
    /// The head in its stored form.
    ///
    /// # Errors
    /// [`RecordError`] when it cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, RecordError> {
        Ok(postcard::to_allocvec(self)?)
    }

    /// How many entries it is the head of.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The head that a record has, which says the same of its size and root.
    ///
    /// # Errors
    /// [`OpenError::Head`] when it does not.
    pub fn of(stored: &countersign_store::Head) -> Result<Self, OpenError> {
        let head = Self::decode(&stored.frontier)?;
        if head.size() != stored.size || head.frontier.root() != stored.root {
            return Err(OpenError::Head(format!("it says {} entries", head.size())));
        }
        Ok(head)
    }

    /// Whether its checkpoint says the same of size and root, and is signed by this key of a log.
    ///
    /// # Errors
    /// [`OpenError::Head`] when it does not, or is not.
    pub fn check_signed(&self, origin: &str, log_key: Digest) -> Result<(), OpenError> {
        if self.size() == 0 {
            return Ok(());
        }
        let signed = LogVerifier::new(origin, log_key.0)
            .and_then(|log| Checkpoint::open(self.note.as_bytes(), &log))
            .map_err(|error| OpenError::Head(format!("its checkpoint: {error}")))?;
        if (signed.size, signed.root) == (self.size(), self.frontier.root()) {
            Ok(())
        } else {
            Err(OpenError::Head(format!("its checkpoint is of {} entries", signed.size)))
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, OpenError> {
        if bytes.is_empty() {
            return Ok(Self { frontier: Frontier::new(), note: String::new() });
        }
        postcard::from_bytes(bytes).map_err(|error| OpenError::Head(error.to_string()))
    }
}

/// A ledger opened for writing.
pub struct Opened {
    /// Where the record is kept.
    pub store: Box<dyn Store>,
    /// What the record says.
    pub state: State,
    /// Where the next entry goes.
    pub head: Head,
    /// What signs checkpoints.
    pub log_key: LogKey,
    /// What is to sign them once a signed act says so.
    pub next_key: Option<NextKey>,
    /// Where what was acknowledged last is kept apart from the record.
    pub seen: Option<SeenHead>,
}

/// Opens a ledger for writing; there is one writer at a time.
///
/// # Errors
/// [`OpenError`]; a second writer is told who holds the ledger.
pub fn open_writer(location: &str) -> Result<Opened, OpenError> {
    let store = countersign_store::open(location, Mode::Write)?;
    check_seen(location, store.as_ref())?;
    let (state, head, replayed) = rebuilt(store.as_ref(), u64::MAX)?;
    head.check_signed(&state.ledger.origin, state.ledger.log_key)?;
    if replayed >= SNAPSHOT_AFTER {
        keep_snapshot(store.as_ref(), &state, head.size())?;
    }
    with_keys(location, store, state, head)
}

/// Keeps the state after so many entries, so that it need not be replayed to there again.
///
/// # Errors
/// [`OpenError`] when it cannot be kept; nothing but time is lost by that.
pub(crate) fn keep_snapshot(store: &dyn Store, state: &State, size: u64) -> Result<(), OpenError> {
    let bytes = record::snapshot(state).map_err(|error| OpenError::Entry { seq: size, error })?;
    Ok(store.save_snapshot(size, SCHEMA, &bytes)?)
}

/// Opens a ledger for writing where its record was followed up to `head`, with what has been
/// recorded since.
///
/// # Errors
/// As for [`open_writer`]; [`OpenError::Head`] when the record does not go on from `head`.
pub fn take_over(
    location: &str,
    place: &str,
    state: State,
    head: Head,
) -> Result<Opened, OpenError> {
    let store = countersign_store::open_at(location, Mode::Write, place)?;
    go_on(location, store, state, head)
}

/// As [`take_over`], once `store` has the lease.
///
/// # Errors
/// As for [`take_over`].
pub fn go_on(
    location: &str,
    store: Box<dyn Store>,
    mut state: State,
    head: Head,
) -> Result<Opened, OpenError> {
    check_seen(location, store.as_ref())?;
    let head = catch_up(store.as_ref(), &mut state, head)?;
    with_keys(location, store, state, head)
}

/// Takes a state from the head that it was followed to, to that of the record.
///
/// # Errors
/// [`OpenError::Head`] when the record does not go on from there; why it cannot be read.
fn catch_up(store: &dyn Store, state: &mut State, from: Head) -> Result<Head, OpenError> {
    let size = from.size();
    let head = Head::of(&store.head()?)?;
    let mut frontier = from.frontier;
    read_on(store, &mut frontier, head.size(), &mut |recorded, _| {
        record::replay(state, &recorded)
    })?;
    if frontier.root() != head.frontier.root() {
        let why = format!("what follows the first {size} entries is of another history");
        return Err(OpenError::Head(why));
    }
    head.check_signed(&state.ledger.origin, state.ledger.log_key)?;
    Ok(head)
}

/// Reads on from a tree up to `size` entries in all: each goes into the tree by its open part, and
/// its body is the one that this part names.
///
/// # Errors
/// [`OpenError::Head`] for an entry that is not its own; why one cannot be read.
pub(crate) fn read_on(
    store: &dyn Store,
    frontier: &mut Frontier,
    size: u64,
    each: &mut dyn FnMut(Recorded, OpenPart),
) -> Result<(), OpenError> {
    while frontier.size() < size {
        let limit = STEP.min(size.saturating_sub(frontier.size()));
        let read = store.read(frontier.size(), usize::try_from(limit).unwrap_or(1))?;
        if read.is_empty() {
            let cause = format!("entry {} is not there yet", frontier.size());
            return Err(StoreError::Unavailable { cause }.into());
        }
        for entry in read {
            let seq = entry.seq;
            let wrong = |why: String| OpenError::Head(format!("entry {seq}: {why}"));
            let open = OpenPart::parse(&entry.open).map_err(|error| wrong(error.to_string()))?;
            let body = body(&entry.body).ok_or_else(|| wrong("its body has no salt".to_owned()))?;
            verify_parts(&open, Some(&body), &[]).map_err(|error| wrong(error.to_string()))?;
            let recorded =
                record::read(&body.bytes).map_err(|error| OpenError::Entry { seq, error })?;
            frontier.append(leaf_hash(&entry.open));
            each(recorded, open);
        }
    }
    Ok(())
}

/// A ledger opened for writing, with the key that signs its log.
fn with_keys(
    location: &str,
    store: Box<dyn Store>,
    state: State,
    head: Head,
) -> Result<Opened, OpenError> {
    let mut next_key = next_key(location, &state.ledger.origin)?;
    // A rotation that was recorded, and cut short before its file was in its place.
    let is_next = |next: &NextKey| next.key.verifier().public_key() == state.ledger.log_key.0;
    if let Some(next) = next_key.take_if(|next| is_next(next)) {
        next.take_over()?;
    }
    let key = check_log_key(location, &state)?;
    let seen = SeenHead::of(location);
    let mut opened = Opened { store, state, head, log_key: key, next_key, seen };
    if let Some(left) = erase(opened.store.as_mut(), &opened.state)? {
        tracing::warn!("{left}");
    }
    Ok(opened)
}

/// Takes out of the record what signed acts have erased; gives why that is not over yet, where
/// readers still hold it up. What was recorded stays so, and this is done again at every opening.
///
/// # Errors
/// [`StoreError`] when the record cannot be written.
pub fn erase(store: &mut dyn Store, state: &State) -> Result<Option<String>, StoreError> {
    let entries: Vec<u64> = state
        .people
        .erased()
        .flat_map(|(_, erased)| erased.entries.iter().map(|entry| entry.0))
        .collect();
    if entries.is_empty() {
        return Ok(None);
    }
    match store.erase(&entries) {
        Ok(_) => Ok(None),
        Err(StoreError::Locked { .. }) => Ok(Some(
            "names were erased, and their bytes are written over once nobody reads the record as \
             it was before; that is tried again at the next opening"
                .to_owned(),
        )),
        Err(error) => Err(error),
    }
}

/// Creates an empty ledger, to be founded by the first command; keeps the log key beside it.
///
/// # Errors
/// [`OpenError`] when there is something already, or files cannot be written.
pub fn create(location: &str, origin: &str, seed: [u8; 32]) -> Result<Opened, OpenError> {
    let path = log_key::log_key_path(location);
    let log_key = LogKey::from_seed(origin, seed)
        .map_err(|error| OpenError::LogKey { path: path.clone(), why: error.to_string() })?;
    if countersign_store::is_apart(location) {
        if path.exists() {
            let why = "a ledger has it already; name another folder by folder=DIR".to_owned();
            return Err(OpenError::LogKey { path, why });
        }
        make_private(&folder(location))?;
    }
    let store = countersign_store::open(location, Mode::Create)?;
    crate::keys::write_secret(&path, format!("{}\n", Digest(seed)).as_bytes())
        .map_err(|error| OpenError::Io { what: format!("write {}", path.display()), error })?;
    let head = Head { frontier: Frontier::new(), note: String::new() };
    let seen = SeenHead::of(location);
    Ok(Opened { store, state: State::default(), head, log_key, next_key: None, seen })
}

/// Opens a ledger for reading, also while another process writes.
///
/// # Errors
/// [`OpenError`] when it cannot be read.
pub fn open_reader(location: &str) -> Result<(Box<dyn Store>, State, Head), OpenError> {
    let store = countersign_store::open(location, Mode::Read)?;
    check_seen(location, store.as_ref())?;
    let (state, head) = rebuild(store.as_ref())?;
    Ok((store, state, head))
}

/// The folder of a ledger, for the files that lie beside the record; nowhere for a location that
/// cannot be opened.
#[must_use]
pub fn folder(location: &str) -> PathBuf {
    countersign_store::folder_beside(location).unwrap_or_default()
}

/// A tree grown by the entries of a record after it, up to `size` entries in all.
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub fn grown(mut frontier: Frontier, store: &dyn Store, size: u64) -> Result<Frontier, StoreError> {
    if frontier.size() < size {
        store.for_each_leaf(frontier.size(), &mut |seq, leaf| {
            if seq >= size {
                return ControlFlow::Break(());
            }
            frontier.append(*leaf);
            ControlFlow::Continue(())
        })?;
    }
    Ok(frontier)
}

/// Refuses a record apart from its files that does not go on from the head that they keep.
pub(crate) fn check_seen(location: &str, store: &dyn Store) -> Result<(), OpenError> {
    SeenHead::of(location).map_or(Ok(()), |seen| seen.check(store))
}

/// Makes a folder that only its owner can look into, if it is not there.
pub(crate) fn make_private(folder: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::DirBuilder::new();
    options.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut options, 0o700);
    options.create(folder).map_err(|error| OpenError::Io {
        what: format!("make the folder {}", folder.display()),
        error,
    })
}

/// The state and head that the record says, from the newest snapshot on.
///
/// # Errors
/// [`OpenError`] when an entry cannot be read or the head does not fit.
pub fn rebuild(store: &dyn Store) -> Result<(State, Head), OpenError> {
    let (state, head, _) = rebuilt(store, u64::MAX)?;
    head.check_signed(&state.ledger.origin, state.ledger.log_key)?;
    Ok((state, head))
}

/// The state and head after no more than `most` entries, and how many of them were replayed. Where
/// the record has more, it is the record's own head that is signed for them.
///
/// # Errors
/// As for [`rebuild`].
pub(crate) fn rebuild_to(store: &dyn Store, most: u64) -> Result<(State, Head, u64), OpenError> {
    let (state, head, replayed) = rebuilt(store, most)?;
    let stored = Head::of(&store.head()?)?;
    let beyond = grown(head.frontier.clone(), store, stored.size())?;
    if beyond.root() != stored.frontier.root() {
        return Err(OpenError::Head("it is of another history".to_owned()));
    }
    stored.check_signed(&state.ledger.origin, state.ledger.log_key)?;
    Ok((state, head, replayed))
}

/// What the record says, without a look at what signs it.
///
/// # Errors
/// As for [`rebuild`].
pub(crate) fn rebuilt(store: &dyn Store, most: u64) -> Result<(State, Head, u64), OpenError> {
    let mut stored = store.head()?;
    let mut head = Head::of(&stored)?;
    if stored.size > most {
        stored.size = most;
        head = Head { frontier: grown(Frontier::new(), store, most)?, note: String::new() };
    }
    let kept = store.latest_snapshot(SCHEMA)?.usable;
    let snapshot = kept.filter(|kept| kept.position <= stored.size);
    let restored = snapshot.and_then(|kept| {
        // A snapshot is a cache: one that cannot be read is passed over.
        record::restore(&kept.bytes).ok().map(|state| (state, kept.position))
    });
    let (mut state, from) = restored.unwrap_or_default();
    replay_from(store, &mut state, from, stored.size)?;
    Ok((state, head, stored.size.saturating_sub(from)))
}

/// The state as it was at `at`: after every entry of that moment and before.
///
/// # Errors
/// [`OpenError`] when an entry cannot be read.
pub fn rebuild_at(store: &dyn Store, at: Moment) -> Result<State, OpenError> {
    let mut state = State::default();
    let mut failed = None;
    store.for_each_body(0, &mut |seq, body| {
        match read_body(body) {
            Ok(recorded) if recorded.at > at => return ControlFlow::Break(()),
            Ok(recorded) => record::replay(&mut state, &recorded),
            Err(error) => failed = Some(OpenError::Entry { seq, error }),
        }
        if failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed.map_or(Ok(state), Err)
}

/// The state after the first `to` entries, with a look at every step: `watch` gets the state before
/// it, its moment and its events.
///
/// # Errors
/// [`OpenError`] when an entry cannot be read.
pub fn rebuild_watched(
    store: &dyn Store,
    to: u64,
    watch: &mut dyn FnMut(&State, Moment, &[Event]),
) -> Result<State, OpenError> {
    let mut state = State::default();
    let mut failed = None;
    store.for_each_body(0, &mut |seq, body| {
        if seq >= to {
            return ControlFlow::Break(());
        }
        match read_body(body) {
            Ok(recorded) => {
                if let Answer::Accepted(events) = &recorded.result {
                    watch(&state, recorded.at, events);
                }
                record::replay(&mut state, &recorded);
            }
            Err(error) => failed = Some(OpenError::Entry { seq, error }),
        }
        if failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed.map_or(Ok(state), Err)
}

/// Replays the entries `[from, to)` into `state`.
///
/// # Errors
/// [`OpenError::Entry`] for the first that cannot be read.
pub fn replay_from(
    store: &dyn Store,
    state: &mut State,
    from: u64,
    to: u64,
) -> Result<(), OpenError> {
    let mut failed = None;
    store.for_each_body(from, &mut |seq, body| {
        if seq >= to {
            return ControlFlow::Break(());
        }
        match read_body(body) {
            Ok(recorded) => record::replay(state, &recorded),
            Err(error) => failed = Some(OpenError::Entry { seq, error }),
        }
        if failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Reads a stored body: 16 bytes of salt, then the recorded step.
///
/// # Errors
/// [`RecordError::Body`] when the bytes are not such a body.
pub fn read_body(body: &[u8]) -> Result<Recorded, RecordError> {
    record::read(body.get(16..).unwrap_or_default())
}

/// The body as it is stored.
#[must_use]
pub fn stored_body(body: &Body) -> Vec<u8> {
    [body.salt.as_slice(), &body.bytes].concat()
}

/// A body back from the store; `None` where it is too short to be one.
#[must_use]
pub fn body(stored: &[u8]) -> Option<Body> {
    let (salt, bytes) = stored.split_first_chunk::<16>()?;
    Some(Body { salt: *salt, bytes: bytes.to_vec() })
}

/// A sealed part as it is stored: its label as a number, its salt before its content.
#[must_use]
pub fn stored_part(part: &SealedPart) -> StoredPart {
    let bytes = [part.salt.as_slice(), &part.bytes].concat();
    StoredPart { label: label_number(part.label), bytes }
}

/// The number under which the store keeps a label.
#[must_use]
pub fn label_number(label: Label) -> u8 {
    match label {
        Label::Parties => 0,
        Label::Deliberation => 1,
        Label::Identity => 2,
    }
}

/// A sealed part back from the store; `None` where it is not one.
#[must_use]
pub fn sealed_part(part: &StoredPart) -> Option<SealedPart> {
    let label = Label::ALL.iter().copied().find(|label| label_number(*label) == part.label)?;
    let (salt, bytes) = part.bytes.split_first_chunk::<16>()?;
    Some(SealedPart { label, salt: *salt, bytes: bytes.to_vec() })
}

//! Copying a record to another store. Answers: *how does a ledger move, whole and provably the
//! same, to where it is kept from now on?*
//!
//! Nothing is written to the ledger that is copied, but nobody can write to it meanwhile. The copy
//! is the same log: the same entries under the same root, so whatever was proved of the one holds
//! of the other. A copy that was cut short goes on where it was.

use crate::opening::{Head, OpenError, folder, grown, make_private};
use countersign_proof::Frontier;
use countersign_proof::words::Digest;
use countersign_store::{Mode, NewHead, Store, StoreError};
use std::io;
use std::path::{Path, PathBuf};

/// Entries carried at a time.
const CHUNK: usize = 1024;

/// What is carried beside the record: secrets, and what others said of the log.
const BESIDE: [&str; 5] =
    ["log.key", "log.key.retired", "issuer.key", "cosignatures", "timestamps"];

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Entries in all.
    pub entries: u64,
    /// Of these, entries that were there before.
    pub before: u64,
    /// The root of both.
    pub root: Digest,
    /// Files and folders that were carried beside the record.
    pub beside: Vec<&'static str>,
}

/// Why a record is not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the two cannot be opened, read or written.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is there already is not the beginning of what is copied.
    #[error(
        "what is at the other place is another record ({theirs} entries, this has {ours}); name a \
         place where there is nothing, or the copy that was cut short"
    )]
    Another {
        /// Entries of the ledger to be copied.
        ours: u64,
        /// Entries at the other place.
        theirs: u64,
    },
    /// The two places are one.
    #[error("both places are the same; name another one")]
    Same,
    /// What arrived is not what was sent.
    #[error("the copy differs from the ledger at the end: {0}; keep the ledger and look into it")]
    Differs(String),
    /// A file beside the record cannot be carried.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl CopyError {
    /// Whether a record is damaged or of another history, as against unreachable.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Open(error) => error.is_damage(),
            Self::Differs(_) => true,
            Self::Another { .. } | Self::Same | Self::File { .. } => false,
        }
    }
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Open(error.into())
    }
}

/// Copies the record at `from` to `to`, and what lies beside it; `told` hears how many entries of
/// how many are there.
///
/// # Errors
/// [`CopyError`]; what was copied stays, and the same call goes on from it.
pub fn copy(from: &str, to: &str, told: &mut dyn FnMut(u64, u64)) -> Result<Copied, CopyError> {
    if from == to || folder(from) == folder(to) {
        return Err(CopyError::Same);
    }
    // As a writer, so that nobody adds to it meanwhile.
    let source = countersign_store::open(from, Mode::Write)?;
    let head = source.head()?;
    make_private(&folder(to))?;
    let mut target = open_or_create(to)?;
    let (mut frontier, before) = begun(source.as_ref(), target.as_ref(), head.size)?;
    let mut at = before;
    told(at, head.size);
    while at < head.size {
        let batch = source.read(at, CHUNK)?;
        let Some(last) = batch.last() else { break };
        batch.iter().for_each(|entry| frontier.append(entry.leaf));
        let next = last.seq.saturating_add(1);
        let stored = if next == head.size { head.frontier.clone() } else { unsigned(&frontier)? };
        let new = NewHead { root: frontier.root(), frontier: stored };
        target.append(at, &batch, &new)?;
        at = next;
        told(at, head.size);
    }
    let found = target.head()?;
    if (found.size, found.root) != (head.size, head.root) || frontier.root() != head.root {
        return Err(CopyError::Differs(format!("{} entries under {}", found.size, found.root)));
    }
    let checked = target.check_integrity()?;
    if checked.entries != head.size {
        return Err(CopyError::Differs(format!("{} entries can be read", checked.entries)));
    }
    let beside = carry(&folder(from), &folder(to))?;
    Ok(Copied { entries: head.size, before, root: head.root, beside })
}

/// A head between two batches: nothing signs it, so nobody can take the copy for the whole.
fn unsigned(frontier: &Frontier) -> Result<Vec<u8>, CopyError> {
    let head = Head { frontier: frontier.clone(), note: String::new() };
    head.encode().map_err(|error| CopyError::Differs(error.to_string()))
}

fn open_or_create(to: &str) -> Result<Box<dyn Store>, StoreError> {
    match countersign_store::open(to, Mode::Write) {
        Err(StoreError::NotALedger { .. } | StoreError::NoSuchLedger { .. }) => {
            countersign_store::open(to, Mode::Create)
        }
        found => found,
    }
}

/// The tree of what is there already, which must be how the ledger itself began.
fn begun(source: &dyn Store, target: &dyn Store, size: u64) -> Result<(Frontier, u64), CopyError> {
    let there = target.head()?;
    let another = CopyError::Another { ours: size, theirs: there.size };
    if there.size > size {
        return Err(another);
    }
    let frontier = grown(Frontier::new(), source, there.size)?;
    if frontier.root() == there.root { Ok((frontier, there.size)) } else { Err(another) }
}

/// Carries what lies beside the record; what is there already stays.
fn carry(from: &Path, to: &Path) -> Result<Vec<&'static str>, CopyError> {
    let mut carried = Vec::new();
    for name in BESIDE {
        let (old, new) = (from.join(name), to.join(name));
        if !old.exists() || new.exists() {
            continue;
        }
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| CopyError::File { path, error }
        };
        if old.is_dir() {
            std::fs::create_dir_all(&new).map_err(at(&new))?;
            for file in std::fs::read_dir(&old).map_err(at(&old))? {
                let file = file.map_err(at(&old))?;
                let new = new.join(file.file_name());
                std::fs::copy(file.path(), &new).map_err(at(&new))?;
            }
        } else {
            let bytes = std::fs::read(&old).map_err(at(&old))?;
            crate::keys::write_secret(&new, &bytes).map_err(at(&new))?;
        }
        carried.push(name);
    }
    Ok(carried)
}

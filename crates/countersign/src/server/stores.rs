//! Reading the record itself. Answers: *which entries concern this, and what do they say?*
//!
//! The state says what is; the record says how it came to be. Pages and the API read entries
//! through connections of their own, beside the writer's.

use super::problem::Problem;
use crate::opening::{read_body, sealed_part};
use crate::writer::Reader;
use countersign_core::evidence::{Concern, concerns};
use countersign_core::record::Answer;
use countersign_proof::Label;
use countersign_proof::entry::OpenPart;
use countersign_store::{Mode, Store, StoredEntry};
use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr as _};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Connections kept open for the next reader.
const SPARE: usize = 8;
/// Entries read at once while the index catches up.
const STEP: usize = 1024;

/// Events of which one entry may have many, each about another request or release: more than its
/// open part lists as subjects. They come with the time, a policy version, witnesses or a hold.
const OF_MANY: [&str; 8] = [
    "DecidersReminded",
    "RequestEscalated",
    "RequestLapsed",
    "RequestRebound",
    "ReleaseEnded",
    "ReleaseRebound",
    "ReleasesReinstated",
    "ReleasesSuspended",
];

/// What the clock may make of a request, and otherwise a command that names it.
const BY_THE_CLOCK: [&str; 2] = ["RequestApproved", "RequestRefused"];

/// Whether an entry may concern requests and releases that are not among its subjects.
pub(crate) fn concerns_many(open: &OpenPart) -> bool {
    let by_the_clock = open.command == "advance_clock";
    let does =
        |event: &str| OF_MANY.contains(&event) || (by_the_clock && BY_THE_CLOCK.contains(&event));
    open.events.iter().any(|event| does(event))
}

/// Connections to the record, and which entries concern what.
pub(crate) struct Stores {
    location: String,
    /// Says how many entries may be shown: a server can have some that nobody has acknowledged.
    reader: Reader,
    spare: Mutex<Vec<Box<dyn Store>>>,
    index: Mutex<Index>,
}

/// Which entries concern what.
#[derive(Default)]
struct Index {
    upto: u64,
    by_subject: HashMap<SmolStr, Vec<u64>>,
    /// Entries that concern it beside others, and do not list it among their subjects: that they do
    /// is for those who may see it.
    beside: HashMap<SmolStr, Vec<u64>>,
    /// Items are no subjects, so changes of a class are found by the kind of their event.
    class_changes: Vec<u64>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry as it is read back.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// The part that everyone may see.
    pub(crate) open: OpenPart,
    /// Its bytes, which the leaf is the hash of.
    pub(crate) bytes: Vec<u8>,
    body: Vec<u8>,
    sealed: Vec<(Label, Value)>,
}

impl Read {
    fn of(entry: &StoredEntry) -> Result<Self, Problem> {
        let damaged = |why: String| {
            Problem::unavailable(format!("entry {} cannot be read: {why}", entry.seq))
        };
        let open = OpenPart::parse(&entry.open).map_err(|error| damaged(error.to_string()))?;
        let sealed = entry.sealed.iter().filter_map(sealed_part);
        let sealed = sealed.filter_map(|part| {
            serde_json::from_slice(&part.bytes).ok().map(|value| (part.label, value))
        });
        let (bytes, body) = (entry.open.clone(), entry.body.clone());
        Ok(Self { open, bytes, body, sealed: sealed.collect() })
    }

    /// The sealed part with this label, if the entry has one and it was not erased.
    pub(crate) fn sealed(&self, label: Label) -> Option<&Value> {
        self.sealed.iter().find(|(of, _)| *of == label).map(|(_, value)| value)
    }

    /// The stored body: what the state is rebuilt from.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The signed statements in the entry: each text with its signature.
    pub(crate) fn statements(&self) -> Vec<(String, String)> {
        let list = self.sealed(Label::Deliberation).and_then(|part| part.get("statements"));
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let list = list.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|one| text(one, "text").zip(text(one, "signature"))).collect()
    }
}

impl Stores {
    /// Readers of the record at `location`; connections are opened when they are needed.
    pub(crate) fn new(location: &str, reader: Reader) -> Self {
        let (spare, index) = (Mutex::default(), Mutex::default());
        Self { location: location.to_owned(), reader, spare, index }
    }

    /// The entries from `from` on that may be shown, at most `limit`.
    fn shown(
        &self,
        store: &dyn Store,
        from: u64,
        limit: usize,
    ) -> Result<Vec<StoredEntry>, Problem> {
        let left = self.reader.position().saturating_sub(from);
        let limit = usize::try_from(left).map_or(limit, |left| left.min(limit));
        let entries = store.read(from, limit)?;
        if entries.is_empty() && limit > 0 {
            let why = format!("the server that is read from has not entry {from} yet");
            return Err(Problem::unavailable(format!("{why}; try again in a moment")));
        }
        Ok(entries)
    }

    /// Reads through a connection; it blocks, so call it where blocking is allowed.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let spare = locked(&self.spare).pop();
        let store = match spare {
            Some(store) => store,
            None => countersign_store::open(&self.location, Mode::Read)?,
        };
        let read = read(store.as_ref());
        let mut spare = locked(&self.spare);
        if read.is_ok() && spare.len() < SPARE {
            spare.push(store);
        }
        read
    }

    /// The entry at a place.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read or does not reach that far.
    pub(crate) fn entry(&self, seq: u64) -> Result<Read, Problem> {
        self.with(|store| {
            let entry = self.shown(store, seq, 1)?.pop();
            Read::of(&entry.ok_or_else(|| Problem::not_found("entry"))?)
        })
    }

    /// At most `limit` entries from `from` on.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read.
    pub(crate) fn entries(&self, from: u64, limit: usize) -> Result<Vec<Read>, Problem> {
        self.with(|store| self.shown(store, from, limit)?.iter().map(Read::of).collect())
    }

    /// The entries that concern one of these, such as `REQ-1`, oldest first; also those that
    /// concern it beside others. For those who may see it.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read.
    pub(crate) fn about(&self, subjects: &[String]) -> Result<Vec<Read>, Problem> {
        let mut places = BTreeSet::new();
        for subject in subjects {
            places.extend(self.places(subject)?);
            let index = locked(&self.index);
            places.extend(index.beside.get(subject.as_str()).into_iter().flatten());
        }
        self.with(|store| {
            let entries = places.iter().filter_map(|seq| store.entry(*seq).transpose());
            entries.map(|entry| Read::of(&entry?)).collect()
        })
    }

    /// The places of the entries that have `subject` among theirs, oldest first.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read.
    pub(crate) fn places(&self, subject: &str) -> Result<Vec<u64>, Problem> {
        let mut index = locked(&self.index);
        self.with(|store| index.catch_up(self, store))?;
        Ok(index.by_subject.get(subject).cloned().unwrap_or_default())
    }

    /// The places of the entries that changed the class of an item, oldest first.
    ///
    /// # Errors
    /// [`Problem`] when the record cannot be read.
    pub(crate) fn class_changes(&self) -> Result<Vec<u64>, Problem> {
        let mut index = locked(&self.index);
        self.with(|store| index.catch_up(self, store))?;
        Ok(index.class_changes.clone())
    }
}

impl Index {
    /// Reads what has been recorded since the last time.
    fn catch_up(&mut self, stores: &Stores, store: &dyn Store) -> Result<(), Problem> {
        loop {
            let entries = stores.shown(store, self.upto, STEP)?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in &entries {
                let open = OpenPart::parse(&entry.open).map_err(|error| {
                    Problem::unavailable(format!("entry {} cannot be read: {error}", entry.seq))
                })?;
                if open.events.iter().any(|event| event == "ClassChanged") {
                    self.class_changes.push(entry.seq);
                }
                // One that cannot be read is named by `log verify`; pages without it are shown.
                if concerns_many(&open)
                    && let Ok(recorded) = read_body(&entry.body)
                {
                    for name in named(&recorded.result) {
                        self.beside.entry(name).or_default().push(entry.seq);
                    }
                }
                for subject in open.subjects {
                    self.by_subject.entry(subject).or_default().push(entry.seq);
                }
                self.upto = entry.seq.saturating_add(1);
            }
        }
    }
}

/// The requests and releases that the events of an answer name.
fn named(answer: &Answer) -> BTreeSet<SmolStr> {
    let events = match answer {
        Answer::Accepted(events) => events.as_slice(),
        Answer::Refused { .. } => &[],
    };
    let mut names = BTreeSet::new();
    let mut name = |concern| match concern {
        Concern::Request(_) | Concern::Release(_) => drop(names.insert(concern.to_smolstr())),
        Concern::Class(_) => {}
    };
    events.iter().for_each(|event| concerns(event, &mut name));
    names
}

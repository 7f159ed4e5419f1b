//! The contract.

use crate::{Head, LatestSnapshot, NewHead, StoreError, StoredEntry};
use countersign_proof::words::{CommandId, Digest};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long whoever waits for news goes without looking, where nobody tells it.
const LOOK: Duration = Duration::from_millis(20);

/// Is shown a sequence number and bytes that live only as long as the call; `Break` ends the walk.
pub type VisitBytes<'a> = &'a mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>;

/// Is shown a sequence number and a leaf hash; `Break` ends the walk.
pub type VisitLeaf<'a> = &'a mut dyn FnMut(u64, &Digest) -> ControlFlow<()>;

/// What a full check went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many entries.
    pub entries: u64,
    /// How many sealed parts of theirs.
    pub parts: u64,
}

/// Who writes to a record that several machines reach, as the record itself knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Counts the openings for writing.
    pub epoch: u64,
    /// The last writer, in words.
    pub holder: Option<String>,
    /// Where it answers, as it said itself: a URL of http or https.
    pub place: Option<String>,
    /// Whether its time has run out, so that anybody may take its place.
    pub is_free: bool,
}

/// One record in one total order: read by many, appended to by one.
///
/// An entry that a call has shown never changes and never goes away but for parts that are erased,
/// so two calls never contradict each other; each single call sees one moment of the record. A walk
/// visits the entries in ascending order and reports the first one that is missing.
pub trait Store: Send {
    /// Where the record stands.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn head(&self) -> Result<Head, StoreError>;

    /// Adds `batch` at `expected` and makes `head` the head, wholly or not at all, and answers when
    /// it is on stable storage. The batch holds at least one entry.
    ///
    /// # Errors
    /// In this order: [`StoreError::ReadOnly`]; [`StoreError::BadEntry`] and
    /// [`StoreError::DuplicateCommand`] within the batch itself; [`StoreError::Fenced`] when
    /// another writer took over; [`StoreError::Moved`] when the record does not stand at
    /// `expected`; [`StoreError::DuplicateCommand`] when the record has the command already;
    /// [`StoreError::Locked`]; [`StoreError::Unavailable`], after which the outcome is unknown.
    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError>;

    /// Takes the sealed parts with the label [`crate::ERASABLE`] of these entries out of the record
    /// for good, and answers when their bytes are written over on stable storage; gives how many
    /// there still were. Entries that have no such part, or none any more, are passed over, so that
    /// the same can be asked again after a failure.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`]; [`StoreError::Fenced`]; [`StoreError::Locked`] where the parts are
    /// gone from the record, but a reader still holds a view in which they are, so that their bytes
    /// are not yet written over; [`StoreError::Unavailable`].
    fn erase(&mut self, entries: &[u64]) -> Result<u64, StoreError>;

    /// The entry that records `command`, if one does.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError>;

    /// The entry at `seq`, if the record reaches that far.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Corrupt`] also when its leaf hash is not that of
    /// its open part.
    fn entry(&self, seq: u64) -> Result<Option<StoredEntry>, StoreError> {
        Ok(self.read(seq, 1)?.pop())
    }

    /// At most `limit` entries from `from` on, in order; none when `from` is at or past the end.
    ///
    /// # Errors
    /// As for [`Store::entry`].
    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError>;

    /// Shows the body of every entry from `from` on. The quick way to rebuild a state: nothing is
    /// copied, and nothing is checked but that no entry is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError>;

    /// Shows the leaf hash of every entry from `from` on, as stored.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError>;

    /// Shows the sealed parts with `label` of the entries from `from` on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError>;

    /// Keeps `bytes` as the state after the first `position` entries, written in the form that
    /// `schema` numbers. The last two of a schema are kept, those of lower schemas go. A reader may
    /// save one too: snapshots are a cache beside the record, not part of it.
    ///
    /// # Errors
    /// [`StoreError::Moved`] when the record does not reach `position`;
    /// [`StoreError::Unavailable`].
    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError>;

    /// The latest usable snapshot of `schema`, and those that were passed over for damage.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the record itself cannot be read; never for a snapshot.
    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError>;

    /// Goes through everything: every leaf hash against its open part, every number in its place,
    /// every command recorded once, every sealed part with its entry, and what the database itself
    /// can check. Whether the leaves give the root is for the Merkle log to say.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first position found; [`StoreError::Unavailable`].
    fn check_integrity(&self) -> Result<Checked, StoreError>;

    /// Who writes; none where the machine itself keeps a second writer out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        Ok(None)
    }

    /// Whether this opening is known to be fenced off by a later one, without asking anybody.
    fn is_fenced(&self) -> bool {
        false
    }

    /// Waits until the record has more than `size` entries that its writer says are acknowledged,
    /// at most `patience`, and gives how many it has then. For those who follow the record; the
    /// writer knows what it appended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    fn wait_beyond(&self, size: u64, patience: Duration) -> Result<u64, StoreError> {
        let start = Instant::now();
        loop {
            let found = self.head()?.size;
            let left = patience.saturating_sub(start.elapsed());
            if found > size || left.is_zero() {
                return Ok(found);
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// The walks of a [`Store`] for callers whose own step can fail.
pub trait Walk: Store {
    /// [`Store::for_each_body`], ended by the first error of `step`.
    ///
    /// # Errors
    /// The error of `step`, or the store's own.
    fn each_body<E, F>(&self, from: u64, mut step: F) -> Result<(), E>
    where
        E: From<StoreError>,
        F: FnMut(u64, &[u8]) -> Result<(), E>,
    {
        let mut failed = None;
        self.for_each_body(from, &mut |seq, bytes| keep(step(seq, bytes), &mut failed))?;
        failed.map_or(Ok(()), Err)
    }

    /// [`Store::for_each_leaf`], ended by the first error of `step`.
    ///
    /// # Errors
    /// The error of `step`, or the store's own.
    fn each_leaf<E, F>(&self, from: u64, mut step: F) -> Result<(), E>
    where
        E: From<StoreError>,
        F: FnMut(u64, &Digest) -> Result<(), E>,
    {
        let mut failed = None;
        self.for_each_leaf(from, &mut |seq, leaf| keep(step(seq, leaf), &mut failed))?;
        failed.map_or(Ok(()), Err)
    }

    /// [`Store::for_each_sealed`], ended by the first error of `step`.
    ///
    /// # Errors
    /// The error of `step`, or the store's own.
    fn each_sealed<E, F>(&self, label: u8, from: u64, mut step: F) -> Result<(), E>
    where
        E: From<StoreError>,
        F: FnMut(u64, &[u8]) -> Result<(), E>,
    {
        let mut failed = None;
        self.for_each_sealed(label, from, &mut |seq, bytes| keep(step(seq, bytes), &mut failed))?;
        failed.map_or(Ok(()), Err)
    }
}

impl<S: Store + ?Sized> Walk for S {}

fn keep<E>(result: Result<(), E>, failed: &mut Option<E>) -> ControlFlow<()> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            *failed = Some(error);
            ControlFlow::Break(())
        }
    }
}

//! Test equipment: a store that fails when it is told to.
//!
//! Answers: *does the code above a store do the right thing when an append goes wrong?* Wrap any
//! store, keep the [`Faults`], plant what should go wrong, and look at what the writer makes of it.
//! It is always compiled, so that the tests of every crate can use it.

use crate::{
    Checked, Head, LatestSnapshot, Lease, NewHead, Store, StoreError, StoredEntry, VisitBytes,
    VisitLeaf,
};
use countersign_proof::words::CommandId;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What goes wrong with one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the append goes through, so that a later one can be the one to fail.
    None,
    /// It fails before the commit with [`StoreError::Unavailable`]; nothing is recorded.
    BeforeCommit,
    /// The disk is full: as before the commit, with the words of a full disk.
    DiskFull,
    /// It is recorded, but the reply is lost: [`StoreError::Unavailable`] all the same.
    ReplyLost,
    /// Another writer holds the record for the moment: [`StoreError::Locked`].
    Busy,
    /// Another writer took over: [`StoreError::Fenced`], now and for every later append.
    StaleEpoch,
}

/// The faults yet to come, one for each append, in order. Clones are the same queue.
#[derive(Clone, Default)]
pub struct Faults {
    queue: Arc<Mutex<VecDeque<Fault>>>,
}

impl Faults {
    /// Plants `fault` for the next `times` appends after those planted already.
    pub fn plant(&self, fault: Fault, times: usize) {
        self.queue().extend(std::iter::repeat_n(fault, times));
    }

    /// Takes back what has not happened yet; gives how many those were.
    pub fn clear(&self) -> usize {
        std::mem::take(&mut *self.queue()).len()
    }

    fn next(&self) -> Fault {
        self.queue().pop_front().unwrap_or(Fault::None)
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store with planted faults.
///
/// Half a batch is not among them: a batch is one transaction. Instead the record is looked at
/// after
/// every append, and one that holds part of a batch is reported as [`StoreError::Corrupt`].
pub struct FaultyStore {
    inner: Box<dyn Store>,
    faults: Faults,
    fenced: bool,
}

impl FaultyStore {
    /// Wraps `inner`; plant faults through the [`Faults`] that come with it.
    #[must_use]
    pub fn new(inner: Box<dyn Store>) -> (Self, Faults) {
        let faults = Faults::default();
        (Self { inner, faults: faults.clone(), fenced: false }, faults)
    }

    fn faulty_append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        let unavailable = |cause: &str| Err(StoreError::Unavailable { cause: cause.to_owned() });
        match self.faults.next() {
            Fault::None if !self.fenced => self.inner.append(expected, batch, head),
            Fault::BeforeCommit => unavailable("planted: the commit was not reached"),
            Fault::DiskFull => unavailable("planted: database or disk is full"),
            Fault::ReplyLost if !self.fenced => {
                self.inner.append(expected, batch, head)?;
                unavailable("planted: the reply was lost")
            }
            Fault::Busy => Err(StoreError::Locked { holder: None }),
            Fault::None | Fault::ReplyLost | Fault::StaleEpoch => {
                self.fenced = true;
                let held = self.inner.head()?.epoch;
                Err(StoreError::Fenced { held, found: held.saturating_add(1) })
            }
        }
    }
}

impl Store for FaultyStore {
    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        let before = self.inner.head()?.size;
        let answer = self.faulty_append(expected, batch, head);
        let after = self.inner.head()?.size;
        let whole = before.saturating_add(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        let possible =
            if answer.is_ok() { after == whole } else { after == before || after == whole };
        if possible {
            answer
        } else {
            Err(StoreError::corrupt(after, "part of a batch was recorded"))
        }
    }

    fn erase(&mut self, entries: &[u64]) -> Result<u64, StoreError> {
        self.inner.erase(entries)
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.inner.head()
    }

    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError> {
        self.inner.find(command)
    }

    fn entry(&self, seq: u64) -> Result<Option<StoredEntry>, StoreError> {
        self.inner.entry(seq)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        self.inner.read(from, limit)
    }

    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError> {
        self.inner.for_each_body(from, visit)
    }

    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError> {
        self.inner.for_each_leaf(from, visit)
    }

    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError> {
        self.inner.for_each_sealed(label, from, visit)
    }

    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.save_snapshot(position, schema, bytes)
    }

    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError> {
        self.inner.latest_snapshot(schema)
    }

    fn check_integrity(&self) -> Result<Checked, StoreError> {
        self.inner.check_integrity()
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        self.inner.lease()
    }

    fn is_fenced(&self) -> bool {
        self.inner.is_fenced()
    }

    fn wait_beyond(&self, size: u64, patience: Duration) -> Result<u64, StoreError> {
        self.inner.wait_beyond(size, patience)
    }
}

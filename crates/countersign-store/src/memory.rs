//! A store without a disk, for the tests of other crates.

use crate::record::{SEQ_END, check_batch, check_leaf};
use crate::snapshot::{Header, KEPT};
use crate::{
    Checked, ERASABLE, Head, LatestSnapshot, Mode, NewHead, SkippedSnapshot, Snapshot, Store,
    StoreError, StoredEntry, VisitBytes, VisitLeaf,
};
use countersign_proof::words::{CommandId, Digest};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A record in memory that can be opened again and again, as a folder can; it lives as long as a
/// clone of it or a store on it does.
#[derive(Clone)]
pub struct MemoryLedger {
    shared: Arc<Mutex<Kept>>,
}

/// An opening of a [`MemoryLedger`]. It fences as the stores on disk do, but takes no lock: a new
/// writer always gets in.
pub struct MemoryStore {
    ledger: MemoryLedger,
    /// The epoch of a writer.
    epoch: Option<u64>,
}

struct Kept {
    entries: Vec<StoredEntry>,
    commands: HashMap<CommandId, u64>,
    head: Head,
    snapshots: Vec<(Header, Vec<u8>)>,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryLedger {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        let head = Head { size: 0, root: Digest::of(b""), frontier: Vec::new(), epoch: 0 };
        let kept =
            Kept { entries: Vec::new(), commands: HashMap::new(), head, snapshots: Vec::new() };
        Self { shared: Arc::new(Mutex::new(kept)) }
    }

    /// Opens the record; a writer fences off every earlier one. There is always a record, so
    /// creating one is the same as writing to it.
    #[must_use]
    pub fn open(&self, mode: Mode) -> MemoryStore {
        let epoch = match mode {
            Mode::Read => None,
            Mode::Create | Mode::Write => {
                let mut kept = self.kept();
                kept.head.epoch = kept.head.epoch.saturating_add(1);
                Some(kept.head.epoch)
            }
        };
        MemoryStore { ledger: self.clone(), epoch }
    }

    /// Plants a fault: damages the last byte of the latest snapshot, if there is one.
    pub fn damage_latest_snapshot(&self) {
        let mut kept = self.kept();
        let latest = kept.snapshots.iter_mut().max_by_key(|(header, _)| header.position);
        if let Some(byte) = latest.and_then(|(_, bytes)| bytes.last_mut()) {
            *byte ^= 1;
        }
    }

    /// Nothing is changed before all is checked, so a panic elsewhere leaves no half change.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryStore {
    /// A writer on an empty record of its own.
    #[must_use]
    pub fn new() -> Self {
        MemoryLedger::new().open(Mode::Create)
    }

    /// The record it is an opening of.
    #[must_use]
    pub fn ledger(&self) -> MemoryLedger {
        self.ledger.clone()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    fn from(&self, seq: u64) -> &[StoredEntry] {
        let start = usize::try_from(seq).unwrap_or(usize::MAX);
        self.entries.get(start..).unwrap_or_default()
    }

    fn last_leaf(&self, position: u64) -> Option<Digest> {
        match position.checked_sub(1) {
            None => Some(Digest::of(b"")),
            Some(last) => self.from(last).first().map(|entry| entry.leaf),
        }
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.ledger.kept().head.clone())
    }

    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        let held = self.epoch.ok_or(StoreError::ReadOnly)?;
        let size = check_batch(expected, batch, head)?;
        let mut kept = self.ledger.kept();
        if kept.head.epoch != held {
            return Err(StoreError::Fenced { held, found: kept.head.epoch });
        }
        if kept.head.size != expected {
            return Err(StoreError::Moved { expected, actual: kept.head.size });
        }
        for StoredEntry { command, .. } in batch {
            if let Some(&seq) = kept.commands.get(command) {
                return Err(StoreError::DuplicateCommand { command: *command, seq });
            }
        }
        kept.commands.extend(batch.iter().map(|entry| (entry.command, entry.seq)));
        kept.entries.extend_from_slice(batch);
        kept.head = Head { size, root: head.root, frontier: head.frontier.clone(), epoch: held };
        Ok(())
    }

    fn erase(&mut self, entries: &[u64]) -> Result<u64, StoreError> {
        let held = self.epoch.ok_or(StoreError::ReadOnly)?;
        let mut kept = self.ledger.kept();
        if kept.head.epoch != held {
            return Err(StoreError::Fenced { held, found: kept.head.epoch });
        }
        let mut erased = 0_u64;
        for entry in kept.entries.iter_mut().filter(|entry| entries.contains(&entry.seq)) {
            let before = entry.sealed.len();
            entry.sealed.retain(|part| part.label != ERASABLE);
            erased = erased.saturating_add(u64::from(entry.sealed.len() < before));
        }
        Ok(erased)
    }

    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError> {
        Ok(self.ledger.kept().commands.get(&command).copied())
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        Ok(self.ledger.kept().from(from).iter().take(limit).cloned().collect())
    }

    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError> {
        let entries = self.ledger.kept().from(from).to_vec();
        let _ = entries.iter().try_for_each(|entry| visit(entry.seq, &entry.body));
        Ok(())
    }

    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError> {
        let entries = self.ledger.kept().from(from).to_vec();
        let _ = entries.iter().try_for_each(|entry| visit(entry.seq, &entry.leaf));
        Ok(())
    }

    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError> {
        let entries = self.ledger.kept().from(from.min(SEQ_END)).to_vec();
        let _ = entries.iter().try_for_each(|entry| {
            let mut parts = entry.sealed.iter().filter(|part| part.label == label);
            parts.try_for_each(|part| visit(entry.seq, &part.bytes))
        });
        Ok(())
    }

    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let mut kept = self.ledger.kept();
        let moved = StoreError::Moved { expected: position, actual: kept.head.size };
        let leaf = kept.last_leaf(position).ok_or(moved)?;
        let header = Header::of(schema, position, leaf, bytes);
        let same = |other: &Header| (other.schema, other.position) == (schema, position);
        kept.snapshots.retain(|(other, _)| other.schema >= schema && !same(other));
        kept.snapshots.push((header, bytes.to_vec()));
        kept.snapshots.sort_by_key(|(header, _)| std::cmp::Reverse(header.position));
        let mut room = KEPT;
        kept.snapshots.retain(|(header, _)| {
            header.schema != schema || room.checked_sub(1).inspect(|left| room = *left).is_some()
        });
        Ok(())
    }

    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError> {
        let kept = self.ledger.kept();
        let mut answer = LatestSnapshot::default();
        for (header, bytes) in kept.snapshots.iter().filter(|(header, _)| header.schema == schema) {
            let position = header.position;
            let here = kept.last_leaf(position);
            match header.check_leaf(here).and_then(|()| header.check_state(bytes)) {
                Ok(()) => {
                    answer.usable = Some(Snapshot { position, bytes: bytes.clone() });
                    break;
                }
                Err(why) => answer.skipped.push(SkippedSnapshot { position, why }),
            }
        }
        Ok(answer)
    }

    fn check_integrity(&self) -> Result<Checked, StoreError> {
        let kept = self.ledger.kept();
        let mut checked = Checked { entries: 0, parts: 0 };
        for entry in &kept.entries {
            check_leaf(entry.seq, &entry.leaf, &entry.open)?;
            if entry.seq != checked.entries {
                return Err(StoreError::corrupt(checked.entries, "the entry is missing"));
            }
            let parts = u64::try_from(entry.sealed.len()).unwrap_or(u64::MAX);
            checked.entries = checked.entries.saturating_add(1);
            checked.parts = checked.parts.saturating_add(parts);
        }
        Ok(checked)
    }
}

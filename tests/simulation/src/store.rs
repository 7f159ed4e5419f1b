//! The store that a node of the simulation opens: what the one on PostgreSQL does, call by call,
//! over simulated servers.

use crate::cluster::{Cluster, Link, View, forgets, unavailable};
use crate::database::{Batch, Mark};
use crate::lease::{Shared, with};
use crate::planted::Planted;
use countersign_proof::words::CommandId;
use countersign_store::{
    Checked, Head, LatestSnapshot, Lease, NewHead, Snapshot, Store, StoreError, StoredEntry,
    VisitBytes, VisitLeaf,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all stores of a simulation are openings of.
pub type World = Arc<Mutex<Cluster>>;

/// The servers, for a moment.
pub fn servers(world: &World) -> MutexGuard<'_, Cluster> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An opening of the record at a node.
pub struct SimulatedStore {
    world: World,
    node: usize,
    link: Cell<Option<Link>>,
    /// Where it was connected last.
    before: Cell<usize>,
    /// How many entries this opening has seen.
    seen: Cell<u64>,
    /// How many the writer was heard to say are acknowledged.
    confirmed: Cell<u64>,
    /// Where a writer has filed commands, and up to which entry.
    filing: RefCell<(u64, BTreeMap<CommandId, u64>)>,
    filed: Cell<bool>,
    writer: Option<Writer>,
}

struct Writer {
    held: Shared,
    unsettled: Cell<bool>,
}

impl Drop for SimulatedStore {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            servers(&self.world).give_back(self.node, &writer.held);
        }
    }
}

impl SimulatedStore {
    /// Opens the record to read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn read(world: &World, node: usize) -> Result<Self, StoreError> {
        let store = Self::over(world.clone(), node, None, None, 0);
        store.head()?;
        Ok(store)
    }

    /// Takes the lease and opens the record to write.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Unavailable`].
    pub fn write(world: &World, node: usize, place: &str) -> Result<Self, StoreError> {
        let mut cluster = servers(world);
        cluster.gate(node)?;
        let link = cluster.connect(node, true, 0)?;
        let held = cluster.take(node, link)?;
        drop(cluster);
        let writer = Writer { held: held.clone(), unsettled: Cell::new(false) };
        // Dropped from here on, it gives the lease back.
        let store = Self::over(world.clone(), node, Some(writer), Some(link), link.host);
        let mut cluster = servers(world);
        cluster.gate(node)?;
        cluster.announce(link.host, &held, place)?;
        drop(cluster);
        store.head()?;
        Ok(store)
    }

    fn over(
        world: World,
        node: usize,
        writer: Option<Writer>,
        link: Option<Link>,
        before: usize,
    ) -> Self {
        Self {
            world,
            node,
            link: Cell::new(link),
            before: Cell::new(before),
            seen: Cell::new(0),
            confirmed: Cell::new(0),
            filing: RefCell::default(),
            filed: Cell::new(false),
            writer,
        }
    }

    /// The servers with the connection, made anew where the one before is lost; for a writer not
    /// before it is settled what became of the last append.
    fn linked(&self) -> Result<(MutexGuard<'_, Cluster>, usize), StoreError> {
        let mut cluster = servers(&self.world);
        let is_writer = self.writer.is_some();
        if let Err(error) = cluster.gate(self.node) {
            self.link.set(None);
            return Err(error);
        }
        let kept = self.link.get().filter(|link| cluster.is_up(self.node, *link, is_writer));
        let link = match kept {
            Some(link) => link,
            None => self.reconnect(&cluster)?,
        };
        if let Some(writer) = &self.writer
            && writer.unsettled.get()
        {
            self.settle(&mut cluster, writer, link)?;
        }
        Ok((cluster, link.host))
    }

    fn reconnect(&self, cluster: &Cluster) -> Result<Link, StoreError> {
        self.link.set(None);
        let link = cluster.connect(self.node, self.writer.is_some(), self.before.get())?;
        self.before.set(link.host);
        let (size, seen) = (cluster.view(link.host).size(), self.seen.get());
        if let Some(writer) = &self.writer {
            writer.unsettled.set(true);
        } else if size < seen {
            return Err(unavailable(&format!(
                "the server has {size} entries, and {seen} were read"
            )));
        }
        self.link.set(Some(link));
        Ok(link)
    }

    /// A new tenure, after an append whose outcome is unknown and at a server that may be an old
    /// primary, which never acknowledges it.
    fn settle(&self, cluster: &mut Cluster, writer: &Writer, link: Link) -> Result<(), StoreError> {
        let settled = cluster.settle(link.host, &writer.held);
        if matches!(settled, Err(StoreError::Unavailable { .. })) {
            self.link.set(None);
        }
        settled?;
        let (size, seen) = (cluster.view(link.host).size(), self.seen.get());
        if size < seen {
            let what = format!("{seen} entries were recorded, and now there are {size}");
            return Err(StoreError::Corrupt { position: Some(size), what });
        }
        // That commit waited for the standby, as those before it did.
        let size = self.saw(size);
        with(&writer.held, |held| held.confirm(size));
        writer.unsettled.set(false);
        Ok(())
    }

    fn looking<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> Result<T, StoreError> {
        let (cluster, host) = self.linked()?;
        Ok(look(&cluster.view(host)))
    }

    fn saw(&self, size: u64) -> u64 {
        self.seen.set(self.seen.get().max(size));
        size
    }

    /// The entries from one on, as they are shown now.
    fn from(&self, from: u64, limit: usize) -> Result<Vec<Arc<StoredEntry>>, StoreError> {
        self.looking(|view| {
            let entries = &view.db.entries[..usize::try_from(view.size()).unwrap_or(0)];
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            entries.get(from..).unwrap_or_default().iter().take(limit).cloned().collect()
        })
    }

    fn file_up_to_head(&self) -> Result<(), StoreError> {
        let size = self.saw(self.looking(|view| view.size())?);
        let from = self.filing.borrow().0;
        let entries = self.from(from, usize::MAX)?;
        let mut filing = self.filing.borrow_mut();
        filing.1.extend(entries.iter().map(|entry| (entry.command, entry.seq)));
        filing.0 = size.max(from);
        Ok(())
    }
}

impl Store for SimulatedStore {
    fn head(&self) -> Result<Head, StoreError> {
        let head = self.looking(|view| {
            let Mark { size, head } = &*view.db.marks[view.mark];
            let NewHead { root, frontier } = head.clone();
            Head { size: *size, root, frontier, epoch: view.row.epoch }
        })?;
        self.saw(head.size);
        Ok(head)
    }

    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        let (epoch, fenced) = with(&writer.held, |held| (held.epoch, held.fenced));
        if let Some(found) = fenced {
            return Err(StoreError::Fenced { held: epoch, found });
        }
        let (mut cluster, host) = self.linked()?;
        let tenure = with(&writer.held, |held| held.tenures.last().copied().unwrap_or_default());
        let size = expected + batch.len() as u64;
        let appended = cluster.append(
            host,
            Batch {
                node: self.node,
                epoch,
                tenure,
                expected,
                entries: batch.iter().cloned().map(Arc::new).collect(),
                mark: Arc::new(Mark { size, head: head.clone() }),
            },
        );
        drop(cluster);
        if let Err(error) = appended {
            self.filed.set(false);
            if matches!(error, StoreError::Unavailable { .. }) {
                writer.unsettled.set(true);
                self.link.set(None);
            }
            if let StoreError::Fenced { found, .. } = error {
                with(&writer.held, |held| held.fenced = Some(found));
            }
            return Err(error);
        }
        self.saw(size);
        with(&writer.held, |held| held.confirm(size));
        if self.filed.get() {
            let filing = self.filing.get_mut();
            filing.1.extend(batch.iter().map(|entry| (entry.command, entry.seq)));
            filing.0 = size;
        }
        Ok(())
    }

    fn erase(&mut self, _entries: &[u64]) -> Result<u64, StoreError> {
        Err(unavailable("nothing is erased in the simulation"))
    }

    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError> {
        let (cluster, _) = self.linked()?;
        let forgotten = forgets(cluster.planted, command);
        drop(cluster);
        if forgotten {
            return Ok(None);
        }
        if self.writer.is_none() {
            let found = self.looking(|view| {
                view.db.commands.get(&command).copied().filter(|seq| *seq < view.size())
            });
            return found;
        }
        if !self.filed.get() {
            self.file_up_to_head()?;
            self.filed.set(true);
        }
        let Some(seq) = self.filing.borrow().1.get(&command).copied() else { return Ok(None) };
        let there = self.from(seq, 1)?;
        Ok(there.first().filter(|entry| entry.command == command).map(|entry| entry.seq))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        Ok(self.from(from, limit)?.iter().map(|entry| StoredEntry::clone(entry)).collect())
    }

    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError> {
        let entries = self.from(from, usize::MAX)?;
        let _ = entries.iter().try_for_each(|entry| visit(entry.seq, &entry.body));
        Ok(())
    }

    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError> {
        let entries = self.from(from, usize::MAX)?;
        let _ = entries.iter().try_for_each(|entry| visit(entry.seq, &entry.leaf));
        Ok(())
    }

    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError> {
        let entries = self.from(from, usize::MAX)?;
        let _ = entries.iter().try_for_each(|entry| {
            let mut parts = entry.sealed.iter().filter(|part| part.label == label);
            parts.try_for_each(|part| visit(entry.seq, &part.bytes))
        });
        Ok(())
    }

    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let (mut cluster, _) = self.linked()?;
        if cluster.save(position, schema, bytes) {
            return Ok(());
        }
        Err(StoreError::Moved { expected: position, actual: cluster.visible().mark().size })
    }

    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError> {
        self.looking(|view| {
            let fits = |saved: &&crate::database::Saved| {
                let last = usize::try_from(saved.0).ok().and_then(|end| end.checked_sub(1));
                let leaf = last.and_then(|last| view.db.entries.get(last)).map(|entry| entry.leaf);
                saved.2 == schema && saved.0 <= view.size() && leaf == Some(saved.1)
            };
            let found = view.db.snapshots.iter().rev().find(fits);
            let usable = found.map(|saved| Snapshot { position: saved.0, bytes: saved.3.to_vec() });
            LatestSnapshot { usable, skipped: Vec::new() }
        })
    }

    fn check_integrity(&self) -> Result<Checked, StoreError> {
        Err(unavailable("the simulation checks the record by other means"))
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        let (cluster, host) = self.linked()?;
        let row = cluster.view(host).row;
        Ok(Some(Lease {
            epoch: row.epoch,
            holder: None,
            place: (!row.place.is_empty()).then(|| row.place.clone()),
            is_free: row.until < cluster.clock(host),
        }))
    }

    fn is_fenced(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| with(&writer.held, |held| held.fenced.is_some()))
    }

    fn wait_beyond(&self, _size: u64, _patience: Duration) -> Result<u64, StoreError> {
        let (cluster, host) = self.linked()?;
        let view = cluster.view(host);
        let size = self.saw(view.size());
        if self.writer.is_some() || cluster.planted == Planted::ReaderWithoutPosition {
            return Ok(size);
        }
        self.confirmed.set(self.confirmed.get().max(view.row.confirmed));
        Ok(self.confirmed.get().min(size))
    }
}

//! The embedded store: a record is a folder with `ledger.db`, `writer.lock` and `snapshots/`.
//!
//! Two things keep a second writer out. The lock file tells it at once who writes already; and
//! should the lock be got around (a deleted file, a file system without locks), each opening for
//! writing raises the epoch in the database, and an append by an earlier epoch is refused within
//! its own transaction. The folder must be on a local disk: SQLite's write-ahead log needs shared
//! memory.

pub mod schema;

mod connection;

mod lock;

mod append;

mod erase;

mod reading;

mod cache;

mod integrity;

use crate::filing::Filing;
use crate::{
    Checked, Head, LatestSnapshot, NewHead, Store, StoreError, StoredEntry, VisitBytes, VisitLeaf,
};
use countersign_proof::words::CommandId;
use lock::WriterLock;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

/// The database in a record's folder.
pub const DATABASE: &str = "ledger.db";
/// The writer's lock beside it.
pub const LOCK: &str = "writer.lock";
/// The folder of the snapshots.
pub const SNAPSHOTS: &str = "snapshots";

/// A record in a folder, on SQLite.
pub struct SqliteStore {
    folder: PathBuf,
    conn: Connection,
    filing: RefCell<Filing>,
    /// Whether the filing reaches the head: once it does, it stays so for the one who appends,
    /// until
    /// an append fails and its outcome is unknown.
    filed: Cell<bool>,
    /// After the connection, so that the lock outlives it.
    writer: Option<Writer>,
}

/// What only the writer has.
struct Writer {
    epoch: u64,
    _lock: WriterLock,
}

impl SqliteStore {
    /// Makes a new record in `folder`, which is made too if it is not there (its parent must be),
    /// and opens it for writing. Only the owner may read it (0700, 0600 on Unix). A creation that
    /// is interrupted leaves nothing that looks like a record.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`], [`StoreError::Locked`], [`StoreError::Unavailable`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        connection::refuse_existing(folder)?;
        connection::make_folder(folder)?;
        let lock = WriterLock::take(folder)?;
        connection::make_database(folder)?;
        Self::write_under(lock, folder)
    }

    /// Opens the record in `folder` for writing, moves it to the schema of this program and fences
    /// off every earlier writer.
    ///
    /// # Errors
    /// [`StoreError::NotALedger`], [`StoreError::NewerSchema`], [`StoreError::Corrupt`] when the
    /// quick check fails, [`StoreError::Locked`], [`StoreError::Unavailable`].
    pub fn open_writer(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        connection::find_database(folder)?;
        Self::write_under(WriterLock::take(folder)?, folder)
    }

    /// Opens the record in `folder` for reading, whether or not it has a writer. Each thread that
    /// reads opens its own.
    ///
    /// # Errors
    /// As for [`SqliteStore::open_writer`], without [`StoreError::Locked`] but with
    /// [`StoreError::OlderSchema`].
    pub fn open_reader(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        let path = connection::find_database(folder)?;
        let conn = connection::open_to_read(&path)?;
        integrity::quick(&conn)?;
        Ok(Self::over(folder, conn, None))
    }

    /// Lets the database grow to at most `pages` of 4 KiB through this opening; with none, to what
    /// SQLite can hold. A batch that needs more is refused as by a full disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        connection::limit_pages(&self.conn, pages)
    }

    fn write_under(lock: WriterLock, folder: &Path) -> Result<Self, StoreError> {
        let path = connection::find_database(folder)?;
        let mut conn = connection::open_to_write(&path)?;
        integrity::quick(&conn)?;
        let epoch = append::raise_epoch(&mut conn)?;
        Ok(Self::over(folder, conn, Some(Writer { epoch, _lock: lock })))
    }

    fn over(folder: &Path, conn: Connection, writer: Option<Writer>) -> Self {
        let (filing, filed) = (RefCell::new(Filing::new()), Cell::new(false));
        Self { folder: folder.to_owned(), conn, filing, filed, writer }
    }
}

impl Store for SqliteStore {
    fn head(&self) -> Result<Head, StoreError> {
        reading::head(&self.conn)
    }

    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        let appended = append::append(
            &mut self.conn,
            self.filing.get_mut(),
            writer.epoch,
            expected,
            batch,
            head,
        );
        self.filed.set(appended.is_ok());
        appended
    }

    fn erase(&mut self, entries: &[u64]) -> Result<u64, StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        erase::erase(&mut self.conn, writer.epoch, entries)
    }

    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError> {
        let mut filing = self.filing.borrow_mut();
        if self.writer.is_none() || !self.filed.get() {
            let size = reading::position(&self.conn)?.size;
            reading::catch_up(&self.conn, &mut filing, size)?;
            self.filed.set(true);
        }
        reading::find(&self.conn, &filing, command)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        reading::read(&self.conn, from, limit)
    }

    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError> {
        reading::each_row(&self.conn, reading::BODIES, from, |seq, row| {
            Ok(visit(seq, reading::blob(row, 1)?))
        })
    }

    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError> {
        reading::each_row(&self.conn, reading::LEAVES, from, |seq, row| {
            Ok(visit(seq, &reading::leaf(row, 1)?))
        })
    }

    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError> {
        reading::each_sealed(&self.conn, label, from, visit)
    }

    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let leaf = cache::last_leaf(&self.conn, position)?;
        cache::save(&self.folder, position, schema, leaf, bytes)
    }

    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError> {
        cache::latest(&self.folder, &self.conn, schema)
    }

    fn check_integrity(&self) -> Result<Checked, StoreError> {
        integrity::full(&self.conn)
    }
}

//! The store for several machines: a record is one schema of a PostgreSQL database.
//!
//! A location is `postgres://USER@HOST:PORT,HOST2:PORT2/DATABASE?ledger=NAME` with, besides,
//! `sslmode=disable|require`, `sslrootcert=FILE`, `passfile=FILE` and
//! `durability=acknowledged-before-durable` and `patroni=PORT`. A password never stands in it.
//!
//! Three things keep a second writer out. The lease, a row that the writer renews every second,
//! tells it at once who writes already. Each opening for writing raises the epoch, and an append
//! by an earlier epoch is refused within its own statement. And each opening draws a random tenure
//! that the same statement compares, so that a writer of another history of the same database,
//! after a failover that lost something, is refused though its epoch is the same.
//!
//! Nothing waits without an end: a server that is frozen still accepts connections, so every
//! connection and every statement has a deadline here. After one has passed the connection is let
//! go of and nothing is cancelled, for a commit that is cancelled while it waits for a standby is
//! acknowledged all the same. What became of an append is then unknown until the next call, which
//! connects to whichever host is writable and gives the writer a new tenure first: from then on
//! the append is either recorded or can never be.

pub mod schema;

mod address;

mod passwords;

mod driver;

mod refusals;

mod tls;

mod link;

mod session;

mod lease;

mod patroni;

mod walk;

mod reading;

mod append;

mod erase;

mod integrity;

mod cache;

use crate::filing::Filing;
use crate::record::check_batch;
use crate::{
    Checked, Head, LatestSnapshot, Lease, Mode, NewHead, Store, StoreError, StoredEntry,
    VisitBytes, VisitLeaf,
};
pub(crate) use address::is_one;
use address::{Address, Host};
use countersign_proof::words::{CommandId, Digest};
use lease::{Held, Keeper};
pub use lease::{LEASE, RENEWAL};
use link::Link;
use session::Purpose;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long whoever waits for news goes without looking, should a notification get lost.
const LOOK: Duration = Duration::from_secs(1);

/// A record in a PostgreSQL database.
pub struct PostgresStore {
    address: Arc<Address>,
    /// The connection for what is answered at once; walks have their own.
    link: RefCell<Option<Arc<Link>>>,
    spare: RefCell<Vec<Arc<Link>>>,
    /// How many entries this opening has seen: fewer are never shown as the record.
    seen: Cell<u64>,
    /// How many the writer was heard to say are acknowledged.
    confirmed: Cell<u64>,
    /// A writer asks for every command whether it is recorded; mostly it is not, and this says so
    /// without a word to the server.
    filing: RefCell<Filing>,
    /// Whether the filing reaches the head: once it does, it stays so for the one who appends,
    /// until an append fails and its outcome is unknown.
    filed: Cell<bool>,
    writer: Option<Writer>,
}

/// What only the writer has.
struct Writer {
    held: Arc<Held>,
    /// The outcome of an append or an erasure is not known.
    unsettled: Cell<bool>,
    /// Gives the lease back when it is dropped.
    keeper: Keeper,
}

impl PostgresStore {
    /// Opens the record at `location`, which begins with `postgres:` or `postgresql:`.
    ///
    /// # Errors
    /// [`StoreError::UnsupportedLocation`] for a location that cannot be read or holds a password;
    /// [`StoreError::Refused`], [`StoreError::Unavailable`]; [`StoreError::NoSuchLedger`] or, to
    /// create, [`StoreError::LedgerExists`]; [`StoreError::NewerSchema`], to read also
    /// [`StoreError::OlderSchema`]; [`StoreError::Corrupt`] when the quick check fails; to write
    /// also [`StoreError::Standby`], [`StoreError::NotDurable`] and [`StoreError::Locked`].
    pub fn open(location: &str, mode: Mode) -> Result<Self, StoreError> {
        Self::open_at(location, mode, "")
    }

    /// As [`PostgresStore::open`]; a writer says that it answers at `place`, a URL, to whoever
    /// finds the record written to ([`Store::lease`]).
    ///
    /// # Errors
    /// As for [`PostgresStore::open`].
    pub fn open_at(location: &str, mode: Mode, place: &str) -> Result<Self, StoreError> {
        let address = Arc::new(Address::parse(location)?);
        match mode {
            Mode::Read => Self::read(address),
            Mode::Write => {
                let link = session::connect(&address, Purpose::Write, 0)?;
                Self::write(address, link, place)
            }
            Mode::Create => {
                let link = session::connect(&address, Purpose::Write, 0)?;
                schema::create(&link, &address)?;
                Self::write(address, link, place)
            }
        }
    }

    fn read(address: Arc<Address>) -> Result<Self, StoreError> {
        let link = session::connect(&address, Purpose::Read, 0)?;
        check_readable(&link, &address)?;
        let head = integrity::quick(&link, &address)?;
        Ok(Self::over(address, link, head.size, None))
    }

    fn write(address: Arc<Address>, link: Arc<Link>, place: &str) -> Result<Self, StoreError> {
        schema::version(&link, &address)?;
        let held = Arc::new(lease::take(&link)?);
        schema::migrate(&link, &address)?;
        let renewing = session::connect_to(&address, Purpose::Cache, link.host)?;
        let keeper = Keeper::start(address.clone(), renewing, held.clone())?;
        let head = integrity::quick(&link, &address)?;
        held.announce(&link, place)?;
        let writer = Writer { held, unsettled: Cell::new(false), keeper };
        Ok(Self::over(address, link, head.size, Some(writer)))
    }

    fn over(address: Arc<Address>, link: Arc<Link>, seen: u64, writer: Option<Writer>) -> Self {
        let (link, spare) = (RefCell::new(Some(link)), RefCell::default());
        let (filing, filed) = (RefCell::new(Filing::new()), Cell::new(false));
        let (seen, confirmed) = (Cell::new(seen), Cell::new(0));
        Self { address, link, spare, seen, confirmed, filing, filed, writer }
    }

    /// The connection, made anew where the one before is lost, with everything checked again; and
    /// for a writer not before it is settled what became of the last append, and whether the
    /// server is still the one that acknowledges.
    fn link(&self) -> Result<Arc<Link>, StoreError> {
        let kept = self.link.borrow().clone().filter(|link| link.is_usable());
        let link = match kept {
            Some(link) => link,
            None => self.reconnect()?,
        };
        if let Some(writer) = &self.writer
            && writer.unsettled.get()
        {
            self.settle(writer, &link)?;
        }
        Ok(link)
    }

    fn reconnect(&self) -> Result<Arc<Link>, StoreError> {
        let before = self.link.take().map_or(0, |link| link.host);
        let purpose = if self.writer.is_some() { Purpose::Write } else { Purpose::Read };
        let link = session::connect(&self.address, purpose, before)?;
        check_readable(&link, &self.address)?;
        if let Some(writer) = &self.writer {
            // It may be an old primary, or another may write by now: neither may be believed.
            writer.unsettled.set(true);
        } else {
            let (size, seen) = (reading::size(&link)?, self.seen.get());
            if size < seen {
                let cause = format!("the server has {size} entries, and {seen} were read before");
                return Err(StoreError::Unavailable { cause });
            }
        }
        self.link.replace(Some(link.clone()));
        Ok(link)
    }

    /// Has a new tenure acknowledged. An old primary never does; and where one does, what is there
    /// is acknowledged too, and those who follow may see it.
    fn settle(&self, writer: &Writer, link: &Link) -> Result<(), StoreError> {
        writer.held.settle(link)?;
        let (size, seen) = (reading::size(link)?, self.seen.get());
        if size < seen {
            let what = format!("{seen} entries were recorded, and now there are {size}");
            return Err(StoreError::corrupt(size, what));
        }
        writer.keeper.confirm(self.saw(size));
        writer.unsettled.set(false);
        Ok(())
    }

    /// Does something that takes long over a connection of its own, to the same server.
    fn walking<T>(
        &self,
        work: impl FnOnce(&Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let main = self.link()?;
        let fits = |link: &Arc<Link>| link.is_usable() && link.host == main.host;
        let kept = self.spare.borrow_mut().pop().filter(fits);
        let link = match kept {
            Some(link) => link,
            None => {
                let purpose = if self.writer.is_some() { Purpose::Cache } else { Purpose::Read };
                session::connect_to(&self.address, purpose, main.host)?
            }
        };
        let answer = work(&link);
        if link.is_usable() {
            self.spare.borrow_mut().push(link);
        }
        answer
    }

    /// Files what the record has gained, up to `size`.
    fn file_up_to(&self, size: u64) -> Result<(), StoreError> {
        let mut filing = self.filing.borrow_mut();
        let from = filing.filed();
        if from >= size {
            return Ok(());
        }
        self.walking(|link| {
            reading::span(link, "seq, command", from, size, &mut |_, [_, command]| {
                filing.file(CommandId(walk::fixed(command)?));
                Ok(ControlFlow::Continue(()))
            })
        })
    }

    /// How many entries are acknowledged, as far as is known here. A server can show entries that
    /// nobody was told of yet, and that are lost if another takes its place.
    fn acknowledged(&self, link: &Link) -> Result<u64, StoreError> {
        if self.writer.is_some() {
            return Ok(self.saw(reading::size(link)?));
        }
        let (_, confirmed) = lease::standing(link)?;
        self.confirmed.set(self.confirmed.get().max(confirmed));
        Ok(self.confirmed.get().min(self.saw(reading::size(link)?)))
    }

    fn saw(&self, size: u64) -> u64 {
        self.seen.set(self.seen.get().max(size));
        size
    }

    /// Does what only a writer may; an outcome that is unknown is settled by the next call.
    fn writing<T>(
        &self,
        work: impl FnOnce(&Link, &Held) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        writer.held.tenure()?;
        let link = self.link()?;
        let done = work(&link, &writer.held);
        if matches!(done, Err(StoreError::Unavailable { .. } | StoreError::Postgres { .. })) {
            writer.unsettled.set(true);
        }
        if let Err(StoreError::Fenced { found, .. }) = done {
            writer.held.is_fenced_by(found);
        }
        if matches!(done, Err(StoreError::Standby { .. })) {
            // It was the primary once: the next call looks for the one that is.
            link.spoil();
        }
        done
    }
}

/// See [`crate::folder_beside`].
pub(crate) fn folder_beside(location: &str) -> Result<PathBuf, StoreError> {
    let address = Address::parse(location)?;
    if let Some(folder) = address.folder {
        return Ok(folder);
    }
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let state = named("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(named("HOME")?).join(".local/state")));
    let Some(state) = state else {
        let what = "the location names no folder for the log's key; add folder=DIR";
        return Err(StoreError::UnsupportedLocation { what: what.to_owned() });
    };
    // Two databases may each have a ledger of that name.
    let hosts: Vec<String> = address.hosts.iter().map(Host::shown).collect();
    let place = format!("{} {}", hosts.join(","), address.database);
    let digest: String = Digest::of(place.as_bytes()).to_string().chars().take(8).collect();
    Ok(state.join("countersign").join(format!("{}-{digest}", address.ledger)))
}

/// Refuses a record of another schema than this program's.
fn check_readable(link: &Link, address: &Address) -> Result<(), StoreError> {
    let found = schema::version(link, address)?;
    if found < schema::SUPPORTED {
        return Err(StoreError::OlderSchema { found, supported: schema::SUPPORTED });
    }
    Ok(())
}

impl Store for PostgresStore {
    fn head(&self) -> Result<Head, StoreError> {
        let head = reading::head(&*self.link()?)?;
        self.saw(head.size);
        Ok(head)
    }

    fn append(
        &mut self,
        expected: u64,
        batch: &[StoredEntry],
        head: &NewHead,
    ) -> Result<(), StoreError> {
        if self.writer.is_none() {
            return Err(StoreError::ReadOnly);
        }
        let size = check_batch(expected, batch, head)?;
        let channel = self.address.schema();
        let to = (expected, size);
        let appended =
            self.writing(|link, held| append::append(link, &channel, held, to, batch, head));
        if appended.is_err() {
            self.filed.set(false);
            return appended;
        }
        self.saw(size);
        if let Some(writer) = &self.writer {
            writer.keeper.confirm(size);
        }
        if self.filed.get() {
            let filing = self.filing.get_mut();
            batch.iter().for_each(|entry| filing.file(entry.command));
        }
        Ok(())
    }

    fn erase(&mut self, entries: &[u64]) -> Result<u64, StoreError> {
        self.writing(|link, held| erase::erase(link, held, entries))
    }

    fn find(&self, command: CommandId) -> Result<Option<u64>, StoreError> {
        let link = self.link()?;
        if self.writer.is_none() {
            return reading::find(&link, command);
        }
        if !self.filed.get() {
            let size = self.saw(reading::size(&link)?);
            self.file_up_to(size)?;
            self.filed.set(true);
        }
        self.filing.borrow().find(command, |seq| reading::is_at(&link, seq, command))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        if limit <= reading::SHORT {
            return reading::read_short(&*self.link()?, from, limit);
        }
        self.walking(|link| reading::read(link, from, limit))
    }

    fn for_each_body(&self, from: u64, visit: VisitBytes<'_>) -> Result<(), StoreError> {
        self.walking(|link| {
            reading::each_row(link, "seq, body", from, |seq, [_, body]| Ok(visit(seq, body)))
        })
    }

    fn for_each_leaf(&self, from: u64, visit: VisitLeaf<'_>) -> Result<(), StoreError> {
        self.walking(|link| {
            reading::each_row(link, "seq, leaf", from, |seq, [_, leaf]| {
                Ok(visit(seq, &Digest(walk::fixed(leaf)?)))
            })
        })
    }

    fn for_each_sealed(
        &self,
        label: u8,
        from: u64,
        visit: VisitBytes<'_>,
    ) -> Result<(), StoreError> {
        self.walking(|link| reading::each_sealed(link, label, from, visit))
    }

    fn save_snapshot(&self, position: u64, schema: u32, bytes: &[u8]) -> Result<(), StoreError> {
        if self.writer.is_some() {
            return self.walking(|link| cache::save(link, position, schema, bytes));
        }
        let link = session::connect(&self.address, Purpose::Cache, self.link()?.host)?;
        cache::save(&link, position, schema, bytes)
    }

    fn latest_snapshot(&self, schema: u32) -> Result<LatestSnapshot, StoreError> {
        cache::latest(&*self.link()?, schema)
    }

    fn check_integrity(&self) -> Result<Checked, StoreError> {
        self.walking(|link| integrity::full(link, &self.address))
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        lease::standing(&*self.link()?).map(|(lease, _)| Some(lease))
    }

    fn is_fenced(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.held.tenure().is_err())
    }

    fn wait_beyond(&self, size: u64, patience: Duration) -> Result<u64, StoreError> {
        let start = Instant::now();
        loop {
            let link = self.link()?;
            link.listen(&self.address.schema());
            let known = link.news();
            let found = self.acknowledged(&link)?;
            let left = patience.saturating_sub(start.elapsed());
            if found > size || left.is_zero() {
                return Ok(found);
            }
            link.wait_for_news(known, left.min(LOOK));
        }
    }
}

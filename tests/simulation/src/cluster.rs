//! The database servers: a primary, a synchronous standby, a spare, and what can go wrong between
//! them. Answers: *what is committed, where can it be seen, and what survives?*
//!
//! A commit is acknowledged once the standby has it; what the standby has is the record that
//! survives. A primary that is cut off from its standby goes on waiting; restarted meanwhile, it
//! shows what it was waiting with. After a failover the old primary may come back, for some nodes.

use crate::database::{Batch, Change, Database, Row};
use crate::lease::Held;
use crate::planted::Planted;
use crate::random::Random;
use countersign_proof::words::CommandId;
use countersign_store::StoreError;
use std::sync::{Arc, Mutex};

/// How many hosts the location names.
pub const HOSTS: usize = 3;

/// How far apart the clocks of the servers may be, in milliseconds: less than a lease has left
/// between two renewals. Beyond it a lease looks free at a standby that is ahead, and a node that
/// reads there says that it is lost, though it shows everything.
pub const SKEW: u64 = 1_900;

/// What becomes of a node's next append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special.
    #[default]
    Usual,
    /// Nothing of it is there.
    Torn,
    /// It is there, but the answer is lost.
    Lost,
    /// It takes effect later, after no answer in time; begun, it holds the writer's row fast.
    Slow {
        /// How much later, in milliseconds.
        after: u64,
        /// Whether the server has begun with it.
        begun: bool,
    },
}

/// What happens to the servers between two calls of one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amid {
    /// The standby takes over, and the old primary comes back.
    FailOver,
    /// The primary restarts.
    Restart,
    /// The primary loses its standby.
    Part,
    /// The node's connections break, unnoticed, and it reaches other hosts than before.
    Elsewhere,
    /// Another node takes the lease, as if time had passed.
    Lease,
}

/// A statement under way.
#[derive(Debug)]
struct Flight {
    at: u64,
    begun: bool,
    batch: Arc<Batch>,
}

/// One server.
#[derive(Debug)]
struct Server {
    host: usize,
    db: Database,
    /// Committed here, waiting for the standby, and not visible yet.
    waiting: Option<Change>,
    /// Visible here, though the standby does not have it.
    unsent: Vec<Change>,
    flights: Vec<Flight>,
}

impl Server {
    fn new(host: usize, db: Database) -> Self {
        Self { host, db, waiting: None, unsent: Vec::new(), flights: Vec::new() }
    }

    /// Whether a statement holds the writer's row and the head fast.
    fn is_held(&self) -> bool {
        self.waiting.is_some() || self.flights.iter().any(|flight| flight.begun)
    }

    fn restart(&mut self) {
        self.flights.clear();
        if let Some(change) = self.waiting.take() {
            self.db.apply(&change);
            self.unsent.push(change);
        }
    }
}

/// A connection to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub host: usize,
    session: u64,
}

/// A node, as the network and the servers know it.
#[derive(Debug, Default)]
pub struct Seat {
    /// Which hosts it reaches.
    pub reach: [bool; HOSTS],
    /// How many of a thousand calls lose their connection.
    pub flaky: u64,
    /// What becomes of its next append.
    pub fate: Fate,
    /// After how many calls its process ends.
    pub dies_in: Option<u32>,
    /// After how many calls something happens to the servers.
    pub amid: Option<(u32, Amid)>,
    /// Whether its process has ended.
    pub is_dead: bool,
    /// Whether its process stands still.
    pub is_paused: bool,
    /// Its lease.
    pub held: Option<Arc<Mutex<Held>>>,
}

/// Everything that the nodes share.
#[derive(Debug)]
pub struct Cluster {
    /// The true time, in milliseconds.
    pub now: u64,
    /// Chance within the servers.
    pub random: Random,
    /// What is wrong on purpose.
    pub planted: Planted,
    primary: Server,
    standby: Server,
    linked: bool,
    /// How far the standby shows what it has.
    behind: Option<(usize, Row)>,
    old: Option<Server>,
    sessions: [u64; HOSTS],
    offsets: [u64; HOSTS],
    /// The nodes.
    pub seats: Vec<Seat>,
    /// What happened, for the trace.
    pub notes: Vec<String>,
    /// Batches that became durable, with the writer's row of that moment, since last looked at.
    pub kept: Vec<(Arc<Batch>, Row)>,
}

/// What a reader finds at a host.
pub struct View<'a> {
    /// The database; only entries below `size` are to be shown.
    pub db: &'a Database,
    /// Which of its heads is in force.
    pub mark: usize,
    /// The writer's row.
    pub row: &'a Row,
}

impl View<'_> {
    /// How many entries it shows.
    pub fn size(&self) -> u64 {
        self.db.marks[self.mark].size
    }
}

/// Whether the record forgets that it has this command.
pub fn forgets(planted: Planted, command: CommandId) -> bool {
    planted == Planted::LostIdempotencyKey && command.0[15].is_multiple_of(8)
}

/// A failure of the storage.
pub fn unavailable(cause: &str) -> StoreError {
    StoreError::Unavailable { cause: cause.to_owned() }
}

impl Cluster {
    /// A record on a primary and its standby, reached by so many nodes.
    pub fn new(db: Database, now: u64, nodes: usize, random: Random, planted: Planted) -> Self {
        let seat = || Seat { reach: [true; HOSTS], ..Seat::default() };
        Self {
            now,
            random,
            planted,
            primary: Server::new(0, db.clone()),
            standby: Server::new(1, db),
            linked: true,
            behind: None,
            old: None,
            sessions: [0; HOSTS],
            offsets: [SKEW / 2; HOSTS],
            seats: (0..nodes).map(|_| seat()).collect(),
            notes: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// The record that survives whatever is to come.
    pub fn durable(&self) -> &Database {
        &self.standby.db
    }

    /// What both servers have committed.
    #[cfg(test)]
    pub fn databases(&mut self) -> impl Iterator<Item = &mut Database> {
        [&mut self.primary.db, &mut self.standby.db].into_iter()
    }

    /// What the primary shows.
    pub fn visible(&self) -> &Database {
        &self.primary.db
    }

    /// The clock of a host.
    pub fn clock(&self, host: usize) -> u64 {
        self.now + self.offsets[host]
    }

    /// Whether a host looks as if it could be written to.
    fn is_writable(&self, host: usize) -> bool {
        host == self.primary.host || self.old.as_ref().is_some_and(|old| old.host == host)
    }

    fn server(&mut self, host: usize) -> Option<&mut Server> {
        let old = self.old.as_mut().filter(|old| old.host == host);
        if host == self.primary.host { Some(&mut self.primary) } else { old }
    }

    /// A call of a node on its way to the servers.
    ///
    /// # Errors
    /// It does not get there.
    pub fn gate(&mut self, node: usize) -> Result<(), StoreError> {
        let Some(seat) = self.seats.get_mut(node) else { return Ok(()) };
        if let Some(left) = &mut seat.dies_in {
            *left = left.saturating_sub(1);
            seat.is_dead |= *left == 0;
        }
        if seat.is_dead {
            return Err(unavailable("this process is no more"));
        }
        if let Some((left, amid)) = &mut seat.amid {
            *left = left.saturating_sub(1);
            if *left == 0 {
                let amid = *amid;
                seat.amid = None;
                self.amid(node, amid);
            }
        }
        let flaky = self.seats[node].flaky;
        if flaky > 0 && self.random.chance(flaky) {
            return Err(unavailable("the connection broke"));
        }
        Ok(())
    }

    fn amid(&mut self, node: usize, amid: Amid) {
        self.notes.push(format!("amid its turn: {amid:?}"));
        match amid {
            Amid::FailOver => {
                self.fail_over(true, false);
            }
            Amid::Restart => self.restart(),
            Amid::Part => self.part(),
            Amid::Elsewhere => {
                let host = self.random.place(HOSTS);
                self.seats[node].reach = [true; HOSTS];
                self.seats[node].reach[host] = false;
            }
            Amid::Lease => {
                self.pass(3_500);
                let other = (node + 1) % self.seats.len();
                if let Ok(link) = self.connect(other, true, 0) {
                    // A process of that machine that ends as soon as it has it.
                    let held = self.seats[other].held.clone();
                    let _ = self.take(other, link);
                    self.seats[other].held = held;
                }
            }
        }
    }

    /// Connects to the first host that will do, beginning with `first`.
    ///
    /// # Errors
    /// None does.
    pub fn connect(&self, node: usize, write: bool, first: usize) -> Result<Link, StoreError> {
        (0..HOSTS)
            .map(|number| (first + number) % HOSTS)
            .filter(|host| self.seats[node].reach[*host])
            .find(|host| self.is_writable(*host) || (!write && *host == self.standby.host))
            .map(|host| Link { host, session: self.sessions[host] })
            .ok_or_else(|| unavailable("no host answers"))
    }

    /// Whether a connection stands.
    pub fn is_up(&self, node: usize, link: Link, write: bool) -> bool {
        self.seats[node].reach[link.host]
            && self.sessions[link.host] == link.session
            && (self.is_writable(link.host) || (!write && link.host == self.standby.host))
    }

    /// What a host shows.
    pub fn view(&self, host: usize) -> View<'_> {
        let old = self.old.as_ref().filter(|old| old.host == host);
        let server = match old {
            Some(old) => old,
            None if host == self.standby.host => &self.standby,
            None => &self.primary,
        };
        match &self.behind {
            Some((heads, row)) if host == self.standby.host => {
                View { db: &server.db, mark: heads - 1, row }
            }
            _ => View { db: &server.db, mark: server.db.marks.len() - 1, row: &server.db.row },
        }
    }

    fn keep(&mut self, change: &Change) {
        if let Change::Append(batch) = change {
            self.kept.push((batch.clone(), self.standby.db.row.clone()));
        }
        self.standby.db.apply(change);
    }

    /// Commits at a host, and waits for the standby.
    ///
    /// # Errors
    /// It is not known what becomes of it.
    pub fn commit(&mut self, host: usize, change: Change) -> Result<(), StoreError> {
        let is_acknowledged = host == self.primary.host && self.linked;
        let too_early = self.planted == Planted::AcknowledgedBeforeCommit;
        let server = self.server(host).ok_or_else(|| unavailable("it is a standby"))?;
        // A renewal leaves the key of the row alone, and goes on beside an append.
        let is_renewal = matches!(&change, Change::Row(row)
            if (row.epoch, row.tenure) == (server.db.row.epoch, server.db.row.tenure));
        if server.waiting.is_some() || (server.is_held() && !is_renewal) {
            return Err(unavailable("a row is held fast"));
        }
        if is_acknowledged {
            server.db.apply(&change);
            self.keep(&change);
            return Ok(());
        }
        if too_early && matches!(change, Change::Append(_)) {
            server.db.apply(&change);
            server.unsent.push(change);
            return Ok(());
        }
        server.waiting = Some(change);
        self.notes.push(format!("host {host} waits for its standby"));
        Err(unavailable("no answer: the server waits for its standby"))
    }

    /// Appends at a host.
    ///
    /// # Errors
    /// As the contract has it.
    pub fn append(&mut self, host: usize, batch: Batch) -> Result<(), StoreError> {
        let seat = &mut self.seats[batch.node];
        let fate = std::mem::take(&mut seat.fate);
        let batch = Arc::new(batch);
        if self.is_held(host, false) {
            return Err(unavailable("a row is held fast"));
        }
        match fate {
            Fate::Usual => self.execute(host, &batch),
            Fate::Torn => {
                self.notes.push("the append is torn".to_owned());
                Err(unavailable("the disk is full"))
            }
            Fate::Lost => {
                self.execute(host, &batch)?;
                self.notes.push("the answer is lost".to_owned());
                Err(unavailable("the answer was lost"))
            }
            Fate::Slow { after, begun } => {
                if begun {
                    self.judge(host, &batch)?;
                }
                let (at, what) = (self.now + after, if begun { "begun" } else { "not begun" });
                self.notes.push(format!("the append takes {after} ms, {what}"));
                let flight = Flight { at, begun, batch };
                let too_early = self.planted == Planted::AcknowledgedBeforeCommit;
                self.server(host)
                    .ok_or_else(|| unavailable("it is a standby"))?
                    .flights
                    .push(flight);
                if too_early { Ok(()) } else { Err(unavailable("no answer in time")) }
            }
        }
    }

    fn execute(&mut self, host: usize, batch: &Arc<Batch>) -> Result<(), StoreError> {
        self.judge(host, batch)?;
        let (from, to) = (batch.expected, batch.mark.size);
        self.commit(host, Change::Append(batch.clone()))?;
        self.notes.push(format!("entries {from}..{to} of epoch {} are kept", batch.epoch));
        Ok(())
    }

    /// Epoch, tenure, size and commands, in this order.
    fn judge(&mut self, host: usize, batch: &Batch) -> Result<(), StoreError> {
        let planted = self.planted;
        let server = self.server(host).ok_or_else(|| unavailable("it is a standby"))?;
        let (db, row) = (&server.db, &server.db.row);
        let mine = row.epoch == batch.epoch && row.tenure == batch.tenure;
        if !mine && planted != Planted::FencingLeftOut {
            return Err(StoreError::Fenced { held: batch.epoch, found: row.epoch });
        }
        let actual = db.mark().size;
        if actual != batch.expected {
            return Err(StoreError::Moved { expected: batch.expected, actual });
        }
        for entry in &batch.entries {
            if let Some(&seq) = db.commands.get(&entry.command)
                && !forgets(planted, entry.command)
            {
                return Err(StoreError::DuplicateCommand { command: entry.command, seq });
            }
        }
        Ok(())
    }

    /// Whether a row of a host is held fast; what is under way may be waited for, and then is over.
    pub fn is_held(&mut self, host: usize, wait: bool) -> bool {
        let begun = self.server(host).is_some_and(|server| server.flights.iter().any(|f| f.begun));
        if begun && wait && self.random.chance(500) {
            self.land(host, |flight| flight.begun);
        }
        self.server(host).is_none_or(|server| server.is_held())
    }

    /// Lets time pass; what is under way and due by then takes effect.
    pub fn pass(&mut self, millis: u64) {
        self.now += millis;
        let now = self.now;
        for host in 0..HOSTS {
            self.land(host, |flight| flight.at <= now);
        }
    }

    fn land(&mut self, host: usize, lands: impl Fn(&Flight) -> bool) {
        let Some(server) = self.server(host) else { return };
        let (landing, flying) = server.flights.drain(..).partition(lands);
        server.flights = flying;
        for Flight { batch, begun, .. } in landing {
            let done = self.execute(host, &batch);
            let what = if done.is_ok() { "takes effect" } else { "has no effect" };
            let began = if begun { "begun" } else { "late" };
            self.notes.push(format!("an append ({began}) {what}"));
        }
    }

    /// Keeps a state beside the record; gives whether the record reaches that far.
    pub fn save(&mut self, position: u64, schema: u32, bytes: &[u8]) -> bool {
        let mut label = position;
        if self.planted == Planted::SnapshotFromTheFuture {
            label = position.saturating_sub(3);
        }
        let bytes = Arc::new(bytes.to_vec());
        let last = usize::try_from(label).ok().and_then(|label| label.checked_sub(1));
        let linked = self.linked;
        let servers = [Some(&mut self.primary.db), linked.then_some(&mut self.standby.db)];
        servers.into_iter().flatten().fold(true, |saved, db| {
            let leaf = last.and_then(|last| db.entries.get(last)).map(|entry| entry.leaf);
            let Some(leaf) = leaf else { return false };
            db.snapshots.push((label, leaf, schema, bytes.clone()));
            if db.snapshots.len() > 2 {
                db.snapshots.remove(0);
            }
            saved
        })
    }

    /// The primary loses its standby.
    pub fn part(&mut self) {
        self.linked = false;
    }

    /// Whether primary and standby see each other.
    pub fn is_linked(&self) -> bool {
        self.linked
    }

    /// The standby gets everything that the primary has.
    pub fn join(&mut self) {
        for change in std::mem::take(&mut self.primary.unsent) {
            self.keep(&change);
        }
        if let Some(change) = self.primary.waiting.take() {
            self.primary.db.apply(&change);
            self.keep(&change);
        }
        self.linked = true;
    }

    /// The standby shows only what it had some transactions ago.
    pub fn lag(&mut self) {
        let past = &self.standby.db.past;
        let back = self.random.place(past.len().min(12));
        self.behind = Some(past[past.len() - 1 - back].clone());
    }

    /// The standby shows everything that it has.
    pub fn catch_up(&mut self) {
        self.behind = None;
    }

    /// The primary's process starts again.
    pub fn restart(&mut self) {
        self.sessions[self.primary.host] += 1;
        self.primary.restart();
    }

    /// The old primary's process starts again: it shows what it was waiting with.
    pub fn restart_old(&mut self) {
        if let Some(old) = &mut self.old {
            self.sessions[old.host] += 1;
            old.restart();
        }
    }

    /// Whether an old primary is about.
    pub fn has_old(&self) -> bool {
        self.old.is_some()
    }

    /// Whether an old primary shows other entries than these first ones of the record.
    pub fn differs(&self, shown: u64) -> bool {
        let shown = usize::try_from(shown).unwrap_or(usize::MAX);
        let ours = self.standby.db.entries.iter().take(shown);
        self.old.as_ref().is_some_and(|old| {
            old.db.entries.iter().zip(ours).any(|(theirs, ours)| theirs.leaf != ours.leaf)
        })
    }

    /// The old primary is set up anew as a spare.
    pub fn rewind_old(&mut self) {
        self.old = None;
    }

    /// The standby takes the primary's place. `comes_back`: the old one can still be reached.
    /// `loses`: acknowledged entries are lost. Gives how many.
    pub fn fail_over(&mut self, comes_back: bool, loses: bool) -> u64 {
        let (was, now) = (self.primary.host, self.standby.host);
        let spare = (0..HOSTS).find(|host| *host != was && *host != now).expect("there are three");
        self.behind = None;
        let mut lost = 0;
        if loses {
            let db = &mut self.standby.db;
            let earlier: Vec<_> =
                db.past.iter().filter(|(heads, _)| *heads < db.marks.len()).cloned().collect();
            if !earlier.is_empty() {
                let near = earlier.len().min(8);
                let (heads, row) = earlier[earlier.len() - 1 - self.random.place(near)].clone();
                lost = db.cut(heads, row);
            }
        }
        let next = Server::new(now, self.standby.db.clone());
        let mut old = std::mem::replace(&mut self.primary, next);
        // It was frozen and thawed, or it starts again and shows what it was waiting with.
        if !comes_back || self.random.chance(500) {
            self.sessions[was] += 1;
            old.restart();
        }
        self.old = comes_back.then_some(old);
        self.sessions[spare] += 1;
        self.standby = Server::new(spare, self.primary.db.clone());
        self.offsets[now] = self.random.below(SKEW);
        self.linked = true;
        lost
    }
}

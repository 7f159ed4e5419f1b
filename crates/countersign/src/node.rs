//! A node. Answers: *does this process write, or does it follow the one that does?*
//!
//! Several processes, each on a machine of its own, may serve one record that all of them reach.
//! One writes: the one that has the record's lease. The others follow it: they show what it has
//! recorded, once it has said that it is acknowledged, and only up to a head whose root their own
//! tree gives. When the lease runs out, the first to notice takes it and writes; whoever wrote
//! before and comes back finds itself fenced off and follows.
//!
//! A node takes one turn after another, and nothing happens in between: no clock is read and no
//! thread is started here, so that a simulation can take the turns of several nodes in any order.

mod following;

use crate::clock::{Clock, Entropy, ServedClock, SystemEntropy};
use crate::opening::{self, Head, OpenError, Opened, SNAPSHOT_AFTER, SeenHead};
use crate::writer::{Bench, Job, Reader};
use countersign_core::State;
use countersign_core::record::SCHEMA;
use countersign_proof::words::{Digest, Moment};
use countersign_store::{Mode, Store, StoreError};
use following::Follower;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a turn waits for news where there are no commands.
const TURN: Duration = Duration::from_millis(200);

/// How long a node that joins waits for the first word that anything is acknowledged: a standby has
/// it a moment after the primary.
const FIRST: Duration = Duration::from_secs(5);

/// How many turns a node leaves it at after it could not take over.
const REST: u32 = 25;
/// The same after another node was found to write.
const PAUSE: u32 = 5;

/// What a node says that found another one writing where it read of none.
const STALE: &str = "another node writes, and the database server that is read from here does not \
                     show it: it is behind, or its clock is ahead";

/// What a node says that has not the key which signs the log by now: it could sign nothing, and
/// what it vouches for would not be believed.
const OTHER_KEY: &str = "the log has another key by now, which this node has not: put it here as \
                         log.key, and start this node anew";

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It writes.
    Leads,
    /// It follows the node that writes.
    Follows {
        /// Where that one answers, a URL, if it is known.
        place: Option<String>,
        /// How many entries the record had when it was looked at last.
        size: u64,
        /// Why the record cannot be followed at the moment, if it cannot.
        lost: Option<String>,
    },
    /// The record is not the one that it has shown: it neither writes nor shows anything until a
    /// person has looked.
    Halted {
        /// What was found.
        why: String,
    },
}

/// Where a node finds its record, and what it needs to write to it.
pub trait Site: Send {
    /// Opens the record to follow it.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be read, or does not go on from what was seen here.
    fn follow(&self) -> Result<Box<dyn Store>, OpenError>;

    /// Takes the lease and opens the record to write, from the state and head followed so far.
    ///
    /// # Errors
    /// [`OpenError`]; [`StoreError::Locked`] when another node was faster.
    fn lead(&self, state: State, head: Head) -> Result<Opened, OpenError>;

    /// Where the head that was shown last is kept apart from the record.
    fn seen(&self) -> Option<SeenHead>;

    /// After how many entries more those who follow keep a snapshot.
    fn snapshot_after(&self) -> u64 {
        SNAPSHOT_AFTER
    }

    /// Keeps the state after `size` entries, unless a later one is kept already; nobody waits for
    /// it.
    fn keep_snapshot(&self, state: State, size: u64);

    /// What tells the time and draws random bits for a writer that goes on from `state`.
    fn sources(&self, state: &State) -> (Box<dyn Clock>, Box<dyn Entropy>);
}

/// Where the other nodes reach this one: a URL of http or https without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUrl(String);

impl FromStr for NodeUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{text:?} is no address of a node; write http://HOST:PORT or https://HOST:PORT")
        };
        let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
        let is_one = ["http", "https"].contains(&url.scheme())
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && text.len() <= 100;
        if is_one { Ok(Self(url.as_str().trim_end_matches('/').to_owned())) } else { Err(wrong()) }
    }
}

/// A record at a location, for a node that answers at a URL.
#[derive(Clone, Debug)]
pub struct Place {
    location: String,
    url: NodeUrl,
    /// Where the clock of an exercise begins, if not at its last entry.
    begin: Option<Moment>,
    clock: Arc<OnceLock<ServedClock>>,
    /// Whether a snapshot is being kept.
    is_keeping: Arc<AtomicBool>,
}

impl Place {
    /// The place of a node.
    #[must_use]
    pub fn new(location: &str, url: NodeUrl, begin: Option<Moment>) -> Self {
        let (clock, is_keeping) = Default::default();
        Self { location: location.to_owned(), url, begin, clock, is_keeping }
    }

    /// The clock that this node goes by.
    #[must_use]
    pub fn clock(&self, state: &State) -> ServedClock {
        *self.clock.get_or_init(|| ServedClock::of(state, self.begin))
    }
}

impl Site for Place {
    fn follow(&self) -> Result<Box<dyn Store>, OpenError> {
        let store = countersign_store::open(&self.location, Mode::Read)?;
        opening::check_seen(&self.location, store.as_ref())?;
        Ok(store)
    }

    fn lead(&self, state: State, head: Head) -> Result<Opened, OpenError> {
        opening::take_over(&self.location, &self.url.0, state, head)
    }

    fn seen(&self) -> Option<SeenHead> {
        SeenHead::of(&self.location)
    }

    fn keep_snapshot(&self, state: State, size: u64) {
        if self.is_keeping.swap(true, Ordering::SeqCst) {
            return;
        }
        let (location, is_keeping) = (self.location.clone(), self.is_keeping.clone());
        let work = move || {
            if let Err(error) = keep_snapshot(&location, &state, size) {
                tracing::warn!("no snapshot could be kept after {size} entries: {error}");
            }
            is_keeping.store(false, Ordering::SeqCst);
        };
        if std::thread::Builder::new().name("snapshot".to_owned()).spawn(work).is_err() {
            self.is_keeping.store(false, Ordering::SeqCst);
        }
    }

    fn sources(&self, state: &State) -> (Box<dyn Clock>, Box<dyn Entropy>) {
        (Box::new(self.clock(state)), Box::new(SystemEntropy))
    }
}

/// Keeps a snapshot, unless another node has kept one of about that moment.
fn keep_snapshot(location: &str, state: &State, size: u64) -> Result<(), OpenError> {
    let store = countersign_store::open(location, Mode::Read)?;
    let newest = store.latest_snapshot(SCHEMA)?.usable.map_or(0, |kept| kept.position);
    if size.saturating_sub(newest) < SNAPSHOT_AFTER {
        return Ok(());
    }
    opening::keep_snapshot(store.as_ref(), state, size)
}

/// One of the processes that serve a record.
pub struct Node {
    site: Box<dyn Site>,
    role: Role,
    reader: Reader,
    /// The key of the log that this node has.
    log_key: Digest,
    /// Turns until taking over is tried again.
    rest: u32,
    /// After how many entries a snapshot was kept last, as far as is known here.
    kept: u64,
    /// Whether taking over was tried, and another one was found to write.
    is_taken: bool,
}

enum Role {
    Leads(Box<Bench>),
    Follows(Follower),
    Halted,
}

impl Node {
    /// A node that follows the record at `site`, for now.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be read.
    pub fn join(site: Box<dyn Site>) -> Result<Self, OpenError> {
        let store = site.follow()?;
        let acknowledged = store.wait_beyond(0, FIRST)?;
        let (state, head, replayed) = opening::rebuild_to(store.as_ref(), acknowledged)?;
        let kept = head.size().saturating_sub(replayed);
        let log_key = state.ledger.log_key;
        let reader = Reader::new(state, &head);
        let follower = Follower::new(Some(store), head.frontier, site.seen());
        let role = Role::Follows(follower);
        let mut node = Self { site, role, reader, log_key, rest: 0, kept, is_taken: false };
        node.stand(None, acknowledged, None);
        node.keep_snapshot();
        Ok(node)
    }

    /// A handle to read through what this node shows.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// How long to wait for commands before the next turn.
    pub(crate) fn patience(&self) -> Duration {
        match self.reader.standing() {
            // A follower waits within its turn, for what the writer records.
            Standing::Follows { lost: None, .. } => Duration::ZERO,
            Standing::Follows { lost: Some(_), .. } | Standing::Leads | Standing::Halted { .. } => {
                TURN
            }
        }
    }

    /// Takes a turn: a writer records what has gathered; a follower catches up, sends away what has
    /// gathered, and takes over where nobody writes.
    pub fn turn(&mut self, jobs: Vec<Job>) {
        match &mut self.role {
            Role::Leads(bench) => {
                if !jobs.is_empty() {
                    bench.serve(jobs);
                }
                if bench.is_fenced() {
                    self.step_down();
                } else if let Some(error) = bench.damage() {
                    // The database that it writes to has lost what was acknowledged.
                    self.halt(&error);
                }
            }
            Role::Follows(_) => {
                self.send_away(jobs);
                self.rest = self.rest.saturating_sub(1);
                self.follow();
            }
            Role::Halted => self.send_away(jobs),
        }
    }

    fn send_away(&self, jobs: Vec<Job>) {
        let place = match self.reader.standing() {
            Standing::Follows { place, .. } => place,
            Standing::Leads | Standing::Halted { .. } => None,
        };
        jobs.into_iter().for_each(|job| job.answer_elsewhere(&self.reader, place.clone()));
    }

    fn follow(&mut self) {
        let Role::Follows(follower) = &mut self.role else { return };
        match follower.turn(self.site.as_ref(), &self.reader, TURN) {
            Ok(followed) if self.reader.read(|state| state.ledger.log_key) != self.log_key => {
                self.stand(None, followed.size, Some(OTHER_KEY.to_owned()));
            }
            Ok(followed) if followed.is_free => self.take_over(followed.size),
            Ok(followed) => {
                self.is_taken = false;
                self.stand(followed.place, followed.size, None);
                self.keep_snapshot();
            }
            Err(error) if error.is_damage() && !is_lost(&error) => self.halt(&error),
            Err(error) => {
                let size = self.reader.position();
                self.stand(None, size, Some(error.to_string()));
                if is_lost(&error) {
                    // A standby may be behind what its primary acknowledged, and an old primary
                    // may show what nobody did. The primary of now does neither, and to write
                    // means to ask that one.
                    self.take_over(size);
                }
            }
        }
    }

    /// Keeps what is shown once enough has come since, so that others join soon. Those who follow
    /// do it.
    fn keep_snapshot(&mut self) {
        if self.reader.position().saturating_sub(self.kept) < self.site.snapshot_after() {
            return;
        }
        let (state, head) = self.reader.copied();
        // One that fails is not tried again until as much has come once more.
        self.kept = head.size();
        self.site.keep_snapshot(state, head.size());
    }

    /// Takes the lease, and what was recorded up to then, and writes.
    fn take_over(&mut self, size: u64) {
        if self.rest > 0 {
            // It stands where it was found to stand when it was tried last.
            return;
        }
        let (state, head) = self.reader.copied();
        // From here on the one that wrote before is nobody to hand on to.
        if let Standing::Follows { place: Some(_), lost, .. } = self.reader.standing() {
            self.stand(None, size, lost);
        }
        match self.site.lead(state, head) {
            // The key changed with the entries that came last.
            Ok(opened) if opened.state.ledger.log_key != self.log_key => {
                self.rest = REST;
                self.stand(None, size, Some(OTHER_KEY.to_owned()));
            }
            Ok(opened) => {
                self.reader.replace(opened.state.clone(), &opened.head);
                let (clock, entropy) = self.site.sources(&opened.state);
                let bench = Bench::new(opened, clock, entropy, self.reader.clone());
                self.role = Role::Leads(Box::new(bench));
                tracing::info!("this node writes from now on");
                self.reader.stand(Standing::Leads);
            }
            // Another one was faster, and is followed from the next turn on; found so a second
            // time, what is read here is not of now.
            Err(OpenError::Store(StoreError::Locked { .. })) => {
                self.rest = PAUSE;
                let is_stale = std::mem::replace(&mut self.is_taken, true);
                if let Standing::Follows { lost: None, .. } = self.reader.standing()
                    && is_stale
                {
                    self.stand(None, size, Some(STALE.to_owned()));
                }
            }
            Err(error) if error.is_damage() => self.halt(&error),
            Err(error) => {
                tracing::warn!("nobody writes, and this node cannot take over: {error}");
                self.rest = REST;
                self.stand(None, size, Some(error.to_string()));
            }
        }
    }

    /// Another node writes: from here on this one shows what that one records.
    fn step_down(&mut self) {
        tracing::warn!("another node has taken over; this one follows it");
        let head = self.reader.head();
        let size = head.frontier.size();
        // The store of the writer is let go of first: it still has the lease's thread.
        self.role = Role::Halted;
        self.role = Role::Follows(Follower::new(None, head.frontier, self.site.seen()));
        self.stand(None, size, None);
    }

    fn halt(&mut self, error: &OpenError) {
        tracing::error!("this node halts: {error}");
        self.role = Role::Halted;
        self.reader.stand(Standing::Halted { why: error.to_string() });
    }

    fn stand(&self, place: Option<String>, size: u64, lost: Option<String>) {
        self.reader.stand(Standing::Follows { place, size, lost });
    }
}

/// Whether the record that was read does not go on from what was seen.
fn is_lost(error: &OpenError) -> bool {
    matches!(error, OpenError::Lost(_))
}

//! A ledger in a folder, and what fails beneath its writer.

use super::world;
use countersign::clock::{Clock, Entropy, SourceFailed, SystemEntropy};
use countersign::opening::{Opened, open_writer};
use countersign::writer::Writer;
use countersign_proof::words::Moment;
use countersign_store::SqliteStore;
use countersign_store::faulty::{Faults, FaultyStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tempfile::TempDir;

/// A founded ledger with nobody writing to it yet.
pub struct Rig {
    _folder: TempDir,
    location: String,
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = folder.path().join("ledger").display().to_string();
        world::found(&location).stop();
        Self { _folder: folder, location }
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    pub fn writer(&self) -> Writer {
        let opened = open_writer(&self.location).unwrap();
        let clock = world::Ticking::from(opened.state.ledger.clock);
        Writer::start(opened, Box::new(clock), Box::new(SystemEntropy)).unwrap()
    }

    pub fn writer_with(&self, clock: Box<dyn Clock>, entropy: Box<dyn Entropy>) -> Writer {
        Writer::start(open_writer(&self.location).unwrap(), clock, entropy).unwrap()
    }

    /// A writer whose store fails when it is told to.
    pub fn faulty(&self) -> (Writer, Faults) {
        let Opened { store, state, head, log_key, next_key, seen } =
            open_writer(&self.location).unwrap();
        let (store, faults) = FaultyStore::new(store);
        let clock = world::Ticking::from(state.ledger.clock);
        let opened = Opened { store: Box::new(store), state, head, log_key, next_key, seen };
        (Writer::start(opened, Box::new(clock), Box::new(SystemEntropy)).unwrap(), faults)
    }

    /// A writer whose database holds no more than so many pages.
    pub fn limited(&self, pages: u32) -> Writer {
        let Opened { store, state, head, log_key, next_key, seen } =
            open_writer(&self.location).unwrap();
        drop(store);
        let store = SqliteStore::open_writer(&self.location).unwrap();
        store.limit_pages(Some(pages)).unwrap();
        let clock = world::Ticking::from(state.ledger.clock);
        let opened = Opened { store: Box::new(store), state, head, log_key, next_key, seen };
        Writer::start(opened, Box::new(clock), Box::new(SystemEntropy)).unwrap()
    }
}

/// A clock that goes where it is told, also back, and can fail.
#[derive(Clone)]
pub struct SettableClock {
    millis: Arc<AtomicU64>,
    failing: Arc<AtomicBool>,
}

impl SettableClock {
    pub fn at(moment: Moment) -> Self {
        Self { millis: Arc::new(AtomicU64::new(moment.millis())), failing: Arc::default() }
    }

    pub fn set(&self, moment: Moment) {
        self.millis.store(moment.millis(), Ordering::SeqCst);
    }

    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Result<Moment, SourceFailed> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(SourceFailed("planted: the clock says nothing".to_owned()));
        }
        Ok(Moment::from_millis(self.millis.load(Ordering::SeqCst)).unwrap())
    }
}

/// How many more times a random source gives bits.
#[derive(Clone)]
pub struct Supply(Arc<AtomicU64>);

impl Supply {
    pub fn fail_after(&self, good: u64) {
        self.0.store(good, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.fail_after(u64::MAX);
    }
}

struct Limited(Supply);

impl Entropy for Limited {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SourceFailed> {
        let left = self.0.0.load(Ordering::SeqCst);
        if left == 0 {
            return Err(SourceFailed("planted: no random bits".to_owned()));
        }
        self.0.fail_after(left - 1);
        SystemEntropy.fill(bytes)
    }
}

/// A random source that fails when it is told to.
pub fn entropy() -> (Box<dyn Entropy>, Supply) {
    let supply = Supply(Arc::new(AtomicU64::new(u64::MAX)));
    (Box::new(Limited(supply.clone())), supply)
}

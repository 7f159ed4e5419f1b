//! Where a simulated node finds its record, its clock and its chance.

use crate::store::{SimulatedStore, World, servers};
use countersign::clock::{Clock, Entropy, ScriptedEntropy, SourceFailed};
use countersign::node::Site;
use countersign::opening::{self, Head, OpenError, Opened, SeenHead};
use countersign_core::State;
use countersign_core::record::{self, SCHEMA};
use countersign_proof::words::Moment;
use countersign_store::Store;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What outlives the processes of a node.
#[derive(Clone)]
pub struct Place {
    /// The servers.
    pub world: World,
    /// Which node.
    pub node: usize,
    /// The location, whose folder has the files beside the record.
    pub location: String,
    /// How far its clock is off, in milliseconds.
    pub off: Arc<AtomicI64>,
    /// What its random bits follow from: the run, and the process.
    pub seed: String,
}

impl Place {
    /// The place of a node with a folder of its own.
    pub fn new(world: World, node: usize, folder: &Path, seed: u64) -> Self {
        let location = format!("postgres://node@simulated/ledgers?folder={}", folder.display());
        Self { world, node, location, off: Arc::default(), seed: format!("{seed}/{node}") }
    }

    /// Where the node answers.
    pub fn url(&self) -> String {
        format!("http://node-{}", self.node)
    }
}

/// After how many entries a follower keeps a snapshot.
pub const SNAPSHOT_AFTER: u64 = 20;

impl Site for Place {
    fn follow(&self) -> Result<Box<dyn Store>, OpenError> {
        let store = SimulatedStore::read(&self.world, self.node)?;
        SeenHead::of(&self.location).map_or(Ok(()), |seen| seen.check(&store))?;
        Ok(Box::new(store))
    }

    fn lead(&self, state: State, head: Head) -> Result<Opened, OpenError> {
        let store = SimulatedStore::write(&self.world, self.node, &self.url())?;
        opening::go_on(&self.location, Box::new(store), state, head)
    }

    fn seen(&self) -> Option<SeenHead> {
        SeenHead::of(&self.location)
    }

    fn snapshot_after(&self) -> u64 {
        SNAPSHOT_AFTER
    }

    fn keep_snapshot(&self, state: State, size: u64) {
        if let Ok(bytes) = record::snapshot(&state) {
            // Where the record does not reach that far, nothing is kept.
            let _ = servers(&self.world).save(size, SCHEMA, &bytes);
        }
    }

    fn sources(&self, state: &State) -> (Box<dyn Clock>, Box<dyn Entropy>) {
        // A process that writes again after another did draws other bits.
        let seed = format!("{}/{}/{}", self.seed, state.ledger.clock, self.draw());
        (Box::new(self.clone()), Box::new(ScriptedEntropy::new(&seed)))
    }
}

impl Place {
    fn draw(&self) -> u64 {
        servers(&self.world).random.next()
    }
}

impl Clock for Place {
    fn now(&self) -> Result<Moment, SourceFailed> {
        let now = servers(&self.world).now.saturating_add_signed(self.off.load(Ordering::Relaxed));
        Moment::from_millis(now).ok_or_else(|| SourceFailed("out of time".to_owned()))
    }
}

//! Where moments and random bits come from. Answers: *what time is it, and what is unguessable?*
//!
//! Only the writer asks. An exercise has a scripted clock and repeatable randomness, so that the
//! same story gives the same record.

use countersign_core::State;
use countersign_proof::words::{Digest, Moment};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The clock or the random source failed; whoever asked must refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceFailed(pub String);

/// Tells the moment.
pub trait Clock: Send {
    /// The moment now.
    ///
    /// # Errors
    /// [`SourceFailed`] when the clock gives none between 1970 and 9999.
    fn now(&self) -> Result<Moment, SourceFailed>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Result<Moment, SourceFailed> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .and_then(Moment::from_millis)
            .ok_or_else(|| SourceFailed("the machine's clock is not set".to_owned()))
    }
}

/// The clock of an exercise: it stands until it is moved.
#[derive(Clone, Debug)]
pub struct ScriptedClock(Arc<AtomicU64>);

impl ScriptedClock {
    /// A clock that stands at `at`.
    #[must_use]
    pub fn new(at: Moment) -> Self {
        Self(Arc::new(AtomicU64::new(at.millis())))
    }

    /// Moves the clock.
    pub fn set(&self, at: Moment) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Result<Moment, SourceFailed> {
        let millis = self.0.load(Ordering::SeqCst);
        Moment::from_millis(millis).ok_or_else(|| SourceFailed("the script ran out".to_owned()))
    }
}

/// The clock of an exercise that people walk around in: it runs on from a moment, at the machine's
/// own pace.
#[derive(Clone, Copy, Debug)]
pub struct RunningClock {
    from: Moment,
    since: Instant,
}

impl RunningClock {
    /// A clock that says `from` now.
    #[must_use]
    pub fn new(from: Moment) -> Self {
        Self { from, since: Instant::now() }
    }
}

impl Clock for RunningClock {
    fn now(&self) -> Result<Moment, SourceFailed> {
        let passed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.from.plus_millis(passed))
    }
}

/// The clock that a served ledger goes by.
#[derive(Clone, Copy, Debug)]
pub enum ServedClock {
    /// The machine's.
    Wall,
    /// An exercise's.
    Running(RunningClock),
}

impl ServedClock {
    /// The clock of a ledger with this state: the machine's, or that of an exercise, which runs on
    /// from `begin` or else from its last entry.
    #[must_use]
    pub fn of(state: &State, begin: Option<Moment>) -> Self {
        if state.ledger.exercise {
            Self::Running(RunningClock::new(begin.unwrap_or(state.ledger.clock)))
        } else {
            Self::Wall
        }
    }
}

impl Clock for ServedClock {
    fn now(&self) -> Result<Moment, SourceFailed> {
        match self {
            Self::Wall => WallClock.now(),
            Self::Running(clock) => clock.now(),
        }
    }
}

/// Gives random bits.
pub trait Entropy: Send {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`SourceFailed`] when the source gives none.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SourceFailed>;
}

/// 128 random bits.
///
/// # Errors
/// [`SourceFailed`] when the source gives none.
pub fn random16(entropy: &mut dyn Entropy) -> Result<[u8; 16], SourceFailed> {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SourceFailed> {
        getrandom::fill(bytes)
            .map_err(|error| SourceFailed(format!("the system gives no random bits: {error}")))
    }
}

/// Repeatable bits for an exercise: SHA-256 of a seed and a counter. Anyone can foretell them.
#[derive(Clone, Debug)]
pub struct ScriptedEntropy {
    seed: Digest,
    counter: u64,
}

impl ScriptedEntropy {
    /// The bits that follow from `seed`.
    #[must_use]
    pub fn new(seed: &str) -> Self {
        Self { seed: Digest::of(seed.as_bytes()), counter: 0 }
    }
}

impl Entropy for ScriptedEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SourceFailed> {
        for chunk in bytes.chunks_mut(32) {
            let mut input = self.seed.0.to_vec();
            input.extend(self.counter.to_be_bytes());
            self.counter = self.counter.wrapping_add(1);
            let block = Digest::of(&input).0;
            chunk.iter_mut().zip(block).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}

//! The key of a log. Answers: *which key signs this log, and where does it lie?*

use super::{OpenError, folder};
use countersign_core::record::{Answer, Recorded};
use countersign_core::{Event, State, ledger};
use countersign_proof::checkpoint::CheckpointError;
use countersign_proof::words::Digest;
use countersign_proof::{LogKey, LogVerifier};
use std::path::{Path, PathBuf};

/// The key that signs the log, which the record names.
///
/// # Errors
/// [`OpenError::LogKey`] when it is missing, damaged, or another.
pub fn check_log_key(location: &str, state: &State) -> Result<LogKey, OpenError> {
    let path = log_key_path(location);
    let seed = read_seed(&path)?;
    let key = LogKey::from_seed(&state.ledger.origin, seed).map_err(|error: CheckpointError| {
        OpenError::LogKey { path: path.clone(), why: error.to_string() }
    })?;
    if Digest(key.verifier().public_key()) != state.ledger.log_key {
        let why = "it is not the key that the record names".to_owned();
        return Err(OpenError::LogKey { path, why });
    }
    Ok(key)
}

/// The seed of the key that signs the log.
///
/// # Errors
/// [`OpenError::LogKey`] when it is missing or damaged.
pub fn log_seed(location: &str) -> Result<[u8; 32], OpenError> {
    read_seed(&log_key_path(location))
}

pub(super) fn log_key_path(location: &str) -> PathBuf {
    folder(location).join("log.key")
}

fn read_seed(path: &Path) -> Result<[u8; 32], OpenError> {
    let why = |why: String| OpenError::LogKey { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| why(error.to_string()))?;
    let seed: Digest = text.trim_end().parse().map_err(|_| why("it is damaged".to_owned()))?;
    Ok(seed.0)
}

/// A log key that was made and is not yet the log's.
#[derive(Debug)]
pub struct NextKey {
    /// The key.
    pub key: LogKey,
    location: String,
}

impl NextKey {
    /// Puts the file of this key where that of the log's key was, which is kept as
    /// `log.key.retired`.
    ///
    /// # Errors
    /// [`OpenError::Io`]; the next opening for writing tries again.
    pub fn take_over(&self) -> Result<(), OpenError> {
        let path = log_key_path(&self.location);
        let moved = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|error| OpenError::Io {
                what: format!("rename {} to {}", from.display(), to.display()),
                error,
            })
        };
        if path.exists() {
            let names = (1..).map(|number: u32| match number {
                1 => beside(&path, ".retired"),
                number => beside(&path, &format!(".retired.{number}")),
            });
            let free = names.into_iter().find(|name| !name.exists());
            moved(&path, &free.unwrap_or_else(|| beside(&path, ".retired")))?;
        }
        moved(&next_key_path(&self.location), &path)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

/// Where a log key is kept that is not yet the log's.
#[must_use]
pub fn next_key_path(location: &str) -> PathBuf {
    beside(&log_key_path(location), ".next")
}

/// The key that is to be the log's next, if one was made.
///
/// # Errors
/// [`OpenError::LogKey`] when its file is damaged.
pub fn next_key(location: &str, origin: &str) -> Result<Option<NextKey>, OpenError> {
    let path = next_key_path(location);
    if !path.exists() {
        return Ok(None);
    }
    let key = LogKey::from_seed(origin, read_seed(&path)?)
        .map_err(|error| OpenError::LogKey { path, why: error.to_string() })?;
    Ok(Some(NextKey { key, location: location.to_owned() }))
}

/// The keys of the log: the one that signs now, then those before it, the last one first.
///
/// # Errors
/// [`CheckpointError`] when a key on the record cannot be one.
pub fn log_keys(state: &State) -> Result<Vec<LogVerifier>, CheckpointError> {
    state.ledger.log_keys().collect()
}

/// The key that these events make the log's, if they do.
#[must_use]
pub fn rotated_to(events: &[Event]) -> Option<Digest> {
    events.iter().rev().find_map(|event| match event {
        Event::Ledger(ledger::Event::LogKeyRotated { log_key }) => Some(*log_key),
        Event::Ledger(
            ledger::Event::LedgerFounded { .. }
            | ledger::Event::NonceIssued { .. }
            | ledger::Event::NonceSpent { .. }
            | ledger::Event::DoorOpened { .. },
        )
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => None,
    })
}

/// The key that signs the log after these entries, where `before` signed before them.
#[must_use]
pub fn log_key_after(before: Digest, recorded: &[Recorded]) -> Digest {
    let last = |one: &Recorded| match &one.result {
        Answer::Accepted(events) => rotated_to(events),
        Answer::Refused { .. } => None,
    };
    recorded.iter().rev().find_map(last).unwrap_or(before)
}

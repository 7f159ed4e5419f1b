//! Founding a ledger. Answers: *how does a record begin, and who vouches for its beginning?*

use crate::clock::{Clock, Entropy, SourceFailed, random16};
use crate::keys::{PersonalKey, SignError};
use crate::opening::{OpenError, create};
use crate::writer::{Asked, Receipt, Submission, Unavailable, Writer};
use countersign_core::ledger::{Charter, Command};
use countersign_core::{Envelope, Rejection, State, decide};
use countersign_proof::statement::kinds::Founding;
use countersign_proof::words::{CommandId, Digest, Nonce, PersonId};
use countersign_proof::{LogKey, Verified};
use std::collections::BTreeMap;

/// Why no ledger was founded; nothing was left behind.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// A rule refuses.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// A founder cannot sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The files cannot be made.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The clock or the random source failed.
    #[error(transparent)]
    Source(#[from] SourceFailed),
    /// The ledger could not record its beginning.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The origin is not one.
    #[error("the origin {origin:?} cannot name a log: {why}")]
    Origin {
        /// What was given.
        origin: String,
        /// Why not.
        why: String,
    },
}

/// What a ledger is founded from.
#[derive(Debug)]
pub struct Founders<'a> {
    /// The log's origin line.
    pub origin: &'a str,
    /// To what end.
    pub reason: &'a str,
    /// The names of the people, kept apart under the identity label.
    pub names: BTreeMap<PersonId, String>,
    /// Who signs, with which key.
    pub keys: Vec<(PersonId, PersonalKey)>,
}

/// A founding that every rule accepts, before anything is written.
#[derive(Debug)]
pub struct Prepared {
    command: Command,
    id: CommandId,
    seed: [u8; 32],
    origin: String,
}

/// Has the founders sign and tries the founding out on an empty state.
///
/// # Errors
/// [`FoundingError`] for the first thing that stands against it.
pub fn prepare(
    charter: Charter,
    founders: Founders<'_>,
    clock: &dyn Clock,
    entropy: &mut dyn Entropy,
) -> Result<Prepared, FoundingError> {
    let mut seed = [0; 32];
    entropy.fill(&mut seed)?;
    let origin = founders.origin.to_owned();
    let log_key = LogKey::from_seed(&origin, seed).map_err(|error| FoundingError::Origin {
        origin: origin.clone(),
        why: error.to_string(),
    })?;
    let at = clock.now()?;
    let nonce = Nonce(random16(entropy)?);
    let first = charter.policies.first();
    let rules = charter.signing.rules();
    let statements: Result<Vec<Verified<Founding>>, SignError> = founders
        .keys
        .iter()
        .filter_map(|(person, key)| first.map(|first| (person, key, first)))
        .map(|(person, key, first)| {
            let founding = Founding {
                origin: origin.clone(),
                exercise: charter.exercise,
                charter_digest: charter.digest(),
                policy: first.bundle.version.clone(),
                policy_digest: first.bundle.digest(),
                log_key: Digest(log_key.verifier().public_key()),
                founded_at: at,
                nonce,
                signer: person.clone(),
                reason: founders.reason.to_owned(),
            };
            key.sign(&founding, &rules)
        })
        .collect();
    let command = Command::Found {
        charter: Box::new(charter),
        statements: statements?,
        names: founders.names,
    };
    let id = CommandId(random16(entropy)?);
    let envelope = Envelope { id, at, by: None, command: command.clone().into() };
    decide(&State::default(), &envelope)?;
    Ok(Prepared { command, id, seed, origin })
}

/// Founds the ledger at `location` and leaves its writer running.
///
/// # Errors
/// [`FoundingError`] when the files cannot be made or the founding cannot be recorded.
pub fn found(
    location: &str,
    prepared: Prepared,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
) -> Result<(Writer, Receipt), FoundingError> {
    let opened = create(location, &prepared.origin, prepared.seed)?;
    let writer = Writer::start(opened, clock, entropy)?;
    let asked = Asked::Command(Box::new(prepared.command.into()));
    let receipt = writer.submit(Submission { id: prepared.id, by: None, asked })?;
    Ok((writer, receipt))
}

//! What a witness does when it is shown a checkpoint: C2SP tlog-witness.
//!
//! Answers: *may this checkpoint be cosigned, after what was cosigned before, and if two signed
//! checkpoints cannot be of one history, what proves it?* [`judge`] is a pure function of the
//! request and of what is remembered of the log. What it accepts must be on stable storage before
//! the cosignature is given away, and nothing else may be judged for that log in between; both are
//! the caller's to keep.

mod misbehaviour;
mod request;

pub use misbehaviour::{Misbehaviour, MisbehaviourError};
pub use request::{AddCheckpoint, RequestFault};

use crate::checkpoint::{Checkpoint, CheckpointError, LogVerifier, SignedNote};
use crate::cosignature::{WitnessKey, WitnessVerifier};
use crate::merkle;
use crate::words::Moment;

/// What a witness remembers of a log: the last checkpoint that it cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Origin, size and root.
    pub checkpoint: Checkpoint,
    /// The checkpoint as the log signed it, without the signatures of others.
    pub note: SignedNote,
    /// The time of the cosignature.
    pub time: Moment,
}

/// A checkpoint that may be cosigned once [`Accepted::seen`] is on stable storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    seen: Seen,
}

impl Accepted {
    /// What must be remembered before the cosignature is given away.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The answer to the request: one signature line.
    #[must_use]
    pub fn cosign(&self, key: &WitnessKey) -> String {
        format!("{}\n", key.cosign(self.seen.note.text(), self.seen.time))
    }
}

/// Why a checkpoint is not cosigned. In the order in which it is judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request cannot be read.
    #[error("the request cannot be read: {0}")]
    Malformed(#[from] RequestFault),
    /// The witness does not know the log.
    #[error("this witness does not watch the log {0:?}; ask its operator to add the log's key")]
    UnknownLog(String),
    /// The log's signature is missing or does not match.
    #[error("the checkpoint is not signed by the log: {0}")]
    Unsigned(CheckpointError),
    /// The old size is larger than the checkpoint.
    #[error("the old size {old} is larger than the checkpoint, {size}")]
    Shrinking {
        /// The old size in the request.
        old: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// The checkpoint bears a cosignature of this witness that it does not remember.
    #[error(
        "this witness cosigned size {size} before and does not remember it: its memory was \
         replaced by an older one; its operator must bring the later one back"
    )]
    Forgotten {
        /// The size of the checkpoint.
        size: u64,
    },
    /// The request does not start from what was cosigned last.
    #[error("the last cosigned size is {size}; send a consistency proof from there")]
    Stale {
        /// The last cosigned size.
        size: u64,
    },
    /// Another root was cosigned at the same size.
    #[error("another root was cosigned at size {size}: the log shows two histories")]
    OtherRoot {
        /// The size.
        size: u64,
    },
    /// The proof does not lead from what was cosigned last to the checkpoint.
    #[error("the consistency proof does not hold: {0}")]
    Inconsistent(merkle::MerkleError),
}

impl Refusal {
    /// Stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "witness/request-malformed",
            Self::UnknownLog(_) => "witness/log-unknown",
            Self::Unsigned(_) => "witness/log-signature-missing",
            Self::Shrinking { .. } => "witness/old-size-too-large",
            Self::Forgotten { .. } => "witness/memory-lost",
            Self::Stale { .. } => "witness/old-size-stale",
            Self::OtherRoot { .. } => "witness/other-root",
            Self::Inconsistent(_) => "witness/proof-invalid",
        }
    }

    /// The HTTP status that the protocol asks for.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::Shrinking { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::Stale { .. } | Self::OtherRoot { .. } => 409,
            Self::Inconsistent(_) => 422,
            Self::Forgotten { .. } => 503,
        }
    }

    /// The content type and the body of the answer.
    #[must_use]
    pub fn answer(&self) -> (&'static str, String) {
        match self {
            Self::Stale { size } => ("text/x.tlog.size", format!("{size}\n")),
            Self::Malformed(_)
            | Self::UnknownLog(_)
            | Self::Unsigned(_)
            | Self::Shrinking { .. }
            | Self::Forgotten { .. }
            | Self::OtherRoot { .. }
            | Self::Inconsistent(_) => {
                ("text/plain; charset=utf-8", format!("{}: {self}\n", self.code()))
            }
        }
    }
}

/// A refusal, and what it brought to light.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{refusal}")]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The proof that the log showed two histories, where the request gives one.
    pub misbehaviour: Option<Box<Misbehaviour>>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, misbehaviour: None }
    }
}

/// Decides whether to cosign: `own` is the key of this witness, `logs` are those of the logs that
/// are watched, `last` is what was cosigned last of the log that the request names, `now` the time.
///
/// # Errors
/// [`Refused`], with the first rule that is broken.
pub fn judge(
    request: &AddCheckpoint,
    own: &WitnessVerifier,
    logs: &[LogVerifier],
    last: Option<&Seen>,
    now: Moment,
) -> Result<Accepted, Refused> {
    let checkpoint = request.checkpoint();
    let keys: Vec<_> = logs.iter().filter(|log| log.name() == checkpoint.origin).collect();
    if keys.is_empty() {
        return Err(Refusal::UnknownLog(checkpoint.origin.clone()).into());
    }
    let signed = request.note().verify(&keys).map_err(Refusal::Unsigned)?;
    let by_log =
        |line: &crate::checkpoint::NoteSignature| signed.iter().any(|key| line.is_by(*key));
    let note = request
        .note()
        .only(by_log)
        .ok_or_else(|| Refusal::Unsigned(CheckpointError::Unsigned(checkpoint.origin.clone())))?;
    let (old, size) = (request.old(), checkpoint.size);
    if old > size {
        return Err(Refusal::Shrinking { old, size }.into());
    }
    let cosigned = own.cosigned(request.note()).map_err(Refusal::Unsigned)?;
    if cosigned.is_some() && !is_remembered(checkpoint, last) {
        return Err(Refusal::Forgotten { size }.into());
    }
    // A later cosignature never has an earlier time than the one before, whatever the clock says.
    let time = last.map_or(now, |last| now.max(last.time));
    let seen = Seen { checkpoint: checkpoint.clone(), note, time };
    let follows = follows(request, last);
    follows.map(|()| Accepted { seen: seen.clone() }).map_err(|refusal| {
        let found = last.and_then(|last| misbehaviour::found(last, &seen, request, &signed));
        Refused { refusal, misbehaviour: found.map(Box::new) }
    })
}

/// Whether what is remembered is this checkpoint or a later one.
fn is_remembered(checkpoint: &Checkpoint, last: Option<&Seen>) -> bool {
    last.is_some_and(|last| {
        last.checkpoint.size > checkpoint.size || last.checkpoint == *checkpoint
    })
}

/// Whether the request leads from what was cosigned last to its checkpoint.
fn follows(request: &AddCheckpoint, last: Option<&Seen>) -> Result<(), Refusal> {
    let checkpoint = request.checkpoint();
    let (last_size, last_root) =
        last.map_or((0, merkle::empty_root()), |last| (last.checkpoint.size, last.checkpoint.root));
    if request.old() != last_size {
        return Err(Refusal::Stale { size: last_size });
    }
    if checkpoint.size == last_size && checkpoint.root != last_root {
        return Err(Refusal::OtherRoot { size: last_size });
    }
    let (size, root) = (checkpoint.size, checkpoint.root);
    merkle::verify_consistency(last_size, size, last_root, root, request.proof())
        .map_err(Refusal::Inconsistent)
}

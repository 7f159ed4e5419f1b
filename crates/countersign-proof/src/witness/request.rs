//! The body of `add-checkpoint`.

use crate::checkpoint::{Checkpoint, CheckpointError, SignedNote};
use crate::tlog_proof::hash_line;
use crate::words::{Digest, canonical_count};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The most consistency proof lines (C2SP tlog-witness, "add-checkpoint").
const MAX_PROOF: usize = 63;

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// The text does not have the form.
    #[error("line {line}: {what}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The checkpoint in it is malformed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    proof: Vec<Digest>,
    note: SignedNote,
    checkpoint: Checkpoint,
}

impl AddCheckpoint {
    /// The request to cosign `note` after the checkpoint of size `old`, with the consistency proof
    /// between them.
    ///
    /// # Errors
    /// [`RequestFault`] when the note is no checkpoint or the proof is too long.
    pub fn new(old: u64, proof: Vec<Digest>, note: SignedNote) -> Result<Self, RequestFault> {
        if proof.len() > MAX_PROOF {
            return Err(RequestFault::Text { line: 2, what: "more than 63 hashes follow" });
        }
        let checkpoint = Checkpoint::parse_head(note.text())?;
        Ok(Self { old, proof, note, checkpoint })
    }

    /// Reads the body of a request; accepts only what its `Display` writes.
    ///
    /// # Errors
    /// [`RequestFault`] naming the first line that is wrong.
    pub fn parse(body: &[u8]) -> Result<Self, RequestFault> {
        let refuse = |line, what| RequestFault::Text { line, what };
        let text = std::str::from_utf8(body).map_err(|_| refuse(1, "it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(refuse(1, "there is no empty line before the checkpoint"))?;
        let mut lines = (1_usize..).zip(head.split('\n'));
        let old = lines.next().and_then(|(_, line)| canonical_count(line.strip_prefix("old ")?));
        let old = old.ok_or(refuse(1, "it is not `old N`"))?;
        let proof = lines
            .take(MAX_PROOF.saturating_add(1))
            .map(|(number, line)| hash_line(line).ok_or(refuse(number, "it is not a hash")))
            .collect::<Result<_, _>>()?;
        Self::new(old, proof, SignedNote::parse(note.as_bytes())?)
    }

    /// The size that the proof starts from.
    #[must_use]
    pub fn old(&self) -> u64 {
        self.old
    }

    /// The consistency proof.
    #[must_use]
    pub fn proof(&self) -> &[Digest] {
        &self.proof
    }

    /// The checkpoint with its signatures.
    #[must_use]
    pub fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Origin, size and root of the checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash.0)))?;
        write!(f, "\n{}", self.note)
    }
}

//! What proves one entry offline: C2SP tlog-proof, in one text file.
//!
//! Answers: *was exactly this entry in the log, under a checkpoint that I trust?* The file holds
//! the place of the entry, the hashes from it to the root, and the checkpoint with its
//! cosignatures; the entry itself and the trust (see [`crate::trust`]) come from elsewhere.

use crate::checkpoint::{CheckpointError, SignedNote};
use crate::merkle::{self, MerkleError};
use crate::trust::{Trust, TrustRefusal, Trusted};
use crate::words::{Digest, canonical_count};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The most hashes that an inclusion proof has: one for each bit of a size.
const MAX_HASHES: usize = 64;
/// The longest file, in bytes.
const MAX_BYTES: usize = 2_000_000;

/// Why something is not a proof, or proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not the text of a proof.
    #[error("not a tlog-proof, line {line}: {what}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The checkpoint in it is not a signed note.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint in it is not trusted.
    #[error(transparent)]
    Untrusted(#[from] TrustRefusal),
    /// The entry is not in the log of that checkpoint.
    #[error("the entry is not proved to be in the log: {0}")]
    NotIncluded(#[from] MerkleError),
}

/// The proof that one entry is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Whatever an application needs beside it. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The place of the entry, from 0.
    pub index: u64,
    /// The inclusion proof, from the leaf upwards.
    pub hashes: Vec<Digest>,
    /// The checkpoint, with its signatures and cosignatures.
    pub checkpoint: SignedNote,
}

impl TlogProof {
    /// The text of the file; by convention its name ends in `.tlog-proof`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        format!("{text}\n{}", self.checkpoint)
    }

    /// Reads the text of a proof; accepts only what [`TlogProof::to_text`] writes.
    ///
    /// # Errors
    /// [`TlogProofError::Text`] with the line, or [`TlogProofError::Checkpoint`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        let refuse = |line, what| TlogProofError::Text { line, what };
        if bytes.len() > MAX_BYTES {
            return Err(refuse(1, "the file is longer than 2 MB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| refuse(1, "it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(refuse(1, "there is no empty line before the checkpoint"))?;
        let mut lines = (1_usize..).zip(head.split('\n')).peekable();
        if lines.next().is_none_or(|(_, line)| line != HEADER) {
            return Err(refuse(1, "it is not c2sp.org/tlog-proof@v1"));
        }
        let mut extra = None;
        if let Some((number, encoded)) =
            lines.peek().and_then(|(number, line)| Some((*number, line.strip_prefix("extra ")?)))
        {
            let decoded = STANDARD.decode(encoded);
            extra = Some(decoded.map_err(|_| refuse(number, "the extra data is not base64"))?);
            lines.next();
        }
        let (number, line) = lines.next().ok_or(refuse(2, "the line `index N` is missing"))?;
        let index = line.strip_prefix("index ").and_then(canonical_count);
        let index = index.ok_or(refuse(number, "it is not `index N`"))?;
        let hashes = lines
            .map(|(number, line)| hash_line(line).ok_or(refuse(number, "it is not a hash")))
            .collect::<Result<Vec<_>, _>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(refuse(number, "more than 64 hashes follow"));
        }
        Ok(Self { extra, index, hashes, checkpoint: SignedNote::parse(note.as_bytes())? })
    }

    /// Checks that the entry with hash `leaf` is in the log, under a checkpoint that `trust`
    /// accepts. Gives that checkpoint and who cosigned it.
    ///
    /// # Errors
    /// [`TlogProofError::Untrusted`] first, then [`TlogProofError::NotIncluded`].
    pub fn verify(&self, leaf: Digest, trust: &Trust) -> Result<Trusted, TlogProofError> {
        let trusted = trust.judge(&self.checkpoint)?;
        let (size, root) = (trusted.checkpoint.size, trusted.checkpoint.root);
        merkle::verify_inclusion(leaf, self.index, size, &self.hashes, root)?;
        Ok(trusted)
    }
}

/// One hash in base64.
pub(crate) fn hash_line(line: &str) -> Option<Digest> {
    Some(Digest(STANDARD.decode(line).ok()?.try_into().ok()?))
}

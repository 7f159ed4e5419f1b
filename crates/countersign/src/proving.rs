//! Proofs of entries that hold offline (C2SP tlog-proof). Answers: *under which checkpoint, and by
//! which hashes, is this entry proved?*

use crate::cosigned::{Cosigned, CosignedCheckpoint, CosignedError};
use crate::tiles::{LogError, LogTiles};
use countersign_proof::checkpoint::{Checkpoint, SignedNote};
use countersign_proof::merkle::{leaf_hash, verify_inclusion};
use countersign_proof::tlog_proof::TlogProof;
use countersign_proof::trust::Trust;
use countersign_store::{Store, StoreError};

/// Why an entry is not proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The log is not so long.
    #[error("there is no entry {seq} in this log")]
    NoEntry {
        /// Its place.
        seq: u64,
    },
    /// Whoever verifies would not believe any checkpoint there is.
    #[error(
        "no checkpoint with this entry is one that the trust file accepts; collect more \
         cosignatures with `log collect`"
    )]
    NotTrusted,
    /// The cosignatures cannot be read.
    #[error(transparent)]
    Cosigned(#[from] CosignedError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The record does not hold.
    #[error("{0}; verify the log")]
    Damaged(String),
}

impl From<StoreError> for ProveError {
    fn from(error: StoreError) -> Self {
        LogError::from(error).into()
    }
}

fn damaged(error: impl std::fmt::Display) -> ProveError {
    ProveError::Damaged(error.to_string())
}

/// An entry and what proves it.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The proof.
    pub proof: TlogProof,
    /// The checkpoint that it is under.
    pub head: Checkpoint,
    /// The open part of the entry.
    pub entry: Vec<u8>,
}

/// Where proofs are taken from.
pub struct Prover<'p> {
    /// The record.
    pub store: &'p dyn Store,
    /// What is known of the log's upper hashes.
    pub tiles: &'p mut LogTiles,
    /// What witnesses have said.
    pub cosigned: &'p Cosigned,
    /// The signed head of the log.
    pub note: &'p str,
}

impl Prover<'_> {
    /// Proves an entry under the earliest checkpoint with the most cosignatures that has it, or
    /// under the earliest that `trust` accepts; under the log's own signature alone, if there is no
    /// other. `told` hears of cosignatures that do not hold.
    ///
    /// # Errors
    /// [`ProveError`] when there is no such entry, no such checkpoint, or the record does not hold.
    pub fn prove(
        &mut self,
        seq: u64,
        trust: Option<&Trust>,
        told: &mut dyn FnMut(String),
    ) -> Result<Proved, ProveError> {
        let entry = self.store.entry(seq)?.ok_or(ProveError::NoEntry { seq })?.open;
        let checkpoint = self.choose(seq, trust, told)?;
        let head = Checkpoint::parse_text(checkpoint.text()).map_err(damaged)?;
        let hashes = self.tiles.log(self.store)?.inclusion(seq, head.size)?;
        verify_inclusion(leaf_hash(&entry), seq, head.size, &hashes, head.root).map_err(damaged)?;
        let proof = TlogProof { extra: None, index: seq, hashes, checkpoint };
        Ok(Proved { proof, head, entry })
    }

    /// The checkpoint to prove an entry under.
    fn choose(
        &self,
        seq: u64,
        trust: Option<&Trust>,
        told: &mut dyn FnMut(String),
    ) -> Result<SignedNote, ProveError> {
        let mut found = self.cosigned.checkpoints(told)?;
        found.retain(|found| found.checkpoint.size > seq && !found.cosignatures.is_empty());
        // The earliest first: since its cosignatures, the entry is known to have been there.
        found.reverse();
        let head = || SignedNote::parse(self.note.as_bytes());
        if let Some(trust) = trust {
            let mut notes = found.into_iter().map(|found| found.note).chain(head());
            return notes.find(|note| trust.judge(note).is_ok()).ok_or(ProveError::NotTrusted);
        }
        let most = found.iter().map(|found| found.cosignatures.len()).max().unwrap_or(0);
        let best = found.into_iter().find(|found| found.cosignatures.len() == most);
        let note = |found: CosignedCheckpoint| Ok(found.note);
        best.map_or_else(head, note).map_err(damaged)
    }
}

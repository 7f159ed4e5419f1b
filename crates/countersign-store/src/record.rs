//! What is kept.

use crate::StoreError;
use countersign_proof::merkle;
use countersign_proof::words::{CommandId, Digest};
use std::collections::HashMap;

/// Longest open part, in bytes (a tlog-tiles entry carries its length in 16 bits).
pub const OPEN_MAX: usize = 65_535;

/// The one label whose sealed parts can be taken out again: names of people are kept under it.
pub const ERASABLE: u8 = 2;

/// Longest body and longest sealed part, in bytes: 256 MiB, so that figures of a million rows are
/// one entry, taken as a whole or not at all. SQLite would take four times as much.
pub const BODY_MAX: usize = 256 * 1024 * 1024;

/// One past the greatest sequence number: 2^55. The stores keep a sealed part under its entry's
/// number times 256 plus its label, in a signed 64-bit integer.
pub const SEQ_END: u64 = 1 << 55;

/// One line of the record, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Place in the one order, from 0, without gaps: the index in the Merkle log. Below
    /// [`SEQ_END`].
    pub seq: u64,
    /// The sender's id of the command; no two entries share one.
    pub command: CommandId,
    /// The RFC 6962 leaf hash of `open`: SHA-256 over a zero byte and `open`.
    pub leaf: Digest,
    /// The open part, at most [`OPEN_MAX`] bytes.
    pub open: Vec<u8>,
    /// The compact form from which a state is rebuilt, opaque here; at most [`BODY_MAX`] bytes.
    pub body: Vec<u8>,
    /// The sealed parts by ascending label, at most one for each label.
    pub sealed: Vec<StoredPart>,
}

/// One sealed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// The visibility label, 0 to 255; what it stands for is decided elsewhere.
    pub label: u8,
    /// The part, salted by who made it, opaque here; at most [`BODY_MAX`] bytes.
    pub bytes: Vec<u8>,
}

/// Where the record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are, and so the sequence number of the next.
    pub size: u64,
    /// The root of the Merkle log of that size; of none, SHA-256 of nothing (RFC 6962, 2.1).
    pub root: Digest,
    /// What the writer needs to extend the Merkle log, opaque here.
    pub frontier: Vec<u8>,
    /// How often the record was opened for writing; only the latest such opening may append.
    pub epoch: u64,
}

/// What an append leaves as the head; size and epoch follow from the append itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewHead {
    /// The root of the Merkle log with the batch in it.
    pub root: Digest,
    /// The frontier to extend that log, opaque here; at most [`BODY_MAX`] bytes.
    pub frontier: Vec<u8>,
}

/// A sequence number as the databases keep it; all beyond the end are alike.
pub(crate) fn signed(seq: u64) -> i64 {
    i64::try_from(seq.min(SEQ_END)).unwrap_or(i64::MAX)
}

/// Refuses an open part that is not what its leaf was made of.
pub(crate) fn check_leaf(seq: u64, leaf: &Digest, open: &[u8]) -> Result<(), StoreError> {
    if merkle::leaf_hash(open) == *leaf {
        Ok(())
    } else {
        Err(StoreError::corrupt(seq, "the leaf hash is not that of the open part"))
    }
}

/// Refuses a batch that no store may keep, whatever its state. Gives the size after the batch.
pub(crate) fn check_batch(
    expected: u64,
    batch: &[StoredEntry],
    head: &NewHead,
) -> Result<u64, StoreError> {
    let refuse = |seq, what| Err(StoreError::BadEntry { seq, what });
    if batch.is_empty() {
        return refuse(expected, "the batch is empty");
    }
    if head.frontier.len() > BODY_MAX {
        return refuse(expected, "the frontier is too long");
    }
    let mut next = expected;
    let mut commands = HashMap::with_capacity(batch.len());
    for entry in batch {
        if entry.seq != next || next >= SEQ_END {
            return refuse(entry.seq, "the sequence number does not follow");
        }
        if entry.open.len() > OPEN_MAX {
            return refuse(entry.seq, "the open part is longer than 65,535 bytes");
        }
        let parts = || entry.sealed.iter();
        if parts().any(|part| part.bytes.len() > BODY_MAX) || entry.body.len() > BODY_MAX {
            return refuse(entry.seq, "the body or a sealed part is longer than 256 MiB");
        }
        if !parts().is_sorted_by(|a, b| a.label < b.label) {
            return refuse(entry.seq, "the sealed parts are not in ascending order of label");
        }
        if merkle::leaf_hash(&entry.open) != entry.leaf {
            return refuse(entry.seq, "the leaf hash is not that of the open part");
        }
        if let Some(seq) = commands.insert(entry.command, entry.seq) {
            return Err(StoreError::DuplicateCommand { command: entry.command, seq });
        }
        next = next.saturating_add(1);
    }
    Ok(next)
}

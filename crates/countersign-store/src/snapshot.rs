//! The disposable cache of a state.
//!
//! A snapshot only ever saves time. Whatever is doubtful about one is a reason to pass it over and
//! rebuild from the record: a damaged byte, a position past the end, or a last entry that is not
//! the record's (a backup was restored beneath it).

use countersign_proof::words::Digest;

/// How many snapshots of one schema are kept.
pub(crate) const KEPT: usize = 2;

/// Bytes before the state itself.
pub(crate) const HEADER: usize = 124;

const MAGIC: &[u8; 8] = b"CSNSNAP1";

/// A state as it was after the first `position` entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// How many entries it has in it; rebuild from here on.
    pub position: u64,
    /// The state, opaque here.
    pub bytes: Vec<u8>,
}

/// What was found when looking for a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatestSnapshot {
    /// The latest that can be relied on.
    pub usable: Option<Snapshot>,
    /// Later ones that cannot, latest first; worth a warning to the operator.
    pub skipped: Vec<SkippedSnapshot>,
}

/// A snapshot that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedSnapshot {
    /// The position it claims.
    pub position: u64,
    /// Why it was passed over.
    pub why: String,
}

/// What a header says about the bytes that follow it.
///
/// Layout, integers little-endian: magic (8), schema (4), position (8), leaf of the last entry in
/// it (32), length of the state (8), SHA-256 of the state (32), SHA-256 of all that (32).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) schema: u32,
    pub(crate) position: u64,
    pub(crate) leaf: Digest,
    pub(crate) length: u64,
    pub(crate) state: Digest,
}

impl Header {
    pub(crate) fn of(schema: u32, position: u64, leaf: Digest, bytes: &[u8]) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { schema, position, leaf, length, state: Digest::of(bytes) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.schema.to_le_bytes());
        out.extend_from_slice(&self.position.to_le_bytes());
        out.extend_from_slice(&self.leaf.0);
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.state.0);
        let seal = Digest::of(&out);
        out.extend_from_slice(&seal.0);
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let read = || {
            let (schema, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
            let (position, rest) = rest.split_first_chunk()?;
            let (leaf, rest) = rest.split_first_chunk()?;
            let (length, rest) = rest.split_first_chunk()?;
            let (state, _) = rest.split_first_chunk()?;
            let header = Self {
                schema: u32::from_le_bytes(*schema),
                position: u64::from_le_bytes(*position),
                leaf: Digest(*leaf),
                length: u64::from_le_bytes(*length),
                state: Digest(*state),
            };
            (header.encode() == bytes).then_some(header)
        };
        read().ok_or_else(|| "its header is damaged".to_owned())
    }

    /// Refuses a state other than the one this header was made for.
    pub(crate) fn check_state(&self, bytes: &[u8]) -> Result<(), String> {
        if Digest::of(bytes) == self.state {
            Ok(())
        } else {
            Err("its bytes are damaged".to_owned())
        }
    }

    /// Refuses a snapshot of another record: `here` is the leaf of the last entry in it, as the
    /// record has it.
    pub(crate) fn check_leaf(&self, here: Option<Digest>) -> Result<(), String> {
        match here {
            None => Err("the record does not reach its position".to_owned()),
            Some(leaf) if leaf != self.leaf => Err("it was made from another record".to_owned()),
            Some(_) => Ok(()),
        }
    }
}

//! The Merkle tree over the entries of a log.
//!
//! Answers: *is this entry in that log, and has the log only grown?* Hashes are those of RFC 6962
//! §2.1, proofs those of RFC 9162 §2.1.3 and §2.1.4, which agree with it. Everything here works on
//! hashes; where they are kept is the caller's matter.
//!
//! Proofs can be checked without a log: [`verify_inclusion`] and [`verify_consistency`] take sizes
//! and hashes as they stand in published test vectors.
//!
//! ```
//! use countersign_proof::merkle::{leaf_hash, node_hash, verify_inclusion};
//! use countersign_proof::words::Digest;
//!
//! let (leaf, other): (Digest, Digest) = (leaf_hash(b""), leaf_hash(b"\x00"));
//! let root: Digest = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125".parse()?;
//! assert_eq!(root, node_hash(leaf, other));
//! verify_inclusion(leaf, 0, 2, &[other], root)?;
//! assert!(verify_inclusion(leaf, 1, 2, &[other], root).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod levels;
mod proof;

pub use levels::Levels;
pub(crate) use proof::consistency_roots;
pub use proof::{
    HashSource, consistency_proof, inclusion_proof, tree_head, verify_consistency, verify_inclusion,
};

use crate::words::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Why a proof cannot be made, or does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// A place outside the tree.
    #[error("there is no entry {index} in a log of {size}")]
    OutOfRange {
        /// The place asked for, from 0.
        index: u64,
        /// The number of entries.
        size: u64,
    },
    /// A log cannot have grown to fewer entries.
    #[error("a log of {new} entries does not extend one of {old}")]
    Shrunk {
        /// The earlier number of entries.
        old: u64,
        /// The later number.
        new: u64,
    },
    /// The source does not have a hash that it should have.
    #[error("the hash of entry {index} cannot be read: {reason}")]
    Source {
        /// The entry, from 0.
        index: u64,
        /// What the source says.
        reason: String,
    },
    /// The proof has another number of hashes than a proof for these places has.
    #[error("the proof has the wrong number of hashes for this log; ask for a fresh one")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root: the log or the proof was altered")]
    Mismatch,
    /// A stored frontier whose hashes do not fit its size.
    #[error("the stored frontier does not fit its size; rebuild it from the entries")]
    Frontier,
}

/// The hash of an entry: SHA-256(0x00 ‖ bytes).
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(bytes).finalize().into())
}

/// The hash over two subtrees: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    Digest(
        Sha256::new()
            .chain_update([1])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// The root of the tree without entries: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// All that is needed of a tree to append to it and to know its root: the roots of its complete
/// subtrees, the largest first, one for each 1 in the binary form of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedFrontier")]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

/// A frontier as it arrives, before its parts are compared.
#[derive(Deserialize)]
#[serde(rename = "Frontier")]
struct UncheckedFrontier {
    size: u64,
    roots: Vec<Digest>,
}

impl TryFrom<UncheckedFrontier> for Frontier {
    type Error = MerkleError;
    fn try_from(frontier: UncheckedFrontier) -> Result<Self, MerkleError> {
        let UncheckedFrontier { size, roots } = frontier;
        if u32::try_from(roots.len()) == Ok(size.count_ones()) {
            Ok(Self { size, roots })
        } else {
            Err(MerkleError::Frontier)
        }
    }
}

impl Frontier {
    /// The frontier of the tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of the first `size` entries of a log.
    ///
    /// # Errors
    /// [`MerkleError::Source`] when the source does not have a hash.
    pub fn from_source<S: HashSource + ?Sized>(source: &S, size: u64) -> Result<Self, MerkleError> {
        let mut roots = Vec::new();
        let mut start: u64 = 0;
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            roots.push(source.subtree(level, start >> level)?);
            start |= 1 << level;
        }
        Ok(Self { size, roots })
    }

    /// Appends the hash of one entry; at most 64 hashes are computed, 2 on average with the leaf.
    pub fn append(&mut self, leaf: Digest) {
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(left, root);
            }
        }
        self.roots.push(root);
        self.size = self.size.saturating_add(1);
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree: the Merkle tree hash of RFC 6962 §2.1.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut roots = self.roots.iter().rev().copied();
        let smallest = roots.next().unwrap_or_else(empty_root);
        roots.fold(smallest, |right, left| node_hash(left, right))
    }
}

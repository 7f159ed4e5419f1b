//! Proofs of inclusion and of consistency: how they are made, and how they are checked.

use super::{MerkleError, empty_root, node_hash};
use crate::words::Digest;

/// Where the hashes of a log's entries are found.
pub trait HashSource {
    /// The leaf hash of entry `index`, from 0.
    ///
    /// # Errors
    /// [`MerkleError`] when it is not there or cannot be read.
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError>;

    /// The root of the complete subtree over the `2^level` entries from `index · 2^level` on.
    ///
    /// By default computed from the leaves; a source that keeps such roots gives them here, and
    /// then a proof costs a logarithmic number of reads.
    ///
    /// # Errors
    /// [`MerkleError`] when a hash is not there or cannot be read.
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let Some(below) = level.checked_sub(1) else {
            return self.leaf(index);
        };
        let left = index.saturating_mul(2);
        let right = left.saturating_add(1);
        Ok(node_hash(self.subtree(below, left)?, self.subtree(below, right)?))
    }
}

impl HashSource for [Digest] {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        let place = usize::try_from(index).ok();
        place.and_then(|place| self.get(place)).copied().ok_or_else(|| MerkleError::Source {
            index,
            reason: "it lies beyond the end of the list".to_owned(),
        })
    }
}
impl HashSource for Vec<Digest> {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.as_slice().leaf(index)
    }
}

/// The largest power of two below `size`, as its exponent; `size` is at least 2.
fn split(size: u64) -> u32 {
    size.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

/// The root over the `size` entries from `start` on (RFC 6962 §2.1, MTH). `start` is a multiple of
/// the smallest power of two that is not below `size`.
fn range<S: HashSource + ?Sized>(source: &S, start: u64, size: u64) -> Result<Digest, MerkleError> {
    if size == 0 {
        return Ok(empty_root());
    }
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return source.subtree(level, start >> level);
    }
    let left = 1_u64 << split(size);
    let (middle, rest) = (start.saturating_add(left), size.saturating_sub(left));
    Ok(node_hash(range(source, start, left)?, range(source, middle, rest)?))
}

/// The root over the first `size` entries.
///
/// # Errors
/// [`MerkleError::Source`] when the source does not have a hash.
pub fn tree_head<S: HashSource + ?Sized>(source: &S, size: u64) -> Result<Digest, MerkleError> {
    range(source, 0, size)
}

/// The proof that entry `index` (from 0) is in the tree over the first `size` entries (RFC 9162
/// §2.1.3.1): at most 64 hashes, from the leaf upwards.
///
/// # Errors
/// [`MerkleError::OutOfRange`], or [`MerkleError::Source`] when the source does not have a hash.
pub fn inclusion_proof<S: HashSource + ?Sized>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, MerkleError> {
    if index >= size {
        return Err(MerkleError::OutOfRange { index, size });
    }
    let (mut start, mut size) = (0_u64, size);
    let mut proof = Vec::new();
    while size > 1 {
        let left = 1_u64 << split(size);
        let (middle, rest) = (start.saturating_add(left), size.saturating_sub(left));
        if index < middle {
            proof.push(range(source, middle, rest)?);
            size = left;
        } else {
            proof.push(range(source, start, left)?);
            (start, size) = (middle, rest);
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree over the first `new` entries extends the one over the first `old` (RFC
/// 9162 §2.1.4.1); empty where `old` is 0 or equal to `new`.
///
/// # Errors
/// [`MerkleError::Shrunk`], or [`MerkleError::Source`] when the source does not have a hash.
pub fn consistency_proof<S: HashSource + ?Sized>(
    source: &S,
    old: u64,
    new: u64,
) -> Result<Vec<Digest>, MerkleError> {
    if old > new {
        return Err(MerkleError::Shrunk { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    // SUBPROOF(old, D[start:start+size], known): `known` while the old tree is all of the range.
    let (mut start, mut size, mut known) = (0_u64, new, true);
    let mut proof = Vec::new();
    while old.saturating_sub(start) != size {
        let left = 1_u64 << split(size);
        let (middle, rest) = (start.saturating_add(left), size.saturating_sub(left));
        if old <= middle {
            proof.push(range(source, middle, rest)?);
            size = left;
        } else {
            proof.push(range(source, start, left)?);
            (start, size, known) = (middle, rest, false);
        }
    }
    if !known {
        proof.push(range(source, start, size)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that the entry with hash `leaf` is at `index` (from 0) in the tree of `size` entries
/// with this root (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`MerkleError::OutOfRange`], [`MerkleError::Length`] or [`MerkleError::Mismatch`].
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: Digest,
) -> Result<(), MerkleError> {
    if index >= size {
        return Err(MerkleError::OutOfRange { index, size });
    }
    let (mut place, mut last) = (index, size.saturating_sub(1));
    let mut hash = leaf;
    for step in proof {
        if last == 0 {
            return Err(MerkleError::Length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(*step, hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, *step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        Err(MerkleError::Length)
    } else if hash == root {
        Ok(())
    } else {
        Err(MerkleError::Mismatch)
    }
}

/// Checks that the tree of `new` entries with root `new_root` extends the tree of `old` entries
/// with root `old_root` (RFC 9162 §2.1.4.2). From nothing, and from a tree to itself, the proof is
/// empty.
///
/// # Errors
/// [`MerkleError::Shrunk`], [`MerkleError::Length`] or [`MerkleError::Mismatch`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: Digest,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), MerkleError> {
    if old > new {
        return Err(MerkleError::Shrunk { old, new });
    }
    let known = |size: u64, root| size != 0 || root == empty_root();
    if !known(old, old_root) || !known(new, new_root) || (old == new && old_root != new_root) {
        return Err(MerkleError::Mismatch);
    }
    if old == 0 || old == new {
        return if proof.is_empty() { Ok(()) } else { Err(MerkleError::Length) };
    }
    let (old_hash, new_hash) = consistency_roots(old, new, old_root, proof)?;
    if old_hash == old_root && new_hash == new_root { Ok(()) } else { Err(MerkleError::Mismatch) }
}

/// The two roots that a consistency proof leads to, for `old` and `new` that differ and are not 0;
/// where `old` is a power of two the proof says nothing of the earlier root, and `old_root` is it.
pub(crate) fn consistency_roots(
    old: u64,
    new: u64,
    old_root: Digest,
    proof: &[Digest],
) -> Result<(Digest, Digest), MerkleError> {
    let mut steps = proof.iter().copied();
    let first = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let first = first.ok_or(MerkleError::Length)?;
    let (mut place, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for step in steps {
        if last == 0 {
            return Err(MerkleError::Length);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(step, old_hash);
            new_hash = node_hash(step, new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok((old_hash, new_hash)) } else { Err(MerkleError::Length) }
}

//! A whole tree in memory, for making many proofs.

use super::{HashSource, MerkleError, node_hash};
use crate::words::Digest;

/// The hashes of all complete subtrees of a log: two for each entry, 64 bytes. A proof then costs a
/// logarithmic number of look-ups.
#[derive(Clone, Debug, Default)]
pub struct Levels(Vec<Vec<Digest>>);

impl Levels {
    /// Appends the hash of one entry.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for level in 0.. {
            if self.0.len() <= level {
                self.0.push(Vec::new());
            }
            let Some(row) = self.0.get_mut(level) else { return };
            row.push(hash);
            if row.len() % 2 == 1 {
                return;
            }
            let [.., left, right] = row.as_slice() else { return };
            hash = node_hash(*left, *right);
        }
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.first().map_or(0, |leaves| u64::try_from(leaves.len()).unwrap_or(u64::MAX))
    }
}

impl HashSource for Levels {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.subtree(0, index)
    }

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let row = usize::try_from(level).ok().and_then(|level| self.0.get(level));
        let place = usize::try_from(index).ok();
        row.zip(place).and_then(|(row, place)| row.get(place)).copied().ok_or_else(|| {
            let reason = "it lies beyond the end of the log".to_owned();
            MerkleError::Source { index: index.checked_shl(level).unwrap_or(u64::MAX), reason }
        })
    }
}

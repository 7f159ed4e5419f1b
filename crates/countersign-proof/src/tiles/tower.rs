//! The hashes that a log must keep to make any tile or proof quickly.

use super::{LEVELS, Tile, TileError, TileKind, WIDTH};
use crate::merkle::{HashSource, MerkleError, tree_head};
use crate::words::Digest;

/// The hashes above the leaves that stand in tiles: one for each 256 entries, one for each 65,536,
/// and so on; 1/255 of what the leaves take. With the leaves at hand, which the record keeps, any
/// tile is made from at most 256 of them, and any proof from at most 511.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tower {
    size: u64,
    /// Level by level, the leaves first; of the leaves only those of the last, partial tile.
    levels: Vec<Vec<Digest>>,
}

/// Reads the leaf hashes from one place on, as many as asked for.
pub type ReadLeaves<'r> = &'r dyn Fn(u64, u64) -> Result<Vec<Digest>, MerkleError>;

/// A tower and the leaves under it.
#[derive(Clone, Copy)]
pub struct TowerSource<'t> {
    tower: &'t Tower,
    leaves: ReadLeaves<'t>,
}

impl Tower {
    /// The tower over no entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next entry.
    pub fn append(&mut self, leaf: Digest) {
        self.size = self.size.saturating_add(1);
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(level) else { return };
            hashes.push(hash);
            let (tiles, rest) = hashes.as_chunks::<{ WIDTH as usize }>();
            let (Some(tile), []) = (tiles.last(), rest) else { return };
            // The hashes of a full tile are always there, so this cannot fail.
            let Ok(top) = tree_head(tile.as_slice(), WIDTH) else { return };
            hash = top;
            if level == 0 {
                hashes.clear();
            }
        }
    }

    /// The tower as a source of hashes, with `leaves` to read those of the entries.
    #[must_use]
    pub fn over<'t>(&'t self, leaves: ReadLeaves<'t>) -> TowerSource<'t> {
        TowerSource { tower: self, leaves }
    }
}

impl TowerSource<'_> {
    /// The hashes in `tile`.
    ///
    /// # Errors
    /// [`TileError::NotInLog`] when the log has not filled it so far, or holds entries;
    /// [`TileError::Source`] when a leaf cannot be read.
    pub fn hashes(&self, tile: Tile) -> Result<Vec<Digest>, TileError> {
        let (kind, index, size) = (tile.kind(), tile.index(), self.tower.size);
        let missing = TileError::NotInLog { kind, index, size };
        let TileKind::Hashes { level } = kind else { return Err(missing) };
        if !tile.is_in(size) {
            return Err(missing);
        }
        let width = u64::from(tile.width());
        if level == 0 {
            let read = (self.leaves)(tile.start(), width);
            return read.map_err(|error| TileError::Source { tile, reason: error.to_string() });
        }
        let kept = self.tower.levels.get(usize::from(level));
        kept.and_then(|hashes| cut(hashes, tile.start(), width)).map(<[_]>::to_vec).ok_or(missing)
    }
}

fn cut(hashes: &[Digest], start: u64, width: u64) -> Option<&[Digest]> {
    let start = usize::try_from(start).ok()?;
    let end = start.checked_add(usize::try_from(width).ok()?)?;
    hashes.get(start..end)
}

impl HashSource for TowerSource<'_> {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.subtree(0, index)
    }

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let (kept, within) = (level / LEVELS, level % LEVELS);
        let (start, width) = (index << within, 1_u64 << within);
        if kept == 0 {
            let leaves = (self.leaves)(start, width)?;
            return tree_head(leaves.as_slice(), width);
        }
        let hashes = usize::try_from(kept).ok().and_then(|kept| self.tower.levels.get(kept));
        let hashes = hashes.and_then(|hashes| cut(hashes, start, width));
        let hashes = hashes.ok_or_else(|| MerkleError::Source {
            index: index.checked_shl(level).unwrap_or(u64::MAX),
            reason: "the log has not reached it".to_owned(),
        })?;
        tree_head(hashes, width)
    }
}

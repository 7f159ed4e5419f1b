//! Reading tiles from a place that is not trusted.

use super::{LEVELS, Tile, TileError, TileKind, WIDTH, parse_bundle, parse_tile};
use crate::merkle::{HashSource, MerkleError, leaf_hash, node_hash, tree_head};
use crate::words::Digest;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many full tiles of one level are kept; one takes 16 KiB.
const KEPT: usize = 1024;

/// Where the bytes of tiles are found: a folder, a server, an archive. Not trusted.
pub trait TileSource {
    /// The bytes of `tile`.
    ///
    /// # Errors
    /// Why they cannot be had, as a sentence.
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String>;
}

/// The hashes of a tile and all between them and its top: level 0 first.
struct Pyramid(Vec<Vec<Digest>>);

impl Pyramid {
    fn over(hashes: Vec<Digest>) -> Self {
        let mut levels = vec![hashes];
        for _ in 0..LEVELS {
            let below = levels.last().map(Vec::as_slice).unwrap_or_default();
            let (pairs, _) = below.as_chunks::<2>();
            let above = pairs.iter().map(|[left, right]| node_hash(*left, *right)).collect();
            levels.push(above);
        }
        Self(levels)
    }

    fn at(&self, level: u32, place: u64) -> Option<Digest> {
        let level = self.0.get(usize::try_from(level).ok()?)?;
        level.get(usize::try_from(place).ok()?).copied()
    }
}

/// The hashes of the log with one root, read from tiles; none is given out that does not lead to
/// that root, so a truncated, exchanged or forged tile is an error and never a wrong answer.
pub struct VerifiedTiles<S> {
    source: S,
    size: u64,
    /// The last tile of each level, all partial: they give the root, and so are checked by it.
    edge: BTreeMap<u8, Rc<Pyramid>>,
    /// Full tiles that were checked, by level and index.
    full: RefCell<BTreeMap<(u8, u64), Rc<Pyramid>>>,
}

impl<S: TileSource> VerifiedTiles<S> {
    /// The tiles of the log of `size` entries with `root`, which a checkpoint gives. Reads the
    /// partial tiles at its end, at most 8.
    ///
    /// # Errors
    /// [`TileError`] when one is not there or malformed, or when they do not give the root.
    pub fn open(source: S, size: u64, root: Digest) -> Result<Self, TileError> {
        let mut tiles = Self { source, size, edge: BTreeMap::new(), full: RefCell::default() };
        for level in 0..=7_u8 {
            let kind = TileKind::Hashes { level };
            if let Some(tile) = Tile::last_partial(kind, size) {
                tiles.edge.insert(level, Rc::new(tiles.fetch(tile)?));
            }
        }
        // The root of a tree is over the complete subtrees that its size is the sum of, and each of
        // them lies within one of these tiles.
        let found = tree_head(&Edge(&tiles), size)?;
        if found == root { Ok(tiles) } else { Err(TileError::Root { size, expected: root, found }) }
    }

    /// The number of entries of the log.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The entries of the bundle at `index`, each checked against the hash in the log.
    ///
    /// # Errors
    /// [`TileError`].
    pub fn entries(&self, index: u64) -> Result<Vec<Vec<u8>>, TileError> {
        let tile = self.tile(TileKind::Entries, index)?;
        let bytes = self.bytes(tile, |full, bytes| {
            let entries = parse_bundle(full, bytes)?;
            let kept = entries.into_iter().take(usize::from(tile.width()));
            super::bundle_bytes(kept)
        })?;
        let hashes = self.pyramid(0, index)?;
        let entries = parse_bundle(tile, &bytes)?;
        for (place, entry) in (0_u64..).zip(&entries) {
            if hashes.at(0, place) != Some(leaf_hash(entry)) {
                let index = tile.start().saturating_add(place);
                return Err(TileError::ForgedEntry { index });
            }
        }
        Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
    }

    fn tile(&self, kind: TileKind, index: u64) -> Result<Tile, TileError> {
        let missing = TileError::NotInLog { kind, index, size: self.size };
        Tile::of_log(kind, index, self.size).ok_or(missing)
    }

    /// The bytes of `tile`. A partial one may be gone once the full one is there (C2SP tlog-tiles,
    /// "Partial Tiles"): then `cut` makes it from that.
    fn bytes(
        &self,
        tile: Tile,
        cut: impl FnOnce(Tile, &[u8]) -> Result<Vec<u8>, TileError>,
    ) -> Result<Vec<u8>, TileError> {
        match self.source.read(tile) {
            Ok(bytes) => Ok(bytes),
            Err(reason) if tile.is_full() => Err(TileError::Source { tile, reason }),
            Err(reason) => match self.source.read(tile.full()) {
                Ok(bytes) => cut(tile.full(), &bytes),
                Err(_) => Err(TileError::Source { tile, reason }),
            },
        }
    }

    fn fetch(&self, tile: Tile) -> Result<Pyramid, TileError> {
        let bytes = self.bytes(tile, |full, bytes| {
            let mut hashes = parse_tile(full, bytes)?;
            hashes.truncate(usize::from(tile.width()));
            Ok(super::tile_bytes(&hashes))
        })?;
        Ok(Pyramid::over(parse_tile(tile, &bytes)?))
    }

    /// The tile at `index` of `level`, checked.
    fn pyramid(&self, level: u8, index: u64) -> Result<Rc<Pyramid>, TileError> {
        let tile = self.tile(TileKind::Hashes { level }, index)?;
        if !tile.is_full() {
            // Every partial tile is at the edge.
            return self.edge.get(&level).cloned().ok_or(TileError::Forged { tile });
        }
        if let Some(kept) = self.full.borrow().get(&(level, index)) {
            return Ok(Rc::clone(kept));
        }
        let above = self.pyramid(level.saturating_add(1), index / WIDTH)?;
        let fetched = Rc::new(self.fetch(tile)?);
        if fetched.at(LEVELS, 0).is_none() || fetched.at(LEVELS, 0) != above.at(0, index % WIDTH) {
            return Err(TileError::Forged { tile });
        }
        let mut full = self.full.borrow_mut();
        if full.range((level, 0)..=(level, u64::MAX)).count() >= KEPT {
            full.retain(|(kept, _), _| *kept != level);
        }
        full.insert((level, index), Rc::clone(&fetched));
        Ok(fetched)
    }
}

/// Where in the tiles the root of a subtree is: level and index of the tile, level and place in it.
fn locate(level: u32, index: u64) -> (u8, u64, u32, u64) {
    let within = level % LEVELS;
    let bits = LEVELS.saturating_sub(within);
    let tile_level = u8::try_from(level / LEVELS).unwrap_or(u8::MAX);
    let place = index & (1_u64 << bits).saturating_sub(1);
    (tile_level, index >> bits, within, place)
}

impl<S: TileSource> HashSource for VerifiedTiles<S> {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.subtree(0, index)
    }

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let refuse = |reason: String| MerkleError::Source {
            index: index.checked_shl(level).unwrap_or(u64::MAX),
            reason,
        };
        let (tile_level, tile_index, within, place) = locate(level, index);
        let tile = self.pyramid(tile_level, tile_index);
        let tile = tile.map_err(|error| refuse(error.to_string()))?;
        tile.at(within, place).ok_or_else(|| refuse("it is not in the log".to_owned()))
    }
}

/// The tiles at the edge, before the root has been found to be theirs.
struct Edge<'t, S>(&'t VerifiedTiles<S>);

impl<S: TileSource> HashSource for Edge<'_, S> {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.subtree(0, index)
    }

    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let (tile_level, _, within, place) = locate(level, index);
        let tile = self.0.edge.get(&tile_level);
        tile.and_then(|tile| tile.at(within, place)).ok_or_else(|| MerkleError::Source {
            index,
            reason: "it is not at the edge of the log".to_owned(),
        })
    }
}

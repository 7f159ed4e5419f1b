//! The log as files that anyone can serve and read: C2SP tlog-tiles.
//!
//! Answers: *which files does a log of this size have, what is in each, and is a hash that was read
//! from them really in the log?* A tile holds up to 256 hashes of one level, an entry bundle up to
//! 256 entries; both are cut so that a full one never changes. Where the files are is the caller's
//! matter; what is read from them leaves [`VerifiedTiles`] only after it was traced to a root.

mod content;
mod place;
mod tower;
mod verified;

pub use content::{bundle_bytes, parse_bundle, parse_tile, tile_bytes};
pub use place::{Tile, TileKind, tiles_between};
pub use tower::{ReadLeaves, Tower, TowerSource};
pub use verified::{TileSource, VerifiedTiles};

use crate::merkle::MerkleError;
use crate::words::Digest;

/// How many hashes a full tile has, and how many entries a full bundle.
pub const WIDTH: u64 = 256;
/// The levels of the tree within a tile: 256 is 2^8.
const LEVELS: u32 = 8;

/// Why something is not a tile, or not one of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A path that is not that of a tile.
    #[error("{0:?} is not the path of a tile, such as tile/0/x001/234 or tile/entries/067.p/8")]
    Path(String),
    /// A tile of another length than its width demands.
    #[error("{tile} has {found} bytes instead of {expected}; fetch it again")]
    Length {
        /// The tile.
        tile: Tile,
        /// The bytes that its width demands.
        expected: u64,
        /// The bytes that were found.
        found: u64,
    },
    /// An entry bundle that cannot be cut into its entries.
    #[error("{tile} is not an entry bundle: {what}; fetch it again")]
    Bundle {
        /// The bundle.
        tile: Tile,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An entry that does not fit into a bundle.
    #[error("an entry of {bytes} bytes does not fit into a bundle, which counts at most 65,535")]
    EntryTooLong {
        /// Its length.
        bytes: u64,
    },
    /// A tile that a log of this size does not have.
    #[error("a log of {size} entries has no {kind} with the index {index}")]
    NotInLog {
        /// What it would hold.
        kind: TileKind,
        /// Its place in its level.
        index: u64,
        /// The size of the log.
        size: u64,
    },
    /// The source cannot give the tile.
    #[error("{tile} cannot be read: {reason}")]
    Source {
        /// The tile.
        tile: Tile,
        /// What the source says.
        reason: String,
    },
    /// The tiles at the right edge do not have a hash that they should have.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// The tiles at the right edge do not give the root of the checkpoint.
    #[error("the tiles give the root {found}, the checkpoint of {size} entries has {expected}")]
    Root {
        /// The size of the log.
        size: u64,
        /// The root of the checkpoint.
        expected: Digest,
        /// The root of the tiles.
        found: Digest,
    },
    /// A tile whose hashes do not give the hash in the tile above it.
    #[error("{tile} is not the one that the log was signed with; it was altered or forged")]
    Forged {
        /// The tile.
        tile: Tile,
    },
    /// An entry of a bundle that is not the one that the log commits to.
    #[error("entry {index} is not the one that the log was signed with; it was altered or forged")]
    ForgedEntry {
        /// The entry, from 0.
        index: u64,
    },
}

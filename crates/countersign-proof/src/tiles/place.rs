//! Where tiles are: their paths, and which of them a log has.

use super::{LEVELS, TileError, WIDTH};
use crate::words::canonical_number;
use std::fmt;
use std::str::FromStr;

/// The highest level that a path may name (C2SP tlog-tiles, "Merkle Tree").
const TOP_LEVEL: u8 = 63;
/// The highest level at which a log with a 64-bit size has a hash.
const TOP_USED: u8 = 7;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes, each over `256^level` entries.
    Hashes {
        /// The level, 0 for the hashes of the entries themselves.
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

impl TileKind {
    fn level(self) -> u8 {
        match self {
            Self::Hashes { level } => level,
            Self::Entries => 0,
        }
    }

    /// How many hashes (or entries) of this kind a log of `size` entries has.
    fn count(self, size: u64) -> u64 {
        let bits = u32::from(self.level()).saturating_mul(LEVELS);
        size.checked_shr(bits).unwrap_or(0)
    }
}

impl fmt::Display for TileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hashes { level } => write!(f, "tile of level {level}"),
            Self::Entries => f.write_str("entry bundle"),
        }
    }
}

/// One tile, or one bundle of entries: its kind, its place in its level, and how full it is.
///
/// Written as its path: `tile/LEVEL/INDEX`, `tile/entries/INDEX`, with `.p/WIDTH` while partial.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile of `kind` at `index` in a log of `size` entries; `None` where that log has none.
    #[must_use]
    pub fn of_log(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let before = index.checked_mul(WIDTH)?;
        let width = kind.count(size).checked_sub(before)?.min(WIDTH);
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { kind, index, width })
    }

    /// The last tile of `kind` in a log of `size` entries, where that one is partial.
    pub(super) fn last_partial(kind: TileKind, size: u64) -> Option<Self> {
        Self::of_log(kind, kind.count(size) / WIDTH, size)
    }

    /// What it holds.
    #[must_use]
    pub fn kind(self) -> TileKind {
        self.kind
    }

    /// Its place in its level, from 0.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, 1 to 256.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it holds all that it ever will.
    #[must_use]
    pub fn is_full(self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// The full tile at the same place.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: 256, ..self }
    }

    /// The place in its level of the first hash or entry in it.
    #[must_use]
    pub fn start(self) -> u64 {
        self.index.saturating_mul(WIDTH)
    }

    /// The level of the Merkle tree, counted from the leaves, of the hashes in it.
    #[must_use]
    pub fn height(self) -> u32 {
        u32::from(self.kind.level()).saturating_mul(LEVELS)
    }

    /// Whether a log of `size` entries has filled it so far: then it can be served.
    #[must_use]
    pub fn is_in(self, size: u64) -> bool {
        Self::of_log(self.kind, self.index, size).is_some_and(|has| has.width >= self.width)
    }
}

/// The tiles and bundles that a log of `new` entries has and a log of `old` did not have yet, the
/// bundles first, then the levels upwards; with `old` 0, all of them.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let hashes = (0..=TOP_USED).map(|level| TileKind::Hashes { level });
    std::iter::once(TileKind::Entries).chain(hashes).flat_map(move |kind| {
        let (had, has) = (kind.count(old), kind.count(new));
        let end = if has > had { has.div_ceil(WIDTH) } else { 0 };
        (had / WIDTH..end).filter_map(move |index| Tile::of_log(kind, index, new))
    })
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        // At most 20 digits: seven groups of three.
        let groups = (0..7_u32).rev().filter_map(|place| {
            let unit = 1000_u64.checked_pow(place)?;
            let group = self.index.checked_div(unit)? % 1000;
            (place == 0 || self.index >= unit).then_some((place, group))
        });
        for (place, group) in groups {
            if place == 0 {
                write!(f, "{group:03}")?;
            } else {
                write!(f, "x{group:03}/")?;
            }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}
impl fmt::Debug for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tile({self})")
    }
}
impl FromStr for Tile {
    type Err = TileError;
    fn from_str(path: &str) -> Result<Self, TileError> {
        let tile = parse(path).filter(|tile| tile.to_string() == path);
        tile.ok_or_else(|| TileError::Path(path.chars().take(80).collect()))
    }
}

/// Reads a path; what is not in its one form is found by writing it again.
fn parse(path: &str) -> Option<Tile> {
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match level {
        "entries" => TileKind::Entries,
        "0" => TileKind::Hashes { level: 0 },
        _ => {
            let level = u8::try_from(canonical_number(level)?).ok()?;
            TileKind::Hashes { level: Some(level).filter(|level| *level <= TOP_LEVEL)? }
        }
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, u8::try_from(canonical_number(width)?).ok()?.into()),
        None => (rest, 256),
    };
    let mut number = 0_u64;
    for group in index.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let three = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let group: u64 = digits.parse().ok().filter(|_| three)?;
        number = number.checked_mul(1000)?.checked_add(group)?;
    }
    Some(Tile { kind, index: number, width })
}

//! Paths of tiles, what is in tiles and bundles, and logs read from tiles that were tampered with;
//! with `tlog_tiles` as oracle.

use super::input;
use countersign_proof::merkle::{
    HashSource, Levels, inclusion_proof, leaf_hash, tree_head, verify_inclusion,
};
use countersign_proof::tiles::{
    Tile, TileKind, TileSource, Tower, VerifiedTiles, bundle_bytes, parse_bundle, parse_tile,
    tile_bytes, tiles_between,
};
use countersign_proof::words::Digest;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// `b`: a bundle after its width; `h`: a tile of hashes after its width; `s`: two sizes of a log;
/// `v`: what was done to the files of a log; anything else: a path.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'b', [width, rest @ ..])) => bundle(*width, rest),
        Some((b'h', [width, rest @ ..])) => hashes(*width, rest),
        Some((b's', rest)) => sizes(rest),
        Some((b'v', rest)) => tampered(rest),
        Some((_, rest)) => path(rest),
        None => {}
    }
}

/// Paths as the specification writes them, small bundles, and files with one thing done to them.
pub fn seeds() -> Vec<Vec<u8>> {
    let paths: [&[u8]; 6] = [
        b"tile/0/000",
        b"tile/0/x001/x234/067",
        b"tile/entries/x001/000.p/7",
        b"tile/7/000.p/255",
        b"tile/63/x018/x446/x744/x073/x709/x551/615",
        b"tile/entries/000",
    ];
    let mut seeds: Vec<_> = paths.iter().map(|path| input(b'p', &[path])).collect();
    let bundle = bundle_bytes([b"one".as_slice(), b"", b"three"]).unwrap();
    seeds.push(input(b'b', &[&[2], &bundle]));
    seeds.push(input(b'h', &[&[1], &[7; 64]]));
    for (old, new) in [(0_u64, 70_000_u64), (255, 257), (65_535, 65_536), (0, u64::MAX)] {
        seeds.push(input(b's', &[&old.to_be_bytes(), &new.to_be_bytes()]));
    }
    for log in 0..4_u8 {
        for how in 0..4_u8 {
            seeds.push(input(b'v', &[&[log, 0, 77, how, 0, how, 0, 9, 1]]));
        }
    }
    seeds
}

fn path(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let ours = text.parse::<Tile>().ok();
    if let Some(tile) = ours {
        assert_eq!(tile.to_string(), text);
        assert!((1..=256).contains(&tile.width()) && tile.full().is_full());
    }
    // The oracle writes the height into its paths, calls entries data, and stops where no tile has
    // such a level or such a width.
    let Some(rest) = text.strip_prefix("tile/") else { return assert!(ours.is_none()) };
    let width = rest.rsplit_once(".p/").map(|(_, width)| width.parse::<u64>());
    let level = rest.split('/').next().and_then(|level| level.parse::<u8>().ok());
    let none = matches!(width, Some(Ok(0))) || level.is_some_and(|level| level > 63);
    if none || rest.starts_with("data/") {
        return assert!(ours.is_none());
    }
    let theirs = match rest.strip_prefix("entries/") {
        Some(index) => format!("tile/8/data/{index}"),
        None => format!("tile/8/{rest}"),
    };
    let theirs = tlog_tiles::Tile::from_path(&theirs).ok();
    assert_eq!(ours.is_some(), theirs.is_some(), "{text:?}");
}

fn tile(kind: TileKind, width: u8) -> Tile {
    Tile::of_log(kind, 0, u64::from(width) + 1).unwrap()
}

fn bundle(width: u8, bytes: &[u8]) {
    let tile = tile(TileKind::Entries, width);
    let mut lengths = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some(after) = after.get(length..) else { break };
        lengths.push(length);
        rest = after;
    }
    let good = rest.is_empty() && lengths.len() == usize::from(width) + 1;
    let entries = parse_bundle(tile, bytes);
    assert_eq!(entries.is_ok(), good);
    if let Ok(entries) = entries {
        assert_eq!(entries.iter().map(|entry| entry.len()).collect::<Vec<_>>(), lengths);
        assert_eq!(bundle_bytes(entries).unwrap(), bytes);
    }
}

fn hashes(width: u8, bytes: &[u8]) {
    let tile = tile(TileKind::Hashes { level: 0 }, width);
    let hashes = parse_tile(tile, bytes);
    assert_eq!(hashes.is_ok(), bytes.len() == 32 * usize::from(tile.width()));
    if let Ok(hashes) = hashes {
        assert_eq!(tile_bytes(&hashes), bytes);
    }
}

/// The tiles of a log that grew, at any size there is.
fn sizes(bytes: &[u8]) {
    let Some((old, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((new, _)) = rest.split_first_chunk::<8>() else { return };
    let (old, new) = (u64::from_be_bytes(*old), u64::from_be_bytes(*new));
    for tile in tiles_between(old, new).take(600) {
        assert_eq!(tile.to_string().parse(), Ok(tile));
        assert!(tile.is_in(new), "{tile}");
        assert!(!tile.is_in(old), "{tile} was there");
        assert_eq!(Tile::of_log(tile.kind(), tile.index(), new), Some(tile));
    }
    if old >= new {
        assert_eq!(tiles_between(old, new).count(), 0);
    }
}

/// A log and its files, all as they should be.
struct Log {
    size: u64,
    root: Digest,
    levels: Levels,
    files: BTreeMap<String, Vec<u8>>,
    paths: Vec<String>,
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

impl Log {
    fn new(size: u64) -> Self {
        let (mut tower, mut levels) = (Tower::new(), Levels::default());
        for index in 0..size {
            let leaf = leaf_hash(&entry(index));
            tower.append(leaf);
            levels.push(leaf);
        }
        let read =
            |start: u64, count: u64| (start..start + count).map(|i| levels.leaf(i)).collect();
        let mut files = BTreeMap::new();
        for tile in tiles_between(0, size) {
            let bytes = match tile.kind() {
                TileKind::Hashes { .. } => tile_bytes(&tower.over(&read).hashes(tile).unwrap()),
                TileKind::Entries => {
                    let end = tile.start() + u64::from(tile.width());
                    let entries: Vec<_> = (tile.start()..end).map(entry).collect();
                    bundle_bytes(entries.iter().map(Vec::as_slice)).unwrap()
                }
            };
            files.insert(tile.to_string(), bytes);
        }
        let (root, paths) = (tree_head(&levels, size).unwrap(), files.keys().cloned().collect());
        Self { size, root, levels, files, paths }
    }

    fn all() -> &'static [Self; 4] {
        static LOGS: OnceLock<[Log; 4]> = OnceLock::new();
        LOGS.get_or_init(|| [1, 256, 1000, 66_000].map(Log::new))
    }
}

/// The files of a log with some of them changed, cut, exchanged or gone.
struct Tampered<'l> {
    log: &'l Log,
    changed: BTreeMap<&'l str, Option<Vec<u8>>>,
}

impl TileSource for &Tampered<'_> {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        let path = tile.to_string();
        let changed = self.changed.get(path.as_str()).cloned();
        changed.unwrap_or_else(|| self.log.files.get(&path).cloned()).ok_or("none".to_owned())
    }
}

impl<'l> Tampered<'l> {
    /// Six bytes for each thing that is done: how, to which file (2), where (2), with what.
    fn new(log: &'l Log, edits: &[u8]) -> Self {
        let mut changed = BTreeMap::new();
        for [how, a, b, c, d, with] in edits.as_chunks::<6>().0.iter().take(16) {
            let path = |number: u16| log.paths[usize::from(number) % log.paths.len()].as_str();
            let (file, place) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
            let mut bytes = log.files[path(file)].clone();
            let at = usize::from(place) % bytes.len();
            let after = match how % 4 {
                0 => {
                    bytes[at] ^= with;
                    Some(bytes)
                }
                1 => {
                    bytes.truncate(at);
                    Some(bytes)
                }
                2 => Some(log.files[path(place)].clone()),
                _ => None,
            };
            changed.insert(path(file), after);
        }
        Self { log, changed }
    }
}

/// Tiles that were tampered with give the right answer or none.
fn tampered(bytes: &[u8]) {
    let [log, a, b, edits @ ..] = bytes else { return };
    let log = &Log::all()[usize::from(*log) % 4];
    let source = Tampered::new(log, edits);
    let Ok(tiles) = VerifiedTiles::open(&source, log.size, log.root) else { return };
    let near = u64::from(u16::from_be_bytes([*a, *b]));
    for index in [near % log.size, near * 7 % log.size, log.size - 1] {
        if let Ok(leaf) = tiles.leaf(index) {
            assert_eq!(leaf, log.levels.leaf(index).unwrap());
        }
        if let Ok(proof) = inclusion_proof(&tiles, index, log.size) {
            let leaf = leaf_hash(&entry(index));
            verify_inclusion(leaf, index, log.size, &proof, log.root).unwrap();
        }
        if let Ok(entries) = tiles.entries(index / 256) {
            let start = index / 256 * 256;
            let expected: Vec<_> = (start..log.size.min(start + 256)).map(entry).collect();
            assert_eq!(entries, expected);
        }
    }
    if source.changed.is_empty() {
        assert_eq!(tiles.entries(0).unwrap()[0], entry(0));
    }
}

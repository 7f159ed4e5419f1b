//! Tiles, with the crate `tlog_tiles` as oracle.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests"
)]

use countersign_proof::merkle::{
    HashSource, MerkleError, consistency_proof, inclusion_proof, leaf_hash, tree_head,
    verify_consistency, verify_inclusion,
};
use countersign_proof::tiles::{
    Tile, TileError, TileKind, TileSource, Tower, VerifiedTiles, bundle_bytes, parse_bundle,
    parse_tile, tile_bytes, tiles_between,
};
use countersign_proof::words::Digest;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use tlog_tiles::tlog;

/// The files of a log, as a folder has them.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl TileSource for &Files {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        self.0.get(&tile.to_string()).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

fn tower(leaves: &[Digest]) -> Tower {
    let mut tower = Tower::new();
    leaves.iter().for_each(|leaf| tower.append(*leaf));
    tower
}

fn cut(leaves: &[Digest], start: u64, count: u64) -> Result<Vec<Digest>, MerkleError> {
    let all = (start..start + count).map(|index| leaves.leaf(index));
    all.collect()
}

/// The files that a log of `new` entries has and one of `old` did not have.
fn add(files: &mut Files, leaves: &[Digest], old: u64, new: u64) {
    let tower = tower(&leaves[..usize::try_from(new).unwrap()]);
    let read = |start, count| cut(leaves, start, count);
    for tile in tiles_between(old, new) {
        let bytes = match tile.kind() {
            TileKind::Hashes { .. } => tile_bytes(&tower.over(&read).hashes(tile).unwrap()),
            TileKind::Entries => {
                let end = tile.start() + u64::from(tile.width());
                let entries: Vec<_> = (tile.start()..end).map(entry).collect();
                bundle_bytes(entries.iter().map(Vec::as_slice)).unwrap()
            }
        };
        files.0.insert(tile.to_string(), bytes);
    }
}

fn files(leaves: &[Digest]) -> Files {
    let mut files = Files::default();
    add(&mut files, leaves, 0, u64::try_from(leaves.len()).unwrap());
    files
}

/// The oracle writes the height into its paths, and calls entries data.
fn their_path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replace("tile/8/", "tile/").replace("tile/data/", "tile/entries/")
}

#[test]
fn paths_are_those_of_the_specification() {
    let path = |kind, index, size| Tile::of_log(kind, index, size).unwrap().to_string();
    let hashes = |level| TileKind::Hashes { level };
    assert_eq!(path(hashes(0), 1_234_067, u64::MAX), "tile/0/x001/x234/067");
    assert_eq!(path(TileKind::Entries, 0, u64::MAX), "tile/entries/000");
    assert_eq!(path(TileKind::Entries, 1000, 256_007), "tile/entries/x001/000.p/7");
    assert_eq!(path(hashes(7), 0, u64::MAX), "tile/7/000.p/255");
    for path in [
        "tile/0/000",
        "tile/63/000",
        "tile/0/x018/x446/x744/x073/x709/x551/615",
        "tile/7/255.p/1",
        "tile/entries/x001/000.p/255",
    ] {
        assert_eq!(path.parse::<Tile>().unwrap().to_string(), path);
    }
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/x/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/300",
        "tile/0/000.p/1/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/entries/0",
        "tile/Entries/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/+01",
        "tile/0/x+01/000",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/8/0/000",
    ] {
        assert!(path.parse::<Tile>().is_err(), "{path:?}");
    }
}

/// C2SP tlog-tiles, "Partial Tiles": "a tree of size 70,000 will be represented by 273 full level 0
/// tiles, one partial level 0 tile of width 112, one full level 1 tile, one partial level 1 tile of
/// width 17, and one partial level 2 tile of width 1."
#[test]
fn a_log_has_the_tiles_that_the_specification_counts() {
    let count = |size: u64, level, width| {
        let kind = TileKind::Hashes { level };
        tiles_between(0, size).filter(|tile| tile.kind() == kind && tile.width() == width).count()
    };
    assert_eq!([count(70_000, 0, 256), count(70_000, 0, 112)], [273, 1]);
    assert_eq!([count(70_000, 1, 256), count(70_000, 1, 17)], [1, 1]);
    assert_eq!(count(70_000, 2, 1), 1);
    assert_eq!(tiles_between(0, 70_000).count(), 277 + 274);
    let small: Vec<_> = tiles_between(0, 256).map(|tile| tile.to_string()).collect();
    assert_eq!(small, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(tiles_between(0, 0).count(), 0);
    assert_eq!(tiles_between(70_000, 70_000).count(), 0);
    assert_eq!(tiles_between(70_000, 300).count(), 0);
}

#[test]
fn whether_a_tile_can_be_served_depends_on_the_size() {
    let tile = |path: &str| path.parse::<Tile>().unwrap();
    for (path, first) in [
        ("tile/0/000.p/1", 1),
        ("tile/0/000", 256),
        ("tile/0/001.p/7", 263),
        ("tile/1/000.p/2", 512),
        ("tile/1/000", 65_536),
        ("tile/2/000.p/1", 65_536),
        ("tile/entries/001", 512),
    ] {
        assert!(!tile(path).is_in(first - 1) && tile(path).is_in(first), "{path}");
        assert!(tile(path).is_in(u64::MAX));
    }
    assert!(!tile("tile/8/000.p/1").is_in(u64::MAX));
    assert!(!tile("tile/63/000.p/1").is_in(u64::MAX));
    assert!(!tile("tile/0/x018/x446/x744/x073/x709/x551/615").is_in(u64::MAX));
}

#[test]
fn tiles_and_bundles_are_read_strictly() {
    let hashes = leaves(3);
    let tile: Tile = "tile/0/000.p/3".parse().unwrap();
    let bytes = tile_bytes(&hashes);
    assert_eq!(parse_tile(tile, &bytes).unwrap(), hashes);
    assert!(parse_tile(tile.full(), &bytes).is_err());
    for length in [0, 1, 64, 95] {
        assert!(parse_tile(tile, &bytes[..length]).is_err(), "{length}");
    }
    assert!(parse_tile(tile, &[bytes.as_slice(), &[0]].concat()).is_err());

    let tile: Tile = "tile/entries/000.p/3".parse().unwrap();
    let longest = vec![7; 65_535];
    let entries: [&[u8]; 3] = [b"", b"ab", &longest];
    let bundle = bundle_bytes(entries).unwrap();
    assert_eq!(&bundle[..6], b"\0\0\0\x02ab");
    assert_eq!(parse_bundle(tile, &bundle).unwrap(), entries);
    for length in [0, 1, 2, 3, 5, 6, 7, bundle.len() - 1] {
        assert!(parse_bundle(tile, &bundle[..length]).is_err(), "{length}");
    }
    for more in [[0].as_slice(), &[0, 0]] {
        assert!(parse_bundle(tile, &[bundle.as_slice(), more].concat()).is_err());
    }
    let full = vec![0; 512];
    assert_eq!(parse_bundle(tile.full(), &full).unwrap().len(), 256);
    assert!(parse_bundle(tile.full(), &[0; 514]).is_err());
    let too_long = vec![7; 65_536];
    let error = bundle_bytes([too_long.as_slice()]).unwrap_err();
    assert_eq!(error, TileError::EntryTooLong { bytes: 65_536 });
}

/// The oracle's reader over our files.
struct Theirs<'f>(&'f Files);

impl tlog_tiles::TileReader for Theirs<'_> {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        let read = |tile: &tlog_tiles::Tile| self.0.0.get(&their_path(tile)).cloned();
        tiles.iter().map(read).collect::<Option<_>>().ok_or(tlog::Error::InvalidTile)
    }
    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn another_implementation_reads_our_tiles_and_makes_the_same_proofs() {
    for size in [1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 66_000_u64] {
        let all = leaves(size);
        let files = files(&all);
        let root = tree_head(&all, size).unwrap();
        let ours = VerifiedTiles::open(&files, size, root).unwrap();
        assert_eq!(tree_head(&ours, size).unwrap(), root);
        let reader = Theirs(&files);
        let theirs = tlog_tiles::TileHashReader::new(size, tlog::Hash(root.0), &reader);
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = inclusion_proof(&ours, index, size).unwrap();
            let other = tlog::prove_record(size, index, &theirs).unwrap();
            assert_eq!(proof, other.iter().map(|hash| Digest(hash.0)).collect::<Vec<_>>());
            let leaf = all[usize::try_from(index).unwrap()];
            assert_eq!(ours.leaf(index).unwrap(), leaf);
            verify_inclusion(leaf, index, size, &proof, root).unwrap();
            let old = index + 1;
            let proof = consistency_proof(&ours, old, size).unwrap();
            let other = tlog::prove_tree(size, old, &theirs).unwrap();
            assert_eq!(proof, other.iter().map(|hash| Digest(hash.0)).collect::<Vec<_>>());
            let old_root = tree_head(&all, old).unwrap();
            verify_consistency(old, size, old_root, root, &proof).unwrap();
        }
        assert!(ours.leaf(size).is_err() && ours.subtree(63, 1).is_err());
        let bundle = ours.entries((size - 1) / 256).unwrap();
        assert_eq!(bundle.last().unwrap(), &entry(size - 1));
        assert!(matches!(ours.entries(size / 256 + 1), Err(TileError::NotInLog { .. })));
    }
}

#[test]
fn what_a_log_gains_is_what_the_oracle_says() {
    for (old, new) in [(0, 1), (0, 700), (255, 256), (256, 257), (300, 70_000), (65_535, 65_537)] {
        let mut theirs: Vec<_> =
            tlog_tiles::Tile::new_tiles(8, old, new).iter().map(their_path).collect();
        let hashes = tiles_between(old, new).filter(|tile| tile.kind() != TileKind::Entries);
        let mut ours: Vec<_> = hashes.map(|tile| tile.to_string()).collect();
        theirs.sort();
        ours.sort();
        assert_eq!(ours, theirs, "{old} to {new}");
    }
}

#[test]
fn a_log_that_grows_never_rewrites_a_full_tile() {
    let all = leaves(70_000);
    let mut grown = Files::default();
    let mut old = 0;
    for new in [1, 5, 256, 300, 65_000, 65_536, 70_000] {
        let before = grown.clone();
        add(&mut grown, &all, old, new);
        for (path, bytes) in before.0 {
            assert_eq!(grown.0[&path], bytes, "{path}");
        }
        let root = tree_head(&all, new).unwrap();
        let tiles = VerifiedTiles::open(&grown, new, root).unwrap();
        assert_eq!(tiles.entries(0).unwrap().len(), usize::try_from(new.min(256)).unwrap());
        old = new;
    }
    // Every earlier size is still served from the folder.
    for size in [1, 5, 256, 300, 65_000] {
        VerifiedTiles::open(&grown, size, tree_head(&all, size).unwrap()).unwrap();
    }
}

#[test]
fn a_partial_tile_is_cut_from_the_full_one_when_it_is_gone() {
    let all = leaves(600);
    let mut files = files(&all);
    files.0.retain(|path, _| !path.contains(".p/"));
    let at = |size| VerifiedTiles::open(&files, size, tree_head(&all, size).unwrap());
    assert_eq!(at(200).unwrap().entries(0).unwrap().len(), 200);
    assert!(matches!(at(600), Err(TileError::Source { .. })));
}

/// Everything that can be done to the files of a log without its key.
#[test]
fn a_truncated_exchanged_or_forged_tile_is_never_believed() {
    let size = 66_000;
    let all = leaves(size);
    let good = files(&all);
    let root = tree_head(&all, size).unwrap();
    // Reads what needs the tile at `path`; must not give an answer.
    let refused = |files: &Files, path: &str| {
        let Ok(tiles) = VerifiedTiles::open(files, size, root) else { return true };
        let tile: Tile = path.parse().unwrap();
        match tile.kind() {
            TileKind::Hashes { .. } => tiles.subtree(tile.height(), tile.start()).is_err(),
            TileKind::Entries => tiles.entries(tile.index()).is_err(),
        }
    };
    let paths = [
        "tile/0/000",
        "tile/0/100",
        "tile/0/257.p/208",
        "tile/1/000",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/entries/000",
        "tile/entries/257.p/208",
    ];
    for path in paths {
        assert!(!refused(&good, path), "{path}");
        let bytes = good.0[path].clone();
        let mut attempts = vec![Vec::new(), bytes[..bytes.len() - 1].to_vec()];
        attempts.push([bytes.as_slice(), &[0]].concat());
        for place in [0, 31, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            attempts.push(changed);
        }
        attempts.extend(paths.iter().filter(|other| **other != path).map(|o| good.0[*o].clone()));
        for bytes in attempts {
            let mut files = good.clone();
            files.0.insert(path.to_owned(), bytes);
            assert!(refused(&files, path), "{path}");
        }
        let mut files = good.clone();
        files.0.remove(path);
        assert!(refused(&files, path), "{path}");
    }
    let other = VerifiedTiles::open(&good, size, Digest::of(b"other"));
    assert!(matches!(other, Err(TileError::Root { .. })));
    assert!(VerifiedTiles::open(&Files::default(), 0, root).is_err());
    let empty = countersign_proof::merkle::empty_root();
    assert_eq!(VerifiedTiles::open(&Files::default(), 0, empty).unwrap().size(), 0);
}

/// A log of 100,000,000 entries of which all hashes over 256 entries are made up, but for the tiles
/// that are asked for: nobody can tell, and a test need not hash them all.
struct Huge {
    size: u64,
    tower: Tower,
    known: BTreeMap<u64, Vec<Digest>>,
    reads: RefCell<u64>,
}

fn huge(size: u64, known: &[u64]) -> Huge {
    let width = |index: u64| (size - index * 256).min(256);
    let known: BTreeMap<u64, Vec<Digest>> = known
        .iter()
        .map(|index| {
            let all = (0..width(*index)).map(|place| leaf_hash(&entry(index * 256 + place)));
            (*index, all.collect())
        })
        .collect();
    // A tower over one hash for each tile has the levels of ours, one lower.
    let mut tower = Tower::new();
    for index in 0..size / 256 {
        let made_up = || Digest::of(&index.to_be_bytes());
        let top = known.get(&index).map_or_else(made_up, |all| tree_head(all, 256).unwrap());
        tower.append(top);
    }
    Huge { size, tower, known, reads: RefCell::default() }
}

impl Huge {
    fn hashes(&self, tile: Tile) -> Option<Vec<Digest>> {
        let TileKind::Hashes { level } = tile.kind() else { return None };
        if level == 0 {
            return self.known.get(&tile.index()).cloned();
        }
        let tops = |start: u64, count: u64| {
            Ok((start..start + count)
                .map(|index| match self.known.get(&index) {
                    Some(all) => tree_head(all, 256).unwrap(),
                    None => Digest::of(&index.to_be_bytes()),
                })
                .collect())
        };
        let kind = TileKind::Hashes { level: level - 1 };
        let below = Tile::of_log(kind, tile.index(), self.size / 256).unwrap();
        self.tower.over(&tops).hashes(below).ok()
    }
}

impl TileSource for &Huge {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        *self.reads.borrow_mut() += 1;
        self.hashes(tile).map(|hashes| tile_bytes(&hashes)).ok_or("made up".to_owned())
    }
}

impl tlog_tiles::TileReader for Huge {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            self.hashes(their_path(tile).parse().unwrap()).map(|hashes| tile_bytes(&hashes))
        };
        tiles.iter().map(read).collect::<Option<_>>().ok_or(tlog::Error::InvalidTile)
    }
    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn proofs_in_a_log_of_a_hundred_million_entries_read_a_handful_of_tiles() {
    let size = 100_000_123;
    let last = (size - 1) / 256;
    let log = huge(size, &[0, 123_456, last]);
    let roots = Edge(&log);
    let root = tree_head(&roots, size).unwrap();
    let tiles = VerifiedTiles::open(&log, size, root).unwrap();
    let theirs = tlog_tiles::TileHashReader::new(size, tlog::Hash(root.0), &log);
    for index in [0, 1, 255, 123_456 * 256 + 77, size - 1] {
        *log.reads.borrow_mut() = 0;
        let proof = inclusion_proof(&tiles, index, size).unwrap();
        assert!(*log.reads.borrow() <= 3, "{} reads", log.reads.borrow());
        assert!(proof.len() <= 27);
        verify_inclusion(leaf_hash(&entry(index)), index, size, &proof, root).unwrap();
        let other = tlog::prove_record(size, index, &theirs).unwrap();
        assert_eq!(proof, other.iter().map(|hash| Digest(hash.0)).collect::<Vec<_>>());
        *log.reads.borrow_mut() = 0;
        assert_eq!(inclusion_proof(&tiles, index, size).unwrap(), proof);
        assert_eq!(*log.reads.borrow(), 0);
    }
    // What was made up below is never given out: nobody has those entries.
    assert!(tiles.leaf(77_777 * 256).is_err());
}

/// Subtrees of the huge log, straight from its tiles.
struct Edge<'h>(&'h Huge);

impl HashSource for Edge<'_> {
    fn leaf(&self, index: u64) -> Result<Digest, MerkleError> {
        self.subtree(0, index)
    }
    fn subtree(&self, level: u32, index: u64) -> Result<Digest, MerkleError> {
        let within = level % 8;
        let kind = TileKind::Hashes { level: u8::try_from(level / 8).unwrap() };
        let start = index << within;
        let tile = Tile::of_log(kind, start / 256, self.0.size).unwrap();
        let hashes = self.0.hashes(tile).unwrap();
        let place = usize::try_from(start % 256).unwrap();
        let count = 1 << within;
        tree_head(&hashes[place..place + count].to_vec(), 1 << within)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn paths_are_the_oracles(
        level in 0..=63_u8, index in any::<u64>(), width in 1..=256_u32, shift in 0..64,
    ) {
        let index = index >> shift;
        let theirs = their_path(&tlog_tiles::Tile::new(8, level, index, width, false));
        prop_assert_eq!(theirs.parse::<Tile>().unwrap().to_string(), theirs);
        let theirs = their_path(&tlog_tiles::Tile::new(8, 0, index, width, true));
        prop_assert_eq!(theirs.parse::<Tile>().unwrap().to_string(), theirs);
    }

    #[test]
    fn what_reads_as_a_path_is_one_to_the_oracle_too(
        path in "tile/(0|7|63|entries)/(x?[0-9]{2,3}/){0,3}[0-9]{2,4}(\\.p/[0-9]{1,3})?",
    ) {
        // The oracle panics where no tile has such a width; there is none.
        let width = path.split_once(".p/").map(|(_, width)| width.parse::<u64>().unwrap());
        if width.is_some_and(|width| !(1..=256).contains(&width)) {
            prop_assert!(path.parse::<Tile>().is_err(), "{}", path);
            return Ok(());
        }
        let theirs = path.replacen("tile/entries/", "tile/data/", 1);
        let theirs = theirs.replacen("tile/", "tile/8/", 1);
        let theirs = tlog_tiles::Tile::from_path(&theirs).ok().filter(|tile| tile.level() <= 63);
        prop_assert_eq!(path.parse::<Tile>().is_ok(), theirs.is_some(), "{}", path);
    }

    #[test]
    fn a_tower_grows_like_the_tree(
        size in 1..3000_u64, index in any::<u64>(), old in any::<u64>(),
    ) {
        let all = leaves(size);
        let read = |start, count| cut(&all, start, count);
        let tower = tower(&all);
        let source = tower.over(&read);
        let (index, old) = (index % size, old % size + 1);
        prop_assert_eq!(tree_head(&source, size).unwrap(), tree_head(&all, size).unwrap());
        prop_assert_eq!(
            inclusion_proof(&source, index, size).unwrap(),
            inclusion_proof(&all, index, size).unwrap()
        );
        prop_assert_eq!(
            consistency_proof(&source, old, size).unwrap(),
            consistency_proof(&all, old, size).unwrap()
        );
    }

    #[test]
    fn arbitrary_bundles_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..600), width in 1..=256_u64,
    ) {
        let tile = Tile::of_log(TileKind::Entries, 0, width).unwrap();
        if let Ok(entries) = parse_bundle(tile, &bytes) {
            prop_assert_eq!(bundle_bytes(entries).unwrap(), bytes);
        }
    }
}

//! A reader that is not ours: the Go packages of the checksum database (`golang.org/x/mod/sumdb`),
//! from which the formats of checkpoints and tiles come, open our checkpoints and read our tiles.
//!
//! The program is `readers/sumdb/main.go`. Where Go or the packages are not there, the test says
//! so; in CI it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::LogKey;
use countersign_proof::merkle::{HashSource as _, Levels, MerkleError, leaf_hash, tree_head};
use countersign_proof::tiles::{TileKind, Tower, bundle_bytes, tile_bytes, tiles_between};
use countersign_proof::words::Digest;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const ORIGIN: &str = "ledger.example/one";
/// Three levels of tiles, the last of each partial.
const SIZE: u64 = 66_000;
const OLD: u64 = 65_500;
const INDEX: u64 = 65_000;
/// Where Debian puts the sources of Go packages.
const PACKAGES: &str = "/usr/share/gocode";
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/sumdb/main.go");

fn entry(index: u64) -> String {
    format!("entry {index}")
}

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, [3; 32]).unwrap()
}

/// A log as it is published: its tiles, and its checkpoint at two sizes.
struct Published {
    dir: TempDir,
    program: PathBuf,
}

/// The compiled program and the folder of a log; `None` where there is no Go.
fn published() -> Option<Published> {
    let dir = tempfile::tempdir().unwrap();
    let program = compiled(dir.path())?;
    let (mut tower, mut levels) = (Tower::new(), Levels::default());
    for index in 0..SIZE {
        let leaf = leaf_hash(entry(index).as_bytes());
        tower.append(leaf);
        levels.push(leaf);
    }
    let read = |start: u64, count: u64| -> Result<Vec<Digest>, MerkleError> {
        (start..start + count).map(|index| levels.leaf(index)).collect()
    };
    for tile in tiles_between(0, SIZE) {
        let bytes = match tile.kind() {
            TileKind::Hashes { .. } => tile_bytes(&tower.over(&read).hashes(tile).unwrap()),
            TileKind::Entries => {
                let end = tile.start() + u64::from(tile.width());
                let entries: Vec<_> = (tile.start()..end).map(entry).collect();
                bundle_bytes(entries.iter().map(String::as_bytes)).unwrap()
            }
        };
        let path = dir.path().join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for (name, size) in [("new", SIZE), ("old", OLD)] {
        let root = tree_head(&levels, size).unwrap();
        fs::write(dir.path().join(name), key().sign(size, root)).unwrap();
    }
    Some(Published { dir, program })
}

/// Compiles the program without the network.
fn compiled(dir: &Path) -> Option<PathBuf> {
    let program = dir.join("sumdb");
    let said = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(PROGRAM)
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOPATH", PACKAGES)
        .env("GOCACHE", dir.join("cache"))
        .output();
    if said.as_ref().is_ok_and(|said| said.status.success()) {
        return Some(program);
    }
    not_run(&format!(
        "the Go reader cannot be compiled (Debian: golang-go, golang-golang-x-mod-dev): {said:?}"
    ));
    None
}

#[expect(clippy::print_stdout, reason = "what is left out is said aloud")]
#[expect(clippy::disallowed_methods, reason = "whether this is CI, where nothing may be left out")]
fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("NOT RUN: {why}");
}

impl Published {
    /// What the program says of the entry at `index` and the two checkpoints, by `key`.
    fn ask(&self, key: &str, index: u64, leaf: &str) -> String {
        let output = Command::new(&self.program)
            .current_dir(self.dir.path())
            .args([key, "new", "old", ".", &index.to_string(), leaf])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.success(), said.starts_with("good: "), "{said}");
        said
    }

    fn good(&self) -> String {
        self.ask(&key().verifier().to_string(), INDEX, &entry(INDEX))
    }

    /// What it says while one byte of a file is another.
    fn with_a_changed_byte(&self, file: &str, place: usize) -> String {
        let path = self.dir.path().join(file);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&path, bad).unwrap();
        let said = self.good();
        fs::write(&path, good).unwrap();
        said
    }

    /// What it says while another note stands in the place of a checkpoint.
    fn with_a_note(&self, file: &str, note: &str) -> String {
        let path = self.dir.path().join(file);
        let good = fs::read(&path).unwrap();
        fs::write(&path, note).unwrap();
        let said = self.good();
        fs::write(&path, good).unwrap();
        said
    }
}

#[test]
fn go_opens_our_checkpoints_reads_our_tiles_and_refuses_planted_faults() {
    let Some(log) = published() else { return };
    let verifier = key().verifier().to_string();
    for index in [0, 255, 256, INDEX, 65_536, SIZE - 1] {
        let said = log.ask(&verifier, index, &entry(index));
        assert_eq!(said, format!("good: {index} of {SIZE}, which extends {OLD}\n"));
    }

    // A key that did not sign, and one that is none.
    let stranger = LogKey::from_seed(ORIGIN, [4; 32]).unwrap().verifier().to_string();
    let said = log.ask(&stranger, INDEX, &entry(INDEX));
    assert!(said.starts_with("refused: note: "), "{said}");
    let said = log.ask(&verifier.replace("+", "+0"), INDEX, &entry(INDEX));
    assert!(said.starts_with("refused: key: "), "{said}");
    // A checkpoint with another byte in its text or its signature.
    for place in [ORIGIN.len() + 1, 30, 150] {
        let said = log.with_a_changed_byte("new", place);
        assert!(said.starts_with("refused: note: "), "byte {place}: {said}");
    }
    // Another entry, and another place.
    let said = log.ask(&verifier, INDEX, &entry(INDEX + 1));
    assert!(said.starts_with("refused: inclusion: "), "{said}");
    let said = log.ask(&verifier, INDEX + 1, &entry(INDEX));
    assert!(said.starts_with("refused: inclusion: "), "{said}");
    // A wrong byte in each tile between the entry and the root. In Debian's version of the packages
    // a full tile is not always held against the tile above it; the proof then fails in its place.
    for tile in ["tile/0/253", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"] {
        assert!(log.dir.path().join(tile).is_file(), "{tile}");
        let said = log.with_a_changed_byte(tile, 0);
        let step = said.strip_prefix("refused: ").and_then(|said| said.split_once(": "));
        assert!(matches!(step, Some(("tiles" | "inclusion", _))), "{tile}: {said}");
    }
    // A root that is not that of the tiles, under our own signature.
    let said = log.with_a_note("new", &key().sign(SIZE, Digest::of(b"another root")));
    assert!(said.starts_with("refused: tiles: "), "{said}");
    // An older log that the newer does not extend, under our own signature.
    let said = log.with_a_note("old", &key().sign(OLD, Digest::of(b"another root")));
    assert!(said.starts_with("refused: consistency: "), "{said}");
    assert!(log.good().starts_with("good: "));
}

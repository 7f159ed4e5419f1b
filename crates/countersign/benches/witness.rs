//! What a witness bears, and what a proof from tiles costs in a log of 100 million entries. The
//! floor of a witness is the disk: one durable replacement of its memory for each request.
//!
//! `cargo bench -p countersign --bench witness [-- --quick] [-- --json FILE]`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../../countersign-core/benches/report/report.rs"]
mod report;

use countersign::clock::WallClock;
use countersign::witness::{Folder, Keeper, Reply};
use countersign_proof::LogKey;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::merkle::{
    consistency_proof, inclusion_proof, leaf_hash, tree_head, verify_inclusion,
};
use countersign_proof::tiles::{Tile, TileKind, TileSource, Tower, VerifiedTiles, tile_bytes};
use countersign_proof::witness::AddCheckpoint;
use countersign_proof::words::Digest;
use report::{Report, timed};
use std::hint::black_box;
use std::io::Write as _;
use std::sync::mpsc::channel;

/// Requests by `logs` logs, `each` a log, that wait for one another only within their log.
fn witnessed(logs: u64, each: u64) -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    folder.create("bench.example/w", [1; 32]).unwrap();
    let mut requests = Vec::new();
    for number in 0..logs {
        let seed = Digest::of(&number.to_be_bytes()).0;
        let key = LogKey::from_seed(&format!("log{number}.example"), seed).unwrap();
        folder.watch(key.verifier()).unwrap();
        let leaves: Vec<_> = (0..each).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        let bodies: Vec<Vec<u8>> = (0..each)
            .map(|old| {
                let note = key.sign(old + 1, tree_head(&leaves, old + 1).unwrap());
                let note = SignedNote::parse(note.as_bytes()).unwrap();
                let proof = consistency_proof(&leaves, old, old + 1).unwrap();
                AddCheckpoint::new(old, proof, note).unwrap().to_string().into_bytes()
            })
            .collect();
        requests.push(bodies);
    }
    let keeper = Keeper::start(folder, Box::new(WallClock)).unwrap();
    let (seconds, ()) = timed(|| {
        std::thread::scope(|scope| {
            for bodies in requests {
                let hand = keeper.hand().unwrap();
                scope.spawn(move || {
                    for body in bodies {
                        let (sender, answer) = channel();
                        assert!(hand.hand_in(body, move |reply| sender.send(reply).unwrap()));
                        assert!(matches!(answer.recv().unwrap(), Reply::Cosigned(_)));
                    }
                });
            }
        });
    });
    seconds
}

/// What one durable replacement of a small file costs.
fn disk(times: u32) -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory");
    let (seconds, ()) = timed(|| {
        for _ in 0..times {
            let partial = dir.path().join("memory.partial");
            let mut file = std::fs::File::create(&partial).unwrap();
            file.write_all(&[7; 400]).unwrap();
            file.sync_all().unwrap();
            std::fs::rename(&partial, &path).unwrap();
            std::fs::File::open(dir.path()).unwrap().sync_all().unwrap();
        }
    });
    seconds / f64::from(times)
}

/// A log of which the hashes over 256 entries are made up, but for one tile.
struct Huge {
    size: u64,
    tower: Tower,
    tops: Vec<Digest>,
    known: u64,
    leaves: Vec<Digest>,
}

impl Huge {
    fn new(size: u64, known: u64) -> Self {
        let entry = |place: u64| leaf_hash(&(known * 256 + place).to_be_bytes());
        let leaves: Vec<_> = (0..256).map(entry).collect();
        let mut tower = Tower::new();
        let tops: Vec<_> = (0..size / 256)
            .map(|index| match index == known {
                true => tree_head(&leaves, 256).unwrap(),
                false => Digest::of(&index.to_be_bytes()),
            })
            .collect();
        tops.iter().for_each(|top| tower.append(*top));
        Self { size, tower, tops, known, leaves }
    }

    /// The root, from the tops: the size is a whole number of tiles.
    fn root(&self) -> Digest {
        tree_head(&self.tops, self.size / 256).unwrap()
    }
}

impl TileSource for &Huge {
    fn read(&self, tile: Tile) -> Result<Vec<u8>, String> {
        let TileKind::Hashes { level } = tile.kind() else { return Err("no entries".to_owned()) };
        if level == 0 {
            assert_eq!(tile.index(), self.known);
            return Ok(tile_bytes(&self.leaves));
        }
        let cut = |start: u64, count: u64| {
            let start = usize::try_from(start).unwrap();
            Ok(self.tops[start..start + usize::try_from(count).unwrap()].to_vec())
        };
        let kind = TileKind::Hashes { level: level - 1 };
        let below = Tile::of_log(kind, tile.index(), self.size / 256).unwrap();
        Ok(tile_bytes(&self.tower.over(&cut).hashes(below).unwrap()))
    }
}

fn main() {
    let mut report = Report::from_arguments();
    let (logs, each) = if report.quick { (16, 8) } else { (64, 64) };
    let bare = disk(if report.quick { 20 } else { 200 });
    for at_a_time in [1, logs] {
        let done = f64::from(u32::try_from(at_a_time * each).unwrap());
        let seconds = witnessed(at_a_time, each);
        report.add(
            format!("checkpoints cosigned, {at_a_time} logs at a time"),
            done / seconds,
            "/s",
            "one write each",
            seconds / (done * bare),
        );
    }
    report.add("one durable replacement of the memory, the disk alone", bare * 1e3, "ms", "-", 1.0);

    let size = 100_000_000 / 256 * 256;
    let huge = Huge::new(size, 123_456);
    let root = huge.root();
    let tiles = VerifiedTiles::open(&huge, size, root).unwrap();
    let index = 123_456 * 256 + 77;
    let (cold, proof) = timed(|| inclusion_proof(&tiles, index, size).unwrap());
    verify_inclusion(huge.leaves[77], index, size, &proof, root).unwrap();
    let rounds = if report.quick { 100 } else { 10_000 };
    let (warm, ()) = timed(|| {
        for _ in 0..rounds {
            black_box(inclusion_proof(&tiles, black_box(index), size).unwrap());
        }
    });
    let warm = warm / f64::from(rounds);
    report.add("proof from tiles, 100 M entries, cold", cold * 1e3, "ms", "-", cold / 1e-3);
    report.add("proof from tiles, 100 M entries, warm", warm * 1e6, "µs", "1 ms", warm / 1e-3);
    report.finish();
}

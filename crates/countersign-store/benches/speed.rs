//! How fast the store is, always beside the bare database doing the same work in the same run.
//!
//! `cargo bench -p countersign-store [-- ROWS]`; 524,288 rows without a number. Nothing is asserted
//! of a time: read the ratios, and mind what else the machine is doing. Where the machine has a
//! PostgreSQL server, one is started for the run, and its store is held against the embedded one.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints what it measures and stops where it fails"
)]

#[allow(dead_code, unreachable_pub, reason = "shared with the tests of that store")]
#[path = "../../../tests/postgres/src/cluster.rs"]
mod cluster;

use cluster::Cluster;
use countersign_proof::words::{CommandId, Digest};
use countersign_store::{
    Mode, NewHead, SqliteStore, Store, StoreError, StoredEntry, Walk as _, open,
};
use rusqlite::{Connection, TransactionBehavior, params};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ROUNDS: usize = 3;

/// An entry of 300 bytes: 200 open and 100 body, besides its id and leaf.
fn entry(seq: u64) -> StoredEntry {
    let open = [&seq.to_le_bytes()[..], &[b'o'; 192]].concat();
    let leaf = Digest::of(&[&[0], &open[..]].concat());
    let command = CommandId(Digest::of(&seq.to_be_bytes()).0[..16].try_into().unwrap());
    StoredEntry { seq, command, leaf, open, body: vec![b'b'; 100], sealed: vec![] }
}

fn batches(rows: u64, size: u64) -> Vec<Vec<StoredEntry>> {
    (0..rows / size).map(|batch| (batch * size..(batch + 1) * size).map(entry).collect()).collect()
}

/// Times of single batches, shortest first, and the rows in each.
struct Times {
    each: Vec<Duration>,
    rows: u64,
}

impl Times {
    fn of<T>(batches: &[Vec<T>], mut step: impl FnMut(&[T])) -> Self {
        let timed = |batch: &Vec<T>| {
            let start = Instant::now();
            step(batch);
            start.elapsed()
        };
        let mut each: Vec<_> = batches.iter().map(timed).collect();
        each.sort();
        Self { each, rows: batches[0].len() as u64 * batches.len() as u64 }
    }

    fn rate(&self) -> f64 {
        self.rows as f64 / self.each.iter().sum::<Duration>().as_secs_f64()
    }

    fn at(&self, percent: usize) -> f64 {
        self.each[(self.each.len() - 1) * percent / 100].as_secs_f64() * 1e3
    }
}

fn bare(folder: &Path, index: bool, batches: &[Vec<StoredEntry>]) -> Times {
    let mut conn = Connection::open(folder.join("bare.db")).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
         CREATE TABLE entry (seq INTEGER PRIMARY KEY, command, leaf, body, open);
         CREATE TABLE head (size); INSERT INTO head VALUES (0);",
    )
    .unwrap();
    if index {
        conn.execute_batch("CREATE UNIQUE INDEX commands ON entry (command)").unwrap();
    }
    Times::of(batches, |batch| {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let mut insert =
            tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)").unwrap();
        for entry in batch {
            let seq = i64::try_from(entry.seq).unwrap();
            let (command, leaf) = (&entry.command.0[..], &entry.leaf.0[..]);
            insert.execute(params![seq, command, leaf, entry.body, entry.open]).unwrap();
        }
        let size = i64::try_from(batch[0].seq).unwrap();
        tx.execute("UPDATE head SET size = ?1", [size]).unwrap();
        drop(insert);
        tx.commit().unwrap();
    })
}

fn stored(folder: &Path, batches: &[Vec<StoredEntry>]) -> Times {
    let mut store = SqliteStore::create(folder.join("ledger")).unwrap();
    appended(&mut store, batches)
}

fn appended(store: &mut dyn Store, batches: &[Vec<StoredEntry>]) -> Times {
    let head = NewHead { root: Digest::of(b""), frontier: vec![7; 640] };
    Times::of(batches, |batch| store.append(batch[0].seq, batch, &head).unwrap())
}

/// A ledger of its own on the server.
fn on_server(server: &Cluster, batches: &[Vec<StoredEntry>]) -> (Times, String) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let location = server.location(&format!("bench_{}", MADE.fetch_add(1, Ordering::Relaxed)));
    let mut store = open(&location, Mode::Create).unwrap();
    (appended(&mut *store, batches), location)
}

fn appending(rows: u64, server: Option<&Cluster>) {
    println!(
        "append, rows a second (each the best of {ROUNDS}, taken in turn); p50/p99 ms a batch"
    );
    for size in [1, 32, 256, 2048] {
        let batches = batches((size * 1500).min(rows), size);
        let best = |best: &mut Option<Times>, times: Times| {
            if best.as_ref().is_none_or(|best| best.rate() < times.rate()) {
                *best = Some(times);
            }
        };
        let (mut ours, mut floor, mut indexed, mut served) = (None, None, None, None);
        for _ in 0..ROUNDS {
            let folder = || TempDir::new().unwrap();
            best(&mut floor, bare(folder().path(), false, &batches));
            best(&mut ours, stored(folder().path(), &batches));
            best(&mut indexed, bare(folder().path(), true, &batches));
            if let Some(server) = server {
                best(&mut served, on_server(server, &batches).0);
            }
        }
        let [ours, floor, indexed] = [ours, floor, indexed].map(Option::unwrap);
        let tell = |what: &str, times: &Times| {
            let (rate, ratio) = (times.rate(), times.rate() / floor.rate());
            let (p50, p99) = (times.at(50), times.at(99));
            println!("  batch {size:4} {what:21} {rate:8.0}  {ratio:4.2}  {p50:6.2}/{p99:.2}");
        };
        tell("bare", &floor);
        tell("store", &ours);
        tell("bare, index on command", &indexed);
        if let Some(served) = served {
            tell("store on PostgreSQL", &served);
            println!("  … {:.2} of the embedded store", served.rate() / ours.rate());
        }
    }
}

fn timed(what: &str, rows: u64, step: impl FnOnce()) -> f64 {
    let start = Instant::now();
    step();
    let took = start.elapsed().as_secs_f64();
    println!("  {what:40} {:8.3} ms {:8.2} M rows/s", took * 1e3, rows as f64 / took / 1e6);
    took
}

fn reading(rows: u64, server: Option<&Cluster>) {
    let kept = TempDir::new().unwrap();
    let batches = batches(rows, 2048);
    let times = stored(kept.path(), &batches);
    let path = kept.path().join("ledger");
    println!("{} rows, appended at {:.0} a second", times.rows, times.rate());
    let rows = times.rows;
    let floor = timed("bare scan of the bodies", rows, || {
        let conn = Connection::open(path.join("ledger.db")).unwrap();
        let mut scan = conn.prepare("SELECT seq, body FROM entry ORDER BY seq").unwrap();
        let mut found = scan.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            black_box(row.get_ref(1).unwrap().as_blob().unwrap());
        }
    });
    let embedded = reads(path.to_str().unwrap(), rows);
    println!("  … {:.2} of the bare scan's speed", floor / embedded[2].1);
    let Some(server) = server else { return };
    let (times, location) = on_server(server, &batches);
    println!("on PostgreSQL: {} rows, appended at {:.0} a second", times.rows, times.rate());
    let served = reads(&location, rows);
    println!("  … of the embedded store's speed:");
    for ((what, ours), (_, theirs)) in embedded.iter().zip(&served) {
        println!("  {what:40} {:8.2}", ours / theirs);
    }
}

/// Seconds that each kind of reading took.
fn reads(location: &str, rows: u64) -> Vec<(&'static str, f64)> {
    let mut all = Vec::new();
    let mut timed = |what, rows, step: &mut dyn FnMut()| all.push((what, timed(what, rows, step)));
    let mut store = None;
    timed("open for reading", rows, &mut || store = open(location, Mode::Read).ok());
    timed("open for writing", rows, &mut || store = open(location, Mode::Write).ok());
    let store = store.unwrap();
    let nothing = |_, bytes: &[u8]| {
        black_box(bytes);
        Ok::<_, StoreError>(())
    };
    timed("walk of the bodies", rows, &mut || store.each_body(0, nothing).unwrap());
    timed("walk of the leaves", rows, &mut || {
        let nothing = |_, leaf: &Digest| {
            black_box(leaf);
            Ok::<_, StoreError>(())
        };
        store.each_leaf(0, nothing).unwrap();
    });
    let command = |seq: u64| entry(seq).command;
    timed("first find (may file every command)", rows, &mut || {
        assert_eq!(store.find(command(7)).unwrap(), Some(7))
    });
    timed("find, recorded", 10_000, &mut || {
        (0..10_000).for_each(|step| {
            let seq = step * 7919 % rows;
            assert_eq!(store.find(command(seq)).unwrap(), Some(seq));
        });
    });
    timed("find, not recorded", 10_000, &mut || {
        (0..10_000).for_each(|step| assert_eq!(store.find(command(rows + step)).unwrap(), None));
    });
    timed("read, 100 at a time", rows, &mut || {
        for from in (0..rows).step_by(100) {
            black_box(store.read(from, 100).unwrap());
        }
    });
    timed("full check", rows, &mut || {
        assert_eq!(store.check_integrity().unwrap().entries, rows);
    });
    let state = vec![7; 64 * 1024 * 1024];
    timed("save a snapshot of 64 MiB", 1, &mut || store.save_snapshot(rows, 1, &state).unwrap());
    timed("load it", 1, &mut || assert!(store.latest_snapshot(1).unwrap().usable.is_some()));
    all
}

fn main() {
    let rows = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(1 << 19);
    let server = cluster::given(&["shared_buffers=256MB", "max_wal_size=4GB"]);
    appending(rows, server.as_ref());
    reading(rows, server.as_ref());
}

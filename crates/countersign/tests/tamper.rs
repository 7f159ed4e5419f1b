//! Every byte of a small record and many of the database file: whatever is changed, either the
//! verification finds it, as a failure of integrity, or no stored byte of the record has changed.
//!
//! `COUNTERSIGN_FLIPS=5000` changes more bytes of the file than the suite does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "stage/stage.rs"]
mod stage;
#[path = "tamper/stranger.rs"]
mod stranger;
#[path = "../benches/lifecycle/world.rs"]
mod world;

use countersign::cli::Failure;
use countersign::clock::{Entropy, ScriptedEntropy};
use countersign::verification::verify;
use rusqlite::types::Value;
use stage::Ledger;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use stranger::{Stored, Stranger, rows};

/// The exit code of `log verify` on a ledger, from the library.
fn exit_code(ledger: &Path) -> u8 {
    let found = verify(ledger.to_str().unwrap(), &mut |_, _| {});
    found.map_or_else(|error| Failure::from(error).exit_code(), |_| 0)
}

/// A record of a founding, a receipt of stock and two requests, one of them refused.
fn small_record() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let writer = world::found(ledger.to_str().unwrap());
    for (number, person) in [(1, "P-H"), (2, "P-A")] {
        let request = world::submission(9, number, Some(person), world::submit_request());
        writer.submit(request).unwrap();
    }
    writer.stop();
    // What the writer left in its own log moves into the database, so that one file is all of it.
    let db = rusqlite::Connection::open(ledger.join("ledger.db")).unwrap();
    db.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(db);
    (folder, ledger)
}

/// Every byte of every column of the entries after the founding, and of the head; the founding is
/// long, and other tests try it at many places.
#[test]
fn every_byte_of_small_entries_counts() {
    let (_folder, ledger) = small_record();
    assert_eq!(exit_code(&ledger), 0);
    let founding = |table: &str, rowid| matches!((table, rowid), ("entry", 0) | ("sealed", ..=255));
    let values: Vec<_> = Stranger::at(&ledger)
        .values()
        .into_iter()
        .filter(|(table, _, rowid, _)| !founding(table, *rowid))
        .collect();
    let (values, tried) = (Mutex::new(values), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                let copy = folder.path().join("ledger");
                std::fs::create_dir(&copy).unwrap();
                for file in ["ledger.db", "log.key"] {
                    std::fs::copy(ledger.join(file), copy.join(file)).unwrap();
                }
                let stranger = Stranger::at(&copy);
                loop {
                    let Some(place) = values.lock().unwrap().pop() else { break };
                    tried.fetch_add(every_byte(&stranger, &copy, &place), Ordering::Relaxed);
                }
                assert_eq!(exit_code(&copy), 0, "the record was not put back");
            });
        }
    });
    let tried = tried.into_inner();
    println!("{tried} bytes of small entries");
    assert!(tried > 1_000, "only {tried} bytes were tried");
}

/// Changes one byte after another of a value; gives how many there were.
fn every_byte(stranger: &Stranger, ledger: &Path, place: &Stored) -> usize {
    let (table, column, rowid, value) = place;
    let Value::Blob(whole) = value else { return 0 };
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        stranger.put(table, column, *rowid, &Value::Blob(bytes));
        assert_eq!(exit_code(ledger), 3, "byte {at} of {table}.{column} of row {rowid}");
    }
    stranger.put(table, column, *rowid, value);
    whole.len()
}

/// One byte of the database file after another, at places that a fixed seed gives.
#[test]
fn a_changed_byte_of_the_file_is_found_or_changes_nothing() {
    let flips = std::env::var("COUNTERSIGN_FLIPS").map_or(100, |flips| flips.parse().unwrap());
    let whole = std::fs::read(Ledger::new().database()).unwrap();
    let mut dice = ScriptedEntropy::new("bytes of the file");
    let mut places: Vec<(usize, u8)> = (0..flips)
        .map(|_| {
            let mut bytes = [0; 9];
            dice.fill(&mut bytes).unwrap();
            let at = u64::from_le_bytes(bytes[..8].try_into().unwrap());
            (usize::try_from(at % whole.len() as u64).unwrap(), 1 << (bytes[8] % 8))
        })
        .collect();
    // The header and the first page are what a reader trusts first.
    places.extend((0..100).step_by(3).map(|at| (at, 1)));
    let places = Mutex::new(places);
    let told = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let ledger = Ledger::new();
                let folder = ledger.folder().join("D");
                let before = rows(&folder).unwrap();
                loop {
                    let Some((at, bit)) = places.lock().unwrap().pop() else { break };
                    let mut bytes = whole.clone();
                    bytes[at] ^= bit;
                    for beside in ["ledger.db-wal", "ledger.db-shm"] {
                        let _ = std::fs::remove_file(folder.join(beside));
                    }
                    std::fs::write(ledger.database(), bytes).unwrap();
                    let code = exit_code(&folder);
                    *told.lock().unwrap().entry(code).or_insert(0) += 1;
                    if code == 0 {
                        let after = rows(&folder).unwrap();
                        assert!(after == before, "byte {at} ^ {bit} was changed unseen");
                    }
                    // What makes it no ledger at all is told as that; anything else as damage.
                    assert!(code != 4 || at < 100, "byte {at} ^ {bit}: exit code {code}");
                }
            });
        }
    });
    println!("exit codes of {flips} flips: {:?}", told.lock().unwrap());
}

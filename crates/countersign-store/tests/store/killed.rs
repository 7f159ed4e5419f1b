//! A writer killed at any moment: whatever it acknowledged is there, and no batch is there in part.

use crate::conformance::Place as _;
use crate::entries::{Dice, append, command, entry_for};
use crate::places::Folder;
use countersign_store::{SqliteStore, Store as _};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROUNDS: u64 = 20;
const FOLDER: &str = "COUNTERSIGN_TEST_FOLDER";
const ROUND: &str = "COUNTERSIGN_TEST_ROUND";

/// Runs the ignored test `name` of this file's kind in a process of its own.
pub(crate) fn in_a_process(name: &str, folder: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The folder given to a process so run; none when someone runs the test by hand.
pub(crate) fn given_folder() -> Option<std::path::PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

/// The command of the entry `index` of `batch` in `round`, and how it is read back.
fn numbered(round: u64, batch: u64, index: u64) -> u64 {
    (round << 40) | (batch << 8) | index
}

/// How many entries a batch has follows from its number.
fn length(batch: u64) -> u64 {
    1 + batch * 7 % 60
}

#[test]
#[ignore = "run by nothing_acknowledged_is_lost in a process that it kills"]
fn a_writer_to_be_killed() {
    let Some(folder) = given_folder() else { return };
    let round = std::env::var(ROUND).unwrap().parse().unwrap();
    let mut store = SqliteStore::open_writer(folder).unwrap();
    let mut out = std::io::stdout().lock();
    for batch in 0.. {
        let from = store.head().unwrap().size;
        let made = |index| entry_for(from + index, numbered(round, batch, index));
        let entries: Vec<_> = (0..length(batch)).map(made).collect();
        append(&mut store, &entries).unwrap();
        if batch % 5 == 0 {
            store.save_snapshot(from, 1, &vec![7; 100_000]).unwrap();
        }
        for entry in &entries {
            writeln!(out, "ack {} {}", entry.seq, entry.command).unwrap();
        }
        writeln!(out, "whole {batch}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost() {
    let place = Folder::new();
    let mut dice = Dice::thrown();
    let mut acknowledged: HashMap<u64, String> = HashMap::new();
    for round in 0..ROUNDS {
        let mut child = in_a_process("killed::a_writer_to_be_killed", &place.path(), round);
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = std::thread::spawn(move || out.lines().map_while(Result::ok).collect());
        std::thread::sleep(Duration::from_millis(20 + dice.below(180)));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines: Vec<String> = lines.join().unwrap();
        // A line torn by the kill says less than it means, so only those before the last `whole`.
        let end = lines.iter().rposition(|line| line.starts_with("whole ")).unwrap_or(0);
        for line in lines[..end].iter().filter_map(|line| line.strip_prefix("ack ")) {
            let (seq, command) = line.split_once(' ').unwrap();
            let earlier = acknowledged.insert(seq.parse().unwrap(), command.to_owned());
            assert_eq!(earlier, None, "entry {seq} was acknowledged twice");
        }
        check(&place, &acknowledged);
    }
    println!("{} entries acknowledged in {ROUNDS} rounds", acknowledged.len());
    assert!(acknowledged.len() > 1000, "the writer was killed before it wrote");
}

fn check(place: &Folder, acknowledged: &HashMap<u64, String>) {
    let store = place.writer();
    let found = store.read(0, usize::MAX).unwrap();
    for (seq, command) in acknowledged {
        let entry = &found[usize::try_from(*seq).unwrap()];
        assert_eq!(entry.command.to_string(), *command, "entry {seq}");
        assert_eq!(store.find(entry.command).unwrap(), Some(*seq));
    }
    assert_eq!(store.check_integrity().unwrap().entries, store.head().unwrap().size);
    assert_eq!(store.latest_snapshot(1).unwrap().skipped, []);
    // Every entry is whole, and so is every batch: they stand one after another as they were made.
    let mut rest = &found[..];
    let (mut round, mut batch) = (0, 0);
    while let Some(first) = rest.first() {
        while first.command != command(numbered(round, batch, 0)) {
            (round, batch) = (round + 1, 0);
            assert!(round < ROUNDS, "entry {} begins no batch", first.seq);
        }
        let (whole, after) = rest.split_at(usize::try_from(length(batch)).unwrap());
        for (index, entry) in (0..).zip(whole) {
            assert_eq!(*entry, entry_for(first.seq + index, numbered(round, batch, index)));
        }
        (rest, batch) = (after, batch + 1);
    }
}

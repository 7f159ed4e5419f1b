//! A server killed at any moment: whatever it acknowledged is there, and no batch is there in part.

use crate::entries::{Dice, append, entry_for};
use crate::place::Ledger;
use countersign_postgres::given;
use countersign_proof::words::CommandId;
use countersign_store::{Mode, Store, StoreError, open};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: u64 = 4;

/// How many entries a batch has follows from its number.
fn length(batch: u64) -> u64 {
    1 + batch * 7 % 60
}

fn numbered(round: u64, batch: u64, index: u64) -> u64 {
    (round << 40) | (batch << 8) | index
}

/// Where a command was appended, by its id.
type Placed = (u64, CommandId);

/// Appends until the server is gone; gives the id and place of all that was acknowledged, and those
/// of the batch whose outcome is unknown.
fn load(store: &mut dyn Store, round: u64, under_way: &AtomicBool) -> (Vec<Placed>, Vec<Placed>) {
    let mut acknowledged = Vec::new();
    for batch in 0.. {
        let from = match store.head() {
            Ok(head) => head.size,
            Err(StoreError::Unavailable { .. }) => return (acknowledged, Vec::new()),
            Err(error) => panic!("{error}"),
        };
        let made = |index| entry_for(from + index, numbered(round, batch, index));
        let entries: Vec<_> = (0..length(batch)).map(made).collect();
        let ids = entries.iter().map(|entry| (entry.seq, entry.command));
        match append(store, &entries) {
            Ok(()) => acknowledged.extend(ids),
            Err(StoreError::Unavailable { .. } | StoreError::Postgres { .. }) => {
                return (acknowledged, ids.collect());
            }
            Err(error) => panic!("{error}"),
        }
        under_way.store(batch > 5, Ordering::SeqCst);
    }
    (acknowledged, Vec::new())
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    // What a session that leaves it at that would be told of commits is lost when it is killed.
    let careless = ["synchronous_commit=off", "wal_writer_delay=10s"];
    let Some(mut cluster) = given(&careless) else { return };
    let shared = Arc::new(cluster);
    let ledger = Ledger::on(&shared);
    let (location, name) = (ledger.location(), ledger.name.clone());
    drop(ledger);
    cluster = Arc::into_inner(shared).unwrap();
    let mut dice = Dice::thrown();
    let mut all: HashMap<CommandId, u64> = HashMap::new();
    for round in 0..ROUNDS {
        // The writer before gave its lease back to nobody.
        let start = Instant::now();
        let mut store = loop {
            match open(&location, Mode::Write) {
                Ok(store) => break store,
                Err(StoreError::Locked { .. }) if start.elapsed().as_secs() < 60 => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(error) => panic!("{error}"),
            }
        };
        let under_way = Arc::new(AtomicBool::new(false));
        let started = under_way.clone();
        let loading = std::thread::spawn(move || {
            let loaded = load(&mut *store, round, &started);
            (store, loaded)
        });
        while !under_way.load(Ordering::SeqCst) && !loading.is_finished() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(dice.below(300)));
        cluster.kill();
        let (store, (acknowledged, unknown)) = loading.join().unwrap();
        cluster.run().unwrap();
        for (seq, command) in acknowledged {
            assert_eq!(all.insert(command, seq), None);
        }
        check(&*store, &all, &unknown);
        all.extend(unknown.iter().filter_map(|(_, id)| Some((*id, store.find(*id).unwrap()?))));
    }
    println!("{} entries acknowledged in {ROUNDS} rounds on {name}", all.len());
    assert!(all.len() > 500, "the server was killed before anything was written");
}

/// The writer that was there before the crash finds everything, by identity.
fn check(store: &dyn Store, all: &HashMap<CommandId, u64>, unknown: &[Placed]) {
    for (command, seq) in all {
        assert_eq!(store.find(*command).unwrap(), Some(*seq));
    }
    let there = unknown.iter().filter(|(_, id)| store.find(*id).unwrap().is_some()).count();
    assert!(there == 0 || there == unknown.len(), "{there} of a batch of {}", unknown.len());
    let size = store.head().unwrap().size;
    assert_eq!(size, u64::try_from(all.len() + there).unwrap());
    assert_eq!(store.check_integrity().unwrap().entries, size);
}

//! Random histories: after every step the invariants hold, and a second set of books kept from the
//! events alone finds nothing that cannot be; at the end the record gives the same state again.
//!
//! `COUNTERSIGN_HISTORIES=10000 cargo test --release --test histories -- --nocapture` plays that
//! many and prints how often each event and each refusal occurred; `COUNTERSIGN_SEED=17` plays one
//! history again and prints its steps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests; the number of histories is a setting of the one who runs them"
)]

#[path = "histories/books.rs"]
mod books;
#[path = "histories/coverage.rs"]
mod coverage;
#[path = "histories/depots.rs"]
mod depots;
#[path = "histories/oracle.rs"]
mod oracle;
#[path = "histories/play.rs"]
mod play;
#[path = "histories/programme.rs"]
mod programme;
#[path = "histories/random.rs"]
mod random;
#[path = "histories/rules.rs"]
mod rules;
#[path = "histories/shelves.rs"]
mod shelves;
#[path = "histories/standing.rs"]
mod standing;
#[path = "histories/stores.rs"]
mod stores;
#[path = "world/world.rs"]
mod world;

use countersign_core::{State, record};
use countersign_proof::words::Digest;
use coverage::Coverage;
use oracle::Oracle;
use play::Player;
use random::Random;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps of a history; each is a command with whatever it needs before it.
const STEPS: u64 = 200;

/// Plays the history of a seed but for the steps left out; counts what occurred.
fn history(seed: u64, left_out: &BTreeSet<u64>, coverage: &mut Coverage, told: bool) {
    let mut player = Player::new(seed);
    let mut oracle = Oracle::default();
    let mut seen = 0;
    let restored_at = Random::new(seed, u64::MAX - 1).below(STEPS);
    for step in 0..STEPS {
        if !left_out.contains(&step) {
            player.step(&mut Random::new(seed, step));
        }
        for (at, kind, answered) in &player.world.log[seen..] {
            coverage.count(kind, answered);
            if told {
                println!("{step:3} {at} {kind}: {}", coverage::in_short(answered));
            }
            let events = answered.as_deref().unwrap_or(&[]);
            if let Err(found) = oracle.take(*at, events) {
                panic!("seed {seed}, step {step}, {kind} at {at}: {found}");
            }
        }
        seen = player.world.log.len();
        if let Err(found) = oracle.agrees(&player.world.state) {
            panic!("seed {seed}, step {step}: {found}");
        }
        if step == restored_at {
            let snapshot = record::snapshot(&player.world.state).unwrap();
            let restored = record::restore(&snapshot).unwrap();
            assert_eq!(record::snapshot(&restored).unwrap(), snapshot, "seed {seed}: a snapshot");
            player.world.state = restored;
        }
    }
    let mut replayed = State::default();
    for body in &player.world.bodies {
        record::replay(&mut replayed, &record::read(body).unwrap());
    }
    let digest = |state: &State| Digest::of(&record::snapshot(state).unwrap());
    let same = digest(&replayed) == digest(&player.world.state);
    assert!(same, "seed {seed}: the record gives another state");
}

fn said(seed: u64, left_out: &BTreeSet<u64>) -> Option<String> {
    let mut coverage = Coverage::default();
    let played = catch_unwind(AssertUnwindSafe(|| history(seed, left_out, &mut coverage, false)));
    played.err().map(|panic| match panic.downcast::<String>() {
        Ok(said) => *said,
        Err(panic) => (*panic.downcast::<&str>().unwrap_or(Box::new("panicked"))).to_owned(),
    })
}

/// Leaves steps out, in ever smaller groups, as long as the history still fails.
fn shrink(seed: u64) -> (BTreeSet<u64>, String) {
    let mut left_out = BTreeSet::new();
    let mut said_last = said(seed, &left_out).expect("a history that fails");
    let mut size = STEPS / 2;
    while size > 0 {
        for first in (0..STEPS).step_by(usize::try_from(size).unwrap()) {
            let mut fewer = left_out.clone();
            fewer.extend(first..(first + size).min(STEPS));
            if fewer.len() == left_out.len() {
                continue;
            }
            if let Some(still) = said(seed, &fewer) {
                (left_out, said_last) = (fewer, still);
            }
        }
        size /= 2;
    }
    (left_out, said_last)
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn random_histories_keep_the_invariants() {
    if let Some(seed) = setting("COUNTERSIGN_SEED") {
        history(seed, &BTreeSet::new(), &mut Coverage::default(), true);
        return;
    }
    let histories = setting("COUNTERSIGN_HISTORIES").unwrap_or(150);
    let started = std::time::Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get() as u64).min(8);
    let mut coverage = Coverage::default();
    let mut failed: Vec<u64> = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    let (mut own, mut failed) = (Coverage::default(), Vec::new());
                    for seed in (worker..histories).step_by(usize::try_from(workers).unwrap()) {
                        let none = BTreeSet::new();
                        let play = AssertUnwindSafe(|| history(seed, &none, &mut own, false));
                        if catch_unwind(play).is_err() {
                            failed.push(seed);
                            break;
                        }
                    }
                    (own, failed)
                })
            })
            .collect();
        for thread in threads {
            let (own, seeds) = thread.join().unwrap();
            coverage.add(own);
            failed.extend(seeds);
        }
    });
    if let Some(seed) = failed.iter().min() {
        let (left_out, said) = shrink(*seed);
        let steps: Vec<u64> = (0..STEPS).filter(|step| !left_out.contains(step)).collect();
        let played = AssertUnwindSafe(|| history(*seed, &left_out, &mut Coverage::default(), true));
        drop(catch_unwind(played));
        panic!("{said}\nCOUNTERSIGN_SEED={seed}; it still fails with the steps {steps:?} alone");
    }
    println!("{histories} histories in {:.1} s", started.elapsed().as_secs_f64());
    println!("{}", coverage.table());
    coverage.demand(histories);
}

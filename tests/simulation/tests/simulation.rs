//! What the simulation must find, and what it must not.
//!
//! `cargo xtask simulate` runs the same for as long as one likes.
#![allow(
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test stops where it fails"
)]

use countersign_simulation::{
    Done, KEPT, ONCE, ONE_WRITER, Planted, SAME_ANSWER, SAME_STATE, SHOWN, Settings, run,
};
use std::collections::BTreeSet;

const USUAL: Settings = Settings { seed: 1, hours: 10, planted: Planted::Nothing, loses: false };

/// A run that must find nothing.
fn sound(settings: Settings) -> Done {
    run(settings).unwrap_or_else(|failure| panic!("\n{failure}\n"))
}

/// A planted bug is found, by one of these checks, before so many ledgers have been tried.
fn finds(planted: Planted, checks: &[&str]) {
    for seed in 1..60 {
        if let Err(failure) = run(Settings { seed, planted, ..USUAL }) {
            assert!(checks.contains(&failure.check), "\n{failure}\n");
            // It is found again by its seed, step for step.
            let again = run(failure.settings).expect_err("the same seed finds it again");
            assert_eq!(again, failure);
            return;
        }
    }
    panic!("nothing was found");
}

#[test]
fn an_append_that_is_not_fenced_is_found() {
    finds(Planted::FencingLeftOut, &[ONE_WRITER]);
}

#[test]
fn an_acknowledgement_before_the_commit_is_found() {
    finds(Planted::AcknowledgedBeforeCommit, &[KEPT]);
}

#[test]
fn an_id_that_is_forgotten_is_found() {
    finds(Planted::LostIdempotencyKey, &[ONCE, SAME_ANSWER]);
}

#[test]
fn a_snapshot_from_the_future_is_found() {
    finds(Planted::SnapshotFromTheFuture, &[SAME_STATE]);
}

#[test]
fn a_reader_that_shows_what_is_not_acknowledged_is_found() {
    finds(Planted::ReaderWithoutPosition, &[SHOWN]);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (first, second) = (sound(USUAL), sound(USUAL));
    assert_eq!(first, second);
    let other = sound(Settings { seed: 2, ..USUAL });
    assert_ne!(first.digest, other.digest);
}

#[test]
fn who_has_seen_what_the_database_lost_halts() {
    let mut halted = 0;
    for seed in 1..40 {
        let done = sound(Settings { seed, loses: true, hours: 50, ..USUAL });
        halted += done.counts.get("a node halts").copied().unwrap_or(0);
    }
    assert!(halted > 0, "nobody ever halted");
}

/// Runs ledger after ledger for so many steps: everything that can go wrong does, and nothing is
/// found.
fn nothing_breaks(first: u64, steps: u64) {
    const OCCUR: &[&str] = &[
        "a clock jumps back:",
        "a clock jumps forward:",
        "a command is acknowledged",
        "a node is cut off:",
        "a node is paused:",
        "a node's process ends",
        "a snapshot is kept",
        "an answer will be lost:",
        "an answered command comes again",
        "an append will be slow:",
        "an append will be torn:",
        "nobody knows what became of a command",
        "something will happen amid a turn:",
        "the old primary restarts",
        "the primary restarts",
        "the standby is cut off",
        "the standby lags",
        "the standby takes over",
    ];
    let mut taken = 0;
    let mut occurred = BTreeSet::new();
    for seed in first.. {
        if taken >= steps {
            break;
        }
        let done = sound(Settings { seed, ..USUAL });
        taken += done.steps;
        occurred.extend(done.counts.into_keys());
    }
    for what in OCCUR {
        assert!(occurred.contains(what), "never: {what}");
    }
}

/// Half a million steps here, and as many below: two tests, for two processors.
#[test]
fn nothing_breaks_what_is_promised() {
    nothing_breaks(1_000, 500_000);
}

#[test]
fn nothing_breaks_what_is_promised_in_other_runs() {
    nothing_breaks(2_000, 500_000);
}

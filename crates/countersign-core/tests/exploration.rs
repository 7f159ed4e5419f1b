//! Everything that can happen: a small world is explored in every order, not by chance.
//!
//! One item whose use needs two offices, one of them personal; three people who can sign, of whom
//! two hold two offices and one stands in for another; one request, two policy versions, a hold,
//! and crashes after which a command is sent again. Every state is a real state, made by `decide`
//! and `apply` alone; everybody holds every text that could have been signed by then, old and new,
//! and may hand it in at any time. In each state the invariants are looked at, and a second book
//! kept from events and texts alone.
//!
//! Each test explores every way of so many turns, or every way there is.
//! `COUNTERSIGN_EXPLORATION=1 cargo test --release --test exploration -- --nocapture` adds a turn,
//! which makes about five times as many states, and enlarges the worlds that are explored wholly;
//! it prints how many states there were.
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
    reason = "tests; how far they explore is a setting of the one who runs them"
)]

#[path = "exploration/acts.rs"]
mod acts;
#[path = "exploration/book.rs"]
mod book;
#[path = "exploration/jugs.rs"]
mod jugs;
#[path = "exploration/labels.rs"]
mod labels;
#[path = "exploration/papers.rs"]
mod papers;
#[path = "exploration/planted.rs"]
mod planted;
#[path = "exploration/protocol.rs"]
mod protocol;
#[path = "histories/rules.rs"]
mod rules;
#[path = "exploration/search.rs"]
mod search;
#[path = "world/world.rs"]
mod world;

use acts::Bounds;
use book::{AS_SIGNED, BACKED, IN_PERSON, ONE_EFFECT};
use labels::{OF_A_FEW, OF_THREE, RETRIES, SOMETIMES};
use papers::{FEW, FEWEST, WORDS};
use planted::Planted;
use protocol::Protocol;
use search::{Explored, explore};
use std::time::Instant;

/// Everybody may do everything; nothing crashes.
const EVERYTHING: Bounds = Bounds {
    words: WORDS,
    appointments: true,
    holds: true,
    quorum: 1,
    units: 2,
    revisions: 2,
    recusals: 1,
    uses: 1,
    crashes: 0,
    in_order: false,
    planted: Planted::Nothing,
};

/// A few may do what changes most.
const A_FEW: Bounds =
    Bounds { words: FEW, appointments: false, revisions: 1, recusals: 0, ..EVERYTHING };

/// They may do it on a second revision too.
const REVISED: Bounds = Bounds { revisions: 2, holds: false, ..A_FEW };

/// A command is lost once, or its answer.
const CRASHES: Bounds = Bounds { words: FEWEST, crashes: 1, ..A_FEW };

fn setting(name: &str) -> usize {
    std::env::var(name).map_or(0, |text| text.parse().expect("a number"))
}

/// Explores, tells how much there was, and finds that everything holds and these things occur.
fn holds(name: &str, bounds: Bounds, turns: usize, sometimes: &[&str]) -> Explored {
    let (model, started) = (Protocol::new(bounds), Instant::now());
    let explored = run(&model, turns);
    let (states, tried, depth) = (explored.known.len(), explored.tried, explored.depth);
    let (seconds, whole) = (started.elapsed().as_secs_f64(), explored.whole);
    let size = format!("{states} states, {tried} steps, depth {depth}, whole: {whole}");
    println!("{name}: {size}, {seconds:.1} s");
    if let Some((property, found, way)) = &explored.broken {
        panic!("{property}: {found}\n  {}", way.join("\n  "));
    }
    for what in sometimes {
        assert!(explored.reached.contains_key(what), "{name}: never {what}");
    }
    explored
}

fn run(model: &Protocol, turns: usize) -> Explored {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
    explore(model, turns, threads)
}

/// How many turns more than usual.
fn more() -> usize {
    setting("COUNTERSIGN_EXPLORATION")
}

#[test]
fn every_way_of_five_turns() {
    let explored = holds("everything", EVERYTHING, 5 + more(), SOMETIMES);
    for rule in [
        "ledger/nonce-replayed",
        "ledger/statement-expired",
        "people/deputy-to-personal-office",
        "people/personal-office",
        "people/term-ended",
        "requests/already-signed",
        "requests/decided-already",
        "requests/requester-decides",
        "requests/signer-recused",
        "requests/stale-policy",
        "requests/stale-revision",
        "requests/under-hold",
    ] {
        assert!(explored.refused.contains_key(rule), "never refused by {rule}");
    }
}

#[test]
fn every_way_of_four_turns_where_one_office_needs_two() {
    holds("a quorum of two", Bounds { quorum: 2, ..EVERYTHING }, 4 + more(), &[OF_THREE]);
}

#[test]
fn every_way_there_is_of_a_few() {
    let bounds = if more() == 0 { A_FEW } else { Bounds { uses: 2, revisions: 2, ..A_FEW } };
    let explored = holds("a few", bounds, usize::MAX, OF_A_FEW);
    assert!(explored.whole);
}

#[test]
fn every_way_there_is_with_a_second_revision() {
    let bounds = if more() == 0 { REVISED } else { Bounds { uses: 2, ..REVISED } };
    assert!(holds("a second revision", bounds, usize::MAX, OF_A_FEW).whole);
}

#[test]
fn every_way_there_is_with_one_crash() {
    let bounds = if more() == 0 { CRASHES } else { Bounds { uses: 2, ..CRASHES } };
    assert!(holds("a crash", bounds, usize::MAX, &RETRIES).whole);
}

#[test]
fn every_way_of_five_turns_with_one_crash_and_a_revision() {
    let bounds = Bounds { revisions: 2, ..CRASHES };
    holds("a crash and a revision", bounds, 5 + more(), &RETRIES);
}

#[test]
fn the_order_of_words_makes_no_difference() {
    let sorted = holds("without order", EVERYTHING, 4, &[]);
    let model = Protocol::new(Bounds { in_order: true, ..EVERYTHING });
    let in_order = run(&model, 4);
    assert!(in_order.known.len() > sorted.known.len());
    assert_eq!(*model.without_order.lock().unwrap(), sorted.known);
    assert_eq!(in_order.reached.len(), sorted.reached.len());
}

/// The exploration finds the bug, as a breach of this property, in so many turns.
fn finds(planted: Planted, bounds: Bounds, property: &str, turns: usize) {
    let explored = run(&Protocol::new(Bounds { planted, ..bounds }), turns);
    let Some((found, what, way)) = explored.broken else { panic!("{planted:?} was not found") };
    let told = format!("{planted:?} breaks “{found}”: {what}\n  {}", way.join("\n  "));
    println!("{told}");
    assert_eq!((found, way.len()), (property, turns), "{told}");
}

#[test]
fn a_person_who_counts_twice_is_found() {
    finds(Planted::CountsTwice, A_FEW, BACKED, 2);
}

#[test]
fn a_signature_that_survives_a_revision_is_found() {
    finds(Planted::SurvivesRevision, REVISED, AS_SIGNED, 2);
}

#[test]
fn a_retry_that_is_decided_again_is_found() {
    finds(Planted::DecidedAgain, CRASHES, ONE_EFFECT, 2);
}

#[test]
fn a_crash_that_leaves_its_mark_is_found() {
    finds(Planted::KeepsUncommitted, CRASHES, ONE_EFFECT, 2);
}

#[test]
fn a_text_that_is_used_twice_is_found() {
    finds(Planted::ForgetsSpent, A_FEW, ONE_EFFECT, 3);
}

#[test]
fn a_deputy_at_a_personal_office_is_found() {
    finds(Planted::DeputyInPerson, EVERYTHING, IN_PERSON, 1);
}

#[test]
fn a_release_that_outlives_its_policy_is_found() {
    finds(Planted::KeepsOldPolicy, A_FEW, AS_SIGNED, 3);
}

#[test]
fn a_hold_whose_end_reinstates_too_much_is_found() {
    finds(Planted::LiftsEverything, A_FEW, BACKED, 5);
}

//! Dependence and the impact of another version: against brute force over all sets of offices, by
//! random policies, by cases worked out by hand, and on a played ledger.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "policy/world.rs"]
mod policy;
#[path = "policy/random.rs"]
mod random;
#[path = "world/world.rs"]
mod world;

#[path = "dependence/brute.rs"]
mod brute;
#[path = "dependence/by_hand.rs"]
mod by_hand;
#[path = "dependence/ledger.rs"]
mod ledger;
#[path = "dependence/replays.rs"]
mod replays;

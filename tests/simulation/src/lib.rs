//! The simulator: three nodes, their clients, and everything that goes wrong, from one number.
//!
//! The nodes are the real ones, turn by turn. What they stand on is simulated: the database servers
//! with their failovers, time, chance, the network between them. Nothing here depends on real time,
//! threads or addresses: the same seed gives the same run, and a run that finds something is
//! repeated by its seed.
//!
//! In reading order: [`run`](mod@run), `faults`, `calm`, `loss`, `oracle`; then what the nodes
//! stand on: `machine`, `site`, `store`, `cluster`, `lease`, `database`; then `programme`,
//! [`planted`], `random`, `trace`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test's equipment stops where something is not as it made it"
)]

pub mod run;

mod faults;

mod calm;

mod loss;

mod oracle;

mod machine;

mod site;

mod store;

mod cluster;

mod lease;

mod database;

mod programme;

pub mod planted;

mod random;

mod trace;

#[cfg(test)]
mod found;

#[path = "../../../crates/countersign/benches/lifecycle/world.rs"]
mod world;

pub use oracle::{
    FORWARD, GROWS, HALTED, HALTS, KEPT, NOT_RECORDED, ONCE, ONE_WRITER, ROOT, RULES, SAME_ANSWER,
    SAME_STATE, SERVES, SHOWN,
};
pub use planted::Planted;
pub use run::{Done, Failure, Settings, run};

//! The pure part of triage, against published values, closed forms and second implementations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    missing_docs,
    reason = "tests"
)]

#[path = "triage/breach.rs"]
mod breach;
#[path = "triage/cover.rs"]
mod cover;
#[path = "triage/demand.rs"]
mod demand;
#[path = "triage/judgement.rs"]
mod judgement;
#[path = "triage/projection.rs"]
mod projection;
#[path = "triage/rules.rs"]
mod rules;
#[path = "triage/world.rs"]
mod world;

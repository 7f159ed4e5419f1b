//! `triage.toml`: twelve published rules, each read from a pack file and judged at, above and below
//! its limits; and every mistake told with its line, its column and what to do.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

#[path = "triage/faults.rs"]
mod faults;
#[path = "triage/published.rs"]
mod published;

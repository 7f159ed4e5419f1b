//! What the stores promise, and what happens to the record when something goes wrong.
//!
//! `conformance` is the suite that every store must pass; the rest is about one store or one fault.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops where it fails and says what it saw"
)]

mod entries;

mod conformance;

mod places;

mod histories;

mod writers;

mod killed;

mod full_disk;

mod folder;

mod filing;

mod damage;

mod faults;

mod locations;

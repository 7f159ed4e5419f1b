//! What the record promises on a real PostgreSQL server, and what happens when something goes
//! wrong.
//!
//! `conformance` is the suite that every store must pass, and `histories` are random ones: the very
//! same files.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    reason = "a test stops where it fails and says what it saw; the shared files hold more than \
              is used here"
)]

#[path = "../../../../crates/countersign-store/tests/store/entries.rs"]
mod entries;

#[path = "../../../../crates/countersign-store/tests/store/conformance.rs"]
mod conformance;

#[path = "../../../../crates/countersign-store/tests/store/histories.rs"]
mod histories;

mod place;

mod writers;

mod deadlines;

mod crashes;

mod refusals;

mod damage;

mod erasing;

mod tls;

//! Foreign histories: what the audit finds, against an oracle that walks every ordering; what an
//! import leaves in the state; and that nothing imported ever approves anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "history/cases.rs"]
mod cases;
#[path = "history/evidence.rs"]
mod evidence;
#[path = "history/oracle.rs"]
mod oracle;
#[path = "history/random.rs"]
mod random;
#[path = "history/small.rs"]
mod small;
#[path = "world/world.rs"]
mod world;

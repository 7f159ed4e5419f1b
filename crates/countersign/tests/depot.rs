//! A depot without a network: what it honours, what its book bears, and the way of a certificate
//! from the ledger to a depot and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "depot/book.rs"]
mod book;
#[path = "depot/killed.rs"]
mod killed;
#[path = "depot/rules.rs"]
mod rules;
#[path = "depot/scene.rs"]
mod scene;
#[path = "stage/stage.rs"]
mod stage;
#[path = "depot/way.rs"]
mod way;

//! The exercise as a person sees it: the story, what policy says, what stock tools verify, and
//! what becomes of a record that somebody has changed.
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

#[path = "exercise/played.rs"]
mod played;
#[path = "exercise/refusals.rs"]
mod refusals;
#[path = "exercise/signatures.rs"]
mod signatures;
#[path = "stage/stage.rs"]
mod stage;
#[path = "exercise/story.rs"]
mod story;
#[path = "exercise/tampering.rs"]
mod tampering;

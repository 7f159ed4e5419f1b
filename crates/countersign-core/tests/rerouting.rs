//! The re-routing planner against brute force, a second exact algorithm and a general solver; its
//! verifier against every plan there could be; and what both say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

#[path = "rerouting/edges.rs"]
mod edges;
#[path = "rerouting/faults.rs"]
mod faults;
#[path = "rerouting/forger.rs"]
mod forger;
#[path = "rerouting/instances.rs"]
mod instances;
#[path = "rerouting/lp.rs"]
mod lp;
#[path = "rerouting/optimum.rs"]
mod optimum;
#[path = "rerouting/oracles.rs"]
mod oracles;
#[path = "histories/random.rs"]
mod random;
#[path = "rerouting/what_if.rs"]
mod what_if;
#[path = "rerouting/words.rs"]
mod words;

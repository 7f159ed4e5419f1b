//! The table of refusals: for every code a case that reaches it, in the order of precedence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "refusals/certificates.rs"]
mod certificates;
#[path = "refusals/history.rs"]
mod history;
#[path = "refusals/ledger.rs"]
mod ledger;
#[path = "refusals/people.rs"]
mod people;
#[path = "refusals/policy.rs"]
mod policy;
#[path = "refusals/precedence.rs"]
mod precedence;
#[path = "refusals/requests.rs"]
mod requests;
#[path = "refusals/rerouting.rs"]
mod rerouting;
#[path = "refusals/statements.rs"]
mod statements;
#[path = "refusals/stock.rs"]
mod stock;
#[path = "refusals/triage.rs"]
mod triage;
#[path = "world/world.rs"]
mod world;

use countersign_core::Rejection;
use world::{Answered, World};

/// A code and a way to it.
type Case = (&'static str, fn() -> Answered);

/// The story under v4, with stock of everything, on a Monday morning.
fn june() -> World {
    let mut world = World::new();
    world.awake_until(world::id("2025-06-02T09:00:00Z"));
    for item in ["ATACMS", "STORM-SHADOW", "FLAMINGO", "PATRIOT", "PROTOTYPE"] {
        world.receive(20, item, "UA", None).unwrap();
    }
    world.receive(20, "ATACMS", "US", Some("US.Depot-1")).unwrap();
    world
}

/// The same, with a request for a use that needs the Secretary and the Ministry.
fn asked() -> World {
    let mut world = june();
    world.submit("genstaff", shadows(&world)).unwrap();
    world
}

/// The same, with a release for four units of another request.
fn released() -> World {
    let mut world = asked();
    let window = world.days(20).to_string();
    world.submit("genstaff", world::draft("use", 4, "ATACMS", "RU.Kursk", &window)).unwrap();
    world.approve("secdef", "US.SecDef", 2).unwrap();
    world
}

fn shadows(world: &World) -> countersign_core::requests::Draft {
    world::draft("use", 4, "STORM-SHADOW", "RU.Kursk", &world.days(20).to_string())
}

#[test]
fn every_code_is_reached_in_its_order() {
    let tables: [&[Case]; 9] = [
        ledger::CASES,
        people::CASES,
        stock::CASES,
        policy::CASES,
        requests::CASES,
        certificates::CASES,
        triage::CASES,
        rerouting::CASES,
        history::CASES,
    ];
    let mut reached = Vec::new();
    for (code, case) in tables.into_iter().flatten() {
        match case() {
            Err(rejection) => {
                assert_eq!(rejection.code(), *code, "{rejection}");
                assert!(!rejection.to_string().is_empty());
            }
            Ok(events) => panic!("{code}: not refused, but {events:?}"),
        }
        reached.push(*code);
    }
    let codes: Vec<&str> = Rejection::codes().collect();
    assert_eq!(reached, codes, "every code has its case, in the order of precedence");
}

//! Releases that count only once enough witnesses have seen them on the log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "world/world.rs"]
mod world;

use countersign_core::requests::{Breach, Command, Event as Requests, ReleaseState, Suspension};
use countersign_core::{Event, ledger, record};
use countersign_proof::LogKey;
use countersign_proof::words::{Digest, EntryNumber};
use world::{ORIGIN, WITNESSES, World, cosigned_by, draft, id, log_key, quantity};

/// A ledger under a version that demands two of three witnesses, with one release of ten units.
fn watched() -> World {
    let mut world = World::with(&[("watched", "2024-05-30T00:00:00Z")]);
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(30, "ATACMS", "UA", Some("UA.Depot-1")).unwrap();
    release(&mut world, 1);
    world
}

fn release(world: &mut World, number: u64) {
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("use", 10, "ATACMS", "RU.Kursk", &window)).unwrap();
    world.approve("secdef", "US.SecDef", number).unwrap();
}

fn reinstated(events: &[Event]) -> Vec<u64> {
    let mut found = Vec::new();
    for event in events {
        if let Event::Requests(Requests::ReleasesReinstated { releases, .. }) = event {
            found.extend(releases.iter().map(|release| release.0));
        }
    }
    found
}

#[test]
fn a_release_is_suspended_until_two_witnesses_have_seen_it() {
    let mut world = watched();
    let entry = world.entries() - 1;
    let waits = Suspension::Witnesses(EntryNumber(entry));
    assert_eq!(world.release(1).state, ReleaseState::Suspended);
    assert_eq!(world.release(1).causes, [waits].into());
    let terms = world.certificate(1, "UA.Depot-1", 2);
    let refused = world.certify("uadepot", terms).unwrap_err();
    assert_eq!(refused.code(), "requests/release-suspended");

    // A checkpoint without the entry, one witness, and the same witness twice are not enough.
    let too_few = "requests/too-few-witnesses";
    assert_eq!(world.witnessed(entry, &WITNESSES).unwrap_err().code(), too_few);
    assert_eq!(world.witnessed(entry + 1, &WITNESSES[..1]).unwrap_err().code(), too_few);
    let twice = [WITNESSES[0], WITNESSES[0]];
    assert_eq!(world.witnessed(entry + 1, &twice).unwrap_err().code(), too_few);
    assert_eq!(world.witnessed(entry + 1, &["nobody.example"]).unwrap_err().code(), too_few);

    let events = world.witnessed(entry + 1, &WITNESSES[1..]).unwrap();
    assert_eq!(reinstated(&events), [1]);
    assert_eq!(world.release(1).state, ReleaseState::Reinstated);
    let terms = world.certificate(1, "UA.Depot-1", 2);
    world.certify("uadepot", terms).unwrap();
}

#[test]
fn what_is_said_of_two_checkpoints_does_not_add_up() {
    let mut world = watched();
    let size = world.entries();
    for name in WITNESSES {
        let refused = world.witnessed(size, &[name]).unwrap_err();
        assert_eq!(refused.code(), "requests/too-few-witnesses");
    }
    assert_eq!(world.release(1).state, ReleaseState::Suspended);
}

#[test]
fn one_checkpoint_serves_all_releases_in_it_and_keeps_only_lines_that_count() {
    let mut world = watched();
    release(&mut world, 2);
    let before = world.entries();
    release(&mut world, 3);
    let names = ["nobody.example", WITNESSES[0], WITNESSES[2]];
    let events = world.witnessed(before, &names).unwrap();
    assert_eq!(reinstated(&events), [1, 2]);
    let Some(Event::Requests(Requests::CheckpointWitnessed { size, note })) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!(*size, before);
    assert!(note.contains(WITNESSES[0]) && !note.contains("nobody.example"), "{note}");
    assert_eq!(world.release(3).state, ReleaseState::Suspended);
}

#[test]
fn a_use_before_that_is_recorded_as_a_breach() {
    let mut world = watched();
    let (release, quantity, used_at) = (id("REL-1"), quantity(1), world.at);
    let zone = Some(id("RU.Kursk"));
    let report = Command::ReportUse { release, quantity, used_at, zone, note: String::new() };
    let events = world.run(Some("genstaff"), report).unwrap();
    let Some(Event::Requests(Requests::UseReported { breaches, .. })) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!(*breaches, [Breach::WhileSuspended]);
}

#[test]
fn another_version_decides_anew_who_must_have_seen_it() {
    // One that demands nobody lets it count; one that does holds up what counted.
    for (first, then, after) in
        [("watched", "open", ReleaseState::Reinstated), ("v4", "watched", ReleaseState::Suspended)]
    {
        let mut world = World::with(&[(first, "2024-05-30T00:00:00Z")]);
        world.awake_until(id("2025-06-02T09:00:00Z"));
        world.receive(30, "ATACMS", "UA", Some("UA.Depot-1")).unwrap();
        release(&mut world, 1);
        let from = world.at.plus_days(1).to_string();
        world.publish("board", then, &from, "re-evaluate").unwrap();
        world.awake_until(id(&from));
        if then == "watched" {
            // The version demands the Secretary's word anew, and then the witnesses'.
            world.approve("secdef", "US.SecDef", 1).unwrap();
        }
        assert_eq!(world.release(1).state, after, "{first} to {then}");
    }
}

#[test]
fn a_log_that_changed_its_key_is_believed_under_both() {
    for early in [true, false] {
        let mut world = watched();
        let size = world.entries();
        let next = LogKey::from_seed(ORIGIN, [79; 32]).unwrap();
        let mut rotation = world.rotation("board", 1).unwrap();
        rotation.log_key = Digest(next.verifier().public_key());
        let statements = vec![world.sign("board", &rotation)];
        world.run(None, ledger::Command::RotateLogKey { statements }).unwrap();
        let log = if early { log_key() } else { next };
        let events = world.show_note(cosigned_by(&log, size, &WITNESSES)).unwrap();
        assert_eq!(reinstated(&events), [1]);
    }
}

#[test]
fn it_replays_to_the_same_state() {
    let mut world = watched();
    let _ = world.witnessed(0, &WITNESSES);
    world.witnessed(world.entries(), &WITNESSES).unwrap();
    let mut again = countersign_core::State::default();
    for body in &world.bodies {
        record::replay(&mut again, &record::read(body).unwrap());
    }
    assert_eq!(record::snapshot(&again).unwrap(), record::snapshot(&world.state).unwrap());
    assert_eq!(again.ledger.entries, world.entries());
}

#[test]
fn nobody_need_be_asked_where_nothing_waits() {
    let mut world = World::new();
    let note = cosigned_by(&log_key(), world.entries(), &WITNESSES);
    let refused = world.run(None, Command::RecordCosignatures { note: Box::new(note) });
    assert_eq!(refused.unwrap_err().code(), "requests/nothing-awaits-witnesses");
}

//! The ledger itself: what a charter must hold, and which statements may still be signed.
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

use countersign_core::ledger::{Calendar, Charter};
use countersign_core::{ledger, requests};
use countersign_proof::statement::kinds::{Decision, Hold};
use countersign_proof::words::{Digest, HoldScope, Moment, RequestId, Revision};
use world::{STORY, World, charter, draft, id};

fn fault(change: impl FnOnce(&mut Charter)) -> String {
    let mut changed = charter(STORY);
    change(&mut changed);
    changed.check().expect_err("a fault").to_string()
}

#[test]
fn a_charter_that_does_not_hold_names_its_fault() {
    assert_eq!(charter(STORY).check(), Ok(()));
    let said = fault(|c| c.parties.push(c.parties[0].clone()));
    assert_eq!(said, "party US is given twice");
    let said = fault(|c| c.offices[0].party = id("XX"));
    assert_eq!(said, "US.SecDef names the party XX, which is not declared");
    let said = fault(|c| c.offices[0].quorum = 2);
    assert!(said.contains("personal"), "{said}");
    let said = fault(|c| c.inputs[1].needs = [id("us-components")].into());
    assert_eq!(said, "input us-components depends on itself");
    let said = fault(|c| c.zones[0].within = Some(id("RU.Kursk")));
    assert!(said.contains("depends on itself"), "{said}");
    let said = fault(|c| c.policies.swap(0, 1));
    assert!(said.contains("oldest first"), "{said}");
    let said = fault(|c| c.policies.clear());
    assert!(said.contains("at least one"), "{said}");
}

/// An origin must be one that a browser would report; otherwise no passkey could ever match it.
#[test]
fn where_signatures_may_come_from_stands_in_the_charter() {
    let origin = |origin: &str| fault(|c| c.signing.origins.extend([origin.to_owned()]));
    for (written, says) in [
        ("ledger.example", "neither https:// nor http://"),
        ("http://ledger.example", "is not secure"),
        ("https://", "no host"),
        ("https://Ledger.example", "small letters"),
        ("https://ledger.example/", "a path"),
        ("https://ledger..example", "no host"),
        ("https://-ledger.example", "no host"),
        ("https://ledger.example:0", "no port"),
        ("https://ledger.example:08600", "no port"),
        ("https://ledger.example:65536", "no port"),
        ("https://ledger.example:443", "leave :443 out"),
        ("http://localhost:80", "leave :80 out"),
        ("https://ledger.example:8600/desk", "no port"),
    ] {
        let said = origin(written);
        assert!(said.contains(says), "{written}: {said}");
    }
    for good in ["https://a.b-c.example:8443", "http://localhost", "https://localhost:1"] {
        let mut charter = charter(STORY);
        charter.signing.origins.insert(good.to_owned());
        assert_eq!(charter.check(), Ok(()), "{good}");
    }
    for application in ["", "a b", "zoë", &"x".repeat(254)] {
        let said = fault(|c| c.signing.applications.extend([application.to_owned()]));
        assert!(said.contains("1 to 253 visible"), "{said}");
    }
    let rules = World::new().state.ledger.signature_rules();
    assert_eq!(rules, charter(STORY).signing.rules());
    assert!(rules.origins.contains("https://ledger.example"));
}

#[test]
fn a_door_declares_its_script_and_the_last_one_counts() {
    let mut world = World::new();
    let mut open = |origin: &str, script: &[u8]| {
        let (origin, script) = (origin.to_owned(), Digest::of(script));
        world.run(None, ledger::Command::OpenDoor { origin, script }).unwrap();
    };
    open("https://ledger.example", b"one");
    open("http://localhost:8600", b"one");
    open("https://ledger.example", b"two");
    let doors = [("http://localhost:8600", b"one"), ("https://ledger.example", b"two")];
    let doors = doors.map(|(origin, script)| (origin.to_owned(), Digest::of(script)));
    assert_eq!(world.state.ledger.doors, doors.into());
}

#[test]
fn two_people_cannot_share_a_key() {
    let said = fault(|c| c.keys[1].public_key = c.keys[0].public_key.clone());
    assert!(said.starts_with("key SHA256:") && said.ends_with("is given twice"), "{said}");
}

#[test]
fn a_personal_office_has_one_incumbent_at_a_time() {
    let said = fault(|c| {
        let mut second = c.incumbencies[0].clone();
        second.person = id("newsec");
        c.incumbencies.push(second);
    });
    assert_eq!(said, "US.SecDef is filled twice over the same span");
    let said = fault(|c| c.incumbencies[0].span.until = c.incumbencies[0].span.from);
    assert_eq!(said, "the term of secdef at US.SecDef is empty");
    // Others may be held by several, each of them once.
    let said = fault(|c| {
        let again = c.incumbencies.iter().find(|term| term.person == id("mod1")).unwrap().clone();
        c.incumbencies.push(again);
    });
    assert_eq!(said, "GB.MoD is filled twice over the same span");
}

#[test]
fn a_request_is_never_due_to_lapse_before_its_reminder() {
    let said = fault(|c| c.calendar.remind_after = c.calendar.decide_within + 1);
    assert!(said.contains("first comes the reminder"), "{said}");
}

#[test]
fn a_founder_signs_with_a_key_that_is_still_good() {
    let mut expired = charter(STORY);
    for key in expired.keys.iter_mut().filter(|key| key.person == id("board")) {
        key.expires_on = id("2025-01-01T00:00:00Z");
    }
    let rejection = World::unfounded().found(expired, &["registrar", "board"]).unwrap_err();
    assert_eq!(rejection, ledger::Rejection::FoundersMissing { have: 1, need: 2 }.into());
}

#[test]
fn working_days_come_to_an_end_with_the_calendar() {
    let last = Moment::LAST.date();
    let holidays = [last].into();
    let calendar = Calendar { holidays, ..Calendar::default() };
    assert_eq!(calendar.end_of_working_day(Moment::LAST, 3), last.start());
    assert_eq!(calendar.working_days_between(last.start(), Moment::LAST), 0);
    // A Thursday in an ordinary week: Friday is the first working day, Monday the second.
    let calendar = Calendar::default();
    let thursday = id("2025-06-05T12:00:00Z");
    assert_eq!(calendar.end_of_working_day(thursday, 2), id("2025-06-10T00:00:00Z"));
    assert_eq!(calendar.working_days_between(thursday, id("2025-06-10T00:00:00Z")), 2);
    assert_eq!(calendar.working_days_between(thursday, id("2025-06-09T23:59:59Z")), 1);
}

#[test]
fn a_statement_counts_once_also_within_one_command() {
    let mut world = World::new();
    let subject = ledger::subject_of::<Hold>(None);
    let binding = world.binding("depsecdef", subject).unwrap();
    let hold = Hold {
        scope: HoldScope::All,
        office: id("US.DepSecDef"),
        signer: id("depsecdef"),
        binding,
        reason: String::new(),
    };
    let twice = vec![world.sign("depsecdef", &hold), world.sign("depsecdef", &hold)];
    let command = requests::Command::PlaceHold { statements: twice };
    let rejection = world.run(None, command).unwrap_err();
    assert_eq!(rejection, ledger::Rejection::NonceReplayed.into());
    let once = vec![world.sign("depsecdef", &hold)];
    world.run(None, requests::Command::PlaceHold { statements: once }).unwrap();
}

#[test]
fn a_statement_is_made_after_the_revision_that_it_is_about() {
    let mut world = World::new();
    world.receive(5, "ATACMS", "UA", None).unwrap();
    let ask = |world: &mut World, request, revision| {
        let request = Some((RequestId(request), Revision(revision)));
        let subject = ledger::subject_of::<Decision>(request);
        world.binding("secdef", subject).map_err(|rejection| rejection.code())
    };
    assert_eq!(ask(&mut world, 1, 1).unwrap_err(), "requests/unknown-request");
    let window = world.days(5).to_string();
    world.submit("genstaff", draft("use", 2, "STORM-SHADOW", "RU.Kursk", &window)).unwrap_err();
    world.receive(5, "STORM-SHADOW", "UA", None).unwrap();
    world.submit("genstaff", draft("use", 2, "STORM-SHADOW", "RU.Kursk", &window)).unwrap();
    assert_eq!(ask(&mut world, 1, 2).unwrap_err(), "requests/stale-revision");
    ask(&mut world, 1, 1).unwrap();
}

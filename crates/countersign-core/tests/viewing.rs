//! Who may see what: by the policies on `view` of the version in force, asked for every office that
//! a person speaks for.
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

use countersign_core::requests::Command;
use countersign_core::viewing::Matter;
use countersign_proof::entry::Label;
use countersign_proof::words::RequestId;
use world::{Appointing, STORY, World, draft, id};

/// Under v4, with a request of UA for an item of GB that needs an input of the US.
fn asked(versions: &[(&str, &str)]) -> World {
    let mut world = World::with(versions);
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(20, "STORM-SHADOW", "UA", None).unwrap();
    world.receive(20, "FLAMINGO", "UA", None).unwrap();
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("use", 4, "STORM-SHADOW", "RU.Kursk", &window)).unwrap();
    world
}

/// What a person may see of a matter: `p` parties, `d` deliberation, `i` identity.
fn seen(world: &World, person: &str, matter: &Matter<'_>) -> String {
    let letters = [(Label::Parties, 'p'), (Label::Deliberation, 'd'), (Label::Identity, 'i')];
    let may = |label| world.state.may_view(&id(person), matter, label);
    letters.into_iter().filter(|(label, _)| may(*label)).map(|(_, letter)| letter).collect()
}

fn seen_of_request(world: &World, person: &str) -> String {
    seen(world, person, &Matter::Request(world.request(1)))
}

fn sees(world: &World, person: &str) -> bool {
    world.state.may_see(world.request(1), &id(person))
}

#[test]
fn a_request_is_seen_by_whom_it_concerns_and_who_is_consulted() {
    let world = asked(STORY);
    for (person, expected) in [
        // The holder's own.
        ("genstaff", "pi"),
        ("genstaff2", "pi"),
        ("uadepot", "pi"),
        // Named in the approval set.
        ("secdef", "pdi"),
        ("mod1", "pdi"),
        // A reviewer.
        ("usdp", "pdi"),
        // Of a controller, without a say.
        ("saceur", "pi"),
        ("usdepot", "pi"),
        // Oversight.
        ("ig", "pdi"),
        // Neither.
        ("registrar", "i"),
        // Without an office.
        ("outsider", ""),
        ("nobody", ""),
    ] {
        assert_eq!(seen_of_request(&world, person), expected, "{person}");
        assert_eq!(sees(&world, person), expected.contains('p'), "{person}");
    }
}

#[test]
fn a_transfer_concerns_its_recipient() {
    let mut world = asked(STORY);
    let window = world.days(20).to_string();
    world.submit("genstaff", draft("transfer", 1, "FLAMINGO", "", &window)).unwrap();
    let (use_at_home, transfer) = (Matter::Request(world.request(1)), world.request(2));
    assert_eq!(transfer.draft.recipient, Some(id("GB")));
    assert_eq!(seen(&world, "mod1", &Matter::Request(transfer)), "pi");
    assert_eq!(seen(&world, "saceur", &Matter::Request(transfer)), "i");
    assert_eq!(seen(&world, "saceur", &use_at_home), "pi");
}

#[test]
fn who_stepped_back_sees_nothing_of_it_any_more() {
    let mut world = asked(STORY);
    let reason = String::new();
    world.run(Some("mod1"), Command::Recuse { request: RequestId(1), reason }).unwrap();
    assert_eq!(seen_of_request(&world, "mod1"), "");
    assert!(!sees(&world, "mod1"));
    assert_eq!(seen_of_request(&world, "mod2"), "pdi");
    // Of other matters they see what they saw.
    assert_eq!(seen(&world, "mod1", &Matter::Item(&id("STORM-SHADOW"))), "pi");
}

#[test]
fn who_asked_sees_their_request_without_an_office() {
    let mut world = asked(STORY);
    let end = Appointing {
        change: "end",
        person: "genstaff",
        office: "UA.GenStaff",
        deputy_of: None,
        acts: "",
        span: &format!("{}/{}", world.at, world.at.plus_minutes(1)),
    };
    world.appoint("registrar", "PR.Registrar", end).unwrap();
    world.awake_until(world.at.plus_minutes(2));
    world.receive(1, "FLAMINGO", "UA", None).unwrap();
    assert_eq!(seen_of_request(&world, "genstaff"), "");
    assert!(sees(&world, "genstaff"));
}

#[test]
fn a_deputy_sees_what_the_office_sees() {
    let mut world = asked(STORY);
    assert_eq!(seen_of_request(&world, "deputy"), "");
    let begin = Appointing {
        change: "appoint",
        person: "deputy",
        office: "GB.MoD",
        deputy_of: Some("mod1"),
        acts: "use",
        span: &world.days(30).to_string(),
    };
    world.appoint("registrar", "PR.Registrar", begin).unwrap();
    assert_eq!(seen_of_request(&world, "deputy"), "pdi");
}

/// The version in force says who may see; which approvals are asked for, the request's own.
#[test]
fn an_office_that_has_signed_stays_consulted() {
    let mut world = asked(STORY);
    let window = "2025-06-02T09:00:00Z/2025-12-20T00:00:00Z";
    let revise = Command::ReviseRequest {
        request: RequestId(1),
        revision: world.request(1).revision,
        draft: draft("use", 4, "STORM-SHADOW", "RU.Kursk", window),
        justification: String::new(),
    };
    world.run(Some("genstaff"), revise).unwrap();
    for (key, office) in [("secdef", "US.SecDef"), ("mod1", "GB.MoD"), ("mod2", "GB.MoD")] {
        world.approve(key, office, 1).unwrap();
    }
    assert_eq!(seen_of_request(&world, "saceur"), "pi");
    // v5: another office decides for the US, and the release is judged anew.
    world.awake_until(id("2025-10-23T09:00:00Z"));
    world.receive(1, "FLAMINGO", "UA", None).unwrap();
    assert_eq!(world.request(1).policy, id("v5"));
    assert_eq!(seen_of_request(&world, "saceur"), "pdi");
    assert_eq!(seen_of_request(&world, "secdef"), "pdi");
}

#[test]
fn items_books_and_the_programme_are_matters_too() {
    let world = asked(&[("shortage", "2024-05-30T00:00:00Z")]);
    let item = |name: &str, person: &str| seen(&world, person, &Matter::Item(&id(name)));
    // UA has some, GB made it, the US control an input, and GB's ministry may set its class.
    assert_eq!(item("STORM-SHADOW", "uadepot"), "pi");
    assert_eq!(item("STORM-SHADOW", "mod1"), "pdi");
    assert_eq!(item("STORM-SHADOW", "usdepot"), "pi");
    // The US neither make nor hold it, nor is any of it promised to them.
    assert_eq!(item("FLAMINGO", "usdepot"), "i");
    assert_eq!(item("FLAMINGO", "usdp"), "pdi");
    assert_eq!(item("NOTHING", "uadepot"), "i");
    let books = |party: &str, person: &str| seen(&world, person, &Matter::Books(&id(party)));
    assert_eq!(books("UA", "uadepot"), "pi");
    assert_eq!(books("UA", "usdepot"), "i");
    assert_eq!(books("US", "usdepot"), "pi");
    assert_eq!(books("UA", "ig"), "pdi");
    let programme = |person: &str| seen(&world, person, &Matter::Programme);
    assert_eq!(programme("uadepot"), "pi");
    // The board publishes; the Deputy Secretary and the Ministry may place holds.
    for person in ["board", "depsecdef", "mod1", "ig"] {
        assert_eq!(programme(person), "pdi", "{person}");
    }
    assert_eq!(programme("secdef"), "pi");
    assert_eq!(programme("outsider"), "");
}

/// A version that says nothing of viewing lets nobody see but those who asked.
#[test]
fn what_policy_does_not_permit_is_not_seen() {
    let world = asked(&[("blind", "2024-05-30T00:00:00Z")]);
    for person in ["secdef", "ig", "genstaff2"] {
        assert_eq!(seen_of_request(&world, person), "", "{person}");
        assert!(!sees(&world, person), "{person}");
    }
    assert!(sees(&world, "genstaff"));
}

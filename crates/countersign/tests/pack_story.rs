//! The story of the shipped pack, run against the rules: every act comes to what it says.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "pack_story/teller.rs"]
mod teller;

use countersign::pack::story::Deed;
use countersign::pack::{FoundingPolicies, Pack};
use countersign_core::requests::ReleaseState;
use std::collections::BTreeSet;
use std::path::PathBuf;
use teller::Teller;

fn shipped() -> Pack {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025");
    Pack::load(&dir).unwrap_or_else(|faults| {
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    })
}

#[test]
fn every_act_comes_to_what_it_says() {
    let wrong = surprises(&shipped());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The acts that do not come to what they say, by line.
fn surprises(pack: &Pack) -> Vec<String> {
    let story = pack.story.as_ref().unwrap();
    let mut teller = Teller::found(pack, FoundingPolicies::InForce);
    let mut wrong = Vec::new();
    for act in &story.acts {
        let came_to = teller.play(act);
        let expected = act.refused.unwrap_or("ok");
        if came_to != expected {
            let word = act.deed.word();
            wrong.push(format!("line {}: {word} came to {came_to}, not {expected}", act.line));
        }
    }
    wrong
}

#[test]
fn an_act_that_comes_to_something_else_is_found_out() {
    let mut pack = shipped();
    let acts = &mut pack.story.as_mut().unwrap().acts;
    let refused = acts.iter_mut().find(|act| act.refused.is_some()).unwrap();
    refused.refused = None;
    let suspended = acts.iter_mut().find_map(|act| match &mut act.deed {
        Deed::Observe { release, .. } if *release == Some(ReleaseState::Suspended) => Some(release),
        _ => None,
    });
    *suspended.unwrap() = Some(ReleaseState::Issued);
    let breached = acts.iter_mut().find_map(|act| match &mut act.deed {
        Deed::Use(draw) if !draw.breaches.is_empty() => Some(draw),
        _ => None,
    });
    breached.unwrap().breaches.clear();
    assert_eq!(surprises(&pack).len(), 3, "{:?}", surprises(&pack));
}

#[test]
fn it_shows_what_it_is_meant_to_show() {
    let pack = shipped();
    let acts = &pack.story.as_ref().unwrap().acts;
    let refusals: BTreeSet<&str> = acts.iter().filter_map(|act| act.refused).collect();
    for code in [
        "requests/prohibited-by-policy",
        "requests/not-admitted",
        "requests/under-hold",
        "requests/office-has-no-say",
        "requests/signer-recused",
        "requests/request-closed",
        "people/key-of-another",
        "people/personal-office",
        "people/term-ended",
        "ledger/nonce-replayed",
        "policy/consent-missing",
    ] {
        assert!(refusals.contains(code), "no act shows {code}");
    }
    let published: Vec<String> = acts
        .iter()
        .filter(|act| act.refused.is_none())
        .filter_map(|act| match &act.deed {
            Deed::Publish { version, .. } => Some(version.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(published, ["v2", "v3", "v4", "v5"]);
}

//! What a door offers, held against what the ledger does: on a request in every state, every action
//! of every role is offered or not, and then really tried, signed with the person's own key, on a
//! copy of the state. Both must agree, to the code.
//!
//! `tests/actions/matrix.txt` is the whole of it, to be read by a person; `COUNTERSIGN_UPDATE=1`
//! writes it anew.

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

#[path = "actions/scene.rs"]
mod scene;

use countersign::actions::{Action, Offer, on_request};
use scene::{ROLES, Scene, scenes};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// An offer in words: its action, and the office where it is done for one.
fn words(offer: &Offer) -> String {
    let office = offer.office.as_ref().map(|office| format!(" for {office}"));
    format!("{}{}", offer.action, office.unwrap_or_default())
}

/// The code of an offer; empty where the action is allowed.
fn code(offer: &Offer) -> String {
    offer.refused.as_ref().map_or_else(String::new, |refused| refused.code.clone())
}

/// What is offered to a role, by what the ledger says to it.
fn section(scene: &Scene, person: &str, text: &mut String) {
    let authority = scene.authority(person);
    let offers = on_request(&scene.state, scene.request(), &authority);
    let mut by_code: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for offer in &offers {
        let really = scene.really(person, offer.action, offer.office.as_ref());
        assert_eq!(code(offer), really.unwrap_or_default(), "{person}: {}", words(offer));
        by_code.entry(code(offer)).or_default().push(words(offer));
    }
    for (code, actions) in by_code {
        let code = if code.is_empty() { "allowed" } else { &code };
        writeln!(text, "    {code}: {}", actions.join(", ")).unwrap();
    }
    // Nothing that could be done is left out.
    let offered: BTreeSet<(Action, Option<String>)> = offers
        .iter()
        .map(|offer| (offer.action, offer.office.as_ref().map(ToString::to_string)))
        .collect();
    assert_eq!(offered.len(), offers.len());
    assert_eq!(offered, expected(scene, person));
}

/// Every action there is, those for an office once for each.
fn expected(scene: &Scene, person: &str) -> BTreeSet<(Action, Option<String>)> {
    let offices = ROLES.iter().find(|role| role.person == person).unwrap().offices;
    let mut all = BTreeSet::new();
    for action in Action::ALL {
        match action {
            Action::Advise | Action::Approve | Action::Refuse | Action::Ask | Action::TakeBack => {
                all.extend(offices.iter().map(|office| (*action, Some((*office).to_owned()))));
            }
            Action::ReportUse | Action::Surrender if scene.request().release.is_none() => {}
            Action::Revise
            | Action::Withdraw
            | Action::Answer
            | Action::Recuse
            | Action::DeclareInterest
            | Action::ReportUse
            | Action::Surrender => {
                all.insert((*action, None));
            }
        }
    }
    all
}

#[test]
fn what_is_offered_is_what_the_ledger_does() {
    let mut text = String::from(
        "What the ledger says to every action on a request, by where the request stands and by\n\
         who acts. Written by `cargo test --test actions`, which tries each of them.\n",
    );
    for (name, scene) in scenes() {
        let request = scene.request();
        let release = request.release.and_then(|id| scene.state.requests.release(id));
        let release = release.map(|release| format!(", its release {}", release.state));
        let (state, release) = (request.state, release.unwrap_or_default());
        writeln!(text, "\n{name}: the request is {state}{release}").unwrap();
        for role in ROLES {
            writeln!(text, "\n  {} ({})", role.name, role.offices.join(", ")).unwrap();
            section(&scene, role.person, &mut text);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions/matrix.txt");
    if std::env::var_os("COUNTERSIGN_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(kept, now)| kept != now);
    assert!(
        kept == text,
        "tests/actions/matrix.txt, first in line {:?}; COUNTERSIGN_UPDATE=1 writes it anew",
        differs.map(|line| line + 1)
    );
}

/// Every state of a request and of a release is among the scenes.
#[test]
fn no_state_is_left_out() {
    let scenes = scenes();
    let states: BTreeSet<String> =
        scenes.iter().map(|(_, scene)| scene.request().state.to_string()).collect();
    let all = [
        "submitted",
        "under review",
        "information requested",
        "approved",
        "refused",
        "withdrawn",
        "superseded",
        "lapsed",
    ];
    assert_eq!(states, all.map(str::to_owned).into());
    let releases: BTreeSet<String> = scenes
        .iter()
        .filter_map(|(_, scene)| {
            let release = scene.state.requests.release(scene.request().release?)?;
            Some(release.state.to_string())
        })
        .collect();
    let all =
        ["issued", "suspended", "reinstated", "exhausted", "expired", "revoked", "surrendered"];
    assert_eq!(releases, all.map(str::to_owned).into());
}

/// A software key gives no user verification; where policy refuses it, so does the offer, unless a
/// key is enrolled that gives it.
#[test]
fn the_key_at_hand_counts() {
    let told = |passkey: bool| {
        let scene = Scene::red(passkey);
        let offers = on_request(&scene.state, scene.request(), &scene.authority("P-7K2A"));
        let approve = offers.into_iter().find(|offer| offer.action == Action::Approve).unwrap();
        let really = scene.really("P-7K2A", Action::Approve, approve.office.as_ref());
        (code(&approve), really.unwrap())
    };
    let refused = "requests/key-only-signature".to_owned();
    assert_eq!(told(false), (refused.clone(), refused.clone()));
    assert_eq!(told(true), (String::new(), refused));
}

//! What is taken for granted of every request: what the host has seen to before it asks. Without
//! it a solver would find requests that cannot be: a zone outside the zone it lies in, a quantity
//! below zero, an item controlled by nobody.

use super::super::{Compiled, PROGRAMME};
use super::condition::{BEFORE, DERIVED, MORE, decides};
use super::terms::{
    all, among, any, attribute, between, binary, contains, context, entity, equal, has, implies,
    just, not, value, var, where_given, within,
};
use crate::policy::World;
use countersign_proof::entry::Label;
use countersign_proof::words::{Act, Moment, OfficeId, PartyId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The most units of anything in a counterexample.
const UNITS_MAX: i64 = 1_000_000;
/// The longest range in a counterexample, in km.
const RANGE_MAX: i64 = 100_000;
/// A request in a counterexample is made before this moment.
const LATEST: &str = "2200-01-01";

/// A version whose derived sets appear in the condition.
pub(super) struct Side<'a> {
    compiled: &'a Compiled,
    suffix: &'static str,
}

impl<'a> Side<'a> {
    pub(super) fn plain(compiled: &'a Compiled) -> Self {
        Self { compiled, suffix: "" }
    }

    pub(super) fn before(compiled: &'a Compiled) -> Self {
        Self { compiled, suffix: BEFORE }
    }
}

/// That more offices have consented than before, and only such as there are.
pub(super) fn more_consent(world: &World) -> Value {
    all([
        within(context("approvals"), context(MORE)),
        among(context(MORE), offices(world.offices.keys())),
    ])
}

/// Everything that is taken for granted for an act from a moment on.
pub(super) fn assumed(act: Act, sides: &[Side<'_>], from: Moment) -> Vec<Value> {
    let Some(side) = sides.first() else { return Vec::new() };
    let world = side.compiled.world();
    let mut parts = vec![
        among(context("approvals"), offices(world.offices.keys())),
        equal(context("exercise"), value(side.compiled.exercise)),
        binary(">=", context("now"), datetime(&from.to_string())),
        binary("<", context("now"), datetime(LATEST)),
    ];
    match act {
        Act::Use | Act::Deliver | Act::Transfer | Act::Divert | Act::Admit | Act::Override => {
            parts.extend(item_facts(act, world));
            parts.extend(sides.iter().flat_map(|side| item_sets(act, side)));
        }
        Act::Appoint | Act::View => {
            let subject = if act == Act::View { "principal" } else { "resource" };
            parts.push(one_of(&var(subject), "Office", world.offices.keys().map(OfficeId::as_str)));
            parts.extend(sides.iter().map(|side| office_sets(act, side, subject)));
            if act == Act::View {
                parts.push(words(&context("label"), Label::ALL.iter().map(|label| label.as_str())));
            }
        }
        Act::Publish | Act::Suspend => {
            parts.extend(sides.iter().map(|side| programme_sets(act, side)));
        }
    }
    if matches!(act, Act::Appoint | Act::View | Act::Suspend) {
        parts.push(not(context("proved")));
    }
    parts
}

fn datetime(text: &str) -> Value {
    json!({ "datetime": [{ "Value": text }] })
}

fn offices<'a>(offices: impl IntoIterator<Item = &'a OfficeId>) -> Vec<Value> {
    offices.into_iter().map(|office| entity("Office", office.as_str())).collect()
}

fn one_of<'a>(what: &Value, kind: &str, ids: impl Iterator<Item = &'a str>) -> Value {
    any(ids.map(|id| equal(what.clone(), entity(kind, id))))
}

fn words<'a>(what: &Value, words: impl IntoIterator<Item = &'a str>) -> Value {
    any(words.into_iter().map(|word| equal(what.clone(), value(word))))
}

fn item_facts(act: Act, world: &World) -> Vec<Value> {
    let parties = || world.parties.iter().map(PartyId::as_str);
    let resource = || var("resource");
    let origin = attribute(resource(), "origin");
    let mut parts = vec![
        one_of(&context("holder"), "Holder", parties()),
        if act == Act::Override {
            equal(var("principal"), entity("Programme", PROGRAMME))
        } else {
            equal(var("principal"), context("holder"))
        },
        one_of(&origin, "Party", parties()),
        equal(context("class"), attribute(resource(), "class")),
        words(&context("class"), ["green", "yellow", "red", "unknown"]),
        between(&context("quantity"), 1, UNITS_MAX),
        between(&context("released_total"), 0, UNITS_MAX),
        between(&context("used_total"), 0, UNITS_MAX),
        where_given(resource(), "range_km", |range| between(&range, 0, RANGE_MAX)),
        zones(act, world),
        requested(act),
        recipient(act, world),
        preconditions(act),
    ];
    parts.extend(world.parties.iter().map(|party| controls(party, world)));
    for (id, input) in &world.inputs {
        let under = binary("in", resource(), entity("Input", id.as_str()));
        for need in &input.needs {
            let deeper = binary("in", resource(), entity("Input", need.as_str()));
            parts.push(implies(under.clone(), deeper));
        }
    }
    parts
}

/// A party controls the item just where it is its origin or controls one of its inputs.
fn controls(party: &PartyId, world: &World) -> Value {
    let lies_in = |kind: &str, id: &str| binary("in", var("resource"), entity(kind, id));
    let controlled = world.inputs.iter().filter(|(_, input)| input.controller == *party);
    let by_input = controlled.map(|(id, _)| lies_in("Input", id.as_str()));
    let origin = equal(attribute(var("resource"), "origin"), entity("Party", party.as_str()));
    equal(lies_in("Party", party.as_str()), any(by_input.chain([origin])))
}

/// One zone with every zone it lies in, or none where the act names none.
fn zones(act: Act, world: &World) -> Value {
    let none = (act != Act::Use).then(BTreeSet::new);
    let chains = world.zones.keys().filter_map(|zone| world.zone_with_ancestors(zone).ok());
    any(chains.chain(none).map(|chain| {
        let chain = chain.iter().map(|zone| entity("Zone", zone.as_str()));
        just(context("zones"), chain.collect())
    }))
}

fn requested(act: Act) -> Value {
    let acts = Act::ALL
        .iter()
        .filter(|asked| if act == Act::Admit { asked.can_be_requested() } else { **asked == act });
    words(&context("requested"), acts.map(|act| act.as_str()))
}

fn recipient(act: Act, world: &World) -> Value {
    let given = has(var("context"), "recipient");
    let parties = world.parties.iter().map(PartyId::as_str);
    let known =
        any(parties
            .map(|id| all([given.clone(), equal(context("recipient"), entity("Party", id))])));
    let needed = act == Act::Transfer;
    if needed { known } else { any([not(given), known]) }
}

fn preconditions(act: Act) -> Value {
    let days = context("notice_days");
    if act == Act::Divert {
        return between(&days, 0, i64::from(u16::MAX));
    }
    all([not(context("certified")), not(context("replaced")), equal(days, value(0))])
}

/// The sets that a version derives for a question about an item.
fn item_sets(act: Act, side: &Side<'_>) -> Vec<Value> {
    let bundle = side.compiled.bundle();
    let [foreign, origin, _] = DERIVED.map(|name| context(&format!("{name}{}", side.suffix)));
    let mut parts = Vec::new();
    let mut deciding = Vec::new();
    for party in &side.compiled.world().parties {
        let Some(office) = decides(bundle, party, act) else { continue };
        deciding.push(office);
        let office = || entity("Office", office.as_str());
        let this = || entity("Party", party.as_str());
        let theirs = equal(context("holder"), entity("Holder", party.as_str()));
        let controls = binary("in", var("resource"), this());
        let counts = all([controls, not(theirs)]);
        parts.push(equal(contains(foreign.clone(), office()), counts));
        let from_there = equal(attribute(var("resource"), "origin"), this());
        parts.push(equal(contains(origin.clone(), office()), from_there));
    }
    parts.push(among(foreign, offices(deciding.iter().copied())));
    parts.push(among(origin, offices(deciding)));
    parts
}

/// The deciding office of the party that the office asked about belongs to.
fn office_sets(act: Act, side: &Side<'_>, subject: &str) -> Value {
    let (bundle, world) = (side.compiled.bundle(), side.compiled.world());
    let deciding = context(&format!("deciding{}", side.suffix));
    let each = world.offices.iter().map(|(office, party)| {
        let asked = equal(var(subject), entity("Office", office.as_str()));
        let set = offices(decides(bundle, party, act));
        implies(asked, just(deciding.clone(), set))
    });
    all(each)
}

/// The deciding offices of every party that names one.
fn programme_sets(act: Act, side: &Side<'_>) -> Value {
    let bundle = side.compiled.bundle();
    let deciding = bundle.deciding.keys().filter_map(|party| decides(bundle, party, act));
    just(context(&format!("deciding{}", side.suffix)), offices(deciding))
}

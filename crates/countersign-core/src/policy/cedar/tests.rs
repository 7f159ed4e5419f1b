//! What the checks keep out, put in behind their back: it must refuse all the same.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::{
    ItemQuestion, KeyOnlyRule, PolicyError, Preconditions, Question, Subject, Totals, World,
};
use super::{Compiled, PolicyBundle};
use crate::stock::{Item, ItemClass};
use cedar_policy::{Policy, PolicyId};
use countersign_proof::words::{Act, Moment, PartyId, Quantity, Standing};
use std::collections::{BTreeMap, BTreeSet};

fn compiled() -> Compiled {
    let open = "@id(\"open\") permit (principal, action == Action::\"admit\", resource);";
    let bundle = PolicyBundle {
        version: "v1".parse().unwrap(),
        data_shape: 1,
        deciding: BTreeMap::new(),
        key_only: KeyOnlyRule::RefuseRed,
        policies: BTreeMap::from([("open.cedar".to_owned(), open.to_owned())]),
        properties: BTreeMap::new(),
        witnesses: None,
    };
    let party: PartyId = "UA".parse().unwrap();
    let world = World {
        parties: [party.clone()].into(),
        offices: [("UA.GenStaff".parse().unwrap(), party)].into(),
        ..World::default()
    };
    Compiled::compile(&bundle, &world, false).unwrap()
}

/// Asks about admitting units, with one more policy among those of the act.
fn ask_with(policy: &str, approvals: &[&str]) -> Result<bool, PolicyError> {
    let mut compiled = compiled();
    let slice = compiled.acts.get_mut(&Act::Admit).unwrap();
    slice.set.add(Policy::parse(Some(PolicyId::new("bad")), policy).unwrap()).unwrap();
    let holder: PartyId = "UA".parse().unwrap();
    let item = Item {
        id: "FLAMINGO".parse().unwrap(),
        title: "Flamingo".to_owned(),
        origin: holder.clone(),
        inputs: BTreeSet::new(),
        class: ItemClass::unknown(),
        range_km: None,
        labels: BTreeSet::new(),
        packs: [].into(),
        serial: false,
        source: "test".to_owned(),
        standing: Standing::Assumed,
    };
    let question = Question {
        act: Act::Admit,
        subject: Subject::Item(ItemQuestion {
            holder: &holder,
            item: &item,
            zone: None,
            quantity: Quantity::new(1_000).unwrap(),
            recipient: None,
            requested: Act::Deliver,
            totals: Totals::default(),
            preconditions: Preconditions::default(),
        }),
        now: Moment::from_millis(0).unwrap(),
        key_only: false,
        exercise: false,
    };
    let approvals = approvals.iter().map(|office| office.parse().unwrap()).collect();
    let satisfied = compiled.satisfied(&question, &approvals);
    if approvals.is_empty() {
        assert_eq!(compiled.verdict(&question).is_err(), satisfied.is_err());
    }
    satisfied
}

#[test]
fn a_policy_that_fails_refuses_where_cedar_would_skip_it() {
    let harmless = "forbid (principal, action, resource) when { resource.class == \"red\" };";
    assert_eq!(ask_with(harmless, &[]), Ok(true));
    for failing in [
        "forbid (principal, action, resource) when { resource.range_km > 100 };",
        "forbid (principal, action, resource) when { resource.class.length > 100 };",
        "forbid (principal, action, resource) when { Item::\"ATACMS\".class == \"red\" };",
        "permit (principal, action, resource) when { 9223372036854775807 + 1 > 0 };",
    ] {
        let refused = ask_with(failing, &[]);
        assert!(matches!(refused, Err(PolicyError::Evaluation { .. })), "{failing} {refused:?}");
    }
}

#[test]
fn a_policy_that_reads_what_was_left_out_refuses() {
    let reads = "forbid (principal, action, resource) when { context.quantity > 10 };";
    for approvals in [&[][..], &["UA.GenStaff"]] {
        let refused = ask_with(reads, approvals);
        assert!(matches!(refused, Err(PolicyError::Evaluation { .. })), "{refused:?}");
    }
}

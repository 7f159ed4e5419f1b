//! A small programme to audit: three offices, two items, three policy versions.

use countersign_core::charter::{Charter, CharterPolicy};
use countersign_core::history::{Fact, MatterNo, OfficeNo, PersonNo, Span, What};
use countersign_core::ledger::Calendar;
use countersign_core::people::{Office, Party};
use countersign_core::policy::{DATA_SHAPE, Deciding, KeyOnlyRule, PolicyBundle, Zone};
use countersign_core::stock::Item;
use countersign_proof::words::{Act, Moment, Quantity, Standing, Transition};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

pub fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

pub fn at(millis: u64) -> Moment {
    Moment::from_millis(millis).unwrap()
}

pub fn units(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

/// From when the second version is in force; it asks for more.
pub const SECOND: u64 = 10;
/// From when the first is: before it, nothing is allowed.
pub const FIRST: u64 = 2;

const OFFICES: [(&str, u8); 3] = [("A", 1), ("B", 1), ("C", 2)];

/// `deliver` needs A; `transfer` needs nobody; `divert` cannot be.
const V1: &str = r#"
@id("deliver") @reason("r")
permit (principal, action == Action::"deliver", resource)
when { context.approvals.contains(Office::"A") };
@id("transfer") @reason("r")
permit (principal, action == Action::"transfer", resource);
"#;

/// `deliver` needs A and B, or the two of C; above 50 units, A and B and C.
const V2: &str = r#"
@id("deliver-few") @reason("r")
permit (principal, action == Action::"deliver", resource)
when { context.quantity <= 50 && context.approvals.containsAll([Office::"A", Office::"B"]) };
@id("deliver-c") @reason("r")
permit (principal, action == Action::"deliver", resource)
when { context.quantity <= 50 && context.approvals.contains(Office::"C") };
@id("deliver-many") @reason("r")
permit (principal, action == Action::"deliver", resource)
when {
  context.quantity > 50 &&
  context.approvals.containsAll([Office::"A", Office::"B", Office::"C"])
};
"#;

fn policy(version: &str, from: u64, text: &str) -> CharterPolicy {
    let acts = [Act::Use, Act::Deliver, Act::Transfer, Act::Divert, Act::Override];
    let decides = || Deciding::Office(id("A"));
    CharterPolicy {
        bundle: PolicyBundle {
            version: id(version),
            data_shape: DATA_SHAPE,
            deciding: BTreeMap::from([(id("X"), acts.map(|act| (act, decides())).into())]),
            key_only: KeyOnlyRule::RefuseRed,
            policies: BTreeMap::from([("rules.cedar".to_owned(), text.to_owned())]),
            properties: BTreeMap::new(),
            witnesses: None,
        },
        in_force_from: at(from),
        source: "test".to_owned(),
        standing: Standing::Assumed,
        transition: Transition::Keep,
    }
}

/// A charter with these policies, each in force from its moment.
pub fn charter_of(versions: &[(&str, u64, &str)]) -> Charter {
    let office = |(name, quorum): (&str, u8)| Office {
        id: id(name),
        title: name.to_owned(),
        party: id("X"),
        personal: false,
        quorum,
        functions: BTreeSet::new(),
    };
    let item = |name: &str| Item {
        id: id(name),
        title: name.to_owned(),
        origin: id("X"),
        inputs: BTreeSet::new(),
        class: id("green"),
        range_km: None,
        labels: BTreeSet::new(),
        packs: BTreeMap::new(),
        serial: false,
        source: "test".to_owned(),
        standing: Standing::Assumed,
    };
    Charter {
        exercise: false,
        parties: ["X", "Y"].map(|name| Party { id: id(name), title: name.to_owned() }).into(),
        offices: OFFICES.map(office).into(),
        people: BTreeMap::new(),
        keys: Vec::new(),
        incumbencies: Vec::new(),
        items: ["I", "J"].map(item).into(),
        inputs: Vec::new(),
        places: Vec::new(),
        zones: vec![Zone { id: id("Z"), title: "Z".to_owned(), within: None }],
        calendar: Calendar::default(),
        signing: countersign_core::charter::SigningPlaces::default(),
        triage: countersign_core::triage::Rules::default(),
        policies: versions.iter().map(|(name, from, text)| policy(name, *from, text)).collect(),
    }
}

pub fn charter() -> Charter {
    charter_of(&[("v1", FIRST, V1), ("v2", SECOND, V2)])
}

/// A fact of the first matter.
pub fn fact(line: u64, from: u64, to: u64, by: Option<u32>, what: What) -> Fact {
    Fact {
        line,
        when: Span::new(at(from), at(to)).unwrap(),
        matter: MatterNo(0),
        by: by.map(PersonNo),
        what,
    }
}

pub fn asked(quantity: Option<u64>) -> What {
    What::Asked { quantity: quantity.map(units) }
}

pub fn approved(office: u32, quantity: Option<u64>) -> What {
    What::Approved { office: OfficeNo(office), quantity: quantity.map(units), until: None }
}

pub fn acted(quantity: u64) -> What {
    What::Acted { quantity: units(quantity) }
}

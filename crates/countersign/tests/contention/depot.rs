//! A thousand numbered units of one short item, all of them earmarked, and who may ask for them.

use crate::world;
use countersign::clock::{ScriptedClock, ScriptedEntropy};
use countersign::founding::{self, Founders};
use countersign::keys::PersonalKey;
use countersign::writer::Writer;
use countersign_core::ledger::{Charter, CharterKey};
use countersign_core::people::{Function, Incumbency, Office, Party, Span};
use countersign_core::record::Answer;
use countersign_core::stock::{
    AccountKey, AccountState, Command, Count, Earmark, Figures, ItemClass, Origin, Priority,
    Requirement,
};
use countersign_core::triage::{
    Against, Amount, Cadence, Class, Counted, Entry, Forecast, Level, Limit, Measure, Rule, Rules,
    Scope, Side,
};
use countersign_proof::words::{EarmarkId, ItemId, Moment, PartyId, Quantity, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// How many units there are.
pub const UNITS: u64 = 1_000;
/// Earmarks, of twenty units each; the first forty are for H, the others for Q, who never asks.
pub const EARMARKS: u64 = 50;
/// Units that nobody can be given but by way of an order.
pub const ONLY_BY_ORDER: u64 = 200;

const EACH: u64 = 20;
const FOR_H: u64 = 40;

pub fn word<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn item() -> ItemId {
    word("THING")
}

pub fn owner() -> PartyId {
    word("A")
}

pub fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

pub fn earmark(number: u64) -> EarmarkId {
    word(&format!("EM-{number:02}"))
}

const POLICIES: &str = r#"
@id("admit") permit (principal, action == Action::"admit", resource);
@id("deliver") permit (principal, action == Action::"deliver", resource)
when { context.approvals.containsAll(context.foreign_controllers) };
@id("divert") permit (principal, action == Action::"divert", resource)
when {
  resource.class == "red" && !context.origin_deciding.isEmpty() &&
  context.approvals.containsAll(context.origin_deciding)
};
"#;

/// Red below eighty of every hundred required, which is always so.
fn rules() -> Rules {
    let class = |label: &str, severity, shortage| Class {
        label: word(label),
        title: label.to_owned(),
        severity,
        shortage,
    };
    let limit = Limit {
        measure: "stock".to_owned(),
        side: Side::Below,
        enter: Some(word("80 %")),
        leave: word("88 %"),
    };
    Rules {
        cadence: Cadence::Monthly,
        classes: vec![class("green", 0, false), class("red", 3, true)],
        rules: vec![Rule {
            name: "things".to_owned(),
            title: "Things against what plans require".to_owned(),
            scope: Scope { items: [item()].into(), ..Scope::default() },
            measures: vec![Measure {
                name: "stock".to_owned(),
                counted: Counted::OnHand,
                due_in_months: 0,
                parts: BTreeSet::new(),
                against: Against::Greatest(vec![Amount::Requirement(BTreeSet::new())]),
                horizon_months: 0,
                forecast: Forecast::Planned,
            }],
            levels: vec![Level {
                class: word("red"),
                entry: Entry::Limits,
                limits: vec![limit],
                dwell_days: 0,
                repeats: 1,
            }],
            max_age_days: None,
            declared_by: [word("A.Head")].into(),
            source: "made for this test".to_owned(),
            standing: Standing::Assumed,
        }],
        waitings: Vec::new(),
    }
}

/// The programme of the benchmarks with a depot of A, and two parties more: R asks, Q does not.
fn charter() -> Charter {
    let mut charter = world::charter();
    charter.parties.extend(["Q", "R"].map(|id| Party { id: word(id), title: id.to_owned() }));
    let staff =
        [("P-R", "R", "R.Staff", Function::Request), ("P-D", "A", "A.Depot", Function::Stock)];
    let span = Span { from: world::start(), until: Moment::LAST };
    for (person, party, office, function) in staff {
        charter.people.insert(word(person), word(party));
        charter.keys.push(CharterKey {
            person: word(person),
            public_key: world::key(person).public_key().to_openssh(),
            expires_on: Moment::LAST,
        });
        charter.offices.push(Office {
            id: word(office),
            title: office.to_owned(),
            party: word(party),
            personal: false,
            quorum: 1,
            functions: [function].into(),
        });
        charter.incumbencies.push(Incumbency { office: word(office), person: word(person), span });
    }
    for item in &mut charter.items {
        item.inputs.clear();
        item.class = ItemClass::new("red").unwrap();
        item.serial = true;
    }
    for version in &mut charter.policies {
        version.bundle.policies = [("all.cedar".to_owned(), POLICIES.to_owned())].into();
    }
    charter.triage = rules();
    charter
}

fn count(unit: u64) -> Count {
    Count {
        account: AccountKey {
            item: item(),
            party: owner(),
            state: AccountState::OnHand,
            place: None,
            lot: Some(word(&format!("S-{unit:04}"))),
        },
        units: quantity(1),
        expected: None,
        expires: None,
        as_of: world::start().date(),
        source: "made for this test".into(),
        standing: Standing::Assumed,
    }
}

fn promise(number: u64) -> Earmark {
    let slot = Earmark::slot(Origin::Stock, quantity(EACH));
    Earmark {
        id: earmark(number),
        item: item(),
        owner: owner(),
        recipient: word(if number <= FOR_H { "H" } else { "Q" }),
        origin: Origin::Stock,
        priority: Priority::try_from(5).unwrap(),
        harm: None,
        divertible: true,
        source: "made for this test".to_owned(),
        standing: Standing::Assumed,
        slots: BTreeMap::from([(word("2025-07"), slot)]),
    }
}

/// Founds the ledger and takes in the units, what is promised of them, and what is required.
pub fn found(location: &str) -> Writer {
    let entropy = || ScriptedEntropy::new("contention");
    let founders = Founders {
        origin: "contention.example/test",
        reason: "to test",
        names: BTreeMap::new(),
        keys: ["P-X", "P-Y"]
            .map(|p| (word(p), PersonalKey::Software(Box::new(world::key(p)))))
            .into(),
    };
    let standing = ScriptedClock::new(world::start());
    let prepared = founding::prepare(charter(), founders, &standing, &mut entropy()).unwrap();
    let clock = Box::new(world::Ticking::from(world::start()));
    let (writer, receipt) =
        founding::found(location, prepared, clock, Box::new(entropy())).unwrap();
    assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
    let required = Requirement {
        item: item(),
        party: owner(),
        component: "plans".into(),
        quantity: quantity(10 * UNITS),
        from: word("2025-01-01"),
        until: None,
        source: "made for this test".into(),
        standing: Standing::Assumed,
    };
    let units: Vec<Count> = (1..=UNITS).map(count).collect();
    let mut figures: Vec<Figures> = units
        .chunks(250)
        .map(|counts| Figures { counts: counts.to_vec(), ..Figures::default() })
        .collect();
    figures.push(Figures {
        earmarks: (1..=EARMARKS).map(promise).collect(),
        requirements: vec![required],
        ..Figures::default()
    });
    for (number, figures) in (0..).zip(figures) {
        let command = Command::ImportFigures { figures: Box::new(figures) };
        let taken = writer.submit(world::submission(1, number, Some("P-D"), command.into()));
        let receipt = taken.unwrap();
        assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
    }
    writer
}

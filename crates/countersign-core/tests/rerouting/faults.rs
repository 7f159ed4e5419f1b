//! Every fault the verifier knows, each reached by one forgery.

use super::instances::{Instance, kept, slot, veto};
use countersign_core::rerouting::{Fault, Plan, Promise, plan, verify};
use std::collections::BTreeSet;

/// The plan takes all 6 of A, 4 for month 1 and 2 for month 2, and 2 of the dearer B for month 2; C
/// and D may not be touched. Prices: 5, 5, 0, 0.
fn instance() -> Instance {
    let slots = [
        slot("A", "UA", 1, 6, 2),
        slot("B", "GB", 2, 9, 5),
        slot("B", "GB", 3, 1, 5),
        kept(slot("C", "PL", 1, 9, 1)),
        slot("D", "DE", 1, 9, 1),
    ];
    let mut instance = Instance::new(&[0, 0, 0, 9], &[4, 8, 8, 8], &slots);
    instance.vetoes = veto(&["DE"], &[]);
    instance
}

/// A forgery by its name and what it is refused with.
type Forgery = (&'static str, fn(&mut Plan));

const FORGERIES: &[Forgery] = &[
    ("OtherItem", |plan| plan.item = "OTHER".parse().unwrap()),
    ("OtherMonths", |plan| plan.first = plan.first.plus(1)),
    ("OtherMonths", |plan| plan.threshold.truncate(3)),
    ("OtherBase", |plan| plan.base[3] -= 1),
    ("OtherThreshold", |plan| plan.threshold[3] += 1),
    ("OtherVetoes", |plan| plan.vetoes = veto(&[], &[])),
    ("PriceForEveryMonth", |plan| plan.prices.truncate(3)),
    ("NoSuchSlot", |plan| plan.slots[1].place = 0),
    ("LeftBelowPrice", |plan| plan.slots.swap(0, 1)),
    ("NoSuchSlot", |plan| plan.slots.push(plan.slots[1].clone())),
    ("TooFew", |plan| plan.slots[1].month = 5),
    ("NoSuchPromise", |plan| plan.slots[1].promise = 2),
    ("NoSuchEarmark", |plan| plan.promises[0].earmark = "X".parse().unwrap()),
    ("NoSuchEarmark", |plan| plan.promises.swap(0, 1)),
    ("WrongRecipient", |plan| plan.promises[0].recipient = "GB".parse().unwrap()),
    ("IdlePromise", |plan| {
        let (earmark, recipient) = ("C".parse().unwrap(), "PL".parse().unwrap());
        plan.promises.push(Promise { earmark, recipient });
    }),
    ("WrongHarm", |plan| plan.slots[0].harm = 1),
    ("NotDivertible", |plan| use_other(plan, "C", "PL", 1)),
    ("Vetoed", |plan| use_other(plan, "D", "DE", 2)),
    ("MoreThanTheSlot", |plan| plan.slots[0].quantity = 7),
    ("Nothing", |plan| plan.slots[0].quantity = 0),
    ("ReasonOutsideMonths", |plan| plan.slots[0].reason.short_month = 5),
    ("ReasonOutsideMonths", |plan| plan.slots[0].reason.short_month = 0),
    ("ReasonOutsideMonths", |plan| plan.slots[1].reason.short_month = 1),
    ("ReasonOutsideMonths", |plan| plan.slots[0].also[0].short_month = 1),
    ("ReasonOutsideMonths", |plan| plan.slots[0].also[0].quantity = 0),
    ("ReasonsDisagree", |plan| plan.slots[1].reason.short_by = 3),
    ("ReasonWrong", |plan| plan.slots[0].reason.short_by = 5),
    ("ReasonsDoNotAddUp", |plan| plan.slots[0].reason.quantity = 3),
    ("UnitsForMonth", |plan| {
        plan.slots[0].reason.quantity = 3;
        plan.slots[0].also[0].quantity = 3;
    }),
    ("TooFew", |plan| {
        plan.slots[0].quantity = 3;
        plan.slots[0].reason.quantity = 1;
        plan.prices[0] = 2;
    }),
    ("TooMany", |plan| {
        plan.slots[1].quantity = 3;
        plan.slots[1].reason.quantity = 3;
        plan.prices = vec![5; 4];
    }),
    ("PriceRises", |plan| plan.prices[3] = 1),
    ("PriceFalls", |plan| plan.prices = vec![6, 5, 0, 0]),
    ("AbovePrice", |plan| plan.prices = vec![1, 0, 0, 0]),
    ("LeftBelowPrice", |plan| plan.prices = vec![6; 4]),
    ("ShortfallBefore", |plan| plan.shortfall_before -= 1),
    ("ShortfallAfter", |plan| plan.shortfall_after += 1),
    ("Harm", |plan| plan.harm -= 1),
];

/// Takes from another slot of month 1 what is taken from A.
fn use_other(plan: &mut Plan, earmark: &str, recipient: &str, place: u32) {
    plan.slots[0].place = place;
    plan.slots[0].promise = 1;
    plan.slots[0].harm = 1;
    plan.slots[1].promise = 0;
    plan.promises = vec![plan.promises[1].clone()];
    let (earmark, recipient) = (earmark.parse().unwrap(), recipient.parse().unwrap());
    plan.promises.push(Promise { earmark, recipient });
}

fn name(fault: &Fault) -> String {
    let text = format!("{fault:?}");
    text.split([' ', '{']).next().unwrap().to_owned()
}

#[test]
fn every_forgery_is_refused_for_what_it_is() {
    let instance = instance();
    let problem = instance.problem();
    let best = plan(&problem, &instance.vetoes);
    assert_eq!(verify(&problem, &instance.vetoes, &best), Ok(()));
    let mut wrong = Vec::new();
    for (at, (expected, forge)) in FORGERIES.iter().enumerate() {
        let mut forged = best.clone();
        forge(&mut forged);
        let fault = verify(&problem, &instance.vetoes, &forged).unwrap_err();
        if name(&fault) != *expected {
            wrong.push(format!("forgery {at}, {expected}: {fault}"));
        }
        assert!(!fault.to_string().contains("  "), "{fault}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Everything about these two plans is right but the order of equally harmful slots.
#[test]
fn a_plan_out_of_turn_is_refused() {
    let slots = [slot("A", "UA", 1, 2, 3), slot("B", "GB", 1, 2, 3), slot("C", "PL", 2, 2, 3)];
    let instance = Instance::new(&[9, 0], &[0, 3], &slots);
    let problem = instance.problem();
    for taken in [[1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 1, 1]] {
        let mut forged = super::forger::forge(&instance, &taken.to_vec());
        forged.prices = vec![3, 3];
        let refused = verify(&problem, &instance.vetoes, &forged);
        assert_eq!(refused, Err(Fault::OutOfTurn { month: 2 }), "{taken:?}");
    }
    let mut right = super::forger::forge(&instance, &vec![2, 1, 0]);
    right.prices = vec![3, 3];
    assert_eq!(verify(&problem, &instance.vetoes, &right), Ok(()));
}

/// Reads the list of faults from its source, so that a new one cannot be forgotten here.
#[test]
fn no_fault_is_without_a_forgery() {
    let source = include_str!("../../src/rerouting/verify/fault.rs");
    let variant = |line: &str| {
        let name = line.strip_prefix("    ")?.split([' ', ',']).next()?;
        name.starts_with(|first: char| first.is_ascii_uppercase()).then(|| name.to_owned())
    };
    let known: BTreeSet<String> = source.lines().filter_map(variant).collect();
    let mut reached: BTreeSet<String> =
        FORGERIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    reached.insert("OutOfTurn".to_owned());
    assert_eq!(reached, known);
}

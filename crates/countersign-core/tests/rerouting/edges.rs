//! The ends of every range, and what is refused beyond them.

use super::instances::{Instance, kept, slot, veto};
use countersign_core::rerouting::problem::{HARM_MAX, MONTHS_MAX};
use countersign_core::rerouting::{ItemProblem, Plan, ProblemError, Slot, plan, plan_all, verify};
use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};

const MOST: u64 = 1_000_000_000_000;

fn verified(instance: &Instance) -> Plan {
    let problem = instance.problem();
    let plan = plan(&problem, &instance.vetoes);
    assert_eq!(verify(&problem, &instance.vetoes, &plan), Ok(()), "{instance:?}");
    plan
}

/// Each diverted slot as (earmark, month, units, first short month, short by).
fn taken(plan: &Plan) -> Vec<(String, u16, u64, u16, u64)> {
    let row = |line: countersign_core::rerouting::Line<'_>| {
        let slot = line.slot;
        let reason = slot.reason;
        let name = line.earmark.to_string();
        (name, slot.month, slot.quantity, reason.short_month, reason.short_by)
    };
    plan.lines().map(row).collect()
}

fn row(name: &str, month: u16, units: u64, short: u16, by: u64) -> (String, u16, u64, u16, u64) {
    (name.to_owned(), month, units, short, by)
}

#[test]
fn one_month() {
    let slots = [slot("A", "UA", 1, 5, 2), slot("B", "GB", 1, 5, 1)];
    let plan = verified(&Instance::new(&[3], &[10], &slots));
    assert_eq!(taken(&plan), [row("A", 1, 2, 1, 7), row("B", 1, 5, 1, 7)]);
    assert_eq!((plan.shortfall_before, plan.shortfall_after, plan.harm), (7, 0, 9));
    assert_eq!(plan.prices, [2]);
}

#[test]
fn nothing_is_short() {
    let free = slot("A", "UA", 1, 5, 0);
    for (base, threshold) in [(10, 10), (11, 10), (0, 0), (i64::MAX, 0), (i64::MAX, 1)] {
        let plan =
            verified(&Instance::new(&[base; 3], &[threshold; 3], std::slice::from_ref(&free)));
        assert_eq!((plan.shortfall_before, plan.units(), plan.harm), (0, 0, 0));
        assert_eq!((plan.prices, plan.promises), (vec![0; 3], vec![]));
    }
}

#[test]
fn a_position_below_zero_is_made_good_too() {
    let slots = [slot("A", "UA", 1, 9, 1), slot("A", "UA", 2, 9, 1)];
    let plan = verified(&Instance::new(&[-3, -8], &[2, 2], &slots));
    assert_eq!(taken(&plan), [row("A", 1, 9, 1, 5), row("A", 2, 1, 2, 5)]);
    let reason = plan.slots[0].also[0];
    assert_eq!((reason.short_month, reason.short_by, reason.quantity), (2, 5, 4));
}

#[test]
fn no_slot_at_all() {
    let plan = verified(&Instance::new(&[1, 2], &[4, 4], &[]));
    assert_eq!((plan.shortfall_before, plan.shortfall_after, plan.units()), (5, 5, 0));
}

#[test]
fn an_empty_slot_changes_nothing() {
    let slots = [slot("A", "UA", 1, 0, 0), slot("B", "UA", 1, 4, 9)];
    let plan = verified(&Instance::new(&[0], &[3], &slots));
    assert_eq!(taken(&plan), [row("B", 1, 3, 1, 3)]);
}

#[test]
fn what_may_not_be_diverted_is_not() {
    let slots =
        [kept(slot("A", "UA", 1, 9, 0)), slot("B", "GB", 1, 9, 0), slot("C", "PL", 1, 2, 7)];
    let mut instance = Instance::new(&[0], &[5], &slots);
    instance.vetoes = veto(&["GB"], &[]);
    assert_eq!(taken(&verified(&instance)), [row("C", 1, 2, 1, 5)]);
    instance.vetoes = veto(&["GB", "PL"], &[]);
    assert_eq!(verified(&instance).shortfall_after, 5);
    instance.vetoes = veto(&[], &["B", "C"]);
    assert_eq!(verified(&instance).shortfall_after, 5);
    let all_kept: Vec<Slot> = slots.into_iter().map(kept).collect();
    assert_eq!(verified(&Instance::new(&[0], &[5], &all_kept)).shortfall_after, 5);
}

#[test]
fn a_later_slot_does_not_help_an_earlier_month() {
    let slots = [slot("A", "UA", 2, 9, 0), slot("B", "GB", 1, 1, 9)];
    let plan = verified(&Instance::new(&[0, 0], &[3, 3], &slots));
    assert_eq!(taken(&plan), [row("B", 1, 1, 1, 3), row("A", 2, 2, 2, 2)]);
    assert_eq!(plan.shortfall_after, 2);
    // Month 1 is exhausted, so its price is whatever was paid; after it the price may fall.
    assert_eq!(plan.prices, [9, 0]);
}

#[test]
fn a_need_that_passes_is_met_with_units_that_stay() {
    let slots = [slot("A", "UA", 1, 9, 1), slot("A", "UA", 3, 9, 0)];
    let plan = verified(&Instance::new(&[0, 9, 0], &[4, 4, 6], &slots));
    assert_eq!(taken(&plan), [row("A", 1, 4, 1, 4), row("A", 3, 2, 3, 2)]);
}

#[test]
fn of_equal_harm_the_earliest_month_and_then_the_first_earmark() {
    let slots = [slot("B", "GB", 1, 1, 3), slot("A", "UA", 2, 5, 3), slot("C", "PL", 1, 1, 3)];
    let plan = verified(&Instance::new(&[9, 0], &[0, 3], &slots));
    assert_eq!(taken(&plan), [row("B", 1, 1, 2, 3), row("C", 1, 1, 2, 3), row("A", 2, 1, 2, 3)]);
}

#[test]
fn the_largest_figures() {
    let mut slots = Vec::new();
    for month in 1..=MONTHS_MAX {
        slots.push(slot("A", "UA", month, MOST, HARM_MAX));
    }
    let months = usize::from(MONTHS_MAX);
    let threshold = u64::MAX / u64::from(MONTHS_MAX) - 1;
    let plan = verified(&Instance::new(&vec![-1; months], &vec![threshold; months], &slots));
    assert_eq!(plan.units(), u64::from(MONTHS_MAX) * MOST);
    let harm = u128::from(MONTHS_MAX) * u128::from(MOST) * u128::from(HARM_MAX);
    assert_eq!(plan.harm, harm);
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    let one = verified(&Instance::new(&[i64::MIN], &[1 << 62], &slots[..1]));
    assert_eq!(one.shortfall_after, (1 << 63) + (1 << 62) - MOST);
}

#[test]
fn several_items_come_in_the_order_of_their_ids() {
    let named = |name: &str| {
        let first = "2025-07".parse().unwrap();
        ItemProblem::new(name.parse().unwrap(), first, vec![0], vec![1], vec![]).unwrap()
    };
    let plans = plan_all(&[named("C"), named("A"), named("B")], &veto(&[], &[]));
    let names: Vec<&str> = plans.iter().map(|plan| plan.item.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

/// All but two, which take more slots than a test should make: 2^32 of them, or the 18 million of
/// 10^12 units each that pass 2^64 units.
#[test]
fn every_refusal_names_its_place() {
    let item: ItemId = "AAM".parse().unwrap();
    let earmark: EarmarkId = "A".parse().unwrap();
    let first: Month = "2025-07".parse().unwrap();
    let of = |base: &[i64], threshold: &[u64], slots: &[Slot]| {
        Instance::new(base, threshold, slots).try_problem().unwrap_err()
    };
    let with = |slots: &[Slot]| of(&[0, 0], &[1, 1], slots);
    let (i, e) = (|| item.clone(), || earmark.clone());
    assert_eq!(of(&[], &[], &[]), ProblemError::EmptyHorizon { item: i() });
    let too_long = ProblemError::HorizonTooLong { item: i(), months: 601 };
    assert_eq!(of(&[0; 601], &[0; 601], &[]), too_long);
    let wrong = ProblemError::ThresholdsDoNotMatch { item: i(), months: 2, thresholds: 1 };
    assert_eq!(of(&[0, 0], &[1], &[]), wrong);
    let last = "9999-12".parse().unwrap();
    assert_eq!(
        ItemProblem::new(i(), last, vec![0, 0], vec![0, 0], vec![]).unwrap_err(),
        ProblemError::HorizonPastCalendar { item: i(), first: last, months: 2 }
    );
    assert!(ItemProblem::new(i(), last, vec![0], vec![0], vec![]).is_ok());
    let (threshold, base) = (u64::MAX, -1);
    let month = first.plus(1);
    assert_eq!(
        of(&[0, base], &[0, threshold], &[]),
        ProblemError::NeedTooLarge { item: i(), month, threshold, base }
    );
    let too_large = ProblemError::ShortfallTooLarge { item: i(), month };
    assert_eq!(of(&[0, 0], &[u64::MAX, 1], &[]), too_large);
    for month in [0, 3, u16::MAX] {
        let outside =
            ProblemError::MonthOutsideHorizon { item: i(), earmark: e(), month, months: 2 };
        assert_eq!(with(&[slot("A", "UA", month, 1, 1)]), outside);
    }
    for quantity in [MOST + 1, 1_000_000_000_000_000_000, u64::MAX] {
        let large = ProblemError::QuantityTooLarge { item: i(), earmark: e(), month: 2, quantity };
        assert_eq!(with(&[slot("A", "UA", 2, quantity, 1)]), large);
    }
    for harm in [HARM_MAX + 1, 1 << 32, u64::MAX] {
        let large = ProblemError::HarmTooLarge { item: i(), earmark: e(), month: 2, harm };
        assert_eq!(with(&[slot("A", "UA", 2, 1, harm)]), large);
    }
    let party = |name: &str| name.parse::<PartyId>().unwrap();
    let (one, other) = (party("UA"), party("GB"));
    assert_eq!(
        with(&[slot("A", "UA", 1, 1, 1), slot("A", "GB", 2, 1, 1)]),
        ProblemError::TwoRecipients { item: i(), earmark: e(), one, other }
    );
    assert_eq!(
        with(&[slot("A", "UA", 2, 1, 1), slot("B", "UA", 2, 1, 1), slot("A", "UA", 2, 2, 1)]),
        ProblemError::DuplicateSlot { item: i(), earmark: e(), month: 2 }
    );
}

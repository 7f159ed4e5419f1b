//! Forward cover by planned demand, shares of the whole, and both against plain counting.

use crate::breach::Dice;
use crate::world::{Run, at, class, measure, q, series, stock, traffic_light};
use countersign_core::triage::{
    Against, Flow, Inputs, Judgement, LookBack, Missing, Part, Ratio, Reason, Rules, Side, Way,
};
use std::collections::{BTreeMap, BTreeSet};

/// One class, red, on one side of one limit, without margin.
fn one_limit(against: Against, side: Side, enter: &str) -> Rules {
    let mut rules = traffic_light();
    rules.rules[0].max_age_days = None;
    rules.rules[0].measures = vec![measure(against)];
    rules.rules[0].levels.remove(0);
    let level = &mut rules.rules[0].levels[0];
    (level.dwell_days, level.repeats) = (0, 1);
    let limit = &mut level.limits[0];
    limit.side = side;
    (limit.enter, limit.leave) = (Some(enter.parse().unwrap()), enter.parse().unwrap());
    rules
}

fn judged(rules: &Rules, inputs: &Inputs) -> Judgement {
    Run::new(rules.clone()).judge(inputs, "2025-07-01")
}

fn planned(on_hand: u64, demand: &[u64]) -> Inputs {
    let planned = Some(series("2025-07", demand));
    Inputs { on_hand: Some(q(on_hand)), planned, ..stock(on_hand, "2025-07-01") }
}

#[test]
fn forward_cover_walks_the_plan() {
    let rules = one_limit(Against::PlannedMonths, Side::Below, "3 months");
    for (on_hand, demand, top, bottom, label) in [
        (60, &[20, 20, 20, 20][..], 3, 1, "green"),
        (59, &[20, 20, 20, 20], 59, 20, "red"),
        (0, &[20, 20, 20, 20], 0, 1, "red"),
        (5, &[0, 0, 10, 20], 5, 2, "red"),
        (10, &[0, 0, 10, 20], 3, 1, "green"),
    ] {
        let found = judged(&rules, &planned(on_hand, demand));
        assert_eq!(found.readings[0].now.ratio, Ratio { top, bottom }, "{on_hand} {demand:?}");
        assert_eq!(found.class, class(label), "{on_hand} {demand:?}");
    }
    let found = judged(&rules, &planned(100, &[20, 20, 20]));
    assert!(found.readings[0].now.at_least, "the plan ends before the stock does");
    assert_eq!(found.class, class("green"));
    let found = judged(&rules, &planned(100, &[20, 20]));
    let month = "2025-09".parse().unwrap();
    assert_eq!(found.reasons, [Reason::Unknown(Missing::Planned { month })]);
    let found = judged(&rules, &planned(39, &[20, 20]));
    assert_eq!(found.class, class("red"), "it runs out within what is known");
}

#[test]
fn days_count_from_today() {
    let rules = one_limit(Against::PlannedDays, Side::Below, "20 days");
    let mut run = Run::new(rules);
    // Twelve days of July are left; half of August's plan lasts 15.5 days.
    let inputs = planned(30, &[20, 20]);
    let found = run.judge(&inputs, "2025-07-20");
    assert_eq!(found.readings[0].now.ratio, Ratio { top: 55, bottom: 2 });
    assert_eq!(at("2025-07-20").date().to_string(), "2025-07-20");
}

#[test]
fn use_over_days_and_months() {
    let flow = |over| Flow { name: "use".to_owned(), over };
    let daily = |over| one_limit(Against::DailyUse(flow(over)), Side::Below, "2 days");
    let mut inputs = stock(60, "2025-07-01");
    // 91 days from April to June.
    inputs.by_month.insert("use".to_owned(), series("2025-04", &[900, 930, 900]));
    let found = judged(&daily(LookBack::Months(3)), &inputs);
    assert_eq!(found.readings[0].now.ratio, Ratio { top: 2, bottom: 1 });
    assert_eq!(found.class, class("green"));
    assert_eq!(judged(&daily(LookBack::Months(4)), &inputs).class, class("unknown"));
    assert_eq!(judged(&daily(LookBack::Days(7)), &inputs).class, class("unknown"));
    let days = (24..=30).map(|day| (format!("2025-06-{day}").parse().unwrap(), q(31)));
    let days: Vec<_> = days.collect();
    let (first, last) = (days[0].0, days[6].0);
    let known = countersign_core::triage::Series::new(first, last, days);
    inputs.by_day.insert("use".to_owned(), known);
    assert_eq!(judged(&daily(LookBack::Days(7)), &inputs).class, class("red"));
    inputs.by_month.insert("use".to_owned(), series("2025-04", &[0, 0, 0]));
    let found = judged(&daily(LookBack::Months(3)), &inputs);
    assert!(found.readings[0].now.ratio.is_endless());
    assert_eq!(found.class, class("green"), "nobody asks for any");
}

/// What a change is said to take, taken: one unit less must not do.
fn takes_exactly(rules: &Rules, with: &dyn Fn(i128) -> Option<Inputs>, seed: &str) {
    let Some(now) = with(0) else { return };
    let found = judged(rules, &now);
    for change in &found.changes {
        let towards = change.units.signum();
        let fresh = |units: i128| with(units).map(|inputs| judged(rules, &inputs).class);
        if let Some(after) = fresh(change.units) {
            assert_eq!(after, change.to, "{seed} {change:?}");
        }
        if let Some(short) = fresh(change.units - towards) {
            assert_eq!(short, found.class, "{seed} {change:?}");
        }
    }
}

#[test]
fn what_it_would_take_for_random_plans_and_shares() {
    let mut dice = Dice(3);
    let mut told = 0;
    for round in 0..3_000u32 {
        let demand: Vec<u64> =
            (0..8).map(|_| dice.below(3) * dice.below(40)).chain([1_000; 12]).collect();
        let on_hand = i128::from(dice.below(200));
        let side = if round % 2 == 0 { Side::Below } else { Side::Above };
        let limit = ["1 months", "2.5 months", "4 months", "0.7 months"];
        let limit = limit[usize::try_from(dice.below(4)).unwrap()];
        let rules = one_limit(Against::PlannedMonths, side, limit);
        let with = |units: i128| Some(planned(u64::try_from(on_hand + units).ok()?, &demand));
        takes_exactly(&rules, &with, &format!("{side:?} {limit} {on_hand} {demand:?}"));
        told += judged(&rules, &with(0).unwrap()).changes.len();

        let (part, rest) = (i128::from(dice.below(50)), i128::from(dice.below(100)));
        let mut rules = one_limit(Against::Whole, side, "1/3");
        rules.rules[0].measures[0].parts = BTreeSet::from(["products".to_owned()]);
        let with = |units: i128| {
            let part = u64::try_from(part + units).ok()?;
            let mut inputs = stock(part + u64::try_from(rest).ok()?, "2025-07-01");
            let on_hand = Part { on_hand: q(part), encumbered: q(0) };
            inputs.parts = BTreeMap::from([("products".to_owned(), on_hand)]);
            Some(inputs)
        };
        takes_exactly(&rules, &with, &format!("{side:?} {part} of {rest} more"));
    }
    assert!(told > 2_000, "{told}");
}

#[test]
fn a_change_of_stock_is_told_for_the_worst_month() {
    let mut rules = traffic_light();
    rules.rules[0].measures[0].horizon_months = 3;
    let mut inputs = stock(1_600, "2025-07-01");
    inputs.planned = Some(series("2025-07", &[100, 100, 100, 100]));
    let found = judged(&rules, &inputs);
    let better = found.changes.iter().find(|change| change.way == Way::Better).unwrap();
    assert_eq!((better.units, better.reach), (390, 1_690), "1,300 at the end of September");
    let worse = found.changes.iter().find(|change| change.way == Way::Worse).unwrap();
    assert_eq!((worse.units, worse.reach), (-533, 767));
}

//! Cases worked out by hand.

use super::policy::{Ask, item, long_range, needs, offices};
use countersign_core::dependence::consent::{
    GROUPS_MAX, Lock, LockError, Lot, Sets, blocking, least_lock, vetoes, without,
};
use countersign_core::policy::{PolicyError, Verdict};
use countersign_proof::words::{Act, OfficeId};
use std::collections::BTreeSet;

fn sets(all: &[&[&str]]) -> Sets {
    all.iter().map(|set| offices(set)).collect()
}

#[test]
fn whose_refusal_locks() {
    type Names = &'static [&'static str];
    type Row = (&'static [Names], Names, &'static [Names]);
    let rows: [Row; 5] = [
        (&[&["A"]], &["A"], &[&["A"]]),
        (&[&["A", "B"]], &["A", "B"], &[&["A"], &["B"]]),
        (&[&["A"], &["B"]], &[], &[&["A", "B"]]),
        (&[&["A", "B"], &["A", "C"]], &["A"], &[&["A"], &["B", "C"]]),
        (&[&["A", "B"], &["B", "C"], &["A", "C"]], &[], &[&["A", "B"], &["A", "C"], &["B", "C"]]),
    ];
    for (needed, veto, block) in rows {
        let verdict = needs(needed);
        assert_eq!(vetoes(&verdict), offices(veto), "{needed:?}");
        assert_eq!(blocking(&verdict), Ok(sets(block)), "{needed:?}");
    }
    for verdict in [Verdict::Standing, Verdict::Prohibited] {
        assert_eq!(vetoes(&verdict), BTreeSet::new());
        assert_eq!(blocking(&verdict), Ok(Sets::new()));
    }
}

#[test]
fn what_is_left_when_an_office_refuses() {
    let either = needs(&[&["A", "B"], &["C"]]);
    assert_eq!(without(&either, &offices(&["A"])), needs(&[&["C"]]));
    assert_eq!(without(&either, &offices(&["A", "C"])), Verdict::Prohibited);
    assert_eq!(without(&either, &offices(&["D"])), either);
    assert_eq!(without(&Verdict::Standing, &offices(&["A"])), Verdict::Standing);
}

#[test]
fn the_fewest_offices_that_lock_a_share() {
    // 100 free, 300 behind A, 250 behind B and C, 200 behind B or D, 150 prohibited: 1,000.
    let (free, a, b_and_c) = (Verdict::Standing, needs(&[&["A"]]), needs(&[&["B", "C"]]));
    let (b_or_d, none) = (needs(&[&["B"], &["D"]]), Verdict::Prohibited);
    let lots = [(100, &free), (300, &a), (250, &b_and_c), (200, &b_or_d), (150, &none)]
        .map(|(units, verdict)| Lot { units, verdict });
    let lock = |names: &[&str], units| Ok(Lock { offices: offices(names), units });
    assert_eq!(least_lock(&lots, 15), lock(&[], 150));
    assert_eq!(least_lock(&lots, 16), lock(&["A"], 450));
    assert_eq!(least_lock(&lots, 45), lock(&["A"], 450));
    // A with B, or A with C, locks 700: the first by name.
    assert_eq!(least_lock(&lots, 46), lock(&["A", "B"], 700));
    // B and D lock 600 without A; with it everything that can be locked.
    assert_eq!(least_lock(&lots, 90), lock(&["A", "B", "D"], 900));
    assert_eq!(least_lock(&lots, 91), Err(LockError::OutOfReach { most: 900, units: 1_000 }));
}

#[test]
fn too_many_offices_are_told_and_never_guessed() {
    let names: Vec<OfficeId> = (0..60).map(|n| format!("O{n:02}").parse().unwrap()).collect();
    let many: BTreeSet<OfficeId> = names.iter().take(17).cloned().collect();
    let many = Verdict::Needs(many.into_iter().map(|office| BTreeSet::from([office])).collect());
    assert_eq!(blocking(&many), Err(PolicyError::TooManyOffices { count: 17, limit: 16 }));
    let each: Vec<Verdict> =
        names.iter().map(|office| Verdict::Needs([[office.clone()].into()].into())).collect();
    let lots: Vec<Lot<'_>> = each.iter().map(|verdict| Lot { units: 1, verdict }).collect();
    // Three offices out of 60 are 34,220 groups, five are more than five million.
    const { assert!(GROUPS_MAX > 34_220 && GROUPS_MAX < 5_461_512) };
    assert_eq!(least_lock(&lots, 5).map(|lock| lock.offices.len()), Ok(3));
    assert_eq!(least_lock(&lots, 9), Err(LockError::TooMany { offices: 60 }));
}

#[test]
fn who_controls_the_input_controls_the_use() {
    let v4 = long_range("v4");
    let rows: [(&str, &[&str]); 4] = [
        ("ATACMS", &["US.SecDef"]),
        ("STORM-SHADOW", &["GB.MoD", "US.SecDef"]),
        ("SCALP", &["FR.MinArm", "US.SecDef"]),
        ("FLAMINGO", &[]),
    ];
    for (id, veto) in rows {
        let item = item(id, "green");
        let ask = Ask::new(Act::Use, &item).zone("RU.Kursk");
        let verdict = v4.verdict(&ask.question()).unwrap().verdict;
        assert_eq!(vetoes(&verdict), offices(veto), "{id}");
        let refused = without(&verdict, &offices(&["US.SecDef"]));
        let expected = if veto.is_empty() { Verdict::Standing } else { Verdict::Prohibited };
        assert_eq!(refused, expected, "{id}");
    }
}

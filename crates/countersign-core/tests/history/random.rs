//! Random small cases: the audit and the oracle agree on every act.

use super::oracle;
use super::small::{acted, at, charter, fact, id, units};
use countersign_core::history::{
    Auditor, Certainty, Fact, Judged, Kind, Matter, MatterNo, OfficeNo, Seen, Span, Ties, What,
};
use countersign_proof::words::Act;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// An auditor with the matters that the oracle knows.
pub fn auditor(ties: Ties) -> Auditor {
    let mut auditor = Auditor::new(&charter(), ties).unwrap();
    for (act, item) in [("deliver", "I"), ("deliver", "J"), ("transfer", "I"), ("divert", "I")] {
        let act: Act = id(act);
        auditor.names.matter(&Matter {
            act,
            holder: id("Y"),
            item: id(item),
            zone: None,
            recipient: (act == Act::Transfer).then(|| id("X")),
        });
    }
    auditor
}

fn quantities() -> impl Strategy<Value = u64> {
    prop_oneof![Just(10u64), Just(20), Just(30), Just(60), Just(0)]
}

fn span() -> impl Strategy<Value = (u64, u64)> {
    prop_oneof![
        (0u64..14).prop_map(|from| (from, from)),
        (0u64..14, 0u64..4).prop_map(|(from, more)| (from, from + more)),
        Just((0, 20)),
    ]
}

fn what() -> impl Strategy<Value = What> {
    let some = || proptest::option::of(quantities()).prop_map(|q| q.map(units));
    let until = proptest::option::weighted(0.3, span());
    prop_oneof![
        2 => some().prop_map(|quantity| What::Asked { quantity }),
        5 => (0u32..3, some(), until).prop_map(|(office, quantity, until)| What::Approved {
            office: OfficeNo(office),
            quantity,
            until: until.map(|(from, to)| Span::new(at(from), at(to)).unwrap()),
        }),
        1 => Just(What::Refused),
        1 => proptest::option::of(0u32..3)
            .prop_map(|office| What::Withdrawn { office: office.map(OfficeNo) }),
        4 => quantities().prop_map(acted),
    ]
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let matter = prop_oneof![8 => Just(0u32), 2 => Just(1), 1 => Just(2), 1 => Just(3)];
    let one = (span(), proptest::option::of(0u32..4), what(), matter);
    // Some facts are told again: nothing tells them apart.
    let again = proptest::option::weighted(0.4, (0usize..6, 1usize..3));
    (proptest::collection::vec(one, 1..6), again).prop_map(|(mut facts, again)| {
        if let Some((which, times)) = again {
            let one = facts[which % facts.len()];
            facts.extend(std::iter::repeat_n(one, times));
        }
        // The oracle walks every ordering: seven things that happen are 5,040 of them.
        let happens = |facts: &[(_, _, What, _)]| {
            let ends = |what: &What| matches!(what, What::Approved { until: Some(_), .. });
            facts.len() + facts.iter().filter(|(_, _, what, _)| ends(what)).count()
        };
        while happens(&facts) > 7 {
            facts.remove(0);
        }
        let number = |(line, ((from, to), by, what, matter))| Fact {
            matter: MatterNo(matter),
            ..fact(line, from, to, by, what)
        };
        (1u64..).zip(facts).map(number).collect()
    })
}

thread_local! {
    static AUDITORS: RefCell<[Auditor; 2]> =
        RefCell::new([auditor(Ties::Unknown), auditor(Ties::FileOrder)]);
}

pub fn judged(case: &[Fact], ties: Ties) -> Vec<Judged> {
    AUDITORS.with_borrow_mut(|auditors| {
        let auditor = &mut auditors[usize::from(ties == Ties::FileOrder)];
        let mut found = Vec::new();
        auditor.judge(case, &mut found).unwrap();
        found
    })
}

/// What was seen of an act, in the oracle's form.
fn kinds(judged: Judged) -> BTreeSet<Option<Kind>> {
    let mut kinds: BTreeSet<Option<Kind>> = judged.findings().map(|(kind, _)| Some(kind)).collect();
    if judged.seen.has(Seen::FINE) {
        kinds.insert(None);
    }
    kinds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn the_audit_finds_what_every_ordering_shows(case in facts(), file_order: bool) {
        let ties = if file_order { Ties::FileOrder } else { Ties::Unknown };
        let expected = oracle::findings(&case, ties);
        let found = judged(&case, ties);
        prop_assert_eq!(found.len(), expected.len());
        for act in found {
            prop_assert_eq!(&kinds(act), &expected[&act.at], "{:?}", case);
        }
    }

    #[test]
    fn certain_and_possible_never_meet_in_one_kind(case in facts()) {
        for act in judged(&case, Ties::Unknown) {
            let found: Vec<(Kind, Certainty)> = act.findings().collect();
            let kinds: BTreeSet<Kind> = found.iter().map(|(kind, _)| *kind).collect();
            prop_assert_eq!(kinds.len(), found.len());
            let certain = found.iter().filter(|(_, c)| *c == Certainty::Certain).count();
            prop_assert!(certain == 0 || found.len() == 1);
        }
    }

    #[test]
    fn what_is_known_better_is_never_found_less_certain(case in facts()) {
        // The same facts, each at the first of its moments: one of the orderings weighed before.
        let exact: Vec<Fact> = case
            .iter()
            .map(|fact| Fact { when: Span::at(fact.when.earliest()), ..*fact })
            .collect();
        let (wide, narrow) = (judged(&case, Ties::Unknown), judged(&exact, Ties::Unknown));
        for (wide, narrow) in wide.iter().zip(&narrow) {
            prop_assert!(kinds(*narrow).is_subset(&kinds(*wide)), "{:?}", case);
        }
    }
}

//! What follows from approval sets, against all groups of offices tried one after the other.

use super::policy::{bundle, offices, world};
use super::random::{NAMED, Parts, anything, helping, parts};
use countersign_core::dependence::consent::{
    Lock, LockError, Lot, blocking, fewest, least_lock, vetoes, without,
};
use countersign_core::policy::{Compiled, KeyOnlyRule, PolicyBundle, Verdict};
use countersign_proof::words::OfficeId;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Group = BTreeSet<OfficeId>;

/// A version over a world whose offices are those that random policies name, so that every group of
/// them can be tried.
pub(crate) fn compiled(policies: &str) -> Compiled {
    let bundle = PolicyBundle { key_only: KeyOnlyRule::Allow, ..bundle(policies) };
    let mut world = world();
    world.offices.retain(|office, _| NAMED.contains(&office.as_str()));
    Compiled::compile(&bundle, &world, true).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{policies}", told.join("\n"))
    })
}

/// Every group of the offices that random policies can name, the holder's own included.
fn groups() -> Vec<Group> {
    let named: Vec<OfficeId> = offices(&NAMED).into_iter().collect();
    let chosen = |mask: usize| (0..named.len()).filter(move |bit| mask >> bit & 1 == 1);
    let group = |mask| chosen(mask).map(|bit| named[bit].clone()).collect();
    (0..1 << NAMED.len()).map(group).collect()
}

/// The groups whose approval suffices, each put to Cedar.
fn enough(compiled: &Compiled, parts: &Parts, groups: &[Group]) -> Vec<Group> {
    let ask = parts.ask();
    let suffices = |group: &&Group| compiled.satisfied(&ask.question(), group).unwrap();
    groups.iter().filter(suffices).cloned().collect()
}

fn minimal(all: &[Group]) -> BTreeSet<Group> {
    let least = |group: &&Group| !all.iter().any(|less| less != *group && less.is_subset(group));
    all.iter().filter(least).cloned().collect()
}

/// What is left when a group refuses, from the groups that suffice.
fn left(enough: &[Group], refusing: &Group) -> Vec<Group> {
    enough.iter().filter(|group| group.is_disjoint(refusing)).cloned().collect()
}

fn as_verdict(enough: &[Group]) -> Verdict {
    let minimal = minimal(enough);
    if minimal.is_empty() {
        Verdict::Prohibited
    } else if minimal.contains(&Group::new()) {
        Verdict::Standing
    } else {
        Verdict::Needs(minimal)
    }
}

fn check(policies: &str, asked: &[Parts], percent: u8) -> Result<(), TestCaseError> {
    let compiled = compiled(policies);
    let groups = groups();
    let mut lots = Vec::new();
    for parts in asked {
        let ask = parts.ask();
        let enough = enough(&compiled, parts, &groups);
        let verdict = compiled.verdict(&ask.question()).unwrap().verdict;
        prop_assert_eq!(&verdict, &as_verdict(&enough), "{}\n{:?}", policies, parts);

        let alone = |office: &&OfficeId| {
            let one = Group::from([OfficeId::clone(office)]);
            let needed = !enough.is_empty() && !enough.contains(&Group::new());
            needed && left(&enough, &one).is_empty()
        };
        let named = offices(&NAMED);
        let expected: Group = named.iter().filter(alone).cloned().collect();
        prop_assert_eq!(vetoes(&verdict), expected, "{}\n{:?}", policies, parts);

        let locks = |group: &&Group| left(&enough, group).is_empty();
        let locking: Vec<Group> = match verdict {
            Verdict::Needs(_) => groups.iter().filter(locks).cloned().collect(),
            Verdict::Standing | Verdict::Prohibited => Vec::new(),
        };
        prop_assert_eq!(blocking(&verdict).unwrap(), minimal(&locking), "{}", policies);

        let size = enough.iter().map(BTreeSet::len).min();
        prop_assert_eq!(fewest(&verdict), size, "{}\n{:?}", policies, parts);
        for group in &groups {
            let expected = as_verdict(&left(&enough, group));
            prop_assert_eq!(without(&verdict, group), expected, "{}\n{:?}", policies, group);
        }
        lots.push((parts.quantity, enough, verdict));
    }
    check_lock(&groups, &lots, percent)
}

/// The least group of offices that locks a share, against every group weighed.
fn check_lock(
    groups: &[Group],
    lots: &[(u64, Vec<Group>, Verdict)],
    percent: u8,
) -> Result<(), TestCaseError> {
    let total: u64 = lots.iter().map(|(units, _, _)| units).sum();
    let locked = |group: &Group| -> u64 {
        let hit = |lot: &&(u64, Vec<Group>, Verdict)| left(&lot.1, group).is_empty();
        lots.iter().filter(hit).map(|(units, _, _)| units).sum()
    };
    let reach = |group: &&Group| locked(group) * 100 >= total * u64::from(percent);
    let reaching: Vec<&Group> = groups.iter().filter(reach).collect();
    let given: Vec<Lot<'_>> =
        lots.iter().map(|(units, _, verdict)| Lot { units: *units, verdict }).collect();
    match least_lock(&given, percent) {
        Ok(Lock { offices, units }) => {
            prop_assert_eq!(units, locked(&offices));
            let key = |group: &Group| (group.len(), u64::MAX - locked(group), group.clone());
            let best = reaching.iter().map(|group| key(group)).min().unwrap();
            prop_assert_eq!(key(&offices), best);
        }
        Err(LockError::OutOfReach { most, units }) => {
            prop_assert!(reaching.is_empty());
            prop_assert_eq!(units, total);
            prop_assert_eq!(Some(most), groups.iter().map(locked).max());
        }
        Err(LockError::TooMany { offices }) => prop_assert!(false, "{} offices", offices),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn where_approvals_only_ever_help(
        policies in helping(),
        asked in prop::collection::vec(parts(), 3),
        percent in 1..=100u8,
    ) {
        check(&policies, &asked, percent)?;
    }

    #[test]
    fn where_they_do_not(
        policies in anything(),
        asked in prop::collection::vec(parts(), 2),
        percent in 1..=100u8,
    ) {
        check(&policies, &asked, percent)?;
    }
}

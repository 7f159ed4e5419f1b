//! A replay gives what is worked out anew, whatever it was asked before.

use super::brute::compiled;
use super::policy::{Ask, bundle, item, world};
use super::random::{Parts, anything, helping, parts};
use countersign_core::policy::{Compiled, KeyOnlyRule, PolicyBundle, PolicyError, Replay, Verdict};
use countersign_proof::words::{Act, OfficeId, ZoneId};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Holds never, and cannot be understood: with it nothing is kept, nothing is left out of the
/// context, every entity is there, and every set of offices is asked about.
const OPAQUE: &str = r#"
@id("opaque")
forbid (
  principal,
  action in [Action::"use", Action::"deliver", Action::"transfer", Action::"divert"],
  resource
)
when { context != context };
"#;

/// The verdict on all zones, zone by zone and set by set.
fn slowly(plain: &Compiled, parts: &Parts, zones: &BTreeSet<ZoneId>) -> Verdict {
    let ask = parts.ask();
    let all: Vec<OfficeId> = plain.world().offices.keys().cloned().collect();
    let group = |mask: usize| -> BTreeSet<OfficeId> {
        (0..all.len()).filter(|bit| mask >> bit & 1 == 1).map(|bit| all[bit].clone()).collect()
    };
    let mut least: BTreeSet<BTreeSet<OfficeId>> = BTreeSet::new();
    let mut masks: Vec<usize> = (0..1 << all.len()).collect();
    masks.sort_by_key(|mask| mask.count_ones());
    for mask in masks {
        let group = group(mask);
        if least.iter().any(|less| less.is_subset(&group)) {
            continue;
        }
        if plain.satisfied_over(&ask.question(), zones, &group).unwrap() {
            least.insert(group);
        }
    }
    if least.is_empty() {
        Verdict::Prohibited
    } else if least.contains(&BTreeSet::new()) {
        Verdict::Standing
    } else {
        Verdict::Needs(least)
    }
}

fn zones(names: &[&str]) -> BTreeSet<ZoneId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn check(policies: &str, asked: &[Parts]) -> Result<(), TestCaseError> {
    let fast = compiled(policies);
    let plain = compiled(&format!("{policies}{OPAQUE}"));
    prop_assert!(plain.enumerated().contains(&Act::Use));
    let mut replay = Replay::of(&fast);
    for parts in asked {
        let ask = parts.ask();
        let kept = replay.verdict_over(&ask.question(), &BTreeSet::new()).unwrap();
        let fresh = fast.verdict_unmemoised(&ask.question()).unwrap();
        prop_assert_eq!(&*kept, &fresh, "{}\n{:?}", policies, parts);
        let slow = plain.verdict_enumerated(&ask.question()).unwrap();
        prop_assert_eq!(&kept.verdict, &slow, "{}\n{:?}", policies, parts);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn where_approvals_only_ever_help(
        policies in helping(),
        asked in prop::collection::vec(parts(), 30),
    ) {
        check(&policies, &asked)?;
    }

    #[test]
    fn where_they_do_not(
        policies in anything(),
        asked in prop::collection::vec(parts(), 6),
    ) {
        check(&policies, &asked)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn over_several_zones_at_once(
        policies in prop_oneof![helping(), anything()],
        asked in prop::collection::vec(parts(), 3),
        named in prop::sample::subsequence(vec!["RU", "RU.Border", "RU.Kursk", "UA", "XX"], 1..=3),
    ) {
        let fast = compiled(&policies);
        let plain = compiled(&format!("{policies}{OPAQUE}"));
        let mut replay = Replay::of(&fast);
        let zones = zones(&named);
        for parts in &asked {
            let ask = parts.ask();
            let kept = replay.verdict_over(&ask.question(), &zones).unwrap();
            let slow = slowly(&plain, parts, &zones);
            prop_assert_eq!(&kept.verdict, &slow, "{}\n{:?} {:?}", policies, parts, named);
            let again = fast.verdict_over(&ask.question(), &zones).unwrap();
            prop_assert_eq!(&*kept, &again, "{}\n{:?} {:?}", policies, parts, named);
        }
    }
}

/// What an item is made of decides whether policy gives an answer at all, also where no policy
/// reads it: the answer must not depend on what was asked before.
#[test]
fn a_missing_deciding_office_refuses_whatever_was_asked_before() {
    let open = r#"
@id("open") permit (principal, action == Action::"use", resource)
when { context.zones.contains(Zone::"RU") };
"#;
    let mut bundle = PolicyBundle { key_only: KeyOnlyRule::Allow, ..bundle(open) };
    bundle.deciding.remove(&"FR".parse().unwrap());
    let compiled = Compiled::compile(&bundle, &world(), true).unwrap();
    let (known, unknown) = (item("ATACMS", "green"), item("SCALP", "green"));
    let known = Ask::new(Act::Use, &known).zone("RU");
    let unknown = Ask::new(Act::Use, &unknown).zone("RU");
    let refused = |answer: Result<_, PolicyError>| {
        assert!(matches!(answer, Err(PolicyError::NoDecidingOffice { .. })));
    };
    let mut replay = Replay::of(&compiled);
    refused(compiled.verdict(&unknown.question()).map(drop));
    assert_eq!(compiled.verdict(&known.question()).unwrap().verdict, Verdict::Standing);
    refused(compiled.verdict(&unknown.question()).map(drop));
    let nowhere = BTreeSet::new();
    assert!(replay.verdict_over(&known.question(), &nowhere).is_ok());
    refused(replay.verdict_over(&unknown.question(), &nowhere).map(drop));
}

#[test]
fn what_is_not_known_refuses_also_from_memory() {
    let compiled =
        compiled("@id(\"open\") permit (principal, action == Action::\"use\", resource);");
    let mut replay = Replay::of(&compiled);
    let flamingo = item("FLAMINGO", "green");
    let good = Ask::new(Act::Use, &flamingo).zone("RU");
    assert!(replay.verdict_over(&good.question(), &BTreeSet::new()).is_ok());
    assert!(replay.verdict_over(&good.question(), &zones(&["RU", "UA"])).is_ok());
    for bad in [
        Ask::new(Act::Use, &flamingo).zone("Nowhere"),
        Ask::new(Act::Use, &flamingo).zone("RU").holder("DE"),
    ] {
        let refused = replay.verdict_over(&bad.question(), &BTreeSet::new());
        assert!(matches!(refused, Err(PolicyError::UnknownEntity { .. })), "{refused:?}");
    }
    let refused = replay.verdict_over(&good.question(), &zones(&["RU", "Nowhere"]));
    assert!(matches!(refused, Err(PolicyError::UnknownEntity { .. })), "{refused:?}");
    assert_eq!(replay.counts().1, 1, "the zone is not read");
}

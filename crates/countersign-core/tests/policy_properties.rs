//! Random policies over random questions: the fast derivation, the memory and the rule that
//! approvals only ever help, each against plain enumeration.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "policy/world.rs"]
mod policy;
#[path = "policy/random.rs"]
mod random;

use countersign_core::policy::{Compiled, KeyOnlyRule};
use countersign_proof::words::OfficeId;
use policy::{bundle, offices, world};
use proptest::prelude::*;
use random::{NAMED, anything, helping, parts};
use std::collections::BTreeSet;

fn compiled(policies: &str, guard: bool) -> Compiled {
    let mut bundle = bundle(policies);
    bundle.key_only = if guard { KeyOnlyRule::RefuseRed } else { KeyOnlyRule::Allow };
    Compiled::compile(&bundle, &world(), true).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{policies}", told.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_fast_form_agrees_with_full_enumeration(
        policies in helping(),
        guard in any::<bool>(),
        asked in prop::collection::vec(parts(), 4),
    ) {
        let compiled = compiled(&policies, guard);
        prop_assert_eq!(compiled.enumerated(), BTreeSet::new(), "{}", policies);
        for parts in &asked {
            let ask = parts.ask();
            let fast = compiled.verdict_unmemoised(&ask.question()).unwrap().verdict;
            let slow = compiled.verdict_enumerated(&ask.question()).unwrap();
            prop_assert_eq!(fast, slow, "{}\n{:?}", policies, parts);
        }
    }

    #[test]
    fn what_is_remembered_is_what_would_be_worked_out(
        policies in helping(),
        guard in any::<bool>(),
        asked in prop::collection::vec(parts(), 60),
    ) {
        let compiled = compiled(&policies, guard);
        for parts in &asked {
            let ask = parts.ask();
            let kept = compiled.verdict(&ask.question());
            let fresh = compiled.verdict_unmemoised(&ask.question());
            prop_assert_eq!(kept, fresh, "{}\n{:?}", policies, parts);
        }
    }

    #[test]
    fn where_the_rule_holds_approvals_only_ever_help(
        policies in anything(),
        asked in prop::collection::vec(parts(), 3),
    ) {
        let compiled = compiled(&policies, false);
        let named: Vec<OfficeId> = offices(&NAMED).into_iter().collect();
        for parts in asked.iter().filter(|parts| !compiled.enumerated().contains(&parts.act)) {
            let ask = parts.ask();
            let set = |mask: usize| -> BTreeSet<OfficeId> {
                (0..named.len()).filter(|b| mask >> b & 1 == 1).map(|b| named[b].clone()).collect()
            };
            let enough: Vec<bool> = (0..1usize << named.len())
                .map(|mask| compiled.satisfied(&ask.question(), &set(mask)).unwrap())
                .collect();
            for mask in 0..enough.len() {
                for more in (0..named.len()).map(|bit| mask | 1 << bit) {
                    prop_assert!(!enough[mask] || enough[more], "{}\n{:?}", policies, parts);
                }
            }
        }
    }

    #[test]
    fn where_it_does_not_the_answer_is_still_exact(
        policies in anything(),
        parts in parts(),
    ) {
        let compiled = compiled(&policies, false);
        let ask = parts.ask();
        let derived = compiled.verdict_unmemoised(&ask.question()).unwrap().verdict;
        let slow = compiled.verdict_enumerated(&ask.question()).unwrap();
        prop_assert_eq!(derived, slow, "{}\n{:?}", policies, parts);
    }
}

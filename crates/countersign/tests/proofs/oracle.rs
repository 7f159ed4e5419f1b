//! Random versions: what the solver says of all requests, against asking about many of them one by
//! one. A proof that a single request contradicts is no proof.

use super::version::{Version, cvc5, proving};
use countersign_core::policy::{
    Claim, Compiled, Direction, Finding, ItemQuestion, Preconditions, Question, Subject, Totals,
    compare,
};
use countersign_core::stock::{Item, ItemClass};
use countersign_proof::words::{Act, OfficeId, Quantity, ZoneId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::collections::BTreeSet;

const OFFICES: [&str; 3] = ["US.SecDef", "GB.MoD", "FR.MinArm"];

/// Conditions on a request, consent aside.
const FACTS: &[&str] = &[
    r#"context.zones.contains(Zone::"RU")"#,
    r#"context.zones.containsAny([Zone::"RU.Kursk", Zone::"UA"])"#,
    r#"resource.class == "red""#,
    r#"context.quantity > 2"#,
    r#"resource in Party::"US""#,
    r#"resource in Office::"US.SecDef""#,
    r#"resource in Input::"us-components""#,
    r#"(resource has range_km && resource.range_km > 260)"#,
    r#"resource.origin == Party::"GB""#,
    r#"principal in Party::"UA""#,
    r#"principal == Holder::"GB""#,
    r#"context.now < datetime("2025-09-01")"#,
    r#"context.released_total > 1"#,
    r#"context.key_only"#,
    r#"context.origin_deciding.isEmpty()"#,
    r#"context.foreign_controllers.contains(Office::"GB.MoD")"#,
];

/// Conditions on consent, some of which it can harm.
const CONSENT: &[&str] = &[
    r#"context.approvals.contains(Office::"US.SecDef")"#,
    r#"context.approvals.containsAny([Office::"GB.MoD", Office::"FR.MinArm"])"#,
    "context.approvals.containsAll(context.foreign_controllers)",
    "context.approvals.containsAll(context.origin_deciding)",
    "context.approvals.isEmpty()",
    "context.foreign_controllers.containsAll(context.approvals)",
];

fn condition() -> impl Strategy<Value = String> {
    let fact = prop::sample::select(FACTS).prop_map(str::to_owned);
    let consent = prop::sample::select(CONSENT).prop_map(str::to_owned);
    let leaf = prop_oneof![fact, consent.clone(), consent].prop_flat_map(|leaf| {
        any::<bool>().prop_map(move |not| if not { format!("!({leaf})") } else { leaf.clone() })
    });
    (leaf.clone(), leaf, any::<bool>())
        .prop_map(|(a, b, and)| format!("({a} {} {b})", if and { "&&" } else { "||" }))
}

fn policies() -> impl Strategy<Value = String> {
    prop::collection::vec((any::<bool>(), condition()), 1..4).prop_map(|all| {
        let each = all.into_iter().enumerate().map(|(n, (forbid, condition))| {
            let effect = if forbid && n > 0 { "forbid" } else { "permit" };
            format!(
                "@id(\"p{n}\") {effect} (principal, action == Action::\"use\", resource) \
                 when {{ {condition} }};\n"
            )
        });
        each.collect()
    })
}

/// Every set of the offices.
fn subsets() -> Vec<BTreeSet<OfficeId>> {
    (0..1_usize << OFFICES.len())
        .map(|mask| {
            let chosen = OFFICES.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
            chosen.map(|(_, office)| office.parse().unwrap()).collect()
        })
        .collect()
}

/// Many requests, told by what the policies can read.
fn requests(version: &Version, mut see: impl FnMut(&Question<'_>)) {
    let zones: Vec<ZoneId> = ["RU", "RU.Kursk", "UA"].map(|zone| zone.parse().unwrap()).into();
    for item in version.items.values() {
        for class in ["green", "red"] {
            let item = Item { class: ItemClass::new(class).unwrap(), ..item.clone() };
            for holder in ["UA", "GB"].map(|party| party.parse().unwrap()) {
                for zone in &zones {
                    for (units, out) in [(1, 0), (3, 2)] {
                        for (now, key_only) in [("2025-06-01", false), ("2025-12-01", true)] {
                            let asked = ItemQuestion {
                                holder: &holder,
                                item: &item,
                                zone: Some(zone),
                                quantity: Quantity::new(units).unwrap(),
                                recipient: None,
                                requested: Act::Use,
                                totals: Totals {
                                    released: Quantity::new(out).unwrap(),
                                    used: Quantity::default(),
                                },
                                preconditions: Preconditions::default(),
                            };
                            see(&Question {
                                act: Act::Use,
                                subject: Subject::Item(asked),
                                now: format!("{now}T00:00:00Z").parse().unwrap(),
                                key_only,
                                exercise: true,
                            });
                        }
                    }
                }
            }
        }
    }
}

/// Whether some request contradicts that more consent helps.
fn harmed(version: &Version, compiled: &Compiled) -> bool {
    let sets = subsets();
    let mut found = false;
    requests(version, |question| {
        let allowed: Vec<bool> =
            sets.iter().map(|set| compiled.satisfied(question, set).unwrap()).collect();
        for (few, was) in allowed.iter().enumerate() {
            found |= *was && (0..sets.len()).any(|many| few & many == few && !allowed[many]);
        }
    });
    found
}

/// Whether some request is allowed by one version and not by the other.
fn differs(version: &Version, one: &Compiled, other: &Compiled) -> bool {
    let sets = subsets();
    let mut found = false;
    requests(version, |question| {
        found |= sets.iter().any(|set| {
            one.satisfied(question, set).unwrap() && !other.satisfied(question, set).unwrap()
        });
    });
    found
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn what_is_proved_no_request_contradicts() {
    let (proved, refuted) = (Cell::new(0_u32), Cell::new(0_u32));
    let one_by_one = runner(16).run(&(policies(), policies()), |(old, new)| {
        let (before, after) = (Version::with(&old), Version::with(&new));
        let (old, new) = (before.compiled(), after.compiled());
        let mut solver = cvc5();
        let claim = Claim::ApprovalsHelp { act: Act::Use };
        match after.prove(&mut solver).1.of(&claim) {
            Finding::Proved => {
                proved.set(proved.get() + 1);
                prop_assert!(!harmed(&after, &new));
            }
            // What is refuted was replayed.
            Finding::Refuted { .. } => refuted.set(refuted.get() + 1),
            Finding::NotProved { why } => prop_assert!(false, "{}", why),
        }
        let found = compare(&old, &new, &mut proving(&after, Some(&mut solver)));
        for difference in found.differences.iter().filter(|d| d.act == Act::Use) {
            let (from, to) = match difference.direction {
                Direction::NoLongerAllowed => (&old, &new),
                Direction::NewlyAllowed => (&new, &old),
            };
            match &difference.finding {
                Finding::Proved => prop_assert!(!differs(&after, from, to)),
                Finding::Refuted { .. } => {
                    let example = difference.example.as_ref().unwrap();
                    let question = example.question();
                    prop_assert!(from.satisfied(&question, &example.approvals).unwrap());
                    prop_assert!(!to.satisfied(&question, &example.approvals).unwrap());
                }
                Finding::NotProved { why } => prop_assert!(false, "{}", why),
            }
        }
        Ok(())
    });
    one_by_one.unwrap();
    // Not for nothing: among such versions there are both kinds.
    let (proved, refuted) = (proved.get(), refuted.get());
    assert!(proved > 0 && refuted > 0, "{proved} proved, {refuted} refuted");
}

//! Random policies and random questions, for the tests of policy and of dependence.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part")]

use super::policy::{Ask, item};
use countersign_core::stock::{Item, ItemClass};
use countersign_proof::words::{Act, Quantity};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The offices that random policies name.
pub const NAMED: [&str; 5] = ["US.SecDef", "US.SACEUR", "GB.MoD", "FR.MinArm", "UA.GenStaff"];

/// Conditions that read the question and not the approvals.
const FACTS: &[&str] = &[
    r#"context.zones.contains(Zone::"RU")"#,
    r#"context.zones.contains(Zone::"RU.Border")"#,
    r#"context.zones.containsAny([Zone::"RU.Kursk", Zone::"UA"])"#,
    r#"resource.class == "red""#,
    r#"context.class == "yellow""#,
    r#"context.quantity > 2"#,
    r#"context.quantity >= 3"#,
    r#"context.quantity == 2"#,
    r#"(resource has range_km && resource.range_km == 250)"#,
    r#"resource in Party::"US""#,
    r#"resource in Office::"US.SecDef""#,
    r#"resource in Input::"us-targeting-data""#,
    r#"resource in Input::"us-components""#,
    r#"(resource has range_km && resource.range_km > 260)"#,
    r#"resource.origin == Party::"GB""#,
    r#"resource.labels.contains("ballistic")"#,
    r#"principal in Party::"UA""#,
    r#"principal == Holder::"GB""#,
    r#"context.requested == "use""#,
    r#"(context has recipient && context.recipient == Party::"FR")"#,
    r#"context.now < datetime("2025-06-01T12:00:01Z")"#,
    r#"context.now > datetime("2025-06-01T12:00:00Z")"#,
    r#"context.released_total > 1"#,
    r#"context.released_total <= 2"#,
    r#"context.used_total > 1"#,
    r#"context.key_only"#,
    r#"context.exercise"#,
    r#"context.origin_deciding.isEmpty()"#,
    r#"context.foreign_controllers.contains(Office::"GB.MoD")"#,
];

fn fact() -> impl Strategy<Value = String> {
    (prop::sample::select(FACTS), any::<bool>())
        .prop_map(|(fact, not)| if not { format!("!({fact})") } else { (*fact).to_owned() })
}

fn literals() -> impl Strategy<Value = String> {
    prop::sample::subsequence(NAMED.to_vec(), 1..=2).prop_map(|names| {
        let names: Vec<_> = names.iter().map(|name| format!("Office::\"{name}\"")).collect();
        format!("[{}]", names.join(", "))
    })
}

/// Conditions that approvals can only make true.
fn helped() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(NAMED.to_vec())
            .prop_map(|name| format!("context.approvals.contains(Office::\"{name}\")")),
        literals().prop_map(|set| format!("context.approvals.containsAll({set})")),
        literals().prop_map(|set| format!("context.approvals.containsAny({set})")),
        literals().prop_map(|set| format!("{set}.containsAny(context.approvals)")),
        Just("context.approvals.containsAll(context.foreign_controllers)".to_owned()),
        Just("context.approvals.containsAll(context.origin_deciding)".to_owned()),
        Just("context.approvals.containsAny(context.foreign_controllers)".to_owned()),
    ]
}

/// Conditions that approvals move either way.
fn wild() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("context.approvals.isEmpty()".to_owned()),
        Just("context.foreign_controllers.containsAll(context.approvals)".to_owned()),
        literals().prop_map(|set| format!("{set}.containsAll(context.approvals)")),
        literals().prop_map(|set| format!("context.approvals == {set}")),
    ]
}

/// A tree of conditions over `leaf`, without negation above it.
fn tree(leaf: BoxedStrategy<String>) -> BoxedStrategy<String> {
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (fact(), inner.clone(), inner)
                .prop_map(|(c, a, b)| format!("(if {c} then {a} else {b})")),
        ]
    })
    .boxed()
}

fn written(policies: Vec<(bool, bool, String, usize)>) -> String {
    let scopes = [
        r#"action in [Action::"use", Action::"deliver"]"#,
        r#"action in [Action::"transfer", Action::"use", Action::"deliver", Action::"divert"]"#,
    ];
    let each = policies.into_iter().enumerate().map(|(n, (permit, when, condition, scope))| {
        let effect = if permit { "permit" } else { "forbid" };
        let clause = if when { "when" } else { "unless" };
        let scope = scopes[scope % scopes.len()];
        format!(
            "@id(\"p{n}\")\n{effect} (principal, {scope}, resource)\n{clause} {{ {condition} }};\n"
        )
    });
    each.collect()
}

/// Policies in which approvals only ever help: permits that they make true, forbids that they lift.
pub fn helping() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![helped().boxed(), fact().boxed()].boxed();
    let one = (any::<bool>(), any::<bool>(), tree(leaf), any::<usize>()).prop_map(
        |(permit, when, condition, scope)| {
            let condition = if permit == when { condition } else { format!("!({condition})") };
            (permit, when, condition, scope)
        },
    );
    prop::collection::vec(one, 1..6).prop_map(written)
}

/// Policies of every kind.
pub fn anything() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => helped(),
        1 => helped().prop_map(|condition| format!("!({condition})")),
        1 => wild(),
        3 => fact(),
    ];
    let one = (any::<bool>(), any::<bool>(), tree(leaf.boxed()), any::<usize>());
    prop::collection::vec(one, 1..4).prop_map(written)
}

/// The parts of a question; small ranges, so that questions differ in one part alone.
#[derive(Clone, Debug)]
pub struct Parts {
    pub act: Act,
    pub item: Item,
    pub holder: &'static str,
    pub zone: &'static str,
    pub quantity: u64,
    pub released: u64,
    pub used: u64,
    pub recipient: Option<&'static str>,
    pub later: bool,
    pub key_only: bool,
}

impl Parts {
    pub fn ask(&self) -> Ask<'_> {
        let mut ask = Ask::new(self.act, &self.item).zone(self.zone).holder(self.holder);
        ask.quantity = self.quantity;
        ask.totals.released = Quantity::new(self.released).unwrap();
        ask.totals.used = Quantity::new(self.used).unwrap();
        ask.recipient = self.recipient.or(ask.recipient.map(|_| "UA")).map(|p| p.parse().unwrap());
        if self.later {
            ask.now = ask.now.plus_minutes(1);
        }
        ask.key_only = self.key_only;
        ask
    }
}

pub fn any_item() -> impl Strategy<Value = Item> {
    let ids = ["ATACMS", "STORM-SHADOW", "SCALP", "FLAMINGO", "SHELL"];
    let classes = ["green", "yellow", "red"];
    (prop::sample::select(ids.to_vec()), prop::sample::select(classes.to_vec()), 0..8u8).prop_map(
        |(id, class, change)| {
            let mut item = item(id, class);
            // The same id with one thing changed: what a memory must not mix up.
            match change {
                0 => item.inputs.clear(),
                1 => item.range_km = None,
                2 => item.origin = "FR".parse().unwrap(),
                3 => item.labels = BTreeSet::from(["cruise".to_owned()]),
                4 => item.class = ItemClass::unknown(),
                5 => item.inputs = BTreeSet::from(["us-targeting-data".parse().unwrap()]),
                6 => item.inputs = BTreeSet::from(["us-components".parse().unwrap()]),
                _ => {}
            }
            item
        },
    )
}

pub fn parts() -> impl Strategy<Value = Parts> {
    let acts = [Act::Use, Act::Use, Act::Use, Act::Deliver, Act::Transfer, Act::Divert];
    let zones = ["RU", "RU.Border", "RU.Border.Kharkiv", "RU.Kursk", "UA"];
    (
        (prop::sample::select(acts.to_vec()), any_item()),
        prop::sample::select(vec!["UA", "UA", "GB"]),
        prop::sample::select(zones.to_vec()),
        (1..5u64, 0..4u64, 0..4u64),
        prop::option::of(prop::sample::select(vec!["FR", "GB"])),
        (any::<bool>(), prop::bool::weighted(0.2)),
    )
        .prop_map(|((act, item), holder, zone, counts, recipient, (later, key_only))| Parts {
            act,
            item,
            holder,
            zone,
            quantity: counts.0,
            released: counts.1,
            used: counts.2,
            recipient,
            later,
            key_only,
        })
}

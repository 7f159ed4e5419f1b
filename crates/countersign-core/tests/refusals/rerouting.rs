//! When stock falls short, which promised units are diverted, and what is owed?

use super::Case;
use super::world::{Answered, Ordering, World, id, quantity, short};
use countersign_core::rerouting::Command;
use countersign_core::stock;
use countersign_proof::words::DebtId;

/// July: the requirement has grown, and PATRIOT is red.
fn july(version: &str) -> World {
    let mut world = short(version);
    world.awake_until(id("2025-07-15T09:00:00Z"));
    world
}

fn ordering(world: &mut World) -> Ordering {
    let plan = world.planned(12);
    world.ordering("secdef", "US.SecDef", plan)
}

fn changed(change: impl Fn(&mut Ordering)) -> Answered {
    let mut world = july("shortage");
    let mut ordering = ordering(&mut world);
    change(&mut ordering);
    world.order("secdef", ordering)
}

fn indebted() -> World {
    let mut world = july("shortage");
    let mut ordering = ordering(&mut world);
    ordering.order.replacement = Some(id("2026-06"));
    world.order("secdef", ordering).unwrap();
    world
}

fn repay(world: &mut World, debt: u64, units: u64) -> Answered {
    let command = Command::RepayDebt { debt: DebtId(debt), quantity: quantity(units) };
    world.run(Some("usdepot"), command)
}

pub(crate) const CASES: &[Case] = &[
    ("rerouting/no-statement", || {
        let mut world = july("shortage");
        let (plan, statements) = (Box::new(world.planned(12)), Vec::new());
        world.run(None, Command::OrderDiversion { plan, statements })
    }),
    ("rerouting/statements-differ", || {
        let mut world = july("shortage");
        let (one, mut other) = (ordering(&mut world), ordering(&mut world));
        other.order.notice_days = id("3");
        let statements = vec![world.sign("secdef", &one.order), world.sign("secdef", &other.order)];
        world.run(None, Command::OrderDiversion { plan: Box::new(one.plan), statements })
    }),
    ("rerouting/unknown-item", || changed(|made| made.order.item = id("SPEAR"))),
    ("rerouting/unknown-debt", || repay(&mut july("shortage"), 1, 1)),
    ("rerouting/nothing-to-divert", || changed(|made| made.plan.slots.clear())),
    ("rerouting/plan-differs", || changed(|made| made.order.quantity = quantity(1))),
    ("rerouting/plan-impossible", || {
        let mut world = july("shortage");
        let mut ordering = ordering(&mut world);
        ordering.plan.item = id("ATACMS");
        let mut again = world.ordering("secdef", "US.SecDef", ordering.plan);
        again.order.owner = id("US");
        world.order("secdef", again)
    }),
    ("rerouting/plan-stale", || {
        let mut world = july("shortage");
        let ordering = ordering(&mut world);
        world.receive(1, "PATRIOT", "US", None).unwrap();
        world.order("secdef", ordering)
    }),
    ("rerouting/replacement-passed", || {
        changed(|made| made.order.replacement = Some(id("2025-06")))
    }),
    ("rerouting/under-hold", || {
        let mut world = july("shortage");
        world.hold("act:divert", "US.DepSecDef", &["depsecdef"]).unwrap();
        let ordering = ordering(&mut world);
        world.order("secdef", ordering)
    }),
    ("rerouting/quantity-zero", || repay(&mut indebted(), 1, 0)),
    ("rerouting/more-than-owed", || repay(&mut indebted(), 1, 1000)),
    ("rerouting/not-enough", || {
        let mut world = indebted();
        let figures = super::world::figures();
        let account = figures.counts[0].account.clone();
        let command = stock::Command::CountStock {
            account,
            units: quantity(1),
            expected: None,
            reason: id("lost"),
            source: "exercise".to_owned(),
            standing: id("assumed"),
        };
        world.run(Some("usdepot"), command).unwrap();
        repay(&mut world, 1, 20)
    }),
];

#[test]
fn policy_says_who_orders_and_what_an_order_must_undertake() {
    let mut world = july("shortage");
    let plan = world.planned(12);
    let by_deputy = world.ordering("depsecdef", "US.DepSecDef", plan);
    assert_eq!(world.order("depsecdef", by_deputy).unwrap_err().code(), "policy/consent-missing");

    let mut world = july("strict");
    let bare = ordering(&mut world);
    assert_eq!(world.order("secdef", bare).unwrap_err().code(), "policy/prohibited");
    let mut without_notice = ordering(&mut world);
    without_notice.order.certification = "memo 12".to_owned();
    without_notice.order.replacement = Some(id("2026-06"));
    assert_eq!(world.order("secdef", without_notice).unwrap_err().code(), "policy/prohibited");
    let mut whole = ordering(&mut world);
    whole.order.certification = "memo 12".to_owned();
    whole.order.replacement = Some(id("2026-06"));
    whole.order.notice_days = id("15");
    world.order("secdef", whole).unwrap();
}

#[test]
fn a_plan_with_one_unit_changed_is_not_ordered() {
    let mut world = july("shortage");
    let mut plan = world.planned(12);
    plan.slots[0].quantity -= 1;
    plan.slots[0].reason.quantity -= 1;
    plan.harm -= u128::from(plan.slots[0].harm);
    let ordering = world.ordering("secdef", "US.SecDef", plan);
    assert_eq!(world.order("secdef", ordering).unwrap_err().code(), "rerouting/plan-stale");
}

//! A shortage from beginning to end: classes that follow the books, orders that divert, debts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    reason = "tests"
)]

#[path = "histories/random.rs"]
mod random;
#[path = "shortage/walks.rs"]
mod walks;
#[path = "world/world.rs"]
mod world;

use countersign_core::rerouting::{self, Command, Lapse, OrderState, debts::repayment};
use countersign_core::rerouting::{Event as Rerouting, Terms, problem};
use countersign_core::stock::AccountState;
use countersign_core::triage::Event as Triage;
use countersign_core::{Event, record};
use countersign_proof::words::{DebtId, OrderId};
use world::{World, id, quantity, short};

const SECDEF: (&str, &str) = ("secdef", "US.SecDef");

fn class(world: &World) -> String {
    world.state.stock.item(&id("PATRIOT")).unwrap().class.to_string()
}

fn judged(events: &[Event]) -> Vec<(String, String)> {
    let change = |event: &Event| match event {
        Event::Triage(Triage::ClassChanged { from, judgement, .. }) => {
            Some((from.to_string(), judgement.class.to_string()))
        }
        _ => None,
    };
    events.iter().filter_map(change).collect()
}

#[test]
fn the_class_follows_the_books_at_once_when_it_worsens() {
    // The charter says red; 250 of 320 are 78 %.
    let mut world = short("shortage");
    assert_eq!(class(&world), "yellow");
    // The evaluation of 1 July finds the requirement of 1,000.
    world.fallen_due.clear();
    world.awake_until(id("2025-07-01T00:00:00Z"));
    assert_eq!(class(&world), "red");
    assert_eq!(judged(&world.fallen_due), [("yellow".to_owned(), "red".to_owned())]);
    // 440 of 1,000 is the margin: reached at once, left only after 28 days and two evaluations.
    world.at = id("2025-07-02T09:00:00Z");
    assert!(judged(&world.receive(190, "PATRIOT", "US", None).unwrap()).is_empty());
    assert_eq!(class(&world), "red");
    world.awake_until(id("2025-07-31T23:00:00Z"));
    assert_eq!(class(&world), "red", "one evaluation was not enough");
    world.awake_until(id("2025-08-01T00:00:00Z"));
    assert_eq!(class(&world), "yellow");
    // A loss takes effect in the entry that records it.
    let account = world::figures().counts[0].account.clone();
    let command = countersign_core::stock::Command::CountStock {
        account,
        units: quantity(399),
        expected: Some(440),
        reason: id("lost"),
        source: "exercise".to_owned(),
        standing: id("assumed"),
    };
    let events = world.run(Some("usdepot"), command).unwrap();
    assert_eq!(judged(&events), [("yellow".to_owned(), "red".to_owned())]);
}

#[test]
fn a_class_set_by_hand_holds_until_its_end() {
    let mut world = short("shortage");
    let events = world.set_class(SECDEF, "PATRIOT", "red", "2025-06-20T00:00:00Z").unwrap();
    assert_eq!(judged(&events), [("yellow".to_owned(), "red".to_owned())]);
    world.awake_until(id("2025-06-19T23:59:59Z"));
    assert_eq!(class(&world), "red");
    world.awake_until(id("2025-06-20T00:00:00Z"));
    // What was declared is left like any class: 28 days and two evaluations.
    assert_eq!(class(&world), "red");
    let mut world = short("shortage");
    world.set_class(SECDEF, "PATRIOT", "green", "2025-06-20T00:00:00Z").unwrap();
    assert_eq!(class(&world), "green");
    world.unset_class(SECDEF, "PATRIOT").unwrap();
    assert_eq!(class(&world), "yellow", "a better class set by hand improves nothing for good");
}

fn ordered(world: &mut World, notice: &str) -> OrderId {
    let plan = world.planned(12);
    let mut ordering = world.ordering("secdef", "US.SecDef", plan);
    ordering.order.notice_days = id(notice);
    ordering.order.replacement = Some(id("2026-06"));
    ordering.order.certification = "memo 12".to_owned();
    let events = world.order("secdef", ordering).unwrap();
    let order = events.iter().find_map(|event| match event {
        Event::Rerouting(Rerouting::DiversionOrdered { order }) => Some(order.id),
        _ => None,
    });
    order.unwrap()
}

fn july() -> World {
    let mut world = short("shortage");
    world.awake_until(id("2025-07-15T09:00:00Z"));
    world
}

#[test]
fn an_order_diverts_what_the_plan_says_and_owes_it() {
    let mut world = july();
    let plan = world.planned(12);
    // 250 less 10 a month and less 15 in August and September, against 400: 160, 185, 210, 220, …
    assert_eq!(plan.base[..4], [240, 215, 190, 180]);
    assert_eq!(plan.threshold, vec![400; 12]);
    let units: Vec<(String, u16, u64)> = plan
        .lines()
        .map(|line| (line.earmark.to_string(), line.slot.month, line.slot.quantity))
        .collect();
    let expected = [
        ("EM-UA", 1, 60),
        ("EM-GB", 2, 15),
        ("EM-UA", 2, 60),
        ("EM-GB", 3, 15),
        ("EM-UA", 3, 60),
        ("EM-UA", 4, 60),
    ];
    // Until January 2026 every month lacks more than all slots together give: all are taken.
    assert_eq!(units, expected.map(|(name, month, units)| (name.to_owned(), month, units)));
    let order = ordered(&mut world, "0");
    let stock = &world.state.stock;
    assert_eq!(world.state.rerouting.order(order).unwrap().state, OrderState::Executed);
    assert_eq!(stock.authorised(&id("PATRIOT"), &id("UA")), 0);
    assert_eq!(stock.kept(&id("PATRIOT"), &id("US")), 0, "the British units are free");
    let due: Vec<u64> = stock
        .accounts_of(&id("PATRIOT"), &id("US"))
        .filter(|(key, _)| matches!(key.state, AccountState::OnOrder(_)))
        .map(|(_, balance)| balance.on_hand)
        .collect();
    assert_eq!(due, [60, 60, 60, 60], "what was to be made for UA is on order for US");
    let owed: u64 = world.state.rerouting.debts().iter().map(|debt| debt.left()).sum();
    assert_eq!(owed, 270);
    assert_eq!(world.state.rerouting.debts().len(), 6);
}

#[test]
fn without_a_rule_the_whole_requirement_is_what_stock_must_meet() {
    let mut world = july();
    let of = |world: &World, terms: &Terms| {
        let rules = world.state.triage.rules();
        problem(&world.state.stock, rules, &id("ATACMS"), terms, world.at)
    };
    world.receive(10, "ATACMS", "US", None).unwrap();
    let terms = Terms { months: Some(3), threshold: None };
    assert!(of(&world, &terms).is_err(), "no rule, and nothing is required");
    let mut required = world::figures().requirements;
    required.iter_mut().for_each(|component| component.item = id("ATACMS"));
    required[1].from = id("2025-08-31");
    required[0].until = Some(id("2025-08-31"));
    let figures = countersign_core::stock::Figures {
        requirements: required,
        ..countersign_core::stock::Figures::default()
    };
    let command = countersign_core::stock::Command::ImportFigures { figures: Box::new(figures) };
    world.run(Some("usdepot"), command).unwrap();
    // The requirement of a month is that of its last day.
    assert_eq!(of(&world, &terms).unwrap().threshold(), [320, 1000, 1000]);
    let told = Terms { threshold: Some(7), ..terms };
    assert_eq!(of(&world, &told).unwrap().threshold(), [7, 7, 7]);
}

#[test]
fn recipients_are_told_what_they_lose_and_when() {
    let mut world = july();
    let plan = world.planned(12);
    let mut ordering = world.ordering("secdef", "US.SecDef", plan);
    ordering.order.notice_days = id("10");
    let events = world.order("secdef", ordering).unwrap();
    let told: Vec<(String, u64, String)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Rerouting(Rerouting::RecipientNotified {
                recipient,
                slots,
                executes_at,
                ..
            }) => {
                let units = slots.iter().map(|(_, _, units)| units).sum();
                Some((recipient.to_string(), units, executes_at.date().to_string()))
            }
            _ => None,
        })
        .collect();
    let date = "2025-07-25".to_owned();
    assert_eq!(told, [("GB".to_owned(), 30, date.clone()), ("UA".to_owned(), 240, date)]);
}

#[test]
fn notice_leaves_time_for_a_hold() {
    let mut world = july();
    let order = ordered(&mut world, "10");
    assert_eq!(world.state.stock.authorised(&id("PATRIOT"), &id("UA")), 240);
    world.awake_until(id("2025-07-20T09:00:00Z"));
    world.hold("item:PATRIOT", "US.DepSecDef", &["depsecdef"]).unwrap();
    world.awake_until(id("2025-07-25T09:00:00Z"));
    let order = world.state.rerouting.order(order).unwrap();
    assert_eq!(order.state, OrderState::Lapsed);
    assert!(matches!(order.lapse, Some(Lapse::Hold(_))));
    assert_eq!(world.state.stock.authorised(&id("PATRIOT"), &id("UA")), 240);
    assert!(world.state.rerouting.debts().is_empty());
}

#[test]
fn what_a_release_draws_on_during_the_notice_is_not_taken() {
    let mut world = july();
    let order = ordered(&mut world, "10");
    // Nothing red is taken in; so the class is set by hand, and GB asks for its fifteen of August.
    world.set_class(SECDEF, "PATRIOT", "green", "2025-07-24T00:00:00Z").unwrap();
    let mut draft = world::draft("deliver", 15, "PATRIOT", "", &world.days(60).to_string());
    draft.holder = id("GB");
    // Only the holder's party asks; the exercise has no requesting office of GB, so UA asks for its
    // own: a contract slot that is not made yet.
    draft.holder = id("UA");
    world.submit("genstaff", draft).unwrap();
    world.approve("secdef", "US.SecDef", 1).unwrap();
    assert_eq!(world.state.stock.draws().count(), 1);
    world.awake_until(id("2025-07-25T09:00:00Z"));
    let order = world.state.rerouting.order(order).unwrap();
    assert_eq!(order.state, OrderState::Lapsed);
    assert!(matches!(order.lapse, Some(Lapse::Stale(_))), "{:?}", order.lapse);
}

#[test]
fn an_order_lapses_when_policy_no_longer_allows_it() {
    let mut world = july();
    let order = ordered(&mut world, "10");
    world.set_class(SECDEF, "PATRIOT", "yellow", "2025-09-01T00:00:00Z").unwrap();
    world.awake_until(id("2025-07-25T09:00:00Z"));
    let order = world.state.rerouting.order(order).unwrap();
    assert!(matches!(order.lapse, Some(Lapse::Policy(_))), "{:?}", order.lapse);
}

#[test]
fn debts_are_repaid_from_what_is_free() {
    let mut world = july();
    ordered(&mut world, "0");
    world.receive(200, "PATRIOT", "US", None).unwrap();
    let repay = |debt, units| Command::RepayDebt { debt: DebtId(debt), quantity: quantity(units) };
    let by_another = world.run(Some("uadepot"), repay(1, 5)).unwrap_err();
    assert_eq!(by_another.code(), "people/function-missing");
    world.run(Some("usdepot"), repay(1, 20)).unwrap();
    world.run(Some("usdepot"), repay(1, 40)).unwrap();
    let again = world.run(Some("usdepot"), repay(1, 1)).unwrap_err();
    assert_eq!(again.code(), "rerouting/more-than-owed");
    assert_eq!(world.state.stock.authorised(&id("PATRIOT"), &id("UA")), 60);
    assert_eq!(world.state.stock.kept(&id("PATRIOT"), &id("US")), 60);
    // What is left can be given back where no month then falls below its threshold.
    let terms = Terms { months: Some(24), threshold: Some(100) };
    let rules = world.state.triage.rules();
    let made = problem(&world.state.stock, rules, &id("PATRIOT"), &terms, world.at).unwrap();
    let debts: Vec<&rerouting::Debt> = world.state.rerouting.debts().iter().collect();
    let instalments = repayment(&made, &debts);
    let units: u64 = instalments.iter().map(|part| part.units).sum();
    assert_eq!(units, 210);
    let mut left: Vec<i64> = made.base().to_vec();
    for part in instalments.iter().filter(|part| part.month.is_some()) {
        let from = usize::try_from(part.month.unwrap().since(made.first())).unwrap();
        left[from..].iter_mut().for_each(|units| *units -= i64::try_from(part.units).unwrap());
    }
    let short_before = made.base().iter().filter(|units| **units < 100).count();
    assert_eq!(left.iter().filter(|units| **units < 100).count(), short_before);
}

#[test]
fn the_record_alone_gives_the_same_state() {
    let mut world = july();
    ordered(&mut world, "0");
    let mut again = countersign_core::State::default();
    for body in &world.bodies {
        record::replay(&mut again, &record::read(body).unwrap());
    }
    assert_eq!(record::snapshot(&again).unwrap(), record::snapshot(&world.state).unwrap());
}

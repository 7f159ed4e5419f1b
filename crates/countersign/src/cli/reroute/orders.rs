//! Orders and what they owe.

use super::OrderArgs;
use super::plans::read_whole;
use crate::cli::desk::Desk;
use crate::cli::output::Output;
use crate::cli::people::done;
use crate::cli::signing::signed;
use crate::cli::{Failure, Global, known};
use crate::statements::{self, Undertaking};
use crate::views::{board, plans};
use countersign_core::rerouting::{self, Command, Terms, debts::repayment, plan_digest, problem};
use countersign_core::{Event, State};
use countersign_proof::words::{DebtId, ItemId, OrderId, Quantity};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn order(global: &Global, args: &OrderArgs, output: &mut Output) -> Result<(), Failure> {
    let plan = read_whole(&args.plan)?;
    if plan.units() == 0 {
        return Err(Failure::usage("the plan diverts nothing; there is nothing to order"));
    }
    let mut desk = Desk::open(global)?;
    let owner =
        desk.look(|state| known::item(state, &plan.item).map(|item| item.origin.clone()))?;
    let undertaking = Undertaking {
        certification: args.certification.clone(),
        notice_days: args.notice_days,
        replacement: args.replacement,
    };
    let statements = signed(&mut desk, global, &args.signing, output, |part| {
        statements::diversion(&plan, &owner, &undertaking, part.signing())
    })?;
    let Some(statements) = statements else { return Ok(()) };
    let command = Command::OrderDiversion { plan: Box::new(plan), statements };
    let (_, events) = desk.submit(None, command)?;
    if desk.is_dry() {
        output.only_would();
    }
    let id = events.iter().find_map(ordered);
    let id = id.ok_or_else(|| Failure::unavailable("the order is gone"))?;
    desk.look(|state| show(state, id, output))
}

fn ordered(event: &Event) -> Option<OrderId> {
    match event {
        Event::Rerouting(rerouting::Event::DiversionOrdered { order }) => Some(order.id),
        Event::Rerouting(_)
        | Event::History(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_) => None,
    }
}

fn order_value(state: &State, order: &rerouting::Order) -> Value {
    let lost: Vec<Value> = rerouting::losses(&order.plan)
        .into_iter()
        .map(|(recipient, slots)| {
            let slots: Vec<Value> = slots
                .into_iter()
                .map(|(earmark, month, units)| {
                    json!({
                        "earmark": earmark.as_str(), "month": month.to_string(), "units": units,
                    })
                })
                .collect();
            json!({ "recipient": recipient.as_str(), "slots": slots })
        })
        .collect();
    let debts: Vec<Value> = state
        .rerouting
        .debts()
        .iter()
        .filter(|debt| debt.order == order.id)
        .map(board::debt)
        .collect();
    json!({
        "id": order.id.to_string(), "item": order.plan.item.as_str(),
        "owner": order.owner.as_str(), "state": order.state.as_str(),
        "lapse": order.lapse.as_ref().map(lapse_words),
        "offices": order.signed.iter().map(|s| s.office.to_string()).collect::<Vec<_>>(),
        "persons": order.signed.iter().map(|s| s.person.to_string()).collect::<Vec<_>>(),
        "certification": order.certification, "notice_days": order.notice_days,
        "replacement": order.replacement.map(|month| month.to_string()),
        "ordered_at": order.ordered_at.to_string(), "executes_at": order.executes_at.to_string(),
        "units": order.plan.units(), "plan": plan_digest(&order.plan).to_string(),
        "shortfall_before": order.plan.shortfall_before,
        "shortfall_after": order.plan.shortfall_after,
        "harm": i128::try_from(order.plan.harm).map_or(Value::Null, board::number),
        "left_alone": plans::spared(&order.plan.vetoes),
        "recipients": lost, "debts": debts, "statement": order.statement.to_string(),
    })
}

fn lapse_words(lapse: &rerouting::Lapse) -> String {
    match lapse {
        rerouting::Lapse::Stale(why) => format!("the books have moved: {why}"),
        rerouting::Lapse::Hold(hold) => format!("{hold} suspends it"),
        rerouting::Lapse::Policy(why) => format!("policy no longer allows it: {why}"),
    }
}

pub(super) fn list(state: &State, output: &mut Output) -> Result<(), Failure> {
    let orders = state.rerouting.orders();
    output.value(&Value::Array(orders.iter().map(|order| order_value(state, order)).collect()));
    let rows: Vec<Vec<String>> = orders
        .iter()
        .map(|order| {
            vec![
                order.id.to_string(),
                order.plan.item.to_string(),
                order.plan.units().to_string(),
                order.state.as_str().to_owned(),
                order.ordered_at.date().to_string(),
                order.executes_at.date().to_string(),
                order.signed.iter().map(|s| s.office.to_string()).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    output.table(&["order", "item", "units", "state", "ordered", "executed", "by"], &rows);
    Ok(())
}

pub(super) fn show(state: &State, id: OrderId, output: &mut Output) -> Result<(), Failure> {
    let order = state.rerouting.order(id);
    let order = order.ok_or_else(|| Failure::usage(format!("there is no order {id}")))?;
    output.value(&order_value(state, order));
    let units = order.plan.units();
    output.heading(&format!("{id}: {units} {} to {}", order.plan.item, order.owner));
    let signed: Vec<String> =
        order.signed.iter().map(|s| format!("{} for {}", s.person, s.office)).collect();
    output.line(&format!("Ordered {} by {}.", order.ordered_at, signed.join(", ")));
    if !order.certification.is_empty() {
        output.line(&format!("Certified: {}.", order.certification));
    }
    match order.state {
        rerouting::OrderState::Ordered => {
            output.line(&format!("It is executed on {}.", order.executes_at));
        }
        rerouting::OrderState::Executed => {
            output.line(&format!("It was executed on {}.", order.executes_at));
        }
        rerouting::OrderState::Lapsed => {
            let why = order.lapse.as_ref().map(lapse_words).unwrap_or_default();
            output.line(&format!("It came to nothing: {why}."));
        }
    }
    output.line(&format!(
        "Own stock: {} unit-months short without it, {} with it; harm {}.",
        order.plan.shortfall_before, order.plan.shortfall_after, order.plan.harm
    ));
    let spared = plans::spared(&order.plan.vetoes);
    if !spared.is_empty() {
        output.line(&format!("Left alone: {}.", spared.join(", ")));
    }
    for (recipient, slots) in rerouting::losses(&order.plan) {
        let told: Vec<String> = slots
            .iter()
            .map(|(earmark, month, units)| format!("{units} of {earmark} in {month}"))
            .collect();
        output.line(&format!("{recipient} loses {}.", told.join(", ")));
    }
    let owed = state.rerouting.debts().iter().filter(|debt| debt.order == id);
    for debt in owed {
        output.line(&format!(
            "{}: {} owes {} {} units by {}; {} are given back.",
            debt.id, debt.owner, debt.recipient, debt.units, debt.due, debt.repaid
        ));
    }
    Ok(())
}

pub(super) fn debts(state: &State, output: &mut Output) -> Result<(), Failure> {
    let all = state.rerouting.debts();
    let items: BTreeSet<&ItemId> =
        all.iter().filter(|debt| debt.left() > 0).map(|debt| &debt.item).collect();
    let mut instalments = Vec::new();
    let mut unknown: BTreeMap<&ItemId, String> = BTreeMap::new();
    for item in items {
        let own: Vec<&rerouting::Debt> = all.iter().filter(|debt| debt.item == *item).collect();
        let terms = Terms { months: Some(rerouting::position::HORIZON_MAX), threshold: None };
        let rules = state.triage.rules();
        let made = problem(&state.stock, rules, item, &terms, state.ledger.clock);
        match made {
            Ok(made) => instalments.extend(repayment(&made, &own)),
            Err(error) => {
                unknown.insert(item, format!("not known: {error}"));
            }
        }
    }
    let plan: Vec<Value> = instalments
        .iter()
        .map(|part| {
            json!({
                "debt": part.debt.to_string(), "units": part.units, "late": part.late,
                "month": part.month.map(|month| month.to_string()),
            })
        })
        .collect();
    let values: Vec<Value> = all.iter().map(board::debt).collect();
    output.value(&json!({ "debts": values, "repayment": plan }));
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|debt| {
            let parts = instalments.iter().filter(|part| part.debt == debt.id);
            let why = unknown.get(&debt.item).filter(|_| debt.left() > 0).cloned();
            let told: Vec<String> = parts
                .map(|part| match part.month {
                    Some(month) if part.late => format!("{} in {month} (late)", part.units),
                    Some(month) => format!("{} in {month}", part.units),
                    None => format!("{} not within five years", part.units),
                })
                .chain(why)
                .collect();
            vec![
                debt.id.to_string(),
                debt.item.to_string(),
                debt.recipient.to_string(),
                debt.units.to_string(),
                debt.left().to_string(),
                debt.due.to_string(),
                told.join(", "),
            ]
        })
        .collect();
    output.table(&["debt", "item", "owed to", "units", "left", "due", "can be repaid"], &rows);
    Ok(())
}

pub(super) fn repay(
    global: &Global,
    debt: DebtId,
    quantity: Quantity,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    desk.submit(Some(by), Command::RepayDebt { debt, quantity })?;
    let left = desk.look(|state| state.rerouting.debt(debt).map_or(0, rerouting::Debt::left));
    let told = match left {
        0 => format!("{debt} is repaid."),
        left => format!("{debt}: {left} units are still owed."),
    };
    done(&desk, output, &told);
    Ok(())
}

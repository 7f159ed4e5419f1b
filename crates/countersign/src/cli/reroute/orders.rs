//! Orders and what they owe.

use super::OrderArgs;
use super::plans::read_whole;
use crate::cli::desk::Desk;
use crate::cli::output::Output;
use crate::cli::people::done;
use crate::cli::signing::signed;
use crate::cli::{Failure, Global, known};
use crate::statements::{self, Undertaking};
use crate::views::{orders as views, plans};
use countersign_core::rerouting::{self, Command, Debt, Order};
use countersign_core::viewing::Matter;
use countersign_core::{Event, State};
use countersign_proof::Label;
use countersign_proof::words::{DebtId, OrderId, PartyId, Quantity};
use serde_json::Value;

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

/// Whether somebody may see an order: whoever may see how its item stands.
fn seen(global: &Global, state: &State, order: &Order) -> bool {
    global.may_view(state, &Matter::Item(&order.plan.item), Label::Parties)
}

pub(super) fn list(global: &Global, state: &State, output: &mut Output) -> Result<(), Failure> {
    let orders = state.rerouting.orders().iter();
    let orders: Vec<&Order> = orders.filter(|order| seen(global, state, order)).collect();
    output.value(&Value::Array(orders.iter().map(|order| views::order(state, order)).collect()));
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

/// Shows an order to whoever may see it; one that they may not see is told of as none.
pub(super) fn show_seen(global: &Global, id: OrderId, output: &mut Output) -> Result<(), Failure> {
    let state = global.state()?;
    let found = state.rerouting.order(id).filter(|order| seen(global, &state, order));
    found.ok_or_else(|| Failure::usage(format!("there is no order {id}")))?;
    show(&state, id, output)
}

fn show(state: &State, id: OrderId, output: &mut Output) -> Result<(), Failure> {
    let order = state.rerouting.order(id);
    let order = order.ok_or_else(|| Failure::usage(format!("there is no order {id}")))?;
    output.value(&views::order(state, order));
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
            let why = order.lapse.as_ref().map(views::lapse_words).unwrap_or_default();
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

pub(super) fn debts(global: &Global, state: &State, output: &mut Output) -> Result<(), Failure> {
    let books = |party: &PartyId| global.may_view(state, &Matter::Books(party), Label::Parties);
    let seen = |debt: &&Debt| books(&debt.owner) || books(&debt.recipient);
    let all: Vec<&Debt> = state.rerouting.debts().iter().filter(seen).collect();
    let (mut instalments, unknown) = views::instalments(state);
    instalments.retain(|part| all.iter().any(|debt| debt.id == part.debt));
    output.value(&views::debts(&all, &instalments));
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

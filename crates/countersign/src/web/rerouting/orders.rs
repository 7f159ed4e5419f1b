//! Orders and debts. Answers: *what was diverted so far, and what is owed for it?*

use crate::server::fields::Fields;
use crate::web::asked::paged;
use crate::web::parts::{Column, Row, Table, Tone, date, id, quantity, tag, thin};
use crate::web::words;
use countersign_core::State;
use countersign_core::rerouting::debts::{Instalment, repayment};
use countersign_core::rerouting::position::HORIZON_MAX;
use countersign_core::rerouting::{Debt, Lapse, Order, OrderState, Terms, losses, problem};
use countersign_proof::words::{ItemId, PersonId};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

fn lapse(lapse: &Lapse) -> String {
    match lapse {
        Lapse::Stale(why) => words::reroute_stale(&why.to_string()),
        Lapse::Hold(hold) => words::reroute_held(&hold.to_string()),
        Lapse::Policy(why) => words::reroute_disallowed(&why.to_string()),
    }
}

fn order(order: &Order) -> Row {
    let tone = match order.state {
        OrderState::Ordered => Tone::Open,
        OrderState::Executed => Tone::Good,
        OrderState::Lapsed => Tone::Closed,
    };
    let signed: Vec<String> =
        order.signed.iter().map(|s| format!("{} ({})", s.office, s.person)).collect();
    let lost = losses(&order.plan).into_iter().map(|(recipient, slots)| {
        let units = slots.iter().fold(0u64, |sum, (_, _, units)| sum.saturating_add(*units));
        format!("{recipient} {}", thin(units.into()))
    });
    let lost: Vec<String> = lost.collect();
    let month = order.replacement.map(|month| month.to_string());
    let undertakes =
        words::reroute_undertakes(&order.certification, order.notice_days, month.as_deref());
    Row::from(vec![
        id(&order.id.to_string()),
        html! {
            (tag(tone, words::order_state(order.state), None))
            @if let Some(why) = &order.lapse { " " (lapse(why)) }
        },
        html! { a href={ "/stock/" (order.plan.item) } { (id(order.plan.item.as_str())) } },
        quantity(order.plan.units()),
        date(order.ordered_at.date()),
        date(order.executes_at.date()),
        html! { (signed.join(", ")) },
        html! { (lost.join(", ")) },
        html! { (undertakes) },
    ])
}

/// The orders so far, the newest first.
pub(super) fn orders(state: &State, person: &PersonId, fields: &Fields) -> Markup {
    let seen = |order: &&Order| super::may(state, person, &order.plan.item);
    let all: Vec<&Order> = state.rerouting.orders().iter().rev().filter(seen).collect();
    let (found, pages) = paged(all, "/rerouting", fields, "orders");
    let columns = [
        Column::Words(words::REROUTE_ORDER_ID),
        Column::Words(words::REROUTE_ORDER_STATE),
        Column::Words(words::ITEM),
        Column::Numbers(words::UNITS),
        Column::Words(words::REROUTE_ORDERED_AT),
        Column::Words(words::REROUTE_EXECUTED_AT),
        Column::Words(words::REROUTE_SIGNED_BY),
        Column::Words(words::REROUTE_LOSES),
        Column::Words(words::REROUTE_UNDERTAKES),
    ];
    let rows = found.into_iter().map(order).collect();
    let (caption, empty) = (words::REROUTE_ORDERS, words::REROUTE_NO_ORDERS);
    html! { (Table { id: "orders", caption, columns: &columns, rows, empty }.render()) (pages) }
}

/// When what is owed can be given back, and of which items nobody can say.
fn instalments(state: &State) -> (Vec<Instalment>, BTreeMap<&ItemId, String>) {
    let all = state.rerouting.debts();
    let items: BTreeSet<&ItemId> =
        all.iter().filter(|debt| debt.left() > 0).map(|debt| &debt.item).collect();
    let (mut parts, mut unknown) = (Vec::new(), BTreeMap::new());
    for item in items {
        let own: Vec<&Debt> = all.iter().filter(|debt| debt.item == *item).collect();
        let terms = Terms { months: Some(HORIZON_MAX), threshold: None };
        let rules = state.triage.rules();
        match problem(&state.stock, rules, item, &terms, state.ledger.clock) {
            Ok(made) => parts.extend(repayment(&made, &own)),
            Err(why) => {
                unknown.insert(item, words::reroute_unknown(&why.to_string()));
            }
        }
    }
    (parts, unknown)
}

/// What orders owe.
pub(super) fn debts(state: &State, person: &PersonId, fields: &Fields) -> Markup {
    let seen = |debt: &&Debt| super::may(state, person, &debt.item);
    let (parts, unknown) = instalments(state);
    let all: Vec<&Debt> = state.rerouting.debts().iter().rev().filter(seen).collect();
    let (found, pages) = paged(all, "/rerouting", fields, "debts");
    let columns = [
        Column::Words(words::REROUTE_DEBT),
        Column::Words(words::REROUTE_ORDER_ID),
        Column::Words(words::ITEM),
        Column::Words(words::REROUTE_OWED_TO),
        Column::Words(words::REROUTE_EARMARK),
        Column::Numbers(words::UNITS),
        Column::Numbers(words::REROUTE_LEFT),
        Column::Words(words::REROUTE_DUE),
        Column::Words(words::REROUTE_REPAYABLE),
    ];
    let repayable = |debt: &Debt| {
        if debt.left() == 0 {
            return words::REROUTE_REPAID.to_owned();
        }
        let own = parts.iter().filter(|part| part.debt == debt.id).map(|part| {
            let month = part.month.map(|month| month.to_string());
            words::reroute_part(&thin(part.units.into()), month.as_deref(), part.late)
        });
        let told: Vec<String> = own.chain(unknown.get(&debt.item).cloned()).collect();
        told.join(", ")
    };
    let row = |debt: &Debt| {
        Row::from(vec![
            id(&debt.id.to_string()),
            id(&debt.order.to_string()),
            id(debt.item.as_str()),
            id(debt.recipient.as_str()),
            id(debt.earmark.as_str()),
            quantity(debt.units),
            quantity(debt.left()),
            id(&debt.due.to_string()),
            html! { (repayable(debt)) },
        ])
    };
    let rows = found.into_iter().map(row).collect();
    let (caption, empty) = (words::REROUTE_DEBTS, words::REROUTE_NO_DEBTS);
    html! { (Table { id: "debts", caption, columns: &columns, rows, empty }.render()) (pages) }
}

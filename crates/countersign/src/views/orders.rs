//! Diversion orders and what they owe. Answers: *who loses what, and when is it given back?*

use super::{board, plans};
use countersign_core::State;
use countersign_core::rerouting::debts::{Instalment, repayment};
use countersign_core::rerouting::{self, Debt, Terms, plan_digest, problem};
use countersign_proof::words::ItemId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An order.
#[must_use]
pub fn order(state: &State, order: &rerouting::Order) -> Value {
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

/// Why an order came to nothing, in words.
#[must_use]
pub fn lapse_words(lapse: &rerouting::Lapse) -> String {
    match lapse {
        rerouting::Lapse::Stale(why) => format!("the books have moved: {why}"),
        rerouting::Lapse::Hold(hold) => format!("{hold} suspends it"),
        rerouting::Lapse::Policy(why) => format!("policy no longer allows it: {why}"),
    }
}

/// When debts can be given back without falling short; and for which items that is not known, and
/// why not.
#[must_use]
pub fn instalments(state: &State) -> (Vec<Instalment>, BTreeMap<&ItemId, String>) {
    let all = state.rerouting.debts();
    let items: BTreeSet<&ItemId> =
        all.iter().filter(|debt| debt.left() > 0).map(|debt| &debt.item).collect();
    let mut instalments = Vec::new();
    let mut unknown: BTreeMap<&ItemId, String> = BTreeMap::new();
    for item in items {
        let own: Vec<&Debt> = all.iter().filter(|debt| debt.item == *item).collect();
        let terms = Terms { months: Some(rerouting::position::HORIZON_MAX), threshold: None };
        let rules = state.triage.rules();
        match problem(&state.stock, rules, item, &terms, state.ledger.clock) {
            Ok(made) => instalments.extend(repayment(&made, &own)),
            Err(error) => {
                unknown.insert(item, format!("not known: {error}"));
            }
        }
    }
    (instalments, unknown)
}

/// An instalment.
#[must_use]
pub fn instalment(part: &Instalment) -> Value {
    json!({
        "debt": part.debt.to_string(), "units": part.units, "late": part.late,
        "month": part.month.map(|month| month.to_string()),
    })
}

/// What orders owe, and when it can be given back.
#[must_use]
pub fn debts(debts: &[&Debt], instalments: &[Instalment]) -> Value {
    let values: Vec<Value> = debts.iter().map(|debt| board::debt(debt)).collect();
    let plan: Vec<Value> = instalments.iter().map(instalment).collect();
    json!({ "debts": values, "repayment": plan })
}

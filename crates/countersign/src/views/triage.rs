//! Classes and their reasons. Answers: *how short is each item, by which rule, and since when?*

use super::board;
use countersign_core::State;
use countersign_core::stock::Item;
use countersign_core::triage::{self, Rounding, When, first_months};
use serde_json::{Value, json};

/// An item's class, and the rule that gives it.
#[must_use]
pub fn class(state: &State, item: &Item) -> Value {
    let memory = state.triage.memory(&item.id);
    let declared = memory.and_then(|memory| memory.declared.as_ref());
    json!({
        "item": item.id.as_str(), "class": item.class.as_str(),
        "rule": state.triage.rules().rule_for(&item.id, &item.labels).map(|rule| &rule.name),
        "since": memory.map(|memory| memory.since.to_string()),
        "set_by_hand": declared.map(|declared| json!({
            "office": declared.office.as_str(), "until": declared.until.to_string(),
        })),
    })
}

fn when(when: When) -> String {
    match when {
        When::Now => "now".to_owned(),
        When::In(month) => month.to_string(),
        When::NotWithin(months) => format!("not within {months} months"),
    }
}

/// Why an item is in its class, and what it would take to change that.
#[must_use]
pub fn explained(state: &State, item: &Item) -> Value {
    let (id, at) = (&item.id, state.ledger.clock);
    let rule = state.triage.rules().rule_for(id, &item.labels);
    let judgement = state.triage.judge(&state.stock, id, at);
    let Some((rule, judgement)) = rule.zip(judgement) else {
        let words = format!(
            "No triage rule is for {id}. Its class, {}, stands in the charter: {} ({}).",
            item.class, item.source, item.standing
        );
        return json!({
            "item": id.as_str(), "class": item.class.as_str(), "rule": null, "sentences": [words],
        });
    };
    let sentences = triage::explain(rule, &judgement);
    let inputs = triage::Inputs::of(&state.stock, id, &item.origin, at);
    let ahead = first_months(rule, &inputs, at, board::AHEAD).unwrap_or_default();
    let first: Vec<Value> = ahead
        .iter()
        .map(|first| json!({ "class": first.class.as_str(), "when": when(first.when) }))
        .collect();
    let readings: Vec<Value> = judgement
        .readings
        .iter()
        .map(|reading| {
            json!({
                "measure": reading.measure, "unit": reading.unit.as_str(),
                "now": reading.now.ratio.told(reading.unit, Rounding::Down),
                "lowest": reading.lowest.ratio.told(reading.unit, Rounding::Down),
                "lowest_in": reading.lowest.month.map(|month| month.to_string()),
            })
        })
        .collect();
    let figures: Vec<Value> = judgement
        .figures
        .iter()
        .map(|figure| json!({ "name": figure.name, "value": board::number(figure.value) }))
        .collect();
    let expected = board::expected(state, item);
    json!({
        "item": id.as_str(), "class": judgement.class.as_str(), "rule": rule.name,
        "rule_source": rule.source, "rule_standing": rule.standing.as_str(),
        "since": judgement.since.to_string(), "sentences": sentences, "readings": readings,
        "figures": figures, "first_months": first,
        "expected_use": expected.as_ref().map(board::Expected::value),
    })
}

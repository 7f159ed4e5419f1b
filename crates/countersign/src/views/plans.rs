//! Plans as files. Answers: *how is a re-routing plan written down, and read back?*
//!
//! The file says everything twice: in the fields that a person reads, and in those from which the
//! plan is made again. Reading it back believes none of it; `reroute verify` and the ledger do
//! that against the books.

pub use super::board::number;
use countersign_core::State;
use countersign_core::rerouting::{
    Comparison, Cost, Diverted, Line, Plan, Promise, Reason, Veto, Vetoes, explain, plan_digest,
};
use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A plan as a value; `position` is the number of entries of the log it was made from.
#[must_use]
pub fn plan(plan: &Plan, position: u64) -> Value {
    let slots: Vec<Value> = plan.lines().map(|line| line_value(plan, &line)).collect();
    let threshold = plan.threshold.first().copied().unwrap_or(0);
    json!({
        "position": position,
        "item": plan.item.as_str(),
        "first": plan.first.to_string(),
        "months": plan.months(),
        "threshold": threshold,
        "thresholds": plan.threshold,
        "base": plan.base,
        "shortfall_before": plan.shortfall_before,
        "shortfall_after": plan.shortfall_after,
        "harm": i128::try_from(plan.harm).map_or(Value::Null, number),
        "units": plan.units(),
        "slots": slots,
        "prices": plan.prices,
        "vetoes": {
            "recipients": words(&plan.vetoes.recipients), "earmarks": words(&plan.vetoes.earmarks),
        },
        "digest": plan_digest(plan).to_string(),
    })
}

fn words<T: ToString>(set: &BTreeSet<T>) -> Vec<String> {
    set.iter().map(ToString::to_string).collect()
}

/// Whom and what a plan leaves alone, because somebody vetoed it.
#[must_use]
pub fn spared(vetoes: &Vetoes) -> Vec<String> {
    [words(&vetoes.recipients), words(&vetoes.earmarks)].concat()
}

fn line_value(plan: &Plan, line: &Line<'_>) -> Value {
    let slot = line.slot;
    let covers: Vec<Value> = std::iter::once(&slot.reason)
        .chain(&slot.also)
        .map(|reason| {
            json!({
                "month": plan.month(reason.short_month).to_string(), "index": reason.short_month,
                "short_by": reason.short_by, "units": reason.quantity,
            })
        })
        .collect();
    json!({
        "earmark": line.earmark.as_str(),
        "recipient": line.recipient.as_str(),
        "month": plan.month(slot.month).to_string(),
        "index": slot.month,
        "place": slot.place,
        "quantity": slot.quantity,
        "harm": slot.harm,
        "reason": explain::slot(plan, line),
        "covers": covers,
    })
}

/// A plan as it was read from a file.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan.
    pub plan: Plan,
    /// The number of entries of the log it was made from.
    pub position: u64,
    told: Value,
}

impl PlanFile {
    /// What the file tells a person and the plan itself does not say, if there is such a thing.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        difference("", &plan(&self.plan, self.position), &self.told)
    }
}

/// The first place where `told` is not what is `meant`; what is only told is no matter.
fn difference(at: &str, meant: &Value, told: &Value) -> Option<String> {
    match (meant, told) {
        (Value::Object(meant), Value::Object(told)) => meant.iter().find_map(|(key, meant)| {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            let Some(told) = told.get(key) else { return Some(format!("{at} is missing")) };
            difference(&at, meant, told)
        }),
        (Value::Array(meant), Value::Array(told)) if meant.len() == told.len() => {
            let mut pairs = (1..).zip(meant.iter().zip(told));
            pairs.find_map(|(n, (meant, told))| difference(&format!("{at}[{n}]"), meant, told))
        }
        _ if meant == told => None,
        _ => Some(format!("{at} is {told}, where the rest of the plan comes to {meant}")),
    }
}

#[derive(Deserialize)]
#[serde(expecting = "an object with the fields of a plan")]
struct Document {
    position: u64,
    item: ItemId,
    first: String,
    thresholds: Vec<u64>,
    base: Vec<i64>,
    shortfall_before: u64,
    shortfall_after: u64,
    harm: Harm,
    slots: Vec<SlotDocument>,
    prices: Vec<u64>,
    vetoes: VetoDocument,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "harm is a whole number")]
enum Harm {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
struct VetoDocument {
    recipients: BTreeSet<PartyId>,
    earmarks: BTreeSet<EarmarkId>,
}

#[derive(Deserialize)]
struct SlotDocument {
    earmark: EarmarkId,
    recipient: PartyId,
    month: String,
    index: u16,
    place: u32,
    quantity: u64,
    harm: u32,
    covers: Vec<CoverDocument>,
}

#[derive(Deserialize)]
struct CoverDocument {
    index: u16,
    short_by: u64,
    units: u64,
}

/// Reads a plan back. What the file tells a person beside it is compared by
/// [`PlanFile::contradiction`].
///
/// # Errors
/// What in the file is not as [`plan`] writes it.
pub fn read(bytes: &[u8]) -> Result<PlanFile, String> {
    let no_plan = |error: serde_json::Error| {
        format!("this is no plan as `reroute plan --out` writes one: {error}")
    };
    let document: Document = serde_json::from_slice(bytes).map_err(no_plan)?;
    let told: Value = serde_json::from_slice(bytes).map_err(no_plan)?;
    let first: Month = document.first.parse().map_err(|error| format!("first: {error}"))?;
    let harm = match document.harm {
        Harm::Number(harm) => u128::from(harm),
        Harm::Text(text) => text.parse().map_err(|_| format!("harm: {text:?} is no number"))?,
    };
    let mut plan = Plan {
        item: document.item,
        first,
        base: document.base,
        threshold: document.thresholds,
        vetoes: Vetoes {
            recipients: document.vetoes.recipients,
            earmarks: document.vetoes.earmarks,
        },
        shortfall_before: document.shortfall_before,
        shortfall_after: document.shortfall_after,
        harm,
        promises: promises(&document.slots),
        slots: Vec::new(),
        prices: document.prices,
    };
    for slot in document.slots {
        let month = plan.month(slot.index).to_string();
        if month != slot.month {
            let (earmark, index) = (&slot.earmark, slot.index);
            return Err(format!(
                "{earmark}: month {index} of the plan is {month}, not {}",
                slot.month
            ));
        }
        let promise = plan.promises.iter().position(|promise| promise.earmark == slot.earmark);
        let promise = promise.and_then(|promise| u32::try_from(promise).ok()).unwrap_or(u32::MAX);
        plan.slots.push(slot_of(slot, promise)?);
    }
    Ok(PlanFile { plan, position: document.position, told })
}

/// The earmarks that slots name, by id.
fn promises(slots: &[SlotDocument]) -> Vec<Promise> {
    let named: BTreeMap<&EarmarkId, &PartyId> =
        slots.iter().map(|slot| (&slot.earmark, &slot.recipient)).collect();
    let promise = |(earmark, recipient): (&EarmarkId, &PartyId)| Promise {
        earmark: earmark.clone(),
        recipient: recipient.clone(),
    };
    named.into_iter().map(promise).collect()
}

fn slot_of(slot: SlotDocument, promise: u32) -> Result<Diverted, String> {
    let mut covers = slot.covers.into_iter().map(|cover| Reason {
        short_month: cover.index,
        short_by: cover.short_by,
        quantity: cover.units,
    });
    let reason = covers.next().ok_or_else(|| format!("{}: it covers no month", slot.earmark))?;
    Ok(Diverted {
        promise,
        month: slot.index,
        place: slot.place,
        quantity: slot.quantity,
        harm: slot.harm,
        reason,
        also: covers.collect(),
    })
}

/// What each veto costs does not belong to the plan, but to the question it answers.
#[must_use]
pub fn with_costs(mut plan: Value, costs: &[(Veto, Cost)]) -> Value {
    let told = costs.iter().map(|(veto, cost)| {
        let (recipient, earmark) = match veto {
            Veto::Recipient(recipient) => (Some(recipient.as_str()), None),
            Veto::Earmark(earmark) => (None, Some(earmark.as_str())),
        };
        json!({
            "recipient": recipient, "earmark": earmark,
            "shortfall": number(cost.shortfall), "harm": number(cost.harm),
        })
    });
    let told = told.collect();
    if let Some(fields) = plan.as_object_mut() {
        fields.insert("veto_costs".to_owned(), Value::Array(told));
    }
    plan
}

/// Items that somebody is promised units of, or that must cover a requirement.
#[must_use]
pub fn planned_items(state: &State) -> Vec<ItemId> {
    let stock = &state.stock;
    let wanted = |item: &&countersign_core::stock::Item| {
        stock.earmarks_of(&item.id, &item.origin).next().is_some()
            || !stock.requirements(&item.id, &item.origin).is_empty()
    };
    stock.items().filter(wanted).map(|item| item.id.clone()).collect()
}

fn side(plan: &Plan) -> Value {
    json!({
        "first": plan.first.to_string(), "months": plan.months(),
        "threshold": plan.threshold.first(), "shortfall_before": plan.shortfall_before,
        "shortfall_after": plan.shortfall_after, "units": plan.units(),
        "harm": i128::try_from(plan.harm).map_or(Value::Null, number),
        "digest": plan_digest(plan).to_string(),
    })
}

/// What differs between two plans for one item.
#[must_use]
pub fn comparison(first: &Plan, second: &Plan, found: &Comparison) -> Value {
    let slots: Vec<Value> = found
        .slots
        .iter()
        .map(|slot| {
            json!({
                "earmark": slot.earmark.as_str(), "recipient": slot.recipient.as_str(),
                "month": slot.month.to_string(), "before": slot.before, "after": slot.after,
            })
        })
        .collect();
    let recipients: Vec<Value> = found
        .recipients
        .iter()
        .map(|(party, change)| {
            json!({
                "recipient": party.as_str(), "units_before": change.units_before,
                "units_after": change.units_after,
            })
        })
        .collect();
    json!({
        "item": found.item.as_str(), "shortfall": number(found.cost.shortfall),
        "harm": number(found.cost.harm), "slots": slots, "recipients": recipients,
        "first": side(first), "second": side(second),
    })
}

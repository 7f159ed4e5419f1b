//! What the books say of one item, as a problem to plan.
//!
//! The owner's position is what it has on hand, less what releases have reserved, plus what is due
//! in, less planned consumption and lots that expire; units earmarked from stock leave in the month
//! they are promised for, unless they are diverted. Units earmarked from a contract are not the
//! owner's; diverted, they come in in their month.

use super::{ItemProblem, ProblemError, Slot};
use crate::stock::Stock;
use crate::triage::{self, Counted, Forecast, Inputs, Missing, Projection, Rules, Series};
use countersign_proof::words::{ItemId, Moment, Month, PartyId, Quantity};

/// The longest horizon of a plan made from the books, in months.
pub const HORIZON_MAX: u16 = 60;

/// The horizon where nothing is promised and none is asked for, in months.
const HORIZON: u16 = 12;

/// What to plan for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Months ahead, the current one included: 1 to 60; up to the last promised month, at least
    /// 12, if not given.
    pub months: Option<u16>,
    /// Units that the owner's stock must hold in every month, instead of what the item's triage
    /// rule says; without a rule it is the whole requirement.
    pub threshold: Option<u64>,
}

/// Why there is no problem to plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanningError {
    /// The item is not declared.
    #[error("the item {0} is not declared")]
    UnknownItem(ItemId),
    /// Nothing says when the item is short.
    #[error(
        "no triage rule and no requirement is for {0}, so nothing says when it is short; give a \
             threshold"
    )]
    NoRule(ItemId),
    /// A figure is missing.
    #[error("{item}: {missing}")]
    Missing {
        /// Of which item.
        item: ItemId,
        /// What.
        missing: Missing,
    },
    /// The horizon is out of range.
    #[error("{0} months are no horizon; give 1 to 60")]
    Horizon(u16),
    /// The figures do not make a problem.
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

/// One item's problem at `at`.
///
/// # Errors
/// [`PlanningError`] where a figure, or the threshold, is missing.
pub fn problem(
    stock: &Stock,
    rules: &Rules,
    item: &ItemId,
    terms: &Terms,
    at: Moment,
) -> Result<ItemProblem, PlanningError> {
    let declared = stock.item(item);
    let declared = declared.ok_or_else(|| PlanningError::UnknownItem(item.clone()))?;
    let owner = &declared.origin;
    let first = Month::of(at.date());
    let months = terms.months.unwrap_or_else(|| horizon(stock, item, owner, first));
    if !(1..=HORIZON_MAX).contains(&months) {
        return Err(PlanningError::Horizon(months));
    }
    let missing = |missing| PlanningError::Missing { item: item.clone(), missing };
    let mut inputs = Inputs::of(stock, item, owner, at);
    inputs.planned = Some(planned(&inputs, first, months));
    let (counted, forecast) = (Counted::OnHand, Forecast::Planned);
    let projected = Projection::of(&inputs, counted, forecast, first, months);
    let projected = projected.map_err(missing)?;
    let position = projected.steps.iter().map(|step| clamp(step.position));
    let threshold = match terms.threshold {
        Some(units) => vec![units; usize::from(months)],
        None => match rules.rule_for(item, &declared.labels) {
            Some(rule) => triage::thresholds(rules, rule, &inputs, at, months).map_err(missing)?,
            None => required(stock, item, owner, first, months)
                .ok_or_else(|| PlanningError::NoRule(item.clone()))?,
        },
    };
    let slots = slots(stock, item, owner, first, months);
    Ok(ItemProblem::new(item.clone(), first, position.collect(), threshold, slots)?)
}

/// The requirement on the last day of each month; `None` where nothing was ever required.
fn required(
    stock: &Stock,
    item: &ItemId,
    owner: &PartyId,
    first: Month,
    months: u16,
) -> Option<Vec<u64>> {
    if stock.requirements(item, owner).is_empty() {
        return None;
    }
    let all = (0..u32::from(months)).map(|index| first.plus(index).last());
    Some(all.map(|day| stock.required(item, owner, day)).collect())
}

/// Up to the last promised month, at least a year, at most five.
fn horizon(stock: &Stock, item: &ItemId, owner: &PartyId, first: Month) -> u16 {
    let months = stock.earmarks_of(item, owner).flat_map(|earmark| earmark.slots.iter());
    let open = months.filter(|(_, slot)| slot.open() > 0).map(|(month, _)| *month);
    let last = open.max().map_or(0, |last| last.since(first).saturating_add(1));
    u16::try_from(last).unwrap_or(HORIZON_MAX).clamp(HORIZON, HORIZON_MAX)
}

/// Planned consumption over the whole horizon: nothing in a month without a plan; without any
/// plan, average use over the last twelve months, rounded up.
fn planned(inputs: &Inputs, first: Month, months: u16) -> Series<Month> {
    let last = first.plus(u32::from(months).saturating_sub(1));
    let all = (0..u32::from(months)).map(|index| first.plus(index));
    let units = |month: Month| match &inputs.planned {
        Some(planned) => planned.get(month).unwrap_or(0),
        None => average_use(inputs, first),
    };
    let quantity = |month| Quantity::new(units(month)).unwrap_or(Quantity::MAX);
    Series::new(first, last, all.map(|month| (month, quantity(month))))
}

fn average_use(inputs: &Inputs, first: Month) -> u64 {
    let Some(used) = inputs.by_month.get("use") else { return 0 };
    let (mut sum, mut known) = (0u64, 0u64);
    let mut month = first;
    for _ in 0..12 {
        let before = u32::from(month).checked_sub(1).and_then(|month| month.try_into().ok());
        let Some(before) = before else { break };
        month = before;
        if let Some(units) = used.get(month) {
            sum = sum.saturating_add(units);
            known = known.saturating_add(1);
        }
    }
    sum.checked_add(known.saturating_sub(1)).and_then(|sum| sum.checked_div(known)).unwrap_or(0)
}

fn clamp(units: i128) -> i64 {
    i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
}

/// Every open slot within the horizon; what was promised for earlier months is due now.
fn slots(stock: &Stock, item: &ItemId, owner: &PartyId, first: Month, months: u16) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for earmark in stock.earmarks_of(item, owner) {
        let mut own: Vec<Slot> = Vec::new();
        for (month, slot) in earmark.slots.iter().filter(|(_, slot)| slot.open() > 0) {
            let index = month.since(first).saturating_add(1);
            let Ok(month) = u16::try_from(index) else { continue };
            if month > months {
                continue;
            }
            let open = slot.open();
            match own.last_mut().filter(|before| before.month == month) {
                Some(before) => before.quantity = before.quantity.saturating_add(open),
                None => own.push(Slot {
                    earmark: earmark.id.clone(),
                    recipient: earmark.recipient.clone(),
                    month,
                    quantity: open,
                    harm: earmark.harm(),
                    divertible: earmark.divertible,
                }),
            }
        }
        slots.extend(own);
    }
    slots
}

//! A plan in sentences.
//!
//! Answers: *why these slots, what stays short, why can nothing more be done, and what would it
//! cost to leave a recipient alone?* The sentences say what the plan and the problem say, and
//! nothing that is not in them.

use super::compare::{Cost, costs_of_sparing};
use super::plan::{Line, Plan};
use super::problem::{ItemProblem, Vetoes};
use countersign_proof::words::PartyId;

/// Why one slot is diverted, in one sentence for each month it is diverted for.
#[must_use]
pub fn slot(plan: &Plan, line: &Line<'_>) -> String {
    let reason = line.slot.reason;
    let mut said = format!(
        "Month {} ({}) is short by {}; the cheapest free slot was {} ({}, {}): {} at harm {} each.",
        reason.short_month,
        plan.month(reason.short_month),
        reason.short_by,
        line.earmark,
        line.recipient,
        plan.month(line.slot.month),
        units(u128::from(reason.quantity)),
        line.slot.harm,
    );
    for more in &line.slot.also {
        said.push_str(&format!(
            " Month {} ({}) is short by {} and takes {} more of it.",
            more.short_month,
            plan.month(more.short_month),
            more.short_by,
            units(u128::from(more.quantity)),
        ));
    }
    said
}

/// One item's plan: its figures, a sentence for each slot, for each month that stays short, and
/// for each recipient it touches. `plan` must be a verified plan for `problem`.
#[must_use]
pub fn item(problem: &ItemProblem, plan: &Plan) -> Vec<String> {
    let mut said = vec![figures(plan)];
    said.extend(plan.lines().map(|line| slot(plan, &line)));
    said.extend(what_stays_short(problem, plan));
    let spared = costs_of_sparing(problem, plan);
    said.extend(spared.iter().map(|(recipient, cost)| sparing(recipient, *cost)));
    said
}

/// A plan of several items: what they come to together, then each item as [`item`] has it.
#[must_use]
pub fn whole<'a>(plans: impl IntoIterator<Item = (&'a ItemProblem, &'a Plan)>) -> Vec<String> {
    let plans: Vec<(&ItemProblem, &Plan)> = plans.into_iter().collect();
    let (mut before, mut after, mut harm, mut moved) = (0u128, 0u128, 0u128, 0u128);
    for (_, plan) in &plans {
        before = before.saturating_add(u128::from(plan.shortfall_before));
        after = after.saturating_add(u128::from(plan.shortfall_after));
        harm = harm.saturating_add(plan.harm);
        moved = moved.saturating_add(u128::from(plan.units()));
    }
    let items = if plans.len() == 1 { "item" } else { "items" };
    let mut said = vec![format!(
        "{} {items}: {} below the threshold without diversion, {after} with it; {} diverted, harm \
         {harm} in all.",
        plans.len(),
        unit_months(before),
        units(moved),
    )];
    said.extend(plans.into_iter().flat_map(|(problem, plan)| item(problem, plan)));
    said
}

fn figures(plan: &Plan) -> String {
    let (item, before, after) = (&plan.item, plan.shortfall_before, plan.shortfall_after);
    let last = plan.month(u16::try_from(plan.months()).unwrap_or(u16::MAX));
    let span = format!("{item}, {} to {last}", plan.first);
    if before == 0 {
        return format!("{span}: every month meets its threshold; nothing is diverted.");
    }
    if plan.slots.is_empty() {
        return format!(
            "{span}: {} below the threshold, and nothing may be diverted in time.",
            unit_months(u128::from(before)),
        );
    }
    let slots = if plan.slots.len() == 1 { "slot" } else { "slots" };
    format!(
        "{span}: {} below the threshold without diversion, {after} with it; \
         {} diverted from {} {slots}, harm {} in all.",
        unit_months(u128::from(before)),
        units(u128::from(plan.units())),
        plan.slots.len(),
        plan.harm,
    )
}

/// Each month that stays short and why nothing more could be taken for it.
fn what_stays_short(problem: &ItemProblem, plan: &Plan) -> Vec<String> {
    let mut said = Vec::new();
    let (mut diverted, mut untouchable) = (0u64, 0u64);
    let mut slots = plan.slots.iter().peekable();
    let mut of_problem = problem.slots().peekable();
    for (month, need) in (1u16..).zip(problem.need()) {
        while let Some(slot) = slots.next_if(|slot| slot.month <= month) {
            diverted = diverted.saturating_add(slot.quantity);
        }
        while let Some(slot) = of_problem.next_if(|slot| slot.month <= month) {
            if !slot.divertible || vetoed(&plan.vetoes, &slot) {
                untouchable = untouchable.saturating_add(slot.quantity);
            }
        }
        let short = need.saturating_sub(diverted);
        if short == 0 {
            continue;
        }
        let taken = match diverted {
            0 => "there is nothing to take up to then".to_owned(),
            1.. => {
                format!("all that may be diverted up to then is taken ({})", units(diverted.into()))
            }
        };
        let kept = match untouchable {
            0 => String::new(),
            1.. => format!("; {} more may not be touched", units(untouchable.into())),
        };
        let calendar = plan.month(month);
        said.push(format!("Month {month} ({calendar}) stays short by {short}: {taken}{kept}."));
    }
    said
}

fn vetoed(vetoes: &Vetoes, slot: &super::problem::Slot) -> bool {
    vetoes.recipients.contains(&slot.recipient) || vetoes.earmarks.contains(&slot.earmark)
}

/// What it would cost to leave one recipient alone.
#[must_use]
pub fn sparing(recipient: &PartyId, cost: Cost) -> String {
    let harm = match cost.harm {
        0 => "the same harm".to_owned(),
        1.. => format!("{} more harm", cost.harm),
        ..0 => format!("{} less harm", cost.harm.unsigned_abs()),
    };
    if cost.shortfall == 0 {
        return format!("Leaving {recipient} alone would mean {harm}, and nothing more is short.");
    }
    let more = unit_months(cost.shortfall.unsigned_abs());
    format!("Leaving {recipient} alone would leave {more} more below the threshold, with {harm}.")
}

fn unit_months(count: u128) -> String {
    if count == 1 { "1 unit-month".to_owned() } else { format!("{count} unit-months") }
}

fn units(count: u128) -> String {
    if count == 1 { "1 unit".to_owned() } else { format!("{count} units") }
}

//! What-if: what a veto costs, and how two plans differ.
//!
//! Answers: *what would it cost to leave this recipient alone, what do the vetoes cost that are in
//! force, and who gains or loses by this plan instead of that one?* All by planning anew; nothing
//! is estimated.

use super::plan::{Plan, plan};
use super::problem::{ItemProblem, Vetoes};
use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One veto.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Veto {
    /// Nothing of this recipient may be diverted.
    Recipient(PartyId),
    /// Nothing of this earmark may be diverted.
    Earmark(EarmarkId),
}

impl Veto {
    /// `vetoes` and this one.
    #[must_use]
    pub fn added_to(&self, vetoes: &Vetoes) -> Vetoes {
        let mut more = vetoes.clone();
        match self {
            Self::Recipient(recipient) => more.recipients.insert(recipient.clone()),
            Self::Earmark(earmark) => more.earmarks.insert(earmark.clone()),
        };
        more
    }

    /// `vetoes` without this one.
    #[must_use]
    pub fn taken_from(&self, vetoes: &Vetoes) -> Vetoes {
        let mut fewer = vetoes.clone();
        match self {
            Self::Recipient(recipient) => fewer.recipients.remove(recipient),
            Self::Earmark(earmark) => fewer.earmarks.remove(earmark),
        };
        fewer
    }
}

/// What one plan costs more than another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Unit-months below the threshold more. A veto never makes them fewer.
    pub shortfall: i128,
    /// Harm more; negative where so much less can be taken that less harm is done.
    pub harm: i128,
}

impl Cost {
    /// What `with` costs more than `without`.
    #[must_use]
    pub fn between(without: &Plan, with: &Plan) -> Self {
        let shortfall =
            i128::from(with.shortfall_after).saturating_sub(i128::from(without.shortfall_after));
        Self { shortfall, harm: difference(without.harm, with.harm) }
    }
}

fn difference(before: u128, after: u128) -> i128 {
    let distance = i128::try_from(after.abs_diff(before)).unwrap_or(i128::MAX);
    if after >= before { distance } else { distance.saturating_neg() }
}

/// For each veto in force its cost: this plan against the plan without that veto, the others
/// staying. A veto that names nothing of the item costs nothing.
#[must_use]
pub fn costs_of_vetoes(problem: &ItemProblem, vetoes: &Vetoes) -> Vec<(Veto, Cost)> {
    let with = plan(problem, vetoes);
    let recipients = vetoes.recipients.iter().cloned().map(Veto::Recipient);
    let earmarks = vetoes.earmarks.iter().cloned().map(Veto::Earmark);
    let cost = |veto: Veto| {
        let without = plan(problem, &veto.taken_from(vetoes));
        let cost = Cost::between(&without, &with);
        (veto, cost)
    };
    recipients.chain(earmarks).map(cost).collect()
}

/// For each recipient that `of` touches: what it would cost to leave that recipient alone, the
/// vetoes of `of` staying.
#[must_use]
pub fn costs_of_sparing(problem: &ItemProblem, of: &Plan) -> Vec<(PartyId, Cost)> {
    let touched: BTreeSet<&PartyId> = of.lines().map(|line| line.recipient).collect();
    let cost = |recipient: &PartyId| {
        let veto = Veto::Recipient(recipient.clone());
        Cost::between(of, &plan(problem, &veto.added_to(&of.vetoes)))
    };
    touched.into_iter().map(|recipient| (recipient.clone(), cost(recipient))).collect()
}

/// What two plans take from one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotChange {
    /// In which month it was promised.
    pub month: Month,
    /// The earmark.
    pub earmark: EarmarkId,
    /// The recipient.
    pub recipient: PartyId,
    /// Units that the first plan takes; 0 when it leaves the slot alone.
    pub before: u64,
    /// Units that the second plan takes; 0 when it leaves the slot alone.
    pub after: u64,
}

/// What two plans take from one recipient, over all slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientChange {
    /// Units lost by the first plan.
    pub units_before: u64,
    /// Units lost by the second plan.
    pub units_after: u64,
    /// Harm done by the first plan.
    pub harm_before: u128,
    /// Harm done by the second plan.
    pub harm_after: u128,
}

/// How a second plan differs from a first one for the same item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The item.
    pub item: ItemId,
    /// What the second plan costs more.
    pub cost: Cost,
    /// The slots of which they take different quantities, by month, then by earmark id.
    pub slots: Vec<SlotChange>,
    /// Every recipient that either plan touches.
    pub recipients: BTreeMap<PartyId, RecipientChange>,
}

impl Comparison {
    /// Slots that only the second plan touches.
    pub fn added(&self) -> impl Iterator<Item = &SlotChange> {
        self.slots.iter().filter(|slot| slot.before == 0)
    }

    /// Slots that only the first plan touches.
    pub fn removed(&self) -> impl Iterator<Item = &SlotChange> {
        self.slots.iter().filter(|slot| slot.after == 0)
    }

    /// Slots that both touch, differently.
    pub fn changed(&self) -> impl Iterator<Item = &SlotChange> {
        self.slots.iter().filter(|slot| slot.before > 0 && slot.after > 0)
    }
}

/// Two plans for different items have nothing to compare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one plan is for {first}, the other for {second}; compare plans for the same item")]
pub struct DifferentItems {
    /// The first plan's item.
    pub first: ItemId,
    /// The second plan's item.
    pub second: ItemId,
}

/// Compares two plans for one item. They may have been made from different figures, vetoes or
/// months; slots are the same when their earmark and calendar month are.
///
/// # Errors
/// [`DifferentItems`].
pub fn compare(first: &Plan, second: &Plan) -> Result<Comparison, DifferentItems> {
    if first.item != second.item {
        let (first, second) = (first.item.clone(), second.item.clone());
        return Err(DifferentItems { first, second });
    }
    let mut slots: BTreeMap<(Month, &EarmarkId, &PartyId), (u64, u64)> = BTreeMap::new();
    let mut recipients: BTreeMap<PartyId, RecipientChange> = BTreeMap::new();
    for line in first.lines() {
        let key = (first.month(line.slot.month), line.earmark, line.recipient);
        slots.entry(key).or_default().0 = line.slot.quantity;
        let change = recipients.entry(line.recipient.clone()).or_default();
        change.units_before = change.units_before.saturating_add(line.slot.quantity);
        change.harm_before = change.harm_before.saturating_add(line.slot.harm_in_all());
    }
    for line in second.lines() {
        let key = (second.month(line.slot.month), line.earmark, line.recipient);
        slots.entry(key).or_default().1 = line.slot.quantity;
        let change = recipients.entry(line.recipient.clone()).or_default();
        change.units_after = change.units_after.saturating_add(line.slot.quantity);
        change.harm_after = change.harm_after.saturating_add(line.slot.harm_in_all());
    }
    let changed = slots.into_iter().filter(|(_, (before, after))| before != after);
    let slots = changed.map(|((month, earmark, recipient), (before, after))| SlotChange {
        month,
        earmark: earmark.clone(),
        recipient: recipient.clone(),
        before,
        after,
    });
    let slots = slots.collect();
    Ok(Comparison {
        item: first.item.clone(),
        cost: Cost::between(first, second),
        slots,
        recipients,
    })
}

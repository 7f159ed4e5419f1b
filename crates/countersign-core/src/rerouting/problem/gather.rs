//! The slots, checked and put into their one order.

use super::{Cell, HARM_MAX, ProblemError, Promise, Slot, place};
use countersign_proof::words::{EarmarkId, ItemId, PartyId, Quantity};
use std::collections::BTreeMap;

/// Cells under their sort key (month, then place of the promise), and the promises they name.
pub(super) struct Gathered {
    pub(super) keyed: Vec<(u64, Cell)>,
    pub(super) promises: Vec<Promise>,
}

fn key(month: u16, promise: u32) -> u64 {
    (u64::from(month) << 32) | u64::from(promise)
}

pub(super) fn month_of(key: u64) -> usize {
    usize::try_from(key >> 32).unwrap_or(usize::MAX)
}

/// Checks each slot and all of them together, and puts them into order.
pub(super) fn gather(
    item: &ItemId,
    months: u16,
    slots: Vec<Slot>,
) -> Result<Gathered, ProblemError> {
    if u32::try_from(slots.len()).is_err() {
        return Err(ProblemError::TooManySlots { item: item.clone(), slots: slots.len() });
    }
    let mut total = 0u64;
    // Earmarks as they come; their final places are known once all are seen.
    let mut met: BTreeMap<EarmarkId, u32> = BTreeMap::new();
    let mut recipients: Vec<PartyId> = Vec::new();
    let mut last: Option<(EarmarkId, u32)> = None;
    let mut keyed = Vec::with_capacity(slots.len());
    for slot in slots {
        let harm = in_range(item, months, &slot)?;
        let Some(sum) = total.checked_add(slot.quantity) else {
            let Slot { earmark, month, .. } = slot;
            return Err(ProblemError::TooManyUnits { item: item.clone(), earmark, month });
        };
        total = sum;
        let promise = match &last {
            // Mostly an earmark's slots come together.
            Some((same, known)) if *same == slot.earmark => *known,
            Some(_) | None => {
                let next = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
                let known = *met.entry(slot.earmark.clone()).or_insert(next);
                if known == next {
                    recipients.push(slot.recipient.clone());
                }
                last = Some((slot.earmark.clone(), known));
                known
            }
        };
        if let Some(one) = recipients.get(place(promise)).filter(|one| **one != slot.recipient) {
            let (earmark, other) = (slot.earmark, slot.recipient);
            let (item, one) = (item.clone(), one.clone());
            return Err(ProblemError::TwoRecipients { item, earmark, one, other });
        }
        keyed.push((u64::from(slot.month), Cell::new(&slot, promise, harm)));
    }
    in_order(item, met, &recipients, keyed)
}

/// Gives the earmarks their final places, by id, and sorts the cells by month and earmark.
fn in_order(
    item: &ItemId,
    met: BTreeMap<EarmarkId, u32>,
    recipients: &[PartyId],
    mut keyed: Vec<(u64, Cell)>,
) -> Result<Gathered, ProblemError> {
    let mut final_place = vec![0u32; recipients.len()];
    let mut promises = Vec::with_capacity(recipients.len());
    for ((earmark, first_place), rank) in met.into_iter().zip(0u32..) {
        if let Some(entry) = final_place.get_mut(place(first_place)) {
            *entry = rank;
        }
        if let Some(recipient) = recipients.get(place(first_place)) {
            promises.push(Promise { earmark, recipient: recipient.clone() });
        }
    }
    for (month, cell) in &mut keyed {
        cell.promise = final_place.get(place(cell.promise)).copied().unwrap_or_default();
        *month = key(u16::try_from(*month).unwrap_or(u16::MAX), cell.promise);
    }
    keyed.sort_unstable_by_key(|(key, _)| *key);
    for (one, next) in keyed.iter().zip(keyed.iter().skip(1)) {
        if let Some(twice) = promises.get(place(one.1.promise)).filter(|_| one.0 == next.0) {
            let month = u16::try_from(month_of(one.0)).unwrap_or(u16::MAX);
            let (item, earmark) = (item.clone(), twice.earmark.clone());
            return Err(ProblemError::DuplicateSlot { item, earmark, month });
        }
    }
    Ok(Gathered { keyed, promises })
}

/// Refuses a slot that is out of range; gives its harm.
fn in_range(item: &ItemId, months: u16, slot: &Slot) -> Result<u32, ProblemError> {
    let Slot { month, quantity, harm, .. } = *slot;
    let (item, earmark) = (|| item.clone(), || slot.earmark.clone());
    if month == 0 || month > months {
        let (item, earmark) = (item(), earmark());
        return Err(ProblemError::MonthOutsideHorizon { item, earmark, month, months });
    }
    if quantity > Quantity::MAX.units() {
        let (item, earmark) = (item(), earmark());
        return Err(ProblemError::QuantityTooLarge { item, earmark, month, quantity });
    }
    match u32::try_from(harm) {
        Ok(small) if harm <= HARM_MAX => Ok(small),
        Ok(_) | Err(_) => {
            let (item, earmark) = (item(), earmark());
            Err(ProblemError::HarmTooLarge { item, earmark, month, harm })
        }
    }
}

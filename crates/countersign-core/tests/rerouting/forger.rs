//! A forger: makes a plan that takes whatever it is told to, with every sum right and a reason for
//! every unit where one can be found, so that only the choice itself can be wrong.

use super::instances::Instance;
use super::oracles::{Taken, objective};
use countersign_core::rerouting::{Diverted, Plan, Promise, Reason, Slot};

/// What a plan takes from each slot, slots in the order of [`Instance::free`].
pub fn taken_by(plan: &Plan, free: &[Slot]) -> Taken {
    let of = |slot: &Slot| {
        let mut lines = plan.lines();
        let line =
            lines.find(|line| *line.earmark == slot.earmark && line.slot.month == slot.month);
        line.map_or(0, |line| line.slot.quantity)
    };
    free.iter().map(of).collect()
}

/// A plan that takes `taken`, with no prices yet.
pub fn forge(instance: &Instance, taken: &Taken) -> Plan {
    let free = instance.free();
    let mut all = instance.slots.clone();
    all.sort_by_key(|slot| (slot.month, slot.earmark.clone()));
    let mut used: Vec<(Slot, u64)> = free.iter().cloned().zip(taken.iter().copied()).collect();
    used.retain(|(_, units)| *units > 0);
    used.sort_by_key(|(slot, _)| (slot.month, slot.earmark.clone()));
    let mut promises: Vec<Promise> = Vec::new();
    for (slot, _) in &used {
        let Slot { earmark, recipient, .. } = slot.clone();
        promises.push(Promise { earmark, recipient });
    }
    promises.sort_by_key(|promise| promise.earmark.clone());
    promises.dedup();
    let place = |slot: &Slot| all.iter().position(|other| other == slot).unwrap();
    let promise =
        |slot: &Slot| promises.iter().position(|named| named.earmark == slot.earmark).unwrap();
    let reasons = reasons(instance, &used);
    let slots = used.iter().zip(reasons).map(|((slot, quantity), reasons)| Diverted {
        promise: u32::try_from(promise(slot)).unwrap(),
        place: u32::try_from(place(slot)).unwrap(),
        month: slot.month,
        quantity: *quantity,
        harm: u32::try_from(slot.harm).unwrap(),
        reason: reasons[0],
        also: reasons[1..].into(),
    });
    let slots = slots.collect();
    let (short, harm) = objective(&instance.need(), &free, taken);
    Plan {
        item: "AAM".parse().unwrap(),
        first: "2025-07".parse().unwrap(),
        base: instance.base.clone(),
        threshold: instance.threshold.clone(),
        vetoes: instance.vetoes.clone(),
        shortfall_before: instance.need().iter().sum(),
        shortfall_after: u64::try_from(short).unwrap(),
        harm,
        promises,
        slots,
        prices: vec![0; instance.base.len()],
    }
}

/// For each slot the months that its units are said to be for: each month takes what it lacks
/// from what is there, and what nobody needed is said to be for the last.
fn reasons(instance: &Instance, used: &[(Slot, u64)]) -> Vec<Vec<Reason>> {
    let mut left: Vec<u64> = used.iter().map(|(_, units)| *units).collect();
    let mut reasons = vec![Vec::new(); used.len()];
    let mut covered = 0;
    for (need, month) in instance.need().into_iter().zip(1u16..) {
        let short_by = need.saturating_sub(covered);
        let mut lacking = short_by;
        for (at, (slot, _)) in used.iter().enumerate() {
            let quantity = left[at].min(lacking);
            if slot.month <= month && quantity > 0 {
                reasons[at].push(Reason { short_month: month, short_by, quantity });
                left[at] -= quantity;
                lacking -= quantity;
                covered += quantity;
            }
        }
    }
    let last = u16::try_from(instance.base.len()).unwrap();
    for (reasons, left) in reasons.iter_mut().zip(left).filter(|(_, left)| *left > 0) {
        reasons.push(Reason { short_month: last, short_by: 0, quantity: left });
    }
    reasons
}

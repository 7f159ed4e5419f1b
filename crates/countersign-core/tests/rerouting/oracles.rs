//! Other ways to the best plan: every plan there is, and reverse delete.

use super::instances::Instance;
use countersign_core::rerouting::Slot;

/// What a plan takes from each slot, slots in the order of [`Instance::free`].
pub type Taken = Vec<u64>;

/// Unit-months short and harm, from the definition.
pub fn objective(need: &[u64], slots: &[Slot], taken: &Taken) -> (u128, u128) {
    let mut short = 0;
    for (need, month) in need.iter().zip(1u16..) {
        let up_to = slots.iter().zip(taken).filter(|(slot, _)| slot.month <= month);
        let diverted: u64 = up_to.map(|(_, units)| units).sum();
        short += u128::from(need.saturating_sub(diverted));
    }
    let harm = slots.iter().zip(taken).map(|(slot, units)| u128::from(slot.harm * units)).sum();
    (short, harm)
}

/// Every plan there could be.
pub fn every_plan(slots: &[Slot]) -> Vec<Taken> {
    let mut plans = vec![Vec::new()];
    for slot in slots {
        let grown = |plan: &Taken| {
            let plan = plan.clone();
            (0..=slot.quantity).map(move |units| [plan.as_slice(), &[units]].concat())
        };
        plans = plans.iter().flat_map(grown).collect();
    }
    plans
}

/// The best of them: fewest unit-months short, least harm, fewest units, then as much as can be
/// from the slots that stand first.
pub fn brute_force(instance: &Instance) -> Taken {
    let (need, slots) = (instance.need(), instance.free());
    let rank = |taken: &Taken| {
        let (short, harm) = objective(&need, &slots, taken);
        let units: u64 = taken.iter().sum();
        let late = taken.iter().map(|units| u64::MAX - units).collect::<Vec<u64>>();
        (short, harm, units, late)
    };
    every_plan(&slots).into_iter().min_by_key(rank).unwrap()
}

/// Starts with everything and gives back from the last slot in order on, as much as leaves every
/// month as little short as it can be.
pub fn reverse_delete(instance: &Instance) -> Taken {
    let (need, slots) = (instance.need(), instance.free());
    let diverted = |month: u16, taken: &Taken| -> u64 {
        let up_to = slots.iter().zip(taken).filter(|(slot, _)| slot.month <= month);
        up_to.map(|(_, units)| units).sum()
    };
    let mut taken: Taken = slots.iter().map(|slot| slot.quantity).collect();
    let all = taken.clone();
    for at in (0..slots.len()).rev() {
        let later = (1u16..).zip(&need).filter(|(month, _)| *month >= slots[at].month);
        let spare =
            later.map(|(month, need)| diverted(month, &taken) - diverted(month, &all).min(*need));
        taken[at] -= spare.min().unwrap().min(taken[at]);
    }
    taken
}

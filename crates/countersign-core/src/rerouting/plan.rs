//! The planner, and the plan it makes.
//!
//! Answers: *which slots are diverted, how much of each, and for which month's shortfall?*
//!
//! Write need(t) for the units by which month t is below its threshold without diversion, x(s) for
//! the units diverted from slot s, and D(t) for all units diverted from slots of months up to t. A
//! diverted unit stays with the owner, so month t ends need(t) - D(t) units short, or not at all.
//! The goals, each only among the plans that are best by the goals before it:
//!
//! 1. fewest unit-months below the threshold, the sum of max(0, need(t) - D(t));
//! 2. least harm, the sum of x(s) times the harm of a unit of s;
//! 3. fewest units: none is diverted without need, even where its harm is zero;
//! 4. the order of slots: by harm, then the *earliest month*, then the earmark id. Of two equally
//!    harmful slots the one that stands first is used before the other. This makes the plan a
//!    function of the facts.
//!
//! # The algorithm
//! Walk the months forward. Put the month's slots that may be diverted into a heap by that order.
//! While fewer units are taken than the month needs, take from the first slot of the heap; when
//! the heap is empty the month stays short.
//!
//! # Why it is exact
//! *Goal 1.* Let A(t) be all units of slots up to month t that may be diverted. No plan leaves
//! month t less than need(t) - A(t) short, and taking everything reaches that in every month at
//! once. So the plans that are best by goal 1 are exactly those with D(t) ≥ min(need(t), A(t)) for
//! every t. As D never falls, that is D(t) ≥ R(t) with R(t) the greatest of these minima up to t;
//! R(t) ≤ A(t), for A never falls either. need(t) itself may rise and fall as it likes.
//!
//! *Goals 2 to 4.* After month t the walk has taken exactly R(t) units, each from a month up to
//! t, so its plan fulfils every one of these demands. Suppose the units taken up to month t - 1
//! are part of a best plan B, and the walk now takes a unit u of slot s for month t. If B has not
//! used slot s that far, look at the units of B that the walk has not taken. The walk is still
//! below R(t) and B is not, so at least one of them, v, is of a month up to t. The heap holds both,
//! so u comes no later than v in the order. Put u in the place of v. Months from t on lose nothing,
//! as both are of months up to t; months before t are covered by the R(t - 1) units already
//! taken, which the exchange does not touch. The result fulfils every demand and is no worse than
//! B: it is a best plan with u in it. So the walk never leaves the best plans, and it ends with
//! R(T) units for the last month T, fewer than which no plan may have. A cheaper slot of a later
//! month cannot help: it does nothing for month t, whose units are needed anyway, and it will be
//! there when its own month comes.
//!
//! # The prices
//! Given R, goal 2 is a linear programme; its dual has a price p(t) for each month, the harm that
//! one more free unit in month t would save. They prove that no plan does less harm:
//! p never rises; it falls after month t (or, after the last month, to zero) only where
//! D(t) = R(t); a slot of month t from which something is taken has harm ≤ p(t), one with
//! something left has harm ≥ p(t). For then, in any plan D' that fulfils the demands, the harm is
//! at least Σ x'(s) p(s) - Σ max(0, p(s) - h(s)) x'(s), with p(s) the price of the slot's month
//! and h(s) its harm. The first sum is Σ D'(t) (p(t) - p(t+1)) ≥ Σ R(t) (p(t) - p(t+1)), the
//! second is at most the same with the whole slot for x'(s), and with x for x' both hold with
//! equality. Where stock runs out prices are finite too: R asks for no more than there is, because
//! goal 1 has been settled before.
//!
//! The planner's prices: months fall into stretches that end where D(t) = R(t); p(t) is the
//! greatest harm of any unit taken in its stretch or a later one, zero when there is none.

use super::problem::{Cell, ItemProblem, Promise, Vetoes, place};
use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is diverted to one item's owner, and the proof that nothing better exists.
///
/// A proposal: it moves nothing. What was read from elsewhere proves nothing until
/// [`verify`](fn@super::verify) has seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The item.
    pub item: ItemId,
    /// Month 1.
    pub first: Month,
    /// The owner's position in each month without diversion, in units.
    pub base: Vec<i64>,
    /// The threshold in each month, in units.
    pub threshold: Vec<u64>,
    /// What was not to be touched.
    pub vetoes: Vetoes,
    /// Unit-months below the threshold without diversion.
    pub shortfall_before: u64,
    /// Unit-months below the threshold with it.
    pub shortfall_after: u64,
    /// Harm of all diverted units.
    pub harm: u128,
    /// The earmarks it touches, by id.
    pub promises: Vec<Promise>,
    /// The diverted slots by month, then by earmark id; [`Plan::lines`] has them with their names.
    pub slots: Vec<Diverted>,
    /// The price of each month, in harm for one unit: the certificate.
    pub prices: Vec<u64>,
}

/// A slot from which units are diverted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diverted {
    /// Which of the plan's promises it belongs to, from 0.
    pub promise: u32,
    /// In which month of the plan they were promised; the first is 1.
    pub month: u16,
    /// Its place among the item's slots, which stand by month, then by earmark id; from 0.
    pub place: u32,
    /// Units diverted, at least 1: those of `reason` and of `also`.
    pub quantity: u64,
    /// Harm of one unit, at most 10^9.
    pub harm: u32,
    /// The first month whose shortfall it covers.
    pub reason: Reason,
    /// Later months that took more of the same slot, in order; mostly none.
    pub also: Box<[Reason]>,
}

impl Diverted {
    /// Harm of all its diverted units.
    #[must_use]
    pub fn harm_in_all(&self) -> u128 {
        u128::from(self.quantity).saturating_mul(u128::from(self.harm))
    }
}

/// A diverted slot with its names, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// The earmark.
    pub earmark: &'a EarmarkId,
    /// Who loses the units.
    pub recipient: &'a PartyId,
    /// The slot.
    #[serde(flatten)]
    pub slot: &'a Diverted,
}

/// Whose shortfall some units cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The month of the plan that is short; the first is 1.
    pub short_month: u16,
    /// By how many units it was short after all that earlier months had diverted.
    pub short_by: u64,
    /// Units of the slot taken for it.
    pub quantity: u64,
}

impl Plan {
    /// How many months it covers.
    #[must_use]
    pub fn months(&self) -> usize {
        self.threshold.len()
    }

    /// The calendar month of a month of the plan; the first is 1.
    #[must_use]
    pub fn month(&self, index: u16) -> Month {
        self.first.plus(u32::from(index).saturating_sub(1))
    }

    /// The diverted slots with their names. A slot whose promise the plan does not name, which no
    /// verified plan has, is left out.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.slots.iter().filter_map(|slot| {
            let Promise { earmark, recipient } = self.promises.get(place(slot.promise))?;
            Some(Line { earmark, recipient, slot })
        })
    }

    /// Units diverted in all.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.slots.iter().fold(0, |sum, slot| sum.saturating_add(slot.quantity))
    }
}

/// Plans one item without touching what `vetoes` names. Names in `vetoes` that have no slot here
/// change nothing.
#[must_use]
pub fn plan(problem: &ItemProblem, vetoes: &Vetoes) -> Plan {
    let walked = Walk::over(problem, vetoes);
    let mut made = Plan {
        item: problem.item().clone(),
        first: problem.first(),
        base: problem.base().to_vec(),
        threshold: problem.threshold().to_vec(),
        vetoes: vetoes.clone(),
        shortfall_before: problem.need().iter().fold(0, |sum, need| sum.saturating_add(*need)),
        shortfall_after: walked.left_short,
        harm: 0,
        promises: Vec::new(),
        slots: Vec::with_capacity(walked.used),
        prices: Vec::new(),
    };
    let stretches = walked.write_slots(problem, &mut made);
    made.prices = prices(&stretches);
    made
}

/// Plans every item, in the order of the item ids.
#[must_use]
pub fn plan_all(problems: &[ItemProblem], vetoes: &Vetoes) -> Vec<Plan> {
    let mut plans: Vec<Plan> = problems.iter().map(|problem| plan(problem, vetoes)).collect();
    plans.sort_by(|one, other| one.item.cmp(&other.item));
    plans
}

/// What is taken from one slot so far.
#[derive(Clone, Copy, Default)]
struct Taken {
    /// For all months.
    units: u64,
    /// For the first of them.
    for_first: u64,
    first_short: u16,
}

/// What one month came to.
struct MonthEnd {
    /// R(t), then D(t), in units.
    required: u64,
    diverted: u64,
    /// The greatest harm of a unit taken from this month's slots.
    dearest: u64,
}

struct Walk {
    /// Slots that still have units, first in order on top: harm in the upper half, the place in
    /// the problem, which is the order by month and earmark id, in the lower.
    free: BinaryHeap<Reverse<u64>>,
    /// By place in the problem.
    taken: Vec<Taken>,
    /// Later months that came back to a slot: place and reason, at most one for each month.
    again: Vec<(u32, Reason)>,
    /// By month: R(t), and by how much it was short when the walk came to it.
    required: Vec<(u64, u64)>,
    /// How many slots were taken from, and which promises.
    used: usize,
    touched: Vec<bool>,
    left_short: u64,
}

impl Walk {
    fn over(problem: &ItemProblem, vetoes: &Vetoes) -> Self {
        let mut walk = Self {
            free: BinaryHeap::with_capacity(problem.slot_count()),
            taken: vec![Taken::default(); problem.slot_count()],
            again: Vec::new(),
            required: Vec::with_capacity(problem.need().len()),
            used: 0,
            touched: vec![false; problem.promises().len()],
            left_short: 0,
        };
        let barred = barred(problem.promises(), vetoes);
        let (mut place_in_all, mut available, mut covered) = (0u32, 0u64, 0u64);
        for ((month, cells), need) in problem.by_month().zip(problem.need()) {
            for cell in cells {
                if may_be_diverted(cell, &barred) {
                    let order = (u64::from(cell.harm()) << 32) | u64::from(place_in_all);
                    walk.free.push(Reverse(order));
                    available = available.saturating_add(cell.quantity);
                }
                place_in_all = place_in_all.saturating_add(1);
            }
            let short_by = need.saturating_sub(covered);
            walk.take(short_by, month, problem.cells());
            covered = covered.max((*need).min(available));
            walk.required.push((covered, short_by));
            walk.left_short = walk.left_short.saturating_add(need.saturating_sub(available));
        }
        walk
    }

    /// Takes up to `short_by` units for `month` from the first slots of the heap.
    fn take(&mut self, short_by: u64, month: u16, cells: &[Cell]) {
        let mut missing = short_by;
        while missing > 0 {
            let Some(Reverse(order)) = self.free.peek() else { return };
            let at = u32::try_from(order & u64::from(u32::MAX)).unwrap_or_default();
            let (Some(taken), Some(cell)) = (self.taken.get_mut(place(at)), cells.get(place(at)))
            else {
                return;
            };
            let left = cell.quantity.saturating_sub(taken.units);
            let units = left.min(missing);
            if taken.units == 0 {
                (taken.for_first, taken.first_short) = (units, month);
                self.used = self.used.saturating_add(1);
                if let Some(touched) = self.touched.get_mut(place(cell.promise)) {
                    *touched = true;
                }
            } else {
                self.again.push((at, Reason { short_month: month, short_by, quantity: units }));
            }
            taken.units = taken.units.saturating_add(units);
            missing = missing.saturating_sub(units);
            if units == left {
                self.free.pop();
            }
        }
    }

    /// Writes the promises touched; gives each promise of the problem its place among them.
    fn write_promises(&self, problem: &ItemProblem, made: &mut Plan) -> Vec<u32> {
        let mut ranks = Vec::with_capacity(self.touched.len());
        let mut next = 0u32;
        for (promise, touched) in problem.promises().iter().zip(&self.touched) {
            ranks.push(next);
            if *touched {
                made.promises.push(promise.clone());
                next = next.saturating_add(1);
            }
        }
        ranks
    }

    /// Writes the slots taken from, in the order of the problem, and their harm.
    fn write_slots(mut self, problem: &ItemProblem, made: &mut Plan) -> Vec<MonthEnd> {
        let ranks = self.write_promises(problem, made);
        self.again.sort_unstable_by_key(|(at, reason)| (*at, reason.short_month));
        let mut again = self.again.iter().peekable();
        let mut taken = self.taken.iter().zip(0u32..);
        let mut ends = Vec::with_capacity(self.required.len());
        let mut diverted = 0u64;
        for ((month, cells), (required, _)) in problem.by_month().zip(&self.required) {
            let mut dearest = 0;
            for (cell, (taken, at)) in cells.iter().zip(&mut taken) {
                if taken.units == 0 {
                    continue;
                }
                let mut also = Vec::new();
                while let Some((_, reason)) = again.next_if(|(place, _)| *place == at) {
                    also.push(*reason);
                }
                let short = usize::from(taken.first_short).checked_sub(1);
                let short = short.and_then(|index| self.required.get(index));
                let slot = Diverted {
                    promise: ranks.get(place(cell.promise)).copied().unwrap_or_default(),
                    month,
                    place: at,
                    quantity: taken.units,
                    harm: cell.harm(),
                    reason: Reason {
                        short_month: taken.first_short,
                        short_by: short.map_or(0, |(_, short_by)| *short_by),
                        quantity: taken.for_first,
                    },
                    also: also.into_boxed_slice(),
                };
                diverted = diverted.saturating_add(taken.units);
                dearest = dearest.max(u64::from(slot.harm));
                made.harm = made.harm.saturating_add(slot.harm_in_all());
                made.slots.push(slot);
            }
            ends.push(MonthEnd { required: *required, diverted, dearest });
        }
        ends
    }
}

/// For each promise, whether a veto names it.
fn barred(promises: &[Promise], vetoes: &Vetoes) -> Vec<bool> {
    let named = |promise: &Promise| {
        vetoes.recipients.contains(&promise.recipient) || vetoes.earmarks.contains(&promise.earmark)
    };
    promises.iter().map(named).collect()
}

fn may_be_diverted(cell: &Cell, barred: &[bool]) -> bool {
    cell.divertible() && cell.quantity > 0 && barred.get(place(cell.promise)) == Some(&false)
}

/// The prices: going backwards, a month that ends a stretch settles the price of its stretch only
/// when the stretch has been walked to its first month, so the months wait in `open` until then.
fn prices(ends: &[MonthEnd]) -> Vec<u64> {
    let mut backwards = Vec::with_capacity(ends.len());
    let (mut dearest, mut open) = (0u64, 0usize);
    for end in ends.iter().rev() {
        if end.diverted == end.required {
            backwards.resize(backwards.len().saturating_add(open), dearest);
            open = 0;
        }
        dearest = dearest.max(end.dearest);
        open = open.saturating_add(1);
    }
    backwards.resize(ends.len(), dearest);
    backwards.reverse();
    backwards
}

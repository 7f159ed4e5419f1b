//! The verifier, which shares nothing with the planner.
//!
//! Answers: *is this plan possible, and is no other plan better?* It reads the problem and the
//! plan side by side once and searches for nothing: the plan brings its own proof. In the words of
//! [`plan`](super::plan), whose documentation says why this suffices:
//!
//! - every slot of the plan is a slot of the problem, may be diverted, and is not exhausted;
//! - goal 1: D(t) is at least R(t) in every month, R(t) being the greatest min(need, available) of
//!   the months up to t;
//! - goal 2: the prices never rise, fall only where D(t) = R(t), and stand between the harm of
//!   what is taken and the harm of what is left;
//! - goal 3: D(T) = R(T) in the last month T;
//! - goal 4: a unit taken can be given back for one left unless that breaks a demand, that is,
//!   unless the slot left is of a later month and D(t) = R(t) for some month t between. So no slot
//!   with something left, of the same stretch between such months or an earlier one, may stand
//!   before a slot taken from. Plans with a given D(T) under such demands are the bases of a
//!   polymatroid, where a plan that no single exchange improves is the best;
//! - the sums are right, and the reasons account for every unit: the units taken for a month come
//!   from slots up to it and are together what the month made R grow by.
//!
//! Goal 4 leaves one plan, so whatever is changed in the slots of a plan is refused. Of prices
//! there may be several that prove it; any will do.

use super::plan::{Diverted, Plan};
use super::problem::{Cell, ItemProblem, Vetoes, place};
use countersign_proof::words::{EarmarkId, ItemId, PartyId};

/// Why a plan is not accepted. Months are those of the plan; the first is 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are named by the message of their variant")]
pub enum Fault {
    #[error("the plan is for {plan}, the problem for {problem}")]
    OtherItem { plan: ItemId, problem: ItemId },
    #[error("the plan was made for other months; make a new one")]
    OtherMonths,
    #[error("the plan was made from another position; make a new one")]
    OtherBase,
    #[error("the plan was made from another threshold; make a new one")]
    OtherThreshold,
    #[error("the plan was made under other vetoes; make a new one")]
    OtherVetoes,
    #[error("the plan has {prices} prices for {months} months")]
    PriceForEveryMonth { prices: usize, months: usize },
    #[error(
        "the plan diverts {earmark} of month {month}: the problem has no such slot, or it \
             stands twice or out of order in the plan"
    )]
    NoSuchSlot { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month} is promised to {promised}, not to {recipient}")]
    WrongRecipient { earmark: EarmarkId, month: u16, recipient: PartyId, promised: PartyId },
    #[error("a unit of {earmark} of month {month} does harm {known}, not {harm}")]
    WrongHarm { earmark: EarmarkId, month: u16, harm: u64, known: u64 },
    #[error("{earmark} of month {month} may not be diverted")]
    NotDivertible { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month} is vetoed")]
    Vetoed { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month} gives up {quantity} units of {available}")]
    MoreThanTheSlot { earmark: EarmarkId, month: u16, quantity: u64, available: u64 },
    #[error("{earmark} of month {month} stands in the plan and gives up nothing")]
    Nothing { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month}: no slot of it can be taken for month {short_month}")]
    ReasonOutsideMonths { earmark: EarmarkId, month: u16, short_month: u16 },
    #[error("{earmark} of month {month}: month {short_month} is short by {known}, not {short_by}")]
    ReasonWrong { earmark: EarmarkId, month: u16, short_month: u16, short_by: u64, known: u64 },
    #[error("{earmark} of month {month}: the reasons account for {reasons} units of {quantity}")]
    ReasonsDoNotAddUp { earmark: EarmarkId, month: u16, reasons: u64, quantity: u64 },
    #[error("{units} units are taken for month {month}, {needed} is what it needs")]
    UnitsForMonth { month: u16, units: u64, needed: u64 },
    #[error(
        "up to month {month} {diverted} units are diverted; {required} could be and are needed"
    )]
    TooFew { month: u16, diverted: u64, required: u64 },
    #[error("{diverted} units are diverted in all; {required} are enough")]
    TooMany { diverted: u64, required: u64 },
    #[error("the price rises in month {month}")]
    PriceRises { month: u16 },
    #[error("the price falls after month {month}, up to which more is diverted than needed")]
    PriceFalls { month: u16 },
    #[error("{earmark} of month {month} is taken at harm {harm}; the price is {price}")]
    AbovePrice { earmark: EarmarkId, month: u16, harm: u64, price: u64 },
    #[error("{earmark} of month {month} is left at harm {harm}; the price is {price}")]
    LeftBelowPrice { earmark: EarmarkId, month: u16, harm: u64, price: u64 },
    #[error(
        "up to month {month} a slot is left that stands before one that is taken: by harm, \
             then month, then earmark"
    )]
    OutOfTurn { month: u16 },
    #[error("the shortfall before is {known} unit-months, not {stated}")]
    ShortfallBefore { stated: u64, known: u64 },
    #[error("the shortfall after is {known} unit-months, not {stated}")]
    ShortfallAfter { stated: u64, known: u64 },
    #[error("the harm is {known}, not {stated}")]
    Harm { stated: u128, known: u128 },
}

/// Checks that `plan` is the best plan for `problem` without touching what `vetoes` names.
///
/// # Errors
/// [`Fault`], the first that is met.
pub fn verify(problem: &ItemProblem, vetoes: &Vetoes, plan: &Plan) -> Result<(), Fault> {
    made_from(problem, vetoes, plan)?;
    let mut pass = Pass::new(problem, vetoes, plan);
    for (((month, cells), need), price) in problem.by_month().zip(problem.need()).zip(&plan.prices)
    {
        pass.month(month, cells, *price)?;
        pass.month_ends(month, *need, *price)?;
    }
    pass.ends()
}

fn made_from(problem: &ItemProblem, vetoes: &Vetoes, plan: &Plan) -> Result<(), Fault> {
    if plan.item != *problem.item() {
        let (plan, problem) = (plan.item.clone(), problem.item().clone());
        return Err(Fault::OtherItem { plan, problem });
    }
    let months = usize::from(problem.months());
    if plan.first != problem.first() || plan.threshold.len() != months {
        return Err(Fault::OtherMonths);
    }
    if plan.base != problem.base() {
        return Err(Fault::OtherBase);
    }
    if plan.threshold != problem.threshold() {
        return Err(Fault::OtherThreshold);
    }
    if plan.vetoes != *vetoes {
        return Err(Fault::OtherVetoes);
    }
    if plan.prices.len() != months {
        return Err(Fault::PriceForEveryMonth { prices: plan.prices.len(), months });
    }
    Ok(())
}

/// Where a slot stands in the order of goal 4: harm, then place in the problem.
type Turn = (u32, usize);

struct Pass<'a> {
    problem: &'a ItemProblem,
    plan: &'a Plan,
    /// The plan's slots not yet met.
    rest: std::slice::Iter<'a, Diverted>,
    next: Option<&'a Diverted>,
    /// By promise: whether a veto names it.
    vetoed: Vec<bool>,
    /// By month: units whose reason it is.
    reasons: Vec<u64>,
    /// By month: how much it was short, and how much R grew.
    grown: Vec<(u64, u64)>,
    at: usize,
    available: u64,
    diverted: u64,
    required: u64,
    before: u64,
    after: u64,
    harm: u128,
    price: Option<u64>,
    /// D = R in the month before.
    tight: bool,
    /// Of the stretch since the last month with D = R: the last in order that is taken from.
    taken: Option<Turn>,
    /// Of all months so far: the first in order with something left.
    left: Option<Turn>,
}

impl<'a> Pass<'a> {
    fn new(problem: &'a ItemProblem, vetoes: &Vetoes, plan: &'a Plan) -> Self {
        let vetoed = problem.promises().iter().map(|promise| {
            vetoes.earmarks.contains(&promise.earmark)
                || vetoes.recipients.contains(&promise.recipient)
        });
        let mut rest = plan.slots.iter();
        Self {
            problem,
            plan,
            next: rest.next(),
            rest,
            vetoed: vetoed.collect(),
            reasons: vec![0; plan.prices.len()],
            grown: Vec::with_capacity(plan.prices.len()),
            at: 0,
            available: 0,
            diverted: 0,
            required: 0,
            before: 0,
            after: 0,
            harm: 0,
            price: None,
            tight: true,
            taken: None,
            left: None,
        }
    }

    /// Reads one month's slots beside those of the plan.
    fn month(&mut self, month: u16, cells: &[Cell], price: u64) -> Result<(), Fault> {
        let mut next = self.next.filter(|slot| slot.month == month);
        let (mut available, mut left) = (self.available, self.left);
        for (cell, at) in cells.iter().zip(self.at..) {
            let untouchable =
                !cell.divertible || self.vetoed.get(place(cell.promise)) != Some(&false);
            let mut units = 0;
            if let Some(slot) = next.filter(|slot| self.is_of(slot, cell)) {
                self.slot(slot, cell, untouchable)?;
                self.taken = self.taken.max(Some((cell.harm, at)));
                units = slot.quantity;
                if slot.harm > price {
                    let (earmark, harm) = (slot.earmark.clone(), slot.harm);
                    return Err(Fault::AbovePrice { earmark, month, harm, price });
                }
                self.next = self.rest.next();
                next = self.next.filter(|slot| slot.month == month);
            }
            if untouchable {
                continue;
            }
            available = available.saturating_add(cell.quantity);
            if units < cell.quantity {
                if u64::from(cell.harm) < price {
                    return Err(self.left_below(cell, month, price));
                }
                if left.is_none_or(|first| cell.harm < first.0) {
                    left = Some((cell.harm, at));
                }
            }
        }
        (self.available, self.left) = (available, left);
        self.at = self.at.saturating_add(cells.len());
        Ok(())
    }

    fn is_of(&self, slot: &Diverted, cell: &Cell) -> bool {
        let promise = self.problem.promises().get(place(cell.promise));
        promise.is_some_and(|promise| promise.earmark == slot.earmark)
    }

    fn left_below(&self, cell: &Cell, month: u16, price: u64) -> Fault {
        let harm = u64::from(cell.harm);
        match self.problem.promises().get(place(cell.promise)) {
            Some(promise) => {
                Fault::LeftBelowPrice { earmark: promise.earmark.clone(), month, harm, price }
            }
            None => Fault::OutOfTurn { month },
        }
    }

    /// Checks one slot of the plan against the cell it names.
    fn slot(&mut self, slot: &Diverted, cell: &Cell, untouchable: bool) -> Result<(), Fault> {
        let (month, quantity, harm) = (slot.month, slot.quantity, slot.harm);
        let earmark = || slot.earmark.clone();
        if let Some(promise) = self.problem.promises().get(place(cell.promise))
            && promise.recipient != slot.recipient
        {
            let (recipient, promised) = (slot.recipient.clone(), promise.recipient.clone());
            return Err(Fault::WrongRecipient { earmark: earmark(), month, recipient, promised });
        }
        if harm != u64::from(cell.harm) {
            let known = u64::from(cell.harm);
            return Err(Fault::WrongHarm { earmark: earmark(), month, harm, known });
        }
        if !cell.divertible {
            return Err(Fault::NotDivertible { earmark: earmark(), month });
        }
        if untouchable {
            return Err(Fault::Vetoed { earmark: earmark(), month });
        }
        if quantity > cell.quantity {
            let available = cell.quantity;
            return Err(Fault::MoreThanTheSlot { earmark: earmark(), month, quantity, available });
        }
        if quantity == 0 {
            return Err(Fault::Nothing { earmark: earmark(), month });
        }
        self.diverted = self.diverted.saturating_add(quantity);
        let harm = u128::from(harm).saturating_mul(u128::from(quantity));
        self.harm = self.harm.saturating_add(harm);
        self.count_reasons(slot)
    }

    /// Books the units of a slot under the months they are said to be for.
    fn count_reasons(&mut self, slot: &Diverted) -> Result<(), Fault> {
        let (month, quantity) = (slot.month, slot.quantity);
        let mut reasons = 0u64;
        let mut before = month.saturating_sub(1);
        for reason in std::iter::once(&slot.reason).chain(&slot.also) {
            let short_month = reason.short_month;
            let index = usize::from(short_month).checked_sub(1);
            let units = index.and_then(|index| self.reasons.get_mut(index));
            let Some(units) = units.filter(|_| short_month > before) else {
                let earmark = slot.earmark.clone();
                return Err(Fault::ReasonOutsideMonths { earmark, month, short_month });
            };
            *units = units.saturating_add(reason.quantity);
            reasons = reasons.saturating_add(reason.quantity);
            before = short_month;
            if reason.quantity == 0 {
                let earmark = slot.earmark.clone();
                return Err(Fault::ReasonsDoNotAddUp { earmark, month, reasons, quantity });
            }
        }
        if reasons == quantity {
            Ok(())
        } else {
            let earmark = slot.earmark.clone();
            Err(Fault::ReasonsDoNotAddUp { earmark, month, reasons, quantity })
        }
    }

    /// Holds what is diverted up to a month against what is demanded, and the price against both.
    fn month_ends(&mut self, month: u16, need: u64, price: u64) -> Result<(), Fault> {
        if let Some(slot) = self.next.filter(|slot| slot.month <= month) {
            let (earmark, month) = (slot.earmark.clone(), slot.month);
            return Err(Fault::NoSuchSlot { earmark, month });
        }
        if let Some(before) = self.price {
            if price > before {
                return Err(Fault::PriceRises { month });
            }
            if price < before && !self.tight {
                return Err(Fault::PriceFalls { month: month.saturating_sub(1) });
            }
        }
        self.price = Some(price);
        let required = self.required.max(need.min(self.available));
        let grown = required.saturating_sub(self.required);
        self.grown.push((need.saturating_sub(self.required), grown));
        self.required = required;
        let diverted = self.diverted;
        if diverted < required {
            return Err(Fault::TooFew { month, diverted, required });
        }
        self.before = self.before.saturating_add(need);
        self.after = self.after.saturating_add(need.saturating_sub(diverted));
        self.tight = diverted == required;
        if self.tight && let Some(taken) = self.taken.take()
            // The same slot may be both: taken from, and with something left.
            && self.left.is_some_and(|left| left < taken)
        {
            return Err(Fault::OutOfTurn { month });
        }
        Ok(())
    }

    /// What can only be told at the end.
    fn ends(self) -> Result<(), Fault> {
        let plan = self.plan;
        if let Some(slot) = self.next {
            let (earmark, month) = (slot.earmark.clone(), slot.month);
            return Err(Fault::NoSuchSlot { earmark, month });
        }
        let (diverted, required) = (self.diverted, self.required);
        if diverted != required {
            return Err(Fault::TooMany { diverted, required });
        }
        for ((month, units), (_, needed)) in (1..).zip(&self.reasons).zip(&self.grown) {
            if units != needed {
                let (units, needed) = (*units, *needed);
                return Err(Fault::UnitsForMonth { month, units, needed });
            }
        }
        for slot in &plan.slots {
            for reason in std::iter::once(&slot.reason).chain(&slot.also) {
                let index = usize::from(reason.short_month).saturating_sub(1);
                let known = self.grown.get(index).map_or(0, |(short, _)| *short);
                if known != reason.short_by {
                    let (earmark, month) = (slot.earmark.clone(), slot.month);
                    let (short_month, short_by) = (reason.short_month, reason.short_by);
                    return Err(Fault::ReasonWrong {
                        earmark,
                        month,
                        short_month,
                        short_by,
                        known,
                    });
                }
            }
        }
        if plan.shortfall_before != self.before {
            let (stated, known) = (plan.shortfall_before, self.before);
            return Err(Fault::ShortfallBefore { stated, known });
        }
        if plan.shortfall_after != self.after {
            let (stated, known) = (plan.shortfall_after, self.after);
            return Err(Fault::ShortfallAfter { stated, known });
        }
        if plan.harm != self.harm {
            let (stated, known) = (plan.harm, self.harm);
            return Err(Fault::Harm { stated, known });
        }
        Ok(())
    }
}

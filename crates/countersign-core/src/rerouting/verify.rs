//! The verifier, which shares nothing with the planner.
//!
//! Answers: *is this plan possible, and is no other plan better?* It reads the problem and the
//! plan side by side once and searches for nothing: the plan brings its own proof. In the words of
//! [`plan`](mod@super::plan), whose documentation says why this suffices:
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

mod fault;
mod inputs;

pub use fault::Fault;

use super::plan::{Diverted, Plan, Reason};
use super::problem::{Cell, ItemProblem, Promise, Vetoes, place};
use inputs::{made_from, promises};

/// Checks that `plan` is the best plan for `problem` without touching what `vetoes` names.
///
/// # Errors
/// [`Fault`], the first that is met.
pub fn verify(problem: &ItemProblem, vetoes: &Vetoes, plan: &Plan) -> Result<(), Fault> {
    look(problem, vetoes, plan).map_err(|fault| *fault)
}

/// Passes along a pointer, not a whole fault, for every slot.
type Checked<T = ()> = Result<T, Box<Fault>>;

#[cold]
fn refuse<T>(fault: Fault) -> Checked<T> {
    Err(Box::new(fault))
}

fn look(problem: &ItemProblem, vetoes: &Vetoes, plan: &Plan) -> Checked {
    made_from(problem, vetoes, plan)?;
    let mut pass = Pass::new(problem, vetoes, plan, promises(problem, plan)?);
    for (((month, cells), need), price) in problem.by_month().zip(problem.need()).zip(&plan.prices)
    {
        pass.month(month, cells, *price)?;
        pass.month_ends(month, *need, *price)?;
    }
    pass.ends()
}

struct Pass<'a> {
    problem: &'a ItemProblem,
    plan: &'a Plan,
    /// The plan's slots of later months.
    rest: &'a [Diverted],
    /// By promise of the plan: which of the problem's it is, and whether a slot names it.
    ours: Vec<(u32, bool)>,
    /// By promise: whether a veto names it. Empty without vetoes.
    vetoed: Vec<bool>,
    /// By month: units whose reason it is, and by how many it is said to be short.
    reasons: Vec<(u64, u64)>,
    /// By month: how much it was short, and how much R grew.
    grown: Vec<(u64, u64)>,
    /// The place in the problem at which the month begins.
    begins: usize,
    available: u64,
    diverted: u64,
    required: u64,
    before: u64,
    after: u64,
    harm: u128,
    price: Option<u64>,
    /// D = R in the month before.
    tight: bool,
    /// The last place that is taken from at the price, in the stretch since D = R.
    taken: Option<u32>,
    /// The first place with something left at the price, since there is this price.
    left: Option<u32>,
}

/// What one month's cells come to, leaving out those that may not be touched.
#[derive(Default)]
struct Offer {
    units: u64,
    /// Of these, at less harm than the price: all of them must be taken.
    cheap: u64,
}

/// Units that the plan takes from the slot at this place; its slots stand by place.
fn taken_from(at: usize, slots: &[Diverted]) -> u64 {
    let found = slots.binary_search_by(|slot| place(slot.place).cmp(&at));
    found.ok().and_then(|index| slots.get(index)).map_or(0, |slot| slot.quantity)
}

impl<'a> Pass<'a> {
    fn new(
        problem: &'a ItemProblem,
        vetoes: &Vetoes,
        plan: &'a Plan,
        ours: Vec<(u32, bool)>,
    ) -> Self {
        let vetoed = problem.promises().iter().map(|promise| {
            vetoes.earmarks.contains(&promise.earmark)
                || vetoes.recipients.contains(&promise.recipient)
        });
        Self {
            problem,
            plan,
            rest: &plan.slots,
            ours,
            vetoed: if vetoes.is_empty() { Vec::new() } else { vetoed.collect() },
            reasons: vec![(0, 0); plan.prices.len()],
            grown: Vec::with_capacity(plan.prices.len()),
            begins: 0,
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

    /// Reads one month's slots beside those of the plan. Only at the price may something be taken
    /// and something left; below it everything is taken, above it nothing.
    fn month(&mut self, month: u16, cells: &[Cell], price: u64) -> Checked {
        let of_month = self.rest.iter().take_while(|slot| slot.month == month).count();
        let (slots, rest) = self.rest.split_at_checked(of_month).unwrap_or_default();
        self.rest = rest;
        if self.price != Some(price) {
            self.left = None;
        }
        let offer = self.offer(cells, slots, price);
        let (mut cheap, mut least) = (0u64, self.begins);
        for slot in slots {
            let index = place(slot.place);
            let here = index.checked_sub(self.begins).filter(|_| index >= least);
            let Some(cell) = here.and_then(|here| cells.get(here)) else {
                return refuse(self.no_such(slot));
            };
            least = index.saturating_add(1);
            self.slot(slot, cell, price)?;
            if u64::from(slot.harm) < price {
                cheap = cheap.saturating_add(slot.quantity);
            } else {
                self.taken = Some(slot.place);
            }
        }
        if offer.cheap != cheap {
            return refuse(self.left_below(month, cells, slots, price));
        }
        self.available = self.available.saturating_add(offer.units);
        self.begins = self.begins.saturating_add(cells.len());
        Ok(())
    }

    /// Adds up a month's cells, and notes the first with something left at the price.
    fn offer(&mut self, cells: &[Cell], slots: &[Diverted], price: u64) -> Offer {
        let mut offer = Offer::default();
        for (cell, at) in cells.iter().zip(self.begins..) {
            let (harm, units) = (u64::from(cell.harm()), self.touchable(cell));
            // No sum of the problem's units overflows: it was refused otherwise.
            offer.units = offer.units.wrapping_add(units);
            offer.cheap = offer.cheap.wrapping_add(units.wrapping_mul(u64::from(harm < price)));
            if harm == price && self.left.is_none() && taken_from(at, slots) < units {
                self.left = u32::try_from(at).ok();
            }
        }
        offer
    }

    fn may_be_touched(&self, cell: &Cell) -> bool {
        cell.divertible() & (self.vetoed.get(place(cell.promise)) != Some(&true))
    }

    /// Its units, or none; written without a branch, as there is no telling which it will be.
    fn touchable(&self, cell: &Cell) -> u64 {
        cell.quantity.wrapping_mul(u64::from(self.may_be_touched(cell)))
    }

    fn promise(&self, cell: &Cell) -> Option<&'a Promise> {
        self.problem.promises().get(place(cell.promise))
    }

    fn no_such(&self, slot: &Diverted) -> Fault {
        match self.plan.promises.get(place(slot.promise)) {
            Some(promise) => {
                Fault::NoSuchSlot { earmark: promise.earmark.clone(), month: slot.month }
            }
            None => Fault::NoSuchPromise { promise: slot.promise, month: slot.month },
        }
    }

    /// Names the slot that a month's sums miss.
    fn left_below(&self, month: u16, cells: &[Cell], slots: &[Diverted], price: u64) -> Fault {
        let missed = cells.iter().zip(self.begins..).find(|(cell, at)| {
            self.may_be_touched(cell)
                && u64::from(cell.harm()) < price
                && taken_from(*at, slots) < cell.quantity
        });
        let missed = missed.and_then(|(cell, _)| Some((cell, self.promise(cell)?)));
        let Some((cell, promise)) = missed else { return Fault::OutOfTurn { month } };
        let harm = u64::from(cell.harm());
        Fault::LeftBelowPrice { earmark: promise.earmark.clone(), month, harm, price }
    }

    /// Checks one slot of the plan against the cell it names.
    fn slot(&mut self, slot: &Diverted, cell: &Cell, price: u64) -> Checked {
        let (month, quantity, harm) = (slot.month, slot.quantity, u64::from(slot.harm));
        let Some(promise) = self.promise(cell) else { return refuse(self.no_such(slot)) };
        let earmark = || promise.earmark.clone();
        match self.ours.get_mut(place(slot.promise)) {
            Some((promise, used)) if *promise == cell.promise => *used = true,
            Some(_) | None => return refuse(self.no_such(slot)),
        }
        let known = u64::from(cell.harm());
        if harm != known {
            return refuse(Fault::WrongHarm { earmark: earmark(), month, harm, known });
        }
        if !cell.divertible() {
            return refuse(Fault::NotDivertible { earmark: earmark(), month });
        }
        if !self.may_be_touched(cell) {
            return refuse(Fault::Vetoed { earmark: earmark(), month });
        }
        if quantity > cell.quantity {
            let available = cell.quantity;
            return refuse(Fault::MoreThanTheSlot {
                earmark: earmark(),
                month,
                quantity,
                available,
            });
        }
        if quantity == 0 {
            return refuse(Fault::Nothing { earmark: earmark(), month });
        }
        if harm > price {
            return refuse(Fault::AbovePrice { earmark: earmark(), month, harm, price });
        }
        self.diverted = self.diverted.saturating_add(quantity);
        let harm = u128::from(harm).saturating_mul(u128::from(quantity));
        self.harm = self.harm.saturating_add(harm);
        self.book_reasons(slot, promise)
    }

    /// Books the units of a slot under the months they are said to be for.
    fn book_reasons(&mut self, slot: &Diverted, promise: &Promise) -> Checked {
        let mut reasons = self.book(slot, promise, slot.reason, slot.month.saturating_sub(1))?;
        let mut before = slot.reason.short_month;
        for reason in &slot.also {
            reasons = reasons.saturating_add(self.book(slot, promise, *reason, before)?);
            before = reason.short_month;
        }
        if reasons == slot.quantity {
            return Ok(());
        }
        let (earmark, month, quantity) = (promise.earmark.clone(), slot.month, slot.quantity);
        refuse(Fault::ReasonsDoNotAddUp { earmark, month, reasons, quantity })
    }

    /// Books one reason, for a month after `before`; gives its units.
    fn book(
        &mut self,
        slot: &Diverted,
        promise: &Promise,
        reason: Reason,
        before: u16,
    ) -> Checked<u64> {
        let Reason { short_month, short_by, quantity } = reason;
        let index = usize::from(short_month).wrapping_sub(1);
        let booked = self.reasons.get_mut(index).filter(|_| short_month > before && quantity > 0);
        let Some((units, stated)) = booked else {
            let (earmark, month) = (promise.earmark.clone(), slot.month);
            return refuse(Fault::ReasonOutsideMonths { earmark, month, short_month });
        };
        if *units > 0 && *stated != short_by {
            let (one, other) = (*stated, short_by);
            return refuse(Fault::ReasonsDisagree { month: short_month, one, other });
        }
        (*units, *stated) = (units.saturating_add(quantity), short_by);
        Ok(quantity)
    }

    /// Holds what is diverted up to a month against what is demanded, and the price against both.
    fn month_ends(&mut self, month: u16, need: u64, price: u64) -> Checked {
        if let Some(before) = self.price {
            if price > before {
                return refuse(Fault::PriceRises { month });
            }
            if price < before && !self.tight {
                return refuse(Fault::PriceFalls { month: month.saturating_sub(1) });
            }
        }
        self.price = Some(price);
        let required = self.required.max(need.min(self.available));
        let grown = required.saturating_sub(self.required);
        self.grown.push((need.saturating_sub(self.required), grown));
        self.required = required;
        let diverted = self.diverted;
        if diverted < required {
            return refuse(Fault::TooFew { month, diverted, required });
        }
        self.before = self.before.saturating_add(need);
        self.after = self.after.saturating_add(need.saturating_sub(diverted));
        self.tight = diverted == required;
        if self.tight && let Some(taken) = self.taken.take()
            // The same slot may be both: taken from, and with something left.
            && self.left.is_some_and(|left| left < taken)
        {
            return refuse(Fault::OutOfTurn { month });
        }
        Ok(())
    }

    /// What can only be told at the end.
    fn ends(self) -> Checked {
        let plan = self.plan;
        if let Some(slot) = self.rest.first() {
            return refuse(self.no_such(slot));
        }
        if let Some((promise, _)) =
            plan.promises.iter().zip(&self.ours).find(|(_, (_, used))| !used)
        {
            return refuse(Fault::IdlePromise { earmark: promise.earmark.clone() });
        }
        let (diverted, required) = (self.diverted, self.required);
        if diverted != required {
            return refuse(Fault::TooMany { diverted, required });
        }
        for ((month, (units, short_by)), (known, needed)) in
            (1..).zip(&self.reasons).zip(&self.grown)
        {
            if units != needed {
                let (units, needed) = (*units, *needed);
                return refuse(Fault::UnitsForMonth { month, units, needed });
            }
            if *units > 0 && short_by != known {
                let (short_by, known) = (*short_by, *known);
                return refuse(Fault::ReasonWrong { month, short_by, known });
            }
        }
        if plan.shortfall_before != self.before {
            let (stated, known) = (plan.shortfall_before, self.before);
            return refuse(Fault::ShortfallBefore { stated, known });
        }
        if plan.shortfall_after != self.after {
            let (stated, known) = (plan.shortfall_after, self.after);
            return refuse(Fault::ShortfallAfter { stated, known });
        }
        if plan.harm != self.harm {
            let (stated, known) = (plan.harm, self.harm);
            return refuse(Fault::Harm { stated, known });
        }
        Ok(())
    }
}

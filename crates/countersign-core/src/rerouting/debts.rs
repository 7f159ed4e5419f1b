//! What orders owe, and when it can be given back.

use super::{Debt, Event, ItemProblem, Rejection};
use crate::people::{Authority, Function};
use crate::stock::{self, Wanted};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::words::{DebtId, Moment, Month, Quantity};

/// A part of a debt, and the month in which it can be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// Which debt.
    pub debt: DebtId,
    /// In which month; `None` where the horizon does not reach so far.
    pub month: Option<Month>,
    /// How many units.
    pub units: u64,
    /// Whether that is later than the debt is due.
    pub late: bool,
}

/// When debts can be given back at the earliest without any month falling below its threshold, the
/// debts that are due first before the others.
///
/// A unit given back in month t is missing in every month from t on. So up to month t as many can
/// be given back as the least surplus of the months from t on; taking them as early as that allows
/// is best for every debt in turn, for a later month never allows less.
#[must_use]
pub fn repayment(problem: &ItemProblem, debts: &[&Debt]) -> Vec<Instalment> {
    let surplus: Vec<u64> = problem
        .base()
        .iter()
        .zip(problem.threshold())
        .map(|(base, threshold)| u64::try_from(*base).unwrap_or(0).saturating_sub(*threshold))
        .collect();
    let mut can: Vec<u64> = surplus
        .iter()
        .rev()
        .scan(u64::MAX, |least, surplus| {
            *least = (*least).min(*surplus);
            Some(*least)
        })
        .collect();
    can.reverse();
    let mut debts: Vec<&Debt> = debts.iter().copied().filter(|debt| debt.left() > 0).collect();
    debts.sort_by_key(|debt| (debt.due, debt.id));
    let mut given = 0u64;
    let mut months = (1u16..).zip(can).peekable();
    let mut plan = Vec::new();
    for debt in debts {
        let mut left = debt.left();
        while left > 0 {
            let Some((index, can)) = months.peek().copied() else {
                plan.push(Instalment { debt: debt.id, month: None, units: left, late: true });
                break;
            };
            let units = can.saturating_sub(given).min(left);
            if units == 0 {
                months.next();
                continue;
            }
            given = given.saturating_add(units);
            left = left.saturating_sub(units);
            let month = problem.month(index);
            let late = month > debt.due;
            plan.push(Instalment { debt: debt.id, month: Some(month), units, late });
        }
    }
    plan
}

/// Decides [`super::Command::RepayDebt`].
pub(super) fn repay(
    state: &State,
    id: DebtId,
    units: Quantity,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let debt = state.rerouting.debt(id).ok_or(Rejection::UnknownDebt { debt: id })?;
    state.people.check_function(by, Function::Stock, Some(&debt.owner), at)?;
    if units.is_zero() {
        return Err(Rejection::QuantityZero.into());
    }
    if units.units() > debt.left() {
        return Err(Rejection::MoreThanOwed { debt: id, owed: debt.left() }.into());
    }
    let wanted = Wanted { fit_on: Some(at.date()), ..Wanted::of(&debt.item, &debt.owner) };
    let free = state.stock.free(&wanted);
    if units > free {
        let owner = debt.owner.clone();
        return Err(Rejection::NotEnough { wanted: units, free, owner }.into());
    }
    let (earmark, month) = (debt.earmark.clone(), Month::of(at.date()));
    let units = units.units();
    Ok(vec![
        Event::DebtRepaid { debt: id, units }.into(),
        stock::Event::SlotRestored { earmark, month, units }.into(),
    ])
}

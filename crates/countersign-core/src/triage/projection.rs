//! Stock by month: what comes in, what goes out, what expires, and how long it lasts.

use super::number::Ratio;
use super::position::{Inputs, Missing};
use super::rules::{Counted, Forecast};
use countersign_proof::words::{Month, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A month of a projection, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which month.
    pub month: Month,
    /// What comes in, at its beginning.
    pub supply: i128,
    /// What is asked for in it.
    pub demand: i128,
    /// What expires unused at its end.
    pub expired: i128,
    /// What is there at its end; negative where more was asked for than there was.
    pub position: i128,
}

/// Projected stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projection {
    /// What is there now.
    pub opening: i128,
    /// The months, from the current one on.
    pub steps: Vec<Step>,
}

/// How long stock lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coverage {
    /// More is promised than there is already.
    Short,
    /// It falls below zero in this month.
    Until {
        /// Which month.
        month: Month,
        /// Months from now, the last one in part.
        months: Ratio,
        /// Days from the first of the current month, the last month in part.
        days: Ratio,
    },
    /// It lasts beyond the months projected.
    Beyond {
        /// How many those are.
        months: u32,
    },
    /// Nothing is asked for in the months projected.
    NoDemand {
        /// How many those are.
        months: u32,
    },
}

/// Whole units of a month, the demand of which may be an average.
enum Demand<'a> {
    Planned(&'a Inputs),
    Average { sum: i128, months: i128 },
}

impl Demand<'_> {
    fn of(inputs: &Inputs, forecast: Forecast, now: Month) -> Result<Demand<'_>, Missing> {
        match forecast {
            Forecast::Planned => Ok(Demand::Planned(inputs)),
            Forecast::Average(months) => {
                let name = "use";
                let missing = || Missing::Flow { name: name.to_owned() };
                let past = past_months(now, months).ok_or_else(missing)?;
                let series = inputs.by_month.get(name).ok_or_else(missing)?;
                let sum = series.sum(*past.start(), *past.end()).ok_or_else(missing)?;
                Ok(Demand::Average { sum, months: i128::from(months) })
            }
        }
    }

    /// The demand of the `index`-th month, counted from 0. Averages are spread so that at the end
    /// of every month their sum is the exact one, rounded up.
    fn at(&self, index: u32, month: Month) -> Result<i128, Missing> {
        match self {
            Self::Planned(inputs) => {
                let planned = inputs.planned.as_ref().and_then(|series| series.get(month));
                planned.map(i128::from).ok_or(Missing::Planned { month })
            }
            Self::Average { sum, months } => {
                let until = |count: i128| ceiling(sum.saturating_mul(count), *months);
                let index = i128::from(index);
                Ok(until(index.saturating_add(1)).saturating_sub(until(index)))
            }
        }
    }
}

/// The last `months` whole months before `now`; `None` before 1970.
pub(super) fn past_months(now: Month, months: u16) -> Option<RangeInclusive<Month>> {
    let number = u32::from(now);
    let first = Month::try_from(number.checked_sub(u32::from(months))?).ok()?;
    let last = Month::try_from(number.checked_sub(1)?).ok()?;
    Some(first..=last)
}

/// Division rounded up; `bottom` is above zero.
pub(super) fn ceiling(top: i128, bottom: i128) -> i128 {
    let down = top.checked_div_euclid(bottom).unwrap_or(0);
    let rest = top.checked_rem_euclid(bottom).unwrap_or(0);
    down.saturating_add(i128::from(rest != 0))
}

/// Lots on hand that expire, the next one to expire last.
struct Lots(Vec<(Month, i128)>);

impl Lots {
    /// The lots from `now` on.
    fn of(expiring: &BTreeMap<Month, Quantity>, now: Month) -> Self {
        let lots = expiring.range(now..).rev();
        Self(lots.map(|(at, units)| (*at, i128::from(units.units()))).collect())
    }

    /// Takes `units` from the next to expire.
    fn take(&mut self, units: i128) {
        let mut left = units;
        while left > 0 {
            let Some((_, lot)) = self.0.last_mut() else { break };
            let taken = left.min(*lot);
            *lot = lot.saturating_sub(taken);
            left = left.saturating_sub(taken);
            if *lot == 0 {
                self.0.pop();
            }
        }
    }

    /// Drops what is fit for use no longer than `month`.
    fn expire(&mut self, month: Month) -> i128 {
        let mut gone = 0i128;
        while let Some((_, units)) = self.0.pop_if(|(last, _)| *last <= month) {
            gone = gone.saturating_add(units);
        }
        gone
    }
}

/// What stands for a month; for the first one, also what is overdue where that counts.
fn figure(by_month: &BTreeMap<Month, Quantity>, month: Month, overdue: bool) -> i128 {
    if overdue {
        let units = by_month.range(..=month).map(|(_, units)| i128::from(units.units()));
        units.fold(0, i128::saturating_add)
    } else {
        by_month.get(&month).map_or(0, |units| i128::from(units.units()))
    }
}

impl Projection {
    /// Projects stock over `months` months, the current one first.
    ///
    /// Supply comes at the beginning of its month; then demand, reserved units in the current month
    /// and earmarked ones in theirs take the units that expire first; then what was fit until this
    /// month is gone. Stock that counts as a whole ([`Counted::OnHand`]) includes what is promised
    /// until it leaves; where only unencumbered stock counts, neither that nor promised supply
    /// ever does.
    ///
    /// # Errors
    /// What is missing: stock on hand, or demand in one of the months.
    pub fn of(
        inputs: &Inputs,
        counted: Counted,
        forecast: Forecast,
        now: Month,
        months: u16,
    ) -> Result<Self, Missing> {
        let opening = inputs.counted(counted, now)?;
        let wanted = Demand::of(inputs, forecast, now)?;
        let mut lots = Lots::of(&inputs.expiring, now);
        let mut position = opening;
        let mut steps = Vec::with_capacity(usize::from(months));
        for index in 0..u32::from(months) {
            let month = now.plus(index);
            let is_first = index == 0;
            let due = figure(&inputs.due_in, month, false);
            let passed_on = figure(&inputs.due_in_earmarked, month, false);
            let reserved = if is_first { i128::from(inputs.reserved.units()) } else { 0 };
            let leaving = figure(&inputs.earmarked, month, is_first).saturating_add(reserved);
            let wanted = wanted.at(index, month)?;
            let taken = wanted.saturating_add(leaving);
            lots.take(taken);
            let expired = lots.expire(month);
            let (supply, demand) = match counted {
                Counted::OnHand => (due, taken.saturating_add(passed_on)),
                Counted::Unencumbered => (due.saturating_sub(passed_on), wanted),
            };
            let change = supply.saturating_sub(demand).saturating_sub(expired);
            position = position.saturating_add(change);
            steps.push(Step { month, supply, demand, expired, position });
        }
        Ok(Self { opening, steps })
    }

    /// The first month at the end of which less than `units` is there.
    #[must_use]
    pub fn first_below(&self, units: i128) -> Option<Month> {
        self.steps.iter().find(|step| step.position < units).map(|step| step.month)
    }
}

/// How long stock lasts: the time until projected stock falls below zero, deliveries counted.
#[must_use]
pub fn coverage(projection: &Projection) -> Coverage {
    if projection.opening < 0 {
        return Coverage::Short;
    }
    let mut before = projection.opening;
    let (mut months, mut days) = (0i128, 0i128);
    let mut asked = false;
    for step in &projection.steps {
        let held = before.saturating_add(step.supply).max(0);
        let long = i128::from(step.month.days());
        asked |= step.demand > 0;
        if step.position < 0 {
            let part = |whole: i128, length: i128| {
                let whole = whole.saturating_mul(step.demand);
                Ratio::new(whole.saturating_add(held.saturating_mul(length)), step.demand)
            };
            let (months, days) = (part(months, 1), part(days, long));
            return Coverage::Until { month: step.month, months, days };
        }
        months = months.saturating_add(1);
        days = days.saturating_add(long);
        before = step.position;
    }
    let months = u32::try_from(projection.steps.len()).unwrap_or(u32::MAX);
    if asked { Coverage::Beyond { months } } else { Coverage::NoDemand { months } }
}

//! Reading a measure: what counts, what it is held against, and their ratio, month by month.

use super::number::{Number, Ratio, Unit};
use super::position::{Inputs, Missing, Series};
use super::projection::{Projection, ceiling, past_months};
use super::rules::{Against, Amount, Counted, Flow, LookBack, Measure, Side};
use countersign_proof::words::{Date, Month};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A measure at one time, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// At the end of this month; now where there is none.
    pub month: Option<Month>,
    /// What counts.
    pub units: i128,
    /// What it is held against: units, units a day or units a month; nothing where limits are in
    /// units, or where demand is walked month by month.
    pub against: Option<Ratio>,
    /// What comes of it, in the unit of the measure.
    pub ratio: Ratio,
    /// Whether it is at least so much: planned demand is not known any further.
    pub at_least: bool,
}

/// What a measure gave: its figure now, and its extremes over the horizon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which measure.
    pub measure: String,
    /// In which unit its ratios are.
    pub unit: Unit,
    /// Now.
    pub now: Figure,
    /// The lowest, the earliest of equals.
    pub lowest: Figure,
    /// The highest, the earliest of equals.
    pub highest: Figure,
}

/// Every figure of a measure over its horizon.
pub(super) struct Points<'a> {
    pub measure: &'a Measure,
    pub figures: Vec<Figure>,
    planned: Option<&'a Series<Month>>,
    today: Date,
}

/// Average use, in units a day or, over whole months, a month.
fn average(inputs: &Inputs, flow: &Flow, today: Date, by_day: bool) -> Result<Ratio, Missing> {
    let missing = || Missing::Flow { name: flow.name.clone() };
    let now = Month::of(today);
    match flow.over {
        LookBack::Days(days) => {
            let series = inputs.by_day.get(&flow.name).ok_or_else(missing)?;
            let today = u32::from(today);
            let first = today.checked_sub(u32::from(days)).and_then(|day| day.try_into().ok());
            let last = today.checked_sub(1).and_then(|day| day.try_into().ok());
            let (first, last) = first.zip(last).ok_or_else(missing)?;
            let sum = series.sum(first, last).ok_or_else(missing)?;
            Ok(Ratio::new(sum, i128::from(days)))
        }
        LookBack::Months(months) => {
            let past = past_months(now, months).ok_or_else(missing)?;
            let series = inputs.by_month.get(&flow.name).ok_or_else(missing)?;
            let sum = series.sum(*past.start(), *past.end()).ok_or_else(missing)?;
            let days = u32::from(now.first()).saturating_sub(u32::from(past.start().first()));
            Ok(Ratio::new(sum, if by_day { i128::from(days) } else { i128::from(months) }))
        }
    }
}

fn requirement(inputs: &Inputs, components: &BTreeSet<String>, on: Date) -> Result<Ratio, Missing> {
    let in_force = || inputs.requirement.iter().filter(|component| component.holds(on));
    for name in components {
        if !in_force().any(|component| component.name == *name) {
            return Err(Missing::Component { name: name.clone(), on });
        }
    }
    let mut found = false;
    let mut sum = 0i128;
    for component in in_force() {
        if components.is_empty() || components.contains(&component.name) {
            found = true;
            sum = sum.saturating_add(i128::from(component.units.units()));
        }
    }
    if found { Ok(Ratio { top: sum, bottom: 1 }) } else { Err(Missing::Requirement { on }) }
}

fn amount(inputs: &Inputs, amount: &Amount, today: Date, on: Date) -> Result<Ratio, Missing> {
    match amount {
        Amount::Floor(steps) => {
            let step = steps.iter().rev().find(|step| step.from <= on);
            let step = step.ok_or(Missing::Floor { on })?;
            Ok(Ratio { top: i128::from(step.units.units()), bottom: 1 })
        }
        Amount::Requirement(components) => requirement(inputs, components, on),
        Amount::Cover { flow, days } => {
            let a_day = average(inputs, flow, today, true)?;
            Ok(Ratio::new(a_day.top.saturating_mul(i128::from(*days)), a_day.bottom))
        }
    }
}

/// How long `units` last against planned demand from the beginning of `from`, or from `today`
/// where that lies in it; and whether that is only what is known.
fn forward(
    planned: Option<&Series<Month>>,
    from: Month,
    today: Date,
    units: i128,
    unit: Unit,
) -> Result<(Ratio, bool), Missing> {
    let missing = Missing::Planned { month: from };
    let planned = planned.ok_or_else(|| missing.clone())?;
    if units < 0 {
        return Ok((Ratio { top: units, bottom: 1 }, false));
    }
    let (mut left, mut whole, mut month) = (units, 0i128, from);
    while let Some(demand) = planned.get(month).map(i128::from) {
        let long = length(month, today, unit);
        if demand > left {
            let top = whole.saturating_mul(demand).saturating_add(left.saturating_mul(long));
            return Ok((Ratio::new(top, demand), false));
        }
        left = left.saturating_sub(demand);
        whole = whole.saturating_add(long);
        if month == planned.last() {
            return Ok((Ratio { top: whole, bottom: 1 }, true));
        }
        month = month.plus(1);
    }
    Err(missing)
}

/// A month in the unit of a measure; of the current one, the days that are left.
fn length(month: Month, today: Date, unit: Unit) -> i128 {
    match unit {
        Unit::Days if Month::of(today) == month => {
            let day = u32::from(today).saturating_sub(u32::from(month.first()));
            i128::from(month.days().saturating_sub(day))
        }
        Unit::Days => i128::from(month.days()),
        Unit::Share | Unit::Units | Unit::Months => 1,
    }
}

/// Reads a measure over `horizon` months.
pub(super) fn read<'a>(
    measure: &'a Measure,
    inputs: &'a Inputs,
    today: Date,
    horizon: u16,
) -> Result<Points<'a>, Missing> {
    let now = Month::of(today);
    let mut stock = vec![(None, count_now(measure, inputs, now)?)];
    if horizon > 0 {
        let projected = Projection::of(inputs, measure.counted, measure.forecast, now, horizon)?;
        stock.extend(projected.steps.iter().map(|step| (Some(step.month), step.position)));
    }
    let planned = inputs.planned.as_ref();
    let mut points = Points { measure, figures: Vec::with_capacity(stock.len()), planned, today };
    let steady = match &measure.against {
        Against::DailyUse(flow) => Some(average(inputs, flow, today, true)?),
        Against::MonthlyUse(flow) => Some(average(inputs, flow, today, false)?),
        Against::Whole => Some(Ratio { top: inputs.counted(measure.counted, now)?, bottom: 1 }),
        Against::Nothing | Against::Greatest(_) | Against::PlannedDays | Against::PlannedMonths => {
            None
        }
    };
    for (month, units) in stock {
        let figure = |against: Option<Ratio>, ratio: Ratio| Figure {
            month,
            units,
            against,
            ratio,
            at_least: false,
        };
        let on = month.map_or(today, Month::last);
        points.figures.push(match (&measure.against, steady) {
            (Against::Nothing, _) => figure(None, Ratio { top: units, bottom: 1 }),
            (Against::Greatest(amounts), _) => {
                let mut greatest = Ratio { top: 0, bottom: 1 };
                for each in amounts {
                    let next = amount(inputs, each, today, on)?;
                    if next.order(greatest).is_gt() {
                        greatest = next;
                    }
                }
                figure(Some(greatest), quotient(units, greatest))
            }
            (Against::PlannedDays | Against::PlannedMonths, _) => {
                let from = month.map_or(now, |month| month.plus(1));
                let unit = measure.against.unit();
                let (ratio, at_least) = forward(planned, from, today, units, unit)?;
                Figure { at_least, ..figure(None, ratio) }
            }
            (Against::DailyUse(_) | Against::MonthlyUse(_) | Against::Whole, steady) => {
                let against = steady.unwrap_or(Ratio { top: 0, bottom: 1 });
                figure(Some(against), quotient(units, against))
            }
        });
    }
    Ok(points)
}

fn quotient(units: i128, against: Ratio) -> Ratio {
    Ratio::new(units.saturating_mul(against.bottom), against.top.max(0))
}

fn count_now(measure: &Measure, inputs: &Inputs, now: Month) -> Result<i128, Missing> {
    if !measure.parts.is_empty() {
        let mut units = 0i128;
        for label in &measure.parts {
            let missing = || Missing::Part { label: label.clone() };
            let part = inputs.parts.get(label).ok_or_else(missing)?;
            let promised = match measure.counted {
                Counted::OnHand => 0,
                Counted::Unencumbered => part.encumbered.units(),
            };
            units = units
                .saturating_add(i128::from(part.on_hand.units()))
                .saturating_sub(i128::from(promised));
        }
        return Ok(units);
    }
    let mut units = inputs.counted(measure.counted, now)?;
    if let Some(ahead) = measure.due_in_months.checked_sub(1) {
        let months = now..=now.plus(u32::from(ahead));
        let due = inputs.due_in.range(months.clone()).map(|(_, units)| units.units());
        units = due.fold(units, |sum, units| sum.saturating_add(i128::from(units)));
        if measure.counted == Counted::Unencumbered {
            let promised = inputs.due_in_earmarked.range(months).map(|(_, units)| units.units());
            units = promised.fold(units, |sum, units| sum.saturating_sub(i128::from(units)));
        }
    }
    Ok(units)
}

impl Points<'_> {
    /// The extremes.
    pub(super) fn reading(&self) -> Option<Reading> {
        let now = *self.figures.first()?;
        let (mut lowest, mut highest) = (now, now);
        for figure in &self.figures {
            if figure.ratio.order(lowest.ratio).is_lt() {
                lowest = *figure;
            }
            if figure.ratio.order(highest.ratio).is_gt() {
                highest = *figure;
            }
        }
        let (measure, unit) = (self.measure.name.clone(), self.measure.against.unit());
        Some(Reading { measure, unit, now, lowest, highest })
    }

    /// The first figure that lies beyond a limit.
    ///
    /// # Errors
    /// Planned demand is not known far enough to tell, and no figure is beyond it for certain.
    pub(super) fn beyond(&self, side: Side, limit: Number) -> Result<Option<Figure>, Missing> {
        let mut unsure = false;
        for figure in &self.figures {
            let beyond = match side {
                Side::Below => figure.ratio.is_below(limit),
                Side::Above => figure.ratio.is_above(limit),
            };
            // What lasts at least so long may last longer: it is not below for certain, and not
            // within for certain either.
            match (side, beyond, figure.at_least) {
                (Side::Below | Side::Above, true, false) | (Side::Above, true, true) => {
                    return Ok(Some(*figure));
                }
                (Side::Below, true, true) | (Side::Above, false, true) => unsure = true,
                (Side::Below, false, true) | (Side::Below | Side::Above, false, false) => {}
            }
        }
        if unsure {
            let last = self.planned.map_or(Month::of(self.today), Series::last);
            return Err(Missing::Planned { month: last.plus(1) });
        }
        Ok(None)
    }

    /// The least number of units that is not below a limit at a figure; `None` where planned
    /// demand is not known far enough, or nothing is short of anything.
    pub(super) fn least_within(&self, figure: &Figure, limit: Number) -> Option<i128> {
        let ratio = limit.ratio();
        match &self.measure.against {
            Against::PlannedDays | Against::PlannedMonths => self.planned_for(figure, limit),
            Against::Nothing => Some(ceiling(ratio.top, ratio.bottom)),
            Against::Greatest(_)
            | Against::DailyUse(_)
            | Against::MonthlyUse(_)
            | Against::Whole => {
                let against = figure.against?;
                let top = ratio.top.saturating_mul(against.top);
                Some(ceiling(top, ratio.bottom.saturating_mul(against.bottom)))
            }
        }
    }

    /// The greatest number of units that is not above a limit at a figure.
    pub(super) fn most_within(&self, figure: &Figure, limit: Number) -> Option<i128> {
        let ratio = limit.ratio();
        match &self.measure.against {
            Against::PlannedDays | Against::PlannedMonths => {
                // Demand over a part of a month is rounded up, and months without demand pass at
                // a stroke: either may put the edge one unit lower.
                let least = self.planned_for(figure, limit)?;
                let from = figure.month.map_or(Month::of(self.today), |month| month.plus(1));
                let unit = self.measure.against.unit();
                let lasts = forward(self.planned, from, self.today, least, unit).ok()?;
                Some(least.saturating_sub(i128::from(lasts.0.is_above(limit))))
            }
            Against::Nothing => ratio.top.checked_div_euclid(ratio.bottom),
            Against::Greatest(_)
            | Against::DailyUse(_)
            | Against::MonthlyUse(_)
            | Against::Whole => {
                let against = figure.against?;
                let top = ratio.top.saturating_mul(against.top);
                top.checked_div_euclid(ratio.bottom.saturating_mul(against.bottom))
            }
        }
    }

    /// Planned demand over the time that a limit names.
    fn planned_for(&self, figure: &Figure, limit: Number) -> Option<i128> {
        let unit = self.measure.against.unit();
        let mut month = figure.month.map_or(Month::of(self.today), |month| month.plus(1));
        let mut left = limit.ratio();
        let mut units = 0i128;
        while left.top > 0 {
            let demand = i128::from(self.planned?.get(month)?);
            let long = length(month, self.today, unit).saturating_mul(left.bottom);
            if left.top < long {
                let part = ceiling(demand.saturating_mul(left.top), long);
                return Some(units.saturating_add(part));
            }
            units = units.saturating_add(demand);
            left.top = left.top.saturating_sub(long);
            month = month.plus(1);
        }
        Some(units)
    }
}

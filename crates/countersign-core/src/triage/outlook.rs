//! What it would take to change class, and when each class would first be entered.

use super::memory::{Held, Signs, better_class, dwell_end};
use super::number::{Number, Ratio};
use super::position::{Inputs, Missing};
use super::reading::{Figure, Points, read};
use super::rules::{Against, Entry, Limit, Rule, Rules, Side};
use crate::stock::ItemClass;
use countersign_proof::words::{Moment, Month};
use serde::{Deserialize, Serialize};

/// Whether a change is for the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// To a better class.
    Better,
    /// To a worse class.
    Worse,
}

/// What it would take to change class by the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Whether for the better.
    pub way: Way,
    /// Into which class.
    pub to: ItemClass,
    /// By which measure.
    pub measure: String,
    /// On which side of the limit the trouble lies.
    pub side: Side,
    /// The limit: to clear, or to cross.
    pub limit: Number,
    /// At the end of which month; now where there is none.
    pub month: Option<Month>,
    /// How many units more that takes; less where negative; zero where the limit is cleared and
    /// only evaluations or time are wanting.
    pub units: i128,
    /// How many units would then count.
    pub reach: i128,
    /// How many more evaluations in a row it takes.
    pub evaluations: u16,
    /// Not before this moment.
    pub not_before: Option<Moment>,
}

/// When a class would first be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Its limit is crossed now.
    Now,
    /// It is crossed at the end of this month.
    In(Month),
    /// It is crossed in none of so many months.
    NotWithin(u16),
}

/// When a class would first be entered by the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstBreach {
    /// Which class.
    pub class: ItemClass,
    /// When.
    pub when: When,
}

/// When each class would first be entered by the number, over `months` months whatever the
/// horizon of the rule; classes that no limit enters are left out.
///
/// # Errors
/// What is missing.
pub fn first_months(
    rule: &Rule,
    inputs: &Inputs,
    at: Moment,
    months: u16,
) -> Result<Vec<FirstBreach>, Missing> {
    let mut points = Vec::new();
    for measure in &rule.measures {
        // Parts and what is due in are known for now only.
        let long = measure.parts.is_empty() && measure.due_in_months == 0;
        points.push(read(measure, inputs, at.date(), if long { months } else { 0 })?);
    }
    let mut found = Vec::new();
    for level in rule.levels.iter().filter(|level| level.entry == Entry::Limits) {
        let mut when = When::NotWithin(months);
        for limit in &level.limits {
            let of = points.iter().find(|points| points.measure.name == limit.measure);
            let Some((points, enter)) = of.zip(limit.enter) else { continue };
            when = match (points.beyond(limit.side, enter)?, when) {
                (None, when) | (_, when @ When::Now) => when,
                (Some(Figure { month: None, .. }), When::In(_) | When::NotWithin(_)) => When::Now,
                (Some(Figure { month: Some(month), .. }), When::In(other)) => {
                    When::In(month.min(other))
                }
                (Some(Figure { month: Some(month), .. }), When::NotWithin(_)) => When::In(month),
            };
        }
        found.push(FirstBreach { class: level.class.clone(), when });
    }
    Ok(found)
}

/// What it would take to change class.
pub(super) fn changes(
    rules: &Rules,
    rule: &Rule,
    points: &[Points<'_>],
    held: &Held,
    signs: &Signs<'_>,
    at: Moment,
) -> Vec<Change> {
    let mut list = Vec::new();
    let Some(rank) = rules.rank(&held.class) else { return list };
    let of = |limit: &Limit| points.iter().find(|points| points.measure.name == limit.measure);
    if let Some(level) = rule.level(&held.class) {
        let to = better_class(rules, rule, &held.class, signs);
        let until = dwell_end(Some(level), held.since);
        let evaluations = level.repeats.saturating_sub(held.better);
        let not_before = (at < until).then_some(until);
        for limit in &level.limits {
            let Some(points) = of(limit) else { continue };
            let wanting = points.to_clear(limit.side, limit.leave);
            list.extend(wanting.map(|(figure, units)| Change {
                way: Way::Better,
                to: to.clone(),
                measure: limit.measure.clone(),
                side: limit.side,
                limit: limit.leave,
                month: figure.month,
                units,
                reach: figure.units.saturating_add(units),
                evaluations,
                not_before,
            }));
        }
    }
    let worse = rule.levels.iter().filter(|level| level.entry == Entry::Limits);
    let mut worse = worse.filter(|level| rules.rank(&level.class).is_some_and(|r| r > rank));
    if let Some(level) = worse.next() {
        for limit in &level.limits {
            let Some((points, enter)) = of(limit).zip(limit.enter) else { continue };
            let wanting = points.to_cross(limit.side, enter);
            list.extend(wanting.map(|(figure, units)| Change {
                way: Way::Worse,
                to: level.class.clone(),
                measure: limit.measure.clone(),
                side: limit.side,
                limit: enter,
                month: figure.month,
                units,
                reach: figure.units.saturating_add(units),
                evaluations: 0,
                not_before: None,
            }));
        }
    }
    list
}

impl Points<'_> {
    /// Units to add at every figure, or to lose where negative, so that none is beyond `limit`;
    /// with the figure that asks for most.
    fn to_clear(&self, side: Side, limit: Number) -> Option<(Figure, i128)> {
        let deltas = self
            .figures
            .iter()
            .filter_map(|figure| Some((*figure, self.to_edge(figure, side, limit)?)));
        match side {
            Side::Below => first_most(deltas.map(|(f, units)| (f, units.max(0)))),
            Side::Above => first_most(deltas.map(|(f, units)| (f, units.min(0).saturating_neg())))
                .map(|(figure, units)| (figure, units.saturating_neg())),
        }
    }

    /// Units to lose, or to gain where the trouble lies above, so that one figure is just beyond
    /// `limit`; with the figure that asks for least.
    fn to_cross(&self, side: Side, limit: Number) -> Option<(Figure, i128)> {
        let deltas = self
            .figures
            .iter()
            .filter_map(|figure| Some((*figure, self.to_edge(figure, side, limit)?)));
        // The least loss is the greatest of the negative numbers.
        match side {
            Side::Below => first_most(deltas.map(|(f, units)| (f, units.saturating_sub(1)))),
            Side::Above => {
                first_most(deltas.map(|(f, units)| (f, units.saturating_add(1).saturating_neg())))
                    .map(|(figure, units)| (figure, units.saturating_neg()))
            }
        }
    }

    /// Units that bring a figure just to the inner edge of a limit.
    fn to_edge(&self, figure: &Figure, side: Side, limit: Number) -> Option<i128> {
        match (&self.measure.against, figure.against) {
            (Against::Whole, Some(whole)) => share_edge(figure.units, whole, side, limit.ratio()),
            (
                Against::Whole
                | Against::Nothing
                | Against::Greatest(_)
                | Against::DailyUse(_)
                | Against::MonthlyUse(_)
                | Against::PlannedDays
                | Against::PlannedMonths,
                _,
            ) => {
                let edge = match side {
                    Side::Below => self.least_within(figure, limit)?,
                    Side::Above => self.most_within(figure, limit)?,
                };
                Some(edge.saturating_sub(figure.units))
            }
        }
    }
}

/// Units of a part to add, each of which also adds to the whole, until its share is at a limit:
/// the least x with (part + x) / (whole + x) not beyond it.
fn share_edge(part: i128, whole: Ratio, side: Side, limit: Ratio) -> Option<i128> {
    let rest = limit.bottom.checked_sub(limit.top).filter(|rest| *rest > 0)?;
    let wanted = limit.top.saturating_mul(whole.top);
    let gap = wanted.saturating_sub(limit.bottom.saturating_mul(part));
    match side {
        Side::Below => Some(super::projection::ceiling(gap, rest)),
        Side::Above => gap.checked_div_euclid(rest),
    }
}

fn first_most(deltas: impl Iterator<Item = (Figure, i128)>) -> Option<(Figure, i128)> {
    deltas.reduce(|most, next| if next.1 > most.1 { next } else { most })
}

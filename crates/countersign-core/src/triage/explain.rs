//! A judgement in plain words: which rule, which numbers, since when, and what would change it.

use super::judge::{Judgement, Reason};
use super::memory::Kept;
use super::number::{Ratio, Rounding, Unit, grouped};
use super::outlook::{Change, Way};
use super::reading::Figure;
use super::rules::{Against, Amount, Counted, Measure, Rule, Side};
use countersign_proof::words::Month;

/// Tells a judgement in sentences, each complete in itself, the most important one first.
#[must_use]
pub fn explain(rule: &Rule, judgement: &Judgement) -> Vec<String> {
    let mut told = vec![opening(rule, judgement)];
    told.extend(judgement.reasons.iter().filter_map(|reason| told_reason(rule, reason)));
    for reading in &judgement.readings {
        let crossed = judgement.reasons.iter().any(|reason| match reason {
            Reason::Crossed { measure, .. } => *measure == reading.measure,
            Reason::Unknown(_)
            | Reason::WithinLimits
            | Reason::Kept { .. }
            | Reason::Declared(_)
            | Reason::DeclarationEnded(_) => false,
        });
        if let Some(measure) = rule.measure(&reading.measure).filter(|_| !crossed) {
            let figure = figure(measure, &reading.lowest, Rounding::Down);
            told.push(format!("{}.", sentence(&figure)));
        }
    }
    // While a declaration stands, what the number warrants is not what the item becomes.
    let becomes = if is_declared(rule, judgement) { "The number warrants" } else { "It becomes" };
    told.extend(judgement.changes.iter().map(|change| told_change(rule, change, becomes)));
    told
}

/// Whether an office's word stands over the number.
fn is_declared(rule: &Rule, judgement: &Judgement) -> bool {
    let declared = judgement.reasons.iter().any(|reason| match reason {
        Reason::Declared(_) => true,
        Reason::Unknown(_)
        | Reason::Crossed { .. }
        | Reason::WithinLimits
        | Reason::Kept { .. }
        | Reason::DeclarationEnded(_) => false,
    });
    declared && !rule.is_judged()
}

fn opening(rule: &Rule, judgement: &Judgement) -> String {
    let class = sentence(judgement.class.as_str());
    let since = judgement.since.date();
    let by = if is_declared(rule, judgement) { "set by hand over" } else { "by" };
    format!("{class} since {since}, {by} the rule {:?} ({}).", rule.title, rule.source)
}

/// The text with its first letter in upper case.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn told_reason(rule: &Rule, reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Unknown(missing) => format!("The number is not known: {missing}."),
        Reason::Crossed { measure, side, limit, figure: at, class } => {
            let measure = rule.measure(measure)?;
            let (rounding, word) = match side {
                Side::Below => (Rounding::Down, "below"),
                Side::Above => (Rounding::Up, "above"),
            };
            let figure = sentence(&figure(measure, at, rounding));
            format!("{figure}, {word} {limit}, the limit for {}.", class.as_str())
        }
        Reason::WithinLimits => "No limit is crossed.".to_owned(),
        Reason::Kept { class, by } => {
            let class = class.as_str();
            match by {
                Kept::Margin { side, leave } => {
                    let wanted = wanted(*side);
                    format!("It stays {class} by its margin: it is left at {leave} {wanted}.")
                }
                Kept::Repeats { had, of } => {
                    format!("It stays {class}: {had} of {of} evaluations in a row allow leaving.")
                }
                Kept::Dwell { until } => {
                    format!("It stays {class} for its least time, until {}.", until.date())
                }
            }
        }
        Reason::Declared(declared) => format!(
            "Declared {} by {} from {} until {}, whatever the number{}",
            declared.class.as_str(),
            declared.office,
            declared.from.date(),
            declared.until.date(),
            because(&declared.reason),
        ),
        Reason::DeclarationEnded(declared) => format!(
            "What {} declared on {}, {}, ended on {}.",
            declared.office,
            declared.from.date(),
            declared.class.as_str(),
            declared.until.date(),
        ),
    })
}

/// The end of a sentence: a reason behind a colon, where there is one.
fn because(reason: &str) -> String {
    match reason {
        "" => ".".to_owned(),
        said if said.ends_with(['.', '!', '?']) => format!(": {said}"),
        said => format!(": {said}."),
    }
}

/// A direction behind a limit to be cleared.
fn wanted(side: Side) -> &'static str {
    match side {
        Side::Below => "or more",
        Side::Above => "or less",
    }
}

/// What counts, what it is held against, and what comes of it.
fn figure(measure: &Measure, figure: &Figure, rounding: Rounding) -> String {
    let mut told = format!("{} {}", grouped(figure.units), counted(measure));
    if let Some(month) = figure.month {
        told.push_str(&format!(" at the end of {month}"));
    }
    if let Some(against) = held_against(measure, figure.against) {
        told.push_str(&against);
    }
    match measure.against.unit() {
        Unit::Units => told,
        unit @ (Unit::Share | Unit::Days | Unit::Months) => {
            let least = if figure.at_least { "at least " } else { "" };
            let ratio = figure.ratio.told(unit, rounding);
            if figure.ratio.is_endless() {
                format!("{told} is short of nothing")
            } else {
                format!("{told} is {least}{ratio}")
            }
        }
    }
}

fn counted(measure: &Measure) -> String {
    let mut told = match (measure.counted, measure.horizon_months) {
        (Counted::OnHand, 0) => "on hand".to_owned(),
        (Counted::Unencumbered, 0) => "on hand and not promised".to_owned(),
        (Counted::OnHand, _) => "expected on hand".to_owned(),
        (Counted::Unencumbered, _) => "expected on hand and not promised".to_owned(),
    };
    if !measure.parts.is_empty() {
        let parts: Vec<&str> = measure.parts.iter().map(String::as_str).collect();
        told = format!("of {} {told}", parts.join(" and "));
    }
    match measure.due_in_months {
        0 => {}
        1 => told.push_str(" or due in this month"),
        months => told.push_str(&format!(" or due in within {months} months")),
    }
    told
}

fn held_against(measure: &Measure, against: Option<Ratio>) -> Option<String> {
    let number = |ratio: Ratio, unit: Unit| {
        let told = ratio.told(unit, Rounding::Down);
        told.split(' ').next().unwrap_or_default().to_owned()
    };
    match (&measure.against, against) {
        (Against::Nothing, _) | (_, None) => match measure.against {
            Against::PlannedDays | Against::PlannedMonths => {
                Some(" against planned demand".to_owned())
            }
            Against::Nothing
            | Against::Greatest(_)
            | Against::DailyUse(_)
            | Against::MonthlyUse(_)
            | Against::Whole => None,
        },
        (Against::Greatest(amounts), Some(ratio)) => {
            let units = number(Ratio { ..ratio }, Unit::Units);
            Some(match amounts.as_slice() {
                [Amount::Floor(_)] => format!(" against a floor of {units}"),
                [Amount::Requirement(_)] => format!(" against a requirement of {units}"),
                [Amount::Cover { flow, days }] => {
                    format!(" against {units}, {days} days of {}", flow.name)
                }
                _several => format!(" against {units}, the greatest of its covers"),
            })
        }
        (Against::DailyUse(flow), Some(ratio)) => {
            Some(format!(" against {} a day of {}", number(ratio, Unit::Days), flow.name))
        }
        (Against::MonthlyUse(flow), Some(ratio)) => {
            Some(format!(" against {} a month of {}", number(ratio, Unit::Days), flow.name))
        }
        (Against::Whole, Some(ratio)) => Some(format!(" of {} in all", number(ratio, Unit::Units))),
        (Against::PlannedDays | Against::PlannedMonths, Some(_)) => None,
    }
}

fn told_change(rule: &Rule, change: &Change, becomes: &str) -> String {
    let to = change.to.as_str();
    let units = Amounts(change);
    let judged = rule.measures.len() > 1;
    let of = if judged { format!(" of {}", change.measure) } else { String::new() };
    match change.way {
        Way::Better => {
            let wanted = wanted(change.side);
            let mut told = format!("{becomes} {to} at {} {wanted}{of}", change.limit);
            if change.units != 0 {
                told.push_str(&units.told());
            } else {
                told.push_str(", which is cleared");
            }
            match change.evaluations {
                0 | 1 => {}
                more => told.push_str(&format!(", in {more} more evaluations in a row")),
            }
            if let Some(moment) = change.not_before {
                told.push_str(&format!(", not before {}", moment.date()));
            }
            format!("{told}.")
        }
        Way::Worse => {
            let word = match change.side {
                Side::Below => "below",
                Side::Above => "above",
            };
            let told = units.told();
            format!("{becomes} {to} at once {word} {}{of}{told}.", change.limit)
        }
    }
}

struct Amounts<'a>(&'a Change);

impl Amounts<'_> {
    /// How many units more or fewer, and how many that makes.
    fn told(&self) -> String {
        let Change { units, reach, month, .. } = self.0;
        let size = grouped(i128::try_from(units.unsigned_abs()).unwrap_or(i128::MAX));
        let word = if *units < 0 { "fewer" } else { "more" };
        let month: &Option<Month> = month;
        let when = month.map_or_else(String::new, |month| format!(" at the end of {month}"));
        format!(": {} units{when}, {size} {word}", grouped(*reach))
    }
}

//! What lies ahead. Answers: *below how many units is an item in which class, month by month?*

use crate::views::board::Row;
use crate::web::asked::drawn;
use crate::web::charts::MonthEnd;
use crate::web::parts::Tone;
use crate::web::words;
use countersign_core::State;
use countersign_core::stock::Item;
use countersign_core::triage::{self, Inputs, Rules};
use countersign_proof::words::Month;

/// The severity from which a class is worse than in short supply.
const WORSE: u8 = 2;

/// The limits of an item's rule, month by month, the current one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// Below so many units it is in short supply.
    pub(super) yellow: Option<Vec<u64>>,
    /// Below so many units it is worse.
    pub(super) red: Option<Vec<u64>>,
}

impl Limits {
    /// The limits of an item over so many months.
    pub(super) fn of(state: &State, item: &Item, months: usize) -> Self {
        Self { yellow: below(state, item, 1, months), red: below(state, item, WORSE, months) }
    }

    fn at(limits: Option<&Vec<u64>>, month: usize) -> Option<i64> {
        limits.and_then(|limits| limits.get(month)).map(|units| drawn(*units))
    }

    /// The limits of one month: of the better class and of the worse.
    pub(super) fn month(&self, month: usize) -> (Option<i64>, Option<i64>) {
        (Self::at(self.yellow.as_ref(), month), Self::at(self.red.as_ref(), month))
    }
}

/// Units below which the rule finds the item in a class at least so bad.
fn below(state: &State, item: &Item, severity: u8, months: usize) -> Option<Vec<u64>> {
    let rules = state.triage.rules();
    let rule = rules.rule_for(&item.id, &item.labels)?;
    let at = state.ledger.clock;
    let inputs = Inputs::of(&state.stock, &item.id, &item.origin, at);
    // The rule's thresholds are those of the mildest class that counts as short; which class that
    // is, is asked here for one severity after the other.
    let mut of_severity = rules.clone();
    for class in &mut of_severity.classes {
        class.shortage = class.severity >= severity;
    }
    let months = u16::try_from(months).ok()?;
    let limits = triage::thresholds(&of_severity, rule, &inputs, at, months).ok()?;
    limits.iter().any(|units| *units > 0).then_some(limits)
}

/// How bad a position is by the number; `None` where no limit says.
fn severity(position: Option<i64>, yellow: Option<i64>, red: Option<i64>) -> Option<u8> {
    let position = position?;
    match (yellow, red) {
        (None, None) => None,
        (_, Some(red)) if position < red => Some(WORSE),
        (Some(yellow), _) if position < yellow => Some(1),
        (Some(_), _) | (None, Some(_)) => Some(0),
    }
}

/// The pack's word for a class at least so bad.
fn word(rules: &Rules, severity: Option<u8>) -> String {
    let named = severity.and_then(|severity| {
        rules.classes.iter().filter(|class| class.severity >= severity).min_by_key(|c| c.severity)
    });
    named.map_or_else(|| words::UNKNOWN.to_owned(), |class| class.label.to_string())
}

/// The months of a row as the chart draws them.
pub(super) fn month_ends(state: &State, item: &Item, row: &Row) -> Vec<MonthEnd> {
    let limits = Limits::of(state, item, row.months.len());
    let first = Month::of(state.ledger.clock.date());
    let rules = state.triage.rules();
    let months = row.months.iter().enumerate().zip(0u32..);
    months
        .map(|((index, units), later)| {
            let position = i64::try_from(*units).ok();
            let (yellow, red) = limits.month(index);
            let severity = severity(position, yellow, red);
            MonthEnd {
                month: first.plus(later),
                position,
                yellow,
                red,
                tone: Tone::of_severity(severity),
                class: word(rules, severity),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_as_bad_as_the_worst_limit_that_it_is_below() {
        for (position, yellow, red, expected) in [
            (Some(9), Some(10), Some(5), Some(1)),
            (Some(4), Some(10), Some(5), Some(2)),
            (Some(10), Some(10), Some(5), Some(0)),
            (Some(-1), None, Some(0), Some(2)),
            (Some(1), None, Some(0), Some(0)),
            (Some(1), None, None, None),
            (None, Some(10), Some(5), None),
        ] {
            assert_eq!(
                severity(position, yellow, red),
                expected,
                "{position:?} {yellow:?} {red:?}"
            );
        }
    }
}

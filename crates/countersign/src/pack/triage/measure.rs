//! The measures of a rule: what counts, and what it is held against.

use super::{Days, Label, MEASURE, Months, labels, texts, word};
use crate::pack::fault::code;
use crate::pack::fields::{Fields, Spot};
use crate::pack::source::Reading;
use countersign_core::triage::{
    Against, Amount, Counted, FloorStep, Flow, Forecast, LookBack, Measure,
};
use countersign_proof::words::{Quantity, WordError};
use std::str::FromStr;

word!(CountWord(Counted), "a way of counting: on-hand or unencumbered", {
    "on-hand" => Counted::OnHand,
    "unencumbered" => Counted::Unencumbered,
});

/// What a measure is held against, by its word.
enum Kind {
    Units,
    Whole,
    PlannedDays,
    PlannedMonths,
    DailyUse,
    MonthlyUse,
    Amount(AmountKind),
    Greatest,
}

/// A kind of amount.
#[derive(Clone, Copy)]
enum AmountKind {
    Floor,
    Requirement,
    Cover,
}

word!(AgainstWord(Kind), "what stock is held against: units, floor, requirement, cover, \
    greatest, daily-use, monthly-use, planned-days, planned-months or whole", {
    "units" => Kind::Units,
    "whole" => Kind::Whole,
    "planned-days" => Kind::PlannedDays,
    "planned-months" => Kind::PlannedMonths,
    "daily-use" => Kind::DailyUse,
    "monthly-use" => Kind::MonthlyUse,
    "floor" => Kind::Amount(AmountKind::Floor),
    "requirement" => Kind::Amount(AmountKind::Requirement),
    "cover" => Kind::Amount(AmountKind::Cover),
    "greatest" => Kind::Greatest,
});
word!(AmountWord(AmountKind), "an amount: floor, requirement or cover", {
    "floor" => AmountKind::Floor,
    "requirement" => AmountKind::Requirement,
    "cover" => AmountKind::Cover,
});

/// A span of the past: `30 days` or `12 months`.
struct Over(LookBack);

impl FromStr for Over {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let days = text.parse::<Days>().map(|days| LookBack::Days(days.0));
        let either = days.or_else(|_| text.parse::<Months>().map(|n| LookBack::Months(n.0)));
        either
            .map(Self)
            .map_err(|_| WordError::new(text, "a whole number of days or months such as 12 months"))
    }
}

pub(super) fn read(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Measure> {
    let name: Option<Spot<Label>> = fields.word_or_none(r, "name");
    let count: Option<Spot<CountWord>> = fields.word_or_none(r, "count");
    let due_in: Option<Spot<Months>> = fields.word_or_none(r, "due_in");
    let horizon: Option<Spot<Months>> = fields.word_or_none(r, "horizon");
    let average: Option<Spot<Months>> = fields.word_or_none(r, "forecast");
    let parts = labels(r, fields, "parts");
    let kind: Option<Spot<AgainstWord>> = fields.word(r, "against");
    let Some(kind) = kind else {
        fields.forgive();
        return None;
    };
    let against = match kind.value.0 {
        Kind::Units => Some(Against::Nothing),
        Kind::Whole => Some(Against::Whole),
        Kind::PlannedDays => Some(Against::PlannedDays),
        Kind::PlannedMonths => Some(Against::PlannedMonths),
        Kind::DailyUse => flow(r, fields).map(Against::DailyUse),
        Kind::MonthlyUse => flow(r, fields).map(Against::MonthlyUse),
        Kind::Amount(kind) => amount(r, fields, kind).map(|one| Against::Greatest(vec![one])),
        Kind::Greatest => greatest(r, fields),
    };
    let months = |span: Option<Spot<Months>>| span.map_or(0, |span| span.value.0);
    Some(Measure {
        name: name.map_or_else(|| MEASURE.to_owned(), |name| name.value.0.as_str().to_owned()),
        counted: count.map(|count| count.value.0).unwrap_or_default(),
        due_in_months: months(due_in),
        parts,
        against: against?,
        horizon_months: months(horizon),
        forecast: average.map_or(Forecast::Planned, |span| Forecast::Average(span.value.0)),
    })
}

fn greatest(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Against> {
    let mut amounts = Vec::new();
    let mut complete = true;
    for mut each in fields.tables(r, "amount") {
        let kind: Option<Spot<AmountWord>> = each.word(r, "kind");
        let read = kind.and_then(|kind| amount(r, &mut each, kind.value.0));
        complete &= read.is_some();
        amounts.extend(read);
        each.finish(r);
    }
    complete.then_some(Against::Greatest(amounts))
}

fn amount(r: &mut Reading<'_>, fields: &mut Fields<'_>, kind: AmountKind) -> Option<Amount> {
    match kind {
        AmountKind::Floor => {
            let mut steps = Vec::new();
            let mut complete = true;
            for mut step in fields.tables(r, "floor") {
                let from = step.moment(r, "from").map(|from| from.date());
                let units: Option<Quantity> = step.quantity(r, "units");
                let read = from.zip(units).map(|(from, units)| FloorStep { from, units });
                complete &= read.is_some();
                steps.extend(read);
                step.finish(r);
            }
            if fields.get("floor").is_none() {
                let remedy = "add floor = [{ from = 2016-05-01, units = 6000000 }]";
                r.fault(fields.at, code::KEY_MISSING, "there is no \"floor\"", remedy);
                complete = false;
            }
            complete.then_some(Amount::Floor(steps))
        }
        AmountKind::Requirement => Some(Amount::Requirement(texts(r, fields, "components"))),
        AmountKind::Cover => {
            let days: Option<Spot<Days>> = fields.word(r, "days");
            let flow = flow(r, fields);
            Some(Amount::Cover { days: days?.value.0, flow: flow? })
        }
    }
}

fn flow(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Flow> {
    let name: Option<Spot<Label>> = fields.word_or_none(r, "flow");
    let over: Option<Spot<Over>> = fields.word(r, "over");
    let name = name.map_or_else(|| "use".to_owned(), |name| name.value.0.as_str().to_owned());
    Some(Flow { name, over: over?.value.0 })
}

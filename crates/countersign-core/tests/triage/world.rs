//! Rules and figures for the tests, in few words.

use countersign_core::stock::ItemClass;
use countersign_core::triage::{
    Against, Amount, Cadence, Class, Component, Counted, Entry, Forecast, Inputs, Judgement, Level,
    Limit, Measure, Memory, Rule, Rules, Scope, Series, Side, judge,
};
use countersign_proof::words::{ItemId, Moment, Month, Quantity, Standing};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn q(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) fn at(text: &str) -> Moment {
    format!("{text}T12:00:00Z").parse().unwrap()
}

pub(crate) fn class(label: &str) -> ItemClass {
    ItemClass::new(label).unwrap()
}

pub(crate) fn months(list: &[(&str, u64)]) -> BTreeMap<Month, Quantity> {
    list.iter().map(|(at, units)| (month(at), q(*units))).collect()
}

/// Figures from `first` on, one for each month.
pub(crate) fn series(first: &str, units: &[u64]) -> Series<Month> {
    let first = month(first);
    let count = u32::try_from(units.len()).unwrap();
    let last = Month::try_from(u32::from(first) + count - u32::from(count > 0)).unwrap();
    let months = (0..).zip(units).map(|(index, units)| (first.plus(index), q(*units)));
    Series::new(first, last, months)
}

/// Green, yellow below 80 % (left at 88 %), red below 40 % (left at 44 %, twice, after 28 days).
pub(crate) fn traffic_light() -> Rules {
    let classes = [("green", 0, false), ("yellow", 1, true), ("red", 3, true)];
    let classes = classes.map(|(label, severity, shortage)| Class {
        label: class(label),
        title: label.to_uppercase(),
        severity,
        shortage,
    });
    let level = |label, enter: &str, leave: &str, dwell_days, repeats| Level {
        class: class(label),
        entry: Entry::Limits,
        limits: vec![Limit {
            measure: "stock".to_owned(),
            side: Side::Below,
            enter: Some(enter.parse().unwrap()),
            leave: leave.parse().unwrap(),
        }],
        dwell_days,
        repeats,
    };
    let rule = Rule {
        name: "interceptors".to_owned(),
        title: "Interceptors".to_owned(),
        scope: Scope { items: BTreeSet::from([item("PATRIOT")]), ..Scope::default() },
        measures: vec![measure(Against::Greatest(vec![Amount::Requirement(BTreeSet::new())]))],
        levels: vec![level("yellow", "80 %", "88 %", 0, 1), level("red", "40 %", "44 %", 28, 2)],
        max_age_days: Some(30),
        declared_by: BTreeSet::new(),
        source: "assumed".to_owned(),
        standing: Standing::Assumed,
    };
    Rules {
        cadence: Cadence::Daily,
        classes: classes.to_vec(),
        rules: vec![rule],
        waitings: Vec::new(),
    }
}

pub(crate) fn item(id: &str) -> ItemId {
    ItemId::new(id).unwrap()
}

pub(crate) fn measure(against: Against) -> Measure {
    Measure {
        name: "stock".to_owned(),
        counted: Counted::OnHand,
        due_in_months: 0,
        parts: BTreeSet::new(),
        against,
        horizon_months: 0,
        forecast: Forecast::Planned,
    }
}

/// So many on hand against a requirement of 1,920, as of `day`.
pub(crate) fn stock(on_hand: u64, day: &str) -> Inputs {
    let component = |name: &str, units| Component {
        name: name.to_owned(),
        units: q(units),
        from: None,
        until: None,
    };
    Inputs {
        as_of: Some(at(day)),
        on_hand: Some(q(on_hand)),
        requirement: vec![component("plans", 1_500), component("readiness", 420)],
        ..Inputs::default()
    }
}

/// A history: judges one set of figures after another, and remembers.
pub(crate) struct Run {
    pub rules: Rules,
    pub memory: Option<Memory>,
}

impl Run {
    pub(crate) fn new(rules: Rules) -> Self {
        rules.check().unwrap();
        Self { rules, memory: None }
    }

    pub(crate) fn judge(&mut self, inputs: &Inputs, day: &str) -> Judgement {
        let rule = &self.rules.rules[0];
        let found = judge(&self.rules, rule, inputs, self.memory.as_ref(), at(day));
        self.memory = Some(found.memory.clone());
        found
    }

    /// The class of so many units on a day.
    pub(crate) fn class(&mut self, on_hand: u64, day: &str) -> String {
        self.judge(&stock(on_hand, day), day).class.as_str().to_owned()
    }
}

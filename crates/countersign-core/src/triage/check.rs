//! Whether rules make sense. Every piece of nonsense is told, with its rule and its field.

use super::nonsense::{Nonsense, Problem};
use super::number::Number;
use super::rules::{
    Against, Amount, Entry, Flow, Forecast, Level, Limit, LookBack, Measure, Rule, Rules, Scope,
    Side, Waiting,
};
use crate::stock::ItemClass;
use countersign_proof::words::ItemId;
use std::collections::{BTreeMap, BTreeSet};

/// The longest span in months: horizon, due in, look-back.
const MONTHS_MAX: u16 = 120;
/// The longest span in days: look-back, cover, dwell, age, waiting.
const DAYS_MAX: u16 = 3_660;
/// The most evaluations in a row that a rule may ask for.
const REPEATS_MAX: u16 = 100;
/// The most classes, measures of a rule, and amounts of a measure.
const FEW: usize = 16;

/// The problems found so far, and where the check stands.
#[derive(Default)]
struct Findings {
    rule: Option<String>,
    within: Option<String>,
    problems: Vec<Problem>,
}

impl Findings {
    fn note(&mut self, field: &'static str, nonsense: Nonsense) {
        let (rule, within) = (self.rule.clone(), self.within.clone());
        self.problems.push(Problem { rule, within, field, nonsense });
    }

    fn bounds(&mut self, field: &'static str, found: u64, least: u64, most: u64) {
        if !(least..=most).contains(&found) {
            self.note(field, Nonsense::Bounds { found, least, most });
        }
    }

    fn count(&mut self, field: &'static str, found: usize, least: usize, most: usize) {
        if !(least..=most).contains(&found) {
            self.note(field, Nonsense::Count { found, least, most });
        }
    }

    fn name(&mut self, field: &'static str, name: &str) {
        if ItemClass::new(name).is_err() {
            self.note(field, Nonsense::Name(name.to_owned()));
        }
    }

    fn told(&mut self, field: &'static str, text: &str) {
        if text.trim().is_empty() {
            self.note(field, Nonsense::Empty);
        }
    }

    fn distinct<'a>(&mut self, field: &'static str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                self.note(field, Nonsense::Twice(name.to_owned()));
            }
        }
    }
}

impl Rules {
    /// Checks the rules.
    ///
    /// # Errors
    /// Every problem, in the order of the rules; never an empty list.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut found = Findings::default();
        self.check_classes(&mut found);
        found.distinct("name", self.rules.iter().map(|rule| rule.name.as_str()));
        found.distinct("name", self.waitings.iter().map(|waiting| waiting.name.as_str()));
        let mut named: BTreeMap<&ItemId, &str> = BTreeMap::new();
        for rule in &self.rules {
            found.rule = Some(rule.name.clone());
            self.check_rule(rule, &mut found);
            for item in rule.scope.items.difference(&rule.scope.except) {
                if named.insert(item, &rule.name).is_some() {
                    found.note("items", Nonsense::NamedTwice(item.clone()));
                }
            }
        }
        for waiting in &self.waitings {
            found.rule = Some(waiting.name.clone());
            check_waiting(waiting, &mut found);
        }
        if found.problems.is_empty() { Ok(()) } else { Err(found.problems) }
    }

    fn check_classes(&self, found: &mut Findings) {
        // A pack may do with values that start a clock alone.
        let least = if self.rules.is_empty() { 0 } else { 2 };
        found.count("class", self.classes.len(), least, FEW);
        found.distinct("label", self.classes.iter().map(|class| class.label.as_str()));
        let mut severity = 0;
        for class in &self.classes {
            found.within = Some(class.label.as_str().to_owned());
            found.told("title", &class.title);
            if class.label == ItemClass::unknown() {
                found.note("label", Nonsense::Reserved);
            }
            found.bounds("severity", u64::from(class.severity), 0, 3);
            if class.severity < severity {
                found.note("severity", Nonsense::Order(class.label.as_str().to_owned()));
            }
            severity = class.severity;
        }
        found.within = None;
        if self.classes.first().is_some_and(|class| class.shortage) {
            let told = "the best class is the one without a shortage";
            found.note("shortage", Nonsense::Together(told));
        }
    }

    fn check_rule(&self, rule: &Rule, found: &mut Findings) {
        found.name("name", &rule.name);
        found.told("title", &rule.title);
        found.told("source", &rule.source);
        check_scope(&rule.scope, found);
        if let Some(days) = rule.max_age_days {
            found.bounds("max_age", u64::from(days), 1, u64::from(DAYS_MAX));
        }
        found.count("measure", rule.measures.len(), 0, FEW);
        found.distinct("measure", rule.measures.iter().map(|measure| measure.name.as_str()));
        for measure in &rule.measures {
            found.within = Some(measure.name.clone());
            check_measure(measure, found);
        }
        found.within = None;
        if rule.levels.is_empty() && !rule.is_judged() {
            found.note("level", Nonsense::Count { found: 0, least: 1, most: FEW });
        }
        let mut rank = 0;
        for level in &rule.levels {
            found.within = Some(level.class.as_str().to_owned());
            match self.rank(&level.class) {
                None => {
                    found.note(
                        "class",
                        Nonsense::Missing(format!("class {}", level.class.as_str())),
                    );
                }
                Some(0) => {
                    let told = "the best class holds when no limit is crossed; it takes none";
                    found.note("class", Nonsense::Together(told));
                }
                Some(next) if next <= rank => {
                    found.note("class", Nonsense::Order(level.class.as_str().to_owned()));
                }
                Some(next) => rank = next,
            }
            check_level(rule, level, found);
        }
        found.within = None;
        check_order(rule, found);
    }
}

fn check_scope(scope: &Scope, found: &mut Findings) {
    if scope.items.is_empty() && scope.labels.is_empty() {
        found.note("items", Nonsense::Together("neither items nor labels say what it is for"));
    }
    if !scope.items.is_disjoint(&scope.except) {
        found.note("except", Nonsense::Together("an item is both named and excepted"));
    }
}

fn check_waiting(waiting: &Waiting, found: &mut Findings) {
    found.name("name", &waiting.name);
    found.told("title", &waiting.title);
    found.told("source", &waiting.source);
    check_scope(&waiting.scope, found);
    found.bounds("days", u64::from(waiting.days), 1, u64::from(DAYS_MAX));
    found.bounds("at_least", waiting.at_least, 1, 1_000_000_000_000_000);
    let letters = waiting.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    if waiting.currency.len() != 3 || !letters {
        found.note("at_least", Nonsense::Missing(format!("currency {:?}", waiting.currency)));
    }
    if !waiting.recipients.is_disjoint(&waiting.except_recipients) {
        let told = "a recipient label is both named and excepted";
        found.note("except_recipients", Nonsense::Together(told));
    }
}

fn check_flow(flow: &Flow, found: &mut Findings) {
    found.name("flow", &flow.name);
    match flow.over {
        LookBack::Days(days) => found.bounds("over", u64::from(days), 1, u64::from(DAYS_MAX)),
        LookBack::Months(n) => found.bounds("over", u64::from(n), 1, u64::from(MONTHS_MAX)),
    }
}

fn check_measure(measure: &Measure, found: &mut Findings) {
    found.name("name", &measure.name);
    found.bounds("due_in", u64::from(measure.due_in_months), 0, u64::from(MONTHS_MAX));
    found.bounds("horizon", u64::from(measure.horizon_months), 0, u64::from(MONTHS_MAX));
    if measure.horizon_months > 0 && measure.due_in_months > 0 {
        let told = "a horizon counts what is due in already, month by month";
        found.note("due_in", Nonsense::Together(told));
    }
    if !measure.parts.is_empty() && (measure.horizon_months > 0 || measure.due_in_months > 0) {
        let told = "parts are known for now only: no horizon and nothing due in";
        found.note("parts", Nonsense::Together(told));
    }
    match measure.forecast {
        Forecast::Planned => {}
        Forecast::Average(months) => {
            found.bounds("forecast", u64::from(months), 1, u64::from(MONTHS_MAX));
            if measure.horizon_months == 0 {
                found.note("forecast", Nonsense::Together("there is no horizon to forecast"));
            }
        }
    }
    match &measure.against {
        Against::Nothing | Against::PlannedDays | Against::PlannedMonths => {}
        Against::Whole if measure.parts.is_empty() => {
            let told = "a share of the whole needs the parts that count";
            found.note("parts", Nonsense::Together(told));
        }
        Against::Whole => {}
        Against::Greatest(amounts) => {
            found.count("against", amounts.len(), 1, FEW);
            amounts.iter().for_each(|amount| check_amount(amount, found));
        }
        Against::DailyUse(flow) => check_flow(flow, found),
        Against::MonthlyUse(flow) => {
            check_flow(flow, found);
            if matches!(flow.over, LookBack::Days(_)) {
                let told = "use a month is averaged over whole months";
                found.note("over", Nonsense::Together(told));
            }
        }
    }
}

fn check_amount(amount: &Amount, found: &mut Findings) {
    match amount {
        Amount::Floor(steps) => {
            found.count("floor", steps.len(), 1, 1_000);
            let mut last = None;
            for step in steps {
                found.bounds("units", step.units.units(), 1, u64::MAX);
                if last.is_some_and(|last| step.from <= last) {
                    found.note("from", Nonsense::Order(step.from.to_string()));
                }
                last = Some(step.from);
            }
        }
        Amount::Requirement(components) => {
            if components.iter().any(|component| component.trim().is_empty()) {
                found.note("components", Nonsense::Empty);
            }
        }
        Amount::Cover { flow, days } => {
            check_flow(flow, found);
            found.bounds("days", u64::from(*days), 1, u64::from(DAYS_MAX));
        }
    }
}

fn check_level(rule: &Rule, level: &Level, found: &mut Findings) {
    found.bounds("dwell", u64::from(level.dwell_days), 0, u64::from(DAYS_MAX));
    found.bounds("repeats", u64::from(level.repeats), 1, u64::from(REPEATS_MAX));
    let enters = level.limits.iter().filter(|limit| limit.enter.is_some()).count();
    match level.entry {
        Entry::Limits if level.limits.is_empty() => {
            found.note("enter", Nonsense::Together("no limit enters the class"));
        }
        Entry::Limits if enters < level.limits.len() => {
            found.note("enter", Nonsense::Together("a limit does not say where it is entered"));
        }
        Entry::Returning | Entry::Declared if enters > 0 => {
            found.note("enter", Nonsense::Together("no limit enters a class of this kind"));
        }
        Entry::Returning if rule.levels.last().is_some_and(|last| last.class == level.class) => {
            found.note("entry", Nonsense::Together("there is no worse class to return from"));
        }
        Entry::Returning
            if level.limits.is_empty() && level.dwell_days == 0 && level.repeats == 1 =>
        {
            found.note("leave", Nonsense::Together("nothing keeps an item in the class"));
        }
        Entry::Limits | Entry::Returning | Entry::Declared => {}
    }
    if rule.is_judged() && level.entry != Entry::Declared {
        found.note("entry", Nonsense::Together("the rule reads no number: it is only declared"));
    }
    let mut seen = BTreeSet::new();
    for limit in &level.limits {
        if !seen.insert((&limit.measure, limit.side)) {
            found.note("measure", Nonsense::Twice(limit.measure.clone()));
        }
        check_limit(rule, limit, found);
    }
}

fn check_limit(rule: &Rule, limit: &Limit, found: &mut Findings) {
    let Some(measure) = rule.measure(&limit.measure) else {
        found.note("measure", Nonsense::Missing(format!("measure {}", limit.measure)));
        return;
    };
    let wanted = measure.against.unit();
    let numbers = [("enter", limit.enter), ("leave", Some(limit.leave))];
    for (field, number) in numbers {
        let Some(number) = number else { continue };
        if number.unit != wanted {
            let (found_unit, wanted) = (number.unit.as_str(), wanted.as_str());
            found.note(field, Nonsense::Unit { found: found_unit, wanted });
        }
        found.bounds(field, number.bottom, 1, 1_000_000_000_000_000);
        found.bounds(field, number.top, 0, u64::MAX / 8);
    }
    if let Some(enter) = limit.enter {
        let wrong = match limit.side {
            Side::Below => limit.leave.ratio().is_below(enter),
            Side::Above => limit.leave.ratio().is_above(enter),
        };
        if wrong {
            found.note("leave", Nonsense::Margin { enter, leave: limit.leave });
        }
    }
}

/// Limits of different levels on the same measure, held against each other.
fn check_order(rule: &Rule, found: &mut Findings) {
    for (index, worse) in rule.levels.iter().enumerate() {
        for better in rule.levels.iter().take(index) {
            for (inner, outer) in pairs(worse, better) {
                let hidden = match inner.side {
                    Side::Below => inner.enter.zip(outer.enter).is_some_and(not_below),
                    Side::Above => inner.enter.zip(outer.enter).is_some_and(not_above),
                };
                if hidden && better.limits.len() == 1 {
                    found.within = Some(worse.class.as_str().to_owned());
                    let (better, worse) = (better.class.clone(), worse.class.clone());
                    found.note("enter", Nonsense::Unreachable { better, worse });
                }
            }
        }
    }
    let limits = || rule.levels.iter().flat_map(|level| &level.limits);
    for low in limits().filter(|limit| limit.side == Side::Below) {
        let high = limits().filter(|limit| limit.side == Side::Above);
        for high in high.filter(|high| high.measure == low.measure) {
            if low.enter.zip(high.enter).is_some_and(|(low, high)| low.ratio().is_above(high)) {
                found.within = Some(low.measure.clone());
                let told = "the limit for too little lies above the one for too much";
                found.note("enter", Nonsense::Together(told));
            }
        }
    }
    found.within = None;
}

fn pairs<'a>(worse: &'a Level, better: &'a Level) -> impl Iterator<Item = (&'a Limit, &'a Limit)> {
    let same = |a: &Limit, b: &Limit| a.measure == b.measure && a.side == b.side;
    worse.limits.iter().flat_map(move |inner| {
        better
            .limits
            .iter()
            .filter(move |outer| same(inner, outer))
            .map(move |outer| (inner, outer))
    })
}

fn not_below((inner, outer): (Number, Number)) -> bool {
    !inner.ratio().is_below(outer)
}

fn not_above((inner, outer): (Number, Number)) -> bool {
    !inner.ratio().is_above(outer)
}

//! `triage.toml`: the pack's classes, the rules by which items fall into them, and the values that
//! start a clock. What the rules mean is said by [`countersign_core::triage`].
//!
//! - `cadence`: `daily` (where it is left out), `weekly` or `monthly`.
//! - `[[class]]`, from best to worst: `label`, `title`, `severity` (0 to 3); `shortage`.
//! - `[[rule]]`: `name`, `title`, `items` or `labels`, `source`, `standing`; `except`, `max_age`,
//!   `declared_by` (offices). Without a measure, a class is only ever declared.
//! - `[[rule.measure]]`: `against`; `name` (`stock`), `count` (`on-hand` or `unencumbered`),
//!   `due_in`, `parts`, `horizon`, `forecast` (average use over so many months instead of planned
//!   demand). `floor` takes `floor = [{ from, units }]`; `requirement` takes `components`; `cover`
//!   takes `days`, `flow`, `over`; `greatest` takes `[[rule.measure.amount]]` of these three, each
//!   with its `kind`; `daily-use` and `monthly-use` take `flow` and `over`.
//! - `[[rule.level]]`, from better to worse: `class`; `entry` (`limits`, `returning`, `declared`),
//!   `enter`, `leave` (as `enter` where it is left out), `side` (`below` or `above`), `measure`,
//!   `dwell`, `repeats`. Several limits stand as `[[rule.level.limit]]`.
//! - `[[waiting]]`: `name`, `title`, `items` or `labels`, `at_least` (`14000000 USD`), `days`,
//!   `source`, `standing`; `recipients`, `except_recipients`, `except`.
//!
//! Limits stand in quotes, so that they never pass through a float: `"40 %"`, `"1/3"`, `"2 days"`.

mod measure;
mod problem;

use super::fault::{Fault, code};
use super::fields::{Fields, Spot, text};
use super::known::Known;
use super::node::{Node, toml};
use super::source::{Reading, Source};
use countersign_core::stock::ItemClass;
use countersign_core::triage::{
    Cadence, Class, Entry, Level, Limit, Number, Rule, Rules, Scope, Side, Unit, Waiting,
};
use countersign_proof::words::{ItemId, OfficeId, Standing, WordError};
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

/// The file.
pub(super) const TRIAGE: &str = "triage.toml";
/// The name of a measure that is given none.
const MEASURE: &str = "stock";

/// Reads `triage.toml` in `dir` by itself: items and offices are not looked up.
///
/// # Errors
/// Every mistake in it.
pub fn triage_rules(dir: &Path) -> Result<Rules, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut rules = Rules::default();
    if let Some(source) = Source::read(dir, TRIAGE, &mut faults) {
        let mut r = Reading { source: &source, faults: &mut faults };
        if let Some(node) = toml(&mut r) {
            rules = read(&mut r, &node, &Known::default());
        }
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

/// Makes a type that is read as one of a few words.
macro_rules! word {
    ($name:ident($of:ty), $expected:literal, { $($text:literal => $value:expr),+ $(,)? }) => {
        struct $name($of);
        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($text => Ok(Self($value)),)+
                    other => Err(WordError::new(other, $expected)),
                }
            }
        }
    };
}
use word;

word!(CadenceWord(Cadence), "a cadence: daily, weekly or monthly", {
    "daily" => Cadence::Daily,
    "weekly" => Cadence::Weekly,
    "monthly" => Cadence::Monthly,
});
word!(EntryWord(Entry), "a way of entering: limits, returning or declared", {
    "limits" => Entry::Limits,
    "returning" => Entry::Returning,
    "declared" => Entry::Declared,
});
word!(SideWord(Side), "a side: below or above", {
    "below" => Side::Below,
    "above" => Side::Above,
});

/// A label of the pack's own: of a class, an item, a recipient.
struct Label(ItemClass);

impl FromStr for Label {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        ItemClass::new(text).map(Self)
    }
}

/// A whole number of days: `28 days`.
struct Days(u16);
/// A whole number of months: `6 months`.
struct Months(u16);

fn whole(text: &str, unit: Unit, expected: &'static str) -> Result<u16, WordError> {
    let read = text.parse::<Number>().ok().filter(|read| read.unit == unit && read.bottom == 1);
    read.and_then(|read| u16::try_from(read.top).ok()).ok_or_else(|| WordError::new(text, expected))
}

impl FromStr for Days {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        whole(text, Unit::Days, "a whole number of days such as 28 days").map(Self)
    }
}
impl FromStr for Months {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        whole(text, Unit::Months, "a whole number of months such as 6 months").map(Self)
    }
}

/// A value in a currency: `14000000 USD`.
struct Worth(u64, String);

impl FromStr for Worth {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = || WordError::new(text, "a value and its currency such as 14000000 USD");
        let (units, currency) = text.split_once(' ').ok_or_else(bad)?;
        let digits = units.bytes().all(|byte| byte.is_ascii_digit()) && !units.starts_with('0');
        let units = units.parse().ok().filter(|_| digits).ok_or_else(bad)?;
        Ok(Self(units, currency.to_owned()))
    }
}

pub(super) fn read(r: &mut Reading<'_>, node: &Node, known: &Known) -> Rules {
    let mut rules = Rules::default();
    let before = r.faults.len();
    let Some(mut fields) = Fields::new(r, node, TRIAGE) else { return rules };
    let cadence: Option<Spot<CadenceWord>> = fields.word_or_none(r, "cadence");
    rules.cadence = cadence.map(|cadence| cadence.value.0).unwrap_or_default();
    for mut class in fields.tables(r, "class") {
        rules.classes.extend(read_class(r, &mut class));
        class.finish(r);
    }
    for mut rule in fields.tables(r, "rule") {
        rules.rules.extend(read_rule(r, &mut rule, known));
        rule.finish(r);
    }
    for mut waiting in fields.tables(r, "waiting") {
        rules.waitings.extend(read_waiting(r, &mut waiting, known));
        waiting.finish(r);
    }
    fields.finish(r);
    // What could not be read would only be missed a second time.
    if r.faults.len() == before
        && let Err(problems) = rules.check()
    {
        for problem in problems {
            problem::tell(r, node, &problem);
        }
    }
    rules
}

fn read_class(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Class> {
    let label: Option<Spot<Label>> = fields.word(r, "label");
    let title = fields.text(r, "title");
    let severity = fields.number(r, "severity", 0..=3);
    if severity.is_none() && fields.get("severity").is_none() {
        let remedy = "add severity = …, from 0 for the best class to 3";
        r.fault(fields.at, code::KEY_MISSING, "class has no \"severity\"", remedy);
    }
    let shortage = fields.flag(r, "shortage");
    let severity = u8::try_from(severity?).ok()?;
    Some(Class { label: label?.value.0, title, severity, shortage })
}

fn labels(r: &mut Reading<'_>, fields: &mut Fields<'_>, key: &'static str) -> BTreeSet<String> {
    let labels: Vec<Spot<Label>> = fields.words(r, key);
    labels.into_iter().map(|label| label.value.0.as_str().to_owned()).collect()
}

fn texts(r: &mut Reading<'_>, fields: &mut Fields<'_>, key: &'static str) -> BTreeSet<String> {
    fields.list(key).into_iter().filter_map(|node| text(r, node, key)).collect()
}

fn read_scope(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Scope {
    let mut items = |r: &mut Reading<'_>, key| -> BTreeSet<ItemId> {
        let items: Vec<Spot<ItemId>> = fields.words(r, key);
        let mut found = BTreeSet::new();
        for item in items {
            if known.items.check(r, &item) {
                found.insert(item.value);
            }
        }
        found
    };
    let (named, except) = (items(r, "items"), items(r, "except"));
    Scope { items: named, labels: labels(r, fields, "labels"), except }
}

fn read_rule(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Option<Rule> {
    let name: Option<Spot<Label>> = fields.word(r, "name");
    let title = fields.text(r, "title");
    let scope = read_scope(r, fields, known);
    let max_age: Option<Spot<Days>> = fields.word_or_none(r, "max_age");
    let mut offices: Vec<Spot<OfficeId>> = fields.words(r, "declared_by");
    offices.retain(|office| known.offices.check(r, office));
    let mut measures = Vec::new();
    for mut measure in fields.tables(r, "measure") {
        measures.extend(measure::read(r, &mut measure));
        measure.finish(r);
    }
    let mut levels = Vec::new();
    for mut level in fields.tables(r, "level") {
        levels.extend(read_level(r, &mut level));
        level.finish(r);
    }
    let source = fields.text(r, "source");
    let standing: Option<Spot<Standing>> = fields.word(r, "standing");
    Some(Rule {
        name: name?.value.0.as_str().to_owned(),
        title,
        scope,
        measures,
        levels,
        max_age_days: max_age.map(|age| age.value.0),
        declared_by: offices.into_iter().map(|office| office.value).collect(),
        source,
        standing: standing?.value,
    })
}

/// A level: its one limit stands in it, several stand as `limit` tables.
fn read_level(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Level> {
    let class: Option<Spot<Label>> = fields.word(r, "class");
    let entry: Option<Spot<EntryWord>> = fields.word_or_none(r, "entry");
    let dwell: Option<Spot<Days>> = fields.word_or_none(r, "dwell");
    let repeats = fields.number(r, "repeats", 1..=100).unwrap_or(1);
    let mut limits: Vec<Limit> = read_limit(r, fields).into_iter().collect();
    for mut limit in fields.tables(r, "limit") {
        let at = limit.at;
        match read_limit(r, &mut limit) {
            Some(limit) => limits.push(limit),
            None if limit.get("enter").is_none() && limit.get("leave").is_none() => {
                let remedy = "add enter = … or, for a class that no limit enters, leave = …";
                r.fault(at, code::KEY_MISSING, "limit has neither \"enter\" nor \"leave\"", remedy);
            }
            None => {}
        }
        limit.finish(r);
    }
    Some(Level {
        class: class?.value.0,
        entry: entry.map_or(Entry::Limits, |entry| entry.value.0),
        limits,
        dwell_days: dwell.map_or(0, |dwell| dwell.value.0),
        repeats: u16::try_from(repeats).ok()?,
    })
}

/// A limit, if there is one; it is left where it is entered, unless it says otherwise.
fn read_limit(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Limit> {
    let measure: Option<Spot<Label>> = fields.word_or_none(r, "measure");
    let side: Option<Spot<SideWord>> = fields.word_or_none(r, "side");
    let enter: Option<Spot<Number>> = fields.word_or_none(r, "enter");
    let leave: Option<Spot<Number>> = fields.word_or_none(r, "leave");
    let enter = enter.map(|enter| enter.value);
    Some(Limit {
        measure: measure.map_or_else(|| MEASURE.to_owned(), |m| m.value.0.as_str().to_owned()),
        side: side.map(|side| side.value.0).unwrap_or_default(),
        enter,
        leave: leave.map(|leave| leave.value).or(enter)?,
    })
}

fn read_waiting(r: &mut Reading<'_>, fields: &mut Fields<'_>, known: &Known) -> Option<Waiting> {
    let name: Option<Spot<Label>> = fields.word(r, "name");
    let title = fields.text(r, "title");
    let scope = read_scope(r, fields, known);
    let recipients = labels(r, fields, "recipients");
    let except_recipients = labels(r, fields, "except_recipients");
    let worth: Option<Spot<Worth>> = fields.word(r, "at_least");
    let days: Option<Spot<Days>> = fields.word(r, "days");
    let source = fields.text(r, "source");
    let standing: Option<Spot<Standing>> = fields.word(r, "standing");
    let Worth(at_least, currency) = worth?.value;
    Some(Waiting {
        name: name?.value.0.as_str().to_owned(),
        title,
        scope,
        recipients,
        except_recipients,
        at_least,
        currency,
        days: days?.value.0,
        source,
        standing: standing?.value,
    })
}

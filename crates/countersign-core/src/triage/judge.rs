//! The judgement: which class, by which rule and numbers, since when, and what is remembered.

use super::memory::{Declaration, Held, Kept, Memory, Moved, Signs, step};
use super::number::Number;
use super::outlook::{Change, changes};
use super::position::{Inputs, Missing};
use super::reading::{Figure, Points, Reading, read};
use super::rules::{Entry, Rule, Rules, Side};
use crate::stock::ItemClass;
use countersign_proof::words::{ItemId, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A reason for a class, for [`super::explain`] to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// A figure is missing, so the class is unknown.
    Unknown(Missing),
    /// A limit is crossed.
    Crossed {
        /// Into which class that leads.
        class: ItemClass,
        /// Of which measure.
        measure: String,
        /// On which side of the limit.
        side: Side,
        /// The limit.
        limit: Number,
        /// The figure that crosses it, the earliest of the horizon.
        figure: Figure,
    },
    /// No limit is crossed.
    WithinLimits,
    /// The number would have a better class, but something keeps the item in this one.
    Kept {
        /// In which class.
        class: ItemClass,
        /// What.
        by: Kept,
    },
    /// An office declared the class.
    Declared(Declaration),
    /// What an office declared has ended.
    DeclarationEnded(Declaration),
}

/// A figure of the inputs, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digested {
    /// What it is.
    pub name: String,
    /// How much.
    pub value: i128,
}

/// What a judgement finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// By which rule.
    pub rule: String,
    /// The class that stands.
    pub class: ItemClass,
    /// Since when.
    pub since: Moment,
    /// The class that stood before, where another one stands now.
    pub was: Option<ItemClass>,
    /// The class that the number alone warrants; none where it is not known or not read.
    pub warranted: Option<ItemClass>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What each measure gave.
    pub readings: Vec<Reading>,
    /// What it would take to change class by the number.
    pub changes: Vec<Change>,
    /// The figures that were read.
    pub figures: Vec<Digested>,
    /// What to remember.
    pub memory: Memory,
}

impl Judgement {
    /// Whether another class stands than before.
    #[must_use]
    pub fn changes_class(&self) -> bool {
        self.was.is_some()
    }
}

/// Judges an item by the rule that is for it; `None` where no rule is.
#[must_use]
pub fn judge_item(
    rules: &Rules,
    item: &ItemId,
    labels: &BTreeSet<String>,
    inputs: &Inputs,
    memory: Option<&Memory>,
    at: Moment,
) -> Option<Judgement> {
    let rule = rules.rule_for(item, labels)?;
    Some(judge(rules, rule, inputs, memory, at))
}

/// What the figures say, before anything is remembered.
struct Findings<'a> {
    points: Vec<Points<'a>>,
    warranted: ItemClass,
    crossed: Vec<Reason>,
    uncleared: Vec<Option<(Side, Number)>>,
}

/// Judges an item by `rule`, one of `rules`, which must be checked.
///
/// `memory` is what the last judgement gave, with what was declared or lifted since; none for an
/// item that was never judged. Nothing else is read: the same arguments give the same answer.
///
/// Where one figure that the rule reads is missing, the class is unknown, even if another figure
/// alone would make it a bad one: policy must treat unknown as no better than the worst.
#[must_use]
pub fn judge(
    rules: &Rules,
    rule: &Rule,
    inputs: &Inputs,
    memory: Option<&Memory>,
    at: Moment,
) -> Judgement {
    let mut reasons = Vec::new();
    let mut declared = memory.and_then(|memory| memory.declared.clone());
    let mut held = memory.and_then(|memory| memory.held.clone());
    if let Some(ended) = declared.take_if(|declared| declared.until <= at) {
        held = after_declaration(rules, rule, held, &ended);
        reasons.push(Reason::DeclarationEnded(ended));
    }
    // One that has yet to begin waits.
    let standing = declared.as_ref().filter(|declared| declared.from <= at);
    let found = usable(rule, inputs, at).and_then(|()| findings(rules, rule, inputs, at));
    let (mut warranted, mut readings, mut outlook) = (None, Vec::new(), Vec::new());
    let mut by_number = None;
    match found {
        Ok(found) => {
            let signs = Signs { warranted: &found.warranted, uncleared: &found.uncleared };
            let Moved { held: next, kept } = step(rules, rule, held.as_ref(), &signs, at);
            reasons.extend(found.crossed.iter().cloned());
            if found.crossed.is_empty() {
                reasons.push(Reason::WithinLimits);
            }
            let class = &next.class;
            reasons.extend(kept.into_iter().map(|by| Reason::Kept { class: class.clone(), by }));
            readings = found.points.iter().filter_map(Points::reading).collect();
            outlook = changes(rules, rule, &found.points, &next, &signs, at);
            by_number = Some(next.class.clone());
            held = Some(next);
            warranted = Some(found.warranted);
        }
        Err(missing) => reasons.push(Reason::Unknown(missing)),
    }
    let class = match standing {
        Some(declared) => {
            reasons.insert(0, Reason::Declared(declared.clone()));
            declared.class.clone()
        }
        None => by_number.unwrap_or_else(ItemClass::unknown),
    };
    let before = memory.map(|memory| (&memory.class, memory.since));
    let (since, was) = match before {
        Some((was, since)) if *was == class => (since, None),
        Some((was, _)) => (at, Some(was.clone())),
        None => (at, None),
    };
    let memory = Memory { class: class.clone(), since, held, declared };
    Judgement {
        rule: rule.name.clone(),
        class,
        since,
        was,
        warranted,
        reasons,
        readings,
        changes: outlook,
        figures: inputs.digest(),
        memory,
    }
}

/// What is held once a declaration has ended. A declared class that is worse than the one held
/// beneath it is left like any other: slowly. A better one never improves what is held.
fn after_declaration(
    rules: &Rules,
    rule: &Rule,
    held: Option<Held>,
    declared: &Declaration,
) -> Option<Held> {
    if rule.is_judged() {
        return None;
    }
    let rank = |class: &ItemClass| rules.rank(class);
    let worse = match &held {
        Some(held) => rank(&declared.class) > rank(&held.class),
        None => rank(&declared.class).is_some(),
    };
    if worse { Some(Held::new(declared.class.clone(), declared.from)) } else { held }
}

/// Whether the figures may be used at all.
fn usable(rule: &Rule, inputs: &Inputs, at: Moment) -> Result<(), Missing> {
    if rule.is_judged() {
        return Err(Missing::Declaration);
    }
    if let Some(as_of) = inputs.as_of.filter(|as_of| *as_of > at) {
        return Err(Missing::Ahead { as_of });
    }
    let Some(max_age_days) = rule.max_age_days else { return Ok(()) };
    let as_of = inputs.as_of.ok_or(Missing::AsOf)?;
    let stale = as_of.plus_days(u64::from(max_age_days)) < at;
    if stale { Err(Missing::Stale { as_of, max_age_days }) } else { Ok(()) }
}

fn findings<'a>(
    rules: &Rules,
    rule: &'a Rule,
    inputs: &'a Inputs,
    at: Moment,
) -> Result<Findings<'a>, Missing> {
    let mut points = Vec::with_capacity(rule.measures.len());
    for measure in &rule.measures {
        points.push(read(measure, inputs, at.date(), measure.horizon_months)?);
    }
    let of = |name: &str| {
        let found = points.iter().find(|points| points.measure.name == *name);
        found.ok_or_else(|| Missing::Measure { name: name.to_owned() })
    };
    let (mut warranted, mut crossed) = (rules.best(), Vec::new());
    let mut uncleared = Vec::with_capacity(rule.levels.len());
    for level in &rule.levels {
        let (mut entered, mut open) = (Vec::new(), None);
        for limit in &level.limits {
            let points = of(&limit.measure)?;
            let beyond = match limit.enter {
                Some(enter) => points.beyond(limit.side, enter)?.map(|figure| (enter, figure)),
                None => None,
            };
            if points.beyond(limit.side, limit.leave)?.is_some() {
                open = open.or(Some((limit.side, limit.leave)));
            }
            entered.extend(beyond.map(|(enter, figure)| Reason::Crossed {
                class: level.class.clone(),
                measure: limit.measure.clone(),
                side: limit.side,
                limit: enter,
                figure,
            }));
        }
        uncleared.push(open);
        if level.entry == Entry::Limits && !entered.is_empty() {
            warranted = level.class.clone();
            crossed = entered;
        }
    }
    Ok(Findings { points, warranted, crossed, uncleared })
}

impl Inputs {
    /// The figures as a list of names and values, for the record: what is known, in one order.
    #[must_use]
    pub fn digest(&self) -> Vec<Digested> {
        let mut list = Vec::new();
        let mut add = |name: String, value: u64| {
            list.push(Digested { name, value: i128::from(value) });
        };
        if let Some(on_hand) = self.on_hand {
            add("on hand".to_owned(), on_hand.units());
        }
        let plain = [
            ("reserved", self.reserved.units()),
            ("earmarked", self.earmarked_total().units()),
            ("quarantined", self.quarantined.units()),
        ];
        for (name, units) in plain {
            if units > 0 {
                add(name.to_owned(), units);
            }
        }
        for (name, months) in [
            ("due in", &self.due_in),
            ("due in, earmarked", &self.due_in_earmarked),
            ("expiring", &self.expiring),
        ] {
            for (month, units) in months {
                add(format!("{name} {month}"), units.units());
            }
        }
        for component in &self.requirement {
            let span = match (component.from, component.until) {
                (_, Some(until)) => format!(", until {until}"),
                (Some(from), None) => format!(", from {from}"),
                (None, None) => String::new(),
            };
            add(format!("requirement {}{span}", component.name), component.units.units());
        }
        for (label, part) in &self.parts {
            add(format!("part {label}"), part.on_hand.units());
        }
        list
    }
}

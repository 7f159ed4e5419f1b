//! What is remembered of an item's class, and how the class moves: worse at once, better slowly.

use super::number::Number;
use super::rules::{Entry, Level, Rule, Rules, Side};
use crate::stock::ItemClass;
use countersign_proof::words::{Moment, OfficeId};
use serde::{Deserialize, Serialize};

/// A class by the number, and how far it is on the way to a better one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The class.
    pub class: ItemClass,
    /// Since when.
    pub since: Moment,
    /// How many evaluations in a row allowed leaving it for a better one.
    pub better: u16,
    /// The period of the last evaluation that was counted.
    pub counted: Option<u32>,
}

impl Held {
    /// The class, just entered.
    #[must_use]
    pub fn new(class: ItemClass, since: Moment) -> Self {
        Self { class, since, better: 0, counted: None }
    }
}

/// A class that an office has declared over the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Which class.
    pub class: ItemClass,
    /// Which office.
    pub office: OfficeId,
    /// Why.
    pub reason: String,
    /// From when.
    pub from: Moment,
    /// The first moment at which it no longer holds.
    pub until: Moment,
}

/// What the ledger remembers of an item's class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The class that stands: declared, by the number, or unknown.
    pub class: ItemClass,
    /// Since when.
    pub since: Moment,
    /// The class by the number, which is kept while figures are missing or a declaration stands,
    /// so that neither is a way round the margin.
    pub held: Option<Held>,
    /// What is declared.
    pub declared: Option<Declaration>,
}

impl Memory {
    /// Nothing is remembered: the class is unknown.
    #[must_use]
    pub fn unknown(since: Moment) -> Self {
        Self { class: ItemClass::unknown(), since, held: None, declared: None }
    }

    /// The memory with a declaration, which the next judgement takes up. One that stood before it
    /// is replaced.
    #[must_use]
    pub fn declare(mut self, declaration: Declaration) -> Self {
        self.declared = Some(declaration);
        self
    }

    /// The memory with what is declared ended at `at`, at the latest.
    #[must_use]
    pub fn lift(mut self, at: Moment) -> Self {
        if let Some(declared) = &mut self.declared {
            declared.until = declared.until.min(at);
        }
        self
    }
}

/// Why an item is not in a better class, though the number alone would have it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// The margin is not cleared.
    Margin {
        /// On which side of the limit the trouble lies.
        side: Side,
        /// The limit.
        leave: Number,
    },
    /// Too few evaluations in a row allowed it.
    Repeats {
        /// How many did.
        had: u16,
        /// How many must.
        of: u16,
    },
    /// The least time is not over.
    Dwell {
        /// When it is.
        until: Moment,
    },
}

/// How a class moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub held: Held,
    pub kept: Vec<Kept>,
}

/// What the figures say of the levels of a rule.
pub(super) struct Signs<'a> {
    /// The class that the number alone warrants.
    pub warranted: &'a ItemClass,
    /// For each level in its order, the limit that is not cleared, if any.
    pub uncleared: &'a [Option<(Side, Number)>],
}

impl Signs<'_> {
    fn of(&self, rule: &Rule, class: &ItemClass) -> Option<(Side, Number)> {
        let index = rule.levels.iter().position(|level| level.class == *class)?;
        self.uncleared.get(index).copied().flatten()
    }
}

/// The end of the least time in a class.
pub(super) fn dwell_end(level: Option<&Level>, since: Moment) -> Moment {
    since.plus_days(level.map_or(0, |level| u64::from(level.dwell_days)))
}

/// Moves a class by the figures of one evaluation.
pub(super) fn step(
    rules: &Rules,
    rule: &Rule,
    held: Option<&Held>,
    signs: &Signs<'_>,
    at: Moment,
) -> Moved {
    let fresh = |class: &ItemClass| Moved { held: Held::new(class.clone(), at), kept: Vec::new() };
    let Some((held, rank)) = held.and_then(|held| Some((held, rules.rank(&held.class)?))) else {
        return fresh(signs.warranted);
    };
    let warranted = rules.rank(signs.warranted).unwrap_or(0);
    if warranted > rank {
        return fresh(signs.warranted);
    }
    let mut next = held.clone();
    if rank == 0 {
        return Moved { held: next, kept: Vec::new() };
    }
    let level = rule.level(&held.class);
    if warranted == rank {
        (next.better, next.counted) = (0, None);
        return Moved { held: next, kept: Vec::new() };
    }
    if let Some((side, leave)) = signs.of(rule, &held.class) {
        (next.better, next.counted) = (0, None);
        return Moved { held: next, kept: vec![Kept::Margin { side, leave }] };
    }
    let period = rules.cadence.period(at.date());
    if next.counted != Some(period) {
        next.better = next.better.saturating_add(1);
        next.counted = Some(period);
    }
    let mut kept = Vec::new();
    let of = level.map_or(1, |level| level.repeats);
    if next.better < of {
        kept.push(Kept::Repeats { had: next.better, of });
    }
    let until = dwell_end(level, held.since);
    if at < until {
        kept.push(Kept::Dwell { until });
    }
    if kept.is_empty() {
        fresh(&better_class(rules, rule, &held.class, signs))
    } else {
        Moved { held: next, kept }
    }
}

/// Where the way from `class` to better ones ends for now: at the first level that is a stage of
/// its own on the way back, or the limit of which is not cleared.
pub(super) fn better_class(
    rules: &Rules,
    rule: &Rule,
    class: &ItemClass,
    signs: &Signs<'_>,
) -> ItemClass {
    let Some(rank) = rules.rank(class) else { return signs.warranted.clone() };
    for level in rule.levels.iter().rev() {
        if rules.rank(&level.class).is_none_or(|other| other >= rank) {
            continue;
        }
        let stays = match level.entry {
            Entry::Limits => signs.of(rule, &level.class).is_some(),
            Entry::Returning => true,
            Entry::Declared => false,
        };
        if stays {
            return level.class.clone();
        }
    }
    rules.best()
}

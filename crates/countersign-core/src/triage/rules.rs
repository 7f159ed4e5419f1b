//! The rule language: a pack's ordered classes, and by which limits each item falls into one.
//!
//! Values of these types become part of what the founders sign: no floats, no hash maps, one
//! order. [`Rules::check`] refuses what makes no sense; whoever judges may rely on it.

use super::number::{Number, Unit};
use crate::stock::ItemClass;
use countersign_proof::words::{Date, ItemId, Month, OfficeId, Quantity, Standing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How often every item is judged anew; between times, whatever moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cadence {
    /// Every day.
    #[default]
    Daily,
    /// Every Monday.
    Weekly,
    /// On the first of every month.
    Monthly,
}

impl Cadence {
    /// The number of the period that a day lies in. Within one period at most one evaluation
    /// counts towards going better, however often an item is judged.
    #[must_use]
    pub fn period(self, date: Date) -> u32 {
        let days = u32::from(date);
        match self {
            Self::Daily => days,
            // 1970-01-01 was a Thursday: weeks begin three days before it.
            Self::Weekly => days.saturating_add(3) / 7,
            Self::Monthly => u32::from(Month::of(date)),
        }
    }

    /// The first day of the next period.
    #[must_use]
    pub fn next(self, date: Date) -> Date {
        match self {
            Self::Daily => date.next(),
            Self::Weekly => {
                let mut day = date.next();
                while day.weekday() != 1 && day != day.next() {
                    day = day.next();
                }
                day
            }
            Self::Monthly => Month::of(date).plus(1).first(),
        }
    }
}

/// A class and how it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// The pack's own label; never `unknown`, which stands for what is not known.
    pub label: ItemClass,
    /// Its name for people.
    pub title: String,
    /// 0 to 3: which shape and colour it is shown with.
    pub severity: u8,
    /// Whether an item in it counts as short.
    pub shortage: bool,
}

/// Which items a rule is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// These items.
    pub items: BTreeSet<ItemId>,
    /// Items with one of these labels.
    pub labels: BTreeSet<String>,
    /// But not these.
    pub except: BTreeSet<ItemId>,
}

impl Scope {
    /// Whether it names `item` itself.
    #[must_use]
    pub fn names(&self, item: &ItemId) -> bool {
        self.items.contains(item) && !self.except.contains(item)
    }

    /// Whether it holds `item`, which has these labels.
    #[must_use]
    pub fn holds(&self, item: &ItemId, labels: &BTreeSet<String>) -> bool {
        let labelled = !self.labels.is_disjoint(labels);
        (self.items.contains(item) || labelled) && !self.except.contains(item)
    }
}

/// What counts as stock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Counted {
    /// Everything on hand; what is promised leaves in the month it is promised for.
    #[default]
    OnHand,
    /// What is on hand and neither reserved nor earmarked: pledged stock does not count.
    Unencumbered,
}

/// How far back use is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LookBack {
    /// The last so many days before today.
    Days(u16),
    /// The last so many whole months before this one.
    Months(u16),
}

/// A flow of units, averaged over the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Which: `use`, or another name under which figures arrive (`net-imports`).
    pub name: String,
    /// Over how long.
    pub over: LookBack,
}

/// A floor from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorStep {
    /// From this day.
    pub from: Date,
    /// At least so many units, at least 1.
    pub units: Quantity,
}

/// A number of units that stock is held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// A floor that may change by date, oldest step first.
    Floor(Vec<FloorStep>),
    /// The sum of these components of the requirement; of all of them where none is named.
    Requirement(BTreeSet<String>),
    /// So many days of a flow.
    Cover {
        /// Of which flow.
        flow: Flow,
        /// 1 to 3,660 days.
        days: u16,
    },
}

/// What stock is held against, and so in which unit its limits are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Against {
    /// Nothing: limits are in units.
    Nothing,
    /// The greatest of these amounts: limits are shares.
    Greatest(Vec<Amount>),
    /// Average use a day: limits are in days.
    DailyUse(Flow),
    /// Average use a month, over whole months: limits are in months.
    MonthlyUse(Flow),
    /// Planned demand from then on: limits are in days.
    PlannedDays,
    /// Planned demand from then on: limits are in months.
    PlannedMonths,
    /// The whole stock, of which the measure counts some parts: limits are shares.
    Whole,
}

impl Against {
    /// In which unit its limits are.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Self::Nothing => Unit::Units,
            Self::Greatest(_) | Self::Whole => Unit::Share,
            Self::DailyUse(_) | Self::PlannedDays => Unit::Days,
            Self::MonthlyUse(_) | Self::PlannedMonths => Unit::Months,
        }
    }
}

/// By which demand stock is projected into the months of the horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Forecast {
    /// By planned demand.
    #[default]
    Planned,
    /// By average use over the last so many whole months.
    Average(u16),
}

/// A number that is read of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name within the rule.
    pub name: String,
    /// What counts as stock.
    pub counted: Counted,
    /// What is due in within so many months counts too: 0 to 120.
    pub due_in_months: u16,
    /// Only parts of the stock with one of these labels; all of it where there are none.
    pub parts: BTreeSet<String>,
    /// What it is held against.
    pub against: Against,
    /// 0: now only. Otherwise the worst of now and the ends of so many months: 1 to 120.
    pub horizon_months: u16,
    /// By which demand the horizon is projected.
    pub forecast: Forecast,
}

/// On which side of a limit the trouble lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// Below it: too little.
    #[default]
    Below,
    /// Above it: too much.
    Above,
}

/// A limit on a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Of which measure.
    pub measure: String,
    /// On which side the class lies.
    pub side: Side,
    /// Beyond this the class is entered; none where the number alone does not enter it.
    pub enter: Option<Number>,
    /// The class may be left for a better one from here on.
    pub leave: Number,
}

/// How a class is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Entry {
    /// When one of its limits is crossed.
    Limits,
    /// Only on the way back from a worse class, which always leads through it.
    Returning,
    /// Only when an office declares it.
    Declared,
}

/// A class as a rule uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Which class; never the best one, which holds when no limit is crossed.
    pub class: ItemClass,
    /// How it is entered.
    pub entry: Entry,
    /// Its limits: crossing one enters it, all must be cleared to leave it.
    pub limits: Vec<Limit>,
    /// The least time in it, in days of 24 hours: 0 to 3,660.
    pub dwell_days: u16,
    /// How many evaluations in a row must allow leaving it: 1 to 100.
    pub repeats: u16,
}

/// A rule: for which items, by which numbers, into which classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name: 1 to 32 lower-case letters, digits and `-`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// For which items.
    pub scope: Scope,
    /// The numbers it reads; none where a class is only ever declared.
    pub measures: Vec<Measure>,
    /// Its classes, from better to worse.
    pub levels: Vec<Level>,
    /// Figures older than so many days are stale, and the class is unknown: 1 to 3,660.
    pub max_age_days: Option<u16>,
    /// The offices that may declare a class; where there are none, whoever policy lets.
    pub declared_by: BTreeSet<OfficeId>,
    /// Where the rule is stated.
    pub source: String,
    /// How well that is established.
    pub standing: Standing,
}

impl Rule {
    /// The measure of that name.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }

    /// The level of a class, if the rule has one.
    #[must_use]
    pub fn level(&self, class: &ItemClass) -> Option<&Level> {
        self.levels.iter().find(|level| level.class == *class)
    }

    /// Whether no number is read at all: a class is only ever declared, with a reason.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.measures.is_empty()
    }

    /// Whether `office` may declare a class, as far as the rule is concerned.
    #[must_use]
    pub fn may_declare(&self, office: &OfficeId) -> bool {
        self.declared_by.is_empty() || self.declared_by.contains(office)
    }
}

/// A value from which on a transfer has to wait: notice is given and a clock starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name: 1 to 32 lower-case letters, digits and `-`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// For which items.
    pub scope: Scope,
    /// For recipients with one of these labels; for all where there are none.
    pub recipients: BTreeSet<String>,
    /// But not for recipients with one of these labels.
    pub except_recipients: BTreeSet<String>,
    /// From this value on, in whole units of the currency, at least 1.
    pub at_least: u64,
    /// The currency: three upper-case letters (ISO 4217).
    pub currency: String,
    /// Days of waiting: 1 to 3,660.
    pub days: u16,
    /// Where the rule is stated.
    pub source: String,
    /// How well that is established.
    pub standing: Standing,
}

/// All the rules of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How often every item is judged.
    pub cadence: Cadence,
    /// The classes, from best to worst.
    pub classes: Vec<Class>,
    /// The rules; where two hold an item by label, the first one counts.
    pub rules: Vec<Rule>,
    /// The values that start a clock.
    pub waitings: Vec<Waiting>,
}

impl Rules {
    /// The rule for an item: one that names it, or the first that holds one of its labels.
    #[must_use]
    pub fn rule_for(&self, item: &ItemId, labels: &BTreeSet<String>) -> Option<&Rule> {
        let named = self.rules.iter().find(|rule| rule.scope.names(item));
        named.or_else(|| self.rules.iter().find(|rule| rule.scope.holds(item, labels)))
    }

    /// The rule of that name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The class of that label.
    #[must_use]
    pub fn class(&self, label: &ItemClass) -> Option<&Class> {
        self.classes.iter().find(|class| class.label == *label)
    }

    /// The place of a class in the order, 0 for the best; none for `unknown` and strangers.
    #[must_use]
    pub fn rank(&self, label: &ItemClass) -> Option<usize> {
        self.classes.iter().position(|class| class.label == *label)
    }

    /// The class that holds when no limit is crossed; `unknown` where there are no classes.
    #[must_use]
    pub fn best(&self) -> ItemClass {
        self.classes.first().map_or_else(ItemClass::unknown, |class| class.label.clone())
    }

    /// The longest waiting that a transfer of this value to this recipient starts, if any.
    #[must_use]
    pub fn waiting(
        &self,
        item: &ItemId,
        labels: &BTreeSet<String>,
        recipient: &BTreeSet<String>,
        value: u64,
    ) -> Option<&Waiting> {
        let fits = |waiting: &&Waiting| {
            let meant = waiting.recipients.is_empty() || !waiting.recipients.is_disjoint(recipient);
            value >= waiting.at_least
                && meant
                && waiting.except_recipients.is_disjoint(recipient)
                && waiting.scope.holds(item, labels)
        };
        // The first of the longest: `max_by_key` would give the last.
        self.waitings.iter().rev().filter(fits).max_by_key(|waiting| waiting.days)
    }
}

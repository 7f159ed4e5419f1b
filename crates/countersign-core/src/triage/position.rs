//! What a judgement reads: whole units, each of them known or not.

use super::rules::Counted;
use countersign_proof::words::{Date, Moment, Month, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Figures by month or day that are known within a span: a month in the span that has no figure
/// is zero; one outside it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<K> {
    first: K,
    last: K,
    units: BTreeMap<K, Quantity>,
}

impl<K: Ord + Copy> Series<K> {
    /// Figures that are known from `first` to `last`, both of them included; others are dropped.
    #[must_use]
    pub fn new(first: K, last: K, units: impl IntoIterator<Item = (K, Quantity)>) -> Self {
        let units = units.into_iter().filter(|(at, _)| (first..=last).contains(at));
        Self { first, last, units: units.collect() }
    }

    /// The figure, or `None` where it is not known.
    #[must_use]
    pub fn get(&self, at: K) -> Option<u64> {
        let known = (self.first..=self.last).contains(&at);
        known.then(|| self.units.get(&at).map_or(0, |quantity| quantity.units()))
    }

    /// The sum from `first` to `last`, both included, or `None` where some of it is not known.
    #[must_use]
    pub fn sum(&self, first: K, last: K) -> Option<i128> {
        if first > last {
            return Some(0);
        }
        (self.first <= first && last <= self.last).then(|| {
            let units = self.units.range(first..=last).map(|(_, quantity)| quantity.units());
            units.fold(0i128, |sum, units| sum.saturating_add(i128::from(units)))
        })
    }

    /// The last one that is known.
    #[must_use]
    pub fn last(&self) -> K {
        self.last
    }
}

/// A part of the stock under a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// On hand.
    pub on_hand: Quantity,
    /// Of these, reserved or earmarked.
    pub encumbered: Quantity,
}

/// A figure that is missing, or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// What is on hand is not known.
    OnHand,
    /// The figures have no date, and the rule limits their age.
    AsOf,
    /// The figures are older than the rule allows.
    Stale {
        /// Of when they are.
        as_of: Moment,
        /// How old they may be, in days.
        max_age_days: u16,
    },
    /// The figures are dated after the moment of the judgement.
    Ahead {
        /// Of when they are.
        as_of: Moment,
    },
    /// A flow is not known over the whole of its look-back.
    Flow {
        /// Which one.
        name: String,
    },
    /// Planned demand is not known for the month.
    Planned {
        /// Which one.
        month: Month,
    },
    /// No requirement is known for the day.
    Requirement {
        /// Which day.
        on: Date,
    },
    /// A component of the requirement is not known for the day.
    Component {
        /// Which one.
        name: String,
        /// Which day.
        on: Date,
    },
    /// No floor is in force on the day.
    Floor {
        /// Which day.
        on: Date,
    },
    /// A part of the stock is not known.
    Part {
        /// Its label.
        label: String,
    },
    /// No class is declared, and the rule reads no number.
    Declaration,
    /// The rule names a measure that it does not have; checked rules never do.
    Measure {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnHand => write!(f, "what is on hand is not known"),
            Self::AsOf => write!(f, "the figures bear no date"),
            Self::Stale { as_of, max_age_days } => {
                write!(f, "the figures are of {as_of}, more than {max_age_days} days old")
            }
            Self::Ahead { as_of } => write!(f, "the figures are of {as_of}, which is yet to come"),
            Self::Flow { name } => write!(f, "{name} is not known over the whole look-back"),
            Self::Planned { month } => write!(f, "planned demand is not known for {month}"),
            Self::Requirement { on } => write!(f, "no requirement is known for {on}"),
            Self::Component { name, on } => {
                write!(f, "the component {name} of the requirement is not known for {on}")
            }
            Self::Floor { on } => write!(f, "no floor is in force on {on}"),
            Self::Part { label } => write!(f, "how much of it is {label} is not known"),
            Self::Declaration => write!(f, "no class is declared, and no number is read"),
            Self::Measure { name } => write!(f, "the rule has no measure {name}"),
        }
    }
}

/// A component of the requirement over a span of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its name: `plans`, `readiness`, …
    pub name: String,
    /// How many units it asks for.
    pub units: Quantity,
    /// From this day; from the beginning where there is none.
    pub from: Option<Date>,
    /// The first day on which it no longer holds; without end where there is none.
    pub until: Option<Date>,
}

impl Component {
    /// Whether it holds on `day`.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// The figures of one item. Default: nothing is known.
///
/// What is due in, promised or expiring before the current month is treated so: overdue deliveries
/// do not count, overdue promises leave in the current month, expired lots are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Of when the figures are.
    pub as_of: Option<Moment>,
    /// Fit for use and on hand, promised or not; quarantined units are not among them.
    pub on_hand: Option<Quantity>,
    /// Of these, reserved for releases.
    pub reserved: Quantity,
    /// Of these, earmarked: promised to recipients in these months.
    pub earmarked: BTreeMap<Month, Quantity>,
    /// Not fit for use; told, never counted.
    pub quarantined: Quantity,
    /// What comes in, by month.
    pub due_in: BTreeMap<Month, Quantity>,
    /// What of it is promised to recipients, by month.
    pub due_in_earmarked: BTreeMap<Month, Quantity>,
    /// Of what is on hand: lots by the last month in which they are fit for use.
    pub expiring: BTreeMap<Month, Quantity>,
    /// Planned demand.
    pub planned: Option<Series<Month>>,
    /// Past flows by name and month; `use` is the item's own use.
    pub by_month: BTreeMap<String, Series<Month>>,
    /// Past flows by name and day, where they are known so finely.
    pub by_day: BTreeMap<String, Series<Date>>,
    /// The components of the requirement.
    pub requirement: Vec<Component>,
    /// The parts of the stock by label.
    pub parts: BTreeMap<String, Part>,
}

impl Inputs {
    /// What is earmarked of what is on hand, over all months.
    #[must_use]
    pub fn earmarked_total(&self) -> Quantity {
        let units = self.earmarked.values().map(|units| units.units());
        Quantity::new(units.fold(0, u64::saturating_add)).unwrap_or(Quantity::MAX)
    }

    /// What counts as stock now, expired lots apart; negative where more is promised than there is.
    ///
    /// # Errors
    /// [`Missing::OnHand`] where that is not known.
    pub fn counted(&self, counted: Counted, now: Month) -> Result<i128, Missing> {
        let on_hand = i128::from(self.on_hand.ok_or(Missing::OnHand)?.units());
        let expired = self.expiring.range(..now).map(|(_, units)| units.units());
        let expired = expired.fold(0i128, |sum, units| sum.saturating_add(i128::from(units)));
        let fit = on_hand.saturating_sub(expired).max(0);
        Ok(match counted {
            Counted::OnHand => fit,
            Counted::Unencumbered => fit
                .saturating_sub(i128::from(self.reserved.units()))
                .saturating_sub(i128::from(self.earmarked_total().units())),
        })
    }
}

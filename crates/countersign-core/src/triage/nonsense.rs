//! What can be wrong with rules, and where.

use super::number::Number;
use crate::stock::ItemClass;
use countersign_proof::words::ItemId;
use std::fmt;

/// What makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Nonsense {
    /// Too few or too many.
    #[error("there are {found}, and must be {least} to {most}")]
    Count {
        /// How many there are.
        found: usize,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A number outside its bounds.
    #[error("{found} is outside its bounds, {least} to {most}")]
    Bounds {
        /// The number.
        found: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// The same name twice.
    #[error("{0} stands twice")]
    Twice(String),
    /// `unknown` stands for what is not known, and is no class of a pack.
    #[error("unknown stands for what is not known, and is no class of a pack")]
    Reserved,
    /// A text that is empty, too long, or no name.
    #[error("{0:?} is no name of 1 to 32 lower-case letters, digits and -")]
    Name(String),
    /// A text is empty.
    #[error("the text is empty")]
    Empty,
    /// A name that nothing has.
    #[error("there is no {0}")]
    Missing(String),
    /// The classes stand from best to worst.
    #[error("{0} stands out of order: from better to worse")]
    Order(String),
    /// An item that two rules name: neither could be told to be meant.
    #[error("{0} is named by two rules")]
    NamedTwice(ItemId),
    /// A limit in a unit that the measure does not have.
    #[error("the limit is in {found}, but the measure is in {wanted}")]
    Unit {
        /// The unit of the limit.
        found: &'static str,
        /// The unit of the measure.
        wanted: &'static str,
    },
    /// The margin points the wrong way.
    #[error("leaving at {leave} lies on the wrong side of entering at {enter}")]
    Margin {
        /// Where the class is entered.
        enter: Number,
        /// Where it may be left.
        leave: Number,
    },
    /// A better class that could never be reached.
    #[error("{} begins before {}, which then never holds", worse.as_str(), better.as_str())]
    Unreachable {
        /// The class that never holds.
        better: ItemClass,
        /// The one that hides it.
        worse: ItemClass,
    },
    /// Two things that exclude each other.
    #[error("{0}")]
    Together(&'static str),
}

/// A piece of nonsense and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// In which rule, by name; none where it is about the classes.
    pub rule: Option<String>,
    /// At which level, measure or class of it, by label or name.
    pub within: Option<String>,
    /// In which field, as it is written in a pack.
    pub field: &'static str,
    /// What makes no sense.
    pub nonsense: Nonsense,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in [&self.rule, &self.within].into_iter().flatten() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.field, self.nonsense)
    }
}

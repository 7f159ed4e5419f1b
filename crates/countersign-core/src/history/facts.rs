//! What a foreign history says of a case, fact by fact, each with what is known of its time.

use countersign_proof::words::{
    Act, ItemId, Moment, OfficeId, PartyId, Quantity, WordError, ZoneId,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What is known of a time: it was some moment from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(Moment, Moment)", into = "(Moment, Moment)")]
pub struct Span {
    earliest: Moment,
    latest: Moment,
}

impl Span {
    /// From `earliest` to `latest`; `None` where they are the wrong way round.
    #[must_use]
    pub fn new(earliest: Moment, latest: Moment) -> Option<Self> {
        (earliest <= latest).then_some(Self { earliest, latest })
    }

    /// One millisecond.
    #[must_use]
    pub fn at(moment: Moment) -> Self {
        Self { earliest: moment, latest: moment }
    }

    /// Any moment at all: nothing is known.
    #[must_use]
    pub fn any() -> Self {
        let first = Moment::from_millis(0).unwrap_or(Moment::LAST);
        Self { earliest: first, latest: Moment::LAST }
    }

    /// The first moment it can have been.
    #[must_use]
    pub fn earliest(self) -> Moment {
        self.earliest
    }

    /// The last moment it can have been.
    #[must_use]
    pub fn latest(self) -> Moment {
        self.latest
    }

    /// The span from the first moment of both to the last.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let (earliest, latest) = (self.earliest.min(other.earliest), self.latest.max(other.latest));
        Self { earliest, latest }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_any(self) -> bool {
        self == Self::any()
    }
}

impl TryFrom<(Moment, Moment)> for Span {
    type Error = WordError;
    fn try_from((earliest, latest): (Moment, Moment)) -> Result<Self, WordError> {
        let bad = || WordError::new(&format!("{earliest}/{latest}"), "a span that ends last");
        Self::new(earliest, latest).ok_or_else(bad)
    }
}

impl From<Span> for (Moment, Moment) {
    fn from(span: Span) -> Self {
        (span.earliest, span.latest)
    }
}

/// A name that a foreign history gives a person or a case: 1 to 120 bytes in one line, without
/// control characters. It means nothing outside its history.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct Foreign(SmolStr);

impl Foreign {
    /// The longest, in bytes.
    pub const MAX: usize = 120;

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Foreign {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let fits = !text.is_empty() && text.len() <= Self::MAX;
        if fits && !text.chars().any(char::is_control) {
            return Ok(Self(SmolStr::new(text)));
        }
        Err(WordError::new(text, "a name of 1 to 120 bytes without control characters"))
    }
}

impl TryFrom<SmolStr> for Foreign {
    type Error = WordError;
    fn try_from(text: SmolStr) -> Result<Self, WordError> {
        text.parse()
    }
}

impl From<Foreign> for SmolStr {
    fn from(name: Foreign) -> Self {
        name.0
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a fact is about: the act, and for whom, of what, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Matter {
    /// The act.
    pub act: Act,
    /// For whom.
    pub holder: PartyId,
    /// Of what.
    pub item: ItemId,
    /// Where; none for acts that name no zone.
    pub zone: Option<ZoneId>,
    /// For a transfer, to whom.
    pub recipient: Option<PartyId>,
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// As a place in a list.
            #[must_use]
            pub fn index(self) -> usize {
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }
    };
}

number!(
    /// A matter, by its place among the [`Names`].
    MatterNo
);
number!(
    /// An office, by its place among the [`Names`].
    OfficeNo
);
number!(
    /// A person of the history, by their place among the [`Names`].
    PersonNo
);

/// A fact of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fact {
    /// The line of the history that says so; facts of a case are given in the order of lines.
    pub line: u64,
    /// When.
    pub when: Span,
    /// About what.
    pub matter: MatterNo,
    /// By whom, where the history says.
    pub by: Option<PersonNo>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum What {
    /// It was asked for. `by` is the requester, who approves nothing in the case.
    Asked {
        /// How much.
        quantity: Option<Quantity>,
    },
    /// An office approved it.
    Approved {
        /// Which.
        office: OfficeNo,
        /// How much; where it does not say, what was asked for last, and any if nothing was.
        quantity: Option<Quantity>,
        /// The last moment at which it holds.
        until: Option<Span>,
    },
    /// It was refused: the round ends.
    Refused,
    /// Approvals were taken back: those of the office, by the person, or all.
    Withdrawn {
        /// Whose; of every office where it does not say.
        office: Option<OfficeNo>,
    },
    /// It was done.
    Acted {
        /// How much.
        quantity: Quantity,
    },
}

/// Everything that facts name, each thing once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    matters: Numbered<Matter>,
    offices: Numbered<OfficeId>,
    persons: Numbered<Foreign>,
}

#[derive(Clone, Debug)]
struct Numbered<T> {
    known: BTreeMap<T, u32>,
    list: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { known: BTreeMap::new(), list: Vec::new() }
    }
}

impl<T: Ord + Clone> Numbered<T> {
    fn number(&mut self, thing: &T) -> u32 {
        if let Some(known) = self.known.get(thing) {
            return *known;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.known.insert(thing.clone(), number);
        self.list.push(thing.clone());
        number
    }
}

impl Names {
    /// The number of a matter.
    pub fn matter(&mut self, matter: &Matter) -> MatterNo {
        MatterNo(self.matters.number(matter))
    }

    /// The number of an office.
    pub fn office(&mut self, office: &OfficeId) -> OfficeNo {
        OfficeNo(self.offices.number(office))
    }

    /// The number of a person.
    pub fn person(&mut self, person: &Foreign) -> PersonNo {
        PersonNo(self.persons.number(person))
    }

    /// The matter of that number.
    #[must_use]
    pub fn matter_of(&self, number: MatterNo) -> Option<&Matter> {
        self.matters.list.get(number.index())
    }

    /// The office of that number.
    #[must_use]
    pub fn office_of(&self, number: OfficeNo) -> Option<&OfficeId> {
        self.offices.list.get(number.index())
    }

    /// The person of that number.
    #[must_use]
    pub fn person_of(&self, number: PersonNo) -> Option<&Foreign> {
        self.persons.list.get(number.index())
    }

    /// How many persons are known.
    #[must_use]
    pub fn persons(&self) -> usize {
        self.persons.list.len()
    }

    /// Forgets the persons: their numbers mean nothing from here on.
    pub fn forget_persons(&mut self) {
        self.persons = Numbered::default();
    }
}

/// A fact as it is kept in the record: with its names written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFact {
    /// When.
    pub when: Span,
    /// About what.
    pub matter: Matter,
    /// By whom, where the history says.
    pub by: Option<Foreign>,
    /// What.
    pub what: KeptWhat,
}

/// What happened, with its names written out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `What`")]
pub enum KeptWhat {
    Asked { quantity: Option<Quantity> },
    Approved { office: OfficeId, quantity: Option<Quantity>, until: Option<Span> },
    Refused,
    Withdrawn { office: Option<OfficeId> },
    Acted { quantity: Quantity },
}

//! Parties, offices, and the dated spans in which people hold them.

use countersign_proof::words::{Act, KeyId, Moment, OfficeId, PartyId, PersonId, WordError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A nation or organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// Its name for people.
    pub title: String,
}

/// What the incumbents of an office may do beside deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Function {
    /// Submit, revise and withdraw requests of its party, surrender releases, report use.
    Request,
    /// Advise on requests.
    Advise,
    /// Decide where the policy names the office.
    Decide,
    /// Receive stock of its party and hand units out.
    Stock,
    /// Register people and revoke keys.
    Register,
    /// Read what overseers read; is told of what is overdue.
    Oversee,
}

impl Function {
    /// All of them, in order.
    pub const ALL: &'static [Self] =
        &[Self::Request, Self::Advise, Self::Decide, Self::Stock, Self::Register, Self::Oversee];

    /// The word as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Advise => "advise",
            Self::Decide => "decide",
            Self::Stock => "stock",
            Self::Register => "register",
            Self::Oversee => "oversee",
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Function {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let expected = "a function (request, advise, decide, stock, register, oversee)";
        let found = Self::ALL.iter().copied().find(|function| function.as_str() == text);
        found.ok_or_else(|| WordError::new(text, expected))
    }
}

/// A post that decides, held by incumbents over dated spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Office {
    /// Its id.
    pub id: OfficeId,
    /// Its name for people.
    pub title: String,
    /// The party it belongs to.
    pub party: PartyId,
    /// Whether only its incumbent may sign: no deputy, no escalation, no administrator.
    pub personal: bool,
    /// How many distinct signers make its word, 1 to 9.
    pub quorum: u8,
    /// What its incumbents may do beside.
    pub functions: BTreeSet<Function>,
}

impl Office {
    /// Checks that the office is possible.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self) -> Result<(), String> {
        let id = &self.id;
        if !(1..=9).contains(&self.quorum) {
            return Err(format!("the quorum of {id} must lie between 1 and 9"));
        }
        if self.personal && self.quorum != 1 {
            return Err(format!("{id} is personal, so its quorum is 1: its one incumbent"));
        }
        Ok(())
    }
}

/// A half-open span `[from, until)` that may have no end yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first moment.
    pub from: Moment,
    /// The first moment after it; [`Moment::LAST`] where no end is set.
    pub until: Moment,
}

impl Span {
    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(self, at: Moment) -> bool {
        self.from <= at && at < self.until
    }

    /// Whether both share a moment; a span that was ended before it began has none.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from.max(other.from) < self.until.min(other.until)
    }

    /// Ends it at `until`, if it would last longer.
    pub(crate) fn end(&mut self, until: Moment) {
        self.until = self.until.min(until.max(self.from));
    }
}

/// A person's term in an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incumbency {
    /// The office.
    pub office: OfficeId,
    /// Who holds it.
    pub person: PersonId,
    /// When.
    pub span: Span,
}

/// A deputy: signs in an incumbent's stead, for some acts, over a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deputation {
    /// The office; never a personal one.
    pub office: OfficeId,
    /// The incumbent.
    pub principal: PersonId,
    /// The deputy.
    pub deputy: PersonId,
    /// The acts covered.
    pub acts: BTreeSet<Act>,
    /// When.
    pub span: Span,
}

impl Deputation {
    /// Whether it covers `act` at `at`.
    #[must_use]
    pub fn covers(&self, act: Act, at: Moment) -> bool {
        self.span.contains(at) && self.acts.contains(&act)
    }
}

/// A key that may, or might once, sign for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledKey {
    /// Its fingerprint.
    pub key: KeyId,
    /// The key in OpenSSH form.
    pub public_key: String,
    /// Whose it is.
    pub person: PersonId,
    /// Who witnessed the enrolment; the founders' charter has none.
    pub witness: Option<PersonId>,
    /// From when it may sign.
    pub from: Moment,
    /// The first moment at which it may no longer sign.
    pub until: Moment,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

impl EnrolledKey {
    /// Whether it may sign at `at`.
    #[must_use]
    pub fn may_sign(&self, at: Moment) -> bool {
        self.from <= at && at < self.until && self.revoked_at.is_none_or(|revoked| at < revoked)
    }
}

//! The closed vocabularies: acts, kinds of decision, standings; and the quantity.

use super::{ItemId, OfficeId, PartyId, ReleaseId, RequestId, WordError, ZoneId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A whole number of units, 0 to 10¹²; never a float.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Quantity(u64);

impl Quantity {
    /// The largest quantity a ledger takes: 10¹² units.
    pub const MAX: Self = Self(1_000_000_000_000);
    /// None.
    pub const ZERO: Self = Self(0);

    /// `units` units; `None` above [`Quantity::MAX`].
    #[must_use]
    pub fn new(units: u64) -> Option<Self> {
        (units <= Self::MAX.0).then_some(Self(units))
    }

    /// The number of units.
    #[must_use]
    pub fn units(self) -> u64 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; `None` above [`Quantity::MAX`].
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }

    /// The difference; `None` below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl TryFrom<u64> for Quantity {
    type Error = WordError;
    fn try_from(units: u64) -> Result<Self, WordError> {
        Self::new(units).ok_or_else(|| {
            WordError::new(&units.to_string(), "a whole number of units, at most 10^12")
        })
    }
}
impl From<Quantity> for u64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl FromStr for Quantity {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let zero = (text == "0").then_some(0);
        zero.or_else(|| super::ids::canonical_number(text))
            .and_then(Self::new)
            .ok_or_else(|| WordError::new(text, "a whole number of units, 0 to 10^12, digits only"))
    }
}

/// A whole number of days, 0 to 3,660.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u16", into = "u16")]
pub struct Days(u16);

impl TryFrom<u16> for Days {
    type Error = WordError;
    fn try_from(days: u16) -> Result<Self, WordError> {
        if days <= 3660 {
            Ok(Self(days))
        } else {
            Err(WordError::new(&days.to_string(), "a whole number of days, 0 to 3660"))
        }
    }
}
impl From<Days> for u16 {
    fn from(days: Days) -> Self {
        days.0
    }
}
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl FromStr for Days {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let zero = (text == "0").then_some(0);
        let number = zero.or_else(|| super::ids::canonical_number(text));
        let days = number.and_then(|number| u16::try_from(number).ok()?.try_into().ok());
        days.ok_or_else(|| WordError::new(text, "a whole number of days, 0 to 3660, digits only"))
    }
}

macro_rules! terms {
    (
        $(#[$doc:meta])* $name:ident, $expected:literal
        { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(WordError::new(other, $expected)),
                }
            }
        }
    };
}

terms!(
    /// What policy rules on.
    Act,
    "an act (use, deliver, transfer, divert, admit, appoint, publish, override, suspend, view)" {
        /// Use units of an item in a zone.
        Use = "use",
        /// Hand units over to the holder they are meant for.
        Deliver = "deliver",
        /// Pass units on to a third party.
        Transfer = "transfer",
        /// Re-route earmarked units to other stock.
        Divert = "divert",
        /// Take in a new request.
        Admit = "admit",
        /// Put a person into an office, or end that.
        Appoint = "appoint",
        /// Bring a policy version into force.
        Publish = "publish",
        /// Set a class by hand.
        Override = "override",
        /// Place or lift a hold.
        Suspend = "suspend",
        /// See a part of the record.
        View = "view",
    }
);

impl Act {
    /// Whether a request can ask for this act.
    #[must_use]
    pub fn can_be_requested(self) -> bool {
        match self {
            Self::Use | Self::Deliver | Self::Transfer | Self::Divert => true,
            Self::Admit
            | Self::Appoint
            | Self::Publish
            | Self::Override
            | Self::Suspend
            | Self::View => false,
        }
    }
}

terms!(
    /// An office's word on one revision.
    DecisionKind, "a decision (approve, refuse, withdraw, ask)" {
        /// Authorise, within the provisos.
        Approve = "approve",
        /// Say no.
        Refuse = "refuse",
        /// Take an authorisation back.
        Withdraw = "withdraw",
        /// Ask the requester for information; the clock stops.
        Ask = "ask",
    }
);

terms!(
    /// A reviewer's recommendation.
    AdviceKind, "an advice (approve, approve-with-provisos, refuse, no-objection)" {
        /// Recommend approval.
        Approve = "approve",
        /// Recommend approval within the provisos.
        ApproveWithProvisos = "approve-with-provisos",
        /// Recommend refusal.
        Refuse = "refuse",
        /// Raise nothing against it.
        NoObjection = "no-objection",
    }
);

terms!(
    /// Why units leave or enter the books other than by a release or a receipt.
    StockReason,
    "a reason (count, damaged, expired, lost, found, correction, order-changed, disposal, test, \
     training)" {
        /// A count found another number.
        Count = "count",
        /// Units were found damaged beyond use.
        Damaged = "damaged",
        /// A lot has passed its last day.
        Expired = "expired",
        /// Units cannot be found.
        Lost = "lost",
        /// Units turned up.
        Found = "found",
        /// An earlier figure was entered wrongly.
        Correction = "correction",
        /// An order was enlarged, cut or cancelled.
        OrderChanged = "order-changed",
        /// Units were destroyed on purpose.
        Disposal = "disposal",
        /// Units were used up in tests of quality.
        Test = "test",
        /// Units were used up in training.
        Training = "training",
    }
);

impl StockReason {
    /// Whether units are issued, and gone, for this reason; otherwise it explains a count.
    #[must_use]
    pub fn is_issue(self) -> bool {
        match self {
            Self::Disposal | Self::Test | Self::Training => true,
            Self::Count
            | Self::Damaged
            | Self::Expired
            | Self::Lost
            | Self::Found
            | Self::Correction
            | Self::OrderChanged => false,
        }
    }
}

terms!(
    /// Whether an appointment begins or ends.
    AppointmentChange, "an appointment change (appoint, end)" {
        /// The person takes the post for the span.
        Appoint = "appoint",
        /// The person's span ends at its `until`.
        End = "end",
    }
);

terms!(
    /// How a person stands to an office.
    Role, "a role (incumbent, deputy)" {
        /// Holds the office.
        Incumbent = "incumbent",
        /// Signs in an incumbent's stead, within scope and span; never for a personal office.
        Deputy = "deputy",
    }
);

terms!(
    /// How well a stated fact is established.
    Standing, "a standing (reported, official, disputed, assumed)" {
        /// Reported by the press.
        Reported = "reported",
        /// Published by the authority itself.
        Official = "official",
        /// Reported and contradicted.
        Disputed = "disputed",
        /// Assumed by the authors of the pack.
        Assumed = "assumed",
    }
);

terms!(
    /// What becomes of open requests and live releases when a version comes into force.
    Transition, "a transition rule (keep, revoke, re-evaluate)" {
        /// They stay under the version they were made under.
        Keep = "keep",
        /// Releases are revoked; open requests start again under the new version.
        Revoke = "revoke",
        /// Both are judged anew; a release that now lacks an approval is suspended until it comes.
        ReEvaluate = "re-evaluate",
    }
);

/// What a hold suspends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HoldScope {
    /// Everything in the ledger.
    All,
    /// Everything of one holder.
    Holder(PartyId),
    /// Everything of one item.
    Item(ItemId),
    /// Everything in one zone and what lies inside it.
    Zone(ZoneId),
    /// Every request for one act.
    Act(Act),
    /// Everything that rests on one office's consent.
    Office(OfficeId),
    /// One request.
    Request(RequestId),
    /// One release.
    Release(ReleaseId),
}

impl fmt::Display for HoldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Holder(id) => write!(f, "holder:{id}"),
            Self::Item(id) => write!(f, "item:{id}"),
            Self::Zone(id) => write!(f, "zone:{id}"),
            Self::Act(act) => write!(f, "act:{act}"),
            Self::Office(id) => write!(f, "office:{id}"),
            Self::Request(id) => write!(f, "request:{id}"),
            Self::Release(id) => write!(f, "release:{id}"),
        }
    }
}
impl FromStr for HoldScope {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        if text == "all" {
            return Ok(Self::All);
        }
        let bad = || WordError::new(text, "a hold scope such as all, item:ATACMS or release:REL-3");
        let (kind, id) = text.split_once(':').ok_or_else(bad)?;
        match kind {
            "holder" => Ok(Self::Holder(id.parse()?)),
            "item" => Ok(Self::Item(id.parse()?)),
            "zone" => Ok(Self::Zone(id.parse()?)),
            "act" => Ok(Self::Act(id.parse()?)),
            "office" => Ok(Self::Office(id.parse()?)),
            "request" => Ok(Self::Request(id.parse()?)),
            "release" => Ok(Self::Release(id.parse()?)),
            _ => Err(bad()),
        }
    }
}

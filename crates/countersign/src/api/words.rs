//! The words of the record as they stand in JSON and in addresses. Answers: *which letters may
//! stand
//! here?*
//!
//! Each word has one schema with its pattern; what does not fit is told as the word itself tells
//! it.

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{ComponentsBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// What is known of how a word is written.
pub(crate) trait Written: FromStr<Err: Display> + Display {
    /// What it is called.
    const NAME: &'static str;
    /// What it means.
    const MEANS: &'static str;
    /// The regular expression that it matches, as ECMA-262 has them.
    const PATTERN: &'static str;
    /// One of them.
    const EXAMPLE: &'static str;
}

/// A word, read from text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Written> Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Written> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: Written> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading<T>(PhantomData<T>);
        impl<T: Written> Visitor<'_> for Reading<T> {
            type Value = Word<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text such as {:?} ({})", T::EXAMPLE, T::NAME)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word<T>, E> {
                text.parse().map(Word).map_err(|error: T::Err| E::custom(error))
            }
        }
        deserializer.deserialize_str(Reading(PhantomData))
    }
}

impl<T: Written> PartialSchema for Word<T> {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::String);
        let object = object.description(Some(T::MEANS)).pattern(Some(T::PATTERN));
        object.examples([serde_json::json!(T::EXAMPLE)]).build().into()
    }
}

impl<T: Written> ToSchema for Word<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::NAME.into()
    }
}

macro_rules! words {
    ($($name:ident: $of:ty, $means:literal, $pattern:expr, $example:literal;)+) => {
        $(
            #[doc = $means]
            pub(crate) type $name = Word<$of>;
            impl Written for $of {
                const NAME: &'static str = stringify!($name);
                const MEANS: &'static str = $means;
                const PATTERN: &'static str = $pattern;
                const EXAMPLE: &'static str = $example;
            }
        )+

        /// Puts the schema of every word among the components.
        pub(crate) fn described(components: ComponentsBuilder) -> ComponentsBuilder {
            components$(.schema(stringify!($name), <$name as PartialSchema>::schema()))+
                .schema("Units", <Units as PartialSchema>::schema())
                .schema("Limit", <Limit as PartialSchema>::schema())
        }
    };
}

const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
const MOMENT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{3})?Z)?$";

words! {
    Party: countersign_proof::words::PartyId, "A nation or organisation.", NAME, "UA";
    Office: countersign_proof::words::OfficeId, "A post that decides.", NAME, "US.SecDef";
    Person: countersign_proof::words::PersonId, "A human, by an opaque id.", NAME, "P-2C9T";
    Item: countersign_proof::words::ItemId, "A kind of thing.", NAME, "ATACMS";
    Lot: countersign_proof::words::LotId, "A batch of an item.", NAME, "LOT-7";
    Earmark: countersign_proof::words::EarmarkId, "A promise of units.", NAME, "EM-7";
    Zone: countersign_proof::words::ZoneId, "A named area.", NAME, "RU.Kursk";
    Place: countersign_proof::words::PlaceId, "A place that keeps stock.", NAME, "UA.Depot-1";
    PolicyVersion: countersign_proof::words::PolicyVersionId, "A policy version.", NAME, "v4";
    ItemClass: countersign_proof::words::ItemClass, "The triage colour of an item.",
        "^[a-z0-9-]{1,32}$", "red";
    Request: countersign_proof::words::RequestId, "A request.", "^REQ-[1-9][0-9]*$", "REQ-12";
    Release: countersign_proof::words::ReleaseId, "A release.", "^REL-[1-9][0-9]*$", "REL-12";
    Certificate: countersign_proof::words::CertificateId, "A certificate for a depot.",
        "^CERT-[1-9][0-9]*$", "CERT-4";
    Order: countersign_proof::words::OrderId, "A diversion order.", "^ORD-[1-9][0-9]*$", "ORD-2";
    Debt: countersign_proof::words::DebtId, "A debt.", "^DEBT-[1-9][0-9]*$", "DEBT-5";
    Hold: countersign_proof::words::HoldId, "A hold.", "^HOLD-[1-9][0-9]*$", "HOLD-3";
    Key: countersign_proof::words::KeyId, "A key, by its fingerprint.",
        "^SHA256:[A-Za-z0-9+/]{43}$", "SHA256:Wq0xg3W6o8Pf7mI9d0yQm2e1XvG8b5nT4rUuJcKzLhA";
    HoldScope: countersign_proof::words::HoldScope, "What a hold suspends.",
        "^(all|(holder|item|zone|act|office|request|release):.+)$", "item:ATACMS";
    Provisos: countersign_proof::words::Provisos, "Conditions that narrow an approval; - for none.",
        "^.+$", "quantity=4 zones=RU.Kursk";
    Month: countersign_proof::words::Month, "A month.", "^[0-9]{4}-[0-9]{2}$", "2025-09";
    Date: countersign_proof::words::Date, "A date.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2025-09-01";
    Act: countersign_proof::words::Act, "What policy rules on.",
        "^(use|deliver|transfer|divert|admit|appoint|publish|override|suspend|view)$", "use";
    Decision: countersign_proof::words::DecisionKind, "An office's word.",
        "^(approve|refuse|withdraw|ask)$", "approve";
    Advice: countersign_proof::words::AdviceKind, "A reviewer's recommendation.",
        "^(approve|approve-with-provisos|refuse|no-objection)$", "no-objection";
    Standing: countersign_proof::words::Standing, "How well something is established.",
        "^(reported|official|disputed|assumed)$", "official";
    Transition: countersign_proof::words::Transition, "What becomes of what is open.",
        "^[a-z-]+$", "re-evaluate";
    StockReason: countersign_proof::words::StockReason, "Why stock changes.", "^[a-z-]+$", "count";
    Digest: countersign_proof::words::Digest, "A SHA-256 digest.", "^[0-9a-f]{64}$",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    Moment: When, "A moment in UTC, or a date, which means its first moment.", MOMENT,
        "2025-12-01T09:00:00Z";
    StockState: AccountState, "The state of stock, with the month in which it is due.",
        "^(on-hand|quarantined|(in-transit|on-order)=[0-9]{4}-[0-9]{2})$", "on-hand";
    RequestState: StateOfRequest, "Where a request stands.", "^[a-z-]+$", "under-review";
    ReleaseState: StateOfRelease, "Where a release stands.", "^[a-z-]+$", "issued";
}

/// A moment, or a date, which means its first moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct When(pub(crate) countersign_proof::words::Moment);

impl FromStr for When {
    type Err = countersign_proof::words::WordError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        crate::cli::moment(text).map(Self)
    }
}

impl Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A state of stock, written as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountState(pub(crate) countersign_core::stock::AccountState);

impl FromStr for AccountState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        crate::cli::account_state(text).map(Self)
    }
}

impl Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())?;
        self.0.due().map_or(Ok(()), |month| write!(f, "={month}"))
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident: $of:ty { $($variant:ident),+ }, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $of);
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let all = [$(<$of>::$variant),+];
                let found = all.into_iter().find(|state| state.as_str() == text);
                found.map(Self).ok_or_else(|| {
                    let all = all.map(<$of>::as_str).join(", ");
                    format!("{text:?} is not {}; write one of {all}", $expected)
                })
            }
        }
        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.as_str())
            }
        }
    };
}

states! {
    /// Where a request stands.
    StateOfRequest: countersign_core::requests::RequestState {
        Submitted, UnderReview, InformationRequested, Approved, Refused, Withdrawn, Superseded,
        Lapsed
    }, "the state of a request"
}
states! {
    /// Where a release stands.
    StateOfRelease: countersign_core::requests::ReleaseState {
        Issued, Suspended, Reinstated, Exhausted, Expired, Revoked, Surrendered
    }, "the state of a release"
}

/// A whole number of units, 0 to 10^12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Units(pub(crate) countersign_proof::words::Quantity);

impl PartialSchema for Units {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Integer);
        let object = object.description(Some("A whole number of units."));
        object.minimum(Some(0)).maximum(Some(1_000_000_000_000_u64)).build().into()
    }
}

impl ToSchema for Units {
    fn name() -> std::borrow::Cow<'static, str> {
        "Units".into()
    }
}

/// How much of a list is wanted at once, 1 to 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<u16> for Limit {
    type Error = String;
    fn try_from(limit: u16) -> Result<Self, String> {
        let wanted = (1..=200).contains(&limit).then_some(Self(usize::from(limit)));
        wanted.ok_or_else(|| format!("limit {limit} is not a number from 1 to 200"))
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Integer);
        let object = object.description(Some("How much of a list is wanted at once."));
        object.minimum(Some(1)).maximum(Some(200)).default(Some(50.into())).build().into()
    }
}

impl ToSchema for Limit {
    fn name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }
}

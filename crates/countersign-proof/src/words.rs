//! The words of the glossary as types: ids, quantities, moments, acts.
//!
//! Answers: *which words may stand in a statement, and how is each written?* Every type here has
//! one canonical text form; `parse` accepts that form and no other, so a value survives the way
//! through a signed statement unchanged. `docs/glossary.md` says what each word means.

mod class;
mod ids;
mod moment;
mod month;
mod proviso;
mod terms;

pub use class::ItemClass;
pub use ids::{
    CertificateId, CommandId, DebtId, Digest, EarmarkId, EntryNumber, Hashing, HoldId, InputId,
    ItemId, KeyId, LotId, Nonce, OfficeId, OrderId, PartyId, PersonId, PlaceId, PolicyVersionId,
    ReleaseId, RequestId, Revision, ZoneId,
};
pub(crate) use ids::{canonical_count, canonical_number};
pub use moment::{Date, Moment, Window};
pub use month::Month;
pub use proviso::Provisos;
pub use terms::{
    Act, AdviceKind, AppointmentChange, Days, DecisionKind, HoldScope, Quantity, Role, Standing,
    StockReason, Transition,
};

/// A word that is not written the way its type demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {expected}")]
pub struct WordError {
    /// What was found, cut to 80 characters.
    pub value: String,
    /// What should have stood there, as a noun phrase with an example.
    pub expected: &'static str,
}

impl WordError {
    /// Reports that `value` is not `expected`.
    #[must_use]
    pub fn new(value: &str, expected: &'static str) -> Self {
        Self { value: value.chars().take(80).collect(), expected }
    }
}

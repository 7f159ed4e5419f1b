//! What can be wrong with the figures that a plan is to be made from.

use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};

/// Why no plan can be made from what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are named by the message of their variant")]
pub enum ProblemError {
    /// No month at all.
    #[error("{item}: the plan covers no month; give it at least one")]
    EmptyHorizon { item: ItemId },
    /// More than [`MONTHS_MAX`](super::MONTHS_MAX) months.
    #[error("{item}: {months} months are more than a plan covers; give it at most 600")]
    HorizonTooLong { item: ItemId, months: usize },
    /// The last month has no name.
    #[error("{item}: {months} months from {first} run past 9999-12; begin earlier or plan less")]
    HorizonPastCalendar { item: ItemId, first: Month, months: usize },
    /// Not one threshold for every month.
    #[error("{item}: {thresholds} thresholds for {months} months; give one for every month")]
    ThresholdsDoNotMatch { item: ItemId, months: usize, thresholds: usize },
    /// The distance between threshold and position is no 64-bit number.
    #[error(
        "{item}: in {month} threshold {threshold} and position {base} are too far apart; \
             check both figures"
    )]
    NeedTooLarge { item: ItemId, month: Month, threshold: u64, base: i64 },
    /// The unit-months below the threshold do not fit 64 bits.
    #[error(
        "{item}: up to {month} the unit-months below the threshold pass 2^64; \
             check the thresholds and positions"
    )]
    ShortfallTooLarge { item: ItemId, month: Month },
    /// A slot of month 0 or after the last month.
    #[error("{item}: earmark {earmark} has a slot in month {month}; months here are 1 to {months}")]
    MonthOutsideHorizon { item: ItemId, earmark: EarmarkId, month: u16, months: u16 },
    /// More than 10^12 units.
    #[error("{item}: earmark {earmark}, month {month}: {quantity} units; a slot has at most 10^12")]
    QuantityTooLarge { item: ItemId, earmark: EarmarkId, month: u16, quantity: u64 },
    /// More than [`HARM_MAX`](super::HARM_MAX).
    #[error("{item}: earmark {earmark}, month {month}: harm {harm} for a unit; it is at most 10^9")]
    HarmTooLarge { item: ItemId, earmark: EarmarkId, month: u16, harm: u64 },
    /// One earmark, two recipients.
    #[error(
        "{item}: earmark {earmark} promises to {one} and to {other}; \
             give each recipient an earmark of its own"
    )]
    TwoRecipients { item: ItemId, earmark: EarmarkId, one: PartyId, other: PartyId },
    /// One earmark twice in a month.
    #[error("{item}: earmark {earmark} has two slots in month {month}; add them up to one")]
    DuplicateSlot { item: ItemId, earmark: EarmarkId, month: u16 },
    /// More than 2^32 - 1 slots.
    #[error("{item}: {slots} slots are more than one item's plan takes; at most 4294967295")]
    TooManySlots { item: ItemId, slots: usize },
    /// All units together do not fit 64 bits.
    #[error(
        "{item}: with earmark {earmark}, month {month}, the promised units pass 2^64; \
             check the quantities"
    )]
    TooManyUnits { item: ItemId, earmark: EarmarkId, month: u16 },
}

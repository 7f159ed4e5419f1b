//! What can be wrong with a plan.

use countersign_proof::words::{EarmarkId, ItemId, PartyId};

/// Why a plan is not accepted. Months are those of the plan; the first is 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are named by the message of their variant")]
pub enum Fault {
    #[error("the plan is for {plan}, the problem for {problem}")]
    OtherItem { plan: ItemId, problem: ItemId },
    #[error("the plan was made for other months")]
    OtherMonths,
    #[error("the plan was made from another position")]
    OtherBase,
    #[error("the plan was made from another threshold")]
    OtherThreshold,
    #[error("the plan was made under other vetoes")]
    OtherVetoes,
    #[error("the plan has {prices} prices for {months} months")]
    PriceForEveryMonth { prices: usize, months: usize },
    #[error(
        "the plan diverts {earmark} of month {month}: the problem has no such slot, or it \
         stands twice or out of order in the plan"
    )]
    NoSuchSlot { earmark: EarmarkId, month: u16 },
    #[error("the plan's slot of month {month} names promise {promise}, which the plan lacks")]
    NoSuchPromise { promise: u32, month: u16 },
    #[error("{earmark} is no earmark of the problem, or stands twice or out of order in the plan")]
    NoSuchEarmark { earmark: EarmarkId },
    #[error("{earmark} is promised to {promised}, not to {recipient}")]
    WrongRecipient { earmark: EarmarkId, recipient: PartyId, promised: PartyId },
    #[error("the plan names {earmark} and diverts nothing of it")]
    IdlePromise { earmark: EarmarkId },
    #[error("a unit of {earmark} of month {month} does harm {known}, not {harm}")]
    WrongHarm { earmark: EarmarkId, month: u16, harm: u64, known: u64 },
    #[error("{earmark} of month {month} may not be diverted")]
    NotDivertible { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month} is vetoed")]
    Vetoed { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month} gives up {quantity} units of {available}")]
    MoreThanTheSlot { earmark: EarmarkId, month: u16, quantity: u64, available: u64 },
    #[error("{earmark} of month {month} stands in the plan and gives up nothing")]
    Nothing { earmark: EarmarkId, month: u16 },
    #[error("{earmark} of month {month}: no slot of it can be taken for month {short_month}")]
    ReasonOutsideMonths { earmark: EarmarkId, month: u16, short_month: u16 },
    #[error("{earmark} of month {month}: the reasons account for {reasons} units of {quantity}")]
    ReasonsDoNotAddUp { earmark: EarmarkId, month: u16, reasons: u64, quantity: u64 },
    #[error("the reasons name two figures for how short month {month} is: {one} and {other}")]
    ReasonsDisagree { month: u16, one: u64, other: u64 },
    #[error("month {month} is short by {known}, not by {short_by}")]
    ReasonWrong { month: u16, short_by: u64, known: u64 },
    #[error("{units} units are taken for month {month}, {needed} is what it needs")]
    UnitsForMonth { month: u16, units: u64, needed: u64 },
    #[error(
        "up to month {month} {diverted} units are diverted; {required} could be and are needed"
    )]
    TooFew { month: u16, diverted: u64, required: u64 },
    #[error("{diverted} units are diverted in all; {required} are enough")]
    TooMany { diverted: u64, required: u64 },
    #[error("the price rises in month {month}")]
    PriceRises { month: u16 },
    #[error("the price falls after month {month}, up to which more is diverted than needed")]
    PriceFalls { month: u16 },
    #[error("{earmark} of month {month} is taken at harm {harm}; the price is {price}")]
    AbovePrice { earmark: EarmarkId, month: u16, harm: u64, price: u64 },
    #[error("{earmark} of month {month} is left at harm {harm}; the price is {price}")]
    LeftBelowPrice { earmark: EarmarkId, month: u16, harm: u64, price: u64 },
    #[error(
        "up to month {month} a slot is left that stands before one that is taken: by harm, \
         then month, then earmark"
    )]
    OutOfTurn { month: u16 },
    #[error("the shortfall before is {known} unit-months, not {stated}")]
    ShortfallBefore { stated: u64, known: u64 },
    #[error("the shortfall after is {known} unit-months, not {stated}")]
    ShortfallAfter { stated: u64, known: u64 },
    #[error("the harm is {known}, not {stated}")]
    Harm { stated: u128, known: u128 },
}

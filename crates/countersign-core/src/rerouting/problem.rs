//! What a plan is made from.
//!
//! Answers: *how far is one item's owner below its threshold, month by month, and which promised
//! units could be diverted?* [`ItemProblem::new`] checks everything once and puts the slots into
//! one order, so that whatever is made from a problem depends on the facts and not on the order in
//! which they were given, and so that no later sum can overflow.

mod gather;
mod refused;

pub use refused::ProblemError;

use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId};
use gather::{gather, month_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The longest horizon, in months.
pub const MONTHS_MAX: u16 = 600;

/// The greatest harm for one unit.
pub const HARM_MAX: u64 = 1_000_000_000;

/// What one earmark promises in one month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// The earmark; it promises to one recipient, and once in a month.
    pub earmark: EarmarkId,
    /// To whom.
    pub recipient: PartyId,
    /// In which month of the plan; the first is 1.
    pub month: u16,
    /// Units that may still be diverted, at most 10^12; zero is allowed and changes nothing.
    pub quantity: u64,
    /// Harm of diverting one unit, at most 10^9; higher is worse.
    pub harm: u64,
    /// Whether it may be diverted at all.
    pub divertible: bool,
}

/// What may not be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vetoes {
    /// Recipients none of whose earmarks may be diverted.
    pub recipients: BTreeSet<PartyId>,
    /// Earmarks that may not be diverted.
    pub earmarks: BTreeSet<EarmarkId>,
}

impl Vetoes {
    /// No veto.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether nothing is vetoed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recipients.is_empty() && self.earmarks.is_empty()
    }
}

/// An earmark and whom it promises to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The earmark.
    pub earmark: EarmarkId,
    /// The recipient.
    pub recipient: PartyId,
}

/// A slot as it is kept, in 16 bytes: its month is told by its place, its names by its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Units.
    pub(super) quantity: u64,
    /// Its place among the promises.
    pub(super) promise: u32,
    /// Twice the harm for one unit, and 1 if it may be diverted: at most 2 × 10^9 + 1.
    harm_and_leave: u32,
}

impl Cell {
    fn new(slot: &Slot, promise: u32, harm: u32) -> Self {
        let harm_and_leave = (harm << 1) | u32::from(slot.divertible);
        Self { quantity: slot.quantity, promise, harm_and_leave }
    }

    /// Harm for one unit.
    pub(super) fn harm(self) -> u32 {
        self.harm_and_leave >> 1
    }

    pub(super) fn divertible(self) -> bool {
        self.harm_and_leave & 1 == 1
    }
}

/// One item of one owner: position, threshold and slots over the months of a plan.
///
/// The slots stand by month, then by earmark id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemProblem {
    item: ItemId,
    first: Month,
    months: u16,
    base: Vec<i64>,
    threshold: Vec<u64>,
    need: Vec<u64>,
    /// By earmark id.
    promises: Vec<Promise>,
    cells: Vec<Cell>,
    /// Where each month's cells begin, and at the end where the last month's end.
    starts: Vec<usize>,
}

impl ItemProblem {
    /// Takes one item's figures: for each month from `first` on the owner's own projected position
    /// without diversion (`base`, units, may be negative) and its `threshold` (units), and all
    /// slots promised to others in these months, in any order.
    ///
    /// # Errors
    /// [`ProblemError`] naming the place: no month or more than 600, not one threshold for each
    /// month, a slot outside the months, twice in a month, out of range or of two recipients, or
    /// figures whose sums pass 64 bits.
    pub fn new(
        item: ItemId,
        first: Month,
        base: Vec<i64>,
        threshold: Vec<u64>,
        slots: Vec<Slot>,
    ) -> Result<Self, ProblemError> {
        let months = horizon(&item, first, base.len(), threshold.len())?;
        let need = needs(&item, first, &base, &threshold)?;
        let gathered = gather(&item, months, slots)?;
        let mut cells = Vec::with_capacity(gathered.keyed.len());
        let mut starts = Vec::with_capacity(usize::from(months).saturating_add(1));
        for (key, cell) in &gathered.keyed {
            // A month without slots begins where the next one does.
            while starts.len() < month_of(*key) {
                starts.push(cells.len());
            }
            cells.push(*cell);
        }
        starts.resize(usize::from(months).saturating_add(1), cells.len());
        let promises = gathered.promises;
        Ok(Self { item, first, months, base, threshold, need, promises, cells, starts })
    }

    /// The item.
    #[must_use]
    pub fn item(&self) -> &ItemId {
        &self.item
    }

    /// Month 1.
    #[must_use]
    pub fn first(&self) -> Month {
        self.first
    }

    /// How many months, 1 to 600.
    #[must_use]
    pub fn months(&self) -> u16 {
        self.months
    }

    /// The calendar month of a month of the plan; the first is 1.
    #[must_use]
    pub fn month(&self, index: u16) -> Month {
        self.first.plus(u32::from(index).saturating_sub(1))
    }

    /// The owner's own projected position in each month, in units, without diversion.
    #[must_use]
    pub fn base(&self) -> &[i64] {
        &self.base
    }

    /// The threshold in each month, in units.
    #[must_use]
    pub fn threshold(&self) -> &[u64] {
        &self.threshold
    }

    /// How far each month is below its threshold without diversion, in units; 0 when it is not.
    #[must_use]
    pub fn need(&self) -> &[u64] {
        &self.need
    }

    /// How many slots.
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.cells.len()
    }

    /// Its slots by month, then by earmark id.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.by_month().flat_map(move |(month, cells)| {
            cells.iter().filter_map(move |cell| {
                let promise = self.promises.get(place(cell.promise))?;
                Some(Slot {
                    earmark: promise.earmark.clone(),
                    recipient: promise.recipient.clone(),
                    month,
                    quantity: cell.quantity,
                    harm: u64::from(cell.harm()),
                    divertible: cell.divertible(),
                })
            })
        })
    }

    /// Its promises by earmark id.
    pub(super) fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// All cells by month, then by earmark id.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Each month, from 1, with its cells by earmark id.
    pub(super) fn by_month(&self) -> impl Iterator<Item = (u16, &[Cell])> {
        (1..=self.months).zip(self.starts.windows(2)).map(|(month, edges)| {
            let cells = if let [from, to] = edges { self.cells.get(*from..*to) } else { None };
            (month, cells.unwrap_or_default())
        })
    }
}

/// A 32-bit place as one to look up with; every platform this is built for has that many.
pub(super) fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn horizon(
    item: &ItemId,
    first: Month,
    months: usize,
    thresholds: usize,
) -> Result<u16, ProblemError> {
    let item = || item.clone();
    if months == 0 {
        return Err(ProblemError::EmptyHorizon { item: item() });
    }
    let counted = match u16::try_from(months) {
        Ok(counted) if counted <= MONTHS_MAX => counted,
        Ok(_) | Err(_) => return Err(ProblemError::HorizonTooLong { item: item(), months }),
    };
    let more = u32::from(counted).saturating_sub(1);
    if first.plus(more).since(first) != more {
        return Err(ProblemError::HorizonPastCalendar { item: item(), first, months });
    }
    if thresholds != months {
        return Err(ProblemError::ThresholdsDoNotMatch { item: item(), months, thresholds });
    }
    Ok(counted)
}

fn needs(
    item: &ItemId,
    first: Month,
    base: &[i64],
    threshold: &[u64],
) -> Result<Vec<u64>, ProblemError> {
    let mut total = 0u64;
    let mut needs = Vec::with_capacity(base.len());
    for ((base, threshold), later) in base.iter().zip(threshold).zip(0..) {
        let month = first.plus(later);
        let need = if let Ok(own) = u64::try_from(*base) {
            threshold.saturating_sub(own)
        } else {
            threshold.checked_add(base.unsigned_abs()).ok_or_else(|| {
                let (threshold, base) = (*threshold, *base);
                ProblemError::NeedTooLarge { item: item.clone(), month, threshold, base }
            })?
        };
        total = total
            .checked_add(need)
            .ok_or_else(|| ProblemError::ShortfallTooLarge { item: item.clone(), month })?;
        needs.push(need);
    }
    Ok(needs)
}

//! What a plan is made from.
//!
//! Answers: *how far is one item's owner below its threshold, month by month, and which promised
//! units could be diverted?* [`ItemProblem::new`] checks everything once and puts the slots into
//! one order, so that whatever is made from a problem depends on the facts and not on the order in
//! which they were given, and so that no later sum can overflow.

use countersign_proof::words::{EarmarkId, ItemId, Month, PartyId, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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

/// Why no plan can be made from what was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "fields are named by the message of their variant")]
pub enum ProblemError {
    /// No month at all.
    #[error("{item}: the plan covers no month; give it at least one")]
    EmptyHorizon { item: ItemId },
    /// More than [`MONTHS_MAX`] months.
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
    /// More than [`HARM_MAX`].
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

/// An earmark and whom it promises to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    pub(super) earmark: EarmarkId,
    pub(super) recipient: PartyId,
}

/// A slot as it is kept: its month is told by its place, its names by its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Units.
    pub(super) quantity: u64,
    /// For one unit.
    pub(super) harm: u32,
    /// Its place among the promises.
    pub(super) promise: u32,
    pub(super) divertible: bool,
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
                    harm: u64::from(cell.harm),
                    divertible: cell.divertible,
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
            let cells = match edges {
                [from, to] => self.cells.get(*from..*to),
                _ => None,
            };
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

/// Cells under their sort key (month, then place of the promise), and the promises they name.
struct Gathered {
    keyed: Vec<(u64, Cell)>,
    promises: Vec<Promise>,
}

fn key(month: u16, promise: u32) -> u64 {
    (u64::from(month) << 32) | u64::from(promise)
}

fn month_of(key: u64) -> usize {
    usize::try_from(key >> 32).unwrap_or(usize::MAX)
}

fn gather(item: &ItemId, months: u16, slots: Vec<Slot>) -> Result<Gathered, ProblemError> {
    if u32::try_from(slots.len()).is_err() {
        return Err(ProblemError::TooManySlots { item: item.clone(), slots: slots.len() });
    }
    let mut total = 0u64;
    // Earmarks as they come; their final places are known once all are seen.
    let mut met: BTreeMap<EarmarkId, u32> = BTreeMap::new();
    let mut recipients: Vec<PartyId> = Vec::new();
    let mut keyed = Vec::with_capacity(slots.len());
    for slot in slots {
        let harm = in_range(item, months, &slot)?;
        let Some(sum) = total.checked_add(slot.quantity) else {
            let Slot { earmark, month, .. } = slot;
            return Err(ProblemError::TooManyUnits { item: item.clone(), earmark, month });
        };
        total = sum;
        let promise = if let Some(known) = met.get(&slot.earmark) {
            *known
        } else {
            let next = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
            recipients.push(slot.recipient.clone());
            met.insert(slot.earmark.clone(), next);
            next
        };
        if let Some(one) = recipients.get(place(promise)).filter(|one| **one != slot.recipient) {
            let (earmark, other) = (slot.earmark, slot.recipient);
            let (item, one) = (item.clone(), one.clone());
            return Err(ProblemError::TwoRecipients { item, earmark, one, other });
        }
        let Slot { quantity, divertible, month, .. } = slot;
        keyed.push((u64::from(month), Cell { quantity, harm, promise, divertible }));
    }
    let mut final_place = vec![0u32; recipients.len()];
    let mut promises = Vec::with_capacity(recipients.len());
    for ((earmark, first_place), rank) in met.into_iter().zip(0u32..) {
        if let Some(entry) = final_place.get_mut(place(first_place)) {
            *entry = rank;
        }
        if let Some(recipient) = recipients.get(place(first_place)) {
            promises.push(Promise { earmark, recipient: recipient.clone() });
        }
    }
    for (month, cell) in &mut keyed {
        cell.promise = final_place.get(place(cell.promise)).copied().unwrap_or_default();
        *month = key(u16::try_from(*month).unwrap_or(u16::MAX), cell.promise);
    }
    keyed.sort_unstable_by_key(|(key, _)| *key);
    for (one, next) in keyed.iter().zip(keyed.iter().skip(1)) {
        if let Some(twice) = promises.get(place(one.1.promise)).filter(|_| one.0 == next.0) {
            let month = u16::try_from(month_of(one.0)).unwrap_or(u16::MAX);
            let (item, earmark) = (item.clone(), twice.earmark.clone());
            return Err(ProblemError::DuplicateSlot { item, earmark, month });
        }
    }
    Ok(Gathered { keyed, promises })
}

/// Refuses a slot that is out of range; gives its harm.
fn in_range(item: &ItemId, months: u16, slot: &Slot) -> Result<u32, ProblemError> {
    let Slot { month, quantity, harm, .. } = *slot;
    let (item, earmark) = (|| item.clone(), || slot.earmark.clone());
    if month == 0 || month > months {
        let (item, earmark) = (item(), earmark());
        return Err(ProblemError::MonthOutsideHorizon { item, earmark, month, months });
    }
    if quantity > Quantity::MAX.units() {
        let (item, earmark) = (item(), earmark());
        return Err(ProblemError::QuantityTooLarge { item, earmark, month, quantity });
    }
    match u32::try_from(harm) {
        Ok(small) if harm <= HARM_MAX => Ok(small),
        Ok(_) | Err(_) => {
            let (item, earmark) = (item(), earmark());
            Err(ProblemError::HarmTooLarge { item, earmark, month, harm })
        }
    }
}

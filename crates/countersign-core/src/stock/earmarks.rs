//! Earmarks: stock, on hand or not yet made, promised to a recipient month by month.
//!
//! An earmark authorises a delivery; it delivers nothing. A release for delivery draws on the
//! slots of its holder, the earliest month first. What has been made for a slot is promised: no
//! one else can be given it.

use super::Stock;
use countersign_proof::words::{
    EarmarkId, ItemId, Month, PartyId, Quantity, ReleaseId, Standing, WordError,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Where an earmark's units come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// The owner's stock on hand.
    Stock,
    /// A contract: they are still to be made.
    Contract,
}

impl Origin {
    /// The word as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Contract => "contract",
        }
    }
}
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl FromStr for Origin {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "stock" => Ok(Self::Stock),
            "contract" => Ok(Self::Contract),
            other => Err(WordError::new(other, "an origin (stock, contract)")),
        }
    }
}

/// A priority designator, 1 (most urgent) to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The harm for each unit diverted, where none is stated: 15 for priority 1 down to 1 for 15.
    #[must_use]
    pub fn harm(self) -> u64 {
        u64::from(16_u8.saturating_sub(self.0))
    }
}
impl TryFrom<u8> for Priority {
    type Error = WordError;
    fn try_from(number: u8) -> Result<Self, WordError> {
        if (1..=15).contains(&number) {
            Ok(Self(number))
        } else {
            Err(WordError::new(&number.to_string(), "a priority from 1 (most urgent) to 15"))
        }
    }
}
impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}
impl FromStr for Priority {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain = !text.starts_with(['0', '+']);
        let number =
            text.parse().ok().filter(|_| plain).and_then(|number: u8| number.try_into().ok());
        number.ok_or_else(|| WordError::new(text, "a priority from 1 (most urgent) to 15"))
    }
}

/// How much of an earmark is promised for one month, in units.
///
/// `committed + delivered ≤ quantity`; `delivered ≤ made ≤ quantity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Promised, less what was diverted.
    pub quantity: u64,
    /// Of these, made and on hand with the owner, or passed on since.
    pub made: u64,
    /// Drawn on by releases and not yet handed out.
    pub committed: u64,
    /// Handed out.
    pub delivered: u64,
    /// Taken away by diversion orders.
    pub diverted: u64,
}

impl Slot {
    fn new(origin: Origin, quantity: u64) -> Self {
        let made = match origin {
            Origin::Stock => quantity,
            Origin::Contract => 0,
        };
        Self { quantity, made, ..Self::default() }
    }

    /// Units that neither a release has drawn on nor the recipient has.
    #[must_use]
    pub fn open(self) -> u64 {
        self.quantity.saturating_sub(self.committed).saturating_sub(self.delivered)
    }

    /// Open units that are on hand and so kept from everyone else.
    #[must_use]
    pub fn kept(self) -> u64 {
        self.made.saturating_sub(self.committed).saturating_sub(self.delivered)
    }

    /// Open units that are still to be made.
    #[must_use]
    pub fn to_be_made(self) -> u64 {
        self.open().saturating_sub(self.kept())
    }
}

/// An earmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earmark {
    /// Its id.
    pub id: EarmarkId,
    /// Of what.
    pub item: ItemId,
    /// Whose stock, or whose contract.
    pub owner: PartyId,
    /// To whom.
    pub recipient: PartyId,
    /// Where the units come from.
    pub origin: Origin,
    /// How urgent the need is.
    pub priority: Priority,
    /// Harm for each unit diverted; follows from the priority where it is not stated.
    pub harm: Option<u64>,
    /// Whether it may be re-routed at all.
    pub divertible: bool,
    /// Where it is stated.
    pub source: String,
    /// How well it is established.
    pub standing: Standing,
    /// How much for which month.
    pub slots: BTreeMap<Month, Slot>,
}

impl Earmark {
    /// The harm for each unit diverted.
    #[must_use]
    pub fn harm(&self) -> u64 {
        self.harm.unwrap_or_else(|| self.priority.harm())
    }

    /// Whether it promises at least one unit for each of its months, and nothing has been drawn on
    /// it, made for it or diverted from it.
    #[must_use]
    pub fn is_undrawn(&self) -> bool {
        let plain =
            |slot: &Slot| slot.quantity > 0 && *slot == Slot::new(self.origin, slot.quantity);
        !self.slots.is_empty() && self.slots.values().all(plain)
    }

    /// A slot that nothing has been drawn on yet.
    #[must_use]
    pub fn slot(origin: Origin, quantity: Quantity) -> Slot {
        Slot::new(origin, quantity.units())
    }
}

/// Units of one slot that a release draws on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// Which earmark.
    pub earmark: EarmarkId,
    /// The month of the slot.
    pub month: Month,
    /// How many, at least 1.
    pub units: u64,
}

impl Stock {
    /// The earmark, if there is one.
    #[must_use]
    pub fn earmark(&self, id: &EarmarkId) -> Option<&Earmark> {
        self.earmarks.get(id)
    }

    /// All earmarks.
    pub fn earmarks(&self) -> impl Iterator<Item = &Earmark> {
        self.earmarks.values()
    }

    /// The earmarks of one item and owner.
    pub fn earmarks_of<'a>(
        &'a self,
        item: &'a ItemId,
        owner: &'a PartyId,
    ) -> impl Iterator<Item = &'a Earmark> {
        let own = self.promised.get(item).and_then(|by_owner| by_owner.get(owner));
        own.into_iter().flatten().filter_map(|id| self.earmarks.get(id))
    }

    /// The earmarks of one item, whoever owns them.
    pub(super) fn earmarks_of_item<'a>(
        &'a self,
        item: &ItemId,
    ) -> impl Iterator<Item = &'a Earmark> {
        let by_owner = self.promised.get(item);
        let ids = by_owner.into_iter().flat_map(|by_owner| by_owner.values().flatten());
        ids.filter_map(|id| self.earmarks.get(id))
    }

    /// Units that earmarks still promise a party: the balance *authorised for delivery*.
    #[must_use]
    pub fn authorised(&self, item: &ItemId, recipient: &PartyId) -> u64 {
        let own = self.earmarks_of_item(item).filter(|earmark| earmark.recipient == *recipient);
        let open = own.flat_map(|earmark| earmark.slots.values());
        open.map(|slot| slot.open().saturating_add(slot.committed)).fold(0, u64::saturating_add)
    }

    /// What releases draw on.
    pub fn draws(&self) -> impl Iterator<Item = (ReleaseId, &[Draw])> {
        self.draws.iter().map(|(release, draws)| (*release, draws.as_slice()))
    }

    /// Units on hand of `owner` that earmarks keep from everyone but their recipients.
    #[must_use]
    pub fn kept(&self, item: &ItemId, owner: &PartyId) -> u64 {
        self.kept.get(&(item.clone(), owner.clone())).copied().unwrap_or(0)
    }

    /// The same for every item and owner.
    pub(crate) fn all_kept(&self) -> impl Iterator<Item = (&ItemId, &PartyId, u64)> {
        self.kept.iter().map(|((item, owner), units)| (item, owner, *units))
    }

    /// Of these, what is kept for `recipient`.
    #[must_use]
    pub fn kept_for(&self, item: &ItemId, owner: &PartyId, recipient: &PartyId) -> u64 {
        if self.kept(item, owner) == 0 {
            return 0;
        }
        let own = self.earmarks_of(item, owner).filter(|e| e.recipient == *recipient);
        let kept = own.flat_map(|earmark| earmark.slots.values()).map(|slot| slot.kept());
        kept.fold(0, u64::saturating_add)
    }

    /// Up to `units` of the open slots of a recipient, the earliest month first.
    #[must_use]
    pub fn draws_for(
        &self,
        item: &ItemId,
        owner: &PartyId,
        recipient: &PartyId,
        units: u64,
    ) -> Vec<Draw> {
        let own = self.earmarks_of(item, owner).filter(|e| e.recipient == *recipient);
        let mut slots: Vec<(Month, &EarmarkId, u64)> = own
            .flat_map(|e| e.slots.iter().map(|(month, slot)| (*month, &e.id, slot.open())))
            .filter(|(_, _, open)| *open > 0)
            .collect();
        slots.sort();
        let mut left = units;
        let mut draws = Vec::new();
        for (month, earmark, open) in slots {
            let units = open.min(left);
            if units > 0 {
                draws.push(Draw { earmark: earmark.clone(), month, units });
                left = left.saturating_sub(units);
            }
        }
        draws
    }

    /// Units that a release draws on and that are not handed out.
    #[must_use]
    pub fn drawn(&self, release: ReleaseId) -> u64 {
        let draws = self.draws.get(&release).into_iter().flatten();
        draws.map(|draw| draw.units).fold(0, u64::saturating_add)
    }

    /// The first `units` of what a release draws on already.
    #[must_use]
    pub fn draws_again(&self, release: ReleaseId, units: u64) -> Vec<Draw> {
        let mut left = units;
        let mut draws = Vec::new();
        for draw in self.draws.get(&release).into_iter().flatten() {
            let units = draw.units.min(left);
            left = left.saturating_sub(units);
            if units > 0 {
                draws.push(Draw { units, ..draw.clone() });
            }
        }
        draws
    }

    /// Changes a slot and keeps the sum of what is kept in step with it.
    fn change_slot(&mut self, earmark: &EarmarkId, month: Month, change: impl FnOnce(&mut Slot)) {
        let Some(found) = self.earmarks.get_mut(earmark) else { return };
        let Some(slot) = found.slots.get_mut(&month) else { return };
        let before = slot.kept();
        change(slot);
        let after = slot.kept();
        if before != after {
            let key = (found.item.clone(), found.owner.clone());
            let kept = self.kept.entry(key).or_default();
            *kept = kept.saturating_add(after).saturating_sub(before);
        }
    }

    pub(super) fn add_earmark(&mut self, earmark: &Earmark) {
        let kept = earmark.slots.values().map(|slot| slot.kept()).fold(0, u64::saturating_add);
        if kept > 0 {
            let key = (earmark.item.clone(), earmark.owner.clone());
            let sum = self.kept.entry(key).or_default();
            *sum = sum.saturating_add(kept);
        }
        let by_owner = self.promised.entry(earmark.item.clone()).or_default();
        by_owner.entry(earmark.owner.clone()).or_default().insert(earmark.id.clone());
        self.earmarks.insert(earmark.id.clone(), earmark.clone());
    }

    pub(super) fn commit(&mut self, release: ReleaseId, draws: &[Draw]) {
        for draw in draws {
            self.change_slot(&draw.earmark, draw.month, |slot| {
                slot.committed = slot.committed.saturating_add(draw.units);
            });
        }
        if !draws.is_empty() {
            self.draws.entry(release).or_default().extend(draws.iter().cloned());
        }
    }

    /// The first `units` that a release draws on are handed out.
    pub(super) fn deliver_draws(&mut self, release: ReleaseId, units: u64) {
        let mut left = units;
        for draw in self.draws.remove(&release).unwrap_or_default() {
            let given = draw.units.min(left);
            left = left.saturating_sub(given);
            self.change_slot(&draw.earmark, draw.month, |slot| {
                slot.committed = slot.committed.saturating_sub(given);
                slot.delivered = slot.delivered.saturating_add(given);
                // What is handed out has been made; what other releases draw on perhaps not.
                slot.made = slot.made.max(slot.delivered);
            });
            let units = draw.units.saturating_sub(given);
            if units > 0 {
                self.draws.entry(release).or_default().push(Draw { units, ..draw });
            }
        }
    }

    pub(super) fn void_draws(&mut self, release: ReleaseId) {
        for draw in self.draws.remove(&release).unwrap_or_default() {
            self.change_slot(&draw.earmark, draw.month, |slot| {
                slot.committed = slot.committed.saturating_sub(draw.units);
            });
        }
    }

    /// Units of a slot have been made and are on hand with the owner.
    pub(super) fn slot_made(&mut self, earmark: &EarmarkId, month: Month, units: u64) {
        self.change_slot(earmark, month, |slot| slot.made = slot.made.saturating_add(units));
    }

    /// Units that are on hand with the owner go to a slot, which may be a new one.
    pub(super) fn add_to_slot(&mut self, earmark: &EarmarkId, month: Month, units: u64) {
        if let Some(found) = self.earmarks.get_mut(earmark) {
            found.slots.entry(month).or_default();
        }
        self.change_slot(earmark, month, |slot| {
            slot.quantity = slot.quantity.saturating_add(units);
            slot.made = slot.made.saturating_add(units);
        });
    }

    /// Units of a slot go back to its owner.
    pub(super) fn take_from_slot(
        &mut self,
        earmark: &EarmarkId,
        month: Month,
        (kept, to_be_made): (u64, u64),
    ) {
        self.change_slot(earmark, month, |slot| {
            let units = kept.saturating_add(to_be_made);
            slot.quantity = slot.quantity.saturating_sub(units);
            slot.made = slot.made.saturating_sub(kept);
            slot.diverted = slot.diverted.saturating_add(units);
        });
    }
}

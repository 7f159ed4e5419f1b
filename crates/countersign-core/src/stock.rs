//! Stock. Answers: *what is there, whose is it, where, and what is already promised?*
//!
//! A double-entry ledger: every unit is in exactly one account; a movement takes units from one
//! account and puts them into another. Balances are derived from movements and never repaired.
//! A reservation marks units that a release has promised; it is posted, or voided.

mod account;
mod items;

pub use account::{Account, AccountKey, AccountState, Balance, Line, Outside};
pub use items::{Input, Item, ItemClass, Place};

use crate::ledger::Charter;
use crate::people::{Authority, Function, People};
use crate::rejection::rejections;
use countersign_proof::words::{
    InputId, ItemId, Moment, PartyId, PlaceId, Quantity, ReleaseId, Standing,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// State: items, inputs, places, balances and reservations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    items: BTreeMap<ItemId, Item>,
    inputs: BTreeMap<InputId, Input>,
    places: BTreeMap<PlaceId, Place>,
    accounts: BTreeMap<AccountKey, Balance>,
    outside: BTreeMap<(ItemId, Outside), u64>,
    reservations: BTreeMap<ReleaseId, Vec<Line>>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Take units in.
    ReceiveStock {
        /// Into which account.
        into: AccountKey,
        /// How many units, at least 1.
        quantity: Quantity,
        /// Where the figure is stated.
        source: String,
        /// How well it is established.
        standing: Standing,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Units came in.
    StockReceived {
        /// Into which account.
        into: AccountKey,
        /// How many.
        quantity: Quantity,
        /// Where the figure is stated.
        source: String,
        /// How well it is established.
        standing: Standing,
    },
    /// A release reserved units.
    UnitsReserved {
        /// For which release.
        release: ReleaseId,
        /// Which units.
        lines: Vec<Line>,
    },
    /// Reserved units were used or handed out.
    ReservationPosted {
        /// Of which release.
        release: ReleaseId,
        /// Which units.
        lines: Vec<Line>,
        /// Where they went.
        to: Destination,
    },
    /// Units left that no release had reserved.
    UnitsPosted {
        /// Which units.
        lines: Vec<Line>,
        /// Where they went.
        to: Destination,
    },
    /// What a release still had reserved is free again.
    ReservationVoided {
        /// Of which release.
        release: ReleaseId,
    },
}

/// Where units go when they leave an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// They are used up.
    Used,
    /// They pass to this party; at the place of the party, or unplaced.
    Party {
        /// Who has them now.
        party: PartyId,
        /// Where.
        place: Option<PlaceId>,
    },
}

rejections!(
    /// Why the room refuses.
    Rejection in "stock" {
        UnknownItem { item: ItemId } = "unknown-item", "the item {item} is not declared";
        UnknownParty { party: PartyId } = "unknown-party", "the party {party} is not declared";
        UnknownPlace { place: PlaceId } = "unknown-place", "the place {place} is not declared";
        PlaceOfAnother { place: PlaceId, party: PartyId } = "place-of-another",
            "the place {place} is not run by {party}";
        QuantityZero = "quantity-zero", "the quantity must be at least 1";
        QuantityTooLarge = "quantity-too-large", "the sum would exceed 10^12 units";
    }
);

impl Stock {
    pub(crate) fn found(charter: &Charter) -> Self {
        let mut stock = Self::default();
        for item in &charter.items {
            stock.items.insert(item.id.clone(), item.clone());
        }
        for input in &charter.inputs {
            stock.inputs.insert(input.id.clone(), input.clone());
        }
        for place in &charter.places {
            stock.places.insert(place.id.clone(), place.clone());
        }
        stock
    }

    pub(crate) fn decide(
        &self,
        people: &People,
        command: &Command,
        by: &Authority,
        at: Moment,
    ) -> Result<Event, crate::Rejection> {
        match command {
            Command::ReceiveStock { into, quantity, source, standing } => {
                self.check_receipt(people, into, *quantity)?;
                people.check_function(by, Function::Stock, Some(&into.party), at)?;
                Ok(Event::StockReceived {
                    into: into.clone(),
                    quantity: *quantity,
                    source: source.clone(),
                    standing: *standing,
                })
            }
        }
    }

    fn check_receipt(
        &self,
        people: &People,
        into: &AccountKey,
        quantity: Quantity,
    ) -> Result<(), Rejection> {
        if !self.items.contains_key(&into.item) {
            return Err(Rejection::UnknownItem { item: into.item.clone() });
        }
        if !people.has_party(&into.party) {
            return Err(Rejection::UnknownParty { party: into.party.clone() });
        }
        if let Some(place) = &into.place {
            let known = self
                .places
                .get(place)
                .ok_or_else(|| Rejection::UnknownPlace { place: place.clone() })?;
            if known.party != into.party {
                return Err(Rejection::PlaceOfAnother {
                    place: place.clone(),
                    party: into.party.clone(),
                });
            }
        }
        if quantity.is_zero() {
            return Err(Rejection::QuantityZero);
        }
        let received = self.outside(&into.item, Outside::Supply);
        let total = received.checked_add(quantity.units()).and_then(Quantity::new);
        total.map(|_| ()).ok_or(Rejection::QuantityTooLarge)
    }

    /// The item, if it is declared.
    #[must_use]
    pub fn item(&self, item: &ItemId) -> Option<&Item> {
        self.items.get(item)
    }

    /// The items.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The inputs by id.
    #[must_use]
    pub fn inputs(&self) -> &BTreeMap<InputId, Input> {
        &self.inputs
    }

    /// The place, if it is declared.
    #[must_use]
    pub fn place(&self, place: &PlaceId) -> Option<&Place> {
        self.places.get(place)
    }

    /// The accounts and their balances.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountKey, Balance)> {
        self.accounts.iter().map(|(key, balance)| (key, *balance))
    }

    /// What a release still has reserved.
    #[must_use]
    pub fn reservation(&self, release: ReleaseId) -> &[Line] {
        self.reservations.get(&release).map_or(&[], Vec::as_slice)
    }

    /// All reservations.
    pub fn reservations(&self) -> impl Iterator<Item = (ReleaseId, &[Line])> {
        self.reservations.iter().map(|(release, lines)| (*release, lines.as_slice()))
    }

    /// Units that came from, or went, outside.
    #[must_use]
    pub fn outside(&self, item: &ItemId, side: Outside) -> u64 {
        self.outside.get(&(item.clone(), side)).copied().unwrap_or(0)
    }

    /// Units of `item` that `party` has on hand and has not promised, at `place` or anywhere.
    #[must_use]
    pub fn free(&self, item: &ItemId, party: &PartyId, place: Option<&PlaceId>) -> Quantity {
        let mut units: u64 = 0;
        for (_, balance) in self.on_hand(item, party, place) {
            units = units.saturating_add(balance.free());
        }
        Quantity::new(units).unwrap_or(Quantity::MAX)
    }

    /// The accounts on hand of one item and party, in the order of their keys.
    pub fn on_hand<'a>(
        &'a self,
        item: &'a ItemId,
        party: &'a PartyId,
        place: Option<&'a PlaceId>,
    ) -> impl Iterator<Item = (&'a AccountKey, Balance)> {
        let first = AccountKey {
            item: item.clone(),
            party: party.clone(),
            state: AccountState::OnHand,
            place: None,
            lot: None,
        };
        self.accounts
            .range(first..)
            .take_while(move |(key, _)| {
                key.item == *item && key.party == *party && key.state == AccountState::OnHand
            })
            .filter(move |(key, _)| place.is_none_or(|place| key.place.as_ref() == Some(place)))
            .map(|(key, balance)| (key, *balance))
    }

    /// Picks `quantity` free units of one item and party; `None` where there are fewer.
    #[must_use]
    pub fn pick(
        &self,
        item: &ItemId,
        party: &PartyId,
        place: Option<&PlaceId>,
        quantity: Quantity,
    ) -> Option<Vec<Line>> {
        let (lines, left) = self.pick_up_to(item, party, place, quantity);
        left.is_zero().then_some(lines)
    }

    /// Picks up to `quantity` free units; gives the lines and what is missing.
    #[must_use]
    pub fn pick_up_to(
        &self,
        item: &ItemId,
        party: &PartyId,
        place: Option<&PlaceId>,
        quantity: Quantity,
    ) -> (Vec<Line>, Quantity) {
        let mut left = quantity.units();
        let mut lines = Vec::new();
        for (key, balance) in self.on_hand(item, party, place) {
            let units = balance.free().min(left);
            if units > 0 {
                lines.push(Line { account: key.clone(), units });
                left = left.saturating_sub(units);
            }
        }
        (lines, Quantity::new(left).unwrap_or(Quantity::MAX))
    }

    /// Picks `quantity` units for a release anew, first of those that it has reserved already;
    /// gives what is missing where there are fewer.
    ///
    /// # Errors
    /// How many units are missing.
    pub fn pick_again(
        &self,
        release: ReleaseId,
        item: &ItemId,
        party: &PartyId,
        place: Option<&PlaceId>,
        quantity: Quantity,
    ) -> Result<Vec<Line>, Quantity> {
        let mut left = quantity.units();
        let mut lines = Vec::new();
        for line in self.reservation(release) {
            let fits = place.is_none_or(|place| line.account.place.as_ref() == Some(place));
            let units = if fits { line.units.min(left) } else { 0 };
            if units > 0 {
                lines.push(Line { account: line.account.clone(), units });
                left = left.saturating_sub(units);
            }
        }
        let rest = Quantity::new(left).unwrap_or(Quantity::MAX);
        let (more, missing) = self.pick_up_to(item, party, place, rest);
        lines.extend(more);
        if missing.is_zero() { Ok(lines) } else { Err(missing) }
    }

    /// The first `quantity` units of a release's reservation.
    #[must_use]
    pub fn reserved_lines(&self, release: ReleaseId, quantity: Quantity) -> Vec<Line> {
        let mut left = quantity.units();
        let mut lines = Vec::new();
        for line in self.reservation(release) {
            let units = line.units.min(left);
            if units > 0 {
                lines.push(Line { account: line.account.clone(), units });
                left = left.saturating_sub(units);
            }
        }
        lines
    }
}

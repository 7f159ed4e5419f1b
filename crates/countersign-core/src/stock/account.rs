//! Accounts and balances, and how units move between them.

use super::{Destination, Stock};
use countersign_proof::words::{ItemId, LotId, Month, PartyId, PlaceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// In which state units are kept.
///
/// Units on hand stand first, so that one party's stock of an item that can be drawn on lies
/// together at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccountState {
    /// There, and fit for use.
    OnHand,
    /// There, and set apart until it is known whether they are fit for use.
    Quarantined,
    /// On the way between two places, due in this month.
    InTransit(Month),
    /// Ordered and not yet there, due in this month.
    OnOrder(Month),
}

impl AccountState {
    /// The word as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnHand => "on-hand",
            Self::Quarantined => "quarantined",
            Self::InTransit(_) => "in-transit",
            Self::OnOrder(_) => "on-order",
        }
    }

    /// Whether the units exist and are in the party's hands, or on the way between them.
    #[must_use]
    pub fn is_there(self) -> bool {
        match self {
            Self::OnHand | Self::Quarantined | Self::InTransit(_) => true,
            Self::OnOrder(_) => false,
        }
    }

    /// The month in which the units are due, for those that are not there.
    #[must_use]
    pub fn due(self) -> Option<Month> {
        match self {
            Self::OnHand | Self::Quarantined => None,
            Self::InTransit(month) | Self::OnOrder(month) => Some(month),
        }
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.due() {
            None => f.pad(self.as_str()),
            Some(month) => f.pad(&format!("{} ({month})", self.as_str())),
        }
    }
}

/// Which account: item, party, state, place, lot. Its order keeps one party's stock together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountKey {
    /// Of what.
    pub item: ItemId,
    /// Whose.
    pub party: PartyId,
    /// In which state.
    pub state: AccountState,
    /// Where; `None` where the record does not say.
    pub place: Option<PlaceId>,
    /// Of which lot; `None` where lots are not kept apart.
    pub lot: Option<LotId>,
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}, {}", self.item, self.party, self.state)?;
        if let Some(place) = &self.place {
            write!(f, ", at {place}")?;
        }
        if let Some(lot) = &self.lot {
            write!(f, ", lot {lot}")?;
        }
        Ok(())
    }
}

/// A side that units come from or go to, outside every party's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outside {
    /// Where receipts and orders come from.
    Supply,
    /// Where units come from that a count found.
    Found,
    /// Where used units go.
    Used,
    /// Where units go that were issued for another purpose, such as disposal.
    Issued,
    /// Where units go that a count missed.
    Missing,
}

/// What an account holds, in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// There.
    pub on_hand: u64,
    /// Of these, promised to releases.
    pub reserved: u64,
}

impl Balance {
    /// There and not promised.
    #[must_use]
    pub fn free(self) -> u64 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

/// Some units of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which account.
    pub account: AccountKey,
    /// How many, at least 1.
    pub units: u64,
}

/// An account with its balance.
pub type Account = (AccountKey, Balance);

impl Stock {
    pub(super) fn grow_outside(&mut self, item: &ItemId, side: Outside, units: u64) {
        let total = self.outside.entry((item.clone(), side)).or_default();
        *total = total.saturating_add(units);
    }

    /// The serial number that the units of an account go by; none for what is on order.
    pub(super) fn serial_of(&self, account: &AccountKey) -> Option<(ItemId, LotId)> {
        let lot = account.lot.as_ref().filter(|_| account.state.is_there())?;
        let serial = self.items.get(&account.item).is_some_and(|item| item.serial);
        serial.then(|| (account.item.clone(), lot.clone()))
    }

    pub(super) fn put(&mut self, account: &AccountKey, units: u64) {
        if let Some(serial) = self.serial_of(account).filter(|_| units > 0) {
            let there = self.serials.entry(serial).or_default();
            *there = there.saturating_add(units);
        }
        let balance = self.accounts.entry(account.clone()).or_default();
        balance.on_hand = balance.on_hand.saturating_add(units);
    }

    pub(super) fn take(&mut self, account: &AccountKey, units: u64) {
        if let Some(serial) = self.serial_of(account)
            && let Some(there) = self.serials.get_mut(&serial)
        {
            *there = there.saturating_sub(units);
            if *there == 0 {
                self.serials.remove(&serial);
            }
        }
        if let Some(balance) = self.accounts.get_mut(account) {
            balance.on_hand = balance.on_hand.saturating_sub(units);
            self.forget_if_empty(account);
        }
    }

    /// An account of a state that passes, or of a lot, need not be kept when nothing is in it.
    fn forget_if_empty(&mut self, account: &AccountKey) {
        let passes = account.lot.is_some() || account.state != AccountState::OnHand;
        if passes && self.accounts.get(account) == Some(&Balance::default()) {
            self.accounts.remove(account);
        }
    }

    pub(super) fn unreserve(&mut self, line: &Line) {
        if let Some(balance) = self.accounts.get_mut(&line.account) {
            balance.reserved = balance.reserved.saturating_sub(line.units);
        }
    }

    pub(super) fn move_out(&mut self, lines: &[Line], to: &Destination) {
        for line in lines {
            self.take(&line.account, line.units);
            let item = &line.account.item;
            match to {
                Destination::Used => self.grow_outside(item, Outside::Used, line.units),
                Destination::Issued(_) => self.grow_outside(item, Outside::Issued, line.units),
                Destination::Party { party, place } => {
                    let key = AccountKey {
                        party: party.clone(),
                        place: place.clone(),
                        ..line.account.clone()
                    };
                    self.put(&key, line.units);
                    self.arrived(item, party, line.units);
                }
            }
        }
    }

    /// Counts what came into a party's hands.
    pub(super) fn arrived(&mut self, item: &ItemId, party: &PartyId, units: u64) {
        let total = self.arrivals.entry((item.clone(), party.clone())).or_default();
        *total = total.saturating_add(units);
    }
}

//! Accounts, balances and what events do to them.

use super::{Destination, Event, Stock};
use countersign_proof::words::{ItemId, LotId, PartyId, PlaceId, ReleaseId};
use serde::{Deserialize, Serialize};

/// In which state units are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AccountState {
    /// There, and fit for use.
    OnHand,
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

/// A side that units come from or go to, outside every party's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outside {
    /// Where receipts come from.
    Supply,
    /// Where used units go.
    Used,
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
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::StockReceived { into, quantity, source: _, standing: _ } => {
                self.grow_outside(&into.item, Outside::Supply, quantity.units());
                let balance = self.accounts.entry(into.clone()).or_default();
                balance.on_hand = balance.on_hand.saturating_add(quantity.units());
            }
            Event::UnitsReserved { release, lines } => {
                for line in lines {
                    let balance = self.accounts.entry(line.account.clone()).or_default();
                    balance.reserved = balance.reserved.saturating_add(line.units);
                }
                self.reservations.entry(*release).or_default().extend(lines.iter().cloned());
            }
            Event::ReservationPosted { release, lines, to } => {
                self.release_lines(*release, lines);
                self.move_out(lines, to);
            }
            Event::UnitsPosted { lines, to } => self.move_out(lines, to),
            Event::ReservationVoided { release } => {
                for line in self.reservations.remove(release).unwrap_or_default() {
                    self.unreserve(&line);
                }
            }
        }
    }

    fn grow_outside(&mut self, item: &ItemId, side: Outside, units: u64) {
        let total = self.outside.entry((item.clone(), side)).or_default();
        *total = total.saturating_add(units);
    }

    fn unreserve(&mut self, line: &Line) {
        if let Some(balance) = self.accounts.get_mut(&line.account) {
            balance.reserved = balance.reserved.saturating_sub(line.units);
        }
    }

    fn release_lines(&mut self, release: ReleaseId, lines: &[Line]) {
        for line in lines {
            self.unreserve(line);
            let Some(kept) = self.reservations.get_mut(&release) else { continue };
            for reserved in kept.iter_mut().filter(|kept| kept.account == line.account) {
                reserved.units = reserved.units.saturating_sub(line.units);
            }
            kept.retain(|kept| kept.units > 0);
            if kept.is_empty() {
                self.reservations.remove(&release);
            }
        }
    }

    fn move_out(&mut self, lines: &[Line], to: &Destination) {
        for line in lines {
            if let Some(balance) = self.accounts.get_mut(&line.account) {
                balance.on_hand = balance.on_hand.saturating_sub(line.units);
            }
            match to {
                Destination::Used => {
                    self.grow_outside(&line.account.item, Outside::Used, line.units);
                }
                Destination::Party { party, place } => {
                    let key = AccountKey {
                        party: party.clone(),
                        place: place.clone(),
                        ..line.account.clone()
                    };
                    let balance = self.accounts.entry(key).or_default();
                    balance.on_hand = balance.on_hand.saturating_add(line.units);
                }
            }
        }
    }
}

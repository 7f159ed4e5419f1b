//! Deciding what moves: receipts, moves between places and states, issues, counts.

use super::{
    AccountKey, AccountState, Change, Command, Count, Destination, Event, Figures, Line, Outside,
    Rejection, Stock, Wanted,
};
use crate::people::{Authority, Function, People};
use countersign_proof::words::{
    Date, EarmarkId, ItemId, LotId, Moment, Month, PartyId, PlaceId, Quantity, StockReason,
};
use std::collections::BTreeMap;

impl Stock {
    pub(crate) fn decide(
        &self,
        people: &People,
        command: &Command,
        by: &Authority,
        at: Moment,
    ) -> Result<Event, crate::Rejection> {
        // Whoever may not keep a party's stock is told nothing of it.
        let keeps = |party: &PartyId| people.check_function(by, Function::Stock, Some(party), at);
        match command {
            Command::ReceiveStock {
                into,
                quantity,
                expires,
                from_order,
                earmark,
                source,
                standing,
            } => {
                let made_for = earmark.as_ref();
                self.check_account(people, into)?;
                keeps(&into.party)?;
                made_for.map_or(Ok(()), |(earmark, _)| self.check_earmark(into, earmark))?;
                self.check_receipt(into, *quantity, *expires, *from_order, at)?;
                if let Some((earmark, month)) = made_for {
                    self.check_made(into, earmark, *month, *quantity)?;
                }
                Ok(Event::StockReceived {
                    into: into.clone(),
                    quantity: *quantity,
                    expires: *expires,
                    from_order: *from_order,
                    earmark: earmark.clone(),
                    source: source.clone(),
                    standing: *standing,
                })
            }
            Command::MoveStock { from, to_state, to_place, quantity } => {
                let to = AccountKey { state: *to_state, place: to_place.clone(), ..from.clone() };
                self.check_account(people, from)?;
                self.check_account(people, &to)?;
                keeps(&from.party)?;
                self.check_move(from, &to, *quantity, at)?;
                Ok(Event::StockMoved { from: from.clone(), to, units: quantity.units() })
            }
            Command::IssueStock { item, party, place, lot, quantity, reason } => {
                self.check_names(people, item, party)?;
                place.as_ref().map_or(Ok(()), |place| self.check_place(place, party))?;
                keeps(party)?;
                let wanted = Wanted {
                    place: place.as_ref(),
                    lot: lot.as_ref(),
                    fit_on: Some(at.date()),
                    ..Wanted::of(item, party)
                };
                Ok(self.decide_issue(wanted, *quantity, *reason)?)
            }
            Command::CountStock { account, units, expected, reason, source, standing } => {
                self.check_account(people, account)?;
                keeps(&account.party)?;
                if reason.is_issue() {
                    return Err(Rejection::ReasonUnfit { reason: *reason }.into());
                }
                let count = Count {
                    account: account.clone(),
                    units: *units,
                    expected: *expected,
                    expires: None,
                    as_of: at.date(),
                    source: source.into(),
                    standing: *standing,
                };
                let figures = Figures { counts: vec![count], ..Figures::default() };
                let (changes, _) = self.weigh_named(&figures, at)?;
                Ok(Event::StockCounted { changes, reason: *reason })
            }
            Command::ImportFigures { figures } => {
                self.check_figures_named(people, figures)?;
                figures.parties().into_iter().try_for_each(&keeps)?;
                Ok(self.import_named(figures, at)?)
            }
        }
    }

    /// The event that takes figures in, whoever states them.
    pub(crate) fn import(
        &self,
        people: &People,
        figures: &Figures,
        at: Moment,
    ) -> Result<Event, Rejection> {
        self.check_figures_named(people, figures)?;
        self.import_named(figures, at)
    }

    fn import_named(&self, figures: &Figures, at: Moment) -> Result<Event, Rejection> {
        let (changes, earmarks) = self.weigh_named(figures, at)?;
        let changes: Vec<Change> =
            changes.into_iter().filter(|change| self.is_news(change)).collect();
        Ok(Event::FiguresImported {
            changes,
            earmarks,
            requirements: figures.requirements.clone(),
            consumption: figures.consumption.clone(),
        })
    }

    fn decide_issue(
        &self,
        wanted: Wanted<'_>,
        quantity: Quantity,
        reason: StockReason,
    ) -> Result<Event, Rejection> {
        if quantity.is_zero() {
            return Err(Rejection::QuantityZero);
        }
        if !reason.is_issue() {
            return Err(Rejection::ReasonUnfit { reason });
        }
        // Units that are destroyed need nobody's consent; whatever uses them does.
        let unfit = reason == StockReason::Disposal;
        if let Some(controller) = self.foreign_controller(wanted.item, wanted.party)
            && !unfit
        {
            let item = wanted.item.clone();
            return Err(Rejection::IssueNeedsRelease { item, controller });
        }
        let lines = self.pick(&Wanted { unfit, ..wanted }, quantity);
        let lines = lines.map_err(|free| Rejection::NotEnough {
            wanted: quantity,
            free,
            party: wanted.party.clone(),
        })?;
        Ok(Event::UnitsPosted { lines, to: Destination::Issued(reason) })
    }

    fn is_news(&self, change: &Change) -> bool {
        change.from != change.to
            || self.stated(&change.account) != Some(&change.stated)
            || (change.expires.is_some()
                && self.expires(&change.account.item, change.account.lot.as_ref())
                    != change.expires)
    }

    pub(super) fn check_item(&self, item: &ItemId) -> Result<(), Rejection> {
        let known = self.items.contains_key(item);
        if known { Ok(()) } else { Err(Rejection::UnknownItem { item: item.clone() }) }
    }

    pub(super) fn check_names(
        &self,
        people: &People,
        item: &ItemId,
        party: &PartyId,
    ) -> Result<(), Rejection> {
        self.check_item(item)?;
        if !people.has_party(party) {
            return Err(Rejection::UnknownParty { party: party.clone() });
        }
        Ok(())
    }

    pub(super) fn check_account(
        &self,
        people: &People,
        account: &AccountKey,
    ) -> Result<(), Rejection> {
        self.check_names(people, &account.item, &account.party)?;
        account.place.as_ref().map_or(Ok(()), |place| self.check_place(place, &account.party))
    }

    fn check_place(&self, place: &PlaceId, party: &PartyId) -> Result<(), Rejection> {
        let known = self.places.get(place);
        let known = known.ok_or_else(|| Rejection::UnknownPlace { place: place.clone() })?;
        if known.party == *party {
            Ok(())
        } else {
            Err(Rejection::PlaceOfAnother { place: place.clone(), party: party.clone() })
        }
    }

    /// A lot has passed its last day before it is taken in, or a unit has no serial number.
    pub(super) fn check_lot(
        &self,
        account: &AccountKey,
        units: Quantity,
        expires: Option<Date>,
        on: Date,
    ) -> Result<(), Rejection> {
        if let (Some(expires), None) = (expires, &account.lot) {
            return Err(Rejection::ExpiryWithoutLot { expires });
        }
        let expired = expires.filter(|expires| *expires < on && !units.is_zero());
        if let Some(expires) = expired {
            return Err(Rejection::LotExpired { expires, on });
        }
        let serial = self.item(&account.item).is_some_and(|item| item.serial);
        if serial && account.lot.is_none() && account.state.is_there() {
            return Err(Rejection::SerialMissing { item: account.item.clone() });
        }
        Ok(())
    }

    /// Whether every serial number would still stand for one unit, if these accounts went from one
    /// number of units to another.
    pub(super) fn check_serials<'a>(
        &self,
        changes: impl Iterator<Item = (&'a AccountKey, u64, u64)>,
    ) -> Result<(), Rejection> {
        let mut after: BTreeMap<(ItemId, LotId), (u64, u64)> = BTreeMap::new();
        for (account, from, to) in changes {
            if let Some(serial) = self.serial_of(account) {
                let (less, more) = after.entry(serial).or_default();
                *less = less.saturating_add(from);
                *more = more.saturating_add(to);
            }
        }
        for ((item, lot), (less, more)) in after {
            let there = self.serials.get(&(item.clone(), lot.clone())).copied().unwrap_or(0);
            if there.saturating_add(more).saturating_sub(less) > 1 {
                return Err(Rejection::SerialTwice { item, lot });
            }
        }
        Ok(())
    }

    /// Whether the item would still have no more than 10^12 units in all.
    pub(super) fn check_total(&self, item: &ItemId, more: u64) -> Result<(), Rejection> {
        let all = [Outside::Supply, Outside::Found].into_iter();
        let all = all.map(|side| self.outside(item, side)).fold(more, u64::saturating_add);
        Quantity::new(all).map(|_| ()).ok_or(Rejection::QuantityTooLarge)
    }

    fn check_receipt(
        &self,
        into: &AccountKey,
        quantity: Quantity,
        expires: Option<Date>,
        from_order: Option<Month>,
        at: Moment,
    ) -> Result<(), Rejection> {
        if quantity.is_zero() {
            return Err(Rejection::QuantityZero);
        }
        if from_order.is_none() {
            self.check_total(&into.item, quantity.units())?;
        }
        let expires = expires.or_else(|| self.expires(&into.item, into.lot.as_ref()));
        self.check_lot(into, quantity, expires, at.date())?;
        self.check_serials(std::iter::once((into, 0, quantity.units())))?;
        self.check_order(into, from_order, quantity)
    }

    /// A receipt against an order must find the units on order.
    fn check_order(
        &self,
        into: &AccountKey,
        from_order: Option<Month>,
        quantity: Quantity,
    ) -> Result<(), Rejection> {
        let Some(month) = from_order else { return Ok(()) };
        let ordered = self.on_order(&into.item, &into.party, month);
        if quantity.units() <= ordered {
            Ok(())
        } else {
            Err(Rejection::OrderTooSmall { month, ordered })
        }
    }

    /// Units on order for a month, places and lots together.
    #[must_use]
    pub fn on_order(&self, item: &ItemId, party: &PartyId, month: Month) -> u64 {
        let due = self.accounts_of(item, party);
        let due = due.filter(|(key, _)| key.state == AccountState::OnOrder(month));
        due.map(|(_, balance)| balance.on_hand).fold(0, u64::saturating_add)
    }

    fn check_earmark(&self, into: &AccountKey, earmark: &EarmarkId) -> Result<(), Rejection> {
        let unknown = || Rejection::UnknownEarmark { earmark: earmark.clone() };
        let found = self.earmark(earmark).ok_or_else(unknown)?;
        if (&found.item, &found.owner) == (&into.item, &into.party) {
            Ok(())
        } else {
            Err(Rejection::EarmarkOfAnother { earmark: earmark.clone() })
        }
    }

    /// No more is made for a slot than is still to be made for it.
    fn check_made(
        &self,
        into: &AccountKey,
        earmark: &EarmarkId,
        month: Month,
        quantity: Quantity,
    ) -> Result<(), Rejection> {
        let slot = self.earmark(earmark).and_then(|earmark| earmark.slots.get(&month));
        let open = slot.map_or(0, |slot| slot.to_be_made());
        if quantity.units() <= open && into.state == AccountState::OnHand {
            Ok(())
        } else {
            Err(Rejection::SlotTooSmall { earmark: earmark.clone(), month, open })
        }
    }

    fn check_move(
        &self,
        from: &AccountKey,
        to: &AccountKey,
        quantity: Quantity,
        at: Moment,
    ) -> Result<(), Rejection> {
        if quantity.is_zero() {
            return Err(Rejection::QuantityZero);
        }
        if from == to {
            return Err(Rejection::MovedNowhere);
        }
        if from.state.is_there() != to.state.is_there() {
            return Err(Rejection::OrderNotThere);
        }
        let free = self.balance(from).free();
        if quantity.units() > free {
            let free = Quantity::new(free).unwrap_or(Quantity::MAX);
            let party = from.party.clone();
            return Err(Rejection::NotEnough { wanted: quantity, free, party });
        }
        // What earmarks keep is on hand; moving it into another state would break the promise.
        if from.state == AccountState::OnHand && to.state != AccountState::OnHand {
            let on = at.date();
            let any = Wanted { fit_on: Some(on), ..Wanted::of(&from.item, &from.party) };
            let free = self.free(&any);
            let expires = self.expires(&from.item, from.lot.as_ref());
            if quantity > free && expires.is_none_or(|expires| on <= expires) {
                let party = from.party.clone();
                return Err(Rejection::NotEnough { wanted: quantity, free, party });
            }
        }
        Ok(())
    }

    pub(super) fn apply_receipt(
        &mut self,
        into: &AccountKey,
        units: u64,
        from_order: Option<Month>,
    ) {
        match from_order {
            None => self.grow_outside(&into.item, Outside::Supply, units),
            Some(month) => {
                let lines = self.order_lines(&into.item, &into.party, month, units);
                for Line { account, units } in lines {
                    self.take(&account, units);
                }
            }
        }
        self.put(into, units);
    }

    fn order_lines(&self, item: &ItemId, party: &PartyId, month: Month, units: u64) -> Vec<Line> {
        let mut left = units;
        let mut lines = Vec::new();
        for (account, balance) in self.accounts_of(item, party) {
            if account.state == AccountState::OnOrder(month) {
                let units = balance.on_hand.min(left);
                left = left.saturating_sub(units);
                lines.push(Line { account: account.clone(), units });
            }
        }
        lines
    }
}

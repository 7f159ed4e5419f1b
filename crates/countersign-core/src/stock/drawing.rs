//! What can be drawn on: free units, the lots that expire first before the others.

use super::{AccountKey, AccountState, Balance, Line, Stock};
use countersign_proof::words::{Date, ItemId, LotId, PartyId, PlaceId, Quantity, ReleaseId};
use std::ops::Bound;

/// Which units are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Of what.
    pub item: &'a ItemId,
    /// Whose.
    pub party: &'a PartyId,
    /// Only there.
    pub place: Option<&'a PlaceId>,
    /// Only of this lot.
    pub lot: Option<&'a LotId>,
    /// Also what earmarks keep for this recipient.
    pub recipient: Option<&'a PartyId>,
    /// Only lots that are fit for use on this day.
    pub fit_on: Option<Date>,
    /// Also those that are not; no earmark keeps them, for they keep no promise.
    pub unfit: bool,
}

impl<'a> Wanted<'a> {
    /// Any free units of one item and party.
    #[must_use]
    pub fn of(item: &'a ItemId, party: &'a PartyId) -> Self {
        Self { item, party, place: None, lot: None, recipient: None, fit_on: None, unfit: false }
    }
}

/// Whether a lot with this last day is fit for use on a day.
fn is_fit(expires: Option<Date>, on: Option<Date>) -> bool {
    match (expires, on) {
        (Some(expires), Some(on)) => on <= expires,
        (Some(_) | None, Some(_) | None) => true,
    }
}

/// The key that stands before every other account of the item and party.
fn first_account(item: &ItemId, party: &PartyId) -> AccountKey {
    AccountKey {
        item: item.clone(),
        party: party.clone(),
        state: AccountState::OnHand,
        place: None,
        lot: None,
    }
}

impl Stock {
    /// All accounts of one item, party by party.
    pub fn accounts_of_item<'a>(
        &'a self,
        item: &'a ItemId,
    ) -> impl Iterator<Item = (&'a AccountKey, Balance)> {
        // No name stands before this one.
        let first = PartyId::new("0").ok().map(|party| first_account(item, &party));
        let start = first.map_or(Bound::Unbounded, Bound::Included);
        let from_there = self.accounts.range((start, Bound::Unbounded));
        let own = from_there.skip_while(|(key, _)| key.item < *item);
        own.take_while(|(key, _)| key.item == *item).map(|(key, balance)| (key, *balance))
    }

    /// All accounts of one item and party.
    pub fn accounts_of<'a>(
        &'a self,
        item: &'a ItemId,
        party: &'a PartyId,
    ) -> impl Iterator<Item = (&'a AccountKey, Balance)> {
        self.accounts
            .range(first_account(item, party)..)
            .take_while(move |(key, _)| key.item == *item && key.party == *party)
            .map(|(key, balance)| (key, *balance))
    }

    /// The accounts on hand of one item and party, in the order of their keys.
    pub fn on_hand<'a>(
        &'a self,
        item: &'a ItemId,
        party: &'a PartyId,
    ) -> impl Iterator<Item = (&'a AccountKey, Balance)> {
        self.accounts_of(item, party).take_while(|(key, _)| key.state == AccountState::OnHand)
    }

    /// The accounts that fit, with the last day of their lot, first expiring first.
    fn fitting<'a>(&'a self, wanted: &Wanted<'a>) -> Vec<(Option<Date>, &'a AccountKey, Balance)> {
        let Wanted { item, party, place, lot, recipient: _, fit_on, unfit } = *wanted;
        let mut found: Vec<_> = self
            .on_hand(item, party)
            .filter(|(key, _)| place.is_none_or(|place| key.place.as_ref() == Some(place)))
            .filter(|(key, _)| lot.is_none_or(|lot| key.lot.as_ref() == Some(lot)))
            .map(|(key, balance)| (self.expires(item, key.lot.as_ref()), key, balance))
            .filter(|(expires, _, _)| unfit || is_fit(*expires, fit_on))
            .collect();
        found.sort_by_key(|(expires, _, _)| (expires.is_none(), *expires));
        found
    }

    /// Units that are on hand, fit, not reserved, and not kept for somebody else.
    #[must_use]
    pub fn free(&self, wanted: &Wanted<'_>) -> Quantity {
        let (mut fit, mut unfit) = (0u64, 0u64);
        for (expires, _, balance) in self.fitting(wanted) {
            let sum = if is_fit(expires, wanted.fit_on) { &mut fit } else { &mut unfit };
            *sum = sum.saturating_add(balance.free());
        }
        let loose = self.loose(wanted).unwrap_or(fit);
        Quantity::new(fit.min(loose).saturating_add(unfit)).unwrap_or(Quantity::MAX)
    }

    /// How many fit units are not kept for somebody else, at whatever place and of whatever lot;
    /// `None` where no earmark keeps any.
    fn loose(&self, wanted: &Wanted<'_>) -> Option<u64> {
        let Wanted { item, party, recipient, fit_on, .. } = *wanted;
        let kept = self.kept(item, party);
        if kept == 0 {
            return None;
        }
        let own = recipient.map_or(0, |to| self.kept_for(item, party, to));
        let fit = self.on_hand(item, party);
        let fit = fit.filter(|(key, _)| is_fit(self.expires(item, key.lot.as_ref()), fit_on));
        let fit = fit.map(|(_, balance)| balance.free()).fold(0, u64::saturating_add);
        Some(fit.saturating_sub(kept.saturating_sub(own)))
    }

    /// Picks `quantity` free units.
    ///
    /// # Errors
    /// How many are free, where there are fewer.
    pub fn pick(&self, wanted: &Wanted<'_>, quantity: Quantity) -> Result<Vec<Line>, Quantity> {
        let free = self.free(wanted);
        if quantity > free {
            return Err(free);
        }
        let (lines, missing) = self.pick_any(wanted, quantity);
        if missing.is_zero() { Ok(lines) } else { Err(free) }
    }

    /// Picks up to `quantity` unreserved units, also such as are kept for somebody; gives the lines
    /// and what is missing.
    #[must_use]
    pub fn pick_any(&self, wanted: &Wanted<'_>, quantity: Quantity) -> (Vec<Line>, Quantity) {
        let mut left = quantity.units();
        let mut lines = Vec::new();
        for (_, key, balance) in self.fitting(wanted) {
            let units = balance.free().min(left);
            if units > 0 {
                lines.push(Line { account: key.clone(), units });
                left = left.saturating_sub(units);
            }
        }
        (lines, Quantity::new(left).unwrap_or(Quantity::MAX))
    }

    /// Picks `quantity` units for a release anew, first of those that it has reserved already.
    ///
    /// # Errors
    /// How many units are missing, where there are fewer.
    pub fn pick_again(
        &self,
        release: ReleaseId,
        wanted: &Wanted<'_>,
        quantity: Quantity,
    ) -> Result<Vec<Line>, Quantity> {
        let mut left = quantity.units();
        let mut lines = Vec::new();
        for line in self.reservation(release) {
            let fits = wanted.place.is_none_or(|place| line.account.place.as_ref() == Some(place));
            let units = if fits { line.units.min(left) } else { 0 };
            if units > 0 {
                lines.push(Line { account: line.account.clone(), units });
                left = left.saturating_sub(units);
            }
        }
        let rest = Quantity::new(left).unwrap_or(Quantity::MAX);
        let more = if rest.is_zero() { Ok(Vec::new()) } else { self.pick(wanted, rest) };
        let more = more.map_err(|free| rest.minus(free).unwrap_or_default())?;
        lines.extend(more);
        Ok(lines)
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

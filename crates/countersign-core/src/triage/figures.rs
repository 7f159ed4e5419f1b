//! What the stock room knows of an item, as the figures that a judgement reads.

use super::position::{Component, Inputs, Series};
use crate::stock::{AccountState, Consumed, Stock};
use countersign_proof::words::{ItemId, Moment, Month, PartyId, Quantity};
use std::collections::BTreeMap;

fn add(months: &mut BTreeMap<Month, Quantity>, month: Month, units: u64) {
    let sum = months.entry(month).or_default();
    let units = sum.units().saturating_add(units);
    *sum = Quantity::new(units).unwrap_or(Quantity::MAX);
}

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap_or(Quantity::MAX)
}

impl Inputs {
    /// The figures of one item and party at `at`, as the books have them.
    ///
    /// Without any account the stock is not known. Past use is known from the first month that has
    /// a figure to the last whole month: from then on the ledger itself has recorded it. Planned
    /// demand is known between the first and the last month that has a plan.
    #[must_use]
    pub fn of(stock: &Stock, item: &ItemId, party: &PartyId, at: Moment) -> Self {
        let mut inputs = Self::default();
        inputs.take_accounts(stock, item, party, at);
        for earmark in stock.earmarks_of(item, party) {
            for (month, slot) in earmark.slots.iter().filter(|(_, slot)| slot.kept() > 0) {
                add(&mut inputs.earmarked, *month, slot.kept());
            }
        }
        let component = |requirement: &crate::stock::Requirement| Component {
            name: requirement.component.to_string(),
            units: requirement.quantity,
            from: Some(requirement.from),
            until: requirement.until,
        };
        inputs.requirement = stock.requirements(item, party).iter().map(component).collect();
        if let Some(months) = stock.consumption(item, party) {
            inputs.planned = series(months, |consumed| consumed.planned, None);
            let before = u32::from(Month::of(at.date())).checked_sub(1);
            let last = before.and_then(|month| Month::try_from(month).ok());
            let used = series(months, |consumed| consumed.actual, last);
            inputs.by_month.extend(used.map(|used| ("use".to_owned(), used)));
        }
        inputs
    }

    fn take_accounts(&mut self, stock: &Stock, item: &ItemId, party: &PartyId, at: Moment) {
        let today = at.date();
        let mut reserved = 0u64;
        let mut quarantined = 0u64;
        let mut on_hand = None;
        for (account, balance) in stock.accounts_of(item, party) {
            match account.state {
                AccountState::OnHand => {
                    let expires = stock.expires(item, account.lot.as_ref());
                    on_hand.get_or_insert(0u64);
                    if expires.is_some_and(|expires| expires < today) {
                        continue;
                    }
                    on_hand = on_hand.map(|units| units.saturating_add(balance.on_hand));
                    reserved = reserved.saturating_add(balance.reserved);
                    if let Some(expires) = expires {
                        add(&mut self.expiring, Month::of(expires), balance.on_hand);
                    }
                }
                AccountState::Quarantined => {
                    on_hand.get_or_insert(0u64);
                    quarantined = quarantined.saturating_add(balance.on_hand);
                }
                AccountState::InTransit(due) | AccountState::OnOrder(due) => {
                    add(&mut self.due_in, due, balance.on_hand);
                }
            }
            let stated = stock.stated(account).map(|stated| stated.as_of.start());
            self.as_of = match (self.as_of, stated) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        self.on_hand = on_hand.map(quantity);
        self.reserved = quantity(reserved);
        self.quarantined = quantity(quarantined);
    }
}

/// The months from the first that has a figure to the last, or to `until` where that is later.
fn series(
    months: &BTreeMap<Month, Consumed>,
    of: impl Fn(&Consumed) -> Option<u64>,
    until: Option<Month>,
) -> Option<Series<Month>> {
    let known = || months.iter().filter_map(|(month, consumed)| Some((*month, of(consumed)?)));
    let first = known().next()?.0;
    let last = known().last()?.0;
    let last = until.map_or(last, |until| last.max(until));
    Some(Series::new(first, last, known().map(|(month, units)| (month, quantity(units)))))
}

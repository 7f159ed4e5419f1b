//! Stated figures: counts, requirements and consumption, and what they do to the state.

use super::{AccountKey, AccountState, Earmark, Stock};
use countersign_proof::words::{
    Date, ItemId, LotId, Moment, Month, PartyId, Quantity, ReleaseId, Standing,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A named component of what stock must cover; the components valid on a day add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Of what.
    pub item: ItemId,
    /// Whose stock must cover it.
    pub party: PartyId,
    /// Its name: `plans`, `training`, …
    pub component: SmolStr,
    /// How many units.
    pub quantity: Quantity,
    /// From which day.
    pub from: Date,
    /// Until before which day; `None` for as long as nothing else is stated.
    pub until: Option<Date>,
    /// Where it is stated.
    pub source: SmolStr,
    /// How well it is established.
    pub standing: Standing,
}

/// What was used up in a month, or is planned to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumption {
    /// Of what.
    pub item: ItemId,
    /// From whose stock.
    pub party: PartyId,
    /// In which month.
    pub month: Month,
    /// How many units.
    pub quantity: Quantity,
    /// Whether it is a plan.
    pub planned: bool,
    /// Where it is stated.
    pub source: SmolStr,
    /// How well it is established.
    pub standing: Standing,
}

/// The consumption of one month, in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumed {
    /// Used up or issued; `None` where nothing is known of the month.
    pub actual: Option<u64>,
    /// Planned.
    pub planned: Option<u64>,
}

/// What is said to be in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Which account.
    pub account: AccountKey,
    /// How many units are there.
    pub units: Quantity,
    /// What the books said when the count was entered; another number now refuses it.
    pub expected: Option<u64>,
    /// The last day on which the lot is fit for use, where that is stated.
    pub expires: Option<Date>,
    /// Of which day the figure is.
    pub as_of: Date,
    /// Where it is stated.
    pub source: SmolStr,
    /// How well it is established.
    pub standing: Standing,
}

/// Many figures at once: all of them are taken, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// What is in the accounts.
    pub counts: Vec<Count>,
    /// New earmarks.
    pub earmarks: Vec<Earmark>,
    /// Requirements; they replace what was stated for the same item and party.
    pub requirements: Vec<Requirement>,
    /// Consumption; it replaces what was stated for the same item, party, month and kind.
    pub consumption: Vec<Consumption>,
}

/// Where the figure in an account comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// Of which day it is.
    pub as_of: Date,
    /// Where it is stated.
    pub source: SmolStr,
    /// How well it is established.
    pub standing: Standing,
}

/// A figure that a count changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which account.
    pub account: AccountKey,
    /// What the books said, in units.
    pub from: u64,
    /// What they say from now on, in units.
    pub to: u64,
    /// The last day on which the lot is fit for use, where that is stated.
    pub expires: Option<Date>,
    /// Where the figure comes from.
    pub stated: Stated,
    /// Reservations that the account can no longer cover, the newest first.
    pub cut: Vec<(ReleaseId, u64)>,
}

impl Figures {
    /// The parties whose figures these are.
    #[must_use]
    pub fn parties(&self) -> BTreeSet<&PartyId> {
        let counts = self.counts.iter().map(|count| &count.account.party);
        let earmarks = self.earmarks.iter().map(|earmark| &earmark.owner);
        let requirements = self.requirements.iter().map(|requirement| &requirement.party);
        let consumption = self.consumption.iter().map(|consumption| &consumption.party);
        counts.chain(earmarks).chain(requirements).chain(consumption).collect()
    }

    /// Every item with a party that a figure names.
    pub(super) fn names(&self) -> impl Iterator<Item = (&ItemId, &PartyId)> {
        let counts = self.counts.iter().map(|count| (&count.account.item, &count.account.party));
        let owners = self.earmarks.iter().map(|earmark| (&earmark.item, &earmark.owner));
        let recipients = self.earmarks.iter().map(|earmark| (&earmark.item, &earmark.recipient));
        let requirements = self.requirements.iter().map(|r| (&r.item, &r.party));
        let consumption = self.consumption.iter().map(|used| (&used.item, &used.party));
        counts.chain(owners).chain(recipients).chain(requirements).chain(consumption)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
            && self.earmarks.is_empty()
            && self.requirements.is_empty()
            && self.consumption.is_empty()
    }
}

impl Stock {
    /// The requirements of one item and party.
    #[must_use]
    pub fn requirements(&self, item: &ItemId, party: &PartyId) -> &[Requirement] {
        let key = (item.clone(), party.clone());
        self.requirements.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The components that are valid on a day, and their sum in units.
    #[must_use]
    pub fn required(&self, item: &ItemId, party: &PartyId, on: Date) -> u64 {
        let valid = |r: &&Requirement| r.from <= on && r.until.is_none_or(|until| on < until);
        let components = self.requirements(item, party).iter().filter(valid);
        components.map(|r| r.quantity.units()).fold(0, u64::saturating_add)
    }

    /// What is known of the consumption of one item and party, by month.
    #[must_use]
    pub fn consumption(
        &self,
        item: &ItemId,
        party: &PartyId,
    ) -> Option<&BTreeMap<Month, Consumed>> {
        self.consumption.get(&(item.clone(), party.clone()))
    }

    /// Where the figure in an account comes from.
    #[must_use]
    pub fn stated(&self, account: &AccountKey) -> Option<&Stated> {
        self.stated.get(account)
    }

    /// The last day on which a lot is fit for use, where that is stated.
    #[must_use]
    pub fn expires(&self, item: &ItemId, lot: Option<&LotId>) -> Option<Date> {
        // Most ledgers keep no lots, and those that do ask this for every unit picked.
        if self.lots.is_empty() {
            return None;
        }
        self.lots.get(&(item.clone(), lot?.clone())).copied()
    }

    pub(super) fn apply_changes(&mut self, changes: &[Change]) {
        for change in changes {
            let Change { account, from, to, expires, stated, cut } = change;
            for (release, units) in cut {
                self.cut(*release, account, *units);
            }
            let (more, less) = (to.saturating_sub(*from), from.saturating_sub(*to));
            let expected = account.state.due().is_some();
            if more > 0 {
                self.put(account, more);
                let side = if expected { super::Outside::Supply } else { super::Outside::Found };
                self.grow_outside(&account.item, side, more);
                // The first figure of an account says what had come in before the ledger knew it.
                if account.state.is_there() && !self.stated.contains_key(account) {
                    self.arrived(&account.item, &account.party, more);
                }
            }
            if less > 0 {
                self.take(account, less);
                self.grow_outside(&account.item, super::Outside::Missing, less);
            }
            self.note_lot(account, *expires);
            self.stated.insert(account.clone(), stated.clone());
        }
    }

    pub(super) fn note_lot(&mut self, account: &AccountKey, expires: Option<Date>) {
        if let (Some(lot), Some(expires)) = (&account.lot, expires) {
            self.lots.insert((account.item.clone(), lot.clone()), expires);
        }
    }

    pub(super) fn apply_requirements(&mut self, requirements: &[Requirement]) {
        let mut fresh = BTreeSet::new();
        for requirement in requirements {
            let key = (requirement.item.clone(), requirement.party.clone());
            if fresh.insert(key.clone()) {
                self.requirements.remove(&key);
            }
            self.requirements.entry(key).or_default().push(requirement.clone());
        }
    }

    pub(super) fn apply_consumption(&mut self, consumption: &[Consumption]) {
        for stated in consumption {
            let key = (stated.item.clone(), stated.party.clone());
            let month = self.consumption.entry(key).or_default().entry(stated.month).or_default();
            let units = Some(stated.quantity.units());
            if stated.planned { month.planned = units } else { month.actual = units }
        }
    }

    /// Adds what was used up or issued to the figures of its month.
    pub(super) fn consumed(&mut self, account: &AccountKey, units: u64, at: Moment) {
        if account.state != AccountState::OnHand {
            return;
        }
        let key = (account.item.clone(), account.party.clone());
        let months = self.consumption.entry(key).or_default();
        let month = months.entry(Month::of(at.date())).or_default();
        month.actual = Some(month.actual.unwrap_or(0).saturating_add(units));
    }
}

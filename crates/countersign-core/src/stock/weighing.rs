//! Weighing figures: what they would change, or the first rule that they break.

use super::{AccountKey, Change, Count, Earmark, Figures, Rejection, Requirement, Stated, Stock};
use crate::people::People;
use countersign_proof::words::{ItemId, Moment, Month, Quantity, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};

impl Stock {
    /// What figures would change, checked; earmarks that are there already, word for word, are
    /// left out.
    ///
    /// # Errors
    /// The first [`Rejection`]; then none of them is taken.
    pub fn weigh(
        &self,
        people: &People,
        figures: &Figures,
        at: Moment,
    ) -> Result<(Vec<Change>, Vec<Earmark>), Rejection> {
        self.check_figures_named(people, figures)?;
        self.weigh_named(figures, at)
    }

    /// The same for figures that name only what is declared.
    pub(super) fn weigh_named(
        &self,
        figures: &Figures,
        at: Moment,
    ) -> Result<(Vec<Change>, Vec<Earmark>), Rejection> {
        self.check_figures_formed(figures)?;
        for count in &figures.counts {
            let on = count.as_of.min(at.date());
            self.check_lot(&count.account, count.units, count.expires, on)?;
        }
        let changes = figures.counts.iter().map(|count| self.change(count));
        let changes: Vec<Change> = changes.collect::<Result<_, _>>()?;
        self.check_serials(changes.iter().map(|change| (&change.account, change.from, change.to)))?;
        let mut earmarks = Vec::new();
        for earmark in &figures.earmarks {
            match self.earmark(&earmark.id) {
                None => earmarks.push(earmark.clone()),
                Some(known) if same_promise(known, earmark) => {}
                Some(_) => return Err(Rejection::EarmarkExists { earmark: earmark.id.clone() }),
            }
        }
        Ok((changes, earmarks))
    }

    /// Whether figures name only what is declared.
    pub(super) fn check_figures_named(
        &self,
        people: &People,
        figures: &Figures,
    ) -> Result<(), Rejection> {
        for (item, _) in figures.names() {
            self.check_item(item)?;
        }
        for (item, party) in figures.names() {
            self.check_names(people, item, party)?;
        }
        let places = || figures.counts.iter().filter_map(|count| count.account.place.as_ref());
        if let Some(place) = places().find(|place| !self.places.contains_key(*place)) {
            return Err(Rejection::UnknownPlace { place: place.clone() });
        }
        figures.counts.iter().try_for_each(|count| self.check_account(people, &count.account))
    }

    /// Whether figures are such as can be taken in, whatever is there.
    fn check_figures_formed(&self, figures: &Figures) -> Result<(), Rejection> {
        if figures.is_empty() {
            return Err(Rejection::NothingStated);
        }
        let mut accounts = BTreeSet::new();
        if let Some(twice) = figures.counts.iter().find(|count| !accounts.insert(&count.account)) {
            return Err(Rejection::AccountTwice { account: twice.account.clone() });
        }
        let mut ids = BTreeSet::new();
        if let Some(twice) = figures.earmarks.iter().find(|earmark| !ids.insert(&earmark.id)) {
            return Err(Rejection::EarmarkTwice { earmark: twice.id.clone() });
        }
        if figures.earmarks.iter().any(|earmark| !earmark.is_undrawn()) {
            return Err(Rejection::QuantityZero);
        }
        self.check_sums(figures)?;
        let own = figures.earmarks.iter().find(|earmark| earmark.recipient == earmark.owner);
        if let Some(earmark) = own {
            return Err(Rejection::EarmarkForOwner { earmark: earmark.id.clone() });
        }
        let ends = |r: &&Requirement| r.until.is_some_and(|until| until <= r.from);
        if let Some(empty) = figures.requirements.iter().find(ends) {
            return Err(Rejection::RequirementEmpty { component: empty.component.clone() });
        }
        Ok(())
    }

    /// Whether every sum stays a quantity.
    fn check_sums(&self, figures: &Figures) -> Result<(), Rejection> {
        let mut found: BTreeMap<&ItemId, u64> = BTreeMap::new();
        for count in &figures.counts {
            let from = self.balance(&count.account).on_hand;
            let more = found.entry(&count.account.item).or_default();
            *more = more.saturating_add(count.units.units().saturating_sub(from));
        }
        found.into_iter().try_for_each(|(item, more)| self.check_total(item, more))?;
        for earmark in &figures.earmarks {
            let slots = earmark.slots.values().map(|slot| slot.quantity);
            let total = slots.fold(0, u64::saturating_add);
            Quantity::new(total).ok_or(Rejection::QuantityTooLarge)?;
        }
        Ok(())
    }

    /// What a count changes.
    fn change(&self, count: &Count) -> Result<Change, Rejection> {
        let account = &count.account;
        let from = self.balance(account).on_hand;
        if let Some(expected) = count.expected.filter(|expected| *expected != from) {
            let account = account.clone();
            return Err(Rejection::FigureMoved { account, expected, now: from });
        }
        let to = count.units.units();
        Ok(Change {
            account: account.clone(),
            from,
            to,
            expires: count.expires,
            stated: Stated {
                as_of: count.as_of,
                source: count.source.clone(),
                standing: count.standing,
            },
            cut: self.cuts(account, to),
        })
    }

    /// Which reservations an account with `units` can no longer cover, the newest release first.
    fn cuts(&self, account: &AccountKey, units: u64) -> Vec<(ReleaseId, u64)> {
        let mut over = self.balance(account).reserved.saturating_sub(units);
        let mut cuts = Vec::new();
        if over == 0 {
            return cuts;
        }
        for (release, lines) in self.reservations.iter().rev() {
            for line in lines.iter().filter(|line| line.account == *account) {
                let cut = line.units.min(over);
                over = over.saturating_sub(cut);
                if cut > 0 {
                    cuts.push((*release, cut));
                }
            }
        }
        cuts
    }
}

/// Whether two earmarks promise the same; what has been drawn or diverted since does not count.
fn same_promise(known: &Earmark, stated: &Earmark) -> bool {
    let promised = |earmark: &Earmark| -> BTreeMap<Month, u64> {
        let slots = earmark.slots.iter();
        slots.map(|(month, slot)| (*month, slot.quantity.saturating_add(slot.diverted))).collect()
    };
    let same = Earmark { slots: known.slots.clone(), ..stated.clone() };
    same == *known && promised(known) == promised(stated)
}

//! One item's part of the books, to see what events would make of it.

use super::{Change, Consumption, Earmark, Event, Requirement, Stock};
use countersign_proof::words::{ItemId, LotId, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};

/// The figures of one item out of many.
type Figures = (Vec<Change>, Vec<Earmark>, Vec<Requirement>, Vec<Consumption>);

impl Stock {
    /// What events do to each item whose stock, promises or figures they touch, in their order.
    pub(crate) fn by_item(&self, events: &[&Event]) -> BTreeMap<ItemId, Vec<Event>> {
        let mut found: BTreeMap<ItemId, Vec<Event>> = BTreeMap::new();
        for event in events {
            if let Event::FiguresImported { changes, earmarks, requirements, consumption } = event {
                let mut parts: BTreeMap<&ItemId, Figures> = BTreeMap::new();
                for change in changes {
                    parts.entry(&change.account.item).or_default().0.push(change.clone());
                }
                for earmark in earmarks {
                    parts.entry(&earmark.item).or_default().1.push(earmark.clone());
                }
                for requirement in requirements {
                    parts.entry(&requirement.item).or_default().2.push(requirement.clone());
                }
                for consumed in consumption {
                    parts.entry(&consumed.item).or_default().3.push(consumed.clone());
                }
                for (item, (changes, earmarks, requirements, consumption)) in parts {
                    let part =
                        Event::FiguresImported { changes, earmarks, requirements, consumption };
                    found.entry(item.clone()).or_default().push(part);
                }
            } else {
                for item in self.items_touched(event) {
                    found.entry(item).or_default().push((*event).clone());
                }
            }
        }
        found
    }

    /// The items whose stock, promises or figures an event touches.
    fn items_touched(&self, event: &Event) -> BTreeSet<ItemId> {
        let of_release = |release: &ReleaseId| -> BTreeSet<ItemId> {
            self.reservation(*release).iter().map(|line| line.account.item.clone()).collect()
        };
        match event {
            Event::StockReceived { into, .. } => [into.item.clone()].into(),
            Event::StockMoved { from, .. } => [from.item.clone()].into(),
            Event::StockCounted { changes, .. } => {
                changes.iter().map(|change| change.account.item.clone()).collect()
            }
            Event::FiguresImported { changes, earmarks, requirements, consumption } => {
                let changes = changes.iter().map(|change| &change.account.item);
                let earmarks = earmarks.iter().map(|earmark| &earmark.item);
                let requirements = requirements.iter().map(|requirement| &requirement.item);
                let consumption = consumption.iter().map(|consumption| &consumption.item);
                let all = changes.chain(earmarks).chain(requirements).chain(consumption);
                all.cloned().collect()
            }
            Event::UnitsReserved { lines, .. }
            | Event::ReservationPosted { lines, .. }
            | Event::UnitsPosted { lines, .. } => {
                lines.iter().map(|line| line.account.item.clone()).collect()
            }
            Event::ReservationVoided { release } => of_release(release),
            Event::SlotsDelivered { release, units: _ } => {
                let draws = self.draws.get(release).into_iter().flatten();
                let earmarks = draws.filter_map(|draw| self.earmark(&draw.earmark));
                earmarks.map(|earmark| earmark.item.clone()).collect()
            }
            Event::SlotDiverted { earmark, .. } | Event::SlotRestored { earmark, .. } => {
                self.earmark(earmark).map(|earmark| earmark.item.clone()).into_iter().collect()
            }
            Event::ItemClassed { .. } => BTreeSet::new(),
        }
    }

    /// The books of one item alone, with the reservations that `events` name.
    pub(crate) fn of_item(&self, item: &ItemId, events: &[Event]) -> Self {
        let mut own = Self::default();
        own.items
            .extend(self.items.get_key_value(item).map(|(id, item)| (id.clone(), item.clone())));
        let parties: BTreeSet<_> = self.accounts_of_item(item).map(|(key, _)| &key.party).collect();
        let accounts = || self.accounts_of_item(item);
        own.accounts = accounts().map(|(key, balance)| (key.clone(), balance)).collect();
        let stated = accounts().filter_map(|(key, _)| self.stated.get_key_value(key));
        own.stated = stated.map(|(key, stated)| (key.clone(), stated.clone())).collect();
        // No name stands before this one.
        if let Ok(first) = LotId::new("0") {
            let lots = self.lots.range((item.clone(), first)..);
            let lots = lots.take_while(|((of, _), _)| of == item);
            own.lots = lots.map(|(key, expires)| (key.clone(), *expires)).collect();
        }
        for earmark in self.earmarks_of_item(item) {
            own.add_earmark(earmark);
        }
        let origin = self.items.get(item).map(|item| &item.origin);
        for party in parties.into_iter().chain(origin) {
            let key = (item.clone(), party.clone());
            let requirements = self.requirements.get(&key).cloned();
            own.requirements.extend(requirements.map(|all| (key.clone(), all)));
            let consumption = self.consumption.get(&key).cloned();
            own.consumption.extend(consumption.map(|all| (key, all)));
        }
        for release in events.iter().filter_map(|event| event.release()) {
            let lines = self.reservations.get(&release).cloned();
            own.reservations.extend(lines.map(|lines| (release, lines)));
            own.draws.extend(self.draws.get(&release).map(|draws| (release, draws.clone())));
        }
        own
    }
}

impl Event {
    /// The release whose reservation it changes.
    fn release(&self) -> Option<ReleaseId> {
        match self {
            Self::UnitsReserved { release, .. }
            | Self::ReservationPosted { release, .. }
            | Self::ReservationVoided { release }
            | Self::SlotsDelivered { release, .. } => Some(*release),
            Self::StockReceived { .. }
            | Self::StockMoved { .. }
            | Self::StockCounted { .. }
            | Self::FiguresImported { .. }
            | Self::UnitsPosted { .. }
            | Self::SlotDiverted { .. }
            | Self::SlotRestored { .. }
            | Self::ItemClassed { .. } => None,
        }
    }
}

//! What events do to the room's state.

use super::{AccountKey, AccountState, Destination, Event, Line, Outside, Stated, Stock};
use countersign_proof::words::{EarmarkId, Moment, Month, ReleaseId};

impl Stock {
    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::StockReceived {
                into,
                quantity,
                expires,
                from_order,
                earmark,
                source,
                standing,
            } => {
                let units = quantity.units();
                self.apply_receipt(into, units, *from_order);
                self.note_lot(into, *expires);
                let stated =
                    Stated { as_of: at.date(), source: source.into(), standing: *standing };
                self.stated.insert(into.clone(), stated);
                if into.state.is_there() {
                    self.arrived(&into.item, &into.party, units);
                }
                if let Some((earmark, month)) = earmark {
                    self.slot_made(earmark, *month, units);
                }
            }
            Event::StockMoved { from, to, units } => {
                self.take(from, *units);
                self.put(to, *units);
            }
            Event::StockCounted { changes, reason: _ } => self.apply_changes(changes),
            Event::FiguresImported { changes, earmarks, requirements, consumption } => {
                self.apply_changes(changes);
                for earmark in earmarks {
                    self.add_earmark(earmark);
                }
                self.apply_requirements(requirements);
                self.apply_consumption(consumption);
            }
            Event::UnitsReserved { release, lines, draws } => {
                for line in lines {
                    let balance = self.accounts.entry(line.account.clone()).or_default();
                    balance.reserved = balance.reserved.saturating_add(line.units);
                }
                self.reservations.entry(*release).or_default().extend(lines.iter().cloned());
                self.commit(*release, draws);
            }
            Event::ReservationPosted { release, lines, to } => {
                self.release_lines(*release, lines);
                self.post(at, lines, to);
            }
            Event::UnitsPosted { lines, to } => self.post(at, lines, to),
            Event::SlotsDelivered { release, units } => self.deliver_draws(*release, *units),
            Event::ReservationVoided { release } => {
                for line in self.reservations.remove(release).unwrap_or_default() {
                    self.unreserve(&line);
                }
                self.void_draws(*release);
            }
            Event::SlotDiverted { earmark, month, kept, to_be_made } => {
                self.take_from_slot(earmark, *month, (*kept, *to_be_made));
                if *to_be_made > 0 {
                    self.order_what_was_promised(earmark, *month, *to_be_made);
                }
            }
            Event::SlotRestored { earmark, month, units } => {
                self.add_to_slot(earmark, *month, *units);
            }
            Event::ItemClassed { item, class } => {
                if let Some(item) = self.items.get_mut(item) {
                    item.class = class.clone();
                }
            }
        }
    }

    /// What was to be made for a recipient is on order for the owner now.
    fn order_what_was_promised(&mut self, earmark: &EarmarkId, month: Month, units: u64) {
        let Some(found) = self.earmarks.get(earmark) else { return };
        let account = AccountKey {
            item: found.item.clone(),
            party: found.owner.clone(),
            state: AccountState::OnOrder(month),
            place: None,
            lot: None,
        };
        self.grow_outside(&account.item, Outside::Supply, units);
        self.put(&account, units);
    }

    fn post(&mut self, at: Moment, lines: &[Line], to: &Destination) {
        match to {
            Destination::Used | Destination::Issued(_) => {
                for line in lines {
                    self.consumed(&line.account, line.units, at);
                }
            }
            Destination::Party { .. } => {}
        }
        self.move_out(lines, to);
    }

    fn release_lines(&mut self, release: ReleaseId, lines: &[Line]) {
        for line in lines {
            self.unreserve(line);
            let Some(kept) = self.reservations.get_mut(&release) else { continue };
            let mut left = line.units;
            for reserved in kept.iter_mut().filter(|kept| kept.account == line.account) {
                let units = reserved.units.min(left);
                reserved.units = reserved.units.saturating_sub(units);
                left = left.saturating_sub(units);
            }
            kept.retain(|kept| kept.units > 0);
            if kept.is_empty() {
                self.reservations.remove(&release);
            }
        }
    }

    /// An account can no longer cover `units` of what a release has reserved in it.
    pub(super) fn cut(&mut self, release: ReleaseId, account: &AccountKey, units: u64) {
        self.release_lines(release, &[Line { account: account.clone(), units }]);
    }
}

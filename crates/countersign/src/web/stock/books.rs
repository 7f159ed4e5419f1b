//! The books of an item. Answers: *where are its units, what holds them, and for whom?*

use crate::server::fields::Fields;
use crate::views::board::{Balances, balances, holders};
use crate::web::asked::paged;
use crate::web::parts::{Column, Row, Table, date, id, quantity};
use crate::web::words;
use countersign_core::State;
use countersign_core::stock::{AccountKey, Balance, Earmark, Slot};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{ItemId, Month, PartyId, PersonId};
use maud::{Markup, html};
use serde_json::Value;

/// The fields in which the places in the three long tables stand.
pub(super) const PLACES: [&str; 3] = ["accounts", "holds", "slots"];

fn nothing() -> Markup {
    html! { (words::NOTHING) }
}

/// The books of an item, as far as a person may see them.
pub(super) struct Books<'a> {
    /// The ledger.
    pub(super) state: &'a State,
    /// The item.
    pub(super) item: &'a ItemId,
    /// Who looks.
    pub(super) person: &'a PersonId,
}

impl Books<'_> {
    /// Whether the books of a party may be seen.
    fn may_see(&self, party: &PartyId) -> bool {
        self.state.may_view(self.person, &Matter::Books(party), Label::Parties)
    }

    /// Whether what holds units may be seen: its request, where there is one, or else the books
    /// that the units are in.
    fn may_see_hold(&self, held: &Value) -> bool {
        let text = |name: &str| held.get(name).and_then(Value::as_str);
        let request = text("request").and_then(|id| id.parse().ok());
        if let Some(request) = request.and_then(|id| self.state.requests.request(id)) {
            return self.state.may_see(request, self.person);
        }
        let party = text("party").and_then(|party| party.parse().ok());
        party.is_some_and(|party| self.may_see(&party))
    }

    /// The three balances of each holder.
    pub(super) fn balances(&self) -> Markup {
        let item = self.item;
        let columns = [
            Column::Words(words::HOLDER),
            Column::Numbers(words::STOCK_AUTHORISED),
            Column::Numbers(words::STOCK_DELIVERED),
            Column::Numbers(words::STOCK_ON_HAND),
            Column::Numbers(words::STOCK_CLEARED),
            Column::Numbers(words::STOCK_LOCKED),
        ];
        let row = |own: &Balances| {
            let units = [own.authorised, own.delivered, own.on_hand, own.cleared, own.locked()];
            let units = units.into_iter().map(quantity);
            Row::from(std::iter::once(id(own.holder.as_str())).chain(units).collect::<Vec<_>>())
        };
        let all = balances(self.state);
        let own = all.iter().filter(|own| own.item == *item && self.may_see(&own.holder));
        let rows = own.map(row).collect();
        let (caption, empty) = (words::STOCK_BALANCES, words::STOCK_NO_BALANCES);
        Table { id: "balances", caption, columns: &columns, rows, empty }.render()
    }

    /// The accounts of an item: whose, where, in which lot and until when.
    pub(super) fn accounts(&self, path: &str, fields: &Fields) -> Markup {
        let (state, item) = (self.state, self.item);
        let own: Vec<(&AccountKey, Balance)> = state
            .stock
            .accounts()
            .filter(|(account, _)| account.item == *item && self.may_see(&account.party))
            .collect();
        let (own, pages) = paged(own, path, fields, "accounts");
        let columns = [
            Column::Words(words::STOCK_OF),
            Column::Words(words::STOCK_STATE),
            Column::Words(words::STOCK_PLACE),
            Column::Words(words::STOCK_LOT),
            Column::Words(words::STOCK_FIT_UNTIL),
            Column::Numbers(words::UNITS),
            Column::Numbers(words::STOCK_RESERVED),
            Column::Numbers(words::STOCK_FREE),
            Column::Words(words::STOCK_SOURCE),
        ];
        let row = |(account, balance): &(&AccountKey, Balance)| {
            let place = account.place.as_ref().map_or_else(nothing, |place| id(place.as_str()));
            let lot = account.lot.as_ref().map_or_else(nothing, |lot| id(lot.as_str()));
            let expires = state.stock.expires(item, account.lot.as_ref());
            let stated = state.stock.stated(account);
            Row::from(vec![
                id(account.party.as_str()),
                html! { (account.state) },
                place,
                lot,
                expires.map_or_else(nothing, date),
                quantity(balance.on_hand),
                quantity(balance.reserved),
                quantity(balance.free()),
                stated.map_or_else(nothing, |stated| {
                    html! {
                        (stated.source) " (" (stated.standing) ", " (date(stated.as_of)) ")"
                    }
                }),
            ])
        };
        let rows = own.iter().map(row).collect();
        let (caption, empty) = (words::STOCK_ACCOUNTS, words::STOCK_NO_ACCOUNTS);
        let table = Table { id: "accounts", caption, columns: &columns, rows, empty };
        html! { (table.render()) (pages) }
    }

    /// What holds units of an item: releases and earmarks.
    pub(super) fn holds(&self, path: &str, fields: &Fields) -> Markup {
        let mut all = holders(self.state, self.item, None);
        all.retain(|held| self.may_see_hold(held));
        let (found, pages) = paged(all, path, fields, "holds");
        let columns = [
            Column::Words(words::STOCK_HOLD),
            Column::Words(words::STOCK_UNDER),
            Column::Words(words::STOCK_FOR),
            Column::Words(words::STOCK_OF),
            Column::Numbers(words::UNITS),
            Column::Words(words::MONTH),
            Column::Words(words::STOCK_WHERE),
        ];
        let row = |held: &Value| {
            let text = |name: &str| held.get(name).and_then(Value::as_str);
            let word = |name: &str| text(name).map_or_else(nothing, id);
            let units = held.get("units").and_then(Value::as_u64).unwrap_or(0);
            let request = text("request").map_or_else(nothing, |request| {
                html! {
                    a href={ "/requests/" (request) } { (id(request)) }
                }
            });
            Row::from(vec![
                word("held_by"),
                request,
                word("for"),
                word("party"),
                quantity(units),
                word("month"),
                text("account").map_or_else(nothing, |account| html! { (account) }),
            ])
        };
        let rows = found.iter().map(row).collect();
        let (caption, empty) = (words::STOCK_HOLDS, words::STOCK_NO_HOLDS);
        html! { (Table { id: "holds", caption, columns: &columns, rows, empty }.render()) (pages) }
    }

    /// What is promised of an item, month by month.
    pub(super) fn slots(&self, path: &str, fields: &Fields) -> Markup {
        let (state, item) = (self.state, self.item);
        let own = state.stock.earmarks().filter(|earmark| {
            earmark.item == *item
                && (self.may_see(&earmark.recipient) || self.may_see(&earmark.owner))
        });
        let all: Vec<(&Earmark, Month, Slot)> =
            own.flat_map(|e| e.slots.iter().map(move |(month, slot)| (e, *month, *slot))).collect();
        let (found, pages) = paged(all, path, fields, "slots");
        let columns = [
            Column::Words(words::STOCK_EARMARK),
            Column::Words(words::STOCK_RECIPIENT),
            Column::Words(words::MONTH),
            Column::Numbers(words::STOCK_PROMISED),
            Column::Numbers(words::STOCK_MADE),
            Column::Numbers(words::STOCK_COMMITTED),
            Column::Numbers(words::STOCK_HANDED_OUT),
            Column::Numbers(words::STOCK_DIVERTED),
            Column::Numbers(words::STOCK_OPEN),
            Column::Words(words::STOCK_DIVERTIBLE),
        ];
        let row = |(earmark, month, slot): &(&Earmark, Month, Slot)| {
            Row::from(vec![
                id(earmark.id.as_str()),
                id(earmark.recipient.as_str()),
                id(&month.to_string()),
                quantity(slot.quantity),
                quantity(slot.made),
                quantity(slot.committed),
                quantity(slot.delivered),
                quantity(slot.diverted),
                quantity(slot.open()),
                html! { (if earmark.divertible { words::YES } else { words::NO }) },
            ])
        };
        let rows = found.iter().map(row).collect();
        let (caption, empty) = (words::STOCK_SLOTS, words::STOCK_NO_SLOTS);
        html! { (Table { id: "slots", caption, columns: &columns, rows, empty }.render()) (pages) }
    }
}

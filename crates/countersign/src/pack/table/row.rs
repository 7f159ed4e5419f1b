//! Reading a row cell by cell: each mistake is noted where it stands.

use super::{Cells, Columns, Faults};
use crate::pack::declared::{Declared, Unknown};
use crate::pack::fault::code;
use crate::pack::fields::{list, quantity, unfit_text};
use countersign_core::stock::Item;
use countersign_proof::words::{Date, ItemId, Month, PartyId, PlaceId, Quantity, WordError};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A row being read.
pub(in crate::pack) struct Row<'a, 'f> {
    pub cells: &'a Cells,
    pub columns: &'a Columns,
    pub faults: &'a mut Faults<'f>,
    pub declared: &'a Declared<'a>,
}

impl<'a> Row<'a, '_> {
    /// Its line.
    pub(in crate::pack) fn line(&self) -> u32 {
        self.cells.line
    }

    /// What stands in a column.
    pub(in crate::pack) fn text(&self, name: &str) -> &'a str {
        let cells: &'a Cells = self.cells;
        cells.get(self.columns.index(name))
    }

    /// Notes a fault in a column.
    pub(in crate::pack) fn fault(
        &mut self,
        name: &str,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let place = (self.cells.line, self.cells.column(self.columns.index(name)));
        self.faults.at(place, code, message, remedy);
    }

    /// A word of one of our vocabularies.
    pub(in crate::pack) fn word<T: FromStr<Err = WordError>>(&mut self, name: &str) -> Option<T> {
        self.word_of(name, code::WORD_UNFIT)
    }

    fn word_of<T: FromStr<Err = WordError>>(
        &mut self,
        name: &str,
        code: &'static str,
    ) -> Option<T> {
        match self.text(name).parse() {
            Ok(value) => Some(value),
            Err(WordError { value, expected }) => {
                let message = format!("{name}: {value:?} is not {expected}");
                self.fault(name, code, message, format!("write {expected}"));
                None
            }
        }
    }

    /// A number of a vocabulary.
    pub(in crate::pack) fn number<T: FromStr<Err = WordError>>(&mut self, name: &str) -> Option<T> {
        self.word_of(name, code::NUMBER_UNFIT)
    }

    /// What `read` reads, or `Some(None)` where the cell is empty.
    pub(in crate::pack) fn or_empty<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.text(name).is_empty() { Some(None) } else { read(self, name).map(Some) }
    }

    fn known<T>(&mut self, name: &str, found: Result<T, Unknown>) -> Option<T> {
        match found {
            Ok(found) => Some(found),
            Err((message, remedy)) => {
                self.fault(name, code::REFERENCE_DANGLING, message, remedy);
                None
            }
        }
    }

    /// An item that is declared, with what is known of it.
    pub(in crate::pack) fn item(&mut self) -> Option<(ItemId, Option<&'a Item>)> {
        let id: ItemId = self.word("item")?;
        let found = self.known("item", self.declared.item(&id))?;
        Some((id, found))
    }

    /// A party that is declared.
    pub(in crate::pack) fn party(&mut self, name: &str) -> Option<PartyId> {
        let id: PartyId = self.word(name)?;
        self.known(name, self.declared.party(&id))?;
        Some(id)
    }

    /// A place that is declared and run by `party`.
    pub(in crate::pack) fn place(
        &mut self,
        name: &str,
        party: Option<&PartyId>,
    ) -> Option<PlaceId> {
        let id: PlaceId = self.word(name)?;
        let found = self.known(name, self.declared.place(&id))?;
        let (Some(found), Some(party)) = (found, party) else { return Some(id) };
        if found.party != *party {
            let message = format!("{id} is run by {}, not by {party}", found.party);
            let remedy = "name a place of the party, or leave the place empty";
            self.fault(name, code::PLACE_OF_ANOTHER, message, remedy);
            return None;
        }
        Some(id)
    }

    /// A date.
    pub(in crate::pack) fn date(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name);
        let date = text.parse().ok();
        if date.is_none() {
            let message = format!("{name}: {:?} is no date", cut(text));
            self.fault(name, code::DATE_UNFIT, message, "write a date such as 2025-06-01");
        }
        date
    }

    /// A month; its first day is taken for it, which is what spreadsheets make of a month.
    pub(in crate::pack) fn month(&mut self, name: &str) -> Option<Month> {
        let text = self.text(name);
        let first = |date: Date| Some(Month::of(date)).filter(|month| month.first() == date);
        let month = text.parse().ok().or_else(|| text.parse().ok().and_then(first));
        if month.is_none() {
            let message = format!("{name}: {:?} is no month", cut(text));
            let remedy = "write year and month, 01 to 12, such as 2025-06";
            self.fault(name, code::DATE_UNFIT, message, remedy);
        }
        month
    }

    /// A text for people.
    pub(in crate::pack) fn words(&mut self, name: &str) -> Option<SmolStr> {
        let text = self.text(name);
        match unfit_text(text) {
            None => Some(SmolStr::new(text)),
            Some((what, remedy)) => {
                self.fault(name, code::TEXT_UNFIT, format!("{name} {what}"), remedy);
                None
            }
        }
    }

    /// Yes or no.
    pub(in crate::pack) fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.text(name);
        let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is(["yes", "true"]) {
            Some(true)
        } else if is(["no", "false"]) {
            Some(false)
        } else {
            let message = format!("{name}: {:?} is neither yes nor no", cut(text));
            self.fault(name, code::WORD_UNFIT, message, "write yes or no");
            None
        }
    }

    /// A whole number of units, at least `least`: `36`, or `3 case` where the item has such a pack.
    pub(in crate::pack) fn units(
        &mut self,
        name: &str,
        least: u64,
        item: Option<&Item>,
    ) -> Option<Quantity> {
        let text = self.text(name);
        let packed = text.split_once(' ').filter(|(_, word)| {
            let first = word.chars().next();
            first.is_some_and(|first| !first.is_ascii_digit())
        });
        let (code, (message, remedy)) = match packed {
            None => match quantity(text, least) {
                Ok(units) => return Some(units),
                Err(told) => (code::QUANTITY_UNFIT, told),
            },
            Some((number, word)) => match quantity(number, least) {
                Err(told) => (code::QUANTITY_UNFIT, told),
                Ok(count) => match item.map(|item| (item, item.packs.get(word))) {
                    // The item is told of already.
                    None => return None,
                    Some((item, None)) => (code::UNIT_UNKNOWN, no_pack(item, count, word)),
                    Some((_, Some(size))) => match count.units().checked_mul(u64::from(*size)) {
                        Some(units) if let Some(units) = Quantity::new(units) => {
                            return Some(units);
                        }
                        _ => {
                            let message = format!("{count} × {size} units are more than 10^12");
                            let remedy = "correct the quantity".to_owned();
                            (code::QUANTITY_UNFIT, (message, remedy))
                        }
                    },
                },
            },
        };
        self.fault(name, code, message, remedy);
        None
    }
}

/// The beginning of a cell, for a message.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn no_pack(item: &Item, count: Quantity, word: &str) -> (String, String) {
    let message = format!("{} is not packed by {:?}", item.id, cut(word));
    let sizes: BTreeMap<&String, &u32> = item.packs.iter().collect();
    let sizes: Vec<String> =
        sizes.iter().map(|(name, units)| format!("{count} {name} = {count} × {units}")).collect();
    let remedy = if sizes.is_empty() {
        "write the number of units alone; the item has no packs".to_owned()
    } else {
        format!("write the number of units alone, or one of: {}", list(&sizes))
    };
    (message, remedy)
}

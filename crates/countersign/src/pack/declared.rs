//! What rows may refer to: the items, parties and places of a pack, or of a ledger.

use super::fields::list;
use super::known::Known;
use super::{ITEMS, PEOPLE, PackItems};
use countersign_core::State;
use countersign_core::stock::{Item, Place};
use countersign_proof::words::{ItemId, PartyId, PlaceId};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The ids of one kind; all of them are let pass where they could not be read.
type Ids<'a, T, V> = Option<BTreeMap<&'a T, Option<&'a V>>>;

/// Items, parties and places, by id.
pub(crate) struct Declared<'a> {
    items: Ids<'a, ItemId, Item>,
    parties: Ids<'a, PartyId, ()>,
    places: Ids<'a, PlaceId, Place>,
    /// Whether they stand in files, where one can be added.
    in_pack: bool,
}

/// An id that nobody declares: what is wrong, and what to do about it.
pub(super) type Unknown = (String, String);

impl<'a> Declared<'a> {
    /// What a pack declares.
    pub(super) fn in_pack(known: &'a Known, found: &'a PackItems) -> Self {
        let ids = |complete: bool| complete.then_some(());
        let items = ids(known.items.complete).map(|()| {
            let all = known.items.ids().map(|id| (id, None));
            all.chain(found.items.iter().map(|item| (&item.id, Some(item)))).collect()
        });
        let places = ids(known.places.complete).map(|()| {
            let all = known.places.ids().map(|id| (id, None));
            all.chain(found.places.iter().map(|place| (&place.id, Some(place)))).collect()
        });
        let parties = ids(known.parties.complete)
            .map(|()| known.parties.ids().map(|id| (id, None)).collect());
        Self { items, parties, places, in_pack: true }
    }

    /// Everything, for tests.
    #[cfg(test)]
    pub(crate) fn anything() -> Self {
        Self { items: None, parties: None, places: None, in_pack: true }
    }

    /// What a ledger knows.
    pub(crate) fn in_ledger(state: &'a State) -> Self {
        let items = state.stock.items().map(|item| (&item.id, Some(item)));
        let places = state.stock.places().map(|place| (&place.id, Some(place)));
        let parties = state.people.parties().map(|party| (&party.id, None));
        Self {
            items: Some(items.collect()),
            parties: Some(parties.collect()),
            places: Some(places.collect()),
            in_pack: false,
        }
    }

    /// The item, where more than its id is known.
    pub(super) fn item(&self, id: &ItemId) -> Result<Option<&'a Item>, Unknown> {
        self.look(&self.items, id, "item", ITEMS)
    }

    /// Whether there is such a party.
    pub(super) fn party(&self, id: &PartyId) -> Result<(), Unknown> {
        self.look(&self.parties, id, "party", PEOPLE).map(|_| ())
    }

    /// The place, where more than its id is known.
    pub(super) fn place(&self, id: &PlaceId) -> Result<Option<&'a Place>, Unknown> {
        self.look(&self.places, id, "place", ITEMS)
    }

    fn look<T: Ord + Display, V>(
        &self,
        ids: &Ids<'a, T, V>,
        id: &T,
        kind: &str,
        file: &str,
    ) -> Result<Option<&'a V>, Unknown> {
        let Some(ids) = ids else { return Ok(None) };
        if let Some(found) = ids.get(id) {
            return Ok(*found);
        }
        let names: Vec<&&T> = ids.keys().collect();
        let names = list(&names);
        Err(if self.in_pack {
            let message = format!("{kind} {id} is not declared");
            let remedy =
                format!("declare it in {file}, or correct the name; declared are: {names}");
            (message, remedy)
        } else {
            let message = format!("the ledger knows no {kind} {id}");
            (message, format!("correct the name; it knows: {names}"))
        })
    }
}

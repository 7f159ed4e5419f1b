//! The kinds of thing a ledger keeps, the inputs they depend on, and the places that keep them.

use countersign_proof::words::{InputId, ItemId, PartyId, PlaceId, Standing};

pub use countersign_proof::words::ItemClass;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A kind of thing, counted in whole units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Its name for people.
    pub title: String,
    /// The party it comes from, which controls it also after delivery.
    pub origin: PartyId,
    /// The inputs it cannot be used without.
    pub inputs: BTreeSet<InputId>,
    /// Its triage class.
    pub class: ItemClass,
    /// Public range in whole kilometres, where it has one.
    pub range_km: Option<u32>,
    /// Free labels that policies may read.
    pub labels: BTreeSet<String>,
    /// Sizes of pack, by their name: how many units each holds, at least 1.
    pub packs: BTreeMap<String, u32>,
    /// Whether every unit is known by a serial number: each lot is then one unit.
    pub serial: bool,
    /// Where these facts are stated.
    pub source: String,
    /// How well they are established.
    pub standing: Standing,
}

impl Item {
    /// The parties that control it: its origin and everyone who controls an input, in turn.
    ///
    /// # Errors
    /// An input that is not among `inputs`.
    pub fn controllers<'a>(
        &'a self,
        inputs: &'a BTreeMap<InputId, Input>,
    ) -> Result<BTreeSet<&'a PartyId>, &'a InputId> {
        let mut controllers = BTreeSet::from([&self.origin]);
        let mut seen: BTreeSet<&InputId> = BTreeSet::new();
        let mut open: Vec<&InputId> = self.inputs.iter().collect();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let input = inputs.get(id).ok_or(id)?;
            controllers.insert(&input.controller);
            open.extend(&input.needs);
        }
        Ok(controllers)
    }
}

/// Something an item cannot be used without, controlled by a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its id.
    pub id: InputId,
    /// Its name for people.
    pub title: String,
    /// The party that controls it.
    pub controller: PartyId,
    /// The inputs it depends on in turn.
    pub needs: BTreeSet<InputId>,
    /// Where this is stated.
    pub source: String,
    /// How well it is established.
    pub standing: Standing,
}

/// A depot or other place that keeps stock of one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: PlaceId,
    /// Its name for people.
    pub title: String,
    /// The party that runs it.
    pub party: PartyId,
}

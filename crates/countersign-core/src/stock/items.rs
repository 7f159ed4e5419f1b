//! The kinds of thing a ledger keeps, the inputs they depend on, and the places that keep them.

use countersign_proof::words::{InputId, ItemId, PartyId, PlaceId, Standing, WordError};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The triage class of an item, by the pack's own label (`green`, `yellow`, `red`, …).
///
/// `unknown` is a class of its own, and never a good one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct ItemClass(SmolStr);

impl ItemClass {
    /// Takes a label of 1 to 32 lower-case ASCII letters, digits and `-`.
    ///
    /// # Errors
    /// [`WordError`] when it is not such a label.
    pub fn new(label: &str) -> Result<Self, WordError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=32).contains(&label.len()) && label.bytes().all(fits) {
            Ok(Self(SmolStr::new(label)))
        } else {
            Err(WordError::new(label, "a class such as green, yellow, red or unknown"))
        }
    }

    /// The class of an item nobody has judged.
    #[must_use]
    pub fn unknown() -> Self {
        Self(SmolStr::new_static("unknown"))
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<SmolStr> for ItemClass {
    type Error = WordError;
    fn try_from(label: SmolStr) -> Result<Self, WordError> {
        Self::new(&label)
    }
}
impl From<ItemClass> for SmolStr {
    fn from(class: ItemClass) -> Self {
        class.0
    }
}

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

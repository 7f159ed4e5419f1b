//! What the facts of a history may name.

use crate::pack::fields::list;
use countersign_core::charter::Charter;
use std::collections::BTreeSet;

/// What facts may name; everything, where it is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Foreigners {
    known: Option<[BTreeSet<String>; 4]>,
}

const KINDS: [(&str, &str); 4] = [
    ("party", "people.toml"),
    ("item", "items.toml"),
    ("zone", "zones.geojson"),
    ("office", "people.toml"),
];

impl Foreigners {
    /// What the charter of a pack declares.
    pub(crate) fn of(charter: &Charter) -> Self {
        Self {
            known: Some([
                charter.parties.iter().map(|party| party.id.to_string()).collect(),
                charter.items.iter().map(|item| item.id.to_string()).collect(),
                charter.zones.iter().map(|zone| zone.id.to_string()).collect(),
                charter.offices.iter().map(|office| office.id.to_string()).collect(),
            ]),
        }
    }

    pub(super) fn check(&self, which: usize, id: &str) -> Result<(), (String, String)> {
        let declared = self.known.as_ref().and_then(|known| known.get(which));
        let Some(declared) = declared.filter(|declared| !declared.contains(id)) else {
            return Ok(());
        };
        let (kind, file) = KINDS.get(which).copied().unwrap_or_default();
        let names: Vec<&String> = declared.iter().collect();
        let message = format!("{kind} {id} is not declared in the folder of the policy");
        let remedy = format!(
            "declare it in {file}, or have the mapping translate it; declared are: {}",
            list(&names)
        );
        Err((message, remedy))
    }
}

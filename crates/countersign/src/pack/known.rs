//! Which ids a pack declares, and where: so that references are checked where they stand.

use super::fault::code;
use super::fields::{Spot, list};
use super::source::Reading;
use countersign_proof::words::{
    InputId, ItemId, OfficeId, PartyId, PersonId, PlaceId, PolicyVersionId, ZoneId,
};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The ids of one kind.
#[derive(Debug)]
pub(super) struct Names<T> {
    kind: &'static str,
    file: &'static str,
    lines: BTreeMap<T, u32>,
    /// Whether the file could be read; where it could not, every reference is let pass.
    pub complete: bool,
}

impl<T: Ord + Clone + Display> Names<T> {
    pub(super) fn new(kind: &'static str, file: &'static str) -> Self {
        Self { kind, file, lines: BTreeMap::new(), complete: false }
    }

    /// The ids that are declared.
    pub(super) fn ids(&self) -> impl Iterator<Item = &T> {
        self.lines.keys()
    }

    /// Declares an id; the second of two is a fault.
    pub(super) fn declare(&mut self, r: &mut Reading<'_>, id: &Spot<T>) {
        let (line, _) = r.source.place(id.at);
        if let Some(first) = self.lines.get(&id.value) {
            let kind = self.kind;
            let message =
                format!("{kind} {} is given twice: in line {first} and in line {line}", id.value);
            let remedy = format!("remove one, or give one another id; each {kind} stands once");
            r.fault(id.at, code::ID_TWICE, message, remedy);
        } else {
            self.lines.insert(id.value.clone(), line);
        }
    }

    /// Whether the id is declared; where it is not, that is a fault at the reference.
    pub(super) fn check(&self, r: &mut Reading<'_>, id: &Spot<T>) -> bool {
        let known = !self.complete || self.lines.contains_key(&id.value);
        if !known {
            let message = format!("{} {} is not declared", self.kind, id.value);
            let names: Vec<&T> = self.lines.keys().collect();
            let remedy = format!(
                "declare it in {}, or correct the name; declared are: {}",
                self.file,
                list(&names)
            );
            r.fault(id.at, code::REFERENCE_DANGLING, message, remedy);
        }
        known
    }
}

/// The ids of every kind.
#[derive(Debug)]
pub(super) struct Known {
    pub parties: Names<PartyId>,
    pub offices: Names<OfficeId>,
    pub persons: Names<PersonId>,
    pub items: Names<ItemId>,
    pub inputs: Names<InputId>,
    pub places: Names<PlaceId>,
    pub zones: Names<ZoneId>,
    pub versions: Names<PolicyVersionId>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            parties: Names::new("party", super::PEOPLE),
            offices: Names::new("office", super::PEOPLE),
            persons: Names::new("person", super::PEOPLE),
            items: Names::new("item", super::ITEMS),
            inputs: Names::new("input", super::ITEMS),
            places: Names::new("place", super::ITEMS),
            zones: Names::new("zone", super::ZONES),
            versions: Names::new("policy version", super::VERSIONS),
        }
    }
}

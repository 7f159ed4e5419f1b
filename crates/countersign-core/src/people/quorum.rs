//! Filling the slots of an approval set by matching persons to offices.

use countersign_proof::words::{OfficeId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// A signature that could fill a slot: this person, for this office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark<'a> {
    /// Who signed.
    pub person: &'a PersonId,
    /// For which office.
    pub office: &'a OfficeId,
}

/// The offices of `set` that stay open when each person fills at most one slot and as many slots
/// as possible are filled; an office has as many slots as its quorum says.
///
/// The answer depends only on the marks, not on their order: it is a maximum matching by
/// augmenting paths (Kuhn 1955) over marks sorted by person, tried for every office in turn.
#[must_use]
pub fn open_offices<'a>(
    set: &'a BTreeSet<OfficeId>,
    quorum: &dyn Fn(&OfficeId) -> u8,
    marks: &[Mark<'a>],
) -> BTreeSet<&'a OfficeId> {
    let mut signers: BTreeMap<&OfficeId, BTreeSet<&PersonId>> = BTreeMap::new();
    for mark in marks {
        signers.entry(mark.office).or_default().insert(mark.person);
    }
    let slots: Vec<&OfficeId> = set
        .iter()
        .flat_map(|office| std::iter::repeat_n(office, usize::from(quorum(office).max(1))))
        .collect();
    let mut filled: BTreeMap<&PersonId, usize> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (slot, office) in slots.iter().enumerate() {
        if !augment(slot, &slots, &signers, &mut filled, &mut BTreeSet::new()) {
            open.insert(*office);
        }
    }
    open
}

fn augment<'a>(
    slot: usize,
    slots: &[&'a OfficeId],
    signers: &BTreeMap<&'a OfficeId, BTreeSet<&'a PersonId>>,
    filled: &mut BTreeMap<&'a PersonId, usize>,
    tried: &mut BTreeSet<&'a PersonId>,
) -> bool {
    let Some(people) = slots.get(slot).and_then(|office| signers.get(office)) else {
        return false;
    };
    for &person in people {
        if !tried.insert(person) {
            continue;
        }
        let free = match filled.get(person).copied() {
            None => true,
            Some(other) => augment(other, slots, signers, filled, tried),
        };
        if free {
            filled.insert(person, slot);
            return true;
        }
    }
    false
}

/// Whether the marks fill every slot of `set` with distinct persons.
#[must_use]
pub fn covers(
    set: &BTreeSet<OfficeId>,
    quorum: &dyn Fn(&OfficeId) -> u8,
    marks: &[Mark<'_>],
) -> bool {
    open_offices(set, quorum, marks).is_empty()
}

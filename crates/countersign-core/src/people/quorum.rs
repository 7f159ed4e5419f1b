//! Filling the slots of an approval set by matching persons to offices.

use countersign_proof::words::{OfficeId, PersonId};
use std::collections::{BTreeMap, BTreeSet};

/// A signature that could fill a slot: this person, for this office.
///
/// Persons and offices are those of the record, or whatever stands for them elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark<'a, P = PersonId, O = OfficeId> {
    /// Who signed.
    pub person: &'a P,
    /// For which office.
    pub office: &'a O,
}

/// The offices of `set` that stay open when each person fills at most one slot and as many slots
/// as possible are filled; an office has as many slots as its quorum says.
///
/// The answer depends only on the marks, not on their order: it is a maximum matching by
/// augmenting paths (Kuhn 1955) over marks sorted by person, tried for every office in turn.
#[must_use]
pub fn open_offices<'a, P: Ord, O: Ord>(
    set: &'a BTreeSet<O>,
    quorum: &dyn Fn(&O) -> u8,
    marks: &[Mark<'a, P, O>],
) -> BTreeSet<&'a O> {
    let mut signers: BTreeMap<&O, BTreeSet<&P>> = BTreeMap::new();
    for mark in marks {
        signers.entry(mark.office).or_default().insert(mark.person);
    }
    let slots: Vec<&O> = set
        .iter()
        .flat_map(|office| std::iter::repeat_n(office, usize::from(quorum(office).max(1))))
        .collect();
    let mut filled: BTreeMap<&P, usize> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (slot, office) in slots.iter().enumerate() {
        if !augment(slot, &slots, &signers, &mut filled, &mut BTreeSet::new()) {
            open.insert(*office);
        }
    }
    open
}

fn augment<'a, P: Ord, O: Ord>(
    slot: usize,
    slots: &[&'a O],
    signers: &BTreeMap<&'a O, BTreeSet<&'a P>>,
    filled: &mut BTreeMap<&'a P, usize>,
    tried: &mut BTreeSet<&'a P>,
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
pub fn covers<P: Ord, O: Ord>(
    set: &BTreeSet<O>,
    quorum: &dyn Fn(&O) -> u8,
    marks: &[Mark<'_, P, O>],
) -> bool {
    open_offices(set, quorum, marks).is_empty()
}

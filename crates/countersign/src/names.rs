//! The names of people, read from the identity parts of the record. A name can be erased there
//! without breaking the record; then only the opaque id is left.

use crate::opening::{label_number, sealed_part};
use countersign_proof::Label;
use countersign_proof::words::{EntryNumber, PersonId};
use countersign_store::{Store, StoreError, StoredPart};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The names of people, by their ids.
pub type Names = BTreeMap<PersonId, String>;

#[derive(Deserialize)]
struct Identity {
    names: Names,
}

/// The names known to the record; the newest entry wins.
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub fn read(store: &dyn Store) -> Result<Names, StoreError> {
    let mut names = BTreeMap::new();
    each(store, &mut |_, found| names.extend(found))?;
    Ok(names)
}

/// The entries whose identity parts name a person.
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub fn entries_naming(
    store: &dyn Store,
    person: &PersonId,
) -> Result<BTreeSet<EntryNumber>, StoreError> {
    let mut entries = BTreeSet::new();
    each(store, &mut |seq, found| {
        if found.contains_key(person) {
            entries.insert(EntryNumber(seq));
        }
    })?;
    Ok(entries)
}

/// The names of all others in the identity parts of these entries: what would be lost with them.
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub fn others(
    store: &dyn Store,
    person: &PersonId,
    entries: &BTreeSet<EntryNumber>,
) -> Result<Names, StoreError> {
    let mut names = BTreeMap::new();
    each(store, &mut |seq, found| {
        if entries.contains(&EntryNumber(seq)) {
            names.extend(found);
        }
    })?;
    names.remove(person);
    Ok(names)
}

/// Shows the names of every entry that has some.
fn each(store: &dyn Store, show: &mut dyn FnMut(u64, Names)) -> Result<(), StoreError> {
    let label = label_number(Label::Identity);
    store.for_each_sealed(label, 0, &mut |seq, bytes| {
        let part = sealed_part(&StoredPart { label, bytes: bytes.to_vec() });
        let identity = part.and_then(|part| serde_json::from_slice::<Identity>(&part.bytes).ok());
        if let Some(identity) = identity {
            show(seq, identity.names);
        }
        ControlFlow::Continue(())
    })
}

//! The names of people, read from the identity parts of the record. A name can be erased there
//! without breaking the record; then only the opaque id is left.

use crate::opening::{label_number, sealed_part};
use countersign_proof::Label;
use countersign_proof::words::PersonId;
use countersign_store::{Store, StoreError, StoredPart};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

#[derive(Deserialize)]
struct Identity {
    names: BTreeMap<PersonId, String>,
}

/// The names known to the record; the newest entry wins.
///
/// # Errors
/// [`StoreError`] when the record cannot be read.
pub fn read(store: &dyn Store) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let mut names = BTreeMap::new();
    let label = label_number(Label::Identity);
    store.for_each_sealed(label, 0, &mut |_, bytes| {
        let part = sealed_part(&StoredPart { label, bytes: bytes.to_vec() });
        let identity = part.and_then(|part| serde_json::from_slice::<Identity>(&part.bytes).ok());
        if let Some(identity) = identity {
            names.extend(identity.names);
        }
        ControlFlow::Continue(())
    })?;
    Ok(names)
}

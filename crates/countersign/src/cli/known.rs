//! What a command may name: only what the ledger declares, so that a typing mistake is told and
//! never taken for "there is none".

use super::Failure;
use countersign_core::State;
use countersign_core::stock::Item;
use countersign_proof::words::{ItemId, PartyId};

/// A declared item.
///
/// # Errors
/// [`Failure::Usage`] where the ledger has none of that name.
pub(super) fn item<'s>(state: &'s State, id: &ItemId) -> Result<&'s Item, Failure> {
    let unknown = || Failure::usage(format!("the ledger declares no item {id}"));
    state.stock.item(id).ok_or_else(unknown)
}

/// A declared party.
///
/// # Errors
/// [`Failure::Usage`] where the ledger has none of that name.
pub(super) fn party(state: &State, id: &PartyId) -> Result<(), Failure> {
    let known = state.people.parties().any(|party| party.id == *id);
    if known { Ok(()) } else { Err(Failure::usage(format!("the ledger declares no party {id}"))) }
}

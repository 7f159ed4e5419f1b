//! What a command may name: only what the ledger declares, so that a typing mistake is told and
//! never taken for "there is none".

use super::{Failure, Global};
use countersign_core::State;
use countersign_core::stock::Item;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{ItemId, PartyId};

/// A declared item.
///
/// # Errors
/// [`Failure::Usage`] where the ledger has none of that name.
pub(super) fn item<'s>(state: &'s State, id: &ItemId) -> Result<&'s Item, Failure> {
    let unknown = || Failure::usage(format!("the ledger declares no item {id}"));
    state.stock.item(id).ok_or_else(unknown)
}

/// A declared item whose class and orders whoever `--as` names may see; one that they may not see
/// is told of as one that there is not.
///
/// # Errors
/// [`Failure::Usage`] where there is none for them.
pub(super) fn seen_item<'s>(
    global: &Global,
    state: &'s State,
    id: &ItemId,
) -> Result<&'s Item, Failure> {
    let seen = global.may_view(state, &Matter::Item(id), Label::Parties);
    let unknown = || Failure::usage(format!("the ledger declares no item {id}"));
    item(state, id).ok().filter(|_| seen).ok_or_else(unknown)
}

/// A declared item whose owner's books whoever `--as` names may see.
///
/// # Errors
/// [`Failure::Usage`] where there is none for them.
pub(super) fn kept_item<'s>(
    global: &Global,
    state: &'s State,
    id: &ItemId,
) -> Result<&'s Item, Failure> {
    let found = item(state, id)?;
    let seen = global.may_view(state, &Matter::Books(&found.origin), Label::Parties);
    let unknown = || Failure::usage(format!("the ledger declares no item {id}"));
    Some(found).filter(|_| seen).ok_or_else(unknown)
}

/// Checks that whoever `--as` names may see everything that the programme deliberates.
///
/// # Errors
/// [`Failure::Refused`] where they may not.
pub(super) fn whole(global: &Global, state: &State) -> Result<(), Failure> {
    let seen = global.person.as_ref().is_none_or(|person| state.may_see_whole(person));
    let message =
        "this tells more than you may see: it is for whoever may see every party's books \
                   and what the programme deliberates"
            .to_owned();
    let code = "door/tells-too-much".to_owned();
    if seen { Ok(()) } else { Err(Failure::Refused { code, message }) }
}

/// A declared party whose books whoever `--as` names may see.
///
/// # Errors
/// [`Failure::Usage`] where there is none for them.
pub(super) fn seen_party(global: &Global, state: &State, id: &PartyId) -> Result<(), Failure> {
    party(state, id)?;
    let seen = global.may_view(state, &Matter::Books(id), Label::Parties);
    let unknown = || Failure::usage(format!("the ledger declares no party {id}"));
    seen.then_some(()).ok_or_else(unknown)
}

/// A declared party.
///
/// # Errors
/// [`Failure::Usage`] where the ledger has none of that name.
pub(super) fn party(state: &State, id: &PartyId) -> Result<(), Failure> {
    let known = state.people.parties().any(|party| party.id == *id);
    if known { Ok(()) } else { Err(Failure::usage(format!("the ledger declares no party {id}"))) }
}

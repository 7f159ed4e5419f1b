//! People, offices and keys. Answers: *who is who, and who may speak for which office?*

use countersign_core::State;
use countersign_core::people::{EnrolledKey, Office};
use countersign_proof::words::{Moment, PartyId, PersonId};
use serde_json::{Value, json};

/// The offices that a person holds at a moment.
#[must_use]
pub fn offices_of(state: &State, person: &PersonId, at: Moment) -> Vec<String> {
    state.people.held_by(person, at).map(|office| office.id.to_string()).collect()
}

/// The keys of a person that were not revoked.
#[must_use]
pub fn keys_of(state: &State, person: &PersonId) -> Vec<String> {
    let keys = state.people.keys().filter(|key| key.person == *person && key.revoked_at.is_none());
    keys.map(|key| key.key.to_string()).collect()
}

/// A person; without a name where that may not be told.
#[must_use]
pub fn person(state: &State, person: &PersonId, party: &PartyId, name: Option<&str>) -> Value {
    let mut value = json!({
        "person": person.as_str(), "party": party.as_str(),
        "offices": offices_of(state, person, state.ledger.clock), "keys": keys_of(state, person),
    });
    if let Some(fields) = value.as_object_mut() {
        if let Some(name) = name {
            fields.insert("name".to_owned(), name.into());
        }
        if let Some(at) = state.people.erased_at(person) {
            fields.insert("name_erased_at".to_owned(), at.to_string().into());
        }
    }
    value
}

/// Who holds an office at the ledger's clock, deputies with whom they stand in for.
#[must_use]
pub fn holders(state: &State, office: &Office) -> Vec<String> {
    let at = state.ledger.clock;
    let terms = state.people.terms(&office.id).filter(|term| term.span.contains(at));
    let mut holders: Vec<String> = terms.map(|term| term.person.to_string()).collect();
    let deputies = state.people.deputies(&office.id).filter(|deputy| deputy.span.contains(at));
    holders.extend(deputies.map(|d| format!("{} (deputy of {})", d.deputy, d.principal)));
    holders
}

/// An office.
#[must_use]
pub fn office(state: &State, office: &Office) -> Value {
    json!({
        "office": office.id.as_str(),
        "title": office.title,
        "party": office.party.as_str(),
        "personal": office.personal,
        "quorum": office.quorum,
        "functions": office.functions.iter().map(|f| f.as_str()).collect::<Vec<_>>(),
        "held_by": holders(state, office),
    })
}

/// A key.
#[must_use]
pub fn key(key: &EnrolledKey) -> Value {
    json!({
        "key": key.key.to_string(),
        "public_key": key.public_key,
        "person": key.person.as_str(),
        "witness": key.witness.as_ref().map(ToString::to_string),
        "from": key.from.to_string(),
        "until": key.until.to_string(),
        "revoked_at": key.revoked_at.map(|at| at.to_string()),
    })
}

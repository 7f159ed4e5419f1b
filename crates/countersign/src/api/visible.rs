//! What may be told to whom. Answers: *which parts of this may this person see?*
//!
//! Policy says so (`State::may_view`). A part that may not be seen is absent; a request that may
//! not
//! be seen answers exactly as one that does not exist.

use crate::names::Names;
use crate::server::Problem;
use crate::views;
use countersign_core::State;
use countersign_core::requests::{Release, Request};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{PersonId, ReleaseId, RequestId};
use serde_json::{Map, Value};

/// What a request is about: told to whom it concerns.
const PARTIES: &[&str] = &[
    "closing",
    "item",
    "quantity",
    "zones",
    "holder",
    "recipient",
    "depot",
    "window",
    "requester",
    "missing",
    "problem",
    "release",
];
/// What was said on a request: told to whom it is put before.
const DELIBERATION: &[&str] = &["decisions", "advice", "recused", "interests"];
/// What everybody may know of a release whose request they may see.
const RELEASE_OPEN: &[&str] =
    &["id", "request", "revision", "state", "policy", "issued_at", "ended_at"];

/// Which parts of a request somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What it is about.
    pub(crate) parties: bool,
    /// What was said on it.
    pub(crate) deliberation: bool,
    /// Who people are.
    pub(crate) identity: bool,
}

/// Which parts of a request a person may see; none where it does not exist for them.
pub(crate) fn parts_for(state: &State, person: &PersonId, request: &Request) -> Option<Seen> {
    if !state.may_see(request, person) {
        return None;
    }
    let matter = Matter::Request(request);
    let may = |label| state.may_view(person, &matter, label);
    Some(Seen {
        parties: may(Label::Parties),
        deliberation: may(Label::Deliberation),
        identity: may(Label::Identity),
    })
}

/// A request as a person may see it; none where it does not exist for them.
pub(crate) fn request(
    state: &State,
    names: &Names,
    person: &PersonId,
    request: &Request,
) -> Option<Value> {
    let seen = parts_for(state, person, request)?;
    let mut value = views::request(state, request);
    let fields = value.as_object_mut()?;
    // The act stands in the open part of entries only as what happened; it tells what is asked.
    if !seen.parties {
        fields.remove("act");
        PARTIES.iter().for_each(|name| drop(fields.remove(*name)));
    }
    if !seen.deliberation {
        DELIBERATION.iter().for_each(|name| drop(fields.remove(*name)));
    }
    if seen.identity {
        let asked = seen.parties.then_some(&request.requester).into_iter();
        let said = request.decisions.iter().map(|made| &made.signed.person);
        let said = said.chain(request.advice.iter().map(|given| &given.signed.person));
        let named = asked.chain(said.filter(|_| seen.deliberation));
        let named = named.filter_map(|id| Some((id.to_string(), names.get(id)?.clone().into())));
        fields.insert("names".to_owned(), Value::Object(named.collect::<Map<String, Value>>()));
    }
    Some(value)
}

/// A release as a person may see it; none where its request does not exist for them.
pub(crate) fn release(state: &State, person: &PersonId, release: &Release) -> Option<Value> {
    let request = state.requests.request(release.request)?;
    let seen = parts_for(state, person, request)?;
    let mut value = views::release(state, release);
    if !seen.parties {
        value.as_object_mut()?.retain(|name, _| RELEASE_OPEN.contains(&name.as_str()));
    }
    Some(value)
}

/// The request of an id, for a person who may see it.
///
/// # Errors
/// [`Problem`] 404, the same whether there is none or it may not be seen.
pub(crate) fn find_request<'s>(
    state: &'s State,
    person: &PersonId,
    id: RequestId,
) -> Result<&'s Request, Problem> {
    let found = state.requests.request(id).filter(|request| state.may_see(request, person));
    found.ok_or_else(|| no_request(id))
}

/// There is no such request, as far as whoever asks may know.
pub(crate) fn no_request(id: RequestId) -> Problem {
    let unknown = countersign_core::requests::Rejection::UnknownRequest { request: id };
    countersign_core::Rejection::from(unknown).into()
}

/// There is no such release, as far as whoever asks may know.
pub(crate) fn no_release(id: ReleaseId) -> Problem {
    let unknown = countersign_core::requests::Rejection::UnknownRelease { release: id };
    countersign_core::Rejection::from(unknown).into()
}

/// Whether a person may see what a party has.
pub(crate) fn books(
    state: &State,
    person: &PersonId,
    party: &countersign_proof::words::PartyId,
) -> bool {
    state.may_view(person, &Matter::Books(party), Label::Parties)
}

/// Whether a person may see how an item stands.
pub(crate) fn item(
    state: &State,
    person: &PersonId,
    item: &countersign_proof::words::ItemId,
) -> bool {
    state.may_view(person, &Matter::Item(item), Label::Parties)
}

//! The places of the site, and the frame that shows them. Answers: *where can this person go?*

use super::page::{Frame, Place, Who};
use super::words;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem};
use countersign_core::State;
use countersign_proof::words::PersonId;
use std::collections::BTreeMap;

/// The navigation of somebody who is signed in.
fn places(waiting: u64) -> Vec<Place> {
    let place = |label, href| Place { label, href, waiting: None };
    vec![
        Place { label: words::INBOX, href: "/inbox", waiting: Some(waiting) },
        place(words::REQUESTS, "/requests"),
        place(words::STOCK, "/stock"),
        place(words::REROUTING, "/rerouting"),
        place(words::DEPENDENCE, "/dependence"),
        place(words::POLICY_PLACE, "/policy"),
        place(words::RECORD, "/record"),
        place(words::OVERSIGHT, "/oversight"),
        place(words::PEOPLE, "/people"),
    ]
}

/// The frame for whoever looks; `current` is the place that is shown.
///
/// # Errors
/// [`Problem`] when the names of people cannot be read.
pub(crate) async fn frame(
    app: &App,
    visitor: &Visitor,
    current: &'static str,
) -> Result<Frame, Problem> {
    let names = app.names().await?;
    let viewer = visitor.0.as_ref();
    let mut frame = app.reader.read_at(|state, position| bare(state, position, current));
    if let Some(viewer) = viewer {
        let waiting = app.waiting(viewer.person(), |state| waiting(state, viewer.person()));
        let papers = app.papers_of(viewer.person()).len();
        let waiting = waiting.saturating_add(u64::try_from(papers).unwrap_or(0));
        frame.places = places(waiting);
        frame.viewer = Some(Who {
            name: name_of(&names, viewer.person()),
            offices: app.look(|state| offices_of(state, viewer.person())),
            csrf: viewer.session.csrf.clone(),
        });
    }
    Ok(frame)
}

/// A person's name, or their id where the name was erased.
pub(crate) fn name_of(names: &BTreeMap<PersonId, String>, person: &PersonId) -> String {
    names.get(person).cloned().unwrap_or_else(|| person.to_string())
}

/// The offices that a person holds now, by their titles.
pub(crate) fn offices_of(state: &State, person: &PersonId) -> Vec<String> {
    let held = state.people.held_by(person, state.ledger.clock);
    held.map(|office| office.title.clone()).collect()
}

/// Open requests that are looked through for what waits for somebody, from the oldest on.
pub(crate) const LOOKED_THROUGH: usize = 2_000;

/// How many open requests wait for a word of this person.
pub(crate) fn waiting(state: &State, person: &PersonId) -> u64 {
    let waits = |request: &&countersign_core::requests::Request| {
        let missing = crate::views::missing(state, request).unwrap_or_default();
        missing.iter().flatten().any(|office| state.may_sign(request, office).contains(person))
    };
    let count = state.requests.open().take(LOOKED_THROUGH).filter(waits).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn bare(state: &State, position: u64, current: &'static str) -> Frame {
    Frame {
        programme: state.ledger.origin.clone(),
        is_exercise: state.ledger.exercise,
        ledger: state.ledger.digest.to_string(),
        position: position.saturating_sub(1),
        policy: state.policy.current().ok().map(|version| version.bundle.version.to_string()),
        current,
        ..Frame::default()
    }
}

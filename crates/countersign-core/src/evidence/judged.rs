//! What policy was told when a release was issued, beside what the entries of its request show.

use crate::policy::Totals;
use crate::requests::{self, Draft, totals_beside};
use crate::{Event, State};
use countersign_proof::words::{ItemId, ReleaseId};

/// What policy was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The release that was issued or approved again.
    pub release: ReleaseId,
    /// Of which item.
    pub item: ItemId,
    /// What the holder had out and had used of it, beside the request itself.
    pub totals: Totals,
}

/// What policy was told for `event`, one of the `events` of an entry; `state` is that before it.
/// None for events that rest on no question to policy.
#[must_use]
pub fn totals_judged(state: &State, events: &[Event], event: &Event) -> Option<Judged> {
    let Event::Requests(event) = event else { return None };
    if let requests::Event::ReleaseIssued { release, request, .. } = event {
        // A standing permission issues in the very entry that submits.
        let submitted = events.iter().find_map(|event| {
            let Event::Requests(event) = event else { return None };
            let requests::Event::RequestSubmitted { request: id, draft, .. } = event else {
                return None;
            };
            (id == request).then_some(&**draft)
        });
        let kept = || Some(&*state.requests.request(*request)?.draft);
        return Some(judged(*release, state, submitted.or_else(kept)?, None));
    }
    if let requests::Event::ReleaseReapproved { release, .. } = event {
        let own = state.requests.release(*release)?;
        let draft = &state.requests.request(own.request)?.draft;
        let own = (!own.state.has_ended()).then_some(own);
        return Some(judged(*release, state, draft, own));
    }
    None
}

fn judged(
    release: ReleaseId,
    state: &State,
    draft: &Draft,
    own: Option<&requests::Release>,
) -> Judged {
    let totals = totals_beside(state, draft, own);
    Judged { release, item: draft.item.clone(), totals }
}

//! What did policy see when a past request was decided?
//!
//! A request keeps what it asks for, but not the item's class and the holder's totals of that day,
//! which policy reads too. They are noted while the record is replayed.

use crate::policy::Totals;
use crate::requests::{Closing, Draft, Event, totals_beside};
use crate::stock::ItemClass;
use crate::{Event as AnyEvent, State};
use countersign_proof::words::{Moment, PolicyVersionId, ReleaseId, RequestId};
use std::collections::BTreeMap;

/// What policy saw beside the request itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The moment.
    pub at: Moment,
    /// The class of the item.
    pub class: ItemClass,
    /// What the holder had out and had used, the request's own release left aside.
    pub totals: Totals,
    /// The version that judged.
    pub policy: PolicyVersionId,
}

/// What policy saw of every request when it was last judged: when it was closed, or else when its
/// last revision was made. Of every release, when it was issued or approved anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    requests: BTreeMap<RequestId, Seen>,
    releases: BTreeMap<ReleaseId, Seen>,
}

impl History {
    /// Notes what `events` judge; `state` is the one that they were decided on.
    pub fn note(&mut self, state: &State, at: Moment, events: &[AnyEvent]) {
        for event in events {
            if let AnyEvent::Requests(event) = event {
                self.note_event(state, at, event);
            }
        }
    }

    fn note_event(&mut self, state: &State, at: Moment, event: &Event) {
        match event {
            Event::RequestSubmitted { request, draft, policy, .. }
            | Event::RequestRevised { request, draft, policy, .. } => {
                self.judged(state, *request, draft, (at, policy));
            }
            Event::RequestApproved { request }
            | Event::RequestWithdrawn { request }
            | Event::RequestLapsed { request } => self.closed(state, *request, at, None),
            Event::RequestRefused { request, closing } => {
                let by = match closing {
                    Closing::Policy(version) => Some(version),
                    Closing::RefusedBy(_)
                    | Closing::WithdrawnBy(_)
                    | Closing::NoStock
                    | Closing::UnderHold => None,
                };
                self.closed(state, *request, at, by);
            }
            Event::ReleaseIssued { release, request, .. } => {
                if let Some(seen) = self.requests.get(request) {
                    self.releases.insert(*release, seen.clone());
                }
            }
            Event::ReleaseReapproved { release, .. } => self.reapproved(state, *release, at),
            Event::InformationAnswered { .. }
            | Event::AdviceRecorded { .. }
            | Event::DecisionRecorded { .. }
            | Event::DecidersReminded { .. }
            | Event::RequestEscalated { .. }
            | Event::RequestRebound { .. }
            | Event::PersonRecused { .. }
            | Event::QuorumOutOfReach { .. }
            | Event::InterestDeclared { .. }
            | Event::ReleaseRebound { .. }
            | Event::ReleasesSuspended { .. }
            | Event::ReleasesReinstated { .. }
            | Event::ReleaseEnded { .. }
            | Event::UseReported { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldLifted { .. }
            | Event::CheckpointWitnessed { .. }
            | Event::CertificateIssued { .. }
            | Event::ReceiptRecorded { .. }
            | Event::AccountRecorded { .. }
            | Event::SightingRecorded { .. } => {}
        }
    }

    /// A request that the step itself has made is noted already.
    fn closed(&mut self, state: &State, id: RequestId, at: Moment, by: Option<&PolicyVersionId>) {
        if let Some(request) = state.requests.request(id) {
            let policy = by.unwrap_or(&request.policy);
            // A revision in the same step was noted with what it says now.
            let noted = self.requests.get(&id).is_some_and(|seen| seen.at == at);
            if !noted {
                self.judged(state, id, &request.draft, (at, policy));
            }
        }
    }

    fn reapproved(&mut self, state: &State, id: ReleaseId, at: Moment) {
        let Some(release) = state.requests.release(id) else { return };
        let Some(request) = state.requests.request(release.request) else { return };
        let seen = seen(state, &request.draft, (at, &request.policy), Some(release));
        if let Some(seen) = seen {
            self.releases.insert(id, seen);
        }
    }

    fn judged(
        &mut self,
        state: &State,
        id: RequestId,
        draft: &Draft,
        by: (Moment, &PolicyVersionId),
    ) {
        if let Some(seen) = seen(state, draft, by, None) {
            self.requests.insert(id, seen);
        }
    }

    /// What policy saw of a request.
    #[must_use]
    pub fn request(&self, id: RequestId) -> Option<&Seen> {
        self.requests.get(&id)
    }

    /// What policy saw of a release.
    #[must_use]
    pub fn release(&self, id: ReleaseId) -> Option<&Seen> {
        self.releases.get(&id)
    }
}

fn seen(
    state: &State,
    draft: &Draft,
    (at, policy): (Moment, &PolicyVersionId),
    own: Option<&crate::requests::Release>,
) -> Option<Seen> {
    let class = state.stock.item(&draft.item)?.class.clone();
    Some(Seen { at, class, totals: totals_beside(state, draft, own), policy: policy.clone() })
}

//! What the room's events do to its state.

use super::follow::sum;
use super::{Due, Event, HoldPlaced, Release, Request, Requests, Suspension, Usable, index};
use countersign_proof::words::{
    Act, Moment, OfficeId, PolicyVersionId, Quantity, ReleaseId, RequestId,
};
use std::collections::BTreeSet;

impl Requests {
    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::RequestSubmitted { .. }
            | Event::RequestRevised { .. }
            | Event::InformationAnswered { .. }
            | Event::AdviceRecorded { .. }
            | Event::DecisionRecorded { .. }
            | Event::DecidersReminded { .. }
            | Event::RequestEscalated { .. }
            | Event::RequestRebound { .. }
            | Event::PersonRecused { .. }
            | Event::QuorumOutOfReach { .. }
            | Event::InterestDeclared { .. } => self.apply_to_request(at, event),
            Event::RequestApproved { request }
            | Event::RequestRefused { request, .. }
            | Event::RequestWithdrawn { request }
            | Event::RequestLapsed { request } => {
                self.close(at, *request, |closed| closed.follow(at, event));
            }
            Event::ReleaseIssued { release, request, usable, set } => {
                self.issue(at, *release, *request, usable, set);
            }
            Event::ReleaseRebound { release, policy } => {
                self.rebind_request(*release, policy);
                self.change_release(*release, |release| release.follow(at, event));
            }
            Event::ReleasesSuspended { releases, cause } => {
                for id in releases {
                    if let Suspension::Policy(policy) = cause {
                        self.rebind_request(*id, policy);
                    }
                    self.change_release(*id, |release| release.follow(at, event));
                }
            }
            Event::ReleasesReinstated { releases, cause: _ } => {
                for id in releases {
                    self.change_release(*id, |release| release.follow(at, event));
                }
            }
            Event::ReleaseReapproved { release, usable, set: _ } => {
                self.reapprove(*release, usable, |release| release.follow(at, event));
            }
            Event::ReleaseEnded { release, ending: _ } => {
                self.end(*release, |release| release.follow(at, event));
            }
            Event::UseReported { release, quantity, handed_before, .. } => {
                let drawn = quantity.minus(*handed_before).unwrap_or(Quantity::ZERO);
                self.change_release(*release, |release| release.follow(at, event));
                self.count_use(*release, drawn);
            }
            // What came of it are events of their own.
            Event::CheckpointWitnessed { .. } => {}
            Event::CertificateIssued { .. }
            | Event::ReceiptRecorded { .. }
            | Event::AccountRecorded { .. }
            | Event::SightingRecorded { .. } => self.apply_to_certificates(at, event),
            Event::HoldPlaced { hold, scope, office, person } => self.holds.push(HoldPlaced {
                id: *hold,
                scope: scope.clone(),
                office: office.clone(),
                person: person.clone(),
                placed_at: at,
                lifted_at: None,
            }),
            Event::HoldLifted { hold, office: _, person: _ } => {
                let found = index(hold.0).and_then(|index| self.holds.get_mut(index));
                if let Some(hold) = found {
                    hold.lifted_at = Some(at);
                }
            }
        }
    }

    fn apply_to_request(&mut self, at: Moment, event: &Event) {
        match event {
            Event::RequestSubmitted {
                request,
                requester,
                draft,
                digest,
                policy,
                deadlines,
                supersedes,
            } => {
                let by = (requester, *digest);
                let judged = (policy, *deadlines);
                self.requests.push(Request::submitted(at, *request, draft, by, judged));
                self.open.insert(*request);
                self.reschedule(*request, None);
                if let Some(old) = supersedes {
                    self.close(at, *old, |closed| closed.supersede(at, *request));
                }
            }
            Event::RequestRevised { request, .. }
            | Event::InformationAnswered { request, .. }
            | Event::AdviceRecorded { request, .. }
            | Event::DecisionRecorded { request, .. }
            | Event::DecidersReminded { request, .. }
            | Event::RequestEscalated { request, .. }
            | Event::PersonRecused { request, .. }
            | Event::InterestDeclared { request, .. } => {
                self.change(*request, |open| open.follow(at, event));
            }
            Event::RequestRebound { request, policy: _, standing } => {
                // What an earlier version was about to allow is not due any more.
                self.forget_standing(at, *request);
                self.change(*request, |open| open.follow(at, event));
                if *standing {
                    self.agenda.insert((at, Due::Standing(*request)));
                }
            }
            Event::QuorumOutOfReach { request: _ }
            | Event::RequestWithdrawn { .. }
            | Event::RequestApproved { .. }
            | Event::RequestRefused { .. }
            | Event::RequestLapsed { .. }
            | Event::ReleaseIssued { .. }
            | Event::ReleaseRebound { .. }
            | Event::ReleasesSuspended { .. }
            | Event::ReleasesReinstated { .. }
            | Event::ReleaseReapproved { .. }
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

    fn request_mut(&mut self, id: RequestId) -> Option<&mut Request> {
        self.requests.get_mut(index(id.0)?)
    }

    fn release_mut(&mut self, id: ReleaseId) -> Option<&mut Release> {
        self.releases.get_mut(index(id.0)?)
    }

    /// Changes a request and puts its next deadline on the agenda.
    fn change(&mut self, id: RequestId, change: impl FnOnce(&mut Request)) {
        let Some(request) = self.request_mut(id) else { return };
        let before = request.next_deadline();
        change(request);
        self.reschedule(id, before);
    }

    fn reschedule(&mut self, id: RequestId, before: Option<Moment>) {
        let after = self.request(id).and_then(Request::next_deadline);
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.agenda.remove(&(before, Due::Deadline(id)));
        }
        if let Some(after) = after {
            self.agenda.insert((after, Due::Deadline(id)));
        }
    }

    fn close(&mut self, at: Moment, id: RequestId, close: impl FnOnce(&mut Request)) {
        self.change(id, close);
        self.open.remove(&id);
        self.forget_standing(at, id);
    }

    /// Takes off the agenda what a standing permission was about to allow.
    fn forget_standing(&mut self, at: Moment, id: RequestId) {
        let overdue = self.agenda.iter().take_while(|(when, _)| *when <= at);
        if let Some(entry) = overdue.copied().find(|(_, due)| *due == Due::Standing(id)) {
            self.agenda.remove(&entry);
        }
    }

    fn issue(
        &mut self,
        at: Moment,
        id: ReleaseId,
        request: RequestId,
        usable: &Usable,
        set: &BTreeSet<OfficeId>,
    ) {
        let Some(asked) = self.request_mut(request) else { return };
        let release = asked.issue(at, id, usable, set);
        let key = (asked.draft.holder.clone(), asked.draft.item.clone());
        self.releases.push(release);
        self.live.insert(id);
        self.agenda.insert((usable.window.until(), Due::Expiry(id)));
        let totals = self.totals.entry(key).or_default();
        totals.released = sum(totals.released, usable.quantity);
    }

    /// Changes a release and keeps what its holder has out in step.
    fn change_release(&mut self, id: ReleaseId, change: impl FnOnce(&mut Release)) {
        let Some(release) = self.release_mut(id) else { return };
        let out = |release: &Release| match release.state.has_ended() {
            true => Quantity::ZERO,
            false => release.left(),
        };
        let (before, request) = (out(release), release.request);
        change(release);
        let after = out(release);
        if before == after {
            return;
        }
        let Some(asked) = self.request(request) else { return };
        let key = (asked.draft.holder.clone(), asked.draft.item.clone());
        let totals = self.totals.entry(key).or_default();
        totals.released = sum(totals.released.minus(before).unwrap_or_default(), after);
    }

    fn rebind_request(&mut self, release: ReleaseId, policy: &PolicyVersionId) {
        let request = self.release(release).map(|release| release.request);
        if let Some(request) = request.and_then(|id| self.request_mut(id)) {
            request.policy.clone_from(policy);
        }
    }

    fn reapprove(&mut self, id: ReleaseId, usable: &Usable, change: impl FnOnce(&mut Release)) {
        let before = self.release(id).map(|release| release.usable.window.until());
        self.change_release(id, change);
        if let Some(before) = before {
            self.agenda.remove(&(before, Due::Expiry(id)));
            self.agenda.insert((usable.window.until(), Due::Expiry(id)));
        }
    }

    fn end(&mut self, id: ReleaseId, change: impl FnOnce(&mut Release)) {
        self.change_release(id, change);
        if self.live.remove(&id)
            && let Some(until) = self.release(id).map(|release| release.usable.window.until())
        {
            self.agenda.remove(&(until, Due::Expiry(id)));
        }
    }

    /// Draws what a depot handed out; for a use, its report is still to come.
    pub(super) fn hand(&mut self, id: ReleaseId, quantity: Quantity, breaches: &[super::Breach]) {
        let request = self.release(id).and_then(|release| self.request(release.request));
        let uses = request.is_some_and(|request| request.draft.act == Act::Use);
        self.change_release(id, |release| release.hand(quantity, breaches, uses));
        self.count_use(id, quantity);
    }

    fn count_use(&mut self, id: ReleaseId, quantity: Quantity) {
        let request = self.release(id).and_then(|release| self.request(release.request));
        if let Some(asked) = request {
            let key = (asked.draft.holder.clone(), asked.draft.item.clone());
            let totals = self.totals.entry(key).or_default();
            totals.used = sum(totals.used, quantity);
        }
    }
}

//! What the room's events do to its state.

use super::{
    Deadlines, Draft, Due, Event, HoldPlaced, Release, ReleaseState, Request, RequestState,
    Requests, Stage, Suspension, Usable, index,
};
use crate::people::Span;
use countersign_proof::words::{
    Act, DecisionKind, Digest, Moment, PersonId, PolicyVersionId, Quantity, ReleaseId, RequestId,
    Revision,
};
use std::collections::{BTreeMap, BTreeSet};

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
            Event::RequestApproved { request } => {
                self.close(at, *request, RequestState::Approved, None);
            }
            Event::RequestRefused { request, closing } => {
                self.close(at, *request, RequestState::Refused, Some(closing));
            }
            Event::RequestWithdrawn { request } => {
                self.close(at, *request, RequestState::Withdrawn, None);
            }
            Event::RequestLapsed { request } => {
                self.close(at, *request, RequestState::Lapsed, None);
            }
            Event::ReleaseIssued { release, request, usable, set } => {
                self.issue(at, *release, *request, usable, set);
            }
            Event::ReleaseRebound { release, policy } => self.rebound(at, *release, policy),
            Event::ReleasesSuspended { releases, cause } => {
                releases.iter().for_each(|release| self.suspend(at, *release, cause));
            }
            Event::ReleasesReinstated { releases, cause } => {
                for id in releases {
                    if let Some(release) = self.release_mut(*id) {
                        release.causes.remove(cause);
                        release.reinstate(at);
                    }
                }
            }
            Event::ReleaseReapproved { release, usable, set } => {
                self.reapprove(at, *release, usable, set);
            }
            Event::ReleaseEnded { release, ending } => {
                self.end(at, *release, ending.state());
            }
            Event::UseReported {
                release,
                quantity,
                used_at: _,
                zone: _,
                unaccounted: _,
                breaches,
                handed_before,
            } => {
                let drawn = quantity.minus(*handed_before).unwrap_or(Quantity::ZERO);
                self.draw(*release, drawn, breaches);
                if let Some(release) = self.release_mut(*release) {
                    let left = release.handed.minus(*handed_before);
                    release.handed = left.unwrap_or(Quantity::ZERO);
                }
            }
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
                    self.close(at, *old, RequestState::Superseded, None);
                    if let Some(old) = self.request_mut(*old) {
                        old.superseded_by = Some(*request);
                    }
                }
            }
            Event::RequestRevised {
                request,
                revision,
                reviser,
                draft,
                digest,
                policy,
                deadlines,
            } => {
                self.change(*request, |open| {
                    open.draft.clone_from(draft);
                    open.policy.clone_from(policy);
                    open.revised(*revision, reviser, *digest, *deadlines);
                });
            }
            Event::InformationAnswered { request, deadlines } => self.change(*request, |open| {
                open.deadlines = *deadlines;
                open.stopped_at = None;
                open.state = RequestState::UnderReview;
            }),
            Event::AdviceRecorded { request, advice } => self.change(*request, |open| {
                open.advice.push((**advice).clone());
                open.reviewed();
            }),
            Event::DecisionRecorded { request, decision } => self.change(*request, |open| {
                let (office, person) = (&decision.signed.office, &decision.signed.person);
                match decision.decision {
                    DecisionKind::Approve => {}
                    DecisionKind::Refuse => open.void_of(office, person),
                    DecisionKind::Withdraw => open.void_office(office),
                    DecisionKind::Ask => open.stopped_at = Some(at),
                }
                open.decisions.push((**decision).clone());
                open.reviewed();
                if open.stopped_at.is_some() && open.state.is_open() {
                    open.state = RequestState::InformationRequested;
                }
            }),
            Event::DecidersReminded { request, offices: _ } => {
                self.change(*request, |open| open.stage = Stage::Escalate);
            }
            Event::RequestEscalated { request, offices: _ } => {
                self.change(*request, |open| open.stage = Stage::Lapse);
            }
            Event::RequestRebound { request, policy, standing } => {
                // What an earlier version was about to allow is not due any more.
                self.forget_standing(at, *request);
                self.change(*request, |open| open.policy.clone_from(policy));
                if *standing {
                    self.agenda.insert((at, Due::Standing(*request)));
                }
            }
            Event::PersonRecused { request, person } => {
                self.change(*request, |open| open.recuse(person));
            }
            Event::InterestDeclared { request, person } => self.change(*request, |open| {
                open.interests.insert(person.clone());
            }),
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

    fn close(
        &mut self,
        at: Moment,
        id: RequestId,
        state: RequestState,
        closing: Option<&super::Closing>,
    ) {
        self.change(id, |request| {
            request.state = state;
            request.closing = closing.cloned().map(Box::new);
            request.closed_at = Some(at);
            request.stopped_at = None;
            request.decisions.shrink_to_fit();
            request.advice.shrink_to_fit();
        });
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
        set: &BTreeSet<countersign_proof::words::OfficeId>,
    ) {
        let Some(asked) = self.request_mut(request) else { return };
        asked.release = Some(id);
        let (revision, policy) = (asked.revision, asked.policy.clone());
        let key = (asked.draft.holder.clone(), asked.draft.item.clone());
        self.releases.push(Release {
            id,
            request,
            revision,
            usable: Box::new(usable.clone()),
            policy,
            set: set.clone(),
            used: Quantity::ZERO,
            handed: Quantity::ZERO,
            state: ReleaseState::Issued,
            causes: BTreeSet::new(),
            issued_at: at,
            suspended_at: None,
            suspensions: Vec::new(),
            ended_at: None,
            breaches: BTreeSet::new(),
        });
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

    fn suspend(&mut self, at: Moment, id: ReleaseId, cause: &Suspension) {
        if let Suspension::Policy(policy) = cause {
            self.rebind_request(id, policy);
        }
        let Some(release) = self.release_mut(id) else { return };
        if let Suspension::Policy(policy) = cause {
            release.drop_policy_causes();
            release.policy.clone_from(policy);
        }
        release.causes.insert(cause.clone());
        release.state = ReleaseState::Suspended;
        release.suspended_at = release.suspended_at.or(Some(at));
    }

    fn rebound(&mut self, at: Moment, id: ReleaseId, policy: &PolicyVersionId) {
        self.rebind_request(id, policy);
        if let Some(release) = self.release_mut(id) {
            release.policy.clone_from(policy);
            release.set.clear();
            release.drop_policy_causes();
            release.reinstate(at);
        }
    }

    fn reapprove(
        &mut self,
        at: Moment,
        id: ReleaseId,
        usable: &Usable,
        set: &BTreeSet<countersign_proof::words::OfficeId>,
    ) {
        let before = self.release(id).map(|release| release.usable.window.until());
        self.change_release(id, |release| {
            (*release.usable).clone_from(usable);
            release.set.clone_from(set);
            release.drop_policy_causes();
            release.reinstate(at);
        });
        if let Some(before) = before {
            self.agenda.remove(&(before, Due::Expiry(id)));
            self.agenda.insert((usable.window.until(), Due::Expiry(id)));
        }
    }

    fn end(&mut self, at: Moment, id: ReleaseId, state: ReleaseState) {
        self.change_release(id, |release| {
            release.state = state;
            release.ended_at = Some(at);
            release.causes.clear();
        });
        if self.live.remove(&id)
            && let Some(until) = self.release(id).map(|release| release.usable.window.until())
        {
            self.agenda.remove(&(until, Due::Expiry(id)));
        }
    }

    /// Draws what a depot handed out; for a use, its report is still to come.
    pub(super) fn hand(&mut self, id: ReleaseId, quantity: Quantity, breaches: &[super::Breach]) {
        self.draw(id, quantity, breaches);
        let request = self.release(id).and_then(|release| self.request(release.request));
        let uses = request.is_some_and(|request| request.draft.act == Act::Use);
        if let Some(release) = self.release_mut(id).filter(|_| uses) {
            release.handed = sum(release.handed, quantity);
        }
    }

    fn draw(&mut self, id: ReleaseId, quantity: Quantity, breaches: &[super::Breach]) {
        self.change_release(id, |release| {
            release.used = sum(release.used, quantity);
            release.breaches.extend(breaches.iter().copied());
        });
        let request = self.release(id).and_then(|release| self.request(release.request));
        if let Some(asked) = request {
            let key = (asked.draft.holder.clone(), asked.draft.item.clone());
            let totals = self.totals.entry(key).or_default();
            totals.used = sum(totals.used, quantity);
        }
    }
}

/// A total stands still at the largest quantity; balances are kept in the stock room.
fn sum(a: Quantity, b: Quantity) -> Quantity {
    a.plus(b).unwrap_or(Quantity::MAX)
}

impl Request {
    fn submitted(
        at: Moment,
        id: RequestId,
        draft: &Draft,
        (requester, digest): (&PersonId, Digest),
        (policy, deadlines): (&PolicyVersionId, Deadlines),
    ) -> Self {
        Self {
            id,
            requester: requester.clone(),
            revisers: BTreeMap::new(),
            draft: Box::new(draft.clone()),
            revision: Revision(1),
            digest,
            state: RequestState::Submitted,
            closing: None,
            policy: policy.clone(),
            submitted_at: at,
            deadlines,
            stage: Stage::Remind,
            stopped_at: None,
            closed_at: None,
            decisions: Vec::new(),
            advice: Vec::new(),
            recused: BTreeSet::new(),
            interests: BTreeSet::new(),
            release: None,
            superseded_by: None,
        }
    }

    fn revised(
        &mut self,
        revision: Revision,
        reviser: &PersonId,
        digest: Digest,
        deadlines: Deadlines,
    ) {
        if self.requester != *reviser {
            self.revisers.entry(reviser.clone()).or_insert(revision);
        }
        self.revision = revision;
        self.digest = digest;
        self.state = RequestState::Submitted;
        self.deadlines = deadlines;
        self.stage = Stage::Remind;
        self.stopped_at = None;
    }

    fn reviewed(&mut self) {
        if self.state == RequestState::Submitted {
            self.state = RequestState::UnderReview;
        }
    }
}

impl Release {
    fn drop_policy_causes(&mut self) {
        self.causes.retain(|cause| match cause {
            Suspension::Policy(_) => false,
            Suspension::Hold(_) => true,
        });
    }

    fn reinstate(&mut self, at: Moment) {
        if self.state == ReleaseState::Suspended && self.causes.is_empty() {
            self.state = ReleaseState::Reinstated;
            let span = self.suspended_at.take().map(|from| Span { from, until: at });
            self.suspensions.extend(span);
        }
    }
}

//! What events do to one request or one release: all that whoever has only these needs to follow.

use super::{
    Breach, Closing, Deadlines, DecisionMade, Draft, Event, Release, ReleaseState, Request,
    RequestState, Stage, Suspension, Usable,
};
use crate::people::Span;
use countersign_proof::words::{
    DecisionKind, Digest, Moment, OfficeId, PersonId, PolicyVersionId, Quantity, ReleaseId,
    RequestId, Revision,
};
use std::collections::{BTreeMap, BTreeSet};

impl Request {
    pub(crate) fn submitted(
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

    /// What an event about this request, after its submission, makes of it.
    pub(crate) fn follow(&mut self, at: Moment, event: &Event) {
        match event {
            Event::RequestRevised {
                request: _,
                revision,
                reviser,
                draft,
                digest,
                policy,
                deadlines,
            } => {
                self.draft.clone_from(draft);
                self.policy.clone_from(policy);
                self.revised(*revision, reviser, *digest, *deadlines);
            }
            Event::InformationAnswered { request: _, deadlines } => {
                self.deadlines = *deadlines;
                self.stopped_at = None;
                self.state = RequestState::UnderReview;
            }
            Event::AdviceRecorded { request: _, advice } => {
                self.advice.push((**advice).clone());
                self.reviewed();
            }
            Event::DecisionRecorded { request: _, decision } => self.decided(at, decision),
            Event::DecidersReminded { request: _, offices: _ } => self.stage = Stage::Escalate,
            Event::RequestEscalated { request: _, offices: _ } => self.stage = Stage::Lapse,
            Event::RequestRebound { request: _, policy, standing: _ } => {
                self.policy.clone_from(policy);
            }
            Event::PersonRecused { request: _, person } => self.recuse(person),
            Event::InterestDeclared { request: _, person } => {
                self.interests.insert(person.clone());
            }
            Event::RequestApproved { request: _ } => self.close(at, RequestState::Approved, None),
            Event::RequestRefused { request: _, closing } => {
                self.close(at, RequestState::Refused, Some(closing));
            }
            Event::RequestWithdrawn { request: _ } => self.close(at, RequestState::Withdrawn, None),
            Event::RequestLapsed { request: _ } => self.close(at, RequestState::Lapsed, None),
            Event::QuorumOutOfReach { .. }
            | Event::RequestSubmitted { .. }
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

    fn decided(&mut self, at: Moment, decision: &DecisionMade) {
        let (office, person) = (&decision.signed.office, &decision.signed.person);
        match decision.decision {
            DecisionKind::Approve => {}
            DecisionKind::Refuse => self.void_of(office, person),
            DecisionKind::Withdraw => self.void_office(office),
            DecisionKind::Ask => self.stopped_at = Some(at),
        }
        self.decisions.push(decision.clone());
        self.reviewed();
        if self.stopped_at.is_some() && self.state.is_open() {
            self.state = RequestState::InformationRequested;
        }
    }

    fn close(&mut self, at: Moment, state: RequestState, closing: Option<&Closing>) {
        self.state = state;
        self.closing = closing.cloned().map(Box::new);
        self.closed_at = Some(at);
        self.stopped_at = None;
        self.decisions.shrink_to_fit();
        self.advice.shrink_to_fit();
    }

    /// Another request takes its place.
    pub(crate) fn supersede(&mut self, at: Moment, by: RequestId) {
        self.close(at, RequestState::Superseded, None);
        self.superseded_by = Some(by);
    }

    /// It becomes a release.
    pub(crate) fn issue(
        &mut self,
        at: Moment,
        id: ReleaseId,
        usable: &Usable,
        set: &BTreeSet<OfficeId>,
    ) -> Release {
        self.release = Some(id);
        Release {
            id,
            request: self.id,
            revision: self.revision,
            usable: Box::new(usable.clone()),
            policy: self.policy.clone(),
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
        }
    }

    fn reviewed(&mut self) {
        if self.state == RequestState::Submitted {
            self.state = RequestState::UnderReview;
        }
    }
}

impl Release {
    /// What an event about this release, after it was issued, makes of it.
    pub(crate) fn follow(&mut self, at: Moment, event: &Event) {
        match event {
            Event::ReleaseRebound { release: _, policy } => {
                self.policy.clone_from(policy);
                self.set.clear();
                self.drop_policy_causes();
                self.reinstate(at);
            }
            Event::ReleasesSuspended { releases: _, cause } => self.suspend(at, cause),
            Event::ReleasesReinstated { releases: _, cause } => {
                self.causes.remove(cause);
                self.reinstate(at);
            }
            Event::ReleaseReapproved { release: _, usable, set } => {
                self.usable.clone_from(usable);
                self.set.clone_from(set);
                self.drop_policy_causes();
                self.reinstate(at);
            }
            Event::ReleaseEnded { release: _, ending } => {
                self.state = ending.state();
                self.ended_at = Some(at);
                self.causes.clear();
            }
            Event::UseReported { release: _, quantity, breaches, handed_before, .. } => {
                let drawn = quantity.minus(*handed_before).unwrap_or(Quantity::ZERO);
                self.draw(drawn, breaches);
                self.handed = self.handed.minus(*handed_before).unwrap_or(Quantity::ZERO);
            }
            Event::ReleaseIssued { .. }
            | Event::RequestSubmitted { .. }
            | Event::RequestRevised { .. }
            | Event::RequestWithdrawn { .. }
            | Event::InformationAnswered { .. }
            | Event::AdviceRecorded { .. }
            | Event::DecisionRecorded { .. }
            | Event::RequestApproved { .. }
            | Event::RequestRefused { .. }
            | Event::RequestLapsed { .. }
            | Event::DecidersReminded { .. }
            | Event::RequestEscalated { .. }
            | Event::RequestRebound { .. }
            | Event::PersonRecused { .. }
            | Event::QuorumOutOfReach { .. }
            | Event::InterestDeclared { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldLifted { .. }
            | Event::CheckpointWitnessed { .. }
            | Event::CertificateIssued { .. }
            | Event::ReceiptRecorded { .. }
            | Event::AccountRecorded { .. }
            | Event::SightingRecorded { .. } => {}
        }
    }

    /// A depot handed units out; where they are used, the report of that is still to come.
    pub(crate) fn hand(&mut self, quantity: Quantity, breaches: &[Breach], uses: bool) {
        self.draw(quantity, breaches);
        if uses {
            self.handed = sum(self.handed, quantity);
        }
    }

    fn draw(&mut self, quantity: Quantity, breaches: &[Breach]) {
        self.used = sum(self.used, quantity);
        self.breaches.extend(breaches.iter().copied());
    }

    fn suspend(&mut self, at: Moment, cause: &Suspension) {
        if let Suspension::Policy(policy) = cause {
            self.drop_policy_causes();
            self.policy.clone_from(policy);
        }
        self.causes.insert(cause.clone());
        self.state = ReleaseState::Suspended;
        self.suspended_at = self.suspended_at.or(Some(at));
    }

    fn drop_policy_causes(&mut self) {
        self.causes.retain(|cause| match cause {
            Suspension::Policy(_) => false,
            Suspension::Hold(_) | Suspension::Witnesses(_) => true,
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

/// A total stands still at the largest quantity; balances are kept in the stock room.
pub(super) fn sum(a: Quantity, b: Quantity) -> Quantity {
    a.plus(b).unwrap_or(Quantity::MAX)
}

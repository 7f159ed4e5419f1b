//! Following requests and releases: what was signed, what policy demanded, what came of it.

use super::signing::{Place, SignatureExamined};
use super::{Concern, Examiner, Fault, ReleaseExamined, Rule, UseExamined};
use crate::people::{Signed, covers};
use crate::policy::{Subject, Totals, Verdict, sets_in_words};
use crate::requests::{
    AdviceGiven, Breach, Closing, DecisionMade, Draft, Event, Release, Request, Suspension, Usable,
    ask_beside, breaches, key_only, marks, totals_beside, usable_under,
};
use countersign_proof::statement::AnyStatement;
use countersign_proof::words::{
    Act, DecisionKind, Digest, Moment, OfficeId, Quantity, ReleaseId, RequestId, Revision,
};
use std::collections::BTreeSet;

impl Examiner {
    pub(super) fn of_requests(
        &mut self,
        place: Place,
        event: &Event,
        signed: &[SignatureExamined],
        justification: Option<&str>,
    ) -> Result<(), Fault> {
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
                digest_fits(place, (*request, Revision(1), draft, *digest), justification)?;
                let (by, judged) = ((requester, *digest), (policy, *deadlines));
                let made = Request::submitted(place.at, *request, draft, by, judged);
                self.found.requests.insert(*request, made);
                if let Some(old) = supersedes.and_then(|old| self.found.requests.get_mut(&old)) {
                    old.supersede(place.at, *request);
                }
                Ok(())
            }
            Event::RequestRevised { request, revision, draft, digest, .. } => {
                if self.request(*request).is_some() {
                    digest_fits(place, (*request, *revision, draft, *digest), justification)?;
                }
                self.follow(place, *request, event);
                Ok(())
            }
            Event::AdviceRecorded { request, advice } => {
                advice_fits(place, *request, advice, signed)?;
                self.follow(place, *request, event);
                Ok(())
            }
            Event::DecisionRecorded { request, decision } => {
                self.decision_fits(place, *request, decision, signed)?;
                self.follow(place, *request, event);
                Ok(())
            }
            Event::RequestRefused { request, closing } => {
                self.closing_fits(place, *request, closing)?;
                self.follow(place, *request, event);
                Ok(())
            }
            Event::RequestWithdrawn { request }
            | Event::InformationAnswered { request, .. }
            | Event::RequestApproved { request }
            | Event::RequestLapsed { request }
            | Event::DecidersReminded { request, .. }
            | Event::RequestEscalated { request, .. }
            | Event::RequestRebound { request, .. }
            | Event::PersonRecused { request, .. }
            | Event::QuorumOutOfReach { request }
            | Event::InterestDeclared { request, .. } => {
                self.follow(place, *request, event);
                Ok(())
            }
            Event::ReleaseIssued { release, request, usable, set } => {
                self.issued(place, (*release, *request), usable, set)
            }
            Event::ReleaseReapproved { release, usable, set } => {
                self.reapproved(place, *release, usable, set, event)
            }
            Event::ReleaseRebound { release, policy } => {
                self.rebind(*release, policy);
                self.follow_release(place, *release, event);
                Ok(())
            }
            Event::ReleasesSuspended { releases, cause } => {
                if let Suspension::Policy(policy) = cause {
                    releases.iter().for_each(|release| self.rebind(*release, policy));
                }
                self.follow_those_at_hand(place, releases, event);
                Ok(())
            }
            Event::ReleasesReinstated { releases, cause: _ } => {
                self.follow_those_at_hand(place, releases, event);
                Ok(())
            }
            Event::ReleaseEnded { release, ending: _ } => {
                self.follow_release(place, *release, event);
                Ok(())
            }
            Event::UseReported { release, .. } => self.used(place, *release, event),
            Event::HoldPlaced { .. } | Event::HoldLifted { .. } => self.held(place, signed),
            Event::ReceiptRecorded { release, quantity, handed_out_at, breaches, .. } => {
                self.handed_out(place, *release, (*quantity, *handed_out_at), breaches);
                Ok(())
            }
            Event::CheckpointWitnessed { .. }
            | Event::CertificateIssued { .. }
            | Event::AccountRecorded { .. }
            | Event::SightingRecorded { .. } => Ok(()),
        }
    }

    /// A hold is placed and lifted by those whose consent policy demands.
    fn held(&self, place: Place, signed: &[SignatureExamined]) -> Result<(), Fault> {
        let signed: Vec<Signed> = signed.iter().filter_map(SignatureExamined::signed).collect();
        let subject = Subject::Programme { proved: false };
        let consent =
            self.state.policy.consent(&self.state.people, Act::Suspend, subject, &signed, place.at);
        match consent {
            Ok(_) => Ok(()),
            Err(error) => Err(place.fault(Rule::Consent, error)),
        }
    }

    fn request(&mut self, id: RequestId) -> Option<&Request> {
        if !self.found.requests.contains_key(&id) {
            self.found.unexamined.insert(Concern::Request(id));
        }
        self.found.requests.get(&id)
    }

    fn follow(&mut self, place: Place, id: RequestId, event: &Event) {
        match self.found.requests.get_mut(&id) {
            Some(request) => request.follow(place.at, event),
            None => {
                self.found.unexamined.insert(Concern::Request(id));
            }
        }
    }

    /// An entry can name many releases that are none of this evidence.
    fn follow_those_at_hand(&mut self, place: Place, releases: &[ReleaseId], event: &Event) {
        for release in releases {
            if let Some(held) = self.found.releases.get_mut(release) {
                held.release.follow(place.at, event);
            }
        }
    }

    fn follow_release(&mut self, place: Place, id: ReleaseId, event: &Event) {
        match self.found.releases.get_mut(&id) {
            Some(held) => held.release.follow(place.at, event),
            None => {
                self.found.unexamined.insert(Concern::Release(id));
            }
        }
    }

    fn rebind(&mut self, id: ReleaseId, policy: &countersign_proof::words::PolicyVersionId) {
        let request = self.found.releases.get(&id).map(|held| held.release.request);
        if let Some(request) = request.and_then(|id| self.found.requests.get_mut(&id)) {
            request.policy.clone_from(policy);
        }
    }

    /// A recorded decision must be one that was signed, on the very terms of the request.
    fn decision_fits(
        &mut self,
        place: Place,
        id: RequestId,
        made: &DecisionMade,
        signed: &[SignatureExamined],
    ) -> Result<(), Fault> {
        let fault = |rule, what: &str| Err(place.fault(rule, what));
        let Some(one) = signed.iter().find(|one| one.digest == made.statement) else {
            return fault(Rule::Unsigned, "the decision is not among the signed statements");
        };
        let AnyStatement::Decision(decision) = &one.statement else {
            return fault(Rule::Unsigned, "what was signed is no decision");
        };
        let same = made.signed.person == one.person
            && Some(&made.signed.office) == one.office.as_ref()
            && made.signed.deputy_of == one.deputy_of
            && made.signed.key == one.key
            && made.signed.assurance == one.assurance
            && made.decision == decision.decision
            && made.provisos.as_deref().cloned().unwrap_or_default() == decision.provisos
            && made.revision == decision.terms.revision
            && made.policy == decision.policy;
        if !same {
            return fault(Rule::Terms, "the decision recorded is not the one that was signed");
        }
        let version = self.state.policy.version(&decision.policy).map(|version| version.digest);
        if version != Ok(decision.policy_digest) {
            return fault(Rule::Policy, "the decision names a policy version that was never made");
        }
        let Some(request) = self.request(id) else { return Ok(()) };
        if decision.terms != request.draft.terms(request.id, request.revision, request.digest) {
            return fault(Rule::Terms, "the signed terms are not those of the request");
        }
        if decision.policy != request.policy {
            return fault(Rule::Policy, "the request is judged by another policy version");
        }
        if request.is_asked_by(&one.person) {
            return fault(Rule::Signer, "whoever asks does not decide");
        }
        if request.recused.contains(&one.person) {
            return fault(Rule::Signer, "the signer has stepped back");
        }
        Ok(())
    }

    fn closing_fits(
        &mut self,
        place: Place,
        id: RequestId,
        closing: &Closing,
    ) -> Result<(), Fault> {
        let Some(request) = self.request(id) else { return Ok(()) };
        let (office, kind) = match closing {
            Closing::RefusedBy(office) => (office, DecisionKind::Refuse),
            Closing::WithdrawnBy(office) => (office, DecisionKind::Withdraw),
            Closing::Policy(_) | Closing::NoStock | Closing::UnderHold => return Ok(()),
        };
        let said = |made: &&DecisionMade| made.decision == kind && made.signed.office == *office;
        match request.decisions.iter().find(said) {
            Some(_) => Ok(()),
            None => Err(place.fault(Rule::Unsigned, format!("{office} has signed no refusal"))),
        }
    }

    fn issued(
        &mut self,
        place: Place,
        (id, request): (ReleaseId, RequestId),
        usable: &Usable,
        set: &BTreeSet<OfficeId>,
    ) -> Result<(), Fault> {
        let Some(asked) = self.request(request).cloned() else { return Ok(()) };
        let bounds = asked.draft.usable();
        self.judge(place, (id, &asked, None), bounds, (usable, set))?;
        let Some(asked) = self.found.requests.get_mut(&request) else { return Ok(()) };
        let release = asked.issue(place.at, id, usable, set);
        let held = ReleaseExamined { seq: place.seq, release, uses: Vec::new() };
        self.found.releases.insert(id, held);
        Ok(())
    }

    fn reapproved(
        &mut self,
        place: Place,
        id: ReleaseId,
        usable: &Usable,
        set: &BTreeSet<OfficeId>,
        event: &Event,
    ) -> Result<(), Fault> {
        let Some(held) = self.found.releases.get(&id).cloned() else {
            self.found.unexamined.insert(Concern::Release(id));
            return Ok(());
        };
        let release = held.release;
        if let Some(asked) = self.request(release.request).cloned() {
            let bounds = asked.draft.narrowed(&release.usable).usable();
            self.judge(place, (id, &asked, Some(&release)), bounds, (usable, set))?;
        }
        self.follow_release(place, id, event);
        Ok(())
    }

    /// Asks policy again: the set that was filled must be one that it demands, those who signed
    /// must fill it, and the bounds must be what they left.
    fn judge(
        &mut self,
        place: Place,
        (id, request, own): (ReleaseId, &Request, Option<&Release>),
        bounds: Usable,
        (usable, set): (&Usable, &BTreeSet<OfficeId>),
    ) -> Result<(), Fault> {
        let provisos =
            request.standing(DecisionKind::Approve).filter_map(|m| m.provisos.as_deref());
        let left = usable_under(&self.state, bounds, provisos);
        if left.as_ref() != Ok(usable) {
            let what = "the release is not what those who signed have left of the request";
            return Err(place.fault(Rule::Bounds, what));
        }
        let draft = request.draft.narrowed(usable);
        let totals = self.totals((place, id), &draft, own)?;
        let version = self
            .state
            .policy
            .version(&request.policy)
            .map_err(|error| place.fault(Rule::Policy, error))?;
        let asked = (draft.act, &draft, totals);
        let explained = ask_beside(&self.state, version, asked, key_only(request), place.at)
            .map_err(|error| place.fault(Rule::Policy, error))?;
        let quorum = self.state.people.quorum();
        let marks = marks(request);
        let allowed = match &explained.verdict {
            Verdict::Standing => set.is_empty(),
            Verdict::Needs(sets) => sets.contains(set) && covers(set, &quorum, &marks),
            Verdict::Prohibited => false,
        };
        if !allowed {
            let needs = match &explained.verdict {
                Verdict::Standing => "nobody\u{2019}s consent".to_owned(),
                Verdict::Needs(sets) => format!("the consent of {}", sets_in_words(sets)),
                Verdict::Prohibited => "what nobody can give".to_owned(),
            };
            let what = format!("policy {} demands {needs}", request.policy);
            return Err(place.fault(Rule::Consent, what));
        }
        self.found.evaluated = self.found.evaluated.saturating_add(1);
        self.found.versions.insert(request.policy.clone());
        Ok(())
    }

    fn totals(
        &mut self,
        (place, id): (Place, ReleaseId),
        draft: &Draft,
        own: Option<&Release>,
    ) -> Result<Totals, Fault> {
        if self.whole {
            return Ok(totals_beside(&self.state, draft, own));
        }
        let missing = "what the holder had out and had used is not stated";
        let totals = self.stated.get(&(place.seq, id)).copied();
        self.found.stated = self.found.stated.saturating_add(1);
        totals.ok_or_else(|| place.fault(Rule::Policy, missing))
    }

    /// What a depot handed out is drawn; the record says what it broke.
    fn handed_out(
        &mut self,
        place: Place,
        release: Option<ReleaseId>,
        (quantity, at): (Quantity, Moment),
        broken: &[Breach],
    ) {
        let Some(id) = release else { return };
        let Some(held) = self.found.releases.get_mut(&id) else {
            self.found.unexamined.insert(Concern::Release(id));
            return;
        };
        let request = self.found.requests.get(&held.release.request);
        let uses = request.is_some_and(|request| request.draft.act == Act::Use);
        held.release.hand(quantity, broken, uses);
        held.uses.push(UseExamined {
            seq: place.seq,
            quantity,
            used_at: at,
            zone: None,
            breaches: broken.to_vec(),
        });
    }

    /// What was reported is recorded even where it breaks a rule; then it must say which.
    fn used(&mut self, place: Place, id: ReleaseId, event: &Event) -> Result<(), Fault> {
        let Event::UseReported { quantity, used_at, zone, breaches: named, handed_before, .. } =
            event
        else {
            return Ok(());
        };
        let Some(held) = self.found.releases.get_mut(&id) else {
            self.found.unexamined.insert(Concern::Release(id));
            return Ok(());
        };
        let what = (*used_at, zone.as_ref());
        let drawn = quantity.minus(*handed_before).unwrap_or(Quantity::ZERO);
        let found = breaches(&self.state.policy, &held.release, drawn, what);
        let unsaid: Vec<&str> =
            found.iter().filter(|breach| !named.contains(breach)).map(|b| b.as_str()).collect();
        if !unsaid.is_empty() {
            let what = format!("the use was {}, and the record does not say so", unsaid.join(", "));
            return Err(place.fault(Rule::Usage, what));
        }
        held.release.follow(place.at, event);
        held.uses.push(UseExamined {
            seq: place.seq,
            quantity: *quantity,
            used_at: *used_at,
            zone: zone.clone(),
            breaches: named.clone(),
        });
        Ok(())
    }
}

/// The digest that everybody signs must be that of the revision and its justification.
fn digest_fits(
    place: Place,
    (request, revision, draft, digest): (RequestId, Revision, &Draft, Digest),
    justification: Option<&str>,
) -> Result<(), Fault> {
    match justification {
        Some(text) if draft.digest(request, revision, text) == digest => Ok(()),
        Some(_) => Err(place.fault(Rule::Terms, "the digest of the revision is not its own")),
        None => Err(place.fault(Rule::Terms, "the justification of the revision is missing")),
    }
}

fn advice_fits(
    place: Place,
    id: RequestId,
    given: &AdviceGiven,
    signed: &[SignatureExamined],
) -> Result<(), Fault> {
    let Some(one) = signed.iter().find(|one| one.digest == given.statement) else {
        let what = "the advice is not among the signed statements";
        return Err(place.fault(Rule::Unsigned, what));
    };
    let same = match &one.statement {
        AnyStatement::Advice(advice) => {
            advice.request == id
                && advice.advice == given.advice
                && advice.revision == given.revision
                && given.signed.person == one.person
                && Some(&given.signed.office) == one.office.as_ref()
        }
        AnyStatement::Decision(_)
        | AnyStatement::Appointment(_)
        | AnyStatement::Enrolment(_)
        | AnyStatement::Revocation(_)
        | AnyStatement::Erasure(_)
        | AnyStatement::Rotation(_)
        | AnyStatement::Publication(_)
        | AnyStatement::Hold(_)
        | AnyStatement::Lift(_)
        | AnyStatement::Override(_)
        | AnyStatement::OverrideLift(_)
        | AnyStatement::Diversion(_)
        | AnyStatement::Founding(_)
        | AnyStatement::Session(_) => false,
    };
    if same {
        Ok(())
    } else {
        Err(place.fault(Rule::Terms, "the advice recorded is not the one that was signed"))
    }
}

//! The statements that the people of the exercise sign.

use super::{Answered, World, bundle, id, owner};
use countersign_core::ledger::{NonceSubject, subject_of};
use countersign_core::{Rejection, people, policy, requests};
use countersign_proof::Statement;
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::{
    Advice, Appointment, Binding, Decision, Erasure, Hold, KeyEnrolment, KeyRevocation, Lift,
    LogKeyRotation, PolicyPublication,
};
use countersign_proof::words::{
    AdviceKind, AppointmentChange, DecisionKind, Digest, EntryNumber, Provisos, RequestId, Role,
    Standing, Window,
};

/// What ties a statement to the ledger.
pub type Bound = Binding;

/// Whom to appoint to what.
#[derive(Clone, Copy, Debug)]
pub struct Appointing<'a> {
    pub change: &'a str,
    pub person: &'a str,
    pub office: &'a str,
    pub deputy_of: Option<&'a str>,
    pub acts: &'a str,
    pub span: &'a str,
}

impl World {
    pub fn bound<S: Statement>(&mut self, key: &str) -> Result<Binding, Rejection> {
        self.binding(owner(key), subject_of::<S>(None))
    }

    fn bound_to<S: Statement>(&mut self, key: &str, number: u64) -> Result<Binding, Rejection> {
        let request = RequestId(number);
        let revision = self.state.requests.request(request).map(|asked| asked.revision);
        let revision = revision.unwrap_or(countersign_proof::words::Revision(1));
        let subject = NonceSubject { kind: S::KIND, request: Some((request, revision)) };
        self.binding(owner(key), subject)
    }

    /// A decision on the current revision, as the ledger would render it.
    pub fn decision(
        &mut self,
        key: &str,
        office: &str,
        number: u64,
        decision: DecisionKind,
        provisos: &str,
    ) -> Result<Decision, Rejection> {
        let binding = self.bound_to::<Decision>(key, number)?;
        let asked = self.request(number);
        let policy = self.state.policy.version(&asked.policy).unwrap();
        Ok(Decision {
            terms: asked.draft.terms(asked.id, asked.revision, asked.digest),
            office: id(office),
            signer: id(owner(key)),
            decision,
            provisos: id::<Provisos>(provisos),
            policy: asked.policy.clone(),
            policy_digest: policy.digest,
            binding,
            reason: String::new(),
        })
    }

    /// Decides on a request, signed with a key.
    pub fn decide(
        &mut self,
        key: &str,
        office: &str,
        number: u64,
        decision: &str,
        provisos: &str,
    ) -> Answered {
        let decision = self.decision(key, office, number, id(decision), provisos)?;
        let statement = self.sign(key, &decision);
        self.send(statement)
    }

    /// Sends a signed decision.
    pub fn send(&mut self, statement: Verified<Decision>) -> Answered {
        self.run(None, requests::Command::DecideRequest { statement })
    }

    /// Approves without provisos.
    pub fn approve(&mut self, key: &str, office: &str, number: u64) -> Answered {
        self.decide(key, office, number, "approve", "-")
    }

    pub fn advise(
        &mut self,
        key: &str,
        office: &str,
        number: u64,
        advice: &str,
        provisos: &str,
    ) -> Answered {
        let binding = self.bound_to::<Advice>(key, number)?;
        let asked = self.request(number);
        let advice = Advice {
            request: asked.id,
            revision: asked.revision,
            revision_digest: asked.digest,
            office: id(office),
            signer: id(owner(key)),
            advice: id::<AdviceKind>(advice),
            provisos: id(provisos),
            binding,
            reason: String::new(),
        };
        let statement = self.sign(key, &advice);
        self.run(None, requests::Command::AdviseRequest { statement })
    }

    /// An appointment, not yet signed.
    pub fn appointment(
        &mut self,
        key: &str,
        office: &str,
        wanted: Appointing<'_>,
    ) -> Result<Appointment, Rejection> {
        let role = if wanted.deputy_of.is_some() { Role::Deputy } else { Role::Incumbent };
        Ok(Appointment {
            change: id::<AppointmentChange>(wanted.change),
            subject_office: id(wanted.office),
            person: id(wanted.person),
            role,
            deputy_of: wanted.deputy_of.map(id),
            acts: wanted.acts.split(',').filter(|act| !act.is_empty()).map(id).collect(),
            span: id::<Window>(wanted.span),
            office: id(office),
            signer: id(owner(key)),
            binding: self.bound::<Appointment>(key)?,
            reason: String::new(),
        })
    }

    pub fn appoint(&mut self, key: &str, office: &str, wanted: Appointing<'_>) -> Answered {
        let appointment = self.appointment(key, office, wanted)?;
        let statements = vec![self.sign(key, &appointment)];
        self.run(None, people::Command::Appoint { statements })
    }

    /// An enrolment: the witness's statement and the same text signed by the new key.
    pub fn enrolment(
        &mut self,
        new: &str,
        witness: &str,
        until: &str,
    ) -> Result<people::Command, Rejection> {
        let enrolment = KeyEnrolment {
            person: id(owner(new)),
            public_key: super::key_of(new).public_key().to_openssh(),
            expires_on: id(until),
            signer: id(owner(witness)),
            binding: self.bound::<KeyEnrolment>(witness)?,
            reason: String::new(),
        };
        let (witness, possession) = (self.sign(witness, &enrolment), self.sign(new, &enrolment));
        Ok(people::Command::EnrolKey { witness, possession })
    }

    pub fn enrol(&mut self, new: &str, witness: &str, until: &str) -> Answered {
        let command = self.enrolment(new, witness, until)?;
        self.run(None, command)
    }

    pub fn revoke(&mut self, key: &str, by: &str) -> Answered {
        let revocation = KeyRevocation {
            person: id(owner(key)),
            key: super::key_of(key).public_key().id(),
            signer: id(owner(by)),
            binding: self.bound::<KeyRevocation>(by)?,
            reason: String::new(),
        };
        let statement = self.sign(by, &revocation);
        self.run(None, people::Command::RevokeKey { statement })
    }

    /// Another log key, not yet signed for.
    pub fn rotation(&mut self, key: &str, number: u8) -> Result<LogKeyRotation, Rejection> {
        Ok(LogKeyRotation {
            log_key: Digest([number; 32]),
            replaces: self.state.ledger.log_key,
            office: id("PR.Board"),
            signer: id(owner(key)),
            binding: self.bound::<LogKeyRotation>(key)?,
            reason: String::new(),
        })
    }

    pub fn rotate(&mut self, key: &str, number: u8) -> Answered {
        let rotation = self.rotation(key, number)?;
        let statements = vec![self.sign(key, &rotation)];
        self.run(None, countersign_core::ledger::Command::RotateLogKey { statements })
    }

    /// Takes the name of `person` out of these entries.
    pub fn erase(&mut self, person: &str, by: &str, entries: &[u64]) -> Answered {
        self.erase_named(person, by, entries, entries)
    }

    /// The same where the record names the person in these entries.
    pub fn erase_named(
        &mut self,
        person: &str,
        by: &str,
        entries: &[u64],
        naming: &[u64],
    ) -> Answered {
        let numbers = |list: &[u64]| list.iter().map(|seq| EntryNumber(*seq)).collect();
        let erasure = Erasure {
            person: id(person),
            entries: numbers(entries),
            signer: id(owner(by)),
            binding: self.bound::<Erasure>(by)?,
            reason: "asked for".to_owned(),
        };
        let (statement, naming) = (self.sign(by, &erasure), numbers(naming));
        let kept = std::collections::BTreeMap::new();
        self.run(None, people::Command::EraseIdentity { statement, naming, kept })
    }

    /// A publication of one of the exercise's versions, not yet signed.
    pub fn publication(
        &mut self,
        key: &str,
        version: &str,
        in_force_from: &str,
        transition: &str,
    ) -> Result<PolicyPublication, Rejection> {
        let binding = self.bound::<PolicyPublication>(key)?;
        let newest = self.state.policy.versions().last().unwrap();
        Ok(PolicyPublication {
            version: id(version),
            digest: bundle(version).digest(),
            supersedes: newest.bundle.version.clone(),
            in_force_from: id(in_force_from),
            source: "exercise".to_owned(),
            standing: Standing::Assumed,
            transition: id(transition),
            office: id("PR.Board"),
            signer: id(owner(key)),
            binding,
            reason: String::new(),
        })
    }

    pub fn publish(&mut self, key: &str, version: &str, from: &str, transition: &str) -> Answered {
        let publication = self.publication(key, version, from, transition)?;
        let statements = vec![self.sign(key, &publication)];
        let bundle = Box::new(bundle(version));
        self.run(None, policy::Command::Publish { bundle, statements, proofs: Box::default() })
    }

    /// Publishes a version from December with what was found about it.
    pub fn run_publication(&mut self, version: &str, proofs: policy::Proofs) -> Answered {
        let publication = self.publication("board", version, "2025-12-01T00:00:00Z", "keep")?;
        let statements = vec![self.sign("board", &publication)];
        let (bundle, proofs) = (Box::new(bundle(version)), Box::new(proofs));
        self.run(None, policy::Command::Publish { bundle, statements, proofs })
    }

    /// Places a hold, signed by these for one office.
    pub fn hold(&mut self, scope: &str, office: &str, keys: &[&str]) -> Answered {
        let mut statements = Vec::new();
        for key in keys {
            let hold = Hold {
                scope: id(scope),
                office: id(office),
                signer: id(owner(key)),
                binding: self.bound::<Hold>(key)?,
                reason: String::new(),
            };
            statements.push(self.sign(key, &hold));
        }
        self.run(None, requests::Command::PlaceHold { statements })
    }

    pub fn lift(&mut self, hold: &str, office: &str, keys: &[&str]) -> Answered {
        let mut statements = Vec::new();
        for key in keys {
            let lift = Lift {
                hold: id(hold),
                office: id(office),
                signer: id(owner(key)),
                binding: self.bound::<Lift>(key)?,
                reason: String::new(),
            };
            statements.push(self.sign(key, &lift));
        }
        self.run(None, requests::Command::LiftHold { statements })
    }

    /// Asks for an act, through a session of `by`.
    pub fn submit(&mut self, by: &str, draft: requests::Draft) -> Answered {
        self.submit_instead(by, draft, None)
    }

    pub fn submit_instead(
        &mut self,
        by: &str,
        draft: requests::Draft,
        supersedes: Option<u64>,
    ) -> Answered {
        let supersedes = supersedes.map(RequestId);
        let justification = "exercise".to_owned();
        let command = requests::Command::SubmitRequest { draft, justification, supersedes };
        self.run(Some(by), command)
    }

    /// A decision's kind by its word, for callers that have only the word.
    pub fn kind(word: &str) -> DecisionKind {
        id(word)
    }
}

//! What would be refused. Answers: *would this person's word for this office be taken now?*
//!
//! Asked before anybody signs. It is judged by the code that judges the signed statement, with
//! everything that a proper statement says right.

use super::decision::{weigh_advice, weigh_decision};
use super::{DecisionMade, Request};
use crate::people::Signed;
use crate::policy::Subject;
use crate::{Rejection as AnyRejection, State};
use countersign_proof::signature::Assurance;
use countersign_proof::words::{Act, DecisionKind, Digest, KeyId, OfficeId, PersonId};

impl State {
    /// The rejection that a decision of `person` for `office` would get at the ledger's clock, were
    /// it properly made for the request as it is, without provisos, and signed with a good key that
    /// gives this assurance. `None` where it would be taken.
    #[must_use]
    pub fn would_refuse_decision(
        &self,
        request: &Request,
        office: &OfficeId,
        person: &PersonId,
        decision: DecisionKind,
        assurance: Assurance,
    ) -> Option<AnyRejection> {
        let at = self.ledger.clock;
        let judged = self.signed_by(request.draft.act, office, person, assurance).and_then(|s| {
            let made = DecisionMade {
                signed: s,
                decision,
                provisos: None,
                revision: request.revision,
                policy: request.policy.clone(),
                at,
                statement: UNSIGNED,
                void: false,
            };
            weigh_decision(self, request, &made, at, || Ok(()))
        });
        judged.err()
    }

    /// The rejection that an advice of `person` for `office` would get at the ledger's clock, were
    /// it properly made for the request as it is and signed with a good key.
    #[must_use]
    pub fn would_refuse_advice(
        &self,
        request: &Request,
        office: &OfficeId,
        person: &PersonId,
    ) -> Option<AnyRejection> {
        let signed = self.signed_by(request.draft.act, office, person, Assurance::KeyOnly);
        signed.and_then(|signed| weigh_advice(self, request, &signed, || Ok(()))).err()
    }

    /// The rejection that placing or lifting a hold would get at the ledger's clock, were it signed
    /// by `person` for `office` alone, with a good key that gives this assurance. The scope is not
    /// asked about: policy rules on holding, not on what is held.
    #[must_use]
    pub fn would_refuse_hold(
        &self,
        office: &OfficeId,
        person: &PersonId,
        assurance: Assurance,
    ) -> Option<AnyRejection> {
        let judged = self.signed_by(Act::Suspend, office, person, assurance).and_then(|signed| {
            let subject = Subject::Programme { proved: false };
            let at = self.ledger.clock;
            Ok(self.policy.consent(&self.people, Act::Suspend, subject, &[signed], at)?)
        });
        judged.err()
    }

    /// What a signature with a good key would be worth.
    fn signed_by(
        &self,
        act: Act,
        office: &OfficeId,
        person: &PersonId,
        assurance: Assurance,
    ) -> Result<Signed, AnyRejection> {
        let deputy_of = self.people.check_office(office, person, act, self.ledger.clock)?;
        let (person, office, key) = (person.clone(), office.clone(), KeyId(UNSIGNED.0));
        Ok(Signed { person, office, deputy_of, key, assurance })
    }
}

/// Stands where a statement that nobody has signed would have its digest; it is thrown away.
const UNSIGNED: Digest = Digest([0; 32]);

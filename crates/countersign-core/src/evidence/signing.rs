//! Whether a statement in an entry was signed by the person it names, with a key of theirs, for an
//! office that they could speak for at that moment.

use super::{Fault, Rule};
use crate::State;
use crate::people::{EnrolledKey, Signed};
use countersign_proof::signature::{
    Assurance, PublicKey, Verified, allowed_signers_line, verify_any,
};
use countersign_proof::statement::kinds::{Founding, KeyEnrolment};
use countersign_proof::statement::{AnyStatement, StatementKind};
use countersign_proof::words::{Act, Digest, KeyId, Moment, OfficeId, PersonId, RequestId, Window};
use std::collections::BTreeSet;

/// A signature that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureExamined {
    /// In which entry.
    pub seq: u64,
    /// When that was made.
    pub at: Moment,
    /// What was signed.
    pub statement: AnyStatement,
    /// The digest of the signed bytes.
    pub digest: Digest,
    /// Who signed.
    pub person: PersonId,
    /// For which office.
    pub office: Option<OfficeId>,
    /// In whose stead, for a deputy.
    pub deputy_of: Option<PersonId>,
    /// With which key.
    pub key: KeyId,
    /// With or without user verification.
    pub assurance: Assurance,
}

impl SignatureExamined {
    /// What it is worth for its office; none where it is for none.
    pub(super) fn signed(&self) -> Option<Signed> {
        Some(Signed {
            person: self.person.clone(),
            office: self.office.clone()?,
            deputy_of: self.deputy_of.clone(),
            key: self.key,
            assurance: self.assurance,
        })
    }
}

/// Where a statement stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// In which entry.
    pub(super) seq: u64,
    /// When that was made.
    pub(super) at: Moment,
}

impl Place {
    pub(super) fn fault(self, rule: Rule, what: impl ToString) -> Fault {
        Fault { seq: self.seq, rule, what: what.to_string() }
    }
}

/// Examines one signature. `state` has the people as they were before the entry, but for a
/// founding; `act_of` tells the act that a request asks for.
pub(super) fn examine(
    state: &State,
    place: Place,
    (text, signature): (&str, &str),
    act_of: &dyn Fn(RequestId) -> Option<Act>,
) -> Result<SignatureExamined, Fault> {
    let rules = state.ledger.signature_rules();
    let verified = verify_any(text.as_bytes(), signature, &rules)
        .map_err(|error| place.fault(Rule::Signature, error))?;
    let statement = verified.statement();
    binding(state, place, statement)?;
    key(state, place, &verified)?;
    let office = statement.office().cloned();
    let mut deputy_of = None;
    if let (Some(office), Some(act)) = (&office, act(statement, act_of)) {
        deputy_of = state
            .people
            .check_office(office, statement.signer(), act, place.at)
            .map_err(|error| place.fault(Rule::Office, error))?;
    }
    Ok(SignatureExamined {
        seq: place.seq,
        at: place.at,
        digest: verified.digest(),
        person: statement.signer().clone(),
        office,
        deputy_of,
        key: verified.key_id(),
        assurance: verified.assurance(),
        statement: statement.clone(),
    })
}

/// The statement must be one for this ledger and this moment.
fn binding(state: &State, place: Place, statement: &AnyStatement) -> Result<(), Fault> {
    if let AnyStatement::Founding(founding) = statement {
        return of_founding(state, place, founding);
    }
    if statement.ledger() != Some(state.ledger.digest) {
        return Err(place.fault(Rule::Binding, "the statement names another ledger"));
    }
    if let Some(binding) = statement.binding() {
        if binding.exercise != state.ledger.exercise {
            let what = "the statement and the ledger differ on whether this is an exercise";
            return Err(place.fault(Rule::Binding, what));
        }
        if binding.checkpoint.size > place.seq {
            let what = "the statement quotes a head that is later than its entry";
            return Err(place.fault(Rule::Binding, what));
        }
    }
    if statement.validity().is_some_and(|validity| validity.contains(place.at)) {
        Ok(())
    } else {
        Err(place.fault(Rule::Binding, "the statement did not count at the moment of its entry"))
    }
}

fn of_founding(state: &State, place: Place, founding: &Founding) -> Result<(), Fault> {
    let ledger = &state.ledger;
    let same = [
        (founding.origin == ledger.origin, "the origin"),
        (founding.exercise == ledger.exercise, "whether it is an exercise"),
        (founding.charter_digest == ledger.charter, "the charter"),
        (founding.log_key == ledger.log_key, "the log's key"),
        (founding.founded_at == place.at, "the moment"),
    ];
    match same.iter().find(|(same, _)| !same) {
        Some((_, what)) => {
            let what = format!("the founding statement and the ledger differ on {what}");
            Err(place.fault(Rule::Binding, what))
        }
        None => Ok(()),
    }
}

/// The key must be one of the signer's that could sign then; under an enrolment it may be the new
/// key, which shows that its owner has it.
fn key(state: &State, place: Place, verified: &Verified<AnyStatement>) -> Result<(), Fault> {
    let statement = verified.statement();
    if let AnyStatement::Enrolment(KeyEnrolment { public_key, .. }) = statement
        && PublicKey::from_openssh(public_key).is_ok_and(|key| key.id() == verified.key_id())
    {
        return Ok(());
    }
    state
        .people
        .check_key(verified.key_id(), statement.signer(), place.at)
        .map_err(|error| place.fault(Rule::Signer, error))
}

/// The act for which the office speaks; none where the statement is for no office, or is advice on
/// a request that is not at hand.
fn act(statement: &AnyStatement, act_of: &dyn Fn(RequestId) -> Option<Act>) -> Option<Act> {
    match statement {
        AnyStatement::Decision(decision) => Some(decision.terms.act),
        AnyStatement::Advice(advice) => act_of(advice.request),
        AnyStatement::Appointment(_) => Some(Act::Appoint),
        AnyStatement::Publication(_) | AnyStatement::Rotation(_) => Some(Act::Publish),
        AnyStatement::Hold(_) | AnyStatement::Lift(_) => Some(Act::Suspend),
        AnyStatement::Override(_) | AnyStatement::OverrideLift(_) => Some(Act::Override),
        AnyStatement::Diversion(_) => Some(Act::Divert),
        AnyStatement::Enrolment(_)
        | AnyStatement::Revocation(_)
        | AnyStatement::Erasure(_)
        | AnyStatement::Founding(_)
        | AnyStatement::Session(_) => None,
    }
}

/// The file by which stock `ssh-keygen -Y verify` knows whose key is whose: every key ever
/// enrolled, within the span in which it could sign.
#[must_use]
pub fn allowed_signers<'a>(keys: impl Iterator<Item = &'a EnrolledKey>) -> String {
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for enrolled in keys {
        let until = enrolled.revoked_at.map_or(enrolled.until, |at| at.min(enrolled.until));
        let span = Window::new(enrolled.from, until);
        let key = PublicKey::from_openssh(&enrolled.public_key).ok();
        if let (Some(span), Some(key)) = (span, key) {
            lines.insert(allowed_signers_line(&enrolled.person, StatementKind::ALL, span, &key));
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

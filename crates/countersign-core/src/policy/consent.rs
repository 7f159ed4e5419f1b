//! The gate for acts that are done at once: appointment, publication, holds.
//!
//! All signatures come with the command; policy must be satisfied by them there and then.

use super::{Explained, Policies, Question, Rejection, Subject, Verdict, sets_in_words};
use crate::people::{Mark, People, Signed, covers};
use countersign_proof::signature::Assurance;
use countersign_proof::words::{Act, Moment, OfficeId};
use std::collections::BTreeSet;

/// Proof that policy was satisfied: only the gate makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    set: BTreeSet<OfficeId>,
}

impl Consent {
    /// The approval set that was filled; empty under a standing permission.
    #[must_use]
    pub fn offices(&self) -> &BTreeSet<OfficeId> {
        &self.set
    }
}

impl Policies {
    /// Whether the version in force is satisfied by these signatures for an act done at once.
    ///
    /// # Errors
    /// A rejection that says whose signature is missing, or why policy gives no answer.
    pub(crate) fn consent(
        &self,
        people: &People,
        act: Act,
        subject: Subject<'_>,
        signatures: &[Signed],
        at: Moment,
    ) -> Result<Consent, Rejection> {
        let version = self.current()?;
        let key_only = signatures.iter().any(|s| s.assurance == Assurance::KeyOnly);
        let question = Question { act, subject, now: at, key_only, exercise: self.exercise };
        let Explained { verdict, .. } = version.compiled()?.verdict(&question)?;
        let sets = match verdict {
            Verdict::Standing => return Ok(Consent { set: BTreeSet::new() }),
            Verdict::Prohibited => return Err(Rejection::Prohibited { act: act.to_string() }),
            Verdict::Needs(sets) => sets,
        };
        let marks: Vec<Mark<'_>> = signatures
            .iter()
            .map(|signed| Mark { person: &signed.person, office: &signed.office })
            .collect();
        let quorum = people.quorum();
        let filled = sets.iter().find(|set| covers(set, &quorum, &marks));
        match filled {
            Some(set) => Ok(Consent { set: set.clone() }),
            None => Err(Rejection::ConsentMissing {
                act: act.to_string(),
                missing: sets_in_words(&sets),
            }),
        }
    }
}

//! A request: its revision, its states, and what was said on it.

use super::{Draft, Stage};
use crate::people::Signed;
use countersign_proof::words::{
    AdviceKind, DecisionKind, Digest, Moment, OfficeId, PersonId, PolicyVersionId, Provisos,
    ReleaseId, RequestId, Revision,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RequestState {
    /// Made; nobody has said anything yet.
    Submitted,
    /// Somebody has advised or decided.
    UnderReview,
    /// A question is open and the clock stands.
    InformationRequested,
    /// Policy is satisfied; there is a release.
    Approved,
    /// Somebody whose consent is needed said no, or policy did.
    Refused,
    /// Taken back by the requester.
    Withdrawn,
    /// Replaced by another request.
    Superseded,
    /// Nobody decided in time; that counts as no.
    Lapsed,
}

impl RequestState {
    /// Whether a decision can still come.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            Self::Submitted | Self::UnderReview | Self::InformationRequested => true,
            Self::Approved | Self::Refused | Self::Withdrawn | Self::Superseded | Self::Lapsed => {
                false
            }
        }
    }

    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::UnderReview => "under review",
            Self::InformationRequested => "information requested",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Lapsed => "lapsed",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// This office said no, and no approval set is without it.
    RefusedBy(OfficeId),
    /// This office took its authorisation back.
    WithdrawnBy(OfficeId),
    /// The policy version that came into force does not allow it.
    Policy(PolicyVersionId),
    /// Policy allows it, but the stock is not there any more.
    NoStock,
    /// Policy allows it, but a hold does not.
    UnderHold,
}

/// When those who may decide are reminded, the overseers told, and the request lapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// Reminder.
    pub remind: Moment,
    /// Escalation, by notification only.
    pub escalate: Moment,
    /// Lapse.
    pub lapse: Moment,
}

/// A reviewer's advice as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceGiven {
    /// Who signed, for which office.
    pub signed: Signed,
    /// What is recommended.
    pub advice: AdviceKind,
    /// Under which conditions.
    pub provisos: Option<Box<Provisos>>,
    /// On which revision.
    pub revision: Revision,
    /// When.
    pub at: Moment,
    /// Digest of the signed statement.
    pub statement: Digest,
}

/// A decision as recorded; everything in it was parsed from the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionMade {
    /// Who signed, for which office.
    pub signed: Signed,
    /// What was decided.
    pub decision: DecisionKind,
    /// Under which conditions.
    pub provisos: Option<Box<Provisos>>,
    /// On which revision.
    pub revision: Revision,
    /// Under which policy version.
    pub policy: PolicyVersionId,
    /// When.
    pub at: Moment,
    /// Digest of the signed statement.
    pub statement: Digest,
    /// Whether it was taken back, or its signer stepped back.
    pub void: bool,
}

/// A request and all that was said on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// Who made it.
    pub requester: PersonId,
    /// Who else wrote into it, and first in which revision: they decide on it no more than the
    /// requester.
    pub revisers: BTreeMap<PersonId, Revision>,
    /// What it asks for.
    pub draft: Box<Draft>,
    /// Which revision that is.
    pub revision: Revision,
    /// The digest of that revision.
    pub digest: Digest,
    /// Where it stands.
    pub state: RequestState,
    /// Why it was refused, if it was.
    pub closing: Option<Box<Closing>>,
    /// The policy version it is judged by.
    pub policy: PolicyVersionId,
    /// When it was made.
    pub submitted_at: Moment,
    /// When things fall due; what counts is `stage` and `stopped_at`.
    pub deadlines: Deadlines,
    /// What falls due next.
    pub stage: Stage,
    /// Since when the clock stands.
    pub stopped_at: Option<Moment>,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// The decisions, in the order of the record.
    pub decisions: Vec<DecisionMade>,
    /// The advice, in the order of the record.
    pub advice: Vec<AdviceGiven>,
    /// Who has stepped back.
    pub recused: BTreeSet<PersonId>,
    /// Who has declared an interest.
    pub interests: BTreeSet<PersonId>,
    /// What it became.
    pub release: Option<ReleaseId>,
    /// What replaced it.
    pub superseded_by: Option<RequestId>,
}

impl Request {
    /// The decisions that still count: on this revision, under this policy, not taken back.
    pub fn standing(&self, decision: DecisionKind) -> impl Iterator<Item = &DecisionMade> {
        self.decisions.iter().filter(move |made| {
            made.decision == decision
                && !made.void
                && made.revision == self.revision
                && made.policy == self.policy
        })
    }
}

impl Request {
    /// Whether the person asked for it, in this revision or an earlier one.
    #[must_use]
    pub fn is_asked_by(&self, person: &PersonId) -> bool {
        self.requester == *person || self.revisers.contains_key(person)
    }

    /// Takes back what `person` signed for `office`.
    pub(crate) fn void_of(&mut self, office: &OfficeId, person: &PersonId) {
        for made in &mut self.decisions {
            if made.signed.office == *office && made.signed.person == *person {
                made.void = true;
            }
        }
    }

    /// Takes back every approval of `office`.
    pub(crate) fn void_office(&mut self, office: &OfficeId) {
        for made in self.decisions.iter_mut().filter(|m| m.decision == DecisionKind::Approve) {
            if made.signed.office == *office {
                made.void = true;
            }
        }
    }

    /// The person steps back: what they signed does not count any more.
    pub(crate) fn recuse(&mut self, person: &PersonId) {
        self.recused.insert(person.clone());
        for made in self.decisions.iter_mut().filter(|made| made.signed.person == *person) {
            made.void = true;
        }
    }
}

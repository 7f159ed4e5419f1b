//! Where a request stands with policy: which approval sets there are, and what is missing.

use super::{Draft, Rejection, Release, Request, Usable};
use crate::people::{Mark, covers, open_offices};
use crate::policy::{
    Explained, ItemQuestion, Preconditions, Question, Subject, Totals, Verdict, Version,
    sets_in_words,
};
use crate::{Rejection as AnyRejection, State};
use countersign_proof::signature::Assurance;
use countersign_proof::words::{Act, DecisionKind, Moment, OfficeId, PersonId, ZoneId};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Where a request stands under the policy version it is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// The minimal approval sets, less those that an office's refusal rules out.
    pub sets: BTreeSet<BTreeSet<OfficeId>>,
    /// For each of them, the offices whose signatures are still missing; minimal sets only.
    pub missing: BTreeSet<BTreeSet<OfficeId>>,
    /// Whether nobody's consent is needed.
    pub standing: bool,
}

/// The release that a request became, while it lives.
pub(crate) fn own_release<'a>(state: &'a State, request: &Request) -> Option<&'a Release> {
    let release = state.requests.release(request.release?)?;
    (!release.state.has_ended()).then_some(release)
}

/// What a decision on the request can still allow: what it asks for, or, once there is a release,
/// no more than that. Neither a new signature nor a new policy version widens a release.
pub(super) fn at_stake<'a>(state: &State, request: &'a Request) -> Cow<'a, Draft> {
    match own_release(state, request) {
        Some(release) => Cow::Owned(request.draft.narrowed(&release.usable)),
        None => Cow::Borrowed(&request.draft),
    }
}

/// What the holder has out and has used beside `own`, which is judged itself and must not be
/// counted against itself.
pub(crate) fn totals_beside(state: &State, draft: &Draft, own: Option<&Release>) -> Totals {
    let mut totals = state.requests.totals(&draft.holder, &draft.item);
    if let Some(release) = own {
        totals.released = totals.released.minus(release.left()).unwrap_or_default();
        totals.used = totals.used.minus(release.used).unwrap_or_default();
    }
    totals
}

/// Puts a draft to a policy version; `own` is the release that it became already, if it did.
pub(crate) fn ask(
    state: &State,
    version: &Version,
    (act, draft, own): (Act, &Draft, Option<&Release>),
    key_only: bool,
    at: Moment,
) -> Result<Explained, AnyRejection> {
    let totals = totals_beside(state, draft, own);
    ask_beside(state, version, (act, draft, totals), key_only, at)
}

/// Puts a draft to a policy version, beside what the holder has out and has used.
pub(crate) fn ask_beside(
    state: &State,
    version: &Version,
    (act, draft, totals): (Act, &Draft, Totals),
    key_only: bool,
    at: Moment,
) -> Result<Explained, AnyRejection> {
    let item = state
        .stock
        .item(&draft.item)
        .ok_or_else(|| Rejection::UnknownItem { item: draft.item.clone() })?;
    let question = Question {
        act,
        subject: Subject::Item(ItemQuestion {
            holder: &draft.holder,
            item,
            zone: None,
            quantity: draft.quantity,
            recipient: draft.recipient.as_ref(),
            requested: draft.act,
            totals,
            preconditions: Preconditions::default(),
        }),
        now: at,
        key_only,
        exercise: state.ledger.exercise,
    };
    Ok(state.policy.ask(version, &draft.zones, &question)?)
}

/// Adds what policy gave as reasons to a sentence.
pub(super) fn because(explained: &Explained) -> String {
    if explained.reasons.is_empty() {
        String::new()
    } else {
        format!(" ({})", explained.reasons.join(", "))
    }
}

/// The persons and offices whose approval of this revision counts.
pub(crate) fn marks(request: &Request) -> Vec<Mark<'_>> {
    let approvals = request.standing(DecisionKind::Approve);
    approvals
        .map(|made| Mark { person: &made.signed.person, office: &made.signed.office })
        .collect()
}

/// Whether an approval that counts was signed with a software key.
pub(crate) fn key_only(request: &Request) -> bool {
    request.standing(DecisionKind::Approve).any(|m| m.signed.assurance == Assurance::KeyOnly)
}

/// The people who could still sign for `office`: eligible, not recused, not having refused, and
/// none of those who asked.
pub(super) fn pool<'a>(
    state: &'a State,
    request: &'a Request,
    office: &'a OfficeId,
    at: Moment,
) -> BTreeSet<&'a PersonId> {
    let mut people = state.people.eligible(office, request.draft.act, at);
    people.retain(|person| !request.is_asked_by(person) && !request.recused.contains(*person));
    for refusal in request.standing(DecisionKind::Refuse) {
        if refusal.signed.office == *office {
            people.remove(&refusal.signed.person);
        }
    }
    people
}

/// Whether `office` has said no: someone refused, and those left are fewer than its quorum.
fn has_refused(state: &State, request: &Request, office: &OfficeId, at: Moment) -> bool {
    let refused = request.standing(DecisionKind::Refuse).any(|m| m.signed.office == *office);
    let quorum = state.people.office(office).map_or(u8::MAX, |office| office.quorum);
    refused && pool(state, request, office, at).len() < usize::from(quorum)
}

/// Where a request stands.
pub(super) fn standpoint(
    state: &State,
    request: &Request,
    at: Moment,
) -> Result<Standpoint, AnyRejection> {
    let version = state.policy.version(&request.policy)?;
    let key_only = key_only(request);
    let own = own_release(state, request);
    let draft = at_stake(state, request);
    let explained = ask(state, version, (draft.act, &draft, own), key_only, at)?;
    let sets = match explained.verdict {
        Verdict::Needs(sets) => sets,
        Verdict::Standing => {
            let (sets, missing) = (BTreeSet::new(), BTreeSet::new());
            return Ok(Standpoint { sets, missing, standing: true });
        }
        Verdict::Prohibited => {
            return Err(Rejection::ProhibitedByPolicy {
                policy: request.policy.clone(),
                reasons: because(&explained),
            }
            .into());
        }
    };
    let sets: BTreeSet<BTreeSet<OfficeId>> = sets
        .into_iter()
        .filter(|set| !set.iter().any(|office| has_refused(state, request, office, at)))
        .collect();
    let marks = marks(request);
    let quorum = state.people.quorum();
    let open: BTreeSet<BTreeSet<OfficeId>> = sets
        .iter()
        .map(|set| open_offices(set, &quorum, &marks).into_iter().cloned().collect())
        .collect();
    let least =
        |set: &&BTreeSet<OfficeId>| !open.iter().any(|other| other != *set && other.is_subset(set));
    let missing = open.iter().filter(least).cloned().collect();
    Ok(Standpoint { sets, missing, standing: false })
}

/// Whether somebody is left who could complete one of the sets.
pub(super) fn in_reach(
    state: &State,
    request: &Request,
    sets: &BTreeSet<BTreeSet<OfficeId>>,
    at: Moment,
) -> bool {
    let quorum = state.people.quorum();
    sets.iter().any(|set| {
        let pools: Vec<(&OfficeId, BTreeSet<&PersonId>)> =
            set.iter().map(|office| (office, pool(state, request, office, at))).collect();
        let marks: Vec<Mark<'_>> = pools
            .iter()
            .flat_map(|(office, people)| {
                people.iter().map(|&person| Mark { person, office: *office })
            })
            .collect();
        covers(set, &quorum, &marks)
    })
}

/// What is left of the bounds when every approval's provisos are applied, the newest last.
pub(crate) fn usable_under<'a>(
    state: &State,
    bounds: Usable,
    provisos: impl Iterator<Item = &'a countersign_proof::words::Provisos>,
) -> Result<Usable, Rejection> {
    let shared = |a: &BTreeSet<ZoneId>, b: &BTreeSet<ZoneId>| state.policy.shared_zones(a, b);
    let mut usable = bounds;
    for condition in provisos {
        usable = usable.narrow(condition, &shared).ok_or(Rejection::ProvisosLeaveNothing)?;
    }
    Ok(usable)
}

/// The refusal of an office that no approval set names.
pub(super) fn no_say(office: &OfficeId, standpoint: &Standpoint) -> Rejection {
    let missing = if standpoint.standing {
        "nobody's consent".to_owned()
    } else if standpoint.sets.is_empty() {
        "an office that has refused".to_owned()
    } else {
        sets_in_words(&standpoint.sets)
    };
    Rejection::OfficeHasNoSay { office: office.clone(), missing }
}

impl State {
    /// Where a request stands with the policy version it is judged by.
    ///
    /// # Errors
    /// The rejection that any decision on it would get from policy.
    pub fn standpoint(&self, request: &Request) -> Result<Standpoint, AnyRejection> {
        standpoint(self, request, self.ledger.clock)
    }

    /// Who may sign for an office on a request at this moment.
    #[must_use]
    pub fn may_sign<'a>(
        &'a self,
        request: &'a Request,
        office: &'a OfficeId,
    ) -> BTreeSet<&'a PersonId> {
        pool(self, request, office, self.ledger.clock)
    }

    /// Checks that a draft is well formed at `at` and names only what is declared.
    ///
    /// # Errors
    /// The rejection that its submission would get for its form.
    pub fn check_draft(&self, draft: &Draft, at: Moment) -> Result<(), AnyRejection> {
        Ok(super::intake::check_draft(self, draft, at)?)
    }

    /// What the version in force at `at` says of a draft, and under which version.
    ///
    /// # Errors
    /// A rejection when policy gives no answer.
    pub fn explain(
        &self,
        draft: &Draft,
        at: Moment,
    ) -> Result<(&Version, Explained), AnyRejection> {
        let version = self.policy.version_at(at)?;
        Ok((version, ask(self, version, (draft.act, draft, None), false, at)?))
    }
}

//! What offices say on a request: advice, decisions, recusal.

use super::intake::{check_depot, check_zones, receiver, resumed, supplier, wanted};
use super::satisfied::{
    self, Standpoint, ask, at_stake, because, in_reach, no_say, own_release, standpoint,
    usable_under,
};
use super::witnessed;
use super::{
    AdviceGiven, Closing, DecisionMade, Draft, Ending, Event, Rejection, Request, RequestState,
    Suspension, Usable,
};
use crate::ledger::subject_of;
use crate::people::{Authority, Function, Mark, Signed, covers};
use crate::policy::{Verdict, Version};
use crate::stock::{self, Draw};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::signature::{Assurance, Verified};
use countersign_proof::statement::kinds::{Advice, Decision, Terms};
use countersign_proof::words::{
    DecisionKind, Digest, Moment, OfficeId, PartyId, Provisos, Quantity, ReleaseId, RequestId,
};
use std::collections::BTreeSet;

/// Refuses what was said about another revision than the current one.
fn check_revision(
    request: &Request,
    revision: countersign_proof::words::Revision,
    digest: Digest,
) -> Result<(), Rejection> {
    if revision != request.revision {
        return Err(Rejection::StaleRevision { signed: revision, current: request.revision });
    }
    if digest != request.digest {
        return Err(Rejection::TermsDiffer { what: "the digest of the revision" });
    }
    Ok(())
}

fn check_person(request: &Request, signed: &Signed) -> Result<(), Rejection> {
    let person = &signed.person;
    if request.recused.contains(person) {
        return Err(Rejection::SignerRecused { person: person.clone() });
    }
    if request.is_asked_by(person) {
        return Err(Rejection::RequesterDecides { person: person.clone() });
    }
    Ok(())
}

fn boxed(provisos: &Provisos) -> Option<Box<Provisos>> {
    (!provisos.is_empty()).then(|| Box::new(provisos.clone()))
}

/// Decides an advice.
pub(super) fn advise(
    state: &State,
    verified: &Verified<Advice>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let advice = verified.statement();
    let subject = subject_of::<Advice>(Some((advice.request, advice.revision)));
    let spent = state.ledger.check_binding(&advice.binding, &advice.signer, &subject, at)?;
    let act = state.requests.find(advice.request)?.draft.act;
    let signed = state.people.signed(verified, &advice.office, act, at)?;
    let request = state.requests.find(advice.request)?;
    weigh_advice(state, request, &signed, || {
        check_revision(request, advice.revision, advice.revision_digest)
    })?;
    let given = AdviceGiven {
        signed,
        advice: advice.advice,
        provisos: boxed(&advice.provisos),
        revision: advice.revision,
        at,
        statement: verified.digest(),
    };
    let recorded = Event::AdviceRecorded { request: request.id, advice: Box::new(given) };
    Ok(vec![spent.into(), recorded.into()])
}

/// Whether an advice by `signed` is taken; `stated` checks what the statement says of the request.
pub(super) fn weigh_advice(
    state: &State,
    request: &Request,
    signed: &Signed,
    stated: impl FnOnce() -> Result<(), Rejection>,
) -> Result<(), AnyRejection> {
    if !request.state.is_open() {
        return Err(closed(request).into());
    }
    stated()?;
    check_person(request, signed)?;
    let office = state.people.office(&signed.office);
    if !office.is_some_and(|office| office.functions.contains(&Function::Advise)) {
        return Err(Rejection::OfficeMayNotAdvise { office: signed.office.clone() }.into());
    }
    Ok(())
}

/// Decides a decision: checks it against the request as it is, then by its kind.
pub(super) fn decide(
    state: &State,
    verified: &Verified<Decision>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let decision = verified.statement();
    let terms = &decision.terms;
    let subject = subject_of::<Decision>(Some((terms.request, terms.revision)));
    let spent = state.ledger.check_binding(&decision.binding, &decision.signer, &subject, at)?;
    let signed = state.people.signed(verified, &decision.office, terms.act, at)?;
    let request = state.requests.find(terms.request)?;
    let made = DecisionMade {
        signed,
        decision: decision.decision,
        provisos: boxed(&decision.provisos),
        revision: terms.revision,
        policy: decision.policy.clone(),
        at,
        statement: verified.digest(),
        void: false,
    };
    let consequences = weigh_decision(state, request, &made, at, || {
        check_revision(request, terms.revision, terms.revision_digest)?;
        check_terms(request, terms)?;
        let version = state.policy.version(&request.policy)?;
        if (&decision.policy, decision.policy_digest) == (&request.policy, version.digest) {
            return Ok(());
        }
        let (signed, current) = (decision.policy.clone(), request.policy.clone());
        Err(Rejection::StalePolicy { signed, current }.into())
    })?;
    let mut events: Vec<AnyEvent> = vec![spent.into()];
    if request.stopped_at.is_some() && made.decision != DecisionKind::Ask {
        let deadlines = resumed(state, request, at);
        events.push(Event::InformationAnswered { request: request.id, deadlines }.into());
    }
    events.push(Event::DecisionRecorded { request: request.id, decision: Box::new(made) }.into());
    events.extend(consequences);
    Ok(events)
}

/// What follows from a decision, or why it is not taken; `stated` checks what the statement says of
/// the request.
pub(super) fn weigh_decision(
    state: &State,
    request: &Request,
    made: &DecisionMade,
    at: Moment,
    stated: impl FnOnce() -> Result<(), AnyRejection>,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    if let Some(provisos) = &made.provisos {
        check_provisos(state, &request.draft, provisos)?;
    }
    check_open(state, request, made.decision, &made.signed.office)?;
    stated()?;
    check_person(request, &made.signed)?;
    match made.decision {
        DecisionKind::Approve => approve(state, request, made, at),
        DecisionKind::Refuse => refuse(state, request, made, at),
        DecisionKind::Ask => ask_information(state, request, made, at),
        DecisionKind::Withdraw => withdraw(state, request, made),
    }
}

/// The signed terms must be the request's own, word for word.
fn check_terms(request: &Request, terms: &Terms) -> Result<(), Rejection> {
    let own = request.draft.terms(request.id, request.revision, request.digest);
    let what = [
        (terms.act == own.act, "act"),
        (terms.item == own.item, "item"),
        (terms.quantity == own.quantity, "quantity"),
        (terms.zones == own.zones, "zones"),
        (terms.holder == own.holder, "holder"),
        (terms.depot == own.depot, "depot"),
        (terms.window == own.window, "window"),
    ];
    match what.iter().find(|(same, _)| !same) {
        Some((_, what)) => Err(Rejection::TermsDiffer { what }),
        None => Ok(()),
    }
}

/// Whether the request waits for decisions: open, or approved with a release that another policy
/// version has suspended.
fn waits(state: &State, request: &Request) -> bool {
    request.state.is_open() || suspended_by_policy(state, request).is_some()
}

fn suspended_by_policy(state: &State, request: &Request) -> Option<ReleaseId> {
    let release = own_release(state, request)?;
    let by_policy = release.causes.iter().any(|cause| match cause {
        Suspension::Policy(_) => true,
        Suspension::Hold(_) | Suspension::Witnesses(_) => false,
    });
    by_policy.then_some(release.id)
}

/// Whether a word of this kind can still be said on the request.
fn check_open(
    state: &State,
    request: &Request,
    decision: DecisionKind,
    office: &OfficeId,
) -> Result<(), Rejection> {
    let approved = request.state == RequestState::Approved;
    match decision {
        DecisionKind::Approve if waits(state, request) => Ok(()),
        DecisionKind::Refuse if waits(state, request) => Ok(()),
        DecisionKind::Refuse if approved => {
            Err(Rejection::DecidedAlready { office: office.clone() })
        }
        DecisionKind::Ask if request.state.is_open() => Ok(()),
        DecisionKind::Withdraw if request.state.is_open() || approved => Ok(()),
        DecisionKind::Approve
        | DecisionKind::Refuse
        | DecisionKind::Ask
        | DecisionKind::Withdraw => Err(closed(request)),
    }
}

fn has_say(standpoint: &Standpoint, office: &OfficeId) -> Result<(), Rejection> {
    if standpoint.sets.iter().any(|set| set.contains(office)) {
        Ok(())
    } else {
        Err(no_say(office, standpoint))
    }
}

fn closed(request: &Request) -> Rejection {
    Rejection::RequestClosed { request: request.id, state: request.state }
}

fn approve(
    state: &State,
    request: &Request,
    made: &DecisionMade,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let key_only = made.signed.assurance == Assurance::KeyOnly || satisfied::key_only(request);
    let version = state.policy.version(&request.policy)?;
    let draft = at_stake(state, request);
    if key_only {
        let own = own_release(state, request);
        let explained = ask(state, version, (draft.act, &draft, own), true, at)?;
        if explained.verdict == Verdict::Prohibited {
            standpoint(state, request, at)?;
            return Err(Rejection::KeyOnlySignature { policy: request.policy.clone() }.into());
        }
    }
    has_say(&standpoint(state, request, at)?, &made.signed.office)?;
    let (person, office) = (&made.signed.person, &made.signed.office);
    let signed = |m: &DecisionMade| m.signed.person == *person && m.signed.office == *office;
    let twice = request.standing(DecisionKind::Approve).any(signed)
        || request.standing(DecisionKind::Refuse).any(signed);
    if twice {
        let (person, office) = (person.clone(), office.clone());
        return Err(Rejection::AlreadySigned { person, office }.into());
    }
    let conditions = request.standing(DecisionKind::Approve).chain(std::iter::once(made));
    let provisos = conditions.filter_map(|m| m.provisos.as_deref());
    let usable = usable_under(state, draft.usable(), provisos)?;
    let used = own_release(state, request).map_or(Quantity::ZERO, |release| release.used);
    if usable.quantity <= used || usable.window.until() <= at {
        return Err(Rejection::ProvisosLeaveNothing.into());
    }
    let mut marks = satisfied::marks(request);
    marks.push(Mark { person, office });
    let narrowed = draft.narrowed(&usable);
    let Some(set) = filled_set(state, request, &narrowed, key_only, &marks, at)? else {
        return Ok(Vec::new());
    };
    match suspended_by_policy(state, request) {
        Some(release) => reapprove_events(state, release, usable, set, at),
        None => approve_events(state, version, request.id, (&narrowed, &usable), set, at),
    }
}

/// A condition must be one that can be kept: it names what is declared, and what the act has.
fn check_provisos(state: &State, draft: &Draft, provisos: &Provisos) -> Result<(), Rejection> {
    if let Some(zones) = &provisos.zones {
        check_zones(state, zones)?;
        if draft.zones.is_empty() {
            return Err(Rejection::ZoneSuperfluous { act: draft.act });
        }
    }
    let party = supplier(state, draft);
    provisos.depot.iter().zip(party).try_for_each(|(depot, party)| check_depot(state, depot, party))
}

/// The approval set that the marks fill, asked anew for the bounds that are left.
fn filled_set(
    state: &State,
    request: &Request,
    narrowed: &Draft,
    key_only: bool,
    marks: &[Mark<'_>],
    at: Moment,
) -> Result<Option<BTreeSet<OfficeId>>, AnyRejection> {
    let version = state.policy.version(&request.policy)?;
    let explained =
        ask(state, version, (narrowed.act, narrowed, own_release(state, request)), key_only, at)?;
    let sets = match explained.verdict {
        Verdict::Needs(sets) => sets,
        Verdict::Standing => return Ok(Some(BTreeSet::new())),
        Verdict::Prohibited => {
            return Err(Rejection::ProhibitedByPolicy {
                policy: request.policy.clone(),
                reasons: because(&explained),
            }
            .into());
        }
    };
    let quorum = state.people.quorum();
    Ok(sets.into_iter().find(|set| covers(set, &quorum, marks)))
}

/// The release of a satisfied request, and the units it reserves.
pub(super) fn approve_events(
    state: &State,
    version: &Version,
    id: RequestId,
    (narrowed, usable): (&Draft, &Usable),
    set: BTreeSet<OfficeId>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    super::holds::check(state, id, narrowed, &set)?;
    let Some(party) = supplier(state, narrowed) else {
        return Err(Rejection::ActNotRequestable { act: narrowed.act }.into());
    };
    let lines = state.stock.pick(&wanted(party, narrowed, at), narrowed.quantity);
    let lines = lines.map_err(|free| Rejection::QuantityExceedsUnearmarkedStock {
        wanted: narrowed.quantity,
        free,
        party: party.clone(),
    })?;
    let draws = draws(state, party, narrowed, narrowed.quantity);
    let release = state.requests.next_release();
    let mut events = vec![
        Event::RequestApproved { request: id }.into(),
        Event::ReleaseIssued { release, request: id, usable: Box::new(usable.clone()), set }.into(),
        stock::Event::UnitsReserved { release, lines, draws }.into(),
    ];
    events.extend(witnessed::awaits(state, version, release));
    Ok(events)
}

/// What a delivery or a transfer draws on of the earmarks for whoever receives the units.
fn draws(state: &State, party: &PartyId, draft: &Draft, units: Quantity) -> Vec<Draw> {
    let to = receiver(draft);
    to.map_or_else(Vec::new, |to| state.stock.draws_for(&draft.item, party, to, units.units()))
}

/// A suspended release gets the approvals that the new version demands; it can only narrow.
fn reapprove_events(
    state: &State,
    id: ReleaseId,
    usable: Usable,
    set: BTreeSet<OfficeId>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let release = state.requests.find_release(id)?;
    let request = state.requests.find(release.request)?;
    let mut events: Vec<AnyEvent> = Vec::new();
    let left = usable.quantity.minus(release.used).unwrap_or_default();
    if left != release.left() || usable.depot != release.usable.depot {
        let party = supplier(state, &request.draft)
            .ok_or(Rejection::ActNotRequestable { act: request.draft.act })?;
        let narrowed = request.draft.narrowed(&usable);
        let lines = state.stock.pick_again(id, &wanted(party, &narrowed, at), left);
        let lines = lines.map_err(|missing| Rejection::QuantityExceedsUnearmarkedStock {
            wanted: left,
            free: left.minus(missing).unwrap_or_default(),
            party: party.clone(),
        })?;
        events.push(stock::Event::ReservationVoided { release: id }.into());
        let draws = state.stock.draws_again(id, left.units());
        events.push(stock::Event::UnitsReserved { release: id, lines, draws }.into());
    }
    for hold in super::holds::newly_covering(state, release, &usable, &set) {
        let (releases, cause) = (vec![id], Suspension::Hold(hold));
        events.push(Event::ReleasesSuspended { releases, cause }.into());
    }
    events.push(Event::ReleaseReapproved { release: id, usable: Box::new(usable), set }.into());
    let version = state.policy.version(&request.policy)?;
    events.extend(witnessed::judged_anew(state, version, release));
    Ok(events)
}

fn refuse(
    state: &State,
    request: &Request,
    made: &DecisionMade,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let office = &made.signed.office;
    let suspended = suspended_by_policy(state, request);
    has_say(&standpoint(state, request, at)?, office)?;
    let mut after = request.clone();
    after.void_of(office, &made.signed.person);
    after.decisions.push(made.clone());
    if !standpoint(state, &after, at)?.sets.is_empty() {
        return Ok(Vec::new());
    }
    let mut events: Vec<AnyEvent> = Vec::new();
    if let Some(release) = suspended {
        events.extend(end_events(release, Ending::WithdrawnBy(office.clone())));
    }
    let closing = Closing::RefusedBy(office.clone());
    events.push(Event::RequestRefused { request: request.id, closing }.into());
    Ok(events)
}

fn ask_information(
    state: &State,
    request: &Request,
    made: &DecisionMade,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    has_say(&standpoint(state, request, at)?, &made.signed.office)?;
    if request.state == RequestState::InformationRequested {
        return Err(Rejection::AlreadyAsked.into());
    }
    Ok(Vec::new())
}

fn withdraw(
    state: &State,
    request: &Request,
    made: &DecisionMade,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let office = &made.signed.office;
    let stands = request.standing(DecisionKind::Approve).any(|m| m.signed.office == *office);
    let release = request.release.and_then(|id| state.requests.release(id));
    let ended = release.is_some_and(|release| release.state.has_ended());
    if !stands || ended {
        return Err(Rejection::NothingToWithdraw { office: office.clone() }.into());
    }
    let Some(release) = release else { return Ok(Vec::new()) };
    let mut events = end_events(release.id, Ending::WithdrawnBy(office.clone()));
    let closing = Closing::WithdrawnBy(office.clone());
    events.push(Event::RequestRefused { request: request.id, closing }.into());
    Ok(events)
}

/// A release ends and what it still had reserved is free again.
pub(super) fn end_events(release: ReleaseId, ending: Ending) -> Vec<AnyEvent> {
    vec![
        Event::ReleaseEnded { release, ending }.into(),
        stock::Event::ReservationVoided { release }.into(),
    ]
}

/// Decides a recusal: the pool and the reach of the quorum are computed anew.
pub(super) fn recuse(
    state: &State,
    id: RequestId,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let request = state.requests.find(id)?;
    state.people.check_key(by.key, &by.person, at)?;
    if !waits(state, request) {
        return Err(closed(request).into());
    }
    if request.recused.contains(&by.person) {
        return Err(Rejection::AlreadyRecused { person: by.person.clone() }.into());
    }
    let recused = Event::PersonRecused { request: id, person: by.person.clone() };
    let mut events: Vec<AnyEvent> = vec![recused.into()];
    let mut after = request.clone();
    after.recuse(&by.person);
    let reached = standpoint(state, &after, at)
        .is_ok_and(|s| s.standing || in_reach(state, &after, &s.sets, at));
    if !reached {
        events.push(Event::QuorumOutOfReach { request: id }.into());
    }
    Ok(events)
}

/// Decides a declaration of interest.
pub(super) fn declare_interest(
    state: &State,
    id: RequestId,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let request = state.requests.find(id)?;
    state.people.check_key(by.key, &by.person, at)?;
    if !waits(state, request) {
        return Err(closed(request).into());
    }
    Ok(vec![Event::InterestDeclared { request: id, person: by.person.clone() }.into()])
}

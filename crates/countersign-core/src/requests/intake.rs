//! Taking requests in: submit, revise, withdraw, answer.

use super::decision::approve_events;
use super::satisfied::{ask, because};
use super::{Deadlines, Draft, Event, Rejection, Request, RequestState};
use crate::people::{Authority, Function};
use crate::policy::Verdict;
use crate::stock::Wanted;
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::words::{Act, Moment, PartyId, PlaceId, RequestId, Revision, ZoneId};
use std::collections::BTreeSet;

/// Whose stock a request would draw on.
pub(super) fn supplier<'a>(state: &'a State, draft: &'a Draft) -> Option<&'a PartyId> {
    match draft.act {
        Act::Use | Act::Transfer => Some(&draft.holder),
        Act::Deliver => state.stock.item(&draft.item).map(|item| &item.origin),
        Act::Divert
        | Act::Admit
        | Act::Appoint
        | Act::Publish
        | Act::Override
        | Act::Suspend
        | Act::View => None,
    }
}

/// The deadlines of a request made or revised at `from`.
fn deadlines(state: &State, draft: &Draft, from: Moment) -> Deadlines {
    let calendar = &state.ledger.calendar;
    let last = draft.window.until();
    Deadlines {
        remind: calendar.end_of_working_day(from, calendar.remind_after).min(last),
        escalate: calendar.end_of_working_day(from, calendar.escalate_after).min(last),
        lapse: calendar.end_of_working_day(from, calendar.decide_within).min(last),
    }
}

/// Refuses zones that are not declared.
pub(super) fn check_zones(state: &State, zones: &BTreeSet<ZoneId>) -> Result<(), Rejection> {
    let unknown = zones.iter().find(|zone| !state.policy.world().zones.contains_key(zone));
    unknown.map_or(Ok(()), |zone| Err(Rejection::UnknownZone { zone: zone.clone() }))
}

/// Refuses a depot that is not run by `party`.
pub(super) fn check_depot(
    state: &State,
    depot: &PlaceId,
    party: &PartyId,
) -> Result<(), Rejection> {
    let place = state.stock.place(depot);
    let place = place.ok_or_else(|| Rejection::UnknownPlace { place: depot.clone() })?;
    if place.party == *party {
        Ok(())
    } else {
        Err(Rejection::DepotOfAnother { place: depot.clone(), party: party.clone() })
    }
}

/// Checks that a draft is well formed and names only what is declared.
pub(super) fn check_draft(state: &State, draft: &Draft, at: Moment) -> Result<(), Rejection> {
    for party in std::iter::once(&draft.holder).chain(&draft.recipient) {
        if !state.people.has_party(party) {
            return Err(Rejection::UnknownParty { party: party.clone() });
        }
    }
    if state.stock.item(&draft.item).is_none() {
        return Err(Rejection::UnknownItem { item: draft.item.clone() });
    }
    check_zones(state, &draft.zones)?;
    if let Some(place) = draft.depot.as_ref().filter(|depot| state.stock.place(depot).is_none()) {
        return Err(Rejection::UnknownPlace { place: place.clone() });
    }
    let Some(party) = supplier(state, draft) else {
        return Err(Rejection::ActNotRequestable { act: draft.act });
    };
    if draft.quantity.is_zero() {
        return Err(Rejection::QuantityZero);
    }
    if draft.window.until() <= at {
        return Err(Rejection::WindowPassed { until: draft.window.until() });
    }
    let (uses, transfers) = (draft.act == Act::Use, draft.act == Act::Transfer);
    if uses && draft.zones.is_empty() {
        return Err(Rejection::ZoneMissing);
    }
    if !uses && !draft.zones.is_empty() {
        return Err(Rejection::ZoneSuperfluous { act: draft.act });
    }
    if transfers && draft.recipient.as_ref().is_none_or(|to| *to == draft.holder) {
        return Err(Rejection::RecipientMissing);
    }
    if !transfers && draft.recipient.is_some() {
        return Err(Rejection::RecipientSuperfluous { act: draft.act });
    }
    draft.depot.as_ref().map_or(Ok(()), |depot| check_depot(state, depot, party))
}

/// Who receives the units of a delivery or a transfer, and may be given what is kept for them.
pub(super) fn receiver(draft: &Draft) -> Option<&PartyId> {
    match draft.act {
        Act::Deliver => Some(&draft.holder),
        Act::Transfer => draft.recipient.as_ref(),
        Act::Use
        | Act::Divert
        | Act::Admit
        | Act::Appoint
        | Act::Publish
        | Act::Override
        | Act::Suspend
        | Act::View => None,
    }
}

/// The units that a request would draw on, those kept for its receiver included.
pub(super) fn wanted<'a>(party: &'a PartyId, draft: &'a Draft, at: Moment) -> Wanted<'a> {
    let recipient = receiver(draft);
    let (place, fit_on) = (draft.depot.as_ref(), Some(at.date()));
    Wanted { place, recipient, fit_on, ..Wanted::of(&draft.item, party) }
}

/// Refuses where there are fewer free units than wanted.
pub(super) fn check_stock(state: &State, draft: &Draft, at: Moment) -> Result<(), Rejection> {
    let Some(party) = supplier(state, draft) else {
        return Err(Rejection::ActNotRequestable { act: draft.act });
    };
    let free = state.stock.free(&wanted(party, draft, at));
    if draft.quantity > free {
        return Err(Rejection::QuantityExceedsUnearmarkedStock {
            wanted: draft.quantity,
            free,
            party: party.clone(),
        });
    }
    Ok(())
}

/// Puts a draft to the version in force: it must be admitted, and somebody's consent must be able
/// to allow it. Tells whether a standing permission allows it already.
fn admit(state: &State, draft: &Draft, at: Moment) -> Result<bool, AnyRejection> {
    let version = state.policy.current()?;
    let policy = || version.bundle.version.clone();
    let admitted = ask(state, version, (Act::Admit, draft, None), false, at)?;
    match admitted.verdict {
        Verdict::Standing => {}
        Verdict::Needs(_) | Verdict::Prohibited => {
            let reasons = because(&admitted);
            return Err(Rejection::NotAdmitted { policy: policy(), reasons }.into());
        }
    }
    let explained = ask(state, version, (draft.act, draft, None), false, at)?;
    match explained.verdict {
        Verdict::Standing => Ok(true),
        Verdict::Needs(_) => Ok(false),
        Verdict::Prohibited => {
            let reasons = because(&explained);
            Err(Rejection::ProhibitedByPolicy { policy: policy(), reasons }.into())
        }
    }
}

fn check_holder(
    state: &State,
    holder: &PartyId,
    by: &Authority,
    at: Moment,
) -> Result<(), AnyRejection> {
    Ok(state.people.check_function(by, Function::Request, Some(holder), at)?)
}

pub(super) fn submit(
    state: &State,
    draft: &Draft,
    justification: &str,
    supersedes: Option<RequestId>,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let old = supersedes.map(|old| state.requests.find(old)).transpose()?;
    check_draft(state, draft, at)?;
    check_holder(state, &draft.holder, by, at)?;
    if let Some(request) = old
        && (!request.state.is_open() || request.draft.holder != draft.holder)
    {
        return Err(Rejection::SupersedesClosed { request: request.id }.into());
    }
    let standing = admit(state, draft, at)?;
    if !standing {
        check_stock(state, draft, at)?;
    }
    let (id, revision) = (state.requests.next_request(), Revision(1));
    let mut events = vec![
        Event::RequestSubmitted {
            request: id,
            requester: by.person.clone(),
            draft: Box::new(draft.clone()),
            digest: draft.digest(id, revision, justification),
            policy: state.policy.current()?.bundle.version.clone(),
            deadlines: deadlines(state, draft, at),
            supersedes,
        }
        .into(),
    ];
    if standing {
        let (version, asked) = (state.policy.current()?, (draft, &draft.usable()));
        events.extend(approve_events(state, version, id, asked, BTreeSet::new(), at)?);
    }
    Ok(events)
}

fn open_request(state: &State, id: RequestId) -> Result<&Request, Rejection> {
    let request = state.requests.find(id)?;
    if request.state.is_open() {
        Ok(request)
    } else {
        Err(Rejection::RequestClosed { request: id, state: request.state })
    }
}

pub(super) fn revise(
    state: &State,
    (id, read): (RequestId, Revision),
    draft: &Draft,
    justification: &str,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let holder = &state.requests.find(id)?.draft.holder;
    check_draft(state, draft, at)?;
    check_holder(state, holder, by, at)?;
    let request = open_request(state, id)?;
    if request.revision != read {
        return Err(Rejection::StaleRevision { signed: read, current: request.revision }.into());
    }
    if (draft.act, &draft.holder) != (request.draft.act, &request.draft.holder) {
        return Err(Rejection::TermsDiffer { what: "act or holder" }.into());
    }
    let standing = admit(state, draft, at)?;
    if !standing {
        check_stock(state, draft, at)?;
    }
    let revision = Revision(request.revision.0.saturating_add(1));
    let mut events: Vec<AnyEvent> = vec![
        Event::RequestRevised {
            request: id,
            revision,
            reviser: by.person.clone(),
            draft: Box::new(draft.clone()),
            digest: draft.digest(id, revision, justification),
            policy: state.policy.current()?.bundle.version.clone(),
            // What was signed no longer counts, so those who decide get the full time again.
            deadlines: deadlines(state, draft, at),
        }
        .into(),
    ];
    if standing {
        let (version, asked) = (state.policy.current()?, (draft, &draft.usable()));
        events.extend(approve_events(state, version, id, asked, BTreeSet::new(), at)?);
    }
    Ok(events)
}

pub(super) fn withdraw(
    state: &State,
    id: RequestId,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    check_holder(state, &state.requests.find(id)?.draft.holder, by, at)?;
    open_request(state, id)?;
    Ok(vec![Event::RequestWithdrawn { request: id }.into()])
}

pub(super) fn answer(
    state: &State,
    id: RequestId,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    check_holder(state, &state.requests.find(id)?.draft.holder, by, at)?;
    let request = open_request(state, id)?;
    if request.state != RequestState::InformationRequested {
        return Err(Rejection::NothingAsked.into());
    }
    Ok(vec![
        Event::InformationAnswered { request: id, deadlines: resumed(state, request, at) }.into(),
    ])
}

/// The deadlines when the clock runs again at `at`: as many working days as were left.
pub(super) fn resumed(state: &State, request: &Request, at: Moment) -> Deadlines {
    let Some(stopped) = request.stopped_at else { return request.deadlines };
    let calendar = &state.ledger.calendar;
    let last = request.draft.window.until();
    let again = |deadline: Moment| {
        let left = calendar.working_days_between(stopped, deadline);
        calendar.end_of_working_day(at, left).min(last)
    };
    let Deadlines { remind, escalate, lapse } = request.deadlines;
    Deadlines { remind: again(remind), escalate: again(escalate), lapse: again(lapse) }
}

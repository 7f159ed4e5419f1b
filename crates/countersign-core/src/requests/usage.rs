//! Reported uses and hand-outs, and the surrender of what is left.

use super::decision::end_events;
use super::intake::{receiver, supplier};
use super::{Breach, Ending, Event, Rejection, Release, Request};
use crate::people::{Authority, Function};
use crate::policy::Policies;
use crate::stock::{self, Destination, Wanted};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::words::{Act, Moment, Quantity, ReleaseId, ZoneId};

/// Decides a report. What has happened is recorded even where it breaks a rule; each rule broken
/// is named as a breach.
pub(super) fn report(
    state: &State,
    id: ReleaseId,
    quantity: Quantity,
    (used_at, zone): (Moment, Option<&ZoneId>),
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let release = state.requests.find_release(id)?;
    let request = state.requests.find(release.request)?;
    let uses = request.draft.act == Act::Use;
    let party = supplier(state, &request.draft)
        .ok_or(Rejection::ActNotRequestable { act: request.draft.act })?;
    let function = if uses { Function::Request } else { Function::Stock };
    state.people.check_function(by, function, Some(party), at)?;
    if let Some(zone) = zone
        && !state.policy.world().zones.contains_key(zone)
    {
        return Err(Rejection::UnknownZone { zone: zone.clone() }.into());
    }
    if quantity.is_zero() {
        return Err(Rejection::QuantityZero.into());
    }
    if uses && zone.is_none() {
        return Err(Rejection::ZoneMissing.into());
    }
    if used_at > at {
        return Err(Rejection::UsedInFuture { used_at }.into());
    }
    // What a depot handed out for this use was drawn then; it is not drawn again.
    let handed_before = release.handed.min(quantity);
    let drawn = quantity.minus(handed_before).unwrap_or(Quantity::ZERO);
    let mut breaches = breaches(&state.policy, release, drawn, (used_at, zone));
    let (moved, unaccounted) = posted(state, id, request, drawn);
    if !unaccounted.is_zero() {
        breaches.push(Breach::Unaccounted);
    }
    let mut events: Vec<AnyEvent> = vec![
        Event::UseReported {
            release: id,
            quantity,
            used_at,
            zone: zone.cloned(),
            unaccounted,
            breaches,
            handed_before,
        }
        .into(),
    ];
    events.extend(moved);
    if !release.state.has_ended() && drawn >= release.left() {
        events.push(Event::ReleaseEnded { release: id, ending: Ending::Exhausted }.into());
    }
    Ok(events)
}

/// How units that left are taken off the books, and how many of them the books do not have.
pub(super) fn posted(
    state: &State,
    id: ReleaseId,
    request: &Request,
    quantity: Quantity,
) -> (Vec<AnyEvent>, Quantity) {
    if quantity.is_zero() {
        return (Vec::new(), Quantity::ZERO);
    }
    let reserved = state.stock.reserved_lines(id, quantity);
    let held = reserved.iter().map(|line| line.units).fold(0u64, u64::saturating_add);
    let rest = Quantity::new(quantity.units().saturating_sub(held)).unwrap_or_default();
    let party = supplier(state, &request.draft);
    let (loose, unaccounted) = party.map_or((Vec::new(), rest), |party| {
        state.stock.pick_any(&Wanted::of(&request.draft.item, party), rest)
    });
    let mut events: Vec<AnyEvent> = Vec::new();
    let to = destination(request);
    if !reserved.is_empty() {
        let to = to.clone();
        events.push(stock::Event::ReservationPosted { release: id, lines: reserved, to }.into());
    }
    if !loose.is_empty() {
        events.push(stock::Event::UnitsPosted { lines: loose, to }.into());
    }
    // Whoever was promised the units has them now, from whatever stock they came.
    let drawn = state.stock.drawn(id).min(quantity.units());
    if drawn > 0 {
        events.push(stock::Event::SlotsDelivered { release: id, units: drawn }.into());
    }
    (events, unaccounted)
}

fn destination(request: &Request) -> Destination {
    let party = receiver(&request.draft).cloned();
    party.map_or(Destination::Used, |party| Destination::Party { party, place: None })
}

/// The rules of a release that a reported use broke, of which so many units are drawn now.
pub(crate) fn breaches(
    policies: &Policies,
    release: &Release,
    drawn: Quantity,
    when_and_where: (Moment, Option<&ZoneId>),
) -> Vec<Breach> {
    let mut breaches = broken(policies, release, drawn, when_and_where);
    if drawn.is_zero() {
        breaches.retain(|breach| *breach != Breach::AfterEnd);
    }
    breaches
}

/// The rules of a release that units drawn on it broke.
pub(super) fn broken(
    policies: &Policies,
    release: &Release,
    quantity: Quantity,
    (used_at, zone): (Moment, Option<&ZoneId>),
) -> Vec<Breach> {
    let usable = &release.usable;
    let outside = |zone: &ZoneId| {
        !usable.zones.is_empty()
            && !usable.zones.iter().any(|outer| policies.zone_within(zone, outer))
    };
    let found = [
        (quantity > release.left(), Breach::BeyondQuantity),
        (!usable.window.contains(used_at), Breach::OutsideWindow),
        (used_at < release.issued_at, Breach::BeforeIssue),
        (zone.is_some_and(outside), Breach::OutsideZone),
        (release.suspended_at(used_at), Breach::WhileSuspended),
        (release.ended_at.is_some_and(|end| end <= used_at), Breach::AfterEnd),
    ];
    found.into_iter().filter_map(|(broken, breach)| broken.then_some(breach)).collect()
}

/// Decides a surrender.
pub(super) fn surrender(
    state: &State,
    id: ReleaseId,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let release = state.requests.find_release(id)?;
    let request = state.requests.find(release.request)?;
    state.people.check_function(by, Function::Request, Some(&request.draft.holder), at)?;
    if release.state.has_ended() {
        return Err(Rejection::ReleaseEnded { release: id, state: release.state }.into());
    }
    Ok(end_events(id, Ending::Surrendered))
}

//! Holds: signed suspensions of everything within a scope.

use super::{Draft, Event, Rejection, Release, Suspension, Usable};
use crate::policy::Subject;
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::{Hold, Lift};
use countersign_proof::words::{
    Act, HoldId, HoldScope, Moment, OfficeId, PersonId, ReleaseId, RequestId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A hold as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldPlaced {
    /// Its id.
    pub id: HoldId,
    /// What it suspends.
    pub scope: HoldScope,
    /// The office that placed it.
    pub office: OfficeId,
    /// Who signed.
    pub person: PersonId,
    /// When.
    pub placed_at: Moment,
    /// When it was lifted.
    pub lifted_at: Option<Moment>,
}

/// What a hold's scope is held against.
struct Held<'a> {
    request: RequestId,
    release: Option<ReleaseId>,
    draft: &'a Draft,
    zones: &'a BTreeSet<countersign_proof::words::ZoneId>,
    set: &'a BTreeSet<OfficeId>,
}

fn covers(state: &State, scope: &HoldScope, held: &Held<'_>) -> bool {
    match scope {
        HoldScope::All => true,
        HoldScope::Holder(party) => held.draft.holder == *party,
        HoldScope::Item(item) => held.draft.item == *item,
        HoldScope::Zone(zone) => held
            .zones
            .iter()
            .any(|own| state.policy.zone_within(own, zone) || state.policy.zone_within(zone, own)),
        HoldScope::Act(act) => held.draft.act == *act,
        HoldScope::Office(office) => held.set.contains(office),
        HoldScope::Request(request) => held.request == *request,
        HoldScope::Release(release) => held.release == Some(*release),
    }
}

/// Refuses a release that a standing hold covers.
pub(super) fn check(
    state: &State,
    request: RequestId,
    draft: &Draft,
    set: &BTreeSet<OfficeId>,
) -> Result<(), Rejection> {
    let held = Held { request, release: None, draft, zones: &draft.zones, set };
    let standing = state.requests.holds.iter().filter(|hold| hold.lifted_at.is_none());
    match standing.into_iter().find(|hold| covers(state, &hold.scope, &held)) {
        Some(hold) => Err(Rejection::UnderHold { hold: hold.id, scope: hold.scope.clone() }),
        None => Ok(()),
    }
}

fn covered(state: &State, scope: &HoldScope, release: &Release) -> bool {
    state.requests.request(release.request).is_some_and(|request| {
        let held = Held {
            request: request.id,
            release: Some(release.id),
            draft: &request.draft,
            zones: &release.usable.zones,
            set: &release.set,
        };
        covers(state, scope, &held)
    })
}

/// Standing holds that cover a release once it rests on `set` and is bounded by `usable`, and that
/// did not cover it before.
pub(super) fn newly_covering(
    state: &State,
    release: &Release,
    usable: &Usable,
    set: &BTreeSet<OfficeId>,
) -> Vec<HoldId> {
    let Some(request) = state.requests.request(release.request) else { return Vec::new() };
    let held = Held {
        request: request.id,
        release: Some(release.id),
        draft: &request.draft,
        zones: &usable.zones,
        set,
    };
    let standing = state.requests.holds.iter().filter(|hold| hold.lifted_at.is_none());
    let new = standing.filter(|hold| !release.causes.contains(&Suspension::Hold(hold.id)));
    new.filter(|hold| covers(state, &hold.scope, &held)).map(|hold| hold.id).collect()
}

fn check_scope(state: &State, scope: &HoldScope) -> Result<(), AnyRejection> {
    match scope {
        HoldScope::All | HoldScope::Act(_) => {}
        HoldScope::Holder(party) => {
            if !state.people.has_party(party) {
                return Err(Rejection::UnknownParty { party: party.clone() }.into());
            }
        }
        HoldScope::Item(item) => {
            if state.stock.item(item).is_none() {
                return Err(Rejection::UnknownItem { item: item.clone() }.into());
            }
        }
        HoldScope::Zone(zone) => {
            if !state.policy.world().zones.contains_key(zone) {
                return Err(Rejection::UnknownZone { zone: zone.clone() }.into());
            }
        }
        HoldScope::Office(office) => {
            if state.people.office(office).is_none() {
                let office = office.clone();
                return Err(crate::people::Rejection::UnknownOffice { office }.into());
            }
        }
        HoldScope::Request(request) => {
            state.requests.find(*request)?;
        }
        HoldScope::Release(release) => {
            let found = state.requests.find_release(*release)?;
            if found.state.has_ended() {
                let (release, state) = (*release, found.state);
                return Err(Rejection::ReleaseEnded { release, state }.into());
            }
        }
    }
    Ok(())
}

/// Decides [`super::Command::PlaceHold`].
pub(super) fn place(
    state: &State,
    statements: &[Verified<Hold>],
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let first = statements.first().ok_or(Rejection::NoStatement)?.statement();
    if statements.iter().any(|other| other.statement().scope != first.scope) {
        return Err(Rejection::StatementsDiffer.into());
    }
    let spent = state.ledger.spend(statements, at)?;
    let mut events: Vec<AnyEvent> = spent.into_iter().map(AnyEvent::from).collect();
    let mut signatures = Vec::new();
    for verified in statements {
        let hold = verified.statement();
        signatures.push(state.people.signed(verified, &hold.office, Act::Suspend, at)?);
    }
    check_scope(state, &first.scope)?;
    state.policy.consent(
        &state.people,
        Act::Suspend,
        Subject::Programme { proved: false },
        &signatures,
        at,
    )?;
    let hold = HoldId(super::number_after(state.requests.holds.len()));
    events.push(
        Event::HoldPlaced {
            hold,
            scope: first.scope.clone(),
            office: first.office.clone(),
            person: first.signer.clone(),
        }
        .into(),
    );
    let touched = state.requests.live().filter(|release| covered(state, &first.scope, release));
    let releases: Vec<ReleaseId> = touched.map(|release| release.id).collect();
    if !releases.is_empty() {
        let cause = Suspension::Hold(hold);
        events.push(Event::ReleasesSuspended { releases, cause }.into());
    }
    Ok(events)
}

/// Decides [`super::Command::LiftHold`].
pub(super) fn lift(
    state: &State,
    statements: &[Verified<Lift>],
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let first = statements.first().ok_or(Rejection::NoStatement)?.statement();
    if statements.iter().any(|other| other.statement().hold != first.hold) {
        return Err(Rejection::StatementsDiffer.into());
    }
    let spent = state.ledger.spend(statements, at)?;
    let mut events: Vec<AnyEvent> = spent.into_iter().map(AnyEvent::from).collect();
    let mut signatures = Vec::new();
    for verified in statements {
        let lift = verified.statement();
        signatures.push(state.people.signed(verified, &lift.office, Act::Suspend, at)?);
    }
    let id = first.hold;
    let hold = state.requests.hold(id).ok_or(Rejection::UnknownHold { hold: id })?;
    if hold.lifted_at.is_some() {
        return Err(Rejection::HoldLifted { hold: id }.into());
    }
    state.policy.consent(
        &state.people,
        Act::Suspend,
        Subject::Programme { proved: false },
        &signatures,
        at,
    )?;
    let (office, person) = (first.office.clone(), first.signer.clone());
    events.push(Event::HoldLifted { hold: id, office, person }.into());
    let cause = Suspension::Hold(id);
    let touched = state.requests.live().filter(|release| release.causes.contains(&cause));
    let releases: Vec<ReleaseId> = touched.map(|release| release.id).collect();
    if !releases.is_empty() {
        events.push(Event::ReleasesReinstated { releases, cause }.into());
    }
    Ok(events)
}

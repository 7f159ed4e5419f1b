//! How requests are told. Answers: *what is asked for, who is missing, what does it do to the
//! stock?*

use crate::views;
use crate::web::parts::{id, quantity, thin};
use crate::web::words;
use countersign_core::State;
use countersign_core::policy::Version;
use countersign_core::requests::{Draft, Request};
use countersign_core::stock::Wanted;
use countersign_proof::words::{Act, Moment, OfficeId, Quantity, ZoneId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The title of an office, with its id.
pub(crate) fn office(state: &State, office: &OfficeId) -> Markup {
    let title = state.people.office(office).map(|office| office.title.as_str());
    html! { (title.unwrap_or_default()) " " (id(office.as_str())) }
}

/// Approval sets as a list: one of them must be filled.
pub(crate) fn sets(state: &State, sets: &BTreeSet<BTreeSet<OfficeId>>) -> Markup {
    html! {
        ul class="sets" {
            @for set in sets {
                li {
                    @for (at, one) in set.iter().enumerate() {
                        @if at > 0 { " + " }
                        (office(state, one))
                    }
                }
            }
        }
    }
}

/// What a policy says for people; its id where it says nothing.
pub(crate) fn reason(version: &Version, policy: &str) -> String {
    let said = version.compiled().ok().and_then(|compiled| compiled.reason(policy));
    said.map_or_else(|| policy.to_owned(), |said| format!("{said} [{policy}]"))
}

/// What is asked for, in one line.
pub(crate) fn what(draft: &Draft) -> Markup {
    let zones: Vec<&str> = draft.zones.iter().map(ZoneId::as_str).collect();
    html! {
        (draft.act) " " (quantity(draft.quantity.units())) " " (id(draft.item.as_str()))
        @if let Some(recipient) = &draft.recipient { " → " (id(recipient.as_str())) }
        @if !zones.is_empty() { ", " (zones.join(", ")) }
    }
}

/// The units that a draft would draw on and that are free now; `None` where it draws on none.
pub(crate) fn free(state: &State, draft: &Draft, at: Moment) -> Option<Quantity> {
    let party = match draft.act {
        Act::Use | Act::Transfer => &draft.holder,
        Act::Deliver => &state.stock.item(&draft.item)?.origin,
        Act::Divert
        | Act::Admit
        | Act::Appoint
        | Act::Publish
        | Act::Override
        | Act::Suspend
        | Act::View => return None,
    };
    let recipient = match draft.act {
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
    };
    let (place, fit_on) = (draft.depot.as_ref(), Some(at.date()));
    let wanted = Wanted { place, recipient, fit_on, ..Wanted::of(&draft.item, party) };
    Some(state.stock.free(&wanted))
}

/// What a request would leave of the free stock.
pub(crate) fn stock_effect(state: &State, request: &Request) -> Markup {
    let Some(free) = free(state, &request.draft, state.ledger.clock) else {
        return html! { (words::NOTHING) };
    };
    let told = |units: u64| thin(units.into());
    match free.minus(request.draft.quantity) {
        Some(after) => html! {
            (words::stock_effect(&told(free.units()), &told(after.units())))
        },
        None => html! { strong { (words::stock_short(&told(free.units()))) } },
    }
}

/// Who is still missing on a request, as text.
pub(crate) fn missing(state: &State, request: &Request) -> String {
    match views::missing(state, request) {
        Ok(missing) if missing.is_empty() => words::NOBODY_MISSING.to_owned(),
        Ok(missing) => countersign_core::policy::sets_in_words(&missing),
        Err(problem) => problem,
    }
}

/// Since when a request waits, in days.
pub(crate) fn waiting(state: &State, request: &Request) -> String {
    let millis = state.ledger.clock.millis_since(request.submitted_at);
    words::days(millis / 86_400_000)
}

/// A link to a request.
pub(crate) fn link(request: &Request) -> Markup {
    let name = request.id.to_string();
    html! { a href={ "/requests/" (name) } { (id(&name)) } }
}

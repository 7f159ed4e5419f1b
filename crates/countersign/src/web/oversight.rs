//! Oversight. Answers: *how are decisions made: in time, with which outcome, and what is held?*

use super::charts::{Bar, Bars};
use super::page::{Frame, csrf, page};
use super::parts::{
    Action, Choice, Column, Field, Row, Table, Tone, buttons, details, id, moment, summary_list,
    thin,
};
use super::requests::told;
use super::{places, words};
use crate::actions::assurance_of;
use crate::server::fields::Fields;
use crate::server::papers::Purpose;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use countersign_core::State as Ledger;
use countersign_core::evidence::gaps;
use countersign_core::requests::{HoldPlaced, Request, RequestState};
use countersign_proof::statement::kinds::{Hold, Lift};
use countersign_proof::words::{HoldScope, Moment, OfficeId, PersonId};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Rows of a table.
const MOST: usize = 50;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/oversight", get(oversight))
        .route("/holds/place", post(place))
        .route("/holds/lift", post(lift))
}

/// How long decisions took, and what came of them.
#[derive(Default)]
struct Tally {
    days: Vec<u16>,
    within: u64,
    refusals: BTreeMap<String, u64>,
    overdue: Vec<String>,
}

fn tally(state: &Ledger, person: &PersonId) -> Tally {
    let calendar = &state.ledger.calendar;
    let mut tally = Tally::default();
    for request in state.requests.all().iter().filter(|one| state.may_see(one, person)) {
        if request.state.is_open() {
            if request.stopped_at.is_none() && request.deadlines.escalate <= state.ledger.clock {
                tally.overdue.push(request.id.to_string());
            }
            continue;
        }
        let lapsed = request.state == RequestState::Lapsed;
        let refused = request.state == RequestState::Refused;
        if lapsed || refused {
            let why = views::closing_words(request);
            let why = if lapsed { words::OVERSIGHT_LAPSED.to_owned() } else { why };
            let count = tally.refusals.entry(why).or_default();
            *count = count.saturating_add(1);
        }
        if let Some(closed) = request.closed_at.filter(|_| is_decided(request)) {
            let days = calendar.working_days_between(request.submitted_at, closed);
            tally.days.push(days);
            tally.within = tally.within.saturating_add(u64::from(days <= calendar.decide_within));
        }
    }
    tally.days.sort_unstable();
    tally
}

/// Whether somebody decided: a standing permission takes no time, and a lapse is no decision.
fn is_decided(request: &Request) -> bool {
    !request.decisions.is_empty() && request.state != RequestState::Lapsed
}

fn figures(state: &Ledger, tally: &Tally) -> Markup {
    let decided = u64::try_from(tally.days.len()).unwrap_or(u64::MAX);
    let median = tally.days.get(tally.days.len() / 2).copied().unwrap_or_default();
    let longest = tally.days.last().copied().unwrap_or_default();
    let within = state.ledger.calendar.decide_within;
    let bars: Vec<Bar> = tally
        .refusals
        .iter()
        .map(|(why, number)| Bar {
            label: why.clone(),
            number: *number,
            of: None,
            tone: Tone::Closed,
        })
        .collect();
    html! {
        (summary_list(&[
            (words::OVERSIGHT_DECIDED, html! { (thin(decided.into())) }),
            (words::OVERSIGHT_WITHIN, html! {
                (words::oversight_within(tally.within, decided, within))
            }),
            (words::OVERSIGHT_MEDIAN, html! { (words::working_days(median)) }),
            (words::OVERSIGHT_LONGEST, html! { (words::working_days(longest)) }),
        ]))
        (Bars {
            id: "refusals", message: words::OVERSIGHT_REFUSALS, rows: &bars,
        }.render())
        h2 { (words::OVERSIGHT_OVERDUE) }
        @if tally.overdue.is_empty() { p { (words::OVERSIGHT_NONE) } }
        ul {
            @for name in tally.overdue.iter().take(MOST) {
                li { a href={ "/requests/" (name) } { (id(name)) } }
            }
        }
    }
}

/// An office of somebody, and why it may place and lift no hold, where that is so.
struct Standing {
    office: String,
    title: String,
    refused: Option<String>,
}

/// The offices that a person speaks for, with what the ledger would say to a hold of theirs.
fn offices(state: &Ledger, person: &PersonId) -> Vec<Standing> {
    let assurance = assurance_of(state, person);
    let spoken = state.people.spoken_for_by(person, state.ledger.clock);
    let standing = spoken.map(|office| {
        let refused = state.would_refuse_hold(&office.id, person, assurance);
        Standing {
            office: office.id.to_string(),
            title: office.title.clone(),
            refused: refused.map(|rule| format!("{rule} ({})", rule.code())),
        }
    });
    standing.collect()
}

/// Why a person cannot place or lift a hold, for each office for which they cannot.
fn barred(mine: &[Standing]) -> Markup {
    let labels: Vec<(String, &str)> = mine
        .iter()
        .filter_map(|one| {
            let reason = one.refused.as_deref()?;
            Some((format!("{} ({})", words::OVERSIGHT_PLACE, one.office), reason))
        })
        .collect();
    let barred: Vec<Action<'_>> =
        labels.iter().map(|(label, reason)| Action::Barred { label, reason }).collect();
    html! {
        @if !barred.is_empty() { (details(words::WHAT_YOU_CANNOT, false, &buttons(&barred))) }
    }
}

fn holds(state: &Ledger, frame: &Frame, person: &PersonId) -> Markup {
    let mine = offices(state, person);
    let can = mine.iter().filter(|one| one.refused.is_none());
    let can: Vec<Choice<'_>> = can.map(|one| Choice::new(&one.office, &one.title)).collect();
    let seen = |hold: &&HoldPlaced| state.may_see_hold(hold, person);
    let columns = [
        Column::Words(words::OVERSIGHT_HOLD),
        Column::Words(words::OVERSIGHT_SCOPE),
        Column::Words(words::OFFICE),
        Column::Words(words::OVERSIGHT_PLACED),
        Column::Words(words::STATE),
    ];
    let rows = state.requests.holds().iter().rev().filter(seen).take(MOST).map(|hold| {
        Row::from(vec![
            id(&hold.id.to_string()),
            html! { (hold.scope) },
            id(hold.office.as_str()),
            moment(hold.placed_at),
            match hold.lifted_at {
                Some(at) => html! { (words::OVERSIGHT_LIFTED) " " (moment(at)) },
                None => html! { strong { (words::OVERSIGHT_STANDS) } },
            },
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::OVERSIGHT_HOLDS, words::OVERSIGHT_NONE);
    let table = Table { id: "holds", caption, columns: &columns, rows, empty };
    let standing: Vec<String> = state
        .requests
        .holds()
        .iter()
        .filter(|hold| hold.lifted_at.is_none() && seen(hold))
        .map(|hold| hold.id.to_string())
        .collect();
    let standing: Vec<Choice<'_>> = standing.iter().map(|id| Choice::new(id, id)).collect();
    html! {
        (table.render())
        (barred(&mine))
        @if !can.is_empty() {
            h2 { (words::OVERSIGHT_PLACE) }
            form method="post" action="/holds/place" {
                @if let Some(who) = &frame.viewer { (csrf(who)) }
                (Field::new("scope", words::OVERSIGHT_SCOPE).hint(words::OVERSIGHT_SCOPE_HINT)
                    .text())
                (Field::new("office", words::FOR_OFFICE).select(&can))
                (Field::new("reason", words::REASON).long_text(3))
                (buttons(&[Action::Other { label: words::TO_THE_TEXT, sends: None }]))
            }
            @if !standing.is_empty() {
                h2 { (words::OVERSIGHT_LIFT) }
                form method="post" action="/holds/lift" {
                    @if let Some(who) = &frame.viewer { (csrf(who)) }
                    (Field::new("hold", words::OVERSIGHT_HOLD).select(&standing))
                    (Field::new("lift_office", words::FOR_OFFICE).select(&can))
                    (Field::new("lift_reason", words::REASON).long_text(3))
                    (buttons(&[Action::Other { label: words::TO_THE_TEXT, sends: None }]))
                }
            }
        }
    }
}

fn breaches(state: &Ledger, person: &PersonId) -> Markup {
    let columns = [
        Column::Words(words::RELEASE),
        Column::Words(words::REQUEST),
        Column::Words(words::BREACHES),
    ];
    let broken = state.requests.releases().iter().rev().filter(|one| !one.breaches.is_empty());
    let rows = broken.filter_map(|release| {
        let request = state.requests.request(release.request)?;
        let seen = state.may_see(request, person);
        let breaches: Vec<&str> = release.breaches.iter().map(|one| one.as_str()).collect();
        seen.then(|| {
            Row::from(vec![
                id(&release.id.to_string()),
                told::link(request),
                html! { (breaches.join(", ")) },
            ])
        })
    });
    let rows = rows.take(MOST).collect();
    let (caption, empty) = (words::OVERSIGHT_BREACHES, words::OVERSIGHT_NONE);
    Table { id: "breaches", caption, columns: &columns, rows, empty }.render()
}

/// What does not close at depots: for those who may see everything that it touches, and only where
/// anything was issued to depots.
fn depots(state: &Ledger, person: &PersonId, now: Moment) -> Markup {
    let requests = &state.requests;
    let idle = requests.certificates().is_empty()
        && requests.unvouched().is_empty()
        && requests.sighted().is_empty();
    if idle || !state.may_see_whole(person) {
        return html! {};
    }
    let columns = [
        Column::Words(words::OVERSIGHT_GAP),
        Column::Words(words::CERTIFICATE),
        Column::Words(words::OVERSIGHT_GAP_SAYS),
    ];
    let rows = gaps(state, now).into_iter().take(MOST).map(|gap| {
        Row::from(vec![id(gap.code()), id(&gap.certificate().to_string()), html! { (gap) }])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::OVERSIGHT_GAPS, words::OVERSIGHT_NO_GAPS);
    Table { id: "gaps", caption, columns: &columns, rows, empty }.render()
}

async fn oversight(State(app): State<App>, viewer: Viewer) -> Result<Markup, Problem> {
    let person = viewer.person().clone();
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/oversight").await?;
    let now = app.now()?;
    app.work(move |state| {
        let body = html! {
            h1 { (words::OVERSIGHT) }
            (figures(state, &tally(state, &person)))
            (breaches(state, &person))
            (depots(state, &person, now))
            (holds(state, &frame, &person))
        };
        page(&frame, words::OVERSIGHT, &body)
    })
    .await
}

/// The parts that placing and lifting have in common.
fn read(
    viewer: &Viewer,
    fields: &mut Fields,
    (office, reason): (&str, &str),
) -> Result<(PersonId, OfficeId, String), Problem> {
    viewer.check_form(fields)?;
    let person = viewer.authority()?.person;
    let office: Option<OfficeId> = fields.word(office);
    let reason = fields.text(reason);
    let office = office.ok_or_else(|| Problem::unreadable("say for which office you sign"))?;
    Ok((person, office, reason))
}

/// Checks, before anybody signs, that the ledger would take a hold, or its lifting, from somebody.
fn may_hold(app: &App, office: &OfficeId, signer: &PersonId) -> Result<(), Problem> {
    let refused =
        app.look(|state| state.would_refuse_hold(office, signer, assurance_of(state, signer)));
    refused.map_or(Ok(()), |rule| Err(rule.into()))
}

async fn place(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let (signer, office, reason) = read(&viewer, &mut fields, ("office", "reason"))?;
    let scope: Option<HoldScope> = fields.word("scope");
    fields.finish()?;
    let wrong = fields.errors().get("scope").cloned().unwrap_or_default();
    let scope = scope.ok_or_else(|| Problem::unreadable(format!("scope: {wrong}")))?;
    may_hold(&app, &office, &signer)?;
    let binding = app.binding::<Hold>(&signer, None).await?;
    let hold = Hold { scope, office, signer, binding, reason };
    let paper = app.paper(&hold, Purpose::Command, "/oversight")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

async fn lift(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let (signer, office, reason) = read(&viewer, &mut fields, ("lift_office", "lift_reason"))?;
    let hold = fields.word("hold");
    fields.finish()?;
    let hold = hold.ok_or_else(|| Problem::unreadable("say which hold is lifted"))?;
    may_hold(&app, &office, &signer)?;
    let binding = app.binding::<Lift>(&signer, None).await?;
    let lift = Lift { hold, office, signer, binding, reason };
    let paper = app.paper(&lift, Purpose::Command, "/oversight")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

//! The inbox. Answers: *what waits for this person, the longest first?*

use super::page::{Frame, page};
use super::parts::{Column, Row, Table, id, moment, request_tag};
use super::requests::told;
use super::{places, words};
use crate::actions::{Action, on_request};
use crate::server::papers::Paper;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use countersign_core::people::{Authority, Function, Office};
use countersign_core::requests::{Request, RequestState};
use countersign_core::{State as Ledger, requests};
use countersign_proof::words::{KeyId, OfficeId, PersonId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Rows shown of one kind; who has more waiting works from the top.
const MOST: usize = 50;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/", get(front)).route("/inbox", get(inbox))
}

async fn front(visitor: Visitor) -> Response {
    let to = if visitor.0.is_some() { "/inbox" } else { "/sign-in" };
    Redirect::to(to).into_response()
}

/// What waits for somebody, sorted by what they can do about it.
#[derive(Default)]
struct Waiting<'a> {
    decide: Vec<&'a Request>,
    advise: Vec<&'a Request>,
    answer: Vec<&'a Request>,
    others: Vec<&'a Request>,
}

/// What waits for the person on a ledger; requests are in the order of the record, so the one that
/// waits longest comes first.
fn waiting<'a>(state: &'a Ledger, authority: &Authority) -> Waiting<'a> {
    let person = &authority.person;
    let mut waiting = Waiting::default();
    let held: Vec<&Office> = state.people.spoken_for_by(person, state.ledger.clock).collect();
    let mine: BTreeSet<&OfficeId> = held.iter().map(|office| &office.id).collect();
    let advises = held.iter().any(|office| office.functions.contains(&Function::Advise));
    let open = state.requests.open().take(places::LOOKED_THROUGH);
    for request in open.filter(|request| state.may_see(request, person)) {
        if request.is_asked_by(person) {
            match request.state {
                RequestState::InformationRequested => waiting.answer.push(request),
                RequestState::Submitted
                | RequestState::UnderReview
                | RequestState::Approved
                | RequestState::Refused
                | RequestState::Withdrawn
                | RequestState::Superseded
                | RequestState::Lapsed => waiting.others.push(request),
            }
            continue;
        }
        // Whoever is not named by what is missing, and advises nobody, need not be asked further.
        let missing = crate::views::missing(state, request).unwrap_or_default();
        let named = missing.iter().flatten().any(|office| mine.contains(office));
        if !named && !advises {
            continue;
        }
        let offers = on_request(state, request, authority);
        let can = |action: Action| {
            offers.iter().any(|offer| offer.action == action && offer.refused.is_none())
        };
        if can(Action::Approve) {
            waiting.decide.push(request);
        } else if can(Action::Advise)
            && !request.advice.iter().any(|given| given.signed.person == *person)
        {
            waiting.advise.push(request);
        }
    }
    waiting
}

fn table(state: &Ledger, name: &str, caption: &str, requests: &[&Request]) -> Markup {
    if requests.is_empty() {
        return html! {};
    }
    let columns = [
        Column::Words(words::REQUEST),
        Column::Words(words::WHAT),
        Column::Words(words::HOLDER),
        Column::Words(words::STATE),
        Column::Words(words::WAITING),
        Column::Words(words::DUE),
        Column::Words(words::STOCK_EFFECT),
        Column::Words(words::STILL_MISSING),
    ];
    let rows = requests.iter().take(MOST).map(|request| {
        Row::from(vec![
            told::link(request),
            told::what(&request.draft),
            id(request.draft.holder.as_str()),
            request_tag(request.state),
            html! { (told::waiting(state, request)) },
            request.next_deadline().map_or_else(|| html! { (words::NOTHING) }, moment),
            told::stock_effect(state, request),
            html! { (told::missing(state, request)) },
        ])
    });
    let rows = rows.collect();
    Table { id: name, caption, columns: &columns, rows, empty: words::INBOX_EMPTY }.render()
}

/// Releases that this person may report uses of.
fn releases(state: &Ledger, person: &PersonId) -> Markup {
    let mine = |release: &&requests::Release| {
        let request = state.requests.request(release.request);
        release.state.is_usable() && request.is_some_and(|request| request.is_asked_by(person))
    };
    let live: Vec<&requests::Release> = state.requests.live().filter(mine).take(MOST).collect();
    if live.is_empty() {
        return html! {};
    }
    let columns = [
        Column::Words(words::RELEASE),
        Column::Words(words::REQUEST),
        Column::Words(words::ITEM),
        Column::Numbers(words::UNITS),
        Column::Words(words::UNTIL),
    ];
    let rows = live.iter().filter_map(|release| {
        let request = state.requests.request(release.request)?;
        Some(Row::from(vec![
            id(&release.id.to_string()),
            told::link(request),
            id(request.draft.item.as_str()),
            html! { (release.left()) " / " (release.usable.quantity) },
            moment(release.usable.window.until()),
        ]))
    });
    let (caption, empty) = (words::INBOX_RELEASES, words::INBOX_EMPTY);
    Table { id: "releases", caption, columns: &columns, rows: rows.collect(), empty }.render()
}

fn papers(papers: &[Paper]) -> Markup {
    html! {
        @if !papers.is_empty() {
            h2 { (words::INBOX_PAPERS) }
            ul {
                @for paper in papers {
                    li {
                        a href={ "/sign/" (paper.token) } { (paper.kind) " " (paper.fingerprint()) }
                    }
                }
            }
        }
    }
}

fn shown(state: &Ledger, frame: &Frame, authority: &Authority, waits: &[Paper]) -> Markup {
    let waiting = waiting(state, authority);
    let releases = releases(state, &authority.person);
    let none = waiting.decide.is_empty()
        && waiting.advise.is_empty()
        && waiting.answer.is_empty()
        && waiting.others.is_empty()
        && waits.is_empty()
        && releases.0.is_empty();
    let body = html! {
        h1 { (words::INBOX_TITLE) }
        div id="live-inbox" data-live="" {
            (papers(waits))
            (table(state, "decide", words::INBOX_DECIDE, &waiting.decide))
            (table(state, "answer", words::INBOX_ANSWER, &waiting.answer))
            (table(state, "advise", words::INBOX_ADVISE, &waiting.advise))
            (table(state, "others", words::INBOX_OTHERS, &waiting.others))
            (releases)
            @if none { p { (words::INBOX_EMPTY) } }
        }
    };
    page(frame, words::INBOX_TITLE, &body)
}

async fn inbox(State(app): State<App>, viewer: Viewer) -> Result<Markup, Problem> {
    let mut frame = places::frame(&app, &Visitor(Some(viewer.clone())), "/inbox").await?;
    frame.scripts = vec!["live.js"];
    let papers = app.papers_of(viewer.person());
    let authority = looking_as(&viewer);
    Ok(app.look(|state| shown(state, &frame, &authority, &papers)))
}

/// As whom somebody looks: for a session that cannot act, with a key that nobody has.
pub(crate) fn looking_as(viewer: &Viewer) -> Authority {
    let none = Authority { person: viewer.person().clone(), key: KeyId([0; 32]) };
    viewer.session.authority.clone().unwrap_or(none)
}

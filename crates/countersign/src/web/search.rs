//! Search. Answers: *what here has this name?*

use super::page::page;
use super::parts::{Column, Row, Table, id};
use super::{places, words};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{PersonId, ReleaseId, RequestId};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Most that is shown.
const MOST: usize = 50;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/search", get(search))
}

/// What was found: its kind, its id, its name and where to read of it.
struct Found {
    kind: &'static str,
    id: String,
    name: String,
    href: String,
}

fn found(
    state: &Ledger,
    names: &BTreeMap<PersonId, String>,
    person: &PersonId,
    wanted: &str,
) -> Vec<Found> {
    let small = wanted.to_lowercase();
    let fits = |texts: &[&str]| texts.iter().any(|text| text.to_lowercase().contains(&small));
    let mut all = Vec::new();
    let direct = wanted.to_uppercase();
    let release = direct.parse::<ReleaseId>().ok().and_then(|id| state.requests.release(id));
    let request = direct.parse::<RequestId>().ok().or(release.map(|release| release.request));
    if let Some(request) = request.and_then(|id| state.requests.request(id))
        && state.may_see(request, person)
    {
        all.push(Found {
            kind: words::REQUEST,
            id: request.id.to_string(),
            name: format!("{} {}", request.draft.act, request.draft.item),
            href: format!("/requests/{}", request.id),
        });
    }
    for item in state.stock.items() {
        if fits(&[item.id.as_str(), &item.title])
            && state.may_view(person, &Matter::Item(&item.id), Label::Parties)
        {
            let (id, href) = (item.id.to_string(), format!("/stock/{}", item.id));
            all.push(Found { kind: words::ITEM, id, name: item.title.clone(), href });
        }
    }
    for party in state.people.parties() {
        if fits(&[party.id.as_str(), &party.title]) {
            let (id, href) = (party.id.to_string(), format!("/requests?holder={}", party.id));
            all.push(Found { kind: words::HOLDER, id, name: party.title.clone(), href });
        }
    }
    for office in state.people.offices() {
        if fits(&[office.id.as_str(), &office.title]) {
            let (id, href) = (office.id.to_string(), "/people#offices".to_owned());
            all.push(Found { kind: words::OFFICE, id, name: office.title.clone(), href });
        }
    }
    if state.may_view(person, &Matter::Programme, Label::Identity) {
        for (known, _) in state.people.persons() {
            let name = places::name_of(names, known);
            if fits(&[known.as_str(), &name]) {
                let (id, href) = (known.to_string(), "/people#people".to_owned());
                all.push(Found { kind: words::PERSON, id, name, href });
            }
        }
    }
    all.truncate(MOST);
    all
}

async fn search(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let wanted = fields.text("q").trim().to_owned();
    fields.finish()?;
    let names = app.names().await?;
    let all = if wanted.is_empty() {
        Vec::new()
    } else {
        app.look(|state| found(state, &names, viewer.person(), &wanted))
    };
    let mut frame = places::frame(&app, &Visitor(Some(viewer)), "").await?;
    let columns =
        [Column::Words(words::KIND), Column::Words(words::NAME), Column::Words(words::SEARCH_ID)];
    let rows = all.iter().map(|one| {
        Row::from(vec![
            html! { (one.kind) },
            html! { a href=(one.href) { (one.name) } },
            id(&one.id),
        ])
    });
    let rows = rows.collect();
    let empty = if wanted.is_empty() { words::SEARCH_HELP } else { words::NOTHING_FOUND };
    let caption = words::SEARCH_TITLE;
    let table = Table { id: "found", caption, columns: &columns, rows, empty };
    let body = html! { h1 { (words::SEARCH_TITLE) } (table.render()) };
    frame.query = wanted;
    Ok(page(&frame, words::SEARCH_TITLE, &body))
}

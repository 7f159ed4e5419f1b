//! The record. Answers: *what was entered, and what exactly does an entry say?*

use super::page::page;
use super::parts::{
    Action, Column, Field, Pager, Row, Table, buttons, code, details, fingerprint, id, inset,
    moment, pager, summary_list,
};
use super::{places, words};
use crate::node::Standing;
use crate::server::app::blocking;
use crate::server::fields::Fields;
use crate::server::stores::Read;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer, evidence};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::entry::{Outcome, leaf_hash};
use countersign_proof::statement::kind_of;
use countersign_proof::words::{ItemId, PersonId, RequestId};
use maud::{Markup, html};

/// Entries on a page.
const PAGE: u64 = 50;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/record", get(list))
        .route("/record/{seq}", get(entry))
        .route("/record/{seq}/open.json", get(open_part))
        .route("/record/{seq}/proof", get(proof))
}

/// Where one reads about what an entry concerns.
fn subject(name: &str) -> Markup {
    let page = match name.split('-').next() {
        Some("REQ") => Some(format!("/requests/{name}")),
        Some(_) | None => None,
    };
    html! {
        @match page {
            Some(href) => a href=(href) { (id(name)) },
            None => (id(name)),
        }
        " "
    }
}

fn outcome(of: &Outcome) -> Markup {
    match of {
        Outcome::Accepted => html! { (words::RECORD_ACCEPTED) },
        Outcome::Refused { code } => html! { (words::RECORD_REFUSED) " " (code) },
    }
}

async fn list(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let about = fields.text("about");
    let before: Option<u64> = fields.maybe("before");
    fields.finish()?;
    if !fields.is_sound() {
        return Err(Problem::unreadable("before is the place of an entry, a whole number"));
    }
    let end = before.unwrap_or(u64::MAX).min(app.reader.position());
    let (reader, subject_id) = (app.clone(), about.clone());
    let mut entries = blocking(move || {
        if subject_id.is_empty() {
            let from = end.saturating_sub(PAGE);
            let limit = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
            return reader.stores.entries(from, limit);
        }
        let places = reader.stores.places(&subject_id)?;
        let places = places.iter().rev().filter(|seq| **seq < end);
        let limit = usize::try_from(PAGE).unwrap_or(0);
        let mut found: Vec<Read> =
            places.take(limit).map(|seq| reader.stores.entry(*seq)).collect::<Result<_, _>>()?;
        found.reverse();
        Ok(found)
    })
    .await?;
    let first = entries.first().map_or(0, |entry| entry.open.seq);
    entries.reverse();
    let columns = [
        Column::Numbers(words::RECORD_ENTRY),
        Column::Words(words::WHEN),
        Column::Words(words::RECORD_COMMAND),
        Column::Words(words::OUTCOME),
        Column::Words(words::RECORD_EVENTS),
        Column::Words(words::RECORD_ABOUT),
    ];
    let full = u64::try_from(entries.len()).unwrap_or(0) == PAGE;
    let rows = entries.iter().map(|entry| {
        let open = &entry.open;
        let events: Vec<&str> = open.events.iter().map(smol_str::SmolStr::as_str).collect();
        Row::from(vec![
            html! { a href={ "/record/" (open.seq) } { (open.seq) } },
            moment(open.time),
            html! { (open.command) },
            outcome(&open.outcome),
            html! { (events.join(", ")) },
            html! { @for name in &open.subjects { (subject(name)) } },
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::RECORD_CAPTION, words::RECORD_EMPTY);
    let table = Table { id: "entries", caption, columns: &columns, rows, empty };
    let next = (full && first > 0).then(|| {
        let about = super::mistakes::encoded(&about);
        format!("/record?before={first}&about={about}")
    });
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/record").await?;
    let body = html! {
        h1 { (words::RECORD) }
        form method="get" action="/record" class="filter" {
            (Field::new("about", words::RECORD_ABOUT).optional().value(&about)
                .hint(words::RECORD_ABOUT_HINT).text())
            (buttons(&[Action::Other { label: words::FILTER, sends: None }]))
        }
        (table.render())
        (pager(&Pager { previous: None, next }))
        h2 { (words::RECORD_CHECKPOINT) }
        p { (words::RECORD_CHECKPOINT_WHY) }
        (code(words::RECORD_CHECKPOINT, &app.reader.checkpoint()))
        @if app.peers.is_some() {
            h2 { (words::RECORD_NODE) }
            (node(&app))
        }
        p { a href="/evidence" { (words::EVIDENCE_TAKE) } }
    };
    Ok(page(&frame, words::RECORD, &body))
}

/// Where this node stands among those that serve the ledger.
fn node(app: &App) -> Markup {
    let shown = app.reader.position();
    match app.reader.standing() {
        Standing::Leads => html! { p { (words::RECORD_NODE_WRITES) } },
        Standing::Follows { size, lost, .. } => html! {
            p { (words::node_follows(shown, size.saturating_sub(shown))) }
            @if let Some(lost) = lost { p { (words::RECORD_NODE_LOST) " " (lost) } }
        },
        Standing::Halted { why } => html! { p { (why) } },
    }
}

/// Whether a person may see the sealed part of an entry.
fn may_see(state: &Ledger, person: &PersonId, entry: &Read, label: Label) -> bool {
    let subjects = || entry.open.subjects.iter();
    let request = subjects().find_map(|name| {
        let id = name.parse::<RequestId>().ok()?;
        state.requests.request(id)
    });
    if let Some(request) = request {
        return state.may_view(person, &Matter::Request(request), label);
    }
    let item = subjects().find_map(|name| {
        let id = name.parse::<ItemId>().ok()?;
        state.stock.item(&id).map(|item| &item.id)
    });
    match item {
        Some(item) => state.may_view(person, &Matter::Item(item), label),
        None => state.may_view(person, &Matter::Programme, label),
    }
}

async fn read(app: &App, seq: u64) -> Result<Read, Problem> {
    let reader = app.clone();
    blocking(move || reader.stores.entry(seq)).await
}

async fn open_part(
    State(app): State<App>,
    _viewer: Viewer,
    Path(seq): Path<u64>,
) -> Result<Response, Problem> {
    let entry = read(&app, seq).await?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], entry.bytes).into_response())
}

async fn proof(
    State(app): State<App>,
    _viewer: Viewer,
    Path(seq): Path<u64>,
) -> Result<Response, Problem> {
    let text = evidence::proof(&app, seq).await?;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, plain)], text).into_response())
}

fn statements(entry: &Read) -> Markup {
    html! {
        @for (text, signature) in entry.statements() {
            @let kind = kind_of(text.as_bytes()).map(|kind| kind.namespace()).unwrap_or_default();
            h3 { (words::RECORD_STATEMENT) }
            (code(words::RECORD_STATEMENT, &text))
            p { (words::FINGERPRINT) ": "
                (fingerprint(&countersign_proof::words::Digest::of(text.as_bytes()).to_string())) }
            (details(words::RECORD_SIGNATURE, false, &html! {
                (code(words::RECORD_SIGNATURE, &signature))
                p { (words::RECORD_CHECK) }
                (code(words::RECORD_COMMAND, &format!(
                    "ssh-keygen -Y check-novalidate -n {kind} -s statement.txt.sig < statement.txt"
                )))
            }))
        }
    }
}

async fn entry(
    State(app): State<App>,
    viewer: Viewer,
    Path(seq): Path<u64>,
) -> Result<Markup, Problem> {
    let entry = read(&app, seq).await?;
    let seen: Vec<(Label, bool)> = app.look(|state| {
        let labels = entry.open.sealed.iter().map(|seal| seal.label);
        labels.map(|label| (label, may_see(state, viewer.person(), &entry, label))).collect()
    });
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/record").await?;
    let open = &entry.open;
    let events: Vec<&str> = open.events.iter().map(smol_str::SmolStr::as_str).collect();
    let title = format!("{} {}", words::RECORD_ENTRY, open.seq);
    let text = String::from_utf8_lossy(&entry.bytes).into_owned();
    let unsigned = entry.statements().is_empty();
    let deliberation = seen.iter().any(|(label, may)| *label == Label::Deliberation && *may);
    let body = html! {
        h1 { (title) }
        (summary_list(&[
            (words::WHEN, moment(open.time)),
            (words::RECORD_COMMAND, html! { (open.command) }),
            (words::OUTCOME, outcome(&open.outcome)),
            (words::RECORD_EVENTS, html! { (events.join(", ")) }),
            (words::RECORD_ABOUT, html! { @for name in &open.subjects { (subject(name)) } }),
            (words::RECORD_LEAF, fingerprint(&leaf_hash(&entry.bytes).to_string())),
        ]))
        h2 { (words::RECORD_OPEN) }
        p { (words::RECORD_OPEN_WHY) " "
            a href={ "/record/" (open.seq) "/open.json" } { (words::RECORD_BYTES) } }
        p { (words::RECORD_PROOF_WHY) " "
            a href={ "/record/" (open.seq) "/proof" } { (words::RECORD_PROOF) } }
        (code(words::RECORD_OPEN, &text))
        @for (label, may) in &seen {
            @if *may {
                @match entry.sealed(*label) {
                    Some(part) if *label != Label::Deliberation || unsigned => {
                        h2 { (words::RECORD_SEALED) " " (label) }
                        (code(words::RECORD_SEALED, &format!("{part:#}")))
                    },
                    Some(_) => {},
                    None => (inset(None, &html! { (words::RECORD_ERASED) " " (label) })),
                }
            } @else {
                (inset(None, &html! { (words::RECORD_HIDDEN) " " (label) }))
            }
        }
        @if deliberation { (statements(&entry)) }
    };
    Ok(page(&frame, &title, &body))
}

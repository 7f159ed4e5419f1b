//! The record. Answers: *what happened, in which order, and does it all still hold?*

use super::act::Act;
use super::json::{Id, Nothing, Wish};
use super::reading::{Part, Reading};
use super::shapes::{DoneShape, Entries, EntryShape, Things};
use super::words as w;
use crate::cosigned::Cosigned;
use crate::server::app::blocking;
use crate::server::live::told;
use crate::server::stores::Read;
use crate::server::{App, Problem, evidence};
use crate::verification;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::requests::Command;
use countersign_proof::Outcome;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::statement::{fingerprint, parse_any};
use countersign_proof::words::{Digest, PersonId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Mutex, TryLockError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(proof))
        .routes(routes!(statements))
        .routes(routes!(statement))
        .routes(routes!(checkpoint))
        .routes(routes!(cosignatures))
        .routes(routes!(verify))
}

/// Entries that are looked through at once.
const STEP: usize = 512;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those about this id, such as `REQ-1` or `ATACMS`.
    about: Option<String>,
    /// Those after this place.
    after: Option<u64>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List entries in their order: what everybody may see of them; as JSON or CSV.
#[utoipa::path(
    get, path = "/entries", tag = "record", params(Filter),
    responses((status = 200, description = "The entries.",
        content((Entries = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or_default().0;
    let from = filter.after.map_or(0, |after| after.saturating_add(1));
    let more = limit.saturating_add(1);
    let found = blocking(move || match &filter.about {
        None => app.stores.entries(from, more),
        Some(about) => {
            let places = app.stores.places(about)?;
            let places = places.into_iter().filter(|place| *place >= from).take(more);
            places.map(|place| app.stores.entry(place)).collect()
        }
    });
    let mut found = found.await?;
    let is_cut = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_cut).map(|last| last.open.seq.to_string());
    let items = found.iter().map(|entry| told(&entry.open)).collect();
    let columns = ["seq", "time", "command", "outcome", "code", "events", "subjects"];
    reading.list(&Part { items, next }, &columns)
}

/// Show the open part of an entry.
#[utoipa::path(
    get, path = "/entries/{seq}", tag = "record",
    params(("seq" = u64, Path, description = "Its place in the record.")),
    responses((status = 200, description = "The entry.", body = EntryShape)),
)]
async fn show(
    State(app): State<App>,
    seq: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    reading: Reading,
) -> Result<Response, Problem> {
    let Path(seq) = seq.map_err(|error| Problem::unreadable(error.body_text()))?;
    let entry = blocking(move || app.stores.entry(seq)).await?;
    reading.one(&told(&entry.open))
}

/// What proves offline that an entry is in the log (C2SP tlog-proof).
#[utoipa::path(
    get, path = "/entries/{seq}/proof", tag = "record",
    params(("seq" = u64, Path, description = "Its place in the record.")),
    responses((status = 200, description = "The proof.", body = String,
        content_type = "text/plain")),
)]
async fn proof(
    State(app): State<App>,
    seq: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    reading: Reading,
) -> Result<Response, Problem> {
    let Path(seq) = seq.map_err(|error| Problem::unreadable(error.body_text()))?;
    reading.text("text/plain; charset=utf-8", evidence::proof(&app, seq).await?)
}

/// Which statements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementFilter {
    /// Those after this entry.
    after: Option<u64>,
    /// How many at most, 1 to 200; all statements of one entry come together.
    limit: Option<w::Limit>,
}

/// The statements of an entry that somebody may read.
fn readable(app: &App, person: &PersonId, entry: &Read, whole: bool) -> Vec<Value> {
    let all = entry.statements().into_iter();
    let may = |text: &str| app.look(|state| crate::statements::may_read(state, person, text));
    let accepted = entry.open.outcome == Outcome::Accepted;
    let value = |(text, signature): (String, String)| {
        let parsed = parse_any(text.as_bytes()).ok()?;
        let mut value = json!({
            "entry": entry.open.seq, "digest": Digest::of(text.as_bytes()).to_string(),
            "kind": parsed.kind().as_str(), "signer": parsed.signer().as_str(),
            "office": parsed.office().map(ToString::to_string), "accepted": accepted,
        });
        if whole && let Some(fields) = value.as_object_mut() {
            fields.insert("fingerprint".to_owned(), fingerprint(&text).into());
            fields.insert("namespace".to_owned(), parsed.kind().namespace().into());
            fields.insert("text".to_owned(), text.into());
            fields.insert("signature".to_owned(), signature.into());
        }
        Some(value)
    };
    all.filter(|(text, _)| may(text)).filter_map(value).collect()
}

/// List the signed statements of the record that you may read; as JSON or CSV.
#[utoipa::path(
    get, path = "/statements", tag = "record", params(StatementFilter),
    responses((status = 200, description = "The statements.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn statements(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<StatementFilter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or_default().0;
    let mut from = filter.after.map_or(0, |after| after.saturating_add(1));
    let person = reading.person().clone();
    let found = blocking(move || {
        let mut part = Part::default();
        loop {
            let entries = app.stores.entries(from, STEP)?;
            if entries.is_empty() {
                return Ok(part);
            }
            for entry in &entries {
                if part.items.len() >= limit {
                    part.next = Some(entry.open.seq.saturating_sub(1).to_string());
                    return Ok(part);
                }
                part.items.extend(readable(&app, &person, entry, false));
                from = entry.open.seq.saturating_add(1);
            }
        }
    });
    let columns = ["entry", "digest", "kind", "signer", "office", "accepted"];
    reading.list(&found.await?, &columns)
}

/// Show a signed statement of the record, with its signature.
#[utoipa::path(
    get, path = "/statements/{digest}", tag = "record", params(("digest" = w::Digest, Path)),
    responses((status = 200, description = "The statement.", body = Value)),
)]
async fn statement(
    State(app): State<App>,
    Id(digest): Id<Digest>,
    reading: Reading,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let wanted = digest.to_string();
    let found = blocking(move || {
        let mut from = 0;
        loop {
            let entries = app.stores.entries(from, STEP)?;
            let Some(last) = entries.last() else { return Ok(None) };
            from = last.open.seq.saturating_add(1);
            let mut all = entries.iter().flat_map(|entry| readable(&app, &person, entry, true));
            let is = |value: &Value| value.get("digest").is_some_and(|of| *of == wanted.as_str());
            if let Some(found) = all.find(is) {
                return Ok(Some(found));
            }
        }
    });
    reading.one(&found.await?.ok_or_else(|| Problem::not_found("statement"))?)
}

/// The checkpoint: the signed head of the log (C2SP tlog-checkpoint).
#[utoipa::path(
    get, path = "/checkpoint", tag = "record",
    responses((status = 200, description = "A signed note.", body = String,
        content_type = "text/plain")),
)]
async fn checkpoint(
    State(app): State<App>,
    reading: Reading,
    Wish(_none): Wish<Nothing>,
) -> Result<Response, Problem> {
    reading.text("text/plain; charset=utf-8", app.reader.checkpoint())
}

/// A cosigned checkpoint.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CosignedNote {
    /// The note: a checkpoint of this log with the lines of its witnesses (C2SP tlog-cosignature).
    note: String,
}

/// Let releases count that waited for witnesses, now that enough have cosigned. Approves nothing.
#[utoipa::path(
    post, path = "/checkpoint/cosignatures", tag = "record", request_body = CosignedNote,
    responses((status = 200, description = "Some releases wait no longer.", body = DoneShape)),
)]
async fn cosignatures(State(app): State<App>, act: Act<CosignedNote>) -> Result<Response, Problem> {
    act.viewer.authority()?;
    let note = SignedNote::parse(act.said.note.as_bytes());
    let note = note.map_err(|error| Problem::unreadable(format!("/note: {error}")))?;
    let log = app.look(crate::opening::log_keys);
    let log = log.map_err(|error| Problem::unavailable(error.to_string()))?;
    let cosigned = Cosigned::beside(&crate::opening::folder(&app.location), log);
    // One that no key of this log signed is for the rules to refuse.
    if let Ok(checkpoint) = cosigned.open(act.said.note.as_bytes())
        && evidence::is_foreign(&app, checkpoint).await?
    {
        let detail = "the checkpoint is of another history of this log; look into it";
        return Err(Problem::door(StatusCode::CONFLICT, "another-history", detail));
    }
    let done = act.give(&app, Command::RecordCosignatures { note: Box::new(note) }).await?;
    Ok(act.answer(&app, &done, None, super::happened(&done.events)))
}

/// Only one verification at a time: each reads the whole record.
static VERIFYING: Mutex<()> = Mutex::new(());

/// Verify the whole record: hashes, digests, signatures, replay and invariants. One runs at a time.
#[utoipa::path(
    get, path = "/verification", tag = "record",
    responses((status = 200, description = "It holds.", body = Value),
        (status = 429, description = "Another one is under way.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn verify(
    State(app): State<App>,
    reading: Reading,
    Wish(_none): Wish<Nothing>,
) -> Result<Response, Problem> {
    let found = blocking(move || {
        let _verifying = match VERIFYING.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let detail = "the record is being verified already; ask again in a while";
                let status = StatusCode::TOO_MANY_REQUESTS;
                return Err(Problem::door(status, "verifying-already", detail));
            }
        };
        verification::verify(&app.location, &mut |_, _| {}).map_err(|error| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Problem::door(status, "integrity", format!("the record does not hold: {error}"))
        })
    });
    let found = found.await?;
    reading.one(&json!({
        "verified": true, "entries": found.entries, "accepted": found.accepted,
        "refused": found.refused, "signatures": found.signatures,
        "root": found.root.to_string(), "origin": found.origin,
    }))
}

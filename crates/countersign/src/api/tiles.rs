//! The log as files (C2SP tlog-tiles). Answers: *what may anyone fetch who wants to check the log,
//! and for how long may it be kept?*
//!
//! The open parts are public by design, so nobody needs to be signed in. What is asked for by its
//! path never changes and may be kept for ever; the checkpoint changes with every entry.

use crate::cosigned::Cosigned;
use crate::server::app::blocking;
use crate::server::{App, Problem};
use crate::tiles::{LogError, LogTiles};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::tiles::Tile;
use std::sync::{Mutex, PoisonError};

/// What is kept between requests: the upper hashes of the log.
pub(crate) type Kept = Mutex<LogTiles>;

/// A year: content that never changes (RFC 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(crate) fn router() -> Router<App> {
    Router::new().route("/log/checkpoint", get(checkpoint)).route("/log/tile/{*path}", get(tile))
}

/// Other sites may read it: it is public.
const FROM_ANYWHERE: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("cross-origin"),
);

/// The signed head of the log, with the cosignatures there are for it.
async fn checkpoint(State(app): State<App>) -> Result<Response, Problem> {
    let note = app.reader.checkpoint();
    let note = blocking(move || Ok(with_cosignatures(&app, note))).await?;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    let fresh = HeaderValue::from_static("no-cache");
    let headers = [(header::CONTENT_TYPE, text), (header::CACHE_CONTROL, fresh), FROM_ANYWHERE];
    Ok((headers, note).into_response())
}

fn with_cosignatures(app: &App, note: String) -> String {
    let Ok(keys) = app.look(crate::opening::log_keys) else { return note };
    let cosigned = Cosigned::beside(&crate::opening::folder(&app.location), keys);
    let found = cosigned.checkpoints(&mut |told| tracing::warn!("{told}"));
    let Ok(found) = found.inspect_err(|error| tracing::warn!("cosignatures: {error}")) else {
        return note;
    };
    let Ok(head) = SignedNote::parse(note.as_bytes()) else { return note };
    let same = found.into_iter().find(|found| found.note.text() == head.text());
    same.map_or(note, |found| found.note.to_string())
}

/// A tile or an entry bundle.
async fn tile(State(app): State<App>, Path(path): Path<String>) -> Result<Response, Problem> {
    let tile: Tile = format!("tile/{path}")
        .parse()
        .map_err(|_| Problem::not_found("tile; its path is as in C2SP tlog-tiles"))?;
    let bytes = blocking(move || {
        let mut tiles = app.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        app.stores.with(|store| {
            let log = tiles.log(store)?;
            log.file(tile).map_err(|error| match error {
                LogError::Store(error) => error.into(),
                LogError::Tile(error) => Problem::not_found(&format!("tile: {error}")),
                LogError::Merkle(error) => Problem::unavailable(error.to_string()),
            })
        })
    });
    let bytes = bytes.await?;
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_EVER), FROM_ANYWHERE];
    Ok((headers, bytes).into_response())
}

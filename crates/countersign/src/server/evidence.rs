//! Evidence to take along. Answers: *what can be carried out of here that holds elsewhere?*

use super::app::blocking;
use super::{App, Problem, Viewer};
use crate::cli::Failure;
use crate::cosigned::Cosigned;
use crate::evidence::{self, hidden_from};
use crate::proving::{ProveError, Prover};
use crate::tiles::LogError;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use countersign_proof::Label;
use countersign_proof::bundle::Matter;
use countersign_proof::checkpoint::Checkpoint;
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// The bundle of a matter, without what the viewer may not see and what they leave out.
///
/// # Errors
/// [`Problem`] when there is no such matter, or the record does not hold.
pub(crate) async fn download(
    app: &App,
    viewer: &Viewer,
    of: Matter,
    without: BTreeSet<Label>,
) -> Result<Response, Problem> {
    let mut left = app.look(|state| hidden_from(state, viewer.person(), of));
    left.extend(without);
    let location = app.location.clone();
    let made = blocking(move || {
        let made = evidence::export(&location, of, &left, &mut |_, _| {});
        let made = made.map_err(Failure::from)?;
        Ok(evidence::archived(&made.files).map_err(Failure::from)?)
    });
    let bytes = made.await?;
    let name = of.to_string().replace("..", "-");
    let name = format!("attachment; filename=\"evidence-{name}.zip\"");
    let name =
        HeaderValue::from_str(&name).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, bytes).into_response())
}

/// What proves that an entry is in the log (C2SP tlog-proof).
///
/// # Errors
/// [`Problem`] when there is no such entry, or the record does not hold.
pub(crate) async fn proof(app: &App, seq: u64) -> Result<String, Problem> {
    let app = app.clone();
    blocking(move || {
        let log = app.look(crate::opening::log_keys);
        let log = log.map_err(|error| Problem::unavailable(error.to_string()))?;
        let cosigned = Cosigned::beside(&crate::opening::folder(&app.location), log);
        let note = app.reader.checkpoint();
        let mut tiles = app.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        app.stores.with(|store| {
            let (tiles, cosigned, note) = (&mut *tiles, &cosigned, note.as_str());
            let mut prover = Prover { store, tiles, cosigned, note };
            let proved = prover.prove(seq, None, &mut |told| tracing::warn!("{told}"));
            proved.map(|proved| proved.proof.to_text()).map_err(|error| match error {
                ProveError::NoEntry { .. } => Problem::not_found("entry"),
                ProveError::NotTrusted
                | ProveError::Cosigned(_)
                | ProveError::Log(_)
                | ProveError::Damaged(_) => Failure::from(error).into(),
            })
        })
    })
    .await
}

/// Whether a checkpoint that the log signed is of another history than this record.
///
/// # Errors
/// [`Problem`] when the record cannot be read.
pub(crate) async fn is_foreign(app: &App, checkpoint: Checkpoint) -> Result<bool, Problem> {
    let app = app.clone();
    blocking(move || {
        let mut tiles = app.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        app.stores.with(|store| {
            let unavailable = |error: LogError| Problem::unavailable(error.to_string());
            let log = tiles.log(store)?;
            log.contradicts(&checkpoint).map_err(unavailable)
        })
    })
    .await
}

//! Releases. Answers: *what may be used or handed out, and what was?*
//!
//! Suspending, reinstating and revoking are signed: see `POST /statements` with `hold`, `lift` and
//! the decision `withdraw`.

use super::act::Act;
use super::json::{Id, Nothing, Wish};
use super::reading::{Reading, part};
use super::shapes::{ReleaseShape, Releases};
use super::visible;
use super::words as w;
use crate::server::{App, Problem};
use axum::extract::State;
use axum::response::Response;
use countersign_core::requests::Command;
use countersign_proof::words::ReleaseId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(report))
        .routes(routes!(surrender))
}

/// Which releases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those that have not ended, or only those that have.
    live: Option<bool>,
    /// Only those in this state.
    state: Option<w::ReleaseState>,
    /// Only those of this request.
    request: Option<w::Request>,
    /// Those after this one.
    after: Option<w::Release>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

const COLUMNS: &[&str] = &[
    "id",
    "request",
    "revision",
    "state",
    "quantity",
    "used",
    "left",
    "reserved",
    "zones",
    "depot",
    "policy",
    "approval_set",
    "suspended_by",
    "issued_at",
    "ended_at",
    "breaches",
];

/// List releases, oldest first; as JSON or CSV.
#[utoipa::path(
    get, path = "/releases", tag = "releases", params(Filter),
    responses((status = 200, description = "The releases that you may see.",
        content((Releases = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.requests.releases().iter();
        part(
            all,
            |release| release.id,
            filter.after.as_ref(),
            filter.limit,
            |release| {
                let wanted = filter.live.is_none_or(|live| release.state.has_ended() != live)
                    && filter.state.as_ref().is_none_or(|state| release.state == state.0.0)
                    && filter.request.as_ref().is_none_or(|request| release.request == request.0);
                wanted.then(|| visible::release(state, &person, release)).flatten()
            },
        )
    });
    reading.list(&found.await??, COLUMNS)
}

/// Show a release.
#[utoipa::path(
    get, path = "/releases/{id}", tag = "releases", params(("id" = w::Release, Path)),
    responses((status = 200, description = "The release.", body = ReleaseShape)),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id<ReleaseId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let release = state.requests.release(id)?;
        visible::release(state, reading.person(), release)
    });
    reading.one(&found.ok_or_else(|| visible::no_release(id))?)
}

/// Units that were used or handed out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Report {
    quantity: w::Units,
    /// When it happened; now, if not given.
    #[serde(default)]
    at: Option<w::Moment>,
    /// Where, for a use.
    #[serde(default)]
    zone: Option<w::Zone>,
    /// Remarks.
    #[serde(default)]
    note: String,
}

/// Report units used or handed out. What goes beyond the release is recorded, and flagged.
#[utoipa::path(
    post, path = "/releases/{id}/reports", tag = "releases", request_body = Report,
    params(("id" = w::Release, Path)),
    responses((status = 200, description = "The release.", body = ReleaseShape)),
)]
async fn report(
    State(app): State<App>,
    Id(id): Id<ReleaseId>,
    act: Act<Report>,
) -> Result<Response, Problem> {
    let said = act.said.clone();
    let used_at = match said.at {
        Some(at) => at.0.0,
        None => app.now()?,
    };
    let command = Command::ReportUse {
        release: id,
        quantity: said.quantity.0,
        used_at,
        zone: said.zone.map(|zone| zone.0),
        note: said.note,
    };
    on(&app, &act, id, command).await
}

/// Give back what is left of a release.
#[utoipa::path(
    post, path = "/releases/{id}/surrender", tag = "releases",
    params(("id" = w::Release, Path)),
    responses((status = 200, description = "The release.", body = ReleaseShape)),
)]
async fn surrender(
    State(app): State<App>,
    Id(id): Id<ReleaseId>,
    act: Act<Nothing>,
) -> Result<Response, Problem> {
    on(&app, &act, id, Command::SurrenderRelease { release: id }).await
}

async fn on<T>(
    app: &App,
    act: &Act<T>,
    id: ReleaseId,
    command: Command,
) -> Result<Response, Problem> {
    let told = |state: &countersign_core::State| {
        let release = state.requests.release(id)?;
        visible::release(state, act.person(), release)
    };
    // Whoever may not see it learns nothing from the rule that refuses.
    let seen = app.look(|state| told(state).is_some());
    let done = act.give(app, command).await;
    let done = done.map_err(|problem| {
        let refused = !problem.code.starts_with("door/");
        if seen || !refused { problem } else { visible::no_release(id) }
    })?;
    let value = done.look(app, told).unwrap_or_else(|| super::happened(&done.events));
    Ok(act.answer(app, &done, None, value))
}

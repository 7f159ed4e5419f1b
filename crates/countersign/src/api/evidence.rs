//! Evidence. Answers: *how does a program take with it what proves a case, and what of what went
//! to depots does not close?*
//!
//! Checking needs no server, so it is no address here: `countersign evidence verify`.

use super::json::{Nothing, Wish};
use super::reading::{Part, Reading};
use super::shapes::Things;
use crate::server::{App, Problem, evidence};
use crate::views::certificates::gap;
use axum::extract::State;
use axum::response::Response;
use countersign_core::evidence::gaps;
use countersign_proof::Label;
use countersign_proof::bundle::Matter;
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(bundle)).routes(routes!(show))
}

/// What may be left out.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Left {
    /// What the parties see and what those who advise and decide see, and names.
    All,
    /// What the parties see, and all that repeats it.
    Parties,
    /// What those who advise and decide see.
    Deliberation,
    /// The names of people.
    Identity,
}

/// Evidence of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A request (`REQ-7`), a release (`REL-3`), or entries (`0..109`, the last not taken).
    #[param(pattern = "^(REQ-[1-9][0-9]*|REL-[1-9][0-9]*|[0-9]+\\.\\.[0-9]+)$")]
    of: String,
    /// Left out in any case; what you may not see always is.
    #[param(inline)]
    without: Option<Left>,
}

/// Take evidence of a case: a file that verifies without this server.
#[utoipa::path(
    get, path = "/evidence", tag = "evidence", params(Wanted),
    responses((status = 200, description = "The bundle.", body = String,
        content_type = "application/zip")),
)]
async fn bundle(
    State(app): State<App>,
    reading: Reading,
    Wish(wanted): Wish<Wanted>,
) -> Result<Response, Problem> {
    reading.wants("application/zip")?;
    let of: Matter =
        wanted.of.parse().map_err(|_| Problem::unreadable("of: write REQ-7, REL-3 or 0..109"))?;
    let without: BTreeSet<Label> = match wanted.without {
        None => BTreeSet::new(),
        Some(Left::All) => Label::ALL.iter().copied().collect(),
        Some(Left::Parties) => BTreeSet::from([Label::Parties]),
        Some(Left::Deliberation) => BTreeSet::from([Label::Deliberation]),
        Some(Left::Identity) => BTreeSet::from([Label::Identity]),
    };
    evidence::download(&app, &reading.viewer, of, without).await
}

/// List what was issued to depots and did not come back, and what came back and was not issued; as
/// JSON or CSV.
#[utoipa::path(
    get, path = "/evidence/gaps", tag = "evidence",
    responses((status = 200, description = "What does not close.",
            content((Things = "application/json"), (String = "text/csv"))),
        (status = 403, description = "It tells more than you may see.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn show(
    State(app): State<App>,
    reading: Reading,
    Wish(_none): Wish<Nothing>,
) -> Result<Response, Problem> {
    super::whole(&app, reading.person())?;
    let now = app.now()?;
    let items = app.work(move |state| gaps(state, now).iter().map(gap).collect()).await?;
    reading.list(&Part { items, next: None }, &["code", "certificate", "message"])
}

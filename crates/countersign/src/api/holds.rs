//! Holds. Answers: *what is suspended, by whom?* Placing and lifting are signed (`POST
//! /statements`).

use super::json::{Id, Wish};
use super::reading::{Reading, part};
use super::shapes::{HoldShape, Holds};
use super::words as w;
use crate::server::{App, Problem};
use crate::views;
use axum::extract::State;
use axum::response::Response;
use countersign_proof::words::HoldId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Which holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those that stand, or only those that were lifted.
    standing: Option<bool>,
    /// Those after this one.
    after: Option<w::Hold>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

const COLUMNS: &[&str] = &["id", "scope", "office", "person", "placed_at", "lifted_at"];

/// List holds, oldest first; as JSON or CSV.
#[utoipa::path(
    get, path = "/holds", tag = "holds", params(Filter),
    responses((status = 200, description = "The holds that you may see.",
        content((Holds = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let person = reading.person();
    let found = app.look(|state| {
        let all = state.requests.holds().iter();
        part(
            all,
            |hold| hold.id,
            filter.after.as_ref(),
            filter.limit,
            |hold| {
                let wanted = filter.standing.is_none_or(|it| hold.lifted_at.is_none() == it);
                (wanted && state.may_see_hold(hold, person)).then(|| views::hold(hold))
            },
        )
    });
    reading.list(&found?, COLUMNS)
}

/// Show a hold.
#[utoipa::path(
    get, path = "/holds/{id}", tag = "holds", params(("id" = w::Hold, Path)),
    responses((status = 200, description = "The hold.", body = HoldShape)),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id<HoldId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let hold =
            state.requests.hold(id).filter(|hold| state.may_see_hold(hold, reading.person()));
        hold.map(views::hold)
    });
    reading.one(&found.ok_or_else(|| Problem::not_found("hold"))?)
}

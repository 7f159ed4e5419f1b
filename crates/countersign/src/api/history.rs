//! Foreign histories. Answers: *what was taken in as evidence?* Nothing in them approves anything.

use super::json::{Nothing, Wish};
use super::reading::{Part, Reading};
use super::shapes::Things;
use crate::server::{App, Problem};
use crate::views::history as views;
use axum::extract::State;
use axum::response::Response;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the histories that were taken in; as JSON or CSV. For whoever may see all that the
/// programme deliberates.
#[utoipa::path(
    get, path = "/histories", tag = "history",
    responses((status = 200, description = "The sources.",
            content((Things = "application/json"), (String = "text/csv"))),
        (status = 403, description = "It tells more than you may see.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(_none): Wish<Nothing>,
) -> Result<Response, Problem> {
    super::whole(&app, reading.person())?;
    let items: Vec<Value> =
        app.look(|state| state.history.sources().iter().map(views::source).collect());
    let columns = [
        "name", "file", "mapping", "rows", "facts", "earliest", "latest", "by", "first_at",
        "last_at",
    ];
    reading.list(&Part { items, next: None }, &columns)
}

//! The HTTP API. Answers: *how does a program use the ledger?*

use crate::server::{App, live};
use axum::Router;
use axum::routing::get;

/// Every route of the API.
pub(crate) fn router(_app: &App) -> Router<App> {
    Router::new().route("/api/v1/events", get(live::serve))
}

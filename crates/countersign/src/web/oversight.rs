//! Oversight. Answers: *how are decisions made: in time, by whom, and what is held?*

use crate::server::App;
use axum::Router;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
}

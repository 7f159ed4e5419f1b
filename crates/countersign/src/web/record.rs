//! The record. Answers: *what was entered, and is all of it still there?*

use crate::server::App;
use axum::Router;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
}

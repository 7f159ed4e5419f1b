//! Search. Answers: *what here has this name?*

use crate::server::App;
use axum::Router;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
}

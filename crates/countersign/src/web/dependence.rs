//! Dependence. Answers: *what can each holder use without whose consent, and who can lock it?*

use crate::server::App;
use axum::Router;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
}

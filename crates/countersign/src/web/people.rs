//! People. Answers: *who may speak for which office, and with which key?*

use crate::server::App;
use axum::Router;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
}

//! Stock. Answers: *what is there, whose is it, and when will it be short?*

mod board;
mod books;
mod item;
mod outlook;
mod record;

use crate::server::App;
use axum::Router;
use axum::routing::get;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/stock", get(board::board))
        .route("/stock.csv", get(board::csv))
        .route("/stock/{item}", get(item::item))
}

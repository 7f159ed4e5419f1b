//! The node. Answers: *does this process write, and if not, how far behind is it?*

use super::document::ProblemDocument;
use super::reading::Reading;
use crate::node::Standing;
use crate::server::{App, Problem};
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Where a node stands.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is told")]
struct NodeShape {
    /// `writes`, `follows` or `halted`.
    standing: String,
    /// How many entries it shows.
    position: u64,
    /// How many more the record had when this node looked at it last.
    behind: u64,
    /// Where the node that writes answers, if this one follows and knows.
    writer: Option<String>,
    /// Why the record cannot be followed at the moment, or why this node has halted.
    trouble: Option<String>,
}

/// Show where this node stands. Every answer of any node says in `Countersign-Position` how many
/// entries it is the answer after; `Countersign-Wait-For` in a request asks the node to show that
/// many first.
#[utoipa::path(
    get, path = "/node", tag = "record",
    responses((status = 200, description = "Where it stands.", body = NodeShape),
        (status = 503, description = "It shows less than was to be waited for.",
            body = ProblemDocument, content_type = "application/problem+json")),
)]
async fn show(State(app): State<App>, reading: Reading) -> Result<Response, Problem> {
    reading.one(&told(&app))
}

fn told(app: &App) -> Value {
    let position = app.reader.position();
    let (standing, size, writer, trouble) = match app.reader.standing() {
        Standing::Leads => ("writes", position, None, None),
        Standing::Follows { place, size, lost } => ("follows", size, place, lost),
        Standing::Halted { why } => ("halted", position, None, Some(why)),
    };
    json!({
        "standing": standing, "position": position, "behind": size.saturating_sub(position),
        "writer": writer, "trouble": trouble,
    })
}

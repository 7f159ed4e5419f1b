//! The server: the HTTP doors and what they share. Answers: *who is asking, over which connection,
//! and what may be told?*
//!
//! The modules in the order to read them:
//!
//! - [`settings`]: where it listens and what it is called;
//! - [`app`]: what every handler is given: the writer's door, the reader, sessions;
//! - [`sessions`], [`viewer`]: who is at the door, and what they may see;
//! - [`problem`], [`fields`]: what goes wrong, and what was typed;
//! - [`stores`]: the record itself, beside the state;
//! - [`papers`]: texts that wait for a signature;
//! - [`evidence`]: what can be carried out of here that holds elsewhere;
//! - [`nodes`]: what goes on to another node, and what comes from one;
//! - [`oidc`]: sign-in by another organisation;
//! - [`guard`]: what is refused before any handler runs;
//! - [`live`]: what changes while somebody looks;
//! - [`notices`]: who is told while nobody looks;
//! - [`assets`]: the style sheet and the scripts;
//! - [`running`]: listening, and stopping without losing anything.

pub(crate) mod settings;

pub(crate) mod app;

pub(crate) mod sessions;
pub(crate) mod viewer;

pub(crate) mod fields;
pub(crate) mod problem;

pub(crate) mod stores;

pub(crate) mod papers;

pub(crate) mod evidence;

pub(crate) mod nodes;

pub(crate) mod oidc;

pub(crate) mod guard;

pub(crate) mod live;

pub(crate) mod notices;

pub(crate) mod assets;

pub(crate) mod running;

pub(crate) use app::App;
pub(crate) use problem::Problem;
pub(crate) use viewer::Viewer;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Every route, behind everything that guards them.
pub(crate) fn router(app: &App) -> Router {
    let doors = Router::new().merge(crate::web::router(app)).merge(crate::api::router(app));
    let doors = doors
        .merge(crate::api::tiles::router())
        .merge(crate::api::certificates::public())
        .route("/static/{name}", get(assets::serve))
        .route("/health/live", get(alive))
        .route("/health/ready", get(ready))
        .route("/health/writer", get(writes))
        .route("/metrics", get(guard::metrics));
    guard::around(doors.with_state(app.clone()), app)
}

/// Whether the process answers at all.
async fn alive() -> &'static str {
    "alive\n"
}

/// Whether this node writes, for whoever sends commands straight to the one that does.
async fn writes(State(app): State<App>) -> Response {
    match app.reader.standing() {
        crate::node::Standing::Leads => "this node writes\n".into_response(),
        crate::node::Standing::Follows { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "this node follows another\n").into_response()
        }
        crate::node::Standing::Halted { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "this node has halted\n").into_response()
        }
    }
}

/// Whether the ledger takes commands.
async fn ready(State(app): State<App>) -> Response {
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, text)];
    match app.is_ready().await {
        Ok(()) => (headers, "ready\n").into_response(),
        Err(problem) => {
            let told = format!("not ready: {}\n", problem.detail);
            (StatusCode::SERVICE_UNAVAILABLE, headers, told).into_response()
        }
    }
}

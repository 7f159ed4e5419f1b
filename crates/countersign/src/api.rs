//! The HTTP API. Answers: *how does a program use the ledger?*
//!
//! JSON in and out, by the same commands and views as the other doors. The modules in the order to
//! read them:
//!
//! - [`words`], [`json`]: what may come in, and what is told of what may not;
//! - [`act`]: giving a command, once;
//! - [`reading`], [`visible`], [`shapes`]: what goes out, in which form, and to whom;
//! - one for each room, and [`statements`] and [`signed`] for what is signed;
//! - [`document`]: the description of it all.

mod words;

mod json;

mod act;

mod reading;
mod visible;

mod shapes;

mod session;

mod people;

mod stock;

mod policy;

mod requests;

mod releases;

pub(crate) mod certificates;

mod evidence;

mod holds;

mod triage;

mod reroute;

mod history;

mod dependence;

mod statements;

mod signed;

mod record;

mod node;

pub(crate) mod tiles;

mod document;

#[cfg(test)]
mod tests;

pub(crate) use act::Reply;

use crate::cli::Failure;
use crate::server::viewer::cookie_name;
use crate::server::{App, Problem, live};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use countersign_core::record::event_kind;
use countersign_core::stock::Item;
use countersign_core::{Event, State};
use countersign_proof::words::{ItemId, PersonId};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the API is.
const BASE: &str = "/api/v1";

/// Every route of the API.
pub(crate) fn router(app: &App) -> Router<App> {
    let (routes, document) = described(cookie_name(app));
    let document = axum::body::Bytes::from(json!(document).to_string());
    let serve = move || {
        let json = HeaderValue::from_static("application/json");
        let answer = ([(header::CONTENT_TYPE, json)], document.clone()).into_response();
        std::future::ready(answer)
    };
    let routes = routes.route("/api/v1/openapi.json", get(serve));
    let routes = routes.route("/api/{*rest}", any(nowhere)).route("/api", any(nowhere));
    routes.layer(from_fn(plain_words))
}

/// The routes, with their description.
fn described(cookie: &str) -> (Router<App>, OpenApi) {
    let rooms = OpenApiRouter::new()
        .routes(routes!(events))
        .merge(session::router())
        .merge(requests::router())
        .merge(releases::router())
        .merge(certificates::router())
        .merge(holds::router())
        .merge(people::router())
        .merge(stock::router())
        .merge(policy::router())
        .merge(triage::router())
        .merge(reroute::router())
        .merge(history::router())
        .merge(dependence::router())
        .merge(statements::router())
        .merge(signed::router())
        .merge(record::router())
        .merge(node::router())
        .merge(evidence::router());
    let (routes, document) = OpenApiRouter::new().nest(BASE, rooms).split_for_parts();
    (routes, document::complete_document(document, cookie))
}

/// What is recorded from now on, as server-sent events: the id of each is its place in the record,
/// its data is what `GET /entries` tells of it. Whoever comes back says where they were, in
/// `Last-Event-ID` or `after`.
#[utoipa::path(
    get, path = "/events", tag = "record",
    params(("about" = Option<String>, Query,
            description = "Ids of what to be told of, separated by commas; everything, if not \
            given."),
        ("after" = Option<u64>, Query, description = "The place of the last entry known already."),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same, from a browser.")),
    responses((status = 200, description = "A stream of events named `entry`.",
        body = shapes::EventShape, content_type = "text/event-stream")),
)]
async fn events(
    app: axum::extract::State<App>,
    viewer: crate::server::Viewer,
    json::Wish(wish): json::Wish<live::Wish>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let served = live::serve(app, viewer, axum::extract::Query(wish), headers).await?;
    Ok(served.into_response())
}

/// There is nothing at this address.
async fn nowhere() -> Problem {
    Problem::not_found("such address in the API; see /api/v1/openapi.json")
}

/// What the router itself answers has no words; a program wants a problem document.
async fn plain_words(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && !response.headers().contains_key(header::CONTENT_TYPE)
    {
        let allow = response.headers_mut().remove(header::ALLOW);
        let detail = "this address has no such method; Allow says which it has";
        let problem = Problem::door(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", detail);
        response = problem.into_response();
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    response
}

/// The kinds of events, each named once in a row.
fn kinds_of(events: &[Event]) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = events.iter().map(event_kind).collect();
    kinds.dedup();
    kinds
}

/// What a command came to where there is nothing else to show.
fn happened(events: &[Event]) -> Value {
    json!({ "events": kinds_of(events) })
}

/// There is no such item, as far as whoever asks may know.
fn no_item(id: &ItemId) -> Problem {
    Problem::not_found(&format!("item {id}"))
}

/// A declared item.
fn known_item<'s>(state: &'s State, id: &ItemId) -> Result<&'s Item, Problem> {
    state.stock.item(id).ok_or_else(|| no_item(id))
}

/// Checks that somebody may see everything that the programme deliberates.
pub(crate) fn whole(app: &App, person: &PersonId) -> Result<(), Problem> {
    if app.look(|state| state.may_see_whole(person)) {
        return Ok(());
    }
    let detail = "this tells more than you may see: it is for whoever may see every party's books \
                  and what the programme deliberates";
    Err(Problem::door(StatusCode::FORBIDDEN, "tells-too-much", detail))
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { code, message } => Self::refused(&code, &message),
            Failure::Faulty { code, message, faults } => {
                Self::refused(code, &message).with("faults", json!(faults))
            }
            Failure::Usage(message) | Failure::Malformed { message, .. } => {
                Self::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", message)
            }
            Failure::Integrity(message) => {
                Self::door(StatusCode::INTERNAL_SERVER_ERROR, "integrity", message)
            }
            Failure::Unavailable(message) => Self::unavailable(message),
        }
    }
}

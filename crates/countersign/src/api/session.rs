//! Sessions. Answers: *who is at the door?*
//!
//! A session only shows who somebody is: a bearer token approves nothing.

use super::json::{bytes, read};
use super::reading::Reading;
use super::shapes::TextShape;
use super::statements::text_of;
use super::words as w;
use crate::clock::{Clock as _, WallClock};
use crate::server::{App, Problem, Viewer};
use crate::signed::Pair;
use crate::views::people::offices_of;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_proof::statement::Statement as _;
use countersign_proof::words::PersonId;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(challenge)).routes(routes!(open, show, close))
}

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Claim {
    person: w::Person,
}

/// A text of a challenge with the signature under it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignedClaim {
    /// The text, exactly as it was given.
    #[schema(max_length = 4096)]
    statement: String,
    /// The signature as `ssh-keygen -Y sign` writes it.
    #[schema(max_length = 16384)]
    signature: String,
}

/// An open session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is told")]
struct SessionShape {
    /// The bearer token; only told when the session opens.
    #[schema(required = false)]
    token: String,
    person: w::Person,
    /// The offices that the person holds now.
    offices: Vec<w::Office>,
    /// When it ends if nobody uses it again, by the clock on the wall.
    expires: w::Moment,
    /// Whether commands can be given through it.
    acts: bool,
}

/// Ask for a text to sign in with. It is the same whether or not there is such a person.
#[utoipa::path(
    post, path = "/session/challenge", tag = "session", request_body = Claim,
    responses((status = 200, description = "The text to sign.", body = TextShape),
        (status = 429, description = "Too many attempts for this person.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn challenge(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let claim: Claim = read(&headers, &bytes(request).await?)?;
    app.guards.attempt(claim.person.0.as_str())?;
    let session = app.challenge(claim.person.0)?;
    let until = session.validity.until();
    let kind = countersign_proof::statement::kinds::Session::KIND;
    Ok(axum::Json(text_of(kind, &session, until)?).into_response())
}

/// Open a session with a signed challenge.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = SignedClaim,
    responses((status = 201, description = "The session is open.", body = SessionShape),
        (status = 409, description = "The challenge was used already, or is too old.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn open(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let claim: SignedClaim = read(&headers, &bytes(request).await?)?;
    let pair = Pair { text: claim.statement, signature: claim.signature };
    let (token, person) = app.open_session(&pair)?;
    let session = app.sessions.find(&token).ok_or_else(Problem::signed_out)?;
    let mut told = told(&app, &person, session.lasts(), true)?;
    if let Some(fields) = told.as_object_mut() {
        fields.insert("token".to_owned(), token.into());
    }
    let place = [(header::LOCATION, HeaderValue::from_static("/api/v1/session"))];
    Ok((StatusCode::CREATED, place, axum::Json(told)).into_response())
}

/// Show the session.
#[utoipa::path(
    get, path = "/session", tag = "session",
    responses((status = 200, description = "The session.", body = SessionShape)),
)]
async fn show(State(app): State<App>, reading: Reading) -> Result<Response, Problem> {
    let session = &reading.viewer.session;
    let acts = session.authority.is_some();
    reading.one(&told(&app, &session.person, session.lasts(), acts)?)
}

/// End the session.
#[utoipa::path(
    delete, path = "/session", tag = "session",
    responses((status = 204, description = "The session has ended.")),
)]
async fn close(State(app): State<App>, viewer: Viewer) -> StatusCode {
    app.sessions.close(&viewer.token);
    StatusCode::NO_CONTENT
}

fn told(
    app: &App,
    person: &PersonId,
    lasts: std::time::Duration,
    acts: bool,
) -> Result<Value, Problem> {
    let now = WallClock.now().map_err(|failed| Problem::unavailable(failed.to_string()))?;
    let expires = now.plus_millis(u64::try_from(lasts.as_millis()).unwrap_or(0));
    let offices = app.look(|state| offices_of(state, person, state.ledger.clock));
    Ok(json!({
        "person": person.as_str(), "offices": offices, "expires": expires.to_string(),
        "acts": acts,
    }))
}

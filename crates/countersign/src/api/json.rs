//! What comes in. Answers: *what does the body, the address and the query of a request say, and
//! where is it wrong?*
//!
//! 415 for what is not JSON, 413 for what is too long, 400 for what is no JSON at all (with the
//! line and column), and 422 for JSON that says something else than is asked for (with a JSON
//! pointer, RFC 6901). Unknown fields and unknown parameters are refused by name.

use super::words::Written;
use crate::server::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest as _, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

/// The bytes of a body.
///
/// # Errors
/// [`Problem`] 413 where there are too many of them.
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|error| {
        let detail = "the body is longer than 8 MiB, or broke off; send less at once";
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::door(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            }
            _ => Problem::unreadable(error.body_text()),
        }
    })
}

/// Reads a body as JSON; an empty one is read as an object without fields.
///
/// # Errors
/// [`Problem`] that says what is wrong with it, and where.
pub(crate) fn read<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    if !(kind.is_some_and(is_json) || kind.is_none() && bytes.is_empty()) {
        let detail = "the body is to be JSON: send it with Content-Type: application/json";
        return Err(Problem::door(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        return Err(Problem::unreadable(format!("the body is not UTF-8, at byte {at}")));
    }
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    match Json::<T>::from_bytes(bytes) {
        Ok(Json(read)) => Ok(read),
        Err(JsonRejection::JsonSyntaxError(error)) => {
            Err(Problem::unreadable(format!("the body is not JSON: {}", told(&error.body_text()))))
        }
        Err(error) => Err(wrong(told(&error.body_text()))),
    }
}

fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || essence.starts_with("application/") && essence.ends_with("+json")
}

/// What the reader found wrong, without the words that its caller puts before it.
fn told(text: &str) -> &str {
    [
        "Failed to deserialize the JSON body into the target type: ",
        "Failed to parse the request body as JSON: ",
    ]
    .iter()
    .find_map(|prefix| text.strip_prefix(prefix))
    .unwrap_or(text)
}

/// JSON that says something else than is asked for. The reader tells the place as `a.b[2].c: why`.
fn wrong(told: &str) -> Problem {
    let is_path = |path: &str| {
        !path.is_empty() && !path.contains(' ') && !path.contains('`') && !path.contains('"')
    };
    let (path, why) = match told.split_once(": ") {
        Some((path, why)) if is_path(path) => (path, why),
        Some(_) | None => ("", told),
    };
    let mut pointer = String::new();
    for part in path.replace('[', ".").replace(']', "").split('.').filter(|p| !p.is_empty()) {
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    let field = why.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let (rule, place) = match field {
        Some(field) => {
            let place = format!("/{}", field.replace('~', "~0").replace('/', "~1"));
            let there = pointer.ends_with(&place);
            ("unknown-field", if there { pointer } else { pointer + &place })
        }
        None => ("wrong-field", pointer),
    };
    let at = if place.is_empty() { "the body".to_owned() } else { place.clone() };
    let detail = format!("{at}: {why}");
    Problem::door(StatusCode::UNPROCESSABLE_ENTITY, rule, detail).with("pointer", place)
}

/// The id in an address.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: Written> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::unreadable(error.body_text()))?;
        text.parse().map(Self).map_err(|error: T::Err| Problem::unreadable(error.to_string()))
    }
}

/// What an address asks for after its question mark; what nobody asked for is refused by name.
pub(crate) struct Wish<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Wish<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let wish = Query::<T>::try_from_uri(&parts.uri);
        wish.map(|Query(wish)| Self(wish)).map_err(|error| {
            let text = error.body_text();
            let told = text.strip_prefix("Failed to deserialize query string: ");
            Problem::unreadable(format!("the query: {}", told.unwrap_or(&text)))
        })
    }
}

/// No parameters at all.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

//! What goes back when something cannot be done. Answers: *what is wrong, where, and what helps?*
//!
//! One value serves the API (RFC 9457 problem details) and the pages.

use crate::writer::Unavailable;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::Rejection;
use countersign_core::record::{Answer, Unshowable};
use countersign_proof::SignatureError;
use serde_json::{Map, Value, json};

/// Something that cannot be done.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The stable code, `room/rule`; those of the doors themselves begin with `door/`.
    pub(crate) code: String,
    /// What is missing, in plain words, with the remedy.
    pub(crate) detail: String,
    /// Further members of the problem document.
    pub(crate) more: Box<Map<String, Value>>,
}

impl Problem {
    /// A problem of the doors themselves.
    pub(crate) fn door(status: StatusCode, rule: &str, detail: impl Into<String>) -> Self {
        let (code, more) = (format!("door/{rule}"), Box::default());
        Self { status, code, detail: detail.into(), more }
    }

    /// What the request says cannot be read.
    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::door(StatusCode::BAD_REQUEST, "unreadable", detail)
    }

    /// What is asked for does not exist, or not for whoever asks.
    pub(crate) fn not_found(what: &str) -> Self {
        let detail = format!("there is no {what} here, or you may not see it");
        Self::door(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// Nobody is signed in.
    pub(crate) fn signed_out() -> Self {
        let detail = "you are not signed in, or your session has ended; sign in and try again";
        Self::door(StatusCode::UNAUTHORIZED, "signed-out", detail)
    }

    /// The session may look, but cannot act.
    pub(crate) fn session_only_reads(why: &str) -> Self {
        let detail = format!("{why}; sign in with your passkey or key to act");
        Self::door(StatusCode::FORBIDDEN, "session-only-reads", detail)
    }

    /// The id of the command, or the key it was made of, is that of another command.
    pub(crate) fn id_taken(detail: impl Into<String>) -> Self {
        Self::door(StatusCode::CONFLICT, "id-taken", detail)
    }

    /// A rule of the ledger refused.
    pub(crate) fn refused(code: &str, message: &str) -> Self {
        let status = status_of(code);
        let (code, detail) = (code.to_owned(), message.to_owned());
        Self { status, code, detail, more: Box::default() }
    }

    /// The server cannot do it now.
    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        Self::door(StatusCode::SERVICE_UNAVAILABLE, "unavailable", why)
    }

    /// One further member.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The problem document (RFC 9457 §3.1).
    pub(crate) fn document(&self) -> Value {
        let mut document = json!({
            "type": format!("urn:countersign:problem:{}", self.code),
            "title": title(self.status),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(fields) = document.as_object_mut() {
            fields.extend((*self.more).clone());
        }
        document
    }
}

/// The short words for a status.
pub(crate) fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "This cannot be read",
        401 => "You are not signed in",
        403 => "This is not yours to do",
        404 => "There is no such thing",
        409 => "It has changed meanwhile",
        412 => "It has changed since you read it",
        413 => "This is too large",
        421 => "This server has another name",
        422 => "This cannot be done",
        429 => "Too many attempts",
        503 => "The ledger is unavailable",
        _ => status.canonical_reason().unwrap_or("Something is wrong"),
    }
}

/// The status that a rejection's code stands for.
pub(crate) fn status_of(code: &str) -> StatusCode {
    let rule = code.split_once('/').map_or(code, |(_, rule)| rule);
    match rule {
        "unknown-request" | "unknown-release" | "unknown-hold" | "unknown-debt"
        | "unknown-order" => StatusCode::NOT_FOUND,
        "stale-revision" | "stale-policy" | "request-closed" | "release-ended" | "hold-lifted"
        | "decided-already" | "already-signed" | "already-asked" | "already-recused"
        | "nonce-replayed" | "statement-expired" | "person-known" | "key-known"
        | "supersedes-closed" | "plan-stale" | "names-moved" => StatusCode::CONFLICT,
        "unknown-key"
        | "key-of-another"
        | "key-revoked"
        | "key-expired"
        | "personal-office"
        | "not-in-office"
        | "function-missing"
        | "term-ended"
        | "outside-deputy-scope"
        | "requester-decides"
        | "signer-recused"
        | "office-has-no-say"
        | "may-not-revoke"
        | "nonce-of-another"
        | "key-only-signature" => StatusCode::FORBIDDEN,
        "clock-went-back" | "clock-behind" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::refused(rejection.code(), &rejection.to_string())
    }
}

impl From<Unavailable> for Problem {
    fn from(failed: Unavailable) -> Self {
        match failed {
            Unavailable::NotRecorded(_) | Unavailable::Unknown(_) | Unavailable::Elsewhere(_) => {
                Self::unavailable(failed.to_string())
            }
            Unavailable::OtherCommand { .. } => Self::id_taken(failed.to_string()),
        }
    }
}

impl From<Unshowable> for Problem {
    fn from(found: Unshowable) -> Self {
        Self::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", found.to_string())
    }
}

impl From<SignatureError> for Problem {
    fn from(error: SignatureError) -> Self {
        Self::door(StatusCode::UNPROCESSABLE_ENTITY, "signature", error.to_string())
    }
}

impl From<countersign_store::StoreError> for Problem {
    fn from(error: countersign_store::StoreError) -> Self {
        Self::unavailable(error.to_string())
    }
}

/// The events of an accepted command.
///
/// # Errors
/// The refusal of a refused one.
pub(crate) fn events(answer: &Answer) -> Result<&[countersign_core::Event], Problem> {
    match answer {
        Answer::Accepted(events) => Ok(events),
        Answer::Refused { code, message } => Err(Problem::refused(code, message)),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/problem+json");
        let body = self.document().to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, json)], body).into_response();
        response.extensions_mut().insert(self.clone());
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

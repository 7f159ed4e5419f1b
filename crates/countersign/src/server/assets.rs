//! The style sheet and the scripts. Read from disk while developing, embedded in a release.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_proof::words::Digest;
use include_dir::{Dir, include_dir};
use std::borrow::Cow;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/static");

/// The script of the page on which people sign: its digest stands in the record.
pub(crate) const SIGNING_SCRIPT: &str = "sign.js";

/// A file by its name; none beside those of the folder itself, whatever the name says.
pub(crate) fn read(name: &str) -> Option<Cow<'static, [u8]>> {
    let embedded = EMBEDDED.get_file(name)?;
    if cfg!(debug_assertions) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("static").join(name);
        if let Ok(bytes) = std::fs::read(path) {
            return Some(Cow::Owned(bytes));
        }
    }
    Some(Cow::Borrowed(embedded.contents()))
}

/// The SHA-256 of the signing script, as it is served.
pub(crate) fn signing_script() -> Digest {
    Digest::of(&read(SIGNING_SCRIPT).unwrap_or_default())
}

/// Where a page finds a file: with what tells this version of it from another's, since nodes of two
/// versions may serve while a ledger is upgraded.
pub(crate) fn address(name: &str) -> String {
    format!("/static/{name}?v={}", Digest::of(&read(name).unwrap_or_default()))
}

/// Whether a query asks for a version of the file at `path` that this program does not have.
pub(crate) fn is_foreign(path: &str, query: Option<&str>) -> bool {
    let name = path.strip_prefix("/static/").unwrap_or_default();
    let wanted = query.and_then(|query| query.strip_prefix("v="));
    wanted.is_some_and(|wanted| {
        read(name).is_none_or(|bytes| Digest::of(&bytes).to_string() != wanted)
    })
}

/// Serves a file; whoever has it already is told so.
pub(crate) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(bytes) = read(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    };
    let tag = format!("\"{}\"", Digest::of(&bytes));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let tag = HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"-\""));
    let fresh = HeaderValue::from_static("no-cache");
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, fresh)];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, kind)], bytes.into_owned()).into_response()
}

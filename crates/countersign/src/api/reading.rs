//! What goes out to whoever reads. Answers: *in which form, how much of it, and has it changed?*
//!
//! The tag of an answer is the digest of its bytes, so that it changes exactly when what is told
//! changes, for whatever cause, and differs between viewers who may see different parts.

use super::words::{Limit, Word, Written};
use crate::server::{App, Problem, Viewer};
use crate::views::csv;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use countersign_proof::words::{Digest, PersonId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Somebody who reads.
pub(crate) struct Reading {
    /// Who.
    pub(crate) viewer: Viewer,
    headers: HeaderMap,
    uri: Uri,
}

impl FromRequestParts<App> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let viewer = Viewer::from_request_parts(parts, app).await?;
        Ok(Self { viewer, headers: parts.headers.clone(), uri: parts.uri.clone() })
    }
}

/// A strong entity tag (RFC 9110 §8.8.3).
pub(crate) fn tag(body: &str) -> String {
    let digest = Digest::of(body.as_bytes()).to_string();
    format!("\"{}\"", digest.get(..32).unwrap_or_default())
}

/// Whether a list of tags, as `If-Match` and `If-None-Match` have them, names one of them.
pub(crate) fn names(list: &str, tag: &str) -> bool {
    let mut tags = list.split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The first of what can be given that `Accept` (RFC 9110 §12.5.1) likes best; none where it
/// likes none of it.
fn accepted<'a>(headers: &HeaderMap, given: &[&'a str]) -> Option<&'a str> {
    let Some(accept) = headers.get(header::ACCEPT) else { return given.first().copied() };
    let accept = accept.to_str().unwrap_or_default();
    // The most telling range decides about each kind: itself, then its family, then anything.
    let weight = |kind: &str| {
        let family = format!("{}/*", kind.split('/').next().unwrap_or_default());
        let ranked = [kind, family.as_str(), "*/*"];
        let range = |wanted: &str| {
            accept.split(',').find_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let named = parts.next()?.eq_ignore_ascii_case(wanted);
                let weight = parts.find_map(|part| part.strip_prefix("q="));
                named.then(|| thousandths(weight.unwrap_or("1")))
            })
        };
        ranked.into_iter().find_map(range).unwrap_or(0)
    };
    let mut best = None;
    for kind in given {
        let weight = weight(kind);
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((*kind, weight));
        }
    }
    best.map(|(kind, _)| kind)
}

/// A quality value (RFC 9110 §12.4.2) in thousandths.
fn thousandths(text: &str) -> u16 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest: String = rest.chars().chain("000".chars()).take(3).collect();
    match whole {
        "0" => rest.parse().unwrap_or(0),
        _ => 1000,
    }
}

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

impl Reading {
    /// Who reads.
    pub(crate) fn person(&self) -> &PersonId {
        self.viewer.person()
    }

    fn form<'a>(&self, given: &[&'a str]) -> Result<&'a str, Problem> {
        accepted(&self.headers, given).ok_or_else(|| {
            let detail = format!("this is given as {}; say so in Accept", given.join(" or "));
            Problem::door(StatusCode::NOT_ACCEPTABLE, "no-such-form", detail)
        })
    }

    /// Checks that an answer of this kind is wanted.
    ///
    /// # Errors
    /// [`Problem`] 406 where it is not.
    pub(crate) fn wants(&self, kind: &'static str) -> Result<(), Problem> {
        self.form(&[kind]).map(|_| ())
    }

    /// The answer with one thing.
    ///
    /// # Errors
    /// [`Problem`] 406 where JSON is not wanted.
    pub(crate) fn one(&self, value: &Value) -> Result<Response, Problem> {
        self.form(&[JSON])?;
        Ok(self.tagged(value.to_string(), "application/json", None))
    }

    /// The answer with a text of another kind.
    ///
    /// # Errors
    /// [`Problem`] 406 where it is not wanted.
    pub(crate) fn text(&self, kind: &'static str, text: String) -> Result<Response, Problem> {
        self.form(&[kind.split(';').next().unwrap_or(kind)])?;
        Ok(self.tagged(text, kind, None))
    }

    /// The answer with a part of a list: JSON, or the columns of a CSV table.
    ///
    /// # Errors
    /// [`Problem`] 406 where neither is wanted.
    pub(crate) fn list(&self, part: &Part, columns: &[&str]) -> Result<Response, Problem> {
        let next = part.next.as_ref().map(|after| self.next(after));
        if self.form(&[JSON, CSV])? == CSV {
            let rows: Vec<Vec<String>> = part.items.iter().map(|one| row(one, columns)).collect();
            let kind = "text/csv; charset=utf-8; header=present";
            return Ok(self.tagged(csv::csv(columns, &rows), kind, next));
        }
        let mut body = serde_json::json!({ "items": part.items });
        if let (Some(after), Some(fields)) = (&part.next, body.as_object_mut()) {
            fields.insert("next".to_owned(), after.as_str().into());
        }
        Ok(self.tagged(body.to_string(), JSON, next))
    }

    /// A whole table: JSON as it is, or the columns of a CSV table.
    ///
    /// # Errors
    /// [`Problem`] 406 where neither is wanted.
    pub(crate) fn table(
        &self,
        value: impl FnOnce() -> Value,
        table: impl FnOnce() -> (Vec<&'static str>, Vec<Vec<String>>),
    ) -> Result<Response, Problem> {
        if self.form(&[JSON, CSV])? == JSON {
            return self.one(&value());
        }
        let (headings, rows) = table();
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| csv::harmless(cell)).collect()).collect();
        let kind = "text/csv; charset=utf-8; header=present";
        Ok(self.tagged(csv::csv(&headings, &rows), kind, None))
    }

    /// The address of the next part of a list (RFC 8288).
    fn next(&self, after: &str) -> String {
        let query = self.uri.query().unwrap_or_default();
        let kept = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("after="));
        let after = format!("after={}", utf8_percent_encode(after, NON_ALPHANUMERIC));
        let query: Vec<&str> = kept.chain([after.as_str()]).collect();
        format!("<{}?{}>; rel=\"next\"", self.uri.path(), query.join("&"))
    }

    fn tagged(&self, body: String, kind: &'static str, next: Option<String>) -> Response {
        let tag = tag(&body);
        let known = self.headers.get(header::IF_NONE_MATCH).and_then(|list| list.to_str().ok());
        let same = known.is_some_and(|list| names(list, &tag));
        let mut response = if same {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
        };
        say(&mut response, header::ETAG, &tag);
        say(&mut response, header::VARY, "Accept, Authorization, Cookie");
        say(&mut response, header::CACHE_CONTROL, "private, no-cache");
        if let Some(next) = next {
            say(&mut response, header::LINK, &next);
        }
        response
    }
}

/// Puts a header on an answer; one whose value no header can have is left out.
pub(crate) fn say(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A part of a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// What is in it.
    pub(crate) items: Vec<Value>,
    /// After what the next part begins; none at the end.
    pub(crate) next: Option<String>,
}

/// The part of a list after a key. The list is walked in its own order; `make` gives nothing for
/// what is filtered out, or may not be seen.
///
/// # Errors
/// [`Problem`] where nothing in the list has that key.
pub(crate) fn part<T, K: Written + PartialEq>(
    mut list: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
    after: Option<&Word<K>>,
    limit: Option<Limit>,
    mut make: impl FnMut(&T) -> Option<Value>,
) -> Result<Part, Problem> {
    if let Some(Word(after)) = after
        && !list.any(|one| key(&one) == *after)
    {
        let detail = format!("after={after}: nothing in this list has that name; begin again");
        return Err(Problem::unreadable(detail));
    }
    let limit = limit.unwrap_or_default().0;
    let mut part = Part::default();
    let mut last = None;
    for one in list {
        let Some(value) = make(&one) else { continue };
        if part.items.len() >= limit {
            part.next = last;
            break;
        }
        part.items.push(value);
        last = Some(key(&one).to_string());
    }
    Ok(part)
}

fn row(value: &Value, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| cell(value.get(*column).unwrap_or(&Value::Null))).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv::harmless(text),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            csv::harmless(&words.join(", "))
        }
        Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

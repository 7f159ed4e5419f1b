//! The fields of a form. Answers: *what was typed, and what is wrong with it?*
//!
//! What was typed is kept as it was, so that a page can show it again beside its error. A field
//! that nobody asked for is refused by name.

use super::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use percent_encoding::percent_decode;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The longest form, in bytes; signatures and figures are far shorter.
pub(crate) const LONGEST: usize = 256 * 1024;

/// The fields of one form, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    given: Vec<(String, String)>,
    read: Vec<String>,
    errors: BTreeMap<String, String>,
}

impl Fields {
    /// Reads `application/x-www-form-urlencoded` text (WHATWG URL §5), refusing what is not UTF-8.
    ///
    /// # Errors
    /// [`Problem`] that names the field.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Problem> {
        let mut given = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (pair.get(..at), pair.get(at.saturating_add(1)..)),
                None => (Some(pair), None),
            };
            let name = decoded(name.unwrap_or_default())
                .ok_or_else(|| Problem::unreadable("the name of a field is not UTF-8"))?;
            let value = decoded(value.unwrap_or_default()).ok_or_else(|| {
                Problem::unreadable(format!("the field {name} is not UTF-8; type it again"))
            })?;
            given.push((name, value));
        }
        Ok(Self { given, ..Self::default() })
    }

    /// A form with these fields, as a page shows it first.
    pub(crate) fn of(given: Vec<(String, String)>) -> Self {
        Self { given, ..Self::default() }
    }

    /// What was typed into a field; empty where nothing was.
    pub(crate) fn typed(&self, name: &str) -> &str {
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value)
    }

    /// Everything chosen in a field that may be given several times.
    pub(crate) fn chosen<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let given = self.given.iter().filter(move |(given, _)| given == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every field as it came.
    pub(crate) fn all(&self) -> &[(String, String)] {
        &self.given
    }

    /// Takes a text; control characters but line feeds are refused.
    pub(crate) fn text(&mut self, name: &str) -> String {
        self.read.push(name.to_owned());
        let text = self.typed(name).replace("\r\n", "\n");
        if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
            self.error(name, "this has characters that cannot be shown; type it again");
        }
        text
    }

    /// Takes a word that must be there.
    pub(crate) fn word<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        if self.typed(name).trim().is_empty() {
            self.read.push(name.to_owned());
            self.error(name, "this is missing");
            return None;
        }
        self.maybe(name)
    }

    /// Takes a word that may be left out.
    pub(crate) fn maybe<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        self.read.push(name.to_owned());
        let typed = self.typed(name).trim().to_owned();
        if typed.is_empty() {
            return None;
        }
        match typed.parse() {
            Ok(word) => Some(word),
            Err(error) => {
                let error: T::Err = error;
                self.error(name, error.to_string());
                None
            }
        }
    }

    /// Takes the words of a field that may be given several times.
    pub(crate) fn words<T: FromStr>(&mut self, name: &str) -> Vec<T>
    where
        T::Err: std::fmt::Display,
    {
        self.read.push(name.to_owned());
        let parsed: Vec<Result<T, T::Err>> = self.chosen(name).map(str::parse).collect();
        let mut words = Vec::new();
        for word in parsed {
            match word {
                Ok(word) => words.push(word),
                Err(error) => self.error(name, error.to_string()),
            }
        }
        words
    }

    /// Says what is wrong with a field; the first error of a field stays.
    pub(crate) fn error(&mut self, name: &str, error: impl Into<String>) {
        self.errors.entry(name.to_owned()).or_insert_with(|| error.into());
    }

    /// What is wrong, by field.
    pub(crate) fn errors(&self) -> &BTreeMap<String, String> {
        &self.errors
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// Refuses what nobody has asked for.
    ///
    /// # Errors
    /// [`Problem`] that names the fields.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        let door = ["csrf", "command_id"];
        let unknown: Vec<&str> = self
            .given
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !door.contains(name) && !self.read.iter().any(|read| read == name))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let names: String = unknown.join(", ").chars().take(200).collect();
        let detail = format!("this form has no field {names}; open the page again");
        Err(Problem::door(axum::http::StatusCode::BAD_REQUEST, "unknown-field", detail))
    }
}

fn decoded(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> =
        bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            let form = Multipart::from_request(request, state).await;
            return multipart(form.map_err(|error| Problem::unreadable(error.body_text()))?).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let detail = "a form is sent as application/x-www-form-urlencoded";
            let status = axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::door(status, "not-a-form", detail));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| Problem::door(error.status(), "too-large", error.body_text()))?;
        Self::parse(&bytes)
    }
}

/// Reads a form with files; a file counts as the text in it. Empty files are left out, so that
/// either a file or a text field of the same name may be used.
async fn multipart(mut form: Multipart) -> Result<Fields, Problem> {
    let mut given = Vec::new();
    while let Some(field) =
        form.next_field().await.map_err(|error| Problem::unreadable(error.body_text()))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|error| Problem::unreadable(error.body_text()))?;
        let value = String::from_utf8(bytes.to_vec())
            .map_err(|_| Problem::unreadable(format!("the field {name} is not UTF-8 text")))?;
        if !(is_file && value.is_empty()) {
            given.push((name, value));
        }
    }
    Ok(Fields { given, ..Fields::default() })
}

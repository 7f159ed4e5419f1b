//! One tree for TOML and JSON: values with the place where each stands.

use super::fault::code;
use super::source::Reading;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands, as a byte of the text.
#[derive(Debug)]
pub(super) struct Node {
    /// Where.
    pub at: usize,
    /// What.
    pub value: Value,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// A number, date or moment as it is written.
    Bare(String),
    /// True or false.
    Flag(bool),
    /// Nothing (`null`).
    Nothing,
    /// A list.
    List(Vec<Node>),
    /// A table or object: by key, where the key stands and its value.
    Table(Entries),
}

/// The entries of a table.
pub(super) type Entries = BTreeMap<String, (usize, Node)>;

impl Value {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Bare(_) => "a number or date",
            Self::Flag(_) => "true or false",
            Self::Nothing => "null",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Whether what stands there was meant as a date: `2024-02-31`.
fn looks_like_a_date(text: &str) -> bool {
    let digits = text.bytes().take(4).filter(u8::is_ascii_digit).count();
    digits == 4 && text.as_bytes().get(4) == Some(&b'-')
}

/// Reads TOML. Where it is none, every mistake is noted and there is no tree.
pub(super) fn toml(reading: &mut Reading<'_>) -> Option<Node> {
    let text = reading.source.text.as_str();
    let (tree, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(root(text, tree.get_ref()));
    }
    // A day that does not exist is no TOML, but whoever reads the key can say more of it, and the
    // rest of the file need not wait: digits stand in for it while the file is parsed.
    let mut parsed = text.to_owned();
    for error in &errors {
        let start = word_start(text, error.span().map_or(0, |span| span.start));
        let word = text.get(start..).unwrap_or_default();
        let end = |found: char| !found.is_ascii_alphanumeric() && !"-:.+".contains(found);
        let word = word.split(end).next().unwrap_or_default();
        if looks_like_a_date(word) {
            let until = start.saturating_add(word.len());
            parsed.replace_range(start..until, &"1".repeat(word.len()));
        }
    }
    let (tree, errors) = DeTable::parse_recoverable(&parsed);
    if errors.is_empty() {
        return Some(root(text, tree.get_ref()));
    }
    let mut last = None;
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let (line, _) = reading.source.place(at);
        // One mistake often makes the rest of its line unreadable.
        if last.replace(line) != Some(line) {
            let told = error.message().replace('\n', "; ");
            let remedy = "correct the TOML here; each key stands once, texts stand in quotes";
            reading.fault(at, code::TOML_SYNTAX, format!("not TOML: {told}"), remedy);
        }
    }
    None
}

/// The whole file as one table; what is not text is taken as it is written in `text`.
fn root(text: &str, table: &DeTable<'_>) -> Node {
    Node { at: 0, value: Value::Table(entries(text, table)) }
}

/// Where the word that `at` lies in begins.
fn word_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.');
    let length = before.bytes().rev().take_while(word).count();
    at.saturating_sub(length)
}

fn entries(text: &str, table: &DeTable<'_>) -> Entries {
    table
        .iter()
        .map(|(key, value)| (key.get_ref().to_string(), (key.span().start, node(text, value))))
        .collect()
}

fn node(text: &str, spanned: &Spanned<DeValue<'_>>) -> Node {
    let span = spanned.span();
    let value = match spanned.get_ref() {
        DeValue::String(string) => Value::Text(string.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            Value::Bare(text.get(span.clone()).unwrap_or_default().to_owned())
        }
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(list) => Value::List(list.iter().map(|each| node(text, each)).collect()),
        DeValue::Table(table) => Value::Table(entries(text, table)),
    };
    Node { at: span.start, value }
}

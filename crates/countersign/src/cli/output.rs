//! Words for a person, or JSON for a program; the only place that prints.

use super::Failure;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    /// Output as JSON, or in words; in colour on a terminal where `NO_COLOR` is not set.
    #[must_use]
    pub(crate) fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { json, colour: wanted && std::io::stdout().is_terminal() }
    }

    /// Whether JSON is wanted.
    #[must_use]
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line of words; nothing where JSON is wanted.
    pub(crate) fn line(&mut self, text: &str) {
        if !self.json {
            put(&mut std::io::stdout(), &format!("{text}\n"));
        }
    }

    /// Prints a heading.
    pub(crate) fn heading(&mut self, text: &str) {
        let text = if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() };
        self.line(&text);
    }

    /// Prints a value where JSON is wanted.
    pub(crate) fn value(&mut self, value: &Value) {
        if self.json {
            put(&mut std::io::stdout(), &format!("{value:#}\n"));
        }
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when nobody takes them.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = std::io::stdout();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        written.map_err(|error| Failure::unavailable(format!("cannot print: {error}")))
    }

    /// Prints a table: a heading and its rows, columns aligned, numbers to the right.
    pub(crate) fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        if self.json {
            return;
        }
        let text = table(headings, rows);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        self.heading(first);
        put(&mut std::io::stdout(), rest);
    }

    /// Prints what went wrong, to standard error, or as JSON to standard output.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if self.json {
            let error = json!({ "code": failure.code(), "message": failure.message() });
            self.value(&json!({ "error": error }));
        } else {
            put(&mut std::io::stderr(), &format!("countersign: {failure}\n"));
        }
    }
}

/// A reader that has gone (a closed pipe) is not an error of ours.
fn put(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Aligns a table; the first line is the heading.
#[must_use]
fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let numeric = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column)).peekable();
        cells.peek().is_some()
            && cells.all(|cell| !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit()))
    };
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            if column > 0 {
                text.push_str("  ");
            }
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let (before, after) =
                if numeric(column) { (padding, String::new()) } else { (String::new(), padding) };
            text.push_str(&before);
            text.push_str(cell);
            text.push_str(&after);
        }
        text.trim_end().to_owned()
    };
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let mut text = line(&headings);
    text.push('\n');
    for row in rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

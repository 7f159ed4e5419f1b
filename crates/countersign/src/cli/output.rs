//! Words for a person, or JSON for a program; the only place that prints.

use super::Failure;
use serde_json::{Value, json};
use std::io::{ErrorKind, IsTerminal, Write};

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    colour: bool,
    dry_run: bool,
    /// The JSON document that was told last; what goes wrong after it becomes a part of it.
    told: Option<Value>,
}

impl Drop for Output {
    fn drop(&mut self) {
        self.tell();
    }
}

impl Output {
    /// Output as JSON, or in words; in colour on a terminal where `NO_COLOR` is not set.
    #[must_use]
    pub(crate) fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = wanted && std::io::stdout().is_terminal();
        Self { json, colour, dry_run: false, told: None }
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

    /// Says, once, that what follows would come of it and has not.
    pub(crate) fn only_would(&mut self) {
        self.line("Nothing was changed; this is what would come of it:");
        self.dry_run = true;
    }

    /// Whether what is told would come of it and has not.
    #[must_use]
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// Says something beside the answer, to standard error, so that it never stands among what a
    /// program reads.
    pub(crate) fn note(&mut self, text: &str) {
        put(&mut std::io::stderr(), &format!("note: {text}\n"));
    }

    /// Prints a heading.
    pub(crate) fn heading(&mut self, text: &str) {
        let text = if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() };
        self.line(&text);
    }

    /// Prints a value where JSON is wanted, before what takes as long as somebody lets it.
    pub(crate) fn value_now(&mut self, value: &Value) {
        self.value(value);
        self.tell();
    }

    fn tell(&mut self) {
        if let Some(value) = self.told.take() {
            put(&mut std::io::stdout(), &format!("{value:#}\n"));
        }
    }

    /// Prints a value where JSON is wanted, once the command has ended.
    pub(crate) fn value(&mut self, value: &Value) {
        if !self.json {
            return;
        }
        let mut value = value.clone();
        if self.dry_run
            && let Value::Object(fields) = &mut value
        {
            fields.insert("dry_run".to_owned(), Value::Bool(true));
        }
        self.tell();
        self.told = Some(value);
    }

    /// Prints bytes as they are.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when nobody takes them.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.tell();
        let mut out = std::io::stdout();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            // A reader that has seen enough is not an error of ours.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::unavailable(format!("cannot print: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        }
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

    /// Prints what went wrong, to standard error, or as JSON to standard output: one document, also
    /// where something was told before.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if self.json {
            let mut error = json!({ "code": failure.code(), "message": failure.message() });
            if !failure.faults().is_empty()
                && let Some(fields) = error.as_object_mut()
            {
                fields.insert("faults".to_owned(), json!(failure.faults()));
            }
            if let Some(Value::Object(fields)) = &mut self.told {
                fields.insert("error".to_owned(), error);
            } else {
                self.value(&json!({ "error": error }));
            }
        } else {
            put(&mut std::io::stderr(), &format!("countersign: {failure}\n"));
        }
    }
}

/// A reader that has gone (a closed pipe) is not an error of ours.
fn put(out: &mut dyn Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The widest a cell is printed; longer text goes on below.
const WIDEST: usize = 64;

/// Breaks a text into lines of at most [`WIDEST`] characters, at spaces where there are any.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let length = word.chars().count();
        let Some(line) = lines.last_mut() else { break };
        let used = line.chars().count();
        if used > 0 && used.saturating_add(length) >= WIDEST {
            lines.push(word.to_owned());
        } else {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Aligns a table; the first line is the heading. A cell that is too long goes on in the lines
/// below it.
#[must_use]
fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<Vec<String>> = headings.iter().map(|text| wrapped(text)).collect();
    let rows: Vec<Vec<Vec<String>>> =
        rows.iter().map(|row| row.iter().map(|text| wrapped(text)).collect()).collect();
    let mut widths = vec![0; headings.len()];
    for row in std::iter::once(&headings).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            let widest = cell.iter().map(|line| line.chars().count()).max();
            *width = (*width).max(widest.unwrap_or(0));
        }
    }
    let digits = |cell: &Vec<String>| match cell.as_slice() {
        [only] => !only.is_empty() && only.bytes().all(|byte| byte.is_ascii_digit()),
        [] | [_, _, ..] => false,
    };
    let numeric: Vec<bool> = (0..widths.len())
        .map(|column| {
            !rows.is_empty() && rows.iter().all(|row| row.get(column).is_some_and(digits))
        })
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&headings).chain(&rows) {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let cells = row.iter().zip(&widths).zip(&numeric);
            let cells = cells.map(|((cell, width), numeric)| {
                let piece = cell.get(line).map_or("", String::as_str);
                if *numeric { format!("{piece:>width$}") } else { format!("{piece:<width$}") }
            });
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
    }
    text
}

//! Scripts: commands and what they print.
//!
//! `$ ` begins a command for the shell, which may go on in lines that are further in. Below it
//! stands what it printed: `| ` standard output, `! ` standard error, `= ` the code with which it
//! ended. All other lines are for the reader.

use super::stage::Ledger;
use rusqlite::types::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Where the scripts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands")
}

/// The files of all scripts.
pub fn snapshots() -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder()).unwrap().map(|found| found.unwrap().path());
    let mut found: Vec<PathBuf> =
        found.filter(|path| path.extension().is_some_and(|kind| kind == "txt")).collect();
    found.sort();
    found
}

enum Part {
    Words(String),
    Command(String),
}

pub struct Script {
    parts: Vec<Part>,
}

impl Script {
    /// Reads a script; what was printed when it was written is passed over.
    pub fn parse(text: &str) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for line in text.lines() {
            let printed = ["| ", "! ", "= "].iter().any(|mark| line.starts_with(mark));
            if let Some(command) = line.strip_prefix("$ ") {
                parts.push(Part::Command(command.to_owned()));
            } else if line.starts_with("    ")
                && let Some(Part::Command(command)) = parts.last_mut()
            {
                command.push('\n');
                command.push_str(line);
            } else if !printed && line != "|" && line != "!" {
                parts.push(Part::Words(line.to_owned()));
            }
        }
        Self { parts }
    }

    /// Plays it on a new copy of the exercise; gives it with what it prints.
    pub fn play(&self) -> String {
        let ledger = Ledger::new();
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Words(line) => writeln!(text, "{line}").unwrap(),
                Part::Command(command) => {
                    writeln!(text, "$ {command}").unwrap();
                    let before = command.contains("--dry-run").then(|| rows(&ledger));
                    let run = ledger.shell(command);
                    if let Some(before) = before {
                        assert!(before == rows(&ledger), "a dry run changed the record: {command}");
                    }
                    for (mark, printed) in [('|', &run.stdout), ('!', &run.stderr)] {
                        for line in masked(printed).lines() {
                            writeln!(text, "{}", format!("{mark} {line}").trim_end()).unwrap();
                        }
                    }
                    writeln!(text, "= {}", run.code).unwrap();
                }
            }
        }
        text
    }
}

/// Every row of the record.
fn rows(ledger: &Ledger) -> Vec<Vec<Value>> {
    let db = rusqlite::Connection::open(ledger.database()).unwrap();
    let mut found = Vec::new();
    for table in ["head", "entry", "sealed"] {
        let mut select = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1")).unwrap();
        let columns = select.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        found.extend(select.query_map([], row).unwrap().map(Result::unwrap));
    }
    found
}

/// Hides what follows from random bits, or from every word of the story: digests, nonces and
/// signatures. Fingerprints of keys stay.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = after_fingerprint(rest) {
            masked.push_str("<fingerprint>");
            rest = after;
            continue;
        }
        if let Some((told, after)) = of_the_solver(rest) {
            masked.push_str(told);
            rest = after;
            continue;
        }
        let within = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
        let length = rest.find(|c| !within(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (run, after) = rest.split_at(length);
        let hex = run.len() >= 16 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        let key = masked.ends_with("SHA256:");
        let base64 = run.len() >= 40 && !key && run.bytes().any(|byte| byte.is_ascii_digit());
        masked.push_str(if hex {
            "<digest>"
        } else if base64 {
            "<base64>"
        } else {
            run
        });
        rest = after;
    }
    masked
}

/// The solver's version, and how long it took: other machines have others.
fn of_the_solver(text: &str) -> Option<(&'static str, &str)> {
    let digits = |text: &'_ str| text.find(|c: char| !c.is_ascii_digit() && c != '.');
    if let Some(rest) = text.strip_prefix("cvc5 ")
        && let Some(end) = digits(rest).filter(|end| *end > 0)
    {
        return Some(("cvc5 <version>", &rest[end..]));
    }
    if let Some(rest) = text.strip_prefix("\"millis\": ") {
        return digits(rest).map(|end| ("\"millis\": <n>", &rest[end..]));
    }
    let rest = text.strip_prefix(", ")?;
    let end = digits(rest).filter(|end| *end > 0)?;
    rest[end..].starts_with(" ms)").then(|| (", <n>", &rest[end..]))
}

/// What follows the fingerprint of a text, five groups of four digits, where one stands first.
fn after_fingerprint(text: &str) -> Option<&str> {
    let (found, after) = text.split_at_checked(24)?;
    let group = |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_hexdigit());
    let all = found.split(' ').count() == 5 && found.split(' ').all(group);
    all.then_some(after)
}

/// Holds a file against what it should be; writes it instead where that is wished.
pub fn compare(path: &Path, before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    if std::env::var_os("COUNTERSIGN_UPDATE").is_some() {
        std::fs::write(path, after).unwrap();
        return None;
    }
    let (mut old, mut new) = (before.lines(), after.lines());
    let differs = (1..).zip(std::iter::from_fn(|| match (old.next(), new.next()) {
        (None, None) => None,
        (old, new) => Some((old.unwrap_or("<end>"), new.unwrap_or("<end>"))),
    }));
    let first = differs.into_iter().find(|(_, (old, new))| old != new);
    let (line, (old, new)) = first.unwrap_or((0, ("", "")));
    Some(format!(
        "{}:{line}: it was\n    {old}\nand is\n    {new}\n(COUNTERSIGN_UPDATE=1 writes it down)",
        path.display()
    ))
}

//! `history …`.

mod audit;
mod import;

use super::output::Output;
use super::{Failure, Global, known};
use crate::pack::Fault;
use clap::Subcommand;
use countersign_core::history::{Source, Span};
use serde_json::json;

/// Verbs of `history`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Find the acts of a foreign history that had no approval, had it too late, or went beyond it
    Audit(audit::AuditArgs),
    /// Take a foreign history into the ledger, row by row: as evidence, never as authority
    Import(import::ImportArgs),
    /// List what was taken in
    List,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Audit(args) => audit::run(args, output),
        Verb::Import(args) => import::run(global, args, output),
        Verb::List => {
            let state = global.state()?;
            known::whole(global, &state)?;
            sources(state.history.sources(), output);
            Ok(())
        }
    }
}

fn sources(sources: &[Source], output: &mut Output) {
    let values: Vec<serde_json::Value> =
        sources.iter().map(crate::views::history::source).collect();
    output.value(&json!({ "sources": values }));
    if sources.is_empty() {
        output.line("No history was taken in.");
        return;
    }
    let headings = ["name", "rows", "facts", "from", "to", "taken in", "by", "file"];
    let rows: Vec<Vec<String>> = sources.iter().map(source_row).collect();
    output.table(&headings, &rows);
    output.line("They are evidence of what was; nothing in them approves anything.");
}

/// The first and the last day of a span, as far as they are known.
fn days(times: Option<Span>) -> (String, String) {
    times.map_or_else(
        || ("-".to_owned(), "-".to_owned()),
        |times| (times.earliest().date().to_string(), times.latest().date().to_string()),
    )
}

fn source_row(source: &Source) -> Vec<String> {
    let (from, to) = days(source.times);
    vec![
        source.name.to_string(),
        source.rows.to_string(),
        source.facts.to_string(),
        from,
        to,
        source.last_at.to_string(),
        source.by.to_string(),
        source.key.file.to_string().chars().take(12).collect(),
    ]
}

/// A mapping, a policy or a history with mistakes.
fn faulty(what: &str, faults: Vec<Fault>) -> Failure {
    let message = match faults.len() {
        1 => format!("there is a mistake in {what}"),
        many => format!("there are {many} mistakes in {what}"),
    };
    Failure::Faulty { code: "history/faulty", message, faults }
}

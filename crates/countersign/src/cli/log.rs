//! `log …`.

use super::output::Output;
use super::{Failure, Global};
use crate::verification::{self, Verification};
use clap::Subcommand;
use countersign_proof::OpenPart;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

/// Verbs of `log`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show entries: their open parts
    Show {
        /// From this entry on
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// At most this many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Verify the whole record: hashes, digests, signatures, replay and invariants
    Verify,
    /// Print the checkpoint: the signed head of the log
    Checkpoint,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { from, limit } => show(global, *from, *limit, output),
        Verb::Verify => verify(global, output),
        Verb::Checkpoint => {
            let (_, state, head) = global.read()?;
            output.value(&json!({
                "origin": state.ledger.origin,
                "size": head.frontier.size(),
                "root": head.frontier.root().to_string(),
                "note": head.note,
            }));
            if output.is_json() { Ok(()) } else { output.raw(head.note.as_bytes()) }
        }
    }
}

fn show(global: &Global, from: u64, limit: usize, output: &mut Output) -> Result<(), Failure> {
    let store = countersign_store::open(global.location()?, countersign_store::Mode::Read)?;
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for entry in store.read(from, limit)? {
        let open = OpenPart::parse(&entry.open)
            .map_err(|error| Failure::Integrity(format!("entry {}: {error}", entry.seq)))?;
        let outcome = match &open.outcome {
            countersign_proof::Outcome::Accepted => "accepted".to_owned(),
            countersign_proof::Outcome::Refused { code } => format!("refused: {code}"),
        };
        rows.push(vec![
            open.seq.to_string(),
            open.time.to_string(),
            open.command.to_string(),
            outcome,
            open.events.join(", "),
            open.subjects.join(", "),
        ]);
        let value: Value = serde_json::from_slice(&entry.open)
            .map_err(|error| Failure::Integrity(format!("entry {}: {error}", entry.seq)))?;
        values.push(value);
    }
    output.value(&Value::Array(values));
    output.table(&["entry", "time", "command", "outcome", "events", "about"], &rows);
    Ok(())
}

fn verify(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let bar = progress(output, "{bar:40} {pos}/{len} entries, {eta} left");
    let found = verification::verify(global.location()?, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    tell(&found?, output);
    Ok(())
}

/// A progress bar on a terminal; nothing elsewhere.
pub(super) fn progress(output: &Output, template: &str) -> ProgressBar {
    let bar = if output.is_json() { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn tell(found: &Verification, output: &mut Output) {
    output.value(&json!({
        "verified": true,
        "entries": found.entries,
        "accepted": found.accepted,
        "refused": found.refused,
        "signatures": found.signatures,
        "root": found.root.to_string(),
        "origin": found.origin,
    }));
    output.line(&format!(
        "Verified {} entries ({} accepted, {} refused) and {} signatures.",
        found.entries, found.accepted, found.refused, found.signatures
    ));
    output.line(&format!("Root {} of {}.", found.root, found.origin));
    output.line(
        "Proved: every entry is in the log as signed by the log key; every stored part is the one \
         its entry commits to; every statement is signed by a key that was its signer's then, for \
         an office they could speak for; every release is what policy demanded and its signers \
         left; the state follows from the record, and its invariants hold.",
    );
}

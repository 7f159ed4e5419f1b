//! `log …`.

mod collecting;
mod cosigning;
mod exporting;
mod proving;
mod rotating;
mod stamping;

pub(in crate::cli) use exporting::TileFolder;

use super::output::Output;
use super::{Failure, Global};
use crate::cosigned::{Cosigned, CosignedError};
use crate::opening::folder;
use crate::tiles::LogError;
use crate::verification::{self, Verification};
use clap::Subcommand;
use countersign_core::State;
use countersign_proof::trust::Trust;
use countersign_proof::{LogVerifier, OpenPart};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::Path;

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
    /// Write the request that a witness needs to cosign the checkpoint, to be carried by hand
    RequestCosignature(cosigning::RequestArgs),
    /// Take in what a witness answered
    Cosign(cosigning::CosignArgs),
    /// Ask several witnesses over the network to cosign the checkpoint
    Collect(collecting::CollectArgs),
    /// Let releases count that waited for witnesses, now that enough have cosigned
    RecordCosignatures(cosigning::RecordArgs),
    /// Write the log as files that anyone can serve and check (C2SP tlog-tiles)
    Export(exporting::ExportArgs),
    /// Check every entry of an exported log, without its server
    CheckExport(exporting::CheckArgs),
    /// Write what proves an entry offline (C2SP tlog-proof)
    Prove(proving::ProveArgs),
    /// Check such a proof against a file that says whom you trust
    CheckProof(proving::CheckArgs),
    /// Write the request for a time stamp of the checkpoint (RFC 3161)
    RequestTimestamp(stamping::RequestArgs),
    /// Take in what a time-stamping authority answered
    Timestamp(stamping::TakeArgs),
    /// Check a time stamp of a checkpoint
    CheckTimestamp(stamping::CheckArgs),
    /// Have checkpoints signed with a new key from now on: a signed act
    RotateKey(rotating::RotateArgs),
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show { from, limit } => show(global, *from, *limit, output),
        Verb::Verify => verify(global, output),
        Verb::Checkpoint => {
            let (_, state, head) = global.read()?;
            let key = LogVerifier::new(&state.ledger.origin, state.ledger.log_key.0);
            output.value(&json!({
                "origin": state.ledger.origin,
                "vkey": key.map_err(|error| Failure::Integrity(error.to_string()))?.to_string(),
                "size": head.frontier.size(),
                "root": head.frontier.root().to_string(),
                "note": head.note,
            }));
            if output.is_json() { Ok(()) } else { output.raw(head.note.as_bytes()) }
        }
        Verb::RequestCosignature(args) => cosigning::request(global, args, output),
        Verb::Cosign(args) => cosigning::cosign(global, args, output),
        Verb::Collect(args) => collecting::collect(global, args, output),
        Verb::RecordCosignatures(args) => cosigning::record(global, args, output),
        Verb::Export(args) => exporting::export(global, args, output),
        Verb::CheckExport(args) => exporting::check(args, output),
        Verb::Prove(args) => proving::prove(global, args, output),
        Verb::CheckProof(args) => proving::check(global, args, output),
        Verb::RequestTimestamp(args) => stamping::request(global, args, output),
        Verb::Timestamp(args) => stamping::take(global, args, output),
        Verb::CheckTimestamp(args) => stamping::check_token(args, output),
        Verb::RotateKey(args) => rotating::rotate(global, args, output),
    }
}

/// A ledger's log, its state and checkpoint, and what witnesses say of it.
struct Opened {
    store: Box<dyn countersign_store::Store>,
    state: State,
    note: String,
    cosigned: Cosigned,
}

/// Opens the log of a ledger for reading.
fn open(global: &Global) -> Result<Opened, Failure> {
    let location = global.location()?;
    let (store, state, head) = global.read()?;
    let log = crate::opening::log_keys(&state);
    let log = log.map_err(|error| Failure::Integrity(error.to_string()))?;
    let cosigned = Cosigned::beside(&folder(location), log);
    Ok(Opened { store, state, note: head.note, cosigned })
}

/// Reads a file that somebody names.
fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

/// Reads a trust file.
pub(super) fn trust(path: &Path) -> Result<Trust, Failure> {
    let text = file(path)?;
    Trust::parse(&text).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Store(error) => error.into(),
            LogError::Tile(error) => Self::unavailable(error.to_string()),
            LogError::Merkle(error) => {
                Self::Refused { code: "log/out-of-range".to_owned(), message: error.to_string() }
            }
        }
    }
}

impl From<CosignedError> for Failure {
    fn from(error: CosignedError) -> Self {
        let message = error.to_string();
        match error {
            CosignedError::Io { .. } | CosignedError::Witness { .. } => Self::Unavailable(message),
            CosignedError::Note(error) if error.is_malformed() => {
                Self::Malformed { code: "log/cosignature-malformed", message }
            }
            CosignedError::Note(_) => {
                Self::Refused { code: "log/cosignature-invalid".to_owned(), message }
            }
            CosignedError::NoMatch => {
                Self::Refused { code: "log/cosignature-of-nothing".to_owned(), message }
            }
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

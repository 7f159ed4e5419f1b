//! Cosignatures carried by hand: a file to the witness, a file back.

use super::super::desk::Desk;
use super::super::output::Output;
use super::super::{Failure, Global};
use super::{Opened, file, open};
use crate::actions::tried;
use crate::cosigned::{Cosigned, CosignedError};
use crate::tiles::LogTiles;
use clap::Args;
use countersign_core::Event;
use countersign_core::requests::{self, Command};
use countersign_proof::checkpoint::{NoteKey as _, SignedNote};
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::witness::AddCheckpoint;
use countersign_store::Store;
use serde_json::json;
use std::path::PathBuf;

/// `log request-cosignature`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  countersign --ledger D log request-cosignature \
                        --out request.txt\n\nThe witness runs `countersign witness sign \
                        request.txt`; `log cosign` takes in its answer. A witness that has seen \
                        the log before names the size it cosigned last: give it with --old.")]
pub(in crate::cli) struct RequestArgs {
    /// The size that the witness cosigned last; what is known of it, or 0, if not given
    #[arg(long, value_name = "SIZE")]
    old: Option<u64>,
    /// The witness, as it prints its key
    #[arg(long, value_name = "VKEY")]
    witness: Option<WitnessVerifier>,
    /// Write the request here instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `log cosign`.
#[derive(Debug, Args)]
#[command(
    after_help = "A witness that is named once is known from then on. Cosignatures are kept \
                        beside the record, in the folder cosignatures of the ledger."
)]
pub(in crate::cli) struct CosignArgs {
    /// What the witness answered: signature lines
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The witness, as it prints its key; may be given several times
    #[arg(long, value_name = "VKEY")]
    witness: Vec<WitnessVerifier>,
}

/// `log record-cosignatures`.
#[derive(Debug, Args)]
#[command(
    after_help = "A policy version may demand that witnesses have cosigned the log before a \
                        release counts. Until then the release is suspended. Collect cosignatures \
                        with `log collect` or `log cosign`, then run this.\n\nWithout --from, the \
                        latest checkpoint that serves is taken, of those kept beside the \
                        ledger. It approves nothing, so nobody need sign in."
)]
pub(in crate::cli) struct RecordArgs {
    /// A cosigned checkpoint
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// The size that a witness cosigned last, as far as this ledger knows.
pub(super) fn last_size(
    cosigned: &Cosigned,
    witness: &WitnessVerifier,
    output: &mut Output,
) -> Result<u64, Failure> {
    let found = cosigned.checkpoints(&mut |told| output.line(&told))?;
    let by = |note: &SignedNote| note.signatures().iter().any(|line| line.is_by(witness));
    Ok(found.iter().find(|found| by(&found.note)).map_or(0, |found| found.checkpoint.size))
}

/// The request that starts from `old`.
pub(super) fn request_from(
    tiles: &mut LogTiles,
    store: &dyn Store,
    note: &str,
    old: u64,
) -> Result<AddCheckpoint, Failure> {
    let integrity = |error: &dyn ToString| Failure::Integrity(error.to_string());
    let note = SignedNote::parse(note.as_bytes()).map_err(|error| integrity(&error))?;
    let size = AddCheckpoint::new(0, Vec::new(), note.clone());
    let size = size.map_err(|error| integrity(&error))?.checkpoint().size;
    if old > size {
        let message = format!("the log has {size} entries, so no witness cosigned {old} of it");
        return Err(Failure::Refused { code: "log/out-of-range".to_owned(), message });
    }
    let proof = tiles.log(store)?.consistency(old, size)?;
    AddCheckpoint::new(old, proof, note).map_err(|error| integrity(&error))
}

pub(super) fn request(
    global: &Global,
    args: &RequestArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let Opened { store, note, cosigned, .. } = open(global)?;
    let old = match (args.old, &args.witness) {
        (Some(old), _) => old,
        (None, Some(witness)) => last_size(&cosigned, witness, output)?,
        (None, None) => 0,
    };
    let request = request_from(&mut LogTiles::new(), store.as_ref(), &note, old)?;
    if !global.dry_run {
        cosigned.show(&note)?;
        cosigned.know(args.witness.as_slice())?;
    }
    let (body, checkpoint) = (request.to_string(), request.checkpoint());
    output.value(&json!({
        "old": old, "size": checkpoint.size, "root": checkpoint.root.to_string(), "request": body,
    }));
    match &args.out {
        Some(path) if !global.dry_run => {
            std::fs::write(path, &body)
                .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))?;
            output.line(&format!(
                "The request to cosign {} entries after {old} is in {}.",
                checkpoint.size,
                path.display()
            ));
            Ok(())
        }
        Some(_) => {
            output.only_would();
            output.line(&format!("A request to cosign {} entries.", checkpoint.size));
            Ok(())
        }
        None if output.is_json() => Ok(()),
        None => output.raw(body.as_bytes()),
    }
}

pub(super) fn cosign(
    global: &Global,
    args: &CosignArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    if global.dry_run {
        return Err(Failure::usage("a cosignature cannot be tried with --dry-run"));
    }
    let Opened { cosigned, .. } = open(global)?;
    let lines = String::from_utf8(file(&args.from)?)
        .map_err(|_| Failure::usage(format!("{} is not text", args.from.display())))?;
    cosigned.know(&args.witness)?;
    let (size, accepted) = cosigned.accept(&lines)?;
    let told: Vec<_> = accepted
        .iter()
        .map(|found| json!({ "witness": found.witness, "time": found.time.to_string() }))
        .collect();
    output.value(&json!({ "size": size, "cosignatures": told }));
    for found in &accepted {
        output.line(&format!("{} cosigned {size} entries at {}.", found.witness, found.time));
    }
    Ok(())
}

/// The latest of the kept checkpoints that lets a release count; where none does, the latest that
/// anybody cosigned.
fn serving(opened: &Opened, output: &mut Output) -> Result<Option<SignedNote>, Failure> {
    let state = &opened.state;
    let mut found = opened.cosigned.checkpoints(&mut |told| output.line(&told))?;
    found.retain(|one| !one.cosignatures.is_empty());
    let serves = |note: &SignedNote| {
        let command = Command::RecordCosignatures { note: Box::new(note.clone()) };
        tried(state, None, command, state.ledger.clock).is_none()
    };
    let best = found.iter().find(|one| serves(&one.note)).or(found.first());
    Ok(best.map(|one| one.note.clone()))
}

/// The checkpoint to be recorded: that of a file, or the best that is kept.
fn cosigned_note(
    args: &RecordArgs,
    opened: &Opened,
    output: &mut Output,
) -> Result<SignedNote, Failure> {
    let bytes = match &args.from {
        Some(path) => file(path)?,
        None => match serving(opened, output)? {
            Some(note) => return Ok(note),
            None => {
                let message = "no witness has cosigned a checkpoint of this ledger yet; ask them \
                               with `log collect`";
                let code = "log/not-cosigned".to_owned();
                return Err(Failure::Refused { code, message: message.to_owned() });
            }
        },
    };
    SignedNote::parse(&bytes).map_err(|error| CosignedError::from(error).into())
}

pub(super) fn record(
    global: &Global,
    args: &RecordArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let opened = open(global)?;
    let note = cosigned_note(args, &opened, output)?;
    let checkpoint = opened.cosigned.open(note.to_string().as_bytes())?;
    let mut tiles = LogTiles::new();
    let log = tiles.log(opened.store.as_ref())?;
    if log.contradicts(&checkpoint)? {
        let what = "the checkpoint is of another history of this log; compare both with `witness \
                    compare`";
        return Err(Failure::Integrity(what.to_owned()));
    }
    drop(opened);
    let mut desk = Desk::open(global)?;
    let (_, events) = desk.submit(None, Command::RecordCosignatures { note: Box::new(note) })?;
    let mut releases = Vec::new();
    for event in &events {
        if let Event::Requests(requests::Event::ReleasesReinstated { releases: some, .. }) = event {
            releases.extend(some.iter().map(ToString::to_string));
        }
    }
    if desk.is_dry() {
        output.only_would();
    }
    output.value(&json!({
        "size": checkpoint.size, "releases": releases, "dry_run": desk.is_dry(),
    }));
    output.line(&format!(
        "Witnesses have seen {} entries. They no longer hold up {}.",
        checkpoint.size,
        releases.join(", ")
    ));
    Ok(())
}

/// The name of a witness.
pub(super) fn name(witness: &WitnessVerifier) -> String {
    witness.name().to_owned()
}

//! Time-stamp tokens (RFC 3161) for checkpoints: a file to the authority, a file back.

use super::super::output::Output;
use super::super::{Failure, Global};
use super::{file, open};
use crate::opening::folder;
use crate::timestamps::{TimestampError, Timestamps, check, imprint};
use clap::Args;
use countersign_proof::checkpoint::{Checkpoint, SignedNote};
use serde_json::json;
use std::path::PathBuf;

/// `log request-timestamp`.
#[derive(Debug, Args)]
#[command(after_help = "Send the file to a time-stamping authority, and take its answer in with \
    `log timestamp`:\n  countersign --ledger D log request-timestamp --out request.tsq\n\n  \
    curl -H 'Content-Type: application/timestamp-query' --data-binary @request.tsq \
    https://tsa.example/ > token.tsr")]
pub(in crate::cli) struct RequestArgs {
    /// Write the request here
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `log timestamp`.
#[derive(Debug, Args)]
#[command(
    after_help = "Tokens are kept in the folder timestamps of the ledger, as SIZE.tsr beside \
    SIZE.checkpoint. Give both to whoever is to check them with `log check-timestamp`."
)]
pub(in crate::cli) struct TakeArgs {
    /// What the authority answered
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The certificates of the authorities you trust (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
}

/// `log check-timestamp`.
#[derive(Debug, Args)]
#[command(after_help = "Needs no ledger. The checkpoint may come from anywhere: a bundle has one \
    in its file checkpoint.")]
pub(in crate::cli) struct CheckArgs {
    /// The token
    #[arg(value_name = "FILE")]
    token: PathBuf,
    /// The checkpoint: a signed note
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// The certificates of the authorities you trust (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
}

impl From<TimestampError> for Failure {
    fn from(error: TimestampError) -> Self {
        let message = error.to_string();
        let refused =
            |code: &str| Self::Refused { code: code.to_owned(), message: message.clone() };
        match error {
            TimestampError::NoOpenSsl(_)
            | TimestampError::Io { .. }
            | TimestampError::Answer(_) => Self::Unavailable(message),
            TimestampError::Refused(_) => refused("log/timestamp-invalid"),
            TimestampError::NoMatch(_) => refused("log/timestamp-of-nothing"),
        }
    }
}

fn parsed(note: &[u8]) -> Result<(SignedNote, Checkpoint), Failure> {
    let malformed = |error: countersign_proof::checkpoint::CheckpointError| Failure::Malformed {
        code: "log/checkpoint-malformed",
        message: error.to_string(),
    };
    let note = SignedNote::parse(note).map_err(malformed)?;
    let checkpoint = Checkpoint::parse_text(note.text()).map_err(malformed)?;
    Ok((note, checkpoint))
}

pub(super) fn request(
    global: &Global,
    args: &RequestArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let opened = open(global)?;
    let (note, checkpoint) = parsed(opened.note.as_bytes())?;
    let size = checkpoint.size;
    if global.dry_run {
        output.only_would();
    } else {
        let made = Timestamps::beside(&folder(global.location()?)).ask(&note, size)?;
        std::fs::write(&args.out, made)
            .map_err(|error| Failure::unavailable(format!("{}: {error}", args.out.display())))?;
    }
    output.value(&json!({
        "file": args.out.display().to_string(), "size": size,
        "imprint": imprint(&note).to_string(),
    }));
    output.line(&format!(
        "The request for a time stamp of the checkpoint of {size} entries is in {}.",
        args.out.display()
    ));
    Ok(())
}

pub(super) fn take(global: &Global, args: &TakeArgs, output: &mut Output) -> Result<(), Failure> {
    if global.dry_run {
        return Err(Failure::usage("a token cannot be tried with --dry-run; use check-timestamp"));
    }
    let kept = Timestamps::beside(&folder(global.location()?));
    let (size, at) = kept.accept(&args.from, &args.ca)?;
    output.value(&json!({ "size": size, "time": at.to_string() }));
    output.line(&format!("The checkpoint of {size} entries existed by {at}."));
    Ok(())
}

pub(super) fn check_token(args: &CheckArgs, output: &mut Output) -> Result<(), Failure> {
    let (note, checkpoint) = parsed(&file(&args.checkpoint)?)?;
    let at = check(&args.token, imprint(&note), &args.ca)?;
    let Checkpoint { origin, size, .. } = checkpoint;
    output.value(&json!({
        "verified": true, "origin": origin, "size": size, "time": at.to_string(),
    }));
    output.line(&format!("The checkpoint of {size} entries of {origin} existed by {at}."));
    output.line("Whether the log signed it is not checked here; see `evidence verify`.");
    Ok(())
}

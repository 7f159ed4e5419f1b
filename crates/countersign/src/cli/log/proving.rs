//! Proofs of entries that hold offline: C2SP tlog-proof.

use super::super::output::Output;
use super::super::{Failure, Global};
use super::{file, open, trust};
use crate::proving::{ProveError, Proved, Prover};
use crate::tiles::LogTiles;
use clap::Args;
use countersign_proof::OpenPart;
use countersign_proof::merkle::leaf_hash;
use countersign_proof::tlog_proof::{TlogProof, TlogProofError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `log prove`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign --ledger D log prove 7 --out 7.tlog-proof \
                        --entry-out 7.json\n\nThe proof is under the earliest checkpoint with the \
                        most cosignatures that has the entry; under the log's own signature alone, \
                        if there is none.")]
pub(in crate::cli) struct ProveArgs {
    /// The place of the entry
    #[arg(value_name = "SEQ")]
    seq: u64,
    /// Write the proof here instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the open part of the entry here: what is proved
    #[arg(long, value_name = "FILE")]
    entry_out: Option<PathBuf>,
    /// Only under a checkpoint that this trust file accepts
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// `log check-proof`.
#[derive(Debug, Args)]
#[command(after_help = "Whom you trust is a text file (C2SP tlog-policy):\n  log VKEY\n  witness \
                        north VKEY\n  witness south VKEY\n  group both all north south\n  quorum \
                        both\nThe ledger is asked only for the entry, where --entry does not name \
                        its file.")]
pub(in crate::cli) struct CheckArgs {
    /// The proof
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// Whom you trust
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The open part of the entry, as `log prove --entry-out` writes it
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

impl From<ProveError> for Failure {
    fn from(error: ProveError) -> Self {
        let message = error.to_string();
        let refused =
            |code: &str| Self::Refused { code: code.to_owned(), message: message.clone() };
        match error {
            ProveError::NoEntry { .. } => refused("log/out-of-range"),
            ProveError::NotTrusted => refused("log/not-trusted"),
            ProveError::Cosigned(error) => error.into(),
            ProveError::Log(error) => error.into(),
            ProveError::Damaged(_) => Self::Integrity(message),
        }
    }
}

pub(super) fn prove(global: &Global, args: &ProveArgs, output: &mut Output) -> Result<(), Failure> {
    let opened = open(global)?;
    let trust = args.trust.as_deref().map(trust).transpose()?;
    let mut prover = Prover {
        store: opened.store.as_ref(),
        tiles: &mut LogTiles::new(),
        cosigned: &opened.cosigned,
        note: &opened.note,
    };
    let proved = prover.prove(args.seq, trust.as_ref(), &mut |told| output.line(&told))?;
    let Proved { proof, head, entry } = proved;
    let text = proof.to_text();
    if let (Some(path), false) = (&args.entry_out, global.dry_run) {
        write(path, &entry)?;
    }
    output.value(&json!({
        "seq": args.seq, "size": head.size, "proof": text,
        "signatures": proof.checkpoint.signatures().len(),
    }));
    match &args.out {
        Some(path) if !global.dry_run => {
            write(path, text.as_bytes())?;
            output.line(&format!(
                "The proof that entry {} is among {} entries is in {}.",
                args.seq,
                head.size,
                path.display()
            ));
            Ok(())
        }
        Some(_) => {
            output.only_would();
            output.line(&format!("A proof of entry {}.", args.seq));
            Ok(())
        }
        None if output.is_json() => Ok(()),
        None => output.raw(text.as_bytes()),
    }
}

pub(super) fn check(global: &Global, args: &CheckArgs, output: &mut Output) -> Result<(), Failure> {
    let trust = trust(&args.trust)?;
    let proof = TlogProof::parse(&file(&args.proof)?).map_err(refused)?;
    let entry = match &args.entry {
        Some(path) => file(path)?,
        None => {
            let store = countersign_store::open(global.location()?, countersign_store::Mode::Read)?;
            let missing = || format!("there is no entry {} in this log", proof.index);
            let found = store.entry(proof.index)?;
            found.ok_or_else(|| Failure::unavailable(missing()))?.open
        }
    };
    let trusted = proof.verify(leaf_hash(&entry), &trust).map_err(refused)?;
    let open = OpenPart::parse(&entry)
        .map_err(|error| Failure::Integrity(format!("the entry is proved, and yet {error}")))?;
    let witnesses: Vec<_> = trusted
        .cosignatures
        .iter()
        .map(|found| json!({ "witness": found.witness, "time": found.time.to_string() }))
        .collect();
    output.value(&json!({
        "verified": true, "seq": proof.index, "origin": trusted.checkpoint.origin,
        "size": trusted.checkpoint.size, "time": open.time.to_string(),
        "command": open.command.as_str(), "cosignatures": witnesses,
    }));
    output.line(&format!(
        "Entry {} ({}, {}) is in the log {} of {} entries.",
        proof.index, open.command, open.time, trusted.checkpoint.origin, trusted.checkpoint.size
    ));
    for found in &trusted.cosignatures {
        output.line(&format!("Cosigned by {} at {}.", found.witness, found.time));
    }
    Ok(())
}

fn refused(error: TlogProofError) -> Failure {
    let message = error.to_string();
    match error {
        TlogProofError::Text { .. } | TlogProofError::Checkpoint(_) => {
            Failure::Malformed { code: "log/proof-malformed", message }
        }
        TlogProofError::Untrusted(_) => {
            Failure::Refused { code: "log/not-trusted".to_owned(), message }
        }
        TlogProofError::NotIncluded(_) => Failure::Integrity(message),
    }
}

//! Two checkpoints of one log: are they of one history, and if not, what proves it?

use super::super::log::TileFolder;
use super::{Failure, Global, Output};
use clap::Args;
use countersign_proof::LogVerifier;
use countersign_proof::checkpoint::{Checkpoint, CheckpointError, NoteSignature, SignedNote};
use countersign_proof::merkle::{consistency_proof, tree_head};
use countersign_proof::tiles::VerifiedTiles;
use countersign_proof::witness::{Misbehaviour, MisbehaviourError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `witness compare`.
#[derive(Debug, Args)]
#[command(
    after_help = "Checkpoints of one size are compared as they are; of two sizes, the log as \
                        the later one has it is needed (`log export`, or a copy of what its server \
                        gives). Exit code 3 where they are of two histories; the proof of it, \
                        which anyone can check, is printed or written to --out."
)]
pub(in crate::cli) struct CompareArgs {
    /// A checkpoint
    #[arg(value_name = "FILE")]
    first: PathBuf,
    /// Another one
    #[arg(value_name = "FILE")]
    second: PathBuf,
    /// The key of the log
    #[arg(long, value_name = "VKEY")]
    log: LogVerifier,
    /// The exported log of the later checkpoint
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Write the proof here instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `witness check-misbehaviour`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// The proof
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// The key of the log, from whoever you trust to know it
    #[arg(long, value_name = "VKEY")]
    log: LogVerifier,
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

/// A checkpoint that the log signed, without what others signed.
fn open(path: &Path, log: &LogVerifier) -> Result<(SignedNote, Checkpoint), Failure> {
    let refuse = |what: String| Failure::Refused {
        code: "witness/log-signature-missing".to_owned(),
        message: format!("{}: {what}", path.display()),
    };
    let unfit = |error: CheckpointError| {
        if error.is_malformed() {
            let message = format!("{}: {error}", path.display());
            return Failure::Malformed { code: "witness/checkpoint-malformed", message };
        }
        refuse(error.to_string())
    };
    let bytes = read(path)?;
    let note = SignedNote::parse(&bytes).map_err(unfit)?;
    let checkpoint = Checkpoint::open(&bytes, log).map_err(unfit)?;
    let own = note.only(|line: &NoteSignature| line.is_by(log));
    Ok((own.ok_or_else(|| refuse("the log has not signed it".to_owned()))?, checkpoint))
}

pub(super) fn compare(
    global: &Global,
    args: &CompareArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut both = [open(&args.first, &args.log)?, open(&args.second, &args.log)?];
    both.sort_by_key(|(_, checkpoint)| checkpoint.size);
    let [(earlier_note, earlier), (later_note, later)] = both;
    let prefix = if earlier.size == later.size || earlier.size == 0 {
        None
    } else {
        let folder = args.export.as_ref().ok_or_else(|| {
            Failure::usage(
                "the two are of different sizes; name the exported log of the later one with \
                 --export DIR",
            )
        })?;
        let integrity = |error: &dyn ToString| Failure::Integrity(error.to_string());
        let tiles = VerifiedTiles::open(TileFolder(folder.clone()), later.size, later.root)
            .map_err(|error| integrity(&error))?;
        let root = tree_head(&tiles, earlier.size).map_err(|error| integrity(&error))?;
        let proof = consistency_proof(&tiles, earlier.size, later.size);
        Some((root, proof.map_err(|error| integrity(&error))?))
    };
    match Misbehaviour::new(&args.log, earlier_note, later_note, prefix) {
        Err(MisbehaviourError::NoConflict) => {
            output.value(&json!({ "one_history": true, "sizes": [earlier.size, later.size] }));
            output.line(&format!(
                "One history: {} and {} entries of {}.",
                earlier.size, later.size, earlier.origin
            ));
            Ok(())
        }
        Err(error) => Err(Failure::Integrity(error.to_string())),
        Ok(found) => {
            let text = found.to_string();
            output.value(&json!({
                "one_history": false, "sizes": [earlier.size, later.size], "proof": text,
            }));
            match &args.out {
                Some(path) if !global.dry_run => std::fs::write(path, &text).map_err(|error| {
                    Failure::unavailable(format!("{}: {error}", path.display()))
                })?,
                Some(_) => {}
                None if output.is_json() => {}
                None => output.raw(text.as_bytes())?,
            }
            Err(Failure::Integrity(told(&found, earlier.size, later.size)))
        }
    }
}

fn told(found: &Misbehaviour, earlier: u64, later: u64) -> String {
    let name = found.log().name();
    if earlier == later {
        format!("the log {name} signed two different histories of {earlier} entries")
    } else {
        format!(
            "the log {name} signed {earlier} entries, and later {later} that do not begin with them"
        )
    }
}

pub(super) fn check(args: &CheckArgs, output: &mut Output) -> Result<(), Failure> {
    let refuse =
        |message: String| Failure::Refused { code: "witness/proves-nothing".to_owned(), message };
    let found = Misbehaviour::parse(&read(&args.proof)?).map_err(|error| match error {
        MisbehaviourError::Text(_) => {
            Failure::Malformed { code: "witness/proof-malformed", message: error.to_string() }
        }
        MisbehaviourError::Checkpoint(_)
        | MisbehaviourError::OtherLog(_)
        | MisbehaviourError::NoConflict
        | MisbehaviourError::Prefix(_) => refuse(error.to_string()),
    })?;
    if *found.log() != args.log {
        return Err(refuse(format!("it is about the log {}, not {}", found.log(), args.log)));
    }
    let [earlier, later] = found.checkpoints().map_err(|error| refuse(error.to_string()))?;
    let words = told(&found, earlier.size, later.size);
    output.value(&json!({
        "proved": true, "log": found.log().to_string(), "sizes": [earlier.size, later.size],
        "message": words,
    }));
    output.line(&format!("Proved: {words}."));
    Ok(())
}

//! `log rotate-key`.

use super::super::desk::{Desk, Signer};
use super::super::output::Output;
use super::super::{Failure, Global};
use crate::clock::{Entropy, SystemEntropy};
use crate::opening::{next_key, next_key_path};
use clap::Args;
use countersign_core::ledger::Command;
use countersign_proof::LogKey;
use countersign_proof::statement::kinds::LogKeyRotation;
use countersign_proof::words::Digest;
use serde_json::json;

/// `log rotate-key`.
#[derive(Debug, Args)]
#[command(after_help = "The new key is made here, beside the ledger, which nobody may be serving \
    meanwhile; the old one is kept as log.key.retired. It needs the consent that publishing a \
    policy version needs. The checkpoint of the act is signed by both keys; give the new key to \
    witnesses, depots and whoever else knows the old one.\n\n\
    Example:\n  countersign --ledger D log rotate-key --reason 'the machine was replaced' \
    \\\n    --sign Programme.Board:P-9Y2D=D/keys/P-9Y2D \
    --sign Programme.Board:P-5T7L=D/keys/P-5T7L")]
pub(in crate::cli) struct RotateArgs {
    /// Who signs, and with which key; may be given several times
    #[arg(long = "sign", required = true, value_name = "OFFICE:PERSON=KEYFILE")]
    signers: Vec<Signer>,
    /// Why
    #[arg(long)]
    reason: String,
}

/// The key that is to come: one that was made before and not used, or a new one.
fn coming(global: &Global, origin: &str) -> Result<LogKey, Failure> {
    let location = global.location()?;
    if let Some(next) = next_key(location, origin)? {
        return Ok(next.key);
    }
    let mut seed = [0; 32];
    let unavailable = |error: &dyn std::fmt::Display| Failure::unavailable(error.to_string());
    SystemEntropy.fill(&mut seed).map_err(|failed| unavailable(&failed))?;
    if !global.dry_run {
        let path = next_key_path(location);
        crate::keys::write_secret(&path, format!("{}\n", Digest(seed)).as_bytes())
            .map_err(|error| unavailable(&format!("{}: {error}", path.display())))?;
    }
    LogKey::from_seed(origin, seed).map_err(|error| unavailable(&error))
}

pub(super) fn rotate(
    global: &Global,
    args: &RotateArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let state = global.state()?;
    let (origin, replaces) = (state.ledger.origin.clone(), state.ledger.log_key);
    let key = coming(global, &origin)?;
    let log_key = Digest(key.verifier().public_key());
    let mut desk = Desk::open(global)?;
    let statements = desk.signed_by_all(&args.signers, |signer, binding| LogKeyRotation {
        log_key,
        replaces,
        office: signer.office.clone(),
        signer: signer.person.clone(),
        binding,
        reason: args.reason.clone(),
    })?;
    let done = desk.submit(None, Command::RotateLogKey { statements });
    if let Err(Failure::Refused { .. }) = &done
        && !global.dry_run
    {
        // A key that was refused is never to become the log's.
        let _ = std::fs::remove_file(next_key_path(global.location()?));
    }
    done?;
    let vkey = key.verifier().to_string();
    output.value(&json!({ "done": !desk.is_dry(), "dry_run": desk.is_dry(), "vkey": vkey }));
    if desk.is_dry() {
        output.only_would();
        output.line("The log would be signed with a new key.");
    } else {
        output.line(&format!("The log is signed by {vkey} from now on."));
        output.line("Give it to witnesses, depots and whoever else knows the old one.");
    }
    Ok(())
}

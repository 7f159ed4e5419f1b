//! `init`: founding a ledger from a pack; `ledger …`.

mod copying;

use super::output::Output;
use super::pack::faulty;
use super::{Failure, Global};
use crate::clock::{Clock, ScriptedClock, SystemEntropy, WallClock};
use crate::founding::{self, Founders, FoundingError};
use crate::keys::PersonalKey;
use crate::pack::{FoundingPolicies, Pack};
use clap::{Args, Subcommand};
use countersign_proof::words::PersonId;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

/// Verbs of `ledger`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Copy a ledger to another place, of the same kind or another
    Copy(copying::CopyArgs),
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Copy(args) => copying::copy(global, args, output),
    }
}

/// `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  countersign --ledger D init --pack packs/my-programme \\\n    \
    --founder P-9Y2D=keys/P-9Y2D --founder P-5T7L=keys/P-5T7L\n\n\
    Each founder's public_key and key_expires_on must stand in the pack's people.toml; \
    `ssh-keygen -t ed25519 -f keys/P-9Y2D` makes a key and keys/P-9Y2D.pub."
)]
pub(super) struct InitArgs {
    /// The pack
    #[arg(long, value_name = "DIR")]
    pack: PathBuf,
    /// A founder and their key; at least two
    #[arg(long = "founder", required = true, value_name = "PERSON=KEYFILE")]
    founders: Vec<Founder>,
    /// To what end
    #[arg(long, default_value = "founding")]
    reason: String,
}

/// `PERSON=KEYFILE`.
#[derive(Clone, Debug)]
struct Founder {
    person: PersonId,
    key: PathBuf,
}

impl FromStr for Founder {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (person, key) = text
            .split_once('=')
            .ok_or_else(|| "write PERSON=KEYFILE, as in P-9Y2D=keys/P-9Y2D".to_owned())?;
        let person = person.parse().map_err(|error| format!("{error}"))?;
        Ok(Self { person, key: PathBuf::from(key) })
    }
}

impl From<FoundingError> for Failure {
    fn from(error: FoundingError) -> Self {
        match error {
            FoundingError::Refused(rejection) => rejection.into(),
            FoundingError::Sign(error) => error.into(),
            FoundingError::Open(error) => error.into(),
            FoundingError::Unavailable(error) => error.into(),
            FoundingError::Source(error) => Self::unavailable(error.to_string()),
            FoundingError::Origin { .. } => Self::usage(error.to_string()),
        }
    }
}

pub(super) fn init(global: &Global, args: &InitArgs, output: &mut Output) -> Result<(), Failure> {
    let location = global.location()?;
    let pack = Pack::load(&args.pack).map_err(|faults| faulty(&faults))?;
    let clock = || -> Result<Box<dyn Clock>, Failure> {
        match global.clock {
            Some(at) if pack.manifest.exercise => Ok(Box::new(ScriptedClock::new(at))),
            Some(_) => Err(Failure::usage("--clock is for exercises; this pack is none")),
            None => Ok(Box::new(WallClock)),
        }
    };
    let ours = clock()?;
    let at = ours.now().map_err(|failed| Failure::unavailable(failed.to_string()))?;
    let mut keys = Vec::new();
    for founder in &args.founders {
        keys.push((founder.person.clone(), PersonalKey::open(&founder.key)?));
    }
    let charter = pack.charter(&BTreeMap::new(), at, FoundingPolicies::All);
    for founder in &args.founders {
        if !charter.keys.iter().any(|key| key.person == founder.person) {
            let (person, file) = (&founder.person, founder.key.display());
            let what = format!("{person} has no public_key in the pack's people.toml");
            return Err(Failure::usage(format!("{what}; enter there what {file}.pub holds")));
        }
    }
    let founders =
        Founders { origin: &pack.manifest.origin, reason: &args.reason, names: pack.names(), keys };
    let prepared = founding::prepare(charter, founders, ours.as_ref(), &mut SystemEntropy)?;
    if global.dry_run {
        output.value(&json!({ "done": false, "dry_run": true }));
        output.line(&format!("Nothing was written; the pack would found a ledger at {location}."));
        return Ok(());
    }
    let (writer, receipt) = founding::found(location, prepared, clock()?, Box::new(SystemEntropy))?;
    Failure::of(&receipt.answer)?;
    let digest = writer.read(|state| state.ledger.digest);
    output.value(
        &json!({ "done": true, "ledger": digest.to_string(), "origin": pack.manifest.origin }),
    );
    output.line(&format!("The ledger {} is founded at {location}.", pack.manifest.origin));
    output.line(&format!("Its digest, which every statement names: {digest}"));
    output.line(
        "Next: take in the pack's figures with `stock import`, or see who may do what with \
         `people list`.",
    );
    Ok(())
}

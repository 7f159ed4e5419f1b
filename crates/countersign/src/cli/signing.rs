//! Statements of acts that several may have to sign: here, or each at a place of their own.

use super::desk::{Desk, Signer};
use super::output::Output;
use super::{Failure, Global};
use crate::statements::Signing;
use clap::Args;
use countersign_proof::signature::verify;
use countersign_proof::statement::fingerprint;
use countersign_proof::statement::kinds::Binding;
use countersign_proof::words::{OfficeId, PersonId};
use countersign_proof::{Statement, Verified, render};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// How an act is signed.
#[derive(Debug, Args)]
pub(super) struct SigningArgs {
    /// Who signs, and with which key; may be given several times
    #[arg(long = "sign", value_name = "OFFICE:PERSON=KEYFILE")]
    signers: Vec<Signer>,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    /// Write the text that you (--as) sign elsewhere, for --office, into this folder, and stop
    #[arg(long, value_name = "DIR", requires = "office")]
    prepare: Option<PathBuf>,
    /// For which office you sign elsewhere
    #[arg(long, requires = "prepare")]
    office: Option<OfficeId>,
    /// A text signed elsewhere, its signature beside it as FILE.sig; may be given several times
    #[arg(long = "statement", value_name = "FILE", conflicts_with = "prepare")]
    statements: Vec<PathBuf>,
}

/// What one person signs for one office.
pub(super) struct Part<'a> {
    pub(super) office: &'a OfficeId,
    pub(super) signer: &'a PersonId,
    pub(super) binding: Binding,
    pub(super) reason: &'a str,
}

impl Part<'_> {
    /// The same, for statements that are made ready elsewhere.
    pub(super) fn signing(&self) -> Signing {
        Signing {
            office: self.office.clone(),
            signer: self.signer.clone(),
            binding: self.binding,
            reason: self.reason.to_owned(),
        }
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::unavailable(format!("{}: {error}", path.display()))
}

/// The signed statements; none where a text was only prepared.
pub(super) fn signed<S: Statement>(
    desk: &mut Desk,
    global: &Global,
    args: &SigningArgs,
    output: &mut Output,
    make: impl Fn(&Part<'_>) -> S,
) -> Result<Option<Vec<Verified<S>>>, Failure> {
    if let Some((folder, office)) = args.prepare.as_ref().zip(args.office.as_ref()) {
        if desk.is_dry() {
            let what = "a text to be signed is made with a number that the ledger remembers; \
                        --prepare cannot be tried with --dry-run";
            return Err(Failure::usage(what));
        }
        let signer = global.person()?.clone();
        let binding = desk.binding::<S>(&signer, None)?;
        let part = Part { office, signer: &signer, binding, reason: &args.reason };
        prepare(folder, &make(&part), output)?;
        return Ok(None);
    }
    let rules = desk.rules();
    let mut statements = Vec::new();
    for path in &args.statements {
        let text = fs::read(path).map_err(io(path))?;
        let mut beside = path.clone().into_os_string();
        beside.push(".sig");
        let beside = PathBuf::from(beside);
        let signature = fs::read_to_string(&beside).map_err(io(&beside))?;
        let verified = verify::<S>(&text, &signature, &rules)?;
        says_the_same(path, verified.statement(), &make)?;
        statements.push(verified);
    }
    statements.extend(desk.signed_by_all(&args.signers, |signer, binding| {
        let (office, signer) = (&signer.office, &signer.person);
        make(&Part { office, signer, binding, reason: &args.reason })
    })?);
    if statements.is_empty() {
        let what = "say who signs: --sign OFFICE:PERSON=KEYFILE here, or --statement FILE for a \
                    text signed elsewhere (see --prepare)";
        return Err(Failure::usage(what));
    }
    Ok(Some(statements))
}

/// What is executed is what was signed; a command that says something else is a mistake of whoever
/// gives it.
fn says_the_same<S: Statement>(
    path: &Path,
    signed: &S,
    make: &impl Fn(&Part<'_>) -> S,
) -> Result<(), Failure> {
    let parts = signed.office().zip(signed.binding()).zip(signed.reason());
    let Some(((office, binding), reason)) = parts else { return Ok(()) };
    let part = Part { office, signer: signed.signer(), binding: *binding, reason };
    let text = |statement: &S| render(statement).map_err(countersign_proof::SignatureError::from);
    let (signed, given) = (text(signed)?, text(&make(&part))?);
    let differs = signed.lines().zip(given.lines()).find(|(signed, given)| signed != given);
    differs.map_or(Ok(()), |(signed, given)| {
        let path = path.display();
        Err(Failure::usage(format!(
            "{path} says {signed:?}, and this command {given:?}; give the command as it was signed"
        )))
    })
}

fn prepare<S: Statement>(folder: &Path, statement: &S, output: &mut Output) -> Result<(), Failure> {
    let text = render(statement).map_err(countersign_proof::SignatureError::from)?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let path = folder.join("statement.txt");
    fs::write(&path, &text).map_err(io(&path))?;
    let namespace = S::KIND.namespace();
    let path = path.display();
    output.value(&json!({
        "prepared": path.to_string(), "text": text, "fingerprint": fingerprint(&text),
        "namespace": namespace,
    }));
    output.line(&format!("{path} (fingerprint {})", fingerprint(&text)));
    output.line("Sign it, then give the same command with --statement instead of --prepare:");
    output.line(&format!("  ssh-keygen -Y sign -f KEY -n {namespace} {path}"));
    Ok(())
}

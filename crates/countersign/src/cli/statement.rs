//! `statement …`.

use super::desk::Desk;
use super::output::Output;
use super::requests::{DecisionArgs, prepare, seen, short};
use super::{Failure, Global};
use crate::evidence::verify_time;
use crate::keys::PersonalKey;
use crate::opening::sealed_part;
use crate::verification::statements_in;
use clap::{Args, Subcommand};
use countersign_core::State;
use countersign_proof::signature::{allowed_signers_line, verify_any};
use countersign_proof::statement::{fingerprint, kind_of, parse_any};
use countersign_proof::words::{Digest, Moment, PersonId, RequestId, Window};
use countersign_proof::{AnyStatement, OpenPart, Outcome, PublicKey, SealedPart, Verified, render};
use countersign_store::Store;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Verbs of `statement`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show the exact text of a statement: one of the record, or one that is to be signed
    #[command(after_help = "Examples:\n  \
        A statement of the record, by its digest or the first digits of it:\n  \
        countersign --ledger D statement list\n  \
        countersign --ledger D statement show 3f9a01c2 --out S\n  \
        ssh-keygen -Y verify -f S/allowed_signers -I P-2H6N -n decision@countersign \\\n    \
        -s S/statement.txt.sig < S/statement.txt\n\n  \
        A decision to be signed on another machine:\n  \
        countersign --ledger D --as P-8T4W statement show REQ-12 \\\n    \
        --office US.SACEUR --decision approve --out S")]
    Show(ShowArgs),
    /// List the statements of the record
    List,
    /// Sign a statement with your key
    Sign {
        /// The statement
        file: PathBuf,
    },
    /// Check a signature under a statement
    Verify {
        /// The statement
        file: PathBuf,
        /// The signature; the statement's name with .sig, if not given
        #[arg(long)]
        signature: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The first digits of a statement's digest (at least 8), or a request to decide on
    id: String,
    #[command(flatten)]
    terms: DecisionArgs,
    /// Write statement.txt, and for one of the record also its signature and allowed_signers
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show(args) => match args.id.parse::<RequestId>() {
            Ok(request) => show_new(global, request, args, output),
            Err(_) => show_recorded(global, args, output),
        },
        Verb::List => list(global, output),
        Verb::Sign { file } => sign(global, file, output),
        Verb::Verify { file, signature } => check(global, file, signature.as_deref(), output),
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::unavailable(format!("{}: {error}", path.display()))
}

fn show_new(
    global: &Global,
    id: RequestId,
    args: &ShowArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    desk.look(|state| seen(global, state, id).map(|_| ()))?;
    let decision = prepare(&mut desk, global, id, &args.terms)?;
    let text = render(&decision).map_err(countersign_proof::SignatureError::from)?;
    let expires = decision.binding.validity.until();
    output.value(&json!({
        "text": text, "fingerprint": fingerprint(&text), "namespace": "decision@countersign",
        "expires": expires.to_string(),
    }));
    let Some(folder) = &args.out else { return output_text(&text, output) };
    fs::create_dir_all(folder).map_err(io(folder))?;
    let path = folder.join("statement.txt");
    fs::write(&path, &text).map_err(io(&path))?;
    output.line(&format!("{} (fingerprint {})", path.display(), fingerprint(&text)));
    output.line(&format!("Sign it before {expires}:"));
    output.line(&format!("  ssh-keygen -Y sign -f KEY -n decision@countersign {}", path.display()));
    let ledger = global.location()?;
    output.line(&format!(
        "  countersign --ledger {ledger} decide {id} --statement {0} --signature {0}.sig",
        path.display()
    ));
    Ok(())
}

fn output_text(text: &str, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() { Ok(()) } else { output.raw(text.as_bytes()) }
}

/// A statement of the record.
struct Recorded {
    seq: u64,
    /// When it was recorded.
    at: Moment,
    /// Whether the command that carried it was carried out.
    accepted: bool,
    text: String,
    signature: String,
    digest: Digest,
}

/// Every statement of the record, in its order.
fn recorded(store: &dyn Store) -> Result<Vec<Recorded>, Failure> {
    let mut found = Vec::new();
    let size = store.head()?.size;
    let mut from = 0;
    while from < size {
        let entries = store.read(from, 1024)?;
        let Some(last) = entries.last() else { break };
        from = last.seq.saturating_add(1);
        for entry in &entries {
            let open = OpenPart::parse(&entry.open)
                .map_err(|error| Failure::Integrity(format!("entry {}: {error}", entry.seq)))?;
            let accepted = open.outcome == Outcome::Accepted;
            let parts: Vec<SealedPart> = entry.sealed.iter().filter_map(sealed_part).collect();
            for (text, signature) in statements_in(&parts) {
                let digest = Digest::of(text.as_bytes());
                let at = open.time;
                found.push(Recorded { seq: entry.seq, at, accepted, text, signature, digest });
            }
        }
    }
    Ok(found)
}

fn show_recorded(global: &Global, args: &ShowArgs, output: &mut Output) -> Result<(), Failure> {
    let wanted = args.id.as_str();
    if wanted.len() < 8 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let what = "name a request (REQ-3) or at least 8 digits of a statement's digest";
        return Err(Failure::usage(what));
    }
    let (store, state, _) = global.read()?;
    let mut all = recorded(store.as_ref())?;
    all.retain(|statement| global.may_read(&state, &statement.text));
    let matches = |statement: &&Recorded| {
        statement.digest.to_string().starts_with(&wanted.to_ascii_lowercase())
    };
    let mut found = all.iter().filter(matches);
    let statement = found
        .next()
        .ok_or_else(|| Failure::usage(format!("the record has no statement {wanted}")))?;
    if found.any(|other| other.digest != statement.digest) {
        return Err(Failure::usage(format!("several statements begin with {wanted}; give more")));
    }
    let rules = state.ledger.signature_rules();
    let verified: Verified<AnyStatement> =
        verify_any(statement.text.as_bytes(), &statement.signature, &rules)?;
    let signer = verified.statement().signer().clone();
    let namespace = verified.statement().kind().namespace();
    // A key that has run out since then was good then.
    let time = verify_time(statement.at);
    output.value(&json!({
        "entry": statement.seq, "accepted": statement.accepted, "verify_time": time,
        "digest": statement.digest.to_string(), "text": statement.text,
        "signature": statement.signature, "signer": signer.as_str(), "namespace": namespace,
        "fingerprint": fingerprint(&statement.text),
    }));
    if !statement.accepted {
        let entry = statement.seq;
        output.line(&format!("Entry {entry} refused this statement: it counts for nothing."));
    }
    let Some(folder) = &args.out else { return output_text(&statement.text, output) };
    fs::create_dir_all(folder).map_err(io(folder))?;
    let files = [
        ("statement.txt", statement.text.clone()),
        ("statement.txt.sig", statement.signature.clone()),
        ("allowed_signers", allowed_signers(&state, &signer, &verified)),
    ];
    for (name, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(io(&path))?;
    }
    let at = folder.display();
    output.line(&format!("{at}/statement.txt, with its signature and allowed_signers. Verify it:"));
    output.line(&format!(
        "  ssh-keygen -Y verify -f {at}/allowed_signers -I {signer} -n {namespace} \
         -O verify-time={time} -s {at}/statement.txt.sig < {at}/statement.txt"
    ));
    Ok(())
}

/// The keys of a signer as `ssh-keygen` wants them, with the spans in which they may sign.
fn allowed_signers(state: &State, signer: &PersonId, verified: &Verified<AnyStatement>) -> String {
    let kinds = [verified.statement().kind()];
    let keys = state.people.keys().filter(|key| key.person == *signer);
    keys.filter_map(|key| {
        let public = PublicKey::from_openssh(&key.public_key).ok()?;
        let until = key.revoked_at.map_or(key.until, |revoked| key.until.min(revoked));
        let span = Window::new(key.from, until)?;
        Some(allowed_signers_line(signer, &kinds, span, &public))
    })
    .map(|line| if line.ends_with('\n') { line } else { line + "\n" })
    .collect()
}

fn list(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let (store, state, _) = global.read()?;
    let mut all = recorded(store.as_ref())?;
    all.retain(|statement| global.may_read(&state, &statement.text));
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for statement in &all {
        let parsed = parse_any(statement.text.as_bytes())
            .map_err(|error| Failure::Integrity(format!("entry {}: {error}", statement.seq)))?;
        let digest = statement.digest.to_string();
        let office = parsed.office().map(ToString::to_string).unwrap_or_default();
        values.push(json!({
            "entry": statement.seq, "digest": digest, "kind": parsed.kind().as_str(),
            "signer": parsed.signer().as_str(), "office": office, "accepted": statement.accepted,
        }));
        rows.push(vec![
            statement.seq.to_string(),
            short(&digest).to_owned(),
            parsed.kind().as_str().to_owned(),
            parsed.signer().to_string(),
            office,
            if statement.accepted { "accepted" } else { "refused" }.to_owned(),
        ]);
    }
    output.value(&serde_json::Value::Array(values));
    output.table(&["entry", "statement", "kind", "signer", "office", "it was"], &rows);
    Ok(())
}

fn sign(global: &Global, file: &Path, output: &mut Output) -> Result<(), Failure> {
    let text = fs::read(file).map_err(io(file))?;
    let statement = parse_any(&text).map_err(countersign_proof::SignatureError::from)?;
    let missing = || Failure::usage("name your key with --key FILE");
    let key = PersonalKey::open(global.key.as_deref().ok_or_else(missing)?)?;
    let namespace = statement.kind().namespace();
    let signature = key.sign_text(namespace, &text)?;
    let verified = verify_any(&text, &signature, &global.signature_rules()?)?;
    let mut name = file.to_owned().into_os_string();
    name.push(".sig");
    let path = PathBuf::from(name);
    fs::write(&path, &signature).map_err(io(&path))?;
    output.value(
        &json!({ "signature": path.display().to_string(), "key": verified.key_id().to_string() }),
    );
    output.line(&format!("{} (by {})", path.display(), verified.key_id()));
    Ok(())
}

fn check(
    global: &Global,
    file: &Path,
    signature: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = fs::read(file).map_err(io(file))?;
    let beside = || {
        let mut name = file.to_owned().into_os_string();
        name.push(".sig");
        PathBuf::from(name)
    };
    let path = signature.map_or_else(beside, Path::to_owned);
    let armoured = fs::read_to_string(&path).map_err(io(&path))?;
    kind_of(&text).map_err(countersign_proof::SignatureError::from)?;
    let verified = verify_any(&text, &armoured, &global.signature_rules()?)?;
    let (kind, signer) = (verified.statement().kind(), verified.statement().signer());
    output.value(&json!({
        "good": true, "kind": kind.as_str(), "signer": signer.as_str(),
        "key": verified.key_id().to_string(), "assurance": format!("{:?}", verified.assurance()),
        "fingerprint": fingerprint(verified.text()),
    }));
    output.line(&format!("Good: a {kind} that names {signer}, signed by {}.", verified.key_id()));
    output.line("This proves key and text; whether the key is that person's is in the record.");
    Ok(())
}

//! `release certificate`, `release status-list`, `release trust` and `release receipts`: what goes
//! to depots without a network, and what comes back.

use super::super::desk::Desk;
use super::super::failure::is_there;
use super::super::output::Output;
use super::super::{Failure, Global};
use crate::actions::tried;
use crate::depot::certifying::{self, Prepared, Wanted};
use crate::depot::{Became, Carried, CarriedPaper, issuing, papers};
use crate::views::certificates::paper;
use clap::Args;
use countersign_core::Command as AnyCommand;
use countersign_core::requests::Command;
use countersign_proof::PublicKey;
use countersign_proof::certificate::{Certificate, IssuerKey};
use countersign_proof::words::{Moment, PlaceId, Quantity, ReleaseId};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(
    after_help = "The evidence of the officials' decisions is written beside the certificate, as \
        FILE.evidence; the depot checks their signatures by it.\n\n\
        Example:\n  countersign --ledger D --as P-4X6H --key D/keys/P-4X6H release certificate \
        REL-8 \\\n    --depot UA.Depot-1 --depot-key D/keys/P-4X6H.pub --collector \
        D/keys/P-2C9T.pub \\\n    --quantity 2 -o certificate"
)]
pub(in crate::cli) struct CertificateArgs {
    /// Which release
    id: ReleaseId,
    /// The only depot that may honour it
    #[arg(long)]
    depot: PlaceId,
    /// The depot's own key (depot.key.pub): its receipts are held against it
    #[arg(long, value_name = "FILE")]
    depot_key: PathBuf,
    /// The key of whoever collects (a .pub file, ssh-ed25519)
    #[arg(long, value_name = "FILE")]
    collector: PathBuf,
    /// At most how many units; everything that is left, if not given
    #[arg(long)]
    quantity: Option<Quantity>,
    /// From when; now, if not given
    #[arg(long, value_name = "MOMENT", value_parser = super::super::moment)]
    from: Option<Moment>,
    /// Until when; as long as the release at most
    #[arg(long, value_name = "MOMENT", value_parser = super::super::moment)]
    until: Option<Moment>,
    /// Where the certificate is written
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Where its code is drawn (SVG)
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A certificate stays as it was issued; only what proves the decisions behind it \
        is \
        made anew.\n\n\
        Example:\n  countersign --ledger D release evidence REL-8 -o certificate.evidence"
)]
pub(in crate::cli) struct DecisionsArgs {
    /// Which release
    id: ReleaseId,
    /// Where the evidence is written
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign --ledger D release status-list -o status.list")]
pub(in crate::cli) struct StatusListArgs {
    /// Where the list is written
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// For how long it can be used
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    hours: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign --ledger D release trust -o trust")]
pub(in crate::cli) struct TrustArgs {
    /// The folder
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReceiptsArgs {
    /// The file that a depot made with `depot receipts export`
    file: PathBuf,
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::unavailable(format!("{}: {error}", path.display()))
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let line = fs::read_to_string(path).map_err(io(path))?;
    let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
    PublicKey::from_openssh(line.trim_end()).map_err(wrong)
}

pub(super) fn issue(
    global: &Global,
    args: &CertificateArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let now = desk.now()?;
    let (depot_key, collector) = (public_key(&args.depot_key)?, public_key(&args.collector)?);
    let wanted = Wanted {
        release: args.id,
        depot: args.depot.clone(),
        depot_key,
        collector,
        quantity: args.quantity,
        from: args.from,
        until: args.until,
    };
    let prepared = certifying::prepare(global.location()?, &wanted, now)?;
    let Prepared { certificate, bytes, terms, logged } = prepared;
    // The files first, under other names: what is on the record must not be lost on the way.
    let evidence = beside(&args.output, ".evidence");
    let mut files = vec![
        (args.output.clone(), bytes.clone()),
        (evidence.clone(), papers::write_evidence(&logged)?),
    ];
    if let Some(qr) = &args.qr {
        files.push((qr.clone(), papers::picture(&bytes)?.into_bytes()));
    }
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(is_there(path));
    }
    let command = Command::IssueCertificate { terms: Box::new(terms) };
    // What the ledger will not have is signed nowhere that anybody could take it from.
    let refused = desk.look(|state| {
        tried(state, Some(&by), command.clone(), now.max(state.ledger.clock)).is_some()
    });
    if !desk.is_dry() && !refused {
        write_aside(&files)?;
    }
    let done = desk.submit(Some(by), command);
    if let Err(Failure::Refused { .. }) = &done {
        for (path, _) in &files {
            let _ = fs::remove_file(beside(path, ".new"));
        }
    }
    done?;
    if desk.is_dry() {
        output.only_would();
    } else {
        if refused {
            write_aside(&files)?;
        }
        for (path, _) in &files {
            fs::rename(beside(path, ".new"), path).map_err(io(path))?;
        }
    }
    tell(&certificate, &bytes, args, output);
    Ok(())
}

pub(super) fn evidence(
    global: &Global,
    args: &DecisionsArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let id = args.id;
    let logged = certifying::evidence(global.location()?, id)?;
    // It can be fetched anew at any time, and is to be, where the certificate goes on counting.
    fs::write(&args.output, papers::write_evidence(&logged)?).map_err(io(&args.output))?;
    let decisions = logged.decisions.len();
    output.value(&json!({
        "file": args.output.display().to_string(), "decisions": decisions,
        "checkpoint": logged.checkpoint,
    }));
    output.line(&format!(
        "{}: {decisions} decisions behind {id}, with their proofs.",
        args.output.display()
    ));
    Ok(())
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(more);
    PathBuf::from(name)
}

fn write_aside(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    for (path, bytes) in files {
        let aside = beside(path, ".new");
        fs::write(&aside, bytes).map_err(io(&aside))?;
    }
    Ok(())
}

fn tell(certificate: &Certificate, bytes: &[u8], args: &CertificateArgs, output: &mut Output) {
    let digest = Certificate::digest(bytes).to_string();
    output.value(&json!({
        "certificate": certificate.id.to_string(),
        "digest": digest,
        "bytes": bytes.len(),
        "code": papers::code(bytes),
        "file": args.output.display().to_string(),
        "decisions": certificate.decisions.len(),
        "quantity": certificate.quantity.units(),
        "from": certificate.window.from().to_string(),
        "until": certificate.window.until().to_string(),
    }));
    output.heading(&format!("{}: {} alone may honour it", certificate.id, certificate.depot));
    let window = certificate.window;
    output.line(&format!(
        "  at most {} {} of {}; {} to {}",
        certificate.quantity,
        certificate.item,
        certificate.release,
        window.from(),
        window.until()
    ));
    let digest: String = digest.chars().take(16).collect();
    output.line(&format!(
        "  {} decisions behind it, {} bytes, digest {digest}…",
        certificate.decisions.len(),
        bytes.len()
    ));
}

pub(super) fn status_list(
    global: &Global,
    args: &StatusListArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let (state, key, now) = look(global)?;
    let (list, bytes) = issuing::status_list(&state, &key, now, args.hours)?;
    fs::write(&args.output, &bytes).map_err(io(&args.output))?;
    let certificates = state.requests.certificates().len();
    output.value(&json!({
        "file": args.output.display().to_string(),
        "uri": list.uri,
        "made": list.issued_at.to_string(),
        "until": list.expires.to_string(),
        "certificates": certificates,
        "bytes": bytes.len(),
    }));
    output.line(&format!(
        "{}: the status of {certificates} certificates at {}, to be used until {}.",
        args.output.display(),
        list.issued_at,
        list.expires
    ));
    Ok(())
}

/// The state, the issuer key and the time.
fn look(global: &Global) -> Result<(countersign_core::State, IssuerKey, Moment), Failure> {
    use crate::clock::{Clock, WallClock};
    let state = global.state()?;
    let now = match global.clock {
        Some(at) if state.ledger.exercise => at,
        Some(_) => return Err(Failure::usage("--clock is for exercises; this ledger is none")),
        None if state.ledger.exercise => state.ledger.clock,
        None => WallClock.now().map_err(|failed| Failure::unavailable(failed.to_string()))?,
    };
    let key = issuing::issuer_key(global.location()?, &state)?;
    Ok((state, key, now))
}

pub(super) fn trust(global: &Global, args: &TrustArgs, output: &mut Output) -> Result<(), Failure> {
    let (state, key, _) = look(global)?;
    let officials = issuing::officials(&state)?;
    let log = issuing::log_verifier(&state)?;
    let issuer = key.public_key();
    fs::create_dir_all(&args.output).map_err(io(&args.output))?;
    for (name, text) in [
        ("issuer.pub", format!("{} {}\n", issuer.to_openssh(), state.ledger.origin)),
        ("log", format!("{log}\n")),
        ("officials", officials.clone()),
    ] {
        let path = args.output.join(name);
        fs::write(&path, text).map_err(io(&path))?;
    }
    output.value(&json!({
        "folder": args.output.display().to_string(),
        "issuer": issuer.to_openssh(),
        "log": log.to_string(),
        "officials": officials.lines().count(),
    }));
    output.line(&format!("In {}, for a depot to pin:", args.output.display()));
    output.line(&format!("  issuer.pub  {}", issuer.id()));
    output.line(&format!("  log         {log}"));
    output.line(&format!("  officials   {} lines", officials.lines().count()));
    output.line("Carry them there by a way that you trust; whoever changes them is believed.");
    Ok(())
}

pub(super) fn receipts(
    global: &Global,
    args: &ReceiptsArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let carried = Carried::read(&papers::read(&args.file)?)?;
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let depot = carried.depot.clone();
    let mut told: Vec<(String, Became)> = Vec::new();
    let mut broken_off = None;
    for CarriedPaper { name, command } in carried.into_papers() {
        let became = match command {
            Err(refusal) => Became::from(&refusal),
            Ok((digest, _)) if desk.look(|state| state.requests.is_carried(&digest)) => {
                Became::Known
            }
            Ok((_, command)) => match desk.submit(Some(by.clone()), AnyCommand::from(*command)) {
                Ok(_) => Became::Recorded,
                Err(Failure::Refused { code, message }) => Became::of_refusal(&code, &message),
                Err(other) => {
                    broken_off = Some(other);
                    break;
                }
            },
        };
        told.push((name, became));
    }
    if desk.is_dry() {
        output.only_would();
    }
    let now = desk.now()?;
    let gaps = desk.look(|state| countersign_core::evidence::gaps(state, now).len());
    let refused = brought(&depot, &told, gaps, output);
    match (broken_off, refused) {
        (Some(failure), _) => Err(failure),
        (None, 0) => Ok(()),
        (None, refused) => Err(Failure::Refused {
            code: "depot/some-refused".to_owned(),
            message: format!(
                "{refused} of {} papers, each for the reason told above; the others {} on the \
                 record. Ask the depot about these, and bring the file in again once that is \
                 settled: what is there already is passed over",
                told.len(),
                if desk.is_dry() { "would be" } else { "are" }
            ),
        }),
    }
}

/// Tells what became of each text that a depot carried back; gives how many were refused.
fn brought(depot: &str, told: &[(String, Became)], gaps: usize, output: &mut Output) -> usize {
    let count = |word: &str| told.iter().filter(|(_, became)| became.word() == word).count();
    let (recorded, known, refused) = (count("recorded"), count("known"), count("refused"));
    output.value(&json!({
        "depot": depot, "recorded": recorded, "known": known, "refused": refused, "gaps": gaps,
        "papers": told.iter().map(|(name, became)| paper(name, became)).collect::<Vec<_>>(),
    }));
    let also = if refused == 0 { String::new() } else { format!(", {refused} refused") };
    output.line(&format!("{depot}: {recorded} recorded, {known} known already{also}."));
    for (name, became) in told {
        output.line(&match became {
            Became::Recorded => format!("  {name}: recorded"),
            Became::Known => format!("  {name}: known already"),
            Became::Refused { code, message } => format!("  {name}: refused, {message} ({code})"),
        });
    }
    if gaps > 0 {
        output.line(&format!("{gaps} gaps; see `evidence gaps`."));
    }
    refused
}

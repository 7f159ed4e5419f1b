//! `depot …`: what a depot does, with the files it is given and no network.

mod told;

use super::output::Output;
use super::{Failure, Global};
use crate::clock::{Clock, WallClock};
use crate::depot::{Depot, Opening, Settings, Standing, papers};
use clap::{Args, Subcommand};
use countersign_proof::PublicKey;
use countersign_proof::checkpoint::LogVerifier;
use countersign_proof::words::{Nonce, OfficeId, PlaceId, Quantity};
use std::fs;
use std::path::{Path, PathBuf};

/// Verbs of `depot`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a depot: its folder, its key, and whom it believes
    Init(Box<InitArgs>),
    /// Show a certificate, if it is the ledger's
    Show {
        /// The certificate: its file, or the text of its code
        certificate: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Check whether a certificate may be honoured here and now
    Check {
        /// The certificate: its file, or the text of its code
        certificate: PathBuf,
        #[command(flatten)]
        evidence: EvidenceArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Make the text that the collector signs to show that the certificate is theirs
    Nonce(NonceArgs),
    /// Hand units out: book them for good, and sign the receipt
    Release(ReleaseArgs),
    /// Close the account of a certificate: nothing more is handed out on it here
    Close {
        /// The certificate: its file, or the text of its code
        certificate: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Show how the depot stands, or take in a status list
    Status {
        #[command(subcommand)]
        verb: Option<StatusVerb>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Take in the officials' keys
    #[command(subcommand)]
    Officials(OfficialsVerb),
    /// What is carried back to the ledger
    #[command(subcommand)]
    Receipts(ReceiptsVerb),
    /// Accept the present time although a later one was seen here; it goes into the book
    Clock {
        /// Why the clock had run ahead
        #[arg(long, value_name = "REASON", required = true)]
        set_back: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Which depot.
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// The depot's folder
    #[arg(
        id = "place",
        long = "depot",
        global = true,
        env = "COUNTERSIGN_DEPOT",
        hide_env_values = true,
        value_name = "DIR",
        default_value = "."
    )]
    folder: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign --ledger D release trust -o trust\n  \
        countersign --clock 2025-12-01 depot init depot-1 --name UA.Depot-1 --exercise \\\n    \
        --issuer trust/issuer.pub --log trust/log --officials trust/officials --demand US.SecDef")]
pub(super) struct InitArgs {
    /// The folder; new or empty
    folder: PathBuf,
    /// The place: only certificates for it are honoured
    #[arg(long)]
    name: PlaceId,
    /// The ledger's issuer key (a .pub file); may be given several times
    #[arg(long = "issuer", required = true, value_name = "FILE")]
    issuers: Vec<PathBuf>,
    /// The ledger's log: a file with the line `name+hash+key`
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Which witnesses must have cosigned the log before anything is handed out (C2SP tlog-policy;
    /// see `log check-proof`)
    #[arg(long, value_name = "FILE")]
    witnesses: Option<PathBuf>,
    /// The officials' keys (an allowed-signers file)
    #[arg(long, value_name = "FILE")]
    officials: Option<PathBuf>,
    /// An office whose signature must be there; may be given several times
    #[arg(long = "demand", value_name = "OFFICE")]
    demanded: Vec<OfficeId>,
    /// How old a status list may be
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    status_max_age: u32,
    /// Allow --certificate-only: to go by the issuer's word alone
    #[arg(long)]
    allow_certificate_only: bool,
    /// The application that hardware keys are bound to; may be given several times
    #[arg(long = "application", value_name = "NAME")]
    applications: Vec<String>,
    /// A web origin where passkeys sign; may be given several times
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// This depot is an exercise
    #[arg(long)]
    exercise: bool,
}

/// By what the officials' decisions are checked.
#[derive(Debug, Args)]
pub(super) struct EvidenceArgs {
    /// The evidence file that was issued with the certificate; without it, the file beside the
    /// certificate of the same name and `.evidence`
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Go by the issuer's word alone; it is written into the receipt
    #[arg(long, conflicts_with = "evidence")]
    certificate_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct NonceArgs {
    /// The certificate: its file, or the text of its code
    certificate: PathBuf,
    /// How many units are collected
    #[arg(long)]
    quantity: Quantity,
    /// Where the text is written
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// The certificate: its file, or the text of its code
    certificate: PathBuf,
    /// How many units are handed out
    #[arg(long)]
    quantity: Quantity,
    /// The text that the collector signed, its signature beside it as FILE.sig
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Verbs of `depot status`.
#[derive(Debug, Subcommand)]
pub(super) enum StatusVerb {
    /// Take in a status list, in the place of an older one
    Import {
        /// The list
        file: PathBuf,
    },
}

/// Verbs of `depot officials`.
#[derive(Debug, Subcommand)]
pub(super) enum OfficialsVerb {
    /// Take in the officials' keys, in the place of those at hand
    Import {
        /// An allowed-signers file, as `release officials` writes it
        file: PathBuf,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Verbs of `depot receipts`.
#[derive(Debug, Subcommand)]
pub(super) enum ReceiptsVerb {
    /// Write everything that was handed out and seen into one file
    Export {
        /// Where
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// A certificate that was never shown here, to be accounted for; may be given several times
        #[arg(long = "also", value_name = "CERT")]
        also: Vec<PathBuf>,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Init(args) => init(global, args, output),
        Verb::Show { certificate, place } => {
            let depot = open(global, place)?;
            let (certificate, digest) = depot.read(&papers::read(certificate)?)?;
            told::certificate(&certificate, digest, output);
            Ok(())
        }
        Verb::Check { certificate, evidence, place } => {
            let mut depot = open(global, place)?;
            let file = papers::read(certificate)?;
            let given = evidence.given(certificate)?;
            let checked = depot.check(&file, given.standing())?.with_something_left()?;
            told::checked(&checked, output);
            Ok(())
        }
        Verb::Nonce(args) => nonce(global, args, output),
        Verb::Release(args) => release(global, args, output),
        Verb::Close { certificate, place } => {
            let mut depot = open(global, place)?;
            let certificate = depot.close(&papers::read(certificate)?)?;
            told::closed(&certificate, output);
            Ok(())
        }
        Verb::Status { verb: None, place } => {
            let depot = open(global, place)?;
            told::depot(&depot, output)
        }
        Verb::Status { verb: Some(StatusVerb::Import { file }), place } => {
            let mut depot = open(global, place)?;
            let list = depot.take_status(&papers::read(file)?)?;
            told::status_list(&list, output);
            Ok(())
        }
        Verb::Officials(OfficialsVerb::Import { file, place }) => {
            let mut depot = open(global, place)?;
            let text = fs::read_to_string(file).map_err(io(file))?;
            let keys = depot.take_officials(&text)?;
            told::officials(keys, output);
            Ok(())
        }
        Verb::Receipts(ReceiptsVerb::Export { output: path, also, place }) => {
            let mut depot = open(global, place)?;
            let also: Result<Vec<Vec<u8>>, _> =
                also.iter().map(|file| papers::read(file)).collect();
            let bytes = depot.carry_back(&also?)?;
            fs::write(path, &bytes).map_err(io(path))?;
            told::carried(path, &bytes, output)
        }
        Verb::Clock { set_back, place } => {
            let now = Depot::set_clock_back(&place.folder, global.clock, set_back)?;
            told::clock(now, output);
            Ok(())
        }
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::unavailable(format!("{}: {error}", path.display()))
}

fn open(global: &Global, place: &PlaceArgs) -> Result<Depot, Failure> {
    Ok(Depot::open(&place.folder, global.clock)?)
}

fn init(global: &Global, args: &InitArgs, output: &mut Output) -> Result<(), Failure> {
    let now = match global.clock {
        Some(at) if args.exercise => at,
        Some(_) => return Err(Failure::usage("--clock is for exercises; add --exercise")),
        None => WallClock.now().map_err(|failed| Failure::unavailable(failed.to_string()))?,
    };
    let mut issuers = Vec::new();
    for path in &args.issuers {
        let line = fs::read_to_string(path).map_err(io(path))?;
        let key = PublicKey::from_openssh(line.trim_end());
        let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
        issuers.push(key.map_err(wrong)?.to_openssh());
    }
    let mut log = None;
    if let Some(path) = &args.log {
        let line = fs::read_to_string(path).map_err(io(path))?;
        let wrong = |error| Failure::usage(format!("{}: {error}", path.display()));
        let verifier: LogVerifier = line.trim_end().parse().map_err(wrong)?;
        log = Some(verifier.to_string());
    }
    let mut witnesses = None;
    if let Some(path) = &args.witnesses {
        super::log::trust(path)?;
        witnesses = Some(fs::read_to_string(path).map_err(io(path))?);
    }
    let officials = args.officials.as_ref();
    let officials = officials.map(|path| fs::read_to_string(path).map_err(io(path)));
    let settings = Settings {
        name: args.name.to_string(),
        exercise: args.exercise,
        issuers,
        log,
        witnesses,
        status_max_age_hours: args.status_max_age,
        certificate_only: args.allow_certificate_only,
        demanded: args.demanded.iter().map(ToString::to_string).collect(),
        applications: args.applications.iter().cloned().collect(),
        origins: args.origins.iter().cloned().collect(),
    };
    let opening = Opening { settings, officials: officials.transpose()?.unwrap_or_default(), now };
    let key = opening.make(&args.folder)?;
    told::made(&args.folder, &opening.settings, &key, output);
    Ok(())
}

/// What was given of the officials' decisions.
struct Given {
    evidence: Option<Vec<u8>>,
    certificate_only: bool,
}

impl EvidenceArgs {
    fn given(&self, certificate: &Path) -> Result<Given, Failure> {
        let mut beside = certificate.to_owned().into_os_string();
        beside.push(".evidence");
        let beside = PathBuf::from(beside);
        let path = match &self.evidence {
            Some(path) => Some(path),
            None if !self.certificate_only && beside.exists() => Some(&beside),
            None => None,
        };
        let evidence = path.map(|path| papers::read(path)).transpose()?;
        Ok(Given { evidence, certificate_only: self.certificate_only })
    }
}

impl Given {
    fn standing(&self) -> Standing<'_> {
        match &self.evidence {
            Some(evidence) => Standing::Evidence(evidence),
            None if self.certificate_only => Standing::CertificateOnly,
            None => Standing::Nothing,
        }
    }
}

fn nonce(global: &Global, args: &NonceArgs, output: &mut Output) -> Result<(), Failure> {
    let mut depot = open(global, &args.place)?;
    let file = papers::read(&args.certificate)?;
    let given = args.evidence.given(&args.certificate)?;
    let nonce = Nonce(super::desk::random()?);
    let offered = depot.offer(&file, args.quantity, given.standing(), nonce)?;
    fs::write(&args.output, &offered.text).map_err(io(&args.output))?;
    told::offered(&offered, &args.output, output);
    Ok(())
}

fn release(global: &Global, args: &ReleaseArgs, output: &mut Output) -> Result<(), Failure> {
    let mut depot = open(global, &args.place)?;
    let file = papers::read(&args.certificate)?;
    let given = args.evidence.given(&args.certificate)?;
    let text = papers::read(&args.proof)?;
    let mut beside = args.proof.clone().into_os_string();
    beside.push(".sig");
    let beside = PathBuf::from(beside);
    let signature = fs::read_to_string(&beside).map_err(io(&beside))?;
    let proof = (text.as_slice(), signature.as_str());
    if global.dry_run {
        let checked = depot.check(&file, given.standing())?.with_something_left()?;
        output.only_would();
        told::checked(&checked, output);
        return Ok(());
    }
    let handed = depot.hand_out(&file, args.quantity, given.standing(), proof)?;
    told::handed_out(&handed, output);
    Ok(())
}

//! `witness …`: seeing that the logs of others only grow.

mod comparing;

use super::Failure;
use super::Global;
use super::output::Output;
use super::serve::{LogForm, begin_log};
use crate::clock::{Entropy as _, SystemEntropy, WallClock};
use crate::server::running;
use crate::witness::{Folder, Keeper, Reply, WitnessError, serve};
use clap::{Args, Subcommand};
use countersign_proof::LogVerifier;
use countersign_proof::witness::Refusal;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Verbs of `witness`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a witness: its key, and a memory of nothing
    Init(InitArgs),
    /// Watch one more log
    Watch(WatchArgs),
    /// Serve the witness over HTTP (C2SP tlog-witness)
    Serve(ServeArgs),
    /// Cosign a request that came as a file
    Sign(SignArgs),
    /// Show what it watches and what it cosigned last
    Status(StatusArgs),
    /// Compare two checkpoints of one log; prove it where they are of two histories
    Compare(comparing::CompareArgs),
    /// Check such a proof
    CheckMisbehaviour(comparing::CheckArgs),
}

/// `witness init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  countersign witness init --dir W --name witness.example/north\n\n\
                        Give the line that it prints to those who shall rely on this witness. The \
                        folder holds its secret key and its memory; a copy of the memory must \
                        never be brought back, for a witness that forgot what it cosigned can be \
                        shown a second history."
)]
pub(super) struct InitArgs {
    /// The folder of the witness
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Its name: a URL without https:// that tells it from all others
    #[arg(long)]
    name: String,
    /// A log to watch, as its key is written; may be given several times
    #[arg(long, value_name = "VKEY")]
    log: Vec<LogVerifier>,
}

/// `witness watch`.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The folder of the witness
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The key of the log: `name+hash+base64`
    #[arg(value_name = "VKEY")]
    log: LogVerifier,
}

/// `witness serve`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  countersign witness serve --dir W --listen 127.0.0.1:8700\n\n\
                        TLS is for a proxy before it. SIGTERM stops it: what is under way is \
                        answered first.")]
pub(super) struct ServeArgs {
    /// The folder of the witness
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8700", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// How to write the log of the server, to standard error
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,
}

/// `witness sign`.
#[derive(Debug, Args)]
#[command(after_help = "The request is what `countersign log request-cosignature` writes; the \
                        answer is for `countersign log cosign`. Where the request starts from \
                        another size than was cosigned last, that size is told.")]
pub(super) struct SignArgs {
    /// The folder of the witness
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The request
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// Write the answer here instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `witness status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The folder of the witness
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        let message = error.to_string();
        match error {
            WitnessError::Damaged { .. } | WitnessError::RolledBack { .. } => {
                Self::Integrity(message)
            }
            WitnessError::Key(_) | WitnessError::Logs { .. } => Self::Usage(message),
            WitnessError::Exists(_) => Self::Refused { code: "witness/exists".to_owned(), message },
            WitnessError::Io { .. } | WitnessError::Locked(_) => Self::Unavailable(message),
        }
    }
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Init(args) => init(global, args, output),
        Verb::Watch(args) => watch(global, args, output),
        Verb::Serve(args) => serve_it(global, args, output),
        Verb::Sign(args) => sign(global, args, output),
        Verb::Status(args) => status(args, output),
        Verb::Compare(args) => comparing::compare(global, args, output),
        Verb::CheckMisbehaviour(args) => comparing::check(args, output),
    }
}

fn no_dry_run(global: &Global) -> Result<(), Failure> {
    if global.dry_run {
        return Err(Failure::usage("this command cannot be tried with --dry-run"));
    }
    Ok(())
}

fn init(global: &Global, args: &InitArgs, output: &mut Output) -> Result<(), Failure> {
    no_dry_run(global)?;
    if args.name.contains("://") {
        let why = "the name of a witness is written without https://, as in witness.example/north";
        return Err(Failure::usage(why));
    }
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed).map_err(|failed| Failure::unavailable(failed.to_string()))?;
    let folder = Folder::at(&args.dir);
    let key = folder.create(&args.name, seed)?;
    for log in &args.log {
        folder.watch(log)?;
    }
    output.value(&json!({ "witness": key.verifier().to_string(), "folder": args.dir }));
    output.line(&key.verifier().to_string());
    Ok(())
}

fn watch(global: &Global, args: &WatchArgs, output: &mut Output) -> Result<(), Failure> {
    no_dry_run(global)?;
    let folder = Folder::at(&args.dir);
    folder.verifier()?;
    let is_new = folder.watch(&args.log)?;
    output.value(&json!({ "log": args.log.to_string(), "new": is_new }));
    let word = if is_new { "is watched from now on" } else { "was watched already" };
    output.line(&format!("The log {} {word}.", args.log.name()));
    Ok(())
}

fn serve_it(global: &Global, args: &ServeArgs, output: &mut Output) -> Result<(), Failure> {
    no_dry_run(global)?;
    let folder = Folder::at(&args.dir);
    let key = folder.verifier()?;
    let listener = running::listen(args.listen)?;
    let at = listener.local_addr().map_err(|error| Failure::unavailable(error.to_string()))?;
    begin_log(args.log);
    let keeper = Keeper::start(folder, Box::new(WallClock))?;
    output.value_now(&json!({ "url": format!("http://{at}"), "witness": key.to_string() }));
    output.line(&format!("Serving {key} at http://{at}."));
    serve(keeper, &key, listener)?;
    output.line("Stopped; everything that was cosigned is remembered.");
    Ok(())
}

fn refused(refusal: &Refusal) -> Failure {
    let (code, message) = (refusal.code(), refusal.to_string());
    match refusal {
        Refusal::Malformed(_) => Failure::Malformed { code, message },
        Refusal::UnknownLog(_)
        | Refusal::Unsigned(_)
        | Refusal::Shrinking { .. }
        | Refusal::Forgotten { .. }
        | Refusal::Stale { .. }
        | Refusal::OtherRoot { .. }
        | Refusal::Inconsistent(_) => Failure::Refused { code: code.to_owned(), message },
    }
}

fn sign(global: &Global, args: &SignArgs, output: &mut Output) -> Result<(), Failure> {
    let at = |error: std::io::Error| {
        Failure::unavailable(format!("{}: {error}", args.request.display()))
    };
    let body = std::fs::read(&args.request).map_err(at)?;
    let folder = Folder::at(&args.dir);
    if global.dry_run {
        Keeper::try_one(folder, Box::new(WallClock), &body)?
            .map_err(|refusal| refused(&refusal))?;
        output.only_would();
        output.value(&json!({ "cosigned": true }));
        output.line("A cosignature.");
        return Ok(());
    }
    match Keeper::answer_one(folder, Box::new(WallClock), &body)? {
        Reply::Cosigned(lines) => {
            output.value(&json!({ "cosigned": true, "answer": lines }));
            match &args.out {
                Some(path) => {
                    std::fs::write(path, &lines).map_err(at)?;
                    output.line(&format!("Cosigned; the answer is in {}.", path.display()));
                    Ok(())
                }
                None if output.is_json() => Ok(()),
                None => output.raw(lines.as_bytes()),
            }
        }
        Reply::Refused(refusal) => Err(refused(&refusal)),
        Reply::Unavailable(why) => Err(Failure::unavailable(why)),
    }
}

fn status(args: &StatusArgs, output: &mut Output) -> Result<(), Failure> {
    let folder = Folder::at(&args.dir);
    let (key, logs) = (folder.verifier()?, folder.logs()?);
    let (memory, proofs) = (folder.memory()?, folder.proofs()?);
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for log in &logs {
        let last = memory.of(log.name());
        let size = last.map(|seen| seen.checkpoint.size);
        let root = last.map(|seen| seen.checkpoint.root.to_string());
        let time = last.map(|seen| seen.time.to_string());
        let twin = logs.iter().filter(|other| other.name() == log.name()).count() > 1;
        let key = log.to_string();
        let shown = if twin {
            key.split('+').take(2).collect::<Vec<_>>().join("+")
        } else {
            log.name().to_owned()
        };
        rows.push(vec![
            shown,
            size.map_or_else(|| "nothing yet".to_owned(), |size| size.to_string()),
            time.clone().unwrap_or_default(),
        ]);
        values.push(json!({
            "log": key, "size": size, "root": root, "time": time,
        }));
    }
    output.value(&json!({
        "witness": key.to_string(), "logs": values, "misbehaviour": proofs,
    }));
    output.line(&key.to_string());
    output.table(&["log", "cosigned", "at"], &rows);
    for proof in &proofs {
        output.line(&format!("A log showed two histories: {}", proof.display()));
    }
    Ok(())
}

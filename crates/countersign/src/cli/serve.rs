//! `serve`: the web and API doors of a ledger.

use super::output::Output;
use super::{Failure, Global};
use crate::clock::{RunningClock, ServedClock, SystemEntropy};
use crate::opening::open_writer;
use crate::server::running::{self, ServeError};
use crate::server::settings::{Origin, Settings, Tls};
use crate::writer::Writer;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;

/// `serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  countersign --ledger D serve\n  \
                  countersign --ledger D serve --listen 0.0.0.0:443 \\\n    \
                  --origin https://ledger.example --tls-cert cert.pem --tls-key key.pem\n\n\
                  The origin must be one that the ledger's charter lists (in the pack, \
                  [signing] in pack.toml): passkeys count only from there. SIGTERM stops the \
                  server: what is under way is answered first.")]
pub(super) struct ServeArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8600", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// What browsers call this server; http://localhost with the port, if not given
    #[arg(long, value_name = "URL")]
    origin: Option<Origin>,
    /// The TLS certificate chain, PEM; none behind a proxy that has one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// How to write the log of the server, to standard error
    #[arg(long, value_enum, default_value_t = LogForm::Text)]
    log: LogForm,
}

/// How the server's log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// A line of words for each event.
    Text,
    /// A JSON object for each event.
    Json,
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::unavailable(error.to_string())
    }
}

/// Begins to write the server's log to standard error; `RUST_LOG` chooses what of it.
pub(crate) fn begin_log(form: LogForm) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It fails only where another log has begun already, which then goes on.
    let _ = match form {
        LogForm::Text => log.try_init(),
        LogForm::Json => log.json().try_init(),
    };
}

pub(super) fn serve(global: &Global, args: &ServeArgs, output: &mut Output) -> Result<(), Failure> {
    if global.dry_run {
        return Err(Failure::usage("a server cannot be tried with --dry-run"));
    }
    let location = global.location()?;
    let listener = running::listen(args.listen)?;
    let port = listener.local_addr().map_err(ServeError::Failed)?.port();
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    let settings = Settings {
        listen: args.listen,
        origin: args.origin.clone().unwrap_or_else(|| Origin::localhost(port)),
        tls: tls.map(|(certificate, key)| Tls { certificate, key }),
    };
    let opened = open_writer(location)?;
    let clock = match global.clock {
        Some(_) if !opened.state.ledger.exercise => {
            return Err(Failure::usage("--clock is for exercises; this ledger is none"));
        }
        Some(at) => ServedClock::Running(RunningClock::new(at)),
        None if opened.state.ledger.exercise => {
            ServedClock::Running(RunningClock::new(opened.state.ledger.clock))
        }
        None => ServedClock::Wall,
    };
    let writer = Writer::start(opened, Box::new(clock), Box::new(SystemEntropy))?;
    open_door(&writer, &settings.origin)?;
    begin_log(args.log);
    output.value(&json!({ "url": settings.origin.to_string() }));
    output.line(&format!("Serving {location} at {}.", settings.origin));
    running::run(writer, location, clock, &settings, listener, |_| ())?;
    output.line("Stopped; everything that was answered is recorded.");
    Ok(())
}

/// Puts on record which script the signing page has, where it is not there already.
pub(crate) fn open_door(writer: &Writer, origin: &Origin) -> Result<(), Failure> {
    use crate::server::assets::signing_script;
    use crate::writer::{Asked, Submission};
    use countersign_core::ledger::Command;
    use countersign_proof::words::CommandId;
    let (origin, script) = (origin.to_string(), signing_script());
    let command = Command::OpenDoor { origin, script };
    let id = CommandId(super::desk::random()?);
    let asked = Asked::Command(Box::new(command.into()));
    let receipt = writer.submit(Submission { id, by: None, asked })?;
    match Failure::of(&receipt.answer) {
        Err(Failure::Refused { code, .. }) if code == "ledger/door-known" => Ok(()),
        answered => answered.map(|_| ()),
    }
}

//! `serve`: the web and API doors of a ledger.

use super::output::Output;
use super::{Failure, Global, faulty_pack};
use crate::clock::{ServedClock, SystemEntropy};
use crate::node::{Node, NodeUrl, Place};
use crate::opening::{check_log_key, log_seed, open_writer};
use crate::pack::{ZoneShape, read_zones};
use crate::server::nodes::{Peers, read_authorities};
use crate::server::notices::Notices;
use crate::server::oidc::{Oidc, OidcSettings};
use crate::server::running::{self, ServeError};
use crate::server::settings::{Origin, Settings};
use crate::writer::Writer;
use clap::{Args, ValueEnum};
use countersign_core::State;
use countersign_proof::words::ZoneId;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  countersign --ledger D serve\n  \
                  countersign --ledger D serve --zones D/pack/zones.geojson \\\n    \
                  --notices notices.toml\n  \
                  countersign --ledger D serve --listen 0.0.0.0:443 \\\n    \
                  --origin https://ledger.example --tls-cert cert.pem --tls-key key.pem\n  \
                  countersign --ledger 'postgres://app@db1,db2/l?folder=/srv/l' \\\n    \
                  serve --origin https://ledger.example --listen 10.0.0.1:8600 \\\n    \
                  --node http://10.0.0.1:8600\n\n\
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
    /// Who else may say who somebody is: a TOML file with issuer, title, client_id,
    /// client_secret_file and [people]; such sessions can look and never act
    #[arg(long, value_name = "FILE")]
    oidc: Option<PathBuf>,
    /// The outlines of the zones, for the map on the pages: a pack's zones.geojson
    #[arg(long, value_name = "FILE")]
    zones: Option<PathBuf>,
    /// Whom to tell of what happens, by webhook and e-mail: a TOML file, as docs/notices.md has it
    #[arg(long, value_name = "FILE")]
    notices: Option<PathBuf>,
    /// Serve as one of several nodes of a PostgreSQL ledger, which the others reach at this URL: it
    /// writes while no other does, and otherwise follows
    #[arg(long, value_name = "URL")]
    node: Option<NodeUrl>,
    /// The authorities that signed the TLS certificates of the nodes, PEM; those of the system, if
    /// not given
    #[arg(long, value_name = "FILE", requires = "node")]
    node_ca: Option<PathBuf>,
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
    let oidc = open_oidc(args.oidc.as_deref())?;
    let zones = args.zones.as_deref().map(read_zones).transpose();
    let zones = zones.map_err(|faults| faulty_pack(&faults))?.unwrap_or_default();
    let notices = open_notices(args.notices.as_deref(), location)?;
    let tls = args.tls_cert.as_ref().zip(args.tls_key.as_ref());
    let tls = tls.map(|(certificate, key)| running::open_tls(certificate, key)).transpose();
    let mut settings = Settings {
        origin: args.origin.clone().unwrap_or_else(|| Origin::localhost(port)),
        tls: tls.map_err(Failure::usage)?,
        oidc,
        zones,
        notices,
        peers: None,
    };
    begin_log(args.log);
    let (writer, clock) = match &args.node {
        Some(url) => join(global, url, args.node_ca.as_deref(), &mut settings)?,
        None => start(global, &settings)?,
    };
    output.value_now(&json!({ "url": settings.origin.to_string() }));
    output.line(&format!("Serving {location} at {}.", settings.origin));
    running::run(writer, location, clock, settings, listener, |_| ())?;
    output.line("Stopped; everything that was answered is recorded.");
    Ok(())
}

/// Starts the only process that serves the ledger.
fn start(global: &Global, settings: &Settings) -> Result<(Writer, ServedClock), Failure> {
    let opened = open_writer(global.location()?)?;
    let clock = check(global, settings, &opened.state)?;
    let writer = Writer::start(opened, Box::new(clock), Box::new(SystemEntropy))?;
    running::open_door(&writer, &settings.origin)?;
    Ok((writer, clock))
}

/// Starts one of several.
fn join(
    global: &Global,
    url: &NodeUrl,
    authorities: Option<&Path>,
    settings: &mut Settings,
) -> Result<(Writer, ServedClock), Failure> {
    let location = global.location()?;
    if !countersign_store::is_apart(location) {
        return Err(Failure::usage(
            "--node is for a ledger that several machines reach: a PostgreSQL database; \
             `countersign ledger copy` takes this one there",
        ));
    }
    running::choose_cryptography();
    let authorities = authorities.map(read_authorities).transpose().map_err(Failure::usage)?;
    let peers = Peers::new(&log_seed(location)?, authorities);
    settings.peers = Some(peers.map_err(Failure::unavailable)?);
    let place = Place::new(location, url.clone(), global.clock);
    let node = Node::join(Box::new(place.clone()))?;
    let clock = node.reader().read(|state| {
        check(global, settings, state)?;
        let origin = settings.origin.to_string();
        if !state.ledger.signing.origins.contains(&origin) {
            return Err(Failure::usage(format!(
                "--origin: {origin} is none of the origins that the charter names, from which \
                 alone passkeys count; give one of those"
            )));
        }
        check_log_key(location, state)?;
        Ok::<_, Failure>(place.clock(state))
    })?;
    Ok((Writer::join(node)?, clock))
}

/// Checks what was given against the ledger, and gives the clock it is served by.
fn check(global: &Global, settings: &Settings, state: &State) -> Result<ServedClock, Failure> {
    check_zones(&settings.zones, state)?;
    if global.clock.is_some() && !state.ledger.exercise {
        return Err(Failure::usage("--clock is for exercises; this ledger is none"));
    }
    Ok(ServedClock::of(state, global.clock))
}

/// Checks that the zones on the map are those of the ledger.
fn check_zones(shapes: &[ZoneShape], state: &State) -> Result<(), Failure> {
    let known = &state.policy.world().zones;
    for shape in shapes {
        let (id, within) = (&shape.zone.id, &shape.zone.within);
        let Some(zone) = known.get(id) else {
            return Err(Failure::usage(format!(
                "--zones: the ledger declares no zone {id}; take the zones.geojson of the pack \
                 that it was founded from"
            )));
        };
        if zone.within != *within {
            let said = |of: &Option<ZoneId>| of.as_ref().map_or("none".into(), ToString::to_string);
            return Err(Failure::usage(format!(
                "--zones: {id} lies in {}, but in the file in {}; take the zones.geojson of the \
                 pack that the ledger was founded from",
                said(&zone.within),
                said(within)
            )));
        }
    }
    Ok(())
}

/// Makes ready for the sign-in of another organisation, where the operator has named one.
pub(crate) fn open_oidc(file: Option<&Path>) -> Result<Option<Arc<Oidc>>, Failure> {
    let Some(file) = file else { return Ok(None) };
    running::choose_cryptography();
    let settings = OidcSettings::read(file).map_err(Failure::usage)?;
    Ok(Some(Arc::new(Oidc::new(settings).map_err(Failure::usage)?)))
}

/// Makes ready to tell of what happens, where the operator has named somebody.
pub(crate) fn open_notices(
    file: Option<&Path>,
    location: &str,
) -> Result<Option<Notices>, Failure> {
    let Some(file) = file else { return Ok(None) };
    running::choose_cryptography();
    Notices::read(file, location).map(Some).map_err(Failure::usage)
}

//! Running. Answers: *how does the server start, and how does it stop without losing anything?*

use super::assets::signing_script;
use super::settings::{Origin, Settings};
use super::{App, guard, router};
use crate::cli::Failure;
use crate::clock::{ServedClock, SystemEntropy, random16};
use crate::node::Standing;
use crate::writer::{Asked, Submission, Unavailable, Writer};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use countersign_core::{ledger, next_due};
use countersign_proof::words::CommandId;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// How long requests under way may take once the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// How often what is due is looked for.
const TICK: Duration = Duration::from_millis(500);

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen at {listen}: {error}; choose another with --listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// Nobody can be told of what happens.
    #[error("notices: {0}")]
    Notices(String),
    /// The runtime or the connection failed.
    #[error("the server failed: {0}")]
    Failed(#[from] std::io::Error),
    /// The writer has stopped.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Chooses the cryptography of TLS connections, for the whole process.
pub(crate) fn choose_cryptography() {
    // It may have been chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Makes ready to serve over TLS.
///
/// # Errors
/// What is wrong with the files, and what to do; nothing of a key is repeated.
pub(crate) fn open_tls(certificate: &Path, key: &Path) -> Result<RustlsConfig, String> {
    choose_cryptography();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(RustlsConfig::from_pem_file(certificate, key)).map_err(|error| {
        format!(
            "the TLS certificate {} with the key {} cannot be used: {error}; give a certificate \
             chain and the private key that belongs to it, both PEM",
            certificate.display(),
            key.display()
        )
    })
}

/// Takes the address, so that nothing else can have it before the ledger is ready.
///
/// # Errors
/// [`ServeError::Listen`] when it is taken already.
pub(crate) fn listen(listen: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener =
        TcpListener::bind(listen).map_err(|error| ServeError::Listen { listen, error })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves the ledger until the process is told to stop (SIGINT or SIGTERM); then answers what is
/// under way, lets the writer drain, and returns. `started` is called with what handlers are given,
/// before the first request.
///
/// # Errors
/// [`ServeError`] when it cannot run.
pub(crate) fn run(
    writer: Writer,
    location: &str,
    clock: ServedClock,
    mut settings: Settings,
    listener: TcpListener,
    started: impl FnOnce(&App),
) -> Result<(), ServeError> {
    choose_cryptography();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (stop, stopping) = watch::channel(false);
    let app = App::new(&writer, location, clock, &mut settings, stopping)?;
    started(&app);
    let served = runtime.block_on(serve(&app, settings, listener, &stop));
    app.close();
    drop(app);
    // Streams and sleepers end here; every command that was taken has its answer by now.
    runtime.shutdown_timeout(Duration::from_secs(5));
    writer.stop();
    served
}

async fn serve(
    app: &App,
    settings: Settings,
    listener: TcpListener,
    stop: &watch::Sender<bool>,
) -> Result<(), ServeError> {
    let handle = Handle::new();
    guard::begin_counting();
    let notices = settings.notices.map(|notices| notices.start(app)).transpose();
    let notices = notices.map_err(ServeError::Notices)?;
    let ticking = tokio::spawn(tick(app.clone()));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let control = handle.clone();
    let until = async {
        stopped().await;
        tracing::info!("stopping: what is under way is answered first");
        // Whoever holds the receiver may have gone.
        let _ = stop.send(true);
        control.graceful_shutdown(Some(GRACE));
        std::future::pending::<()>().await;
    };
    let serving = async {
        match settings.tls {
            Some(config) => {
                let server = axum_server::from_tcp_rustls(listener, config)?;
                Ok(server.handle(handle).serve(service).await?)
            }
            None => Ok(axum_server::from_tcp(listener)?.handle(handle).serve(service).await?),
        }
    };
    let served = tokio::select! {
        served = serving => served,
        () = until => Ok(()),
    };
    ticking.abort();
    if let Some(notices) = notices {
        // The server may have ended by itself; then nobody else has said so.
        let _ = stop.send(true);
        notices.end().await;
    }
    served
}

/// Resolves once the process is told to stop.
pub(crate) async fn stopped() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Puts on record which script the signing page has, where it is not there already.
///
/// # Errors
/// [`Failure`] when it cannot be recorded.
pub(crate) fn open_door(writer: &Writer, origin: &Origin) -> Result<(), Failure> {
    let bits = random16(&mut SystemEntropy).map_err(Unavailable::from)?;
    let asked = Asked::Command(Box::new(door_opened(origin).into()));
    let receipt = writer.submit(Submission { id: CommandId(bits), by: None, asked })?;
    match Failure::of(&receipt.answer) {
        Err(Failure::Refused { code, .. }) if code == DOOR_KNOWN => Ok(()),
        answered => answered.map(|_| ()),
    }
}

const DOOR_KNOWN: &str = "ledger/door-known";

fn door_opened(origin: &Origin) -> ledger::Command {
    ledger::Command::OpenDoor { origin: origin.to_string(), script: signing_script() }
}

/// The same for a node, once it writes; whether that is done.
async fn opens_door(app: &App) -> bool {
    if app.reader.standing() != Standing::Leads {
        return false;
    }
    match app.submit(None, None, door_opened(&app.origin)).await {
        Ok(_) => true,
        Err(problem) => {
            if problem.code != DOOR_KNOWN {
                tracing::error!(code = problem.code, "the signing page: {}", problem.detail);
            }
            // What a rule has refused is on record, and refused again each time.
            !problem.code.starts_with("door/")
        }
    }
}

/// Lets happen what is due, also while nobody asks for anything.
async fn tick(app: App) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // A process that serves alone has done so before it began.
    let mut door_open = app.peers.is_none();
    loop {
        ticks.tick().await;
        app.guards.tidy();
        door_open = door_open || opens_door(&app).await;
        let due = app.look(next_due);
        let now = app.now();
        if let (Some(due), Ok(now)) = (due, now)
            && due <= now
            && let Err(problem) = app.let_time_pass().await
        {
            tracing::error!(code = problem.code, "what is due cannot happen: {}", problem.detail);
        }
    }
}

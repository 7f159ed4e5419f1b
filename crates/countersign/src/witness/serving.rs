//! The door over HTTP: C2SP tlog-witness.

use super::keeper::{Hand, Keeper, Reply};
use crate::server::running::{ServeError, stopped};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum_server::Handle;
use countersign_proof::cosignature::WitnessVerifier;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::sync::oneshot;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The longest request that is read, in bytes: 63 hashes and 100 large signatures.
const LONGEST_BODY: usize = 1_010_000;
/// The longest a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long requests under way may take once the server stops.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Door {
    hand: Hand,
    about: Bytes,
}

/// Serves until the process is told to stop; what is under way is answered first.
pub(crate) fn serve(
    keeper: Keeper,
    key: &WitnessVerifier,
    listener: TcpListener,
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let Some(hand) = keeper.hand() else { return Ok(()) };
    let about = format!("A witness of transparency logs (C2SP tlog-witness).\n{key}\n");
    let door = Door { hand, about: about.into() };
    let routes = Router::new()
        .route("/", get(about_this))
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::new())
        .with_state(door);
    runtime.block_on(async {
        let handle = Handle::<SocketAddr>::new();
        let control = handle.clone();
        let stopping = async move {
            stopped().await;
            tracing::info!("stopping: what is under way is answered first");
            control.graceful_shutdown(Some(GRACE));
            std::future::pending::<()>().await;
        };
        let server = axum_server::from_tcp(listener)?.handle(handle);
        tokio::select! {
            served = server.serve(routes.into_make_service()) => served,
            () = stopping => Ok(()),
        }
    })?;
    runtime.shutdown_timeout(GRACE);
    drop(keeper);
    Ok(())
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response {
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, kind, body.into()).into_response()
}

const PLAIN: &str = "text/plain; charset=utf-8";

async fn about_this(State(door): State<Door>) -> Response {
    text(StatusCode::OK, PLAIN, door.about)
}

async fn add_checkpoint(State(door): State<Door>, body: Bytes) -> Response {
    let (sender, answer) = oneshot::channel();
    // Whoever asked may have gone; what was cosigned is remembered all the same.
    let taken = door.hand.hand_in(body.to_vec(), move |reply| drop(sender.send(reply)));
    if !taken {
        let busy = "too many requests wait; try again in a moment\n";
        return text(StatusCode::SERVICE_UNAVAILABLE, PLAIN, busy);
    }
    match answer.await {
        Ok(Reply::Cosigned(lines)) => text(StatusCode::OK, PLAIN, lines),
        Ok(Reply::Refused(refusal)) => {
            let status = StatusCode::from_u16(refusal.status());
            let (kind, body) = refusal.answer();
            text(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), kind, body)
        }
        Ok(Reply::Unavailable(why)) => {
            text(StatusCode::SERVICE_UNAVAILABLE, PLAIN, format!("{why}\n"))
        }
        Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, PLAIN, "the witness is stopping\n"),
    }
}

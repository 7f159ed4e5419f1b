//! What is refused before any handler runs. Answers: *did this come from where it says, in a size
//! and at a rate that can be served?*

use super::viewer::{Shown, token};
use super::{App, Problem, nodes};
use crate::node::Standing;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// The longest body that is read, in bytes.
pub(crate) const LONGEST_BODY: usize = 8 * 1024 * 1024;
/// The longest a request may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What pages may load and do: nothing but what comes from this server (CSP Level 3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' \
                      data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

/// Limits on attempts to sign in.
pub(crate) struct Guards {
    attempts: DefaultKeyedRateLimiter<String>,
}

impl Default for Guards {
    fn default() -> Self {
        let twenty = NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN);
        Self { attempts: RateLimiter::keyed(Quota::per_minute(twenty)) }
    }
}

impl Guards {
    /// Counts an attempt to sign in, by the person named; at most 20 in a minute.
    ///
    /// # Errors
    /// [`Problem`] with the seconds to wait.
    pub(crate) fn attempt(&self, whose: &str) -> Result<(), Problem> {
        let whose = whose.chars().take(80).collect();
        let Err(until) = self.attempts.check_key(&whose) else { return Ok(()) };
        let wait = until.wait_time_from(governor::clock::DefaultClock::default().now());
        let seconds = wait.as_secs().saturating_add(1);
        let detail = format!("too many attempts to sign in; try again in {seconds} s");
        Err(Problem::door(StatusCode::TOO_MANY_REQUESTS, "too-many-attempts", detail))
    }

    /// Forgets whoever has not tried for a while.
    pub(crate) fn tidy(&self) {
        self.attempts.retain_recent();
    }
}

/// Puts the guards around the doors; the last one added is the first to see a request.
pub(crate) fn around(doors: Router, app: &App) -> Router {
    let shrink = SizeAbove::new(1024).and(NotForContentType::const_new("text/event-stream"));
    doors
        .layer(from_fn_with_state(app.clone(), nodes::at_the_right_node))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(RequestBodyLimitLayer::new(LONGEST_BODY))
        .layer(axum::middleware::from_fn(too_long))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::custom(broken))
        .layer(from_fn_with_state(app.clone(), origin))
        .layer(CompressionLayer::new().compress_when(shrink))
        .layer(from_fn_with_state(app.clone(), headers))
        .layer(axum::middleware::from_fn(measure))
        .layer(TraceLayer::new_for_http().on_failure(()))
}

/// A handler that panics takes nobody else with it.
fn broken(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let detail = "something went wrong here; nothing was recorded unless you were told so";
    Problem::door(StatusCode::INTERNAL_SERVER_ERROR, "broken", detail).into_response()
}

/// What is told of a body that is too long before anybody has read it.
async fn too_long(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let plain = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && plain {
        let detail = "the body is longer than 8 MiB; send less at once";
        return Problem::door(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response();
    }
    response
}

/// Refuses what was sent to another name, and what another site has made a browser send.
async fn origin(State(app): State<App>, request: Request, next: Next) -> Response {
    match foreign(&app, &request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

fn foreign(app: &App, request: &Request) -> Option<Problem> {
    let path = request.uri().path();
    let open = path.starts_with("/health/") || path == "/metrics";
    let header =
        |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let named = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = header(header::HOST).or(named);
    if !open && host != Some(app.origin.authority().as_str()) {
        let detail = format!("open {} instead", app.origin);
        return Some(Problem::door(StatusCode::MISDIRECTED_REQUEST, "other-host", detail));
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || matches!(token(app, request.headers()), Some((_, Shown::Bearer))) {
        return None;
    }
    let ours = match (header(HeaderName::from_static("sec-fetch-site")), header(header::ORIGIN)) {
        (Some(site), _) if site != "same-origin" && site != "none" => false,
        (_, Some(from)) => from == app.origin.to_string(),
        // Neither header: no browser of today, so nobody's cookie was borrowed.
        (_, None) => true,
    };
    let detail = "another site has sent this; open the page here and send it from there";
    (!ours).then(|| Problem::door(StatusCode::FORBIDDEN, "other-site", detail))
}

/// What every answer says to the browser about itself.
async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    say(header::CONTENT_SECURITY_POLICY, POLICY);
    say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(header::X_FRAME_OPTIONS, "DENY");
    say(header::REFERRER_POLICY, "same-origin");
    say(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    say(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    say(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), \
         publickey-credentials-create=(self)",
    );
    say(header::CACHE_CONTROL, "no-store");
    if app.origin.is_secure() {
        say(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    response
}

fn recorder() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

/// Keeps count from now on of whatever is counted.
pub(crate) fn begin_counting() {
    recorder();
}

/// Counts requests and their times, and logs those that failed here, by route and not by address,
/// which may hold what opens a session. Whoever asks for a node's health is told, and does so every
/// second: that is no failure.
async fn measure(request: Request, next: Next) -> Response {
    begin_counting();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let method = request.method().to_string();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    if response.status().is_server_error() && !route.starts_with("/health/") {
        tracing::error!(method, route, status, "a request failed here");
    }
    let labels = [("route", route), ("method", method), ("status", status)];
    counter!("countersign_http_requests_total", &labels).increment(1);
    histogram!("countersign_http_request_seconds", &labels).record(started.elapsed());
    response
}

/// The metrics, in the text format of Prometheus.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let Some(recorder) = recorder() else {
        return Problem::unavailable("the metrics cannot be kept").into_response();
    };
    let whole = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    let (open, live, entries) = app.reader.read_at(|state, size| {
        (state.requests.open().count(), state.requests.live().count(), size)
    });
    let entries = usize::try_from(entries).unwrap_or(usize::MAX);
    gauge!("countersign_entries").set(whole(entries));
    gauge!("countersign_requests_open").set(whole(open));
    gauge!("countersign_releases_live").set(whole(live));
    let (leads, size) = match app.reader.standing() {
        Standing::Leads => (1.0, 0),
        Standing::Follows { size, .. } => (0.0, usize::try_from(size).unwrap_or(usize::MAX)),
        Standing::Halted { .. } => (-1.0, 0),
    };
    gauge!("countersign_node_writes").set(leads);
    gauge!("countersign_node_behind_entries").set(whole(size.saturating_sub(entries)));
    gauge!("countersign_sessions").set(whole(app.sessions.count()));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4");
    ([(header::CONTENT_TYPE, kind)], recorder.render()).into_response()
}

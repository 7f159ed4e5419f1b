//! Several nodes. Answers: *who takes what comes in here, and how does that one know whose it is?*
//!
//! Every node shows what is recorded. What would change something goes on to the node that writes,
//! with a voucher: whose session it came through here, for this one request and for a minute, under
//! a key that only holders of the log's key can make. A session approves nothing, so a voucher does
//! not either: what people sign is verified where it is recorded. The answer is held back until
//! this node shows what it tells of, so that people read their own writes.

use super::assets;
use super::sessions::{How, Session};
use super::viewer::{self, Shown};
use super::{App, Problem, Viewer};
use crate::clock::{Clock as _, WallClock};
use crate::node::Standing;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::people::Authority;
use countersign_proof::words::PersonId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Certificate, Client};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::path::Path;
use std::time::Duration;

/// How many entries an answer is the answer after.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("countersign-position");
/// How many entries must be shown here before this is answered.
const WAIT_FOR: HeaderName = HeaderName::from_static("countersign-wait-for");
/// Whose request another node hands on.
const VOUCHER: HeaderName = HeaderName::from_static("countersign-voucher");

/// Says of a request that a node has handed it on; it goes no further.
const HANDED_ON: HeaderName = HeaderName::from_static("countersign-handed-on");

/// How long somebody who asks for a position waits for it.
const WAIT: Duration = Duration::from_secs(10);
/// How long the answer of the writer is held back until this node shows what it tells of.
const HOLD: Duration = Duration::from_secs(5);
/// How long the writer may take to be reached, and then to say something.
const REACHED: Duration = Duration::from_secs(2);
const SILENT: Duration = Duration::from_secs(30);
/// How long a voucher holds, in milliseconds: the clocks of two nodes may differ.
const VOUCHED_FOR: u64 = 60_000;

/// Headers that concern one connection (RFC 9110 §7.6.1), or that are made anew.
const OF_A_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    VOUCHER,
    HANDED_ON,
];

/// What a voucher holds for besides method, path and body: headers that say what a command is.
const BOUND: [HeaderName; 3] =
    [HeaderName::from_static("idempotency-key"), header::IF_MATCH, header::CONTENT_TYPE];

/// What nodes know each other by.
pub(crate) struct Peers {
    key: [u8; 32],
    client: Client,
}

/// Reads the authorities by which nodes know each other over TLS: PEM certificates.
///
/// # Errors
/// What is wrong with the file, and what belongs there.
pub(crate) fn read_authorities(file: &Path) -> Result<Vec<Certificate>, String> {
    let shown = file.display();
    let wanted = "give the certificates of the authorities that signed those of the nodes, PEM";
    let pem = std::fs::read(file).map_err(|error| format!("{shown}: {error}; {wanted}"))?;
    let found = Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("{shown} holds no certificates: {error}; {wanted}"))?;
    if found.is_empty() {
        Err(format!("{shown} holds no certificate; {wanted}"))
    } else {
        Ok(found)
    }
}

/// A session as one node tells another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Voucher {
    person: PersonId,
    /// The key that opened the session, if one did.
    key: Option<String>,
    how: How,
    csrf: String,
    by_cookie: bool,
    /// Milliseconds since 1970.
    until: u64,
}

impl Peers {
    /// The peers of a node whose log is signed with the key of this seed. Where they answer over
    /// TLS, `authorities` are believed and no others; none given, those of the system are.
    ///
    /// # Errors
    /// Why its connections cannot be made.
    pub(crate) fn new(
        seed: &[u8; 32],
        authorities: Option<Vec<Certificate>>,
    ) -> Result<Self, String> {
        let key = mac(seed, &[b"countersign nodes/v1"]).ok_or("no key can be made of the log's")?;
        let key = key.finalize().into_bytes().into();
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(REACHED)
            .read_timeout(SILENT)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
        if let Some(authorities) = authorities {
            client = client.tls_certs_only(authorities);
        }
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { key, client })
    }

    fn voucher(&self, viewer: &Viewer, bound: &[&[u8]]) -> Result<HeaderValue, Problem> {
        let now = WallClock.now().map_err(|failed| Problem::unavailable(failed.to_string()))?;
        let session = &viewer.session;
        let voucher = Voucher {
            person: session.person.clone(),
            key: session.authority.as_ref().map(|authority| authority.key.to_string()),
            how: session.how,
            csrf: session.csrf.clone(),
            by_cookie: viewer.shown == Shown::Cookie,
            until: now.millis().saturating_add(VOUCHED_FOR),
        };
        let said = serde_json::to_vec(&voucher)
            .map_err(|error| Problem::unavailable(error.to_string()))?;
        let mark = mac(&self.key, &[bound, &[&said]].concat());
        let mark = mark.ok_or_else(|| Problem::unavailable("the nodes have no key"))?;
        let mark = mark.finalize().into_bytes();
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(&said), URL_SAFE_NO_PAD.encode(mark));
        HeaderValue::from_str(&text).map_err(|error| Problem::unavailable(error.to_string()))
    }

    /// The session that a node vouches for; none where the voucher is not of one, is for something
    /// else or has run out.
    fn vouched(&self, voucher: &HeaderValue, bound: &[&[u8]]) -> Option<Viewer> {
        let (said, mark) = voucher.to_str().ok()?.split_once('.')?;
        let (said, mark) = (URL_SAFE_NO_PAD.decode(said).ok()?, URL_SAFE_NO_PAD.decode(mark).ok()?);
        mac(&self.key, &[bound, &[&said]].concat())?.verify_slice(&mark).ok()?;
        let voucher: Voucher = serde_json::from_slice(&said).ok()?;
        if WallClock.now().ok()?.millis() > voucher.until {
            return None;
        }
        let key = voucher.key.map(|key| key.parse()).transpose().ok()?;
        let authority = key.map(|key| Authority { person: voucher.person.clone(), key });
        let session = Session::vouched(voucher.person, authority, voucher.how, voucher.csrf);
        let shown = if voucher.by_cookie { Shown::Cookie } else { Shown::Bearer };
        Some(Viewer { session, token: String::new(), shown })
    }
}

/// HMAC-SHA-256 (RFC 2104) over the parts, each with its length before it, so that no two lists of
/// parts give the same bytes.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    Some(mac)
}

/// What every request passes: it is answered here, or goes on to the node that writes.
pub(crate) async fn at_the_right_node(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    match arrive(&app, request, next).await {
        Ok(mut response) => {
            let position = HeaderValue::from(app.reader.position());
            response.headers_mut().entry(POSITION).or_insert(position);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

async fn arrive(app: &App, request: Request, next: Next) -> Result<Response, Problem> {
    let standing = app.reader.standing();
    let path = request.uri().path();
    if !is_about_the_node(path) {
        if let Standing::Halted { why } = &standing {
            let detail = format!("this node has halted, and shows nothing: {why}");
            return Err(Problem::door(StatusCode::SERVICE_UNAVAILABLE, "halted", detail));
        }
        wait_for(app, request.headers()).await?;
    }
    let Some(peers) = &app.peers else { return Ok(next.run(request).await) };
    if let Standing::Follows { place, lost, .. } = standing
        && belongs_to_the_writer(app, &request)
    {
        // A node that hands on to this one does not know yet who writes now.
        let place = place.filter(|_| !request.headers().contains_key(HANDED_ON));
        let place = place.ok_or_else(|| {
            let why = lost.map(|why| format!(": {why}")).unwrap_or_default();
            Problem::unavailable(format!(
                "which node writes is not known here at the moment{why}; send the same again in a \
                 moment, or to another node"
            ))
        })?;
        return hand_on(app, peers, &place, request).await;
    }
    let Some(voucher) = request.headers().get(VOUCHER).cloned() else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = whole(request).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let viewer = peers.vouched(&voucher, &bound(&parts.method, path, &parts.headers, &body));
    let detail = "the voucher of another node is not for this request, or too old; set the clocks \
                  of the nodes right, and give them the same log key";
    let viewer = viewer.ok_or_else(|| Problem::door(StatusCode::FORBIDDEN, "voucher", detail))?;
    parts.extensions.insert(Vouched(viewer));
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

/// What a voucher is for.
fn bound<'a>(
    method: &'a Method,
    path: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
) -> Vec<&'a [u8]> {
    let header = |name| headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let mut bound = vec![method.as_str().as_bytes(), path.as_bytes(), body];
    bound.extend(BOUND.iter().map(header));
    bound
}

/// Whose request it is, as another node says and has shown.
#[derive(Clone)]
pub(crate) struct Vouched(pub(crate) Viewer);

async fn whole(request: Request) -> Result<(axum::http::request::Parts, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, super::guard::LONGEST_BODY).await;
    let body = body.map_err(|error| Problem::unreadable(format!("the body: {error}")))?;
    Ok((parts, body))
}

/// Waits until this node shows what the request wants to see.
async fn wait_for(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(wanted) = headers.get(WAIT_FOR) else { return Ok(()) };
    let wanted: Option<u64> = wanted.to_str().ok().and_then(|text| text.parse().ok());
    let wanted = wanted.ok_or_else(|| {
        Problem::unreadable(
            "Countersign-Wait-For: write how many entries you want to see, as in \
                             the Countersign-Position of the answer that told of them",
        )
    })?;
    if tokio::time::timeout(WAIT, app.reader.reached(wanted)).await.is_err() {
        let shown = app.reader.position();
        let detail = format!(
            "this node shows {shown} entries, and {wanted} were waited for; send it again in a \
             moment, or to another node"
        );
        return Err(Problem::door(StatusCode::SERVICE_UNAVAILABLE, "behind", detail));
    }
    Ok(())
}

fn is_about_the_node(path: &str) -> bool {
    path.starts_with("/health/") || path == "/metrics" || path == "/api/v1/node"
}

/// What only the node that writes shows: what it keeps in its memory for people, and what goes out
/// to be held against it later.
const AT_THE_WRITER: [&str; 5] =
    ["/inbox", "/evidence", "/log/", "/api/v1/evidence", "/api/v1/verification"];

/// Whether this request changes something, or concerns what only the node that writes shows.
fn belongs_to_the_writer(app: &App, request: &Request) -> bool {
    let path = request.uri().path();
    if is_about_the_node(path) {
        return false;
    }
    if path.starts_with("/static/") {
        // The page came from the node that writes, and that one is of another version.
        return assets::is_foreign(path, request.uri().query());
    }
    let shown = viewer::token(app, request.headers());
    // A session that is not known here may have been opened there.
    if shown.is_some_and(|(token, _)| app.sessions.find(&token).is_none()) {
        return true;
    }
    if AT_THE_WRITER.iter().any(|start| path.starts_with(start)) {
        return true;
    }
    let mut steps = path.trim_start_matches('/').split('/');
    match (steps.next(), steps.next()) {
        (Some("sign"), Some(paper)) => return app.papers.look(paper).is_none(),
        (Some("resend"), Some(kept)) => return app.unsent.look(kept).is_none(),
        (Some("enter"), Some(link)) => return app.links.look(link).is_none(),
        _ => {}
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let of_this_node =
        ["/sign-in", "/sign-out", "/api/v1/session", "/api/v1/session/challenge"].contains(&path);
    !safe && !of_this_node
}

/// Takes out what concerns one connection alone, as it says itself too (RFC 9110 §7.6.1).
fn leave_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_A_CONNECTION) {
        headers.remove(name);
    }
}

/// Hands a request on to the node that writes, and its answer back.
async fn hand_on(
    app: &App,
    peers: &Peers,
    place: &str,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = whole(request).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", place.trim_end_matches('/'));
    let url = reqwest::Url::parse(&url).map_err(|_| {
        Problem::unreadable("this address cannot be handed on to the node that writes")
    })?;
    let mut headers = parts.headers.clone();
    leave_connection(&mut headers);
    // Over HTTP/2 the name of the host is no header.
    let host = HeaderValue::from_str(&app.origin.authority());
    headers.insert(header::HOST, host.map_err(|error| Problem::unavailable(error.to_string()))?);
    if let Some(viewer) = viewer::find(app, &parts) {
        // As it arrives there.
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        let voucher = peers.voucher(&viewer, &bound(&parts.method, &path, &headers, &body))?;
        headers.insert(VOUCHER, voucher);
        // What opens a session stays where it was opened.
        headers.remove(header::COOKIE);
        headers.remove(header::AUTHORIZATION);
    }
    headers.insert(HANDED_ON, HeaderValue::from_static("1"));
    let sent = peers.client.request(parts.method, url).headers(headers).body(body).send().await;
    let answer = sent.map_err(|error| unreachable(place, &error))?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers().clone();
        leave_connection(headers);
    }
    let position = answer.headers().get(POSITION).and_then(|value| value.to_str().ok());
    if let Some(position) = position.and_then(|position| position.parse().ok()) {
        // What is recorded stays so, also where this node is further behind.
        let _ = tokio::time::timeout(HOLD, app.reader.reached(position)).await;
    }
    let body = Body::from_stream(answer.bytes_stream());
    response.body(body).map_err(|error| Problem::unavailable(error.to_string()))
}

fn unreachable(place: &str, error: &reqwest::Error) -> Problem {
    let why = if error.is_connect() {
        "cannot be reached, so nothing was recorded"
    } else {
        "did not answer, so it is not known whether this was recorded"
    };
    Problem::unavailable(format!(
        "the node that writes, at {place}, {why}; send the same again, with the same id or key, in \
         a moment"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn viewer(shown: Shown) -> Viewer {
        let person: PersonId = "P-2C9T".parse().unwrap();
        let session = Session::vouched(person, None, How::Signed, "the form's".to_owned());
        Viewer { session, token: "secret".to_owned(), shown }
    }

    fn peers(seed: u8) -> Peers {
        crate::server::running::choose_cryptography();
        Peers::new(&[seed; 32], None).unwrap()
    }

    #[test]
    fn a_voucher_is_for_one_request_and_tells_no_secret() {
        let mut headers = HeaderMap::new();
        headers.insert("idempotency-key", HeaderValue::from_static("one"));
        let post = Method::POST;
        let made = bound(&post, "/a?b=c", &headers, b"body");
        let voucher = peers(1).voucher(&viewer(Shown::Cookie), &made).unwrap();
        let good = peers(1).vouched(&voucher, &made).unwrap();
        assert_eq!((good.person().as_str(), good.shown), ("P-2C9T", Shown::Cookie));
        assert_eq!(good.session.csrf, "the form's");
        assert!(good.authority().is_err(), "it gives no more than the session had");
        let said = voucher.to_str().unwrap().split('.').next().unwrap();
        let said = String::from_utf8(URL_SAFE_NO_PAD.decode(said).unwrap()).unwrap();
        assert!(!said.contains("secret"), "{said}");

        let others = HeaderMap::new();
        for other in [
            bound(&Method::PUT, "/a?b=c", &headers, b"body"),
            bound(&post, "/a?b=d", &headers, b"body"),
            bound(&post, "/a", &headers, b"body"),
            bound(&post, "/a?b=c", &others, b"body"),
            bound(&post, "/a?b=c", &headers, b"bodies"),
            bound(&post, "/a?b=cbody", &headers, b""),
        ] {
            assert!(peers(1).vouched(&voucher, &other).is_none());
        }
        assert!(peers(2).vouched(&voucher, &made).is_none(), "of another log");
        let text = voucher.to_str().unwrap();
        let changed: BTreeSet<String> = (0..text.len())
            .map(|at| {
                let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
                format!("{}{other}{}", &text[..at], &text[at + 1..])
            })
            .collect();
        let mark_ends = text.len() - 1;
        for (at, changed) in changed.iter().enumerate() {
            let value = HeaderValue::from_str(changed).unwrap();
            let is_last = changed[..mark_ends] == text[..mark_ends];
            // The last letter has bits that mean nothing.
            assert!(is_last || peers(1).vouched(&value, &made).is_none(), "{at}");
        }
    }

    #[test]
    fn what_concerns_one_connection_stays_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("connection", "x-other , not a name"),
            ("x-hop", "1"),
            ("x-other", "2"),
            ("te", "trailers"),
            ("accept", "text/csv"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        leave_connection(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn a_voucher_runs_out() {
        let made: [&[u8]; 1] = [b"one"];
        let peers = peers(1);
        let is_good_until = |until: u64| {
            let said = serde_json::json!({
                "person": "P-2C9T", "key": null, "how": "signed", "csrf": "", "by_cookie": true,
                "until": until,
            });
            let said = said.to_string();
            let mark = mac(&peers.key, &[made[0], said.as_bytes()]).unwrap();
            let mark = mark.finalize().into_bytes();
            let text = [said.as_bytes(), &mark].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
            peers.vouched(&HeaderValue::from_str(&text).unwrap(), &made).is_some()
        };
        let now = WallClock.now().unwrap().millis();
        assert!(is_good_until(now + VOUCHED_FOR));
        assert!(!is_good_until(now - 1));
    }
}

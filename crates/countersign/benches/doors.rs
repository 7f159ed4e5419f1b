//! What the doors bear: pages and API of a served ledger with 100,000 requests, under `wrk`.
//!
//! `cargo bench -p countersign --bench doors [-- --quick] [-- --json FILE]`. Every rate is printed
//! with its ratio to a static file of the same server in the same run; nothing here passes or fails
//! by time. The load comes from the same machine, so it takes its share of the processor.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../../countersign-core/benches/report/report.rs"]
mod report;
#[path = "lifecycle/world.rs"]
mod world;

use countersign::writer::{Asked, Submission};
use countersign_core::requests::Command as Requests;
use report::Report;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The port that the measured programme's charter names.
const PORT: u16 = 8699;

fn main() {
    let mut report = Report::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("ledger").display().to_string();
    let requests = if report.quick { 5_000 } else { 100_000 };
    fill(&location, requests);
    let mut served = serve(&location);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let token = runtime.block_on(sign_in());
    let seconds = if report.quick { 1 } else { 6 };
    runtime.block_on(first_bytes(&mut report, &token, requests));
    rates(&mut report, folder.path(), &token, seconds, requests);
    runtime.block_on(viewers(&mut report, &token));
    let memory = resident(served.0.id());
    report.add(format!("memory, {requests} requests, 1,000 viewers"), memory, "MiB", "-", 0.0);
    stop(&mut served.0);
    report.finish();
}

/// A ledger with so many requests: nine of ten taken back, the last two hundred open.
fn fill(location: &str, requests: u64) {
    let writer = world::found(location);
    let door = writer.door().unwrap();
    let staff = world::authority("P-H");
    for first in (0..requests).step_by(1000) {
        let numbers = first..(first + 1000).min(requests);
        let sent: Vec<_> = numbers
            .map(|number| {
                let submission = world::submission(7, number, Some("P-H"), world::submit_request());
                door.send(submission).unwrap()
            })
            .collect();
        let made: Vec<_> =
            sent.into_iter().map(|sent| world::request_in(&sent.wait().unwrap())).collect();
        let back: Vec<_> = made
            .iter()
            .filter(|id| id.0 + 200 <= requests && id.0 % 10 != 0)
            .map(|id| {
                let command = Requests::WithdrawRequest { request: *id };
                let asked = Asked::Command(Box::new(command.into()));
                let (id, by) = (world::id(8, id.0), Some(staff.clone()));
                door.send(Submission { id, by, asked }).unwrap()
            })
            .collect();
        back.into_iter().for_each(|sent| drop(sent.wait().unwrap()));
    }
    drop(door);
    writer.stop();
}

/// The server, which does not outlive the measurement.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // A server that was stopped is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(location: &str) -> Served {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["--ledger", location, "serve", "--listen", &format!("127.0.0.1:{PORT}")])
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("Serving"), "{line}");
    Served(child)
}

fn stop(served: &mut Child) {
    let id = served.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(served.wait().unwrap().success());
}

fn url(path: &str) -> String {
    format!("http://localhost:{PORT}{path}")
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

async fn form(path: &str, fields: &[(&str, &str)]) -> Response {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let one = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect();
    let kind = "application/x-www-form-urlencoded";
    let request = client().post(url(path)).header("content-type", kind);
    request.body(body.join("&")).send().await.unwrap()
}

/// Signs in as the holder; gives the token of the session.
async fn sign_in() -> String {
    let to = form("/sign-in", &[("person", "P-H"), ("next", "/")]).await;
    let to = to.headers()["location"].to_str().unwrap().to_owned();
    let text = client().get(url(&format!("{to}/statement.txt"))).send().await.unwrap();
    let text = text.text().await.unwrap();
    let signature = world::key("P-H").sign_text("session@countersign", text.as_bytes()).unwrap();
    let answer = form(&to, &[("signature", &signature)]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

/// How long one after the other takes to its first byte, over one connection.
async fn first_bytes(report: &mut Report, token: &str, requests: u64) {
    let client = client();
    let case = format!("/requests/REQ-{}", requests / 2 + 1);
    let pages = ["/inbox", "/requests", "/requests/new", &case, "/stock"];
    let rounds = if report.quick { 20 } else { 200 };
    for path in pages {
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..rounds {
            let begun = Instant::now();
            let request = client.get(url(path)).bearer_auth(token);
            let answer = request.send().await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            size = answer.bytes().await.unwrap().len();
        }
        times.sort_by(f64::total_cmp);
        let at = |of: usize| times[(times.len() * of / 100).min(times.len() - 1)];
        report.add(format!("first byte of {path}, median"), at(50), "ms", "10 ms", at(50) / 10.0);
        report.add(format!("first byte of {path}, p99"), at(99), "ms", "10 ms", at(99) / 10.0);
        let kib = size as f64 / 1024.0;
        report.add(format!("size of {path}"), kib, "KiB", "100 KiB", kib / 100.0);
    }
}

/// What `wrk` counts, in requests a second; none of its answers may be an error.
fn wrk(path: &str, token: &str, seconds: u64, script: Option<&Path>) -> f64 {
    let mut command = Command::new("wrk");
    command.args(["-t", "1", "-c", "32", "-d", &format!("{seconds}s")]);
    command.args(["-H", &format!("Authorization: Bearer {token}")]);
    if let Some(script) = script {
        command.arg("-s").arg(script);
    }
    let output = command.arg(url(path)).output().expect("install wrk (Debian: wrk)");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{path}: {text}");
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.unwrap_or_else(|| panic!("{text}")).trim().parse().unwrap()
}

fn rates(report: &mut Report, folder: &Path, token: &str, seconds: u64, requests: u64) {
    let floor = wrk("/static/style.css", token, seconds, None);
    let against = "static file";
    report.add("a static file", floor, "/s", against, 1.0);
    let case = format!("/requests/REQ-{}", requests / 2 + 1);
    let one = format!("/api/v1/requests/REQ-{}", requests / 2 + 1);
    for path in [one.as_str(), "/api/v1/requests?limit=50", &case, "/requests", "/inbox"] {
        let rate = wrk(path, token, seconds, None);
        report.add(format!("GET {path}"), rate, "/s", against, rate / floor);
    }
    let script = folder.join("submit.lua");
    std::fs::write(&script, submissions()).unwrap();
    let rate = wrk("/api/v1/requests", token, seconds, Some(&script));
    report.add("POST /api/v1/requests, each recorded", rate, "/s", against, rate / floor);
}

/// What `wrk` sends: another request each time.
fn submissions() -> String {
    let draft = world::draft();
    let body = serde_json::json!({
        "draft": {
            "act": draft.act.as_str(), "holder": draft.holder.as_str(),
            "item": draft.item.as_str(), "quantity": draft.quantity.units(),
            "zones": ["Z.0"], "depot": "H.Store",
            "window": {
                "from": draft.window.from().to_string(), "until": draft.window.until().to_string(),
            },
        },
        "why": "for the measurement",
    });
    let mut text = String::new();
    let _ = writeln!(text, "wrk.method = \"POST\"");
    let _ = writeln!(text, "wrk.headers[\"Content-Type\"] = \"application/json\"");
    let _ = writeln!(text, "wrk.body = [[{body}]]");
    text
}

/// A thousand who look on while something happens: how long until each of them has been told.
async fn viewers(report: &mut Report, token: &str) {
    let count = 1000;
    let client = client();
    let mut streams = Vec::new();
    for _ in 0..count {
        let request = client.get(url("/api/v1/events")).bearer_auth(token);
        streams.push(request.send().await.unwrap());
    }
    let body = submissions();
    let body = body.split_once("[[").unwrap().1.split_once("]]").unwrap().0.to_owned();
    let begun = Instant::now();
    let request = client.post(url("/api/v1/requests")).bearer_auth(token);
    let answer =
        request.header("content-type", "application/json").body(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let answered = begun.elapsed().as_secs_f64() * 1000.0;
    let told = tokio::spawn(async move {
        for stream in &mut streams {
            let chunk = tokio::time::timeout(Duration::from_secs(10), stream.chunk()).await;
            assert!(chunk.unwrap().unwrap().is_some());
        }
    });
    told.await.unwrap();
    let all = begun.elapsed().as_secs_f64() * 1000.0;
    report.add("1,000 viewers: a submission is answered", answered, "ms", "-", 0.0);
    report.add("1,000 viewers: all have been told", all, "ms", "its answer", all / answered);
}

/// The memory that a process has resident, in MiB.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

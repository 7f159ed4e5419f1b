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
#[path = "lifecycle/served.rs"]
mod served;
#[path = "lifecycle/world.rs"]
mod world;

use report::Report;
use served::{PORT, Served, client};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() {
    let mut report = Report::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("ledger").display().to_string();
    let requests = if report.quick { 5_000 } else { 100_000 };
    let writer = world::found(&location);
    world::fill(&writer, requests);
    writer.stop();
    let port = PORT.to_string();
    let served = Served::start(&location, &port, &[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let token = runtime.block_on(served.sign_in());
    let seconds = if report.quick { 1 } else { 6 };
    runtime.block_on(first_bytes(&mut report, &served, &token, requests));
    let script = folder.path().join("submit.lua");
    std::fs::write(&script, submissions()).unwrap();
    rates(&mut report, &served, &token, &script, seconds, requests);
    runtime.block_on(viewers(&mut report, &served, &token));
    let memory = served.resident();
    report.add(format!("memory, {requests} requests, 1,000 viewers"), memory, "MiB", "-", 0.0);
    served.stop();
    report.finish();
}

/// How long one after the other takes to its first byte, over one connection.
async fn first_bytes(report: &mut Report, served: &Served, token: &str, requests: u64) {
    let client = client();
    let case = format!("/requests/REQ-{}", requests / 2 + 1);
    let pages = ["/inbox", "/requests", "/requests/new", &case, "/stock"];
    let rounds = if report.quick { 20 } else { 200 };
    for path in pages {
        let mut times = Vec::new();
        let mut size = 0;
        for _ in 0..rounds {
            let begun = Instant::now();
            let request = client.get(served.url(path)).bearer_auth(token);
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

fn rates(
    report: &mut Report,
    served: &Served,
    token: &str,
    script: &Path,
    seconds: u64,
    requests: u64,
) {
    let wrk = |path: &str, script: Option<&Path>| served.wrk(path, token, seconds, script);
    let floor = wrk("/static/style.css", None);
    let against = "static file";
    report.add("a static file", floor, "/s", against, 1.0);
    let case = format!("/requests/REQ-{}", requests / 2 + 1);
    let one = format!("/api/v1/requests/REQ-{}", requests / 2 + 1);
    for path in [one.as_str(), "/api/v1/requests?limit=50", &case, "/requests", "/inbox"] {
        let rate = wrk(path, None);
        report.add(format!("GET {path}"), rate, "/s", against, rate / floor);
    }
    let rate = wrk("/api/v1/requests", Some(script));
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
async fn viewers(report: &mut Report, served: &Served, token: &str) {
    let count = 1000;
    let client = client();
    let mut streams = Vec::new();
    for _ in 0..count {
        let request = client.get(served.url("/api/v1/events")).bearer_auth(token);
        streams.push(request.send().await.unwrap());
    }
    let body = submissions();
    let body = body.split_once("[[").unwrap().1.split_once("]]").unwrap().0.to_owned();
    let begun = Instant::now();
    let request = client.post(served.url("/api/v1/requests")).bearer_auth(token);
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

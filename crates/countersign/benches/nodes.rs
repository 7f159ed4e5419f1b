//! Several nodes of a ledger in PostgreSQL: what is recorded there beside SQLite in the same run,
//! how long a node takes to join a long record, and what a read at a follower costs the others.
//!
//! `cargo bench -p countersign --bench nodes [-- --quick] [-- --json FILE]`. Needs PostgreSQL,
//! which it starts for the run, and `wrk`; nothing here passes or fails by time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
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

use countersign::writer::Writer;
use countersign_core::record::SCHEMA;
use countersign_postgres::given;
use countersign_store::Mode;
use report::{Report, timed};
use served::Served;
use std::path::Path;
use std::time::Duration;

const CLIENTS: u64 = 64;

fn main() {
    let mut report = Report::from_arguments();
    let Some(cluster) = given(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let beside = |ledger: &str, node: &str| {
        format!("{}&folder={}", cluster.location(ledger), folder.path().join(node).display())
    };
    let sqlite = folder.path().join("sqlite").display().to_string();
    throughput(&mut report, &sqlite, &beside("clients", "clients"));

    let (requests, entries) = if report.quick { (2_000, 60_000) } else { (100_000, 1_000_000) };
    let writer = world::found(&beside("long", "a"));
    world::fill(&writer, requests);
    receive(&writer, entries);
    let entries = writer.reader().position();
    writer.stop();
    nodes(&mut report, entries, &|node| beside("long", node), folder.path());
    report.finish();
}

/// So many clients who each ask for uses, one after the other.
fn throughput(report: &mut Report, sqlite: &str, postgres: &str) {
    let each: u64 = if report.quick { 20 } else { 500 };
    let rate = |location: &str| {
        let writer = world::found(location);
        let (seconds, ()) = timed(|| {
            std::thread::scope(|scope| {
                for client in 0..CLIENTS {
                    let writer = &writer;
                    scope.spawn(move || {
                        for number in 0..each {
                            let asked = world::submit_request();
                            let sent = world::submission(100 + client, number, Some("P-H"), asked);
                            writer.submit(sent).unwrap();
                        }
                    });
                }
            });
        });
        writer.stop();
        (CLIENTS * each) as f64 / seconds
    };
    // Each twice, in turn: the first of a kind warms what both use.
    let _ = rate(&format!("{sqlite}-warm"));
    let _ = rate(&postgres.replace("clients", "warm"));
    let (embedded, served) = (rate(sqlite), rate(postgres));
    let what = format!("requests recorded, {CLIENTS} clients");
    report.add(format!("{what}, SQLite"), embedded, "/s", "-", 1.0);
    report.add(format!("{what}, PostgreSQL"), served, "/s", "SQLite", served / embedded);
}

/// Receives units until the record is this long.
fn receive(writer: &Writer, entries: u64) {
    let door = writer.door().unwrap();
    while writer.reader().position() < entries {
        let first = writer.reader().position();
        let sent: Vec<_> = (first..(first + 2_000).min(entries))
            .map(|number| {
                let received = world::submission(2, number, Some("P-S"), world::receive(1));
                door.send(received).unwrap()
            })
            .collect();
        sent.into_iter().for_each(|sent| drop(sent.wait().unwrap()));
    }
}

fn nodes(report: &mut Report, entries: u64, place: &dyn Fn(&str) -> String, folder: &Path) {
    let start = |node: &str, port: &str| {
        let home = folder.join(node);
        std::fs::create_dir_all(&home).unwrap();
        if node != "a" {
            std::fs::copy(folder.join("a/log.key"), home.join("log.key")).unwrap();
        }
        let url = format!("http://localhost:{port}");
        timed(|| Served::start(&place(node), port, &["--node", &url]))
    };
    let (replayed, first) = start("a", "8711");
    let what = |how: &str| format!("a node joins {entries} entries, {how}");
    report.add(what("replaying all of them"), replayed, "s", "5 s", replayed / 5.0);
    // It is kept in the background.
    let store = countersign_store::open(&place("a"), Mode::Read).unwrap();
    while store.latest_snapshot(SCHEMA).unwrap().usable.is_none() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let (joined, second) = start("b", "8712");
    report.add(what("from a snapshot"), joined, "s", "5 s", joined / 5.0);
    report.add("memory of that node", second.resident(), "MiB", "-", 0.0);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let seconds = if report.quick { 1 } else { 6 };
    let path = "/api/v1/requests/REQ-1001";
    let mut alone = 0.0;
    for (node, of, other) in [("writes", &first, &second), ("follows", &second, &first)] {
        let token = runtime.block_on(of.sign_in());
        let before = (of.cpu(), other.cpu());
        let rate = of.wrk(path, &token, seconds, None);
        let (used, there) = (of.cpu() - before.0, other.cpu() - before.1);
        if alone == 0.0 {
            alone = rate;
        }
        report.add(format!("GET {path} where it {node}"), rate, "/s", "the writer", rate / alone);
        let what = format!("processor used meanwhile by the other than the one that {node}");
        report.add(what, there, "s", "its own", there / used);
    }
    second.stop();
    first.stop();
}

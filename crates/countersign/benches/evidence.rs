//! What verifying costs: a bundle of a thousand decisions, and the entries of a long log. The floor
//! of a bundle is checking the same signatures and nothing else; that of a log is SHA-256 over the
//! same bytes.
//!
//! `cargo bench -p countersign --bench evidence [-- --quick] [-- --json FILE]`.

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

use countersign::evidence::{TrustedLog, archived, examine, export, read, write};
use countersign_core::requests::Command;
use countersign_proof::bundle::Matter;
use countersign_proof::statement::kinds::Decision;
use countersign_proof::words::Digest;
use countersign_proof::{Frontier, OpenPart, Verified, verify};
use report::{Report, timed};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use world::Official;

/// A ledger with so many requests, each approved by two officials; gives the size of its log.
fn decided(location: &str, requests: u64) -> u64 {
    let writer = world::found(location);
    let door = writer.door().unwrap();
    let officials = [Official::new("P-A", "A.Head"), Official::new("P-B", "B.Head")];
    let mut size = 0;
    for number in 0..requests {
        let asked = world::submission(2, number, Some("P-H"), world::submit_request());
        let request = world::request_in(&door.submit(asked).unwrap());
        for (client, official) in (3..).zip(&officials) {
            let id = world::id(client + 10, number);
            let (text, armoured) = official.signed(&writer, &door, request, id).unwrap();
            let statement = Official::checked(&text, &armoured);
            let command = Command::DecideRequest { statement }.into();
            let receipt = door.submit(world::submission(client, number, None, command)).unwrap();
            size = receipt.seq + 1;
        }
    }
    // A door that is held keeps the writer waiting.
    drop(door);
    writer.stop();
    size
}

/// The statements of a bundle with their signatures.
fn statements(files: &countersign::evidence::Files) -> Vec<(&str, &str)> {
    let text = |name: &str| std::str::from_utf8(&files[name]).unwrap();
    let signed = files.keys().filter(|name| name.ends_with("-decision.txt"));
    signed.map(|name| (text(name), text(&format!("{name}.sig")))).collect()
}

fn of_a_bundle(report: &mut Report, folder: &Path) {
    let requests = if report.quick { 50 } else { 500 };
    let location = folder.join("ledger").display().to_string();
    let size = decided(&location, requests);
    let of = Matter::Entries(0, size);
    let (taking, made) = timed(|| export(&location, of, &BTreeSet::new(), &mut |_, _| {}).unwrap());
    let path = folder.join("bundle.zip");
    write(&path, &made.files).unwrap();
    let bytes = archived(&made.files).unwrap();
    let signed = statements(&made.files);
    let decisions = signed.len();
    assert_eq!(decisions, usize::try_from(requests * 2).unwrap());
    let rules = countersign_core::ledger::SigningPlaces::default().rules();
    let (bare, ()) = timed(|| {
        for (text, armoured) in &signed {
            let one: Verified<Decision> = verify(text.as_bytes(), armoured, &rules).unwrap();
            black_box(one);
        }
    });
    let (hashing, _) = timed(|| Digest::of(&bytes));
    let (verifying, examined) =
        timed(|| examine(&read(&path).unwrap(), TrustedLog::FromBundle).unwrap());
    assert_eq!(examined.examined.signatures.len(), decisions + 2);
    let named = |what: &str| format!("{what}, {decisions} decisions, {size} entries");
    report.add(named("their signatures alone"), bare * 1e3, "ms", "-", 1.0);
    report.add(named("bundle verified"), verifying * 1e3, "ms", "signatures", verifying / bare);
    report.add(named("bundle taken"), taking * 1e3, "ms", "verified", taking / verifying);
    let mib = u32::try_from(bytes.len() >> 10).map_or(f64::INFINITY, f64::from) / 1024.0;
    report.add(named("bundle"), mib, "MiB", "-", 0.0);
    report.add("SHA-256 of the file", hashing * 1e3, "ms", "verified", hashing / verifying);
}

fn of_a_log(report: &mut Report, folder: &Path) {
    let entries: u64 = if report.quick { 50_000 } else { 1_000_000 };
    let location = folder.join("ledger").display().to_string();
    let store = countersign_store::open(&location, countersign_store::Mode::Read).unwrap();
    let sample: Vec<OpenPart> = store
        .read(10, 64)
        .unwrap()
        .iter()
        .map(|entry| OpenPart::parse(&entry.open).unwrap())
        .collect();
    let log: Vec<Vec<u8>> = (0..entries)
        .map(|seq| {
            let mut open = sample[usize::try_from(seq % 64).unwrap()].clone();
            open.seq = seq;
            open.encode().unwrap()
        })
        .collect();
    let (bare, _) = timed(|| {
        let mut last = Digest::of(b"");
        for open in &log {
            last = Digest::of(open);
        }
        last
    });
    let hash = || {
        let mut tree = Frontier::new();
        log.iter().for_each(|open| tree.append(countersign_proof::entry::leaf_hash(open)));
        tree.root()
    };
    let (hashed, root) = timed(hash);
    let (read, again) = timed(|| {
        let mut tree = Frontier::new();
        for (seq, open) in (0..).zip(&log) {
            assert_eq!(OpenPart::parse(open).unwrap().seq, seq);
            tree.append(countersign_proof::entry::leaf_hash(open));
        }
        tree.root()
    });
    assert_eq!(root, again);
    let named = |what: &str| format!("{entries} entries, {what}");
    report.add(named("SHA-256 of each alone"), bare * 1e3, "ms", "-", 1.0);
    report.add(named("hashed to the root"), hashed * 1e3, "ms", "SHA-256", hashed / bare);
    report.add(named("read and hashed to the root"), read * 1e3, "ms", "SHA-256", read / bare);
}

fn main() {
    let mut report = Report::from_arguments();
    let folder = tempfile::tempdir().unwrap();
    of_a_bundle(&mut report, folder.path());
    of_a_log(&mut report, folder.path());
    report.finish();
}

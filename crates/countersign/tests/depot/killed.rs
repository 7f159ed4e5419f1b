//! Processes that are killed, and processes that come together: never more than the ceiling, and
//! everything that was acknowledged is in the book.

use super::scene::{Scene, certificate, file, sign, units};
use super::stage::{PROGRAM, tame};
use countersign::depot::{Standing, What};
use countersign_proof::words::{CertificateId, Digest, Nonce};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CEILING: u64 = 300;

/// Offers so many texts of one unit, signs each, and leaves them as files.
fn offers(scene: &Scene, ceiling: u64, count: u64) {
    let good = certificate(ceiling);
    let home = scene.home.path();
    std::fs::write(home.join("certificate"), file(&good)).unwrap();
    let mut depot = scene.open();
    for number in 1..=count {
        let nonce = Nonce(u128::from(number).to_be_bytes());
        let offered =
            depot.offer(&file(&good), units(1), Standing::CertificateOnly, nonce).unwrap();
        std::fs::write(home.join(format!("text-{number}")), &offered.text).unwrap();
        std::fs::write(home.join(format!("text-{number}.sig")), sign(&offered.text)).unwrap();
    }
}

/// The program that hands out one unit on the text of this number.
fn release(home: &Path, number: u64) -> Command {
    let mut command = tame(PROGRAM, home);
    let text = format!("text-{number}");
    command.args(["depot", "release", "certificate", "--quantity", "1", "--certificate-only"]);
    command.args(["--proof", &text, "--depot", "depot", "--clock", super::scene::NOW, "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What a process acknowledged before it ended: the digest of its receipt.
fn acknowledged(child: &mut Child) -> Option<Digest> {
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let value: serde_json::Value = serde_json::from_str(&said).ok()?;
    value["receipt_digest"].as_str()?.parse().ok()
}

/// The receipts in the book, by digest, and what they add up to.
fn booked(scene: &Scene) -> (BTreeSet<Digest>, u64) {
    let depot = scene.open();
    let receipts: BTreeSet<Digest> = depot
        .lines()
        .iter()
        .filter_map(|line| match &line.what {
            What::HandedOut { receipt, .. } => Some(Digest::of(receipt.as_bytes())),
            What::Opened { .. }
            | What::Offered { .. }
            | What::Refused { .. }
            | What::StatusTaken { .. }
            | What::OfficialsTaken { .. }
            | What::Closed { .. }
            | What::ClockSetBack { .. }
            | What::Torn { .. } => None,
        })
        .collect();
    let total = depot.totals().certificates.get(&CertificateId(1)).map_or(0, |c| c.total.units());
    assert_eq!(u64::try_from(receipts.len()).unwrap(), total);
    (receipts, total)
}

/// A number that the seed and the step alone decide.
fn drawn(step: u64, below: u64) -> u64 {
    let Digest(bytes) = Digest::of(&step.to_be_bytes());
    u64::from_be_bytes(bytes[..8].try_into().unwrap()) % below.max(1)
}

/// `COUNTERSIGN_KILLS=10000` for more; 1,000 by default.
#[test]
fn killed_at_any_point_never_more_than_the_ceiling() {
    let kills: u64 = std::env::var("COUNTERSIGN_KILLS")
        .map_or(1_000, |number| number.parse().expect("a number"));
    let scene = Scene::new();
    offers(&scene, CEILING, kills + 5);
    let home = scene.home.path();
    // How long a process takes that nobody kills.
    let begun = Instant::now();
    let mut known = BTreeSet::new();
    for number in 1..=5 {
        let mut child = release(home, number).spawn().unwrap();
        known.insert(acknowledged(&mut child).expect("nobody killed it"));
        assert!(child.wait().unwrap().success());
    }
    let usual = u64::try_from(begun.elapsed().as_micros() / 5).unwrap();
    let (mut before_book, mut unacknowledged) = (booked(&scene).1, 0);
    for step in 0..kills {
        let mut child = release(home, step + 6).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(drawn(step, usual * 5 / 4)));
        child.kill().unwrap();
        let told = acknowledged(&mut child);
        child.wait().unwrap();
        if let Some(digest) = told {
            assert!(known.insert(digest), "acknowledged twice");
        }
        if step % 50 == 49 || step + 1 == kills {
            let (receipts, total) = booked(&scene);
            assert!(total <= CEILING, "{total} handed out");
            assert!(known.is_subset(&receipts), "an acknowledged hand-out is not in the book");
            assert!(total >= before_book);
            before_book = total;
            unacknowledged = receipts.len() - known.len();
        }
    }
    let torn = scene.open().totals().torn;
    println!(
        "{kills} kills: {before_book} of {CEILING} booked, {} of them acknowledged, \
         {unacknowledged} booked and not told, {torn} lines torn; a process takes {usual} µs",
        known.len()
    );
    assert!(before_book > 5, "the kills came too early to mean anything");
}

#[test]
fn many_processes_at_once_share_one_ceiling() {
    let scene = Scene::new();
    offers(&scene, 5, 12);
    let home = scene.home.path();
    let children: Vec<Child> =
        (1..=12).map(|number| release(home, number).spawn().unwrap()).collect();
    let mut known = BTreeSet::new();
    let mut refused = 0;
    for mut child in children {
        match acknowledged(&mut child) {
            Some(digest) => assert!(known.insert(digest)),
            None => refused += 1,
        }
        let ended = child.wait().unwrap().code().unwrap();
        assert!(ended == 0 || ended == 1, "{ended}");
    }
    let (receipts, total) = booked(&scene);
    assert_eq!((total, refused), (5, 7));
    assert_eq!(receipts, known);
}

#[test]
fn one_text_shown_by_many_processes_counts_once() {
    let scene = Scene::new();
    offers(&scene, 100, 1);
    let home = scene.home.path();
    let children: Vec<Child> = (0..8).map(|_| release(home, 1).spawn().unwrap()).collect();
    let mut done = 0;
    for mut child in children {
        done += u64::from(acknowledged(&mut child).is_some());
        child.wait().unwrap();
    }
    assert_eq!((done, booked(&scene).1), (1, 1));
}

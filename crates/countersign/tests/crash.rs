//! A process that submits load is killed at many moments: nothing acknowledged is lost, nothing
//! is half there, and the ledger goes on.
//!
//! `COUNTERSIGN_KILLS=100` for the long run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../benches/lifecycle/world.rs"]
mod world;

use countersign::clock::SystemEntropy;
use countersign::opening::open_writer;
use countersign::verification::verify;
use countersign::writer::{Asked, Pending, Submission, Writer};
use countersign_core::invariants;
use countersign_core::record::Answer;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LEDGER: &str = "COUNTERSIGN_TEST_LEDGER";

fn open(ledger: &Path) -> Writer {
    let opened = open_writer(ledger.to_str().unwrap()).unwrap();
    let clock = Box::new(world::Ticking::from(opened.state.ledger.clock));
    Writer::start(opened, clock, Box::new(SystemEntropy)).unwrap()
}

fn request(client: u64, number: u64) -> Submission {
    world::submission(client, number, Some("P-H"), world::submit_request())
}

/// The child: submits until it is killed, eight at a time, and prints what was acknowledged.
#[test]
#[ignore = "a process that the other test starts and kills"]
fn a_process_that_submits() {
    let Some(ledger) = std::env::var_os(LEDGER) else { return };
    let writer = open(Path::new(&ledger));
    let door = writer.door().unwrap();
    let client = u64::from(std::process::id());
    for round in 0.. {
        let sent: Vec<(u64, Pending)> = (round * 8..round * 8 + 8)
            .map(|number| (number, door.send(request(client, number)).unwrap()))
            .collect();
        for (number, pending) in sent {
            let receipt = pending.wait().unwrap();
            println!("acknowledged {client} {number} {}", receipt.seq);
            std::io::stdout().flush().unwrap();
        }
    }
}

fn start(ledger: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_process_that_submits", "--nocapture"])
        .env(LEDGER, ledger)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the child was told, as client, number and place in the log.
fn acknowledged(child: &mut Child) -> Vec<(u64, u64, u64)> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).filter_map(|line| {
        let words: Vec<u64> = line
            .strip_prefix("acknowledged ")?
            .split(' ')
            .map(|word| word.parse().ok())
            .collect::<Option<_>>()?;
        <[u64; 3]>::try_from(words).ok()
    });
    told.map(|[client, number, seq]| (client, number, seq)).collect()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    world::found(ledger.to_str().unwrap()).stop();
    let kills = std::env::var("COUNTERSIGN_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let mut told = Vec::new();
    for kill in 0..kills {
        let mut child = start(&ledger);
        // Moments that differ from round to round, from before the first answer to well after.
        std::thread::sleep(Duration::from_millis(40 + (kill * 97) % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(acknowledged(&mut child));
        let path = ledger.to_str().unwrap();
        verify(path, &mut |_, _| {}).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
    }
    assert!(told.len() > usize::try_from(kills).unwrap(), "{} were acknowledged", told.len());
    let writer = open(&ledger);
    writer.read(|state| invariants::check(state).unwrap());
    for (client, number, seq) in &told {
        // Sent again, each gets the answer it had, from the place it had.
        let again = writer.submit(request(*client, *number)).unwrap();
        assert!(again.repeated, "{client} {number} was acknowledged and is lost");
        assert_eq!(again.seq, *seq);
        assert!(matches!(again.answer, Answer::Accepted(_)));
    }
    let next = writer.submit(request(1, 999)).unwrap();
    assert!(!next.repeated && matches!(next.answer, Answer::Accepted(_)));
    let time = Submission { id: world::id(0, 0), by: None, asked: Asked::Time };
    writer.submit(time).unwrap();
    println!("{kills} kills, {} acknowledged, none lost", told.len());
}

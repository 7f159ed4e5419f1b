//! A writer killed at any moment: every command that was answered is in the record with the same
//! answer, no batch is there in part, and the ledger goes on.
//!
//! `COUNTERSIGN_KILLS=100` kills more often than the suite does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "crash/load.rs"]
mod load;
#[path = "../benches/lifecycle/world.rs"]
mod world;

use countersign::clock::{Entropy, SystemEntropy};
use countersign::opening::open_reader;
use countersign::verification::verify;
use countersign::writer::{Receipt, Submission, Unavailable, Writer};
use countersign_core::invariants;
use countersign_core::record::Answer;
use countersign_proof::words::{CommandId, RequestId};
use load::{Acknowledged, Line, digest};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A number below `end`.
fn below(end: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % end
}

#[test]
#[ignore = "run by nothing_answered_is_lost in a process that it kills"]
fn a_process_to_be_killed() {
    if let Some((location, round)) = load::given() {
        load::submit_for_ever(&location, round);
    }
}

/// What the test knows of the record from the answers that came before each kill.
#[derive(Default)]
struct Known {
    answered: BTreeMap<CommandId, Acknowledged>,
    sent: BTreeSet<CommandId>,
}

#[test]
fn nothing_answered_is_lost() {
    let kills = std::env::var("COUNTERSIGN_KILLS").map_or(10, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("ledger").display().to_string();
    world::found(&location).stop();
    let mut known = Known::default();
    let mut total = Totals::default();
    for round in 1..=kills {
        let (before, lines) = (known.answered.len(), killed(&location, round));
        let mut open = BTreeSet::new();
        for line in lines {
            match line {
                Line::Sent(id) => {
                    assert!(known.sent.insert(id), "{id} was sent twice");
                    open.insert(id);
                }
                Line::Answered(id, acknowledged) => {
                    open.remove(&id);
                    let earlier = known.answered.insert(id, acknowledged);
                    assert_eq!(earlier, None, "{id} was answered twice");
                }
            }
        }
        total.answered += known.answered.len() - before;
        total.unanswered += open.len();
        let ids = check(&location, &known);
        total.recorded_unanswered += open.iter().filter(|id| ids.contains(id)).count();
        goes_on(&location, round, &mut known, &open, &ids);
    }
    println!("{kills} kills: {total:?}");
    assert!(total.answered > kills as usize, "the writer was killed before it wrote: {total:?}");
}

#[derive(Debug, Default)]
struct Totals {
    /// Commands answered before a kill.
    answered: usize,
    /// Commands under way at a kill, their answers never seen.
    unanswered: usize,
    /// Of these, those that the record has all the same.
    recorded_unanswered: usize,
}

/// Starts a process under load, kills it, and gives the lines it printed whole.
///
/// Every third is killed at any moment from its start on, every third at any moment once it is
/// ready, and every third in the moment in which an answer is seen, whichever comes first: whoever
/// answers before the commit is caught there.
fn killed(location: &str, round: u64) -> Vec<Line> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["a_process_to_be_killed", "--exact", "--ignored", "--nocapture"])
        .env(load::LOCATION, location)
        .env(load::ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    let mut read_until = |mark: &str| {
        let from = seen.len();
        while !seen[from..].contains(mark) {
            assert!(out.read_line(&mut seen).unwrap() > 0, "it ended by itself: {seen}");
        }
    };
    match round % 3 {
        0 => std::thread::sleep(Duration::from_micros(below(250_000))),
        1 => {
            read_until(load::READY);
            std::thread::sleep(Duration::from_micros(below(250_000)));
        }
        _ => (0..=below(60)).for_each(|_| read_until("answered ")),
    }
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    out.read_to_string(&mut seen).unwrap();
    seen.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Looks at the record as the kill left it; gives the ids of all its commands.
fn check(location: &str, known: &Known) -> BTreeSet<CommandId> {
    let (store, state, head) = open_reader(location).unwrap();
    let entries = store.read(0, usize::MAX).unwrap();
    assert_eq!(u64::try_from(entries.len()).unwrap(), head.frontier.size());
    let mut ids = BTreeSet::new();
    for (seq, entry) in (0..).zip(&entries) {
        assert_eq!(entry.seq, seq, "the entries stand one after another");
        assert!(ids.insert(entry.command), "{} is recorded twice", entry.command);
    }
    for (id, acknowledged) in &known.answered {
        let entry = entries.get(usize::try_from(acknowledged.seq).unwrap());
        let entry = entry.unwrap_or_else(|| panic!("{id} was answered and is lost"));
        assert_eq!(entry.command, *id, "entry {}", acknowledged.seq);
        let recorded = countersign::opening::read_body(&entry.body).unwrap();
        assert_eq!(digest(&recorded.result), acknowledged.digest, "{id} has another answer");
    }
    invariants::check(&state).unwrap();
    verify(location, &mut |_, _| {}).unwrap();
    ids
}

/// The command that a client sends under this id, where it can be made again: its last byte is the
/// step in the life of a request. Anything else is tried with the first step.
fn again(id: CommandId) -> Submission {
    let first = world::submission(0, 0, Some("P-H"), world::submit_request());
    let asked = match id.0[15] {
        2 | 4 => world::Official::new("P-A", "A.Head").asks(RequestId(1)),
        _ => first.asked,
    };
    Submission { id, asked, by: first.by }
}

/// The answer to a retry; none where another command stands under the id, which is refused.
fn answered(writer: &Writer, again: Submission, ids: &BTreeSet<CommandId>) -> Option<Receipt> {
    let id = again.id;
    match writer.submit(again) {
        Ok(receipt) => Some(receipt),
        Err(Unavailable::OtherCommand { seq }) => {
            let other = ids.contains(&id) && !matches!(id.0[15], 0 | 2 | 4 | 255);
            assert!(other, "{id}: the answer of entry {seq} is not its own");
            None
        }
        Err(unknown) => panic!("{id}: {unknown}"),
    }
}

/// The ledger takes new commands, and a retry gets the answer that was given or recorded.
fn goes_on(
    location: &str,
    round: u64,
    known: &mut Known,
    open: &BTreeSet<CommandId>,
    ids: &BTreeSet<CommandId>,
) {
    let writer: Writer = load::writer(location);
    for (id, acknowledged) in known.answered.iter().rev().take(50) {
        let Some(receipt) = answered(&writer, again(*id), ids) else { continue };
        assert!(receipt.repeated, "{id}");
        assert_eq!(Acknowledged::of(&receipt), *acknowledged, "{id}");
    }
    // What was under way at the kill: sent again, it is answered from the record or recorded now.
    for id in open {
        let Some(receipt) = answered(&writer, again(*id), ids) else { continue };
        assert_eq!(receipt.repeated, ids.contains(id), "{id}");
        let repeated = writer.submit(again(*id)).unwrap();
        assert_eq!(Acknowledged::of(&repeated), Acknowledged::of(&receipt), "{id}");
        known.answered.insert(*id, Acknowledged::of(&receipt));
    }
    let new = world::submission(round, u64::MAX, Some("P-H"), world::submit_request());
    let id = new.id;
    let receipt = writer.submit(new).unwrap();
    assert!(!receipt.repeated && matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
    known.answered.insert(id, Acknowledged::of(&receipt));
    writer.stop();
}

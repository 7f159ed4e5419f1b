//! A store, a clock or a random source that fails beneath the writer: nothing acknowledged is lost,
//! nothing is recorded twice, and the writer goes on once the fault is over.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "unavailable/failing.rs"]
mod failing;
#[path = "../benches/lifecycle/world.rs"]
mod world;

use countersign::clock::SystemEntropy;
use countersign::opening::{OpenError, open_reader, open_writer};
use countersign::verification::verify;
use countersign::writer::{Asked, Receipt, Submission, Unavailable, Writer};
use countersign_core::record::{Answer, snapshot};
use countersign_core::{State, invariants};
use countersign_proof::words::{CommandId, Moment};
use countersign_store::StoreError;
use countersign_store::faulty::Fault;
use failing::{Rig, SettableClock};
use std::process::Command;

const HOUR: u64 = 3_600_000;

/// A request of the staff, under the id of `number`.
fn request(number: u64) -> Submission {
    world::submission(9, number, Some("P-H"), world::submit_request())
}

fn accepted(receipt: Result<Receipt, Unavailable>) -> Receipt {
    let receipt = receipt.unwrap();
    assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
    receipt
}

fn size(location: &str) -> u64 {
    open_reader(location).unwrap().2.frontier.size()
}

/// What the record says and what readers of the writer are shown is one and the same.
fn in_step(writer: &Writer, location: &str) {
    let (_, state, _) = open_reader(location).unwrap();
    let shown: Vec<u8> = writer.read(|shown| snapshot(shown).unwrap());
    assert!(shown == snapshot(&state).unwrap(), "readers are shown another state");
    invariants::check(&state).unwrap();
    verify(location, &mut |_, _| {}).unwrap();
}

fn requests(state: &State) -> usize {
    state.requests.all().len()
}

#[test]
fn a_full_disk_refuses_what_was_gathered_and_the_writer_goes_on() {
    for fault in [Fault::DiskFull, Fault::BeforeCommit, Fault::Busy] {
        let rig = Rig::new();
        let (writer, faults) = rig.faulty();
        accepted(writer.submit(request(0)));
        let before = size(rig.location());
        faults.plant(fault, 1_000);
        let door = writer.door().unwrap();
        let sent: Vec<_> = (1..=20).map(|number| door.send(request(number)).unwrap()).collect();
        for pending in sent {
            let told = pending.wait().expect_err("nothing can be recorded").to_string();
            assert!(told.contains("unavailable"), "{told}");
        }
        assert_eq!(size(rig.location()), before, "{fault:?}");
        in_step(&writer, rig.location());
        assert!(faults.clear() > 0);
        for number in 0..=20 {
            let receipt = accepted(writer.submit(request(number)));
            assert_eq!((receipt.repeated, receipt.seq), (number == 0, before - 1 + number));
        }
        assert_eq!(writer.read(requests), 21, "{fault:?}");
        in_step(&writer, rig.location());
    }
}

#[test]
fn a_database_that_may_not_grow_refuses_and_goes_on() {
    let rig = Rig::new();
    let mut number = 0;
    let writer = rig.limited(80);
    let refused = loop {
        match writer.submit(request(number)) {
            Ok(_) => number += 1,
            Err(unavailable) => break unavailable,
        }
        assert!(number < 2_000, "the database does not fill");
    };
    assert!(refused.to_string().contains("full"), "{refused}");
    let kept = size(rig.location());
    for _ in 0..5 {
        assert!(writer.submit(request(number)).is_err());
    }
    assert_eq!(size(rig.location()), kept);
    in_step(&writer, rig.location());
    writer.stop();
    let writer = rig.writer();
    let receipt = accepted(writer.submit(request(number)));
    assert_eq!((receipt.repeated, receipt.seq), (false, kept));
    in_step(&writer, rig.location());
}

#[test]
fn a_lost_reply_is_learnt_from_a_retry_and_nothing_is_doubled() {
    let rig = Rig::new();
    let (writer, faults) = rig.faulty();
    let before = size(rig.location());
    faults.plant(Fault::ReplyLost, 1);
    let told = writer.submit(request(0)).expect_err("the reply is lost");
    assert!(matches!(told, Unavailable::Unknown(_)), "{told}");
    assert!(told.to_string().contains("the same id"), "{told}");
    assert_eq!(size(rig.location()), before + 1, "it was recorded all the same");
    let receipt = accepted(writer.submit(request(0)));
    assert_eq!((receipt.repeated, receipt.seq), (true, before));
    assert_eq!(writer.read(requests), 1, "readers are shown what was recorded");
    in_step(&writer, rig.location());
    // What follows rests on it: the official signs the request whose answer was lost.
    let official = world::Official::new("P-A", "A.Head");
    let asked = Submission {
        id: world::id(9, 1),
        by: None,
        asked: official.asks(world::request_in(&receipt)),
    };
    faults.plant(Fault::ReplyLost, 1);
    assert!(writer.submit(asked.clone()).is_err());
    let nonce = accepted(writer.submit(asked)).nonce();
    assert!(writer.read(|state| state.ledger.binding(nonce.unwrap()).is_some()));
    accepted(writer.submit(request(2)));
    assert_eq!(size(rig.location()), before + 3);
    in_step(&writer, rig.location());
}

#[test]
fn a_reply_lost_before_another_command_leaves_readers_in_step() {
    let rig = Rig::new();
    let (writer, faults) = rig.faulty();
    for round in 0..10 {
        faults.plant(Fault::ReplyLost, 1);
        assert!(writer.submit(request(2 * round)).is_err());
        accepted(writer.submit(request(2 * round + 1)));
        in_step(&writer, rig.location());
    }
    assert_eq!(writer.read(requests), 20);
}

#[test]
fn a_writer_that_was_taken_over_from_records_nothing_more() {
    let rig = Rig::new();
    let (writer, faults) = rig.faulty();
    faults.plant(Fault::StaleEpoch, 1);
    let before = size(rig.location());
    for number in 0..5 {
        let told = writer.submit(request(number)).expect_err("it was taken over from").to_string();
        assert!(told.contains("another writer took over"), "{told}");
        assert!(told.contains("nothing was recorded"), "{told}");
    }
    assert_eq!(size(rig.location()), before);
    in_step(&writer, rig.location());
}

#[test]
fn a_second_writer_is_told_who_holds_the_ledger() {
    let rig = Rig::new();
    let writer = rig.writer();
    let second = open_writer(rig.location()).err().expect("one writer at a time");
    assert!(matches!(second, OpenError::Store(StoreError::Locked { .. })), "{second}");
    let holder = format!("process {}", std::process::id());
    assert!(second.to_string().contains(&holder), "{second}");
    let program = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["--ledger", rig.location()]).args(args).output().unwrap()
    };
    let refused = program(&["--as", "P-H", "--key", "none", "request", "withdraw", "REQ-1"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{told}");
    assert!(told.contains("another writer holds this ledger") && told.contains(&holder), "{told}");
    // Readers are let in all the while.
    accepted(writer.submit(request(0)));
    let list = program(&["request", "list"]);
    assert!(list.status.success());
    assert!(String::from_utf8(list.stdout).unwrap().contains("REQ-1"));
    writer.stop();
    open_writer(rig.location()).map(|_| ()).unwrap();
}

#[test]
fn a_clock_that_went_back_by_hours_refuses_and_records_nothing() {
    let rig = Rig::new();
    let clock = SettableClock::at(world::start().plus_millis(5 * HOUR));
    let writer = rig.writer_with(Box::new(clock.clone()), Box::new(SystemEntropy));
    let first = accepted(writer.submit(request(0)));
    let before = size(rig.location());
    clock.set(world::start().plus_millis(2 * HOUR));
    let told = writer.submit(request(1)).expect_err("the clock is wrong");
    assert!(matches!(told, Unavailable::NotRecorded(_)), "{told}");
    assert!(told.to_string().contains("set the clock right"), "{told}");
    writer.let_time_pass().expect_err("the clock is wrong");
    assert_eq!(size(rig.location()), before);
    // What was answered already needs no clock.
    let again = accepted(writer.submit(request(0)));
    assert_eq!(again, Receipt { repeated: true, ..first.clone() });
    // A small step back is waited out: time stands still in the record.
    let small = Moment::from_millis(first.at.millis() - 3_000).unwrap();
    clock.set(small);
    assert_eq!(accepted(writer.submit(request(2))).at, first.at);
    clock.fail(true);
    writer.submit(request(3)).expect_err("the clock says nothing");
    clock.fail(false);
    clock.set(first.at.plus_millis(1));
    accepted(writer.submit(request(3)));
    assert_eq!(size(rig.location()), before + 2);
    in_step(&writer, rig.location());
}

#[test]
fn a_random_source_that_fails_leaves_nothing_half_done() {
    let rig = Rig::new();
    for good in 0..6 {
        let (entropy, faults) = failing::entropy();
        let clock = SettableClock::at(world::start().plus_millis(HOUR));
        let writer = rig.writer_with(Box::new(clock), entropy);
        let official = world::Official::new("P-A", "A.Head");
        let receipt = accepted(writer.submit(request(10 * good)));
        let asked = official.asks(world::request_in(&receipt));
        let nonce = Submission { id: world::id(9, 10 * good + 1), by: None, asked };
        let before = size(rig.location());
        faults.fail_after(good);
        let told: Vec<_> = [nonce.clone(), request(10 * good + 2)]
            .into_iter()
            .map(|submission| writer.submit(submission))
            .collect();
        let done = told.iter().filter(|told| told.is_ok()).count();
        assert!(done < 2 || good >= 4, "{good}: {told:?}");
        assert_eq!(size(rig.location()), before + u64::try_from(done).unwrap());
        in_step(&writer, rig.location());
        faults.mend();
        assert!(accepted(writer.submit(nonce)).nonce().is_some());
        accepted(writer.submit(request(10 * good + 2)));
        assert_eq!(size(rig.location()), before + 2);
        in_step(&writer, rig.location());
    }
}

#[test]
fn time_alone_is_no_entry() {
    let rig = Rig::new();
    let writer = rig.writer();
    let before = size(rig.location());
    writer.let_time_pass().unwrap();
    let asked = Submission { id: CommandId([0; 16]), by: None, asked: Asked::Time };
    accepted(writer.submit(asked));
    assert_eq!(size(rig.location()), before);
}

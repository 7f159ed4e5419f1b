//! One writer at a time: the lease says so at once, and epoch and tenure stop the earlier one.

use crate::conformance::Place as _;
use crate::entries::{append, batch, command, entry_for};
use crate::place::{Ledger, server};
use countersign_store::postgres::LEASE;
use countersign_store::{Mode, Store, StoreError, open};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LOCATION: &str = "COUNTERSIGN_TEST_LOCATION";

fn refused(ledger: &Ledger) -> StoreError {
    ledger.open(Mode::Write).err().unwrap()
}

/// Opens it for writing as soon as the lease before has run out.
fn taken_over(ledger: &Ledger) -> Box<dyn Store> {
    let start = Instant::now();
    loop {
        match ledger.open(Mode::Write) {
            Ok(store) => return store,
            Err(StoreError::Locked { .. }) if start.elapsed() < LEASE * 20 => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Runs the ignored test `name` in a process of its own, until it says that it is there.
fn in_a_process(name: &str, ledger: &Ledger) -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--nocapture"])
        .env(LOCATION, ledger.location())
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut lines = out.lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "open"));
    (child, lines)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_second_writer_is_told_who_is_first() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let first = ledger.writer();
    for _ in 0..2 {
        let StoreError::Locked { holder } = refused(&ledger) else { panic!("not locked") };
        let holder = holder.unwrap();
        assert!(holder.starts_with(&format!("process {} on ", std::process::id())), "{holder}");
        // Longer than the lease: it is renewed.
        std::thread::sleep(LEASE + Duration::from_secs(1));
    }
    assert!(refused(&ledger).is_transient());
    drop(first);
    ledger.writer();
}

#[test]
#[ignore = "run by the tests below in a process of its own"]
fn a_writer_that_waits_to_be_told() {
    let Ok(location) = std::env::var(LOCATION) else { return };
    let mut store = open(&location, Mode::Write).unwrap();
    append(&mut *store, &batch(0, 3)).unwrap();
    println!("\nopen");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    for _ in 0..2 {
        println!("appended: {:?}", append(&mut *store, &batch(3, 3)));
    }
    println!("erased: {:?}", store.erase(&[0]));
    println!("holds {}", store.head().unwrap().size);
}

#[test]
fn a_paused_writer_whose_lease_ran_out_is_fenced() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let (mut child, lines) = in_a_process("writers::a_writer_that_waits_to_be_told", &ledger);
    let locked = refused(&ledger);
    assert!(locked.to_string().contains(&format!("process {} on ", child.id())), "{locked}");
    signal(&child, "STOP");
    let mut second = taken_over(&ledger);
    append(&mut *second, &batch(3, 2)).unwrap();
    signal(&child, "CONT");
    drop(child.stdin.take());
    let said: Vec<String> = lines.collect();
    child.wait().unwrap();
    for act in ["appended", "erased"] {
        let told: Vec<_> = said.iter().filter(|line| line.starts_with(act)).collect();
        assert!(!told.is_empty() && told.iter().all(|line| line.contains("Fenced")), "{said:?}");
    }
    assert!(said.contains(&"holds 5".to_owned()), "it may still read: {said:?}");
    append(&mut *second, &batch(5, 2)).unwrap();
    assert_eq!(second.read(0, 100).unwrap(), batch(0, 7));
    second.check_integrity().unwrap();
}

#[test]
fn a_killed_writer_is_followed_once_its_lease_has_run_out() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let (mut child, _) = in_a_process("writers::a_writer_that_waits_to_be_told", &ledger);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut second = taken_over(&ledger);
    append(&mut *second, &batch(3, 3)).unwrap();
    assert_eq!(second.read(0, 100).unwrap(), batch(0, 6));
}

/// A history of the database in which the same epoch was given to somebody else: the tenure tells
/// them apart.
#[test]
fn a_writer_of_another_history_is_fenced_by_its_tenure() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut first = ledger.writer();
    append(&mut *first, &batch(0, 3)).unwrap();
    ledger.sql("UPDATE writer SET tenure = decode(repeat('ab', 16), 'hex')");
    let held = first.head().unwrap().epoch;
    let fenced = StoreError::Fenced { held, found: held };
    assert_eq!(append(&mut *first, &batch(3, 1)), Err(fenced.clone()));
    assert_eq!(first.erase(&[0]), Err(fenced));
    assert_eq!(first.read(0, 100).unwrap(), batch(0, 3));
}

/// Writers that take the record from each other, all at once; every acknowledged entry must be the
/// one that is recorded there.
#[test]
fn writers_that_take_over_never_both_append() {
    let Some(cluster) = server() else { return };
    let ledger = Arc::new(Ledger::on(&cluster));
    let acknowledged = Arc::new(Mutex::new(HashMap::new()));
    let write = |thread: u64| {
        let (ledger, acknowledged) = (ledger.clone(), acknowledged.clone());
        move || {
            for turn in 0..6 {
                ledger.sql("UPDATE writer SET until = '-infinity'");
                let Ok(mut store) = ledger.open(Mode::Write) else { continue };
                for step in 0..40 {
                    let seq = store.head().unwrap().size;
                    let number = (thread << 32) | (turn << 16) | step;
                    match append(&mut *store, &[entry_for(seq, number)]) {
                        Ok(()) => {
                            let earlier = acknowledged.lock().unwrap().insert(seq, command(number));
                            assert_eq!(earlier, None, "two writers hold entry {seq}");
                        }
                        Err(StoreError::Fenced { .. }) => break,
                        Err(StoreError::Moved { .. } | StoreError::Locked { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    };
    let threads: Vec<_> = (0..3).map(|thread| std::thread::spawn(write(thread))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let acknowledged = acknowledged.lock().unwrap();
    let store = ledger.reader();
    assert!(!acknowledged.is_empty());
    assert_eq!(store.head().unwrap().size, u64::try_from(acknowledged.len()).unwrap());
    for entry in store.read(0, usize::MAX).unwrap() {
        assert_eq!(acknowledged[&entry.seq], entry.command);
    }
    store.check_integrity().unwrap();
    println!("{} entries", acknowledged.len());
}

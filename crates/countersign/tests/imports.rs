//! Importing figures into the played exercise: two at once, workbooks, pipes, and many rows.
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

#[path = "stage/stage.rs"]
mod stage;

use stage::{Ledger, PROGRAM, tame};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Child, Stdio};

const HEADER: &str = "item,lot,party,place,state,quantity,expires,as_of,source,standing\n";
const KEEPER: &str = "P-4X6H";
const CLOCK: &str = "2025-12-02T09:00:00Z";

fn flamingos(units: u32) -> String {
    format!("{HEADER}FLAMINGO,,UA,UA.Depot-1,on-hand,{units},,2025-11-20,Count,official\n")
}

/// An importer that has looked at the books and waits for its rows, which come through a pipe.
fn importer(ledger: &Ledger, pipe: &str) -> Child {
    let key = format!("D/keys/{KEEPER}");
    let args = ["--ledger", "D", "--as", KEEPER, "--key", &key, "--clock", CLOCK, "--json"];
    let mut command = tame(PROGRAM, ledger.folder());
    command.args(args).args(["stock", "import", pipe]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn on_hand(ledger: &Ledger) -> u64 {
    let shown = ledger.run(&["stock", "show", "--item", "FLAMINGO", "--json"]).good().json();
    let rows = shown.as_array().unwrap();
    rows.iter().map(|row| row["on_hand"].as_u64().unwrap()).sum()
}

#[test]
fn of_two_importers_at_once_the_second_is_told_what_moved() {
    let ledger = Ledger::new();
    ledger.shell("mkfifo slow.csv").good();
    let slow = importer(&ledger, "slow.csv");
    // This returns as soon as the importer has opened the pipe, and it looks at the books before.
    let mut pipe =
        fs::OpenOptions::new().write(true).open(ledger.folder().join("slow.csv")).unwrap();
    fs::write(ledger.folder().join("quick.csv"), flamingos(42)).unwrap();
    ledger.run_as(KEEPER, CLOCK, &["stock", "import", "quick.csv"]).good();
    assert_eq!(on_hand(&ledger), 42);
    let before = ledger.head();
    pipe.write_all(flamingos(35).as_bytes()).unwrap();
    drop(pipe);
    let run = stage::Run::from(slow.wait_with_output().unwrap());
    assert_eq!((run.code, run.error_code().as_str()), (1, "stock/figure-moved"));
    let message = run.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("had 30 units when you looked and has 42 now"), "{message}");
    assert_eq!(on_hand(&ledger), 42);
    // The refusal is an entry; whoever looks again can take the figure in.
    assert_eq!(ledger.head().0, before.0 + 1);
    fs::write(ledger.folder().join("again.csv"), flamingos(35)).unwrap();
    ledger.run_as(KEEPER, CLOCK, &["stock", "import", "again.csv"]).good();
    assert_eq!(on_hand(&ledger), 35);
    ledger.run(&["log", "verify"]).good();
}

#[test]
fn two_importers_who_count_other_accounts_do_not_hinder_each_other() {
    let ledger = Ledger::new();
    ledger.shell("mkfifo slow.csv").good();
    let slow = importer(&ledger, "slow.csv");
    let mut pipe =
        fs::OpenOptions::new().write(true).open(ledger.folder().join("slow.csv")).unwrap();
    fs::write(ledger.folder().join("quick.csv"), flamingos(42)).unwrap();
    ledger.run_as(KEEPER, CLOCK, &["stock", "import", "quick.csv"]).good();
    let row = "SCALP-EG,,UA,UA.Depot-1,on-hand,80,,2025-11-20,Count,official\n";
    pipe.write_all(format!("{HEADER}{row}").as_bytes()).unwrap();
    drop(pipe);
    let run = stage::Run::from(slow.wait_with_output().unwrap()).good().json();
    assert_eq!(
        (&run["accounts"][0]["was"], &run["accounts"][0]["becomes"]),
        (&90.into(), &80.into())
    );
}

#[test]
fn one_bad_row_among_many_takes_nothing() {
    let ledger = Ledger::new();
    let before = ledger.head();
    let mut text = HEADER.to_owned();
    for number in 0..20_000 {
        let units = if number == 12_345 { "1e3" } else { "7" };
        writeln!(text, "FLAMINGO,L-{number},UA,,on-hand,{units},,2025-11-20,Count,official")
            .unwrap();
    }
    fs::write(ledger.folder().join("many.csv"), &text).unwrap();
    let run = ledger.run_as(KEEPER, CLOCK, &["stock", "import", "many.csv", "--json"]);
    assert_eq!((run.code, run.error_code().as_str()), (1, "import/faulty"));
    let faults = run.json()["error"]["faults"].clone();
    assert_eq!(faults.as_array().unwrap().len(), 1);
    assert_eq!(faults[0]["line"], 12_347);
    assert_eq!(ledger.head(), before);
    fs::write(ledger.folder().join("many.csv"), text.replace("1e3", "7")).unwrap();
    let run = ledger.run_as(KEEPER, CLOCK, &["stock", "import", "many.csv", "--json"]).good();
    assert_eq!(run.json()["accounts"].as_array().unwrap().len(), 20_000);
    assert_eq!(on_hand(&ledger), 140_030);
    assert_eq!(ledger.head().0, before.0 + 1);
    ledger.run(&["log", "verify"]).good();
}

/// All of a million rows, or none.
#[test]
#[ignore = "takes about 20 s and 1.8 GiB; run it by hand after a change to the reader"]
fn a_million_rows_are_one_entry() {
    let ledger = Ledger::new();
    let before = ledger.head();
    let mut text = HEADER.to_owned();
    for number in 0..1_000_000 {
        writeln!(text, "FLAMINGO,L-{number},UA,,on-hand,7,,2025-11-20,Count,official").unwrap();
    }
    fs::write(ledger.folder().join("many.csv"), &text).unwrap();
    ledger.run_as(KEEPER, CLOCK, &["stock", "import", "many.csv"]).good();
    assert_eq!(on_hand(&ledger), 7_000_030);
    assert_eq!(ledger.head().0, before.0 + 1);
}

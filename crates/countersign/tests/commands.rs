//! Every command as a person at a terminal sees it. Each file in `tests/commands` is a script on a
//! copy of the played exercise, with what its commands print and the code with which they end.
//!
//! `COUNTERSIGN_UPDATE=1 cargo test --test commands` writes what they print now; read the
//! difference before committing it.

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

#[path = "commands/manual.rs"]
mod manual;
#[path = "commands/script.rs"]
mod script;
#[path = "stage/stage.rs"]
mod stage;

use script::{Script, compare, folder, snapshots};
use std::collections::BTreeSet;
use std::sync::Mutex;

#[test]
fn every_script_prints_what_it_printed() {
    let scripts = Mutex::new(snapshots());
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(path) = scripts.lock().unwrap().pop() else { break };
                    let text = std::fs::read_to_string(&path).unwrap();
                    let played = Script::parse(&text).play();
                    faults.lock().unwrap().extend(compare(&path, &text, &played));
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_command_has_a_script() {
    let scripts: BTreeSet<String> = snapshots()
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    for command in manual::commands() {
        let path = command.words.join("-");
        if command.is_leaf {
            assert!(scripts.contains(&path), "there is no tests/commands/{path}.txt");
        }
    }
}

#[test]
fn the_manual_reads_as_it_did() {
    let path = folder().join("manual.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let fault = compare(&path, &before, &manual::text());
    assert!(fault.is_none(), "{}", fault.unwrap_or_default());
}

#[test]
fn the_examples_of_the_manual_work() {
    let mut tried = 0;
    for command in manual::commands() {
        tried += manual::try_examples(&command);
    }
    assert!(tried >= 12, "only {tried} examples were tried");
}

/// An option of a command that has the name of one that all commands have would be taken for it.
#[test]
fn no_option_hides_another() {
    let commands = manual::commands();
    let global = &commands[0].global;
    assert!(global.contains("as") && global.contains("clock"), "{global:?}");
    for command in &commands {
        let hidden: Vec<&String> = command.own.intersection(global).collect();
        assert!(hidden.is_empty(), "{:?} hides {hidden:?}", command.words);
    }
}

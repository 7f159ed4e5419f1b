//! Foreign histories through the program: the golden history, whatever is wrong with files and
//! mappings, what an import leaves, and the two real records where they are at hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "history/faults.rs"]
mod faults;
#[path = "history/golden.rs"]
mod golden;
#[path = "history/real.rs"]
mod real;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the program.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign")).args(arguments).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder beside this file, or further up.
pub fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An audit as JSON, and its list as rows.
pub fn audit(file: &Path, mapping: &Path, policy: &Path) -> (Value, Vec<csv::StringRecord>) {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    let output = run(&[
        "history",
        "audit",
        file.to_str().unwrap(),
        "--mapping",
        mapping.to_str().unwrap(),
        "--policy",
        policy.to_str().unwrap(),
        "--list",
        list.to_str().unwrap(),
        "--json",
    ]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let rows = csv::Reader::from_path(list).unwrap().into_records().map(Result::unwrap).collect();
    (serde_json::from_slice(&output.stdout).unwrap(), rows)
}

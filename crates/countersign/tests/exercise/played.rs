//! The exercise, played once for all the tests of a program, and copies of its ledger.

use super::stage;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What the demo printed and where it left its ledger.
pub struct Played {
    pub folder: tempfile::TempDir,
    pub told: serde_json::Value,
    pub words: String,
}

impl Played {
    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }
}

/// Runs the program.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .env_remove("COUNTERSIGN_LEDGER")
        .env_remove("COUNTERSIGN_AS")
        .env_remove("COUNTERSIGN_KEY")
        .output()
        .expect("the program runs")
}

/// Runs the program on a ledger and gives its exit code and the JSON it printed.
pub fn json(ledger: &Path, arguments: &[&str]) -> (i32, serde_json::Value) {
    let mut all = vec!["--json", "--ledger", ledger.to_str().unwrap()];
    all.extend(arguments);
    let output = run(&all);
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (output.status.code().unwrap(), value)
}

pub fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The exercise, played once.
pub fn played() -> &'static Played {
    static PLAYED: OnceLock<Played> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (kept, output) = stage::played("words", &[]);
        copy_folder(&kept.join("D"), &folder.path().join("ledger"));
        let (_, told) = stage::played("json", &["--json"]);
        Played { told: told.json(), words: output.stdout, folder }
    })
}

/// A copy of the ledger of the exercise that a test may change.
pub fn copy() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    copy_folder(&played().ledger(), &ledger);
    (folder, ledger)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

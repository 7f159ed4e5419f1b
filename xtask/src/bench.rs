//! `cargo xtask bench`: runs the benchmark program and keeps its figures.
//!
//! The contract with that program (`crates/countersign/benches/lifecycle/main.rs`, built with
//! `harness = false`): it takes `--quick` and `--json FILE`, prints one table for people whose
//! last column is a ratio measured within the same run, and writes the same figures as JSON to
//! FILE. Cargo adds a `--bench` flag of its own, which the program ignores.

use crate::{say, test};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const PROGRAM: &str = "crates/countersign/benches/lifecycle/main.rs";

/// What the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Fewer repeats: a look, not a measurement.
    pub quick: bool,
    /// Where the figures go; `target/bench.json` unless told otherwise.
    pub json: PathBuf,
    /// Arguments for the program itself.
    pub rest: Vec<String>,
}

impl Wish {
    /// Reads the arguments: `[--quick] [--json FILE] [-- ARGUMENT…]`. A relative FILE is taken
    /// from `here`.
    ///
    /// # Errors
    /// An unknown flag, or `--json` without a file.
    pub fn parse(arguments: &[String], root: &Path, here: &Path) -> Result<Self, String> {
        let json = root.join("target").join("bench.json");
        let mut wish = Self { quick: false, json, rest: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => wish.quick = true,
                "--json" => {
                    wish.json = here.join(arguments.next().ok_or("--json needs a file")?);
                }
                "--" => wish.rest = arguments.by_ref().cloned().collect(),
                other => {
                    return Err(format!("unknown argument {other}; known: --quick, --json FILE"));
                }
            }
        }
        Ok(wish)
    }

    /// The words for cargo.
    #[must_use]
    pub fn cargo_words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> =
            ["bench", "--locked", "-p", "countersign", "--bench", "lifecycle", "--"]
                .map(OsString::from)
                .into();
        if self.quick {
            words.push("--quick".into());
        }
        words.push("--json".into());
        words.push(self.json.clone().into_os_string());
        words.extend(self.rest.iter().map(OsString::from));
        words
    }
}

/// Runs the program.
#[must_use]
pub fn run(root: &Path, wish: &Wish) -> ExitCode {
    if !root.join(PROGRAM).is_file() {
        say::error(format_args!("there is no benchmark program at {PROGRAM}"));
        return ExitCode::from(4);
    }
    match test::cargo_words(root, &wish.cargo_words()) {
        Ok(()) => {
            say::line(format_args!("figures: {}", wish.json.display()));
            ExitCode::SUCCESS
        }
        Err(why) => {
            say::error(why);
            ExitCode::FAILURE
        }
    }
}

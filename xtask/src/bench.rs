//! `cargo xtask bench`: runs the benchmark programs and keeps their figures in one file.
//!
//! The contract with a program (a `[[bench]]` with `harness = false`): it takes `--quick` and
//! `--json FILE`, prints one table for people whose last column says what its figures' ratios are
//! to, measured within the same run where it can be, and writes the same figures as a JSON list to
//! FILE. Cargo adds a `--bench` flag of its own, which the program ignores.

use crate::{say, test};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The programs, by name and source, in the order in which they run.
pub const PROGRAMS: &[(&str, &str)] = &[
    ("lifecycle", "crates/countersign/benches/lifecycle/main.rs"),
    ("stock", "crates/countersign-core/benches/stock.rs"),
    ("triage", "crates/countersign-core/benches/triage.rs"),
    ("rerouting", "crates/countersign-core/benches/rerouting.rs"),
    ("proofs", "crates/countersign/benches/proofs.rs"),
    ("history", "crates/countersign/benches/history.rs"),
    ("dependence", "crates/countersign-core/benches/dependence.rs"),
    ("doors", "crates/countersign/benches/doors.rs"),
    ("nodes", "crates/countersign/benches/nodes.rs"),
    ("witness", "crates/countersign/benches/witness.rs"),
    ("evidence", "crates/countersign/benches/evidence.rs"),
];

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

    /// The words for cargo. The whole workspace is named, so that every program is linked with the
    /// same features and nothing is built twice.
    #[must_use]
    pub fn cargo_words(&self, program: &str) -> Vec<OsString> {
        let start =
            ["bench", "--locked", "--workspace", "--all-features", "--bench", program, "--"];
        let mut words: Vec<OsString> = start.map(OsString::from).into();
        if self.quick {
            words.push("--quick".into());
        }
        words.push("--json".into());
        words.push(self.part(program).into_os_string());
        words.extend(self.rest.iter().map(OsString::from));
        words
    }

    /// Where one program's figures go before they are joined.
    fn part(&self, program: &str) -> PathBuf {
        let mut name = self.json.file_stem().unwrap_or_default().to_os_string();
        name.push(format!("-{program}.json"));
        self.json.with_file_name(name)
    }

    /// Joins the programs' lists into the one file.
    fn join_parts(&self) -> Result<(), String> {
        let mut lists = Vec::new();
        for (program, _) in PROGRAMS {
            let part = self.part(program);
            let failed = |error| format!("{}: {error}", part.display());
            lists.push(std::fs::read_to_string(&part).map_err(failed)?);
        }
        let joined = join(&lists).ok_or("a benchmark program wrote no list of figures")?;
        let failed = |error| format!("{}: {error}", self.json.display());
        std::fs::write(&self.json, joined).map_err(failed)?;
        for (program, _) in PROGRAMS {
            let part = self.part(program);
            std::fs::remove_file(&part).map_err(|error| format!("{}: {error}", part.display()))?;
        }
        Ok(())
    }
}

/// One JSON list of everything in several; `None` where one of them is no list.
#[must_use]
pub fn join(lists: &[String]) -> Option<String> {
    let inner = |list: &String| {
        let inside = list.trim().strip_prefix('[')?.strip_suffix(']')?;
        Some(inside.trim_matches('\n').to_owned())
    };
    let inner: Vec<String> = lists.iter().map(inner).collect::<Option<_>>()?;
    let filled: Vec<String> = inner.into_iter().filter(|list| !list.trim().is_empty()).collect();
    Some(format!("[\n{}\n]\n", filled.join(",\n")))
}

/// Runs the programs, one after the other.
#[must_use]
pub fn run(root: &Path, wish: &Wish) -> ExitCode {
    if let Some((_, source)) = PROGRAMS.iter().find(|(_, source)| !root.join(source).is_file()) {
        say::error(format_args!("there is no benchmark program at {source}"));
        return ExitCode::from(4);
    }
    let mut programs = PROGRAMS.iter();
    let ran = programs
        .try_for_each(|(program, _)| test::cargo_words(root, &wish.cargo_words(program)))
        .and_then(|()| wish.join_parts());
    match ran {
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

//! `cargo xtask simulate`: three nodes of a ledger through everything that can go wrong.
//!
//! The program that runs them is `countersign-simulation` in `tests/simulation`; here it is built
//! in release and run.

use crate::{say, test};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// The words for cargo. `cargo run` cannot name the whole workspace, and with other features
/// everything would be built twice.
pub const BUILD: &str =
    "build --release --locked --workspace --all-features --bin countersign-simulation";

/// What it takes, with examples.
pub const USAGE: &str = "\
simulate [--seed N] [--hours H] [--planted BUG] [--loses]

  --seed N       what the first ledger's run follows from; the next one's from N + 1 (1)
  --hours H      how much simulated time; every 100 hours a ledger ends and the next begins (100)
  --planted BUG  a bug that it must find: fencing-left-out, acknowledged-before-commit,
                 lost-idempotency-key, snapshot-from-the-future, reader-without-position
  --loses        the database loses what it acknowledged, once for each ledger: who has seen it
                 must halt, and nothing else is looked at

  cargo xtask simulate --seed 7 --hours 500
  cargo xtask simulate --hours 10 --planted fencing-left-out

A run that finds something says its seed, the step and the last steps before it; the same seed
finds it again. Exit codes: 0 nothing was found, 1 something was, 2 usage.";

/// Reads the arguments, as far as to tell a wish for help; the program reads the rest.
///
/// # Errors
/// The help.
pub fn parse(arguments: &[String]) -> Result<&[String], String> {
    let asks = |argument: &String| ["help", "--help", "-h"].contains(&argument.as_str());
    if arguments.iter().any(asks) { Err(USAGE.to_owned()) } else { Ok(arguments) }
}

/// Builds the program and runs it.
#[must_use]
pub fn run(root: &Path, arguments: &[String]) -> ExitCode {
    match test::cargo(root, BUILD).and_then(|()| simulate(arguments)) {
        Ok(code) => code,
        Err(why) => {
            say::error(why);
            ExitCode::FAILURE
        }
    }
}

fn simulate(arguments: &[String]) -> Result<ExitCode, String> {
    // Cargo puts the programs of each profile into one folder, beside those of the others.
    let own = std::env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    let profiles = own.parent().and_then(Path::parent).ok_or("this program is in no folder")?;
    let program = profiles.join("release").join("countersign-simulation");
    let status = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(2) => Ok(ExitCode::from(2)),
        Some(_) => Ok(ExitCode::FAILURE),
        None => Err(format!("the simulation ended with {status}")),
    }
}

//! `cargo xtask screenshots DIR`: the pages of the exercise as pictures.
//!
//! The program that takes them is `screenshots` in `tests/browser`; here it is built, together with
//! the server it looks at, and run.

use crate::{say, test};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The words for cargo. `cargo run` cannot name the whole workspace, and with other features
/// everything would be built twice.
pub const BUILD: &str = "build --locked --workspace --all-features --bins";

/// Reads the arguments: the folder for the pictures, from `here` if it is relative.
///
/// # Errors
/// No folder, or more than one.
pub fn parse(arguments: &[String], here: &Path) -> Result<PathBuf, String> {
    match arguments {
        [dir] if !dir.starts_with('-') => Ok(here.join(dir)),
        _ => Err("screenshots takes one folder".to_owned()),
    }
}

/// Builds the programs and takes the pictures.
#[must_use]
pub fn run(root: &Path, dir: &Path) -> ExitCode {
    match test::cargo(root, BUILD).and_then(|()| take(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say::error(why);
            ExitCode::FAILURE
        }
    }
}

fn take(dir: &Path) -> Result<(), String> {
    // Cargo puts all programs of the workspace into one folder, this one too.
    let own = std::env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    let program = own.with_file_name("screenshots");
    let status = Command::new(&program)
        .arg(dir)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if status.success() { Ok(()) } else { Err(format!("screenshots ended with {status}")) }
}

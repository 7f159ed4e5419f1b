//! Where do the other programs come from?
//!
//! Those of the system are on `PATH`; `cargo xtask test` sees to that. Those that npm and PyPI
//! bring are installed under `target/browser-tools` when first asked for, in one exact version, and
//! are no part of the repository.

use crate::fault::{Fault, while_};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The full path of a program, where `PATH` has it.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The folder with the finished programs, `target/debug`: the one above the running test.
///
/// # Errors
/// [`Fault`] when the running program does not know where it is.
pub fn programs() -> Result<PathBuf, Fault> {
    let own = std::env::current_exe().map_err(while_("where does this program lie"))?;
    let dir = own.parent().unwrap_or(&own);
    let above = if dir.file_name() == Some(OsStr::new("deps")) { dir.parent() } else { Some(dir) };
    above.map(Path::to_path_buf).ok_or_else(|| Fault::new("this program lies nowhere"))
}

/// The folder of something that is installed by `install` if it is not there yet. Two programs that
/// ask at the same time wait for each other.
pub(crate) fn installed(
    name: &str,
    install: impl FnOnce(&Path) -> Result<(), Fault>,
) -> Result<PathBuf, Fault> {
    let programs = programs()?;
    let tools = programs.parent().unwrap_or(&programs).join("browser-tools");
    std::fs::create_dir_all(&tools).map_err(while_(tools.display()))?;
    let lock = tools.join(".lock");
    let held = File::create(&lock).map_err(while_(lock.display()))?;
    held.lock().map_err(while_(lock.display()))?;
    let dir = tools.join(name);
    let whole = dir.join(".installed");
    if whole.is_file() {
        return Ok(dir);
    }
    if dir.exists() {
        // An installation that was broken off is not to be trusted.
        std::fs::remove_dir_all(&dir).map_err(while_(dir.display()))?;
    }
    std::fs::create_dir_all(&dir).map_err(while_(dir.display()))?;
    install(&dir)?;
    std::fs::write(&whole, name).map_err(while_(whole.display()))?;
    Ok(dir)
}

/// Runs a program to its end.
///
/// # Errors
/// [`Fault`] with everything it said and the remedy, when it is absent or fails.
pub(crate) fn run(command: &mut Command, remedy: &str) -> Result<String, Fault> {
    let line = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Fault::new(format!("{line}: {error}; {remedy}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let also = String::from_utf8_lossy(&output.stderr);
    Err(Fault::new(format!("{line} ended with {}; {remedy}\n{said}\n{also}", output.status)))
}

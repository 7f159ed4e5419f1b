//! The same record from the command line: our own, and OpenSSH's.

use crate::fault::{Fault, while_};
use crate::provided::{programs, run};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

const BUILD: &str = "cargo build --workspace --all-features";

/// Our binary, which must be at least as new as its sources.
///
/// # Errors
/// [`Fault`] when it is not there or out of date, with the command that builds it.
pub fn countersign() -> Result<PathBuf, Fault> {
    let binary = programs()?.join("countersign");
    // Cargo builds a test's own package, not the binary of another: that may be an old one. It says
    // nowhere what it was made from when only a test wanted it.
    let fault = |why: &dyn std::fmt::Display| {
        Fault::new(format!("{}: {why}; build it with `{BUILD}`", binary.display()))
    };
    let built = changed(&binary).map_err(|error| fault(&error))?;
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut newest = None;
    for own in ["countersign-proof", "countersign-core", "countersign-store", "countersign"] {
        let from = crates.join(own).join("src");
        newest_below(&from, &mut newest).map_err(while_(from.display()))?;
    }
    match newest {
        Some((moment, _)) if moment <= built => Ok(binary),
        Some((_, source)) => Err(fault(&format!("older than {}", source.display()))),
        None => Err(fault(&"nothing says what it was made from")),
    }
}

fn changed(file: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(file)?.modified()
}

/// The file below a folder that was changed last.
fn newest_below(folder: &Path, newest: &mut Option<(SystemTime, PathBuf)>) -> std::io::Result<()> {
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            newest_below(&path, newest)?;
            continue;
        }
        let moment = changed(&path)?;
        if newest.as_ref().is_none_or(|(last, _)| *last < moment) {
            *newest = Some((moment, path));
        }
    }
    Ok(())
}

/// A ledger, as the command line sees it.
#[derive(Clone, Debug)]
pub struct Ledger {
    binary: PathBuf,
    dir: PathBuf,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The command, for messages.
    pub line: String,
    /// Its exit code, if no signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Outcome {
    /// Demands that it went well, and gives what it printed.
    ///
    /// # Errors
    /// [`Fault`] with everything it said.
    pub fn must_succeed(self) -> Result<String, Fault> {
        if self.code == Some(0) {
            return Ok(self.out);
        }
        let Self { line, code, out, err } = self;
        Err(Fault::new(format!("`{line}` ended with {code:?}\n{out}\n{err}")))
    }
}

impl Ledger {
    /// The ledger in a folder.
    ///
    /// # Errors
    /// [`Fault`] when our binary is not there.
    pub fn at(dir: &Path) -> Result<Self, Fault> {
        Ok(Self { binary: countersign()?, dir: dir.to_path_buf() })
    }

    /// Runs `countersign --ledger DIR` with these words after it.
    ///
    /// # Errors
    /// [`Fault`] when it cannot be started.
    pub fn run<W: AsRef<OsStr>>(&self, words: &[W]) -> Result<Outcome, Fault> {
        let mut command = Command::new(&self.binary);
        command.arg("--ledger").arg(&self.dir).args(words).env("NO_COLOR", "1");
        let line = format!("{command:?}");
        let output = command.stdin(Stdio::null()).output().map_err(while_(&line))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        Ok(Outcome { line, code: output.status.code(), out, err })
    }

    /// Runs a command that must go well, with `--json`, and gives what it says.
    ///
    /// # Errors
    /// [`Fault`] when it fails or does not print JSON.
    pub fn json(&self, words: &[&str]) -> Result<Value, Fault> {
        let words: Vec<&str> = ["--json"].iter().chain(words).copied().collect();
        let outcome = self.run(&words)?;
        let line = outcome.line.clone();
        serde_json::from_str(&outcome.must_succeed()?).map_err(while_(line))
    }
}

/// Signs a file with OpenSSH's own program; gives the signature's file.
///
/// # Errors
/// [`Fault`] when `ssh-keygen` is absent or refuses.
pub fn ssh_sign(key: &Path, namespace: &str, file: &Path) -> Result<PathBuf, Fault> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", namespace, "-f"]).arg(key).arg(file);
    run(&mut command, OPENSSH)?;
    let mut signature = OsString::from(file);
    signature.push(".sig");
    Ok(PathBuf::from(signature))
}

/// Checks a signature with OpenSSH's own program, against a file of allowed signers as they were at
/// a time (`YYYYMMDDHHMMSSZ`), or are now.
///
/// # Errors
/// [`Fault`] when `ssh-keygen` is absent, or finds the signature wanting.
pub fn ssh_verify(
    allowed_signers: &Path,
    principal: &str,
    namespace: &str,
    signature: &Path,
    signed: &Path,
    time: Option<&str>,
) -> Result<String, Fault> {
    let file = std::fs::File::open(signed).map_err(while_(signed.display()))?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", namespace, "-I", principal, "-f"]).arg(allowed_signers);
    if let Some(time) = time {
        command.arg("-O").arg(format!("verify-time={time}"));
    }
    command.arg("-s").arg(signature).stdin(file);
    let line = format!("{command:?}");
    let output =
        command.output().map_err(|error| Fault::new(format!("{line}: {error}; {OPENSSH}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let also = String::from_utf8_lossy(&output.stderr);
    Err(Fault::new(format!("{line} ended with {}\n{said}\n{also}", output.status)))
}

const OPENSSH: &str = "install OpenSSH's client tools (Debian: openssh-client)";

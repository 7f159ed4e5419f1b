//! Does the API do what its description says, whatever it is sent?
//!
//! Schemathesis reads the OpenAPI description of a running server, makes up requests that fit it
//! and requests that do not, and compares the answers with what is promised.

use crate::fault::{Fault, while_};
use crate::provided::{installed, run};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const VERSION: &str = "4.32.5";

/// What to put a server through.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// Where the description is served.
    pub description: &'a str,
    /// Headers to send along, as `Name: value`.
    pub headers: &'a [String],
    /// The checks, by Schemathesis's names.
    pub checks: &'a [&'a str],
    /// How many requests to make up for each operation, at most.
    pub examples: u32,
    /// More arguments for its command line, such as operations to leave out.
    pub rest: &'a [&'a str],
}

impl Trial<'_> {
    /// What an API must always keep: no server error, no status, content type or body that the
    /// description does not name.
    pub const CHECKS: &'static [&'static str] = &[
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ];
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Findings {
    /// How many operations were tried.
    pub operations: u64,
    /// How many requests were made up.
    pub requests: u64,
    /// Each kind of failure: its title, and the operations it was seen at.
    pub failures: Vec<String>,
    /// Everything Schemathesis said, with requests to try again by hand.
    pub told: String,
}

impl Findings {
    /// Demands that nothing failed and that something was tried.
    ///
    /// # Errors
    /// [`Fault`] with everything Schemathesis said.
    pub fn must_be_clean(&self) -> Result<(), Fault> {
        if self.operations == 0 || self.requests == 0 {
            return Err(Fault::new(format!("Schemathesis tried nothing:\n{}", self.told)));
        }
        if self.failures.is_empty() {
            return Ok(());
        }
        Err(Fault::new(format!("{}\n{}", self.failures.join("\n"), self.told)))
    }
}

/// Runs Schemathesis to its end. The requests are the same in every run.
///
/// # Errors
/// [`Fault`] when it cannot be had, or broke off before it had tried everything.
pub fn put_through(trial: &Trial<'_>) -> Result<Findings, Fault> {
    let program = schemathesis()?;
    let scratch = tempfile::tempdir().map_err(while_("no folder for Schemathesis"))?;
    let report = scratch.path().join("report.json");
    let mut command = Command::new(&program);
    command.current_dir(scratch.path()).stdin(Stdio::null());
    command.args(["run", trial.description, "--no-color", "--workers", "1"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--generation-deterministic"]);
    command.args(["--continue-on-failure", "--max-examples", &trial.examples.to_string()]);
    command.args(["--checks", &trial.checks.join(",")]);
    command.args(["--report", "json", "--report-json-path"]).arg(&report);
    for header in trial.headers {
        command.args(["--header", header]);
    }
    command.args(trial.rest);
    let output = command.output().map_err(while_(program.display()))?;
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.push_str(&String::from_utf8_lossy(&output.stderr));
    // 0: nothing failed; 1: something did. Everything else is not a result.
    let failed = match output.status.code() {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(Fault::new(format!("Schemathesis ended with {}:\n{told}", output.status))),
    };
    let report = std::fs::read_to_string(&report)
        .map_err(|error| Fault::new(format!("Schemathesis left no report: {error}\n{told}")))?;
    let report = serde_json::from_str(&report).map_err(while_("Schemathesis's report"))?;
    findings(&report, failed, told)
}

fn findings(report: &Value, failed: bool, told: String) -> Result<Findings, Fault> {
    let at = |path: &str| report.pointer(path);
    let listed = |path: &str| at(path).and_then(Value::as_array).cloned().unwrap_or_default();
    let errors = listed("/errors");
    if at("/complete") != Some(&Value::Bool(true)) || !errors.is_empty() {
        return Err(Fault::new(format!("Schemathesis did not get through:\n{told}")));
    }
    let failures: Vec<String> = listed("/failures").iter().map(failure).collect();
    if failed == failures.is_empty() {
        return Err(Fault::new(format!("Schemathesis's report and exit code differ:\n{told}")));
    }
    let count = |path: &str| at(path).and_then(Value::as_u64).unwrap_or_default();
    let (operations, requests) = (count("/operations/tested"), count("/test_cases/generated"));
    Ok(Findings { operations, requests, failures, told })
}

fn failure(found: &Value) -> String {
    let title = found.get("title").and_then(Value::as_str).unwrap_or_default();
    let operations = found.get("operations").and_then(Value::as_array);
    let operations = operations.into_iter().flatten().filter_map(Value::as_str);
    format!("{title}: {}", operations.collect::<Vec<_>>().join(", "))
}

/// The program, in a Python environment of its own, from PyPI.
fn schemathesis() -> Result<PathBuf, Fault> {
    let dir = installed(&format!("schemathesis-{VERSION}"), |dir| {
        let remedy = "install Python 3 with venv (Debian: python3-venv), and let pip reach PyPI";
        run(Command::new("python3").args(["-m", "venv"]).arg(dir), remedy)?;
        let mut pip = Command::new(dir.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg(format!("schemathesis=={VERSION}")), remedy).map(drop)
    })?;
    Ok(dir.join("bin/schemathesis"))
}

//! The solver as a program of its own. Answers: *can these assertions hold together?*
//!
//! One process for each script: it gets the script, has so long to answer, and is then killed. So
//! nothing that it does, not even hanging or crashing, reaches further than its one answer.

use countersign_core::policy::{Reply, Solver};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The environment variable that names the program.
const VARIABLE: &str = "CVC5";
/// Its name on `PATH`.
const PROGRAM: &str = "cvc5";
/// The most that is read of an answer.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

/// The solver cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SolverFailed(String);

/// cvc5, or a program that takes its arguments and talks as it does.
#[derive(Clone, Debug)]
pub struct Cvc5 {
    program: PathBuf,
    name: String,
    limit: Duration,
}

impl Cvc5 {
    /// The program that `CVC5` names, or else the first `cvc5` on `PATH`; `None` where there is
    /// neither. `limit`: how long it may take for each question.
    ///
    /// # Errors
    /// [`SolverFailed`] where `CVC5` names something that cannot be run, or does not say what it
    /// is within `limit`.
    pub fn find(limit: Duration) -> Result<Option<Self>, SolverFailed> {
        if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
            return Self::at(named.into(), limit).map(Some).map_err(|why| {
                SolverFailed(format!("{VARIABLE} names a solver that cannot be used: {why}"))
            });
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut found = std::env::split_paths(&path).map(|folder| folder.join(PROGRAM));
        match found.find(|file| file.is_file()) {
            Some(program) => Self::at(program, limit).map(Some),
            None => Ok(None),
        }
    }

    /// The program at `program`.
    ///
    /// # Errors
    /// [`SolverFailed`] as with [`Cvc5::find`].
    pub fn at(program: PathBuf, limit: Duration) -> Result<Self, SolverFailed> {
        let mut solver = Self { program, name: String::new(), limit };
        let told = solver.run(&["--version".into()], "").map_err(|why| {
            SolverFailed(format!("{} --version: {why}", solver.program.display()))
        })?;
        // "This is cvc5 version 1.0.3"
        let first = told.lines().next().unwrap_or_default();
        let mut words = first.split_whitespace().skip_while(|word| *word != "version");
        let version = words.nth(1).ok_or_else(|| {
            let said: String = first.chars().take(80).collect();
            SolverFailed(format!(
                "{} does not say which version of cvc5 it is, but {said:?}",
                solver.program.display()
            ))
        })?;
        solver.name = format!("{PROGRAM} {}", version.trim_matches(['[', ']', ',']));
        Ok(solver)
    }

    /// Sets how long it may take for each question.
    pub fn limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Runs the program once and gives what it printed.
    fn run(&self, arguments: &[OsString], script: &str) -> Result<String, String> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("it cannot be run: {error}"))?;
        let answer = self.answer(&mut child, script.to_owned());
        // It has answered, or has had its time.
        let _ = child.kill();
        let status = child.wait().map_err(|error| error.to_string())?;
        match answer {
            Ok(text) if text.trim().is_empty() => Err(format!("it gave no answer ({status})")),
            other => other,
        }
    }

    fn answer(&self, child: &mut Child, script: String) -> Result<String, String> {
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (mut stdin, stdout) = pipes.ok_or("it has no input or output")?;
        thread::spawn(move || {
            // A program that has gone reads nothing; its answer says so.
            let _ = stdin.write_all(script.as_bytes());
        });
        let (told, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let read = stdout.take(ANSWER_MAX).read_to_end(&mut text);
            let _ = told.send(read.map(|_| text));
        });
        let text = answer
            .recv_timeout(self.limit)
            .map_err(|_| format!("no answer within {} ms", self.limit.as_millis()))?;
        let text = text.map_err(|error| error.to_string())?;
        String::from_utf8(text).map_err(|_| "its answer is not text".to_owned())
    }
}

impl Solver for Cvc5 {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn solve(&mut self, script: &str, model: bool) -> Reply {
        let limit = format!("--tlimit={}", self.limit.as_millis());
        let arguments = ["--lang".into(), "smt".into(), limit.into()];
        let script = if model { format!("{script}(get-model)\n") } else { script.to_owned() };
        match self.run(&arguments, &script) {
            Ok(text) => read(&text, model),
            Err(why) => Reply::Unknown(why),
        }
    }
}

/// The answer: a line, and after `sat` the model, which begins with a line of its own.
fn read(text: &str, model: bool) -> Reply {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim() {
        "unsat" => Reply::Unsat,
        "sat" if !model => Reply::Sat(String::new()),
        "sat" if rest.trim_start().starts_with("(error") => {
            Reply::Unknown("it gave no model".to_owned())
        }
        "sat" => Reply::Sat(rest.to_owned()),
        "unknown" => Reply::Unknown("the solver does not know".to_owned()),
        other => {
            let said: String = other.chars().take(200).collect();
            Reply::Unknown(format!("the solver said {said:?}"))
        }
    }
}

//! `cargo xtask test`: everything a change must pass, in the order in which it fails cheapest.

use crate::counts::{Counts, Runner};
use crate::steps::Steps;
use crate::{say, tidy, tools, under_ci};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;

const SKIP_LINT: &str = "--skip-lint";

/// What the caller asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Leave out format, clippy and tidy.
    pub skip_lint: bool,
    /// Run only tests whose names contain one of these.
    pub filters: Vec<String>,
}

impl Wish {
    /// Reads the arguments.
    ///
    /// # Errors
    /// An unknown flag, or a wish to leave something out where nothing may be left out.
    pub fn parse(arguments: &[String], under_ci: bool) -> Result<Self, String> {
        let mut wish = Self::default();
        for argument in arguments {
            if argument == SKIP_LINT {
                wish.skip_lint = true;
            } else if argument.starts_with('-') {
                return Err(format!("unknown flag {argument}; known: {SKIP_LINT}"));
            } else {
                wish.filters.push(argument.clone());
            }
        }
        if under_ci && wish != Self::default() {
            return Err("CI is set: nothing may be left out, so no flag and no filter".to_owned());
        }
        Ok(wish)
    }
}

/// Runs the steps in order and stops at the first that fails; the last line is the count.
#[must_use]
pub fn run(root: &Path, wish: &Wish) -> ExitCode {
    let mut steps = Steps::default();
    let mut counts = None;
    let went_well = take_steps(&mut steps, root, wish, &mut counts);
    say::line(format_args!("\nSteps:\n{}", steps.table()));
    if let Some(counts) = counts {
        say::line(format_args!("\n{counts}"));
    }
    if went_well && !steps.failed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn take_steps(steps: &mut Steps, root: &Path, wish: &Wish, counts: &mut Option<Counts>) -> bool {
    let provided = || tools::provide(tools::TOOLS).and_then(|()| tools::provide_patroni(root));
    if !steps.take("tools", provided) {
        return false;
    }
    if wish.skip_lint {
        for name in ["format", "clippy", "tidy"] {
            steps.leave_out(name, SKIP_LINT);
        }
    } else {
        let clippy = "clippy --workspace --all-targets --all-features --locked -- -D warnings";
        let good = steps.take("format", || cargo(root, "fmt --all --check"))
            && steps.take("clippy", || cargo(root, clippy))
            && steps.take("tidy", || tidy::as_step(root));
        if !good {
            return false;
        }
    }
    let mut so_far = Counts::default();
    let tests = steps.take("tests", || {
        let (result, found) = run_tests(root, &wish.filters);
        so_far = so_far.plus(found);
        *counts = Some(so_far);
        result
    });
    tests
        && steps.take("doc-tests", || {
            let mut words = words("test --doc --workspace --all-features --locked");
            if !wish.filters.is_empty() {
                words.push("--".into());
                words.extend(wish.filters.iter().map(OsString::from));
            }
            let (result, found) = counted(root, Runner::Libtest, &words);
            so_far = so_far.plus(found);
            *counts = Some(so_far);
            result
        })
        && (so_far.ran() > 0 || steps.take("count", || Err("no test ran at all".to_owned())))
}

fn run_tests(root: &Path, filters: &[String]) -> (Result<(), String>, Counts) {
    let has_nextest = Command::new(cargo_program())
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    let mut arguments = if has_nextest {
        // A filter may name doc-tests only; whether anything ran is judged at the end.
        let mut run = words("nextest run --workspace --all-features --locked --no-tests=pass");
        // One more than there are processors: some tests mostly wait for other programs.
        let processors = thread::available_parallelism().map_or(1, usize::from);
        run.push(format!("--test-threads={}", processors.saturating_add(1)).into());
        run
    } else {
        say::line("cargo-nextest is not installed: plain `cargo test` runs the same tests");
        // The targets that nextest runs: a benchmark is no test.
        words("test --workspace --all-features --lib --bins --tests --examples --locked")
    };
    if under_ci() {
        arguments.push("--no-fail-fast".into());
    }
    if !filters.is_empty() {
        if !has_nextest {
            arguments.push("--".into());
        }
        arguments.extend(filters.iter().map(OsString::from));
    }
    let runner = if has_nextest { Runner::Nextest } else { Runner::Libtest };
    counted(root, runner, &arguments)
}

/// Runs cargo, passing its output on and reading the counts from it.
fn counted(root: &Path, runner: Runner, arguments: &[OsString]) -> (Result<(), String>, Counts) {
    let line = shown(arguments);
    say::line(format_args!("$ {line}"));
    let mut command = cargo_in(root);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        // The runner sees a pipe; what reads the pipe's other end is a person.
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return (Err(format!("`{line}`: {error}")), Counts::default()),
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (out, err) = thread::scope(|scope| {
        let out = scope.spawn(|| pass_on(runner, stdout, &mut std::io::stdout()));
        let err = scope.spawn(|| pass_on(runner, stderr, &mut std::io::stderr()));
        (out.join(), err.join())
    });
    let found = [out, err].into_iter().filter_map(Result::ok).flatten().collect::<Vec<_>>();
    let counts = found.iter().fold(Counts::default(), |sum, one| sum.plus(*one));
    let result = match child.wait() {
        Err(error) => Err(format!("`{line}`: {error}")),
        Ok(status) if !status.success() && counts.failed > 0 => {
            Err(format!("{} failed", counts.failed))
        }
        Ok(status) if !status.success() => Err(format!("`{line}` ended with {status}")),
        Ok(_) if found.is_empty() => Err(format!("`{line}` gave no counts")),
        Ok(_) => Ok(()),
    };
    (result, counts)
}

/// Copies every line to `to`, and gives the counts found in them.
fn pass_on(runner: Runner, from: Option<impl Read>, to: &mut impl Write) -> Vec<Counts> {
    let mut found = Vec::new();
    let Some(from) = from else { return found };
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = to.write_all(&line).and_then(|()| to.flush());
        found.extend(Counts::from_line(runner, &String::from_utf8_lossy(&line)));
        line.clear();
    }
    found
}

/// Runs cargo with these words; its output goes where ours goes.
///
/// # Errors
/// That it could not be started, or how it ended.
pub fn cargo(root: &Path, line: &str) -> Result<(), String> {
    cargo_words(root, &words(line))
}

/// As [`cargo`], for arguments that may hold spaces.
///
/// # Errors
/// That it could not be started, or how it ended.
pub fn cargo_words(root: &Path, arguments: &[OsString]) -> Result<(), String> {
    let line = shown(arguments);
    say::line(format_args!("$ {line}"));
    let status =
        cargo_in(root).args(arguments).status().map_err(|error| format!("`{line}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` ended with {status}")) }
}

/// Cargo, about to work in a folder. Under CI everything is built once and thrown away: what only
/// helps a second build, or whoever debugs, is left out.
fn cargo_in(root: &Path) -> Command {
    let mut command = Command::new(cargo_program());
    command.current_dir(root).stdin(Stdio::null());
    // What cargo told us of ourselves: build scripts that look at it would run again, and all that
    // depends on them, whenever somebody calls cargo directly in between.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if under_ci() {
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    }
    command
}

/// The cargo that runs us, so that no second toolchain comes in.
fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn shown(arguments: &[OsString]) -> String {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    format!("cargo {}", words.join(" "))
}

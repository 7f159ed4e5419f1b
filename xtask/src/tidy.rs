//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy can know.
//!
//! A rule is one line of [`RULES`]: its name, what it demands, why, and the function that looks.
//! Every rule has a planted fault in `tests/tidy.rs`.

mod layers;
mod pages;
mod sizes;
mod source;
mod tree;
mod words;

use crate::say;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;
pub use tree::Tree;

/// A house rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name, as it is printed.
    pub name: &'static str,
    /// What it demands.
    pub demands: &'static str,
    /// Why, in a sentence.
    pub reason: &'static str,
    check: fn(&Tree, &mut Vec<Spot>),
}

/// Every rule, in the order in which they are looked at.
pub const RULES: &[Rule] = &[
    Rule {
        name: "crate-direction",
        demands: "proof ← core ← store ← countersign: a crate uses only what stands to its left; \
                  xtask uses none of them, fuzz only proof, \
                  tests/postgres only proof and store, tests/simulation all four",
        reason: "an auditor can then read proof alone, and a rule can be tested without a database",
        check: layers::crates,
    },
    Rule {
        name: "module-direction",
        demands: "core: ledger, people, stock, policy ← requests ← triage ← rerouting ← \
                  dependence, evidence, record, invariants; proof: words ← statement ← \
                  signature ← entry, bundle",
        reason: "a room can be read, tested and trusted knowing only the rooms before it",
        check: layers::modules,
    },
    Rule {
        name: "cedar-in-one-place",
        demands: "`cedar_policy` is named only in crates/countersign-core/src/policy/cedar.rs and \
                  policy/cedar/ (and in core's own tests)",
        reason: "the engine's types must not leak into the rules, or they could not be judged \
                 apart from it and it could never be replaced",
        check: layers::cedar,
    },
    Rule {
        name: "file-size",
        demands: "a source file has about 400 lines (more is warned of), at most 600; tests apart",
        reason: "a file that a reader cannot hold in mind hides its faults from review",
        check: sizes::files,
    },
    Rule {
        name: "function-size",
        demands: "a function has about 70 lines of code (more is warned of), at most 100",
        reason: "a function that fits on a screen is checked as a whole, not in parts",
        check: sizes::functions,
    },
    Rule {
        name: "line-width",
        demands: "a line has at most 100 columns, unless one unbreakable word makes it longer",
        reason: "two files side by side, or a diff, stay readable; rustfmt leaves macros and \
                 strings alone",
        check: sizes::lines,
    },
    Rule {
        name: "file-names",
        demands: "no file or folder named mod.rs, utils, common, helpers, manager, service, misc",
        reason: "such a name says nothing, so everything lands in it; a file is named after the \
                 question it answers",
        check: pages::file_names,
    },
    Rule {
        name: "pure-crates",
        demands: "no clock, randomness, hash maps, files, environment, threads, network or async \
                  in proof and core",
        reason: "replaying the log must give the same state byte for byte, so whatever varies \
                 arrives with the command",
        check: words::pure_crates,
    },
    Rule {
        name: "no-floats",
        demands: "no f32 or f64 in proof and core, outside the room triage",
        reason: "quantities are whole units; a rounding must never decide",
        check: words::floats,
    },
    Rule {
        name: "catch-all",
        demands: "no `_ =>` arm in core without `// catch-all: reason` on its line or above it",
        reason: "a new state must stop the compiler, not slip silently into an old arm",
        check: words::catch_all,
    },
    Rule {
        name: "ignored-tests",
        demands: "`#[ignore]` says why: `#[ignore = \"reason\"]`",
        reason: "a test that nobody runs protects nothing, so leaving it out needs an answer",
        check: words::ignored_tests,
    },
    Rule {
        name: "unfinished",
        demands: "no TODO or FIXME in Rust, Cedar or TOML",
        reason: "what is missing belongs where people look for it, not in a comment",
        check: words::unfinished,
    },
    Rule {
        name: "rejection-codes",
        demands: "every code in a `rejections!` table stands there once, and the table names its \
                  own room",
        reason: "codes are promises to programs outside: one meaning each, never reused",
        check: pages::rejection_codes,
    },
    Rule {
        name: "decision-pages",
        demands: "docs/decisions/NNNN-name.md are numbered from 0001 without gap or double, and \
                  have Context, Choice, Rejected and Consequence",
        reason: "a decision is cited by its number, and is useless without what was rejected",
        check: pages::decisions,
    },
    Rule {
        name: "clippy-settings",
        demands: "a crate's own clippy.toml repeats every setting of the root's",
        reason: "clippy reads only the nearest file, so a setting left out is silently lost",
        check: pages::clippy_settings,
    },
];

/// Whether a finding stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It does not.
    Warning,
    /// It does.
    Fault,
}

/// Where a rule is broken, before the rule's name is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    level: Level,
    path: String,
    line: usize,
    message: String,
}

impl Spot {
    fn fault(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { level: Level::Fault, path: path.to_owned(), line, message: message.into() }
    }

    fn warning(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::fault(path, line, message) }
    }
}

/// A rule broken at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// Whether it stops the run.
    pub level: Level,
    /// The file, from the root.
    pub path: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is there, and what to do instead.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Warning => "warning",
            Level::Fault => "fault",
        };
        let Self { rule, path, line, message, .. } = self;
        if *line == 0 {
            write!(f, "{path}: {level}: {rule}: {message}")
        } else {
            write!(f, "{path}:{line}: {level}: {rule}: {message}")
        }
    }
}

/// Every finding in a tree, by rule, then in the order of the files.
#[must_use]
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut all = Vec::new();
    for rule in RULES {
        let mut spots = Vec::new();
        (rule.check)(tree, &mut spots);
        all.extend(spots.into_iter().map(|Spot { level, path, line, message }| Finding {
            rule: rule.name,
            level,
            path,
            line,
            message,
        }));
    }
    all
}

/// The rules with their reasons, for people.
#[must_use]
pub fn rule_list() -> String {
    let one = |rule: &Rule| format!("{}\n  {}\n  Why: {}.", rule.name, rule.demands, rule.reason);
    RULES.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

/// Looks at the tree under `root` and tells what it found.
#[must_use]
pub fn run(root: &Path) -> ExitCode {
    match as_step(root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say::error(format_args!("tidy: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// As [`run`], for a run of several steps.
///
/// # Errors
/// That the tree could not be read, or how many faults there are.
pub fn as_step(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let found = findings(&tree);
    for finding in &found {
        say::line(finding);
    }
    let broken = |rule: &&Rule| found.iter().any(|finding| finding.rule == rule.name);
    for rule in RULES.iter().filter(broken) {
        say::line(format_args!("{}: {}.\n  Why: {}.", rule.name, rule.demands, rule.reason));
    }
    let faults = found.iter().filter(|finding| finding.level == Level::Fault).count();
    let warnings = found.len().saturating_sub(faults);
    let (rules, files) = (RULES.len(), tree.file_count());
    say::line(format_args!(
        "tidy: {rules} rules, {files} files, {faults} faults, {warnings} warnings"
    ));
    if faults == 0 { Ok(()) } else { Err(format!("{faults} faults")) }
}

//! Every house rule fires on a planted fault, and on nothing else.
#![expect(clippy::expect_used, reason = "a test that cannot lay out its files must stop")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use xtask::tidy::{Level, RULES, Tree, findings};

const CORE: &str = "crates/countersign-core/src";
const PROOF: &str = "crates/countersign-proof/src";

/// A tree that breaks no rule, though it looks as if it might.
const CLEAN: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
    ("clippy.toml", "# For everyone.\nallow-unwrap-in-tests = true\n"),
    ("crates/countersign-core/clippy.toml", "allow-unwrap-in-tests = true\nmore = 1\n"),
    ("crates/countersign-proof/Cargo.toml", "[dependencies]\nsha2 = \"1\"\n"),
    (
        "crates/countersign-core/Cargo.toml",
        "[dependencies]\ncedar-policy = \"4\"\ncountersign-proof.workspace = true\n",
    ),
    ("crates/countersign/Cargo.toml", "[dependencies]\ncountersign-core.workspace = true\n"),
    (
        "crates/countersign-core/src/policy/cedar.rs",
        "use cedar_policy::PolicySet;\nuse std::collections::HashSet;\n",
    ),
    (
        "crates/countersign-core/src/rejection.rs",
        "macro_rules! rejections { ($a:literal) => { const A: &str = \"a\"; } }\n",
    ),
    (
        "crates/countersign-core/src/people.rs",
        "rejections!(\n  /// Why.\n  Rejection in \"people\" {\n    A = \"a\", \
         \"it = \\\"a\\\"\";\n    B { of: u8 } = \"b\",\n      \"{of}\";\n  }\n);\n",
    ),
    ("crates/countersign-core/src/requests.rs", "use crate::{people::Person, stock};\n"),
    ("crates/countersign-core/src/triage.rs", "/// Probability.\npub fn p() -> f64 { 0.5 }\n"),
    (
        "crates/countersign-core/src/stock.rs",
        r##"//! HashMap, SystemTime and f64 in a comment are words only. /* so is "this */
fn said<'a>(text: &'a str) -> char {
    let _ = ("HashMap \" f64 _ => x", r#"std::fs " TODO"#, b"async", '"', '\'');
    /* nested /* comment: std::env */ still comment: getrandom */
    match text {
        "a" => 'a',
        // catch-all: any other text reads as nothing
        _ => '_',
    }
}
#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    #[ignore = "slow: an hour"]
    fn other() { match 1 { 1 => {} _ => {} } }
}
"##,
    ),
    ("crates/countersign-core/tests/history.rs", "use std::{fs, collections::HashMap};\n"),
    ("crates/countersign/src/main.rs", "use std::fs;\nuse std::collections::HashMap;\n"),
    (
        "docs/decisions/0001-first.md",
        "# First\n## Context\n## Choice\n## Rejected\n## Consequence\n",
    ),
    ("target/debug/utils.rs", "// TODO\n"),
];

struct Planted(PathBuf);

impl Planted {
    /// The clean tree and one file more, or another text for one of its files.
    fn new(name: &str, path: &str, text: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tidy").join(name);
        let _ = std::fs::remove_dir_all(&root);
        let planted = Self(root);
        for (path, text) in CLEAN {
            planted.write(path, text);
        }
        if !path.is_empty() {
            planted.write(path, text);
        }
        planted
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.0.join(path);
        let folder = file.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).expect("a folder can be made");
        std::fs::write(file, text).expect("a file can be written");
    }

    fn findings(&self) -> Vec<String> {
        let tree = Tree::read(&self.0).expect("the tree can be read");
        findings(&tree).iter().map(ToString::to_string).collect()
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_clean_tree_gives_nothing() {
    let clean = Planted::new("clean", "", "");
    assert_eq!(clean.findings(), Vec::<String>::new());
}

/// Rule, file, text, and how the one finding begins.
fn planted_faults() -> Vec<(&'static str, String, String, String)> {
    let core = |file: &str| format!("{CORE}/{file}");
    let row = |rule, path: String, text: &str, at: &str| {
        let at = format!("{path}{at}");
        (rule, path, text.to_owned(), at)
    };
    let manifest = |name: &str| format!("crates/{name}/Cargo.toml");
    let backwards = "[dependencies]\ncountersign-store = { path = \"../countersign-store\" }\n";
    let for_tests = "[dev-dependencies.countersign-core]\nworkspace = true\n";
    let beside = "[dependencies]\ncountersign-proof = \"0\"\ncountersign-core = \"0\"\n";
    let engine = "[dependencies]\ncedar-policy.workspace = true\n";
    let long = format!("// {}\n", "word ".repeat(20));
    let page = "# A\n## Context\n## Choice\n## Rejected\n## Consequence\n";
    let codes = "rejections!(\n    Rejection in \"people\" {\n        A = \"a\", \"m\";\n\
                 B = \"a\", \"m\";\n    }\n);\n";
    let other_room = "rejections!(\n    Rejection in \"stock\" {\n        A = \"a\",\n\
                      \"m\";\n    }\n);\n";
    let arm = "fn f(n: u8) -> u8 {\n    match n { 1 => 2, _ => 3 }\n}\n";
    let guard = "fn f(n: u8) -> u8 {\n    match n {\n        // catch-all:\n\
                 _ if n > 1 => 3,\n    }\n}\n";
    let lines = |count: usize| "const A: u8 = 1;\n".repeat(count);
    let function = |count: usize| format!("fn f() {{\n{}}}\n", "    g(\"}\");\n".repeat(count));
    vec![
        row("crate-direction", manifest("countersign-core"), backwards, ":2: fault"),
        row("crate-direction", manifest("countersign-proof"), for_tests, ":1: fault"),
        row("crate-direction", "xtask/Cargo.toml".into(), backwards, ":2: fault"),
        row("crate-direction", "fuzz/Cargo.toml".into(), beside, ":3: fault"),
        row("crate-direction", manifest("fifth"), "", ": fault"),
        row("module-direction", core("people.rs"), "\nuse crate::requests::R;\n", ":2: fault"),
        row("module-direction", core("people.rs"), "use super::triage;\n", ":1: fault"),
        row("module-direction", core("stock/a.rs"), "use super::super::requests;", ":1: fault"),
        row(
            "module-direction",
            core("requests.rs"),
            "use crate::{\n  a::{b, c},\n  triage::X,\n};",
            ":1: fault",
        ),
        row("module-direction", core("triage.rs"), "fn f(a: crate::evidence::E) {}", ":1: fault"),
        row("module-direction", format!("{PROOF}/words.rs"), "use crate::entry;", ":1: fault"),
        row("cedar-in-one-place", core("policy.rs"), "use cedar_policy::Policy;", ":1: fault"),
        row("cedar-in-one-place", manifest("countersign"), engine, ":2: fault"),
        row("file-size", core("people.rs"), &lines(601), ": fault"),
        row("file-size", core("people.rs"), &lines(401), ": warning"),
        row("function-size", core("people.rs"), &function(99), ":1: fault"),
        row("function-size", core("people.rs"), &function(69), ":1: warning"),
        row("line-width", core("people.rs"), &long, ":1: fault"),
        row("file-names", "crates/countersign/tests/common/a.rs".into(), "", ": fault"),
        row("file-names", core("stock/mod.rs"), "", ": fault"),
        row("file-names", core("stock_utils.rs"), "", ": fault"),
        row("pure-crates", core("people.rs"), "use std::time::SystemTime;", ":1: fault"),
        row("pure-crates", core("people.rs"), "let a = std::fs::read(b);", ":1: fault"),
        row("pure-crates", format!("{PROOF}/log.rs"), "\nasync fn f() {}", ":2: fault"),
        row("no-floats", core("stock/a.rs"), "fn f(a: f64) {}", ":1: fault"),
        row("catch-all", core("people.rs"), arm, ":2: fault"),
        row("catch-all", core("people.rs"), guard, ":4: fault"),
        row("ignored-tests", "crates/countersign/tests/a.rs".into(), "#[ignore]", ":1: fault"),
        row("unfinished", core("people.rs"), "let a = \"TODO\"; // TODO", ":1: fault"),
        row("unfinished", "deny.toml".into(), "# FIXME\n", ":1: fault"),
        row("rejection-codes", core("people.rs"), codes, ":4: fault"),
        row("rejection-codes", core("people.rs"), other_room, ":3: fault"),
        row("decision-pages", "docs/decisions/0003-c.md".into(), page, "0"),
        row("decision-pages", "docs/decisions/0001-second.md".into(), page, ": fault"),
        row("decision-pages", "docs/decisions/two.md".into(), page, ": fault"),
        row(
            "decision-pages",
            "docs/decisions/0002-b.md".into(),
            "# A\n## Context\n## Choice\n## Rejected\n",
            ": fault",
        ),
        row("clippy-settings", "crates/countersign/clippy.toml".into(), "more = 1\n", ": fault"),
    ]
}

#[test]
fn a_planted_fault_is_found_by_its_rule_and_by_no_other() {
    for (number, (rule, path, text, at)) in planted_faults().into_iter().enumerate() {
        let found = Planted::new(&format!("{number}"), &path, &text).findings();
        let [finding] = found.as_slice() else {
            panic!("{rule}, {path}: one finding expected, not {found:#?}");
        };
        // A gap in the numbers is no file's fault; it is told of the folder.
        let begins = if at.ends_with('0') { "docs/decisions/: fault" } else { at.as_str() };
        assert!(finding.starts_with(begins), "{begins} expected, not {finding}");
        assert!(finding.contains(&format!(": {rule}: ")), "{rule} expected, not {finding}");
    }
}

#[test]
fn every_rule_has_a_planted_fault() {
    let planted: BTreeSet<_> = planted_faults().into_iter().map(|(rule, ..)| rule).collect();
    let rules: BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(planted, rules);
}

#[test]
fn a_warning_is_less_than_a_fault() {
    assert!(Level::Warning < Level::Fault);
}

#[test]
fn the_command_fails_on_a_fault_and_passes_without() {
    let tidy = |planted: &Planted| {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["tidy", "--root"])
            .arg(&planted.0)
            .output()
            .expect("xtask can be started")
    };
    let clean = tidy(&Planted::new("command-clean", "", ""));
    assert!(clean.status.success(), "{clean:?}");
    let told = String::from_utf8_lossy(&clean.stdout).into_owned();
    assert!(told.ends_with(" 0 faults, 0 warnings\n"), "{told}");

    let faulty = tidy(&Planted::new("command-faulty", "crates/countersign/src/misc.rs", ""));
    assert_eq!(faulty.status.code(), Some(1), "{faulty:?}");
    let told = String::from_utf8_lossy(&faulty.stdout).into_owned();
    assert!(told.contains("crates/countersign/src/misc.rs: fault: file-names"), "{told}");
    assert!(told.contains("Why: such a name says nothing"), "{told}");
}

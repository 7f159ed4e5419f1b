//! `cargo xtask test`: what it reads from the runners, and what it lets nobody leave out.

use std::path::{Path, PathBuf};
use std::process::Command;
use xtask::bench;
use xtask::counts::{Counts, Runner};
use xtask::screenshots;
use xtask::simulate;
use xtask::steps::Steps;
use xtask::test::Wish;
use xtask::tools::{self, Tool};

fn counts(passed: u64, failed: u64, skipped: u64) -> Option<Counts> {
    Some(Counts { passed, failed, skipped })
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

#[test]
fn the_closing_lines_of_both_runners_are_read() {
    const N: Runner = Runner::Nextest;
    const L: Runner = Runner::Libtest;
    let table = [
        (N, "     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped", counts(3, 0, 0)),
        (N, "     Summary [   1.0s] 1 test run: 1 passed (1 slow), 2 skipped", counts(1, 0, 2)),
        (
            N,
            "     Summary [  60.0s] 9 tests run: 5 passed (1 slow, 2 leaky), 2 failed, \
             1 timed out, 1 exec failed, 4 skipped",
            counts(5, 4, 4),
        ),
        (N, "     Summary [   0.1s] 3/9 tests run: 2 passed, 1 failed, 0 skipped", counts(2, 1, 0)),
        (
            N,
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m3\u{1b}[0m tests run: \
             \u{1b}[1m3\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
            counts(3, 0, 0),
        ),
        (
            L,
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; \
             finished in 0.00s",
            counts(3, 0, 1),
        ),
        (L, "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured", counts(3, 2, 0)),
        (L, "test words::ids::refuses ... ok", None),
        (N, "    Starting 3 tests across 4 binaries", None),
        // A failed test under nextest brings its own closing line along.
        (N, "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured", None),
        (N, "", None),
    ];
    for (runner, line, expected) in table {
        assert_eq!(Counts::from_line(runner, line), expected, "{line}");
    }
}

#[test]
fn the_last_line_is_plain() {
    let both = Counts { passed: 3, failed: 0, skipped: 0 };
    assert_eq!(both.to_string(), "3 passed, 0 failed");
    let sum = both.plus(Counts { passed: 1, failed: 2, skipped: 4 });
    assert_eq!(sum.to_string(), "4 passed, 2 failed, 4 skipped");
    assert_eq!(sum.ran(), 6);
}

#[test]
fn nothing_is_left_out_under_ci() {
    let wish = Wish::parse(&strings(&["--skip-lint", "words"]), false).expect("a wish");
    assert_eq!(wish, Wish { skip_lint: true, filters: strings(&["words"]) });
    assert!(Wish::parse(&strings(&["--skip-lint"]), true).is_err());
    assert!(Wish::parse(&strings(&["words"]), true).is_err());
    assert_eq!(Wish::parse(&[], true), Ok(Wish::default()));
    assert!(Wish::parse(&strings(&["--fast"]), false).is_err());
}

#[test]
fn a_failed_step_is_in_the_table_and_stops_the_run() {
    let mut steps = Steps::default();
    assert!(steps.take("format", || Ok(())));
    steps.leave_out("clippy", "--skip-lint");
    assert!(!steps.failed());
    assert!(!steps.take("tidy", || Err("2 faults".to_owned())));
    assert!(steps.failed());
    let table = steps.table();
    let told: Vec<&str> = table.lines().map(str::trim).collect();
    assert_eq!(told.len(), 4, "{table}");
    for (line, (begins, ends)) in told.iter().zip([
        ("format", "ok"),
        ("clippy", "left out (--skip-lint)"),
        ("tidy", "FAILED: 2 faults"),
        ("total", " s"),
    ]) {
        assert!(line.starts_with(begins) && line.ends_with(ends), "{line}");
    }
}

#[test]
fn a_tool_that_cannot_be_had_fails_with_its_remedy() {
    let tool = |program, package| Tool {
        program,
        trial: &["--version"],
        package,
        purpose: "is a test",
        remedy: "buy it",
    };
    assert_eq!(tools::provide(&[tool("cargo", "cargo")]), Ok(()));
    // The child has no PATH, so neither the tool nor apt-get is found.
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("test")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", "")
        .output()
        .expect("xtask can be started");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(told.contains("ssh-keygen is missing: install OpenSSH's client tools"), "{told}");
    assert!(!told.contains("── format"), "{told}");
}

#[test]
fn a_word_it_does_not_know_is_a_usage_error() {
    for words in [
        &["walk"][..],
        &[],
        &["test", "--fast"],
        &["tidy", "--fix"],
        &["bench", "x"],
        &["screenshots"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(words)
            .env_remove("CI")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("xtask can be started");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
    }
}

#[test]
fn the_simulation_says_what_it_takes() {
    let help = simulate::parse(&strings(&["--help"])).expect_err("the help");
    for word in ["--seed", "--hours", "--planted", "--loses", "cargo xtask simulate --seed 7"] {
        assert!(help.contains(word), "{word}");
    }
    let words = strings(&["--seed", "7"]);
    assert_eq!(simulate::parse(&words), Ok(&words[..]));
}

#[test]
fn the_benchmarks_get_their_arguments() {
    let (root, here) = (Path::new("/root-of-it"), Path::new("/here"));
    let words = |arguments: &[&str]| {
        let wish = bench::Wish::parse(&strings(arguments), root, here)?;
        let words = wish.cargo_words("stock");
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok::<String, String>(words.join(" "))
    };
    let start = "bench --locked --workspace --all-features --bench stock --";
    let default = PathBuf::from("/root-of-it").join("target").join("bench-stock.json");
    assert_eq!(words(&[]), Ok(format!("{start} --json {}", default.display())));
    assert_eq!(
        words(&["--quick", "--json", "a.json", "--", "--only", "sqlite"]),
        Ok(format!("{start} --quick --json /here/a-stock.json --only sqlite"))
    );
    assert!(words(&["--json"]).is_err());
}

#[test]
fn the_screenshots_get_one_folder() {
    let parse = |words: &[&str]| screenshots::parse(&strings(words), Path::new("/here"));
    assert_eq!(parse(&["shots"]), Ok(PathBuf::from("/here/shots")));
    assert_eq!(parse(&["/elsewhere"]), Ok(PathBuf::from("/elsewhere")));
    for wrong in [&[][..], &["a", "b"], &["--help"]] {
        assert!(parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn every_benchmark_program_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (program, source) in bench::PROGRAMS {
        assert!(root.join(source).is_file(), "{program}: {source}");
    }
}

#[test]
fn the_figures_of_all_programs_are_one_list() {
    let join = |lists: &[&str]| bench::join(&strings(lists));
    let joined = join(&["[\n  {\"a\": [1]},\n  2\n]\n", "[]", "[3]"]);
    assert_eq!(joined.as_deref(), Some("[\n  {\"a\": [1]},\n  2,\n3\n]\n"));
    assert_eq!(join(&["[1]", "{}"]), None);
    assert_eq!(join(&["[1]", ""]), None);
}

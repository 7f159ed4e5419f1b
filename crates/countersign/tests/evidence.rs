//! Evidence: taken from the exercise, checked without it, by three programs; and every lie that an
//! operator with the log's key can tell is found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::unreachable,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "evidence/operator.rs"]
mod operator;
#[path = "stage/stage.rs"]
mod stage;

#[path = "evidence/flips.rs"]
mod flips;
#[path = "evidence/lies.rs"]
mod lies;

use countersign::evidence;
use serde_json::Value;
use stage::{Ledger, Run, run, tame};
use std::collections::BTreeMap;
use std::path::Path;

/// The requests of the exercise by what became of them: an approved one, one with a proviso, one
/// that was refused, one whose release was used beyond its bounds.
fn cases(ledger: &Ledger) -> BTreeMap<&'static str, String> {
    let requests = ledger.run(&["request", "list", "--json"]).good().json();
    let releases = ledger.run(&["release", "list", "--json"]).good().json();
    let ids = |found: &Value| found["id"].as_str().expect("an id").to_owned();
    let requests = requests.as_array().expect("a list");
    let releases = releases.as_array().expect("a list");
    let refused = requests.iter().find(|request| request["state"] == "refused").expect("one");
    let breached = releases
        .iter()
        .find(|release| release["breaches"].as_array().is_some_and(|found| !found.is_empty()));
    let of = |release: &Value| release["request"].as_str().expect("a request").to_owned();
    let signed =
        |release: &&Value| release["approval_set"].as_array().is_some_and(|set| !set.is_empty());
    let clean = |release: &&Value| release["breaches"] == Value::Array(Vec::new());
    let approved = releases.iter().filter(clean).find(signed).expect("one");
    let narrowed = releases.iter().filter(clean).find(|release| {
        let asked = requests.iter().find(|request| request["id"] == release["request"]);
        signed(release) && asked.is_some_and(|asked| asked["quantity"] != release["quantity"])
    });
    BTreeMap::from([
        ("approved", of(approved)),
        ("refused", ids(refused)),
        ("breached", of(breached.expect("one"))),
        ("provisoed", of(narrowed.expect("one"))),
    ])
}

fn exported(ledger: &Ledger, of: &str, more: &[&str]) -> String {
    let file = format!("{}{}.zip", of.replace("..", "-"), more.join("").replace("--", "-"));
    let args = [&["evidence", "export", of, "-o", &file], more].concat();
    ledger.run(&args).good();
    file
}

/// Checks with the program alone: no ledger, no other program, nothing in the environment.
fn verified(folder: &Path, file: &str) -> Run {
    let mut command = tame(stage::PROGRAM, folder);
    command.env_clear().args(["evidence", "verify", file, "--json"]);
    command.output().expect("the program starts").into()
}

fn by_script(folder: &Path, file: &str) -> Run {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify-evidence.py");
    tame("python3", folder).args([script, file]).output().expect("there is python3").into()
}

/// The script of the page, outside a browser: Node has the same Web Crypto.
fn by_page(folder: &Path, file: &str) -> Run {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/static/verify.js");
    std::fs::copy(script, folder.join("verify.mjs")).unwrap();
    let driver = "import { verify } from './verify.mjs'; import { readFileSync } from 'node:fs';\
                  const bytes = new Uint8Array(readFileSync(process.argv[2]));\
                  verify(bytes).then((found) => console.log(found.signatures, 'signatures'))\
                  .catch((error) => { console.error(error.message); process.exitCode = 3; });";
    std::fs::write(folder.join("driver.mjs"), driver).unwrap();
    let run = tame("node", folder).args(["driver.mjs", file]).output();
    run.expect("there is node: `cargo xtask test` installs it").into()
}

#[test]
fn the_cases_of_the_exercise_verify_by_three_programs() {
    let ledger = Ledger::new();
    for (what, request) in cases(&ledger) {
        let file = exported(&ledger, &request, &[]);
        let alone = tempfile::tempdir().unwrap();
        std::fs::copy(ledger.folder().join(&file), alone.path().join(&file)).unwrap();
        let found = verified(alone.path(), &file).good().json();
        assert_eq!(found["verified"], true, "{what}");
        let state = &found["requests"].as_array().unwrap().iter();
        let own = state.clone().find(|one| one["request"] == request.as_str()).unwrap();
        assert_eq!(own["state"], if what == "refused" { "refused" } else { "approved" });
        let breaches = found["releases"].as_array().unwrap().iter();
        let breaches: usize = breaches.map(|one| one["breaches"].as_array().unwrap().len()).sum();
        assert_eq!(breaches > 0, what == "breached", "{what}: {found:#}");
        let page = by_page(alone.path(), &file).good();
        assert!(page.stdout.contains("signatures"), "{}", page.stdout);
        let script = by_script(alone.path(), &file).good();
        assert_eq!(script.stdout.contains("BREACH"), what == "breached", "{}", script.stdout);
        by_stock_ssh_keygen(alone.path(), &file);
    }
}

/// The commands of the bundle's own README, on its files.
fn by_stock_ssh_keygen(folder: &Path, file: &str) {
    let unpack = "import sys,zipfile;zipfile.ZipFile(sys.argv[1]).extractall('unpacked')";
    let unpacked = tame("python3", folder).args(["-c", unpack, file]).output().unwrap();
    assert!(unpacked.status.success());
    let inside = folder.join("unpacked");
    let readme = std::fs::read_to_string(inside.join("README.txt")).unwrap();
    let from = readme.find("while IFS").unwrap();
    let to = readme[from..].find("statements.tsv").unwrap() + from + "statements.tsv".len();
    let told: Run = tame("bash", &inside).args(["-c", &readme[from..to]]).output().unwrap().into();
    let wanted = std::fs::read_to_string(inside.join("statements.tsv")).unwrap();
    let good = told.stdout.lines().filter(|line| line.starts_with("Good ")).count();
    // The two signatures of an enrolment are by its witness and by its owner, who is not named.
    let named = wanted.lines().count();
    assert!(good == named && named > 2, "{good} of {named}: {told:?}");
    // The folder verifies as the file does.
    verified(folder, "unpacked").good();
}

#[test]
fn the_whole_record_verifies_and_leaves_nothing_unsaid() {
    let ledger = Ledger::new();
    let (size, _) = ledger.head();
    let file = exported(&ledger, &format!("0..{size}"), &[]);
    let found = verified(ledger.folder(), &file).good().json();
    assert_eq!(found["whole"], true);
    let unproved = found["not_proved"].to_string();
    assert!(!unproved.contains("nothing else in the log"), "{unproved}");
    by_script(ledger.folder(), &file).good();
}

#[test]
fn what_is_left_out_is_gone_and_the_rest_verifies() {
    let ledger = Ledger::new();
    let request = cases(&ledger)["provisoed"].clone();
    for (label, gone, kept) in [
        ("identity", "\\\"names\\\"", "\\\"statements\\\""),
        ("deliberation", "\\\"justification\\\"", "\\\"holder\\\""),
        ("parties", "\\\"holder\\\"", "\\\"statements\\\""),
    ] {
        let file = exported(&ledger, &request, &["--redact", label]);
        let bytes = std::fs::read(ledger.folder().join(&file)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(gone) && text.contains(kept), "{label}");
        let found = verified(ledger.folder(), &file).good().json();
        assert!(found["left_out"].to_string().contains(label), "{found:#}");
        by_script(ledger.folder(), &file).good();
    }
}

#[test]
fn what_was_changed_is_refused_by_all_three() {
    let ledger = Ledger::new();
    let request = cases(&ledger)["approved"].clone();
    let file = exported(&ledger, &request, &[]);
    let files = evidence::read(&ledger.folder().join(file)).unwrap();
    let changes: [(&str, &str, &str); 7] = [
        ("checkpoint", "\n1", "\n2"),
        ("entries.jsonl", "\\\"accepted\\\"", "\\\"Accepted\\\""),
        ("entries.jsonl", "decision: approve", "decision: refuse "),
        (
            "entries.jsonl",
            "\"path\":[\"",
            "\"path\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"",
        ),
        ("seen.jsonl", "\"size\":1", "\"size\":2"),
        ("allowed_signers", "valid-before=\"9", "valid-before=\"0"),
        ("allowed_signers", "P-", "Q-"),
    ];
    for (name, from, to) in changes {
        let mut changed = files.clone();
        let text = String::from_utf8(changed[name].clone()).unwrap();
        let altered = if name == "allowed_signers" {
            text.replace(from, to)
        } else {
            text.replacen(from, to, 1)
        };
        assert_ne!(text, altered, "{name}: {from}");
        changed.insert(name.to_owned(), altered.into_bytes());
        let _ = std::fs::remove_file(ledger.folder().join("changed.zip"));
        evidence::write(&ledger.folder().join("changed.zip"), &changed).unwrap();
        for (who, run) in [
            ("the program", verified(ledger.folder(), "changed.zip")),
            ("the script", by_script(ledger.folder(), "changed.zip")),
            ("the page", by_page(ledger.folder(), "changed.zip")),
        ] {
            assert_eq!(run.code, 3, "{who} took {name} with {to:?} for true: {run:?}");
        }
    }
}

#[test]
fn when_somebody_signed_is_proved_or_the_bundle_is_refused() {
    let ledger = Ledger::new();
    let file = exported(&ledger, "REQ-4", &[]);
    ledger.shell(&format!("mkdir unpacked && unzip -q {file} -d unpacked")).good();
    let seen = ledger.folder().join("unpacked/seen.jsonl");
    let lines = std::fs::read_to_string(&seen).unwrap();
    assert!(lines.lines().count() > 3);
    for kept in [0, 1, lines.lines().count() - 1] {
        let some: String = lines.lines().take(kept).map(|line| format!("{line}\n")).collect();
        std::fs::write(&seen, some).unwrap();
        let run = verified(ledger.folder(), "unpacked");
        assert_eq!(run.code, 3, "{kept} of the heads that signers had seen: {run:?}");
    }
    std::fs::write(&seen, lines).unwrap();
    verified(ledger.folder(), "unpacked").good();
}

#[test]
fn another_log_than_the_trusted_one_is_refused() {
    let ledger = Ledger::new();
    let file = exported(&ledger, "REQ-1", &[]);
    let args = |key: &'static str| ["evidence", "verify", &file, "--log-key", key, "--json"];
    let other = "other.example/log+4b2a1d7e+AQ==";
    assert_eq!(run(ledger.folder(), &args(other)).code, 2);
    let own = verified(ledger.folder(), &file).good().json()["log_key"].clone();
    std::fs::write(ledger.folder().join("log.vkey"), own.as_str().unwrap()).unwrap();
    run(ledger.folder(), &args("log.vkey")).good();
    let stranger = countersign_proof::LogKey::from_seed("other.example/log", [7; 32]).unwrap();
    std::fs::write(ledger.folder().join("other"), stranger.verifier().to_string()).unwrap();
    let refused = run(ledger.folder(), &args("other"));
    assert_eq!((refused.code, refused.error_code().as_str()), (3, "integrity"));
}

#[test]
fn nothing_is_written_over_and_nothing_that_is_not_there_is_exported() {
    let ledger = Ledger::new();
    let file = exported(&ledger, "REQ-1", &[]);
    assert_eq!(ledger.run(&["evidence", "export", "REQ-1", "-o", &file]).code, 4);
    for of in ["REQ-99999", "REL-99999", "0..99999"] {
        let run = ledger.run(&["evidence", "export", of, "-o", "none.zip", "--json"]);
        assert_eq!((run.code, run.error_code().as_str()), (1, "evidence/nothing"), "{of}");
    }
    for of in ["REQ-0", "5..5", "7..3", "../x", "0..18446744073709551616"] {
        assert_eq!(ledger.run(&["evidence", "export", of, "-o", "none.zip"]).code, 2, "{of}");
    }
    assert!(!ledger.folder().join("none.zip").exists());
}

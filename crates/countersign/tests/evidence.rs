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
    // Before version 20 Node does not have it in the place where browsers do.
    let driver = "import { report, verify } from './verify.mjs';\
                  import { readFileSync } from 'node:fs';\
                  import { webcrypto } from 'node:crypto';\
                  globalThis.crypto ??= webcrypto;\
                  const bytes = new Uint8Array(readFileSync(process.argv[2]));\
                  const words = new Proxy({}, { get: (_, name) => `${name} {0} {1}` });\
                  verify(bytes).then((found) => console.log(JSON.stringify(report(found, words))))\
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
    let from = readme.find("( while IFS").unwrap();
    let to = readme[from..].find("statements.tsv )").unwrap() + from + "statements.tsv )".len();
    let ask = || -> Run {
        tame("bash", &inside).args(["-c", &readme[from..to]]).output().unwrap().into()
    };
    let told = ask().good();
    let wanted = std::fs::read_to_string(inside.join("statements.tsv")).unwrap();
    let good = told.stdout.lines().filter(|line| line.starts_with("Good ")).count();
    let named = wanted.lines().count();
    assert!(good == named && named > 2, "{good} of {named}: {told:?}");
    // The folder verifies as the file does.
    verified(folder, "unpacked").good();
    // A signature that is not good ends it, by name.
    let last = wanted.lines().last().unwrap().split('\t').next().unwrap();
    let text = std::fs::read(inside.join(last)).unwrap();
    std::fs::write(inside.join(last), [&text[..], b" "].concat()).unwrap();
    let told = ask();
    assert!(told.code == 1 && told.stderr.contains(last), "{told:?}");
    std::fs::write(inside.join(last), text).unwrap();
    std::fs::remove_file(inside.join("statements.tsv")).unwrap();
    assert_ne!(ask().code, 0, "nothing was checked");
    std::fs::write(inside.join("statements.tsv"), wanted).unwrap();
}

#[test]
fn both_who_sign_an_enrolment_are_named_to_ssh_keygen() {
    let ledger = Ledger::new();
    ledger.shell("ssh-keygen -q -t ed25519 -N '' -C '' -f new").good();
    ledger
        .shell(
            "countersign --as P-6V3R --key D/keys/P-6V3R people enrol --person P-2C9T \
             --new-key new --expires-on 2026-12-01 --reason 'known to me'",
        )
        .good();
    let file = exported(&ledger, "REQ-1", &[]);
    by_stock_ssh_keygen(ledger.folder(), &file);
    let index = ledger.folder().join("unpacked/statements.tsv");
    let index = std::fs::read_to_string(index).unwrap();
    let by = |line: &str| line.split('\t').nth(1).map(str::to_owned);
    let named: Vec<_> = index.lines().filter(|line| line.contains("enrolment")).map(by).collect();
    assert_eq!(named, [Some("P-6V3R".to_owned()), Some("P-2C9T".to_owned())]);
    by_script(ledger.folder(), &file).good();
    by_page(ledger.folder(), &file).good();
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
        let page = by_page(ledger.folder(), &file).good().json();
        assert!(page[1][1].to_string().contains(&format!(" {label}")), "{page:#}");
    }
}

/// The page has the headings of the program, and under each the same numbers.
#[test]
fn the_page_tells_what_was_proved_left_out_and_not_proved() {
    let ledger = Ledger::new();
    let request = cases(&ledger)["provisoed"].clone();
    let file = exported(&ledger, &request, &["--redact", "deliberation"]);
    let found = verified(ledger.folder(), &file).good().json();
    let told = by_page(ledger.folder(), &file).good().json();
    let [proved, left_out, not_proved] = [0, 1, 2].map(|place| told[place][1].clone());
    let entries = format!("entries {} {}", found["entries"], found["size"]);
    assert_eq!(proved[0].as_str(), Some(entries.as_str()));
    let signatures = found["signatures"].as_array().unwrap().len();
    assert!(proved[1].as_str().unwrap().starts_with(&format!("signatures {signatures} ")));
    let words: Vec<&str> = left_out[0].as_str().unwrap().split(' ').collect();
    let wanted = format!("{} parts that only {} may see", words[1], words[2]);
    assert!(found["left_out"][0].as_str().unwrap().starts_with(&wanted), "{found:#}");
    for name in ["compare", "uncosigned", "later", "policy", "software"] {
        let has =
            not_proved.as_array().unwrap().iter().any(|line| {
                line.as_str().is_some_and(|line| line.starts_with(&format!("{name} ")))
            });
        assert!(has, "{name}: {not_proved:#}");
    }
}

/// All three refuse the files, and say why.
fn refused_by_all(ledger: &Ledger, files: &evidence::Files, what: &str) {
    let _ = std::fs::remove_file(ledger.folder().join("changed.zip"));
    evidence::write(&ledger.folder().join("changed.zip"), files).unwrap();
    for (who, run) in [
        ("the program", run(ledger.folder(), &["evidence", "verify", "changed.zip"])),
        ("the script", by_script(ledger.folder(), "changed.zip")),
        ("the page", by_page(ledger.folder(), "changed.zip")),
    ] {
        assert_eq!(run.code, 3, "{who} took it for true: {what}: {run:?}");
        assert!(run.stderr.contains(what), "{who} does not name {what}: {run:?}");
    }
}

#[test]
fn what_is_there_is_not_said_to_be_left_out() {
    let ledger = Ledger::new();
    let request = cases(&ledger)["approved"].clone();
    let file = exported(&ledger, &request, &[]);
    let files = evidence::read(&ledger.folder().join(file)).unwrap();
    let about = String::from_utf8(files["bundle.json"].clone()).unwrap();
    for label in ["identity", "deliberation", "parties"] {
        let claim = about.replace("\"redacted\":[]", &format!("\"redacted\":[\"{label}\"]"));
        assert_ne!(claim, about);
        let mut changed = files.clone();
        changed.insert("bundle.json".to_owned(), claim.into_bytes());
        refused_by_all(&ledger, &changed, label);
    }
}

#[test]
fn what_a_bundle_lacks_or_alters_is_named_by_all_three() {
    let ledger = Ledger::new();
    let request = cases(&ledger)["approved"].clone();
    let file = exported(&ledger, &request, &[]);
    let files = evidence::read(&ledger.folder().join(file)).unwrap();
    let decision = files.keys().find(|name| name.ends_with("-decision.txt")).unwrap().clone();
    let signature = format!("{decision}.sig");
    for name in [
        "README.txt",
        "allowed_signers",
        "policy/schema.cedarschema",
        "seen.jsonl",
        "statements.tsv",
        &decision,
        &signature,
    ] {
        let mut without = files.clone();
        without.remove(name).unwrap();
        refused_by_all(&ledger, &without, name);
    }
    for name in ["statements.tsv", &decision, &signature] {
        let mut changed = files.clone();
        changed.get_mut(name).unwrap().push(b'\n');
        refused_by_all(&ledger, &changed, name);
    }
    let mut more = files.clone();
    more.insert("statements/more.txt".to_owned(), b"more".to_vec());
    refused_by_all(&ledger, &more, "statements/more.txt");
    // A head that a signer had seen is proved, or the bundle does not hold.
    let seen = String::from_utf8(files["seen.jsonl"].clone()).unwrap();
    let lines: Vec<&str> = seen.split_inclusive('\n').collect();
    for place in [0, lines.len() / 2, lines.len() - 1] {
        let mut some = lines.clone();
        some.remove(place);
        let mut changed = files.clone();
        changed.insert("seen.jsonl".to_owned(), some.concat().into_bytes());
        refused_by_all(&ledger, &changed, "seen.jsonl");
    }
}

#[test]
fn a_head_that_no_witness_has_cosigned_is_told() {
    let ledger = Ledger::new();
    let export = |file: &str| ledger.run(&["evidence", "export", "REQ-1", "-o", file]).good();
    assert!(export("alone.zip").stderr.contains("no witness has cosigned a checkpoint"));
    let found = verified(ledger.folder(), "alone.zip").good().json();
    assert!(found["not_proved"].to_string().contains("the log's own signature alone"), "{found:#}");
    ledger
        .shell(
            "LOG=$(countersign log checkpoint --json | \
             sed -n 's/.*\"vkey\": \"\\(.*\\)\".*/\\1/p') \
             && countersign witness init --dir W --name w.example --log \"$LOG\" > witness \
             && countersign log request-cosignature --out asked \
             && countersign witness sign --dir W asked --out said \
             && countersign log cosign --from said --witness \"$(cat witness)\"",
        )
        .good();
    assert_eq!(export("seen.zip").stderr, "");
    let found = verified(ledger.folder(), "seen.zip").good().json();
    assert!(!found["not_proved"].to_string().contains("signature alone"), "{found:#}");
    assert_eq!(found["cosignatures_claimed"], serde_json::json!(["w.example"]));
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

//! Witnesses: served and by file, against clients, logs and auditors that share nothing with them;
//! killed while they sign; and shown two histories.
//!
//! `COUNTERSIGN_KILLS=100` kills more often than the suite does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "witness/log.rs"]
mod log;
#[path = "stage/stage.rs"]
mod stage;

use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::witness::Misbehaviour;
use log::TestLog;
use stage::{Ledger, PROGRAM, Run, run, tame};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// A program of another hand. Where it is missing, CI fails, and others are told.
fn python() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("python3")).find(|f| f.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing: install it in CI");
        println!("NOT RUN: python3 is missing, so no foreign client was tried");
    }
    found
}

/// The verifier of sigstore, installed once in one exact version; `None` where npm or its registry
/// is missing, which CI does not let pass.
fn sigstore() -> Option<PathBuf> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let install = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sigstore-verify-3.1.1");
        let whole = folder.join(".installed");
        if whole.is_file() {
            return Ok(folder);
        }
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let output = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg("@sigstore/verify@3.1.1")
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        std::fs::write(whole, "").map_err(|error| error.to_string())?;
        Ok(folder)
    };
    let installed = || match install() {
        Ok(folder) => Some(folder),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "sigstore's verifier is missing: {why}");
            println!("NOT RUN: sigstore's verifier is missing: {why}");
            None
        }
    };
    INSTALLED.get_or_init(installed).clone()
}

fn foreign(python: &Path, arguments: &[&str]) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness/foreign.py");
    let output = Command::new(python).arg("-B").arg(script).args(arguments).output().unwrap();
    output.into()
}

/// A witness in a folder of its own.
struct Witness {
    dir: tempfile::TempDir,
    key: String,
}

impl Witness {
    fn new(name: &str, logs: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut args = vec!["witness", "init", "--dir", "W", "--name", name];
        logs.iter().for_each(|log| args.extend(["--log", log]));
        let key = run(dir.path(), &args).good().stdout.trim_end().to_owned();
        Self { dir, key }
    }

    fn verifier(&self) -> WitnessVerifier {
        self.key.parse().unwrap()
    }

    fn serve(&self) -> Serving {
        let mut child = tame(PROGRAM, self.dir.path())
            .args(["witness", "serve", "--dir", "W", "--listen", "127.0.0.1:0"])
            .env("RUST_LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, url) = line.trim_end().trim_end_matches('.').rsplit_once(' ').unwrap();
        Serving { child, url: url.to_owned() }
    }

    /// By file.
    fn sign(&self, body: &str) -> Run {
        std::fs::write(self.dir.path().join("request"), body).unwrap();
        run(self.dir.path(), &["witness", "sign", "--dir", "W", "request", "--json"])
    }

    fn last_size(&self, origin: &str) -> u64 {
        let status = run(self.dir.path(), &["witness", "status", "--dir", "W", "--json"]).good();
        let logs = status.json()["logs"].as_array().unwrap().clone();
        let of = |log: &&serde_json::Value| {
            log["log"].as_str().unwrap().starts_with(&format!("{origin}+"))
        };
        logs.iter().find(of).and_then(|log| log["size"].as_u64()).unwrap_or(0)
    }
}

struct Serving {
    child: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_written_from_the_specification_runs_the_witness_through_its_paces() {
    let Some(python) = python() else { return };
    let log = foreign(&python, &["log-vkey"]).good().stdout;
    let witness = Witness::new("paces.example/w", &[log.trim_end()]);
    let serving = witness.serve();
    let told = foreign(&python, &["paces", &serving.url, &witness.key]).good();
    assert!(told.stdout.ends_with("all paces done\n"), "{told:?}");
    assert_eq!(witness.last_size("foreign.example/log"), 300);
    // The fork and the other root are kept as proofs that anyone can check.
    let folder = witness.dir.path().join("W/misbehaviour");
    let proofs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(proofs.len(), 2);
    for proof in proofs {
        let proof = proof.to_str().unwrap();
        let words = ["witness", "check-misbehaviour", proof, "--log", log.trim_end()];
        let told = run(witness.dir.path(), &words).good();
        assert!(told.stdout.starts_with("Proved: "), "{told:?}");
    }
}

/// What came back from a witness, from whoever asked.
#[derive(Default)]
struct Received {
    /// By size: the roots that were cosigned.
    roots: BTreeMap<u64, Vec<String>>,
    largest: u64,
}

#[test]
fn a_witness_that_is_killed_never_forgets_and_never_cosigns_two_histories() {
    let kills = std::env::var("COUNTERSIGN_KILLS").ok().and_then(|text| text.parse().ok());
    let kills: u32 = kills.unwrap_or(12);
    let log = TestLog::new("killed.example/log");
    let witness = Witness::new("killed.example/w", &[&log.vkey()]);
    let received = Mutex::new(Received::default());
    let mut cosigned_in_all = 0;
    for round in 0..kills {
        let mut serving = witness.serve();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Three clients, of which each tells a history of its own from some place on.
            for client in 0..3_u64 {
                let (log, witness, url) = (&log, &witness, serving.url.clone());
                let (received, stop) = (&received, &stop);
                scope.spawn(move || {
                    submit_until_stopped(log, witness, &url, client, received, stop);
                });
            }
            std::thread::sleep(Duration::from_millis(u64::from(40 + round * 37 % 160)));
            serving.child.kill().unwrap();
            serving.child.wait().unwrap();
            stop.store(true, Ordering::SeqCst);
        });
        let received = received.lock().unwrap();
        let remembered = witness.last_size(log.origin());
        assert!(remembered >= received.largest, "{remembered} after {}", received.largest);
        for (size, roots) in &received.roots {
            let mut roots = roots.clone();
            roots.sort();
            roots.dedup();
            assert_eq!(roots.len(), 1, "two histories of {size} entries were cosigned");
        }
        cosigned_in_all = received.roots.len();
    }
    assert!(cosigned_in_all >= 3, "only {cosigned_in_all} checkpoints were cosigned");
}

fn submit_until_stopped(
    log: &TestLog,
    witness: &Witness,
    url: &str,
    client: u64,
    received: &Mutex<Received>,
    stop: &AtomicBool,
) {
    let http = log::Http::to(url);
    let verifier = witness.verifier();
    let mut old = 0;
    while !stop.load(Ordering::SeqCst) {
        let size = old + 1 + client;
        // Each client has another last entry, so no two of them can go on together.
        let (note, body) = log.request(old, size, client);
        match http.post(&body) {
            Some((200, lines)) => {
                let mut with = SignedNote::parse(note.as_bytes()).unwrap();
                with.add(&lines).unwrap();
                assert!(verifier.cosigned(&with).unwrap().is_some());
                let root = note.lines().nth(2).unwrap().to_owned();
                let mut received = received.lock().unwrap();
                received.roots.entry(size).or_default().push(root);
                received.largest = received.largest.max(size);
                drop(received);
                log.agree(size, client);
                old = size;
            }
            Some((409, text)) => old = text.trim_end().parse().unwrap_or(old),
            Some((422, _)) => old = log.agreed(),
            Some((503, _)) | None => std::thread::sleep(Duration::from_millis(2)),
            Some((status, text)) => panic!("{status}: {text}"),
        }
    }
}

#[test]
fn an_older_memory_that_is_brought_back_is_refused() {
    let log = TestLog::new("memory.example/log");
    let witness = Witness::new("memory.example/w", &[&log.vkey()]);
    let memory = witness.dir.path().join("W/memory");
    let first = log.request(0, 5, 0);
    witness.sign(&first.1).good();
    let older = std::fs::read(&memory).unwrap();
    let count = std::fs::read(witness.dir.path().join("W/memory.count")).unwrap();
    let (note, body) = log.request(5, 9, 0);
    let answer = witness.sign(&body).good().json()["answer"].as_str().unwrap().to_owned();
    let latest = std::fs::read(&memory).unwrap();

    std::fs::write(&memory, &older).unwrap();
    let told = witness.sign(&log.request(5, 8, 1).1);
    assert_eq!((told.code, told.error_code().as_str()), (3, "integrity"), "{told:?}");
    // With its count it cannot be told from the disk; but a log that shows what was cosigned can.
    std::fs::write(witness.dir.path().join("W/memory.count"), count).unwrap();
    let proof = body.split("\n\n").next().unwrap();
    let told = witness.sign(&format!("{proof}\n\n{note}{answer}"));
    assert_eq!((told.code, told.error_code().as_str()), (1, "witness/memory-lost"), "{told:?}");

    for torn in [latest[..latest.len() - 1].to_vec(), latest[..60].to_vec(), Vec::new()] {
        std::fs::write(&memory, torn).unwrap();
        let told = witness.sign(&body);
        assert_eq!((told.code, told.error_code().as_str()), (3, "integrity"), "{told:?}");
    }
    std::fs::remove_file(&memory).unwrap();
    assert_eq!(witness.sign(&body).code, 4);
    std::fs::write(&memory, latest).unwrap();
    let told = witness.sign(&log.request(9, 12, 0).1).good();
    assert_eq!(told.json()["cosigned"], true);
}

#[test]
fn one_folder_is_one_witness() {
    let log = TestLog::new("once.example/log");
    let witness = Witness::new("once.example/w", &[&log.vkey()]);
    let words = ["witness", "init", "--dir", "W", "--name", "other", "--json"];
    let again = run(witness.dir.path(), &words);
    assert_eq!((again.code, again.error_code().as_str()), (1, "witness/exists"));
    let _serving = witness.serve();
    let told = witness.sign(&log.request(0, 5, 0).1);
    assert_eq!((told.code, told.error_code().as_str()), (4, "unavailable"), "{told:?}");
}

/// A log that shows one history to one witness and another to another is found out by whoever holds
/// the two cosigned checkpoints.
#[test]
fn two_histories_shown_to_two_witnesses_are_proved() {
    let log = TestLog::new("fork.example/log");
    let (north, south) = (
        Witness::new("north.example", &[&log.vkey()]),
        Witness::new("south.example", &[&log.vkey()]),
    );
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mut notes = Vec::new();
    for (witness, size, branch, name) in
        [(&north, 300, 0, "north"), (&south, 300, 1, "south"), (&south, 700, 1, "later")]
    {
        let old = witness.last_size(log.origin());
        let (note, body) = log.request_of(old, size, branch, 100);
        let answer = witness.sign(&body).good().json()["answer"].as_str().unwrap().to_owned();
        std::fs::write(dir.path().join(name), format!("{note}{answer}")).unwrap();
        notes.push(note);
    }
    let vkey = log.vkey();
    // One size: the two checkpoints are enough.
    let (n, s, out) = (at("north"), at("south"), at("proof"));
    let words = ["witness", "compare", &n, &s, "--log", &vkey, "--out", &out];
    let told = run(dir.path(), &words);
    assert_eq!(told.code, 3, "{told:?}");
    let found = Misbehaviour::parse(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(found.log().to_string(), vkey);
    let words = ["witness", "check-misbehaviour", &out, "--log", &vkey];
    assert!(run(dir.path(), &words).good().stdout.contains("two different histories"));
    // Two sizes: with the log as the later one has it.
    let later = at("later");
    let words = ["witness", "compare", &n, &later, "--log", &vkey];
    assert_eq!(run(dir.path(), &words).code, 2);
    log.export(&dir.path().join("export"), 700, 1, 100, &notes[2]);
    let export = at("export");
    let words =
        ["witness", "compare", &n, &later, "--log", &vkey, "--export", &export, "--out", &out];
    let told = run(dir.path(), &words);
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.stderr.contains("do not begin with them"), "{told:?}");
    let words = ["witness", "check-misbehaviour", &out, "--log", &vkey];
    run(dir.path(), &words).good();
    // Another key did not sign them; and of one history there is nothing to prove.
    let other = TestLog::new("other.example/log").vkey();
    let words = ["witness", "check-misbehaviour", &out, "--log", &other];
    assert_eq!(run(dir.path(), &words).code, 1);
    let words = ["witness", "compare", &s, &later, "--log", &vkey, "--export", &export];
    assert!(run(dir.path(), &words).good().stdout.starts_with("One history"));
}

fn vkey(ledger: &Ledger) -> String {
    let opened = countersign::opening::open_reader(&ledger.location()).unwrap();
    let (origin, key) = (&opened.1.ledger.origin, opened.1.ledger.log_key.0);
    countersign_proof::LogVerifier::new(origin, key).unwrap().to_string()
}

/// The whole way of a cosignature, by file and over the network, to a proof that an auditor of
/// another hand accepts.
#[test]
fn a_ledger_is_witnessed_exported_and_proved() {
    let ledger = Ledger::new();
    let vkey = vkey(&ledger);
    let witnesses: Vec<_> =
        (0..3).map(|n| Witness::new(&format!("w{n}.example"), &[&vkey])).collect();
    let play = |line: &str| ledger.shell(line);

    // By file.
    play("countersign log request-cosignature --out request").good();
    let request = std::fs::read_to_string(ledger.folder().join("request")).unwrap();
    let answer = witnesses[0].sign(&request).good().json()["answer"].as_str().unwrap().to_owned();
    std::fs::write(ledger.folder().join("answer"), &answer).unwrap();
    assert_eq!(play("countersign log cosign --from answer").code, 1);
    let told =
        play(&format!("countersign log cosign --from answer --witness {}", witnesses[0].key));
    assert!(told.good().stdout.starts_with("w0.example cosigned 124 entries"));
    let forged = answer.replace("w0.example", "w1.example");
    std::fs::write(ledger.folder().join("forged"), forged).unwrap();
    assert_eq!(play("countersign log cosign --from forged").code, 1);

    // Over the network: two that answer, of which one has seen the log already, and one that does
    // not.
    let (zero, one) = (witnesses[0].serve(), witnesses[1].serve());
    let mut trust = format!("log {vkey}\n");
    for (witness, url) in witnesses.iter().zip([zero.url.as_str(), &one.url, "http://127.0.0.1:9"])
    {
        let name = witness.key.split('.').next().unwrap();
        trust.push_str(&format!("witness {name} {} {url}\n", witness.key));
    }
    trust.push_str("group most 2 w0 w1 w2\nquorum most\n");
    std::fs::write(ledger.folder().join("trust"), &trust).unwrap();
    let strict = trust.replace("group most 2", "group most 3");
    std::fs::write(ledger.folder().join("strict"), strict).unwrap();
    let told = play("countersign log collect --trust trust --timeout 20 --json").good().json();
    let outcomes: Vec<_> = told["witnesses"].as_array().unwrap().iter().collect();
    let outcome = |name: &str| {
        let found = outcomes.iter().find(|told| told["witness"] == name).unwrap();
        found["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome("w0.example"), "cosigned");
    assert_eq!(outcome("w1.example"), "cosigned");
    assert_eq!(outcome("w2.example"), "did not answer");
    assert_eq!(play("countersign log collect --trust strict --timeout 20").code, 4);

    // A witness that knows the log from elsewhere is asked again from the size that it states.
    std::fs::remove_dir_all(ledger.folder().join("D/cosignatures")).unwrap();
    let told = play("countersign log collect --trust trust --timeout 20");
    assert_eq!(told.code, 0, "{told:?}");

    // Proofs, exports, and whoever checks them.
    play("countersign log prove 7 --trust trust --out 7.tlog-proof --entry-out 7.json").good();
    let told = play("countersign log check-proof 7.tlog-proof --trust trust --entry 7.json");
    assert!(told.good().stdout.contains("Cosigned by w1.example"));
    assert_eq!(play("countersign log check-proof 7.tlog-proof --trust strict").code, 1);
    assert_eq!(play("countersign log prove 7 --trust strict").code, 1);
    play("countersign log prove 8 --entry-out 8.json").good();
    let told = play("countersign log check-proof 7.tlog-proof --trust trust --entry 8.json");
    assert_eq!(told.code, 3);
    play("countersign log export public --cosigned").good();
    let told = play("countersign log check-export public --trust trust").good();
    assert!(told.stdout.starts_with("All 124 entries"), "{told:?}");
    let again = play("countersign log export public --cosigned --json").good().json();
    assert_eq!((again["before"].as_u64(), again["files"].as_u64()), (Some(124), Some(0)));
    if let Some(python) = python() {
        let at = |name: &str| ledger.folder().join(name).to_str().unwrap().to_owned();
        let (proof, entry, public) = (at("7.tlog-proof"), at("7.json"), at("public"));
        let both = [witnesses[0].key.as_str(), &witnesses[1].key];
        let words = [&["proof", &proof, &entry, &vkey][..], &both].concat();
        foreign(&python, &words).good();
        assert_ne!(foreign(&python, &["proof", &proof, &at("8.json"), &vkey]).code, 0);
        foreign(&python, &["export", &public, &vkey]).good();
    }

    if let Some(packages) = sigstore() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness/sigstore.js");
        let read = |entry: &str| {
            let mut node = tame("node", ledger.folder());
            node.arg(&script).arg(&packages).args(["7.tlog-proof", entry, &vkey]);
            Run::from(node.output().unwrap())
        };
        assert!(read("7.json").good().stdout.starts_with("entry 7 of 124 in "));
        assert_eq!(read("8.json").code, 1);
    }

    // The ledger goes on, and so does the export; what was written is never written again.
    play(
        "countersign --as P-4L8V --key D/keys/P-4L8V stock count --item ATACMS --party US --place \
         US.Depot-1 --counted 970 --expected 980 --reason lost --source 'depot book' --standing \
         assumed",
    )
    .good();
    let grown = play("countersign log export public --json").good().json();
    assert_eq!(grown["before"].as_u64(), Some(124));
    assert!(grown["size"].as_u64() > Some(124), "{grown}");
    std::fs::write(ledger.folder().join("own"), format!("log {vkey}\nquorum none\n")).unwrap();
    play("countersign log check-export public --trust own").good();
    // The same witness goes on from 124.
    let told = play("countersign log collect --trust trust --timeout 20");
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(witnesses[1].last_size(vkey.split('+').next().unwrap()), grown["size"]);
    play("countersign log export old --cosigned").good();
    let bundle = format!("public/tile/entries/000.p/{}", grown["size"]);
    let bundle = ledger.folder().join(bundle);
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&bundle, &bytes).unwrap();
    assert_eq!(play("countersign log check-export public --trust own").code, 3);
    std::fs::remove_file(ledger.folder().join("public/checkpoint")).unwrap();
    let told = play("countersign log export public");
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.stderr.contains("says something else"), "{told:?}");
    std::fs::remove_file(&bundle).unwrap();
    play("countersign log export public").good();
    // An export of another log is left alone.
    let other = TestLog::new("other.example/log");
    let (note, _) = other.request(0, 5, 0);
    std::fs::write(ledger.folder().join("public/checkpoint"), note).unwrap();
    let told = play("countersign log export public");
    assert_eq!(told.code, 3, "{told:?}");
}

/// A kept cosignature is checked each time it is read.
#[test]
fn a_cosignature_that_was_altered_is_passed_over() {
    let ledger = Ledger::new();
    let vkey = vkey(&ledger);
    let witness = Witness::new("w.example", &[&vkey]);
    ledger.shell("countersign log request-cosignature --out request").good();
    let request = std::fs::read_to_string(ledger.folder().join("request")).unwrap();
    let answer = witness.sign(&request).good().json()["answer"].as_str().unwrap().to_owned();
    std::fs::write(ledger.folder().join("answer"), &answer).unwrap();
    let line = format!("countersign log cosign --from answer --witness {}", witness.key);
    ledger.shell(&line).good();
    let kept = ledger.folder().join("D/cosignatures/124.checkpoint");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert!(text.contains("w.example"));
    let proof = |expected: u64| {
        let told = ledger.shell("countersign log prove 7 --json").good();
        let at = told.stdout.find('{').unwrap();
        let value: serde_json::Value = serde_json::from_str(&told.stdout[at..]).unwrap();
        assert_eq!(value["signatures"].as_u64(), Some(expected));
    };
    proof(2);
    let other = answer.replacen("AAAA", "AAAB", 1);
    std::fs::write(&kept, text.replace(answer.trim_end(), other.trim_end())).unwrap();
    proof(1);
}

//! The program on a real PostgreSQL server: the same story, moving there and back, and a database
//! that lost what it acknowledged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use countersign_postgres::cluster::{DATABASE, PASSWORD, USER};
use countersign_postgres::{Cluster, given};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server, and a folder for what lies beside its ledgers.
struct Place {
    cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Option<Self> {
        Self::with(&[])
    }

    fn with(settings: &[&str]) -> Option<Self> {
        let cluster = given(settings)?;
        Some(Self { cluster, folder: tempfile::tempdir().unwrap() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The ledger of that name, whose files have a folder of that name.
    fn location(&self, name: &str) -> String {
        format!("{}&folder={}", self.cluster.location(name), self.path(name).display())
    }

    fn run(&self, words: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_countersign");
        let mut command = Command::new(program);
        command.env_remove("COUNTERSIGN_LEDGER").env("PGPASSWORD", PASSWORD);
        command.args(words).current_dir(self.folder.path()).output().unwrap()
    }

    /// What a command says that must be done.
    fn done(&self, words: &[&str]) -> Value {
        let output = self.run(&[&["--json"], words].concat());
        assert!(output.status.success(), "{words:?}: {}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What a command says that must end with this code.
    fn ends(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", text(&output));
        text(&output)
    }

    fn sql(&self, text: &str) -> String {
        self.cluster.sql(DATABASE, text)
    }
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8(both).unwrap();
    assert!(!text.contains(PASSWORD), "a secret is told: {text}");
    text
}

fn root(value: &Value) -> &str {
    value["root"].as_str().unwrap()
}

fn demo_on_sqlite(place: &Place, name: &str) -> Value {
    let path = place.path(name);
    place.done(&["demo", "--no-serve", "--dir", path.to_str().unwrap()])["verified"].clone()
}

#[test]
fn the_story_has_one_root_wherever_it_is_kept_and_moves_there_and_back() {
    let Some(place) = Place::new() else { return };
    let here = demo_on_sqlite(&place, "here");
    let there = place.location("story");
    let told = place.done(&["--ledger", &there, "demo", "--no-serve"])["verified"].clone();
    assert_eq!(told, here, "the same entries, signatures and root");
    let verified = place.done(&["--ledger", &there, "log", "verify"]);
    assert_eq!(root(&verified), root(&here));

    // Away from the folder into the database, and from the database into another folder.
    let (from, moved) = (place.path("here"), place.location("moved"));
    let copied = place.done(&["ledger", "copy", from.to_str().unwrap(), &moved]);
    assert_eq!((root(&copied), &copied["before"]), (root(&here), &Value::from(0)));
    assert_eq!(root(&place.done(&["--ledger", &moved, "log", "verify"])), root(&here));
    let back = place.path("back");
    let copied = place.done(&["ledger", "copy", &moved, back.to_str().unwrap()]);
    assert_eq!(root(&copied), root(&here));
    assert_eq!(
        root(&place.done(&["--ledger", back.to_str().unwrap(), "log", "verify"])),
        root(&here)
    );

    // The same again finds everything there; another record is not written over.
    let again = place.done(&["ledger", "copy", &moved, back.to_str().unwrap()]);
    assert_eq!(again["before"], again["entries"]);
    let extended = place.ends(0, &ask(&moved, &place, "here"));
    assert!(extended.contains("REQ-12"), "{extended}");
    let shorter = place.ends(1, &["ledger", "copy", back.to_str().unwrap(), &moved]);
    assert!(shorter.contains("ledger/another-record"), "{shorter}");
    let grown = place.done(&["ledger", "copy", &moved, back.to_str().unwrap()]);
    assert_eq!(grown["before"], again["entries"]);
    place.ends(2, &["ledger", "copy", &moved, &moved]);
}

/// A request of the holder, signed for with the keys of a demo.
fn ask<'a>(location: &'a str, place: &Place, keys: &str) -> Vec<&'a str> {
    let key = place.path(keys).join("keys/P-2C9T").display().to_string();
    let key: &'static str = Box::leak(key.into_boxed_str());
    let mut words = vec!["--ledger", location, "--as", "P-2C9T", "--key", key];
    words.extend("request submit --act use --holder UA --item ATACMS --quantity 2".split(' '));
    words.extend("--zone RU.Kursk --from 2025-12-01 --until 2025-12-20 --why asked".split(' '));
    words
}

#[test]
fn a_database_that_lost_what_it_acknowledged_is_neither_read_nor_written() {
    let Some(place) = Place::new() else { return };
    let ledger = place.location("main");
    place.done(&["--ledger", &ledger, "demo", "--no-serve"]);
    // A copy of the database as a failover would bring it back, without the last request.
    place.cluster.sql("postgres", &format!("CREATE DATABASE earlier TEMPLATE {DATABASE}"));
    place.ends(0, &ask(&ledger, &place, "main"));
    place.cluster.sql("postgres", &format!("ALTER DATABASE {DATABASE} RENAME TO later"));
    place.cluster.sql("postgres", &format!("ALTER DATABASE earlier RENAME TO {DATABASE}"));
    for words in [&["--ledger", &ledger, "log", "verify"][..], &ask(&ledger, &place, "main")] {
        let said = place.ends(3, words);
        assert!(said.contains("it lost some") && said.contains("head.seen"), "{said}");
    }
    // Another history of the same length and more is found as well.
    let seen = place.path("main").join("head.seen");
    let kept = std::fs::read(&seen).unwrap();
    std::fs::remove_file(&seen).unwrap();
    let mut other = ask(&ledger, &place, "main");
    other.extend(["--clock", "2025-12-02T09:00:00Z"]);
    place.ends(0, &other);
    std::fs::write(&seen, kept).unwrap();
    let said = place.ends(3, &["--ledger", &ledger, "request", "list"]);
    assert!(said.contains("of another history"), "{said}");
}

#[test]
fn a_row_that_was_edited_by_hand_is_named_by_its_place() {
    let Some(place) = Place::new() else { return };
    let ledger = place.location("main");
    place.done(&["--ledger", &ledger, "demo", "--no-serve"]);
    place.sql(
        "ALTER TABLE countersign_main.entry DISABLE TRIGGER entry_is_final;
         UPDATE countersign_main.entry SET body = body || '\\x00'::bytea WHERE seq = 57;
         ALTER TABLE countersign_main.entry ENABLE ALWAYS TRIGGER entry_is_final;",
    );
    let said = place.ends(3, &["--ledger", &ledger, "log", "verify"]);
    assert!(said.contains("entry 57"), "{said}");
}

#[test]
fn a_location_with_a_password_in_it_is_refused_and_not_repeated() {
    let Some(place) = Place::new() else { return };
    let port = place.cluster.port();
    let secret = format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}");
    for words in [&["log", "verify"][..], &["demo", "--no-serve"], &["request", "list"]] {
        let said = place.ends(2, &[&["--ledger", &secret], words].concat());
        assert!(said.contains("must not hold a password"), "{said}");
    }
    let wrong = place.location("none");
    let said = place.ends(4, &["--ledger", &wrong, "request", "list"]);
    assert!(said.contains("no ledger none"), "{said}");
    assert!(!Path::new(&place.path("none")).exists());
}

#[test]
fn a_ledger_is_restored_to_a_point_and_is_whole_there() {
    let Some(mut place) = Place::with(&["archive_mode=on"]) else { return };
    place.cluster.archive();
    let ledger = place.location("main");
    place.done(&["--ledger", &ledger, "demo", "--no-serve"]);
    let mut backup = place.cluster.backup().unwrap();
    place.ends(0, &ask(&ledger, &place, "main"));
    let before = place.done(&["--ledger", &ledger, "log", "verify"]);
    place.sql("SELECT pg_create_restore_point('before-the-mistake')");
    place.ends(0, &ask(&ledger, &place, "main"));
    let after = place.done(&["--ledger", &ledger, "log", "verify"]);
    assert_ne!(root(&before), root(&after));
    place.cluster.close_archive().unwrap();
    backup.restore(&place.cluster, "before-the-mistake").unwrap();
    place.cluster.stop();

    // The machine that saw more acknowledged refuses it, until somebody says that it is meant.
    let folder = place.path("main");
    let restored = format!("{}&folder={}", backup.location("main"), folder.display());
    let said = place.ends(3, &["--ledger", &restored, "log", "verify"]);
    assert!(said.contains("it lost some") && said.contains("head.seen"), "{said}");
    std::fs::rename(folder.join("head.seen"), folder.join("head.seen.before")).unwrap();
    let verified = place.done(&["--ledger", &restored, "log", "verify"]);
    assert_eq!((root(&verified), &verified["entries"]), (root(&before), &before["entries"]));
    // And it goes on from there.
    place.ends(0, &ask(&restored, &place, "main"));
    place.done(&["--ledger", &restored, "log", "verify"]);
}

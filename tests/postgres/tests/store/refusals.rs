//! Whatever would not keep the record, or is not the record, is refused by name and with a remedy;
//! and no refusal tells a secret.

use crate::conformance::Place as _;
use crate::entries::{append, batch, command};
use crate::place::{Ledger, server};
use countersign_postgres::cluster::{CLERK, DATABASE, PASSWORD};
use countersign_postgres::{Cluster, given};
use countersign_store::postgres::schema::SUPPORTED;
use countersign_store::{Mode, Store, StoreError, open};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

fn refused(location: &str, mode: Mode) -> StoreError {
    let error = open(location, mode).err().unwrap();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("and more"), "{shown}");
    error
}

/// Asserts that it is `Refused` in words that hold `said`.
fn assert_refused(location: &str, said: &str) {
    for mode in [Mode::Create, Mode::Write, Mode::Read] {
        let error = refused(location, mode);
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn a_server_that_would_lose_what_it_acknowledges_is_refused_for_writing() {
    for setting in ["fsync=off", "full_page_writes=off"] {
        let Some(cluster) = given(&[setting]).map(Arc::new) else { return };
        for mode in [Mode::Create, Mode::Write] {
            let error = refused(&cluster.location("main"), mode);
            assert!(matches!(error, StoreError::NotDurable { .. }), "{error:?}");
            let name = setting.trim_end_matches("=off");
            assert!(error.to_string().contains(&format!("{name} is off")), "{error}");
        }
    }
}

#[test]
fn a_server_that_commits_too_early_is_set_right_or_accepted_in_words() {
    let Some(cluster) = given(&["synchronous_commit=off"]).map(Arc::new) else { return };
    let ledger = Ledger::on(&cluster);
    append(&mut *ledger.writer(), &batch(0, 3)).unwrap();
    let said = |value: &str| format!("{}&durability={value}", ledger.location());
    drop(open(&said("durable"), Mode::Write).unwrap());
    let mut store = open(&said("acknowledged-before-durable"), Mode::Write).unwrap();
    append(&mut *store, &batch(3, 3)).unwrap();
    assert_eq!(store.read(0, 10).unwrap(), batch(0, 6));
}

/// Appends one entry after another until one fails, as it does once the server has taken notice of
/// a new setting; gives its number and why.
fn until_one_fails(store: &mut dyn Store) -> (u64, StoreError) {
    loop {
        let next = store.head().unwrap().size;
        if let Err(error) = append(store, &batch(next, 1)) {
            return (next, error);
        }
    }
}

/// A standby that is waited for and does not answer: the outcome is unknown, and stays so until it
/// is there after all.
#[test]
fn an_append_waits_for_the_standby_that_it_must_reach() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    cluster.set("synchronous_standby_names", "nobody");
    let (last, lost) = until_one_fails(&mut *store);
    assert!(matches!(lost, StoreError::Unavailable { .. }), "{lost:?}");
    let pending = store.find(command(last));
    assert!(matches!(pending, Err(StoreError::Unavailable { .. })), "{pending:?}");
    cluster.set("synchronous_standby_names", "");
    assert_eq!(store.find(command(last)), Ok(Some(last)));
    assert_eq!(store.read(0, 1 << 20).unwrap(), batch(0, last + 1));
}

/// An operator who cancels the wait makes the server acknowledge what it may yet lose.
#[test]
fn an_append_whose_wait_was_cancelled_is_not_taken_for_acknowledged() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    cluster.set("synchronous_standby_names", "nobody");
    let operator = cluster.clone();
    let cancelling = std::thread::spawn(move || {
        let waiting = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
                       WHERE wait_event = 'SyncRep'";
        while operator.sql("postgres", waiting) == "0" {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let (last, doubtful) = until_one_fails(&mut *store);
    cancelling.join().unwrap();
    assert!(doubtful.to_string().contains("stopped waiting for its standby"), "{doubtful}");
    cluster.set("synchronous_standby_names", "");
    assert_eq!(store.find(command(last)), Ok(Some(last)));
    append(&mut *store, &batch(last + 1, 2)).unwrap();
    store.check_integrity().unwrap();
}

#[test]
fn a_standby_is_read_and_not_written_until_it_is_promoted() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    append(&mut *store, &batch(0, 3)).unwrap();
    drop(store);
    let standby = cluster.standby().unwrap();
    let there = standby.location(&ledger.name);
    for mode in [Mode::Create, Mode::Write] {
        let error = refused(&there, mode);
        assert!(matches!(error, StoreError::Standby { .. }) && error.is_transient(), "{error:?}");
    }
    let (first, second) = (standby.port(), cluster.port());
    let hosts = format!("127.0.0.1:{first},127.0.0.1:{second}");
    let both = there.replace(&format!("127.0.0.1:{first}"), &hosts);
    let mut store = open(&both, Mode::Write).unwrap();
    append(&mut *store, &batch(3, 3)).unwrap();
    let reader = open(&there, Mode::Read).unwrap();
    assert_eq!(reader.wait_beyond(5, Duration::from_secs(60)).unwrap(), 6);
    assert_eq!(reader.read(0, 10).unwrap(), batch(0, 6));
    reader.check_integrity().unwrap();
    let saved = reader.save_snapshot(3, 1, b"state");
    assert!(matches!(saved, Err(StoreError::Standby { .. })), "{saved:?}");

    cluster.signal("STOP");
    let lost = append(&mut *store, &batch(6, 1));
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    let nowhere = store.head();
    assert!(matches!(nowhere, Err(StoreError::Standby { .. })), "{nowhere:?}");
    standby.sql("postgres", "SELECT pg_promote()");
    assert_eq!(store.find(command(6)), Ok(None));
    append(&mut *store, &batch(6, 2)).unwrap();
    assert_eq!(reader.read(0, 10).unwrap(), batch(0, 8));
    store.check_integrity().unwrap();
}

/// A passfile of the clerk, with one line more before.
fn passfile(cluster: &Cluster, name: &str, password: &str) -> PathBuf {
    let file = cluster.beside().join(name);
    let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
    let port = cluster.port();
    let text = format!(
        "# HOST:PORT:DATABASE:USER:PASSWORD\n*:*:*:nobody:hunter2\n\
         127.0.0.1:{port}:{DATABASE}:{CLERK}:{escaped}\n"
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn a_password_comes_from_a_file_and_is_never_told() {
    let Some(cluster) = server() else { return };
    let bare = format!("postgres://{CLERK}@127.0.0.1:{}/{DATABASE}?ledger=clerks", cluster.port());
    let with = |file: &PathBuf| format!("{bare}&passfile={}", file.display());
    assert_refused(&bare, "asks for a password, and there is none");
    assert_refused(
        &with(&passfile(&cluster, "wrong", "hunter2")),
        "password authentication failed",
    );
    assert_refused(&with(&cluster.beside().join("absent")), "cannot be read");
    let open_to_all = passfile(&cluster, "open", PASSWORD);
    fs::set_permissions(&open_to_all, Permissions::from_mode(0o644)).unwrap();
    assert_refused(&with(&open_to_all), "others than its owner can read");

    let right = with(&passfile(&cluster, "right", PASSWORD));
    append(&mut *open(&right, Mode::Create).unwrap(), &batch(0, 3)).unwrap();
    assert_eq!(open(&right, Mode::Read).unwrap().read(0, 10).unwrap(), batch(0, 3));
    // Another user's ledger is closed to the clerk.
    let ledger = Ledger::on(&cluster);
    let other = right.replace("ledger=clerks", &format!("ledger={}", ledger.name));
    let error = refused(&other, Mode::Write);
    let closed = matches!(error, StoreError::Refused { .. } | StoreError::NoSuchLedger { .. });
    assert!(closed, "{error:?}");
}

#[test]
fn what_is_not_the_ledger_is_refused_by_name() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let there = ledger.location();
    assert_eq!(
        refused(&there, Mode::Create),
        StoreError::LedgerExists { ledger: ledger.name.clone() }
    );
    for mode in [Mode::Write, Mode::Read] {
        let none = StoreError::NoSuchLedger { ledger: "none".to_owned() };
        assert_eq!(refused(&cluster.location("none"), mode), none);
    }
    assert_refused(&there.replace(DATABASE, "nowhere"), "database \"nowhere\" does not exist");
    assert_refused(&there.replace("countersign@", "stranger@"), "stranger");
    assert_refused(&format!("{there}&sslmode=require&sslrootcert=/dev/null"), "no certificate");
    ledger.sql("UPDATE about SET schema = 9");
    for mode in [Mode::Write, Mode::Read] {
        let newer = StoreError::NewerSchema { found: 9, supported: SUPPORTED };
        assert_eq!(refused(&there, mode), newer);
    }
    ledger.sql("UPDATE about SET schema = 0");
    let older = StoreError::OlderSchema { found: 0, supported: SUPPORTED };
    assert_eq!(refused(&there, Mode::Read), older);
}

#[test]
fn nobody_there_is_unavailable() {
    let Some(mut cluster) = given(&[]) else { return };
    cluster.stop();
    for mode in [Mode::Create, Mode::Write, Mode::Read] {
        let error = refused(&cluster.location("main"), mode);
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    }
}

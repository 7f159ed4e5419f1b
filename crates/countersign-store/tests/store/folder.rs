//! What is in a record's folder, who may read it, and how an older record moves on.

use crate::conformance::Place as _;
use crate::entries::{append, batch, entry};
use crate::places::Folder;
use countersign_store::sqlite::schema::{APPLICATION_ID, STEPS, SUPPORTED, TRIGGERS, migrate};
use countersign_store::{
    ERASABLE, Mode, SqliteStore, Store as _, StoreError, StoredEntry, StoredPart,
};
use rusqlite::Connection;
use std::path::Path;
use tempfile::TempDir;

/// A connection of another program.
fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("ledger.db")).unwrap()
}

fn filled() -> Folder {
    let place = Folder::new();
    append(&mut *place.writer(), &batch(0, 20)).unwrap();
    place
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_record() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = filled();
    let store = place.writer();
    store.save_snapshot(3, 1, b"state").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.path()), 0o700);
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "writer.lock"] {
        assert_eq!(mode(&place.path().join(name)), 0o600, "{name}");
    }
    let snapshots = place.path().join("snapshots");
    assert_eq!(mode(&snapshots), 0o700);
    for file in std::fs::read_dir(snapshots).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_record_is_made_once() {
    let place = filled();
    let exists = StoreError::AlreadyExists { path: place.path() };
    assert_eq!(SqliteStore::create(place.path()).err(), Some(exists));
    assert_eq!(place.reader().read(0, 100).unwrap(), batch(0, 20));
}

#[test]
fn an_interrupted_creation_leaves_no_record() {
    let kept = TempDir::new().unwrap();
    std::fs::write(kept.path().join("ledger.db.new"), b"half of it").unwrap();
    std::fs::write(kept.path().join("ledger.db.new-wal"), b"half of it").unwrap();
    let none = StoreError::NotALedger { path: kept.path().to_owned() };
    assert_eq!(SqliteStore::open_writer(kept.path()).err(), Some(none));
    let mut store = SqliteStore::create(kept.path()).unwrap();
    append(&mut store, &batch(0, 5)).unwrap();
}

#[test]
fn what_is_no_record_is_left_as_it_is() {
    let kept = TempDir::new().unwrap();
    let none = || Some(StoreError::NotALedger { path: kept.path().to_owned() });
    let path = kept.path().join("ledger.db");
    let refuses = |what: &str| {
        let before = std::fs::read(&path).ok();
        let opened = [SqliteStore::open_writer(kept.path()), SqliteStore::open_reader(kept.path())];
        for refused in opened {
            assert_eq!(refused.err(), none(), "{what}");
        }
        assert_eq!(std::fs::read(&path).ok(), before, "{what}");
    };
    assert_eq!(SqliteStore::open_reader(kept.path()).err(), none());
    refuses("nothing");
    std::fs::write(&path, b"").unwrap();
    refuses("an empty file");
    std::fs::write(&path, b"not a database at all, only a text of some length").unwrap();
    refuses("a text");
    std::fs::remove_file(&path).unwrap();
    database(kept.path()).execute_batch("CREATE TABLE other (x)").unwrap();
    refuses("another program's database");
}

#[test]
fn a_newer_record_is_refused_and_left_as_it_is() {
    let place = filled();
    let newer = SUPPORTED + 1;
    database(&place.path()).pragma_update(None, "user_version", newer).unwrap();
    let refused = StoreError::NewerSchema { found: newer, supported: SUPPORTED };
    for mode in [Mode::Write, Mode::Read] {
        assert_eq!(place.open(mode).err(), Some(refused.clone()));
    }
    database(&place.path()).pragma_update(None, "user_version", SUPPORTED).unwrap();
    assert_eq!(place.writer().read(0, 100).unwrap(), batch(0, 20));
}

/// Schema 0 is a database with our mark and no tables: the oldest there can be.
#[test]
fn a_writer_moves_an_older_record_and_a_reader_does_not() {
    let kept = TempDir::new().unwrap();
    let conn = database(kept.path());
    conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    drop(conn);
    let older = StoreError::OlderSchema { found: 0, supported: SUPPORTED };
    assert_eq!(SqliteStore::open_reader(kept.path()).err(), Some(older));
    let mut store = SqliteStore::open_writer(kept.path()).unwrap();
    append(&mut store, &batch(0, 5)).unwrap();
    assert_eq!(SqliteStore::open_reader(kept.path()).unwrap().head().unwrap().size, 5);
}

#[test]
fn a_step_to_a_later_schema_keeps_the_record() {
    let place = filled();
    let mut conn = database(&place.path());
    let steps = [STEPS, &["ALTER TABLE head ADD COLUMN tenure BLOB"]].concat();
    assert_eq!(migrate(&mut conn, &steps).unwrap(), SUPPORTED);
    assert_eq!(migrate(&mut conn, &steps).unwrap(), SUPPORTED + 1);
    let count: u64 =
        conn.query_row("SELECT count(tenure IS NULL) FROM head", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
    let too_new = StoreError::NewerSchema { found: SUPPORTED + 1, supported: SUPPORTED };
    assert_eq!(migrate(&mut conn, STEPS), Err(too_new));

    let failing = [&steps[..], &["CREATE TABLE half (x)", "no SQL at all"]].concat();
    assert!(migrate(&mut conn, &failing).is_err());
    assert_eq!(migrate(&mut conn, &steps).unwrap(), SUPPORTED + 1, "a failed step leaves nothing");
    let half = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'";
    assert_eq!(conn.query_row(half, [], |row| row.get::<_, u64>(0)).unwrap(), 0);
}

#[test]
fn the_database_itself_refuses_to_change_the_record() {
    let place = filled();
    let conn = database(&place.path());
    conn.pragma_update(None, "recursive_triggers", true).unwrap();
    for forbidden in [
        "UPDATE entry SET body = x''",
        "UPDATE entry SET seq = 40 WHERE seq = 19",
        "DELETE FROM entry",
        "REPLACE INTO entry SELECT seq, command, leaf, x'', open FROM entry",
        "UPDATE sealed SET bytes = x''",
        "DELETE FROM sealed WHERE seq = 3",
        "DELETE FROM sealed WHERE label <> 2",
        "REPLACE INTO sealed (place, bytes) SELECT place, x'' FROM sealed",
        "DELETE FROM head",
        "UPDATE head SET size = size - 1",
        "UPDATE head SET epoch = epoch - 1",
    ] {
        let refused = conn.execute_batch(forbidden).unwrap_err().to_string();
        assert!(
            refused.contains("never") || refused.contains("only grows"),
            "{forbidden}: {refused}"
        );
    }
    let of_its_kind = |kind: &str| -> u64 {
        let query = "SELECT count(*) FROM sqlite_schema WHERE type = ?1";
        conn.query_row(query, [kind], |row| row.get(0)).unwrap()
    };
    assert_eq!(of_its_kind("trigger"), u64::try_from(TRIGGERS.len()).unwrap());
    assert_eq!(place.writer().read(0, 100).unwrap(), batch(0, 20));
}

/// The bytes of every file of a record.
fn all_bytes(place: &Folder) -> Vec<u8> {
    let files = std::fs::read_dir(place.path()).unwrap();
    let files = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
    files.flat_map(|path| std::fs::read(path).unwrap()).collect()
}

fn holds(place: &Folder, name: &str) -> bool {
    all_bytes(place).windows(name.len()).any(|bytes| bytes == name.as_bytes())
}

#[test]
fn what_is_erased_is_written_over() {
    let place = Folder::new();
    let mut store = place.writer();
    let named = |seq, name: &str, times| StoredEntry {
        sealed: vec![StoredPart { label: ERASABLE, bytes: name.repeat(times).into_bytes() }],
        ..entry(seq)
    };
    let (long, short, kept) = ("Zaphod Beeblebrox", "Trillian McMillan", "Arthur Philip Dent");
    // One spills to pages of its own, one lies among others.
    let entries = [named(0, long, 3_000), named(1, short, 1), named(2, kept, 1)];
    append(&mut *store, &entries).unwrap();
    assert!([long, short, kept].iter().all(|name| holds(&place, name)));

    // While somebody looks at the record as it was, the bytes cannot go; and it is said so.
    let conn = database(&place.path());
    conn.execute_batch("BEGIN; SELECT count(*) FROM sealed;").unwrap();
    append(&mut *store, &batch(3, 2)).unwrap();
    assert_eq!(store.erase(&[0, 1]), Err(StoreError::Locked { holder: None }));
    conn.execute_batch("COMMIT").unwrap();
    assert_eq!(store.erase(&[0, 1]), Ok(0), "they had left the record already");
    for name in [long, short] {
        assert!(!holds(&place, name), "{name} is still in a file of the record");
    }
    assert!(holds(&place, kept));
    assert_eq!(store.check_integrity().unwrap().entries, 5);
}

#[test]
fn a_record_can_be_read_where_nobody_writes() {
    let place = filled();
    assert!(!place.path().join("ledger.db-wal").exists(), "closed cleanly");
    let first = place.reader();
    let second = place.reader();
    assert_eq!(first.read(0, 100).unwrap(), second.read(0, 100).unwrap());
    drop(first);
    append(&mut *place.writer(), &batch(20, 5)).unwrap();
    assert_eq!(second.head().unwrap().size, 25);
}

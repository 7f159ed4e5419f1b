//! Whatever was changed beneath the record is found, and the report names the place.

use crate::conformance::Place as _;
use crate::entries::{append, batch};
use crate::places::Folder;
use countersign_store::{Mode, Store as _, StoreError};
use rusqlite::Connection;

/// A record of 40 entries, to which `change` was done with all guards taken away and put back.
fn changed(change: &str) -> Folder {
    let place = Folder::new();
    append(&mut *place.writer(), &batch(0, 40)).unwrap();
    let conn = Connection::open(place.path().join("ledger.db")).unwrap();
    let mut query =
        conn.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let guards: Vec<(String, String)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    drop(query);
    let names = guards.iter().map(|(name, _)| format!("DROP TRIGGER {name};"));
    conn.execute_batch(&names.collect::<String>()).unwrap();
    conn.execute_batch(change).unwrap();
    guards.iter().for_each(|(_, sql)| conn.execute_batch(sql).unwrap());
    place
}

fn position(error: &StoreError) -> Option<u64> {
    let StoreError::Corrupt { position, .. } = error else { panic!("{error}") };
    assert!(error.is_damage() && !error.is_transient());
    *position
}

#[test]
fn opening_finds_what_is_wrong_at_the_ends() {
    let damages = [
        ("DELETE FROM sealed WHERE seq = 39; DELETE FROM entry WHERE seq = 39", Some(39)),
        ("DELETE FROM sealed WHERE seq = 0; DELETE FROM entry WHERE seq = 0", Some(0)),
        ("UPDATE head SET size = 30", Some(30)),
        ("UPDATE head SET size = 50", Some(40)),
        ("UPDATE entry SET open = x'00' WHERE seq = 39", Some(39)),
        ("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 39", Some(39)),
        ("DELETE FROM head", None),
    ];
    for (damage, at) in damages {
        let place = changed(damage);
        for mode in [Mode::Write, Mode::Read] {
            let error = place.open(mode).err().expect(damage);
            assert_eq!(position(&error), at, "{damage}: {error}");
        }
    }
}

#[test]
fn a_full_check_names_the_place() {
    let damages = [
        ("UPDATE entry SET open = x'7b7d' WHERE seq = 17", Some(17)),
        ("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 0", Some(0)),
        (
            "UPDATE entry SET command = (SELECT command FROM entry WHERE seq = 4) WHERE seq = 9",
            Some(9),
        ),
        ("DELETE FROM sealed WHERE seq = 21; DELETE FROM entry WHERE seq = 21", Some(21)),
        (
            "PRAGMA foreign_keys = OFF; INSERT INTO sealed (place, bytes) VALUES (99 << 8, x'')",
            Some(99),
        ),
    ];
    for (damage, at) in damages {
        let place = changed(damage);
        let error = place.reader().check_integrity().expect_err(damage);
        assert_eq!(position(&error), at, "{damage}: {error}");
    }
    let place = changed("");
    let checked = place.reader().check_integrity().unwrap();
    assert_eq!((checked.entries, checked.parts), (40, 60));
}

#[test]
fn reading_a_damaged_entry_says_so() {
    let place = changed("UPDATE entry SET open = x'7b7d' WHERE seq = 17");
    let store = place.reader();
    assert_eq!(store.read(0, 17).unwrap(), batch(0, 17));
    assert_eq!(position(&store.entry(17).unwrap_err()), Some(17));
    assert_eq!(position(&store.read(0, 40).unwrap_err()), Some(17));
    assert_eq!(store.read(18, 22).unwrap(), batch(18, 22));
}

#[test]
fn a_walk_names_the_missing_entry() {
    let place = changed("DELETE FROM sealed WHERE seq = 21; DELETE FROM entry WHERE seq = 21");
    let store = place.reader();
    let mut seen = 0;
    let walked = store.for_each_body(5, &mut |seq, _| {
        seen = seq;
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!((position(&walked.unwrap_err()), seen), (Some(21), 20));
    assert_eq!(position(&store.entry(21).unwrap_err()), Some(21));
}

#[test]
fn a_missing_guard_is_damage() {
    for guard in countersign_store::sqlite::schema::TRIGGERS {
        let place = Folder::new();
        let conn = Connection::open(place.path().join("ledger.db")).unwrap();
        conn.execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
        assert_eq!(position(&place.open(Mode::Write).err().unwrap()), None);
    }
}

/// Every page of the file, overwritten in turn: no damage is read as if it were the record.
#[test]
fn a_broken_page_is_never_read_as_the_record() {
    let place = Folder::new();
    append(&mut *place.writer(), &batch(0, 400)).unwrap();
    let path = place.path().join("ledger.db");
    let whole = std::fs::read(&path).unwrap();
    for page in 1..whole.len() / 4096 {
        let mut broken = whole.clone();
        broken[page * 4096..(page + 1) * 4096].fill(0xA5);
        std::fs::write(&path, &broken).unwrap();
        let found = place.open(Mode::Read).and_then(|store| store.check_integrity());
        position(&found.unwrap_err());
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(place.writer().check_integrity().unwrap().entries, 400);
}

#[test]
fn a_snapshot_of_another_record_is_passed_over() {
    let place = Folder::new();
    let mut store = place.writer();
    append(&mut *store, &batch(0, 10)).unwrap();
    store.save_snapshot(5, 1, b"state").unwrap();
    store.save_snapshot(8, 1, b"state").unwrap();
    drop(store);
    // The database as of a backup, and other entries after it.
    std::fs::remove_file(place.path().join("ledger.db")).unwrap();
    let mut store = countersign_store::SqliteStore::create(place.path()).unwrap();
    let found = store.latest_snapshot(1).unwrap();
    assert_eq!((found.usable, found.skipped.len()), (None, 2), "past the end");
    append(&mut store, &batch(0, 5)).unwrap();
    let other: Vec<_> = (5..9).map(|seq| crate::entries::entry_for(seq, seq + 100)).collect();
    append(&mut store, &other).unwrap();
    let found = store.latest_snapshot(1).unwrap();
    assert_eq!(found.usable.unwrap().position, 5);
    assert_eq!(found.skipped.len(), 1, "made from another record");
}

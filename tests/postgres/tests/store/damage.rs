//! Whatever was changed beneath the record is found, and the report names the place.

use crate::conformance::Place as _;
use crate::entries::{append, batch};
use crate::place::{Ledger, server};
use countersign_postgres::Cluster;
use countersign_store::postgres::schema::TRIGGERS;
use countersign_store::{Mode, StoreError};
use std::sync::Arc;

/// A record of 40 entries in four batches, to which `change` was done with all guards taken away
/// and put back.
fn changed(cluster: &Arc<Cluster>, change: &str) -> Ledger {
    let ledger = Ledger::on(cluster);
    let mut store = ledger.writer();
    (0..4).for_each(|turn| append(&mut *store, &batch(turn * 10, 10)).unwrap());
    drop(store);
    ledger.tamper(change);
    ledger
}

fn position(error: &StoreError) -> Option<u64> {
    let StoreError::Corrupt { position, .. } = error else { panic!("{error}") };
    *position
}

#[test]
fn opening_finds_what_is_wrong_at_the_ends() {
    let Some(cluster) = server() else { return };
    let damages = [
        ("DELETE FROM sealed WHERE seq = 39; DELETE FROM entry WHERE seq = 39;", Some(39)),
        ("DELETE FROM sealed WHERE seq = 0; DELETE FROM entry WHERE seq = 0;", Some(0)),
        ("UPDATE head SET size = 30;", Some(30)),
        ("UPDATE head SET size = 50;", Some(40)),
        ("UPDATE entry SET open = '\\x00' WHERE seq = 39;", Some(39)),
        ("UPDATE entry SET leaf = decode(repeat('00', 32), 'hex') WHERE seq = 39;", Some(39)),
        ("UPDATE head SET root = decode(repeat('00', 32), 'hex');", None),
        ("DELETE FROM head;", None),
        ("DELETE FROM batch WHERE first = 30;", None),
    ];
    for (damage, at) in damages {
        let ledger = changed(&cluster, damage);
        for mode in [Mode::Write, Mode::Read] {
            let error = ledger.open(mode).err().expect(damage);
            assert_eq!(position(&error), at, "{damage}: {error}");
        }
    }
}

#[test]
fn a_full_check_names_the_place() {
    let Some(cluster) = server() else { return };
    let zeros = "decode(repeat('00', 32), 'hex')";
    let damages = [
        ("UPDATE entry SET open = '\\x7b7d' WHERE seq = 17;".to_owned(), 17),
        (format!("UPDATE entry SET leaf = {zeros} WHERE seq = 0;"), 0),
        (
            "ALTER TABLE entry DROP CONSTRAINT entry_command_key;
             CREATE INDEX other ON entry (command);
             UPDATE entry SET command = (SELECT command FROM entry WHERE seq = 4) WHERE seq = 9;
             UPDATE pg_index SET indisunique = true WHERE indexrelid = 'other'::regclass;"
                .to_owned(),
            9,
        ),
        ("DELETE FROM sealed WHERE seq = 21; DELETE FROM entry WHERE seq = 21;".to_owned(), 21),
        (
            "UPDATE entry SET open = (SELECT open FROM entry WHERE seq = 5) WHERE seq = 12;"
                .to_owned(),
            12,
        ),
        ("INSERT INTO sealed VALUES (99, 0, '');".to_owned(), 99),
        ("INSERT INTO erasable VALUES (77, '');".to_owned(), 77),
        ("DELETE FROM batch WHERE first = 10;".to_owned(), 10),
        (format!("UPDATE batch SET root = {zeros} WHERE first = 10;"), 20),
        (format!("UPDATE batch SET previous = {zeros} WHERE first = 20;"), 20),
        ("UPDATE batch SET epoch = 0 WHERE first = 30;".to_owned(), 30),
        ("UPDATE batch SET after = 25 WHERE first = 10;".to_owned(), 25),
    ];
    for (damage, at) in damages {
        let ledger = changed(&cluster, &damage);
        let error = ledger.reader().check_integrity().expect_err(&damage);
        assert_eq!(position(&error), Some(at), "{damage}: {error}");
    }
    let ledger = changed(&cluster, "");
    let checked = ledger.reader().check_integrity().unwrap();
    assert_eq!((checked.entries, checked.parts), (40, 60));
}

#[test]
fn reading_a_damaged_entry_says_so() {
    let Some(cluster) = server() else { return };
    let ledger = changed(&cluster, "UPDATE entry SET open = '\\x7b7d' WHERE seq = 17;");
    let store = ledger.reader();
    assert_eq!(store.read(0, 17).unwrap(), batch(0, 17));
    assert_eq!(position(&store.entry(17).unwrap_err()), Some(17));
    assert_eq!(position(&store.read(0, 40).unwrap_err()), Some(17));
    assert_eq!(store.read(18, 22).unwrap(), batch(18, 22));
}

#[test]
fn a_walk_names_the_missing_entry() {
    let Some(cluster) = server() else { return };
    let gone = "DELETE FROM sealed WHERE seq = 21; DELETE FROM entry WHERE seq = 21;";
    let ledger = changed(&cluster, gone);
    let store = ledger.reader();
    let mut seen = 0;
    let walked = store.for_each_body(5, &mut |seq, _| {
        seen = seq;
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!((position(&walked.unwrap_err()), seen), (Some(21), 20));
    assert_eq!(position(&store.entry(21).unwrap_err()), Some(21));
}

/// Gone, switched off, or there but for another act.
#[test]
fn a_missing_guard_is_damage() {
    let Some(cluster) = server() else { return };
    let without = |change: &str| {
        let ledger = Ledger::on(&cluster);
        ledger.sql(change);
        for mode in [Mode::Write, Mode::Read] {
            assert_eq!(position(&ledger.open(mode).err().expect(change)), None, "{change}");
        }
    };
    for (table, guard) in TRIGGERS {
        without(&format!("DROP TRIGGER {guard} ON {table}"));
    }
    without("ALTER TABLE entry DISABLE TRIGGER entry_is_final");
    without("ALTER TABLE entry ENABLE TRIGGER entry_is_final");
    without(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NEW; END'",
    );
    without("ALTER TABLE entry DROP CONSTRAINT entry_command_key");
    without(
        "ALTER TABLE entry DROP CONSTRAINT entry_command_key;
         CREATE UNIQUE INDEX other ON entry (command, seq)",
    );
}

/// Not even the ledger's owner changes it by accident.
#[test]
fn nothing_recorded_is_changed_or_deleted() {
    let Some(cluster) = server() else { return };
    let ledger = changed(&cluster, "");
    for attempt in [
        "UPDATE entry SET body = '' WHERE seq = 1",
        "DELETE FROM entry WHERE seq = 39",
        "TRUNCATE entry",
        "UPDATE sealed SET bytes = ''",
        "DELETE FROM sealed",
        "TRUNCATE sealed",
        "UPDATE erasable SET bytes = ''",
        "TRUNCATE erasable",
        "UPDATE batch SET epoch = 0",
        "DELETE FROM batch",
        "TRUNCATE batch",
        "DELETE FROM head",
        "TRUNCATE head",
        "UPDATE head SET size = 3",
        "DELETE FROM writer",
        "TRUNCATE writer",
        "UPDATE writer SET epoch = 0",
    ] {
        let guarded = format!(
            "SET session_replication_role = replica; DO $$ BEGIN {attempt}; RAISE EXCEPTION 'done';
             EXCEPTION WHEN restrict_violation THEN NULL; END $$"
        );
        ledger.sql(&guarded);
    }
    assert_eq!(ledger.reader().read(0, 100).unwrap(), batch(0, 40));
}

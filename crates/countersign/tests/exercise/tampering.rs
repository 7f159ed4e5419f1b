//! Any single byte of the stored record that is changed is found.

use crate::played::{copy, run};
use countersign::verification::verify;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;

fn verified(ledger: &Path) -> bool {
    verify(ledger.to_str().unwrap(), &mut |_, _| {}).is_ok()
}

/// Opens the database as a stranger would: without the triggers that keep it from being changed.
fn stranger(ledger: &Path) -> Connection {
    let db = Connection::open(ledger.join("ledger.db")).unwrap();
    let triggers: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        db.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    db
}

/// Every column of every table of the record.
fn columns(db: &Connection) -> Vec<(String, String)> {
    let tables: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut found = Vec::new();
    for table in tables {
        let mut names = db.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        for name in names.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            found.push((table.clone(), name.unwrap()));
        }
    }
    found
}

/// The positions tried in a value of `length` bytes: all of a short one, and of a long one the
/// ends and every so-many-th between.
fn positions(length: usize, step: usize) -> Vec<usize> {
    (0..length).filter(|at| *at < 4 || at + 4 >= length || at % step == 0).collect()
}

#[test]
fn every_changed_byte_of_the_record_is_found() {
    let (_folder, ledger) = copy();
    assert!(verified(&ledger), "the record itself does not verify");
    let db = stranger(&ledger);
    assert!(verified(&ledger), "a record without its triggers does not verify");
    let mut tried = 0;
    for (table, column) in columns(&db) {
        let select = format!("SELECT rowid, {column} FROM {table} ORDER BY rowid");
        let rows: Vec<(i64, Value)> = db
            .prepare(&select)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2");
        // Every row of a table, a few bytes of each; one row in twenty more closely.
        for (place, (rowid, value)) in rows.iter().enumerate() {
            let step = if place % 20 == 7 { 29 } else { 701 };
            let changed: Vec<Value> = match value {
                Value::Blob(bytes) => positions(bytes.len(), step)
                    .into_iter()
                    .map(|at| {
                        let mut bytes = bytes.clone();
                        bytes[at] ^= 1;
                        Value::Blob(bytes)
                    })
                    .collect(),
                Value::Integer(number) if column != "epoch" => vec![Value::Integer(number ^ 1)],
                Value::Text(text) => vec![Value::Text(format!("{text}x"))],
                // How often the record was opened for writing says nothing of what it holds.
                Value::Integer(_) | Value::Null | Value::Real(_) => Vec::new(),
            };
            for other in changed {
                // What cannot be stored at all needs no finding.
                if db.execute(&update, params![other, rowid]).is_err() {
                    continue;
                }
                tried += 1;
                assert!(!verified(&ledger), "{table}.{column} of row {rowid} was changed unseen");
                let back = match (&other, column.as_str()) {
                    (Value::Integer(moved), "seq") => *moved,
                    _ => *rowid,
                };
                let undone = db.execute(&update, params![value, back]).unwrap();
                assert_eq!(undone, 1, "{table}.{column} of row {rowid}");
            }
        }
    }
    assert!(verified(&ledger), "the record was not put back");
    assert!(tried > 1_000, "only {tried} bytes were tried");
}

#[test]
fn the_program_says_so_with_exit_code_3() {
    let (_folder, ledger) = copy();
    let path = ledger.to_str().unwrap();
    assert_eq!(run(&["--ledger", path, "log", "verify"]).status.code(), Some(0));
    let db = stranger(&ledger);
    db.execute_batch("UPDATE entry SET body = CAST(substr(body, 1, length(body) - 1) || x'7f' AS BLOB) WHERE seq = 40")
        .unwrap();
    let output = run(&["--ledger", path, "log", "verify"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("entry 40"), "{output:?}");
}

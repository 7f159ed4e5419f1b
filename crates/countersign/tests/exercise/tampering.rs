//! Any single byte of the stored record that is changed is found.

use crate::played::{copy, run};
use countersign::verification::verify;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;

fn verified(ledger: &Path) -> bool {
    verify(ledger.to_str().unwrap(), &mut |_, _| {}).is_ok()
}

/// A stranger at the database: takes the triggers away that keep it from being changed, and puts
/// them back afterwards.
struct Stranger {
    db: Connection,
    triggers: Vec<(String, String)>,
}

impl Stranger {
    fn at(ledger: &Path) -> Self {
        let db = Connection::open(ledger.join("ledger.db")).unwrap();
        let triggers = db
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        Self { db, triggers }
    }

    /// Changes a value; tells whether it could be stored at all.
    fn put(&self, update: &str, value: &Value, rowid: i64) -> bool {
        for (name, _) in &self.triggers {
            self.db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        let done = self.db.execute(update, params![value, rowid]);
        for (_, sql) in &self.triggers {
            self.db.execute_batch(sql).unwrap();
        }
        done.is_ok_and(|rows| rows == 1)
    }
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
        let mut names =
            db.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
        for name in names.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            found.push((table.clone(), name.unwrap()));
        }
    }
    found
}

/// The positions tried in a value of `length` bytes: its ends and every so-many-th between.
fn positions(length: usize, step: usize) -> Vec<usize> {
    (0..length).filter(|at| *at < 2 || at + 2 >= length || at % step == 0).collect()
}

#[test]
fn every_changed_byte_of_the_record_is_found() {
    let (_folder, ledger) = copy();
    assert!(verified(&ledger), "the record itself does not verify");
    let stranger = Stranger::at(&ledger);
    let mut tried = 0;
    for (table, column) in columns(&stranger.db) {
        let select = format!("SELECT rowid, {column} FROM {table} ORDER BY rowid");
        let rows: Vec<(i64, Value)> = stranger
            .db
            .prepare(&select)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = ?2");
        // A run takes what it can in the time it has: one row in eleven, the ends of each value and
        // a few bytes between. Which rows and bytes is fixed, so that a finding can be repeated.
        for (place, (rowid, value)) in rows.iter().enumerate() {
            if rows.len() > 1 && place % 11 != 3 {
                continue;
            }
            let step = if place % 44 == 3 { 97 } else { 1_009 };
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
                if !stranger.put(&update, &other, *rowid) {
                    continue;
                }
                tried += 1;
                assert!(!verified(&ledger), "{table}.{column} of row {rowid} was changed unseen");
                let back = match (&other, column.as_str()) {
                    (Value::Integer(moved), "seq" | "place" | "one") => *moved,
                    _ => *rowid,
                };
                assert!(stranger.put(&update, value, back), "{table}.{column} of row {rowid}");
            }
        }
    }
    assert!(verified(&ledger), "the record was not put back");
    assert!(tried > 200, "only {tried} bytes were tried");
}

#[test]
fn the_program_says_so_with_exit_code_3() {
    let (_folder, ledger) = copy();
    let path = ledger.to_str().unwrap();
    assert_eq!(run(&["--ledger", path, "log", "verify"]).status.code(), Some(0));
    let stranger = Stranger::at(&ledger);
    let body: Vec<u8> = stranger
        .db
        .query_row("SELECT body FROM entry WHERE seq = 40", [], |row| row.get(0))
        .unwrap();
    let mut changed = body;
    *changed.last_mut().unwrap() ^= 1;
    let update = "UPDATE entry SET body = ?1 WHERE seq = ?2";
    assert!(stranger.put(update, &Value::Blob(changed), 40));
    let output = run(&["--ledger", path, "log", "verify"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("entry 40"), "{output:?}");
}

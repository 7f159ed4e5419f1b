//! A stranger at the database, who changes it past the triggers that forbid it.

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params};
use std::path::Path;

/// The tables of the record and the columns in which its bytes are kept.
const COLUMNS: [(&str, &[&str]); 3] = [
    ("head", &["size", "root", "frontier", "epoch"]),
    ("entry", &["command", "leaf", "body", "open"]),
    ("sealed", &["bytes"]),
];

/// A value of the record: its table, column and row.
pub type Stored = (String, String, i64, Value);

pub struct Stranger {
    db: Connection,
    triggers: Vec<(String, String)>,
}

impl Stranger {
    pub fn at(ledger: &Path) -> Self {
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

    /// Every value.
    pub fn values(&self) -> Vec<Stored> {
        let mut found = Vec::new();
        for (table, columns) in COLUMNS {
            for column in columns {
                let select = format!("SELECT rowid, {column} FROM {table} ORDER BY rowid");
                let mut select = self.db.prepare(&select).unwrap();
                let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
                found.extend(rows.map(|row| {
                    let (rowid, value) = row.unwrap();
                    (table.to_owned(), (*column).to_owned(), rowid, value)
                }));
            }
        }
        found
    }

    /// Puts a value in the place of another, and the triggers back as they were.
    pub fn put(&self, table: &str, column: &str, rowid: i64, value: &Value) {
        self.change(&format!("UPDATE {table} SET {column} = ?1 WHERE rowid = {rowid}"), value);
    }

    fn change(&self, update: &str, value: &Value) {
        let drops = self.triggers.iter().map(|(name, _)| format!("DROP TRIGGER {name};"));
        self.db.execute_batch(&format!("BEGIN; {}", drops.collect::<String>())).unwrap();
        assert_eq!(self.db.execute(update, params![value]).unwrap(), 1, "{update}");
        let made = self.triggers.iter().map(|(_, sql)| format!("{sql};"));
        self.db.execute_batch(&format!("{} COMMIT", made.collect::<String>())).unwrap();
    }
}

/// Every row of the record, read as any program may; none where it cannot be read.
pub fn rows(ledger: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let db = Connection::open_with_flags(ledger.join("ledger.db"), flags)?;
    let mut found = Vec::new();
    for table in ["head", "entry", "sealed"] {
        let mut select = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1"))?;
        let columns = select.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        for row in select.query_map([], row)? {
            found.push(row?);
        }
    }
    Ok(found)
}

//! The floor: the same four steps as SQL written by hand, each committed, and nothing else. No
//! policy, no signature, no log: what SQLite alone costs.

use rusqlite::{Connection, params};
use std::path::Path;

pub fn open(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE request (id INTEGER PRIMARY KEY, item TEXT, quantity INTEGER, state TEXT);
         CREATE TABLE approval (request INTEGER, office TEXT, person TEXT);
         CREATE TABLE stock (item TEXT PRIMARY KEY, units INTEGER CHECK (units >= 0));
         CREATE TABLE audit (id INTEGER PRIMARY KEY, request INTEGER, what TEXT);
         INSERT INTO stock VALUES ('THING', 1000000000);",
    )
    .unwrap();
    db
}

/// One request from submission to release.
pub fn lifecycle(db: &mut Connection, id: i64) {
    let mut step = |statements: &[(&str, &str)]| {
        let tx = db.transaction().unwrap();
        for (sql, what) in statements {
            tx.prepare_cached(sql).unwrap().execute(params![id, what]).unwrap();
        }
        tx.commit().unwrap();
    };
    let audit = "INSERT INTO audit (request, what) VALUES (?1, ?2)";
    step(&[("INSERT INTO request VALUES (?1, 'THING', 2, ?2)", "submitted"), (audit, "submitted")]);
    for office in ["A.Head", "B.Head"] {
        step(&[("INSERT INTO approval VALUES (?1, ?2, 'person')", office), (audit, office)]);
    }
    step(&[
        ("UPDATE stock SET units = units - 2 WHERE item = 'THING' AND ?1 > 0 AND ?2 <> ''", "x"),
        ("UPDATE request SET state = ?2 WHERE id = ?1", "released"),
        (audit, "released"),
    ]);
}

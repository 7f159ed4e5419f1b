//! Whether everything is still there and still what was written.

use super::{reading, schema};
use crate::record::check_leaf;
use crate::{Checked, StoreError};
use rusqlite::Connection;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// What takes no longer on a long record than on a short one: the ends of it, and the last entry.
pub(super) fn quick(conn: &Connection) -> Result<(), StoreError> {
    let _moment = reading::moment(conn)?;
    check_triggers(conn)?;
    let size = reading::head(conn)?.size;
    // Two queries, for SQLite answers each from the edge of the tree but both together by a scan.
    let edge = |query| conn.query_row(query, [], |row| row.get::<_, Option<u64>>(0));
    let first = edge("SELECT min(seq) FROM entry")?;
    let last = edge("SELECT max(seq) FROM entry")?;
    if first.is_some_and(|first| first != 0) {
        return Err(StoreError::corrupt(0, "the entry is missing"));
    }
    let held = last.map_or(0, |last| last.saturating_add(1));
    if held != size {
        let what = format!("the head counts {size} entries but the last one ends at {held}");
        return Err(StoreError::corrupt(held.min(size), what));
    }
    if let Some(last) = last {
        reading::read(conn, last, 1)?;
    }
    Ok(())
}

/// Goes through everything. The entries come first, since they can name the place of a damage.
pub(super) fn full(conn: &Connection) -> Result<Checked, StoreError> {
    let _moment = reading::moment(conn)?;
    quick(conn)?;
    let entries = check_entries(conn)?;
    let parts = check_parts(conn)?;
    let mut statement = conn.prepare("PRAGMA integrity_check(1)")?;
    let verdict: String = statement.query_row([], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Corrupt { position: None, what: verdict });
    }
    Ok(Checked { entries, parts })
}

fn check_triggers(conn: &Connection) -> Result<(), StoreError> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";
    let mut statement = conn.prepare(query)?;
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if found == schema::TRIGGERS {
        return Ok(());
    }
    let what = "the triggers that make the record append-only are not those of its schema";
    Err(StoreError::Corrupt { position: None, what: what.to_owned() })
}

/// Every number in its place, every leaf that of its open part, every command once.
fn check_entries(conn: &Connection) -> Result<u64, StoreError> {
    const QUERY: &str = "SELECT seq, command, leaf, open FROM entry WHERE seq >= ?1 ORDER BY seq";
    let mut commands = HashSet::new();
    let mut entries = 0u64;
    reading::each_row(conn, QUERY, 0, |seq, row| {
        check_leaf(seq, &reading::leaf(row, 2)?, reading::blob(row, 3)?)?;
        if !commands.insert(reading::command(row, 1)?) {
            return Err(StoreError::corrupt(seq, "its command is recorded before"));
        }
        entries = entries.saturating_add(1);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}

/// Every sealed part with its entry.
fn check_parts(conn: &Connection) -> Result<u64, StoreError> {
    let orphan = "SELECT min(sealed.seq) FROM sealed LEFT JOIN entry USING (seq) \
                  WHERE entry.seq IS NULL";
    if let Some(seq) = conn.query_row(orphan, [], |row| row.get::<_, Option<u64>>(0))? {
        return Err(StoreError::corrupt(seq, "a sealed part has no entry"));
    }
    Ok(conn.query_row("SELECT count(*) FROM sealed", [], |row| row.get(0))?)
}

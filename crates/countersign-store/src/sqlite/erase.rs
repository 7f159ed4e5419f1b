//! The one way in which something leaves the record: names, after a signed act.

use super::reading;
use crate::{ERASABLE, StoreError};
use rusqlite::{Connection, TransactionBehavior};

/// Deletes the parts, then has the pages written over in the database itself and empties the
/// write-ahead log: `secure_delete` fills what is deleted with zeros, and a log that is only reset
/// would still hold the pages as they were.
pub(super) fn erase(conn: &mut Connection, held: u64, entries: &[u64]) -> Result<u64, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = reading::position(&tx)?;
    if found.epoch != held {
        return Err(StoreError::Fenced { held, found: found.epoch });
    }
    let mut erased = 0_u64;
    {
        let mut delete = tx.prepare("DELETE FROM sealed WHERE place = ?1")?;
        for seq in entries.iter().filter(|seq| **seq < found.size) {
            let gone = delete.execute([reading::place(*seq, ERASABLE)])?;
            erased = erased.saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
        }
    }
    tx.commit()?;
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 { Ok(erased) } else { Err(StoreError::Locked { holder: None }) }
}

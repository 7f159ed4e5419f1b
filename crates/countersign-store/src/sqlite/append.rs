//! The one transaction that makes the record longer.

use super::reading;
use crate::filing::Filing;
use crate::record::{check_batch, signed};
use crate::{NewHead, StoreError, StoredEntry};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

const INSERT_ENTRY: &str =
    "INSERT INTO entry (seq, command, leaf, body, open) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_SEALED: &str = "INSERT INTO sealed (place, bytes) VALUES (?1, ?2)";
const MOVE_HEAD: &str = "UPDATE head SET size = ?1, root = ?2, frontier = ?3";

/// Fences off every earlier writer; gives the epoch of this one.
pub(super) fn raise_epoch(conn: &mut Connection) -> Result<u64, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("UPDATE head SET epoch = epoch + 1", [])?;
    let epoch = reading::position(&tx)?.epoch;
    tx.commit()?;
    Ok(epoch)
}

pub(super) fn append(
    conn: &mut Connection,
    filing: &mut Filing,
    held: u64,
    expected: u64,
    batch: &[StoredEntry],
    head: &NewHead,
) -> Result<(), StoreError> {
    let size = check_batch(expected, batch, head)?;
    // Locks the database for writing at once, so that what is read here stays true until the end.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = reading::position(&tx)?;
    if found.epoch != held {
        return Err(StoreError::Fenced { held, found: found.epoch });
    }
    if found.size != expected {
        return Err(StoreError::Moved { expected, actual: found.size });
    }
    reading::catch_up(&tx, filing, expected)?;
    for StoredEntry { command, .. } in batch {
        if let Some(seq) = reading::find(&tx, filing, *command)? {
            return Err(StoreError::DuplicateCommand { command: *command, seq });
        }
    }
    insert(&tx, batch)?;
    let moved = params![signed(size), head.root.0, head.frontier];
    tx.prepare_cached(MOVE_HEAD)?.execute(moved)?;
    tx.commit()?;
    // Only now: a batch that was rolled back must not be filed.
    batch.iter().for_each(|entry| filing.file(entry.command));
    Ok(())
}

/// Steps two prepared statements, one for the entries and one for their sealed parts.
fn insert(tx: &Transaction<'_>, batch: &[StoredEntry]) -> Result<(), StoreError> {
    let mut entries = tx.prepare_cached(INSERT_ENTRY)?;
    let mut parts = tx.prepare_cached(INSERT_SEALED)?;
    for entry in batch {
        let seq = signed(entry.seq);
        let (command, leaf) = (entry.command.0, entry.leaf.0);
        entries.execute(params![seq, &command[..], &leaf[..], entry.body, entry.open])?;
        for part in &entry.sealed {
            parts.execute(params![reading::place(entry.seq, part.label), part.bytes])?;
        }
    }
    Ok(())
}

//! Reading, each call within one moment of the record.

use crate::filing::Filing;
use crate::record::{SEQ_END, check_leaf, signed};
use crate::{Head, StoreError, StoredEntry, StoredPart, VisitBytes};
use countersign_proof::words::{CommandId, Digest};
use rusqlite::{Connection, OptionalExtension as _, Row, Rows, Transaction};
use std::ops::ControlFlow;

pub(super) const BODIES: &str = "SELECT seq, body FROM entry WHERE seq >= ?1 ORDER BY seq";
pub(super) const LEAVES: &str = "SELECT seq, leaf FROM entry WHERE seq >= ?1 ORDER BY seq";
const COMMANDS: &str = "SELECT seq, command FROM entry WHERE seq >= ?1 ORDER BY seq";
const ENTRIES: &str =
    "SELECT seq, command, leaf, body, open FROM entry WHERE seq >= ?1 ORDER BY seq";
const PARTS: &str = "SELECT label, bytes FROM sealed WHERE place BETWEEN ?1 AND ?2 ORDER BY place";
const LABELLED: &str =
    "SELECT seq, bytes FROM sealed WHERE place >= ?1 AND label = ?2 ORDER BY place";

/// Size and epoch of the head.
pub(super) struct Position {
    pub(super) size: u64,
    pub(super) epoch: u64,
}

pub(super) fn position(conn: &Connection) -> Result<Position, StoreError> {
    let mut found = conn.prepare_cached("SELECT size, epoch FROM head")?;
    found
        .query_row([], |row| Ok(Position { size: row.get(0)?, epoch: row.get(1)? }))
        .optional()?
        .ok_or_else(headless)
}

pub(super) fn head(conn: &Connection) -> Result<Head, StoreError> {
    let mut found = conn.prepare_cached("SELECT size, epoch, root, frontier FROM head")?;
    let read = |row: &Row<'_>| {
        let root = Digest(row.get(2)?);
        Ok(Head { size: row.get(0)?, epoch: row.get(1)?, root, frontier: row.get(3)? })
    };
    found.query_row([], read).optional()?.ok_or_else(headless)
}

fn headless() -> StoreError {
    StoreError::Corrupt { position: None, what: "the head is missing".to_owned() }
}

/// Shows every row of `query` from `from` to the head, which is missing none.
///
/// The query gives the sequence number first; `show` must not write.
pub(super) fn each_row(
    conn: &Connection,
    query: &str,
    from: u64,
    mut show: impl FnMut(u64, &Row<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let _moment = moment(conn)?;
    let size = position(conn)?.size;
    let mut statement = conn.prepare_cached(query)?;
    let mut rows = statement.query([signed(from)])?;
    let mut next = from;
    while next < size {
        let row = following(&mut rows, next)?;
        if show(next, row).map_err(|error| error.at(next))?.is_break() {
            break;
        }
        next = next.saturating_add(1);
    }
    Ok(())
}

/// The row of entry `next`, or a report that it is missing.
fn following<'r>(rows: &'r mut Rows<'_>, next: u64) -> Result<&'r Row<'r>, StoreError> {
    let row = rows.next().map_err(|error| StoreError::from(error).at(next))?;
    match row {
        Some(row) if row.get_ref(0)?.as_i64().ok() == Some(signed(next)) => Ok(row),
        _ => Err(StoreError::corrupt(next, "the entry is missing")),
    }
}

pub(super) fn read(
    conn: &Connection,
    from: u64,
    limit: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    each_row(conn, ENTRIES, from, |seq, row| {
        let entry = StoredEntry {
            seq,
            command: command(row, 1)?,
            leaf: leaf(row, 2)?,
            body: blob(row, 3)?.to_vec(),
            open: blob(row, 4)?.to_vec(),
            sealed: parts(conn, seq)?,
        };
        check_leaf(seq, &entry.leaf, &entry.open)?;
        found.push(entry);
        Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

fn parts(conn: &Connection, seq: u64) -> Result<Vec<StoredPart>, StoreError> {
    let mut statement = conn.prepare_cached(PARTS)?;
    let rows = statement.query_map([place(seq, 0), place(seq, u8::MAX)], |row| {
        Ok(StoredPart { label: row.get(0)?, bytes: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn each_sealed(
    conn: &Connection,
    label: u8,
    from: u64,
    visit: VisitBytes<'_>,
) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(LABELLED)?;
    let mut rows = statement.query([place(from, 0), i64::from(label)])?;
    let mut next = from;
    while let Some(row) = rows.next().map_err(|error| StoreError::from(error).at(next))? {
        let seq = row.get(0)?;
        if visit(seq, blob(row, 1)?).is_break() {
            break;
        }
        next = seq;
    }
    Ok(())
}

/// Files what the record has gained, up to `size`.
pub(super) fn catch_up(
    conn: &Connection,
    filing: &mut Filing,
    size: u64,
) -> Result<(), StoreError> {
    if filing.filed() >= size {
        return Ok(());
    }
    each_row(conn, COMMANDS, filing.filed(), |_, row| {
        filing.file(command(row, 1)?);
        Ok(ControlFlow::Continue(()))
    })
}

pub(super) fn find(
    conn: &Connection,
    filing: &Filing,
    command: CommandId,
) -> Result<Option<u64>, StoreError> {
    filing.find(command, |seq| {
        let mut statement =
            conn.prepare_cached("SELECT 1 FROM entry WHERE seq = ?1 AND command = ?2")?;
        Ok(statement.exists(rusqlite::params![signed(seq), &command.0[..]])?)
    })
}

/// Keeps to one moment of the record until dropped, unless within a transaction already.
pub(super) fn moment(conn: &Connection) -> Result<Option<Transaction<'_>>, StoreError> {
    Ok(if conn.is_autocommit() { Some(conn.unchecked_transaction()?) } else { None })
}

pub(super) fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], StoreError> {
    row.get_ref(column)?.as_blob().map_err(|error| damaged(&error.to_string()))
}

pub(super) fn leaf(row: &Row<'_>, column: usize) -> Result<Digest, StoreError> {
    fixed(row, column).map(Digest)
}

pub(super) fn command(row: &Row<'_>, column: usize) -> Result<CommandId, StoreError> {
    fixed(row, column).map(CommandId)
}

fn fixed<const N: usize>(row: &Row<'_>, column: usize) -> Result<[u8; N], StoreError> {
    blob(row, column)?.try_into().map_err(|_| damaged("an id or digest has the wrong length"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt { position: None, what: what.to_owned() }
}

/// Where the part of `seq` with `label` is kept.
pub(super) fn place(seq: u64, label: u8) -> i64 {
    let place = seq.min(SEQ_END.saturating_sub(1)) << 8 | u64::from(label);
    i64::try_from(place).unwrap_or(i64::MAX)
}

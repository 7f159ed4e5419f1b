//! Reading, each call within one moment of the record.

use super::driver::STATEMENT;
use super::link::{Given, Link};
use super::{schema, walk};
use crate::record::{check_leaf, signed};
use crate::{ERASABLE, Head, StoreError, StoredEntry, StoredPart, VisitBytes};
use countersign_proof::words::{CommandId, Digest};
use std::ops::ControlFlow;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

const HEAD: &str = "SELECT head.size, head.root, head.frontier, writer.epoch FROM head, writer";
const SIZE: &str = "SELECT size FROM head";
const LEAF: &str = "SELECT leaf FROM entry WHERE seq = $1";
const AT: &str = "SELECT seq FROM entry WHERE seq = $1 AND command = $2";
const ENTRIES: &str = "
SELECT seq, command, leaf, body, open FROM entry WHERE seq >= $1 AND seq < $2 ORDER BY seq";
const PARTS: &str = "
SELECT seq, label, bytes FROM sealed WHERE seq >= $1 AND seq < $2
UNION ALL SELECT seq, 2::smallint, bytes FROM erasable WHERE seq >= $1 AND seq < $2
ORDER BY 1, 2";
const FIND: &str = "SELECT seq FROM entry WHERE command = $1";

/// Where the record stands.
pub(super) fn head(link: &Link) -> Result<Head, StoreError> {
    let rows = link.ask(HEAD, &[], STATEMENT)?;
    let row = rows.first().ok_or_else(headless)?;
    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (size, root, frontier, epoch): (i64, Vec<u8>, Vec<u8>, i64) =
        read().map_err(|error| schema::unreadable(&error))?;
    let (size, epoch) = (u64::try_from(size).unwrap_or(0), u64::try_from(epoch).unwrap_or(0));
    Ok(Head { size, root: Digest(walk::fixed(&root)?), frontier, epoch })
}

/// How many entries there are.
pub(super) fn size(link: &Link) -> Result<u64, StoreError> {
    let rows = link.ask(SIZE, &[], STATEMENT)?;
    let row = rows.first().ok_or_else(headless)?;
    let size: i64 = row.try_get(0).map_err(|error| schema::unreadable(&error))?;
    Ok(u64::try_from(size).unwrap_or(0))
}

fn headless() -> StoreError {
    StoreError::damaged("the head or the lease is missing")
}

/// Shows every entry from `from` to the head, which is missing none: the number, then `columns`,
/// which begin with `seq`.
pub(super) fn each_row<const N: usize>(
    link: &Link,
    columns: &str,
    from: u64,
    mut show: impl FnMut(u64, [&[u8]; N]) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let size = size(link)?;
    span(link, columns, from, size, &mut show)
}

/// How many entries the first statement of a walk asks for, and how many a later one at most.
const FIRST: u64 = 1024;
const MOST: u64 = 1 << 16;

/// Shows the entries from `from` to before `end`, of which none may be missing. An entry never
/// changes, so that several statements see no more than one would; the first of them are short,
/// for whoever soon breaks.
pub(super) fn span<const N: usize>(
    link: &Link,
    columns: &str,
    from: u64,
    end: u64,
    show: &mut impl FnMut(u64, [&[u8]; N]) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let (mut from, mut length) = (from, FIRST);
    while from < end {
        let to = from.saturating_add(length).min(end);
        if window(link, columns, from, to, show)?.is_break() {
            break;
        }
        (from, length) = (to, length.saturating_mul(8).min(MOST));
    }
    Ok(())
}

fn window<const N: usize>(
    link: &Link,
    columns: &str,
    from: u64,
    end: u64,
    show: &mut impl FnMut(u64, [&[u8]; N]) -> Result<ControlFlow<()>, StoreError>,
) -> Result<ControlFlow<()>, StoreError> {
    let (low, high) = (signed(from), signed(end));
    let query =
        format!("SELECT {columns} FROM entry WHERE seq >= {low} AND seq < {high} ORDER BY seq");
    let missing = |seq| StoreError::corrupt(seq, "the entry is missing");
    let (mut next, mut flow) = (from, ControlFlow::Continue(()));
    walk::each(link, &query, |fields: [&[u8]; N]| {
        let seq = walk::number(fields.first().copied().unwrap_or_default())?;
        if seq != next {
            return Err(missing(next));
        }
        flow = show(seq, fields).map_err(|error| error.at(seq))?;
        next = next.saturating_add(1);
        Ok(flow)
    })
    .map_err(|error| error.at(next))?;
    if flow.is_break() || next == end { Ok(flow) } else { Err(missing(next)) }
}

/// Up to how many entries are read by statements that are prepared, over the connection that is
/// there already.
pub(super) const SHORT: usize = 1024;

/// At most `limit` entries from `from` on, which are few.
pub(super) fn read_short(
    link: &Link,
    from: u64,
    limit: usize,
) -> Result<Vec<StoredEntry>, StoreError> {
    let end = from.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX)).min(size(link)?);
    if from >= end {
        return Ok(Vec::new());
    }
    let given: Given<'_> = &[&signed(from), &signed(end)];
    let mut found: Vec<StoredEntry> = Vec::new();
    let mut rows = link.gather(ENTRIES, given)?.into_iter();
    for seq in from..end {
        let row = rows.next().ok_or_else(|| StoreError::corrupt(seq, "the entry is missing"))?;
        let entry = entry_of(&row, seq).map_err(|error| error.at(seq))?;
        check_leaf(seq, &entry.leaf, &entry.open)?;
        found.push(entry);
    }
    for row in link.gather(PARTS, given)? {
        let (seq, label): (i64, i16) = (column(&row, 0)?, column(&row, 1)?);
        let wrong = |_| StoreError::damaged("a sealed part has no label");
        let label = u8::try_from(label).map_err(wrong)?;
        let place = u64::try_from(seq).unwrap_or(0).saturating_sub(from);
        if let Some(entry) = found.get_mut(usize::try_from(place).unwrap_or(usize::MAX)) {
            entry.sealed.push(StoredPart { label, bytes: column(&row, 2)? });
        }
    }
    Ok(found)
}

fn entry_of(row: &Row, seq: u64) -> Result<StoredEntry, StoreError> {
    if column::<i64>(row, 0)? != signed(seq) {
        return Err(StoreError::damaged("the entry is missing"));
    }
    let command = CommandId(walk::fixed(column(row, 1)?)?);
    let leaf = Digest(walk::fixed(column(row, 2)?)?);
    let (body, open) = (column(row, 3)?, column(row, 4)?);
    Ok(StoredEntry { seq, command, leaf, body, open, sealed: Vec::new() })
}

fn column<'r, T: FromSql<'r>>(row: &'r Row, number: usize) -> Result<T, StoreError> {
    row.try_get(number).map_err(|error| schema::unreadable(&error))
}

/// At most `limit` entries from `from` on.
pub(super) fn read(link: &Link, from: u64, limit: usize) -> Result<Vec<StoredEntry>, StoreError> {
    let end = from.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX)).min(size(link)?);
    let mut found: Vec<StoredEntry> = Vec::new();
    span(link, "seq, command, leaf, body, open", from, end, &mut |seq, fields| {
        let [_, command, leaf, body, open] = fields;
        let (command, leaf) = (CommandId(walk::fixed(command)?), Digest(walk::fixed(leaf)?));
        check_leaf(seq, &leaf, open)?;
        let (body, open) = (body.to_vec(), open.to_vec());
        found.push(StoredEntry { seq, command, leaf, body, open, sealed: Vec::new() });
        Ok(ControlFlow::Continue(()))
    })?;
    if !found.is_empty() {
        seal(link, from, end, &mut found)?;
    }
    Ok(found)
}

/// Puts the sealed parts to their entries.
fn seal(link: &Link, from: u64, end: u64, found: &mut [StoredEntry]) -> Result<(), StoreError> {
    let (low, high) = (signed(from), signed(end));
    let query = format!(
        "SELECT seq, label::bigint, bytes FROM sealed WHERE seq >= {low} AND seq < {high}
         UNION ALL SELECT seq, {ERASABLE}::bigint, bytes FROM erasable
         WHERE seq >= {low} AND seq < {high} ORDER BY 1, 2"
    );
    walk::each(link, &query, |[seq, label, bytes]| {
        let seq = walk::number(seq)?;
        let label = u8::try_from(walk::number(label)?)
            .map_err(|_| StoreError::corrupt(seq, "a sealed part has no label"))?;
        let place = usize::try_from(seq.saturating_sub(from)).unwrap_or(usize::MAX);
        if let Some(entry) = found.get_mut(place) {
            entry.sealed.push(StoredPart { label, bytes: bytes.to_vec() });
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Shows the sealed parts with `label` from entry `from` on.
pub(super) fn each_sealed(
    link: &Link,
    label: u8,
    from: u64,
    visit: VisitBytes<'_>,
) -> Result<(), StoreError> {
    let from = signed(from);
    let query = if label == ERASABLE {
        format!("SELECT seq, bytes FROM erasable WHERE seq >= {from} ORDER BY seq")
    } else {
        format!(
            "SELECT seq, bytes FROM sealed WHERE seq >= {from} AND label = {label} ORDER BY seq"
        )
    };
    walk::each(link, &query, |[seq, bytes]| Ok(visit(walk::number(seq)?, bytes)))
}

/// The entry that records `command`.
pub(super) fn find(link: &Link, command: CommandId) -> Result<Option<u64>, StoreError> {
    let rows = link.ask(FIND, &[&&command.0[..]], STATEMENT)?;
    let Some(row) = rows.first() else { return Ok(None) };
    let seq: i64 = row.try_get(0).map_err(|error| schema::unreadable(&error))?;
    Ok(u64::try_from(seq).ok())
}

/// Whether the entry at `seq` records `command`.
pub(super) fn is_at(link: &Link, seq: u64, command: CommandId) -> Result<bool, StoreError> {
    Ok(!link.ask(AT, &[&signed(seq), &&command.0[..]], STATEMENT)?.is_empty())
}

/// The leaf of the last of the first `position` entries; of none, the root of an empty log.
pub(super) fn last_leaf(link: &Link, position: u64) -> Result<Digest, StoreError> {
    let actual = size(link)?;
    if position > actual {
        return Err(StoreError::Moved { expected: position, actual });
    }
    let Some(last) = position.checked_sub(1) else { return Ok(Digest::of(b"")) };
    let rows = link.ask(LEAF, &[&signed(last)], STATEMENT)?;
    let row = rows.first().ok_or_else(|| StoreError::corrupt(last, "the entry is missing"))?;
    let leaf: Vec<u8> = row.try_get(0).map_err(|error| schema::unreadable(&error))?;
    walk::fixed(&leaf).map(Digest).map_err(|error| error.at(last))
}

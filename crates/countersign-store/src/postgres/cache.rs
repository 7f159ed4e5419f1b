//! Snapshots in tables beside the record, in pieces; lost with the server's last moments at most.

use super::driver::{self, STATEMENT};
use super::link::Link;
use super::{reading, schema};
use crate::snapshot::{Header, KEPT};
use crate::{LatestSnapshot, SkippedSnapshot, Snapshot, StoreError};
use tokio_postgres::Row;

/// How much of a state one row holds, in bytes.
const PIECE: usize = 8 * 1024 * 1024;

const LOWER: &str = "DELETE FROM snapshot WHERE schema < $1";
const SAME: &str = "DELETE FROM snapshot WHERE schema = $1 AND position = $2";
const HEADER: &str = "INSERT INTO snapshot (schema, position, header) VALUES ($1, $2, $3)";
const BYTES: &str =
    "INSERT INTO snapshot_piece (schema, position, number, bytes) VALUES ($1, $2, $3, $4)";
const OLDER: &str = "
DELETE FROM snapshot WHERE schema = $1 AND position NOT IN
  (SELECT position FROM snapshot WHERE schema = $1 ORDER BY position DESC LIMIT $2)";
const FOUND: &str =
    "SELECT position, header FROM snapshot WHERE schema = $1 ORDER BY position DESC";
const PIECE_OF: &str =
    "SELECT bytes FROM snapshot_piece WHERE schema = $1 AND position = $2 AND number = $3";

/// Saves over a connection whose commits need not be durable.
pub(super) fn save(
    link: &Link,
    position: u64,
    schema: u32,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let leaf = reading::last_leaf(link, position)?;
    let header = Header::of(schema, position, leaf, bytes).encode();
    // One at a time; whoever reads is not kept waiting.
    link.run("BEGIN; LOCK TABLE snapshot IN EXCLUSIVE MODE", STATEMENT)?;
    let saved = write(link, position, schema, &header, bytes);
    let end = if saved.is_ok() { "COMMIT" } else { "ROLLBACK" };
    if link.is_usable() {
        link.run(end, STATEMENT)?;
    }
    saved.map_err(|error| {
        if let StoreError::Postgres { message, .. } = error {
            StoreError::Unavailable { cause: message }
        } else {
            error
        }
    })
}

fn write(
    link: &Link,
    position: u64,
    schema: u32,
    header: &[u8],
    bytes: &[u8],
) -> Result<(), StoreError> {
    let (of, at) = (i64::from(schema), i64::try_from(position).unwrap_or(i64::MAX));
    link.ask(LOWER, &[&of], STATEMENT)?;
    link.ask(SAME, &[&of, &at], STATEMENT)?;
    link.ask(HEADER, &[&of, &at, &header], STATEMENT)?;
    for (number, piece) in (0_i32..).zip(bytes.chunks(PIECE)) {
        link.ask(BYTES, &[&of, &at, &number, &piece], driver::statement_of(piece.len()))?;
    }
    let kept = i64::try_from(KEPT).unwrap_or(i64::MAX);
    link.ask(OLDER, &[&of, &kept], STATEMENT).map(|_| ())
}

/// The latest that can be relied on.
pub(super) fn latest(link: &Link, schema: u32) -> Result<LatestSnapshot, StoreError> {
    let mut answer = LatestSnapshot::default();
    for row in link.ask(FOUND, &[&i64::from(schema)], STATEMENT)? {
        let (position, header) = read(&row)?;
        match load(link, schema, position, &header)? {
            Ok(bytes) => {
                answer.usable = Some(Snapshot { position, bytes });
                break;
            }
            Err(why) => answer.skipped.push(SkippedSnapshot { position, why }),
        }
    }
    Ok(answer)
}

fn read(row: &Row) -> Result<(u64, Vec<u8>), StoreError> {
    let told = |error| schema::unreadable(&error);
    let position: i64 = row.try_get(0).map_err(told)?;
    Ok((u64::try_from(position).unwrap_or(0), row.try_get(1).map_err(told)?))
}

/// The state, or why it is passed over.
fn load(
    link: &Link,
    schema: u32,
    position: u64,
    header: &[u8],
) -> Result<Result<Vec<u8>, String>, StoreError> {
    let here = match reading::last_leaf(link, position) {
        Ok(leaf) => Some(leaf),
        Err(StoreError::Moved { .. }) => None,
        Err(error) => return Err(error),
    };
    let header = Header::decode(header).and_then(|header| {
        if (header.schema, header.position) != (schema, position) {
            return Err("its place is not what it holds".to_owned());
        }
        header.check_leaf(here).map(|()| header)
    });
    let header = match header {
        Ok(header) => header,
        Err(why) => return Ok(Err(why)),
    };
    let (of, at) = (i64::from(schema), i64::try_from(position).unwrap_or(i64::MAX));
    let mut bytes: Vec<u8> = Vec::new();
    for number in 0_i32.. {
        let rows = link.ask(PIECE_OF, &[&of, &at, &number], driver::statement_of(PIECE))?;
        let Some(row) = rows.first() else { break };
        let piece: &[u8] = row.try_get(0).map_err(|error| schema::unreadable(&error))?;
        bytes.extend_from_slice(piece);
    }
    Ok(header.check_state(&bytes).map(|()| bytes))
}

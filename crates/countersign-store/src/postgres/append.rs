//! The one transaction that makes the record longer.

use super::driver::{self, STATEMENT};
use super::lease::{Held, Tenure};
use super::link::Link;
use super::schema;
use crate::record::signed;
use crate::{ERASABLE, NewHead, StoreError, StoredEntry};
use countersign_proof::words::CommandId;

/// The most that one statement carries, in bytes; the server takes less than 1 GiB.
const CARRIED_MAX: usize = 64 * 1024 * 1024;

/// Compares epoch, tenure and size, and only then writes everything: one round trip. What is held
/// fast of the writer's row is its key, so that no other writer takes over before the commit is
/// done, while a renewal goes on.
const APPEND: &str = "
WITH mine AS MATERIALIZED (
  SELECT one FROM writer WHERE epoch = $1 AND tenure = $2 FOR KEY SHARE
), moved AS (
  UPDATE head SET size = $4, root = $5, frontier = $6 FROM mine, head AS was
  WHERE head.size = $3 AND was.one = head.one RETURNING was.root AS previous
), entries AS (
  INSERT INTO entry (seq, command, leaf, body, open)
  SELECT $3::bigint + given.number - 1, given.command, given.leaf, given.body, given.open
  FROM moved, unnest($7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])
    WITH ORDINALITY AS given (command, leaf, body, open, number)
), parts AS (
  INSERT INTO sealed (seq, label, bytes) SELECT given.* FROM moved,
    unnest($11::bigint[], $12::smallint[], $13::bytea[]) AS given (seq, label, bytes)
), names AS (
  INSERT INTO erasable (seq, bytes) SELECT given.* FROM moved,
    unnest($14::bigint[], $15::bytea[]) AS given (seq, bytes)
), noted AS (
  INSERT INTO batch (first, after, epoch, tenure, previous, root)
  SELECT $3, $4, $1, $2, moved.previous, $5 FROM moved
)
SELECT pg_notify($16, $4::text) FROM moved";

const ENTRY: &str =
    "INSERT INTO entry (seq, command, leaf, body, open) VALUES ($1, $2, $3, $4, $5)";
const SEALED: &str = "INSERT INTO sealed (seq, label, bytes) VALUES ($1, $2, $3)";
const NAME: &str = "INSERT INTO erasable (seq, bytes) VALUES ($1, $2)";

const STANDING: &str = "
SELECT writer.epoch, writer.epoch = $1 AND writer.tenure = $2, head.size FROM writer, head";

const RECORDED: &str = "
SELECT given.command, entry.seq FROM unnest($1::bytea[]) WITH ORDINALITY AS given (command, number)
JOIN entry ON entry.command = given.command ORDER BY given.number LIMIT 1";

/// What an append is: where, by whom, and what it leaves.
struct Move<'a> {
    epoch: i64,
    tenure: Tenure,
    expected: u64,
    size: u64,
    head: &'a NewHead,
    channel: &'a str,
}

/// Appends a checked `batch` within a transaction of its own, so that the record has `size` after
/// the `expected` entries before.
pub(super) fn append(
    link: &Link,
    channel: &str,
    held: &Held,
    (expected, size): (u64, u64),
    batch: &[StoredEntry],
    head: &NewHead,
) -> Result<(), StoreError> {
    let (epoch, tenure) = (held.epoch, held.tenure()?);
    let to = Move { epoch, tenure, expected, size, head, channel };
    let carried = batch.iter().map(carried).fold(head.frontier.len(), usize::saturating_add);
    let _ = link.take_doubt();
    let appended = if carried <= CARRIED_MAX {
        to.make(link, batch, carried)
    } else {
        in_parts(link, &to, batch)
    };
    let duplicate = matches!(&appended, Err(StoreError::Postgres { code, .. }) if code == "23505");
    match appended {
        Ok(true) if link.take_doubt() => {
            link.spoil();
            let cause = "the server stopped waiting for its standby".to_owned();
            Err(StoreError::Unavailable { cause })
        }
        Ok(true) => Ok(()),
        Ok(false) => Err(why_not(link, held, &to, batch)?),
        Err(_) if duplicate => Err(why_not(link, held, &to, batch)?),
        Err(error) => Err(error),
    }
}

/// How many bytes an entry brings.
fn carried(entry: &StoredEntry) -> usize {
    let parts = entry.sealed.iter().map(|part| part.bytes.len());
    parts.fold(entry.body.len().saturating_add(entry.open.len()), usize::saturating_add)
}

impl Move<'_> {
    /// Moves the head and inserts `batch`; `false` when the record does not stand as expected.
    fn make(&self, link: &Link, batch: &[StoredEntry], carried: usize) -> Result<bool, StoreError> {
        let bytes = |of: fn(&StoredEntry) -> &[u8]| batch.iter().map(of).collect::<Vec<_>>();
        let (commands, leaves) = (bytes(|entry| &entry.command.0), bytes(|entry| &entry.leaf.0));
        let (bodies, opens) = (bytes(|entry| &entry.body), bytes(|entry| &entry.open));
        let parts =
            batch.iter().flat_map(|entry| entry.sealed.iter().map(|part| (entry.seq, part)));
        let (mut seqs, mut labels, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut named, mut names) = (Vec::new(), Vec::new());
        for (seq, part) in parts {
            if part.label == ERASABLE {
                named.push(signed(seq));
                names.push(&part.bytes[..]);
            } else {
                seqs.push(signed(seq));
                labels.push(i16::from(part.label));
                sealed.push(&part.bytes[..]);
            }
        }
        let rows = link.ask(
            APPEND,
            &[
                &self.epoch,
                &&self.tenure[..],
                &signed(self.expected),
                &signed(self.size),
                &&self.head.root.0[..],
                &self.head.frontier,
                &commands,
                &leaves,
                &bodies,
                &opens,
                &seqs,
                &labels,
                &sealed,
                &named,
                &names,
                &self.channel,
            ],
            driver::statement_of(carried),
        )?;
        Ok(!rows.is_empty())
    }
}

/// What is too much for one statement goes in several, still in one transaction.
fn in_parts(link: &Link, to: &Move<'_>, batch: &[StoredEntry]) -> Result<bool, StoreError> {
    link.run("BEGIN", STATEMENT)?;
    let moved = to.make(link, &[], 0).and_then(|moved| {
        if moved {
            batch.iter().try_for_each(|entry| insert(link, entry))?;
        }
        Ok(moved)
    });
    match moved {
        Ok(true) => link.run("COMMIT", STATEMENT).map(|()| true),
        other => {
            if link.is_usable() {
                link.run("ROLLBACK", STATEMENT)?;
            }
            other
        }
    }
}

fn insert(link: &Link, entry: &StoredEntry) -> Result<(), StoreError> {
    let seq = signed(entry.seq);
    let patience = |bytes: &[u8]| driver::statement_of(bytes.len());
    let (command, leaf) = (&entry.command.0[..], &entry.leaf.0[..]);
    link.ask(ENTRY, &[&seq, &command, &leaf, &entry.body, &entry.open], patience(&entry.body))?;
    for part in &entry.sealed {
        let patience = patience(&part.bytes);
        if part.label == ERASABLE {
            link.ask(NAME, &[&seq, &part.bytes], patience)?;
        } else {
            link.ask(SEALED, &[&seq, &i16::from(part.label), &part.bytes], patience)?;
        }
    }
    Ok(())
}

/// Why nothing was appended, in the order in which the contract tells it.
fn why_not(
    link: &Link,
    held: &Held,
    to: &Move<'_>,
    batch: &[StoredEntry],
) -> Result<StoreError, StoreError> {
    let rows = link.ask(STANDING, &[&to.epoch, &&to.tenure[..]], STATEMENT)?;
    let (epoch, mine, size): (i64, bool, i64) =
        schema::one(&rows, |row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))?;
    if !mine {
        return Ok(held.fenced_by(epoch));
    }
    if size != signed(to.expected) {
        let actual = u64::try_from(size).unwrap_or(0);
        return Ok(StoreError::Moved { expected: to.expected, actual });
    }
    let commands: Vec<&[u8]> = batch.iter().map(|entry| &entry.command.0[..]).collect();
    let rows = link.ask(RECORDED, &[&commands], STATEMENT)?;
    if rows.is_empty() {
        let cause = "the record changed while it was appended to".to_owned();
        return Ok(StoreError::Unavailable { cause });
    }
    let (command, seq): (Vec<u8>, i64) =
        schema::one(&rows, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?;
    let command = command.as_slice().try_into().map(CommandId);
    let command = command.map_err(|_| StoreError::damaged("a command id has another length"))?;
    Ok(StoreError::DuplicateCommand { command, seq: u64::try_from(seq).unwrap_or(0) })
}

//! Whether everything is still there and still what was written.

use super::address::Address;
use super::driver::STATEMENT;
use super::link::Link;
use super::{reading, schema, walk};
use crate::record::check_leaf;
use crate::{Checked, Head, StoreError};
use countersign_proof::words::Digest;
use std::collections::HashSet;
use std::ops::ControlFlow;

const ENDS: &str = "SELECT min(seq), max(seq) FROM entry";
const LAST_BATCH: &str = "SELECT after, root FROM batch ORDER BY first DESC LIMIT 1";

/// What takes no longer on a long record than on a short one: the guards, the ends, the last entry
/// and the last batch.
pub(super) fn quick(link: &Link, address: &Address) -> Result<Head, StoreError> {
    link.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", STATEMENT)?;
    let checked = ends(link, address);
    if link.is_usable() {
        link.run("ROLLBACK", STATEMENT)?;
    }
    checked
}

fn ends(link: &Link, address: &Address) -> Result<Head, StoreError> {
    schema::check_guards(link, address)?;
    let head = reading::head(link)?;
    let rows = link.ask(ENDS, &[], STATEMENT)?;
    let (first, last): (Option<i64>, Option<i64>) =
        schema::one(&rows, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?;
    if first.is_some_and(|first| first != 0) {
        return Err(StoreError::corrupt(0, "the entry is missing"));
    }
    let last = last.and_then(|last| u64::try_from(last).ok());
    let held = last.map_or(0, |last| last.saturating_add(1));
    if held != head.size {
        let what = format!("the head counts {} entries but the last one ends at {held}", head.size);
        return Err(StoreError::corrupt(held.min(head.size), what));
    }
    if let Some(last) = last {
        reading::read(link, last, 1)?;
    }
    let rows = link.ask(LAST_BATCH, &[], STATEMENT)?;
    let noted = match rows.first() {
        None => (0, Digest::of(b"")),
        Some(_) => {
            let read = schema::one(&rows, |row| Ok((row.try_get(0)?, row.try_get(1)?)));
            let (after, root): (i64, Vec<u8>) = read?;
            (u64::try_from(after).unwrap_or(0), Digest(walk::fixed(&root)?))
        }
    };
    if noted != (head.size, head.root) {
        return Err(StoreError::damaged("the head is not what the last batch left"));
    }
    Ok(head)
}

/// Goes through everything, in one moment of the record. The entries come first, since they can
/// name the place of a damage.
pub(super) fn full(link: &Link, address: &Address) -> Result<Checked, StoreError> {
    link.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", STATEMENT)?;
    let checked = ends(link, address).and_then(|head| {
        let entries = check_entries(link)?;
        let parts = check_parts(link, entries)?;
        check_batches(link, &head)?;
        Ok(Checked { entries, parts })
    });
    if link.is_usable() {
        link.run("ROLLBACK", STATEMENT)?;
    }
    checked
}

/// Every number in its place, every leaf that of its open part, every command once, and every body
/// readable.
fn check_entries(link: &Link) -> Result<u64, StoreError> {
    let mut commands: HashSet<[u8; 16]> = HashSet::new();
    let mut entries = 0u64;
    reading::each_row(link, "seq, command, leaf, open, body", 0, |seq, fields| {
        let [_, command, leaf, open, _] = fields;
        check_leaf(seq, &Digest(walk::fixed(leaf)?), open)?;
        if !commands.insert(walk::fixed(command)?) {
            return Err(StoreError::corrupt(seq, "its command is recorded before"));
        }
        entries = entries.saturating_add(1);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}

/// Every sealed part with its entry, of which there are `entries`, and readable.
fn check_parts(link: &Link, entries: u64) -> Result<u64, StoreError> {
    let mut parts = 0u64;
    for query in ["SELECT seq, bytes FROM sealed", "SELECT seq, bytes FROM erasable"] {
        walk::each(link, query, |[seq, _]| {
            let seq = walk::number(seq)?;
            if seq >= entries {
                return Err(StoreError::corrupt(seq, "a sealed part has no entry"));
            }
            parts = parts.saturating_add(1);
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(parts)
}

/// Each batch begins where, and with what, the one before ended; no earlier writer comes back; and
/// the last one left the head.
fn check_batches(link: &Link, head: &Head) -> Result<(), StoreError> {
    let (mut size, mut root, mut epoch) = (0, Digest::of(b""), 0);
    let query = "SELECT first, after, epoch, previous, root FROM batch ORDER BY first";
    walk::each(link, query, |[first, after, by, previous, left]| {
        let broken = |what| Err(StoreError::corrupt(size, what));
        if walk::number(first)? != size {
            return broken("the batch that begins here is missing");
        }
        if walk::fixed(previous)? != root.0 {
            return broken("the batch that begins here does not continue the one before");
        }
        let by = walk::number(by)?;
        if by < epoch || by > head.epoch {
            return broken("the batch that begins here is not of the writer it claims");
        }
        (size, root, epoch) = (walk::number(after)?, Digest(walk::fixed(left)?), by);
        Ok(ControlFlow::Continue(()))
    })?;
    if (size, root) == (head.size, head.root) {
        return Ok(());
    }
    Err(StoreError::corrupt(size.min(head.size), "the head is not what the last batch left"))
}

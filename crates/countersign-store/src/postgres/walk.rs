//! Long answers, taken in as they come: never all in memory, and decoded where they lie.
//!
//! A walk has a connection of its own, since the one who is shown a row may ask the store something
//! else meanwhile. Being one statement, it sees one moment of the record.

use super::driver::STATEMENT;
use super::link::Link;
use crate::StoreError;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use std::ops::ControlFlow;
use std::pin::Pin;
use tokio_postgres::{CopyOutStream, Error};

/// How many rows are taken in at most before they are shown.
const TAKEN: usize = 1024;

/// What `COPY … (FORMAT binary)` begins with: a mark, flags, the length of an extension.
const MARK: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with: a row of -1 fields.
const END: &[u8] = &[0xff, 0xff];

/// How many rows are still taken in after a break, so that the connection can be kept.
const DRAINED: usize = 4096;

/// Rows that were taken in together, and whether the answer ends with them.
struct Taken {
    rows: Vec<Bytes>,
    over: bool,
}

/// Shows `show` the fields of every row of `query`, until it breaks.
///
/// # Errors
/// What the server says, and what `show` says, which ends the walk as a break does.
pub(super) fn each<const N: usize>(
    link: &Link,
    query: &str,
    mut show: impl FnMut([&[u8]; N]) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let copy = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
    let mut stream = Box::pin(link.within(STATEMENT, link.client().copy_out(&copy))?);
    let mut begun = false;
    loop {
        let Taken { rows, over } = link.within(STATEMENT, take(stream.as_mut()))?;
        for row in &rows {
            let row = if begun { row } else { row.strip_prefix(MARK).unwrap_or(END) };
            begun = true;
            if row.is_empty() || row == END {
                continue;
            }
            let read = fields(row).ok_or_else(|| StoreError::damaged("a row cannot be read"));
            let shown = read.and_then(&mut show);
            if shown != Ok(ControlFlow::Continue(())) {
                drain(link, stream, over)?;
                return shown.map(|_| ());
            }
        }
        if over {
            return Ok(());
        }
    }
}

/// Takes in the rest, or, where it is long, lets go of the connection: the server would send it
/// all.
fn drain(
    link: &Link,
    mut stream: Pin<Box<CopyOutStream>>,
    mut over: bool,
) -> Result<(), StoreError> {
    let mut drained = 0_usize;
    while !over && drained <= DRAINED {
        let more = link.within(STATEMENT, take(stream.as_mut()))?;
        (drained, over) = (drained.saturating_add(more.rows.len()), more.over);
    }
    if !over {
        link.spoil();
    }
    Ok(())
}

/// Waits for a row, and takes in what else has come already.
async fn take(mut stream: Pin<&mut CopyOutStream>) -> Result<Taken, Error> {
    let mut rows = Vec::new();
    let mut next = stream.next().await;
    while let Some(row) = next {
        rows.push(row?);
        if rows.len() == TAKEN {
            return Ok(Taken { rows, over: false });
        }
        match stream.next().now_or_never() {
            Some(ready) => next = ready,
            None => return Ok(Taken { rows, over: false }),
        }
    }
    Ok(Taken { rows, over: true })
}

/// The fields of a row: their number in two bytes, and each after its length in four.
fn fields<const N: usize>(row: &[u8]) -> Option<[&[u8]; N]> {
    let (number, mut rest) = row.split_first_chunk()?;
    let mut found = [&[][..]; N];
    if usize::from(u16::from_be_bytes(*number)) != N {
        return None;
    }
    for field in &mut found {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        (*field, rest) = after.split_at_checked(length)?;
    }
    rest.is_empty().then_some(found)
}

/// A `bigint` that is not negative.
pub(super) fn number(field: &[u8]) -> Result<u64, StoreError> {
    let wrong = || StoreError::damaged("a number has another form");
    let number = field.try_into().map(i64::from_be_bytes).map_err(|_| wrong())?;
    u64::try_from(number).map_err(|_| wrong())
}

/// An id or digest of `N` bytes.
pub(super) fn fixed<const N: usize>(field: &[u8]) -> Result<[u8; N], StoreError> {
    field.try_into().map_err(|_| StoreError::damaged("an id or digest has the wrong length"))
}

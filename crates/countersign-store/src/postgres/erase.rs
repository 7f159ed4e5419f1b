//! The one way in which something leaves the record: names, after a signed act.
//!
//! PostgreSQL keeps what is deleted until nobody can see it any more, and even a vacuum only
//! forgets where it was. So the table of the names is written anew, without the deleted ones, and
//! its old file is given back to the file system. What that does *not* reach: the blocks of that
//! old file, until the file system uses them again; the write-ahead log, until it is recycled;
//! archives of it; standbys that lag behind; and backups. Whoever must erase there too does so by
//! their own means.

use super::driver::{REWRITE, STATEMENT};
use super::lease::Held;
use super::link::Link;
use super::schema;
use crate::StoreError;
use crate::record::signed;
use std::time::Duration;

/// How often the table is written anew before somebody else's view is to blame: the renewal of the
/// lease has one too, for a moment.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes, and remembers that the table is yet to be written anew.
const DELETE: &str = "
WITH mine AS MATERIALIZED (
  SELECT one FROM writer WHERE epoch = $1 AND tenure = $2 FOR KEY SHARE
), gone AS (
  DELETE FROM erasable USING mine WHERE seq = ANY($3) RETURNING seq
), noted AS (
  UPDATE about SET rewritten = false WHERE EXISTS (SELECT FROM gone)
)
SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM gone),
  (SELECT epoch FROM writer), (SELECT rewritten FROM about)";

const WRITTEN: &str = "UPDATE about SET rewritten = true RETURNING one";

/// Takes the names of `entries` out of the record, and has the table of names written anew.
pub(super) fn erase(link: &Link, held: &Held, entries: &[u64]) -> Result<u64, StoreError> {
    let tenure = held.tenure()?;
    let seqs: Vec<i64> = entries.iter().copied().map(signed).collect();
    let rows = link.ask(DELETE, &[&held.epoch, &&tenure[..], &seqs], STATEMENT)?;
    let (mine, gone, epoch, rewritten): (i64, i64, i64, bool) = schema::one(&rows, |row| {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
    })?;
    if mine == 0 {
        return Err(held.fenced_by(epoch));
    }
    if gone > 0 || !rewritten {
        write_anew(link)?;
    }
    Ok(u64::try_from(gone).unwrap_or(0))
}

/// Rows that somebody may still see are copied too, and how many those were is only told in words:
/// where it is not told, they count as copied.
fn write_anew(link: &Link) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        link.run("SET lock_timeout = '5s'", STATEMENT)?;
        let _ = link.take_kept_dead();
        let rewritten = link.run("VACUUM (FULL, VERBOSE) erasable", REWRITE);
        if link.is_usable() {
            link.run("SET lock_timeout = 0", STATEMENT)?;
        }
        rewritten?;
        if link.take_kept_dead() == Some(0) {
            return link.ask(WRITTEN, &[], STATEMENT).map(|_| ());
        }
        std::thread::sleep(PAUSE);
    }
    Err(StoreError::Locked { holder: None })
}

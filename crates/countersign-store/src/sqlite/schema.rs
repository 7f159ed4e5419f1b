//! The tables of `ledger.db`, and how an older record moves to them.
//!
//! Public for programs that read a record without this crate: every table is plain SQL, and
//! `sqlite3 ledger.db 'SELECT seq, hex(command) FROM entry'` works while a writer is at it.

use crate::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// `PRAGMA application_id` of a record: the letters `CSGN`.
pub const APPLICATION_ID: u32 = 0x4353_474E;

/// The schema of this program: `PRAGMA user_version`, the number of [`STEPS`] taken.
pub const SUPPORTED: u32 = 2;

/// Each step takes a record from the schema of its index to the next. Steps are only ever added.
pub const STEPS: &[&str] = &[STEP_1, STEP_2];

/// One row for an entry, with what rebuilding reads before what it does not, so that a long open
/// part spills to pages that a rebuild never touches. No index on the command: see `filing`.
/// `sealed.place` is the entry's number times 256 plus the label, so that both orders are one.
const STEP_1: &str = "
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  frontier BLOB NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch >= 0)
) STRICT;
INSERT INTO head VALUES
  (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'', 0);
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY CHECK (seq >= 0),
  command BLOB NOT NULL CHECK (length(command) = 16),
  leaf BLOB NOT NULL CHECK (length(leaf) = 32),
  body BLOB NOT NULL,
  open BLOB NOT NULL CHECK (length(open) <= 65535)
) STRICT;
CREATE TABLE sealed (
  place INTEGER PRIMARY KEY CHECK (place >= 0),
  bytes BLOB NOT NULL,
  seq INTEGER NOT NULL AS (place >> 8) VIRTUAL REFERENCES entry (seq),
  label INTEGER NOT NULL AS (place & 255) VIRTUAL
) STRICT;
CREATE TRIGGER head_is_kept BEFORE DELETE ON head
  BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;
CREATE TRIGGER head_only_grows BEFORE UPDATE ON head
  WHEN NEW.size < OLD.size OR NEW.epoch < OLD.epoch
  BEGIN SELECT RAISE(ABORT, 'the record only grows'); END;
CREATE TRIGGER entry_is_final BEFORE UPDATE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry
  BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;
CREATE TRIGGER sealed_is_final BEFORE UPDATE ON sealed
  BEGIN SELECT RAISE(ABORT, 'a sealed part is never changed'); END;
CREATE TRIGGER sealed_is_kept BEFORE DELETE ON sealed
  BEGIN SELECT RAISE(ABORT, 'a sealed part is never deleted'); END;
";

/// Sealed parts of the one label that can be erased ([`crate::ERASABLE`]) may be deleted.
const STEP_2: &str = "
DROP TRIGGER sealed_is_kept;
CREATE TRIGGER sealed_is_kept BEFORE DELETE ON sealed WHEN (OLD.place & 255) <> 2
  BEGIN SELECT RAISE(ABORT, 'a sealed part is never deleted, but for names'); END;
";

/// The triggers that make the record append-only; a record without one of them is damaged.
pub const TRIGGERS: [&str; 6] = [
    "entry_is_final",
    "entry_is_kept",
    "head_is_kept",
    "head_only_grows",
    "sealed_is_final",
    "sealed_is_kept",
];

/// Takes the steps that `conn` has not taken yet, in one transaction, and gives the schema it was
/// found at. `steps` is [`STEPS`]; tests give longer ones.
///
/// # Errors
/// [`StoreError::NewerSchema`] when it has taken more than there are; what SQLite says otherwise.
pub fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<u32, StoreError> {
    let supported = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&tx)?;
    if found > supported {
        return Err(StoreError::NewerSchema { found, supported });
    }
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", supported)?;
    tx.commit()?;
    Ok(found)
}

pub(super) fn version(conn: &Connection) -> Result<u32, StoreError> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

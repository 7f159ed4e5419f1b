//! The tables of a record, and how an older record moves to them.
//!
//! Public for programs that read a record without this crate: every table is plain SQL, in the
//! PostgreSQL schema `countersign_NAME` of the ledger NAME, and
//! `SELECT seq, encode(command, 'hex') FROM countersign_main.entry` works while a writer is at it.

use super::address::Address;
use super::driver::STATEMENT;
use super::link::Link;
use super::refusals;
use crate::StoreError;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, Row};

/// What every ledger's PostgreSQL schema, and the channel of its news, begins with.
pub const PREFIX: &str = "countersign_";

/// The schema of this program: `about.schema`, the number of [`STEPS`] taken.
pub const SUPPORTED: u32 = 2;

/// Each step takes a record from the schema of its index to the next. Steps are only ever added.
pub const STEPS: &[&str] = &[STEP_1, STEP_2];

/// Sealed parts of the one label that can be erased have a table of their own: to write over what
/// was erased PostgreSQL must write the whole table anew, and this one is small. Bodies and sealed
/// parts are not compressed by the database, for they are compact or random already. Nothing
/// refers to an entry by a foreign key: it would be looked up, and locked, for every sealed part.
///
/// `writer` holds the lease. Its key is what an append holds fast, so that a renewal, which
/// changes only `until`, and an append never wait for each other, but a takeover waits for both.
const STEP_1: &str = "
CREATE TABLE about (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  kind text NOT NULL DEFAULT 'countersign ledger' CHECK (kind = 'countersign ledger'),
  schema integer NOT NULL CHECK (schema >= 0),
  rewritten boolean NOT NULL DEFAULT true
);
INSERT INTO about (schema) VALUES (0);
CREATE TABLE head (
  one boolean PRIMARY KEY CHECK (one),
  size bigint NOT NULL CHECK (size >= 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  frontier bytea NOT NULL
) WITH (fillfactor = 50);
ALTER TABLE head ALTER frontier SET STORAGE EXTERNAL;
INSERT INTO head VALUES
  (true, 0, '\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '');
CREATE TABLE writer (
  one boolean NOT NULL UNIQUE CHECK (one),
  epoch bigint NOT NULL CHECK (epoch >= 0),
  tenure bytea NOT NULL CHECK (octet_length(tenure) = 16),
  holder text NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (epoch, tenure)
) WITH (fillfactor = 50);
INSERT INTO writer VALUES (true, 0, '\\x00000000000000000000000000000000', '', '-infinity');
CREATE TABLE entry (
  seq bigint PRIMARY KEY CHECK (seq >= 0),
  command bytea NOT NULL UNIQUE CHECK (octet_length(command) = 16),
  leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
  body bytea NOT NULL,
  open bytea NOT NULL CHECK (octet_length(open) <= 65535)
);
ALTER TABLE entry ALTER body SET STORAGE EXTERNAL;
CREATE TABLE sealed (
  seq bigint NOT NULL CHECK (seq >= 0),
  label smallint NOT NULL CHECK (label BETWEEN 0 AND 255 AND label <> 2),
  bytes bytea NOT NULL,
  PRIMARY KEY (seq, label)
);
ALTER TABLE sealed ALTER bytes SET STORAGE EXTERNAL;
CREATE TABLE erasable (
  seq bigint PRIMARY KEY CHECK (seq >= 0),
  bytes bytea NOT NULL
);
ALTER TABLE erasable ALTER bytes SET STORAGE EXTERNAL;
CREATE TABLE batch (
  first bigint PRIMARY KEY CHECK (first >= 0),
  after bigint NOT NULL CHECK (after > first),
  epoch bigint NOT NULL,
  tenure bytea NOT NULL CHECK (octet_length(tenure) = 16),
  previous bytea NOT NULL CHECK (octet_length(previous) = 32),
  root bytea NOT NULL CHECK (octet_length(root) = 32)
);
CREATE TABLE snapshot (
  schema bigint NOT NULL,
  position bigint NOT NULL,
  header bytea NOT NULL,
  PRIMARY KEY (schema, position)
);
CREATE TABLE snapshot_piece (
  schema bigint NOT NULL,
  position bigint NOT NULL,
  number integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (schema, position, number),
  FOREIGN KEY (schema, position) REFERENCES snapshot ON DELETE CASCADE
);
ALTER TABLE snapshot_piece ALTER bytes SET STORAGE EXTERNAL;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END$$;
CREATE FUNCTION size_grows() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.size < OLD.size THEN
    RAISE EXCEPTION 'the record only grows' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END$$;
CREATE FUNCTION epoch_grows() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.epoch < OLD.epoch THEN
    RAISE EXCEPTION 'the epoch only grows' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER batch_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON batch
  EXECUTE FUNCTION refuse('a batch is never changed or deleted');
ALTER TABLE batch ENABLE ALWAYS TRIGGER batch_is_final;
CREATE TRIGGER entry_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  EXECUTE FUNCTION refuse('an entry is never changed or deleted');
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_is_final;
CREATE TRIGGER erasable_is_final BEFORE UPDATE OR TRUNCATE ON erasable
  EXECUTE FUNCTION refuse('a sealed part is never changed');
ALTER TABLE erasable ENABLE ALWAYS TRIGGER erasable_is_final;
CREATE TRIGGER head_is_kept BEFORE DELETE OR TRUNCATE ON head
  EXECUTE FUNCTION refuse('the head is never deleted');
ALTER TABLE head ENABLE ALWAYS TRIGGER head_is_kept;
CREATE TRIGGER head_only_grows BEFORE UPDATE ON head
  FOR EACH ROW EXECUTE FUNCTION size_grows();
ALTER TABLE head ENABLE ALWAYS TRIGGER head_only_grows;
CREATE TRIGGER sealed_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON sealed
  EXECUTE FUNCTION refuse('a sealed part is never changed, and never deleted, but for names');
ALTER TABLE sealed ENABLE ALWAYS TRIGGER sealed_is_final;
CREATE TRIGGER writer_is_kept BEFORE DELETE OR TRUNCATE ON writer
  EXECUTE FUNCTION refuse('the lease is never deleted');
ALTER TABLE writer ENABLE ALWAYS TRIGGER writer_is_kept;
CREATE TRIGGER writer_only_grows BEFORE UPDATE ON writer
  FOR EACH ROW EXECUTE FUNCTION epoch_grows();
ALTER TABLE writer ENABLE ALWAYS TRIGGER writer_only_grows;
";

/// What those who follow the record are told by its writer: how many entries are acknowledged, and
/// where it answers. Neither is part of the key that an append holds fast.
const STEP_2: &str = "
ALTER TABLE writer
  ADD confirmed bigint NOT NULL DEFAULT 0 CHECK (confirmed >= 0),
  ADD place text NOT NULL DEFAULT '';
UPDATE writer SET confirmed = (SELECT size FROM head);
";

/// The triggers that make the record append-only, by table and name; a record without one of them,
/// or with one that was switched off or does something else, is damaged.
pub const TRIGGERS: [(&str, &str); 8] = [
    ("batch", "batch_is_final"),
    ("entry", "entry_is_final"),
    ("erasable", "erasable_is_final"),
    ("head", "head_is_kept"),
    ("head", "head_only_grows"),
    ("sealed", "sealed_is_final"),
    ("writer", "writer_is_kept"),
    ("writer", "writer_only_grows"),
];

/// What guards the record, one line for each trigger, and then one for the indexes that keep
/// numbers and commands apart.
const GUARDS: &str = "
SELECT concat_ws(' ', c.relname, t.tgname, t.tgtype, t.tgenabled, p.prosrc)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = to_regnamespace($1) AND NOT t.tgisinternal AND t.tgqual IS NULL
  AND p.pronamespace = c.relnamespace
ORDER BY t.tgname";

const INDEXES: &str = "
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = to_regnamespace($1) AND c.relname = 'entry'
  AND i.indisunique AND i.indisvalid AND i.indisready AND i.indpred IS NULL
  AND i.indnkeyatts = 1";

/// Refuses a record without its guards.
pub(super) fn check_guards(link: &Link, address: &Address) -> Result<(), StoreError> {
    let name = address.schema();
    let rows = link.ask(GUARDS, &[&name], STATEMENT)?;
    let found: Vec<String> = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, Error>>()
        .map_err(|error| unreadable(&error))?;
    if found != guards() {
        return Err(StoreError::damaged(
            "the triggers that make the record append-only are not those of its schema",
        ));
    }
    let rows = link.ask(INDEXES, &[&name], STATEMENT)?;
    let unique: i64 = one(&rows, |row| row.try_get(0))?;
    if unique < 2 {
        return Err(StoreError::damaged("an index that keeps commands apart is missing"));
    }
    Ok(())
}

/// What [`GUARDS`] must find, from the steps themselves.
fn guards() -> Vec<String> {
    let body = |name: &str| {
        let text = STEP_1.split_once(&format!("FUNCTION {name}()")).map_or("", |(_, rest)| rest);
        text.split("$$").nth(1).unwrap_or_default().to_owned()
    };
    let guard = |&(table, name): &(&str, &str)| {
        // The bits of `pg_trigger.tgtype`: 1 for each row, 2 before, 8 delete, 16 update, 32
        // truncate.
        let (kind, function) = match name {
            "head_only_grows" => (1 + 2 + 16, "size_grows"),
            "writer_only_grows" => (1 + 2 + 16, "epoch_grows"),
            "erasable_is_final" => (2 + 16 + 32, "refuse"),
            "head_is_kept" | "writer_is_kept" => (2 + 8 + 32, "refuse"),
            _ => (2 + 8 + 16 + 32, "refuse"),
        };
        format!("{table} {name} {kind} A {}", body(function))
    };
    TRIGGERS.iter().map(guard).collect()
}

/// Makes an empty record; nothing is left of it when it fails.
pub(super) fn create(link: &Link, address: &Address) -> Result<(), StoreError> {
    let name = address.schema();
    let steps: String = STEPS.concat();
    let made = link.within(
        STATEMENT,
        link.client().batch_execute(&format!(
            "BEGIN; CREATE SCHEMA {name}; SET LOCAL search_path = {name}; {steps}
             UPDATE about SET schema = {SUPPORTED}; COMMIT"
        )),
    );
    if let Err(StoreError::Postgres { code, .. }) = &made
        && *code == *SqlState::DUPLICATE_SCHEMA.code()
    {
        let _ = link.run("ROLLBACK", STATEMENT);
        return Err(StoreError::LedgerExists { ledger: address.ledger.clone() });
    }
    if made.is_err() && link.is_usable() {
        let _ = link.run("ROLLBACK", STATEMENT);
    }
    made
}

/// Which schema the record has.
///
/// # Errors
/// [`StoreError::NoSuchLedger`], [`StoreError::NewerSchema`].
pub(super) fn version(link: &Link, address: &Address) -> Result<u32, StoreError> {
    let rows = match link.ask("SELECT schema FROM about", &[], STATEMENT) {
        Err(StoreError::Postgres { code, .. }) if code == *SqlState::UNDEFINED_TABLE.code() => {
            return Err(StoreError::NoSuchLedger { ledger: address.ledger.clone() });
        }
        other => other?,
    };
    let found: i32 = one(&rows, |row| row.try_get(0))?;
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if found > SUPPORTED {
        return Err(StoreError::NewerSchema { found, supported: SUPPORTED });
    }
    Ok(found)
}

/// Takes the steps that the record has not taken yet, in one transaction.
pub(super) fn migrate(link: &Link, address: &Address) -> Result<(), StoreError> {
    let found = version(link, address)?;
    if found == SUPPORTED {
        return Ok(());
    }
    let taken = usize::try_from(found).unwrap_or(usize::MAX);
    let steps: String = STEPS.iter().skip(taken).copied().collect();
    let name = address.schema();
    // Whoever was a moment faster has taken the steps: then the division fails, and all with it.
    let moved = link.run(
        &format!(
            "BEGIN; SET LOCAL search_path = {name}; LOCK TABLE about IN EXCLUSIVE MODE;
             SELECT 1 / (schema = {found})::integer FROM about; {steps}
             UPDATE about SET schema = {SUPPORTED}; COMMIT"
        ),
        STATEMENT,
    );
    if moved.is_err() && link.is_usable() {
        let _ = link.run("ROLLBACK", STATEMENT);
    }
    moved
}

/// Reads the one row that there must be.
pub(super) fn one<T>(
    rows: &[Row],
    read: impl FnOnce(&Row) -> Result<T, Error>,
) -> Result<T, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::damaged("a row is missing"))?;
    read(row).map_err(|error| unreadable(&error))
}

/// A value that is not of the type that it was written with.
pub(super) fn unreadable(error: &Error) -> StoreError {
    let told = refusals::told(error);
    if let StoreError::Unavailable { cause } = told { StoreError::damaged(cause) } else { told }
}

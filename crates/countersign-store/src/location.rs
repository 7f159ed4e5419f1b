//! Which store a text names, chosen at run time.

use crate::{PostgresStore, SqliteStore, Store, StoreError, postgres};
use std::path::PathBuf;

/// What a record is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make a new record and write to it.
    Create,
    /// Write to an existing record; every earlier writer is fenced off.
    Write,
    /// Read an existing record, whether or not it has a writer.
    Read,
}

/// Opens the record at `location`: a folder, as a plain path or as `sqlite:FOLDER`, or a PostgreSQL
/// database (see [`crate::postgres`]).
///
/// The location may hold a password by mistake; no error repeats it.
///
/// # Errors
/// [`StoreError::UnsupportedLocation`] for another kind of store; otherwise what
/// [`SqliteStore::create`], [`SqliteStore::open_writer`], [`SqliteStore::open_reader`] and
/// [`PostgresStore::open`] say.
pub fn open(location: &str, mode: Mode) -> Result<Box<dyn Store>, StoreError> {
    open_at(location, mode, "")
}

/// As [`open`]; a writer to a record that several machines reach says that it answers at `place`.
///
/// # Errors
/// As for [`open`].
pub fn open_at(location: &str, mode: Mode, place: &str) -> Result<Box<dyn Store>, StoreError> {
    if postgres::is_one(location) {
        return Ok(Box::new(PostgresStore::open_at(location, mode, place)?));
    }
    let folder = folder_of(location)?;
    let store = match mode {
        Mode::Create => SqliteStore::create(folder),
        Mode::Write => SqliteStore::open_writer(folder),
        Mode::Read => SqliteStore::open_reader(folder),
    }?;
    Ok(Box::new(store))
}

/// The folder of what belongs to a record and is not in it: the log's key, what witnesses said.
///
/// For a folder, that folder. For a database, what its location says by `folder=DIR`, or else a
/// folder of its own in the user's state (XDG Base Directory, `$XDG_STATE_HOME/countersign`): each
/// machine that writes to a database has its own.
///
/// # Errors
/// [`StoreError::UnsupportedLocation`] for a location that cannot be opened, or where neither it
/// nor the environment names a folder.
pub fn folder_beside(location: &str) -> Result<PathBuf, StoreError> {
    if postgres::is_one(location) {
        return postgres::folder_beside(location);
    }
    Ok(PathBuf::from(folder_of(location)?))
}

/// Whether the record is kept where several machines reach it, apart from the files beside it.
#[must_use]
pub fn is_apart(location: &str) -> bool {
    postgres::is_one(location)
}

fn folder_of(location: &str) -> Result<&str, StoreError> {
    let refuse = |what: &str| Err(StoreError::UnsupportedLocation { what: what.to_owned() });
    let is_sqlite =
        location.get(.."sqlite:".len()).is_some_and(|start| start.eq_ignore_ascii_case("sqlite:"));
    let folder = if is_sqlite {
        let rest = location.get("sqlite:".len()..).unwrap_or_default();
        // An absolute path may stand behind an empty host, as in other programs' URLs.
        rest.strip_prefix("//").filter(|path| path.starts_with('/')).unwrap_or(rest)
    } else {
        location
    };
    if folder.contains("://") || (is_sqlite && folder.starts_with("//")) {
        return refuse("this kind of location is not supported");
    }
    if folder.is_empty() {
        return refuse("the location is empty");
    }
    Ok(folder)
}

//! A connection that is set up as durability demands, or refused.

use super::{DATABASE, schema};
use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Earlier ones can lose a commit when the write-ahead log is reset (3.7.0 to 3.51.2).
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long to wait for another connection's transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// What every connection is set to, and what must then be read back.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "ON", "1"),
    ("temp_store", "MEMORY", "2"),
    ("cell_size_check", "ON", "1"),
    ("trusted_schema", "OFF", "0"),
    // What is erased is written over, not only forgotten.
    ("secure_delete", "ON", "1"),
    // So that INSERT OR REPLACE meets the triggers that forbid deleting.
    ("recursive_triggers", "ON", "1"),
    // Where a plain sync does not reach the platter (macOS); without effect elsewhere.
    ("fullfsync", "ON", "1"),
    ("checkpoint_fullfsync", "ON", "1"),
    ("journal_size_limit", "67108864", "67108864"),
    ("cache_size", "-16384", "-16384"),
];

/// The database in `folder`; refuses a folder without one.
pub(super) fn find_database(folder: &Path) -> Result<PathBuf, StoreError> {
    let path = folder.join(DATABASE);
    let absent = [std::io::ErrorKind::NotFound, std::io::ErrorKind::NotADirectory];
    match fs::metadata(&path) {
        Ok(found) if found.is_file() && found.len() > 0 => Ok(path),
        Err(error) if !absent.contains(&error.kind()) => {
            Err(StoreError::unavailable("opening ledger.db", &error))
        }
        Ok(_) | Err(_) => Err(StoreError::NotALedger { path: folder.to_owned() }),
    }
}

/// Makes `folder` for its owner alone, unless it is there.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .and_then(|()| sync_folder(folder.parent().unwrap_or(folder)))
        .map_err(|error| StoreError::unavailable("making the folder", &error))
}

/// Refuses a folder that has a record, or what should be one.
pub(super) fn refuse_existing(folder: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(folder.join(DATABASE)).is_ok() {
        return Err(StoreError::AlreadyExists { path: folder.to_owned() });
    }
    Ok(())
}

/// Makes an empty record in `folder` under another name, then gives it its own.
pub(super) fn make_database(folder: &Path) -> Result<(), StoreError> {
    let (made, path) = (folder.join("ledger.db.new"), folder.join(DATABASE));
    refuse_existing(folder)?;
    let told = |error: std::io::Error| StoreError::unavailable("making ledger.db", &error);
    for rest in ["ledger.db.new", "ledger.db.new-wal", "ledger.db.new-shm"] {
        match fs::remove_file(folder.join(rest)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(told(error)),
            _ => {}
        }
    }
    private(fs::OpenOptions::new().write(true).create_new(true)).open(&made).map_err(told)?;
    let mut conn = opened(&made, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    set_up(&conn, Some("wal"))?;
    schema::migrate(&mut conn, schema::STEPS)?;
    conn.close().map_err(|(_, error)| error)?;
    fs::File::open(&made).and_then(|file| file.sync_all()).map_err(told)?;
    fs::rename(&made, &path).and_then(|()| sync_folder(folder)).map_err(told)
}

/// Opens an existing record for writing, at the schema of this program.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    let mut conn = opened(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    check_kind(&conn, path)?;
    set_up(&conn, Some("wal"))?;
    schema::migrate(&mut conn, schema::STEPS)?;
    Ok(conn)
}

/// Opens an existing record of the schema of this program for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let conn = opened(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = check_kind(&conn, path)?;
    if found < schema::SUPPORTED {
        return Err(StoreError::OlderSchema { found, supported: schema::SUPPORTED });
    }
    set_up(&conn, None)?;
    set(&conn, "query_only", "ON", "1")?;
    Ok(conn)
}

/// SQLite's own limit on the number of pages.
const PAGES_MAX: u32 = 4_294_967_294;

pub(super) fn limit_pages(conn: &Connection, pages: Option<u32>) -> Result<(), StoreError> {
    let pages = pages.unwrap_or(PAGES_MAX);
    Ok(conn.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?)
}

fn opened(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return refuse(format!("SQLite {} is older than 3.51.3", rusqlite::version()));
    }
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(PATIENCE)?;
    Ok(conn)
}

/// Refuses a database that is not a record or is too new, before anything in it is changed.
fn check_kind(conn: &Connection, path: &Path) -> Result<u32, StoreError> {
    let folder = path.parent().unwrap_or(path);
    let not_ours = || StoreError::NotALedger { path: folder.to_owned() };
    let id = conn.pragma_query_value(None, "application_id", |row| row.get::<_, u32>(0));
    match id {
        Ok(schema::APPLICATION_ID) => {}
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::NotADatabase) => {
            return Err(error.into());
        }
        Ok(_) | Err(_) => return Err(not_ours()),
    }
    let found = schema::version(conn)?;
    if found > schema::SUPPORTED {
        return Err(StoreError::NewerSchema { found, supported: schema::SUPPORTED });
    }
    Ok(found)
}

fn set_up(conn: &Connection, journal: Option<&str>) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    if let Some(mode) = journal {
        set(conn, "journal_mode", mode, mode)?;
    }
    if read_back(conn, "journal_mode")? != "wal" {
        return refuse("the database is not in write-ahead mode".to_owned());
    }
    SETTINGS.iter().try_for_each(|(name, value, wanted)| set(conn, name, value, wanted))
}

fn set(conn: &Connection, name: &str, value: &str, wanted: &str) -> Result<(), StoreError> {
    conn.execute_batch(&format!("PRAGMA {name} = {value}"))?;
    let found = read_back(conn, name)?;
    if found == wanted {
        return Ok(());
    }
    refuse(format!("{name} was set to {value} but is {found}"))
}

fn read_back(conn: &Connection, name: &str) -> Result<String, StoreError> {
    Ok(conn.query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), [], |row| {
        row.get(0)
    })?)
}

fn refuse<T>(message: String) -> Result<T, StoreError> {
    Err(StoreError::Sqlite { code: 0, message })
}

/// A file made with these options is its owner's alone.
pub(super) fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Makes the names in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

impl From<rusqlite::Error> for StoreError {
    /// Sorts SQLite's results by what a person does about them.
    fn from(error: rusqlite::Error) -> Self {
        use ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
            OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
        };
        let message = error.to_string();
        let Some(code) = error.sqlite_error_code() else {
            let unreadable = matches!(
                error,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::InvalidColumnType(..)
            );
            return if unreadable {
                Self::Corrupt { position: None, what: message }
            } else {
                Self::Sqlite { code: 0, message }
            };
        };
        if matches!(code, DatabaseBusy | DatabaseLocked) {
            Self::Locked { holder: None }
        } else if matches!(code, DatabaseCorrupt | NotADatabase) {
            Self::Corrupt { position: None, what: message }
        } else if matches!(
            code,
            DiskFull | SystemIoFailure | CannotOpen | OutOfMemory | PermissionDenied | ReadOnly
        ) {
            Self::Unavailable { cause: message }
        } else {
            let code = error.sqlite_error().map_or(0, |error| error.extended_code);
            Self::Sqlite { code, message }
        }
    }
}

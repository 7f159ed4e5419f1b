//! Every way to fail, and what a person does about it.

use countersign_proof::words::CommandId;
use std::path::PathBuf;

/// Why the store did not do what was asked.
///
/// After [`StoreError::Unavailable`] from an append the outcome is unknown to the caller: read the
/// head again and look the commands up by id. After every other error from an append nothing was
/// recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another writer holds the record.
    #[error(
        "another writer holds this ledger ({}); stop it, or wait until it is done",
        .holder.as_deref().unwrap_or("which one is not known")
    )]
    Locked {
        /// The other writer, as `process 123 on host`, if it said so.
        holder: Option<String>,
    },
    /// The disk or the system beneath refused: full, unreadable, not permitted.
    #[error("the ledger's storage is unavailable: {cause}; remedy this and try again")]
    Unavailable {
        /// What the system said.
        cause: String,
    },
    /// The record does not stand where the caller believed.
    #[error(
        "the ledger stands at {actual}, not at {expected}; read on from there and decide again"
    )]
    Moved {
        /// The position the caller expected.
        expected: u64,
        /// The position found.
        actual: u64,
    },
    /// Another writer has opened the record since.
    #[error(
        "another writer took over this ledger (epoch {found}, ours was {held}); stop this one, \
         nothing more can be written by it"
    )]
    Fenced {
        /// The epoch of this writer.
        held: u64,
        /// The epoch in force.
        found: u64,
    },
    /// The record already has an entry for this command.
    #[error("command {command} is already recorded as entry {seq}; answer with that entry")]
    DuplicateCommand {
        /// The command.
        command: CommandId,
        /// The entry that has it: of the record, or an earlier one of the same batch.
        seq: u64,
    },
    /// The batch is not one that a store may keep; a defect of the caller.
    #[error("entry {seq} cannot be recorded: {what}; this is a defect, report it")]
    BadEntry {
        /// The sequence number that the entry claims.
        seq: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The record was opened for reading.
    #[error("this ledger was opened for reading; open it for writing first")]
    ReadOnly,
    /// What is on the disk is not what was written.
    #[error(
        "the ledger is damaged at {}: {what}; keep a copy, then restore a backup and compare",
        .position.map_or_else(|| "an unknown entry".to_owned(), |seq| format!("entry {seq}"))
    )]
    Corrupt {
        /// The first entry known to be touched, if one is.
        position: Option<u64>,
        /// What is wrong.
        what: String,
    },
    /// The record was written by a later version of the program.
    #[error("the ledger has schema {found}, this program knows {supported}; use the newer program")]
    NewerSchema {
        /// The schema of the record.
        found: u32,
        /// The latest schema known here.
        supported: u32,
    },
    /// The record was written by an earlier version, and a reader does not change it.
    #[error("the ledger has schema {found} and must move to {supported}; open it once for writing")]
    OlderSchema {
        /// The schema of the record.
        found: u32,
        /// The latest schema known here.
        supported: u32,
    },
    /// There is no record there.
    #[error(
        "{} is not a ledger; name the folder that holds ledger.db, or create one",
        .path.display()
    )]
    NotALedger {
        /// What was opened.
        path: PathBuf,
    },
    /// There is a record already.
    #[error("{} already holds a ledger; open it, or name another folder", .path.display())]
    AlreadyExists {
        /// What should have been created.
        path: PathBuf,
    },
    /// The database has no record of that name.
    #[error("this database has no ledger {ledger}; name one by ?ledger=NAME, or create it")]
    NoSuchLedger {
        /// The name that was asked for.
        ledger: String,
    },
    /// The database has a record of that name already.
    #[error("this database already holds a ledger {ledger}; open it, or name another by ?ledger=")]
    LedgerExists {
        /// What should have been created.
        ledger: String,
    },
    /// The location is none that this program can open.
    #[error("{what}; name a folder, sqlite:FOLDER, or postgres://USER@HOST/DATABASE?ledger=NAME")]
    UnsupportedLocation {
        /// What was asked for, without anything that could be secret.
        what: String,
    },
    /// The database server does not let this program in.
    #[error("the database server does not let us in: {what}; {remedy}")]
    Refused {
        /// What the server said, or why we did not ask it.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Whoever was reached can be read, but not written to.
    #[error(
        "{host} is a read-only standby; name the primary's host too, or wait until one of the \
         servers is promoted"
    )]
    Standby {
        /// The last such server.
        host: String,
    },
    /// The database server acknowledges what it could still lose.
    #[error("the database server would not keep what it acknowledges: {what}; {remedy}")]
    NotDurable {
        /// The setting that says so.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// PostgreSQL refused for a reason that is none of the above.
    #[error("PostgreSQL refused (SQLSTATE {code}): {message}; this is a defect, report it")]
    Postgres {
        /// The SQLSTATE; empty when the refusal is ours.
        code: String,
        /// What was said, without the values it was said of.
        message: String,
    },
    /// SQLite refused for a reason that is none of the above.
    #[error("SQLite refused (code {code}): {message}; this is a defect, report it")]
    Sqlite {
        /// The extended result code; 0 when the refusal is ours.
        code: i32,
        /// What was said.
        message: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later with nothing else changed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Unavailable { .. } | Self::Standby { .. })
    }

    /// Whether the record itself is damaged, so that nothing in it should be relied on unchecked.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. })
    }

    pub(crate) fn corrupt(seq: u64, what: impl Into<String>) -> Self {
        Self::Corrupt { position: Some(seq), what: what.into() }
    }

    /// Damage whose place is not known.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Corrupt { position: None, what: what.into() }
    }

    pub(crate) fn unavailable(what: &str, error: &std::io::Error) -> Self {
        Self::Unavailable { cause: format!("{what}: {error}") }
    }

    /// Names `seq` as the place of a damage that has none yet.
    pub(crate) fn at(self, seq: u64) -> Self {
        if let Self::Corrupt { position: None, what } = self {
            Self::Corrupt { position: Some(seq), what }
        } else {
            self
        }
    }
}

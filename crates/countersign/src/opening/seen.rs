//! The head that was acknowledged last, kept apart from the record.
//!
//! Answers: *does the record go on from what this machine has already told somebody?* A database
//! that fails over can lose what it acknowledged, together with the very rows that would tell so
//! (its epoch and its lease fork with it). So each machine keeps the head of the log in a file of
//! its own, and neither reads from nor writes to a record that does not go on from it.

use super::{Head, OpenError, folder, grown};
use countersign_store::Store;
use std::path::{Path, PathBuf};

const FILE: &str = "head.seen";

/// The file with the head that was acknowledged last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenHead(PathBuf);

/// What was acknowledged is not in the record any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// There are fewer entries.
    #[error(
        "the record has {found} entries, and this machine has seen {seen} acknowledged: it lost \
         some. Do not write to it; find the database that has them. If an older backup was \
         restored on purpose, move {} away", .file.display()
    )]
    Entries {
        /// How many were seen.
        seen: u64,
        /// How many there are.
        found: u64,
        /// Where that is kept.
        file: PathBuf,
    },
    /// There are as many, but others.
    #[error(
        "the record is of another history than the {seen} entries that this machine has seen \
         acknowledged. Do not write to it; find the database that has them. If another record was \
         put in its place on purpose, move {} away", .file.display()
    )]
    History {
        /// How many were seen.
        seen: u64,
        /// Where that is kept.
        file: PathBuf,
    },
}

impl SeenHead {
    /// That of a ledger whose record is apart from its files; none where the record lies among
    /// them and would be lost, or restored, with them.
    #[must_use]
    pub fn of(location: &str) -> Option<Self> {
        countersign_store::is_apart(location).then(|| Self(folder(location).join(FILE)))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The head that is kept, if one is.
    ///
    /// # Errors
    /// [`OpenError`] when the file is there and cannot be read.
    pub fn read(&self) -> Result<Option<Head>, OpenError> {
        match std::fs::read(&self.0) {
            Ok(bytes) => Head::decode(&bytes)
                .map(Some)
                .map_err(|error| OpenError::Head(format!("{}: {error}", self.0.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OpenError::Io { what: format!("read {}", self.0.display()), error }),
        }
    }

    /// Keeps a head that is about to be acknowledged. The file is whole at any moment, and survives
    /// the end of the process; it is not forced to the disk, for it is there to tell that a
    /// database lost something while this machine went on.
    ///
    /// # Errors
    /// [`std::io::Error`] when it cannot be written.
    pub fn keep(&self, head: &[u8]) -> std::io::Result<()> {
        let new = self.0.with_extension("seen.new");
        std::fs::write(&new, head)?;
        std::fs::rename(&new, &self.0)
    }

    /// Whether a record goes on from the head that is kept, if one is: it has at least its entries,
    /// and what came after them makes its root of that root.
    ///
    /// # Errors
    /// [`OpenError::Lost`] when it does not; else why the file or the record cannot be read.
    pub fn check(&self, store: &dyn Store) -> Result<(), OpenError> {
        let Some(seen) = self.read()? else { return Ok(()) };
        let found = store.head()?;
        let (size, file) = (seen.frontier.size(), self.0.clone());
        if found.size < size {
            return Err(Lost::Entries { seen: size, found: found.size, file }.into());
        }
        if grown(seen.frontier, store, found.size)?.root() != found.root {
            return Err(Lost::History { seen: size, file }.into());
        }
        Ok(())
    }
}

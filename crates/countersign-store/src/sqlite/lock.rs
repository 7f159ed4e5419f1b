//! The lock file that tells a second writer who writes already.

use super::{LOCK, connection::private};
use crate::{StoreError, holder};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

/// Held for the life of a writer; the system lets go of it when the process ends, however it ends.
pub(super) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock of `folder` and writes into it who holds it.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        let told = |error: std::io::Error| StoreError::unavailable("opening writer.lock", &error);
        let mut file =
            private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
                .open(&path)
                .map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { holder: noted(&path) });
            }
            Err(TryLockError::Error(error)) => return Err(told(error)),
        }
        // Only a courtesy to the next one who tries, so a full disk does not stop a writer here.
        let note = format!("{}\n", holder::this_process());
        let _ = file.set_len(0).and_then(|()| file.write_all(note.as_bytes()));
        Ok(Self { file })
    }
}

impl Drop for WriterLock {
    /// Closing the file would not do: a process being started at this moment has a copy of it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn noted(path: &Path) -> Option<String> {
    let note = fs::read_to_string(path).ok()?;
    holder::shown(note.lines().next()?)
}

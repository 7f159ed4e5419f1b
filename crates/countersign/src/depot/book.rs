//! The depot's book. Answers: *what was handed out here, and is that all?*
//!
//! An append-only file, one line for each thing done, each naming the digest of the line before it.
//! A line counts once it is on the disk, and only then is anybody told; a line that was cut short
//! by a failure was told to nobody, is marked as torn, and counts for nothing. Beside it a small
//! file keeps how far the book had come and the highest time seen, so that a book that was cut or
//! put back to an earlier copy is found out.
//!
//! One process has the book at a time; another waits.

mod line;
mod totals;

pub use line::{Line, What};
pub use totals::{Booked, Totals};

use super::refusal::{DepotError, io};
use countersign_proof::words::{Digest, Moment};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

const BOOK: &str = "book";
const REACHED: &str = "reached";
const LOCK: &str = "lock";
/// What ends bytes that a failure left: no line ends so before its line end.
const TORN_END: &[u8] = b"~\n";

/// How far the book had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reached {
    lines: u64,
    head: Digest,
    highest: Moment,
}

/// The book, held by this process.
pub(super) struct Book {
    folder: PathBuf,
    file: File,
    lines: Vec<Line>,
    head: Digest,
    totals: Totals,
    /// Released when the process ends, however it ends.
    _held: File,
}

impl Book {
    /// Begins the book of a new depot.
    pub(super) fn create(folder: &Path, name: &str, now: Moment) -> Result<(), DepotError> {
        let path = folder.join(BOOK);
        File::create_new(&path).and_then(|file| file.sync_all()).map_err(io(&path))?;
        sync_folder(folder)?;
        let start = Reached { lines: 0, head: Digest([0; 32]), highest: now };
        write_reached(folder, &start)?;
        Self::open(folder)?.append(now, What::Opened { depot: name.to_owned() }).map(|_| ())
    }

    /// Reads the book and checks every line of it; marks a line that was cut short.
    pub(super) fn open(folder: &Path) -> Result<Self, DepotError> {
        let held = hold(folder)?;
        let path = folder.join(BOOK);
        let bytes = std::fs::read(&path).map_err(io(&path))?;
        let mut options = OpenOptions::new();
        let file = options.append(true).open(&path).map_err(io(&path))?;
        let reached = read_reached(folder)?;
        let (folder, lines, totals) = (folder.to_owned(), Vec::new(), Totals::default());
        let head = Digest([0; 32]);
        let mut book = Self { folder, file, lines, head, totals, _held: held };
        let torn = book.take_in(&bytes)?;
        book.check_reached(&reached)?;
        book.totals.highest = book.totals.highest.max(reached.highest);
        if let Some(torn) = torn {
            // The torn bytes stay, ended so that they can never pass for a line; the mark says that
            // they count for nothing.
            let region = [torn, TORN_END].concat();
            let bytes = u64::try_from(region.len()).unwrap_or(u64::MAX);
            let what = What::Torn { bytes, digest: Digest::of(&region) };
            book.write(TORN_END, book.totals.highest, what)?;
        }
        Ok(book)
    }

    /// Takes the lines in; gives the bytes at the end that a failure left of one.
    fn take_in<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<&'b [u8]>, DepotError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some((line, digest, after)) = first_line(rest) else {
                match self.after_torn(rest)? {
                    Some(after) => rest = after,
                    None => return Ok(Some(rest)),
                }
                continue;
            };
            self.take(line, digest)?;
            rest = after;
        }
        Ok(None)
    }

    /// What follows bytes that are no line: the line that marks exactly these bytes as torn, or
    /// nothing that is a line at all.
    fn after_torn<'b>(&self, rest: &'b [u8]) -> Result<Option<&'b [u8]>, DepotError> {
        let ends = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        for (end, _) in ends {
            let (torn, after) = rest.split_at_checked(end.saturating_add(1)).unwrap_or((rest, b""));
            if let Some((line, _, _)) = first_line(after) {
                let marked = line.what.marks(torn);
                let damaged = || self.damaged("it cannot be read");
                return marked.then_some(Some(after)).ok_or_else(damaged);
            }
        }
        Ok(None)
    }

    fn take(&mut self, line: Line, digest: Digest) -> Result<(), DepotError> {
        let number = u64::try_from(self.lines.len()).unwrap_or(u64::MAX).saturating_add(1);
        if line.line != number || line.previous != self.head {
            return Err(self.damaged("it does not follow the line before it"));
        }
        self.totals.take(&line).map_err(|why| self.damaged(why))?;
        self.lines.push(line);
        self.head = digest;
        Ok(())
    }

    fn damaged(&self, why: &str) -> DepotError {
        let (path, line) = (self.folder.join(BOOK), self.lines.len().saturating_add(1));
        let path = path.display();
        DepotError::Damaged(format!(
            "{path}, line {line}: {why}; hand nothing out, keep the folder as it is and report it"
        ))
    }

    /// A book that is shorter than it was, or another, was tampered with or put back.
    fn check_reached(&self, reached: &Reached) -> Result<(), DepotError> {
        let place = usize::try_from(reached.lines).ok();
        let before = place.and_then(|place| place.checked_sub(1));
        let head = match (reached.lines, before.and_then(|before| self.lines.get(before))) {
            (0, _) => Some(Digest([0; 32])),
            (_, Some(last)) => last.digest(),
            (_, None) => None,
        };
        if head == Some(reached.head) {
            return Ok(());
        }
        let path = self.folder.join(BOOK);
        Err(DepotError::Damaged(format!(
            "{} had {} lines, and these are not the ones; it was cut, changed or put back to an \
             earlier copy. Hand nothing out, keep the folder as it is and report it",
            path.display(),
            reached.lines
        )))
    }

    /// What the lines add up to.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The lines.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The number and the predecessor of the next line.
    pub(super) fn next(&self) -> (u64, Digest) {
        let number = u64::try_from(self.lines.len()).unwrap_or(u64::MAX).saturating_add(1);
        (number, self.head)
    }

    /// Appends a line; it counts when this returns.
    pub(super) fn append(&mut self, at: Moment, what: What) -> Result<&Line, DepotError> {
        self.write(b"", at, what)
    }

    fn write(&mut self, before: &[u8], at: Moment, what: What) -> Result<&Line, DepotError> {
        let (number, previous) = self.next();
        let line = Line { line: number, previous, at, what };
        let (written, digest) = line.write().map_err(|error| {
            DepotError::Unavailable(format!("the line cannot be made: {error}"))
        })?;
        let path = self.folder.join(BOOK);
        self.file
            .write_all(&[before, &written].concat())
            .and_then(|()| self.file.sync_data())
            .map_err(io(&path))?;
        self.take(line, digest)?;
        self.keep_reached()?;
        let last = self.lines.last();
        last.ok_or_else(|| DepotError::Unavailable("the line is gone".to_owned()))
    }

    /// Remembers the moment: an earlier one is refused from now on.
    pub(super) fn saw(&mut self, now: Moment) -> Result<(), DepotError> {
        if now <= self.totals.highest {
            return Ok(());
        }
        self.totals.highest = now;
        self.keep_reached()
    }

    fn keep_reached(&self) -> Result<(), DepotError> {
        let lines = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        let (head, highest) = (self.head, self.totals.highest);
        write_reached(&self.folder, &Reached { lines, head, highest })
    }
}

/// The line that stands first, its digest and what follows it; `None` where no line stands there.
fn first_line(bytes: &[u8]) -> Option<(Line, Digest, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, digest) = Line::read(bytes.get(..end)?)?;
    Some((line, digest, bytes.get(end.saturating_add(1)..)?))
}

/// Waits until no other process has the depot.
fn hold(folder: &Path) -> Result<File, DepotError> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    file.lock().map_err(io(&path))?;
    Ok(file)
}

fn read_reached(folder: &Path) -> Result<Reached, DepotError> {
    let path = folder.join(REACHED);
    let text = std::fs::read(&path).map_err(io(&path))?;
    serde_json::from_slice(&text).map_err(|error| {
        DepotError::Damaged(format!("{}: {error}; keep the folder and report it", path.display()))
    })
}

fn write_reached(folder: &Path, reached: &Reached) -> Result<(), DepotError> {
    let text = serde_json::to_vec(reached)
        .map_err(|error| DepotError::Unavailable(format!("{REACHED}: {error}")))?;
    replace(&folder.join(REACHED), &text)
}

/// Puts bytes in the place of a file, whole or not at all, and waits until they are on the disk.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), DepotError> {
    let mut new = path.to_owned().into_os_string();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = File::create(&new).map_err(io(&new))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io(&new))?;
    std::fs::rename(&new, path).map_err(io(path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), DepotError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

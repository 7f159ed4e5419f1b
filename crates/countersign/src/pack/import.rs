//! Tables that come to a ledger. Answers: *which figures do these files state, and which rows of
//! them cannot be taken?*
//!
//! A file is text or a spreadsheet, as its first bytes tell, and may be a pipe. It is read row by
//! row; only the figures themselves are kept.

use super::checks::in_order;
use super::fault::{Fault, code};
use super::figures::{self, FigureRows, Table, Terms, read_header, text_rows};
use super::table::{Faults, Rows, Sheet};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The largest spreadsheet that is read, in bytes; its texts are held in memory.
const SHEET_MAX: u64 = 64 * 1024 * 1024;

/// Why files cannot be taken.
#[derive(Debug)]
pub(crate) enum ImportError {
    /// Rows, or whole files, have faults.
    Faulty(Vec<Fault>),
    /// It cannot be told which table this file is.
    WhichTable(String),
    /// The file cannot be opened.
    Unreadable(String, io::Error),
}

/// A reader that counts the bytes which went through it.
struct Counted<R> {
    inner: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let more = u64::try_from(read).unwrap_or(u64::MAX);
        self.read.set(self.read.get().saturating_add(more));
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Reads every file. `progress` is told how many bytes were read, and of how many.
///
/// # Errors
/// [`ImportError`]; then not one of the figures may be taken.
pub(crate) fn read_files(
    paths: &[PathBuf],
    kind: Option<Table>,
    terms: &Terms<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<FigureRows, ImportError> {
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
    let total = paths.iter().map(size).fold(0, u64::saturating_add);
    let read = Rc::new(Cell::new(0));
    let mut rows = FigureRows::default();
    let mut found = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let opened = File::open(path).and_then(|file| {
            let counted = Counted { inner: file, read: Rc::clone(&read) };
            let mut reader = BufReader::with_capacity(256 * 1024, counted);
            let first = reader.fill_buf()?.get(..4).unwrap_or_default().to_vec();
            Ok((reader, first))
        });
        let (reader, first) =
            opened.map_err(|error| ImportError::Unreadable(name.clone(), error))?;
        let mut faults = Faults { file: &name, found: &mut found };
        let mut tick = || progress(read.get(), total.max(read.get()));
        let mut one = One { path, kind, terms, into: &mut rows, tick: &mut tick };
        match first.as_slice() {
            [b'P', b'K', 3, 4] => one.sheet(reader, &mut faults)?,
            [0xD0, 0xCF, 0x11, 0xE0] => {
                let message = "this is a spreadsheet of the old kind (.xls)";
                let remedy = "save it as an Excel workbook (.xlsx), or as CSV in UTF-8";
                faults.whole(code::FILE_UNREADABLE, message, remedy);
            }
            _ => one.rows(&mut text_rows(reader), &mut faults)?,
        }
    }
    rows.settle(&mut found);
    if found.is_empty() {
        return Ok(rows);
    }
    in_order(&mut found);
    Err(ImportError::Faulty(found))
}

/// Reads one table that came as text.
///
/// # Errors
/// [`ImportError`]; then not one of the figures may be taken.
pub(crate) fn read_text(
    name: &str,
    text: &str,
    kind: Option<Table>,
    terms: &Terms<'_>,
) -> Result<FigureRows, ImportError> {
    let mut rows = FigureRows::default();
    let mut found = Vec::new();
    let mut faults = Faults { file: name, found: &mut found };
    let mut tick = || ();
    let path = Path::new(name);
    let mut one = One { path, kind, terms, into: &mut rows, tick: &mut tick };
    one.rows(&mut text_rows(text.as_bytes()), &mut faults)?;
    rows.settle(&mut found);
    if found.is_empty() {
        return Ok(rows);
    }
    in_order(&mut found);
    Err(ImportError::Faulty(found))
}

/// One file being read.
struct One<'a> {
    path: &'a Path,
    kind: Option<Table>,
    terms: &'a Terms<'a>,
    into: &'a mut FigureRows,
    tick: &'a mut dyn FnMut(),
}

impl One<'_> {
    fn sheet(
        &mut self,
        reader: BufReader<Counted<File>>,
        faults: &mut Faults<'_>,
    ) -> Result<(), ImportError> {
        let size = std::fs::metadata(self.path).map_or(0, |found| found.len());
        if size > SHEET_MAX {
            let message = "the spreadsheet is larger than 64 MiB";
            faults.whole(code::FILE_TOO_LARGE, message, "save the sheet as CSV in UTF-8");
            return Ok(());
        }
        let Some(mut sheet) = Sheet::open(reader, faults) else { return Ok(()) };
        match sheet.rows(faults) {
            Some(mut rows) => self.rows(&mut rows, faults),
            None => Ok(()),
        }
    }

    fn rows(&mut self, rows: &mut dyn Rows, faults: &mut Faults<'_>) -> Result<(), ImportError> {
        let Some(header) = read_header(rows, faults) else { return Ok(()) };
        let stem = self.path.file_stem().and_then(|stem| stem.to_str());
        let named = || Table::ALL.into_iter().find(|table| stem == Some(table.as_str()));
        let table = self.kind.or_else(|| Table::of_header(&header)).or_else(named);
        let which = || ImportError::WhichTable(self.path.display().to_string());
        let table = table.ok_or_else(which)?;
        figures::read(table, &header, rows, self.terms, self.into, faults, self.tick);
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Rows of a spreadsheet: the first sheet of an XLSX file.

use super::{Cells, Faults, Rows};
use crate::pack::fault::code;
use calamine::{DataRef, Reader as _, Xlsx, XlsxCellReader, XlsxError};
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most columns that are looked at.
const COLUMNS_MAX: u32 = 256;

/// A spreadsheet.
pub(in crate::pack) struct Sheet<R: Read + Seek> {
    book: Xlsx<R>,
}

/// The rows of its first sheet.
struct SheetRows<'a, R: Read + Seek> {
    reader: XlsxCellReader<'a, R>,
    /// The row that was begun last.
    line: u32,
    ended: bool,
    /// The first cell of the next row: row, column and text.
    pending: Option<(u32, u32, String)>,
    /// How many columns the header fills.
    width: Option<u32>,
}

impl<R: Read + Seek> Sheet<R> {
    /// Opens a spreadsheet.
    pub(in crate::pack) fn open(reader: R, faults: &mut Faults<'_>) -> Option<Self> {
        match guarded(|| Xlsx::new(reader)) {
            Ok(book) => Some(Self { book }),
            Err(error) => {
                unreadable(&error, 1, faults);
                None
            }
        }
    }

    /// The rows of the first sheet.
    pub(in crate::pack) fn rows<'a>(
        &'a mut self,
        faults: &mut Faults<'_>,
    ) -> Option<impl Rows + use<'a, R>> {
        let first = self.book.sheet_names().into_iter().next();
        let Some(first) = first else {
            let remedy = "put the table into the first sheet";
            faults.whole(code::FILE_EMPTY, "the file has no sheet", remedy);
            return None;
        };
        match guarded(|| self.book.worksheet_cells_reader(&first)) {
            Ok(reader) => {
                Some(SheetRows { reader, line: 0, ended: false, pending: None, width: None })
            }
            Err(error) => {
                unreadable(&error, 1, faults);
                None
            }
        }
    }
}

/// Reads, and takes a panic of the crate for damage: where overflow is checked, it panics at a
/// reference to a cell beyond every sheet.
fn guarded<T>(read: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("it is damaged".to_owned()),
    }
}

fn unreadable(error: &str, line: u32, faults: &mut Faults<'_>) {
    let message = format!("the spreadsheet cannot be read from here on: {error}");
    let remedy = "save it as an Excel workbook (.xlsx) again, or as CSV in UTF-8";
    faults.at((line, 1), code::FILE_UNREADABLE, message, remedy);
}

/// What a cell holds, as it would be written in a text.
fn written(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // A float is written without an exponent, and a whole one without a point.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::DateTimeIso(text) => match text.strip_suffix("T00:00:00") {
            Some(date) => date.to_owned(),
            None => text.clone(),
        },
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second, milli) == (0, 0, 0, 0) && moment.is_datetime() {
                date
            } else {
                format!("{date} {hour:02}:{minute:02}:{second:02}.{milli:03}")
            }
        }
    }
}

fn filled(cells: &Cells) -> u32 {
    u32::try_from(cells.count()).unwrap_or(u32::MAX)
}

/// Adds the empty cells before `column`.
fn fill(cells: &mut Cells, column: u32) {
    for next in filled(cells)..column {
        cells.push(next.saturating_add(1), "");
    }
}

impl<R: Read + Seek> SheetRows<'_, R> {
    /// The next cell that has anything in it.
    fn cell(&mut self, faults: &mut Faults<'_>) -> Option<(u32, u32, String)> {
        if let Some(pending) = self.pending.take() {
            return Some(pending);
        }
        while !self.ended {
            match guarded(|| self.reader.next_cell()) {
                Ok(Some(cell)) => {
                    let text = written(cell.get_value());
                    if !text.is_empty() {
                        let (row, column) = cell.get_position();
                        return Some((row, column, text));
                    }
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    unreadable(&error, self.line.saturating_add(1), faults);
                }
            }
        }
        None
    }
}

impl<R: Read + Seek> Rows for SheetRows<'_, R> {
    fn next(&mut self, cells: &mut Cells, faults: &mut Faults<'_>) -> bool {
        let Some((row, mut column, mut text)) = self.cell(faults) else { return false };
        let line = row.saturating_add(1);
        cells.begin(line);
        self.line = line;
        loop {
            if column >= COLUMNS_MAX || column < filled(cells) {
                let message = format!("a cell stands in column {}", column.saturating_add(1));
                let remedy = "put the table into the first columns, and nothing beside it";
                faults.at((line, column.saturating_add(1)), code::CSV_ROW, message, remedy);
            } else {
                fill(cells, column);
                cells.push(column.saturating_add(1), &text);
            }
            match self.cell(faults) {
                Some((same, next, more)) if same == row => (column, text) = (next, more),
                other => {
                    self.pending = other;
                    break;
                }
            }
        }
        // A row ends with its last cell that is filled; the header tells how many there are.
        let width = *self.width.get_or_insert(filled(cells));
        fill(cells, width);
        true
    }
}

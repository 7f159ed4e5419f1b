//! A table of rows. Answers: *what stands in which cell of a file, and where is that?*
//!
//! Rows are read one by one, from text or from a sheet, so that a file may be larger than memory
//! would like. The first row is the header: it names the columns, in any order. Whatever cannot be
//! read is noted where it stands, and reading goes on with the next row.

mod row;
mod sheet;
mod text;

pub(super) use row::Row;
pub(super) use sheet::Sheet;
pub(super) use text::Delimited;

use super::fault::{Fault, code};
use super::fields::list;

/// A row as it is written: its cells, and where each begins.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The line of the file, or the row of the sheet, counted from 1.
    pub line: u32,
    text: String,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    end: usize,
    column: u32,
}

impl Cells {
    fn begin(&mut self, line: u32) {
        self.line = line;
        self.text.clear();
        self.cells.clear();
    }

    /// Adds a cell that begins in `column`, in characters of a text or cells of a sheet.
    fn push(&mut self, column: u32, text: &str) {
        self.text.push_str(text);
        self.cells.push(Cell { end: self.text.len(), column });
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.cells.len()
    }

    /// The text of a cell; empty where there is none.
    pub(super) fn get(&self, index: usize) -> &str {
        let before = index.checked_sub(1).and_then(|index| self.cells.get(index));
        let start = before.map_or(0, |cell| cell.end);
        let end = self.cells.get(index).map(|cell| cell.end);
        end.and_then(|end| self.text.get(start..end)).unwrap_or_default()
    }

    /// How many bytes its texts have in all.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(super) fn column(&self, index: usize) -> u32 {
        self.cells.get(index).map_or(1, |cell| cell.column)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).map(|index| self.get(index))
    }
}

/// The faults of one file.
pub(super) struct Faults<'a> {
    /// The file, as it is named in messages.
    pub file: &'a str,
    /// What was found so far.
    pub found: &'a mut Vec<Fault>,
}

impl Faults<'_> {
    /// Notes a fault.
    pub(super) fn at(
        &mut self,
        (line, column): (u32, u32),
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.found.push(Fault {
            file: self.file.to_owned(),
            line: Some(line),
            column: Some(column),
            code,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Notes a fault of the file as a whole.
    pub(super) fn whole(&mut self, code: &'static str, message: &str, remedy: &str) {
        self.found.push(Fault::of_file(self.file, code, message, remedy));
    }
}

/// Where rows come from.
pub(super) trait Rows {
    /// Reads the next row that has anything in it; false at the end. Rows that cannot be read are
    /// noted and passed over.
    fn next(&mut self, cells: &mut Cells, faults: &mut Faults<'_>) -> bool;
}

/// Where each column of a table stands in a file.
#[derive(Debug)]
pub(super) struct Columns {
    names: &'static [&'static str],
    places: Vec<usize>,
    width: usize,
}

impl Columns {
    /// Finds `names` in the header; `None` where the rows cannot be told by it.
    pub(super) fn find(
        names: &'static [&'static str],
        header: &Cells,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let before = faults.found.len();
        if !header.iter().any(|name| names.contains(&name)) {
            let remedy = format!("begin the file with the line {}", names.join(","));
            let message = "the first line is no header: it names not one of the columns";
            faults.at((header.line, 1), code::COLUMN_MISSING, message, remedy);
            return None;
        }
        let mut seen: Vec<&str> = Vec::new();
        for (index, name) in header.iter().enumerate() {
            let what = match (names.contains(&name), seen.contains(&name)) {
                (true, false) => None,
                (true, true) => Some("stands twice"),
                (false, _) => Some("is not known"),
            };
            seen.push(name);
            if let Some(what) = what {
                let place = (header.line, header.column(index));
                let remedy = format!("the columns are: {}", names.join(","));
                let message = format!("the column {name:?} {what}");
                faults.at(place, code::COLUMN_UNKNOWN, message, remedy);
            }
        }
        let missing: Vec<&str> =
            names.iter().copied().filter(|name| !seen.contains(name)).collect();
        if !missing.is_empty() {
            let message = format!("the first line names no column {}", list(&missing));
            let remedy = format!("begin the file with the line {}", names.join(","));
            faults.at((header.line, 1), code::COLUMN_MISSING, message, remedy);
        }
        if faults.found.len() > before {
            return None;
        }
        let place = |name: &&str| seen.iter().position(|seen| seen == name);
        let places = names.iter().filter_map(place).collect();
        Some(Self { names, places, width: header.count() })
    }

    /// Whether a row has as many cells as the header; where it has not, that is noted.
    pub(super) fn fits(&self, cells: &Cells, faults: &mut Faults<'_>) -> bool {
        let count = cells.count();
        if count != self.width {
            let fields = if count == 1 { "field" } else { "fields" };
            let message = format!("the row has {count} {fields}, not {}", self.width);
            let remedy = "write a field for every column, empty where there is nothing; put one \
                          that holds a comma in quotes, and write quantities without separators";
            faults.at((cells.line, 1), code::CSV_ROW, message, remedy);
        }
        count == self.width
    }

    fn index(&self, name: &str) -> usize {
        let nth = self.names.iter().position(|known| *known == name);
        nth.and_then(|nth| self.places.get(nth)).copied().unwrap_or(usize::MAX)
    }
}

//! Rows of text: fields separated by commas, semicolons or tabs, one row in each line.
//!
//! The form is that of RFC 4180, but a row ends with its line: a field in quotes cannot hold a
//! line break. So one faulty quotation mark spoils one line and not the rest of the file.

use super::{Cells, Faults, Rows};
use crate::pack::fault::code;
use std::io::{BufRead, ErrorKind, Read as _};

/// The longest line that is read, in bytes.
const LINE_MAX: usize = 64 * 1024;

/// What may separate fields; the first that fits the header best is taken.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Text of which rows are read.
pub(in crate::pack) struct Delimited<R> {
    reader: R,
    names: &'static [&'static [&'static str]],
    separator: Option<char>,
    line: u32,
    bytes: Vec<u8>,
}

/// What came of reading a line.
enum Line {
    Whole,
    TooLong,
    Unreadable(std::io::Error),
    End,
}

impl<R: BufRead> Delimited<R> {
    /// Rows of `reader`; the header that holds the most of `names` tells the separator.
    pub(in crate::pack) fn new(reader: R, names: &'static [&'static [&'static str]]) -> Self {
        Self { reader, names, separator: None, line: 0, bytes: Vec::new() }
    }

    /// Rows of `reader`, whose fields are separated by `separator`.
    pub(in crate::pack) fn separated(reader: R, separator: char) -> Self {
        let (line, bytes) = (0, Vec::new());
        Self { reader, names: &[], separator: Some(separator), line, bytes }
    }

    /// [`Rows::next`], but a row that cannot be read is not passed over: its fault is noted, and
    /// the next call goes on after it. True where a row was read; false with a fault, or at the
    /// end.
    pub(in crate::pack) fn next_or_fault(
        &mut self,
        cells: &mut Cells,
        faults: &mut Faults<'_>,
    ) -> bool {
        let before = faults.found.len();
        loop {
            match self.step(cells, faults) {
                Step::Row => return true,
                Step::End => return false,
                Step::Nothing if faults.found.len() > before => return false,
                Step::Nothing => {}
            }
        }
    }

    /// Reads a line without its end, and counts it.
    fn read_line(&mut self) -> Line {
        self.bytes.clear();
        let most = u64::try_from(LINE_MAX).unwrap_or(u64::MAX).saturating_add(2);
        let read = (&mut self.reader).take(most).read_until(b'\n', &mut self.bytes);
        match read {
            Ok(0) => return Line::End,
            Ok(_) => {}
            Err(error) => return Line::Unreadable(error),
        }
        self.line = self.line.saturating_add(1);
        if self.bytes.ends_with(b"\n") {
            self.bytes.pop();
            if self.bytes.ends_with(b"\r") {
                self.bytes.pop();
            }
        } else if self.bytes.len() > LINE_MAX {
            return match pass_line(&mut self.reader) {
                Ok(()) => Line::TooLong,
                Err(error) => Line::Unreadable(error),
            };
        }
        Line::Whole
    }

    fn separator(&mut self, first: &str) -> char {
        let names = self.names;
        *self.separator.get_or_insert_with(|| {
            let known = |separator: &char| {
                let words = || first.split(*separator).map(|word| word.trim_matches('"'));
                let held = names.iter().map(|own| words().filter(|w| own.contains(w)).count());
                held.max().unwrap_or(0)
            };
            let best = SEPARATORS.iter().copied().rev().max_by_key(known);
            best.unwrap_or(',')
        })
    }
}

/// Passes over the rest of a line without keeping it.
fn pass_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let held = match reader.fill_buf() {
            Ok(held) => held,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = held.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(held.len(), |end| end.saturating_add(1));
        reader.consume(used);
        if end.is_some() || used == 0 {
            return Ok(());
        }
    }
}

impl<R: BufRead> Rows for Delimited<R> {
    fn next(&mut self, cells: &mut Cells, faults: &mut Faults<'_>) -> bool {
        loop {
            match self.step(cells, faults) {
                Step::Row => return true,
                Step::Nothing => {}
                Step::End => return false,
            }
        }
    }
}

/// What a line came to.
enum Step {
    Row,
    /// It is empty, or has a fault.
    Nothing,
    /// There is nothing more to read.
    End,
}

enum Found {
    Row,
    Nothing,
    /// The whole file is something else.
    Foreign,
}

impl<R: BufRead> Delimited<R> {
    /// Reads one line.
    fn step(&mut self, cells: &mut Cells, faults: &mut Faults<'_>) -> Step {
        let read = self.read_line();
        let line = self.line;
        match read {
            Line::End => return Step::End,
            Line::Whole => {}
            Line::TooLong => {
                let message = "the line is longer than 65,536 bytes";
                let remedy = "end every row with LF or CR LF, and keep it short";
                faults.at((line, 1), code::CSV_ROW, message, remedy);
                return Step::Nothing;
            }
            Line::Unreadable(error) => {
                let message = format!("the file cannot be read on from here: {error}");
                let remedy = "make it an ordinary file that you may read";
                let next = line.saturating_add(1);
                faults.at((next, 1), code::FILE_UNREADABLE, message, remedy);
                return Step::End;
            }
        }
        let bytes = std::mem::take(&mut self.bytes);
        let found = self.cells_of(&bytes, cells, faults);
        self.bytes = bytes;
        match found {
            Found::Row => Step::Row,
            Found::Nothing => Step::Nothing,
            Found::Foreign => Step::End,
        }
    }

    fn cells_of(&mut self, bytes: &[u8], cells: &mut Cells, faults: &mut Faults<'_>) -> Found {
        let line = self.line;
        let text = match text_of(bytes, line == 1) {
            Ok(text) => text,
            Err(valid) => {
                let valid = bytes.get(..valid).unwrap_or_default();
                let place = (line, column_after(&String::from_utf8_lossy(valid)));
                let message = "the line is not UTF-8 text from here on";
                let remedy = "save the file in the encoding UTF-8";
                faults.at(place, code::NOT_UTF8, message, remedy);
                return if line == 1 { Found::Foreign } else { Found::Nothing };
            }
        };
        let text = if line == 1 { text.strip_prefix('\u{FEFF}').unwrap_or(text) } else { text };
        if text.trim_matches([' ', ',', ';', '\t', '"', '\r']).is_empty() {
            return Found::Nothing;
        }
        if let Some(at) = text.find('\r') {
            let column = column_after(text.get(..at).unwrap_or_default());
            let message = "a carriage return stands within the line";
            let remedy = "end every row with LF or CR LF";
            faults.at((line, column), code::CSV_ROW, message, remedy);
            return Found::Nothing;
        }
        let separator = self.separator(text);
        cells.begin(line);
        if let Err((column, message)) = split(text, separator, cells) {
            let remedy = "put a field in quotation marks from its first character to its last, \
                          and double each mark that belongs to it";
            faults.at((line, column), code::CSV_ROW, message, remedy);
            return Found::Nothing;
        }
        Found::Row
    }
}

/// The column after a text, counted from 1.
fn column_after(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_add(1)
}

/// The text of a line; otherwise how many bytes of it are text. A first line in UTF-16 may pass for
/// UTF-8 with a zero byte beside each letter.
fn text_of(bytes: &[u8], first: bool) -> Result<&str, usize> {
    let zero = bytes.iter().position(|byte| *byte == 0).filter(|_| first);
    match (std::str::from_utf8(bytes), zero) {
        (Ok(text), None) => Ok(text),
        (Ok(_), Some(at)) => Err(at),
        (Err(error), _) => Err(error.valid_up_to()),
    }
}

/// Splits a line into its fields; otherwise in which column what is wrong.
fn split(text: &str, separator: char, cells: &mut Cells) -> Result<(), (u32, &'static str)> {
    let mut rest = Some(text);
    let mut column: u32 = 1;
    let width = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    while let Some(from) = rest {
        let written = if let Some(quoted) = from.strip_prefix('"') {
            let (field, written) =
                unquote(quoted).ok_or((column, "the quotation mark is not closed in its line"))?;
            let after = from.get(written..).unwrap_or_default();
            if !after.is_empty() && !after.starts_with(separator) {
                let place = column.saturating_add(width(from.get(..written).unwrap_or_default()));
                return Err((place, "the field goes on after its closing quotation mark"));
            }
            cells.push(column, &field);
            from.get(..written).unwrap_or_default()
        } else {
            let field = from.split(separator).next().unwrap_or_default();
            if field.contains('"') {
                return Err((column, "a quotation mark stands within a field"));
            }
            cells.push(column, field);
            field
        };
        rest = from.get(written.len()..).and_then(|after| after.strip_prefix(separator));
        column = column.saturating_add(width(written)).saturating_add(1);
    }
    Ok(())
}

/// A field after its opening quotation mark, and its length with both marks, in bytes.
fn unquote(quoted: &str) -> Option<(String, usize)> {
    let mut field = String::new();
    let mut rest = quoted;
    loop {
        let (piece, after) = rest.split_once('"')?;
        field.push_str(piece);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => {
                let length = quoted.len().saturating_sub(after.len()).saturating_add(1);
                return Some((field, length));
            }
        }
    }
}

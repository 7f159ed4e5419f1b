//! Reading a file of a pack: whole, bounded, within the folder, and with its lines counted.

use super::fault::{Fault, code};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// The largest file that is read, in bytes.
pub(super) const FILE_MAX: u64 = 16 * 1024 * 1024;

/// The text of a file, and where its lines begin.
#[derive(Debug)]
pub(super) struct Source {
    /// The file, as a path within the pack.
    pub file: String,
    /// Its text.
    pub text: String,
    starts: Vec<usize>,
}

/// A source being read, and the faults found so far.
pub(super) struct Reading<'a> {
    /// The file.
    pub source: &'a Source,
    /// The faults of the whole pack.
    pub faults: &'a mut Vec<Fault>,
}

impl Reading<'_> {
    /// Notes a fault at a byte of the text.
    pub(super) fn fault(
        &mut self,
        at: usize,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (line, column) = self.source.place(at);
        self.faults.push(Fault {
            file: self.source.file.clone(),
            line: Some(line),
            column: Some(column),
            code,
            message: message.into(),
            remedy: remedy.into(),
        });
    }
}

impl Source {
    pub(super) fn new(file: &str, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at.saturating_add(1))).collect();
        Self { file: file.to_owned(), text, starts }
    }

    /// Line and column, in characters, of a byte of the text; both counted from 1.
    pub(super) fn place(&self, at: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied();
        let before = start.and_then(|start| self.text.get(start..at)).unwrap_or_default();
        let column = before.chars().count().saturating_add(1);
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Reads a file of the pack in `dir`.
    pub(super) fn read(dir: &Path, file: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let bytes = match bytes_of(dir, file) {
            Ok(bytes) => bytes,
            Err(fault) => {
                faults.push(*fault);
                return None;
            }
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = error.as_bytes().get(..valid).unwrap_or_default();
                let source = Self::new(file, String::from_utf8_lossy(before).into_owned());
                Reading { source: &source, faults }.fault(
                    valid,
                    code::NOT_UTF8,
                    "the file is not UTF-8 text from here on",
                    "save the file in the encoding UTF-8",
                );
                return None;
            }
        };
        if text.starts_with('\u{FEFF}') {
            let message = "the file begins with a byte order mark (U+FEFF)";
            let remedy = "save the file as UTF-8 without a byte order mark";
            faults.push(Fault::of_file(file, code::BYTE_ORDER_MARK, message, remedy));
            return None;
        }
        if text.trim().is_empty() {
            let remedy = "write what belongs there; packs/README.md says what";
            faults.push(Fault::of_file(file, code::FILE_EMPTY, "the file is empty", remedy));
            return None;
        }
        Some(Self::new(file, text))
    }
}

fn unreadable(file: &str, why: &str) -> Box<Fault> {
    let message = format!("the file cannot be read: {why}");
    let remedy = "make it an ordinary file that you may read";
    Box::new(Fault::of_file(file, code::FILE_UNREADABLE, &message, remedy))
}

/// Refuses a symbolic link anywhere on the way from the pack's folder to the file.
pub(super) fn refuse_links(dir: &Path, file: &str) -> Result<(), Box<Fault>> {
    let mut path = dir.to_owned();
    for part in file.split('/') {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let message = format!("{part} is a symbolic link, which could lead anywhere");
                let remedy = "put a copy of the file itself into the pack";
                return Err(Box::new(Fault::of_file(file, code::PATH_OUTSIDE, &message, remedy)));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let remedy = "add the file, or correct the name that leads to it";
                let message = "the file is missing";
                return Err(Box::new(Fault::of_file(file, code::FILE_MISSING, message, remedy)));
            }
            Err(error) => return Err(unreadable(file, &error.to_string())),
        }
    }
    Ok(())
}

/// The bytes of a file of the pack in `dir`.
pub(super) fn bytes_of(dir: &Path, file: &str) -> Result<Vec<u8>, Box<Fault>> {
    refuse_links(dir, file)?;
    let path = dir.join(file);
    let found = fs::metadata(&path).map_err(|error| unreadable(file, &error.to_string()))?;
    if !found.is_file() {
        return Err(unreadable(file, "it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|opened| opened.take(FILE_MAX.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| unreadable(file, &error.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_MAX {
        let message = "the file is larger than 16 MiB";
        let remedy = "a pack holds what a person can read; take out what does not belong there";
        return Err(Box::new(Fault::of_file(file, code::FILE_TOO_LARGE, message, remedy)));
    }
    Ok(bytes)
}

/// The first character that may not stand in a text, and what it is.
pub(super) fn unfit_character(text: &str) -> Option<(char, &'static str)> {
    text.chars().find_map(|found| unfit(found).map(|what| (found, what)))
}

/// The text with every character that may not stand in one written as its code.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for found in text.chars() {
        match unfit(found) {
            Some(_) => plain.extend(found.escape_unicode()),
            None => plain.push(found),
        }
    }
    plain
}

/// Says what a character is that may not stand in a text.
fn unfit(found: char) -> Option<&'static str> {
    match found {
        ' ' => None,
        '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => Some("a bidirectional control"),
        '\u{00AD}'
        | '\u{034F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}'
        | '\u{2060}'..='\u{206F}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => Some("an invisible character"),
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => Some("a private-use character"),
        other if other.is_control() => Some("a control character"),
        other if other.is_whitespace() => Some("a space other than U+0020"),
        _ => None,
    }
}

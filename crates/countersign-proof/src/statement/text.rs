//! The characters of a statement, and the escapes of its free text.

use super::{Fault, MAX_BYTES, StatementError};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// The most combining marks that may follow one another.
pub(super) const MAX_MARKS: usize = 6;

/// Checks length, encoding and characters of a whole text.
pub(super) fn scan(bytes: &[u8]) -> Result<&str, StatementError> {
    if bytes.len() > MAX_BYTES {
        return Err(StatementError::whole(Fault::TooLong { bytes: bytes.len() }));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| StatementError {
        line: bytes
            .iter()
            .take(error.valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1),
        key: "",
        fault: Fault::NotUtf8 { offset: error.valid_up_to() },
    })?;
    for (number, line) in (1..).zip(text.split('\n')) {
        scan_line(line).map_err(|fault| StatementError { line: number, key: "", fault })?;
    }
    if text.ends_with('\n') { Ok(text) } else { Err(StatementError::whole(Fault::NoFinalLineFeed)) }
}

fn scan_line(line: &str) -> Result<(), Fault> {
    if line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Ok(());
    }
    let mut marks: usize = 0;
    for found in line.chars() {
        if found == '\r' {
            return Err(Fault::CarriageReturn);
        }
        if let Some(what) = forbidden(found) {
            return Err(Fault::Forbidden { found, what });
        }
        marks = if is_mark(found) { marks.saturating_add(1) } else { 0 };
        if marks > MAX_MARKS {
            return Err(Fault::Marks);
        }
    }
    // A line feed joins with nothing, so a text is in form C when each of its lines is.
    if unicode_normalization::is_nfc(line) { Ok(()) } else { Err(Fault::NotNfc) }
}

fn is_mark(found: char) -> bool {
    !found.is_ascii() && found.general_category_group() == GeneralCategoryGroup::Mark
}

/// Says what a character is that may not stand in a statement.
fn forbidden(found: char) -> Option<&'static str> {
    if found == ' ' || found.is_ascii_graphic() {
        return None;
    }
    if is_bidirectional(found) {
        return Some("a bidirectional control");
    }
    if is_invisible(found) {
        return Some("an invisible character");
    }
    match found.general_category_group() {
        GeneralCategoryGroup::Letter
        | GeneralCategoryGroup::Mark
        | GeneralCategoryGroup::Number
        | GeneralCategoryGroup::Punctuation
        | GeneralCategoryGroup::Symbol => None,
        GeneralCategoryGroup::Separator => Some("a space or separator other than U+0020"),
        GeneralCategoryGroup::Other => Some("a control, private-use or unassigned character"),
    }
}

/// Bidi_Control (Unicode Character Database, PropList.txt).
fn is_bidirectional(found: char) -> bool {
    matches!(
        found,
        '\u{061C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Default_Ignorable_Code_Point (Unicode Character Database, DerivedCoreProperties.txt), and the
/// blank Braille pattern, which shows nothing either.
fn is_invisible(found: char) -> bool {
    matches!(
        found,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Writes free text in one line.
pub(super) fn escape(text: &str, out: &mut String) {
    match text {
        "" => out.push('-'),
        "-" => out.push_str("\\-"),
        _ => {
            for found in text.chars() {
                match found {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    _ => out.push(found),
                }
            }
        }
    }
}

/// Reads what [`escape`] wrote, at most `max` bytes.
pub(super) fn unescape(written: &str, max: usize) -> Result<String, Fault> {
    if written.len() > max {
        return Err(Fault::TextTooLong { bytes: written.len(), max });
    }
    match written {
        "-" => return Ok(String::new()),
        "\\-" => return Ok("-".to_owned()),
        _ => {}
    }
    if written.starts_with(is_mark) || written.starts_with(' ') || written.ends_with(' ') {
        return Err(Fault::Edge);
    }
    let mut text = String::with_capacity(written.len());
    let mut rest = written.chars();
    while let Some(found) = rest.next() {
        match found {
            '\\' => match rest.next() {
                Some('\\') => text.push('\\'),
                Some('n') => text.push('\n'),
                _ => return Err(Fault::Escape),
            },
            _ => text.push(found),
        }
    }
    Ok(text)
}

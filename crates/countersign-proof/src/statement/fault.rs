//! What can be wrong with a statement, told with its place and its remedy.

use super::{MAX_BYTES, StatementKind};
use crate::words::WordError;
use std::fmt;

/// A text that is not a statement, or a statement that has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementError {
    /// The line, counted from 1; 0 where the text as a whole is meant.
    pub line: usize,
    /// The key of that line; empty where no one key is meant.
    pub key: &'static str,
    /// What is wrong.
    pub fault: Fault,
}

impl StatementError {
    pub(super) fn whole(fault: Fault) -> Self {
        Self { line: 0, key: "", fault }
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.key) {
            (0, "") => write!(f, "statement: {}", self.fault),
            (0, key) => write!(f, "statement, {key}: {}", self.fault),
            (line, "") => write!(f, "statement line {line}: {}", self.fault),
            (line, key) => write!(f, "statement line {line}, {key}: {}", self.fault),
        }
    }
}
impl std::error::Error for StatementError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.fault)
    }
}

/// What is wrong with a line or a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Longer than a statement may be.
    #[error("{bytes} bytes, at most {MAX_BYTES} are allowed; shorten the reason or the zones")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8 at byte {offset}; save the text as UTF-8")]
    NotUtf8 {
        /// Where, counted from 0.
        offset: usize,
    },
    /// The last line is not ended.
    #[error("the last line does not end in a line feed; add one")]
    NoFinalLineFeed,
    /// A carriage return, usually from a text saved with CR LF line ends.
    #[error("a carriage return; save the text with LF line ends")]
    CarriageReturn,
    /// A character that could deceive the eye.
    #[error("{what} (U+{:04X}) is not allowed; remove it", u32::from(*found))]
    Forbidden {
        /// The character.
        found: char,
        /// What it is.
        what: &'static str,
    },
    /// A character outside ASCII where only ASCII may stand.
    #[error(
        "{found:?} (U+{:04X}) is not ASCII; only source and reason may hold it",
        u32::from(*found)
    )]
    NotAscii {
        /// The character.
        found: char,
    },
    /// Not in normalisation form C.
    #[error("not in Unicode normalisation form C; normalise the text to NFC")]
    NotNfc,
    /// A line without `: `, or with nothing behind it.
    #[error("not of the form `key: value`; where there is no value, write `-`")]
    NoKeyValue,
    /// The first line.
    #[error("the first line is not `countersign: 1`; this reader knows no other version")]
    Version,
    /// A statement of another kind than the one expected.
    #[error("this is a statement of kind {found}, and one of kind {expected} is expected")]
    Kind {
        /// What it is.
        found: StatementKind,
        /// What was expected.
        expected: StatementKind,
    },
    /// A key that is not there.
    #[error("the line is missing; add it in its place (absent is written `-`)")]
    Missing,
    /// A key that stands twice.
    #[error("{found:?} stands twice; keep one")]
    Duplicate {
        /// The key.
        found: String,
    },
    /// A key that stands too early.
    #[error("{found:?} stands here, out of order; the line expected here comes later")]
    OutOfOrder {
        /// The key found in its place.
        found: String,
    },
    /// A key that this kind does not have.
    #[error("{found:?} is not a key of this kind of statement; remove the line")]
    Unknown {
        /// The key, cut to 80 characters.
        found: String,
    },
    /// A value that is not written the way its type demands.
    #[error(transparent)]
    Word(#[from] WordError),
    /// Free text that is too long.
    #[error("{bytes} bytes as written, at most {max} are allowed; shorten the text")]
    TextTooLong {
        /// Its length, escaped.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A backslash that begins no escape.
    #[error("a backslash must be followed by another, by `n`, or be the whole text `\\-`")]
    Escape,
    /// Free text that begins or ends in a space, or begins in a mark that joins what precedes it.
    #[error("the text begins with a combining mark, or begins or ends with a space; trim it")]
    Edge,
    /// So many marks on one letter that they reach over other lines.
    #[error("more than {} combining marks on one letter; remove some", super::text::MAX_MARKS)]
    Marks,
    /// Values that contradict each other.
    #[error("{0}")]
    Rule(&'static str),
    /// Bytes that mean the same as another text.
    #[error("the text is not the one form in which this statement is written; render it anew")]
    NotCanonical,
}

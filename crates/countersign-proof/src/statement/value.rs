//! How each type of value is written behind its key.

use super::kinds::SeenHead;
use super::text::{escape, unescape};
use super::{Fault, REASON_MAX_BYTES, SOURCE_MAX_BYTES};
use crate::key::PublicKey;
use crate::words::{WordError, canonical_number};
use std::collections::BTreeSet;
use std::fmt::{Display, Write as _};
use std::str::FromStr;

/// How a value of type `T` is written behind its key.
pub(super) trait Value<T> {
    /// Whether characters outside ASCII may stand in it.
    const FREE: bool = false;
    fn write(value: &T, out: &mut String);
    fn read(written: &str) -> Result<T, Fault>;
}

/// A word in its own canonical form.
pub(super) enum Word {}
impl<T: Display + FromStr<Err = WordError>> Value<T> for Word {
    fn write(value: &T, out: &mut String) {
        // Writing to a string fails only if the word cannot be displayed; what is then missing
        // makes the text unreadable, and so is reported by `render`.
        let _ = write!(out, "{value}");
    }
    fn read(written: &str) -> Result<T, Fault> {
        Ok(written.parse()?)
    }
}

/// A word, or `-`.
pub(super) enum Maybe {}
impl<T: Display + FromStr<Err = WordError>> Value<Option<T>> for Maybe {
    fn write(value: &Option<T>, out: &mut String) {
        match value {
            Some(word) => Word::write(word, out),
            None => out.push('-'),
        }
    }
    fn read(written: &str) -> Result<Option<T>, Fault> {
        if written == "-" { Ok(None) } else { Word::read(written).map(Some) }
    }
}

/// Words sorted by their bytes and separated by commas, or `-`.
pub(super) enum Set {}
impl<T: Display + FromStr<Err = WordError> + Ord> Value<BTreeSet<T>> for Set {
    fn write(value: &BTreeSet<T>, out: &mut String) {
        let mut words: Vec<_> = value.iter().map(ToString::to_string).collect();
        words.sort_unstable();
        out.push_str(if words.is_empty() { "-" } else { "" });
        out.push_str(&words.join(","));
    }
    fn read(written: &str) -> Result<BTreeSet<T>, Fault> {
        if written == "-" {
            return Ok(BTreeSet::new());
        }
        let words: Vec<_> = written.split(',').collect();
        if !words.is_sorted_by(|earlier, later| earlier < later) {
            let sorted = "a set whose words are sorted by their bytes, each once, such as A,B";
            return Err(WordError::new(written, sorted).into());
        }
        words.into_iter().map(Word::read).collect()
    }
}

/// Free text of at most `MAX` bytes as written.
pub(super) enum Free<const MAX: usize> {}
impl<const MAX: usize> Value<String> for Free<MAX> {
    const FREE: bool = true;
    fn write(value: &String, out: &mut String) {
        escape(value, out);
    }
    fn read(written: &str) -> Result<String, Fault> {
        unescape(written, MAX)
    }
}

/// The field `reason`.
pub(super) type Reason = Free<REASON_MAX_BYTES>;
/// The field `source`.
pub(super) type Source = Free<SOURCE_MAX_BYTES>;

/// A source, or `-` for none.
pub(super) enum SourceOrNone {}
impl Value<String> for SourceOrNone {
    const FREE: bool = true;
    fn write(value: &String, out: &mut String) {
        if value.is_empty() { out.push('-') } else { Source::write(value, out) }
    }
    fn read(written: &str) -> Result<String, Fault> {
        if written == "-" { Ok(String::new()) } else { Source::read(written) }
    }
}

/// `yes` or `no`.
pub(super) enum YesNo {}
impl Value<bool> for YesNo {
    fn write(value: &bool, out: &mut String) {
        out.push_str(if *value { "yes" } else { "no" });
    }
    fn read(written: &str) -> Result<bool, Fault> {
        match written {
            "yes" => Ok(true),
            "no" => Ok(false),
            other => Err(WordError::new(other, "yes or no").into()),
        }
    }
}

/// A size, a space and a root.
pub(super) enum Head {}
impl Value<SeenHead> for Head {
    fn write(value: &SeenHead, out: &mut String) {
        let _ = write!(out, "{} {}", value.size, value.root);
    }
    fn read(written: &str) -> Result<SeenHead, Fault> {
        let size = |text| if text == "0" { Some(0) } else { canonical_number(text) };
        let head = written.split_once(' ').and_then(|(number, root)| {
            Some(SeenHead { size: size(number)?, root: root.parse().ok()? })
        });
        let expected = "a tree size, a space and a root of 64 lower-case hexadecimal digits";
        head.ok_or_else(|| WordError::new(written, expected).into())
    }
}

/// A log's name: 1 to 128 visible ASCII characters without `+` (C2SP signed-note, key names).
pub(super) enum Origin {}
impl Value<String> for Origin {
    fn write(value: &String, out: &mut String) {
        out.push_str(value);
    }
    fn read(written: &str) -> Result<String, Fault> {
        if crate::checkpoint::is_origin(written) {
            Ok(written.to_owned())
        } else {
            let expected = "a log name without scheme, space or plus, such as ledger.example/one";
            Err(WordError::new(written, expected).into())
        }
    }
}

/// A public key in OpenSSH form without a comment.
pub(super) enum OpenSshKey {}
impl Value<String> for OpenSshKey {
    fn write(value: &String, out: &mut String) {
        out.push_str(value);
    }
    fn read(written: &str) -> Result<String, Fault> {
        let expected = "an OpenSSH public key of an accepted type, `type base64`, no comment";
        match PublicKey::from_openssh(written) {
            Ok(key) if key.to_openssh() == written => Ok(written.to_owned()),
            Ok(_) | Err(_) => Err(WordError::new(written, expected).into()),
        }
    }
}

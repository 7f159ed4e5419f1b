//! Words that can be shown. Answers: *would a terminal obey anything in what this command says?*

use super::sealed_content;
use crate::Command;
use serde_json::Value;

/// A control character in the words of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {field} has the control character U+{:04X}, which a terminal obeys instead of showing it; \
     leave it out. Line feeds and tabs may stand there",
    u32::from(*.found)
)]
pub struct Unshowable {
    /// What has it, by the name that it has in the entry.
    pub field: String,
    /// Which.
    pub found: char,
}

/// Checks everything that a command says in words, signed or not: control characters are refused,
/// but for line feeds and tabs. For doors: what is refused here never becomes an entry.
///
/// # Errors
/// [`Unshowable`] for the first one.
pub fn check_showable(command: &Command) -> Result<(), Unshowable> {
    sealed_content(command).iter().try_for_each(|(_, content)| within("text", content))
}

fn within(field: &str, value: &Value) -> Result<(), Unshowable> {
    match value {
        Value::String(text) => {
            let obeyed = |found: &char| found.is_control() && !matches!(found, '\n' | '\t');
            match text.chars().find(obeyed) {
                Some(found) => Err(Unshowable { field: field.to_owned(), found }),
                None => Ok(()),
            }
        }
        Value::Array(list) => list.iter().try_for_each(|one| within(field, one)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, one)| within(name, one)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

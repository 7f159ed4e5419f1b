//! A command that comes a second time. Answers: *is this the command that an entry records, or
//! another one under the same id?*

use super::{command_kind, kinds, sealed_content};
use crate::Command;
use countersign_proof::{Label, OpenPart};
use serde_json::Value;

/// Whether an entry may be the answer to a command: it is of the same kind, about the same things,
/// and says the same of the parties. What was signed is not compared: whoever signs again says the
/// same by another text. Nor is the moment of a use, which the door fills in where nobody gave one.
/// `parties` is the content of that sealed part of the entry, if it has one.
#[must_use]
pub fn is_entry_of(open: &OpenPart, parties: Option<&[u8]>, command: &Command) -> bool {
    let about = kinds::subjects(command, &[]);
    let content = sealed_content(command).into_iter().find(|(label, _)| *label == Label::Parties);
    let content = content.map(|(_, content)| without_moment(content));
    let recorded = parties.map(|bytes| serde_json::from_slice(bytes).map(without_moment));
    open.command == command_kind(command)
        && about.iter().all(|id| open.subjects.contains(id))
        && recorded.transpose().is_ok_and(|recorded| recorded == content)
}

fn without_moment(mut content: Value) -> Value {
    if let Some(fields) = content.as_object_mut() {
        fields.remove("used_at");
    }
    content
}

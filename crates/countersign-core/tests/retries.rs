//! Whether a command that comes again is the one that an entry records.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "world/world.rs"]
mod world;

use countersign_core::record::{self, Answer, Entry, is_entry_of};
use countersign_core::requests::Command;
use countersign_core::{Command as AnyCommand, Envelope};
use countersign_proof::Label;
use countersign_proof::words::{CommandId, Digest};
use world::{draft, id, quantity};

/// The entry of a command.
fn entry(command: &AnyCommand) -> Entry {
    let (at, by) = (id("2025-06-02T09:00:00Z"), None);
    let envelope = Envelope { id: CommandId([1; 16]), at, by, command: command.clone() };
    let answer = Answer::Accepted(Vec::new());
    record::write(Digest([0; 32]), 7, &envelope, &answer, &mut || [7; 16]).unwrap()
}

/// Whether `again` is answered by the entry of `first`.
fn same(first: &AnyCommand, again: &AnyCommand) -> bool {
    let entry = entry(first);
    let parties = entry.sealed.iter().find(|part| part.label == Label::Parties);
    is_entry_of(&entry.open, parties.map(|part| part.bytes.as_slice()), again)
}

fn submit(units: u64, justification: &str) -> AnyCommand {
    let window = "2025-06-01T00:00:00Z/2025-07-01T00:00:00Z";
    let draft = draft("use", units, "ATACMS", "RU.Kursk", window);
    let justification = justification.to_owned();
    Command::SubmitRequest { draft, justification, supersedes: None }.into()
}

fn report(release: &str, units: u64, at: &str) -> AnyCommand {
    let (release, used_at, zone) = (id(release), id(at), Some(id("RU.Kursk")));
    let (quantity, note) = (quantity(units), String::new());
    Command::ReportUse { release, quantity, used_at, zone, note }.into()
}

#[test]
fn the_same_command_is_known_again_and_another_is_not() {
    let (now, later) = ("2025-06-02T09:00:00Z", "2025-06-02T09:00:05Z");
    let withdraw = |request: &str| Command::WithdrawRequest { request: id(request) }.into();
    let commands: [AnyCommand; 7] = [
        submit(2, "asked"),
        submit(3, "asked"),
        report("REL-1", 2, now),
        report("REL-1", 3, now),
        report("REL-2", 2, now),
        withdraw("REQ-1"),
        withdraw("REQ-2"),
    ];
    for (place, first) in commands.iter().enumerate() {
        for (other, again) in commands.iter().enumerate() {
            assert_eq!(same(first, again), place == other, "{first:?} and {again:?}");
        }
    }
    // A door fills in the present moment where nobody gave one.
    assert!(same(&report("REL-1", 2, now), &report("REL-1", 2, later)));
}

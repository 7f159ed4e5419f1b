//! Why a request is made. It stands in the record alone, not in the state.

use super::super::Failure;
use crate::opening::{read_body, sealed_part};
use crate::verification::deliberation;
use countersign_core::Event;
use countersign_core::record::Answer;
use countersign_core::requests::{Event as Requests, Request};
use countersign_proof::words::Moment;
use countersign_proof::{OpenPart, SealedPart};
use countersign_store::{Store, StoredEntry};

/// Entries read at a time.
const CHUNK: usize = 256;

/// What was said for the present revision of a request, in a record of so many entries.
pub(super) fn why(
    store: &dyn Store,
    size: u64,
    request: &Request,
) -> Result<Option<String>, Failure> {
    let mut from = first_at(store, size, request.submitted_at)?;
    while from < size {
        let entries = store.read(from, CHUNK)?;
        let Some(last) = entries.last() else { break };
        from = last.seq.saturating_add(1);
        for entry in &entries {
            if makes(entry, request)? {
                let parts: Vec<SealedPart> = entry.sealed.iter().filter_map(sealed_part).collect();
                return Ok(deliberation(&parts).1);
            }
        }
    }
    Ok(None)
}

fn open(entry: &StoredEntry) -> Result<OpenPart, Failure> {
    let damaged = |error| Failure::Integrity(format!("entry {}: {error}", entry.seq));
    OpenPart::parse(&entry.open).map_err(damaged)
}

/// The first entry that was not made before a moment: time never goes back in the record.
fn first_at(store: &dyn Store, size: u64, at: Moment) -> Result<u64, Failure> {
    let (mut from, mut to) = (0, size);
    while from < to {
        let middle = from.midpoint(to);
        let missing = || Failure::Integrity(format!("entry {middle} is missing; verify the log"));
        let entry = store.entry(middle)?.ok_or_else(missing)?;
        if open(&entry)?.time < at {
            from = middle.saturating_add(1);
        } else {
            to = middle;
        }
    }
    Ok(from)
}

/// Whether an entry makes the present revision of a request.
fn makes(entry: &StoredEntry, of: &Request) -> Result<bool, Failure> {
    let id = of.id.to_string();
    if !open(entry)?.subjects.iter().any(|subject| *subject == id) {
        return Ok(false);
    }
    let damaged = |error| Failure::Integrity(format!("entry {}: {error}", entry.seq));
    let Answer::Accepted(events) = read_body(&entry.body).map_err(damaged)?.result else {
        return Ok(false);
    };
    Ok(events.iter().any(|event| {
        if let Event::Requests(Requests::RequestSubmitted { request, digest, .. }) = event {
            return *request == of.id && *digest == of.digest;
        }
        if let Event::Requests(Requests::RequestRevised { request, digest, .. }) = event {
            return *request == of.id && *digest == of.digest;
        }
        false
    }))
}

/// Words as a terminal shows them and never obeys them: what came in before such characters were
/// refused is written as an escape.
pub(super) fn showable(words: &str) -> String {
    let mut shown = String::new();
    for letter in words.chars() {
        if letter.is_control() && letter != '\t' {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

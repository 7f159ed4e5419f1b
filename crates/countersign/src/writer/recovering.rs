//! Commands that come again, commits that failed, and databases that came back. Answers: *what has
//! happened, and is it still what was told?*

use super::{Asked, Bench, Receipt, Unavailable, acts};
use crate::opening::{OpenError, read_body, rebuild, sealed_part};
use countersign_core::record::{self, Recorded};
use countersign_proof::words::CommandId;
use countersign_proof::{Label, OpenPart};
use countersign_store::{NewHead, StoredEntry};

impl Bench {
    /// The entry that records a command, if one does.
    pub(super) fn found(&mut self, command: CommandId) -> Result<Option<u64>, Unavailable> {
        let found = self.store.find(command);
        if let Err(error) = &found
            && error.is_damage()
        {
            self.damage = Some(error.clone().into());
        }
        Ok(found?)
    }

    /// The answer that a command got before; another command under its id is refused.
    pub(super) fn answered_before(&self, seq: u64, asked: &Asked) -> Result<Receipt, Unavailable> {
        let lost =
            || Unavailable::NotRecorded(format!("entry {seq} cannot be read back; verify the log"));
        let entry = self.store.entry(seq)?.ok_or_else(lost)?;
        let Recorded { at, result } = read_body(&entry.body).map_err(|_| lost())?;
        check_same(&entry, asked)?;
        Ok(Receipt { seq, at, answer: result, repeated: true })
    }

    /// Keeps a head that is committed, before anybody is told of it.
    pub(super) fn committed(&self, head: &NewHead) -> Result<(), Unavailable> {
        let Some(seen) = &self.seen else { return Ok(()) };
        seen.keep(&head.frontier).map_err(|error| {
            let path = seen.path().display();
            Unavailable::Unknown(format!("{path} cannot be written, so nothing is told: {error}"))
        })
    }

    /// After a failed commit, state and head are read back: the record says what has happened.
    pub(super) fn recover(&mut self) -> Result<(), Unavailable> {
        if self.sound {
            return Ok(());
        }
        // A database that came back must go on from what it acknowledged.
        let store = self.store.as_ref();
        let checked = self.seen.as_ref().map_or(Ok(()), |seen| seen.check(store));
        let read = checked.and_then(|()| rebuild(store)).and_then(|(state, head)| {
            let rotated = self.rotated.as_ref().map(|(before, _)| before);
            let mut known = std::iter::once(&self.log_key).chain(rotated);
            if known.any(|key| key.verifier().public_key() == state.ledger.log_key.0) {
                Ok((state, head))
            } else {
                Err(OpenError::Head("it names another key than this writer's".to_owned()))
            }
        });
        let (state, head) = read.map_err(|error| {
            let unavailable = Unavailable::NotRecorded(format!("it cannot be read back: {error}"));
            self.damage = Some(error).filter(OpenError::is_damage);
            unavailable
        })?;
        // A commit whose reply was lost is shown to readers only now.
        self.reader.replace(state.clone(), &head);
        if let Some((before, next)) = self.rotated.take() {
            if state.ledger.log_key.0 == next.key.verifier().public_key() {
                acts::put_in_place(&next);
            } else {
                self.log_key = before;
                self.next_key = Some(next);
            }
        }
        self.state = state;
        self.head = head;
        self.sound = true;
        Ok(())
    }
}

/// Refuses a command that comes under the id of another one, which an entry records.
pub(super) fn check_same(entry: &StoredEntry, asked: &Asked) -> Result<(), Unavailable> {
    let mut parts = entry.sealed.iter().filter_map(sealed_part);
    let parties = parts.find(|part| part.label == Label::Parties).map(|part| part.bytes);
    let same = OpenPart::parse(&entry.open).is_ok_and(|open| match asked {
        Asked::Command(command) => record::is_entry_of(&open, parties.as_deref(), command),
        Asked::Nonce { .. } => open.command == "issue_nonce",
        Asked::Time => true,
    });
    if same {
        return Ok(());
    }
    Err(Unavailable::OtherCommand { seq: entry.seq })
}

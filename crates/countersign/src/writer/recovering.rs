//! Commits that failed, and databases that came back. Answers: *what has happened, and is it still
//! what was told?*

use super::{Bench, Unavailable, acts};
use crate::opening::seen::check_extends;
use crate::opening::{OpenError, rebuild};
use countersign_store::NewHead;

impl Bench {
    /// Keeps a head that is committed, before anybody is told of it.
    pub(super) fn committed(&mut self, head: &NewHead) -> Result<(), Unavailable> {
        let Some(seen) = &self.seen else { return Ok(()) };
        seen.keep(&head.frontier).map_err(|error| {
            let path = seen.path().display();
            Unavailable::Unknown(format!("{path} cannot be written, so nothing is told: {error}"))
        })
    }

    /// A database that came back must go on from what it acknowledged.
    fn check_seen(&self) -> Result<(), OpenError> {
        let Some(seen) = &self.seen else { return Ok(()) };
        let head = seen.read()?;
        head.map_or(Ok(()), |head| check_extends(self.store.as_ref(), &head, seen.path()))
    }

    /// After a failed commit, state and head are read back: the record says what has happened.
    pub(super) fn recover(&mut self) -> Result<(), Unavailable> {
        if self.sound {
            return Ok(());
        }
        let read = self.check_seen().and_then(|()| rebuild(self.store.as_ref()));
        let (state, head) = read.map_err(|error| {
            Unavailable::NotRecorded(format!("it cannot be read back: {error}"))
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

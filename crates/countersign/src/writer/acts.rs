//! Acts that reach beyond the state: names that leave the record, and the key that signs it.

use super::{Batch, Bench, Unavailable};
use crate::names;
use crate::opening::{self, NextKey};
use countersign_core::record::Answer;
use countersign_core::{Command, Envelope, Event, people};
use countersign_proof::statement::kinds::Erasure;

impl Bench {
    /// A command with what the record, and not the state, says of names: for an erasure, which
    /// entries name the person. One erasure is on stable storage before the next is judged, for it
    /// writes names down anew.
    pub(super) fn with_names(
        &self,
        mut command: Command,
        batch: &Batch,
    ) -> Result<Command, Unavailable> {
        if let Command::People(people::Command::EraseIdentity { statement, naming, .. }) =
            &mut command
        {
            if erases(batch) {
                let why = "another name leaves the record in this very moment; send it again";
                return Err(Unavailable::NotRecorded(why.to_owned()));
            }
            *naming = names::entries_naming(self.store.as_ref(), &statement.statement().person)?;
        }
        Ok(command)
    }

    /// An erasure that was accepted, with the names of others that its parts hold: they are
    /// written down anew with it.
    pub(super) fn with_names_kept(
        &self,
        mut envelope: Envelope,
        answer: &Answer,
    ) -> Result<Envelope, Unavailable> {
        if let Command::People(people::Command::EraseIdentity { statement, kept, .. }) =
            &mut envelope.command
            && let Answer::Accepted(_) = answer
        {
            let Erasure { person, entries, .. } = statement.statement();
            *kept = names::others(self.store.as_ref(), person, entries)?;
            // Where parts of an earlier act are still to be taken out.
            kept.retain(|other, _| self.state.people.erased_at(other).is_none());
        }
        Ok(envelope)
    }

    /// Takes out of the store what an act of the batch has erased. The act stands whatever comes of
    /// this; the next opening tries again.
    pub(super) fn erase(&mut self, batch: &Batch) {
        if !erases(batch) {
            return;
        }
        match opening::erase(self.store.as_mut(), &self.state) {
            Ok(None) => {}
            Ok(Some(left)) => tracing::warn!("{left}"),
            Err(error) => tracing::error!("names are erased at the next opening: {error}"),
        }
    }

    /// Takes the key that an act makes the log's; refuses where nobody could sign with it.
    pub(super) fn rotate(&mut self, events: &[Event]) -> Result<(), Unavailable> {
        let Some(to) = opening::rotated_to(events) else { return Ok(()) };
        let next = self.next_key.take_if(|next| next.key.verifier().public_key() == to.0);
        let next = next.ok_or_else(|| {
            let why = "the secret of the new log key is not beside the ledger; use `log \
                       rotate-key` there";
            Unavailable::NotRecorded(why.to_owned())
        })?;
        let before = std::mem::replace(&mut self.log_key, next.key.clone());
        self.rotated = Some((before, next));
        Ok(())
    }
}

/// The act is recorded; a file that is not in its place yet is put there at the next opening.
pub(super) fn put_in_place(next: &NextKey) {
    if let Err(error) = next.take_over() {
        tracing::error!("the log key's file is put in its place at the next opening: {error}");
    }
}

/// Whether an act of the batch takes a name out of the record.
fn erases(batch: &Batch) -> bool {
    let does = |event: &Event| match event {
        Event::People(event) => match event {
            people::Event::IdentityErased { .. } => true,
            people::Event::PersonRegistered { .. }
            | people::Event::IncumbentAppointed(_)
            | people::Event::DeputyAppointed(_)
            | people::Event::IncumbencyEnded { .. }
            | people::Event::DeputationEnded { .. }
            | people::Event::KeyEnrolled(_)
            | people::Event::KeyRevoked { .. } => false,
        },
        Event::Ledger(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => false,
    };
    batch.steps.iter().any(|step| match &step.answer {
        Answer::Accepted(events) => events.iter().any(does),
        Answer::Refused { .. } => false,
    })
}

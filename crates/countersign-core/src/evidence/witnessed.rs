//! Whether releases counted only once the witnesses that policy demands had seen them.

use super::signing::Place;
use super::{Examiner, Fault, Rule};
use crate::Event as AnyEvent;
use crate::requests::{Event, Suspension, checkpoint_of};
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::words::{EntryNumber, ReleaseId};

impl Examiner {
    /// Looks at the events of one entry together: what was issued waits, and what waits no longer
    /// was seen in a checkpoint that stands in the very entry.
    pub(super) fn seen_by_witnesses(&self, place: Place, events: &[AnyEvent]) -> Result<(), Fault> {
        let mut note = None;
        for event in events {
            let AnyEvent::Requests(event) = event else { continue };
            match event {
                Event::CheckpointWitnessed { size, note: text } => {
                    note = Some(self.witnessed(place, *size, text)?);
                }
                Event::ReleaseIssued { release, .. } | Event::ReleaseReapproved { release, .. } => {
                    self.waits(place, *release)?;
                }
                Event::ReleasesReinstated { releases, cause: Suspension::Witnesses(entry) } => {
                    for release in releases {
                        self.counts(place, *release, *entry, note.as_ref())?;
                    }
                }
                Event::ReleasesReinstated { .. }
                | Event::RequestSubmitted { .. }
                | Event::RequestRevised { .. }
                | Event::RequestWithdrawn { .. }
                | Event::InformationAnswered { .. }
                | Event::AdviceRecorded { .. }
                | Event::DecisionRecorded { .. }
                | Event::RequestApproved { .. }
                | Event::RequestRefused { .. }
                | Event::RequestLapsed { .. }
                | Event::DecidersReminded { .. }
                | Event::RequestEscalated { .. }
                | Event::RequestRebound { .. }
                | Event::PersonRecused { .. }
                | Event::QuorumOutOfReach { .. }
                | Event::InterestDeclared { .. }
                | Event::ReleaseRebound { .. }
                | Event::ReleasesSuspended { .. }
                | Event::ReleaseEnded { .. }
                | Event::UseReported { .. }
                | Event::HoldPlaced { .. }
                | Event::HoldLifted { .. }
                | Event::CertificateIssued { .. }
                | Event::ReceiptRecorded { .. }
                | Event::AccountRecorded { .. }
                | Event::SightingRecorded { .. } => {}
            }
        }
        Ok(())
    }

    /// A checkpoint of this very log, no larger than it was then.
    fn witnessed(&self, place: Place, size: u64, text: &str) -> Result<(u64, SignedNote), Fault> {
        let fault = |what: &str| place.fault(Rule::Witnesses, what);
        let note = SignedNote::parse(text.as_bytes());
        let note =
            note.map_err(|_| fault("what witnesses are said to have cosigned is no note"))?;
        let checkpoint = checkpoint_of(&self.state.ledger, &note)
            .ok_or_else(|| fault("what witnesses cosigned is no checkpoint of this log"))?;
        if checkpoint.size != size || size > place.seq {
            return Err(fault("the checkpoint that witnesses cosigned is of another size"));
        }
        Ok((size, note))
    }

    fn waits(&self, place: Place, id: ReleaseId) -> Result<(), Fault> {
        let Some(held) = self.found.releases.get(&id) else { return Ok(()) };
        let version = self.state.policy.version(&held.release.policy);
        let version = version.map_err(|error| place.fault(Rule::Policy, error))?;
        let waits = Suspension::Witnesses(EntryNumber(place.seq));
        if version.bundle.witnesses.is_some() && !held.release.causes.contains(&waits) {
            let what = format!("{id} counts at once, but policy demands that witnesses see it");
            return Err(place.fault(Rule::Witnesses, what));
        }
        Ok(())
    }

    fn counts(
        &self,
        place: Place,
        id: ReleaseId,
        entry: EntryNumber,
        seen: Option<&(u64, SignedNote)>,
    ) -> Result<(), Fault> {
        let Some(held) = self.found.releases.get(&id) else { return Ok(()) };
        let version = self.state.policy.version(&held.release.policy);
        let version = version.map_err(|error| place.fault(Rule::Policy, error))?;
        let Some(rule) = &version.bundle.witnesses else { return Ok(()) };
        let have = match seen {
            Some((size, note)) if entry.0 < *size => rule
                .cosigned(note)
                .map_err(|error| place.fault(Rule::Witnesses, error.to_string()))?,
            Some(_) | None => 0,
        };
        if rule.is_met_by(have) {
            return Ok(());
        }
        let need = rule.quorum;
        let what = format!("{id} counts, but {have} of {need} witnesses had seen entry {entry}");
        Err(place.fault(Rule::Witnesses, what))
    }
}

//! Releases that count only once others have seen them.
//!
//! Answers: *have enough witnesses cosigned a log in which this release stands?* Where a policy
//! version demands it, a release is born suspended. It stays so until a checkpoint is shown that
//! contains the entry and that the quorum of that version cosigned: one checkpoint, as in C2SP
//! tlog-policy, so that nobody can add up what was said of two histories.

use super::{Event, Rejection, Release, Suspension};
use crate::ledger::Ledger;
use crate::policy::Version;
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::LogVerifier;
use countersign_proof::checkpoint::{Checkpoint, CheckpointError, SignedNote};
use countersign_proof::cosignature::WitnessVerifier;
use countersign_proof::words::{EntryNumber, PolicyVersionId, ReleaseId};
use std::collections::{BTreeMap, BTreeSet};

/// What makes a release wait that this entry makes what it is; nothing where the version demands no
/// witnesses.
pub(super) fn awaits(state: &State, version: &Version, release: ReleaseId) -> Option<AnyEvent> {
    version.bundle.witnesses.as_ref()?;
    let cause = Suspension::Witnesses(EntryNumber(state.ledger.entries));
    Some(Event::ReleasesSuspended { releases: vec![release], cause }.into())
}

/// What becomes of a release that another version judges: it waits where that version demands
/// witnesses, who have this entry to see too, and else no longer.
pub(super) fn judged_anew(state: &State, version: &Version, release: &Release) -> Vec<AnyEvent> {
    if let Some(waits) = awaits(state, version, release.id) {
        return vec![waits];
    }
    let waits = release.causes.iter().filter(|cause| entry_of(cause).is_some());
    waits
        .map(|cause| {
            let (releases, cause) = (vec![release.id], cause.clone());
            Event::ReleasesReinstated { releases, cause }.into()
        })
        .collect()
}

/// The entry that witnesses have to see; none where a release is suspended for something else.
fn entry_of(cause: &Suspension) -> Option<u64> {
    match cause {
        Suspension::Witnesses(entry) => Some(entry.0),
        Suspension::Hold(_) | Suspension::Policy(_) => None,
    }
}

/// The checkpoint in a note, if a key of the log signed it.
pub(crate) fn checkpoint_of(ledger: &Ledger, note: &SignedNote) -> Option<Checkpoint> {
    let checkpoint = Checkpoint::parse_text(note.text()).ok()?;
    let keys: Vec<LogVerifier> = ledger.log_keys().flatten().collect();
    let signed = note.verify(&keys.iter().collect::<Vec<_>>()).is_ok();
    (signed && checkpoint.origin == ledger.origin).then_some(checkpoint)
}

/// Decides a checkpoint that witnesses cosigned.
pub(super) fn record(state: &State, note: &SignedNote) -> Result<Vec<AnyEvent>, AnyRejection> {
    let checkpoint = checkpoint_of(&state.ledger, note).ok_or(Rejection::CheckpointNotOurs)?;
    let (size, entries) = (checkpoint.size, state.ledger.entries);
    if size > entries {
        return Err(Rejection::CheckpointAhead { size, entries }.into());
    }
    let mut waiting = BTreeMap::<&Suspension, Vec<ReleaseId>>::new();
    let mut keys = BTreeSet::new();
    let mut short = None;
    // Many releases can wait under one version; its witnesses are looked for once.
    let mut counts = BTreeMap::<&PolicyVersionId, usize>::new();
    for release in state.requests.live() {
        for cause in &release.causes {
            let Some(entry) = entry_of(cause) else { continue };
            let rule = state.policy.version(&release.policy)?.bundle.witnesses.as_ref();
            let have = match (counts.get(&release.policy), rule) {
                (Some(have), _) => *have,
                (None, None) => 0,
                (None, Some(rule)) => rule
                    .cosigned(note)
                    .map_err(|error| Rejection::CosignatureForged { why: error.to_string() })?,
            };
            counts.insert(&release.policy, have);
            if entry < size && rule.is_none_or(|rule| rule.is_met_by(have)) {
                keys.extend(rule.iter().flat_map(|rule| &rule.keys));
                waiting.entry(cause).or_default().push(release.id);
            } else {
                short = short.or(Some(Rejection::TooFewWitnesses {
                    release: release.id,
                    entry: EntryNumber(entry),
                    have: if entry < size { have } else { 0 },
                    need: rule.map_or(0, |rule| rule.quorum),
                }));
            }
        }
    }
    if waiting.is_empty() {
        return Err(short.unwrap_or(Rejection::NothingAwaitsWitnesses).into());
    }
    let note = kept(&state.ledger, note, &keys).ok_or(Rejection::CheckpointNotOurs)?;
    let seen = Event::CheckpointWitnessed { size, note: note.to_string() }.into();
    let reinstated = waiting.into_iter().map(|(cause, releases)| {
        Event::ReleasesReinstated { releases, cause: cause.clone() }.into()
    });
    Ok(std::iter::once(seen).chain(reinstated).collect())
}

/// The note with the signatures of the log and of these witnesses alone.
fn kept(ledger: &Ledger, note: &SignedNote, keys: &BTreeSet<&String>) -> Option<SignedNote> {
    let log: Vec<LogVerifier> = ledger.log_keys().flatten().collect();
    let witnesses: Result<Vec<WitnessVerifier>, CheckpointError> =
        keys.iter().map(|key| key.parse()).collect();
    let witnesses = witnesses.ok()?;
    note.only(|line| {
        log.iter().any(|key| line.is_by(key)) || witnesses.iter().any(|key| line.is_by(key))
    })
}

//! What every examination rests on, decided again from what was signed: appointments, keys and
//! policy versions.

use super::signing::Place;
use super::{Fault, Rule};
use crate::policy::Subject;
use crate::step::gate;
use crate::{Event, State, ledger, people, policy};
use countersign_proof::signature::{Verified, verify};
use countersign_proof::statement::Statement;
use countersign_proof::words::Act;
use std::collections::{BTreeMap, BTreeSet};

/// Decides an event about people or policy again: it must follow from the statements of its entry.
pub(super) fn decide_again(
    state: &State,
    place: Place,
    event: &Event,
    statements: &[(String, String)],
) -> Result<(), Fault> {
    let unsigned = |error: crate::Rejection| place.fault(Rule::Unsigned, error);
    match event {
        Event::People(event) => {
            let Some(command) = people_command(state, place, event, statements)? else {
                return Ok(());
            };
            if let people::Command::Appoint { statements } = &command
                && let Some(first) = statements.first().map(Verified::statement)
            {
                let subject = Subject::Office(&first.subject_office);
                gate(state, Act::Appoint, subject, statements, place.at)
                    .map_err(|error| place.fault(Rule::Consent, error))?;
            }
            let again = state.people.decide(&command, None, place.at);
            same(place, event, &again.map_err(|error| unsigned(error.into()))?)
        }
        Event::Policy(event) => match event {
            policy::Event::VersionPublished { bundle, proofs, .. } => {
                let statements = all(state, place, statements)?;
                let proved = state.policy.proved(bundle, proofs);
                let subject = Subject::Programme { proved };
                gate(state, Act::Publish, subject, &statements, place.at)
                    .map_err(|error| place.fault(Rule::Consent, error))?;
                let (bundle, proofs) = (bundle.clone(), proofs.clone());
                let command = policy::Command::Publish { bundle, statements, proofs };
                let again = state.policy.decide(&command, place.at);
                same(place, event, &again.map_err(|error| unsigned(error.into()))?)
            }
            policy::Event::VersionCameIntoForce { version } => {
                let due = state.policy.coming().is_some_and(|coming| {
                    coming.bundle.version == *version && coming.in_force_from <= place.at
                });
                if due {
                    Ok(())
                } else {
                    let what = format!("{version} was not due to come into force");
                    Err(place.fault(Rule::Policy, what))
                }
            }
        },
        Event::Ledger(event @ ledger::Event::LogKeyRotated { .. }) => {
            let statements = all(state, place, statements)?;
            let subject = Subject::Programme { proved: true };
            gate(state, Act::Publish, subject, &statements, place.at)
                .map_err(|error| place.fault(Rule::Consent, error))?;
            let again = state.ledger.rotate(&statements);
            same(place, event, &again.map_err(|error| unsigned(error.into()))?)
        }
        Event::Ledger(_)
        | Event::Stock(_)
        | Event::Requests(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => Ok(()),
    }
}

fn same<E: PartialEq>(place: Place, recorded: &E, again: &E) -> Result<(), Fault> {
    if recorded == again {
        Ok(())
    } else {
        Err(place.fault(Rule::Unsigned, "what was recorded is not what was signed"))
    }
}

/// The command that an event about people followed from; none for what nobody signs.
fn people_command(
    state: &State,
    place: Place,
    event: &people::Event,
    statements: &[(String, String)],
) -> Result<Option<people::Command>, Fault> {
    Ok(match event {
        people::Event::PersonRegistered { .. } => None,
        people::Event::IncumbentAppointed(_)
        | people::Event::DeputyAppointed(_)
        | people::Event::IncumbencyEnded { .. }
        | people::Event::DeputationEnded { .. } => {
            Some(people::Command::Appoint { statements: all(state, place, statements)? })
        }
        people::Event::KeyEnrolled(_) => {
            let both: [_; 2] = all(state, place, statements)?.try_into().map_err(|_| {
                place.fault(Rule::Unsigned, "an enrolment is signed by its witness and its key")
            })?;
            let [witness, possession] = both;
            Some(people::Command::EnrolKey { witness, possession })
        }
        people::Event::KeyRevoked { .. } => {
            let one: [_; 1] = all(state, place, statements)?
                .try_into()
                .map_err(|_| place.fault(Rule::Unsigned, "a revocation is signed once"))?;
            let [statement] = one;
            Some(people::Command::RevokeKey { statement })
        }
        people::Event::IdentityErased { .. } => {
            let one: [_; 1] = all(state, place, statements)?
                .try_into()
                .map_err(|_| place.fault(Rule::Unsigned, "an erasure is signed once"))?;
            let [statement] = one;
            // Which entries named the person then is not known any more.
            let (naming, kept) = (BTreeSet::new(), BTreeMap::new());
            Some(people::Command::EraseIdentity { statement, naming, kept })
        }
    })
}

/// The statements of an entry, all of one kind.
fn all<S: Statement>(
    state: &State,
    place: Place,
    statements: &[(String, String)],
) -> Result<Vec<Verified<S>>, Fault> {
    let rules = state.ledger.signature_rules();
    let one = |(text, signature): &(String, String)| {
        verify(text.as_bytes(), signature, &rules)
            .map_err(|error| place.fault(Rule::Signature, error))
    };
    statements.iter().map(one).collect()
}

//! Bugs planted around `decide`, in the test and nowhere else: the exploration must find each.

use super::papers::Paper;
use countersign_core::requests::{Event as Requests, Suspension};
use countersign_core::{Envelope, Event, Rejection, State, decide, ledger};
use countersign_proof::statement::Statement;
use countersign_proof::words::DecisionKind;
use std::sync::Arc;

/// What is wrong with the ledger that is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Nothing.
    Nothing,
    /// Who has signed for two offices counts as two persons.
    CountsTwice,
    /// What was signed on a revision counts on the next one.
    SurvivesRevision,
    /// A command that is sent again is decided again, under a new id.
    DecidedAgain,
    /// A crash before the commit leaves its mark on the state.
    KeepsUncommitted,
    /// A text that was used can be used again.
    ForgetsSpent,
    /// The personal office's deputy is as good as its incumbent.
    DeputyInPerson,
    /// A version that comes into force leaves releases as they are.
    KeepsOldPolicy,
    /// The end of a hold ends every suspension.
    LiftsEverything,
}

impl Planted {
    /// Decides, with the bug.
    pub fn decide(
        self,
        state: &State,
        envelope: &Envelope,
        paper: Option<&Paper>,
        papers: &[Arc<Paper>],
    ) -> Result<Vec<Event>, Rejection> {
        let instead = |by: &str, office: &str| instead(state, envelope, paper, papers, by, office);
        match self {
            Self::Nothing | Self::DecidedAgain | Self::KeepsUncommitted => decide(state, envelope),
            Self::ForgetsSpent => {
                let mut events = decide(state, envelope)?;
                let spent = |event: &Event| {
                    matches!(event, Event::Ledger(ledger::Event::NonceSpent { .. }))
                };
                events.retain(|event| !spent(event));
                Ok(events)
            }
            Self::CountsTwice => match paper.filter(|paper| says(paper, "secdef", "GB.MoD")) {
                Some(_) if has_signed(state, "secdef", "US.SecDef") => instead("saceur", "GB.MoD"),
                Some(_) | None => decide(state, envelope),
            },
            Self::DeputyInPerson => {
                match paper.filter(|paper| says(paper, "deputy", "US.SecDef")) {
                    Some(_) => instead("secdef", "US.SecDef").map(|mut events| {
                        for made in events.iter_mut().filter_map(recorded) {
                            made.deputy_of = Some("secdef".parse().unwrap());
                        }
                        events
                    }),
                    None => decide(state, envelope),
                }
            }
            Self::SurvivesRevision => Ok(survivors(state, decide(state, envelope)?)),
            Self::KeepsOldPolicy => {
                let mut events = decide(state, envelope)?;
                events.retain(|event| !suspends_by_policy(event));
                Ok(events)
            }
            Self::LiftsEverything => {
                let mut events = decide(state, envelope)?;
                let lifted =
                    |event: &Event| matches!(event, Event::Requests(Requests::HoldLifted { .. }));
                if events.iter().any(lifted) {
                    for release in state.requests.live() {
                        events.extend(release.causes.iter().map(|cause| {
                            let (releases, cause) = (vec![release.id], cause.clone());
                            Requests::ReleasesReinstated { releases, cause }.into()
                        }));
                    }
                }
                Ok(events)
            }
        }
    }
}

fn says(paper: &Paper, person: &str, office: &str) -> bool {
    paper.decision().is_some_and(|text| {
        let text = text.statement();
        let who = (text.signer.as_str(), text.office.as_str());
        who == (person, office) && text.decision == DecisionKind::Approve
    })
}

fn has_signed(state: &State, person: &str, office: &str) -> bool {
    state.requests.all()[0]
        .standing(DecisionKind::Approve)
        .any(|made| (made.signed.person.as_str(), made.signed.office.as_str()) == (person, office))
}

fn recorded(event: &mut Event) -> Option<&mut countersign_core::people::Signed> {
    match event {
        Event::Requests(Requests::DecisionRecorded { decision, .. }) => Some(&mut decision.signed),
        _ => None,
    }
}

/// Decides the same word by another person, and writes the first one's name over theirs.
fn instead(
    state: &State,
    envelope: &Envelope,
    paper: Option<&Paper>,
    papers: &[Arc<Paper>],
    by: &str,
    office: &str,
) -> Result<Vec<Event>, Rejection> {
    let real = decide(state, envelope);
    let Some(given) = paper.and_then(Paper::decision) else { return real };
    let alike = |other: &&Arc<Paper>| {
        says(other, by, office)
            && other.decision().is_some_and(|text| {
                let (text, given) = (text.statement(), given.statement());
                text.terms == given.terms && text.policy == given.policy
            })
    };
    let Some(other) = papers.iter().find(alike) else { return real };
    let envelope = Envelope { command: other.command(), ..envelope.clone() };
    let Ok(mut events) = decide(state, &envelope) else { return real };
    for event in &mut events {
        match event {
            Event::Ledger(ledger::Event::NonceSpent { nonce }) => {
                *nonce = given.statement().binding().unwrap().nonce;
            }
            Event::Requests(Requests::DecisionRecorded { decision, .. }) => {
                decision.signed.person = given.statement().signer.clone();
                decision.signed.office = given.statement().office.clone();
                decision.statement = given.digest();
            }
            _ => {}
        }
    }
    Ok(events)
}

/// Writes what stood on the old revision down again for the new one.
fn survivors(state: &State, mut events: Vec<Event>) -> Vec<Event> {
    let revised = events.iter().find_map(|event| match event {
        Event::Requests(Requests::RequestRevised { request, revision, .. }) => {
            Some((*request, *revision))
        }
        _ => None,
    });
    if let Some((request, revision)) = revised {
        for made in state.requests.all()[0].standing(DecisionKind::Approve) {
            let decision =
                Box::new(countersign_core::requests::DecisionMade { revision, ..made.clone() });
            events.push(Requests::DecisionRecorded { request, decision }.into());
        }
    }
    events
}

fn suspends_by_policy(event: &Event) -> bool {
    matches!(
        event,
        Event::Requests(Requests::ReleasesSuspended { cause: Suspension::Policy(_), .. })
    )
}

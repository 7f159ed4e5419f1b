//! What an event is about: which entries belong to a matter.

use crate::{Event, ledger, people, policy, requests, rerouting, stock, triage};
use countersign_proof::words::{ItemId, ReleaseId, RequestId};
use std::fmt;

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// A request.
    Request(RequestId),
    /// A release.
    Release(ReleaseId),
    /// The class of an item.
    Class(ItemId),
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "{id}"),
            Self::Release(id) => write!(f, "{id}"),
            Self::Class(item) => write!(f, "the class of {item}"),
        }
    }
}

/// Shows what an event is about.
pub fn concerns(event: &Event, show: &mut dyn FnMut(Concern)) {
    match event {
        Event::Requests(event) => of_request(event, show),
        Event::Stock(stock::Event::ItemClassed { item, .. }) => show(Concern::Class(item.clone())),
        Event::Stock(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Policy(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => {}
    }
}

fn of_request(event: &requests::Event, show: &mut dyn FnMut(Concern)) {
    use requests::Event as Requests;
    match event {
        Requests::RequestSubmitted { request, supersedes, .. } => {
            show(Concern::Request(*request));
            supersedes.iter().for_each(|old| show(Concern::Request(*old)));
        }
        Requests::ReleaseIssued { release, request, .. } => {
            show(Concern::Request(*request));
            show(Concern::Release(*release));
        }
        Requests::RequestRevised { request, .. }
        | Requests::RequestWithdrawn { request }
        | Requests::InformationAnswered { request, .. }
        | Requests::AdviceRecorded { request, .. }
        | Requests::DecisionRecorded { request, .. }
        | Requests::RequestApproved { request }
        | Requests::RequestRefused { request, .. }
        | Requests::RequestLapsed { request }
        | Requests::DecidersReminded { request, .. }
        | Requests::RequestEscalated { request, .. }
        | Requests::RequestRebound { request, .. }
        | Requests::PersonRecused { request, .. }
        | Requests::QuorumOutOfReach { request }
        | Requests::InterestDeclared { request, .. } => show(Concern::Request(*request)),
        Requests::ReleaseRebound { release, .. }
        | Requests::ReleaseReapproved { release, .. }
        | Requests::ReleaseEnded { release, .. }
        | Requests::UseReported { release, .. } => show(Concern::Release(*release)),
        Requests::ReleasesSuspended { releases, .. }
        | Requests::ReleasesReinstated { releases, .. } => {
            releases.iter().for_each(|release| show(Concern::Release(*release)));
        }
        Requests::CertificateIssued { terms } => show(Concern::Release(terms.release)),
        Requests::ReceiptRecorded { release, .. } => {
            release.iter().for_each(|release| show(Concern::Release(*release)));
        }
        Requests::HoldPlaced { .. }
        | Requests::HoldLifted { .. }
        | Requests::CheckpointWitnessed { .. }
        | Requests::AccountRecorded { .. }
        | Requests::SightingRecorded { .. } => {}
    }
}

/// Whether every examination rests on this: who there is, who holds which office, which keys they
/// have, and which policies are in force.
#[must_use]
pub fn is_foundation(event: &Event) -> bool {
    match event {
        Event::Ledger(event) => match event {
            ledger::Event::LedgerFounded { .. } | ledger::Event::LogKeyRotated { .. } => true,
            ledger::Event::NonceIssued { .. }
            | ledger::Event::NonceSpent { .. }
            | ledger::Event::DoorOpened { .. } => false,
        },
        Event::People(event) => match event {
            people::Event::PersonRegistered { .. }
            | people::Event::IncumbentAppointed(_)
            | people::Event::DeputyAppointed(_)
            | people::Event::IncumbencyEnded { .. }
            | people::Event::DeputationEnded { .. }
            | people::Event::KeyEnrolled(_)
            | people::Event::KeyRevoked { .. }
            | people::Event::IdentityErased { .. } => true,
        },
        Event::Policy(event) => match event {
            policy::Event::VersionPublished { .. } | policy::Event::VersionCameIntoForce { .. } => {
                true
            }
        },
        Event::Stock(_) | Event::Requests(_) => false,
        Event::Triage(event) => match event {
            triage::Event::ItemsJudged { .. }
            | triage::Event::ClassChanged { .. }
            | triage::Event::ClassOverridden { .. }
            | triage::Event::OverrideLifted { .. } => false,
        },
        Event::Rerouting(event) => match event {
            rerouting::Event::DiversionOrdered { .. }
            | rerouting::Event::RecipientNotified { .. }
            | rerouting::Event::DiversionExecuted { .. }
            | rerouting::Event::DiversionLapsed { .. }
            | rerouting::Event::DebtIncurred { .. }
            | rerouting::Event::DebtRepaid { .. } => false,
        },
        Event::History(_) => false,
    }
}

//! What must be seen sometimes.

use super::book::Book;
use countersign_core::Event;
use countersign_core::requests::{Closing, Ending, Event as Of, Suspension};
use countersign_proof::words::Moment;

/// What must be seen sometimes, so that the exploration is not empty.
pub const SOMETIMES: &[&str] = &[
    "a release by two persons",
    "a release on the word of somebody who has left the office since",
    "a deputy's word",
    "a successor's word",
    "a question",
    "a refused request",
    "an authorisation taken back",
    "a request that nobody can complete any more",
    "a request that lapsed",
    "a release that expired",
    "a release suspended by the second version",
    "a release approved again under the second version",
    "a release suspended by a hold",
    "a release reinstated after a hold",
    "a use",
    "a use that is called a breach",
];

/// What the smaller worlds must show.
pub const OF_A_FEW: &[&str] = &[
    "a release by two persons",
    "a refused request",
    "an authorisation taken back",
    "a release suspended by the second version",
    "a release approved again under the second version",
    "a use",
    "a use that is called a breach",
];

/// What a world with a quorum of two must show.
pub const OF_THREE: &str = "a release by three persons";
/// What a world with crashes must show.
pub const RETRIES: [&str; 3] = [
    "a retry that was answered from the record",
    "a retry that was decided only then",
    "a refusal from the record of what would be accepted now",
];

/// What an event is of that.
pub fn label(book: &Book, at: Moment, event: &Event) -> Option<&'static str> {
    let Event::Requests(event) = event else { return None };
    Some(match event {
        Of::ReleaseIssued { .. } if book.outlived(at) => {
            "a release on the word of somebody who has left the office since"
        }
        Of::ReleaseIssued { .. } if book.signers() >= 3 => OF_THREE,
        Of::ReleaseIssued { .. } => "a release by two persons",
        Of::DecisionRecorded { decision, .. } => {
            let signed = &decision.signed;
            match (&signed.deputy_of, signed.person.as_str(), signed.office.as_str()) {
                (Some(_), _, _) => "a deputy's word",
                (None, "deputy", "US.SecDef") => "a successor's word",
                (None, ..) if decision.decision.as_str() == "ask" => "a question",
                (None, ..) => return None,
            }
        }
        Of::RequestRefused { closing: Closing::RefusedBy(_), .. } => "a refused request",
        Of::RequestRefused { closing: Closing::WithdrawnBy(_), .. } => {
            "an authorisation taken back"
        }
        Of::QuorumOutOfReach { .. } => "a request that nobody can complete any more",
        Of::RequestLapsed { .. } => "a request that lapsed",
        Of::ReleaseEnded { ending: Ending::Expired, .. } => "a release that expired",
        Of::ReleasesSuspended { cause: Suspension::Policy(_), .. } => {
            "a release suspended by the second version"
        }
        Of::ReleaseReapproved { .. } => "a release approved again under the second version",
        Of::ReleasesSuspended { cause: Suspension::Hold(_), .. } => "a release suspended by a hold",
        Of::ReleasesReinstated { cause: Suspension::Hold(_), .. } => {
            "a release reinstated after a hold"
        }
        Of::UseReported { breaches, .. } if breaches.is_empty() => "a use",
        Of::UseReported { .. } => "a use that is called a breach",
        _ => return None,
    })
}

//! What a step brought about, told in the words of the scenarios.
#![allow(unreachable_pub, reason = "a module of the tests")]

use super::stores;
use super::world::World;
use countersign_core::policy::sets_in_words;
use countersign_core::requests::{Closing, Ending, Event as Requests, Suspension};
use countersign_core::{Event, history, people, policy, rerouting, triage};
use countersign_proof::words::{DecisionKind, ReleaseId, RequestId};
use std::fmt::Display;

fn list<T: Display>(things: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    words.join(" and ")
}

fn cause(cause: &Suspension) -> String {
    match cause {
        Suspension::Hold(hold) => hold.to_string(),
        Suspension::Policy(version) => version.to_string(),
        Suspension::Witnesses(entry) => format!("witnesses of {entry}"),
    }
}

/// What an open request still misses; nothing for one that is closed.
fn missing(world: &World, id: RequestId) -> Option<String> {
    let request = world.request(id.0);
    let suspended = request.release.is_some_and(|release| {
        let causes = &world.release(release.0).causes;
        causes.iter().any(|cause| matches!(cause, Suspension::Policy(_)))
    });
    if !request.state.is_open() && !suspended {
        return None;
    }
    Some(match world.state.standpoint(request) {
        Ok(standpoint) if standpoint.standing => "missing nobody".to_owned(),
        Ok(standpoint) => format!("missing {}", sets_in_words(&standpoint.missing)),
        Err(rejection) => format!("no answer {}", rejection.code()),
    })
}

fn state(world: &World, id: ReleaseId) -> String {
    format!("{id} {}", world.release(id.0).state)
}

/// The events of a step, one phrase each; bookkeeping is left out.
pub fn tell(world: &World, events: &[Event]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for event in events {
        let phrase = match event {
            Event::Ledger(_) => None,
            Event::People(event) => Some(of_people(event)),
            Event::Stock(event) => {
                stores::tell(event, &mut told);
                None
            }
            Event::Policy(policy::Event::VersionPublished { bundle, .. }) => {
                Some(format!("{} published", bundle.version))
            }
            Event::Policy(policy::Event::VersionCameIntoForce { version }) => {
                Some(format!("{version} in force"))
            }
            Event::Requests(event) => of_requests(world, event, &mut told),
            Event::Triage(event) => of_triage(event),
            Event::Rerouting(event) => Some(of_rerouting(event)),
            Event::History(history::Event::RowImported { row, .. }) => {
                Some(format!("row {row} imported"))
            }
        };
        told.extend(phrase);
    }
    told
}

fn of_triage(event: &triage::Event) -> Option<String> {
    use triage::Event as Triage;
    match event {
        Triage::ItemsJudged { .. } => None,
        Triage::ClassChanged { item, from, judgement } => {
            Some(format!("{item} from {from} to {}", judgement.class))
        }
        Triage::ClassOverridden { item, declaration, .. } => {
            Some(format!("{item} set to {} by {}", declaration.class, declaration.office))
        }
        Triage::OverrideLifted { item, .. } => Some(format!("{item} no longer set")),
    }
}

fn of_rerouting(event: &rerouting::Event) -> String {
    use rerouting::Event as Rerouting;
    match event {
        Rerouting::DiversionOrdered { order } => {
            format!("{} orders {} {}", order.id, order.plan.units(), order.plan.item)
        }
        Rerouting::RecipientNotified { recipient, slots, .. } => {
            let units: u64 = slots.iter().map(|(_, _, units)| units).sum();
            format!("{recipient} loses {units}")
        }
        Rerouting::DiversionExecuted { order } => format!("{order} executed"),
        Rerouting::DiversionLapsed { order, .. } => format!("{order} lapsed"),
        Rerouting::DebtIncurred { debt } => {
            format!("{} owes {} {} by {}", debt.id, debt.recipient, debt.units, debt.due)
        }
        Rerouting::DebtRepaid { debt, units } => format!("{debt} repaid {units}"),
    }
}

fn of_people(event: &people::Event) -> String {
    use people::Event as People;
    match event {
        People::PersonRegistered { person, .. } => format!("{person} registered"),
        People::IncumbentAppointed(term) => format!("{} appointed to {}", term.person, term.office),
        People::DeputyAppointed(term) => format!("{} deputises at {}", term.deputy, term.office),
        People::IncumbencyEnded { office, person, until } => {
            format!("{person} holds {office} until {until}")
        }
        People::DeputationEnded { office, person, until } => {
            format!("{person} deputises at {office} until {until}")
        }
        People::KeyEnrolled(key) => format!("a key of {} enrolled", key.person),
        People::KeyRevoked { .. } => "key revoked".to_owned(),
        People::IdentityErased { person, .. } => format!("the name of {person} erased"),
    }
}

fn of_requests(world: &World, event: &Requests, told: &mut Vec<String>) -> Option<String> {
    let and_missing = |told: &mut Vec<String>, what: String, id: &RequestId| {
        told.push(what);
        missing(world, *id)
    };
    Some(match event {
        Requests::RequestSubmitted { request, supersedes, .. } => {
            if let Some(old) = supersedes {
                told.push(format!("{old} superseded"));
            }
            return and_missing(told, format!("{request} submitted"), request);
        }
        Requests::RequestRevised { request, revision, .. } => {
            return and_missing(told, format!("{request} at revision {revision}"), request);
        }
        Requests::RequestWithdrawn { request } => format!("{request} withdrawn"),
        Requests::InformationAnswered { request, .. } => format!("{request} clock runs"),
        Requests::AdviceRecorded { advice, .. } => format!("advised {}", advice.advice),
        Requests::DecisionRecorded { request, decision } => match decision.decision {
            DecisionKind::Ask => format!("{request} clock stopped"),
            word @ (DecisionKind::Approve | DecisionKind::Refuse | DecisionKind::Withdraw) => {
                return and_missing(told, format!("recorded {word}"), request);
            }
        },
        Requests::RequestApproved { request } => format!("{request} approved"),
        Requests::RequestRefused { request, closing } => match closing {
            Closing::RefusedBy(office) => format!("{request} refused by {office}"),
            Closing::WithdrawnBy(office) => format!("{request} refused, {office} took back"),
            Closing::Policy(version) => format!("{request} refused by {version}"),
            Closing::NoStock => format!("{request} refused for want of stock"),
            Closing::UnderHold => format!("{request} refused under hold"),
        },
        Requests::RequestLapsed { request } => format!("{request} lapsed"),
        Requests::DecidersReminded { request, offices } => {
            format!("{request} reminds {}", list(offices))
        }
        Requests::RequestEscalated { request, offices } => {
            format!("{request} overdue at {}", list(offices))
        }
        Requests::RequestRebound { request, policy, .. } => {
            return and_missing(told, format!("{request} under {policy}"), request);
        }
        Requests::PersonRecused { request, person } => {
            return and_missing(told, format!("{person} steps back"), request);
        }
        Requests::QuorumOutOfReach { .. } => "quorum out of reach".to_owned(),
        Requests::InterestDeclared { person, .. } => format!("{person} declares an interest"),
        Requests::ReleaseIssued { release, .. } => {
            let usable = &world.release(release.0).usable;
            let zones: Vec<_> = usable.zones.iter().map(|zone| zone.as_str()).collect();
            let place =
                if zones.is_empty() { String::new() } else { format!(" in {}", zones.join(",")) };
            let depot =
                usable.depot.as_ref().map_or(String::new(), |depot| format!(" from {depot}"));
            format!("{release} issued for {}{place}{depot}", usable.quantity)
        }
        Requests::ReleaseRebound { release, policy } => format!("{release} under {policy}"),
        Requests::ReleasesSuspended { releases, cause: why } => {
            format!("{} suspended by {}", list(releases), cause(why))
        }
        Requests::ReleasesReinstated { releases, .. } => {
            list(releases.iter().map(|id| state(world, *id)))
        }
        Requests::CheckpointWitnessed { size, .. } => format!("witnesses have seen {size} entries"),
        Requests::ReleaseReapproved { release, .. } => format!("{} again", state(world, *release)),
        Requests::ReleaseEnded { release, ending } => match ending {
            Ending::WithdrawnBy(office) => format!("{release} revoked by {office}"),
            Ending::Policy(version) => format!("{release} revoked by {version}"),
            Ending::Exhausted | Ending::Expired | Ending::Surrendered => {
                format!("{release} {}", ending.state())
            }
        },
        Requests::UseReported { quantity, breaches, .. } => {
            told.push(format!("use of {quantity} recorded"));
            told.extend(breaches.iter().map(|breach| format!("breach {}", breach.as_str())));
            return None;
        }
        Requests::HoldPlaced { hold, .. } => format!("{hold} placed"),
        Requests::HoldLifted { hold, .. } => format!("{hold} lifted"),
        Requests::CertificateIssued { terms } => {
            format!("{} of {} issued for {}", terms.id, terms.release, terms.depot)
        }
        Requests::ReceiptRecorded { certificate, quantity, breaches, .. } => {
            told.push(format!("{quantity} handed out on {certificate}"));
            told.extend(breaches.iter().map(|breach| format!("breach {}", breach.as_str())));
            return None;
        }
        Requests::AccountRecorded { certificate, .. } => format!("{certificate} accounted for"),
        Requests::SightingRecorded { sighted, .. } => format!("{} seen", sighted.certificate),
    })
}

/// Where a request or a release stands, in one line.
pub fn show(world: &World, what: &str) -> Vec<String> {
    if let Ok(id) = what.parse::<RequestId>() {
        let request = world.request(id.0);
        return std::iter::once(request.state.to_string()).chain(missing(world, id)).collect();
    }
    let id: ReleaseId = what.parse().expect("REQ-n or REL-n");
    let release = world.release(id.0);
    let mut told = vec![release.state.to_string(), format!("{} left", release.left())];
    told.extend(release.causes.iter().map(|why| format!("suspended by {}", cause(why))));
    told.extend(release.breaches.iter().map(|breach| format!("breach {}", breach.as_str())));
    told
}

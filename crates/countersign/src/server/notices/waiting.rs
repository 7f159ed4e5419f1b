//! Who is to be written to. Answers: *for whose word does something wait now?*
//!
//! Events say what may concern somebody; the state as it is when a mail is sent says whom, and
//! whether it still does. Nobody is told of what they could not see or act on.

use super::settings::Whom;
use crate::views;
use countersign_core::policy::{ItemQuestion, Preconditions, Question, Subject, Totals, Verdict};
use countersign_core::requests::{self, Request, RequestState, Suspension};
use countersign_core::stock::Item;
use countersign_core::viewing::Matter;
use countersign_core::{Event, State, rerouting, triage};
use countersign_proof::Label;
use countersign_proof::words::{
    Act, HoldId, ItemId, OfficeId, OrderId, PartyId, PersonId, Quantity, ReleaseId, RequestId,
};
use std::collections::BTreeSet;

/// Something that may be for somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// A request needs a decision.
    Open(RequestId),
    /// A request needs an answer of whoever asked.
    Question(RequestId),
    /// A request has come to an end.
    Closed(RequestId),
    /// A request has waited too long; the overseers are told.
    Overdue(RequestId, BTreeSet<OfficeId>),
    /// A release was suspended, or is so no longer.
    Release(ReleaseId),
    /// A hold stands, and could be lifted.
    Hold(HoldId),
    /// Units promised to a party are re-routed.
    Loss(OrderId, PartyId),
    /// The class of an item has changed: an order may have to be signed.
    Short(ItemId),
}

/// A line of a mail: what waits, and on which page. It names nothing but kinds and opaque ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// In words.
    pub(crate) words: String,
    /// The path of the page.
    pub(crate) path: String,
}

/// What an entry's events may mean for somebody.
pub(crate) fn concerns(events: &[Event]) -> BTreeSet<Concern> {
    let mut found = BTreeSet::new();
    for event in events {
        match event {
            Event::Requests(event) => of_requests(event, &mut found),
            Event::Rerouting(rerouting::Event::RecipientNotified { order, recipient, .. }) => {
                found.insert(Concern::Loss(*order, recipient.clone()));
            }
            Event::Triage(triage::Event::ClassChanged { item, .. }) => {
                found.insert(Concern::Short(item.clone()));
            }
            Event::Ledger(_)
            | Event::People(_)
            | Event::Stock(_)
            | Event::Policy(_)
            | Event::Triage(_)
            | Event::Rerouting(_)
            | Event::History(_) => {}
        }
    }
    found
}

fn of_requests(event: &requests::Event, found: &mut BTreeSet<Concern>) {
    use requests::Event as E;
    match event {
        E::RequestSubmitted { request, .. }
        | E::RequestRevised { request, .. }
        | E::InformationAnswered { request, .. }
        | E::DecidersReminded { request, .. }
        | E::RequestRebound { request, .. } => {
            found.insert(Concern::Open(*request));
        }
        E::DecisionRecorded { request, .. } => {
            found.insert(Concern::Question(*request));
        }
        E::RequestEscalated { request, offices } => {
            found.insert(Concern::Overdue(*request, offices.clone()));
        }
        E::RequestApproved { request }
        | E::RequestRefused { request, .. }
        | E::RequestLapsed { request } => {
            found.insert(Concern::Closed(*request));
        }
        E::ReleasesSuspended { releases, cause } => {
            found.extend(releases.iter().map(|release| Concern::Release(*release)));
            if let Suspension::Hold(hold) = cause {
                found.insert(Concern::Hold(*hold));
            }
        }
        E::ReleasesReinstated { releases, .. } => {
            found.extend(releases.iter().map(|release| Concern::Release(*release)));
        }
        E::HoldPlaced { hold, .. } => {
            found.insert(Concern::Hold(*hold));
        }
        E::CheckpointWitnessed { .. }
        | E::RequestWithdrawn { .. }
        | E::AdviceRecorded { .. }
        | E::PersonRecused { .. }
        | E::QuorumOutOfReach { .. }
        | E::InterestDeclared { .. }
        | E::ReleaseIssued { .. }
        | E::ReleaseRebound { .. }
        | E::ReleaseReapproved { .. }
        | E::ReleaseEnded { .. }
        | E::UseReported { .. }
        | E::CertificateIssued { .. }
        | E::ReceiptRecorded { .. }
        | E::AccountRecorded { .. }
        | E::SightingRecorded { .. }
        | E::HoldLifted { .. } => {}
    }
}

/// What a concern is to somebody now; `None` where it is nothing to them, or nothing any more.
pub(crate) fn line(state: &State, whom: &Whom, concern: &Concern) -> Option<Line> {
    match concern {
        Concern::Open(id) => {
            let request = state.requests.request(*id)?;
            let missing = views::missing(state, request).unwrap_or_default();
            let mut offices = missing.iter().flatten();
            offices.any(|office| decides(state, whom, request, office)).then(|| Line {
                words: format!("{id}: a decision is asked for"),
                path: format!("/requests/{id}"),
            })
        }
        Concern::Question(id) => {
            let request = state.requests.request(*id)?;
            let open = request.state == RequestState::InformationRequested;
            (open && asked(state, whom, request)).then(|| Line {
                words: format!("{id}: a question waits for an answer"),
                path: format!("/requests/{id}"),
            })
        }
        Concern::Closed(id) => {
            let request = state.requests.request(*id)?;
            let came = request.state;
            (asked(state, whom, request) && !came.is_open())
                .then(|| Line { words: format!("{id} is {came}"), path: format!("/requests/{id}") })
        }
        Concern::Overdue(id, offices) => {
            let request = state.requests.request(*id)?;
            let told = offices.iter().any(|office| speaks(state, whom, office, None))
                && sees(state, whom, |person| state.may_see(request, person));
            (told && request.state.is_open()).then(|| Line {
                words: format!("{id} has waited too long for a decision"),
                path: format!("/requests/{id}"),
            })
        }
        Concern::Release(id) => {
            let release = state.requests.release(*id)?;
            let request = state.requests.request(release.request)?;
            asked(state, whom, request).then(|| Line {
                words: format!("{id} is {}", release.state),
                path: format!("/requests/{}", request.id),
            })
        }
        Concern::Hold(id) => {
            let hold = state.requests.hold(*id).filter(|hold| hold.lifted_at.is_none())?;
            let subject = Subject::Programme { proved: false };
            if *whom == Whom::Person(hold.person.clone())
                || !named(state, whom, Act::Suspend, subject)
            {
                return None;
            }
            Some(Line {
                words: format!("{id} stands until it is lifted"),
                path: "/oversight".to_owned(),
            })
        }
        Concern::Loss(id, party) => {
            let order = state.rerouting.order(*id)?;
            let item = &order.plan.item;
            (of_party(state, whom, party)
                && sees(state, whom, |person| {
                    state.may_view(person, &Matter::Item(item), Label::Parties)
                }))
            .then(|| Line {
                words: format!("{id} re-routes units that were promised to you"),
                path: "/rerouting".to_owned(),
            })
        }
        Concern::Short(id) => {
            let item = state.stock.item(id)?;
            let class = state.triage.rules().class(&item.class);
            let short = class.is_some_and(|class| class.severity > 0);
            (short && named(state, whom, Act::Divert, Subject::Item(diversion(item)))).then(|| {
                Line {
                    words: "an item is in short supply; an order to divert may be yours to sign"
                        .to_owned(),
                    path: "/rerouting".to_owned(),
                }
            })
        }
    }
}

/// Whether somebody has asked for a request.
fn asked(state: &State, whom: &Whom, request: &Request) -> bool {
    sees(state, whom, |person| request.is_asked_by(person))
}

/// Whether somebody may decide on a request for an office that is missing, and may see it.
fn decides(state: &State, whom: &Whom, request: &Request, office: &OfficeId) -> bool {
    let pool = state.may_sign(request, office);
    match whom {
        Whom::Person(person) => pool.contains(person) && state.may_see(request, person),
        Whom::Office(own) => {
            own == office && pool.iter().any(|person| state.may_see(request, person))
        }
    }
}

/// Whether a person is so, or one of those who hold an office now.
fn sees(state: &State, whom: &Whom, is_so: impl Fn(&PersonId) -> bool) -> bool {
    match whom {
        Whom::Person(person) => is_so(person),
        Whom::Office(office) => {
            let at = state.ledger.clock;
            let mut held = state.people.terms(office).filter(|term| term.span.contains(at));
            held.any(|term| is_so(&term.person))
        }
    }
}

/// Whether somebody speaks for an office, on an act where one is named.
fn speaks(state: &State, whom: &Whom, office: &OfficeId, act: Option<Act>) -> bool {
    let at = state.ledger.clock;
    match (whom, act) {
        (Whom::Office(own), _) => own == office,
        (Whom::Person(person), Some(act)) => {
            state.people.eligible(office, act, at).contains(person)
        }
        (Whom::Person(person), None) => {
            state.people.spoken_for_by(person, at).any(|own| own.id == *office)
        }
    }
}

/// Whether somebody belongs to a party.
fn of_party(state: &State, whom: &Whom, party: &PartyId) -> bool {
    match whom {
        Whom::Person(person) => state.people.party_of(person) == Some(party),
        Whom::Office(office) => {
            state.people.office(office).is_some_and(|office| office.party == *party)
        }
    }
}

/// Whether an approval set of the version in force names an office of somebody for an act.
fn named(state: &State, whom: &Whom, act: Act, subject: Subject<'_>) -> bool {
    let (now, exercise) = (state.ledger.clock, state.ledger.exercise);
    let question = Question { act, subject, now, key_only: false, exercise };
    let Ok(version) = state.policy.current() else { return false };
    let Ok(explained) = state.policy.ask(version, &BTreeSet::new(), &question) else {
        return false;
    };
    match &explained.verdict {
        Verdict::Needs(sets) => {
            sets.iter().flatten().any(|office| speaks(state, whom, office, Some(act)))
        }
        Verdict::Standing | Verdict::Prohibited => false,
    }
}

/// A diversion of an item, with all that policy could ask of one.
fn diversion(item: &Item) -> ItemQuestion<'_> {
    ItemQuestion {
        holder: &item.origin,
        item,
        zone: None,
        quantity: Quantity::new(1).unwrap_or_default(),
        recipient: None,
        requested: Act::Divert,
        totals: Totals::default(),
        preconditions: Preconditions { certified: true, notice_days: u16::MAX, replaced: true },
    }
}

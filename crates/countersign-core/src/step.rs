//! One step: a command, decided against the state, and what its events do to the state.
//!
//! This is the one choke point. Whatever door a command came through, it passes `decide`; whatever
//! changes the state is an event that `apply` knows.

use crate::ledger::Ledger;
use crate::people::Authority;
use crate::policy::{Consent, Subject};
use crate::{history, ledger, people, policy, requests, rerouting, stock, triage};
use countersign_proof::signature::Verified;
use countersign_proof::statement::Statement;
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::statement::kinds::{
    Appointment, Erasure, KeyEnrolment, KeyRevocation, LogKeyRotation,
};
use countersign_proof::words::{Act, CommandId, Moment, OrderId};
use serde::{Deserialize, Serialize};

/// The whole state of a ledger; a function of its record and nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// Identity, clock and nonces.
    pub ledger: Ledger,
    /// Who may speak for which office.
    pub people: people::People,
    /// What is there.
    pub stock: stock::Stock,
    /// Which rules are in force.
    pub policy: policy::Policies,
    /// What is asked for and released.
    pub requests: requests::Requests,
    /// How short each item is.
    pub triage: triage::Triage,
    /// What was re-routed, and what is owed for it.
    pub rerouting: rerouting::Rerouting,
    /// What was imported as evidence.
    pub history: history::Histories,
}

/// A command with what arrives beside it: id, moment, and who stands at the door.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The sender's id: a retry with the same id gets the same answer.
    pub id: CommandId,
    /// The moment the writer gives it.
    pub at: Moment,
    /// Whose session it came through; none for what the writer does by itself.
    pub by: Option<Authority>,
    /// The command.
    pub command: Command,
}

/// A command of any room.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the rooms say what they are")]
pub enum Command {
    Ledger(ledger::Command),
    People(people::Command),
    Stock(stock::Command),
    Policy(policy::Command),
    Requests(requests::Command),
    Triage(triage::Command),
    Rerouting(rerouting::Command),
    History(history::Command),
}

/// An event of any room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the rooms say what they are")]
pub enum Event {
    Ledger(ledger::Event),
    People(people::Event),
    Stock(stock::Event),
    Policy(policy::Event),
    Requests(requests::Event),
    Triage(triage::Event),
    Rerouting(rerouting::Event),
    History(history::Event),
}

/// A refusal of any room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the rooms say what they are")]
#[error(transparent)]
pub enum Rejection {
    Ledger(#[from] ledger::Rejection),
    People(#[from] people::Rejection),
    Stock(#[from] stock::Rejection),
    Policy(#[from] policy::Rejection),
    Requests(#[from] requests::Rejection),
    Triage(#[from] triage::Rejection),
    Rerouting(#[from] rerouting::Rejection),
    History(#[from] history::Rejection),
}

impl Rejection {
    /// The stable code, `room/rule`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ledger(rejection) => rejection.code(),
            Self::People(rejection) => rejection.code(),
            Self::Stock(rejection) => rejection.code(),
            Self::Policy(rejection) => rejection.code(),
            Self::Requests(rejection) => rejection.code(),
            Self::Triage(rejection) => rejection.code(),
            Self::Rerouting(rejection) => rejection.code(),
            Self::History(rejection) => rejection.code(),
        }
    }

    /// Every code of every room.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        [
            ledger::Rejection::CODES,
            people::Rejection::CODES,
            stock::Rejection::CODES,
            policy::Rejection::CODES,
            requests::Rejection::CODES,
            triage::Rejection::CODES,
            rerouting::Rejection::CODES,
            history::Rejection::CODES,
        ]
        .into_iter()
        .flatten()
        .copied()
    }
}

macro_rules! from_room {
    ($($variant:ident $room:ident),+) => {
        $(
            impl From<$room::Event> for Event {
                fn from(event: $room::Event) -> Self {
                    Self::$variant(event)
                }
            }
            impl From<$room::Command> for Command {
                fn from(command: $room::Command) -> Self {
                    Self::$variant(command)
                }
            }
        )+
    };
}
from_room!(
    Ledger ledger, People people, Stock stock, Policy policy, Requests requests, Triage triage,
    Rerouting rerouting, History history
);

impl Default for State {
    fn default() -> Self {
        Self {
            ledger: Ledger::empty(),
            people: people::People::default(),
            stock: stock::Stock::default(),
            policy: policy::Policies::default(),
            requests: requests::Requests::default(),
            triage: triage::Triage::default(),
            rerouting: rerouting::Rerouting::default(),
            history: history::Histories::default(),
        }
    }
}

impl State {
    /// The books that a charter and figures would make, to look at: nothing in them is signed, and
    /// no ledger can be made of them.
    ///
    /// # Errors
    /// The first rejection of the figures.
    pub fn of_figures(
        charter: &ledger::Charter,
        figures: &[stock::Figures],
        at: Moment,
    ) -> Result<Self, Rejection> {
        let mut state = Self {
            people: people::People::found(charter, at),
            stock: stock::Stock::found(charter),
            triage: triage::Triage::found(&charter.triage, at),
            ..Self::default()
        };
        state.ledger.clock = at;
        for figures in figures {
            let event = state.stock.import(&state.people, figures, at)?;
            state.stock.apply(at, &event);
        }
        Ok(state)
    }
}

/// Decides a command: the events it has, or the rule that refuses it. Pure and total.
///
/// # Errors
/// The first [`Rejection`] in order of precedence; the state is untouched.
pub fn decide(state: &State, envelope: &Envelope) -> Result<Vec<Event>, Rejection> {
    let Envelope { id: _, at, by, command } = envelope;
    let (at, by) = (*at, by.as_ref());
    if at < state.ledger.clock {
        let (now, last) = (at, state.ledger.clock);
        return Err(ledger::Rejection::ClockWentBack { now, last }.into());
    }
    if let Command::Ledger(ledger::Command::Found { charter, statements, names: _ }) = command {
        return Ok(vec![state.ledger.found(charter, statements, at)?.into()]);
    }
    if !state.ledger.is_founded() {
        return Err(ledger::Rejection::NotFounded.into());
    }
    if let Command::Ledger(ledger::Command::AdvanceClock) = command {
        return advance(state, at);
    }
    if let Some(due) = next_due(state).filter(|due| *due <= at) {
        return Err(ledger::Rejection::ClockBehind { due }.into());
    }
    let mut events = decide_room(state, command, by, at)?;
    let more = state.triage.consequences(&state.stock, &events, at);
    events.extend(more);
    Ok(events)
}

fn decide_room(
    state: &State,
    command: &Command,
    by: Option<&Authority>,
    at: Moment,
) -> Result<Vec<Event>, Rejection> {
    let at_door = || by.ok_or(Rejection::People(people::Rejection::NoStatement));
    match command {
        Command::Ledger(command) => decide_ledger(state, command, by, at),
        Command::People(command) => decide_people(state, command, by, at),
        Command::Stock(command) => {
            Ok(vec![state.stock.decide(&state.people, command, at_door()?, at)?.into()])
        }
        Command::Policy(command) => decide_policy(state, command, at),
        Command::Requests(command) => requests::decide(state, command, by, at),
        Command::Triage(command) => triage::decide(state, command, at),
        Command::Rerouting(command) => rerouting::decide(state, command, by, at),
        Command::History(command) => {
            Ok(vec![state.history.decide(&state.people, command, at_door()?, at)?.into()])
        }
    }
}

/// What falls due by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A policy version comes into force: before anything else of the same moment.
    Policy,
    /// A deadline of a request, or the end of a release.
    Request(requests::Due),
    /// An evaluation of the classes.
    Triage,
    /// The notice of a diversion order is over.
    Order(OrderId),
}

fn first_due(state: &State) -> Option<(Moment, Due)> {
    let policy = state.policy.coming().map(|version| (version.in_force_from, Due::Policy));
    let request = state.requests.next_due().map(|(moment, due)| (moment, Due::Request(due)));
    let triage = state.triage.next_due().map(|moment| (moment, Due::Triage));
    let order = state.rerouting.next_due().map(|(moment, order)| (moment, Due::Order(order)));
    [policy, request, triage, order].into_iter().flatten().min()
}

/// When the next thing is due that no command brings about: the writer lets it happen first.
#[must_use]
pub fn next_due(state: &State) -> Option<Moment> {
    first_due(state).map(|(moment, _)| moment)
}

/// Lets the first thing due happen.
fn advance(state: &State, at: Moment) -> Result<Vec<Event>, Rejection> {
    let due = first_due(state).filter(|(moment, _)| *moment <= at);
    let (_, due) = due.ok_or(ledger::Rejection::NothingDue)?;
    let mut events = match due {
        Due::Policy => {
            let coming = state.policy.coming().ok_or(ledger::Rejection::NothingDue)?;
            let version = coming.bundle.version.clone();
            let mut events = vec![policy::Event::VersionCameIntoForce { version }.into()];
            events.extend(requests::policy_changes(state, at));
            events
        }
        Due::Request(due) => requests::fall_due(state, due, at),
        Due::Triage => return Ok(state.triage.fall_due(&state.stock, at)),
        Due::Order(order) => rerouting::fall_due(state, order, at),
    };
    let more = state.triage.consequences(&state.stock, &events, at);
    events.extend(more);
    Ok(events)
}

fn decide_ledger(
    state: &State,
    command: &ledger::Command,
    by: Option<&Authority>,
    at: Moment,
) -> Result<Vec<Event>, Rejection> {
    match command {
        ledger::Command::IssueNonce { nonce, person, subject, head } => {
            if state.people.party_of(person).is_none() {
                return Err(people::Rejection::UnknownPerson { person: person.clone() }.into());
            }
            // The nonce approves nothing: an operator may prepare a text for someone who signs
            // elsewhere. A session may ask only for its own person.
            if let Some(by) = by {
                state.people.check_key(by.key, &by.person, at)?;
                if by.person != *person {
                    return Err(ledger::Rejection::NonceOfAnother.into());
                }
            }
            // A decision is made after the revision that it is about, never ahead of it.
            if let Some((request, signed)) = subject.request {
                let found = state.requests.request(request);
                let current =
                    found.ok_or(requests::Rejection::UnknownRequest { request })?.revision;
                if signed != current {
                    return Err(requests::Rejection::StaleRevision { signed, current }.into());
                }
            }
            let issued = state.ledger.issue_nonce(*nonce, person, subject, *head, at)?;
            Ok(vec![issued.into()])
        }
        ledger::Command::RotateLogKey { statements } => {
            let mut events = spend::<LogKeyRotation>(state, statements, at)?;
            let rotated = state.ledger.rotate(statements)?;
            // Nothing is claimed of a key, so nothing is left unproved.
            gate(state, Act::Publish, Subject::Programme { proved: true }, statements, at)?;
            events.push(rotated.into());
            Ok(events)
        }
        ledger::Command::OpenDoor { origin, script } => {
            Ok(vec![state.ledger.open_door(origin, *script)?.into()])
        }
        ledger::Command::Found { .. } => Err(ledger::Rejection::AlreadyFounded.into()),
        ledger::Command::AdvanceClock => advance(state, at),
    }
}

/// The events that spend the nonces of statements that act at once.
fn spend<S: Statement>(
    state: &State,
    statements: &[Verified<S>],
    at: Moment,
) -> Result<Vec<Event>, Rejection> {
    Ok(state.ledger.spend(statements, at)?.into_iter().map(Event::from).collect())
}

/// The gate for acts that are done at once.
pub(crate) fn gate<S: Statement>(
    state: &State,
    act: Act,
    subject: Subject<'_>,
    statements: &[Verified<S>],
    at: Moment,
) -> Result<Consent, Rejection> {
    let mut signatures = Vec::new();
    for verified in statements {
        let office = verified.statement().office().ok_or(people::Rejection::NoStatement)?;
        signatures.push(state.people.signed(verified, office, act, at)?);
    }
    Ok(state.policy.consent(&state.people, act, subject, &signatures, at)?)
}

fn decide_people(
    state: &State,
    command: &people::Command,
    by: Option<&Authority>,
    at: Moment,
) -> Result<Vec<Event>, Rejection> {
    let mut events = match command {
        people::Command::RegisterPerson { .. } => Vec::new(),
        people::Command::Appoint { statements } => {
            let first = statements.first().ok_or(people::Rejection::NoStatement)?.statement();
            let events = spend::<Appointment>(state, statements, at)?;
            if state.people.party_of(&first.person).is_none() {
                let person = first.person.clone();
                return Err(people::Rejection::UnknownPerson { person }.into());
            }
            if state.people.office(&first.subject_office).is_none() {
                let office = first.subject_office.clone();
                return Err(people::Rejection::UnknownOffice { office }.into());
            }
            gate(state, Act::Appoint, Subject::Office(&first.subject_office), statements, at)?;
            events
        }
        people::Command::EnrolKey { witness, possession: _ } => {
            spend::<KeyEnrolment>(state, std::slice::from_ref(witness), at)?
        }
        people::Command::RevokeKey { statement } => {
            spend::<KeyRevocation>(state, std::slice::from_ref(statement), at)?
        }
        people::Command::EraseIdentity { statement, .. } => {
            spend::<Erasure>(state, std::slice::from_ref(statement), at)?
        }
    };
    events.push(state.people.decide(command, by, at)?.into());
    Ok(events)
}

fn decide_policy(
    state: &State,
    command: &policy::Command,
    at: Moment,
) -> Result<Vec<Event>, Rejection> {
    let policy::Command::Publish { bundle, statements, proofs } = command;
    if statements.is_empty() {
        return Err(policy::Rejection::NoStatement.into());
    }
    let mut events = spend::<PolicyPublication>(state, statements, at)?;
    let proved = state.policy.proved(bundle, proofs);
    gate(state, Act::Publish, Subject::Programme { proved }, statements, at)?;
    events.push(state.policy.decide(command, at)?.into());
    Ok(events)
}

/// Applies the events of one entry, made at `at`; none of a command that was refused.
pub fn apply(state: &mut State, at: Moment, events: &[Event]) {
    for event in events {
        match event {
            Event::Ledger(event) => {
                if let ledger::Event::LedgerFounded { charter, .. } = event {
                    state.people = people::People::found(charter, at);
                    state.stock = stock::Stock::found(charter);
                    state.policy = policy::Policies::found(charter, charter.exercise, at);
                    state.triage = triage::Triage::found(&charter.triage, at);
                }
                state.ledger.apply(at, event);
            }
            Event::People(event) => state.people.apply(at, event),
            Event::Stock(event) => state.stock.apply(at, event),
            Event::Policy(event) => state.policy.apply(at, event),
            Event::Requests(event) => state.requests.apply(at, event),
            Event::Triage(event) => state.triage.apply(at, event),
            Event::Rerouting(event) => state.rerouting.apply(event),
            Event::History(event) => state.history.apply(at, event),
        }
    }
    state.ledger.clock = state.ledger.clock.max(at);
    state.ledger.entries = state.ledger.entries.saturating_add(1);
}

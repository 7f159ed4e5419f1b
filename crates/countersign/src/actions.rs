//! What may be done. Answers: *which actions does the ledger allow this person on this request, and
//! by which rule would it refuse the others?*
//!
//! No rule is known here. What needs no signature is tried on the state as it is, by the very
//! command that would be given; what has to be signed is asked of the code that judges the signed
//! statement. A door that shows an action as possible therefore never promises more than the
//! ledger keeps.

use countersign_core::people::Authority;
use countersign_core::requests::{Command, Request};
use countersign_core::{Command as AnyCommand, Envelope, Rejection, State, decide};
use countersign_proof::signature::{Assurance, PublicKey};
use countersign_proof::words::{CommandId, DecisionKind, Moment, OfficeId, PersonId, Quantity};
use std::fmt;

/// What somebody can do on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Change what is asked for.
    Revise,
    /// Take the request back.
    Withdraw,
    /// Answer a question.
    Answer,
    /// Advise, for an office.
    Advise,
    /// Approve, for an office.
    Approve,
    /// Refuse, for an office.
    Refuse,
    /// Ask for information, for an office.
    Ask,
    /// Take an authorisation back, for an office.
    TakeBack,
    /// Step back from the request.
    Recuse,
    /// Put an interest on the record.
    DeclareInterest,
    /// Report units used or handed out under its release.
    ReportUse,
    /// Give back what is left of its release.
    Surrender,
}

impl Action {
    /// All of them, in the order in which they are offered.
    pub const ALL: &'static [Self] = &[
        Self::Revise,
        Self::Withdraw,
        Self::Answer,
        Self::Advise,
        Self::Approve,
        Self::Refuse,
        Self::Ask,
        Self::TakeBack,
        Self::Recuse,
        Self::DeclareInterest,
        Self::ReportUse,
        Self::Surrender,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revise => "revise",
            Self::Withdraw => "withdraw",
            Self::Answer => "answer",
            Self::Advise => "advise",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Ask => "ask",
            Self::TakeBack => "take-back",
            Self::Recuse => "recuse",
            Self::DeclareInterest => "declare-interest",
            Self::ReportUse => "report-use",
            Self::Surrender => "surrender",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The rule that stands against an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its stable code.
    pub code: String,
    /// What is missing, in plain words.
    pub message: String,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { code: rejection.code().to_owned(), message: rejection.to_string() }
    }
}

/// An action, and whether the ledger would allow it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub action: Action,
    /// For which office, where it is done for one.
    pub office: Option<OfficeId>,
    /// Why not; `None` where it is allowed.
    pub refused: Option<Refused>,
}

/// How an action is done.
enum Way {
    /// By a command through a session.
    Command(Command),
    /// By a signed advice.
    Advice,
    /// By a signed decision.
    Decision(DecisionKind),
    /// Not at all: there is no release that it could be about.
    None,
}

/// What a person can do on a request at the ledger's clock: every action there is, those done for
/// an office once for each that the person holds or stands in for. Where there is no release,
/// nothing is offered that would be about one.
#[must_use]
pub fn on_request(state: &State, request: &Request, authority: &Authority) -> Vec<Offer> {
    let person = &authority.person;
    let assurance = assurance_of(state, person);
    let mut offers = Vec::new();
    for action in Action::ALL {
        let way = way(state, request, *action);
        let for_office = |office: &OfficeId| match &way {
            Way::Advice => state.would_refuse_advice(request, office, person),
            Way::Decision(kind) => {
                state.would_refuse_decision(request, office, person, *kind, assurance)
            }
            Way::Command(_) | Way::None => None,
        };
        match &way {
            Way::Command(command) => offers.push(Offer {
                action: *action,
                office: None,
                refused: tried(state, Some(authority), command.clone(), state.ledger.clock)
                    .map(Refused::from),
            }),
            Way::Advice | Way::Decision(_) => {
                let offices = state.people.spoken_for_by(person, state.ledger.clock);
                offers.extend(offices.map(|office| Offer {
                    action: *action,
                    office: Some(office.id.clone()),
                    refused: for_office(&office.id).map(Refused::from),
                }));
            }
            Way::None => {}
        }
    }
    offers
}

/// The way of an action: a command that asks for as little as can be asked for.
fn way(state: &State, request: &Request, action: Action) -> Way {
    let id = request.id;
    let release = request.release.and_then(|release| state.requests.release(release));
    Way::Command(match action {
        Action::Revise => Command::ReviseRequest {
            request: id,
            revision: request.revision,
            draft: (*request.draft).clone(),
            justification: String::new(),
        },
        Action::Withdraw => Command::WithdrawRequest { request: id },
        Action::Answer => Command::AnswerInformation { request: id, answer: String::new() },
        Action::Advise => return Way::Advice,
        Action::Approve => return Way::Decision(DecisionKind::Approve),
        Action::Refuse => return Way::Decision(DecisionKind::Refuse),
        Action::Ask => return Way::Decision(DecisionKind::Ask),
        Action::TakeBack => return Way::Decision(DecisionKind::Withdraw),
        Action::Recuse => Command::Recuse { request: id, reason: String::new() },
        Action::DeclareInterest => {
            Command::DeclareInterest { request: id, interest: String::new() }
        }
        Action::ReportUse => match release {
            Some(release) => Command::ReportUse {
                release: release.id,
                quantity: Quantity::new(1).unwrap_or_default(),
                used_at: state.ledger.clock,
                zone: release.usable.zones.first().cloned(),
                note: String::new(),
            },
            None => return Way::None,
        },
        Action::Surrender => match release {
            Some(release) => Command::SurrenderRelease { release: release.id },
            None => return Way::None,
        },
    })
}

/// What the ledger would say to a command at `at`, but for what is due before it.
pub(crate) fn tried(
    state: &State,
    by: Option<&Authority>,
    command: impl Into<AnyCommand>,
    at: Moment,
) -> Option<Rejection> {
    let (id, by, command) = (CommandId([0; 16]), by.cloned(), command.into());
    decide(state, &Envelope { id, at, by, command }).err()
}

/// What a signature of the person can be worth: that of a key in an authenticator, where one of
/// theirs may sign.
pub(crate) fn assurance_of(state: &State, person: &PersonId) -> Assurance {
    let at = state.ledger.clock;
    let mut keys = state.people.keys().filter(|key| key.person == *person && key.may_sign(at));
    let hardware = keys.any(|key| {
        PublicKey::from_openssh(&key.public_key).is_ok_and(|key| key.algorithm().is_hardware())
    });
    if hardware { Assurance::UserVerified } else { Assurance::KeyOnly }
}

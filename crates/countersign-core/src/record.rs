//! What an entry says of a step. Answers: *what is kept of a command, for whom to see?*
//!
//! The open part names kinds, opaque ids and digests. The body is what the state is rebuilt from.
//! The sealed parts keep what only some may see, one for each label.

mod again;
mod kinds;
mod showable;

use crate::requests::Draft;
use crate::{Command, Envelope, Event, Rejection, State, apply};
use crate::{history, ledger, people, policy, requests, rerouting, stock, triage};
use countersign_proof::certificate::{DepotText, Signed};
use countersign_proof::entry::{Body, EntryError, Label, OpenPart, Outcome, SealedPart};
use countersign_proof::signature::Verified;
use countersign_proof::words::{Digest, Moment, Quantity};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub use again::is_entry_of;
pub use kinds::{command_kind, event_kind};
pub use showable::{Unshowable, check_showable};

/// The layout of [`Recorded`] and of snapshots; raised whenever either changes.
pub const SCHEMA: u32 = 8;

/// What became of a command, in the form in which it is stored and read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When the command was taken.
    pub at: Moment,
    /// What came of it.
    pub result: Answer,
}

/// The answer to a command; a retry with the same id gets the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It was carried out.
    Accepted(Vec<Event>),
    /// A rule refused it; nothing has changed.
    Refused {
        /// The stable code.
        code: String,
        /// What is missing, in plain words.
        message: String,
    },
}

impl From<Result<Vec<Event>, Rejection>> for Answer {
    fn from(decided: Result<Vec<Event>, Rejection>) -> Self {
        match decided {
            Ok(events) => Self::Accepted(events),
            Err(rejection) => {
                Self::Refused { code: rejection.code().to_owned(), message: rejection.to_string() }
            }
        }
    }
}

/// The parts of an entry, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What everyone may see, and what the leaf is the hash of.
    pub open: OpenPart,
    /// What the state is rebuilt from.
    pub body: Body,
    /// What only some may see.
    pub sealed: Vec<SealedPart>,
}

/// Why an entry cannot be written or read; both refuse.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The open part cannot be written.
    #[error(transparent)]
    Open(#[from] EntryError),
    /// The body cannot be written or read.
    #[error("the body cannot be encoded or decoded: {0}")]
    Body(#[from] postcard::Error),
}

/// Writes the entry of a step. `salt` gives 128 fresh random bits at each call.
///
/// # Errors
/// [`RecordError`] when a part cannot be encoded.
pub fn write(
    ledger: Digest,
    seq: u64,
    envelope: &Envelope,
    answer: &Answer,
    salt: &mut dyn FnMut() -> [u8; 16],
) -> Result<Entry, RecordError> {
    let body = Body { salt: salt(), bytes: encode(envelope.at, answer)? };
    let mut sealed = Vec::new();
    for (label, content) in sealed_content(&envelope.command) {
        let bytes = serde_json::to_vec(&content).unwrap_or_default();
        sealed.push(SealedPart { label, salt: salt(), bytes });
    }
    sealed.sort_by_key(|part| part.label);
    let (outcome, events) = match answer {
        Answer::Accepted(events) => (Outcome::Accepted, events.as_slice()),
        Answer::Refused { code, message: _ } => {
            (Outcome::Refused { code: code.into() }, [].as_slice())
        }
    };
    let mut kinds: Vec<SmolStr> = Vec::new();
    for kind in events.iter().map(event_kind) {
        if kinds.last().is_none_or(|last| last != kind) {
            kinds.push(SmolStr::new_static(kind));
        }
    }
    // A policy version can touch thousands of requests; the body has them all.
    kinds.truncate(64);
    let open = OpenPart {
        ledger,
        seq,
        time: envelope.at,
        id: envelope.id,
        command: SmolStr::new_static(command_kind(&envelope.command)),
        outcome,
        events: kinds,
        subjects: kinds::subjects(&envelope.command, events),
        body: body.digest(),
        sealed: sealed.iter().map(SealedPart::seal).collect(),
    };
    Ok(Entry { open, body, sealed })
}

/// [`Recorded`] in its stored form, without copying the events first.
fn encode(at: Moment, answer: &Answer) -> Result<Vec<u8>, postcard::Error> {
    let recorded = (at, answer);
    postcard::to_extend(&recorded, Vec::with_capacity(1024))
}

/// Reads the stored form of a step back.
///
/// # Errors
/// [`RecordError::Body`] when the bytes are not such a form.
pub fn read(body: &[u8]) -> Result<Recorded, RecordError> {
    Ok(postcard::from_bytes(body)?)
}

/// Applies a recorded step to the state.
pub fn replay(state: &mut State, recorded: &Recorded) {
    replay_answer(state, recorded.at, &recorded.result);
}

/// Applies a step whose answer was given at `at`.
pub fn replay_answer(state: &mut State, at: Moment, answer: &Answer) {
    match answer {
        Answer::Accepted(events) => apply(state, at, events),
        Answer::Refused { .. } => apply(state, at, &[]),
    }
}

/// The state as bytes, for a snapshot.
///
/// # Errors
/// [`RecordError::Body`] when it cannot be encoded.
pub fn snapshot(state: &State) -> Result<Vec<u8>, RecordError> {
    Ok(postcard::to_allocvec(state)?)
}

/// The state back from a snapshot; its policies are made ready again.
///
/// # Errors
/// [`RecordError::Body`] when the bytes are not such a snapshot.
pub fn restore(bytes: &[u8]) -> Result<State, RecordError> {
    let mut state: State = postcard::from_bytes(bytes)?;
    state.policy.compile();
    Ok(state)
}

fn statement<S>(verified: &Verified<S>) -> Value {
    json!({ "text": verified.text(), "signature": verified.armoured() })
}

fn statements<S>(verified: &[Verified<S>]) -> Value {
    Value::Array(verified.iter().map(statement).collect())
}

fn signed<S>(verified: &[Verified<S>]) -> Vec<(Label, Value)> {
    vec![(Label::Deliberation, json!({ "statements": statements(verified) }))]
}

fn parties(draft: &Draft) -> (Label, Value) {
    let zones: BTreeSet<String> = draft.zones.iter().map(ToString::to_string).collect();
    let content = json!({
        "act": draft.act.as_str(),
        "holder": draft.holder.as_str(),
        "item": draft.item.as_str(),
        "quantity": draft.quantity.units(),
        "zones": zones,
        "recipient": draft.recipient.as_ref().map(ToString::to_string),
        "depot": draft.depot.as_ref().map(ToString::to_string),
        "window": draft.window.to_string(),
    });
    (Label::Parties, content)
}

fn words(name: &str, text: &str) -> (Label, Value) {
    (Label::Deliberation, json!({ name: text }))
}

/// What of a command is kept apart, by label; at most one part for each.
fn sealed_content(command: &Command) -> Vec<(Label, Value)> {
    match command {
        Command::Ledger(ledger::Command::Found { charter: _, statements: founders, names }) => {
            let mut parts = signed(founders);
            parts.push((Label::Identity, json!({ "names": names })));
            parts
        }
        Command::Ledger(
            ledger::Command::AdvanceClock
            | ledger::Command::IssueNonce { .. }
            | ledger::Command::OpenDoor { .. },
        ) => Vec::new(),
        Command::Ledger(ledger::Command::RotateLogKey { statements }) => signed(statements),
        Command::People(command) => match command {
            people::Command::RegisterPerson { person, party: _, name } => {
                vec![(Label::Identity, json!({ "names": { person.as_str(): name } }))]
            }
            people::Command::Appoint { statements } => signed(statements),
            people::Command::EnrolKey { witness, possession } => {
                let both = json!({ "statements": [statement(witness), statement(possession)] });
                vec![(Label::Deliberation, both)]
            }
            people::Command::RevokeKey { statement } => signed(std::slice::from_ref(statement)),
            people::Command::EraseIdentity { statement, kept, naming: _ } => {
                let mut parts = signed(std::slice::from_ref(statement));
                if !kept.is_empty() {
                    parts.push((Label::Identity, json!({ "names": kept })));
                }
                parts
            }
        },
        Command::Stock(command) => vec![(Label::Parties, stock_content(command))],
        Command::Policy(policy::Command::Publish { bundle: _, statements, proofs: _ }) => {
            signed(statements)
        }
        Command::Requests(command) => requests_content(command),
        Command::Triage(command) => match command {
            triage::Command::OverrideClass { statements } => signed(statements),
            triage::Command::LiftOverride { statements } => signed(statements),
        },
        Command::Rerouting(command) => rerouting_content(command),
        Command::History(command) => history_content(command),
    }
}

/// A row of a foreign history: what it says is for the parties, whom it names for the overseers.
/// The names stand in a list of their own, so that they can be erased; facts refer to them.
fn history_content(command: &history::Command) -> Vec<(Label, Value)> {
    let history::Command::ImportRow { key: _, name: _, row, line, case, facts } = command;
    let mut names: Vec<&str> = Vec::new();
    for name in facts.iter().filter_map(|fact| fact.by.as_ref()) {
        if !names.contains(&name.as_str()) {
            names.push(name.as_str());
        }
    }
    let told: Vec<Value> = facts.iter().map(|fact| fact_content(fact, &names)).collect();
    let content = json!({ "row": row, "line": line, "case": case.as_str(), "facts": told });
    vec![(Label::Parties, content), (Label::Identity, json!({ "persons": names }))]
}

fn fact_content(fact: &history::KeptFact, names: &[&str]) -> Value {
    use history::KeptWhat as What;
    let span = |span: history::Span| [span.earliest().to_string(), span.latest().to_string()];
    let matter = &fact.matter;
    let by = fact.by.as_ref();
    let mut content = json!({
        "when": span(fact.when),
        "act": matter.act.as_str(),
        "holder": matter.holder.as_str(),
        "item": matter.item.as_str(),
        "zone": matter.zone.as_ref().map(ToString::to_string),
        "recipient": matter.recipient.as_ref().map(ToString::to_string),
        "person": by.and_then(|by| names.iter().position(|name| *name == by.as_str())),
    });
    let own = match &fact.what {
        What::Asked { quantity } => {
            json!({ "what": "asked", "quantity": quantity.map(Quantity::units) })
        }
        What::Approved { office, quantity, until } => json!({
            "what": "approved", "office": office.as_str(),
            "quantity": quantity.map(Quantity::units), "until": until.map(span),
        }),
        What::Refused => json!({ "what": "refused" }),
        What::Withdrawn { office } => {
            json!({ "what": "withdrawn", "office": office.as_ref().map(ToString::to_string) })
        }
        What::Acted { quantity } => json!({ "what": "acted", "quantity": quantity.units() }),
    };
    if let (Value::Object(into), Value::Object(own)) = (&mut content, own) {
        into.extend(own);
    }
    content
}

fn rerouting_content(command: &rerouting::Command) -> Vec<(Label, Value)> {
    match command {
        rerouting::Command::OrderDiversion { plan, statements } => {
            let lost = rerouting::losses(plan);
            let content = json!({ "item": plan.item.as_str(), "taken": lost });
            let mut parts = signed(statements);
            parts.push((Label::Parties, content));
            parts
        }
        rerouting::Command::RepayDebt { debt, quantity } => {
            let content = json!({ "debt": debt.to_string(), "quantity": quantity.units() });
            vec![(Label::Parties, content)]
        }
    }
}

fn stock_content(command: &stock::Command) -> Value {
    match command {
        stock::Command::ReceiveStock { into, quantity, source, standing, .. } => json!({
            "item": into.item.as_str(), "party": into.party.as_str(),
            "quantity": quantity.units(), "source": source, "standing": standing.as_str(),
        }),
        stock::Command::MoveStock { from, to_state, to_place, quantity } => json!({
            "item": from.item.as_str(), "party": from.party.as_str(),
            "state": to_state.to_string(), "place": to_place.as_ref().map(ToString::to_string),
            "quantity": quantity.units(),
        }),
        stock::Command::IssueStock { item, party, quantity, reason, .. } => json!({
            "item": item.as_str(), "party": party.as_str(),
            "quantity": quantity.units(), "reason": reason.as_str(),
        }),
        stock::Command::CountStock { account, units, reason, source, standing, .. } => json!({
            "item": account.item.as_str(), "party": account.party.as_str(),
            "counted": units.units(), "reason": reason.as_str(), "source": source,
            "standing": standing.as_str(),
        }),
        // The rows themselves are in the body; there can be a million of them.
        stock::Command::ImportFigures { figures } => json!({
            "parties": figures.parties(), "counts": figures.counts.len(),
            "earmarks": figures.earmarks.len(), "requirements": figures.requirements.len(),
            "consumption": figures.consumption.len(),
        }),
    }
}

fn requests_content(command: &requests::Command) -> Vec<(Label, Value)> {
    use requests::Command as Requests;
    match command {
        Requests::SubmitRequest { draft, justification, supersedes: _ }
        | Requests::ReviseRequest { request: _, revision: _, draft, justification } => {
            vec![parties(draft), words("justification", justification)]
        }
        Requests::WithdrawRequest { request: _ }
        | Requests::SurrenderRelease { release: _ }
        | Requests::RecordCosignatures { note: _ } => Vec::new(),
        Requests::AnswerInformation { request: _, answer } => vec![words("answer", answer)],
        Requests::AdviseRequest { statement } => signed(std::slice::from_ref(statement)),
        Requests::DecideRequest { statement } => signed(std::slice::from_ref(statement)),
        Requests::Recuse { request: _, reason } => vec![words("reason", reason)],
        Requests::DeclareInterest { request: _, interest } => vec![words("interest", interest)],
        Requests::ReportUse { release: _, quantity, used_at, zone, note } => {
            let content = json!({
                "quantity": quantity.units(),
                "used_at": used_at.to_string(),
                "zone": zone.as_ref().map(ToString::to_string),
            });
            vec![(Label::Parties, content), words("note", note)]
        }
        Requests::PlaceHold { statements } => signed(statements),
        Requests::LiftHold { statements } => signed(statements),
        Requests::IssueCertificate { terms } => {
            let content = json!({
                "certificate": terms.id.to_string(),
                "depot": terms.depot.as_str(),
                "quantity": terms.quantity.units(),
                "window": terms.window.to_string(),
                "collector": terms.collector.to_string(),
                "digest": terms.digest.to_string(),
            });
            vec![(Label::Parties, content)]
        }
        Requests::RecordReceipt { receipt } => depot_text(receipt),
        Requests::RecordAccount { account } => depot_text(account),
        Requests::RecordSighting { sighting } => depot_text(sighting),
    }
}

/// What a depot signed; the key is not part of the signature's text, and stands beside it.
fn depot_text<T: DepotText>(signed: &Signed<T>) -> Vec<(Label, Value)> {
    let content = json!({
        "text": signed.text(),
        "signature": signed.armoured(),
        "key": signed.key().to_openssh(),
    });
    vec![(Label::Parties, content)]
}

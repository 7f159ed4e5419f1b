//! What the record says of a request. Answers: *how did it come to be as it is, revision by
//! revision?*

use crate::opening::read_body;
use crate::server::stores::Read;
use crate::views::terms_changed;
use crate::web::parts::{Happening, Tone, id};
use crate::web::words;
use countersign_core::Event as AnyEvent;
use countersign_core::evidence::{Concern, concerns};
use countersign_core::record::Answer;
use countersign_core::requests::{Draft, Event};
use countersign_proof::entry::Outcome;
use countersign_proof::words::{
    DecisionKind, Digest, Moment, PersonId, ReleaseId, RequestId, Revision,
};
use countersign_proof::{AnyStatement, Label};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;

/// A revision as it was made.
pub(super) struct Made {
    pub(super) revision: Revision,
    pub(super) by: PersonId,
    pub(super) at: Moment,
    pub(super) draft: Draft,
    digest: Digest,
    /// Why; absent for those who may not see it.
    pub(super) why: Option<String>,
}

/// What the entries about a request say.
pub(super) struct Story {
    pub(super) revisions: Vec<Made>,
    pub(super) happenings: Vec<Happening>,
}

fn word<'a>(part: Option<&'a Value>, name: &str) -> Option<&'a str> {
    part.and_then(|part| part.get(name)).and_then(Value::as_str)
}

/// Reads the entries about a request and its release; `deliberation` says whether the viewer may
/// see what was deliberated.
pub(super) fn read(
    entries: &[Read],
    of: (RequestId, Option<ReleaseId>),
    names: &BTreeMap<PersonId, String>,
    deliberation: bool,
) -> Story {
    let mut story = Story { revisions: Vec::new(), happenings: Vec::new() };
    for entry in entries {
        // What a hold or the clock does to many says nothing else of this one.
        let is_own = is_own(entry, of);
        let part = entry.sealed(Label::Deliberation).filter(|_| deliberation && is_own);
        let at = entry.open.time;
        let answer = read_body(entry.body()).map(|recorded| recorded.result);
        let events = match answer {
            Ok(Answer::Accepted(mut events)) => {
                events.retain(|event| is_of(event, of, is_own));
                events
            }
            Ok(Answer::Refused { code, message }) => {
                story.happenings.push(refused(entry, at, &code, &message));
                continue;
            }
            Err(_) => continue,
        };
        for event in &events {
            if let AnyEvent::Requests(event) = event {
                story.revisions.extend(made(event, of.0, at, word(part, "justification")));
            }
        }
        if let Some(happening) = happening(entry, at, &events, part, names) {
            story.happenings.push(happening);
        }
    }
    story
}

/// Whether an entry is about this matter alone.
fn is_own(entry: &Read, (request, release): (RequestId, Option<ReleaseId>)) -> bool {
    let is = |subject: &str| {
        subject == request.to_string() || release.is_some_and(|id| subject == id.to_string())
    };
    entry.open.subjects.iter().any(|subject| is(subject))
}

/// Whether an event belongs to this matter; one that names nobody's does in an entry of its own.
fn is_of(
    event: &AnyEvent,
    (request, release): (RequestId, Option<ReleaseId>),
    is_own: bool,
) -> bool {
    let mut ours = None;
    concerns(event, &mut |concern| {
        let is_ours = match concern {
            Concern::Request(named) => named == request,
            Concern::Release(named) => Some(named) == release,
            Concern::Class(_) => return,
        };
        ours = Some(ours.unwrap_or(false) || is_ours);
    });
    // A receipt that the ledger found no release for is nobody's, whatever it says itself.
    let unfounded =
        matches!(event, AnyEvent::Requests(Event::ReceiptRecorded { release: None, .. }));
    ours.unwrap_or(is_own && !unfounded)
}

fn made(event: &Event, of: RequestId, at: Moment, why: Option<&str>) -> Option<Made> {
    let why = why.map(str::to_owned);
    if let Event::RequestSubmitted { request, requester, draft, digest, .. } = event
        && *request == of
    {
        let (by, draft, revision) = (requester.clone(), (**draft).clone(), Revision(1));
        return Some(Made { revision, by, at, draft, digest: *digest, why });
    }
    if let Event::RequestRevised { request, revision, reviser, draft, digest, .. } = event
        && *request == of
    {
        let (by, draft) = (reviser.clone(), (**draft).clone());
        return Some(Made { revision: *revision, by, at, draft, digest: *digest, why });
    }
    None
}

fn entry_link(entry: &Read) -> Markup {
    let seq = entry.open.seq;
    html! { a href={ "/record/" (seq) } { (words::ENTRY) " " (seq) } }
}

fn refused(entry: &Read, at: Moment, code: &str, message: &str) -> Happening {
    Happening {
        at,
        tone: Tone::Bad,
        what: html! { (words::refused_attempt(code)) },
        more: Some(html! { p { (message) } p { (entry_link(entry)) } }),
    }
}

fn tone(event: &AnyEvent) -> Tone {
    let AnyEvent::Requests(event) = event else { return Tone::Closed };
    match event {
        Event::RequestApproved { .. }
        | Event::ReleaseIssued { .. }
        | Event::CheckpointWitnessed { .. }
        | Event::ReleasesReinstated { .. }
        | Event::ReleaseReapproved { .. } => Tone::Good,
        Event::RequestRefused { .. } | Event::QuorumOutOfReach { .. } => Tone::Bad,
        Event::RequestEscalated { .. } | Event::DecidersReminded { .. } => Tone::Watch,
        Event::ReleasesSuspended { .. } | Event::HoldPlaced { .. } => Tone::Paused,
        Event::UseReported { breaches, .. } | Event::ReceiptRecorded { breaches, .. }
            if !breaches.is_empty() =>
        {
            Tone::Bad
        }
        Event::SightingRecorded { .. } => Tone::Watch,
        Event::RequestSubmitted { .. }
        | Event::RequestRevised { .. }
        | Event::AdviceRecorded { .. }
        | Event::InformationAnswered { .. } => Tone::Open,
        Event::DecisionRecorded { decision, .. } => match decision.decision {
            DecisionKind::Approve => Tone::Good,
            DecisionKind::Refuse | DecisionKind::Withdraw => Tone::Bad,
            DecisionKind::Ask => Tone::Paused,
        },
        Event::RequestWithdrawn { .. }
        | Event::RequestLapsed { .. }
        | Event::RequestRebound { .. }
        | Event::PersonRecused { .. }
        | Event::InterestDeclared { .. }
        | Event::ReleaseRebound { .. }
        | Event::ReleaseEnded { .. }
        | Event::UseReported { .. }
        | Event::HoldLifted { .. }
        | Event::CertificateIssued { .. }
        | Event::ReceiptRecorded { .. }
        | Event::AccountRecorded { .. } => Tone::Closed,
    }
}

fn happening(
    entry: &Read,
    at: Moment,
    events: &[AnyEvent],
    part: Option<&Value>,
    names: &BTreeMap<PersonId, String>,
) -> Option<Happening> {
    let told: Vec<&str> =
        events.iter().map(words::happened).filter(|told| !told.is_empty()).collect();
    let first = events.iter().find(|event| !words::happened(event).is_empty())?;
    let loudest = events.iter().map(tone).find(|tone| matches!(tone, Tone::Good | Tone::Bad));
    let (signers, reasons) = signed(entry, part.is_some(), names);
    let said = ["answer", "reason", "interest", "note"];
    let said: Vec<&str> = said.iter().filter_map(|name| word(part, name)).collect();
    Some(Happening {
        at,
        tone: loudest.unwrap_or_else(|| tone(first)),
        what: html! { (told.join(". ")) "." @for signer in &signers { " " (signer) } },
        more: Some(html! {
            @for reason in &reasons { blockquote { (reason) } }
            @for words in &said { blockquote { (words) } }
            p { (entry_link(entry)) }
        }),
    })
}

/// Who signed the statements of an entry, and why.
fn signed(
    entry: &Read,
    deliberation: bool,
    names: &BTreeMap<PersonId, String>,
) -> (Vec<Markup>, Vec<String>) {
    let mut signers = Vec::new();
    let mut reasons = Vec::new();
    if !deliberation || matches!(entry.open.outcome, Outcome::Refused { .. }) {
        return (signers, reasons);
    }
    for (text, _) in entry.statements() {
        let Ok(statement) = countersign_proof::statement::parse_any(text.as_bytes()) else {
            continue;
        };
        let name = crate::web::places::name_of(names, statement.signer());
        let office = statement.office().map(ToString::to_string).unwrap_or_default();
        let word = match &statement {
            AnyStatement::Decision(decision) => words::decision(decision.decision),
            AnyStatement::Advice(advice) => words::advice(advice.advice),
            AnyStatement::Appointment(_)
            | AnyStatement::Enrolment(_)
            | AnyStatement::Revocation(_)
            | AnyStatement::Erasure(_)
            | AnyStatement::Rotation(_)
            | AnyStatement::Publication(_)
            | AnyStatement::Hold(_)
            | AnyStatement::Lift(_)
            | AnyStatement::Override(_)
            | AnyStatement::OverrideLift(_)
            | AnyStatement::Diversion(_)
            | AnyStatement::Founding(_)
            | AnyStatement::Session(_) => "",
        };
        signers.push(html! { b { (name) } " (" (id(&office)) ") " (word) "." });
        reasons.extend(statement.reason().filter(|reason| !reason.is_empty()).map(str::to_owned));
    }
    (signers, reasons)
}

/// The revisions, each with what it changed of the one before.
pub(super) fn revisions(
    story: &Story,
    request: RequestId,
    names: &BTreeMap<PersonId, String>,
) -> Markup {
    let terms = |made: &Made| made.draft.terms(request, made.revision, made.digest);
    let pairs = story.revisions.iter().zip(story.revisions.iter().skip(1));
    html! {
        @if story.revisions.len() < 2 { p { (words::ONE_REVISION) } }
        @for (before, after) in pairs {
            h3 { (words::REVISION) " " (after.revision) }
            p class="hint" {
                (crate::web::places::name_of(names, &after.by)) ", "
                (crate::web::parts::moment(after.at))
            }
            ul {
                @for change in terms_changed(&terms(before), &terms(after)) {
                    li { (change) }
                }
            }
            @if let Some(why) = &after.why { blockquote { (why) } }
        }
    }
}

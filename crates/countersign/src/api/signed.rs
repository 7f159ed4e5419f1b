//! Signed texts, handed in. Answers: *what comes of what was signed?*

use super::act::Act;
use super::requests::{became, check};
use super::words as w;
use crate::server::papers::{command_id_of, signed_command};
use crate::server::{App, Problem};
use crate::signed::{NoCommand, Pair, verified};
use crate::views;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::requests::Event as RequestEvent;
use countersign_core::{Event, people};
use countersign_proof::AnyStatement;
use countersign_proof::statement::kinds::KeyEnrolment;
use countersign_proof::statement::parse_any;
use countersign_proof::words::{HoldId, PersonId, RequestId};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(hand_in)).routes(routes!(enrol))
}

/// A text with the signature under it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignedText {
    /// The text, exactly as it was given.
    #[schema(max_length = 4096)]
    statement: String,
    /// The signature as `ssh-keygen -Y sign` writes it.
    #[schema(max_length = 16384)]
    signature: String,
}

impl From<SignedText> for Pair {
    fn from(signed: SignedText) -> Self {
        Self { text: signed.statement, signature: signed.signature }
    }
}

/// The texts of one act: one of each signer that it needs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignedTexts {
    #[schema(min_items = 1)]
    statements: Vec<SignedText>,
}

/// What is wrong with signed texts.
pub(super) fn unsound(error: &NoCommand) -> Problem {
    Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "signature", error.to_string())
}

/// Hand in the signed texts of a decision, advice, hold, lift, appointment, revocation or override.
/// What they are about is what they say; the session only carries them.
#[utoipa::path(
    post, path = "/signed", tag = "signing", request_body = SignedTexts,
    params(("If-Match" = Option<String>, Header,
        description = "For a decision or advice: the tag of the request as it was read.")),
    responses((status = 200, description = "The request or hold that it is about, or what \
            happened.", body = serde_json::Value),
        (status = 201, description = "The hold that was placed.",
            body = super::shapes::HoldShape)),
)]
async fn hand_in(State(app): State<App>, act: Act<SignedTexts>) -> Result<Response, Problem> {
    let pairs: Vec<Pair> = act.said.statements.iter().cloned().map(Pair::from).collect();
    let request = pairs.first().and_then(|pair| request_of(&pair.text));
    if act.is_tied() {
        let detail = "If-Match is for decisions and advice; leave it out";
        check(&app, &act, request.ok_or_else(|| Problem::unreadable(detail))?).await?;
    }
    let id = command_id_of(&pairs);
    let command = signed_command(pairs, app.signature_rules()).await?;
    let done = act.give_signed(&app, id, command).await?;
    if let Some(request) = request {
        return became(&app, &act, &done, request, false).await;
    }
    let hold = done.events.iter().find_map(hold_of);
    let told = hold.and_then(|(id, placed)| {
        done.look(&app, |state| state.requests.hold(id).map(|hold| (placed, views::hold(hold))))
    });
    let Some((placed, value)) = told else {
        return Ok(act.answer(&app, &done, None, super::happened(&done.events)));
    };
    let made = hold.filter(|_| placed).map(|(id, _)| format!("/api/v1/holds/{id}"));
    Ok(act.answer(&app, &done, made, value))
}

/// The request that a decision or advice is on.
fn request_of(text: &str) -> Option<RequestId> {
    match parse_any(text.as_bytes()).ok()? {
        AnyStatement::Decision(decision) => Some(decision.terms.request),
        AnyStatement::Advice(advice) => Some(advice.request),
        AnyStatement::Override(_)
        | AnyStatement::OverrideLift(_)
        | AnyStatement::Diversion(_)
        | AnyStatement::Appointment(_)
        | AnyStatement::Enrolment(_)
        | AnyStatement::Revocation(_)
        | AnyStatement::Erasure(_)
        | AnyStatement::Rotation(_)
        | AnyStatement::Publication(_)
        | AnyStatement::Hold(_)
        | AnyStatement::Lift(_)
        | AnyStatement::Founding(_)
        | AnyStatement::Session(_) => None,
    }
}

/// The hold that an event is about, and whether it was placed by it.
fn hold_of(event: &Event) -> Option<(HoldId, bool)> {
    match event {
        Event::Requests(RequestEvent::HoldPlaced { hold, .. }) => Some((*hold, true)),
        Event::Requests(RequestEvent::HoldLifted { hold, .. }) => Some((*hold, false)),
        Event::Requests(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Triage(_)
        | Event::Rerouting(_)
        | Event::History(_) => None,
    }
}

/// The text of an enrolment with both signatures under it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Enrolment {
    #[schema(max_length = 4096)]
    statement: String,
    /// The witness's signature.
    #[schema(max_length = 16384)]
    witness: String,
    /// The new key's own signature.
    #[schema(max_length = 16384)]
    possession: String,
}

/// Enrol a key: the witness and the new key have signed the same text.
#[utoipa::path(
    post, path = "/people/{person}/keys", tag = "signing", request_body = Enrolment,
    params(("person" = w::Person, Path)),
    responses((status = 201, description = "The key may sign.", body = super::shapes::DoneShape)),
)]
async fn enrol(
    State(app): State<App>,
    super::json::Id(person): super::json::Id<PersonId>,
    act: Act<Enrolment>,
) -> Result<Response, Problem> {
    let said = act.said.clone();
    let pair = |signature| Pair { text: said.statement.clone(), signature };
    let pairs = [pair(said.witness.clone()), pair(said.possession.clone())];
    let mut both =
        verified::<KeyEnrolment>(&pairs, &app.signature_rules()).map_err(|e| unsound(&e))?;
    let (possession, witness) = (both.pop(), both.pop());
    let Some((witness, possession)) = witness.zip(possession) else {
        return Err(unsound(&NoCommand::Nothing));
    };
    let enrolled = &witness.statement().person;
    if *enrolled != person {
        let detail = format!("the text enrols a key of {enrolled}, and the address names {person}");
        return Err(Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", detail));
    }
    let command = people::Command::EnrolKey { witness, possession };
    let done = act.give_signed(&app, command_id_of(&pairs), command).await?;
    let value = json!({ "events": super::kinds_of(&done.events) });
    Ok(act.answer(&app, &done, Some("/api/v1/keys".to_owned()), value))
}

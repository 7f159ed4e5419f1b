//! Requests. Answers: *may this be done, who still has to consent, and what can I do about it?*

use super::act::{Act, Done};
use super::json::{Id, Nothing, Wish};
use super::reading::{Reading, part, tag};
use super::shapes::{OfferShape, RequestShape, Requests};
use super::visible;
use super::words as w;
use crate::actions::on_request;
use crate::names::Names;
use crate::server::{App, Problem};
use crate::views;
use axum::extract::State;
use axum::response::Response;
use countersign_core::requests::{Command, Draft, Event as RequestEvent, Request};
use countersign_core::{Event, State as Ledger};
use countersign_proof::words::{PersonId, RequestId, Revision, Window};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(show))
        .routes(routes!(actions))
        .routes(routes!(revise))
        .routes(routes!(withdraw))
        .routes(routes!(answer))
        .routes(routes!(recuse))
        .routes(routes!(declare_interest))
}

/// From when until when; the end is no longer in it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    from: w::Moment,
    until: w::Moment,
}

impl Span {
    /// The window, where it is one.
    pub(super) fn window(&self) -> Result<Window, Problem> {
        let (from, until) = (self.from.0.0, self.until.0.0);
        Window::new(from, until).ok_or_else(|| {
            let detail = format!("/window: it is reversed or empty: from {from} until {until}");
            let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            Problem::door(status, "wrong-field", detail)
        })
    }
}

/// What is asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftBody {
    /// `use`, `deliver` or `transfer`.
    act: w::Act,
    /// For whom.
    holder: w::Party,
    /// Of what.
    item: w::Item,
    quantity: w::Units,
    /// Where.
    #[serde(default)]
    zones: Vec<w::Zone>,
    /// To whom, for a transfer.
    #[serde(default)]
    recipient: Option<w::Party>,
    /// From which depot.
    #[serde(default)]
    depot: Option<w::Place>,
    window: Span,
}

impl DraftBody {
    pub(super) fn draft(self) -> Result<Draft, Problem> {
        let window = self.window.window()?;
        Ok(Draft {
            act: self.act.0,
            holder: self.holder.0,
            item: self.item.0,
            quantity: self.quantity.0,
            zones: self.zones.into_iter().map(|zone| zone.0).collect(),
            recipient: self.recipient.map(|party| party.0),
            depot: self.depot.map(|place| place.0),
            window,
        })
    }
}

/// A request as it is made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Submission {
    draft: DraftBody,
    /// Why; those who decide will see it.
    why: String,
    /// An open request of the same holder that this one replaces.
    #[serde(default)]
    supersedes: Option<w::Request>,
}

/// A request as it is changed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The revision that you have before you.
    #[schema(minimum = 1)]
    revision: u32,
    draft: DraftBody,
    /// Why.
    why: String,
}

/// An answer to a question.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    text: String,
}

/// Why somebody steps back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    reason: String,
}

/// An interest.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InterestBody {
    interest: String,
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those still open, or only those closed.
    open: Option<bool>,
    /// Only those in this state.
    state: Option<w::RequestState>,
    /// Only those for this holder.
    holder: Option<w::Party>,
    /// Only those of this item.
    item: Option<w::Item>,
    /// Those after this one.
    after: Option<w::Request>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

impl Filter {
    /// Whether a request is wanted. What may not be seen of it cannot be asked about either.
    fn wants(&self, request: &Request, parties: bool) -> bool {
        let draft = &request.draft;
        let about = self.holder.is_none() && self.item.is_none()
            || parties
                && self.holder.as_ref().is_none_or(|holder| draft.holder == holder.0)
                && self.item.as_ref().is_none_or(|item| draft.item == item.0);
        about
            && self.open.is_none_or(|open| request.state.is_open() == open)
            && self.state.as_ref().is_none_or(|state| request.state == state.0.0)
    }
}

const COLUMNS: &[&str] = &[
    "id",
    "revision",
    "state",
    "act",
    "holder",
    "item",
    "quantity",
    "zones",
    "recipient",
    "depot",
    "requester",
    "policy",
    "submitted_at",
    "deadline",
    "closed_at",
    "closing",
];

/// List requests, oldest first; as JSON or CSV.
#[utoipa::path(
    get, path = "/requests", tag = "requests", params(Filter),
    responses((status = 200, description = "The requests that you may see.",
        content((Requests = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let (names, person) = (app.names().await?, reading.person().clone());
    let found = app.work(move |state| {
        let all = state.requests.all().iter();
        part(
            all,
            |request| request.id,
            filter.after.as_ref(),
            filter.limit,
            |request| {
                let seen = visible::parts_for(state, &person, request)?;
                filter.wants(request, seen.parties).then_some(())?;
                visible::request(state, &names, &person, request)
            },
        )
    });
    reading.list(&found.await??, COLUMNS)
}

/// Show a request.
#[utoipa::path(
    get, path = "/requests/{id}", tag = "requests", params(("id" = w::Request, Path)),
    responses((status = 200, description = "The request.", body = RequestShape)),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let names = app.names().await?;
    reading.one(&app.look(|state| told(state, &names, reading.person(), id))?)
}

fn told(state: &Ledger, names: &Names, person: &PersonId, id: RequestId) -> Result<Value, Problem> {
    let found = visible::find_request(state, person, id)?;
    visible::request(state, names, person, found).ok_or_else(|| visible::no_request(id))
}

/// Checks that a request is still what a command was tied to, for somebody who may see it.
pub(super) async fn check<T>(app: &App, act: &Act<T>, id: RequestId) -> Result<(), Problem> {
    let names = app.names().await?;
    let now = app.look(|state| told(state, &names, act.person(), id))?;
    act.unchanged(&tag(&now.to_string()))
}

/// The answer with what became of a request. Whoever has stepped back no longer sees it, and is
/// told what happened.
pub(super) async fn became<T>(
    app: &App,
    act: &Act<T>,
    done: &Done,
    id: RequestId,
    made: bool,
) -> Result<Response, Problem> {
    let names = app.names().await?;
    let value = done.look(app, |state| told(state, &names, act.person(), id));
    let value = value.unwrap_or_else(|_| super::happened(&done.events));
    Ok(act.answer(app, done, made.then(|| format!("/api/v1/requests/{id}")), value))
}

/// What you can do on a request now, and by which rule the ledger would refuse the rest.
#[utoipa::path(
    get, path = "/requests/{id}/actions", tag = "requests", params(("id" = w::Request, Path)),
    responses((status = 200, description = "Every action, allowed or not.",
            body = Vec<OfferShape>),
        (status = 403, description = "The session only reads: nothing can be done through it.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn actions(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let authority = reading.viewer.authority()?;
    let offers = app.work(move |state| {
        let request = visible::find_request(state, &authority.person, id)?;
        let offers = on_request(state, request, &authority);
        Ok::<Value, Problem>(offers.iter().map(views::offer).collect())
    });
    reading.one(&offers.await??)
}

/// Ask for one act.
#[utoipa::path(
    post, path = "/requests", tag = "requests", request_body = Submission,
    responses((status = 201, description = "The request.", body = RequestShape),
        (status = 200, description = "What would come of it.", body = RequestShape)),
)]
async fn submit(State(app): State<App>, act: Act<Submission>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let command = Command::SubmitRequest {
        draft: said.draft.draft()?,
        justification: said.why,
        supersedes: said.supersedes.map(|id| id.0),
    };
    let done = act.give(&app, command).await?;
    let id = done.events.iter().find_map(submitted);
    let id = id.ok_or_else(|| Problem::unavailable("the request is gone"))?;
    became(&app, &act, &done, id, true).await
}

fn submitted(event: &Event) -> Option<RequestId> {
    match event {
        Event::Requests(RequestEvent::RequestSubmitted { request, .. }) => Some(*request),
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

/// Change what is asked for; whatever was signed on the old revision no longer counts.
#[utoipa::path(
    post, path = "/requests/{id}/revise", tag = "requests", request_body = Change,
    params(("id" = w::Request, Path),
        ("If-Match" = Option<String>, Header, description = "The tag of what you read.")),
    responses((status = 200, description = "The request.", body = RequestShape)),
)]
async fn revise(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    act: Act<Change>,
) -> Result<Response, Problem> {
    let said = act.said.clone();
    let revision = Revision(said.revision);
    let (draft, justification) = (said.draft.draft()?, said.why);
    on(&app, &act, id, Command::ReviseRequest { request: id, revision, draft, justification }).await
}

async fn on<T>(
    app: &App,
    act: &Act<T>,
    id: RequestId,
    command: Command,
) -> Result<Response, Problem> {
    check(app, act, id).await?;
    let done = act.give(app, command).await?;
    became(app, act, &done, id, false).await
}

/// Take a request back.
#[utoipa::path(
    post, path = "/requests/{id}/withdraw", tag = "requests",
    params(("id" = w::Request, Path),
        ("If-Match" = Option<String>, Header, description = "The tag of what you read.")),
    responses((status = 200, description = "The request.", body = RequestShape)),
)]
async fn withdraw(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    act: Act<Nothing>,
) -> Result<Response, Problem> {
    on(&app, &act, id, Command::WithdrawRequest { request: id }).await
}

/// Answer a question; the clock runs again.
#[utoipa::path(
    post, path = "/requests/{id}/answer", tag = "requests", request_body = AnswerBody,
    params(("id" = w::Request, Path),
        ("If-Match" = Option<String>, Header, description = "The tag of what you read.")),
    responses((status = 200, description = "The request.", body = RequestShape)),
)]
async fn answer(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    act: Act<AnswerBody>,
) -> Result<Response, Problem> {
    let answer = act.said.text.clone();
    on(&app, &act, id, Command::AnswerInformation { request: id, answer }).await
}

/// Step back from a request: neither see it nor sign on it.
#[utoipa::path(
    post, path = "/requests/{id}/recuse", tag = "requests", request_body = ReasonBody,
    params(("id" = w::Request, Path)),
    responses((status = 200, description = "What happened; the request is not shown any more.",
        body = super::shapes::DoneShape)),
)]
async fn recuse(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    act: Act<ReasonBody>,
) -> Result<Response, Problem> {
    let reason = act.said.reason.clone();
    on(&app, &act, id, Command::Recuse { request: id, reason }).await
}

/// Put an interest on the record without stepping back.
#[utoipa::path(
    post, path = "/requests/{id}/declare-interest", tag = "requests", request_body = InterestBody,
    params(("id" = w::Request, Path)),
    responses((status = 200, description = "The request.", body = RequestShape)),
)]
async fn declare_interest(
    State(app): State<App>,
    Id(id): Id<RequestId>,
    act: Act<InterestBody>,
) -> Result<Response, Problem> {
    let interest = act.said.interest.clone();
    on(&app, &act, id, Command::DeclareInterest { request: id, interest }).await
}

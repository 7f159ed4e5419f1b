//! Requests. Answers: *what was asked for, how does each stand, and what can be asked?*

pub(crate) mod told;

pub(crate) mod draft;

mod case;
mod deciding;
mod doing;
mod list;
mod story;

use super::page::page;
use super::{places, words};
use crate::server::app::random_id;
use crate::server::fields::Fields;
use crate::server::viewer::{Visitor, command_id};
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use countersign_core::record::Answer;
use countersign_core::requests::{Command, Draft, Event, Request};
use countersign_core::{Event as AnyEvent, State as Ledger};
use countersign_proof::words::{PersonId, RequestId};
use draft::{Choices, Form};
use maud::Markup;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/requests", get(list::list))
        .route("/requests/new", get(new).post(submit))
        .route("/requests/check", get(check))
        .route("/requests/{id}", get(case::case))
        .merge(doing::router())
        .merge(deciding::router())
}

/// A request for whoever may see it; otherwise the same answer as if there were none.
///
/// # Errors
/// [`Problem`] in both cases.
pub(crate) fn find<'a>(
    state: &'a Ledger,
    id: &str,
    person: &PersonId,
) -> Result<&'a Request, Problem> {
    let request = id.parse::<RequestId>().ok().and_then(|id| state.requests.request(id));
    let seen = request.filter(|request| state.may_see(request, person));
    seen.ok_or_else(|| Problem::not_found("request"))
}

async fn form_page(
    app: &App,
    viewer: &Viewer,
    fields: &Fields,
    asked: Option<&Draft>,
) -> Result<Markup, Problem> {
    let mut frame = places::frame(app, &Visitor(Some(viewer.clone())), "/requests").await?;
    frame.scripts = vec!["check.js"];
    let by = super::inbox::looking_as(viewer);
    let now = app.now()?;
    let choices = app.look(|state| Choices::of(state, viewer.person()));
    let check = app.look(|state| draft::check(state, asked, &by, now));
    let form = Form {
        title: words::FORM_TITLE,
        address: "/requests/new",
        send: words::SUBMIT,
        command: command_id(fields)?.map_or_else(random_id, Ok)?,
        revision: None,
    };
    let body = draft::form(&frame, &form, &choices, fields, &check);
    Ok(page(&frame, words::FORM_TITLE, &body))
}

async fn new(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    form_page(&app, &viewer, &fields, None).await
}

/// Who would have to agree to what the form says so far.
async fn check(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    if fields.typed("why").is_empty() {
        let mut given = fields.all().to_vec();
        given.retain(|(name, _)| name != "why");
        given.push(("why".to_owned(), "-".to_owned()));
        fields = Fields::of(given);
    }
    let draft = draft::read(&mut fields).filter(|_| fields.is_sound()).map(|(draft, _)| draft);
    let (by, now) = (super::inbox::looking_as(&viewer), app.now()?);
    Ok(app.look(|state| draft::check(state, draft.as_ref(), &by, now)))
}

async fn submit(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let only = draft::only_checks(&mut fields);
    let read = draft::read(&mut fields);
    fields.finish()?;
    let Some((asked, why)) = read.filter(|_| fields.is_sound()) else {
        let shown = form_page(&app, &viewer, &fields, None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    if only {
        return Ok(form_page(&app, &viewer, &fields, Some(&asked)).await?.into_response());
    }
    let by = viewer.authority()?;
    let command =
        Command::SubmitRequest { draft: asked.clone(), justification: why, supersedes: None };
    match app.submit(command_id(&fields)?, Some(by), command).await {
        Ok(receipt) => {
            let made = submitted(&receipt.answer);
            let to = made.map_or_else(|| "/requests".to_owned(), |id| format!("/requests/{id}"));
            Ok(Redirect::to(&to).into_response())
        }
        Err(problem) => {
            fields.error("act", format!("{} ({})", problem.detail, problem.code));
            // A refusal is recorded under the id it came with; what is sent next is another.
            let fresh = fields.all().iter().filter(|(name, _)| name != "command_id").cloned();
            let mut again = Fields::of(fresh.collect());
            again.error("act", format!("{} ({})", problem.detail, problem.code));
            let shown = form_page(&app, &viewer, &again, Some(&asked)).await?;
            Ok((problem.status, shown).into_response())
        }
    }
}

/// The request that a command has made.
fn submitted(answer: &Answer) -> Option<RequestId> {
    let Answer::Accepted(events) = answer else { return None };
    events.iter().find_map(|event| match event {
        AnyEvent::Requests(Event::RequestSubmitted { request, .. }) => Some(*request),
        AnyEvent::Requests(_)
        | AnyEvent::Ledger(_)
        | AnyEvent::People(_)
        | AnyEvent::Stock(_)
        | AnyEvent::Policy(_)
        | AnyEvent::Triage(_)
        | AnyEvent::Rerouting(_)
        | AnyEvent::History(_) => None,
    })
}

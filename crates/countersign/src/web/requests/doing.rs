//! What is done on a request without a signature of its own. Answers: *what exactly will happen,
//! and is that meant?*

use super::draft::{self, Choices, Form};
use super::find;
use crate::actions::{Action as Act, on_request};
use crate::server::app::random_id;
use crate::server::fields::Fields;
use crate::server::viewer::{Visitor, command_id};
use crate::server::{App, Problem, Viewer};
use crate::web::inbox::looking_as;
use crate::web::page::{Frame, csrf, page};
use crate::web::parts::{Action, Choice, Field, Number, buttons, error_summary};
use crate::web::signing::faults_of;
use crate::web::{places, words};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::requests::{Command, Request};
use countersign_proof::words::{CommandId, Moment, Quantity, Revision, ZoneId};
use maud::{Markup, html};

/// The pages of this module.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/requests/{id}/revise", get(revise_page).post(revise))
        .route("/requests/{id}/{action}", get(action_page).post(act))
}

/// The actions that one small form is enough for.
#[derive(Clone, Copy)]
enum Small {
    Withdraw,
    Answer,
    Recuse,
    Interest,
    Use,
    Surrender,
}

impl Small {
    fn named(name: &str) -> Result<Self, Problem> {
        Ok(match name {
            "withdraw" => Self::Withdraw,
            "answer" => Self::Answer,
            "recuse" => Self::Recuse,
            "interest" => Self::Interest,
            "use" => Self::Use,
            "surrender" => Self::Surrender,
            _ => return Err(Problem::not_found("page")),
        })
    }

    fn action(self) -> Act {
        match self {
            Self::Withdraw => Act::Withdraw,
            Self::Answer => Act::Answer,
            Self::Recuse => Act::Recuse,
            Self::Interest => Act::DeclareInterest,
            Self::Use => Act::ReportUse,
            Self::Surrender => Act::Surrender,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Withdraw => words::action::WITHDRAW,
            Self::Answer => words::action::ANSWER,
            Self::Recuse => words::action::RECUSE,
            Self::Interest => words::action::DECLARE,
            Self::Use => words::action::REPORT,
            Self::Surrender => words::action::SURRENDER,
        }
    }

    /// What it means.
    fn meaning(self) -> Option<&'static str> {
        match self {
            Self::Withdraw => Some(words::WITHDRAW_WHY),
            Self::Recuse => Some(words::RECUSE_WHY),
            Self::Surrender => Some(words::SURRENDER_WHY),
            Self::Use => Some(words::REPORT_WHY),
            Self::Answer | Self::Interest => None,
        }
    }

    fn is_grave(self) -> bool {
        match self {
            Self::Withdraw | Self::Recuse | Self::Surrender => true,
            Self::Answer | Self::Interest | Self::Use => false,
        }
    }

    fn questions(self, request: &Request, fields: &Fields, now: Moment) -> Markup {
        let field = |name, label| {
            let error = fields.errors().get(name).map(String::as_str);
            Field::new(name, label).value(fields.typed(name)).error(error)
        };
        match self {
            Self::Withdraw | Self::Surrender => html! {},
            Self::Answer => field("text", words::ANSWER_TEXT).long_text(6),
            Self::Recuse => field("text", words::REASON).long_text(4),
            Self::Interest => field("text", words::INTEREST_TEXT).long_text(4),
            Self::Use => {
                let zones: Vec<String> =
                    request.draft.zones.iter().map(ToString::to_string).collect();
                let zones: Vec<Choice<'_>> =
                    zones.iter().map(|zone| Choice::new(zone, zone)).collect();
                let at = now.to_string().chars().take(16).collect::<String>();
                let typed = fields.typed("at");
                let at = if typed.is_empty() { at.as_str() } else { typed };
                html! {
                    (field("quantity", words::UNITS).number(Number::default()))
                    (field("at", words::USED_AT).value(at).date_time())
                    @if !zones.is_empty() {
                        (field("zone", words::USED_WHERE).select(&zones))
                    }
                    (field("text", words::NOTE).optional().long_text(3))
                }
            }
        }
    }

    /// The command that the form makes; `None` where something is wrong with it.
    fn command(self, request: &Request, fields: &mut Fields) -> Option<Command> {
        let id = request.id;
        let must = |fields: &mut Fields| {
            let text = fields.text("text");
            if text.trim().is_empty() {
                fields.error("text", "this is missing");
            }
            text
        };
        Some(match self {
            Self::Withdraw => Command::WithdrawRequest { request: id },
            Self::Answer => Command::AnswerInformation { request: id, answer: must(fields) },
            Self::Recuse => Command::Recuse { request: id, reason: must(fields) },
            Self::Interest => Command::DeclareInterest { request: id, interest: must(fields) },
            Self::Surrender => Command::SurrenderRelease { release: request.release? },
            Self::Use => {
                let quantity: Option<Quantity> = fields.word("quantity");
                let used_at = draft::moment(fields, "at");
                if used_at.is_none() {
                    fields.error("at", "this is missing");
                }
                let zone: Option<ZoneId> = fields.maybe("zone");
                Command::ReportUse {
                    release: request.release?,
                    quantity: quantity?,
                    used_at: used_at?,
                    zone,
                    note: fields.text("text"),
                }
            }
        })
    }
}

/// The form, or why there is none.
fn small_form(
    frame: &Frame,
    small: Small,
    request: &Request,
    fields: &Fields,
    (now, command): (Moment, CommandId),
) -> Markup {
    let id = request.id.to_string();
    let back = format!("/requests/{id}");
    let send = if small.is_grave() {
        Action::Grave { label: small.title(), sends: None }
    } else {
        Action::Main { label: small.title(), sends: None }
    };
    let body = html! {
        (error_summary(&faults_of(fields)))
        h1 { (small.title()) ": " (id) }
        p class="lead" { (super::told::what(&request.draft)) }
        @if let Some(meaning) = small.meaning() { p { (meaning) } }
        form method="post" {
            @if let Some(who) = &frame.viewer { (csrf(who)) }
            input type="hidden" name="command_id" value=(command);
            (small.questions(request, fields, now))
            (buttons(&[send, Action::Link { label: words::BACK_TO_CASE, href: &back }]))
        }
    };
    page(frame, small.title(), &body)
}

/// Refuses an action that the ledger would refuse, by the same rule.
fn check(state: &Ledger, request: &Request, viewer: &Viewer, action: Act) -> Result<(), Problem> {
    let offers = on_request(state, request, &looking_as(viewer));
    let offer = offers.into_iter().find(|offer| offer.action == action);
    match offer {
        None => Err(Problem::not_found("release on this request")),
        Some(offer) => offer
            .refused
            .map_or(Ok(()), |refused| Err(Problem::refused(&refused.code, &refused.message))),
    }
}

async fn action_page(
    State(app): State<App>,
    viewer: Viewer,
    Path((name, action)): Path<(String, String)>,
) -> Result<Markup, Problem> {
    let small = Small::named(&action)?;
    let frame = places::frame(&app, &Visitor(Some(viewer.clone())), "/requests").await?;
    let made = (app.now()?, random_id()?);
    app.look(|state| {
        let request = find(state, &name, viewer.person())?;
        check(state, request, &viewer, small.action())?;
        Ok(small_form(&frame, small, request, &Fields::default(), made))
    })
}

async fn act(
    State(app): State<App>,
    viewer: Viewer,
    Path((name, action)): Path<(String, String)>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let small = Small::named(&action)?;
    let request = app.look(|state| find(state, &name, viewer.person()).cloned())?;
    let command = small.command(&request, &mut fields);
    if request.draft.zones.is_empty() {
        fields.text("zone");
    }
    fields.finish()?;
    let by = viewer.authority()?;
    let problem = match command.filter(|_| fields.is_sound()) {
        Some(command) => match app.submit(command_id(&fields)?, Some(by), command).await {
            Ok(_) => {
                let gone = matches!(small, Small::Recuse);
                let to = if gone { "/inbox".to_owned() } else { format!("/requests/{name}") };
                return Ok(Redirect::to(&to).into_response());
            }
            Err(problem) => Some(problem),
        },
        None => None,
    };
    let status = problem.as_ref().map_or(StatusCode::UNPROCESSABLE_ENTITY, |one| one.status);
    if let Some(problem) = problem {
        fields.error("text", format!("{} ({})", problem.detail, problem.code));
    }
    let frame = places::frame(&app, &Visitor(Some(viewer.clone())), "/requests").await?;
    let made = (app.now()?, random_id()?);
    let shown = small_form(&frame, small, &request, &fields, made);
    Ok((status, shown).into_response())
}

async fn revision_form(
    app: &App,
    viewer: &Viewer,
    request: &Request,
    fields: &Fields,
    checked: bool,
) -> Result<Markup, Problem> {
    let mut frame = places::frame(app, &Visitor(Some(viewer.clone())), "/requests").await?;
    frame.scripts = vec!["check.js"];
    let (by, now) = (looking_as(viewer), app.now()?);
    let title = format!("{} {}", words::REVISE_TITLE, request.id);
    let address = format!("/requests/{}/revise", request.id);
    let revision = match fields.typed("revision") {
        "" => request.revision.to_string(),
        typed => typed.to_owned(),
    };
    let form = Form {
        title: &title,
        address: &address,
        send: words::SUBMIT_REVISION,
        command: random_id()?,
        revision: Some(revision),
    };
    let (choices, check) = app.look(|state| {
        let asked = draft::read(&mut fields.clone()).filter(|_| checked).map(|(draft, _)| draft);
        let check = draft::check(state, asked.as_ref(), &by, now);
        (Choices::of(state, viewer.person()), check)
    });
    let body = draft::form(&frame, &form, &choices, fields, &check);
    Ok(page(&frame, &title, &body))
}

async fn revise_page(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    let request = app.look(|state| {
        let request = find(state, &name, viewer.person())?;
        check(state, request, &viewer, Act::Revise)?;
        Ok::<_, Problem>(request.clone())
    })?;
    let fields = draft::of(&request, "");
    revision_form(&app, &viewer, &request, &fields, false).await
}

async fn revise(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let request = app.look(|state| find(state, &name, viewer.person()).cloned())?;
    let only = draft::only_checks(&mut fields);
    let read = draft::read(&mut fields);
    let revision: Option<Revision> = fields.word("revision");
    fields.finish()?;
    let ready = read.zip(revision).filter(|_| fields.is_sound());
    let Some(((draft, justification), revision)) = ready else {
        let shown = revision_form(&app, &viewer, &request, &fields, false).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    if only {
        return Ok(revision_form(&app, &viewer, &request, &fields, true).await?.into_response());
    }
    let by = viewer.authority()?;
    let command = Command::ReviseRequest { request: request.id, revision, draft, justification };
    match app.submit(command_id(&fields)?, Some(by), command).await {
        Ok(_) => Ok(Redirect::to(&format!("/requests/{name}")).into_response()),
        Err(problem) => {
            fields.error("act", format!("{} ({})", problem.detail, problem.code));
            let shown = revision_form(&app, &viewer, &request, &fields, true).await?;
            Ok((problem.status, shown).into_response())
        }
    }
}

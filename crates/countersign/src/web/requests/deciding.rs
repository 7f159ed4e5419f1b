//! Deciding and advising. Answers: *what is said, under which conditions and why?*
//!
//! The form makes the exact text; it is signed on a page of its own.

use super::case::possible;
use super::{find, told};
use crate::actions::{Action as Act, Offer, on_request};
use crate::server::fields::Fields;
use crate::server::papers::Purpose;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::statements::{self, Signing};
use crate::web::inbox::looking_as;
use crate::web::page::{Frame, csrf, page};
use crate::web::parts::{
    Action, Choice, Field, Number, buttons, details, error_summary, summary_list,
};
use crate::web::requests::draft::moment;
use crate::web::signing::faults_of;
use crate::web::{places, words};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::people::Office;
use countersign_core::requests::Request;
use countersign_proof::signature::Assurance;
use countersign_proof::statement::kinds::{Advice, Decision};
use countersign_proof::words::{
    AdviceKind, DecisionKind, Moment, OfficeId, PersonId, PlaceId, Provisos, Quantity, Window,
    ZoneId,
};
use maud::{Markup, html};

/// The pages of this module.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/requests/{id}/decide", get(decide_page).post(decide))
        .route("/requests/{id}/advise", get(advise_page).post(advise))
}

/// What is said of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Saying {
    Decision,
    Advice,
}

fn offices(state: &Ledger, person: &PersonId) -> Vec<(String, String)> {
    let at = state.ledger.clock;
    let offices = state.people.spoken_for_by(person, at);
    let told =
        |office: &Office| (office.id.to_string(), format!("{} ({})", office.title, office.id));
    offices.map(told).collect()
}

impl Saying {
    /// Whether an action on a request is done by saying this.
    fn does(self, action: Act) -> bool {
        match action {
            Act::Approve | Act::Refuse | Act::Ask | Act::TakeBack => self == Self::Decision,
            Act::Advise => self == Self::Advice,
            Act::Revise
            | Act::Withdraw
            | Act::Answer
            | Act::Recuse
            | Act::DeclareInterest
            | Act::ReportUse
            | Act::Surrender => false,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Decision => words::DECIDE_TITLE,
            Self::Advice => words::ADVISE_TITLE,
        }
    }
}

/// The action that a decision is.
fn action_of(kind: DecisionKind) -> Act {
    match kind {
        DecisionKind::Approve => Act::Approve,
        DecisionKind::Refuse => Act::Refuse,
        DecisionKind::Ask => Act::Ask,
        DecisionKind::Withdraw => Act::TakeBack,
    }
}

fn on(state: &Ledger, request: &Request, saying: Saying, viewer: &Viewer) -> Vec<Offer> {
    let offers = on_request(state, request, &looking_as(viewer));
    offers.into_iter().filter(|of| saying.does(of.action)).collect()
}

fn allowed(state: &Ledger, request: &Request, saying: Saying, viewer: &Viewer) -> Vec<Offer> {
    let offers = on(state, request, saying, viewer);
    offers.into_iter().filter(|offer| offer.refused.is_none()).collect()
}

/// Why nothing can be said of a request; none where something can.
fn barred(
    frame: &Frame,
    saying: Saying,
    state: &Ledger,
    request: &Request,
    viewer: &Viewer,
) -> Option<Markup> {
    let offers = on(state, request, saying, viewer);
    if offers.iter().any(|offer| offer.refused.is_none()) {
        return None;
    }
    let title = format!("{}: {}", saying.title(), request.id);
    let back = format!("/requests/{}", request.id);
    let body = html! {
        h1 { (title) }
        p class="lead" { (told::what(&request.draft)) }
        (possible(request, &offers))
        (buttons(&[Action::Link { label: words::BACK_TO_CASE, href: &back }]))
    };
    Some(page(frame, &title, &body))
}

/// Reads the provisos; what is wrong stands in the fields.
fn provisos(fields: &mut Fields) -> Provisos {
    let quantity: Option<Quantity> = fields.maybe("most");
    let zones: Vec<ZoneId> = fields.words("only");
    let depot: Option<PlaceId> = fields.maybe("depot");
    let (from, until) = (moment(fields, "from"), moment(fields, "until"));
    let window = match (from, until) {
        (None, None) => None,
        (from, until) => {
            let least = Moment::from_millis(0).unwrap_or(Moment::LAST);
            let window = Window::new(from.unwrap_or(least), until.unwrap_or(Moment::LAST));
            if window.is_none() {
                fields.error("until", "this must be later than the beginning");
            }
            window
        }
    };
    let zones = (!zones.is_empty()).then(|| zones.into_iter().collect());
    Provisos { quantity, zones, window, depot }
}

fn proviso_fields(request: &Request, fields: &Fields) -> Markup {
    let error = |name: &str| fields.errors().get(name).map(String::as_str);
    let field = |name, label| {
        Field::new(name, label).value(fields.typed(name)).error(error(name)).optional()
    };
    let zones: Vec<String> = request.draft.zones.iter().map(ToString::to_string).collect();
    let zones: Vec<Choice<'_>> = zones.iter().map(|zone| Choice::new(zone, zone)).collect();
    let chosen: Vec<&str> = fields.chosen("only").collect();
    let any = ["most", "only", "depot", "from", "until"];
    let is_open = any.iter().any(|name| !fields.typed(name).is_empty() || error(name).is_some());
    let most = Number { least: Some(1), most: Some(request.draft.quantity.units()), unit: None };
    details(
        words::PROVISOS_TITLE,
        is_open,
        &html! {
            (field("most", words::PROVISO_QUANTITY).number(most))
            @if zones.len() > 1 {
                (field("only", words::PROVISO_ZONES).checkboxes(&zones, &chosen))
            }
            (field("depot", words::PROVISO_DEPOT).text())
            (field("from", words::PROVISO_FROM).date_time())
            (field("until", words::PROVISO_UNTIL).date_time())
        },
    )
}

fn form(
    frame: &Frame,
    saying: Saying,
    state: &Ledger,
    request: &Request,
    (viewer, fields): (&Viewer, &Fields),
) -> Markup {
    let error = |name: &str| fields.errors().get(name).map(String::as_str);
    let field = |name, label| Field::new(name, label).value(fields.typed(name)).error(error(name));
    // What the ledger would refuse is not offered; where it refuses everything by now, what was
    // chosen stays visible.
    let offers = allowed(state, request, saying, viewer);
    let offices = offices(state, viewer.person());
    let offices: Vec<(String, String)> = offices
        .into_iter()
        .filter(|(id, _)| {
            let named = |offer: &Offer| offer.office.as_ref().is_some_and(|of| of.as_str() == id);
            offers.is_empty() || offers.iter().any(named)
        })
        .collect();
    let offices: Vec<Choice<'_>> =
        offices.iter().map(|(value, label)| Choice::new(value, label)).collect();
    // Whoever can speak for one office only speaks for that one.
    let office = match (fields.typed("office"), offices.as_slice()) {
        ("", [only]) => only.value,
        (typed, _) => typed,
    };
    let name = match saying {
        Saying::Decision => "decision",
        Saying::Advice => "advice",
    };
    let kinds: Vec<Choice<'_>> = match saying {
        Saying::Decision => DecisionKind::ALL
            .iter()
            .filter(|kind| {
                offers.is_empty() || offers.iter().any(|offer| offer.action == action_of(**kind))
            })
            .map(|kind| Choice::new(kind.as_str(), words::decision(*kind)))
            .collect(),
        Saying::Advice => AdviceKind::ALL
            .iter()
            .map(|kind| Choice::new(kind.as_str(), words::advice(*kind)))
            .collect(),
    };
    let takes_provisos = match saying {
        Saying::Decision => kinds.iter().any(|kind| kind.value == DecisionKind::Approve.as_str()),
        Saying::Advice => true,
    };
    let draft = &request.draft;
    let back = format!("/requests/{}", request.id);
    let title = format!("{}: {}", saying.title(), request.id);
    let body = html! {
        (error_summary(&faults_of(fields)))
        h1 { (title) }
        (summary_list(&[
            (words::WHAT, told::what(draft)),
            (words::HOLDER, html! { (draft.holder) }),
            (words::WINDOW, html! {
                (crate::web::parts::moment(draft.window.from())) " – "
                (crate::web::parts::moment(draft.window.until()))
            }),
            (words::REVISION, html! { (request.revision) }),
            (words::STOCK_EFFECT, told::stock_effect(state, request)),
            (words::STILL_MISSING, html! { (told::missing(state, request)) }),
        ]))
        form method="post" action={ (back) "/" (match saying {
            Saying::Decision => "decide",
            Saying::Advice => "advise",
        }) } {
            @if let Some(who) = &frame.viewer { (csrf(who)) }
            input type="hidden" name="revision" value=(match fields.typed("revision") {
                "" => request.revision.to_string(),
                typed => typed.to_owned(),
            });
            (field("office", words::FOR_OFFICE).value(office).select(&offices))
            (field(name, words::YOUR_WORD).radios(&kinds))
            (field("reason", words::REASON).hint(words::REASON_HINT).long_text(4))
            @if takes_provisos { (proviso_fields(request, fields)) }
            (buttons(&[
                Action::Main { label: words::TO_THE_TEXT, sends: None },
                Action::Link { label: words::BACK_TO_CASE, href: &back },
            ]))
        }
    };
    page(frame, &title, &body)
}

async fn on_page(
    app: &App,
    viewer: &Viewer,
    name: &str,
    make: impl FnOnce(&Frame, &Ledger, &Request) -> Markup,
) -> Result<Markup, Problem> {
    let frame = places::frame(app, &Visitor(Some(viewer.clone())), "/requests").await?;
    app.look(|state| Ok(make(&frame, state, find(state, name, viewer.person())?)))
}

/// The form again, with what was typed.
async fn shown(
    app: &App,
    viewer: &Viewer,
    (saying, name): (Saying, &str),
    fields: &Fields,
) -> Result<Markup, Problem> {
    let make = |frame: &Frame, state: &Ledger, request: &Request| {
        form(frame, saying, state, request, (viewer, fields))
    };
    on_page(app, viewer, name, make).await
}

/// The empty form, or why there is none.
async fn begun(
    app: &App,
    viewer: &Viewer,
    (saying, name): (Saying, &str),
    fields: &Fields,
) -> Result<Markup, Problem> {
    let make = |frame: &Frame, state: &Ledger, request: &Request| {
        barred(frame, saying, state, request, viewer)
            .unwrap_or_else(|| form(frame, saying, state, request, (viewer, fields)))
    };
    on_page(app, viewer, name, make).await
}

async fn decide_page(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    begun(&app, &viewer, (Saying::Decision, &name), &fields).await
}

async fn advise_page(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    begun(&app, &viewer, (Saying::Advice, &name), &fields).await
}

/// Whether the form was made from the revision that is there now.
fn check_revision(request: &Request, fields: &mut Fields) -> Result<(), Problem> {
    let typed = fields.text("revision");
    if typed.is_empty() || typed == request.revision.to_string() {
        return Ok(());
    }
    let now = request.revision;
    let detail = format!(
        "you had revision {typed} before you, but the request is at revision {now}; read that one \
         first"
    );
    Err(Problem::refused("requests/stale-revision", &detail))
}

/// The parts that a decision and an advice have in common.
struct Said {
    request: Request,
    office: Option<OfficeId>,
    reason: String,
    provisos: Provisos,
}

fn read(app: &App, viewer: &Viewer, name: &str, fields: &mut Fields) -> Result<Said, Problem> {
    viewer.check_form(fields)?;
    viewer.authority()?;
    let request = app.look(|state| find(state, name, viewer.person()).cloned())?;
    check_revision(&request, fields)?;
    let office = fields.word("office");
    let reason = fields.text("reason");
    if reason.trim().is_empty() {
        fields.error("reason", "say why; it becomes part of what you sign");
    }
    let provisos = provisos(fields);
    Ok(Said { request, office, reason, provisos })
}

fn assurance(state: &Ledger, person: &PersonId) -> Assurance {
    crate::actions::assurance_of(state, person)
}

async fn decide(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let said = read(&app, &viewer, &name, &mut fields)?;
    let kind: Option<DecisionKind> = fields.word("decision");
    fields.finish()?;
    let request = &said.request;
    let person = viewer.person().clone();
    if let Some((office, kind)) = said.office.as_ref().zip(kind) {
        let refused = app.look(|state| {
            let assurance = assurance(state, &person);
            state.would_refuse_decision(request, office, &person, kind, assurance)
        });
        if let Some(rejection) = refused {
            fields.error("decision", format!("{rejection} ({})", rejection.code()));
        }
        if kind != DecisionKind::Approve && !said.provisos.is_empty() {
            fields.error("most", "provisos go with an approval only");
        }
    }
    let ready = said.office.clone().zip(kind).filter(|_| fields.is_sound());
    let Some((office, kind)) = ready else {
        let shown = shown(&app, &viewer, (Saying::Decision, &name), &fields).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let about = Some((request.id, request.revision));
    let binding = app.binding::<Decision>(&person, about).await?;
    let signing = Signing { office, signer: person, binding, reason: said.reason };
    let made = app.look(|state| statements::decision(state, request, signing, kind, said.provisos));
    let made = made.ok_or_else(|| {
        Problem::unavailable("the policy version that the request is judged by is not known")
    })?;
    let back = format!("/requests/{name}");
    match app.paper(&made, Purpose::Command, &back) {
        Ok(paper) => Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response()),
        Err(problem) => {
            fields.error("reason", problem.detail.clone());
            let shown = shown(&app, &viewer, (Saying::Decision, &name), &fields).await?;
            Ok((problem.status, shown).into_response())
        }
    }
}

async fn advise(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let said = read(&app, &viewer, &name, &mut fields)?;
    let kind: Option<AdviceKind> = fields.word("advice");
    fields.finish()?;
    let request = &said.request;
    let person = viewer.person().clone();
    if let Some(office) = &said.office {
        let refused = app.look(|state| state.would_refuse_advice(request, office, &person));
        if let Some(rejection) = refused {
            fields.error("advice", format!("{rejection} ({})", rejection.code()));
        }
    }
    let ready = said.office.clone().zip(kind).filter(|_| fields.is_sound());
    let Some((office, kind)) = ready else {
        let shown = shown(&app, &viewer, (Saying::Advice, &name), &fields).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let about = Some((request.id, request.revision));
    let binding = app.binding::<Advice>(&person, about).await?;
    let signing = Signing { office, signer: person, binding, reason: said.reason };
    let made = statements::advice(request, signing, kind, said.provisos);
    let back = format!("/requests/{name}");
    match app.paper(&made, Purpose::Command, &back) {
        Ok(paper) => Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response()),
        Err(problem) => {
            fields.error("reason", problem.detail.clone());
            let shown = shown(&app, &viewer, (Saying::Advice, &name), &fields).await?;
            Ok((problem.status, shown).into_response())
        }
    }
}

//! Problems as pages. Answers: *what went wrong, what can be done about it, and is what was typed
//! still there?*

use super::page::{csrf, page};
use super::parts::{Action, buttons, code, summary_list};
use super::{places, words};
use crate::server::fields::{self, Fields};
use crate::server::problem::title;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Shows every problem of `pages` as a page.
pub(crate) fn around(pages: Router<App>, app: &App) -> Router<App> {
    let pages = pages.route("/resend/{token}", get(resend)).fallback(nowhere);
    pages.layer(from_fn_with_state(app.clone(), told))
}

async fn nowhere() -> Problem {
    Problem::not_found("page")
}

/// A path on this server, as a form or link may name it; anything else leads home.
pub(crate) fn local(path: &str) -> &str {
    let mut letters = path.chars();
    let ours = letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && path.chars().all(|letter| letter.is_ascii_graphic());
    if ours { path } else { "/" }
}

/// Where one signs in and then goes on to `next`.
pub(crate) fn sign_in_then(next: &str) -> String {
    format!("/sign-in?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
}

async fn told(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::from_request_parts(&mut parts, &app).await;
    let visitor = visitor.unwrap_or(Visitor(None));
    let public = ["/sign-in", "/sign/", "/enter/", "/sign-out"];
    let public = public.iter().any(|path| parts.uri.path().starts_with(path));
    if parts.method == Method::POST && visitor.0.is_none() && !public {
        return kept(&app, &parts, body).await.unwrap_or_else(IntoResponse::into_response);
    }
    let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let method = parts.method.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    if problem.status == StatusCode::UNAUTHORIZED {
        let next = if method == Method::GET { here.as_str() } else { "/" };
        return Redirect::to(&sign_in_then(next)).into_response();
    }
    shown(&app, &visitor, &problem).await.into_response()
}

/// Keeps a form whose sender has been signed out meanwhile, and asks them to sign in.
async fn kept(
    app: &App,
    parts: &axum::http::request::Parts,
    body: Body,
) -> Result<Response, Problem> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok(Redirect::to(&sign_in_then("/")).into_response());
    }
    let bytes = axum::body::to_bytes(body, fields::LONGEST).await;
    let bytes = bytes.map_err(|_| {
        Problem::door(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "this form is too large")
    })?;
    let typed = Fields::parse(&bytes)?;
    let mut given = typed.all().to_vec();
    given.retain(|(name, _)| name != "csrf");
    let failed = |failed: crate::clock::SourceFailed| Problem::unavailable(failed.to_string());
    let token = app.unsent.keep((parts.uri.path().to_owned(), given)).map_err(failed)?;
    Ok(Redirect::to(&sign_in_then(&format!("/resend/{token}"))).into_response())
}

/// Shows what was typed before the session ended, to be sent again.
async fn resend(
    State(app): State<App>,
    Path(token): Path<String>,
    viewer: Viewer,
) -> Result<Markup, Problem> {
    let kept = app.unsent.look(&token);
    let (path, given) = kept.ok_or_else(|| Problem::not_found("unsent form"))?;
    let frame = places::frame(&app, &Visitor(Some(viewer)), "").await?;
    let rows: Vec<(&str, Markup)> = given
        .iter()
        .filter(|(name, _)| name != "command_id")
        .map(|(name, value)| (name.as_str(), html! { (value) }))
        .collect();
    let body = html! {
        h1 { (words::UNSENT) }
        p { (words::UNSENT_WHY) }
        (summary_list(&rows))
        form method="post" action=(path) {
            @if let Some(who) = &frame.viewer { (csrf(who)) }
            @for (name, value) in &given { input type="hidden" name=(name) value=(value); }
            (buttons(&[
                Action::Main { label: words::SEND_AGAIN, sends: None },
                Action::Link { label: words::DISCARD, href: "/" },
            ]))
        }
    };
    Ok(page(&frame, words::UNSENT, &body))
}

/// A problem as a page of its own.
pub(crate) async fn shown(app: &App, visitor: &Visitor, problem: &Problem) -> Response {
    let frame = match places::frame(app, visitor, "").await {
        Ok(frame) => frame,
        Err(_) => super::page::Frame::default(),
    };
    let heading = title(problem.status);
    let body = html! {
        h1 { (heading) }
        p class="lead" { (problem.detail) }
        p { (words::PROBLEM_CODE) " " (code("", &problem.code)) }
        (buttons(&[
            Action::Link { label: words::BACK_HOME, href: "/" },
        ]))
    };
    (problem.status, page(&frame, heading, &body)).into_response()
}

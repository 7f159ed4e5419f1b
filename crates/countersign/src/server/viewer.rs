//! Who is looking. Answers: *for whom is this page made, and may they act?*

use super::nodes::Vouched;
use super::sessions::{How, Session};
use super::{App, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum_extra::extract::CookieJar;
use countersign_core::people::Authority;
use countersign_proof::words::{CommandId, PersonId};

/// Whom a one-time link is for.
#[derive(Clone, Debug)]
pub(crate) struct Invited {
    /// The person.
    pub(crate) person: PersonId,
    /// With which key they will stand at the door; none for somebody who has yet to enrol one.
    pub(crate) authority: Option<Authority>,
}

/// The name of the session's cookie; browsers keep the prefix to secure origins without a domain.
pub(crate) fn cookie_name(app: &App) -> &'static str {
    if app.origin.is_secure() { "__Host-countersign" } else { "countersign" }
}

/// How a request shows whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// By the cookie of a browser.
    Cookie,
    /// By a bearer token in a header, which no other site can make a browser send.
    Bearer,
}

/// The token that a request carries.
pub(crate) fn token(app: &App, headers: &HeaderMap) -> Option<(String, Shown)> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) {
        return Some((token.to_owned(), Shown::Bearer));
    }
    let jar = CookieJar::from_headers(headers);
    let cookie = jar.get(cookie_name(app))?;
    Some((cookie.value().to_owned(), Shown::Cookie))
}

/// Whoever looks, signed in or not.
#[derive(Clone, Debug)]
pub(crate) struct Visitor(pub(crate) Option<Viewer>);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// The session.
    pub(crate) session: Session,
    /// The token that shows it, to end it by.
    pub(crate) token: String,
    /// How the token came.
    pub(crate) shown: Shown,
}

impl Viewer {
    /// Who.
    pub(crate) fn person(&self) -> &PersonId {
        &self.session.person
    }

    /// As whom commands are given.
    ///
    /// # Errors
    /// [`Problem`] where the session can only look.
    pub(crate) fn authority(&self) -> Result<Authority, Problem> {
        let why = match self.session.how {
            How::Oidc => "this session was opened at another organisation",
            How::Link => "this session was opened by a link, to enrol a key",
            How::Signed => "this session has no key",
        };
        self.session.authority.clone().ok_or_else(|| Problem::session_only_reads(why))
    }

    /// Checks that a form was made for this session.
    ///
    /// # Errors
    /// [`Problem`] where it was not.
    pub(crate) fn check_form(&self, fields: &super::fields::Fields) -> Result<(), Problem> {
        if self.shown == Shown::Bearer || fields.typed("csrf") == self.session.csrf {
            return Ok(());
        }
        let detail = "this form was not made for your session; open the page again and send it \
                      from there";
        Err(Problem::door(axum::http::StatusCode::FORBIDDEN, "foreign-form", detail))
    }
}

/// The id of the command that a form gives: the same form sent twice is one command.
///
/// # Errors
/// [`Problem`] where the field is not such an id.
pub(crate) fn command_id(fields: &super::fields::Fields) -> Result<Option<CommandId>, Problem> {
    let typed = fields.typed("command_id");
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| Problem::unreadable("command_id is no command id"))
}

/// Whose request it is: as another node vouches, or as its own token shows.
pub(crate) fn find(app: &App, parts: &Parts) -> Option<Viewer> {
    let viewer = match parts.extensions.get::<Vouched>() {
        Some(Vouched(viewer)) => viewer.clone(),
        None => {
            let (token, shown) = token(app, &parts.headers)?;
            let session = app.sessions.find(&token)?;
            Viewer { session, token, shown }
        }
    };
    let session = &viewer.session;
    // A key that may no longer sign opens nothing either.
    if let Some(authority) = &session.authority {
        let now = app.now().ok()?;
        let good = app.look(|state| state.people.check_authority(authority, now).is_ok());
        if !good {
            app.sessions.close(&viewer.token);
            return None;
        }
    }
    Some(viewer)
}

impl FromRequestParts<App> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(find(app, parts)))
    }
}

impl FromRequestParts<App> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        find(app, parts).ok_or_else(Problem::signed_out)
    }
}

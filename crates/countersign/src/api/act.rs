//! Giving a command. Answers: *who gives it, was it given before, and what came of it?*
//!
//! The id of a command comes from who gives it, where, and under which `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header-07): the ledger itself then knows that it was given
//! before, also after a restart. While the server runs, the very answer is kept as well.

use super::json::{Wish, bytes, read};
use super::reading::{names, say};
use crate::server::app::random_id;
use crate::server::{App, Problem, Viewer};
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::people::Authority;
use countersign_core::record::check_showable;
use countersign_core::{Command, Envelope, Event, State, apply, decide};
use countersign_proof::words::{CommandId, Digest, PersonId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const ENTRY: HeaderName = HeaderName::from_static("countersign-entry");

/// An answer that is kept under the key of its command.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The digest of the body that the key came with.
    digest: Digest,
    /// What was answered; none while the command is under way.
    told: Option<Told>,
}

#[derive(Clone, Debug)]
enum Told {
    Done { status: StatusCode, location: Option<String>, seq: Option<u64>, body: String },
    Refused(Box<Problem>),
}

/// A key under which a command is given.
#[derive(Clone, Debug)]
struct Key {
    id: CommandId,
    token: String,
    digest: Digest,
}

/// A command that somebody gives, with what its body says.
pub(crate) struct Act<T> {
    /// Who gives it.
    pub(crate) viewer: Viewer,
    /// What the body says.
    pub(crate) said: T,
    if_match: Option<String>,
    dry: bool,
    key: Option<Key>,
}

/// Why a command is not looked at any further.
pub(crate) enum Ended {
    /// It cannot be carried out.
    Problem(Problem),
    /// It was answered before.
    Replayed(Box<Response>),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Replayed(response) => *response,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manner {
    /// Whether only to say what would come of it.
    #[serde(default)]
    dry_run: bool,
}

impl<T: DeserializeOwned> FromRequest<App> for Act<T> {
    type Rejection = Ended;

    async fn from_request(request: Request, app: &App) -> Result<Self, Ended> {
        let (mut parts, body) = request.into_parts();
        let viewer = Viewer::from_request_parts(&mut parts, app).await?;
        let Wish(Manner { dry_run: dry }) = Wish::from_request_parts(&mut parts, app).await?;
        let asked = key_of(&parts.headers)?.filter(|_| !dry).map(str::to_owned);
        let route = format!("{} {}", parts.method, parts.uri.path());
        let headers = parts.headers.clone();
        let bytes = bytes(Request::from_parts(parts, body)).await?;
        let said = read(&headers, &bytes)?;
        let key = asked.map(|key| Key::new(viewer.person(), &route, &key, &bytes));
        if let Some(key) = &key {
            known(app, key)?;
        }
        let if_match = match headers.get(header::IF_MATCH).map(HeaderValue::to_str) {
            Some(Ok(list)) => Some(list.to_owned()),
            Some(Err(_)) => return Err(Problem::unreadable("If-Match is no list of tags").into()),
            None => None,
        };
        Ok(Self { viewer, said, if_match, dry, key })
    }
}

/// The key that the headers name.
fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default();
    let fits = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let detail = "Idempotency-Key is 1 to 255 visible ASCII characters, without spaces";
    if fits { Ok(Some(key)) } else { Err(Problem::unreadable(detail)) }
}

impl Key {
    fn new(person: &PersonId, route: &str, key: &str, body: &[u8]) -> Self {
        // No person, route or key has a line feed in it, so no two of them read alike.
        let token = Digest::of(format!("{person}\n{route}\n{key}").as_bytes());
        let mut id = [0; 16];
        id.iter_mut().zip(token.0).for_each(|(byte, of)| *byte = of);
        Self { id: CommandId(id), token: token.to_string(), digest: Digest::of(body) }
    }
}

/// Looks a key up, and notes it with its body where it is new.
fn known(app: &App, key: &Key) -> Result<(), Ended> {
    let Some(reply) = app.replies.look(&key.token) else {
        app.replies.keep_as(&key.token, Reply { digest: key.digest, told: None });
        return Ok(());
    };
    if reply.digest != key.digest {
        let detail = "this Idempotency-Key came with another body before; give every command a \
                      key of its own";
        return Err(Problem::id_taken(detail).into());
    }
    let Some(told) = reply.told else { return Ok(()) };
    let mut response = match told {
        Told::Done { status, location, seq, body } => {
            response(status, location.as_deref(), seq, body)
        }
        Told::Refused(problem) => problem.into_response(),
    };
    say(&mut response, REPLAYED, "true");
    Err(Ended::Replayed(Box::new(response)))
}

fn response(status: StatusCode, to: Option<&str>, seq: Option<u64>, body: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    if let Some(to) = to {
        say(&mut response, header::LOCATION, to);
    }
    if let Some(seq) = seq {
        say(&mut response, ENTRY, &seq.to_string());
    }
    response
}

/// What came of a command, or would come of it.
pub(crate) struct Done {
    /// Its events.
    pub(crate) events: Vec<Event>,
    seq: Option<u64>,
    repeated: bool,
    /// The state that it would lead to.
    would: Option<Arc<State>>,
}

impl Done {
    /// Nothing that stands in the record by itself.
    pub(crate) fn without_entry() -> Self {
        Self { events: Vec::new(), seq: None, repeated: false, would: None }
    }

    /// Looks at the state after the command; what it only would have led to, for a trial.
    pub(crate) fn look<R>(&self, app: &App, look: impl FnOnce(&State) -> R) -> R {
        match &self.would {
            Some(state) => look(state),
            None => app.look(look),
        }
    }
}

impl<T> Act<T> {
    /// Who gives it.
    pub(crate) fn person(&self) -> &PersonId {
        self.viewer.person()
    }

    /// Whether it is only tried.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry
    }

    /// Whether the command is tied to something as it was read.
    pub(crate) fn is_tied(&self) -> bool {
        self.if_match.is_some()
    }

    /// Checks that what the command is about is still what was read.
    ///
    /// # Errors
    /// [`Problem`] 412 where it is not.
    pub(crate) fn unchanged(&self, tag: &str) -> Result<(), Problem> {
        match &self.if_match {
            Some(list) if !names(list, tag) => {
                let detail = "it has changed since you read it (If-Match); read it again";
                Err(Problem::door(StatusCode::PRECONDITION_FAILED, "stale", detail))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Gives the command through the session.
    ///
    /// # Errors
    /// [`Problem`] where the session only reads, a rule refuses, or nothing could be recorded.
    pub(crate) async fn give(
        &self,
        app: &App,
        command: impl Into<Command>,
    ) -> Result<Done, Problem> {
        let by = self.viewer.authority()?;
        let id = self.key.as_ref().map(|key| key.id);
        self.hand_in(app, id, Some(by), command.into()).await
    }

    /// Gives a command that its signatures speak for; the same texts under the same signatures are
    /// the same command.
    ///
    /// # Errors
    /// [`Problem`] where a rule refuses, or nothing could be recorded.
    pub(crate) async fn give_signed(
        &self,
        app: &App,
        id: CommandId,
        command: impl Into<Command>,
    ) -> Result<Done, Problem> {
        self.hand_in(app, Some(id), None, command.into()).await
    }

    /// Gives one of several commands that one body holds. The ledger itself knows each of them
    /// again, so that the whole can be sent once more.
    ///
    /// # Errors
    /// As [`Self::give`].
    pub(crate) async fn give_one_of_many(
        &self,
        app: &App,
        command: impl Into<Command>,
    ) -> Result<(), Problem> {
        let by = self.viewer.authority()?;
        if self.dry {
            return try_out(app, Some(by), command.into()).await.map(|_| ());
        }
        app.submit(None, Some(by), command.into()).await.map(|_| ())
    }

    async fn hand_in(
        &self,
        app: &App,
        id: Option<CommandId>,
        by: Option<Authority>,
        command: Command,
    ) -> Result<Done, Problem> {
        if self.dry {
            return try_out(app, by, command).await;
        }
        match app.submit(id, by, command).await {
            Ok(receipt) => Ok(Done {
                events: crate::server::problem::events(&receipt.answer)?.to_vec(),
                seq: Some(receipt.seq),
                repeated: receipt.repeated,
                would: None,
            }),
            Err(problem) => {
                // What the ledger has refused stands in the record; what the door could not do may
                // be tried again.
                if !problem.code.starts_with("door/") {
                    self.keep(app, Told::Refused(Box::new(problem.clone())));
                }
                Err(problem)
            }
        }
    }

    fn keep(&self, app: &App, told: Told) {
        if let Some(key) = &self.key {
            app.replies.keep_as(&key.token, Reply { digest: key.digest, told: Some(told) });
        }
    }

    /// The answer to a command that was carried out, with the address of what it has made.
    pub(crate) fn answer(
        &self,
        app: &App,
        done: &Done,
        made: Option<String>,
        mut value: Value,
    ) -> Response {
        if self.dry {
            if let Some(fields) = value.as_object_mut() {
                fields.insert("dry_run".to_owned(), true.into());
            }
            return response(StatusCode::OK, None, None, value.to_string());
        }
        let status = if made.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        let (location, seq, body) = (made, done.seq, value.to_string());
        let kept = Told::Done { status, location: location.clone(), seq, body: body.clone() };
        self.keep(app, kept);
        let mut response = response(status, location.as_deref(), seq, body);
        if done.repeated {
            say(&mut response, REPLAYED, "true");
        }
        response
    }
}

/// What would come of a command, on a copy of the state.
async fn try_out(app: &App, by: Option<Authority>, command: Command) -> Result<Done, Problem> {
    check_showable(&command)?;
    app.let_time_pass().await?;
    let (now, id) = (app.now()?, random_id()?);
    let tried = app.work(move |state| {
        let at = now.max(state.ledger.clock);
        let events = decide(state, &Envelope { id, at, by, command })?;
        let mut would = state.clone();
        apply(&mut would, at, &events);
        let would = Some(Arc::new(would));
        Ok::<Done, Problem>(Done { events, seq: None, repeated: false, would })
    });
    tried.await?
}

//! Signing in, signing, enrolling. Answers: *what exactly does this person put their name to?*
//!
//! The page on which people sign is a minimal page of its own. Its one script fetches the very
//! bytes of the text, shows them, hashes them, and asks the passkey to sign that hash; its digest
//! stands in the record.

use super::mistakes::{encoded, local};
use super::page::{Frame, csrf, page};
use super::parts::{Action, Choice, Fault, Field, buttons, code, details, error_summary};
use super::{places, words};
use crate::clock::{Entropy, SourceFailed, SystemEntropy};
use crate::server::fields::Fields;
use crate::server::oidc::Returned;
use crate::server::papers::{Came, Paper, Purpose};
use crate::server::sessions::How;
use crate::server::viewer::{Visitor, cookie_name};
use crate::server::{App, Problem, Viewer, assets};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_core::people::Function;
use countersign_proof::signature::PublicKey;
use countersign_proof::statement::kinds::KeyEnrolment;
use countersign_proof::words::{Date, PersonId};
use maud::{Markup, html};
use serde::Deserialize;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-in/oidc", get(leave))
        .route("/sign-in/oidc/return", get(come_back))
        .route("/sign-out", post(sign_out))
        .route("/enter/{token}", get(enter_page).post(enter))
        .route("/sign/{token}", get(sign_page).post(sign))
        .route("/sign/{token}/statement.txt", get(statement))
        .route("/enrol", get(enrol_page).post(enrol))
}

pub(crate) fn failed(failed: SourceFailed) -> Problem {
    Problem::unavailable(failed.to_string())
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
struct Onward {
    #[serde(default)]
    next: String,
}

fn sign_in_form(app: &App, frame: &Frame, fields: &Fields, next: &str) -> Markup {
    let error = fields.errors().get("person").map(String::as_str);
    let faults: Vec<Fault> = faults_of(fields);
    let body = html! {
        (error_summary(&faults))
        h1 { (words::SIGN_IN_TITLE) }
        p { (words::SIGN_IN_HOW) }
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            (Field::new("person", words::PERSON_ID).hint(words::PERSON_ID_HINT)
                .value(fields.typed("person")).error(error).text())
            (buttons(&[Action::Main { label: words::CONTINUE, sends: None }]))
        }
        @if let Some(oidc) = &app.oidc {
            p {
                (words::SIGN_IN_OIDC) " "
                a href={ "/sign-in/oidc?next=" (encoded(next)) } { (oidc.title()) }
            }
        }
    };
    page(frame, words::SIGN_IN_TITLE, &body)
}

/// The cookie that somebody brings back from another organisation.
const OIDC_COOKIE: &str = "countersign-oidc";

fn oidc(app: &App) -> Result<std::sync::Arc<crate::server::oidc::Oidc>, Problem> {
    app.oidc.clone().ok_or_else(|| Problem::not_found("page"))
}

async fn leave(State(app): State<App>, Query(onward): Query<Onward>) -> Result<Response, Problem> {
    let (url, token) = oidc(&app)?.leave(&app, local(&onward.next)).await?;
    let mut cookie = Cookie::new(OIDC_COOKIE, token);
    cookie.set_http_only(true);
    cookie.set_secure(app.origin.is_secure());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/sign-in/oidc");
    Ok((CookieJar::new().add(cookie), Redirect::to(&url)).into_response())
}

async fn come_back(
    State(app): State<App>,
    jar: CookieJar,
    Query(returned): Query<Returned>,
) -> Result<Response, Problem> {
    let token = jar.get(OIDC_COOKIE).map(|cookie| cookie.value().to_owned());
    let token = token.unwrap_or_default();
    let (person, next) = oidc(&app)?.come_back(&app, &token, returned).await?;
    let token = app.sessions.open(person, None, How::Oidc).map_err(failed)?;
    let to = if next == "/" { "/inbox".to_owned() } else { next };
    Ok((CookieJar::new().add(session_cookie(&app, token)), Redirect::to(&to)).into_response())
}

/// What is wrong with a form, for the head of the page.
pub(crate) fn faults_of(fields: &Fields) -> Vec<Fault> {
    let fault = |(field, message): (&String, &String)| Fault {
        field: Some(field.clone()),
        message: message.clone(),
    };
    fields.errors().iter().map(fault).collect()
}

async fn sign_in_page(
    State(app): State<App>,
    visitor: Visitor,
    Query(onward): Query<Onward>,
) -> Result<Markup, Problem> {
    let frame = places::frame(&app, &visitor, "/sign-in").await?;
    Ok(sign_in_form(&app, &frame, &Fields::default(), local(&onward.next)))
}

/// Makes the text that somebody signs to show who they are. Whether there is such a person is not
/// told: whoever is not known has no key to sign it with.
async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let person: Option<PersonId> = fields.word("person");
    let next = fields.text("next");
    fields.finish()?;
    let Some(person) = person.filter(|_| fields.is_sound()) else {
        let frame = places::frame(&app, &visitor, "/sign-in").await?;
        let shown = sign_in_form(&app, &frame, &fields, local(&next));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    app.guards.attempt(person.as_str())?;
    let paper = sign_in_paper(&app, person, local(&next))?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

/// The text by which `person` shows that they hold an enrolled key.
///
/// # Errors
/// [`Problem`] when the clock or the random source fails.
pub(crate) fn sign_in_paper(app: &App, person: PersonId, next: &str) -> Result<Paper, Problem> {
    let session = app.challenge(person)?;
    app.paper(&session, Purpose::SignIn, next)
}

/// The cookie of a session; an empty one ends it in the browser.
fn session_cookie(app: &App, token: String) -> Cookie<'static> {
    let ends = token.is_empty();
    let mut cookie = Cookie::new(cookie_name(app), token);
    cookie.set_http_only(true);
    cookie.set_secure(app.origin.is_secure());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    if ends {
        cookie.make_removal();
    }
    cookie
}

async fn sign_out(
    State(app): State<App>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    if let Some(viewer) = &visitor.0 {
        viewer.check_form(&fields)?;
        app.sessions.close(&viewer.token);
    }
    let jar = CookieJar::new().add(session_cookie(&app, String::new()));
    Ok((jar, Redirect::to("/sign-in")).into_response())
}

/// Shows what a one-time link is, without using it up: programs that look into mail follow links.
async fn enter_page(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Markup, Problem> {
    let invited = app.links.look(&token);
    let invited = invited.ok_or_else(|| Problem::not_found("link (each opens one session)"))?;
    let frame = places::frame(&app, &Visitor(None), "").await?;
    let names = app.names().await?;
    let name = places::name_of(&names, &invited.person);
    let offices = app.look(|state| places::offices_of(state, &invited.person));
    drop(visitor);
    let body = html! {
        h1 { (words::ENTER_TITLE) }
        p { (words::ENTER_WHY) }
        form method="post" action={ "/enter/" (token) } {
            p { (words::ENTER_AS) " " b { (name) } " (" (invited.person) ")"
                @if !offices.is_empty() { ", " (offices.join(", ")) } }
            (buttons(&[Action::Main { label: words::CONTINUE, sends: None }]))
        }
    };
    Ok(page(&frame, words::ENTER_TITLE, &body))
}

async fn enter(
    State(app): State<App>,
    Path(token): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    fields.finish()?;
    let invited = app.links.take(&token);
    let invited = invited.ok_or_else(|| Problem::not_found("link (each opens one session)"))?;
    let next = if invited.authority.is_some() { "/inbox" } else { "/enrol" };
    let (person, authority) = (invited.person, invited.authority);
    let token = app.sessions.open(person, authority, How::Link).map_err(failed)?;
    let jar = CookieJar::new().add(session_cookie(&app, token));
    Ok((jar, Redirect::to(next)).into_response())
}

async fn statement(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let viewer = visitor.0.as_ref().map(Viewer::person);
    let paper = app.find_paper(&token, viewer)?;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    let file = HeaderValue::from_static("attachment; filename=\"statement.txt\"");
    let headers = [(header::CONTENT_TYPE, text), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, paper.text).into_response())
}

async fn sign_page(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Markup, Problem> {
    let paper = app.find_paper(&token, visitor.0.as_ref().map(Viewer::person))?;
    signing(&app, &visitor, &paper, None).await
}

async fn signing(
    app: &App,
    visitor: &Visitor,
    paper: &Paper,
    problem: Option<&Problem>,
) -> Result<Markup, Problem> {
    let mut frame = places::frame(app, visitor, "").await?;
    // A minimal page: nothing on it but the text and the ways to sign it.
    frame.places = Vec::new();
    frame.scripts = vec!["sign.js"];
    let address = format!("/sign/{}", paper.token);
    let namespace = paper.kind.namespace();
    let faults: Vec<Fault> = problem
        .map(|problem| Fault { field: None, message: problem.detail.clone() })
        .into_iter()
        .collect();
    let who = frame.viewer.as_ref();
    let key = key_hint(app, paper);
    let command = format!("ssh-keygen -Y sign -f {key} -n {namespace} {}", words::SIGN_FILE);
    let changed = problem.and_then(|problem| problem.more.get("changed")).cloned();
    let body = html! {
        (error_summary(&faults))
        h1 { (words::SIGN_TITLE) ": " (paper.kind) }
        @if let Some(changed) = &changed { (told_changes(changed)) }
        p { (words::SIGN_EXACTLY) }
        pre class="statement" id="statement" tabindex="0" data-namespace=(namespace)
            data-address={ (address) "/statement.txt" } { (paper.text) }
        p { (words::FINGERPRINT) ": " code id="fingerprint" { (paper.fingerprint()) } }
        p class="hint" { (words::FINGERPRINT_WHY) }
        form method="post" action=(address) id="passkey" {
            @if let Some(who) = who { (csrf(who)) }
            input type="hidden" name="authenticator_data";
            input type="hidden" name="client_data";
            input type="hidden" name="mark";
            p id="said" role="status" {}
            noscript { p { (words::SIGN_NEEDS_SCRIPT) } }
            (buttons(&[
                Action::Main { label: words::SIGN_WITH_PASSKEY, sends: None },
                Action::Link { label: words::NOT_NOW, href: &paper.back },
            ]))
        }
        (details(words::SIGN_ELSEWHERE, false, &html! {
            form method="post" action=(address) enctype="multipart/form-data" {
                @if let Some(who) = who { (csrf(who)) }
                ol {
                    li { (words::SIGN_SAVE) " "
                        a href={ (address) "/statement.txt" } download=(words::SIGN_FILE) {
                            (words::SIGN_FILE) } }
                    li { (words::SIGN_RUN) (code("command", &command)) }
                    li { (words::SIGN_GIVE)
                        div class="field" {
                            label for="file" { (words::SIGNATURE_FILE) }
                            input type="file" id="file" name="signature";
                        }
                        (Field::new("signature", words::SIGNATURE_TEXT).optional().long_text(8))
                    }
                }
                (buttons(&[Action::Other { label: words::SIGNATURE_SEND, sends: None }]))
            }
        }))
        p class="hint" { (words::SCRIPT_DIGEST) " "
            (code("", &assets::signing_script().to_string())) }
    };
    Ok(page(&frame, words::SIGN_TITLE, &body))
}

/// The key file of whoever signs: in an exercise, where the demo has put it.
fn key_hint(app: &App, paper: &Paper) -> String {
    let folder = crate::opening::folder(&app.location).join("keys").join(paper.signer.as_str());
    if app.look(|state| state.ledger.exercise) && folder.exists() {
        return folder.display().to_string();
    }
    "KEY".to_owned()
}

/// What has changed of a request since a text was made.
fn told_changes(changed: &serde_json::Value) -> Markup {
    let rows = changed.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        h2 { (words::SIGN_STALE) }
        ul {
            @for row in rows {
                li { (row.as_str().unwrap_or_default()) }
            }
        }
    }
}

async fn sign(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    let paper = app.find_paper(&token, visitor.0.as_ref().map(Viewer::person))?;
    if let Some(viewer) = &visitor.0 {
        viewer.check_form(&fields)?;
    }
    if let Purpose::SignIn = paper.purpose {
        app.guards.attempt(paper.signer.as_str())?;
    }
    let signed = match app.signature_of(&paper, &fields) {
        Ok(signature) => app.sign(&paper, signature).await,
        Err(problem) => Err(problem),
    };
    match signed {
        Ok(Came::Done { back }) => Ok(Redirect::to(&back).into_response()),
        Ok(Came::SignedIn { token, back }) => {
            let jar = CookieJar::new().add(session_cookie(&app, token));
            let to = if back == "/" { "/inbox" } else { back.as_str() };
            Ok((jar, Redirect::to(to)).into_response())
        }
        Ok(Came::WitnessNext { witness }) => {
            let frame = places::frame(&app, &visitor, "").await?;
            let name = places::name_of(&*app.names().await?, &witness);
            let body = html! {
                h1 { (words::WITNESS_NEXT) }
                p { (words::WITNESS_NEXT_WHY) " " b { (name) } " (" (witness) ")." }
                (buttons(&[Action::Link { label: words::BACK_HOME, href: "/" }]))
            };
            Ok(page(&frame, words::WITNESS_NEXT, &body).into_response())
        }
        Err(problem) => {
            let problem = app.with_changes(&paper, problem);
            let shown = signing(&app, &visitor, &paper, Some(&problem)).await?;
            Ok((problem.status, shown).into_response())
        }
    }
}

/// The persons who can witness an enrolment of `person`: everyone else with a key, registrars
/// first.
fn witnesses(app: &App, person: &PersonId) -> Vec<PersonId> {
    app.look(|state| {
        let at = state.ledger.clock;
        let keys = state.people.keys().filter(|key| key.revoked_at.is_none() && at < key.until);
        let mut people: Vec<PersonId> = keys.map(|key| key.person.clone()).collect();
        people.retain(|other| other != person);
        people.sort();
        people.dedup();
        let registers = |person: &PersonId| {
            let mut held = state.people.held_by(person, at);
            held.any(|office| office.functions.contains(&Function::Register))
        };
        people.sort_by_key(|person| !registers(person));
        people
    })
}

async fn enrol_form(app: &App, viewer: &Viewer, fields: &Fields) -> Result<Markup, Problem> {
    let mut frame = places::frame(app, &Visitor(Some(viewer.clone())), "").await?;
    frame.scripts = vec!["enrol.js"];
    let names = app.names().await?;
    let witnesses: Vec<(String, String)> = witnesses(app, viewer.person())
        .into_iter()
        .map(|person| {
            let offices = app.look(|state| places::offices_of(state, &person)).join(", ");
            let name = places::name_of(&names, &person);
            (person.to_string(), format!("{name} ({person}) {offices}"))
        })
        .collect();
    let choices: Vec<Choice<'_>> =
        witnesses.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let error = |name: &str| fields.errors().get(name).map(String::as_str);
    let until = match fields.typed("until") {
        "" => app.now()?.plus_days(365).date().to_string(),
        typed => typed.to_owned(),
    };
    let name = places::name_of(&names, viewer.person());
    let challenge = URL_SAFE_NO_PAD.encode(random32()?);
    let body = html! {
        (error_summary(&faults_of(fields)))
        h1 { (words::ENROL_TITLE) }
        p { (words::ENROL_HOW) }
        form method="post" action="/enrol" id="enrol" data-relying-party=(app.origin.host())
            data-person=(viewer.person()) data-name=(name) data-challenge=(challenge) {
            @if let Some(who) = &frame.viewer { (csrf(who)) }
            input type="hidden" name="passkey";
            (Field::new("witness", words::WITNESS).value(fields.typed("witness"))
                .error(error("witness")).select(&choices))
            (Field::new("until", words::KEY_UNTIL).value(&until).error(error("until")).text())
            p id="said" role="status" {}
            noscript { p { (words::SIGN_NEEDS_SCRIPT) } }
            (buttons(&[Action::Main { label: words::MAKE_PASSKEY, sends: None }]))
            (Field::new("public_key", words::PUBLIC_KEY).hint(words::PUBLIC_KEY_HINT).optional()
                .value(fields.typed("public_key")).error(error("public_key")).long_text(3))
            (buttons(&[Action::Other { label: words::CONTINUE, sends: Some(("how", "key")) }]))
        }
    };
    Ok(page(&frame, words::ENROL_TITLE, &body))
}

fn random32() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

async fn enrol_page(State(app): State<App>, viewer: Viewer) -> Result<Markup, Problem> {
    enrol_form(&app, &viewer, &Fields::default()).await
}

/// The public key of a passkey from its `SubjectPublicKeyInfo` (RFC 5480, P-256, uncompressed):
/// what the browser's `getPublicKey()` gives. That the passkey has it, and verifies its user, is
/// shown by the signature that follows.
fn passkey(spki: &str, relying_party: &str) -> Option<PublicKey> {
    const P256: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let bytes = URL_SAFE_NO_PAD.decode(spki).or_else(|_| STANDARD.decode(spki)).ok()?;
    let point = bytes.strip_prefix(P256.as_slice())?;
    PublicKey::from_passkey(point, relying_party).ok()
}

async fn enrol(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let witness: Option<PersonId> = fields.word("witness");
    let until: Option<Date> = fields.word("until");
    let (made, given) = (fields.text("passkey"), fields.text("public_key"));
    fields.text("how");
    fields.finish()?;
    let key = if made.is_empty() {
        match PublicKey::from_openssh(given.trim()) {
            Ok(key) => Some(key),
            Err(error) => {
                fields.error("public_key", error.to_string());
                None
            }
        }
    } else {
        let key = passkey(&made, app.origin.host());
        if key.is_none() {
            fields.error("public_key", "this passkey is not of the kind that is accepted (ES256)");
        }
        key
    };
    if let Some(witness) = &witness
        && !witnesses(&app, viewer.person()).contains(witness)
    {
        fields.error("witness", "choose somebody else who has an enrolled key");
    }
    let (Some(witness), Some(until), Some(key), true) = (witness, until, key, fields.is_sound())
    else {
        let shown = enrol_form(&app, &viewer, &fields).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let binding = app.binding::<KeyEnrolment>(&witness, None).await?;
    let enrolment = KeyEnrolment {
        person: viewer.person().clone(),
        public_key: key.to_openssh(),
        expires_on: until.start(),
        binding,
        signer: witness,
        reason: "enrolled at the web door".to_owned(),
    };
    let paper = app.paper(&enrolment, Purpose::Possession, "/people")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

impl App {
    /// Tells with a refusal what has changed of the request that the text is about.
    fn with_changes(&self, paper: &Paper, problem: Problem) -> Problem {
        use countersign_proof::statement::kinds::Decision;
        let Ok(signed) = countersign_proof::parse::<Decision>(paper.text.as_bytes()) else {
            return problem;
        };
        let terms = &signed.terms;
        let changed = self.look(|state| {
            let request = state.requests.request(terms.request)?;
            if request.revision == terms.revision {
                return None;
            }
            let now = request.draft.terms(request.id, request.revision, request.digest);
            Some(crate::views::terms_changed(terms, &now))
        });
        match changed {
            Some(changed) => {
                let link = format!("/requests/{}", terms.request);
                problem.with("changed", changed).with("request", link)
            }
            None => problem,
        }
    }
}

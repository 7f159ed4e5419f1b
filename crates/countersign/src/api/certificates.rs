//! Certificates for depots without a network. Answers: *what is out, what is it worth by now, and
//! what came back of it?*
//!
//! A depot's own commands work on its own folder, without a server; they are on the command line
//! only.

use super::act::Act;
use super::json::{Id, Nothing, Wish};
use super::reading::{Reading, part};
use super::shapes::{CertificatePapers, Certificates, TrustShape};
use super::visible;
use super::words as w;
use crate::depot::certifying::{Unissued, Wanted, prepare};
use crate::depot::{Became, Carried, CarriedPaper, issuing, papers};
use crate::server::app::blocking;
use crate::server::{App, Problem};
use crate::views::certificates as views;
use crate::views::certificates::paper;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_core::State as Ledger;
use countersign_core::requests::Command;
use countersign_proof::PublicKey;
use countersign_proof::words::{PersonId, ReleaseId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(issue))
        .routes(routes!(status))
        .routes(routes!(trust))
        .routes(routes!(receipts))
}

/// What a depot fetches by the address that stands in its certificates; nobody is signed in there.
pub(crate) fn public() -> Router<App> {
    Router::new().route("/certificates/status", get(public_status))
}

/// Which certificates.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of this release.
    release: Option<w::Release>,
    /// Only those for this depot.
    depot: Option<w::Place>,
    /// Those after this one.
    after: Option<w::Certificate>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

const COLUMNS: &[&str] = &[
    "id",
    "release",
    "depot",
    "depot_key",
    "collector",
    "quantity",
    "from",
    "until",
    "issued_at",
    "digest",
    "handed_out",
    "receipts",
    "out",
];

/// Whether somebody may see the certificates of a release: whoever may see what it is about.
fn may_see(state: &Ledger, person: &PersonId, release: ReleaseId) -> bool {
    let release = state.requests.release(release);
    let request = release.and_then(|release| state.requests.request(release.request));
    let seen = request.and_then(|request| visible::parts_for(state, person, request));
    seen.is_some_and(|seen| seen.parties)
}

/// List the certificates that were issued to depots, oldest first; as JSON or CSV.
#[utoipa::path(
    get, path = "/certificates", tag = "certificates", params(Filter),
    responses((status = 200, description = "The certificates of releases that you may see.",
        content((Certificates = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.requests.certificates().iter();
        part(
            all,
            |one| one.terms.id,
            filter.after.as_ref(),
            filter.limit,
            |one| {
                let terms = &one.terms;
                let wanted = filter.release.as_ref().is_none_or(|of| of.0 == terms.release)
                    && filter.depot.as_ref().is_none_or(|of| of.0 == terms.depot)
                    && may_see(state, &person, terms.release);
                wanted.then(|| views::certificate(one))
            },
        )
    });
    reading.list(&found.await??, COLUMNS)
}

/// A certificate that is wanted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CertificateBody {
    /// The only depot that may honour it.
    depot: w::Place,
    /// The depot's own key, a line as in `depot.key.pub`.
    #[schema(example = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…")]
    depot_key: String,
    /// The key of whoever collects, a line of the same form (Ed25519).
    collector: String,
    /// At most how many units; what is left and on no other certificate, if not given.
    #[serde(default)]
    quantity: Option<w::Units>,
    /// From when; now, if not given.
    #[serde(default)]
    from: Option<w::Moment>,
    /// Until when; as long as the release, if not given.
    #[serde(default)]
    until: Option<w::Moment>,
}

fn key(line: &str, pointer: &str) -> Result<PublicKey, Problem> {
    PublicKey::from_openssh(line.trim_end()).map_err(|error| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::door(status, "wrong-field", error.to_string()).with("pointer", pointer)
    })
}

impl From<Unissued> for Problem {
    fn from(error: Unissued) -> Self {
        crate::cli::Failure::from(error).into()
    }
}

/// Carry a release to a depot that has no network: a certificate, with the evidence of the
/// officials' decisions. Both come once; keep them.
#[utoipa::path(
    post, path = "/releases/{id}/certificates", tag = "certificates",
    request_body = CertificateBody, params(("id" = w::Release, Path)),
    responses((status = 200, description = "The certificate.", body = CertificatePapers)),
)]
async fn issue(
    State(app): State<App>,
    Id(id): Id<ReleaseId>,
    act: Act<CertificateBody>,
) -> Result<Response, Problem> {
    act.viewer.authority()?;
    if !app.look(|state| may_see(state, act.person(), id)) {
        return Err(visible::no_release(id));
    }
    let said = act.said.clone();
    let wanted = Wanted {
        release: id,
        depot: said.depot.0,
        depot_key: key(&said.depot_key, "/depot_key")?,
        collector: key(&said.collector, "/collector")?,
        quantity: said.quantity.map(|quantity| quantity.0),
        from: said.from.map(|at| at.0.0),
        until: said.until.map(|at| at.0.0),
    };
    let now = app.now()?;
    let location = app.location.clone();
    let prepared = blocking(move || Ok(prepare(&location, &wanted, now)?)).await?;
    let value = papers_of(&prepared)?;
    let terms = Box::new(prepared.terms);
    let done = act.give(&app, Command::IssueCertificate { terms }).await?;
    Ok(act.answer(&app, &done, None, value))
}

/// What is carried to the depot.
fn papers_of(prepared: &crate::depot::certifying::Prepared) -> Result<Value, Problem> {
    let evidence = papers::write_evidence(&prepared.logged).map_err(crate::cli::Failure::from)?;
    let evidence = String::from_utf8(evidence)
        .map_err(|_| Problem::unavailable("the evidence of the decisions is not text"))?;
    let window = prepared.certificate.window;
    Ok(json!({
        "id": prepared.certificate.id.to_string(),
        "release": prepared.certificate.release.to_string(),
        "depot": prepared.certificate.depot.as_str(),
        "quantity": prepared.certificate.quantity.units(),
        "from": window.from().to_string(),
        "until": window.until().to_string(),
        "digest": prepared.terms.digest.to_string(),
        "certificate": BASE64.encode(&prepared.bytes),
        "code": papers::code(&prepared.bytes),
        "evidence": evidence,
    }))
}

const STATUS_LIST: HeaderValue = HeaderValue::from_static("application/statuslist+cwt");

/// For how long a list can be used, in hours.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Lasting {
    /// For how many hours the list can be used, 1 to 8784.
    #[param(minimum = 1, maximum = 8784)]
    hours: Option<u32>,
}

/// For how long a list can be used where nobody says otherwise.
const HOURS: u32 = 24;

async fn made_now(app: App, hours: u32) -> Result<Response, Problem> {
    let now = app.now()?;
    let location = app.location.clone();
    let bytes = app.work(move |state| {
        let key = issuing::issuer_key(&location, state)?;
        issuing::status_list(state, &key, now, hours).map(|(_, bytes)| bytes)
    });
    let bytes = bytes.await?.map_err(crate::cli::Failure::from)?;
    let fresh = HeaderValue::from_static("no-cache");
    let headers = [(header::CONTENT_TYPE, STATUS_LIST), (header::CACHE_CONTROL, fresh)];
    Ok((headers, bytes).into_response())
}

/// The list of what every certificate is worth by now, signed by the issuer key (Token Status
/// List, CWT form).
#[utoipa::path(
    get, path = "/certificates/status", tag = "certificates", params(Lasting),
    responses((status = 200, description = "The list.", body = String,
        content_type = "application/statuslist+cwt")),
)]
async fn status(
    State(app): State<App>,
    reading: Reading,
    Wish(Lasting { hours }): Wish<Lasting>,
) -> Result<Response, Problem> {
    reading.wants("application/statuslist+cwt")?;
    let hours = hours.unwrap_or(HOURS);
    if !(1..=8784).contains(&hours) {
        return Err(Problem::unreadable("hours is 1 to 8784"));
    }
    made_now(app, hours).await
}

async fn public_status(State(app): State<App>) -> Result<Response, Problem> {
    made_now(app, HOURS).await
}

/// What a depot pins: the issuer key, the log, and the keys of everybody who may sign decisions.
/// Carry it there by a way that you trust.
#[utoipa::path(
    get, path = "/certificates/trust", tag = "certificates",
    responses((status = 200, description = "What to pin.", body = TrustShape)),
)]
async fn trust(
    State(app): State<App>,
    reading: Reading,
    Wish(_none): Wish<Nothing>,
) -> Result<Response, Problem> {
    let location = app.location.clone();
    let found = app.work(move |state| {
        let key = issuing::issuer_key(&location, state)?;
        let log = issuing::log_verifier(state)?;
        let officials = issuing::officials(state)?;
        Ok(json!({
            "issuer": key.public_key().to_openssh(), "log": log.to_string(), "officials": officials,
        }))
    });
    reading.one(&found.await?.map_err(|error: crate::depot::DepotError| {
        Problem::from(crate::cli::Failure::from(error))
    })?)
}

/// A text that a depot signed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DepotText {
    text: String,
    /// The SSHSIG in its armoured form.
    signature: String,
}

/// The file that a depot makes with `depot receipts export`, as it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CarriedBody {
    /// 1.
    countersign_receipts: u8,
    /// The depot's name.
    depot: String,
    /// The key that signed everything.
    key: String,
    receipts: Vec<DepotText>,
    /// Certificates that were shown and not honoured.
    sightings: Vec<DepotText>,
    /// How much was handed out on each certificate.
    accounts: Vec<DepotText>,
}

/// Record what a depot carries back. What is on the record already is passed over, so the same
/// file can be sent again. A text that is refused takes none of the others with it: `papers` tells
/// what became of each, and the answer is 422 where any was refused.
#[utoipa::path(
    post, path = "/certificates/receipts", tag = "certificates", request_body = CarriedBody,
    responses((status = 200, description = "How much of it was new.", body = Value)),
)]
async fn receipts(State(app): State<App>, act: Act<CarriedBody>) -> Result<Response, Problem> {
    act.viewer.authority()?;
    let file =
        serde_json::to_vec(&act.said).map_err(|error| Problem::unavailable(error.to_string()))?;
    let carried = Carried::read(&file).map_err(|error| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::door(status, "wrong-field", error.to_string())
    })?;
    let depot = carried.depot.clone();
    let mut told: Vec<(String, Became)> = Vec::new();
    for CarriedPaper { name, command } in carried.into_papers() {
        let became = match command {
            Err(refusal) => Became::from(&refusal),
            Ok((digest, _)) if app.look(|state| state.requests.is_carried(&digest)) => {
                Became::Known
            }
            Ok((_, command)) => match act.give_one_of_many(&app, *command).await {
                Ok(()) => Became::Recorded,
                Err(problem) if problem.code.starts_with("door/") => return Err(problem),
                Err(problem) => Became::of_refusal(&problem.code, &problem.detail),
            },
        };
        told.push((name, became));
    }
    let count = |word: &str| told.iter().filter(|(_, became)| became.word() == word).count();
    let papers: Vec<Value> = told.iter().map(|(name, became)| paper(name, became)).collect();
    let (recorded, known, refused) = (count("recorded"), count("known"), count("refused"));
    if refused > 0 {
        let detail = format!(
            "{refused} of {} papers are refused, as `papers` tells of each; the others are taken. \
             Send the file again once that is settled: what is there is passed over",
            told.len()
        );
        let problem = Problem::refused("depot/some-refused", &detail);
        return Err(problem
            .with("recorded", recorded)
            .with("known", known)
            .with("refused", refused)
            .with("papers", papers));
    }
    let value = json!({
        "depot": depot, "recorded": recorded, "known": known, "refused": refused,
        "papers": papers,
    });
    Ok(act.answer(&app, &super::act::Done::without_entry(), None, value))
}

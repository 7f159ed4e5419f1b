//! Texts to be signed. Answers: *which exact text will I put my name to?*
//!
//! The text is made for the person of the session, with a number that the ledger takes once. It is
//! signed elsewhere, with `ssh-keygen -Y sign` or a passkey, and handed in with `POST /signed`, or
//! where what it is about has to come with it: `POST /policy/versions`, `POST /orders`,
//! `POST /people/{person}/keys`.

use super::act::{Act, Done};
use super::policy::BundleBody;
use super::reroute::{UndertakingBody, plan_of};
use super::shapes::TextShape;
use super::visible;
use super::words as w;
use crate::server::{App, Problem};
use crate::statements::{self, Signing};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::requests::Request;
use countersign_proof::signature::{HashAlgorithm, to_be_signed};
use countersign_proof::statement::kinds::{
    Advice, Appointment, Binding, ClassOverride, Decision, DiversionOrder, Erasure, Hold,
    KeyEnrolment, KeyRevocation, Lift, OverrideLift, PolicyPublication,
};
use countersign_proof::statement::{Statement, StatementKind, fingerprint};
use countersign_proof::words::{AppointmentChange, Moment, OfficeId, PersonId, Role, Window};
use countersign_proof::{SignatureError, render};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(prepare))
}

/// What is to be signed, and for which office.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Wanted {
    /// An office's word on a request; `withdraw` revokes the release that rests on it.
    Decision {
        request: w::Request,
        office: w::Office,
        decision: w::Decision,
        /// Conditions; only with `approve`.
        #[serde(default)]
        provisos: Option<w::Provisos>,
        #[serde(default)]
        reason: String,
    },
    /// A reviewer's recommendation.
    Advice {
        request: w::Request,
        office: w::Office,
        advice: w::Advice,
        #[serde(default)]
        provisos: Option<w::Provisos>,
        #[serde(default)]
        reason: String,
    },
    /// Suspend everything within a scope; `release:REL-1` suspends one release.
    Hold { scope: w::HoldScope, office: w::Office, reason: String },
    /// Lift a hold; this reinstates a release where nothing else suspends it.
    Lift { hold: w::Hold, office: w::Office, reason: String },
    /// Appoint an incumbent or, with `deputy_of`, a deputy.
    Appoint {
        /// The office to fill.
        post: w::Office,
        person: w::Person,
        #[serde(default)]
        deputy_of: Option<w::Person>,
        /// For a deputy, the acts covered.
        #[serde(default)]
        acts: Vec<w::Act>,
        from: w::Moment,
        #[serde(default)]
        until: Option<w::Moment>,
        /// The office that appoints.
        office: w::Office,
        reason: String,
    },
    /// End a term.
    EndTerm {
        /// The office whose term ends.
        post: w::Office,
        person: w::Person,
        #[serde(default)]
        deputy_of: Option<w::Person>,
        #[serde(default)]
        acts: Vec<w::Act>,
        /// The first moment after the term; now, if not given.
        #[serde(default)]
        until: Option<w::Moment>,
        /// The office that ends it.
        office: w::Office,
        reason: String,
    },
    /// Enrol a key: its owner signs the same text with it, and you witness.
    Enrolment {
        person: w::Person,
        /// In OpenSSH form: type and base64.
        public_key: String,
        expires_on: w::Moment,
        reason: String,
    },
    /// Take a person's name out of the record for good.
    Erasure { person: w::Person, reason: String },
    /// Revoke a key.
    Revocation { person: w::Person, key: w::Key, reason: String },
    /// Set an item's class by hand, for a time.
    Override {
        item: w::Item,
        class: w::ItemClass,
        until: w::Moment,
        office: w::Office,
        reason: String,
    },
    /// End a class set by hand.
    OverrideLift { item: w::Item, office: w::Office, reason: String },
    /// Publish a policy version.
    Publication {
        bundle: Box<BundleBody>,
        in_force_from: w::Moment,
        source: String,
        standing: w::Standing,
        transition: w::Transition,
        office: w::Office,
        reason: String,
    },
    /// Order what a plan says.
    Diversion {
        /// The plan, as `GET /plans` gave it.
        plan: Value,
        #[serde(default)]
        undertaking: UndertakingBody,
        office: w::Office,
        reason: String,
    },
}

/// A text with all that is needed to sign it.
pub(super) fn text_of<S: Statement>(
    kind: StatementKind,
    statement: &S,
    expires: Moment,
) -> Result<Value, Problem> {
    let text = render(statement).map_err(SignatureError::from)?;
    let namespace = kind.namespace();
    let challenge = to_be_signed(namespace, HashAlgorithm::Sha256, text.as_bytes());
    Ok(json!({
        "kind": kind.as_str(), "namespace": namespace, "fingerprint": fingerprint(&text),
        "challenge": URL_SAFE_NO_PAD.encode(challenge), "expires": expires.to_string(),
        "text": text,
    }))
}

fn bound<S: Statement>(statement: &S, binding: &Binding) -> Result<Value, Problem> {
    text_of(S::KIND, statement, binding.validity.until())
}

/// Make the exact text that you will sign. It is kept nowhere; its number counts once.
#[utoipa::path(
    post, path = "/statements", tag = "signing", request_body = Wanted,
    responses((status = 200, description = "The text to sign.", body = TextShape)),
)]
async fn prepare(State(app): State<App>, act: Act<Wanted>) -> Result<Response, Problem> {
    if act.is_dry() {
        let detail = "a text to be signed is made with a number that the ledger remembers; it \
                      cannot be tried";
        return Err(Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "not-tried", detail));
    }
    let signer = act.viewer.authority()?.person;
    let made = match act.said.clone() {
        Wanted::Decision { .. } | Wanted::Advice { .. } => {
            on_request(&app, signer, act.said.clone()).await?
        }
        Wanted::Appoint { .. } | Wanted::EndTerm { .. } => {
            appointment(&app, signer, act.said.clone()).await?
        }
        Wanted::Publication { .. } | Wanted::Diversion { .. } => {
            with_matter(&app, signer, act.said.clone()).await?
        }
        Wanted::Hold { .. }
        | Wanted::Lift { .. }
        | Wanted::Enrolment { .. }
        | Wanted::Revocation { .. }
        | Wanted::Erasure { .. }
        | Wanted::Override { .. }
        | Wanted::OverrideLift { .. } => simple(&app, signer, act.said.clone()).await?,
    };
    Ok(act.answer(&app, &Done::without_entry(), None, made))
}

/// A wanted text that another maker is for.
fn elsewhere() -> Problem {
    Problem::unreadable("this kind of text is made otherwise")
}

async fn on_request(app: &App, signer: PersonId, wanted: Wanted) -> Result<Value, Problem> {
    let find = |id| app.look(|state| visible::find_request(state, &signer, id).cloned());
    let subject = |request: &Request| Some((request.id, request.revision));
    let none = |provisos: Option<w::Provisos>| provisos.map_or_else(Default::default, |p| p.0);
    match wanted {
        Wanted::Decision { request, office, decision, provisos, reason } => {
            let request = find(request.0)?;
            let binding = app.binding::<Decision>(&signer, subject(&request)).await?;
            let signing = Signing { office: office.0, signer, binding, reason };
            let made = app.look(|state| {
                statements::decision(state, &request, signing, decision.0, none(provisos))
            });
            let unknown = || Problem::unavailable("the request's policy version is not known");
            bound(&made.ok_or_else(unknown)?, &binding)
        }
        Wanted::Advice { request, office, advice, provisos, reason } => {
            let request = find(request.0)?;
            let binding = app.binding::<Advice>(&signer, subject(&request)).await?;
            let signing = Signing { office: office.0, signer, binding, reason };
            bound(&statements::advice(&request, signing, advice.0, none(provisos)), &binding)
        }
        Wanted::Hold { .. }
        | Wanted::Lift { .. }
        | Wanted::Appoint { .. }
        | Wanted::EndTerm { .. }
        | Wanted::Enrolment { .. }
        | Wanted::Revocation { .. }
        | Wanted::Erasure { .. }
        | Wanted::Override { .. }
        | Wanted::OverrideLift { .. }
        | Wanted::Publication { .. }
        | Wanted::Diversion { .. } => Err(elsewhere()),
    }
}

async fn simple(app: &App, signer: PersonId, wanted: Wanted) -> Result<Value, Problem> {
    match wanted {
        Wanted::Hold { scope, office, reason } => {
            let binding = app.binding::<Hold>(&signer, None).await?;
            let (scope, office) = (scope.0, office.0);
            bound(&Hold { scope, office, signer, binding, reason }, &binding)
        }
        Wanted::Lift { hold, office, reason } => {
            let binding = app.binding::<Lift>(&signer, None).await?;
            let (hold, office) = (hold.0, office.0);
            bound(&Lift { hold, office, signer, binding, reason }, &binding)
        }
        Wanted::Enrolment { person, public_key, expires_on, reason } => {
            let key = countersign_proof::signature::PublicKey::from_openssh(&public_key);
            let key = key.map_err(|error| {
                let detail = format!("/public_key: {error}");
                Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", detail)
            })?;
            let binding = app.binding::<KeyEnrolment>(&signer, None).await?;
            let (person, public_key) = (person.0, key.to_openssh());
            let expires_on = expires_on.0.0;
            let made = KeyEnrolment { person, public_key, expires_on, signer, binding, reason };
            bound(&made, &binding)
        }
        Wanted::Revocation { person, key, reason } => {
            let binding = app.binding::<KeyRevocation>(&signer, None).await?;
            let (person, key) = (person.0, key.0);
            bound(&KeyRevocation { person, key, signer, binding, reason }, &binding)
        }
        Wanted::Erasure { person, reason } => {
            let person = person.0;
            let entries = app.erasable(&person, &signer).await?;
            let binding = app.binding::<Erasure>(&signer, None).await?;
            bound(&Erasure { person, entries, signer, binding, reason }, &binding)
        }
        Wanted::Override { item, class, until, office, reason } => {
            let binding = app.binding::<ClassOverride>(&signer, None).await?;
            let (item, class, until) = (item.0, class.0, until.0.0);
            let office = office.0;
            let made = ClassOverride { item, class, until, office, signer, binding, reason };
            bound(&made, &binding)
        }
        Wanted::OverrideLift { item, office, reason } => {
            let binding = app.binding::<OverrideLift>(&signer, None).await?;
            let (item, office) = (item.0, office.0);
            bound(&OverrideLift { item, office, signer, binding, reason }, &binding)
        }
        Wanted::Decision { .. }
        | Wanted::Advice { .. }
        | Wanted::Appoint { .. }
        | Wanted::EndTerm { .. }
        | Wanted::Publication { .. }
        | Wanted::Diversion { .. } => Err(elsewhere()),
    }
}

/// What a term is about.
struct Post {
    change: AppointmentChange,
    office: OfficeId,
    person: PersonId,
    deputy_of: Option<PersonId>,
    acts: Vec<w::Act>,
    span: Window,
}

async fn appointment(app: &App, signer: PersonId, wanted: Wanted) -> Result<Value, Problem> {
    let reversed = || {
        let detail = "/until: the term is reversed or empty, or ends before the ledger began";
        Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", detail)
    };
    let (post, office, reason) = match wanted {
        Wanted::Appoint { post, person, deputy_of, acts, from, until, office, reason } => {
            let until = until.map_or(Moment::LAST, |until| until.0.0);
            let span = Window::new(from.0.0, until).ok_or_else(reversed)?;
            let deputy_of = deputy_of.map(|person| person.0);
            let (change, person) = (AppointmentChange::Appoint, person.0);
            (Post { change, office: post.0, person, deputy_of, acts, span }, office.0, reason)
        }
        Wanted::EndTerm { post, person, deputy_of, acts, until, office, reason } => {
            let now = app.now()?;
            let until = until.map_or(now, |until| until.0.0).max(now);
            let from = app.look(|state| state.ledger.founded_at).min(now);
            let until = until.plus_millis(u64::from(until == from));
            let span = Window::new(from, until).ok_or_else(reversed)?;
            let deputy_of = deputy_of.map(|person| person.0);
            let (change, person) = (AppointmentChange::End, person.0);
            (Post { change, office: post.0, person, deputy_of, acts, span }, office.0, reason)
        }
        Wanted::Decision { .. }
        | Wanted::Advice { .. }
        | Wanted::Hold { .. }
        | Wanted::Lift { .. }
        | Wanted::Enrolment { .. }
        | Wanted::Revocation { .. }
        | Wanted::Erasure { .. }
        | Wanted::Override { .. }
        | Wanted::OverrideLift { .. }
        | Wanted::Publication { .. }
        | Wanted::Diversion { .. } => return Err(elsewhere()),
    };
    let binding = app.binding::<Appointment>(&signer, None).await?;
    let made = Appointment {
        change: post.change,
        subject_office: post.office,
        person: post.person,
        role: if post.deputy_of.is_some() { Role::Deputy } else { Role::Incumbent },
        deputy_of: post.deputy_of,
        acts: post.acts.into_iter().map(|act| act.0).collect(),
        span: post.span,
        office,
        signer,
        binding,
        reason,
    };
    bound(&made, &binding)
}

async fn with_matter(app: &App, signer: PersonId, wanted: Wanted) -> Result<Value, Problem> {
    match wanted {
        Wanted::Publication {
            bundle,
            in_force_from,
            source,
            standing,
            transition,
            office,
            reason,
        } => {
            let bundle = bundle.bundle();
            let newest = app.look(|state| {
                state.policy.versions().last().map(|version| version.bundle.version.clone())
            });
            let none = || Problem::unavailable("the ledger has no policy version");
            let supersedes = newest.ok_or_else(none)?;
            let binding = app.binding::<PolicyPublication>(&signer, None).await?;
            let made = PolicyPublication {
                version: bundle.version.clone(),
                digest: bundle.digest(),
                supersedes,
                in_force_from: in_force_from.0.0,
                source,
                standing: standing.0,
                transition: transition.0,
                office: office.0,
                signer,
                binding,
                reason,
            };
            bound(&made, &binding)
        }
        Wanted::Diversion { plan, undertaking, office, reason } => {
            let plan = plan_of(&plan)?;
            let owner = app.look(|state| {
                super::known_item(state, &plan.item).map(|item| item.origin.clone())
            })?;
            let binding = app.binding::<DiversionOrder>(&signer, None).await?;
            let signing = Signing { office: office.0, signer, binding, reason };
            let undertaking = undertaking.undertaking();
            bound(&statements::diversion(&plan, &owner, &undertaking, signing), &binding)
        }
        Wanted::Decision { .. }
        | Wanted::Advice { .. }
        | Wanted::Hold { .. }
        | Wanted::Lift { .. }
        | Wanted::Appoint { .. }
        | Wanted::EndTerm { .. }
        | Wanted::Enrolment { .. }
        | Wanted::Revocation { .. }
        | Wanted::Erasure { .. }
        | Wanted::Override { .. }
        | Wanted::OverrideLift { .. } => Err(elsewhere()),
    }
}

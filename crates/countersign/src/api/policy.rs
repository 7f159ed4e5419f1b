//! Policy. Answers: *which rules are in force, and who must consent?*

use super::act::Act;
use super::json::{Id, Wish};
use super::reading::{Reading, part};
use super::requests::DraftBody;
use super::shapes::{DoneShape, Things};
use super::signed::{SignedText, unsound};
use super::words as w;
use crate::opening::rebuild_watched;
use crate::server::app::blocking;
use crate::server::papers::command_id_of;
use crate::server::{App, Problem};
use crate::signed::{NoCommand, Pair, verified};
use crate::views;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::dependence::impact::Comparing;
use countersign_core::dependence::{History, impact};
use countersign_core::policy::{Command, Deciding, KeyOnlyRule, PolicyBundle, WitnessRule};
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::words::{PolicyVersionId, Quantity};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, publish))
        .routes(routes!(show))
        .routes(routes!(explain))
        .routes(routes!(compare))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Those after this one.
    after: Option<w::PolicyVersion>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List the policy versions, as they were published; as JSON or CSV.
#[utoipa::path(
    get, path = "/policy/versions", tag = "policy", params(Filter),
    responses((status = 200, description = "The versions.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let found = app.work(move |state| {
        let all = state.policy.versions().iter();
        let id = |version: &&countersign_core::policy::Version| version.bundle.version.clone();
        part(all, id, filter.after.as_ref(), filter.limit, |version| {
            Some(views::version(state, version))
        })
    });
    let columns = [
        "version",
        "in_force_from",
        "in_force",
        "standing",
        "transition",
        "source",
        "digest",
        "published_at",
        "usable",
    ];
    reading.list(&found.await??, &columns)
}

/// Show a policy version: its policies and who decides.
#[utoipa::path(
    get, path = "/policy/versions/{id}", tag = "policy",
    params(("id" = w::PolicyVersion, Path)),
    responses((status = 200, description = "The version.", body = Value)),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id<PolicyVersionId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let version = state.policy.version(&id).ok()?;
        let mut value = views::version(state, version);
        let fields = value.as_object_mut()?;
        let decides = |deciding: &Deciding| match deciding {
            Deciding::Office(office) => json!(office.as_str()),
            Deciding::Standing => Value::Null,
        };
        let deciding: BTreeMap<String, BTreeMap<&str, Value>> = version
            .bundle
            .deciding
            .iter()
            .map(|(party, acts)| {
                let acts = acts.iter().map(|(act, deciding)| (act.as_str(), decides(deciding)));
                (party.to_string(), acts.collect())
            })
            .collect();
        fields.insert("deciding".to_owned(), json!(deciding));
        fields.insert("policies".to_owned(), json!(version.bundle.policies));
        fields.insert("properties".to_owned(), json!(version.bundle.properties));
        Some(value)
    });
    reading.one(&found.ok_or_else(|| Problem::not_found("policy version"))?)
}

/// What policy is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    draft: DraftBody,
    /// At which moment; now, if not given.
    #[serde(default)]
    at: Option<w::Moment>,
}

/// Say who would have to consent to an act, without asking for it. Nothing is recorded.
#[utoipa::path(
    post, path = "/policy/explain", tag = "policy", request_body = Asked,
    responses((status = 200, description = "What policy says.", body = Value)),
)]
async fn explain(State(app): State<App>, act: Act<Asked>) -> Result<Response, Problem> {
    let draft = act.said.draft.clone().draft()?;
    let at = act.said.at.as_ref().map(|at| at.0.0);
    let found = app.work(move |state| {
        let at = at.unwrap_or(state.ledger.clock);
        state.check_draft(&draft, at)?;
        let (version, explained) = state.explain(&draft, at)?;
        let mut value = views::explained(version, &explained);
        if let Value::Object(fields) = &mut value {
            fields.insert("at".to_owned(), at.to_string().into());
            fields.insert("act".to_owned(), draft.act.as_str().into());
            fields.insert("item".to_owned(), draft.item.as_str().into());
            fields.insert("holder".to_owned(), draft.holder.as_str().into());
        }
        Ok::<Value, Problem>(value)
    });
    let value = found.await??;
    Ok(act.answer(&app, &super::act::Done::without_entry(), None, value))
}

/// What is compared with what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Comparison {
    /// The other version.
    to: w::PolicyVersion,
    /// The version to compare with; what judged each request then, if not given.
    from: Option<w::PolicyVersion>,
    /// Only requests made at this moment or later.
    since: Option<w::Moment>,
    /// How many units a use of what is held would ask for; 1, if not given.
    quantity: Option<w::Units>,
}

/// Show what another version would change: for requests, releases, and what is held; as JSON or
/// CSV.
/// For whoever may see all that the programme deliberates.
#[utoipa::path(
    get, path = "/policy/impact", tag = "policy", params(Comparison),
    responses((status = 200, description = "What would change.",
            content((Value = "application/json"), (String = "text/csv"))),
        (status = 403, description = "It tells more than you may see.",
            body = super::document::ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such version.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn compare(
    State(app): State<App>,
    reading: Reading,
    Wish(asked): Wish<Comparison>,
) -> Result<Response, Problem> {
    super::whole(&app, reading.person())?;
    let found = blocking(move || {
        let mut history = History::default();
        let (state, size) = app.reader.read_at(|state, size| (state.clone(), size));
        app.stores.with(|store| {
            let noted = rebuild_watched(store, size, &mut |state, at, events| {
                history.note(state, at, events);
            });
            noted.map_err(|error| Problem::unavailable(error.to_string()))
        })?;
        let version = |id: &PolicyVersionId| {
            state.policy.version(id).map_err(|_| Problem::not_found("policy version"))
        };
        let to = version(&asked.to.0)?.compiled().map_err(countersign_core::Rejection::from)?;
        let from = match &asked.from {
            Some(id) => {
                Some(version(&id.0)?.compiled().map_err(countersign_core::Rejection::from)?)
            }
            None => None,
        };
        let quantity = asked.quantity.map_or_else(|| Quantity::new(1), |units| Some(units.0));
        let comparing = Comparing {
            from: asked.from.as_ref().map(|id| &id.0).zip(from),
            to: (&asked.to.0, to),
            since: asked.since.as_ref().map(|since| since.0.0),
            quantity: quantity.unwrap_or_default(),
        };
        let found =
            impact(&state, &history, &comparing).map_err(countersign_core::Rejection::from)?;
        let before = asked.from.as_ref().map(|id| &id.0);
        let value = views::impact::impact(&state, &found, before, &asked.to.0);
        Ok((value, views::impact::rows(&state, &found)))
    });
    let (value, table) = found.await?;
    reading.table(|| value, || table)
}

/// Policies of a version, and who decides.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BundleBody {
    version: w::PolicyVersion,
    /// The data shape that the policies are written for.
    data_shape: u16,
    /// By party and act, the office that decides; null for a standing permission.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Option<String>>>)]
    deciding: BTreeMap<w::Party, BTreeMap<w::Act, Option<w::Office>>>,
    /// Whether signatures of a software key count for items of class red; only in exercises.
    #[serde(default)]
    key_only_allowed: bool,
    /// The Cedar policies, file by file.
    policies: BTreeMap<String, String>,
    /// The properties that it promises to keep, file by file.
    #[serde(default)]
    properties: BTreeMap<String, String>,
    /// The witnesses who must have cosigned the log before a release counts.
    witnesses: Option<WitnessBody>,
}

/// Who must have cosigned the log with a release in it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WitnessBody {
    /// How many of them.
    #[schema(minimum = 1)]
    quorum: u8,
    /// Their verifier keys (C2SP tlog-cosignature, type 04).
    #[schema(min_items = 1)]
    keys: BTreeSet<String>,
}

impl BundleBody {
    pub(super) fn bundle(self) -> PolicyBundle {
        let deciding = self.deciding.into_iter().map(|(party, acts)| {
            let decides = |office: Option<w::Office>| match office {
                Some(office) => Deciding::Office(office.0),
                None => Deciding::Standing,
            };
            let acts = acts.into_iter().map(|(act, office)| (act.0, decides(office)));
            (party.0, acts.collect())
        });
        PolicyBundle {
            version: self.version.0,
            data_shape: self.data_shape,
            deciding: deciding.collect(),
            key_only: if self.key_only_allowed {
                KeyOnlyRule::Allow
            } else {
                KeyOnlyRule::RefuseRed
            },
            policies: self.policies,
            properties: self.properties,
            witnesses: self
                .witnesses
                .map(|WitnessBody { quorum, keys }| WitnessRule { quorum, keys }),
        }
    }
}

/// A version with the signed texts that publish it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Publication {
    bundle: BundleBody,
    /// One of each signer.
    #[schema(min_items = 1)]
    statements: Vec<SignedText>,
    /// Refuse where anything is left unproved.
    #[serde(default)]
    require_proof: bool,
}

/// Publish a policy version. What is claimed of it is proved first, where a solver is installed.
#[utoipa::path(
    post, path = "/policy/versions", tag = "policy", request_body = Publication,
    responses((status = 201, description = "It is published.", body = DoneShape)),
)]
async fn publish(State(app): State<App>, act: Act<Publication>) -> Result<Response, Problem> {
    act.viewer.authority()?;
    let pairs: Vec<Pair> = act.said.statements.iter().cloned().map(Pair::from).collect();
    let statements = verified::<PolicyPublication>(&pairs, &app.signature_rules());
    let statements = statements.map_err(|error| unsound(&error))?;
    let first = statements.first().ok_or_else(|| unsound(&NoCommand::Nothing))?.statement();
    let (bundle, from) = (act.said.bundle.clone().bundle(), first.in_force_from);
    if bundle.digest() != first.digest {
        let detail = "/bundle: these are not the policies whose digest was signed";
        return Err(Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", detail));
    }
    let solving = crate::cli::SolvingArgs::new(5, act.said.require_proof);
    let candidate = bundle.clone();
    let proofs =
        app.work(move |state| crate::cli::proved(state, &candidate, from, &solving)).await??;
    let version = bundle.version.clone();
    let (bundle, proofs) = (Box::new(bundle), Box::new(proofs));
    let command = Command::Publish { bundle, statements, proofs };
    let done = act.give_signed(&app, command_id_of(&pairs), command).await?;
    let made = Some(format!("/api/v1/policy/versions/{version}"));
    Ok(act.answer(&app, &done, made, super::happened(&done.events)))
}

//! Dependence. Answers: *what can a holder use without whose consent, and who can lock it?*

use super::json::Wish;
use super::reading::Reading;
use super::words as w;
use super::{stock, visible};
use crate::server::{App, Problem};
use crate::views::dependence::{self as view, Told};
use axum::extract::State;
use axum::response::Response;
use countersign_core::State as Ledger;
use countersign_core::dependence::report::{Terms, report};
use countersign_proof::words::{OfficeId, Quantity, ZoneId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// What is asked.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only this holder; without it, for whoever may see everybody's books.
    holder: Option<w::Party>,
    /// With the record, and the policy, as they were at this moment.
    as_of: Option<w::Moment>,
    /// Under this policy version, instead of the one in force.
    policy: Option<w::PolicyVersion>,
    /// Only in these zones, separated by commas.
    zones: Option<String>,
    /// Suppose that these offices refuse everything, or these inputs are withheld; separated by
    /// commas.
    without: Option<String>,
    /// Find the fewest offices whose refusal locks this share of a holder's units, in percent.
    #[param(minimum = 1, maximum = 100)]
    lock_share: Option<u8>,
    /// Compare with this policy version.
    before: Option<w::PolicyVersion>,
    /// How many units a request for use would ask for; 1, if not given.
    quantity: Option<w::Units>,
}

type Found = (Value, (Vec<&'static str>, Vec<Vec<String>>));

/// Show what each holder can use without whose consent, and who can lock it; as JSON or CSV.
#[utoipa::path(
    get, path = "/dependence", tag = "dependence", params(Asked),
    responses((status = 200, description = "What depends on whom.",
            content((Value = "application/json"), (String = "text/csv"))),
        (status = 403, description = "It tells more than you may see.",
            body = super::document::ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such holder or version.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn show(
    State(app): State<App>,
    reading: Reading,
    Wish(asked): Wish<Asked>,
) -> Result<Response, Problem> {
    match &asked.holder {
        None => super::whole(&app, reading.person())?,
        Some(holder) => {
            let seen = app.look(|state| visible::books(state, reading.person(), &holder.0));
            if !seen {
                return Err(Problem::not_found("holder"));
            }
        }
    }
    if asked.lock_share.is_some_and(|share| !(1..=100).contains(&share)) {
        return Err(Problem::unreadable("lock_share is a share in whole percent, 1 to 100"));
    }
    let past = stock::past(&app, asked.as_of.as_ref().map(|at| at.0.0)).await?;
    let found = app.work(move |newest| told(past.as_ref().unwrap_or(newest), newest, &asked));
    let (value, table) = found.await??;
    reading.table(|| value, || table)
}

fn told(state: &Ledger, newest: &Ledger, asked: &Asked) -> Result<Found, Problem> {
    let refused = countersign_core::Rejection::from;
    let at = asked.as_of.as_ref().map_or(state.ledger.clock, |at| at.0.0);
    let named = |id: &w::PolicyVersion| {
        newest.policy.version(&id.0).map_err(|_| Problem::not_found("policy version"))
    };
    let version = match &asked.policy {
        Some(id) => named(id)?,
        None => state.policy.version_at(at).map_err(refused)?,
    };
    let terms = Terms {
        holder: asked.holder.as_ref().map(|holder| holder.0.clone()),
        zones: zones(state, asked)?,
        quantity: asked.quantity.map_or_else(|| Quantity::new(1).unwrap_or_default(), |u| u.0),
        lock_percent: asked.lock_share,
        ..Terms::all(version.compiled().map_err(refused)?, at)
    };
    let terms = supposed(state, asked, terms)?;
    let before = match &asked.before {
        None => None,
        Some(id) => {
            let other = named(id)?;
            let compiled = other.compiled().map_err(refused)?;
            let terms = Terms { version: compiled, ..terms.clone() };
            Some((&other.bundle.version, report(state, &terms)))
        }
    };
    let found = report(state, &terms);
    let told = Told {
        terms: &terms,
        policy: &version.bundle.version,
        before: before.as_ref().map(|(id, found)| (*id, found)),
    };
    Ok((view::report(&found, &told), view::rows(&found)))
}

fn listed(list: Option<&String>) -> impl Iterator<Item = &str> {
    list.map(String::as_str).unwrap_or_default().split(',').filter(|word| !word.is_empty())
}

fn zones(state: &Ledger, asked: &Asked) -> Result<BTreeSet<ZoneId>, Problem> {
    let known = |name: &str| {
        let zone = name.parse().ok();
        let zone = zone.filter(|id| state.policy.world().zones.contains_key(id));
        let unknown = || Problem::unreadable(format!("zones: the ledger declares no zone {name}"));
        zone.ok_or_else(unknown)
    };
    listed(asked.zones.as_ref()).map(known).collect()
}

/// Which of the names are offices, and which inputs.
fn supposed<'a>(state: &Ledger, asked: &Asked, mut terms: Terms<'a>) -> Result<Terms<'a>, Problem> {
    for name in listed(asked.without.as_ref()) {
        let office: Option<OfficeId> = name.parse().ok();
        let office = office.filter(|id| state.people.office(id).is_some());
        let input = name.parse().ok().filter(|id| state.stock.inputs().contains_key(id));
        match (office, input) {
            (Some(office), None) => drop(terms.refusing.insert(office)),
            (None, Some(input)) => drop(terms.withheld.insert(input)),
            (Some(_), Some(_)) => {
                let detail = format!("without: {name} is the name of an office and of an input");
                return Err(Problem::unreadable(detail));
            }
            (None, None) => {
                let detail = format!("without: the ledger declares no office or input {name}");
                return Err(Problem::unreadable(detail));
            }
        }
    }
    Ok(terms)
}

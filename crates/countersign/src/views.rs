//! The state as people and programs are shown it. One view serves every door.

pub mod people;

pub mod accounts;
pub mod board;
pub mod certificates;
pub mod triage;

pub mod orders;
pub mod plans;

pub mod csv;
pub mod dependence;
pub mod graph;
pub mod history;
pub mod impact;

use crate::actions::Offer;
use countersign_core::State;
use countersign_core::policy::{Claim, Direction, Explained, Finding, Proofs, Verdict, Version};
use countersign_core::requests::{Closing, DecisionMade, HoldPlaced, Release, Request, Suspension};
use countersign_proof::statement::kinds::Terms;
use countersign_proof::words::{OfficeId, Window, ZoneId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Sets of offices as lists.
#[must_use]
pub fn sets(sets: &BTreeSet<BTreeSet<OfficeId>>) -> Value {
    let list = |set: &BTreeSet<OfficeId>| set.iter().map(OfficeId::to_string).collect::<Vec<_>>();
    Value::Array(sets.iter().map(|set| json!(list(set))).collect())
}

fn zones(zones: &BTreeSet<ZoneId>) -> Vec<String> {
    zones.iter().map(ToString::to_string).collect()
}

fn window(window: Window) -> Value {
    json!({ "from": window.from().to_string(), "until": window.until().to_string() })
}

/// The word for a verdict: `standing`, `needs` or `prohibited`.
#[must_use]
pub fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Standing => "standing",
        Verdict::Needs(_) => "needs",
        Verdict::Prohibited => "prohibited",
    }
}

/// An action, and whether the ledger would allow it.
#[must_use]
pub fn offer(offer: &Offer) -> Value {
    let refused = offer.refused.as_ref();
    json!({
        "action": offer.action.as_str(),
        "office": offer.office.as_ref().map(OfficeId::to_string),
        "allowed": refused.is_none(),
        "code": refused.map(|refused| refused.code.as_str()),
        "message": refused.map(|refused| refused.message.as_str()),
    })
}

/// What policy says of a question.
#[must_use]
pub fn explained(version: &Version, explained: &Explained) -> Value {
    let approval_sets = match &explained.verdict {
        Verdict::Needs(needed) => sets(needed),
        Verdict::Standing | Verdict::Prohibited => json!([]),
    };
    json!({
        "verdict": verdict_word(&explained.verdict),
        "approval_sets": approval_sets,
        "policy": version.bundle.version.as_str(),
        "policy_digest": version.digest.to_string(),
        "policy_source": version.source,
        "policy_standing": version.standing.as_str(),
        "reasons": explained.reasons,
    })
}

/// What became of a claim.
#[must_use]
pub fn finding(finding: &Finding) -> Value {
    match finding {
        Finding::Proved => json!({ "finding": "proved" }),
        Finding::Refuted { counterexample } => {
            json!({ "finding": "refuted", "counterexample": counterexample })
        }
        Finding::NotProved { why } => json!({ "finding": "not-proved", "why": why }),
    }
}

/// What was found about everything that is claimed of a version.
#[must_use]
pub fn proofs(proofs: &Proofs) -> Value {
    let findings = proofs.findings.iter().map(|(claim, found)| {
        let mut one = finding(found);
        if let Some(fields) = one.as_object_mut() {
            let kind = match claim {
                Claim::NeverFails { .. } => "never-fails",
                Claim::ApprovalsHelp { .. } => "approvals-help",
                Claim::Promise { .. } => "promise",
            };
            fields.insert("kind".to_owned(), kind.into());
            fields.insert("claim".to_owned(), claim.to_string().into());
        }
        one
    });
    let differences = proofs.differences.iter().map(|(act, direction, found)| {
        let mut one = finding(found);
        if let Some(fields) = one.as_object_mut() {
            let direction = match direction {
                Direction::NoLongerAllowed => "no-longer-allowed",
                Direction::NewlyAllowed => "newly-allowed",
            };
            fields.insert("act".to_owned(), act.as_str().into());
            fields.insert("direction".to_owned(), direction.into());
        }
        one
    });
    json!({
        "solver": proofs.solver,
        "millis": proofs.millis,
        "findings": findings.collect::<Value>(),
        "differences": differences.collect::<Value>(),
    })
}

/// A policy version.
#[must_use]
pub fn version(state: &State, version: &Version) -> Value {
    let current = state.policy.current().ok().map(|current| current.digest);
    json!({
        "version": version.bundle.version.as_str(),
        "in_force_from": version.in_force_from.to_string(),
        "in_force": current == Some(version.digest),
        "digest": version.digest.to_string(),
        "source": version.source,
        "standing": version.standing.as_str(),
        "transition": version.transition.as_str(),
        "published_at": version.published_at.to_string(),
        "usable": version.compiled().is_ok(),
        "proofs": version.proofs.as_ref().map(proofs),
    })
}

fn decision(made: &DecisionMade, request: &Request) -> Value {
    let counts = !made.void && made.revision == request.revision && made.policy == request.policy;
    json!({
        "decision": made.decision.as_str(),
        "office": made.signed.office.as_str(),
        "person": made.signed.person.as_str(),
        "deputy_of": made.signed.deputy_of.as_ref().map(ToString::to_string),
        "revision": made.revision.0,
        "policy": made.policy.as_str(),
        "provisos": made.provisos.as_ref().map_or_else(|| "-".to_owned(), |p| p.to_string()),
        "at": made.at.to_string(),
        "key": made.signed.key.to_string(),
        "assurance": format!("{:?}", made.signed.assurance),
        "statement": made.statement.to_string(),
        "counts": counts,
    })
}

fn closing(closing: &Closing) -> String {
    match closing {
        Closing::RefusedBy(office) => format!("refused by {office}"),
        Closing::WithdrawnBy(office) => format!("authorisation withdrawn by {office}"),
        Closing::Policy(version) => format!("not allowed by policy {version}"),
        Closing::NoStock => "the stock is not there any more".to_owned(),
        Closing::UnderHold => "suspended by a hold".to_owned(),
    }
}

/// Why a request was closed, in words; empty where nothing is to be said.
#[must_use]
pub fn closing_words(request: &Request) -> String {
    request.closing.as_deref().map(closing).unwrap_or_default()
}

/// What is missing on a request: lists of offices.
///
/// # Errors
/// Why policy gives no answer.
pub fn missing(state: &State, request: &Request) -> Result<BTreeSet<BTreeSet<OfficeId>>, String> {
    let release = request.release.and_then(|id| state.requests.release(id));
    let suspended = release.is_some_and(|release| {
        release.causes.iter().any(|cause| match cause {
            Suspension::Policy(_) => true,
            Suspension::Hold(_) | Suspension::Witnesses(_) => false,
        })
    });
    if !request.state.is_open() && !suspended {
        return Ok(BTreeSet::new());
    }
    match state.standpoint(request) {
        Ok(standpoint) => Ok(standpoint.missing),
        Err(rejection) => Err(rejection.to_string()),
    }
}

/// A request.
#[must_use]
pub fn request(state: &State, request: &Request) -> Value {
    let draft = &request.draft;
    let release = request.release.and_then(|id| state.requests.release(id));
    let (missing, problem) = match missing(state, request) {
        Ok(missing) => (sets(&missing), Value::Null),
        Err(problem) => (json!([]), json!(problem)),
    };
    let decisions: Vec<Value> =
        request.decisions.iter().map(|made| decision(made, request)).collect();
    let advice: Vec<Value> = request
        .advice
        .iter()
        .map(|given| {
            json!({
                "advice": given.advice.as_str(),
                "office": given.signed.office.as_str(),
                "person": given.signed.person.as_str(),
                "revision": given.revision.0,
                "at": given.at.to_string(),
                "statement": given.statement.to_string(),
            })
        })
        .collect();
    json!({
        "id": request.id.to_string(),
        "revision": request.revision.0,
        "revision_digest": request.digest.to_string(),
        "state": request.state.as_str(),
        "closing": request.closing.as_deref().map(closing),
        "act": draft.act.as_str(),
        "item": draft.item.as_str(),
        "quantity": draft.quantity.units(),
        "zones": zones(&draft.zones),
        "holder": draft.holder.as_str(),
        "recipient": draft.recipient.as_ref().map(ToString::to_string),
        "depot": draft.depot.as_ref().map(ToString::to_string),
        "window": window(draft.window),
        "requester": request.requester.as_str(),
        "policy": request.policy.as_str(),
        "submitted_at": request.submitted_at.to_string(),
        "closed_at": request.closed_at.map(|at| at.to_string()),
        "deadline": request.next_deadline().map(|at| at.to_string()),
        "clock_stopped_at": request.stopped_at.map(|at| at.to_string()),
        "missing": missing,
        "problem": problem,
        "decisions": decisions,
        "advice": advice,
        "recused": request.recused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "interests": request.interests.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "superseded_by": request.superseded_by.map(|id| id.to_string()),
        "release": release.map(|found| self::release(state, found)),
    })
}

/// Why a release is suspended, in words.
#[must_use]
pub fn suspensions(release: &Release) -> Vec<String> {
    let words = |cause: &Suspension| match cause {
        Suspension::Hold(hold) => hold.to_string(),
        Suspension::Policy(version) => format!("policy {version}"),
        Suspension::Witnesses(entry) => format!("entry {entry}, which too few witnesses have seen"),
    };
    release.causes.iter().map(words).collect()
}

/// A release.
#[must_use]
pub fn release(state: &State, release: &Release) -> Value {
    let usable = &release.usable;
    let reserved: u64 = state.stock.reservation(release.id).iter().map(|line| line.units).sum();
    json!({
        "id": release.id.to_string(),
        "request": release.request.to_string(),
        "revision": release.revision.0,
        "state": release.state.as_str(),
        "quantity": usable.quantity.units(),
        "used": release.used.units(),
        "left": release.left().units(),
        "reserved": reserved,
        "zones": zones(&usable.zones),
        "window": window(usable.window),
        "depot": usable.depot.as_ref().map(ToString::to_string),
        "policy": release.policy.as_str(),
        "approval_set": release.set.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "suspended_by": suspensions(release),
        "issued_at": release.issued_at.to_string(),
        "ended_at": release.ended_at.map(|at| at.to_string()),
        "breaches": release.breaches.iter().map(|breach| breach.as_str()).collect::<Vec<_>>(),
    })
}

/// What differs between two terms, a sentence for each line: what it was, and what it is now.
#[must_use]
pub fn terms_changed(old: &Terms, new: &Terms) -> Vec<String> {
    let zones =
        |terms: &Terms| terms.zones.iter().map(ZoneId::as_str).collect::<Vec<_>>().join(", ");
    let depot =
        |terms: &Terms| terms.depot.as_ref().map_or("any", |depot| depot.as_str()).to_owned();
    let lines = [
        ("revision", old.revision.to_string(), new.revision.to_string()),
        ("act", old.act.to_string(), new.act.to_string()),
        ("item", old.item.to_string(), new.item.to_string()),
        ("quantity", old.quantity.to_string(), new.quantity.to_string()),
        ("zones", zones(old), zones(new)),
        ("holder", old.holder.to_string(), new.holder.to_string()),
        ("depot", depot(old), depot(new)),
        ("window", old.window.to_string(), new.window.to_string()),
    ];
    let changed = lines.into_iter().filter(|(_, was, is)| was != is);
    changed.map(|(what, was, is)| format!("{what}: {was} before, {is} now")).collect()
}

/// A hold.
#[must_use]
pub fn hold(hold: &HoldPlaced) -> Value {
    json!({
        "id": hold.id.to_string(),
        "scope": hold.scope.to_string(),
        "office": hold.office.as_str(),
        "person": hold.person.as_str(),
        "placed_at": hold.placed_at.to_string(),
        "lifted_at": hold.lifted_at.map(|at| at.to_string()),
    })
}

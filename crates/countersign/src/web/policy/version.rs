//! One version. Answers: *what does it say, who decides under it, and what does it change?*

use super::list::status;
use super::{decides, reasons};
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::web::page::page;
use crate::web::parts::{
    Action, Column, Row, Table, Tone, buttons, code, details, fingerprint, id, moment,
    summary_list, tag,
};
use crate::web::{places, words};
use axum::extract::{Path, State};
use countersign_core::State as Ledger;
use countersign_core::people::Function;
use countersign_core::policy::{
    self, Changes, Compiled, Direction, Finding, KeyOnlyRule, Proofs, Version,
};
use countersign_core::stock::Item;
use countersign_proof::words::{Act, ItemId, PartyId, PolicyVersionId};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

fn summary(state: &Ledger, version: &Version) -> Markup {
    let key_only = match version.bundle.key_only {
        KeyOnlyRule::RefuseRed => words::POLICY_KEY_REFUSED,
        KeyOnlyRule::Allow => words::POLICY_KEY_ALLOWED,
    };
    let witnesses = match &version.bundle.witnesses {
        Some(rule) => html! {
            (words::policy_witnesses(rule.quorum, rule.keys.len()))
            ul { @for key in &rule.keys { li { code { (key) } } } }
        },
        None => html! { (words::POLICY_NO_WITNESSES) },
    };
    summary_list(&[
        (words::POLICY_STATUS, status(state, version)),
        (words::POLICY_FROM, moment(version.in_force_from)),
        (words::POLICY_PUBLISHED, moment(version.published_at)),
        (words::POLICY_SOURCE, html! { (version.source) }),
        (words::STANDING, html! { (version.standing) }),
        (words::POLICY_TRANSITION, html! { (version.transition) }),
        (words::POLICY_KEY_ONLY, html! { (key_only) }),
        (words::POLICY_WITNESSES, witnesses),
        (words::POLICY_DIGEST, fingerprint(&version.digest.to_string())),
    ])
}

/// Who decides, a row for each party and a column for each act that somebody decides on.
fn deciding(version: &Version) -> Markup {
    let table = &version.bundle.deciding;
    let named: BTreeSet<Act> = table.values().flat_map(|acts| acts.keys().copied()).collect();
    let heads: Vec<String> = named.iter().map(ToString::to_string).collect();
    let columns: Vec<Column<'_>> = std::iter::once(Column::Words(words::POLICY_PARTY))
        .chain(heads.iter().map(|head| Column::Words(head)))
        .collect();
    let row = |(party, acts): (&PartyId, &BTreeMap<Act, policy::Deciding>)| {
        let cells = named.iter().map(|act| html! { (decides(acts.get(act))) });
        Row::from(std::iter::once(id(party.as_str())).chain(cells).collect::<Vec<_>>())
    };
    let rows = table.iter().map(row).collect();
    let (caption, empty) = (words::POLICY_DECIDING, words::POLICY_NO_DECIDING);
    Table { id: "deciding", caption, columns: &columns, rows, empty }.render()
}

/// What was found, as a tag and its detail.
fn finding(found: &Finding) -> (Markup, &str) {
    match found {
        Finding::Proved => (tag(Tone::Good, words::POLICY_IS_PROVED, None), words::NOTHING),
        Finding::Refuted { counterexample } => {
            (tag(Tone::Bad, words::POLICY_REFUTED, None), counterexample)
        }
        Finding::NotProved { why } => (tag(Tone::Unknown, words::POLICY_NOT_PROVED, None), why),
    }
}

fn claims(proofs: Option<&Proofs>) -> Markup {
    let columns = [
        Column::Words(words::POLICY_CLAIM),
        Column::Words(words::POLICY_FINDING),
        Column::Words(words::POLICY_DETAIL),
    ];
    let rows = proofs.iter().flat_map(|proofs| &proofs.findings).map(|(claim, found)| {
        let (mark, detail) = finding(found);
        Row::from(vec![html! { (claim) }, mark, html! { (detail) }])
    });
    let (caption, empty) = (words::POLICY_CLAIMS, words::POLICY_NO_CLAIMS);
    html! {
        (Table { id: "claims", caption, columns: &columns, rows: rows.collect(), empty }.render())
        @if let Some(proofs) = proofs {
            p class="hint" { (words::policy_solver(proofs.solver.as_deref())) }
        }
    }
}

/// What the solver found of the difference to the version before.
fn proved_differences(proofs: &Proofs) -> Markup {
    let columns = [
        Column::Words(words::POLICY_ACT),
        Column::Words(words::POLICY_DIRECTION),
        Column::Words(words::POLICY_FINDING),
        Column::Words(words::POLICY_DETAIL),
    ];
    let row = |(act, direction, found): &(Act, Direction, Finding)| {
        let (mark, detail) = match found {
            Finding::Proved => {
                (tag(Tone::Closed, words::POLICY_NOTHING_SUCH, None), words::NOTHING)
            }
            Finding::Refuted { counterexample } => {
                (tag(Tone::Watch, words::POLICY_FOR_EXAMPLE, None), counterexample.as_str())
            }
            Finding::NotProved { .. } => finding(found),
        };
        Row::from(vec![id(act.as_str()), html! { (direction) }, mark, html! { (detail) }])
    };
    let rows = proofs.differences.iter().map(row).collect();
    let (caption, empty) = (words::POLICY_PROVED_DIFFERENCES, words::POLICY_NO_DIFFERENCE);
    Table { id: "differences", caption, columns: &columns, rows, empty }.render()
}

/// What a version changes, a sentence for each.
fn told_changes(changes: &Changes, compiled: &Compiled) -> Vec<String> {
    let deciding = changes.deciding.iter().map(|change| {
        let (before, after) = (decides(change.before.as_ref()), decides(change.after.as_ref()));
        words::policy_decided(change.act.as_str(), change.party.as_str(), &before, &after)
    });
    let policies = changes.policies.iter();
    let policies =
        policies.map(|(id, edit)| words::policy_edit(words::POLICY_KIND_POLICY, id, *edit));
    let properties = changes.properties.iter();
    let properties =
        properties.map(|(id, edit)| words::policy_edit(words::POLICY_KIND_PROPERTY, id, *edit));
    let verdicts = changes.verdicts.iter().map(|change| change.told(compiled.world()));
    let witnesses = changes.witnesses.iter().map(ToString::to_string);
    deciding.chain(policies).chain(properties).chain(witnesses).chain(verdicts).collect()
}

/// What the version changes of the one before it.
fn differences(state: &Ledger, version: &Version, before: Option<&Version>) -> Markup {
    let Some(before) = before else { return html! { p { (words::POLICY_FIRST) } } };
    let (old, new) = (before.bundle.version.as_str(), version.bundle.version.as_str());
    let impact = format!("/policy/impact?from={old}&to={new}");
    let items: BTreeMap<ItemId, Item> =
        state.stock.items().map(|item| (item.id.clone(), item.clone())).collect();
    let asking = state.people.offices().filter(|o| o.functions.contains(&Function::Request));
    let holders: BTreeSet<PartyId> = asking.map(|office| office.party.clone()).collect();
    let both = before.compiled().ok().zip(version.compiled().ok());
    let told = both.map(|(before, after)| {
        let changes = policy::changes(before, after, &items, &holders, version.in_force_from);
        told_changes(&changes, after)
    });
    html! {
        h2 { (words::policy_differences(old)) }
        @match &told {
            None => p { (words::POLICY_UNUSABLE) },
            Some(told) if told.is_empty() => p { (words::POLICY_NO_DIFFERENCE) },
            Some(told) => ul { @for sentence in told { li { (sentence) } } },
        }
        @if let Some(proofs) = version.proofs.as_ref().filter(|p| !p.differences.is_empty()) {
            (proved_differences(proofs))
        }
        (buttons(&[Action::Link { label: words::POLICY_SHOW_IMPACT, href: &impact }]))
    }
}

fn texts(version: &Version) -> Markup {
    let policies: Vec<String> = version
        .compiled()
        .map(|compiled| compiled.texts().into_keys().collect())
        .unwrap_or_default();
    let files = |files: &BTreeMap<String, String>| {
        html! {
            @for (file, text) in files { (details(file, false, &code(file, text.trim_end()))) }
        }
    };
    html! {
        h2 { (words::POLICY_TEXTS) }
        (reasons(version, &policies))
        (files(&version.bundle.policies))
        @if !version.bundle.properties.is_empty() {
            h2 { (words::POLICY_PROPERTIES) }
            (files(&version.bundle.properties))
        }
    }
}

fn body(state: &Ledger, wanted: &PolicyVersionId) -> Option<Markup> {
    let versions = state.policy.versions();
    let at = versions.iter().position(|version| version.bundle.version == *wanted)?;
    let version = versions.get(at)?;
    let before = at.checked_sub(1).and_then(|before| versions.get(before));
    Some(html! {
        h1 { (words::policy_version(wanted.as_str())) }
        (summary(state, version))
        @if version.compiled().is_err() { p class="lead" { (words::POLICY_UNUSABLE) } }
        (deciding(version))
        (texts(version))
        (claims(version.proofs.as_ref()))
        (differences(state, version, before))
    })
}

pub(super) async fn version(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    let missing = || Problem::not_found("policy version");
    let wanted: PolicyVersionId = name.parse().map_err(|_| missing())?;
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/policy").await?;
    let title = words::policy_version(wanted.as_str());
    let body = app.work(move |state| body(state, &wanted)).await?.ok_or_else(missing)?;
    Ok(page(&frame, &title, &body))
}

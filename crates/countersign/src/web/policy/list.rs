//! The versions. Answers: *which version is in force, and which were?*

use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::web::asked::{self, paged};
use crate::web::charts::{Version as Bar, Versions};
use crate::web::page::page;
use crate::web::parts::{Action, Column, Row, Table, Tone, buttons, id, moment, tag, thin};
use crate::web::{places, words};
use axum::extract::{RawQuery, State};
use countersign_core::State as Ledger;
use countersign_core::policy::{Finding, Proofs, Version};
use maud::{Markup, html};

/// How a version stands now.
pub(super) fn status(state: &Ledger, version: &Version) -> Markup {
    let current = state.policy.current().is_ok_and(|current| current.digest == version.digest);
    if current {
        tag(Tone::Good, words::POLICY_IN_FORCE, None)
    } else if version.in_force_from > state.ledger.clock {
        tag(Tone::Open, words::POLICY_COMING, None)
    } else {
        tag(Tone::Closed, words::POLICY_PAST, None)
    }
}

/// How many claims are proved.
fn proved(proofs: Option<&Proofs>) -> String {
    let Some(proofs) = proofs else { return words::NOTHING.to_owned() };
    let count = |count: usize| thin(i128::try_from(count).unwrap_or(i128::MAX));
    let proved = proofs.findings.iter().filter(|(_, found)| *found == Finding::Proved).count();
    words::policy_proved(&count(proved), &count(proofs.findings.len()))
}

/// When each version is in force, for the time line.
fn bars(state: &Ledger) -> Vec<Bar> {
    let versions = state.policy.versions();
    let current = state.policy.current().ok().map(|current| current.digest);
    let later = versions.iter().skip(1).map(|next| Some(next.in_force_from.date()));
    let ends = later.chain(std::iter::once(None));
    let bar = |(version, until): (&Version, _)| Bar {
        name: version.bundle.version.to_string(),
        from: version.in_force_from.date(),
        until,
        standing: version.standing,
        is_current: current == Some(version.digest),
    };
    versions.iter().zip(ends).map(bar).collect()
}

fn body(state: &Ledger, fields: &Fields) -> Markup {
    let bars = bars(state);
    let all: Vec<&Version> = state.policy.versions().iter().rev().collect();
    let (found, pages) = paged(all, "/policy", fields, "from");
    let columns = [
        Column::Words(words::VERSION),
        Column::Words(words::POLICY_STATUS),
        Column::Words(words::POLICY_FROM),
        Column::Words(words::STANDING),
        Column::Words(words::POLICY_TRANSITION),
        Column::Words(words::POLICY_PROVED),
        Column::Words(words::POLICY_SOURCE),
    ];
    let row = |version: &&Version| {
        let name = version.bundle.version.as_str();
        Row::from(vec![
            html! { a href={ "/policy/" (name) } { (id(name)) } },
            status(state, version),
            moment(version.in_force_from),
            html! { (version.standing) },
            html! { (version.transition) },
            html! { (proved(version.proofs.as_ref())) },
            html! { (version.source) },
        ])
    };
    let rows = found.iter().map(row).collect();
    let (caption, empty) = (words::POLICY_VERSIONS, words::NO_VERSIONS);
    let today = state.ledger.clock.date();
    html! {
        h1 { (words::POLICY_TITLE) }
        p class="lead" { (words::POLICY_LEAD) }
        (buttons(&[
            Action::Link { label: words::POLICY_ASK, href: "/policy/explain" },
            Action::Link { label: words::POLICY_COMPARE, href: "/policy/impact" },
        ]))
        (Versions { id: "time", message: words::POLICY_TIME, versions: &bars, today }.render())
        (Table { id: "versions", caption, columns: &columns, rows, empty }.render())
        (pages)
    }
}

pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = asked::fields(query.as_deref())?;
    let _: Option<usize> = fields.maybe("from");
    asked::checked(&fields)?;
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/policy").await?;
    let body = app.look(|state| body(state, &fields));
    Ok(page(&frame, words::POLICY_TITLE, &body))
}

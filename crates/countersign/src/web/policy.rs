//! Policy. Answers: *which rules are in force, what do they say, and what would others change?*

mod explain;
mod impact;
mod list;
mod version;

use super::parts::{Column, Row, Table, id};
use super::words;
use crate::server::App;
use axum::Router;
use axum::routing::get;
use countersign_core::State;
use countersign_core::policy::{Deciding, Version};
use countersign_proof::words::OfficeId;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/policy", get(list::list))
        .route("/policy/impact", get(impact::impact))
        .route("/policy/explain", get(explain::explain))
        .route("/policy/{version}", get(version::version))
}

/// The policies that an answer rests on, each with what it says of itself.
pub(crate) fn reasons(version: &Version, policies: &[String]) -> Markup {
    let compiled = version.compiled().ok();
    let columns = [Column::Words(words::POLICY_POLICY), Column::Words(words::POLICY_REASON)];
    let row = |policy: &String| {
        let said = compiled.and_then(|compiled| compiled.reason(policy));
        Row::from(vec![id(policy), html! { (said.unwrap_or(words::POLICY_NO_REASON)) }])
    };
    let rows = policies.iter().map(row).collect();
    let (caption, empty) = (words::POLICY_REASONS, words::POLICY_NO_POLICIES);
    Table { id: "reasons", caption, columns: &columns, rows, empty }.render()
}

/// Approval sets as a list, offices by their titles: one of the sets must be filled.
pub(crate) fn sets(state: &State, sets: &BTreeSet<BTreeSet<OfficeId>>) -> Markup {
    let title = |office: &OfficeId| {
        state.people.office(office).map(|office| office.title.clone()).unwrap_or_default()
    };
    html! {
        ul {
            @for set in sets {
                li {
                    @for (at, office) in set.iter().enumerate() {
                        @if at > 0 { " + " }
                        (title(office)) " " (id(office.as_str()))
                    }
                }
            }
        }
    }
}

/// Who decides, in words.
fn decides(deciding: Option<&Deciding>) -> String {
    match deciding {
        Some(Deciding::Office(office)) => office.to_string(),
        Some(Deciding::Standing) => words::POLICY_STANDING_PERMISSION.to_owned(),
        None => words::POLICY_NOBODY.to_owned(),
    }
}

/// The versions as choices.
pub(super) fn choices(state: &State) -> Vec<(String, String)> {
    let name = |version: &Version| version.bundle.version.to_string();
    state.policy.versions().iter().map(|version| (name(version), name(version))).collect()
}

//! Another version. Answers: *what would it lock, what would it free, and for whom?*

use super::choices;
use crate::opening::rebuild_watched;
use crate::server::app::blocking;
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views::dependence::{said_in_words, zones_in_words};
use crate::views::impact::{self as view, words as judged};
use crate::web::asked::{self, checks, paged};
use crate::web::page::page;
use crate::web::parts::{
    Action, Choice, Column, Field, Row, Table, Tone, buttons, error_summary, id, quantity,
    summary_list, tag, thin,
};
use crate::web::signing::faults_of;
use crate::web::{places, words};
use axum::extract::{RawQuery, State};
use countersign_core::State as Ledger;
use countersign_core::dependence::impact::{Change, Comparing, HoldingImpact, Impact, ZoneImpact};
use countersign_core::dependence::{History, impact as compared};
use countersign_proof::words::{PolicyVersionId, Quantity, ZoneId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The address of the page.
const PATH: &str = "/policy/impact";

/// Which versions are compared.
#[derive(Clone, Debug)]
struct Wish {
    from: Option<PolicyVersionId>,
    to: Option<PolicyVersionId>,
    only_changes: bool,
    fields: Fields,
}

impl Wish {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut fields = asked::fields(query)?;
        let (from, to) = (fields.maybe("from"), fields.maybe("to"));
        let only_changes = fields.text("only") == "changes";
        for place in ["requests", "releases", "holdings"] {
            let _: Option<usize> = fields.maybe(place);
        }
        fields.finish()?;
        Ok(Self { from, to, only_changes, fields })
    }

    fn shows(&self, change: Change) -> bool {
        !self.only_changes || change != Change::Same
    }
}

/// A change as a tag.
fn change(change: Change) -> Markup {
    match change {
        Change::Same => tag(Tone::Closed, words::IMPACT_SAME, None),
        Change::Locked | Change::OtherSigners => tag(Tone::Watch, change.as_str(), None),
        Change::Prohibited => tag(Tone::Bad, change.as_str(), None),
        Change::Freed | Change::Opened => tag(Tone::Good, change.as_str(), None),
    }
}

fn requests(state: &Ledger, found: &Impact, wish: &Wish) -> Markup {
    let all: Vec<_> = found.requests.iter().rev().filter(|one| wish.shows(one.change)).collect();
    let (rows, pages) = paged(all, PATH, &wish.fields, "requests");
    let columns = [
        Column::Words(words::IMPACT_REQUEST),
        Column::Words(words::POLICY_ACT),
        Column::Words(words::ITEM),
        Column::Numbers(words::UNITS),
        Column::Words(words::IMPACT_BEFORE),
        Column::Words(words::IMPACT_AFTER),
        Column::Words(words::IMPACT_CHANGE),
    ];
    let rows = rows.into_iter().filter_map(|one| {
        let draft = &state.requests.request(one.id)?.draft;
        let name = one.id.to_string();
        Some(Row::from(vec![
            html! { a href={ "/requests/" (name) } { (id(&name)) } },
            html! { (draft.act) },
            id(draft.item.as_str()),
            quantity(draft.quantity.units()),
            html! { (one.before.policy) ": " (judged(&one.before)) },
            html! { (judged(&one.after)) },
            change(one.change),
        ]))
    });
    let rows = rows.collect();
    let (caption, empty) = (words::IMPACT_REQUESTS, words::IMPACT_NO_REQUESTS);
    html! { (Table { id: "requests", caption, columns: &columns, rows, empty }.render()) (pages) }
}

fn releases(found: &Impact, wish: &Wish) -> Markup {
    let all: Vec<_> = found.releases.iter().rev().filter(|one| wish.shows(one.change)).collect();
    let (rows, pages) = paged(all, PATH, &wish.fields, "releases");
    let columns = [
        Column::Words(words::IMPACT_RELEASE),
        Column::Words(words::IMPACT_REQUEST),
        Column::Numbers(words::IMPACT_LEFT),
        Column::Words(words::IMPACT_BEFORE),
        Column::Words(words::IMPACT_AFTER),
        Column::Words(words::IMPACT_CHANGE),
        Column::Words(words::IMPACT_FATE),
    ];
    let row = |one: &countersign_core::dependence::impact::ReleaseImpact| {
        let name = one.request.to_string();
        Row::from(vec![
            id(&one.id.to_string()),
            html! { a href={ "/requests/" (name) } { (id(&name)) } },
            quantity(one.left),
            html! { (one.before.policy) ": " (judged(&one.before)) },
            html! { (judged(&one.after)) },
            change(one.change),
            html! { (one.fate.as_str()) },
        ])
    };
    let rows = rows.into_iter().map(row).collect();
    let (caption, empty) = (words::IMPACT_RELEASES, words::IMPACT_NO_RELEASES);
    html! { (Table { id: "releases", caption, columns: &columns, rows, empty }.render()) (pages) }
}

fn holdings(state: &Ledger, found: &Impact, wish: &Wish) -> Markup {
    let zones: BTreeSet<ZoneId> = state.policy.world().zones.keys().cloned().collect();
    let some = found.holdings.iter().filter(|one| one.holding.units() > 0);
    let all: Vec<(&HoldingImpact, &ZoneImpact)> = some
        .flat_map(|one| one.zones.iter().map(move |zone| (one, zone)))
        .filter(|(_, zone)| wish.shows(zone.change))
        .collect();
    let (rows, pages) = paged(all, PATH, &wish.fields, "holdings");
    let columns = [
        Column::Words(words::HOLDER),
        Column::Words(words::ITEM),
        Column::Numbers(words::IMPACT_HELD),
        Column::Numbers(words::IMPACT_TO_COME),
        Column::Words(words::IMPACT_ZONES),
        Column::Words(words::IMPACT_BEFORE),
        Column::Words(words::IMPACT_AFTER),
        Column::Words(words::IMPACT_CHANGE),
    ];
    let row = |(one, zone): (&HoldingImpact, &ZoneImpact)| {
        Row::from(vec![
            id(one.holder.as_str()),
            id(one.item.as_str()),
            quantity(one.holding.held),
            quantity(one.holding.to_come),
            html! { (zones_in_words(&zone.zones, &zones)) },
            html! { (said_in_words(&zone.before)) },
            html! { (said_in_words(&zone.after)) },
            change(zone.change),
        ])
    };
    let rows = rows.into_iter().map(row).collect();
    let (caption, empty) = (words::IMPACT_HOLDINGS, words::IMPACT_NO_HOLDINGS);
    html! { (Table { id: "holdings", caption, columns: &columns, rows, empty }.render()) (pages) }
}

fn sums(found: &Impact) -> Markup {
    let sums = view::sums(found);
    let told = |units: u64| thin(units.into());
    let locked = words::impact_from_to(&told(sums.locked_before), &told(sums.locked_after));
    html! {
        h2 { (words::IMPACT_SUMS) }
        (summary_list(&[
            (words::IMPACT_UNITS, quantity(sums.units)),
            (words::IMPACT_LOCKED, html! { (locked) }),
            (words::IMPACT_NEWLY_LOCKED, quantity(sums.newly_locked)),
            (words::IMPACT_NEWLY_FREE, quantity(sums.newly_free)),
        ]))
    }
}

fn offices(found: &Impact) -> Markup {
    let columns = [
        Column::Words(words::IMPACT_OFFICE),
        Column::Numbers(words::IMPACT_UNITS_BEFORE),
        Column::Numbers(words::IMPACT_UNITS_AFTER),
    ];
    let rows = found.offices.iter().map(|(office, (before, after))| {
        Row::from(vec![id(office.as_str()), quantity(*before), quantity(*after)])
    });
    let (caption, empty) = (words::IMPACT_OFFICES, words::IMPACT_NO_OFFICES);
    Table { id: "offices", caption, columns: &columns, rows: rows.collect(), empty }.render()
}

fn form(versions: &[(String, String)], wish: &Wish) -> Markup {
    let of: Vec<Choice<'_>> =
        versions.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let field = |name, label| {
        let error = wish.fields.errors().get(name).map(String::as_str);
        Field::new(name, label).value(wish.fields.typed(name)).error(error)
    };
    let only = [("changes".to_owned(), words::IMPACT_ONLY_CHANGES.to_owned())];
    let chosen: &[&str] = if wish.only_changes { &["changes"] } else { &[] };
    html! {
        form method="get" action=(PATH) {
            (field("from", words::IMPACT_FROM).hint(words::IMPACT_FROM_HINT).optional().select(&of))
            (field("to", words::IMPACT_TO).select(&of))
            (checks("only", words::IMPACT_ONLY, &only, chosen))
            (buttons(&[Action::Main { label: words::IMPACT_COMPARE, sends: None }]))
        }
    }
}

/// The comparison, over the record as far as `entries` reach.
fn compare(app: &App, wish: &Wish, to: &PolicyVersionId, entries: u64) -> Result<Markup, Problem> {
    let refused = |rejection: countersign_core::policy::Rejection| {
        Problem::from(countersign_core::Rejection::from(rejection))
    };
    app.stores.with(|store| {
        let mut history = History::default();
        let state = rebuild_watched(store, entries, &mut |state, at, events| {
            history.note(state, at, events);
        });
        let state = state.map_err(|error| Problem::unavailable(error.to_string()))?;
        let compiled = |id| {
            let version = state.policy.version(id).map_err(refused)?;
            version.compiled().map_err(refused)
        };
        let from =
            wish.from.as_ref().map(|id| Ok::<_, Problem>((id, compiled(id)?))).transpose()?;
        let quantity = Quantity::new(1).unwrap_or_default();
        let comparing = Comparing { from, to: (to, compiled(to)?), since: None, quantity };
        let found = compared(&state, &history, &comparing).map_err(refused)?;
        Ok(html! {
            (sums(&found))
            (offices(&found))
            (holdings(&state, &found, wish))
            (requests(&state, &found, wish))
            (releases(&found, wish))
        })
    })
}

pub(super) async fn impact(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let wish = Wish::read(query.as_deref())?;
    crate::api::whole(&app, viewer.person())?;
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/policy").await?;
    let versions = app.look(choices);
    let form = form(&versions, &wish);
    let faults = faults_of(&wish.fields);
    let found = match wish.to.clone().filter(|_| wish.fields.is_sound()) {
        None => html! {},
        Some(to) => {
            let (own, entries) = (app.clone(), app.reader.position());
            blocking(move || compare(&own, &wish, &to, entries)).await?
        }
    };
    let body = html! {
        (error_summary(&faults))
        h1 { (words::IMPACT_TITLE) }
        p class="lead" { (words::IMPACT_LEAD) }
        (form)
        (found)
    };
    Ok(page(&frame, words::IMPACT_TITLE, &body))
}

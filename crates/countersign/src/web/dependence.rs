//! Dependence. Answers: *what can a holder use without whose consent, and who can lock it?*

use super::charts::{Bar, Bars, Cell, Flow, Link, Matrix};
use super::page::page;
use super::parts::{Action, Choice, Column, Field, Row, Table, Tone, buttons, id, quantity, thin};
use super::{places, words};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views::dependence as view;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use countersign_core::State as Ledger;
use countersign_core::dependence::report::{HolderReport, ItemReport, Split, Terms, report};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{OfficeId, PartyId, PersonId, PolicyVersionId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/dependence", get(dependence))
}

/// What is asked.
#[derive(Clone, Default)]
struct Wish {
    holder: Option<PartyId>,
    policy: Option<PolicyVersionId>,
    without: BTreeSet<OfficeId>,
}

/// The holders whose books a person may see.
fn holders(state: &Ledger, person: &PersonId) -> Vec<(String, String)> {
    let seen = state
        .people
        .parties()
        .filter(|party| state.may_view(person, &Matter::Books(&party.id), Label::Parties));
    seen.map(|party| (party.id.to_string(), format!("{} ({})", party.title, party.id))).collect()
}

fn form(state: &Ledger, wish: &Wish, holders: &[(String, String)]) -> Markup {
    let holders: Vec<Choice<'_>> =
        holders.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let versions: Vec<String> =
        state.policy.versions().iter().map(|one| one.bundle.version.to_string()).collect();
    let versions: Vec<Choice<'_>> = versions.iter().map(|one| Choice::new(one, one)).collect();
    let deciding = state
        .people
        .offices()
        .filter(|office| office.functions.contains(&countersign_core::people::Function::Decide));
    let offices: Vec<(String, String)> = deciding
        .map(|office| (office.id.to_string(), format!("{} ({})", office.title, office.id)))
        .collect();
    let offices: Vec<Choice<'_>> =
        offices.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let without: Vec<&str> = wish.without.iter().map(OfficeId::as_str).collect();
    let holder = wish.holder.as_ref().map_or("", PartyId::as_str);
    let policy = wish.policy.as_ref().map_or("", PolicyVersionId::as_str);
    html! {
        form method="get" action="/dependence" {
            (Field::new("holder", words::HOLDER).value(holder).select(&holders))
            (Field::new("policy", words::DEPENDENCE_POLICY).optional().value(policy)
                .select(&versions))
            (Field::new("without", words::DEPENDENCE_WITHOUT).optional()
                .hint(words::DEPENDENCE_WITHOUT_HINT).checkboxes(&offices, &without))
            (buttons(&[Action::Main { label: words::FILTER, sends: None }]))
        }
    }
}

fn has_units(item: &&ItemReport) -> bool {
    item.holding.units() > 0
}

/// Items against the offices that have a say: who can lock alone, and who only with others.
fn matrix(found: &HolderReport) -> Markup {
    let offices: BTreeSet<&OfficeId> = found
        .items
        .iter()
        .filter(has_units)
        .flat_map(|item| match item.answer.everywhere.verdict() {
            countersign_core::policy::Verdict::Needs(sets) => sets.iter().flatten().collect(),
            countersign_core::policy::Verdict::Standing
            | countersign_core::policy::Verdict::Prohibited => Vec::new(),
        })
        .collect();
    let columns: Vec<String> = offices.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, Vec<Option<Cell>>)> = found
        .items
        .iter()
        .filter(has_units)
        .map(|item| {
            let units = Some(item.holding.units());
            let cells = offices.iter().map(|office| {
                let veto = item.answer.everywhere.vetoes.contains(*office);
                let word = words::DEPENDENCE_LOCKS.to_owned();
                veto.then_some(Cell { tone: Tone::Bad, word, units })
            });
            (item.item.to_string(), cells.collect())
        })
        .collect();
    let (message, corner) = (words::DEPENDENCE_MATRIX, words::ITEM);
    Matrix { id: "matrix", message, corner, columns: &columns, rows: &rows }.render()
}

/// From the controllers through the items to the holder.
fn flow(state: &Ledger, found: &HolderReport) -> Markup {
    let inputs = state.stock.inputs();
    let mut control = Vec::new();
    let mut holdings = Vec::new();
    for item in found.items.iter().filter(has_units) {
        let units = item.holding.units();
        let (name, holder) = (item.item.to_string(), found.holder.to_string());
        holdings.push(Link { from: name.clone(), to: holder, units });
        let Some(known) = state.stock.item(&item.item) else { continue };
        for party in known.controllers(inputs).into_iter().flatten() {
            control.push(Link { from: party.to_string(), to: name.clone(), units });
        }
    }
    let message = words::DEPENDENCE_FLOW;
    Flow { id: "flow", message, control: &control, holdings: &holdings }.render()
}

fn split(caption: &str, name: &str, split: &Split) -> Markup {
    let of = Some(split.units());
    let bar = |label: &str, number, tone| Bar { label: label.to_owned(), number, of, tone };
    let rows = [
        bar(words::DEPENDENCE_FREE, split.free, Tone::Good),
        bar(words::DEPENDENCE_ONE, split.one, Tone::Watch),
        bar(words::DEPENDENCE_MORE, split.more, Tone::Watch),
        bar(words::DEPENDENCE_NONE, split.prohibited, Tone::Bad),
    ];
    Bars { id: name, message: caption, unit: words::UNITS, rows: &rows }.render()
}

fn table(found: &HolderReport) -> Markup {
    let columns = [
        Column::Words(words::ITEM),
        Column::Words(words::ZONES),
        Column::Numbers(words::DEPENDENCE_HELD),
        Column::Numbers(words::DEPENDENCE_TO_COME),
        Column::Numbers(words::DEPENDENCE_CLEARED),
        Column::Words(words::DEPENDENCE_WHO),
        Column::Words(words::DEPENDENCE_LOCK),
    ];
    let mut rows = Vec::new();
    for item in found.items.iter().filter(has_units) {
        let holding = &item.holding;
        let everywhere = [(words::DEPENDENCE_EVERYWHERE.to_owned(), &item.answer.everywhere)];
        let classes = item.answer.zones.iter().map(|class| {
            let zones: Vec<String> = class.zones.iter().map(ToString::to_string).collect();
            (zones.join(", "), &class.consent)
        });
        for (zones, consent) in everywhere.into_iter().chain(classes) {
            let locks: Vec<String> = consent.vetoes.iter().map(ToString::to_string).collect();
            rows.push(Row::from(vec![
                html! { a href={ "/stock/" (item.item) } { (id(item.item.as_str())) } },
                html! { (zones) },
                quantity(holding.held),
                quantity(holding.to_come),
                quantity(holding.cleared),
                html! { (view::said_in_words(&consent.said)) },
                html! { (locks.join(", ")) },
            ]));
        }
    }
    let (caption, empty) = (words::DEPENDENCE_TABLE, words::DEPENDENCE_EMPTY);
    Table { id: "consent", caption, columns: &columns, rows, empty }.render()
}

fn shown(state: &Ledger, wish: &Wish) -> Result<Markup, Problem> {
    let refused = |rejection: countersign_core::policy::Rejection| {
        Problem::from(countersign_core::Rejection::from(rejection))
    };
    let at = state.ledger.clock;
    let version = match &wish.policy {
        Some(id) => state.policy.version(id),
        None => state.policy.version_at(at),
    };
    let version = version.map_err(refused)?;
    let terms = Terms {
        holder: wish.holder.clone(),
        refusing: wish.without.clone(),
        ..Terms::all(version.compiled().map_err(refused)?, at)
    };
    let found = report(state, &terms);
    let Some(found) = found.holders.first() else {
        return Ok(html! { p { (words::DEPENDENCE_EMPTY) } });
    };
    let alone = found.vetoes.iter().map(|(office, units)| (office.to_string(), *units));
    let alone: Vec<(String, u64)> = alone.collect();
    Ok(html! {
        @if !alone.is_empty() {
            ul {
                @for (office, units) in &alone {
                    li { (words::dependence_alone(office, &thin((*units).into()))) }
                }
            }
        }
        (split(words::DEPENDENCE_SPLIT, "split", &found.split))
        @if let Some(left) = &found.left { (split(words::DEPENDENCE_LEFT, "left", left)) }
        (matrix(found))
        (flow(state, found))
        (table(found))
    })
}

async fn dependence(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let mut wish = Wish {
        holder: fields.maybe("holder"),
        policy: fields.maybe("policy"),
        without: fields.words("without").into_iter().collect(),
    };
    fields.finish()?;
    if let Some((name, error)) = fields.errors().iter().next() {
        return Err(Problem::unreadable(format!("{name}: {error}")));
    }
    let seen = app.look(|state| holders(state, viewer.person()));
    let may = |holder: &PartyId| seen.iter().any(|(id, _)| *id == holder.as_str());
    if wish.holder.as_ref().is_some_and(|holder| !may(holder)) {
        return Err(Problem::not_found("holder"));
    }
    if wish.holder.is_none() {
        // Whoever comes first is shown the books that are most their own.
        let own = app.look(|state| state.people.party_of(viewer.person()).cloned());
        let first = seen.first().and_then(|(id, _)| id.parse().ok());
        wish.holder = own.filter(&may).or(first);
    }
    let asked = wish.clone();
    let body = match &wish.holder {
        Some(_) => app.work(move |state| shown(state, &asked)).await??,
        None => html! { p { (words::DEPENDENCE_EMPTY) } },
    };
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/dependence").await?;
    let form = app.look(|state| form(state, &wish, &seen));
    let body = html! { h1 { (words::DEPENDENCE) } (form) (body) };
    Ok(page(&frame, words::DEPENDENCE, &body))
}

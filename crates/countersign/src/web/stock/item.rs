//! One item. Answers: *in which class is it, why, and where are its units?*

use super::board::{first_below, lasts};
use super::{books, outlook, record};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views::board::{self as view, AHEAD, Row as Figures};
use crate::web::asked;
use crate::web::charts::Projection;
use crate::web::page::page;
use crate::web::parts::{Action, buttons, grade_tag, id, moment, quantity, summary_list};
use crate::web::{places, words};
use axum::extract::{Path, RawQuery, State};
use countersign_core::State as Ledger;
use countersign_core::stock::Item;
use countersign_core::triage::{self, Inputs, When, first_months};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{ItemId, PersonId};
use maud::{Markup, html};

/// What is known of an item and what it needs.
fn summary(state: &Ledger, item: &Item, figures: &Figures) -> Markup {
    let known = |units: Option<u64>| units.map_or_else(|| html! { (words::UNKNOWN) }, quantity);
    let parties = item.controllers(state.stock.inputs()).unwrap_or_default();
    let controllers: Vec<String> = parties.iter().map(ToString::to_string).collect();
    let inputs: Vec<String> = item
        .inputs
        .iter()
        .filter_map(|id| state.stock.inputs().get(id))
        .map(|input| words::stock_input(&input.title, input.controller.as_str()))
        .collect();
    let inputs =
        if inputs.is_empty() { words::STOCK_NO_INPUTS.to_owned() } else { inputs.join(", ") };
    let since = state.triage.memory(&item.id).map(|memory| moment(memory.since));
    let must_cover = match (figures.requirement, &figures.share) {
        (Some(units), Some(share)) => html! { (quantity(units)) " (" (share) ")" },
        (Some(units), None) => quantity(units),
        (None, _) => html! { (words::NOTHING) },
    };
    summary_list(&[
        (words::ITEM, id(item.id.as_str())),
        (words::CLASS, grade_tag(figures.severity, &figures.class, figures.share.as_deref())),
        (words::STOCK_SINCE, since.unwrap_or_else(|| html! { (words::NOTHING) })),
        (words::STOCK_ON_HAND, known(figures.on_hand)),
        (words::STOCK_REQUIREMENT, must_cover),
        (words::STOCK_RESERVED, quantity(figures.reserved)),
        (words::STOCK_EARMARKED, quantity(figures.earmarked)),
        (words::STOCK_LASTS, html! { (lasts(figures)) }),
        (words::STOCK_FIRST_BELOW, html! { (first_below(figures)) }),
        (words::STOCK_ORIGIN, id(item.origin.as_str())),
        (words::STOCK_INPUTS, html! { (inputs) }),
        (words::STOCK_CONTROLLERS, html! { (controllers.join(", ")) }),
        (words::STOCK_SOURCE, html! { (item.source) " (" (item.standing) ")" }),
    ])
}

/// When a class is reached, in words.
fn when(when: When) -> String {
    match when {
        When::Now => words::STOCK_NOW.to_owned(),
        When::In(month) => words::stock_in(&month.to_string()),
        When::NotWithin(months) => words::stock_not_within(months),
    }
}

/// Why the item is in its class, in sentences.
fn sentences(state: &Ledger, item: &Item) -> Vec<String> {
    let at = state.ledger.clock;
    let rule = state.triage.rules().rule_for(&item.id, &item.labels);
    let judged = rule.zip(state.triage.judge(&state.stock, &item.id, at));
    let Some((rule, judgement)) = judged else {
        let (class, standing) = (item.class.as_str(), item.standing.as_str());
        return vec![words::stock_no_rule(item.id.as_str(), class, &item.source, standing)];
    };
    let mut told = triage::explain(rule, &judgement);
    let declared = state.triage.memory(&item.id).and_then(|memory| memory.declared.as_ref());
    told.extend(declared.map(|declared| {
        words::stock_by_hand(declared.office.as_str(), &declared.until.date().to_string())
    }));
    let inputs = Inputs::of(&state.stock, &item.id, &item.origin, at);
    let ahead = first_months(rule, &inputs, at, AHEAD).unwrap_or_default();
    told.extend(
        ahead.iter().map(|first| words::stock_first(first.class.as_str(), &when(first.when))),
    );
    told.extend(view::expected(state, item).map(|expected| expected.words()));
    told
}

/// Everything of the page that the state says; `None` where it has no such item.
fn told(
    state: &Ledger,
    id: &ItemId,
    (path, fields): (&str, &Fields),
    person: &PersonId,
) -> Option<Told> {
    let seen = state.may_view(person, &Matter::Item(id), Label::Parties);
    let item = state.stock.item(id).filter(|_| seen)?;
    let books = books::Books { state, item: id, person };
    let figures = view::row(state, item, AHEAD);
    let months = outlook::month_ends(state, item, &figures);
    let chart = Projection { id: "projection", message: words::STOCK_PROJECTION, months: &months };
    let chance = figures.breach_probability.map(view::percent);
    let reroute = format!("/rerouting?item={id}");
    let consent = "/dependence".to_owned();
    let head = html! {
        h1 { (item.title) }
        (summary(state, item, &figures))
        (buttons(&[
            Action::Link { label: words::STOCK_REROUTE, href: &reroute },
            Action::Link { label: words::STOCK_DEPENDENCE, href: &consent },
        ]))
        h2 { (words::STOCK_WHY) }
        ul { @for sentence in sentences(state, item) { li { (sentence) } } }
        @if let Some(chance) = chance { p { (words::stock_chance(&chance)) } }
        (chart.render())
    };
    let tail = html! {
        (books.balances())
        (books.accounts(path, fields))
        (books.holds(path, fields))
        (books.slots(path, fields))
    };
    let subjects = record::subjects(state, id, person);
    Some(Told { title: item.title.clone(), head, tail, subjects })
}

/// What the state says of an item.
struct Told {
    title: String,
    head: Markup,
    tail: Markup,
    subjects: Vec<String>,
}

pub(super) async fn item(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let id: ItemId = name.parse().map_err(|_| Problem::not_found("item"))?;
    let mut fields = asked::fields(query.as_deref())?;
    for place in books::PLACES {
        let _: Option<usize> = fields.maybe(place);
    }
    asked::checked(&fields)?;
    let person = viewer.person().clone();
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/stock").await?;
    let (wanted, path) = (id.clone(), format!("/stock/{id}"));
    let told = app.work(move |state| told(state, &wanted, (&path, &fields), &person));
    let told = told.await?;
    let told = told.ok_or_else(|| Problem::not_found("item"))?;
    let found = record::read(&app, &id, told.subjects).await?;
    let history = app.look(|state| found.history(state, &id));
    let body = html! { (told.head) (history) (told.tail) (found.latest()) };
    Ok(page(&frame, &told.title, &body))
}

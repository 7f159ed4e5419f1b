//! The board. Answers: *which item is short, and which will be?*

use super::outlook::Limits;
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::views::board::{self as view, AHEAD, Row as Figures};
use crate::views::csv::csv as as_csv;
use crate::web::asked::{self, drawn, select, titled};
use crate::web::charts::{Gauge, Spark};
use crate::web::page::page;
use crate::web::parts::{Action, Column, Row, Table, Tone, buttons, grade_tag, id, quantity, thin};
use crate::web::{places, words};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use countersign_core::State as Ledger;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::PersonId;
use countersign_proof::words::{ItemClass, PartyId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// What is wanted of the board.
#[derive(Clone, Debug)]
struct Wish {
    party: Option<PartyId>,
    class: Option<ItemClass>,
    fields: Fields,
}

impl Wish {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut fields = asked::fields(query)?;
        let (party, class) = (fields.maybe("party"), fields.maybe("class"));
        let _: Option<usize> = fields.maybe("from");
        asked::checked(&fields)?;
        Ok(Self { party, class, fields })
    }
}

/// One item with who has some of it.
struct Line {
    figures: Figures,
    limits: Limits,
    holders: Vec<(PartyId, u64)>,
}

/// What the board shows; whoever has some of an item counts as its party too.
fn lines(state: &Ledger, wish: &Wish, person: &PersonId) -> Vec<Line> {
    let may = |matter: Matter<'_>| state.may_view(person, &matter, Label::Parties);
    let mut balances = view::balances(state);
    balances.retain(|balances| may(Matter::Books(&balances.holder)));
    let holders = |item: &countersign_core::stock::Item| -> Vec<(PartyId, u64)> {
        let own = balances.iter().filter(|b| b.item == item.id && b.on_hand > 0);
        own.map(|balances| (balances.holder.clone(), balances.on_hand)).collect()
    };
    let line = |item: &countersign_core::stock::Item| {
        let holders = holders(item);
        let is_theirs = |party: &PartyId| {
            item.origin == *party || holders.iter().any(|(holder, _)| holder == party)
        };
        let fits = wish.party.as_ref().is_none_or(is_theirs)
            && wish.class.as_ref().is_none_or(|class| item.class == *class);
        if !fits {
            return None;
        }
        let figures = view::row(state, item, AHEAD);
        let limits = Limits::of(state, item, figures.months.len());
        Some(Line { figures, limits, holders })
    };
    state.stock.items().filter(|item| may(Matter::Item(&item.id))).filter_map(line).collect()
}

fn units(units: Option<u64>) -> Markup {
    units.map_or_else(|| html! { (words::UNKNOWN) }, quantity)
}

/// When it is short; only where every month is known not to be is that said.
pub(super) fn first_below(row: &Figures) -> String {
    match row.first_month_below {
        Some(month) => month.to_string(),
        None if row.threshold.is_some() && row.months.len() == usize::from(AHEAD) => {
            words::STOCK_NOT_AHEAD.to_owned()
        }
        None if row.is_judged => words::UNKNOWN.to_owned(),
        None => words::NOTHING.to_owned(),
    }
}

fn row(line: &Line) -> Row {
    let figures = &line.figures;
    let item = figures.item.as_str();
    let tone = Tone::of_severity(figures.severity);
    let (yellow, red) = line.limits.month(0);
    let gauge = figures.on_hand.map(|units| {
        let title = words::stock_position(item);
        let (name, position) = (format!("gauge-{item}"), drawn(units));
        Gauge { id: &name, title: &title, position, yellow, red, tone }.render()
    });
    let months: Vec<i64> =
        figures.months.iter().map(|units| i64::try_from(*units).unwrap_or(i64::MAX)).collect();
    let spark = {
        let title = words::stock_months(item);
        let name = format!("spark-{item}");
        Spark { id: &name, title: &title, months: &months, threshold: yellow.or(red), tone }
            .render()
    };
    Row::from(vec![
        html! { a href={ "/stock/" (item) } { (figures.title) } " " (id(item)) },
        grade_tag(figures.severity, &figures.class, figures.share.as_deref()),
        id(figures.party.as_str()),
        units(figures.on_hand),
        figures.requirement.map_or_else(|| html! { (words::NOTHING) }, quantity),
        gauge.unwrap_or_else(|| html! { (words::UNKNOWN) }),
        figures.threshold.map_or_else(|| html! { (words::NOTHING) }, quantity),
        html! { (lasts(figures)) },
        html! { (first_below(figures)) },
        spark,
        holders(&line.holders),
    ])
}

/// How long stock lasts, in words.
pub(super) fn lasts(figures: &Figures) -> String {
    let told = figures.coverage.as_ref().map(view::coverage_words);
    told.unwrap_or_else(|| words::UNKNOWN.to_owned())
}

fn holders(holders: &[(PartyId, u64)]) -> Markup {
    html! {
        @if holders.is_empty() { (words::NOTHING) }
        @for (at, (holder, units)) in holders.iter().enumerate() {
            @if at > 0 { ", " } (id(holder.as_str())) " " (thin((*units).into()))
        }
    }
}

/// The table of the board, and the filter above it.
fn body(state: &Ledger, wish: &Wish, person: &PersonId) -> Markup {
    let (lines, pages) = asked::paged(lines(state, wish, person), "/stock", &wish.fields, "from");
    let columns = [
        Column::Words(words::ITEM),
        Column::Words(words::CLASS),
        Column::Words(words::STOCK_OF),
        Column::Numbers(words::STOCK_ON_HAND),
        Column::Numbers(words::STOCK_REQUIREMENT),
        Column::Words(words::STOCK_POSITION),
        Column::Numbers(words::STOCK_THRESHOLD),
        Column::Words(words::STOCK_LASTS),
        Column::Words(words::STOCK_FIRST_BELOW),
        Column::Words(words::STOCK_AHEAD),
        Column::Words(words::STOCK_HELD_BY),
    ];
    let rows = lines.iter().map(row).collect();
    let (caption, empty) = (words::STOCK_BOARD, words::STOCK_NONE);
    html! {
        h1 { (words::STOCK_TITLE) }
        p class="lead" { (words::STOCK_LEAD) }
        (filter(state, wish))
        (Table { id: "board", caption, columns: &columns, rows, empty }.render())
        (pages)
    }
}

fn filter(state: &Ledger, wish: &Wish) -> Markup {
    let parties: Vec<(String, String)> =
        state.people.parties().map(|party| titled(party.id.as_str(), &party.title)).collect();
    let classes: BTreeSet<String> =
        state.stock.items().map(|item| item.class.to_string()).collect();
    let classes: Vec<(String, String)> =
        classes.into_iter().map(|class| (class.clone(), class)).collect();
    let file = asked::address("/stock.csv", &wish.fields, "from", "");
    html! {
        form method="get" action="/stock" class="filter" {
            (select("party", words::STOCK_PARTY, &parties, wish.fields.typed("party")))
            (select("class", words::CLASS, &classes, wish.fields.typed("class")))
            (buttons(&[
                Action::Other { label: words::STOCK_SHOW, sends: None },
                Action::Link { label: words::STOCK_CSV, href: &file },
            ]))
        }
    }
}

pub(super) async fn board(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let wish = Wish::read(query.as_deref())?;
    let person = viewer.person().clone();
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/stock").await?;
    let body = app.work(move |state| body(state, &wish, &person)).await?;
    Ok(page(&frame, words::STOCK_TITLE, &body))
}

/// The board as rows for a file: what is not known is empty.
fn file(state: &Ledger, wish: &Wish, person: &PersonId) -> String {
    let headings = [
        "item",
        "title",
        "party",
        "class",
        "since",
        "on_hand",
        "reserved",
        "earmarked",
        "requirement",
        "share",
        "threshold",
        "lasts",
        "first_month_below",
        "held_by",
    ];
    let number = |units: Option<u64>| units.map(|units| units.to_string()).unwrap_or_default();
    let row = |line: &Line| {
        let figures = &line.figures;
        let holders: Vec<String> =
            line.holders.iter().map(|(holder, units)| format!("{holder} {units}")).collect();
        vec![
            figures.item.to_string(),
            figures.title.clone(),
            figures.party.to_string(),
            figures.class.clone(),
            figures.since.clone().unwrap_or_default(),
            number(figures.on_hand),
            figures.reserved.to_string(),
            figures.earmarked.to_string(),
            number(figures.requirement),
            figures.share.clone().unwrap_or_default(),
            number(figures.threshold),
            figures.coverage.as_ref().map(view::coverage_words).unwrap_or_default(),
            figures.first_month_below.map(|month| month.to_string()).unwrap_or_default(),
            holders.join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = lines(state, wish, person).iter().map(row).collect();
    as_csv(&headings, &rows)
}

pub(super) async fn csv(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let wish = Wish::read(query.as_deref())?;
    let person = viewer.person().clone();
    let text = app.work(move |state| file(state, &wish, &person)).await?;
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_static("attachment; filename=\"stock.csv\"");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

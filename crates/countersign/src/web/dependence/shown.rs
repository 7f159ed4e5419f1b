//! The page of dependence. Answers: *how do matrix, flow and sums tell who depends on whom?*

use super::{Found, PATH, Wish};
use crate::views::dependence::{said_in_words, status};
use crate::web::asked::{checks, select, titled};
use crate::web::charts::{Cell, Flow, Link, Matrix};
use crate::web::parts::{Action, Column, Row, Table, Tone, buttons, id, quantity};
use crate::web::words;
use countersign_core::State as Ledger;
use countersign_core::dependence::consent;
use countersign_core::dependence::report::{Consent, HolderReport, ItemReport, Report, Split};
use countersign_core::policy::{Deciding, Verdict};
use countersign_proof::words::OfficeId;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Everything below the frame.
pub(super) fn body(state: &Ledger, found: &Found, wish: &Wish) -> Markup {
    html! {
        h1 { (words::DEPENDENCE_TITLE) }
        p class="lead" { (words::dependence_lead(found.version.as_str())) }
        (form(state, wish))
        (sums(found))
        (items(&found.report))
        (offices(&found.report))
        (flow(state, &found.report))
        (approval_sets(&found.report))
    }
}

fn form(state: &Ledger, wish: &Wish) -> Markup {
    // Only an office that some version lets decide can lock anything by refusing.
    let tables =
        state.policy.versions().iter().flat_map(|version| version.bundle.deciding.values());
    let deciding: BTreeSet<&OfficeId> = tables
        .flat_map(BTreeMap::values)
        .filter_map(|deciding| match deciding {
            Deciding::Office(office) => Some(office),
            Deciding::Standing => None,
        })
        .collect();
    let offices: Vec<(String, String)> = state
        .people
        .offices()
        .filter(|office| deciding.contains(&office.id) || wish.refusing.contains(&office.id))
        .map(|office| titled(office.id.as_str(), &office.title))
        .collect();
    let inputs = state.stock.inputs().iter();
    let inputs: Vec<(String, String)> =
        inputs.map(|(id, input)| titled(id.as_str(), &input.title)).collect();
    let name = |id: &str| (id.to_owned(), id.to_owned());
    let versions = state.policy.versions().iter();
    let versions: Vec<_> = versions.map(|one| name(one.bundle.version.as_str())).collect();
    let refusing: Vec<&str> = wish.fields.chosen("without").collect();
    let withheld: Vec<&str> = wish.fields.chosen("input").collect();
    html! {
        form method="get" action=(PATH) {
            (checks("without", words::DEPENDENCE_WITHOUT, &offices, &refusing))
            (checks("input", words::DEPENDENCE_INPUT, &inputs, &withheld))
            (select("version", words::DEPENDENCE_VERSION, &versions,
                wish.fields.typed("version")))
            (buttons(&[
                Action::Main { label: words::DEPENDENCE_SUPPOSE, sends: None },
                Action::Link { label: words::DEPENDENCE_CLEAR, href: PATH },
            ]))
        }
    }
}

/// The offices that can lock units alone, with how many of those that can still be used.
fn vetoes(holder: &HolderReport) -> Markup {
    let mut left: BTreeMap<OfficeId, u64> = BTreeMap::new();
    for item in &holder.items {
        let Some(remainder) = &item.remainder else { continue };
        let units = remainder.held.saturating_add(remainder.to_come);
        for office in consent::vetoes(&remainder.everywhere) {
            let sum = left.entry(office).or_default();
            *sum = sum.saturating_add(units);
        }
    }
    let all = if holder.left.is_some() { &left } else { &holder.vetoes };
    let some: Vec<_> = all.iter().filter(|(_, units)| **units > 0).collect();
    html! {
        @if some.is_empty() { (words::NOTHING) }
        @for (at, (office, units)) in some.into_iter().enumerate() {
            @if at > 0 { ", " } (id(office.as_str())) " " (quantity(*units))
        }
    }
}

/// A row for each holder; where something is supposed, one before and one after.
fn sums(found: &Found) -> Markup {
    let columns = [
        Column::Words(words::HOLDER),
        Column::Words(words::DEPENDENCE_CASE),
        Column::Numbers(words::DEPENDENCE_FREE),
        Column::Numbers(words::DEPENDENCE_ONE),
        Column::Numbers(words::DEPENDENCE_MORE),
        Column::Numbers(words::DEPENDENCE_NONE),
        Column::Words(words::DEPENDENCE_VETOES),
    ];
    let row = |holder: &HolderReport, case: &str, split: &Split, vetoes: Markup| {
        Row::from(vec![
            id(holder.holder.as_str()),
            html! { (case) },
            quantity(split.free),
            quantity(split.one),
            quantity(split.more),
            quantity(split.prohibited),
            vetoes,
        ])
    };
    let mut rows = Vec::new();
    for holder in &found.report.holders {
        let was = found.before.iter().flat_map(|before| &before.holders);
        if let Some(was) = was.into_iter().find(|was| was.holder == holder.holder) {
            rows.push(row(was, words::DEPENDENCE_NOW, &was.split, vetoes(was)));
        }
        let case =
            if found.before.is_some() { words::DEPENDENCE_SUPPOSED } else { words::DEPENDENCE_NOW };
        let split = holder.left.as_ref().unwrap_or(&holder.split);
        let mut last = row(holder, case, split, vetoes(holder));
        last.is_marked = found.before.is_some();
        rows.push(last);
    }
    let (caption, empty) = (words::DEPENDENCE_SUMS, words::DEPENDENCE_EMPTY);
    Table { id: "sums", caption, columns: &columns, rows, empty }.render()
}

/// What a cell says of one holding, in the case supposed where there is one.
fn cell(item: &ItemReport) -> Option<Cell> {
    let units = item.holding.units();
    let said = item
        .remainder
        .as_ref()
        .map_or_else(|| item.answer.everywhere.said.clone(), |left| Ok(left.everywhere.clone()));
    let tone = match &said {
        Ok(Verdict::Standing) => Tone::Good,
        Ok(Verdict::Needs(_)) => Tone::Open,
        Ok(Verdict::Prohibited) => Tone::Bad,
        Err(_) => Tone::Unknown,
    };
    let word = match &said {
        Ok(_) => said_in_words(&said),
        Err(_) => status(&said).to_owned(),
    };
    (units > 0).then_some(Cell { tone, word, units: Some(units) })
}

fn items(report: &Report) -> Markup {
    let held: BTreeSet<_> = report
        .holders
        .iter()
        .flat_map(|holder| &holder.items)
        .filter(|item| item.holding.units() > 0)
        .map(|item| &item.item)
        .collect();
    let columns: Vec<String> = held.iter().map(ToString::to_string).collect();
    let row = |holder: &HolderReport| {
        let items = holder.items.iter().filter(|item| held.contains(&item.item));
        (holder.holder.to_string(), items.map(cell).collect::<Vec<_>>())
    };
    let rows: Vec<_> = report.holders.iter().map(row).collect();
    let (message, corner) = (words::DEPENDENCE_ITEMS, words::HOLDER);
    Matrix { id: "items", message, corner, columns: &columns, rows: &rows }.render()
}

/// The offices that are in an approval set of units that the holder has.
fn asked(consent: &Consent) -> impl Iterator<Item = &OfficeId> {
    let sets = match &consent.said {
        Ok(Verdict::Needs(sets)) => Some(sets),
        Ok(Verdict::Standing | Verdict::Prohibited) | Err(_) => None,
    };
    sets.into_iter().flatten().flatten()
}

fn offices(report: &Report) -> Markup {
    let of = |holder: &HolderReport| -> BTreeSet<OfficeId> {
        let held = holder.items.iter().filter(|item| item.holding.units() > 0);
        held.flat_map(|item| asked(&item.answer.everywhere)).cloned().collect()
    };
    let all: BTreeSet<OfficeId> = report.holders.iter().flat_map(of).collect();
    let columns: Vec<String> = all.iter().map(ToString::to_string).collect();
    let row = |holder: &HolderReport| {
        let own = of(holder);
        let cell = |office: &OfficeId| match holder.vetoes.get(office) {
            Some(units) => {
                let word = words::DEPENDENCE_VETO.to_owned();
                Some(Cell { tone: Tone::Watch, word, units: Some(*units) })
            }
            None => own.contains(office).then(|| {
                let word = words::DEPENDENCE_CAN.to_owned();
                Cell { tone: Tone::Open, word, units: None }
            }),
        };
        (holder.holder.to_string(), all.iter().map(cell).collect::<Vec<_>>())
    };
    let rows: Vec<_> = report.holders.iter().map(row).collect();
    let (message, corner) = (words::DEPENDENCE_OFFICES, words::HOLDER);
    Matrix { id: "offices", message, corner, columns: &columns, rows: &rows }.render()
}

fn flow(state: &Ledger, report: &Report) -> Markup {
    let mut holdings = Vec::new();
    let mut units: BTreeMap<_, u64> = BTreeMap::new();
    for holder in &report.holders {
        for item in holder.items.iter().filter(|item| item.holding.units() > 0) {
            let own = item.holding.units();
            let sum = units.entry(&item.item).or_default();
            *sum = sum.saturating_add(own);
            let (from, to) = (item.item.to_string(), holder.holder.to_string());
            holdings.push(Link { from, to, units: own });
        }
    }
    let mut control = Vec::new();
    for (id, units) in units {
        let item = state.stock.item(id);
        let controllers = item.and_then(|item| item.controllers(state.stock.inputs()).ok());
        for party in controllers.into_iter().flatten() {
            control.push(Link { from: party.to_string(), to: id.to_string(), units });
        }
    }
    let message = words::DEPENDENCE_FLOW;
    Flow { id: "flow", message, control: &control, holdings: &holdings }.render()
}

fn approval_sets(report: &Report) -> Markup {
    let columns = [
        Column::Words(words::HOLDER),
        Column::Words(words::DEPENDENCE_SET),
        Column::Numbers(words::UNITS),
    ];
    let rows = report.holders.iter().flat_map(|holder| {
        holder.by_sets.iter().map(|(set, units)| {
            let offices: Vec<String> = set.iter().map(ToString::to_string).collect();
            let told = if offices.is_empty() {
                words::DEPENDENCE_NOBODY.to_owned()
            } else {
                offices.join(" + ")
            };
            Row::from(vec![id(holder.holder.as_str()), html! { (told) }, quantity(*units)])
        })
    });
    let rows = rows.collect();
    let (caption, empty) = (words::DEPENDENCE_SETS, words::DEPENDENCE_EMPTY);
    Table { id: "sets", caption, columns: &columns, rows, empty }.render()
}

//! What is there, told: the board, the accounts, who holds what, and the three balances.

use super::FilterArgs;
use crate::cli::output::Output;
use crate::cli::{Failure, Global, known};
use crate::views::accounts;
use crate::views::board::{self as view, Row};
use countersign_core::State;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::words::{ItemId, Month, PartyId};
use serde_json::Value;

/// A class as shape and word: the more there is of the shape, the worse.
pub(in super::super) fn mark(severity: Option<u8>, class: &str) -> String {
    let shape = match severity {
        Some(0) => "○",
        Some(1) => "◔",
        Some(2) => "◑",
        Some(_) => "●",
        None => "?",
    };
    format!("{shape} {class}")
}

/// The months as bars: each as high as its share of the highest.
fn bars(months: &[i128]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = months.iter().copied().max().unwrap_or(0).max(1);
    let bar = |units: &i128| {
        let step = units.max(&0).saturating_mul(7).checked_div(most).unwrap_or(0);
        let step = usize::try_from(step).unwrap_or(0);
        if *units < 0 { '_' } else { BARS.get(step).copied().unwrap_or('█') }
    };
    months.iter().map(bar).collect()
}

/// Whether somebody may see what a party has.
fn may_see(global: &Global, state: &State, party: &PartyId) -> bool {
    global.may_view(state, &Matter::Books(party), Label::Parties)
}

pub(super) fn board(
    global: &Global,
    state: &State,
    months: u16,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut rows = view::board(state, months);
    rows.retain(|row| global.may_view(state, &Matter::Item(&row.item), Label::Parties));
    output.value(&Value::Array(rows.iter().map(Row::value).collect()));
    let told: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let units = |units: Option<u64>| units.map_or("?".to_owned(), |u| u.to_string());
            vec![
                row.item.to_string(),
                row.party.to_string(),
                units(row.on_hand),
                row.requirement.map_or("-".to_owned(), |units| units.to_string()),
                row.share.clone().unwrap_or_else(|| "-".to_owned()),
                row.coverage.as_ref().map_or("?".to_owned(), view::coverage_words),
                mark(row.severity, &row.class),
                first_below(row, months),
                row.breach_probability.map_or_else(|| unknown(row), view::percent),
                bars(&row.months),
            ]
        })
        .collect();
    let now = Month::of(state.ledger.clock.date());
    let ahead = match months {
        1 => format!("in {now}"),
        more => format!("{more} months from {now}"),
    };
    let headings = [
        "item",
        "of",
        "on hand",
        "requirement",
        "share",
        "lasts",
        "class",
        "first below",
        "chance",
        &ahead,
    ];
    output.table(&headings, &told);
    output.line("\n?: not known. -: nothing says what is needed, or when it is short.");
    Ok(())
}

/// The first month in which it is short; `none` only where every month is known not to be.
fn first_below(row: &Row, months: u16) -> String {
    match row.first_month_below {
        Some(month) => month.to_string(),
        None if row.threshold.is_some() && row.months.len() == usize::from(months) => {
            "none".to_owned()
        }
        None => unknown(row),
    }
}

fn unknown(row: &Row) -> String {
    if row.is_judged { "?".to_owned() } else { "-".to_owned() }
}

pub(super) fn show(
    global: &Global,
    state: &State,
    filter: &FilterArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let FilterArgs { item, party } = filter;
    item.as_ref().map_or(Ok(()), |item| known::item(state, item).map(|_| ()))?;
    party.as_ref().map_or(Ok(()), |party| known::party(state, party))?;
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for (account, balance) in state.stock.accounts() {
        let wanted = item.as_ref().is_none_or(|item| account.item == *item)
            && party.as_ref().is_none_or(|party| account.party == *party);
        if !wanted || !may_see(global, state, &account.party) {
            continue;
        }
        let holders = accounts::reserved_by(state, account);
        let class = state.stock.item(&account.item).map(|item| item.class.as_str());
        let severity = class
            .and_then(|_| state.stock.item(&account.item))
            .and_then(|item| state.triage.rules().class(&item.class))
            .map(|class| class.severity);
        let place = account.place.as_ref().map(ToString::to_string);
        let lot = account.lot.as_ref().map(ToString::to_string);
        let expires = state.stock.expires(&account.item, account.lot.as_ref());
        values.push(accounts::account(state, account, &balance));
        rows.push(vec![
            account.item.to_string(),
            account.party.to_string(),
            account.state.to_string(),
            place.unwrap_or_default(),
            lot.unwrap_or_default(),
            expires.map(|date| date.to_string()).unwrap_or_default(),
            mark(severity, class.unwrap_or("unknown")),
            balance.on_hand.to_string(),
            balance.reserved.to_string(),
            balance.free().to_string(),
            holders.join(", "),
        ]);
    }
    output.value(&Value::Array(values));
    let headings = [
        "item",
        "party",
        "state",
        "place",
        "lot",
        "fit until",
        "class",
        "units",
        "reserved",
        "free",
        "reserved by",
    ];
    output.table(&headings, &rows);
    Ok(())
}

pub(super) fn holds(
    global: &Global,
    item: &ItemId,
    party: Option<&PartyId>,
    output: &mut Output,
) -> Result<(), Failure> {
    let state = &global.state()?;
    known::item(state, item)?;
    party.map_or(Ok(()), |party| known::party(state, party))?;
    let mut found = view::holders(state, item, party);
    let of = |held: &Value| held.get("party").and_then(Value::as_str)?.parse().ok();
    found.retain(|held| of(held).is_none_or(|party| may_see(global, state, &party)));
    let text = |value: &Value, key: &str| match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) | None => String::new(),
    };
    let keys = ["held_by", "kind", "for", "party", "units", "month", "account"];
    let rows: Vec<Vec<String>> =
        found.iter().map(|held| keys.iter().map(|key| text(held, key)).collect()).collect();
    output.value(&Value::Array(found.clone()));
    let headings = ["held by", "kind", "for", "stock of", "units", "month", "where"];
    output.table(&headings, &rows);
    Ok(())
}

pub(super) fn balances(
    global: &Global,
    holder: Option<&PartyId>,
    output: &mut Output,
) -> Result<(), Failure> {
    let state = &global.state()?;
    holder.map_or(Ok(()), |holder| known::party(state, holder))?;
    let mut found = view::balances(state);
    found.retain(|balances| holder.is_none_or(|holder| balances.holder == *holder));
    found.retain(|balances| may_see(global, state, &balances.holder));
    output.value(&Value::Array(found.iter().map(view::Balances::value).collect()));
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|b| {
            let units = [b.authorised, b.delivered, b.on_hand, b.cleared, b.locked()];
            let units = units.iter().map(ToString::to_string);
            [b.holder.to_string(), b.item.to_string()].into_iter().chain(units).collect()
        })
        .collect();
    let headings = [
        "holder",
        "item",
        "authorised for delivery",
        "delivered",
        "on hand",
        "cleared for use",
        "locked",
    ];
    output.table(&headings, &rows);
    Ok(())
}

//! What the record says of an item. Answers: *in which class was it when, and what happened last?*

use crate::opening::read_body;
use crate::server::app::blocking;
use crate::server::stores::Read;
use crate::server::{App, Problem};
use crate::web::charts::{ClassHistory, Span};
use crate::web::parts::{Column, Row, Table, Tone, id, moment, thin};
use crate::web::words;
use countersign_core::record::Answer;
use countersign_core::requests::Request;
use countersign_core::{Event, State, triage};
use countersign_proof::entry::Outcome;
use countersign_proof::words::{Date, ItemId, Moment, PersonId};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Entries shown.
const LATEST: usize = 20;
/// Requests, newest first, whose entries are looked through for the latest.
const REQUESTS: usize = 200;
/// Changes of class that are looked through, newest first, over all items.
const CHANGES: usize = 5_000;

/// An item's class from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// The place of the entry.
    seq: u64,
    /// When.
    at: Moment,
    /// The class before.
    from: String,
    /// The class since.
    to: String,
}

/// What the record says.
pub(super) struct Found {
    changes: Vec<Changed>,
    latest: Vec<Read>,
}

/// The ids by which the record names what concerns an item.
pub(super) fn subjects(state: &State, item: &ItemId, person: &PersonId) -> Vec<String> {
    let mine = |request: &&Request| request.draft.item == *item && state.may_see(request, person);
    let own = state.requests.all().iter().rev().filter(mine);
    let mut subjects = Vec::new();
    for request in own.take(REQUESTS) {
        subjects.push(request.id.to_string());
        subjects.extend(request.release.map(|release| release.to_string()));
    }
    let orders = state.rerouting.orders().iter().filter(|order| order.plan.item == *item);
    subjects.extend(orders.map(|order| order.id.to_string()));
    subjects
}

/// Reads what the record says of an item.
///
/// # Errors
/// [`Problem`] when the record cannot be read.
pub(super) async fn read(app: &App, item: &ItemId, names: Vec<String>) -> Result<Found, Problem> {
    let (app, item) = (app.clone(), item.clone());
    blocking(move || {
        let changes = changes(&app, &item)?;
        let mut places: BTreeSet<u64> = changes.iter().map(|changed| changed.seq).collect();
        for name in names {
            places.extend(app.stores.places(&name)?);
        }
        let latest = places.into_iter().rev().take(LATEST).map(|seq| app.stores.entry(seq));
        Ok(Found { latest: latest.collect::<Result<_, Problem>>()?, changes })
    })
    .await
}

fn changes(app: &App, item: &ItemId) -> Result<Vec<Changed>, Problem> {
    let places = app.stores.class_changes()?;
    let skipped = places.len().saturating_sub(CHANGES);
    app.stores.with(|store| {
        let mut found = Vec::new();
        for seq in places.iter().skip(skipped) {
            let Some(entry) = store.entry(*seq)? else { continue };
            let damaged = |why| Problem::unavailable(format!("entry {seq} cannot be read: {why}"));
            let recorded = read_body(&entry.body).map_err(|error| damaged(error.to_string()))?;
            found.extend(of(item, *seq, recorded.at, &recorded.result));
        }
        Ok(found)
    })
}

/// What an entry changes of an item's class.
fn of(item: &ItemId, seq: u64, at: Moment, answer: &Answer) -> Option<Changed> {
    let events = match answer {
        Answer::Accepted(events) => events.as_slice(),
        Answer::Refused { .. } => &[],
    };
    // Of several changes within one entry the last one stands, from where the first began.
    let mut changed: Option<Changed> = None;
    for event in events {
        if let Event::Triage(triage::Event::ClassChanged { item: of, from, judgement }) = event
            && of == item
        {
            let from = changed.map_or_else(|| from.to_string(), |before| before.from);
            changed = Some(Changed { seq, at, from, to: judgement.class.to_string() });
        }
    }
    changed
}

impl Found {
    /// The class history of an item that is in `class` now.
    pub(super) fn history(&self, state: &State, item: &ItemId) -> Markup {
        let today = state.ledger.clock.date();
        let founded = state.policy.versions().first().map(|first| first.published_at.date());
        let class = state.stock.item(item).map(|item| item.class.to_string()).unwrap_or_default();
        let tone = |class: &str| {
            let rules = state.triage.rules();
            let found = rules.classes.iter().find(|known| known.label.as_str() == class);
            Tone::of_severity(found.map(|class| class.severity))
        };
        let spans: Vec<Span> = spans(&self.changes, founded.unwrap_or(today), &class)
            .into_iter()
            .map(|(from, until, class)| Span { from, until, tone: tone(&class), class })
            .collect();
        let message = words::STOCK_HISTORY;
        ClassHistory { id: "history", message, spans: &spans, today }.render()
    }

    /// The latest entries.
    pub(super) fn latest(&self) -> Markup {
        let columns = [
            Column::Numbers(words::STOCK_ENTRY),
            Column::Words(words::STOCK_WHEN),
            Column::Words(words::STOCK_COMMAND),
            Column::Words(words::STOCK_OUTCOME),
            Column::Words(words::STOCK_ABOUT),
        ];
        let row = |entry: &Read| {
            let open = &entry.open;
            let outcome = match &open.outcome {
                Outcome::Accepted => words::STOCK_ACCEPTED.to_owned(),
                Outcome::Refused { code } => words::stock_refused(code),
            };
            Row::from(vec![
                html! { a href={ "/record/" (open.seq) } { (thin(open.seq.into())) } },
                moment(open.time),
                id(&open.command),
                html! { (outcome) },
                html! { (open.subjects.join(", ")) },
            ])
        };
        Table {
            id: "latest",
            caption: words::STOCK_RECENT,
            columns: &columns,
            rows: self.latest.iter().map(row).collect(),
            empty: words::STOCK_NO_RECENT,
        }
        .render()
    }
}

/// The classes one after the other: from, until and which. A class that ended on the day on which
/// it began is not shown.
fn spans(changes: &[Changed], founded: Date, now: &str) -> Vec<(Date, Option<Date>, String)> {
    let mut spans = Vec::new();
    let mut from = founded;
    for changed in changes {
        let until = changed.at.date();
        if until > from {
            spans.push((from, Some(until), changed.from.clone()));
        }
        from = until.max(from);
    }
    spans.push((from, None, now.to_owned()));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(day: &str, from: &str, to: &str) -> Changed {
        let at = day.parse::<Date>().unwrap().start();
        Changed { seq: 1, at, from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn classes_follow_one_another_without_gaps_or_empty_spans() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let changes = [
            changed("2025-01-01", "unknown", "green"),
            changed("2025-03-01", "green", "yellow"),
            changed("2025-03-01", "yellow", "red"),
        ];
        let told = spans(&changes, day("2025-01-01"), "red");
        assert_eq!(
            told,
            vec![
                (day("2025-01-01"), Some(day("2025-03-01")), "green".to_owned()),
                (day("2025-03-01"), None, "red".to_owned()),
            ]
        );
    }
}

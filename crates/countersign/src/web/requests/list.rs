//! The list of requests, the newest first.

use super::told;
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::web::page::page;
use crate::web::parts::{
    Action, Choice, Column, Field, Pager, Row, Table, buttons, id, moment, pager, quantity,
    request_tag,
};
use crate::web::{places, words};
use axum::extract::{RawQuery, State};
use countersign_core::State as Ledger;
use countersign_core::requests::Request;
use countersign_proof::words::{ItemId, PartyId, PersonId, RequestId};
use maud::{Markup, html};

/// Rows of a page.
const PAGE: usize = 50;

/// Which requests are wanted.
struct Wish {
    open: bool,
    holder: Option<PartyId>,
    item: Option<ItemId>,
    before: Option<RequestId>,
}

impl Wish {
    fn fits(&self, state: &Ledger, request: &Request, person: &PersonId) -> bool {
        (!self.open || request.state.is_open())
            && self.holder.as_ref().is_none_or(|holder| request.draft.holder == *holder)
            && self.item.as_ref().is_none_or(|item| request.draft.item == *item)
            && self.before.is_none_or(|before| request.id < before)
            && state.may_see(request, person)
    }

    /// The address of the page that follows `last`.
    fn after(&self, last: RequestId) -> String {
        let mut address = format!("/requests?before={last}");
        if self.open {
            address.push_str("&open=yes");
        }
        if let Some(holder) = &self.holder {
            address.push_str(&format!("&holder={holder}"));
        }
        if let Some(item) = &self.item {
            address.push_str(&format!("&item={item}"));
        }
        address
    }
}

fn select(name: &str, label: &str, of: &[(String, String)], chosen: Option<&str>) -> Markup {
    let choices: Vec<Choice<'_>> = of.iter().map(|(id, label)| Choice::new(id, label)).collect();
    Field::new(name, label).optional().value(chosen.unwrap_or_default()).select(&choices)
}

fn filter(state: &Ledger, wish: &Wish) -> Markup {
    let of = |id: &str, title: &str| (id.to_owned(), format!("{title} ({id})"));
    let holders: Vec<(String, String)> =
        state.people.parties().map(|party| of(party.id.as_str(), &party.title)).collect();
    let items: Vec<(String, String)> =
        state.stock.items().map(|item| of(item.id.as_str(), &item.title)).collect();
    html! {
        form method="get" action="/requests" class="filter" {
            (select("holder", words::HOLDER, &holders, wish.holder.as_ref().map(PartyId::as_str)))
            (select("item", words::ITEM, &items, wish.item.as_ref().map(ItemId::as_str)))
            (Field::new("open", words::STATE).optional()
                .checkboxes(&[Choice::new("yes", words::ONLY_OPEN)],
                    if wish.open { &["yes"] } else { &[] }))
            (buttons(&[
                Action::Other { label: words::FILTER, sends: None },
                Action::Link { label: words::NEW_REQUEST, href: "/requests/new" },
            ]))
        }
    }
}

pub(super) async fn list(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let wish = Wish {
        open: fields.text("open") == "yes",
        holder: fields.maybe("holder"),
        item: fields.maybe("item"),
        before: fields.maybe("before"),
    };
    fields.finish()?;
    if let Some((name, error)) = fields.errors().iter().next() {
        return Err(Problem::unreadable(format!("{name}: {error}")));
    }
    let mut frame = places::frame(&app, &Visitor(Some(viewer.clone())), "/requests").await?;
    frame.scripts = vec!["live.js"];
    Ok(app.look(|state| {
        let fits = |request: &&Request| wish.fits(state, request, viewer.person());
        let mut found: Vec<&Request> =
            state.requests.all().iter().rev().filter(fits).take(PAGE.saturating_add(1)).collect();
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let last = found.last().map(|request| request.id);
        let columns = [
            Column::Words(words::REQUEST),
            Column::Words(words::STATE),
            Column::Words(words::ACT_COLUMN),
            Column::Words(words::HOLDER),
            Column::Words(words::ITEM),
            Column::Numbers(words::UNITS),
            Column::Words(words::ZONES),
            Column::Words(words::WHEN),
            Column::Words(words::STILL_MISSING),
        ];
        let rows = found.iter().map(|request| {
            let draft = &request.draft;
            let zones: Vec<String> = draft.zones.iter().map(ToString::to_string).collect();
            let missing = if request.state.is_open() {
                html! { (told::missing(state, request)) }
            } else {
                html! { (words::NOTHING) }
            };
            Row::from(vec![
                told::link(request),
                request_tag(request.state),
                html! { (draft.act) },
                id(draft.holder.as_str()),
                id(draft.item.as_str()),
                quantity(draft.quantity.units()),
                html! { (zones.join(", ")) },
                moment(request.submitted_at),
                missing,
            ])
        });
        let rows: Vec<Row> = rows.collect();
        let (caption, empty) = (words::REQUESTS_TITLE, words::NO_REQUESTS);
        let table = Table { id: "requests", caption, columns: &columns, rows, empty };
        let next = last.filter(|_| more).map(|last| wish.after(last));
        let body = html! {
            h1 { (words::REQUESTS_TITLE) }
            (filter(state, &wish))
            div id="live-requests" data-live="" { (table.render()) }
            (pager(&Pager { previous: None, next }))
        };
        page(&frame, words::REQUESTS_TITLE, &body)
    }))
}

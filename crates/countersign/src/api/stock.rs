//! Stock. Answers: *what is there, whose is it, and what is already promised?*

mod figures;

use super::act::Act;
use super::json::{Id, Wish};
use super::reading::{Part, Reading, part};
use super::shapes::{DoneShape, Things};
use super::words as w;
use super::{known_item, visible};
use crate::opening::rebuild_at;
use crate::server::app::blocking;
use crate::server::{App, Problem};
use crate::views::{accounts, board};
use axum::extract::State;
use axum::response::Response;
use countersign_core::State as Ledger;
use countersign_core::stock::{AccountKey, Command};
use countersign_proof::words::{ItemId, Moment, PersonId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(items))
        .routes(routes!(holders))
        .routes(routes!(account_list))
        .routes(routes!(balances))
        .routes(routes!(earmarks))
        .routes(routes!(receive))
        .routes(routes!(transfer))
        .routes(routes!(issue))
        .routes(routes!(count))
        .merge(figures::router())
}

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ItemFilter {
    /// How many months to look ahead, 1 to 60.
    #[param(minimum = 1, maximum = 60, default = 12)]
    months: Option<u16>,
    /// Only those in this class.
    class: Option<w::ItemClass>,
    /// Those after this one.
    after: Option<w::Item>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List items, by id: what is there, what it must cover, the class, and when it will be short; as
/// JSON or CSV.
#[utoipa::path(
    get, path = "/items", tag = "stock", params(ItemFilter),
    responses((status = 200, description = "The items that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn items(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<ItemFilter>,
) -> Result<Response, Problem> {
    let months = filter.months.unwrap_or(board::AHEAD);
    if !(1..=60).contains(&months) {
        return Err(Problem::unreadable("months is a number from 1 to 60"));
    }
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.stock.items();
        part(
            all,
            |item| item.id.clone(),
            filter.after.as_ref(),
            filter.limit,
            |item| {
                let wanted = filter.class.as_ref().is_none_or(|class| item.class == class.0);
                let seen = wanted && visible::item(state, &person, &item.id);
                seen.then(|| board::row(state, item, months).value())
            },
        )
    });
    let columns = [
        "item",
        "title",
        "party",
        "class",
        "on_hand",
        "reserved",
        "earmarked",
        "requirement",
        "share",
        "first_month_below",
        "breach_probability",
    ];
    reading.list(&found.await??, &columns)
}

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfParty {
    /// Only this party's.
    party: Option<w::Party>,
}

/// Show what holds the units of an item: releases and earmarks; as JSON or CSV.
#[utoipa::path(
    get, path = "/items/{id}/holders", tag = "stock", params(("id" = w::Item, Path), OfParty),
    responses((status = 200, description = "What holds them.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn holders(
    State(app): State<App>,
    Id(id): Id<ItemId>,
    reading: Reading,
    Wish(filter): Wish<OfParty>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        known_item(state, &id).map(|_| ())?;
        let mut found = board::holders(state, &id, filter.party.as_ref().map(|party| &party.0));
        found.retain(|held| {
            let party = held.get("party").and_then(Value::as_str);
            let party = party.and_then(|party| party.parse().ok());
            party.is_some_and(|party| visible::books(state, &person, &party))
                && release_seen(state, &person, held)
        });
        Ok::<Vec<Value>, Problem>(found)
    });
    let columns = ["held_by", "kind", "request", "for", "party", "account", "units", "month"];
    reading.list(&Part { items: found.await??, next: None }, &columns)
}

/// Whether the request, if any, for which units are held may be seen.
fn release_seen(state: &Ledger, person: &PersonId, held: &Value) -> bool {
    let request = held.get("request").and_then(Value::as_str);
    let request = request.and_then(|id| state.requests.request(id.parse().ok()?));
    request.is_none_or(|request| state.may_see(request, person))
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AccountFilter {
    /// Only of this item.
    item: Option<w::Item>,
    /// Only of this party.
    party: Option<w::Party>,
    /// As it was at this moment of the past; as it is, if not given.
    as_of: Option<w::Moment>,
}

/// List the accounts: what is there, and what of it is promised; as JSON or CSV.
#[utoipa::path(
    get, path = "/stock", tag = "stock", params(AccountFilter),
    responses((status = 200, description = "The accounts that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn account_list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<AccountFilter>,
) -> Result<Response, Problem> {
    let (person, at) = (reading.person().clone(), filter.as_of.as_ref().map(|at| at.0.0));
    let past = past(&app, at).await?;
    let found = app.work(move |now| {
        let state = past.as_ref().unwrap_or(now);
        let wanted = |account: &AccountKey| {
            filter.item.as_ref().is_none_or(|item| account.item == item.0)
                && filter.party.as_ref().is_none_or(|party| account.party == party.0)
                && visible::books(now, &person, &account.party)
        };
        let all = state.stock.accounts().filter(|(account, _)| wanted(account));
        all.map(|(account, balance)| {
            let mut value = accounts::account(state, account, &balance);
            let ids = accounts::reserved_by(state, account).into_iter();
            let seen = ids.filter(|id| {
                let release = id.parse().ok().and_then(|id| now.requests.release(id));
                let request = release.and_then(|release| now.requests.request(release.request));
                request.is_some_and(|request| now.may_see(request, &person))
            });
            if let Some(fields) = value.as_object_mut() {
                fields.insert("reserved_by".to_owned(), seen.collect());
            }
            value
        })
        .collect::<Vec<Value>>()
    });
    let columns = [
        "item",
        "party",
        "state",
        "due",
        "place",
        "lot",
        "expires",
        "class",
        "on_hand",
        "reserved",
        "free",
        "reserved_by",
        "as_of",
        "source",
        "standing",
    ];
    reading.list(&Part { items: found.await?, next: None }, &columns)
}

/// The state of a moment of the past, rebuilt from the record.
pub(super) async fn past(app: &App, at: Option<Moment>) -> Result<Option<Ledger>, Problem> {
    let Some(at) = at else { return Ok(None) };
    let now = app.now()?.max(app.look(|state| state.ledger.clock));
    if at > now {
        return Err(Problem::unreadable(format!("as_of: {at} is yet to come; it is {now}")));
    }
    let app = app.clone();
    let state = blocking(move || {
        app.stores.with(|store| {
            rebuild_at(store, at).map_err(|error| Problem::unavailable(error.to_string()))
        })
    });
    let state = state.await?;
    if state.ledger.is_founded() {
        return Ok(Some(state));
    }
    Err(Problem::unreadable(format!("as_of: the ledger was founded after {at}")))
}

/// Whose balances.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfHolder {
    /// Only this holder's.
    holder: Option<w::Party>,
}

/// Show for each holder what is authorised for delivery, delivered, and cleared for use; as JSON or
/// CSV.
#[utoipa::path(
    get, path = "/balances", tag = "stock", params(OfHolder),
    responses((status = 200, description = "The balances that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn balances(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<OfHolder>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let wanted = |balances: &board::Balances| {
            filter.holder.as_ref().is_none_or(|holder| balances.holder == holder.0)
                && visible::books(state, &person, &balances.holder)
        };
        let all = board::balances(state).into_iter().filter(wanted);
        all.map(|balances| balances.value()).collect::<Vec<Value>>()
    });
    let columns = ["holder", "item", "authorised", "delivered", "on_hand", "cleared", "locked"];
    reading.list(&Part { items: found.await?, next: None }, &columns)
}

/// Which earmarks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EarmarkFilter {
    /// Only of this item.
    item: Option<w::Item>,
    /// Only for this recipient.
    recipient: Option<w::Party>,
    /// Those after this one.
    after: Option<w::Earmark>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List earmarks, by id: what is promised to whom, and for which month; as JSON or CSV.
#[utoipa::path(
    get, path = "/earmarks", tag = "stock", params(EarmarkFilter),
    responses((status = 200, description = "The earmarks that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn earmarks(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<EarmarkFilter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.stock.earmarks();
        part(
            all,
            |earmark| earmark.id.clone(),
            filter.after.as_ref(),
            filter.limit,
            |earmark| {
                let of = |party: &w::Party| earmark.recipient == party.0;
                let wanted = filter.item.as_ref().is_none_or(|item| earmark.item == item.0)
                    && filter.recipient.as_ref().is_none_or(of);
                let seen = wanted
                    && (visible::books(state, &person, &earmark.owner)
                        || visible::books(state, &person, &earmark.recipient));
                seen.then(|| accounts::earmark(earmark))
            },
        )
    });
    let columns = [
        "earmark",
        "item",
        "owner",
        "recipient",
        "origin",
        "priority",
        "harm",
        "divertible",
        "units",
        "slots",
    ];
    reading.list(&found.await??, &columns)
}

/// Which account.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    item: w::Item,
    party: w::Party,
    #[serde(default)]
    place: Option<w::Place>,
    /// For items with serial numbers, the serial number.
    #[serde(default)]
    lot: Option<w::Lot>,
    /// `on-hand`, if not given.
    #[serde(default)]
    state: Option<w::StockState>,
}

impl AccountBody {
    fn key(self) -> AccountKey {
        AccountKey {
            item: self.item.0,
            party: self.party.0,
            state: self.state.map_or(countersign_core::stock::AccountState::OnHand, |s| s.0.0),
            place: self.place.map(|place| place.0),
            lot: self.lot.map(|lot| lot.0),
        }
    }
}

/// A slot of an earmark.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SlotBody {
    id: w::Earmark,
    month: w::Month,
}

/// Units that come in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Receipt {
    into: AccountBody,
    quantity: w::Units,
    /// The last day on which the lot is fit for use.
    #[serde(default)]
    expires: Option<w::Date>,
    /// They were on order, due in this month.
    #[serde(default)]
    from_order: Option<w::Month>,
    /// They were made for this slot of an earmark.
    #[serde(default)]
    earmark: Option<SlotBody>,
    /// Where the figure is stated.
    source: String,
    standing: w::Standing,
}

/// Take units in, or put them on order.
#[utoipa::path(
    post, path = "/stock/receipts", tag = "stock", request_body = Receipt,
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn receive(State(app): State<App>, act: Act<Receipt>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let command = Command::ReceiveStock {
        into: said.into.key(),
        quantity: said.quantity.0,
        expires: said.expires.map(|date| date.0),
        from_order: said.from_order.map(|month| month.0),
        earmark: said.earmark.map(|slot| (slot.id.0, slot.month.0)),
        source: said.source,
        standing: said.standing.0,
    };
    give(&app, &act, command).await
}

/// Units that go to another place, or into another state.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Transfer {
    from: AccountBody,
    /// The same place, if not given.
    #[serde(default)]
    to_place: Option<w::Place>,
    /// The same state, if not given.
    #[serde(default)]
    to_state: Option<w::StockState>,
    quantity: w::Units,
}

/// Move units of one party to another place or into another state.
#[utoipa::path(
    post, path = "/stock/transfers", tag = "stock", request_body = Transfer,
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn transfer(State(app): State<App>, act: Act<Transfer>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let from = said.from.key();
    let to_state = said.to_state.map_or(from.state, |state| state.0.0);
    let to_place = said.to_place.map(|place| place.0).or_else(|| from.place.clone());
    let quantity = said.quantity.0;
    give(&app, &act, Command::MoveStock { from, to_state, to_place, quantity }).await
}

/// Units that are issued for another purpose than a release.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Issue {
    item: w::Item,
    party: w::Party,
    /// Only from there.
    #[serde(default)]
    place: Option<w::Place>,
    /// Only of this lot.
    #[serde(default)]
    lot: Option<w::Lot>,
    quantity: w::Units,
    /// `disposal`, `test` or `training`.
    reason: w::StockReason,
}

/// Issue units for disposal, test or training. Under a release: `POST /releases/{id}/reports`.
#[utoipa::path(
    post, path = "/stock/issues", tag = "stock", request_body = Issue,
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn issue(State(app): State<App>, act: Act<Issue>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let command = Command::IssueStock {
        item: said.item.0,
        party: said.party.0,
        place: said.place.map(|place| place.0),
        lot: said.lot.map(|lot| lot.0),
        quantity: said.quantity.0,
        reason: said.reason.0,
    };
    give(&app, &act, command).await
}

/// What a count found.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Count {
    account: AccountBody,
    counted: w::Units,
    /// What the books said when it was counted; another number now refuses it.
    #[serde(default)]
    expected: Option<w::Units>,
    /// `count`, `damaged`, `expired`, `lost`, `found`, `correction` or `order-changed`.
    reason: w::StockReason,
    /// Where the figure is stated.
    source: String,
    standing: w::Standing,
}

/// Enter what a count found.
#[utoipa::path(
    post, path = "/stock/counts", tag = "stock", request_body = Count,
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn count(State(app): State<App>, act: Act<Count>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let command = Command::CountStock {
        account: said.account.key(),
        units: said.counted.0,
        expected: said.expected.map(|units| units.0.units()),
        reason: said.reason.0,
        source: said.source,
        standing: said.standing.0,
    };
    give(&app, &act, command).await
}

async fn give<T>(app: &App, act: &Act<T>, command: Command) -> Result<Response, Problem> {
    let done = act.give(app, command).await?;
    Ok(act.answer(app, &done, None, super::happened(&done.events)))
}

//! Triage. Answers: *how short is each item, by which rule, since when, and what would change it?*

use super::json::{Id, Wish};
use super::reading::{Reading, part};
use super::shapes::Things;
use super::words as w;
use super::{known_item, visible};
use crate::server::{App, Problem};
use crate::views::triage as views;
use axum::extract::State;
use axum::response::Response;
use countersign_proof::words::ItemId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(explain))
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Those after this item.
    after: Option<w::Item>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List every item's class and the rule that gives it; as JSON or CSV.
#[utoipa::path(
    get, path = "/triage", tag = "triage", params(Filter),
    responses((status = 200, description = "The classes of the items that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<Filter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.stock.items();
        part(
            all,
            |item| item.id.clone(),
            filter.after.as_ref(),
            filter.limit,
            |item| visible::item(state, &person, &item.id).then(|| views::class(state, item)),
        )
    });
    reading.list(&found.await??, &["item", "class", "rule", "since", "set_by_hand"])
}

/// Say in words why an item is in its class, and what it would take to change that.
#[utoipa::path(
    get, path = "/triage/{item}", tag = "triage", params(("item" = w::Item, Path)),
    responses((status = 200, description = "The reasons.", body = Value)),
)]
async fn explain(
    State(app): State<App>,
    Id(id): Id<ItemId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let item = known_item(state, &id)?;
        let seen = visible::item(state, &person, &id);
        let value = seen.then(|| views::explained(state, item));
        value.ok_or_else(|| super::no_item(&id))
    });
    reading.one(&found.await??)
}

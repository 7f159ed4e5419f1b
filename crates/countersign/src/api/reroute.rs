//! Re-routing. Answers: *when stock falls short, which promised units are diverted, and what is
//! owed?*

use super::act::Act;
use super::json::{Id, Wish};
use super::reading::{Reading, part};
use super::shapes::{DoneShape, Things};
use super::signed::{SignedText, unsound};
use super::words as w;
use super::{known_item, visible};
use crate::server::papers::command_id_of;
use crate::server::{App, Problem};
use crate::signed::{Pair, verified};
use crate::statements::Undertaking;
use crate::views::{board, orders, plans};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::rerouting::{
    self, Command, ItemProblem, Plan, Terms, Vetoes, costs_of_vetoes, plan_digest, problem,
};
use countersign_core::{Event, State as Ledger};
use countersign_proof::statement::kinds::DiversionOrder;
use countersign_proof::words::{DebtId, ItemId, OrderId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(plan))
        .routes(routes!(compare))
        .routes(routes!(verify))
        .routes(routes!(order_list, order))
        .routes(routes!(show))
        .routes(routes!(debts))
        .routes(routes!(repay))
}

/// What is planned.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// For which item.
    item: w::Item,
    /// How many months, the current one included, 1 to 60.
    #[param(minimum = 1, maximum = 60)]
    months: Option<u16>,
    /// Units that own stock must hold, instead of what the triage rule says.
    threshold: Option<w::Units>,
    /// Recipients to be left alone, separated by commas.
    spare: Option<String>,
    /// Earmarks to be left alone, separated by commas.
    keep: Option<String>,
}

fn words<T: FromStr<Err: std::fmt::Display> + Ord>(
    name: &str,
    list: Option<&String>,
) -> Result<BTreeSet<T>, Problem> {
    let list = list.map(String::as_str).unwrap_or_default();
    let each = list.split(',').filter(|word| !word.is_empty()).map(str::parse);
    each.collect::<Result<_, T::Err>>()
        .map_err(|error| Problem::unreadable(format!("{name}: {error}")))
}

fn problem_of(state: &Ledger, item: &ItemId, terms: &Terms) -> Result<ItemProblem, Problem> {
    let made = problem(&state.stock, state.triage.rules(), item, terms, state.ledger.clock);
    made.map_err(|error| Problem::refused("rerouting/plan-impossible", &error.to_string()))
}

/// Plan which earmarked units would be diverted so that own stock is not short. Nothing changes.
#[utoipa::path(
    get, path = "/plans", tag = "rerouting", params(Wanted),
    responses((status = 200, description = "The best plan for the books as they are.",
            body = Value),
        (status = 404, description = "There is no such item, or it may not be seen.",
            body = super::document::ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be planned.",
            body = super::document::ProblemDocument, content_type = "application/problem+json")),
)]
async fn plan(
    State(app): State<App>,
    reading: Reading,
    Wish(asked): Wish<Wanted>,
) -> Result<Response, Problem> {
    if asked.months.is_some_and(|months| !(1..=60).contains(&months)) {
        return Err(Problem::unreadable("months is a number from 1 to 60"));
    }
    let vetoes = Vetoes {
        recipients: words("spare", asked.spare.as_ref())?,
        earmarks: words("keep", asked.keep.as_ref())?,
    };
    let threshold = asked.threshold.map(|units| units.0.units());
    let terms = Terms { months: asked.months, threshold };
    let (person, position) = (reading.person().clone(), app.reader.position());
    let found = app.work(move |state| {
        let item = &asked.item.0;
        let owner = &known_item(state, item)?.origin;
        if !visible::books(state, &person, owner) {
            return Err(super::no_item(item));
        }
        check_vetoes(state, &vetoes)?;
        let problem = problem_of(state, item, &terms)?;
        let made = rerouting::plan(&problem, &vetoes);
        let costs = costs_of_vetoes(&problem, &vetoes);
        Ok(plans::with_costs(plans::plan(&made, position), &costs))
    });
    reading.one(&found.await??)
}

/// A veto on what nobody knows would be kept, and mean nothing.
fn check_vetoes(state: &Ledger, vetoes: &Vetoes) -> Result<(), Problem> {
    let party = vetoes.recipients.iter().find(|party| !state.people.has_party(party));
    let earmark = vetoes.earmarks.iter().find(|id| state.stock.earmark(id).is_none());
    let unknown = party.map(ToString::to_string).or_else(|| earmark.map(ToString::to_string));
    unknown.map_or(Ok(()), |name| {
        Err(Problem::unreadable(format!("the ledger knows no {name} that could be left alone")))
    })
}

/// Two plans for one item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TwoPlans {
    first: Value,
    second: Value,
}

/// Reads a plan back as it was given out; one that says two things is nobody's.
pub(super) fn plan_of(value: &Value) -> Result<Plan, Problem> {
    let wrong = |detail: String| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::door(status, "wrong-field", detail).with("pointer", "/plan")
    };
    let file = plans::read(value.to_string().as_bytes()).map_err(wrong)?;
    match file.contradiction() {
        None => Ok(file.plan),
        Some(what) => {
            let told = format!("the plan was altered: {what}; make a new plan");
            Err(Problem::refused("rerouting/plan-altered", &told))
        }
    }
}

/// Compare two plans for one item. Nothing is recorded.
#[utoipa::path(
    post, path = "/plans/compare", tag = "rerouting", request_body = TwoPlans,
    responses((status = 200, description = "What differs.", body = Value)),
)]
async fn compare(State(app): State<App>, act: Act<TwoPlans>) -> Result<Response, Problem> {
    let (first, second) = (plan_of(&act.said.first)?, plan_of(&act.said.second)?);
    let found = rerouting::compare(&first, &second).map_err(|error| {
        Problem::door(StatusCode::UNPROCESSABLE_ENTITY, "wrong-field", error.to_string())
    })?;
    let value = plans::comparison(&first, &second, &found);
    Ok(act.answer(&app, &super::act::Done::without_entry(), None, value))
}

/// A plan to be held against the books.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Claimed {
    plan: Value,
    /// The threshold it was asked for with, where that is not what the triage rule says.
    #[serde(default)]
    threshold: Option<w::Units>,
}

/// Check that a plan is the best one for the books as they are now. Nothing is recorded.
#[utoipa::path(
    post, path = "/plans/verify", tag = "rerouting", request_body = Claimed,
    responses((status = 200, description = "It is.", body = Value)),
)]
async fn verify(State(app): State<App>, act: Act<Claimed>) -> Result<Response, Problem> {
    let plan = plan_of(&act.said.plan)?;
    let terms = Terms {
        months: Some(u16::try_from(plan.months()).unwrap_or(u16::MAX)),
        threshold: act.said.threshold.map(|units| units.0.units()),
    };
    let person = act.person().clone();
    let found = app.work(move |state| {
        let owner = &known_item(state, &plan.item)?.origin;
        if !visible::books(state, &person, owner) {
            return Err(super::no_item(&plan.item));
        }
        let problem = problem_of(state, &plan.item, &terms)?;
        rerouting::verify(&problem, &plan.vetoes, &plan).map_err(|fault| {
            let told = format!("the plan is not the best one for these books: {fault}");
            Problem::refused("rerouting/plan-stale", &told)
        })?;
        Ok(json!({
            "good": true, "item": plan.item.as_str(), "digest": plan_digest(&plan).to_string(),
            "shortfall_after": plan.shortfall_after,
            "harm": i128::try_from(plan.harm).map_or(Value::Null, plans::number),
        }))
    });
    let value = found.await??;
    Ok(act.answer(&app, &super::act::Done::without_entry(), None, value))
}

/// What an order undertakes beside the diversion.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UndertakingBody {
    /// Where it is certified that this is needed.
    #[serde(default)]
    certification: String,
    /// Days of notice before it is executed.
    #[serde(default)]
    #[schema(value_type = u16, maximum = 3660)]
    notice_days: countersign_proof::words::Days,
    /// The month by which the units are replaced.
    #[serde(default)]
    replacement: Option<w::Month>,
}

impl UndertakingBody {
    pub(super) fn undertaking(self) -> Undertaking {
        Undertaking {
            certification: self.certification,
            notice_days: self.notice_days,
            replacement: self.replacement.map(|month| month.0),
        }
    }
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OrderFilter {
    /// Only those of this item.
    item: Option<w::Item>,
    /// Those after this one.
    after: Option<w::Order>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List diversion orders, oldest first; as JSON or CSV.
#[utoipa::path(
    get, path = "/orders", tag = "rerouting", params(OrderFilter),
    responses((status = 200, description = "The orders that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn order_list(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<OrderFilter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let all = state.rerouting.orders().iter();
        part(
            all,
            |order| order.id,
            filter.after.as_ref(),
            filter.limit,
            |order| {
                let wanted = filter.item.as_ref().is_none_or(|item| order.plan.item == item.0);
                let seen = wanted && visible::item(state, &person, &order.plan.item);
                seen.then(|| orders::order(state, order))
            },
        )
    });
    let columns = [
        "id",
        "item",
        "owner",
        "state",
        "lapse",
        "units",
        "offices",
        "persons",
        "certification",
        "notice_days",
        "replacement",
        "ordered_at",
        "executes_at",
    ];
    reading.list(&found.await??, &columns)
}

/// Show a diversion order: who loses what, when, and what is owed.
#[utoipa::path(
    get, path = "/orders/{id}", tag = "rerouting", params(("id" = w::Order, Path)),
    responses((status = 200, description = "The order.", body = Value)),
)]
async fn show(
    State(app): State<App>,
    Id(id): Id<OrderId>,
    reading: Reading,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let order = state.rerouting.order(id)?;
        let seen = visible::item(state, reading.person(), &order.plan.item);
        seen.then(|| orders::order(state, order))
    });
    reading.one(&found.ok_or_else(|| Problem::not_found("order"))?)
}

/// A plan with the signed texts that order it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    plan: Value,
    /// One of each signer.
    #[schema(min_items = 1)]
    statements: Vec<SignedText>,
}

/// Order what a plan says; signed by whom policy demands.
#[utoipa::path(
    post, path = "/orders", tag = "rerouting", request_body = OrderBody,
    responses((status = 201, description = "The order.", body = Value)),
)]
async fn order(State(app): State<App>, act: Act<OrderBody>) -> Result<Response, Problem> {
    let plan = plan_of(&act.said.plan)?;
    let pairs: Vec<Pair> = act.said.statements.iter().cloned().map(Pair::from).collect();
    let statements = verified::<DiversionOrder>(&pairs, &app.signature_rules());
    let statements = statements.map_err(|error| unsound(&error))?;
    let command = Command::OrderDiversion { plan: Box::new(plan), statements };
    let done = act.give_signed(&app, command_id_of(&pairs), command).await?;
    let id = done.events.iter().find_map(ordered);
    let value = id.and_then(|id| {
        done.look(&app, |state| Some(orders::order(state, state.rerouting.order(id)?)))
    });
    let value = value.unwrap_or_else(|| super::happened(&done.events));
    Ok(act.answer(&app, &done, id.map(|id| format!("/api/v1/orders/{id}")), value))
}

fn ordered(event: &Event) -> Option<OrderId> {
    match event {
        Event::Rerouting(rerouting::Event::DiversionOrdered { order }) => Some(order.id),
        Event::Rerouting(_)
        | Event::History(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_) => None,
    }
}

/// Which debts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DebtFilter {
    /// Only those that are still owed, or only those repaid.
    open: Option<bool>,
    /// Those after this one.
    after: Option<w::Debt>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List what orders owe, oldest first, with the instalments in which it can be given back without
/// falling short; as JSON or CSV.
#[utoipa::path(
    get, path = "/debts", tag = "rerouting", params(DebtFilter),
    responses((status = 200, description = "The debts that you may see.",
        content((Things = "application/json"), (String = "text/csv")))),
)]
async fn debts(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<DebtFilter>,
) -> Result<Response, Problem> {
    let person = reading.person().clone();
    let found = app.work(move |state| {
        let (instalments, _) = orders::instalments(state);
        let all = state.rerouting.debts().iter();
        part(
            all,
            |debt| debt.id,
            filter.after.as_ref(),
            filter.limit,
            |debt| {
                let wanted = filter.open.is_none_or(|open| (debt.left() > 0) == open);
                let seen = wanted
                    && (visible::books(state, &person, &debt.owner)
                        || visible::books(state, &person, &debt.recipient));
                seen.then(|| {
                    let mut value = board::debt(debt);
                    let own = instalments.iter().filter(|part| part.debt == debt.id);
                    if let Some(fields) = value.as_object_mut() {
                        let own: Value = own.map(orders::instalment).collect();
                        fields.insert("repayment".to_owned(), own);
                    }
                    value
                })
            },
        )
    });
    let columns = [
        "id",
        "order",
        "item",
        "owner",
        "recipient",
        "earmark",
        "month",
        "units",
        "due",
        "repaid",
        "left",
    ];
    reading.list(&found.await??, &columns)
}

/// Units that are given back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Repayment {
    quantity: w::Units,
}

/// Give units back that an order owes; they are kept for the recipient from then on.
#[utoipa::path(
    post, path = "/debts/{id}/repayments", tag = "rerouting", request_body = Repayment,
    params(("id" = w::Debt, Path)),
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn repay(
    State(app): State<App>,
    Id(id): Id<DebtId>,
    act: Act<Repayment>,
) -> Result<Response, Problem> {
    let quantity = act.said.quantity.0;
    let done = act.give(&app, Command::RepayDebt { debt: id, quantity }).await?;
    Ok(act.answer(&app, &done, None, super::happened(&done.events)))
}

//! Re-routing. Answers: *which promised units would be diverted, at what cost, and what is owed?*

mod bench;
mod consent;
mod order;
mod orders;
mod wish;

use super::page::{Who, page};
use super::{places, words};
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use maud::{Markup, html};
use wish::Wish;

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/rerouting", get(overview)).route("/rerouting/order", post(order::order))
}

async fn overview(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let wish = Wish::read(query.as_deref())?;
    shown(&app, &viewer, wish).await
}

/// The page, with the plan that is wished for.
async fn shown(app: &App, viewer: &Viewer, wish: Wish) -> Result<Markup, Problem> {
    let frame = places::frame(app, &Visitor(Some(viewer.clone())), "/rerouting").await?;
    let (person, who) = (viewer.person().clone(), frame.viewer.clone());
    let location = app.location.clone();
    // An item that may not be seen is told as one that does not exist.
    let hidden = |item: &countersign_proof::words::ItemId| !app.look(|s| may(s, &person, item));
    if wish.item.as_ref().is_some_and(hidden) {
        return Err(Problem::not_found("item"));
    }
    let body = app.work(move |state| {
        let by = bench::By { person: &person, who: who.as_ref(), location: &location };
        html! {
            (super::parts::error_summary(&super::signing::faults_of(&wish.fields)))
            h1 { (words::REROUTE_TITLE) }
            p class="lead" { (words::REROUTE_LEAD) }
            h2 { (words::REROUTE_BENCH) }
            (bench::form(state, &wish))
            (bench::plan(state, &wish, &by))
            (orders::orders(state, &person, &wish.fields))
            (orders::debts(state, &person, &wish.fields))
        }
    });
    Ok(page(&frame, words::REROUTE_TITLE, &body.await?))
}

/// Whether a person may see how an item stands.
fn may(
    state: &countersign_core::State,
    person: &countersign_proof::words::PersonId,
    item: &countersign_proof::words::ItemId,
) -> bool {
    let matter = countersign_core::viewing::Matter::Item(item);
    state.may_view(person, &matter, countersign_proof::Label::Parties)
}

/// The hidden field by which a form is known to be of this session.
fn csrf(who: Option<&Who>) -> Markup {
    html! { @if let Some(who) = who { (super::page::csrf(who)) } }
}

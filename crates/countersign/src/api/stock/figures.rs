//! Figures from tables. Answers: *which figures does this table state, and what do they change?*

use crate::api::act::Act;
use crate::api::shapes::DoneShape;
use crate::api::words as w;
use crate::pack::{Declared, ImportError, Table, Terms, read_text};
use crate::server::{App, Problem};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::stock::{AccountKey, Command, Figures};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Which table it is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum TableKind {
    Stock,
    Requirements,
    Earmarks,
    Consumption,
}

/// A table of figures.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FiguresBody {
    /// The table as CSV; packs/README.md describes the columns.
    text: String,
    /// Which table it is; what the header says, if not given.
    #[serde(default)]
    kind: Option<TableKind>,
    /// Take only the rows of this party; all rows must be in order nevertheless.
    #[serde(default)]
    party: Option<w::Party>,
}

/// Take in figures from a table: all of them, or none.
#[utoipa::path(
    post, path = "/stock/imports", tag = "stock", request_body = FiguresBody,
    responses((status = 200, description = "What happened.", body = DoneShape)),
)]
async fn import(State(app): State<App>, act: Act<FiguresBody>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let figures = app.work(move |state| read(state, &said)).await??;
    let done = act.give(&app, Command::ImportFigures { figures: Box::new(figures) }).await?;
    Ok(act.answer(&app, &done, None, crate::api::happened(&done.events)))
}

fn read(state: &countersign_core::State, said: &FiguresBody) -> Result<Figures, Problem> {
    let kind = said.kind.map(|kind| match kind {
        TableKind::Stock => Table::Stock,
        TableKind::Requirements => Table::Requirements,
        TableKind::Earmarks => Table::Earmarks,
        TableKind::Consumption => Table::Consumption,
    });
    let declared = Declared::in_ledger(state);
    let party = said.party.as_ref().map(|party| &party.0);
    let terms = Terms { declared: &declared, least: 0, party };
    let wrong = |rule: &str, detail: &str| {
        Problem::door(StatusCode::UNPROCESSABLE_ENTITY, rule, detail).with("pointer", "/text")
    };
    let rows = read_text("text", &said.text, kind, &terms).map_err(|error| match error {
        ImportError::Faulty(faults) => {
            let detail = match faults.len() {
                1 => "there is a mistake in the table, and nothing was taken".to_owned(),
                many => format!("there are {many} mistakes in the table, and nothing was taken"),
            };
            wrong("faulty-table", &detail).with("faults", json!(faults))
        }
        ImportError::WhichTable(_) => {
            wrong("which-table", "its first line is the header of no table; say which in kind")
        }
        ImportError::Unreadable(_, error) => Problem::unreadable(error.to_string()),
    })?;
    Ok(rows.into_figures(|account: &AccountKey| Some(state.stock.balance(account).on_hand)))
}

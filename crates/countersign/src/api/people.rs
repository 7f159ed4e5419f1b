//! People. Answers: *who is who, and who may speak for which office, with which key?*

use super::act::Act;
use super::json::Wish;
use super::reading::{Reading, part};
use super::shapes::{DoneShape, Keys, Offices, People};
use super::words as w;
use crate::server::{App, Problem};
use crate::views::people as views;
use axum::extract::State;
use axum::response::Response;
use countersign_core::people::Command;
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(people, register))
        .routes(routes!(offices))
        .routes(routes!(keys))
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PeopleFilter {
    /// Only those of this party.
    party: Option<w::Party>,
    /// Those after this one.
    after: Option<w::Person>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List people, by id, with the offices that they hold now; as JSON or CSV. Names are told to whom
/// policy lets see who people are.
#[utoipa::path(
    get, path = "/people", tag = "people", params(PeopleFilter),
    responses((status = 200, description = "The people.",
        content((People = "application/json"), (String = "text/csv")))),
)]
async fn people(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<PeopleFilter>,
) -> Result<Response, Problem> {
    let names = app.names().await?;
    let person = reading.person();
    let found = app.look(|state| {
        let named = state.may_view(person, &Matter::Programme, Label::Identity);
        let all = state.people.persons();
        part(
            all,
            |(id, _)| (*id).clone(),
            filter.after.as_ref(),
            filter.limit,
            |(id, party)| {
                let wanted = filter.party.as_ref().is_none_or(|wanted| wanted.0 == **party);
                let name = names.get(*id).filter(|_| named).map(String::as_str);
                wanted.then(|| views::person(state, id, party, name))
            },
        )
    });
    reading.list(&found?, &["person", "name", "party", "offices", "keys"])
}

/// Which offices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfficeFilter {
    /// Only those of this party.
    party: Option<w::Party>,
    /// Those after this one.
    after: Option<w::Office>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List offices, by id, and who holds them; as JSON or CSV.
#[utoipa::path(
    get, path = "/offices", tag = "people", params(OfficeFilter),
    responses((status = 200, description = "The offices.",
        content((Offices = "application/json"), (String = "text/csv")))),
)]
async fn offices(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<OfficeFilter>,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let all = state.people.offices();
        part(
            all,
            |office| office.id.clone(),
            filter.after.as_ref(),
            filter.limit,
            |office| {
                let wanted = filter.party.as_ref().is_none_or(|wanted| wanted.0 == office.party);
                wanted.then(|| views::office(state, office))
            },
        )
    });
    let columns = ["office", "title", "party", "personal", "quorum", "functions", "held_by"];
    reading.list(&found?, &columns)
}

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeyFilter {
    /// Only those of this person.
    person: Option<w::Person>,
    /// Those after this one.
    after: Option<w::Key>,
    /// How many at most, 1 to 200.
    limit: Option<w::Limit>,
}

/// List every key ever enrolled; as JSON or CSV.
#[utoipa::path(
    get, path = "/keys", tag = "people", params(KeyFilter),
    responses((status = 200, description = "The keys.",
        content((Keys = "application/json"), (String = "text/csv")))),
)]
async fn keys(
    State(app): State<App>,
    reading: Reading,
    Wish(filter): Wish<KeyFilter>,
) -> Result<Response, Problem> {
    let found = app.look(|state| {
        let all = state.people.keys();
        part(
            all,
            |key| key.key,
            filter.after.as_ref(),
            filter.limit,
            |key| {
                let wanted = filter.person.as_ref().is_none_or(|person| key.person == person.0);
                wanted.then(|| views::key(key))
            },
        )
    });
    let columns = ["key", "public_key", "person", "witness", "from", "until", "revoked_at"];
    reading.list(&found?, &columns)
}

/// Somebody to enter in the record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The opaque id they are to have.
    person: w::Person,
    party: w::Party,
    /// Their name; it is kept apart from the record, and can be erased.
    #[schema(min_length = 1)]
    name: String,
}

/// Enter a person in the record.
#[utoipa::path(
    post, path = "/people", tag = "people", request_body = Registration,
    responses((status = 201, description = "The person is registered.", body = DoneShape)),
)]
async fn register(State(app): State<App>, act: Act<Registration>) -> Result<Response, Problem> {
    let said = act.said.clone();
    let command =
        Command::RegisterPerson { person: said.person.0, party: said.party.0, name: said.name };
    let done = act.give(&app, command).await?;
    let value = json!({ "events": super::kinds_of(&done.events) });
    Ok(act.answer(&app, &done, Some("/api/v1/people".to_owned()), value))
}

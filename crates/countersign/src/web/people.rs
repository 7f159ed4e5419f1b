//! People. Answers: *who may speak for which office, and with which key?*

use super::page::{Frame, csrf, page};
use super::parts::{
    Action, Choice, Column, Field, Row, Table, buttons, code, fingerprint, id, inset, moment,
};
use super::{places, words};
use crate::names::Names;
use crate::server::fields::Fields;
use crate::server::papers::Purpose;
use crate::server::viewer::{Invited, Visitor};
use crate::server::{App, Problem, Viewer};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use countersign_core::State as Ledger;
use countersign_core::people::{Function, Office};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::signature::PublicKey;
use countersign_proof::statement::kinds::{Erasure, KeyRevocation};
use countersign_proof::words::PersonId;
use maud::{Markup, html};

/// The pages of this module.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/people", get(people))
        .route("/people/invite", post(invite))
        .route("/people/revoke", post(revoke))
        .route("/people/erase", post(erase))
}

fn persons(state: &Ledger, names: &Names) -> Markup {
    let at = state.ledger.clock;
    let columns = [
        Column::Words(words::PERSON),
        Column::Words(words::NAME),
        Column::Words(words::PEOPLE_PARTY),
        Column::Words(words::PEOPLE_OFFICES),
        Column::Numbers(words::PEOPLE_KEYS),
    ];
    let rows = state.people.persons().map(|(person, party)| {
        let keys = state.people.keys().filter(|key| key.person == *person && key.may_sign(at));
        let offices = places::offices_of(state, person);
        Row::from(vec![
            id(person.as_str()),
            html! {
                @match state.people.erased_at(person) {
                    Some(at) => { (words::PEOPLE_ERASED) " " (moment(at)) },
                    None => { (places::name_of(names, person)) },
                }
            },
            id(party.as_str()),
            html! { (offices.join(", ")) },
            html! { (keys.count()) },
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::PEOPLE, words::PEOPLE_NONE);
    Table { id: "people", caption, columns: &columns, rows, empty }.render()
}

fn office_row(state: &Ledger, names: &Names, office: &Office) -> Row {
    let at = state.ledger.clock;
    let holders = state.people.terms(&office.id).filter(|term| term.span.contains(at));
    let holders: Vec<String> = holders.map(|term| places::name_of(names, &term.person)).collect();
    let deputies = state.people.deputies(&office.id).filter(|deputy| deputy.span.contains(at));
    let deputies: Vec<String> =
        deputies.map(|deputy| places::name_of(names, &deputy.deputy)).collect();
    let functions: Vec<&str> = office.functions.iter().map(|of| of.as_str()).collect();
    let kind = if office.personal { words::PEOPLE_PERSONAL } else { words::PEOPLE_COLLEGIAL };
    Row::from(vec![
        id(office.id.as_str()),
        html! { (office.title) },
        html! { (kind) },
        html! { (office.quorum) },
        html! { (functions.join(", ")) },
        html! { (holders.join(", ")) },
        html! { (deputies.join(", ")) },
    ])
}

fn offices(state: &Ledger, names: &Names) -> Markup {
    let columns = [
        Column::Words(words::OFFICE),
        Column::Words(words::NAME),
        Column::Words(words::KIND),
        Column::Numbers(words::PEOPLE_QUORUM),
        Column::Words(words::PEOPLE_MAY),
        Column::Words(words::PEOPLE_HELD_BY),
        Column::Words(words::PEOPLE_DEPUTIES),
    ];
    let rows = state.people.offices().map(|office| office_row(state, names, office)).collect();
    let (caption, empty) = (words::PEOPLE_OFFICES, words::PEOPLE_NONE);
    Table { id: "offices", caption, columns: &columns, rows, empty }.render()
}

fn keys(state: &Ledger, names: &Names, frame: &Frame, mine: &PersonId) -> Markup {
    let columns = [
        Column::Words(words::PEOPLE_KEY),
        Column::Words(words::PERSON),
        Column::Words(words::KIND),
        Column::Words(words::WITNESS_OF),
        Column::Words(words::FROM),
        Column::Words(words::UNTIL),
        Column::Words(words::STATE),
    ];
    let rows = state.people.keys().map(|key| {
        let public = PublicKey::from_openssh(&key.public_key).ok();
        let hardware = public.is_some_and(|public| public.application().is_some());
        let kind = if hardware { words::PEOPLE_HARDWARE } else { words::KEY_ONLY };
        let witness = key.witness.as_ref();
        let witness = witness.map_or_else(
            || words::PEOPLE_FOUNDERS.to_owned(),
            |witness| places::name_of(names, witness),
        );
        let state = match key.revoked_at {
            Some(at) => html! { (words::PEOPLE_REVOKED) " " (moment(at)) },
            None if key.person == *mine => html! {
                form method="post" action="/people/revoke" {
                    @if let Some(who) = &frame.viewer { (csrf(who)) }
                    input type="hidden" name="key" value=(key.key);
                    (buttons(&[Action::Grave { label: words::PEOPLE_REVOKE, sends: None }]))
                }
            },
            None => html! { (words::PEOPLE_GOOD) },
        };
        Row::from(vec![
            fingerprint(key.key.to_string().get(..16).unwrap_or_default()),
            html! { (places::name_of(names, &key.person)) },
            html! { (kind) },
            html! { (witness) },
            moment(key.from),
            moment(key.until),
            state,
        ])
    });
    let rows = rows.collect();
    let (caption, empty) = (words::PEOPLE_KEYS, words::PEOPLE_NONE);
    Table { id: "keys", caption, columns: &columns, rows, empty }.render()
}

async fn shown(app: &App, viewer: &Viewer, link: Option<&str>) -> Result<Markup, Problem> {
    let frame = places::frame(app, &Visitor(Some(viewer.clone())), "/people").await?;
    let names = app.names().await?;
    Ok(app.look(|state| {
        let identity = state.may_view(viewer.person(), &Matter::Programme, Label::Identity);
        let none = Names::new();
        let names = if identity { &*names } else { &none };
        let others: Vec<(String, String)> = state
            .people
            .persons()
            .map(|(person, _)| {
                (person.to_string(), format!("{} ({person})", places::name_of(names, person)))
            })
            .collect();
        let others: Vec<Choice<'_>> =
            others.iter().map(|(value, label)| Choice::new(value, label)).collect();
        let body = html! {
            h1 { (words::PEOPLE) }
            @if let Some(link) = link {
                (inset(Some(words::PEOPLE_LINK), &html! {
                    p { (words::PEOPLE_LINK_WHY) }
                    (code(words::PEOPLE_LINK, link))
                }))
            }
            (buttons(&[Action::Link { label: words::ENROL_TITLE, href: "/enrol" }]))
            (persons(state, names))
            (offices(state, names))
            (keys(state, names, &frame, viewer.person()))
            h2 { (words::PEOPLE_INVITE) }
            p { (words::PEOPLE_INVITE_WHY) }
            form method="post" action="/people/invite" {
                @if let Some(who) = &frame.viewer { (csrf(who)) }
                (Field::new("person", words::PEOPLE_WHOM).select(&others))
                (buttons(&[Action::Other { label: words::PEOPLE_INVITE, sends: None }]))
            }
            (erasing(state, &frame, &others, viewer.person()))
        };
        page(&frame, words::PEOPLE, &body)
    }))
}

/// The form that takes a name out of the record, for whoever may.
fn erasing(state: &Ledger, frame: &Frame, people: &[Choice<'_>], viewer: &PersonId) -> Markup {
    // Whoever the ledger would refuse is not offered.
    let at = state.ledger.clock;
    let may = |choice: &&Choice<'_>| {
        let person = choice.value.parse().ok();
        person.is_some_and(|person| state.people.check_erasure(&person, viewer, at).is_ok())
    };
    let people: Vec<Choice<'_>> = people.iter().filter(may).cloned().collect();
    if people.is_empty() {
        return html! {};
    }
    html! {
        h2 { (words::PEOPLE_ERASE) }
        p { (words::PEOPLE_ERASE_WHY) }
        form method="post" action="/people/erase" {
            @if let Some(who) = &frame.viewer { (csrf(who)) }
            (Field::new("whose", words::PEOPLE_WHOM).select(&people))
            (Field::new("reason", words::REASON).long_text(3))
            (buttons(&[Action::Grave { label: words::TO_THE_TEXT, sends: None }]))
        }
    }
}

async fn people(State(app): State<App>, viewer: Viewer) -> Result<Markup, Problem> {
    shown(&app, &viewer, None).await
}

/// Makes a link that opens one session, for nothing but enrolling a key.
async fn invite(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Markup, Problem> {
    viewer.check_form(&fields)?;
    let by = viewer.authority()?;
    let person: Option<PersonId> = fields.word("person");
    fields.finish()?;
    let known = person.filter(|person| app.look(|state| state.people.party_of(person).is_some()));
    let person = known.ok_or_else(|| Problem::not_found("person"))?;
    let may = |state: &Ledger| state.people.may_register(&by.person, state.ledger.clock);
    if !app.look(may) {
        let rule = countersign_core::people::Rejection::FunctionMissing {
            person: by.person,
            function: Function::Register,
        };
        return Err(countersign_core::Rejection::from(rule).into());
    }
    let token = app.links.keep(Invited { person, authority: None });
    let token = token.map_err(super::signing::failed)?;
    shown(&app, &viewer, Some(&format!("{}/enter/{token}", app.origin))).await
}

async fn revoke(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let key = fields.word("key");
    fields.finish()?;
    let key = key.ok_or_else(|| Problem::unreadable("key is no key"))?;
    let person = viewer.authority()?.person;
    let binding = app.binding::<KeyRevocation>(&person, None).await?;
    let revocation = KeyRevocation {
        person: person.clone(),
        key,
        binding,
        signer: person,
        reason: words::PEOPLE_REVOKE_REASON.to_owned(),
    };
    let paper = app.paper(&revocation, Purpose::Command, "/people")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

async fn erase(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let person: Option<PersonId> = fields.word("whose");
    let reason = fields.text("reason");
    fields.finish()?;
    let person = person.ok_or_else(|| Problem::unreadable("say whose name it is"))?;
    let signer = viewer.authority()?.person;
    if reason.trim().is_empty() {
        return Err(Problem::unreadable(words::PEOPLE_ERASE_REASON));
    }
    let entries = app.erasable(&person, &signer).await?;
    let binding = app.binding::<Erasure>(&signer, None).await?;
    let erasure = Erasure { person, entries, signer, binding, reason };
    let paper = app.paper(&erasure, Purpose::Command, "/people")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

//! Serving the exercise, with a way in for each role of the story.

use crate::cli::serve::{LogForm, begin_log};
use crate::cli::{Failure, Output};
use crate::clock::{ServedClock, SystemEntropy};
use crate::opening::open_writer;
use crate::pack::ZoneShape;
use crate::server::notices::Notices;
use crate::server::oidc::Oidc;
use crate::server::running::{self, ServeError};
use crate::server::settings::{Origin, Settings};
use crate::server::viewer::Invited;
use crate::writer::Writer;
use countersign_core::State;
use countersign_core::people::Authority;
use countersign_proof::words::PersonId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;

/// Somebody of the story, with the key and the offices they have at its end.
pub(super) struct Role {
    authority: Authority,
    offices: Vec<String>,
    titles: Vec<String>,
}

/// Everyone who holds an office at the end of the story, in the order of the offices.
pub(super) fn of(state: &State) -> Vec<Role> {
    let at = state.ledger.clock;
    let mut roles: Vec<Role> = Vec::new();
    let mut people: Vec<PersonId> = Vec::new();
    for office in state.people.offices() {
        let holders = state.people.terms(&office.id).filter(|term| term.span.contains(at));
        people.extend(holders.map(|term| term.person.clone()));
    }
    for person in people {
        if roles.iter().any(|role| role.authority.person == person) {
            continue;
        }
        let mut keys = state.people.keys();
        let key =
            keys.find(|key| key.person == person && key.revoked_at.is_none() && at < key.until);
        let Some(key) = key else { continue };
        let held: Vec<_> = state.people.held_by(&person, at).collect();
        roles.push(Role {
            authority: Authority { person: person.clone(), key: key.key },
            offices: held.iter().map(|office| office.id.to_string()).collect(),
            titles: held.iter().map(|office| office.title.clone()).collect(),
        });
    }
    roles
}

/// Serves the ledger of the story, and prints a sign-in link for each role.
pub(super) fn serve(
    location: &str,
    roles: Vec<Role>,
    names: &BTreeMap<PersonId, String>,
    listener: TcpListener,
    (output, mut told): (&mut Output, Value),
    (oidc, notices, zones): (Option<Arc<Oidc>>, Option<Notices>, Vec<ZoneShape>),
) -> Result<(), Failure> {
    let listen = listener.local_addr().map_err(ServeError::Failed)?;
    let origin = Origin::localhost(listen.port());
    let (tls, peers) = (None, None);
    let settings = Settings { origin: origin.clone(), tls, oidc, zones, notices, peers };
    let opened = open_writer(location)?;
    let clock = ServedClock::of(&opened.state, None);
    let writer = Writer::start(opened, Box::new(clock), Box::new(SystemEntropy))?;
    running::open_door(&writer, &origin)?;
    begin_log(LogForm::Text);
    let mut failed = None;
    running::run(writer, location, clock, settings, listener, |app| {
        let mut links = Vec::new();
        output.heading(&format!("\nServing at {origin}; a way in for each role:"));
        for role in roles {
            let person = role.authority.person.clone();
            let authority = Some(role.authority);
            let invited = Invited { person: person.clone(), authority };
            let token = match app.links.keep(invited) {
                Ok(token) => token,
                Err(error) => {
                    failed = Some(error);
                    return;
                }
            };
            let url = format!("{origin}/enter/{token}");
            output.line(&format!("  {}\n    {person}  {url}", role.titles.join(", ")));
            let name = names.get(&person).cloned().unwrap_or_default();
            links.push(json!({
                "person": person.as_str(), "name": name, "offices": role.offices, "url": url,
            }));
        }
        output.line("\nEach link opens one session. Ctrl-C stops the server.");
        if let Some(fields) = told.as_object_mut() {
            let more = [("url", json!(origin.to_string())), ("links", json!(links))];
            fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
        output.value_now(&told);
    })?;
    match failed {
        Some(error) => Err(Failure::unavailable(error.to_string())),
        None => Ok(()),
    }
}

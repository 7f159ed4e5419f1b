//! `request actions`.

use super::seen;
use crate::actions::on_request;
use crate::cli::output::Output;
use crate::cli::{Failure, Global};
use crate::views;
use countersign_core::State;
use countersign_core::people::Authority;
use countersign_proof::words::{PersonId, RequestId};
use serde_json::Value;

pub(super) fn actions(global: &Global, id: RequestId, output: &mut Output) -> Result<(), Failure> {
    let person = global.person()?;
    let state = global.state()?;
    let request = seen(global, &state, id)?;
    let offers = on_request(&state, request, &authority(&state, person)?);
    output.value(&Value::Array(offers.iter().map(views::offer).collect()));
    let rows: Vec<Vec<String>> = offers
        .iter()
        .map(|offer| {
            let refused = offer.refused.as_ref();
            vec![
                offer.action.to_string(),
                offer.office.as_ref().map(ToString::to_string).unwrap_or_default(),
                if refused.is_none() { "yes" } else { "no" }.to_owned(),
                refused.map(|refused| refused.code.clone()).unwrap_or_default(),
                refused.map(|refused| refused.message.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    output.table(&["action", "for", "now", "code", "because"], &rows);
    Ok(())
}

/// The person with a key that may sign, as they would come through a door.
fn authority(state: &State, person: &PersonId) -> Result<Authority, Failure> {
    let at = state.ledger.clock;
    let mut keys = state.people.keys().filter(|key| key.person == *person && key.may_sign(at));
    let key = keys.next().map(|enrolled| enrolled.key);
    let missing = || format!("{person} has no key that may sign; have one enrolled first");
    let key = key.ok_or_else(|| Failure::usage(missing()))?;
    Ok(Authority { person: person.clone(), key })
}

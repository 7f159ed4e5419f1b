//! Asking policy. Answers: *who would have to consent to this, and by which rules?*

use super::{reasons, sets};
use crate::server::fields::Fields;
use crate::server::viewer::Visitor;
use crate::server::{App, Problem, Viewer};
use crate::web::asked::{self, checks, select, titled};
use crate::web::map::map;
use crate::web::page::page;
use crate::web::parts::{
    Action, Choice, Field, Number, Tone, buttons, error_summary, id, inset, summary_list, tag,
};
use crate::web::signing::faults_of;
use crate::web::{places, words};
use axum::extract::{RawQuery, State};
use countersign_core::State as Ledger;
use countersign_core::policy::Verdict;
use countersign_core::requests::Draft;
use countersign_proof::words::{Act, Date, ItemId, Moment, PartyId, Quantity, Window, ZoneId};
use maud::{Markup, html};

/// The acts that can be asked about here.
const ACTS: [Act; 3] = [Act::Use, Act::Deliver, Act::Transfer];

/// The question; `None` where something is missing, which is then said at its field.
fn question(fields: &mut Fields, now: Moment) -> Option<(Draft, Moment)> {
    let act: Option<Act> = fields.maybe("act");
    if act.is_some_and(|act| !ACTS.contains(&act)) {
        fields.error("act", words::EXPLAIN_MISSING);
    }
    let holder: Option<PartyId> = fields.maybe("holder");
    let item: Option<ItemId> = fields.maybe("item");
    let quantity: Option<Quantity> = fields.maybe("quantity");
    let zones: Vec<ZoneId> = fields.words("zone");
    let recipient = fields.maybe("recipient");
    let on: Option<Date> = fields.maybe("at");
    if fields.all().is_empty() {
        return None;
    }
    let missing = [
        ("act", act.is_none()),
        ("holder", holder.is_none()),
        ("item", item.is_none()),
        ("quantity", quantity.is_none()),
    ];
    for (name, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
        fields.error(name, words::EXPLAIN_MISSING);
    }
    let at = on.map_or(now, Date::start);
    let window = Window::new(at, at.plus_days(1));
    if window.is_none() {
        fields.error("at", words::EXPLAIN_TOO_LATE);
    }
    if !fields.is_sound() {
        return None;
    }
    let draft = Draft {
        act: act?,
        holder: holder?,
        item: item?,
        quantity: quantity?,
        zones: zones.into_iter().collect(),
        recipient,
        depot: None,
        window: window?,
    };
    Some((draft, at))
}

fn form(state: &Ledger, fields: &Fields) -> Markup {
    let error = |name: &str| fields.errors().get(name).map(String::as_str);
    let acts = ACTS.map(|act| Choice::new(act.as_str(), act.as_str()));
    let parties: Vec<(String, String)> =
        state.people.parties().map(|party| titled(party.id.as_str(), &party.title)).collect();
    let items: Vec<(String, String)> =
        state.stock.items().map(|item| titled(item.id.as_str(), &item.title)).collect();
    let zones: Vec<(String, String)> = state
        .policy
        .world()
        .zones
        .values()
        .map(|zone| titled(zone.id.as_str(), &zone.title))
        .collect();
    let chosen: Vec<&str> = fields.chosen("zone").collect();
    let one = |name, label, of: &[(String, String)]| {
        let of: Vec<Choice<'_>> = of.iter().map(|(id, label)| Choice::new(id, label)).collect();
        Field::new(name, label).value(fields.typed(name)).error(error(name)).select(&of)
    };
    html! {
        form method="get" action="/policy/explain" {
            (Field::new("act", words::EXPLAIN_ACT).value(fields.typed("act"))
                .error(error("act")).radios(&acts))
            (one("holder", words::EXPLAIN_HOLDER, &parties))
            (one("item", words::EXPLAIN_ITEM, &items))
            (Field::new("quantity", words::EXPLAIN_QUANTITY).value(fields.typed("quantity"))
                .error(error("quantity")).number(Number { least: Some(1), ..Number::default() }))
            (checks("zone", words::EXPLAIN_ZONES, &zones, &chosen))
            (select("recipient", words::EXPLAIN_RECIPIENT, &parties, fields.typed("recipient")))
            (Field::new("at", words::EXPLAIN_AT).hint(words::EXPLAIN_AT_HINT).optional()
                .value(fields.typed("at")).error(error("at")).text())
            (buttons(&[Action::Main { label: words::EXPLAIN_ASK, sends: None }]))
        }
    }
}

/// What policy says, or by which rule the request would be refused.
fn answer(state: &Ledger, draft: &Draft, at: Moment) -> Markup {
    let told = state.check_draft(draft, at).and_then(|()| state.explain(draft, at));
    let (version, explained) = match told {
        Ok(told) => told,
        Err(rejection) => {
            return inset(
                Some(words::EXPLAIN_REFUSED),
                &html! {
                    p { (rejection) " " (id(rejection.code())) }
                },
            );
        }
    };
    let (tone, word) = match &explained.verdict {
        Verdict::Standing => (Tone::Good, words::EXPLAIN_STANDING),
        Verdict::Needs(_) => (Tone::Open, words::EXPLAIN_NEEDS),
        Verdict::Prohibited => (Tone::Bad, words::EXPLAIN_PROHIBITED),
    };
    let name = version.bundle.version.as_str();
    html! {
        h2 id="answer" { (tag(tone, word, None)) }
        @if let Verdict::Needs(needed) = &explained.verdict {
            p { (words::EXPLAIN_SETS) }
            (sets(state, needed))
        }
        (summary_list(&[
            (words::EXPLAIN_JUDGED_BY, html! { a href={ "/policy/" (name) } { (id(name)) } }),
            (words::POLICY_SOURCE, html! { (version.source) " (" (version.standing) ")" }),
        ]))
        (reasons(version, &explained.reasons))
    }
}

pub(super) async fn explain(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Markup, Problem> {
    let mut fields = asked::fields(query.as_deref())?;
    let asked = question(&mut fields, app.look(|state| state.ledger.clock));
    fields.finish()?;
    let frame = places::frame(&app, &Visitor(Some(viewer)), "/policy").await?;
    let chosen = asked.as_ref().map(|(draft, _)| draft.zones.clone()).unwrap_or_default();
    let body = app.look(|state| {
        html! {
            (error_summary(&faults_of(&fields)))
            h1 { (words::EXPLAIN_TITLE) }
            p class="lead" { (words::EXPLAIN_LEAD) }
            @if let Some((draft, at)) = &asked { (answer(state, draft, *at)) }
            (form(state, &fields))
            (map(&app.zones, state, words::EXPLAIN_MAP, &chosen))
        }
    });
    Ok(page(&frame, words::EXPLAIN_TITLE, &body))
}

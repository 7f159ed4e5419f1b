//! Ordering a plan. Answers: *who may sign this order, and which exact text?*

use super::bench::By;
use super::consent::{ask, told};
use super::wish::Wish;
use crate::server::fields::Fields;
use crate::server::papers::Purpose;
use crate::server::{App, Problem, Viewer};
use crate::statements::{self, Signing, Undertaking};
use crate::web::asked::select;
use crate::web::parts::{Action, Field, buttons, code};
use crate::web::words;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::State as Ledger;
use countersign_core::policy::Verdict;
use countersign_core::rerouting::{Plan, plan as planned, plan_digest};
use countersign_core::stock::Item;
use countersign_proof::statement::kinds::DiversionOrder;
use countersign_proof::words::{Act, OfficeId, PartyId, PersonId};
use maud::{Markup, html};
use std::sync::Arc;

/// For which offices a person could sign such an order alone, or why for none.
fn offices(state: &Ledger, person: &PersonId, verdict: &Verdict) -> Result<Vec<OfficeId>, String> {
    let sets = match verdict {
        Verdict::Needs(sets) => sets,
        Verdict::Standing => {
            let held = state.people.held_by(person, state.ledger.clock);
            return Ok(held.map(|office| office.id.clone()).collect());
        }
        Verdict::Prohibited => return Err(words::REROUTE_NOT_ALLOWED.to_owned()),
    };
    let may = |office: &&OfficeId| {
        state.people.eligible(office, Act::Divert, state.ledger.clock).contains(person)
    };
    let quorum = state.people.quorum();
    let alone = sets.iter().filter(|set| set.len() == 1).flatten();
    let alone: Vec<OfficeId> = alone.filter(|office| quorum(office) <= 1).cloned().collect();
    if alone.is_empty() {
        return Err(words::reroute_several(&told(verdict)));
    }
    let own: Vec<OfficeId> = alone.iter().filter(may).cloned().collect();
    if own.is_empty() { Err(words::reroute_not_yours(&told(verdict))) } else { Ok(own) }
}

/// The form that makes the text to sign, or why it is not offered; and the command for the same.
pub(super) fn form(state: &Ledger, item: &Item, plan: &Plan, wish: &Wish, by: &By<'_>) -> Markup {
    let verdict = match ask(state, item, plan, wish.preconditions()) {
        Ok((_, explained)) => Ok(explained.verdict),
        Err(rejection) => Err(rejection.to_string()),
    };
    let own = verdict.and_then(|verdict| offices(state, by.person, &verdict));
    let error = wish.fields.errors().get("reason").map(String::as_str);
    html! {
        h3 { (words::REROUTE_ORDER) }
        @match &own {
            Err(why) => {
                (buttons(&[Action::Barred { label: words::REROUTE_ORDER, reason: why }]))
            },
            Ok(own) => {
                p { (words::REROUTE_ORDER_WHY) }
                form method="post" action="/rerouting/order" {
                    (super::csrf(by.who))
                    input type="hidden" name="item" value=(plan.item);
                    input type="hidden" name="months" value=(wish.fields.typed("months"));
                    @for party in &wish.spare { input type="hidden" name="spare" value=(party); }
                    input type="hidden" name="certification" value=(wish.undertaking.certification);
                    input type="hidden" name="notice_days"
                        value=(wish.fields.typed("notice_days"));
                    input type="hidden" name="replacement"
                        value=(wish.fields.typed("replacement"));
                    input type="hidden" name="plan" value=(plan_digest(plan));
                    (select("office", words::REROUTE_OFFICE, &titles(state, own),
                        own.first().map(OfficeId::as_str).unwrap_or_default()))
                    (Field::new("reason", words::REROUTE_REASON).error(error)
                        .value(wish.fields.typed("reason")).long_text(3))
                    (buttons(&[Action::Main { label: words::REROUTE_TO_TEXT, sends: None }]))
                }
            },
        }
        (code(words::REROUTE_COMMAND, &command(wish, plan, by.location)))
    }
}

fn titles(state: &Ledger, offices: &[OfficeId]) -> Vec<(String, String)> {
    offices
        .iter()
        .map(|id| {
            let office = state.people.office(id);
            let title = office.map(|office| office.title.as_str()).unwrap_or_default();
            crate::web::asked::titled(id.as_str(), title)
        })
        .collect()
}

/// A word as a shell reads it back (POSIX.1-2017, XCU 2.2.2).
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The commands that make the same plan and order it.
fn command(wish: &Wish, plan: &Plan, location: &str) -> String {
    let ledger = quoted(location);
    let mut making = format!(
        "countersign --ledger {ledger} reroute plan --item {} --months {}",
        plan.item,
        plan.months()
    );
    for party in &wish.spare {
        making.push_str(&format!(" --spare {party}"));
    }
    making.push_str(" --out plan.json");
    let Undertaking { certification, notice_days, replacement } = &wish.undertaking;
    let mut ordering = format!("countersign --ledger {ledger} reroute order plan.json");
    if !certification.is_empty() {
        ordering.push_str(&format!(" --certification {}", quoted(certification)));
    }
    if u16::from(*notice_days) > 0 {
        ordering.push_str(&format!(" --notice-days {}", u16::from(*notice_days)));
    }
    if let Some(month) = replacement {
        ordering.push_str(&format!(" --replacement {month}"));
    }
    ordering.push_str(" --sign OFFICE:PERSON=KEY --reason 'WHY'");
    format!("{making}\n{ordering}")
}

/// The plan that was looked at, if it still is the best one.
fn same_plan(state: &Ledger, wish: &Wish, digest: &str) -> Result<(Plan, PartyId), Problem> {
    let item = wish.item.as_ref().and_then(|item| state.stock.item(item));
    let item = item.ok_or_else(|| Problem::not_found("item"))?;
    let problem = wish
        .problem(state, item)
        .map_err(|why| Problem::refused("rerouting/plan-impossible", &why.to_string()))?;
    let made = planned(&problem, &wish.vetoes());
    if plan_digest(&made).to_string() == digest {
        Ok((made, item.origin.clone()))
    } else {
        Err(Problem::refused("rerouting/plan-stale", words::REROUTE_MOVED))
    }
}

/// Makes the statement of an order ready to sign.
pub(super) async fn order(
    State(app): State<App>,
    viewer: Viewer,
    mut fields: Fields,
) -> Result<Response, Problem> {
    viewer.check_form(&fields)?;
    let office: Option<OfficeId> = fields.word("office");
    let (reason, digest) = (fields.text("reason"), fields.text("plan"));
    if reason.trim().is_empty() {
        fields.error("reason", words::REROUTE_REASON_MISSING);
    }
    let wish = Wish::of(fields);
    wish.fields.finish()?;
    let Some(office) = office.filter(|_| wish.fields.is_sound()) else {
        let shown = super::shown(&app, &viewer, wish).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown).into_response());
    };
    let person = viewer.person();
    let seen =
        |item: &countersign_proof::words::ItemId| app.look(|state| super::may(state, person, item));
    if !wish.item.as_ref().is_some_and(seen) {
        return Err(Problem::not_found("item"));
    }
    let asked = wish.clone();
    let (plan, owner) = app.work(move |state| same_plan(state, &asked, &digest)).await??;
    let signer = viewer.person().clone();
    let binding = app.binding::<DiversionOrder>(&signer, None).await?;
    let signing = Signing { office, signer, binding, reason: reason.trim().to_owned() };
    let statement = statements::diversion(&plan, &owner, &wish.undertaking, signing);
    let purpose = Purpose::Diversion { plan: Arc::new(plan) };
    let paper = app.paper(&statement, purpose, "/rerouting")?;
    Ok(Redirect::to(&format!("/sign/{}", paper.token)).into_response())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_person_typed_cannot_become_another_command() {
        for (text, expected) in [
            ("Memo12", "Memo12"),
            ("Memo 12", "'Memo 12'"),
            ("it's; rm -r /", "'it'\\''s; rm -r /'"),
            ("$(id)", "'$(id)'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}

//! What policy says of an order. Answers: *who must sign it, and what must it undertake?*

use crate::web::parts::{Tone, id, summary_list, tag};
use crate::web::words;
use countersign_core::State;
use countersign_core::policy::{
    Explained, ItemQuestion, Preconditions, Question, Rejection, Subject, Totals, Verdict, Version,
    sets_in_words,
};
use countersign_core::rerouting::Plan;
use countersign_core::stock::Item;
use countersign_proof::words::{Act, Quantity};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// What the version in force says of ordering a plan.
///
/// # Errors
/// The rejection of policy where it gives no answer.
pub(super) fn ask<'s>(
    state: &'s State,
    item: &Item,
    plan: &Plan,
    preconditions: Preconditions,
) -> Result<(&'s Version, Explained), Rejection> {
    let question = Question {
        act: Act::Divert,
        subject: Subject::Item(ItemQuestion {
            holder: &item.origin,
            item,
            zone: None,
            quantity: Quantity::new(plan.units()).unwrap_or(Quantity::MAX),
            recipient: None,
            requested: Act::Divert,
            totals: Totals::default(),
            preconditions,
        }),
        now: state.ledger.clock,
        key_only: false,
        exercise: state.ledger.exercise,
    };
    let version = state.policy.version_at(state.ledger.clock)?;
    Ok((version, state.policy.ask(version, &BTreeSet::new(), &question)?))
}

/// A verdict in words.
pub(super) fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Standing => words::REROUTE_STANDING.to_owned(),
        Verdict::Needs(sets) => sets_in_words(sets),
        Verdict::Prohibited => words::REROUTE_PROHIBITED.to_owned(),
    }
}

/// An undertaking with all that any policy can ask for.
const EVERYTHING: Preconditions =
    Preconditions { certified: true, notice_days: u16::MAX, replaced: true };

/// Each precondition: whether policy demands it of an order that undertakes all the others, and
/// whether what is given is enough.
fn demands(
    allowed: &dyn Fn(Preconditions) -> bool,
    given: Preconditions,
) -> [(&'static str, bool, bool); 3] {
    let one = |name, without: Preconditions, with: Preconditions| {
        let is_demanded = allowed(EVERYTHING) && !allowed(without);
        (name, is_demanded, allowed(with))
    };
    let Preconditions { certified, notice_days, replaced } = given;
    [
        one(
            words::REROUTE_CERTIFIED,
            Preconditions { certified: false, ..EVERYTHING },
            Preconditions { certified, ..EVERYTHING },
        ),
        one(
            words::REROUTE_NOTIFIED,
            Preconditions { notice_days: 0, ..EVERYTHING },
            Preconditions { notice_days, ..EVERYTHING },
        ),
        one(
            words::REROUTE_REPLACED,
            Preconditions { replaced: false, ..EVERYTHING },
            Preconditions { replaced, ..EVERYTHING },
        ),
    ]
}

/// What policy demands, and of it what is there.
pub(super) fn shown(state: &State, item: &Item, plan: &Plan, given: Preconditions) -> Markup {
    let (version, explained) = match ask(state, item, plan, given) {
        Ok(answer) => answer,
        Err(rejection) => {
            return html! { h3 { (words::REROUTE_DEMANDS) } p { (rejection) } };
        }
    };
    let allowed = |preconditions: Preconditions| {
        let answer = ask(state, item, plan, preconditions);
        answer.is_ok_and(|(_, explained)| explained.verdict != Verdict::Prohibited)
    };
    let name = version.bundle.version.as_str();
    let mut rows = vec![
        (words::REROUTE_POLICY, html! { a href={ "/policy/" (name) } { (id(name)) } }),
        (words::REROUTE_CONSENT, html! { (told(&explained.verdict)) }),
    ];
    for (name, is_demanded, is_enough) in demands(&allowed, given) {
        let (tone, word) = match (is_demanded, is_enough) {
            (false, _) => (Tone::Closed, words::REROUTE_NOT_DEMANDED),
            (true, true) => (Tone::Good, words::REROUTE_DEMANDED_GIVEN),
            (true, false) => (Tone::Bad, words::REROUTE_DEMANDED_MISSING),
        };
        rows.push((name, tag(tone, word, None)));
    }
    html! {
        h3 { (words::REROUTE_DEMANDS) }
        (summary_list(&rows))
        (super::super::policy::reasons(version, &explained.reasons))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precondition_is_demanded_where_an_order_without_it_alone_is_not_allowed() {
        // A policy that wants a certification and thirty days of notice.
        let allowed = |p: Preconditions| p.certified && p.notice_days >= 30;
        let given = Preconditions { certified: true, notice_days: 10, replaced: false };
        let found = demands(&allowed, given).map(|(_, demanded, enough)| (demanded, enough));
        assert_eq!(found, [(true, true), (true, false), (false, true)]);
    }

    #[test]
    fn nothing_is_demanded_of_what_no_undertaking_would_allow() {
        let found = demands(&|_| false, Preconditions::default());
        assert!(found.iter().all(|(_, demanded, _)| !demanded));
    }
}

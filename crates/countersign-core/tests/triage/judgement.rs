//! The class: at, above and below limits; worse at once, better slowly; declared; unknown.

use crate::world::{Run, at, class, stock, traffic_light};
use countersign_core::triage::{
    Declaration, Inputs, Kept, Memory, Missing, Reason, Way, When, explain, first_months,
};
use countersign_proof::words::OfficeId;

fn declare(run: &mut Run, label: &str, from: &str, until: &str) {
    let memory = run.memory.take().unwrap_or_else(|| Memory::unknown(at(from)));
    run.memory = Some(memory.declare(Declaration {
        class: class(label),
        office: OfficeId::new("US.SecDef").unwrap(),
        reason: "what is meant for exercises counts too".to_owned(),
        from: at(from),
        until: at(until),
    }));
}

#[test]
fn a_limit_is_exact() {
    // 40 % of 1,920 is 768, and 80 % is 1,536.
    for (on_hand, wanted) in
        [(767, "red"), (768, "yellow"), (769, "yellow"), (1_535, "yellow"), (1_536, "green")]
    {
        assert_eq!(Run::new(traffic_light()).class(on_hand, "2025-07-01"), wanted, "{on_hand}");
    }
}

#[test]
fn worse_at_once_better_by_margin_repeats_and_time() {
    let mut run = Run::new(traffic_light());
    assert_eq!(run.class(1_600, "2025-07-01"), "green");
    assert_eq!(run.class(480, "2025-07-02"), "red", "past yellow, at once");
    assert_eq!(run.class(844, "2025-07-03"), "red", "44 % is 844.8");
    assert_eq!(run.class(845, "2025-07-04"), "red", "once");
    assert_eq!(run.class(845, "2025-07-05"), "red", "twice, but 28 days are not over");
    let kept = run.judge(&stock(845, "2025-07-29"), "2025-07-29");
    let until = at("2025-07-30");
    let by = Kept::Dwell { until };
    assert!(kept.reasons.contains(&Reason::Kept { class: class("red"), by }), "{kept:?}");
    assert_eq!(run.class(1_600, "2025-07-30"), "yellow", "88 % of 1,920 is 1,689.6");
    assert_eq!(run.class(1_689, "2025-07-31"), "yellow");
    assert_eq!(run.class(1_690, "2025-08-01"), "green");
}

#[test]
fn evaluations_in_a_row_and_one_for_each_period() {
    let mut run = Run::new(traffic_light());
    run.class(480, "2025-07-01");
    assert_eq!(run.class(900, "2025-09-01"), "red");
    assert_eq!(run.class(900, "2025-09-01"), "red", "the same day does not count twice");
    assert_eq!(run.class(800, "2025-09-02"), "red", "below the margin: counted anew");
    assert_eq!(run.class(900, "2025-09-03"), "red");
    assert_eq!(run.class(900, "2025-09-04"), "yellow");
    assert_eq!(run.class(480, "2025-09-04"), "red", "worse at once, on the same day too");
}

#[test]
fn unknown_stays_unknown_and_is_no_way_round_the_margin() {
    let mut run = Run::new(traffic_light());
    run.class(480, "2025-07-01");
    let stale = run.judge(&stock(5_000, "2025-07-01"), "2025-08-01");
    assert_eq!((stale.class.as_str(), stale.warranted), ("unknown", None));
    let as_of = at("2025-07-01");
    let missing = Missing::Stale { as_of, max_age_days: 30 };
    assert_eq!(stale.reasons, [Reason::Unknown(missing)]);
    let ahead = run.judge(&stock(5_000, "2025-08-03"), "2025-08-02");
    assert_eq!(ahead.class.as_str(), "unknown");
    assert!(ahead.was.is_none(), "it was unknown already");
    let none =
        run.judge(&Inputs { as_of: Some(at("2025-08-03")), ..Inputs::default() }, "2025-08-03");
    assert_eq!(none.reasons, [Reason::Unknown(Missing::OnHand)]);
    assert_eq!(run.class(800, "2025-08-04"), "red", "yellow by the number, but red was held");
    let nothing_required = Inputs { requirement: Vec::new(), ..stock(800, "2025-08-05") };
    assert_eq!(run.judge(&nothing_required, "2025-08-05").class.as_str(), "unknown");
}

#[test]
fn a_declaration_wins_while_it_lasts_and_is_left_slowly() {
    let mut run = Run::new(traffic_light());
    assert_eq!(run.class(1_800, "2025-07-01"), "green");
    declare(&mut run, "red", "2025-07-02", "2025-10-01");
    let found = run.judge(&stock(1_800, "2025-07-02"), "2025-07-02");
    assert_eq!((found.class.as_str(), found.was.as_ref()), ("red", Some(&class("green"))));
    assert_eq!(found.warranted, Some(class("green")));
    assert_eq!(run.class(1_800, "2025-07-10"), "red");
    run.memory = run.memory.map(|memory| memory.lift(at("2025-07-11")));
    assert_eq!(run.class(1_800, "2025-07-11"), "red", "28 days and two evaluations");
    assert_eq!(run.class(1_800, "2025-07-29"), "red");
    assert_eq!(run.class(1_800, "2025-07-30"), "green");
}

#[test]
fn a_declaration_waits_for_its_beginning() {
    let mut run = Run::new(traffic_light());
    run.class(1_800, "2025-07-01");
    declare(&mut run, "red", "2025-07-03", "2025-07-04");
    assert_eq!(run.class(1_800, "2025-07-02"), "green");
    assert_eq!(run.class(1_800, "2025-07-03"), "red");
}

#[test]
fn a_better_declaration_improves_nothing_beneath() {
    let mut run = Run::new(traffic_light());
    assert_eq!(run.class(480, "2025-07-01"), "red");
    declare(&mut run, "green", "2025-07-02", "2025-07-05");
    assert_eq!(run.class(480, "2025-07-02"), "green");
    assert_eq!(run.class(800, "2025-07-04"), "green");
    let ended = run.judge(&stock(800, "2025-07-05"), "2025-07-05");
    assert_eq!(ended.class.as_str(), "red", "by its margin, as if nothing had been declared");
    assert!(matches!(ended.reasons[0], Reason::DeclarationEnded(_)), "{ended:?}");
}

#[test]
fn the_same_arguments_give_the_same_answer_and_it_survives_its_text() {
    let rules = traffic_light();
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<countersign_core::triage::Rules>(&text).unwrap(), rules);
    let found = Run::new(rules.clone()).judge(&stock(480, "2025-07-01"), "2025-07-01");
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<countersign_core::triage::Judgement>(&text).unwrap(), found);
    let bytes = postcard::to_stdvec(&(&rules, &found)).unwrap();
    assert_eq!(postcard::from_bytes(&bytes), Ok((rules, found)));
}

#[test]
fn it_says_why_and_what_would_change_it() {
    let mut run = Run::new(traffic_light());
    run.class(480, "2025-07-01");
    let found = run.judge(&stock(480, "2025-07-03"), "2025-07-03");
    let told = explain(&run.rules.rules[0], &found);
    assert_eq!(
        told,
        [
            "Red since 2025-07-01, by the rule \"Interceptors\" (assumed).",
            "480 on hand against a requirement of 1,920 is 25.0 %, below 40 %, the limit for red.",
            "It becomes yellow at 44 % or more: 845 units, 365 more, in 2 more evaluations in a \
             row, not before 2025-07-29.",
        ]
    );
    let found = run.judge(&stock(1_800, "2025-09-01"), "2025-09-01");
    let told = explain(&run.rules.rules[0], &found);
    assert_eq!(told[2], "It stays red: 1 of 2 evaluations in a row allow leaving.");
    assert_eq!(told.last().unwrap(), "It becomes green at 44 % or more, which is cleared.");
    let green = Run::new(traffic_light()).judge(&stock(1_800, "2025-09-01"), "2025-09-01");
    let told = explain(&run.rules.rules[0], &green);
    assert_eq!(
        told.last().unwrap(),
        "It becomes yellow at once below 80 %: 1,535 units, 265 fewer."
    );
}

/// What is said to be needed is what is needed, and one unit less is not.
#[test]
fn what_it_would_take_is_exact() {
    for on_hand in (0..2_000).step_by(7) {
        let fresh = Run::new(traffic_light()).judge(&stock(on_hand, "2025-07-01"), "2025-07-01");
        for change in &fresh.changes {
            let reach = u64::try_from(change.reach).unwrap();
            let mut run = Run::new(traffic_light());
            run.class(on_hand, "2025-07-01");
            match change.way {
                Way::Worse => {
                    assert_eq!(run.class(reach + 1, "2025-07-02"), fresh.class.as_str());
                    assert_eq!(run.class(reach, "2025-07-03"), change.to.as_str());
                }
                Way::Better => {
                    run.class(reach - 1, "2025-08-02");
                    assert_eq!(run.class(reach - 1, "2025-08-03"), fresh.class.as_str());
                    run.class(reach, "2025-08-04");
                    assert_eq!(run.class(reach, "2025-08-05"), change.to.as_str());
                }
            }
        }
    }
}

#[test]
fn the_first_month_of_each_class() {
    let mut rules = traffic_light();
    rules.rules[0].measures[0].horizon_months = 6;
    let mut inputs = stock(1_600, "2025-07-01");
    inputs.planned = Some(crate::world::series("2025-07", &[100; 12]));
    let firsts = first_months(&rules.rules[0], &inputs, at("2025-07-01"), 12).unwrap();
    let when: Vec<When> = firsts.iter().map(|first| first.when).collect();
    let month = crate::world::month;
    assert_eq!(when, [When::In(month("2025-07")), When::In(month("2026-03"))]);
    let firsts = first_months(&rules.rules[0], &inputs, at("2025-07-01"), 6).unwrap();
    assert_eq!(firsts[1].when, When::NotWithin(6));
    // The worst over the horizon: yellow already now.
    let found = Run::new(rules).judge(&inputs, "2025-07-01");
    assert_eq!(found.class.as_str(), "yellow");
    assert_eq!(found.readings[0].lowest.month, Some(month("2025-12")));
}

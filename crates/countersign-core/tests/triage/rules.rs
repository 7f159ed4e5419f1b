//! The rule language: how limits are written, which rule is for an item, and what is refused.

use crate::world::{class, item, measure, q, traffic_light};
use countersign_core::triage::{
    Against, Amount, Cadence, Entry, FloorStep, Flow, Forecast, LookBack, Nonsense, Number, Ratio,
    Rounding, Rules, Scope, Side, Unit, Waiting,
};
use countersign_proof::words::{Date, Standing};
use std::collections::BTreeSet;

#[test]
fn limits_are_read_exactly_and_told_again() {
    let number = |top, bottom, unit| Number { top, bottom, unit };
    for (text, told, wanted) in [
        ("40 %", "40 %", number(40, 100, Unit::Share)),
        ("0.25", "25 %", number(25, 100, Unit::Share)),
        ("1/3", "1/3", number(1, 3, Unit::Share)),
        ("100 %", "100 %", number(100, 100, Unit::Share)),
        ("2 days", "2 days", number(2, 1, Unit::Days)),
        ("1 day", "1 day", number(1, 1, Unit::Days)),
        ("4.28 days", "4.28 days", number(428, 100, Unit::Days)),
        ("3 months", "3 months", number(3, 1, Unit::Months)),
        ("5000000 units", "5,000,000 units", number(5_000_000, 1, Unit::Units)),
        ("0.000001", "0.0001 %", number(1, 1_000_000, Unit::Share)),
        ("999999999999999 units", "999,999,999,999,999 units", {
            number(999_999_999_999_999, 1, Unit::Units)
        }),
    ] {
        let read: Number = text.parse().unwrap();
        assert_eq!(read, wanted, "{text}");
        assert_eq!(read.to_string(), told, "{text}");
    }
    for text in [
        "",
        "%",
        "40%",
        "40  %",
        " 40 %",
        "-1",
        "+1",
        "1e3",
        "1.",
        ".5",
        "01",
        "1/0",
        "1/2/3",
        "1.5/2",
        "1,000 units",
        "1_000 units",
        "2 weeks",
        "2 Days",
        "1.0000001",
        "1000000000000000",
        "NaN",
        "inf",
        "٣ days",
        "40 % ",
    ] {
        assert!(text.parse::<Number>().is_err(), "{text:?}");
    }
}

#[test]
fn a_ratio_is_never_printed_beyond_its_limit() {
    let ratio = |top, bottom| Ratio { top, bottom };
    for (found, unit, rounding, told) in [
        (ratio(480, 1_920), Unit::Share, Rounding::Down, "25.0 %"),
        (ratio(39_999, 100_000), Unit::Share, Rounding::Down, "39.9 %"),
        (ratio(6_001, 1_000), Unit::Months, Rounding::Up, "6.01 months"),
        (ratio(428, 100), Unit::Days, Rounding::Down, "4.28 days"),
        (ratio(1, 1), Unit::Days, Rounding::Down, "1.00 days"),
        (ratio(-5, 10), Unit::Share, Rounding::Down, "-50.0 %"),
        (ratio(1, 1), Unit::Units, Rounding::Down, "1 unit"),
        (ratio(12_345, 1), Unit::Units, Rounding::Down, "12,345 units"),
        (ratio(7, 0), Unit::Days, Rounding::Down, "no end"),
        (ratio(0, 0), Unit::Days, Rounding::Down, "no end"),
        (ratio(-7, 0), Unit::Days, Rounding::Down, "less than nothing"),
    ] {
        assert_eq!(found.told(unit, rounding), told, "{found:?}");
    }
}

#[test]
fn nothing_asked_is_nothing_short() {
    let limit: Number = "40 %".parse().unwrap();
    for top in [0, 7] {
        let endless = Ratio { top, bottom: 0 };
        assert!(!endless.is_below(limit) && endless.is_endless());
    }
    let promised = Ratio { top: -1, bottom: 0 };
    assert!(promised.is_below(limit), "more is promised than there is");
    assert!(promised.order(Ratio { top: -9, bottom: 1 }).is_lt());
}

#[test]
fn the_rule_that_names_an_item_comes_first() {
    let mut rules = traffic_light();
    let labelled = |name: &str, labels: &[&str], except: &[&str]| {
        let mut rule = traffic_light().rules.remove(0);
        rule.name = name.to_owned();
        rule.scope = Scope {
            items: BTreeSet::new(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            except: except.iter().map(|id| item(id)).collect(),
        };
        rule
    };
    rules.rules.insert(0, labelled("platelets", &["platelets"], &["PLT-ABneg"]));
    rules.rules.push(labelled("blood", &["platelets", "blood"], &[]));
    rules.check().unwrap();
    let of = |id: &str, labels: &[&str]| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        rules.rule_for(&item(id), &labels).map(|rule| rule.name.clone())
    };
    assert_eq!(of("PATRIOT", &["blood"]).as_deref(), Some("interceptors"));
    assert_eq!(of("PLT-Opos", &["platelets"]).as_deref(), Some("platelets"));
    assert_eq!(of("PLT-ABneg", &["platelets"]).as_deref(), Some("blood"));
    assert_eq!(of("ATACMS", &[]), None);
}

#[test]
fn the_calendar_of_evaluations() {
    let date = |text: &str| text.parse::<Date>().unwrap();
    for (cadence, day, next) in [
        (Cadence::Daily, "2025-02-28", "2025-03-01"),
        (Cadence::Weekly, "2025-07-07", "2025-07-14"),
        (Cadence::Weekly, "2025-07-13", "2025-07-14"),
        (Cadence::Monthly, "2025-12-31", "2026-01-01"),
    ] {
        assert_eq!(cadence.next(date(day)), date(next), "{day}");
        assert_eq!(cadence.period(date(day)) + 1, cadence.period(date(next)), "{day}");
    }
    assert_eq!(Cadence::Weekly.next(date("9999-12-31")), date("9999-12-31"));
}

fn waiting() -> Waiting {
    Waiting {
        name: "notice".to_owned(),
        title: "Notice".to_owned(),
        scope: Scope { labels: BTreeSet::from(["any".to_owned()]), ..Scope::default() },
        recipients: BTreeSet::new(),
        except_recipients: BTreeSet::new(),
        at_least: 1,
        currency: "USD".to_owned(),
        days: 30,
        source: "assumed".to_owned(),
        standing: Standing::Assumed,
    }
}

/// One piece of nonsense: where it must be found, and how the rules are spoilt.
type Spoilt = (&'static str, &'static str, fn(&mut Rules));

fn limit(rules: &mut Rules, level: usize) -> &mut countersign_core::triage::Limit {
    &mut rules.rules[0].levels[level].limits[0]
}

fn flow(over: LookBack) -> Flow {
    Flow { name: "use".to_owned(), over }
}

fn against(rules: &mut Rules, against: Against) {
    rules.rules[0].measures[0] = measure(against);
}

const SPOILT: &[Spoilt] = &[
    ("class", "there are 1", |r| r.classes.truncate(1)),
    ("label", "stands twice", |r| r.classes[1].label = class("green")),
    ("label", "unknown stands for", |r| r.classes[1].label = class("unknown")),
    ("title", "empty", |r| r.classes[0].title = " ".to_owned()),
    ("severity", "outside its bounds", |r| r.classes[2].severity = 4),
    ("severity", "out of order", |r| r.classes[0].severity = 2),
    ("shortage", "the best class", |r| r.classes[0].shortage = true),
    ("name", "no name", |r| r.rules[0].name = "Inter ceptors".to_owned()),
    ("name", "stands twice", |r| r.rules.push(r.rules[0].clone())),
    ("items", "PATRIOT is named by two rules", |r| r.rules.push(r.rules[0].clone())),
    ("title", "empty", |r| r.rules[0].title.clear()),
    ("source", "empty", |r| r.rules[0].source.clear()),
    ("items", "neither items nor labels", |r| r.rules[0].scope = Scope::default()),
    ("except", "both named and excepted", |r| {
        r.rules[0].scope.except.insert(item("PATRIOT"));
    }),
    ("max_age", "outside", |r| r.rules[0].max_age_days = Some(0)),
    ("measure", "there is no measure other", |r| limit(r, 0).measure = "other".to_owned()),
    ("entry", "only declared", |r| r.rules[0].measures.clear()),
    ("level", "there are 0", |r| r.rules[0].levels.clear()),
    ("class", "there is no class blue", |r| r.rules[0].levels[0].class = class("blue")),
    ("class", "the best class holds", |r| r.rules[0].levels[0].class = class("green")),
    ("class", "out of order", |r| r.rules[0].levels.reverse()),
    ("dwell", "outside", |r| r.rules[0].levels[0].dwell_days = 4_000),
    ("repeats", "outside", |r| r.rules[0].levels[0].repeats = 0),
    ("enter", "no limit enters", |r| r.rules[0].levels[0].limits.clear()),
    ("enter", "does not say", |r| limit(r, 0).enter = None),
    ("enter", "of this kind", |r| r.rules[0].levels[0].entry = Entry::Declared),
    ("entry", "no worse class", |r| {
        r.rules[0].levels[1].entry = Entry::Returning;
        limit(r, 1).enter = None;
    }),
    ("leave", "nothing keeps", |r| {
        r.rules[0].levels[0].entry = Entry::Returning;
        r.rules[0].levels[0].limits.clear();
    }),
    ("measure", "stands twice", |r| {
        let again = limit(r, 0).clone();
        r.rules[0].levels[0].limits.push(again);
    }),
    ("enter", "in days, but the measure is in share", |r| {
        limit(r, 0).enter = "2 days".parse().ok();
    }),
    ("leave", "wrong side", |r| limit(r, 0).leave = "79.9 %".parse().unwrap()),
    ("leave", "wrong side", |r| limit(r, 0).side = Side::Above),
    ("enter", "outside", |r| limit(r, 0).enter = Some(Number { bottom: 0, ..Number::whole() })),
    ("enter", "red begins before yellow", |r| {
        (limit(r, 1).enter, limit(r, 1).leave) = ("80 %".parse().ok(), "90 %".parse().unwrap());
    }),
    ("enter", "too little lies above", |r| {
        let high = limit(r, 1);
        (high.side, high.enter, high.leave) =
            (Side::Above, "50 %".parse().ok(), "45 %".parse().unwrap());
    }),
    ("due_in", "counts what is due in already", |r| {
        let measure = &mut r.rules[0].measures[0];
        (measure.horizon_months, measure.due_in_months) = (3, 3);
    }),
    ("horizon", "outside", |r| r.rules[0].measures[0].horizon_months = 121),
    ("parts", "for now only", |r| {
        let measure = &mut r.rules[0].measures[0];
        (measure.horizon_months, measure.parts) = (3, BTreeSet::from(["products".to_owned()]));
    }),
    ("forecast", "no horizon", |r| r.rules[0].measures[0].forecast = Forecast::Average(3)),
    ("parts", "needs the parts", |r| against(r, Against::Whole)),
    ("over", "whole months", |r| against(r, Against::MonthlyUse(flow(LookBack::Days(30))))),
    ("over", "outside", |r| against(r, Against::DailyUse(flow(LookBack::Days(0))))),
    ("against", "there are 0", |r| against(r, Against::Greatest(Vec::new()))),
    ("floor", "there are 0", |r| {
        against(r, Against::Greatest(vec![Amount::Floor(Vec::new())]));
    }),
    ("from", "out of order", |r| {
        let step = FloorStep { from: "2016-05-01".parse().unwrap(), units: q(6) };
        against(r, Against::Greatest(vec![Amount::Floor(vec![step, step])]));
    }),
    ("units", "outside", |r| {
        let step = FloorStep { from: "2016-05-01".parse().unwrap(), units: q(0) };
        against(r, Against::Greatest(vec![Amount::Floor(vec![step])]));
    }),
    ("days", "outside", |r| {
        let cover = Amount::Cover { flow: flow(LookBack::Months(12)), days: 0 };
        against(r, Against::Greatest(vec![cover]));
    }),
    ("at_least", "outside", |r| r.waitings.push(Waiting { at_least: 0, ..waiting() })),
    ("at_least", "no currency", |r| {
        r.waitings.push(Waiting { currency: "usd".to_owned(), ..waiting() });
    }),
    ("days", "outside", |r| r.waitings.push(Waiting { days: 0, ..waiting() })),
    ("except_recipients", "both named", |r| {
        let ally = || BTreeSet::from(["ally".to_owned()]);
        r.waitings.push(Waiting { recipients: ally(), except_recipients: ally(), ..waiting() });
    }),
];

#[test]
fn every_piece_of_nonsense_is_found_where_it_stands() {
    let good = || {
        let mut rules = traffic_light();
        rules.waitings.push(Waiting { name: "other".to_owned(), ..waiting() });
        rules
    };
    good().check().unwrap();
    for (field, told, spoil) in SPOILT {
        let mut rules = good();
        spoil(&mut rules);
        let problems = rules.check().expect_err(told);
        let found = problems
            .iter()
            .any(|problem| problem.field == *field && problem.nonsense.to_string().contains(told));
        assert!(found, "{field}: {told}: {problems:#?}");
        assert!(problems.iter().all(|problem| problem.to_string().contains(problem.field)));
    }
    let mut rules = good();
    limit(&mut rules, 0).measure = "other".to_owned();
    let problem = rules.check().unwrap_err().remove(0);
    assert_eq!(problem.rule.as_deref(), Some("interceptors"));
    assert_eq!(problem.within.as_deref(), Some("yellow"));
    assert_eq!(problem.nonsense, Nonsense::Missing("measure other".to_owned()));
}

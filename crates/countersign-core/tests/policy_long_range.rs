//! The shipped long-range pack, version by version: who must consent to what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "policy/world.rs"]
mod policy;

use countersign_core::policy::{KeyOnlyRule, PolicyError, Subject, Verdict, ViewQuestion};
use countersign_proof::entry::Label;
use countersign_proof::words::Act;
use policy::{Ask, item, long_range, needs, offices, text, version, world};
use std::collections::BTreeSet;

/// One row: version, act, item, class, zone, and the verdict in words.
const TABLE: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("v1", "use", "ATACMS", "green", "RU.Kursk", "prohibited"),
    ("v2", "use", "ATACMS", "green", "RU.Kursk", "prohibited"),
    ("v3", "use", "ATACMS", "green", "RU.Kursk", "standing"),
    ("v4", "use", "ATACMS", "green", "RU.Kursk", "US.SecDef"),
    ("v5", "use", "ATACMS", "green", "RU.Kursk", "US.SACEUR"),
    ("v1", "use", "ATACMS", "green", "RU.Border.Kharkiv", "standing"),
    ("v1", "use", "ATACMS", "green", "RU.Border", "prohibited"),
    ("v1", "use", "ATACMS", "green", "RU", "prohibited"),
    ("v2", "use", "ATACMS", "green", "RU.Border", "standing"),
    ("v2", "use", "ATACMS", "green", "RU.Border.Kharkiv", "standing"),
    ("v3", "use", "ATACMS", "green", "RU.Border.Kharkiv", "standing"),
    ("v3", "use", "ATACMS", "green", "RU", "prohibited"),
    ("v4", "use", "ATACMS", "green", "RU.Border.Kharkiv", "US.SecDef"),
    ("v1", "use", "STORM-SHADOW", "green", "RU.Kursk", "prohibited"),
    ("v1", "use", "STORM-SHADOW", "green", "RU.Border.Kharkiv", "GB.MoD"),
    ("v3", "use", "STORM-SHADOW", "green", "RU.Kursk", "GB.MoD"),
    ("v4", "use", "STORM-SHADOW", "green", "RU.Kursk", "GB.MoD + US.SecDef"),
    ("v5", "use", "STORM-SHADOW", "green", "RU.Kursk", "GB.MoD + US.SACEUR"),
    ("v1", "use", "FLAMINGO", "green", "RU.Kursk", "standing"),
    ("v4", "use", "FLAMINGO", "green", "RU.Kursk", "standing"),
    ("v5", "use", "FLAMINGO", "green", "RU.Kursk", "standing"),
    ("v1", "use", "ATACMS", "green", "UA", "standing"),
    ("v4", "use", "ATACMS", "red", "UA", "standing"),
    ("v5", "use", "STORM-SHADOW", "green", "UA", "standing"),
    ("v4", "use", "ATACMS", "green", "XX", "prohibited"),
    ("v4", "deliver", "ATACMS", "green", "UA", "US.SecDef"),
    ("v4", "deliver", "STORM-SHADOW", "green", "UA", "GB.MoD + US.SecDef"),
    ("v4", "deliver", "STORM-SHADOW", "red", "UA", "GB.MoD + US.SecDef"),
    ("v4", "deliver", "FLAMINGO", "green", "UA", "standing"),
    ("v4", "deliver", "FLAMINGO", "yellow", "UA", "UA.GenStaff"),
    ("v4", "deliver", "FLAMINGO", "red", "UA", "UA.GenStaff"),
    ("v4", "deliver", "FLAMINGO", "unknown", "UA", "prohibited"),
    ("v4", "transfer", "ATACMS", "yellow", "UA", "US.SecDef"),
    ("v4", "transfer", "FLAMINGO", "green", "UA", "standing"),
    ("v4", "divert", "ATACMS", "red", "UA", "US.SecDef"),
    ("v4", "divert", "ATACMS", "yellow", "UA", "prohibited"),
    ("v4", "divert", "STORM-SHADOW", "red", "UA", "GB.MoD"),
    ("v4", "override", "STORM-SHADOW", "red", "UA", "GB.MoD"),
];

#[test]
fn every_row_of_the_table() {
    for (name, act, id, class, zone, expected) in TABLE {
        let compiled = long_range(name);
        let item = item(id, class);
        let ask = Ask::new(act.parse().unwrap(), &item).zone(zone);
        let verdict = compiled.verdict(&ask.question()).unwrap().verdict;
        assert_eq!(text(&verdict), *expected, "{name} {act} {id} {class} {zone}");
        let enumerated = compiled.verdict_enumerated(&ask.question()).unwrap();
        assert_eq!(text(&enumerated), *expected, "enumerated {name} {act} {id} {class} {zone}");
    }
}

#[test]
fn every_act_of_every_version_is_shown_to_be_monotone() {
    for name in ["v1", "v2", "v3", "v4", "v5"] {
        assert_eq!(long_range(name).enumerated(), BTreeSet::new(), "{name}");
    }
}

#[test]
fn the_reasons_name_the_policies() {
    let compiled = long_range("v4");
    let atacms = item("ATACMS", "green");
    let explained =
        compiled.verdict(&Ask::new(Act::Use, &atacms).zone("RU.Kursk").question()).unwrap();
    assert_eq!(explained.reasons, ["use-in-russia"]);
    assert!(compiled.reason("use-in-russia").unwrap().contains("consent"));
}

#[test]
fn the_short_supply_list_holds_back_new_deliveries_of_red_items_only() {
    for (requested, class, expected) in [
        (Act::Deliver, "red", "prohibited"),
        (Act::Deliver, "yellow", "standing"),
        (Act::Deliver, "unknown", "standing"),
        (Act::Use, "red", "standing"),
        (Act::Transfer, "red", "standing"),
    ] {
        let item = item("ATACMS", class);
        let ask = Ask::new(Act::Admit, &item).requested(requested).zone("UA");
        let verdict = long_range("v4").verdict(&ask.question()).unwrap().verdict;
        assert_eq!(text(&verdict), expected, "{requested} {class}");
    }
}

#[test]
fn governance() {
    let compiled = long_range("v5");
    let secdef = "US.SecDef".parse().unwrap();
    for (act, subject, expected) in [
        (Act::Appoint, Subject::Office(&secdef), "Programme.Registrar"),
        (Act::Publish, Subject::Programme { proved: false }, "Programme.Board"),
        (
            Act::Suspend,
            Subject::Programme { proved: false },
            "FR.MinArm | GB.MoD | Programme.Board | US.DepSecDef | US.SecDef",
        ),
    ] {
        let question = policy::programme(act, subject);
        assert_eq!(text(&compiled.verdict(&question).unwrap().verdict), expected, "{act}");
    }
}

/// In every version: whom a matter concerns sees what it is about, who is consulted also what is
/// said on it, every office who holds an office, and oversight everything.
#[test]
fn viewing() {
    let versions = ["v1", "v2", "v3", "v4", "v5"];
    for (version, office) in versions.into_iter().zip(["US.SecDef", "UA.GenStaff"].repeat(3)) {
        let compiled = long_range(version);
        let seen = |office: &str, label, concerned, consulted| {
            let office = office.parse().unwrap();
            let view = ViewQuestion { office: &office, label, concerned, consulted };
            let question = policy::programme(Act::View, Subject::View(view));
            // Asked twice, the second time of what was kept.
            let [first, again] = [(), ()].map(|()| compiled.verdict(&question).unwrap().verdict);
            assert_eq!(first, again);
            match first {
                Verdict::Standing => true,
                Verdict::Prohibited => false,
                Verdict::Needs(sets) => panic!("nobody signs for a look, but {sets:?}"),
            }
        };
        for (concerned, consulted) in [(false, false), (true, false), (false, true), (true, true)] {
            let seen = |office, label| seen(office, label, concerned, consulted);
            assert_eq!(seen(office, Label::Parties), concerned || consulted);
            assert_eq!(seen(office, Label::Deliberation), consulted);
            assert!(seen(office, Label::Identity));
            for oversight in ["US.IG", "Programme.Board"] {
                assert!(Label::ALL.iter().all(|label| seen(oversight, *label)), "{version}");
            }
        }
    }
}

#[test]
fn several_zones_must_each_be_satisfied() {
    let compiled = long_range("v4");
    let storm = item("STORM-SHADOW", "green");
    let ask = Ask::new(Act::Use, &storm).zone("UA");
    let over = |zones: &[&str]| {
        let zones = zones.iter().map(|zone| zone.parse().unwrap()).collect();
        compiled.verdict_over(&ask.question(), &zones).unwrap().verdict
    };
    assert_eq!(over(&["UA"]), Verdict::Standing);
    assert_eq!(over(&["UA", "RU.Kursk"]), needs(&[&["GB.MoD", "US.SecDef"]]));
    assert_eq!(over(&["UA", "XX"]), Verdict::Prohibited);
    assert_eq!(over(&[]), Verdict::Standing);
    let zones = ["UA", "RU.Kursk"].map(|zone| zone.parse().unwrap()).into();
    let satisfied =
        |given: &[&str]| compiled.satisfied_over(&ask.question(), &zones, &offices(given)).unwrap();
    assert!(satisfied(&["GB.MoD", "US.SecDef"]));
    assert!(!satisfied(&["GB.MoD"]));
    assert!(!satisfied(&[]));
}

#[test]
fn nobody_needs_their_own_consent() {
    let compiled = long_range("v4");
    let storm = item("STORM-SHADOW", "green");
    let ask = Ask::new(Act::Use, &storm).zone("RU.Kursk").holder("GB");
    assert_eq!(text(&compiled.verdict(&ask.question()).unwrap().verdict), "US.SecDef");
}

#[test]
fn a_use_without_its_zone_is_refused() {
    let atacms = item("ATACMS", "green");
    let ask = Ask::new(Act::Use, &atacms);
    assert!(matches!(long_range("v4").verdict(&ask.question()), Err(PolicyError::Question(_))));
}

#[test]
fn a_software_key_is_refused_for_class_red_unless_an_exercise_allows_it() {
    for (rule, exercise, class, expected) in [
        (KeyOnlyRule::RefuseRed, false, "red", "prohibited"),
        (KeyOnlyRule::RefuseRed, true, "red", "prohibited"),
        (KeyOnlyRule::RefuseRed, false, "yellow", "US.SecDef"),
        (KeyOnlyRule::Allow, true, "red", "US.SecDef"),
    ] {
        let mut bundle = version("v4");
        bundle.key_only = rule;
        let compiled =
            countersign_core::policy::Compiled::compile(&bundle, &world(), exercise).unwrap();
        let item = item("ATACMS", class);
        for act in [Act::Use, Act::Deliver, Act::Transfer] {
            let mut ask = Ask::new(act, &item).zone("RU.Kursk");
            ask.exercise = exercise;
            let with_token = compiled.verdict(&ask.question()).unwrap();
            assert_eq!(text(&with_token.verdict), "US.SecDef", "{act} {class}");
            ask.key_only = true;
            let explained = compiled.verdict(&ask.question()).unwrap();
            assert_eq!(text(&explained.verdict), expected, "{act} {class} {rule:?}");
            if expected == "prohibited" {
                assert_eq!(explained.reasons, [countersign_core::policy::KEY_ONLY_RED]);
            }
        }
    }
}

#[test]
fn a_digest_moves_with_every_part() {
    let bundle = version("v4");
    let mut digests = BTreeSet::from([bundle.digest()]);
    assert_eq!(bundle.digest(), bundle.clone().digest());
    let mut changed = |change: &dyn Fn(&mut countersign_core::policy::PolicyBundle)| {
        let mut other = bundle.clone();
        change(&mut other);
        assert!(digests.insert(other.digest()), "a change did not move the digest");
    };
    changed(&|b| b.version = "v9".parse().unwrap());
    changed(&|b| b.data_shape = 2);
    changed(&|b| b.key_only = KeyOnlyRule::RefuseRed);
    changed(&|b| {
        b.deciding.remove(&"UA".parse().unwrap());
    });
    changed(&|b| {
        let us = b.deciding.get_mut(&"US".parse().unwrap()).unwrap();
        us.insert(Act::Use, countersign_core::policy::Deciding::Standing);
    });
    changed(&|b| b.policies.get_mut("use.cedar").unwrap().push(' '));
    changed(&|b| {
        let text = b.policies.remove("use.cedar").unwrap();
        b.policies.insert("other.cedar".to_owned(), text);
    });
}

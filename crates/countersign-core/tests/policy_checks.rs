//! The checks before publication, each problem reached by a bad version; and what refuses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "policy/world.rs"]
mod policy;

use countersign_core::policy::{
    Compiled, Deciding, KeyOnlyRule, PolicyBundle, PolicyError, ProblemCode, Subject, Verdict,
    WitnessRule, World, check,
};
use countersign_core::stock::Item;
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::words::Act;
use policy::{Ask, bundle, item, long_range, needs, text, version, world};
use std::collections::{BTreeMap, BTreeSet};

const GOOD: &str = r#"
@id("good")
permit (principal, action == Action::"use", resource)
when { context.approvals.containsAll(context.foreign_controllers) };
"#;

/// A property one of whose policies can fail.
const FAILING: &str = r#"@promise("few")
forbid (principal, action == Action::"use", resource) when { context.quantity + 1 > 3 };
@id("q")"#;

/// A policy on `use` with this condition, beside a good one.
fn with(condition: &str) -> PolicyBundle {
    bundle(&format!(
        "{GOOD}@id(\"bad\")\npermit (principal, action == Action::\"use\", resource)\n\
         when {{ {condition} }};\n"
    ))
}

fn changed_world(change: impl FnOnce(&mut World)) -> World {
    let mut world = world();
    change(&mut world);
    world
}

/// A good version with a property of which this is what stands before its last policy.
fn promising(before: &str) -> PolicyBundle {
    let text = format!("@id(\"all\") {before}\npermit (principal, action, resource);");
    let properties = BTreeMap::from([("promise.cedar".to_owned(), text)]);
    PolicyBundle { properties, ..bundle(GOOD) }
}

fn changed(change: impl FnOnce(&mut PolicyBundle)) -> PolicyBundle {
    let mut bundle = bundle(GOOD);
    change(&mut bundle);
    bundle
}

/// A good version that demands so many of these witnesses; `twin` has the key of `north`, `nobody`
/// has none.
fn watched(quorum: u8, names: &[&str]) -> PolicyBundle {
    let key = |name: &&str| match *name {
        "nobody" => "nobody+00000000+AAAA".to_owned(),
        name => WitnessKey::from_seed(name, [1; 32]).unwrap().verifier().to_string(),
    };
    let keys = names.iter().map(key).collect();
    PolicyBundle { witnesses: Some(WitnessRule { quorum, keys }), ..bundle(GOOD) }
}

#[test]
fn witnesses_are_a_part_of_the_digest() {
    let (one, two) = (watched(1, &["north"]), watched(1, &["north", "south"]));
    let digests =
        [bundle(GOOD).digest(), one.digest(), two.digest(), watched(2, &["north"]).digest()];
    assert_eq!(BTreeSet::from(digests).len(), 4);
    let other = WitnessKey::from_seed("south", [2; 32]).unwrap().verifier().to_string();
    let keys = one.witnesses.iter().flat_map(|rule| rule.keys.clone()).chain([other]).collect();
    let rule = Some(WitnessRule { quorum: 2, keys });
    assert!(check(&PolicyBundle { witnesses: rule, ..bundle(GOOD) }, &world(), false).passes());
}

/// Sets a party's entry for an act in the deciding table.
fn decided(party: &str, act: Act, by: Option<Deciding>) -> PolicyBundle {
    changed(|bundle| {
        let acts = bundle.deciding.entry(party.parse().unwrap()).or_default();
        match by {
            Some(by) => acts.insert(act, by),
            None => acts.remove(&act),
        };
    })
}

fn office(id: &str) -> Option<Deciding> {
    Some(Deciding::Office(id.parse().unwrap()))
}

type Change<'a> = &'a dyn Fn(&mut World);

/// Every problem, with versions that have it; line 0: the problem is in no policy file.
fn bad() -> Vec<(ProblemCode, PolicyBundle, World, usize)> {
    use ProblemCode as P;
    let scoped =
        |effect: &str, scope: &str| bundle(&format!("{GOOD}\n@id(\"bad\")\n{effect} ({scope});\n"));
    let mut all = vec![
        (P::DataShape, changed(|b| b.data_shape = 2), world(), 0),
        (P::KeyOnlyOutsideExercise, changed(|b| b.key_only = KeyOnlyRule::Allow), world(), 0),
        (P::DecidingUnknown, decided("ZZ", Act::Suspend, office("GB.MoD")), world(), 0),
        (P::DecidingUnknown, decided("US", Act::Use, office("US.SecDeff")), world(), 0),
        (P::DecidingForeignOffice, decided("US", Act::Use, office("GB.MoD")), world(), 0),
        (P::DecidingMissing, decided("US", Act::Divert, None), world(), 0),
        (P::DecidingMissing, decided("PROGRAMME", Act::Use, Some(Deciding::Standing)), world(), 0),
        (
            P::PolicySyntax,
            bundle("@id(\"x\")\npermit (principal, action, resource) when { ;"),
            world(),
            2,
        ),
        (
            P::PolicyTemplate,
            scoped("forbid", "principal in ?principal, action, resource"),
            world(),
            6,
        ),
        (
            P::PolicyIdMissing,
            bundle("\npermit (principal, action == Action::\"use\", resource);"),
            world(),
            2,
        ),
        (
            P::PolicyIdMissing,
            bundle("@id(\"\")\npermit (principal, action == Action::\"use\", resource);"),
            world(),
            1,
        ),
        (P::PolicyIdDuplicate, bundle(&format!("{GOOD}\n{GOOD}")), world(), 7),
        (P::PolicyIdReserved, bundle(&GOOD.replace("good", "builtin-good")), world(), 2),
        (P::PolicyInvalid, with("context.quantity == \"4\""), world(), 7),
        (P::PolicyInvalid, with("resource.range_km > 100"), world(), 7),
        (P::PolicyInvalid, with("resource.colour == \"red\""), world(), 7),
        (
            P::PolicyInvalid,
            scoped("permit", "principal, action == Action::\"fire\", resource"),
            world(),
            7,
        ),
        (P::PolicyInvalid, with("context.now < datetime(\"someday\")"), world(), 7),
        (P::PolicySuspicious, with("principal is Programme && context.key_only"), world(), 5),
        (P::PolicyMayFail, with("context.quantity + 1 > 3"), world(), 5),
        (P::PolicyMayFail, with("context.quantity * 2 > 3"), world(), 5),
        (P::PolicyMayFail, with("context.quantity - 2 > 3"), world(), 5),
        (P::PolicyMayFail, with("-context.quantity > 3"), world(), 5),
        (
            P::PolicyMayFail,
            with("context.now.offset(duration(\"1d\")) < datetime(\"2025-01-01\")"),
            world(),
            5,
        ),
        (P::PolicyMayFail, with("context.now.toDate() < datetime(\"2025-01-01\")"), world(), 5),
        (P::PolicyMayFail, with("{ n: context.quantity }.n > 3"), world(), 5),
        (P::UnknownLiteral, with("context.approvals.contains(Office::\"US.SecDeff\")"), world(), 5),
        (P::UnknownLiteral, with("context.zones.contains(Zone::\"RU.Kursc\")"), world(), 5),
        (P::UnknownLiteral, with("resource in Party::\"USA\""), world(), 5),
        (P::UnknownLiteral, with("resource in Input::\"us-target-data\""), world(), 5),
        (P::UnknownLiteral, with("principal == Holder::\"ZZ\""), world(), 5),
        (
            P::UnknownLiteral,
            scoped("permit", "principal in Party::\"ZZ\", action == Action::\"use\", resource"),
            world(),
            6,
        ),
        (
            P::UnknownLiteral,
            scoped(
                "permit",
                "principal == Programme::\"program\", action == Action::\"publish\", resource",
            ),
            world(),
            6,
        ),
        (P::ItemLiteral, with("resource == Item::\"ATACMS\""), world(), 5),
        (P::PromiseMissing, promising("@promise(\" \")"), world(), 0),
        (P::PolicySyntax, promising("@promise("), world(), 0),
        (P::PolicyMayFail, promising(FAILING), world(), 0),
        (P::WitnessesUnusable, watched(0, &["north"]), world(), 0),
        (P::WitnessesUnusable, watched(2, &["north"]), world(), 0),
        (P::WitnessesUnusable, watched(1, &["north", "twin"]), world(), 0),
        (P::WitnessesUnusable, watched(1, &["nobody"]), world(), 0),
    ];
    let cut = |change: &dyn Fn(&mut World)| changed_world(change);
    let worlds: [(P, Change<'_>); 6] = [
        (P::WorldUnknown, &|w| assert!(w.parties.remove(&"GB".parse().unwrap()))),
        (P::WorldUnknown, &|w| drop(w.inputs.remove(&"us-targeting-data".parse().unwrap()))),
        (P::WorldUnknown, &|w| drop(w.zones.remove(&"RU".parse().unwrap()))),
        (P::WorldUnknown, &|w| {
            let input = w.inputs.get_mut(&"us-components".parse().unwrap()).unwrap();
            input.controller = "ZZ".parse().unwrap();
        }),
        (P::WorldCycle, &|w| {
            let zone = w.zones.get_mut(&"RU".parse().unwrap()).unwrap();
            zone.within = Some("RU.Kursk".parse().unwrap());
        }),
        (P::WorldCycle, &|w| {
            let input = w.inputs.get_mut(&"us-targeting-data".parse().unwrap()).unwrap();
            input.needs = BTreeSet::from(["us-components".parse().unwrap()]);
        }),
    ];
    all.extend(worlds.iter().map(|(code, change)| (*code, bundle(GOOD), cut(*change), 0)));
    all
}

#[test]
fn every_problem_is_found_with_file_line_and_remedy() {
    assert!(check(&bundle(GOOD), &world(), false).passes());
    let mut reached = BTreeSet::new();
    for (code, bundle, world, line) in bad() {
        let report = check(&bundle, &world, false);
        let told: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        let found = report.problems.iter().find(|problem| problem.code == code);
        let found = found.unwrap_or_else(|| panic!("{code:?} not found, but {told:#?}"));
        assert!(!found.message.is_empty() && !found.remedy.is_empty());
        if !bundle.properties.is_empty() {
            assert_eq!(found.file.as_deref(), Some("properties/promise.cedar"), "{told:#?}");
            reached.insert(code);
            continue;
        }
        let at = (line > 0).then_some(("all.cedar", line));
        assert_eq!(found.file.as_deref().zip(found.line), at, "{code:?} {told:#?}");
        reached.insert(code);
    }
    assert_eq!(reached, ProblemCode::ALL.iter().copied().collect(), "a problem is never reached");
}

#[test]
fn codes_are_distinct() {
    let codes: BTreeSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), ProblemCode::ALL.len());
}

#[test]
fn acts_whose_policies_read_deciding_offices_need_entries_too() {
    for (scope, condition) in [
        ("admit", "context.approvals.containsAll(context.foreign_controllers)"),
        ("admit", "resource in Office::\"US.SecDef\""),
        ("appoint", "context.approvals.containsAll(context.deciding)"),
        ("publish", "context.approvals.containsAll(context.deciding)"),
    ] {
        let policies = format!(
            "{GOOD}@id(\"reads\")\npermit (principal, action == Action::\"{scope}\", resource)\n\
             when {{ {condition} }};"
        );
        let report = check(&bundle(&policies), &world(), false);
        let codes: BTreeSet<_> = report.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [ProblemCode::DecidingMissing].into(), "{scope}: {condition}");
    }
}

/// A gate that only forbids would stand open for an item that is not in the store: Cedar skips the
/// forbid that errors. Here the unknown is found before anything is decided.
#[test]
fn trap_an_unknown_input_refuses() {
    let gate = r#"
@id("use")
permit (principal, action == Action::"use", resource);
@id("gate")
forbid (principal, action == Action::"use", resource)
when { resource in Office::"US.SecDef" }
unless { context.approvals.contains(Office::"US.SecDef") };
"#;
    let compiled = Compiled::compile(&bundle(gate), &world(), true).unwrap();
    let mut storm = item("STORM-SHADOW", "green");
    let verdict = |item: &Item| compiled.verdict(&Ask::new(Act::Use, item).zone("RU").question());
    assert_eq!(verdict(&storm).unwrap().verdict, needs(&[&["US.SecDef"]]));
    storm.inputs.insert("us-navigation".parse().unwrap());
    assert_eq!(
        verdict(&storm),
        Err(PolicyError::UnknownEntity { kind: "input", id: "us-navigation".to_owned() })
    );
    storm.inputs = BTreeSet::new();
    assert_eq!(verdict(&storm).unwrap().verdict, Verdict::Standing);
}

#[test]
fn trap_everything_named_must_be_known() {
    let compiled = long_range("v4");
    let atacms = item("ATACMS", "green");
    let refused = |ask: &Ask<'_>, kind: &str| {
        let question = ask.question();
        let error = compiled.verdict(&question).unwrap_err();
        assert!(matches!(error, PolicyError::UnknownEntity { kind: k, .. } if k == kind));
        assert_eq!(compiled.satisfied(&question, &BTreeSet::new()), Err(error));
    };
    refused(&Ask::new(Act::Use, &atacms).zone("RU.Kursc"), "zone");
    refused(&Ask::new(Act::Use, &atacms).zone("RU.Kursk").holder("ZZ"), "party");
    let mut transfer = Ask::new(Act::Transfer, &atacms).zone("RU.Kursk");
    transfer.recipient = Some("ZZ".parse().unwrap());
    refused(&transfer, "party");
    let mut foreign = atacms.clone();
    foreign.origin = "ZZ".parse().unwrap();
    refused(&Ask::new(Act::Use, &foreign).zone("RU.Kursk"), "party");
    let known = Ask::new(Act::Use, &atacms).zone("RU.Kursk");
    let nobody = policy::offices(&["US.Nobody"]);
    assert!(matches!(
        compiled.satisfied(&known.question(), &nobody),
        Err(PolicyError::UnknownEntity { kind: "office", .. })
    ));
    let nobody = "US.Nobody".parse().unwrap();
    let appoint = policy::programme(Act::Appoint, Subject::Office(&nobody));
    assert!(matches!(
        compiled.verdict(&appoint),
        Err(PolicyError::UnknownEntity { kind: "office", .. })
    ));
}

#[test]
fn trap_a_controller_without_a_deciding_office_refuses() {
    let mut bundle = version("v4");
    bundle.deciding.remove(&"FR".parse().unwrap());
    let compiled = Compiled::compile(&bundle, &world(), true).unwrap();
    let scalp = item("SCALP", "green");
    for holder in ["UA", "FR"] {
        let ask = Ask::new(Act::Use, &scalp).zone("RU.Kursk").holder(holder);
        assert_eq!(
            compiled.verdict(&ask.question()),
            Err(PolicyError::NoDecidingOffice { party: "FR".parse().unwrap(), act: Act::Use })
        );
    }
}

#[test]
fn an_act_without_a_policy_is_prohibited() {
    let compiled = Compiled::compile(&bundle(GOOD), &world(), true).unwrap();
    let atacms = item("ATACMS", "green");
    for act in [Act::Deliver, Act::Transfer, Act::Divert, Act::Override] {
        let explained = compiled.verdict(&Ask::new(act, &atacms).question()).unwrap();
        assert_eq!(explained.verdict, Verdict::Prohibited, "{act}");
        assert!(explained.reasons.is_empty());
    }
}

#[test]
fn a_question_must_fit_its_act_and_the_ledger() {
    let compiled = long_range("v4");
    let atacms = item("ATACMS", "green");
    let misfits = [
        Ask::new(Act::Publish, &atacms),
        Ask::new(Act::View, &atacms),
        Ask::new(Act::Use, &atacms).zone("UA").requested(Act::Deliver),
        Ask::new(Act::Admit, &atacms),
        Ask::new(Act::Admit, &atacms).requested(Act::Use),
        Ask { recipient: None, ..Ask::new(Act::Transfer, &atacms) },
        Ask { exercise: false, ..Ask::new(Act::Deliver, &atacms) },
    ];
    for ask in &misfits {
        let answer = compiled.verdict(&ask.question());
        assert!(matches!(answer, Err(PolicyError::Question(_))), "{} {answer:?}", ask.act);
    }
    let publish = policy::programme(Act::Use, Subject::Programme { proved: false });
    assert!(matches!(compiled.verdict(&publish), Err(PolicyError::Question(_))));
}

#[test]
fn policies_that_approvals_could_hinder_are_reported_and_still_answered() {
    let spiteful = bundle(
        r#"
@id("either")
permit (principal, action == Action::"use", resource)
when {
  context.approvals.contains(Office::"US.SecDef") ||
  context.approvals.contains(Office::"GB.MoD")
};
@id("not-both")
forbid (principal, action == Action::"use", resource)
when { context.approvals.containsAll([Office::"US.SecDef", Office::"GB.MoD"]) };
"#,
    );
    let report = check(&spiteful, &world(), true);
    assert!(report.passes());
    assert_eq!(report.enumerated, BTreeSet::from([Act::Use]));
    let compiled = Compiled::compile(&spiteful, &world(), true).unwrap();
    let atacms = item("ATACMS", "green");
    let ask = Ask::new(Act::Use, &atacms).zone("UA");
    let verdict = compiled.verdict(&ask.question()).unwrap().verdict;
    assert_eq!(text(&verdict), "GB.MoD | US.SecDef");
    let both = policy::offices(&["GB.MoD", "US.SecDef"]);
    assert!(!compiled.satisfied(&ask.question(), &both).unwrap());
    let zones = ["UA", "RU"].map(|zone| zone.parse().unwrap()).into();
    let over = compiled.verdict_over(&ask.question(), &zones).unwrap();
    assert_eq!(text(&over.verdict), "GB.MoD | US.SecDef");
}

#[test]
fn more_offices_than_can_be_weighed_refuse() {
    let mut world = world();
    let names: Vec<String> = (0..17).map(|n| format!("US.Office-{n}")).collect();
    world.offices.extend(names.iter().map(|name| (name.parse().unwrap(), "US".parse().unwrap())));
    let named: Vec<String> = names.iter().map(|name| format!("Office::\"{name}\"")).collect();
    let policies = format!(
        "@id(\"many\")\npermit (principal, action == Action::\"use\", resource)\n\
         when {{ context.approvals.containsAny([{}]) }};",
        named.join(", ")
    );
    let compiled = Compiled::compile(&bundle(&policies), &world, true).unwrap();
    let atacms = item("ATACMS", "green");
    assert_eq!(
        compiled.verdict(&Ask::new(Act::Use, &atacms).zone("UA").question()),
        Err(PolicyError::TooManyOffices { count: 17, limit: 16 })
    );
}

#[test]
fn a_version_is_shared_between_threads() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<Compiled>();
}

/// Also where no policy of the act reads the inputs, and the same answer was given before.
#[test]
fn trap_what_was_answered_before_does_not_cover_an_unknown_input() {
    let compiled = long_range("v4");
    let mut atacms = item("ATACMS", "green");
    let verdict = |item: &Item| {
        let ask = Ask::new(Act::Admit, item).requested(Act::Deliver);
        compiled.verdict(&ask.question()).map(|explained| explained.verdict)
    };
    assert_eq!(verdict(&atacms), Ok(Verdict::Standing));
    atacms.inputs.insert("us-navigation".parse().unwrap());
    assert!(matches!(verdict(&atacms), Err(PolicyError::UnknownEntity { kind: "input", .. })));
}

//! The story and the verdicts.

use crate::played::{json, played, run};
use serde_json::json as value;

#[test]
fn the_story_shows_every_act_it_must() {
    let told = &played().told;
    let versions = told["versions"].as_array().unwrap();
    let verdicts: Vec<(&str, &str, String)> = versions
        .iter()
        .map(|version| {
            let sets = version["approval_sets"].to_string();
            (version["version"].as_str().unwrap(), version["verdict"].as_str().unwrap(), sets)
        })
        .collect();
    let expected = [
        ("v1", "prohibited", "[]"),
        ("v2", "prohibited", "[]"),
        ("v3", "standing", "[]"),
        ("v4", "needs", "[[\"US.SecDef\"]]"),
        ("v5", "needs", "[[\"US.SACEUR\"]]"),
    ];
    let expected = expected.map(|(version, verdict, sets)| (version, verdict, sets.to_owned()));
    assert_eq!(verdicts, expected);
    let acts = told["acts"].as_array().unwrap();
    let refused: Vec<&str> = acts.iter().filter_map(|act| act["refused"].as_str()).collect();
    for code in [
        "requests/prohibited-by-policy",
        "people/key-of-another",
        "people/personal-office",
        "ledger/nonce-replayed",
        "people/term-ended",
        "requests/under-hold",
        "requests/not-admitted",
        "policy/consent-missing",
        "rerouting/plan-stale",
    ] {
        assert!(refused.contains(&code), "{code} is not in the story");
    }
    let came: Vec<&str> = acts.iter().filter_map(|act| act["came"].as_str()).collect();
    for words in [
        "REL-2 suspended",
        "missing GB.MoD and US.SecDef",
        "REQ-3 refused",
        "breach: beyond quantity",
        "REQ-7 lapsed",
        "PATRIOT-INTERCEPTOR red",
        "ORD-1 executed: 40 from DE, 15 from NL, 155 from UA",
        "3350 ERAM authorised for delivery to UA",
    ] {
        assert!(came.iter().any(|came| came.contains(words)), "{words} is not in the story");
    }
    for words in ["who must sign", "US.SACEUR", "Verified 124 entries"] {
        assert!(played().words.contains(words), "{words} is not printed");
    }
}

#[test]
fn the_same_story_gives_the_same_record() {
    let told = &played().told["verified"]["root"];
    let (code, head) = json(&played().ledger(), &["log", "checkpoint"]);
    assert_eq!(code, 0);
    assert_eq!(*told, head["root"]);
}

fn explain(item: &str, at: &str) -> serde_json::Value {
    let arguments = [
        "policy",
        "explain",
        "--act",
        "use",
        "--holder",
        "UA",
        "--item",
        item,
        "--quantity",
        "2",
        "--zone",
        "RU.Kursk",
        "--at",
        at,
    ];
    let (code, answer) = json(&played().ledger(), &arguments);
    assert_eq!(code, 0, "{answer}");
    answer
}

#[test]
fn policy_is_explained_as_it_was_on_that_day() {
    for (item, at, verdict, sets, policy) in [
        ("ATACMS", "2025-06-01", "needs", value!([["US.SecDef"]]), "v4"),
        ("ATACMS", "2024-12-01", "standing", value!([]), "v3"),
        ("ATACMS", "2024-06-10", "prohibited", value!([]), "v1"),
        ("ATACMS", "2025-11-01", "needs", value!([["US.SACEUR"]]), "v5"),
        ("STORM-SHADOW", "2025-06-01", "needs", value!([["GB.MoD", "US.SecDef"]]), "v4"),
        ("FLAMINGO", "2025-06-01", "standing", value!([]), "v4"),
    ] {
        let answer = explain(item, at);
        let found = (&answer["verdict"], &answer["approval_sets"], &answer["policy"]);
        assert_eq!(found, (&value!(verdict), &sets, &value!(policy)), "{item} on {at}");
    }
}

#[test]
fn a_request_is_shown_with_all_its_fields() {
    let (code, request) = json(&played().ledger(), &["request", "show", "REQ-4"]);
    assert_eq!(code, 0);
    for field in [
        "id",
        "revision",
        "state",
        "act",
        "item",
        "quantity",
        "zones",
        "policy",
        "missing",
        "decisions",
        "release",
    ] {
        assert!(request.get(field).is_some(), "{field} is missing");
    }
    assert_eq!(request["release"]["used"], 5);
}

#[test]
fn every_manual_page_and_completion_is_there() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell]).stdout.len() > 1_000, "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    assert!(run(&["man", "--out", path]).status.success());
    let pages = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(pages > 40, "{pages} pages");
}

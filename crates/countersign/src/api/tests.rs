//! What holds for the API as a whole: its description has no loose ends, lists lose nothing between
//! their parts, and what is wrong is told with its place.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::described;
use super::json::read;
use super::reading::{names, part, tag};
use super::words::{Limit, Word};
use axum::http::{HeaderMap, HeaderValue, header};
use countersign_proof::words::{HoldId, RequestId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn description() -> Value {
    let (_, document) = described("countersign");
    json!(document)
}

/// Every operation, with its address and method.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    all.filter(|(_, operation)| operation.get("responses").is_some()).collect()
}

/// Everything that a document refers to.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(to) if name == "$ref" => drop(found.insert(to)),
                    other @ (Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_)) => references(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_description_refers_to_nothing_that_is_not_in_it() {
    let document = description();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_says_what_it_is_for_and_how_it_can_fail() {
    let document = description();
    let all = operations(&document);
    assert!(all.len() > 40, "{}", all.len());
    for (name, operation) in all {
        assert!(operation["summary"].as_str().is_some_and(|words| words.len() > 5), "{name}");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}");
        let answers = operation["responses"].as_object().unwrap();
        let good = answers.keys().filter(|status| status.starts_with('2'));
        assert!(good.count() > 0, "{name}");
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let content = answer["content"].as_object().unwrap();
            assert_eq!(content.keys().collect::<Vec<_>>(), ["application/problem+json"], "{name}");
            let words = answer["description"].as_str().unwrap();
            assert!(words.ends_with('.'), "{name} {status}: {words}");
        }
        // Whatever changes something can be sent again without being done twice.
        let acts = name.starts_with("post ") && !name.contains("/session");
        let parameters = operation["parameters"].as_array();
        let mut parameters = parameters.into_iter().flatten();
        let keyed = parameters.any(|one| one["name"] == "Idempotency-Key");
        assert_eq!(keyed, acts, "{name}");
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    #[expect(dead_code, reason = "only read")]
    number: u8,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    #[expect(dead_code, reason = "only read")]
    list: Vec<Inner>,
}

#[test]
fn what_is_wrong_with_a_body_is_told_with_its_place() {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
    let cases: &[(&[u8], u16, &str, Option<&str>)] = &[
        (
            b"{\"list\": [{\"number\": 1}, {\"number\": 300}]}",
            422,
            "door/wrong-field",
            Some("/list/1/number"),
        ),
        (b"{\"list\": [{\"number\": 1, \"x\": 2}]}", 422, "door/unknown-field", Some("/list/0/x")),
        (b"{\"list\": [{}]}", 422, "door/wrong-field", Some("/list/0")),
        (b"{\"list\": 1}", 422, "door/wrong-field", Some("/list")),
        (b"", 422, "door/wrong-field", Some("")),
        (b"{\"list\": [", 400, "door/unreadable", None),
        (b"{\"list\": []} x", 400, "door/unreadable", None),
        (b"\xff", 400, "door/unreadable", None),
    ];
    for (body, status, code, pointer) in cases {
        let told = read::<Outer>(&headers, body).unwrap_err();
        let shown = String::from_utf8_lossy(body);
        assert_eq!((told.status.as_u16(), told.code.as_str()), (*status, *code), "{shown}");
        let document = told.document();
        assert_eq!(document.get("pointer").and_then(Value::as_str), *pointer, "{shown}");
        assert_eq!(document["type"], format!("urn:countersign:problem:{code}"));
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let told = read::<Outer>(&headers, b"{\"list\": []}").unwrap_err();
        assert_eq!(told.status.as_u16(), 415, "{kind}");
    }
    assert!(read::<Outer>(&headers, b"{\"list\": []}").is_ok());
}

#[test]
fn a_tag_is_named_by_itself_by_any_and_in_a_list() {
    let (mine, other) = (tag("one body"), tag("another body"));
    assert_ne!(mine, other);
    assert_eq!(tag("one body"), mine, "the same body has the same tag");
    assert!(mine.starts_with('"') && mine.ends_with('"') && mine.len() > 20);
    for list in [mine.clone(), "*".into(), format!("{other}, {mine}"), format!("W/{mine}")] {
        assert!(names(&list, &mine), "{list}");
    }
    for list in [other.as_str(), "", "\"\"", mine.trim_matches('"')] {
        assert!(!names(list, &mine), "{list}");
    }
}

proptest! {
    #[test]
    fn the_parts_of_a_list_are_the_list(
        hidden in prop::collection::vec(any::<bool>(), 0..40),
        limit in 1_usize..10,
    ) {
        let all: Vec<u64> = (1..).zip(&hidden).map(|(id, _)| id).collect();
        let seen = |id: u64| {
            let index = usize::try_from(id - 1).unwrap();
            (!hidden[index]).then(|| json!(id))
        };
        let (mut told, mut after, mut rounds) = (Vec::new(), None, 0);
        loop {
            let list = all.iter().map(|id| RequestId(*id));
            let found = part(list, |id| *id, after.as_ref(), Some(Limit(limit)), |id| seen(id.0));
            let found = found.unwrap();
            prop_assert!(found.items.len() <= limit);
            told.extend(found.items);
            rounds += 1;
            prop_assert!(rounds <= 50, "it ends");
            match found.next {
                Some(next) => after = Some(Word(next.parse::<RequestId>().unwrap())),
                None => break,
            }
        }
        let wanted: Vec<Value> = all.iter().filter_map(|id| seen(*id)).collect();
        prop_assert_eq!(told, wanted);
    }
}

#[test]
fn a_cursor_that_is_not_in_the_list_is_refused() {
    let after = Word(HoldId(9));
    let told = part([HoldId(1)].into_iter(), |id| *id, Some(&after), None, |_| Some(json!(1)));
    assert!(told.unwrap_err().detail.contains("after=HOLD-9"));
}

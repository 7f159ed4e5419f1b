//! Conditions in Cedar's JSON form. Joined as balanced trees, so that a thousand of them nest ten
//! deep.

use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn entity(kind: &str, id: &str) -> Value {
    json!({ "Value": { "__entity": { "type": kind, "id": id } } })
}

pub(super) fn var(name: &str) -> Value {
    json!({ "Var": name })
}

pub(super) fn attribute(base: Value, name: &str) -> Value {
    json!({ ".": { "left": base, "attr": name } })
}

pub(super) fn context(name: &str) -> Value {
    attribute(var("context"), name)
}

pub(super) fn value(value: impl Into<Value>) -> Value {
    json!({ "Value": value.into() })
}

/// That a set is made of just these parts. Cedar has no empty set to compare with.
pub(super) fn just(set: Value, parts: Vec<Value>) -> Value {
    if parts.is_empty() { is_empty(set) } else { equal(set, json!({ "Set": parts })) }
}

/// That a set has no other parts than these.
pub(super) fn among(set: Value, parts: Vec<Value>) -> Value {
    if parts.is_empty() { is_empty(set) } else { within(set, json!({ "Set": parts })) }
}

fn is_empty(set: Value) -> Value {
    json!({ "isEmpty": { "arg": set } })
}

pub(super) fn binary(operator: &str, left: Value, right: Value) -> Value {
    json!({ operator: { "left": left, "right": right } })
}

pub(super) fn equal(left: Value, right: Value) -> Value {
    binary("==", left, right)
}

pub(super) fn contains(left: Value, right: Value) -> Value {
    binary("contains", left, right)
}

/// That everything in `inner` is in `outer`.
pub(super) fn within(inner: Value, outer: Value) -> Value {
    binary("containsAll", outer, inner)
}

pub(super) fn not(condition: Value) -> Value {
    json!({ "!": { "arg": condition } })
}

pub(super) fn implies(condition: Value, then: Value) -> Value {
    any([not(condition), then])
}

pub(super) fn has(base: Value, name: &str) -> Value {
    json!({ "has": { "left": base, "attr": name } })
}

/// That an attribute, where it is given, is as `then` says. Cedar follows that it is given there
/// only in this form.
pub(super) fn where_given(base: Value, name: &str, then: impl FnOnce(Value) -> Value) -> Value {
    let given = attribute(base.clone(), name);
    json!({ "if-then-else": { "if": has(base, name), "then": then(given), "else": value(true) } })
}

/// That a number lies from `least` to `most`.
pub(super) fn between(number: &Value, least: i64, most: i64) -> Value {
    let at_least = binary(">=", number.clone(), value(least));
    all([at_least, binary("<=", number.clone(), value(most))])
}

pub(super) fn all(conditions: impl IntoIterator<Item = Value>) -> Value {
    joined("&&", conditions.into_iter().collect(), true)
}

pub(super) fn any(conditions: impl IntoIterator<Item = Value>) -> Value {
    joined("||", conditions.into_iter().collect(), false)
}

fn joined(operator: &str, mut parts: Vec<Value>, empty: bool) -> Value {
    while parts.len() > 1 {
        let mut next = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => binary(operator, left, right),
                None => left,
            });
        }
        parts = next;
    }
    parts.pop().unwrap_or_else(|| value(empty))
}

/// Those of `assumed` that a condition can depend on: they speak of something that it speaks of, or
/// that another of them does.
pub(super) fn relevant<'a>(
    assumed: &'a [Value],
    condition: &Value,
) -> impl Iterator<Item = &'a Value> {
    let mut spoken = BTreeSet::new();
    speaks_of(condition, &mut spoken);
    let mut left: Vec<(usize, BTreeSet<String>)> = assumed
        .iter()
        .enumerate()
        .map(|(number, part)| {
            let mut of = BTreeSet::new();
            speaks_of(part, &mut of);
            (number, of)
        })
        .collect();
    let mut chosen = BTreeSet::new();
    loop {
        let (near, far): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, of)| !of.is_disjoint(&spoken));
        if near.is_empty() {
            break;
        }
        for (number, of) in near {
            chosen.insert(number);
            spoken.extend(of);
        }
        left = far;
    }
    assumed.iter().enumerate().filter(move |(number, _)| chosen.contains(number)).map(|(_, p)| p)
}

/// The attributes that a condition reads, the principal, and what the resource lies in.
fn speaks_of(condition: &Value, found: &mut BTreeSet<String>) {
    match condition {
        Value::Object(fields) => {
            for (key, part) in fields {
                if key == "attr"
                    && let Some(name) = part.as_str()
                {
                    found.insert(name.to_owned());
                }
                if key == "in" || *part == json!("principal") {
                    found.insert(key.clone());
                }
                speaks_of(part, found);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| speaks_of(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

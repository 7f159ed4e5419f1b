//! `dependence` and `policy impact` on the played exercise: what must be seen there, that neither
//! changes anything, and graphs of things with hostile names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "stage/stage.rs"]
mod stage;

use countersign::pack::{FoundingPolicies, Pack};
use countersign::views::csv::csv;
use countersign::views::graph::dot;
use countersign_core::State;
use countersign_core::dependence::report::{Terms, report};
use countersign_core::policy::Compiled;
use countersign_core::stock::Figures;
use serde_json::{Value, json};
use stage::Ledger;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn find<'v>(list: &'v Value, key: &str, wanted: &str) -> &'v Value {
    let mut all = list.as_array().unwrap().iter();
    all.find(|one| one[key] == wanted).unwrap_or_else(|| panic!("no {wanted} in {list:#}"))
}

#[test]
fn only_what_nobody_else_controls_is_free() {
    let ledger = Ledger::new();
    let asked = ["dependence", "--holder", "UA", "--as-of", "2025-06-01", "--json"];
    let found = ledger.run(&asked).good().json();
    assert_eq!(found["policy"], "v4");
    for (item, held, status, vetoes) in [
        ("FLAMINGO", 0, "free", json!([])),
        ("ATACMS", 547, "locked", json!(["US.SecDef"])),
        ("ERAM", 0, "locked", json!(["US.SecDef"])),
        ("STORM-SHADOW", 125, "locked", json!(["GB.MoD", "US.SecDef"])),
        ("SCALP-EG", 90, "locked", json!(["FR.MinArm", "US.SecDef"])),
    ] {
        let one = find(&found["items"], "item", item);
        assert_eq!((&one["held"], &one["status"]), (&json!(held), &json!(status)), "{one:#}");
        assert_eq!(one["vetoes"], vetoes, "{item}");
        assert_eq!(one["locked"], json!(if status == "free" { 0 } else { held }));
    }
    let sets = &find(&found["items"], "item", "SCALP-EG")["by_sets"];
    assert_eq!(*sets, json!([{ "offices": ["FR.MinArm", "US.SecDef"], "units": 90 }]));
    let without = [&asked[..], &["--without", "us-targeting-data"]].concat();
    let found = ledger.run(&without).good().json();
    for item in ["ATACMS", "STORM-SHADOW", "SCALP-EG"] {
        let left = &find(&found["items"], "item", item)["left"];
        assert_eq!((&left["held"], &left["status"]), (&json!(0), &json!("prohibited")), "{item}");
        assert_eq!(left["lost_inputs"], json!(["us-targeting-data"]));
    }
    assert_eq!(find(&found["items"], "item", "FLAMINGO")["left"]["status"], "free");
}

#[test]
fn missiles_approved_for_delivery_and_not_delivered_become_locked() {
    let ledger = Ledger::new();
    let found = ledger.run(&["policy", "impact", "--from", "v3", "--to", "v4", "--json"]);
    let found = found.good().json();
    let all = found["holdings"].as_array().unwrap();
    let own = all.iter().find(|one| one["item"] == "ERAM" && one["holder"] == "UA").unwrap();
    assert_eq!((&own["held"], &own["to_come"]), (&json!(40), &json!(3310)));
    assert_eq!((&own["locked_after"], &own["by"]), (&json!(3350), &json!(["US.SecDef"])));
    assert_eq!(own["newly_locked"]["units"], 3350);
    let kursk = own["zones"]
        .as_array()
        .unwrap()
        .iter()
        .find(|class| class["zones"].as_array().unwrap().contains(&json!("RU.Kursk")));
    let kursk = kursk.unwrap();
    assert_eq!(kursk["before"]["status"], "free");
    assert_eq!(kursk["after"]["approval_sets"], json!([["US.SecDef"]]));
    let storm = find(&found["requests"], "item", "STORM-SHADOW");
    assert_eq!(storm["before"]["approval_sets"], json!([["GB.MoD"]]));
    assert_eq!(storm["after"]["approval_sets"], json!([["GB.MoD", "US.SecDef"]]));
    assert_eq!(storm["missing_after"], json!([]), "both have signed");
}

/// Every file of the ledger, byte for byte; those that only running processes share aside.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn neither_changes_anything() {
    let ledger = Ledger::new();
    let folder = ledger.folder().join("D");
    let head = ledger.head();
    let before = files(&folder);
    for line in [
        "policy impact --to v4 --json",
        "policy impact --from v1 --to D/pack --csv -",
        "dependence",
        "dependence --holder UA --as-of 2025-03-01 --without us-components --lock-share 50",
        "dependence --holder UA --dot -",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        ledger.run(&words).good();
    }
    assert_eq!(ledger.head(), head);
    assert!(before == files(&folder), "a file of the ledger has changed");
}

/// The statements of a graph: nodes by name, and edges; anything else is a fault.
fn parse(text: &str) -> (BTreeSet<String>, Vec<(String, String)>) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("digraph dependence {"));
    assert_eq!(lines.next(), Some("  rankdir=LR;"));
    let (mut nodes, mut edges) = (BTreeSet::new(), Vec::new());
    let mut closed = false;
    for line in lines {
        assert!(!closed, "after the end: {line}");
        if line == "}" {
            closed = true;
            continue;
        }
        let (name, rest) = string(line.strip_prefix("  ").unwrap());
        if let Some(rest) = rest.strip_prefix(" -> ") {
            let (to, rest) = string(rest);
            edges.push((name, to));
            attributes(rest);
        } else {
            nodes.insert(name);
            attributes(rest);
        }
    }
    assert!(closed, "it is not closed");
    (nodes, edges)
}

/// A quoted string at the start, and what follows it.
fn string(text: &str) -> (String, &str) {
    let mut found = String::new();
    let mut chars = text.strip_prefix('"').unwrap_or_else(|| panic!("{text}")).char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (found, &text[at + 2..]),
            '\\' => match chars.next().unwrap().1 {
                'n' => found.push('\n'),
                escaped @ ('"' | '\\') => found.push(escaped),
                other => panic!("\\{other} in {text}"),
            },
            c => found.push(c),
        }
    }
    panic!("the string is not closed: {text}");
}

/// ` [name="string", name=word];`
fn attributes(text: &str) {
    let mut rest = text.strip_prefix(" [").unwrap_or_else(|| panic!("{text}"));
    loop {
        let (name, after) = rest.split_once('=').unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{text}");
        rest = if after.starts_with('"') {
            string(after).1
        } else {
            after.trim_start_matches(|c: char| c.is_ascii_alphanumeric())
        };
        match rest.strip_prefix(", ") {
            Some(more) => rest = more,
            None => break assert_eq!(rest, "];", "{text}"),
        }
    }
}

#[test]
fn a_graph_of_hostile_names_is_well_formed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025");
    let pack = Pack::load(&folder).unwrap();
    let at = "2025-06-01T00:00:00Z".parse().unwrap();
    let mut charter = pack.charter(&BTreeMap::new(), at, FoundingPolicies::All);
    let hostile = "\"]; evil -> \"x\\\" // \u{1b}[31m\n} digraph { é \\";
    for item in &mut charter.items {
        item.title = hostile.to_owned();
    }
    for input in &mut charter.inputs {
        input.title = hostile.to_owned();
    }
    let figures: Vec<Figures> = pack.figures().into_iter().map(|own| own.figures).collect();
    let mut state = State::of_figures(&charter, &figures, at).unwrap();
    state.ledger.exercise = true;
    let bundle = &charter.policies.last().unwrap().bundle;
    let compiled = Compiled::compile(bundle, &charter.world(), true).unwrap();
    let found = report(&state, &Terms::all(&compiled, at));
    let text = dot(&state, bundle, &found);
    let (nodes, edges) = parse(&text);
    for (from, to) in &edges {
        assert!(nodes.contains(from) && nodes.contains(to), "{from:?} -> {to:?}");
    }
    for name in ["holder UA", "item UA/ATACMS", "input us-components", "party US"] {
        assert!(nodes.contains(name), "{name}: {nodes:?}");
    }
    assert!(!text.contains("evil -> \"x\\\\\" //"), "the title has broken out");
    assert!(!text.contains('\u{1b}'));
    let has = |from: &str, to: &str| edges.contains(&(from.to_owned(), to.to_owned()));
    assert!(has("holder UA", "item UA/STORM-SHADOW"));
    assert!(has("item UA/STORM-SHADOW", "input us-targeting-data"));
    assert!(has("input us-targeting-data", "party US"));
    assert!(has("party US", "office US.SACEUR"));
    assert!(has("office US.SACEUR", "item UA/STORM-SHADOW"));
    assert!(has("office GB.MoD", "item UA/STORM-SHADOW"));
    assert!(!edges.iter().any(|(from, to)| from == "office US.SACEUR" && to.ends_with("FLAMINGO")));
}

#[test]
fn a_cell_is_quoted_where_it_has_to_be() {
    let row = ["plain", "a, b", "say \"no\"", "two\nlines", ""].map(str::to_owned);
    let text = csv(&["a", "b", "c", "d", "e"], &[row.to_vec()]);
    assert_eq!(text, "a,b,c,d,e\nplain,\"a, b\",\"say \"\"no\"\"\",\"two\nlines\",\n");
}

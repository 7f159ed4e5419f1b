//! Words that must not stand where they stand.

use super::Spot;
use super::source::{Source, has_word};
use super::tree::Tree;

/// The crates whose results depend on their arguments alone.
const PURE_CRATES: &[&str] = &["countersign-proof", "countersign-core"];

/// What a pure crate must not name, and what to use instead.
const IMPURE: &[(&str, &str)] = &[
    ("SystemTime", "take a Moment as a parameter"),
    ("Instant::now", "take a Moment as a parameter"),
    ("Timestamp::now", "take a Moment as a parameter"),
    ("Zoned::now", "take a Moment as a parameter"),
    ("HashMap", "use BTreeMap: its order is the same in every run"),
    ("HashSet", "use BTreeSet: its order is the same in every run"),
    ("rand::", "ids and nonces arrive with the command"),
    ("getrandom", "ids and nonces arrive with the command"),
    ("OsRng", "ids and nonces arrive with the command"),
    ("SysRng", "ids and nonces arrive with the command"),
    ("std::fs", "take bytes as a parameter"),
    ("std::env", "take the setting as a parameter"),
    ("std::net", "doors talk to the network, not rules"),
    ("std::process", "doors start programs, not rules"),
    ("std::thread", "the caller decides what runs beside what"),
    ("async", "nothing here waits"),
];

/// Cedar's own types are made from hash maps and sets; filling one is no harm, walking one is,
/// and clippy still asks for the reason.
fn is_excused(source: &Source, word: &str) -> bool {
    matches!(word, "HashMap" | "HashSet")
        && source.crate_name() == "countersign-core"
        && source.in_src().is_some_and(|path| path.starts_with("policy/cedar"))
}

/// Where core may count in floats.
fn may_use_floats(source: &Source) -> bool {
    source.crate_name() == "countersign-core"
        && source.in_src().is_some_and(|path| path == "triage.rs" || path.starts_with("triage/"))
}

fn is_pure(source: &&Source) -> bool {
    PURE_CRATES.contains(&source.crate_name())
}

pub(super) fn pure_crates(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in tree.rust.iter().filter(is_pure) {
        for (number, line) in source.product_lines() {
            let named = IMPURE.iter().filter(|(word, _)| has_word(line, word));
            for (word, instead) in named.filter(|(word, _)| !is_excused(source, word)) {
                let message = format!("`{word}`: {instead}");
                spots.push(Spot::fault(&source.path, number, message));
            }
        }
    }
}

pub(super) fn floats(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in tree.rust.iter().filter(is_pure).filter(|source| !may_use_floats(source)) {
        for (number, line) in source.product_lines() {
            for word in ["f32", "f64"].into_iter().filter(|word| has_word(line, word)) {
                let message = format!("`{word}`: count in whole numbers");
                spots.push(Spot::fault(&source.path, number, message));
            }
        }
    }
}

pub(super) fn catch_all(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in tree.rust.iter().filter(|s| s.crate_name() == "countersign-core") {
        for (number, line) in source.product_lines() {
            if has_catch_all(line) && !excused(source, number) {
                let message = "write the arms out, or say why not: `// catch-all: reason`";
                spots.push(Spot::fault(&source.path, number, message));
            }
        }
    }
}

/// Whether an arm's whole pattern is `_`, with or without a guard.
fn has_catch_all(line: &str) -> bool {
    line.match_indices('_').any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let next = line.get(at.saturating_add(1)..).unwrap_or_default().trim_start();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
            && (next.starts_with("=>") || next.starts_with("if "))
    })
}

/// Whether the line, or the comment right above it, says why.
fn excused(source: &Source, number: usize) -> bool {
    let comment = |number: usize| {
        source.comments.get(number.saturating_sub(1)).map(|line| line.trim()).unwrap_or_default()
    };
    let says_why = |number: usize| {
        let reason = comment(number).split_once("catch-all:").map(|(_, reason)| reason.trim());
        reason.is_some_and(|reason| !reason.is_empty())
    };
    let only_comment = |number: usize| {
        let code = source.code.get(number.saturating_sub(1));
        code.is_some_and(|code| code.trim().is_empty()) && !comment(number).is_empty()
    };
    let above = (1..number).rev().take_while(|above| only_comment(*above));
    says_why(number) || above.into_iter().any(says_why)
}

pub(super) fn ignored_tests(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in &tree.rust {
        for (number, code) in (1..).zip(&source.code) {
            let plain = code.replace(' ', "");
            if plain.contains("#[ignore]") || plain.contains("#[ignore=\"\"]") {
                let message = "say why nobody runs it: `#[ignore = \"reason\"]`";
                spots.push(Spot::fault(&source.path, number, message));
            }
        }
    }
}

pub(super) fn unfinished(tree: &Tree, spots: &mut Vec<Spot>) {
    let mut look = |path: &str, lines: &mut dyn Iterator<Item = &str>| {
        for (number, line) in (1..).zip(lines) {
            for mark in ["TODO", "FIXME"].into_iter().filter(|mark| has_word(line, mark)) {
                let message = format!("{mark}: finish it, or write it down where people look");
                spots.push(Spot::fault(path, number, message));
            }
        }
    };
    for source in &tree.rust {
        look(&source.path, &mut source.comments.iter().map(String::as_str));
    }
    for page in tree.pages.iter().filter(|page| !page.path.ends_with(".md")) {
        look(&page.path, &mut page.text.lines());
    }
}

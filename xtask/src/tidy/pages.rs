//! Names, numbers and pages.

use super::Spot;
use super::source::{Function, Source};
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

const EMPTY_NAMES: &[&str] = &[
    "mod", "util", "utils", "common", "helper", "helpers", "manager", "managers", "service",
    "services", "misc",
];

const PAGE_PARTS: &[&str] = &["## Context", "## Choice", "## Rejected", "## Consequence"];

pub(super) fn file_names(tree: &Tree, spots: &mut Vec<Spot>) {
    for path in tree.paths.iter().filter(|p| p.starts_with("crates/") || p.starts_with("xtask/")) {
        let empty = |part: &str| {
            let stem = part.split('.').next().unwrap_or(part);
            EMPTY_NAMES.iter().any(|name| stem == *name || stem.ends_with(&format!("_{name}")))
        };
        if let Some(part) = path.split('/').find(|part| empty(part)) {
            let message = format!("`{part}` says nothing; name it after the question it answers");
            spots.push(Spot::fault(path, 0, message));
        }
    }
}

pub(super) fn rejection_codes(tree: &Tree, spots: &mut Vec<Spot>) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for source in tree.rust.iter().filter(|s| s.crate_name() == "countersign-core") {
        for function in source.product_functions().filter(|f| gives_rejection_codes(source, f)) {
            for (number, code) in codes(source, function) {
                let place = format!("{}:{number}", source.path);
                if let Some(earlier) = first.get(&code) {
                    let message = format!("the code {code} is given at {earlier} too");
                    spots.push(Spot::fault(&source.path, number, message));
                } else {
                    first.insert(code, place);
                }
            }
        }
    }
}

/// Whether this is `fn code` in an `impl` of a type whose name ends with `Rejection`.
fn gives_rejection_codes(source: &Source, function: &Function) -> bool {
    let above = source.code.iter().take(function.line).rev();
    let header = above.into_iter().find(|line| line.trim_start().starts_with("impl"));
    function.name == "code"
        && header.is_some_and(|line| {
            line.split(|l: char| !l.is_alphanumeric()).any(|word| word.ends_with("Rejection"))
        })
}

/// The literals that the arms of a function give.
fn codes(source: &Source, function: &Function) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for number in function.body.clone() {
        let index = number.saturating_sub(1);
        let (Some(text), Some(code)) = (source.text.get(index), source.code.get(index)) else {
            continue;
        };
        let Some((_, value)) = text.split_once("=>").filter(|_| code.contains("=>")) else {
            continue;
        };
        let value = value.trim_start().trim_start_matches("Code(");
        let end = |letter: char| matches!(letter, ',' | ')' | ' ' | '}');
        let literal = match value.strip_prefix('"') {
            Some(text) => text.split('"').next().unwrap_or_default(),
            None => value.split(end).next().unwrap_or_default(),
        };
        let is_number = literal.starts_with(|letter: char| letter.is_ascii_digit());
        if value.starts_with('"') || is_number {
            found.push((number, literal.to_owned()));
        }
    }
    found
}

pub(super) fn decisions(tree: &Tree, spots: &mut Vec<Spot>) {
    let mut numbers = BTreeSet::new();
    let folder = "docs/decisions/";
    for page in tree.pages.iter().filter(|page| page.path.starts_with(folder)) {
        let name = page.path.trim_start_matches(folder);
        let number = name.split_once('-').filter(|(digits, _)| digits.len() == 4);
        let Some(number) = number.and_then(|(digits, _)| digits.parse::<usize>().ok()) else {
            spots.push(Spot::fault(&page.path, 0, "name it NNNN-what-was-decided.md"));
            continue;
        };
        if !numbers.insert(number) {
            spots.push(Spot::fault(&page.path, 0, format!("{number:04} is taken twice")));
        }
        for part in PAGE_PARTS {
            if !page.text.lines().any(|line| line.trim_end() == *part) {
                spots.push(Spot::fault(&page.path, 0, format!("`{part}` is missing")));
            }
        }
    }
    let last = numbers.last().copied().unwrap_or(0);
    for missing in (1..=last).filter(|number| !numbers.contains(number)) {
        spots.push(Spot::fault(folder, 0, format!("number {missing:04} is missing")));
    }
}

pub(super) fn clippy_settings(tree: &Tree, spots: &mut Vec<Spot>) {
    let Some(root) = tree.page("clippy.toml") else { return };
    let is_setting = |line: &&str| line.contains(" = ") && !line.starts_with([' ', '#']);
    for page in tree.pages.iter().filter(|page| page.path.ends_with("/clippy.toml")) {
        for setting in root.text.lines().filter(is_setting) {
            if !page.text.lines().any(|line| line == setting) {
                let message = format!("repeat the root's `{setting}`");
                spots.push(Spot::fault(&page.path, 0, message));
            }
        }
    }
}

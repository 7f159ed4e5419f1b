//! Names, numbers and pages.

use super::Spot;
use super::layers::module_of;
use super::source::Source;
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
        let Some(own) = module_of(source) else { continue };
        for (number, room, code) in codes(source) {
            if room != own {
                let message = format!("the table of {own} names the room {room}");
                spots.push(Spot::fault(&source.path, number, message));
            }
            let full = format!("{room}/{code}");
            if let Some(earlier) = first.get(&full) {
                let message = format!("the code {full} is given at {earlier} too");
                spots.push(Spot::fault(&source.path, number, message));
            } else {
                first.insert(full, format!("{}:{number}", source.path));
            }
        }
    }
}

/// Line, room and code of every row of the `rejections!( … Name in "room" { … = "code", … })`
/// tables of a file. A table ends where a line is `);`.
fn codes(source: &Source) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    let mut room = None;
    let mut inside = false;
    for ((number, code), text) in source.product_lines().zip(&source.text) {
        if code.trim_start().starts_with("rejections!") {
            (inside, room) = (true, None);
        } else if code.trim() == ");" {
            inside = false;
        }
        if inside && code.contains(" in \"") {
            room = quoted_after(text, " in ");
        }
        if let (true, Some(room), true) = (inside, room, code.contains("= \"")) {
            found.extend(quoted_after(text, "= ").map(|code| (number, room, code)));
        }
    }
    found
}

/// What stands in quotes right after `mark`.
fn quoted_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("{mark}\""))?;
    rest.split('"').next()
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

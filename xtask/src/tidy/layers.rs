//! Who may use whom: crates, the rooms of core, the modules of proof, and Cedar.

use super::Spot;
use super::source::{Source, has_word};
use super::tree::{Page, Tree};

/// The crates in their one straight line.
const CRATES: &[&str] =
    &["countersign-proof", "countersign-core", "countersign-store", "countersign"];

/// What stands beside the line and may use a crate of it all the same.
const BESIDE: &[(&str, &str)] = &[
    ("fuzz", "countersign-proof"),
    ("tests/postgres", "countersign-proof"),
    ("tests/postgres", "countersign-store"),
    ("tests/simulation", "countersign-proof"),
    ("tests/simulation", "countersign-core"),
    ("tests/simulation", "countersign-store"),
    ("tests/simulation", "countersign"),
];

/// The modules of a crate in tiers: a module may use its own tier and those before it. A module
/// that no tier names is free.
struct Layering {
    crate_name: &'static str,
    tiers: &'static [&'static [&'static str]],
}

const LAYERINGS: &[Layering] = &[
    Layering {
        crate_name: "countersign-core",
        tiers: &[
            &["ledger", "people", "stock", "policy"],
            &["requests"],
            &["triage"],
            &["rerouting"],
            &["dependence", "evidence", "record", "invariants"],
        ],
    },
    Layering {
        crate_name: "countersign-proof",
        tiers: &[&["words"], &["statement"], &["signature"], &["entry", "bundle"]],
    },
];

const CEDAR: &str = "cedar_policy";
const CEDAR_PACKAGE: &str = "cedar-policy";

/// Where the policy engine may be named.
fn may_name_cedar(path: &str) -> bool {
    let core = "crates/countersign-core/";
    path.strip_prefix(core).is_some_and(|inside| {
        inside == "src/policy/cedar.rs"
            || inside.starts_with("src/policy/cedar/")
            || inside.starts_with("tests/")
    })
}

pub(super) fn crates(tree: &Tree, spots: &mut Vec<Spot>) {
    for page in manifests(tree) {
        let folder = page.path.trim_end_matches("/Cargo.toml");
        let name = folder.trim_start_matches("crates/");
        let own = CRATES.iter().position(|known| *known == name);
        if own.is_none() && folder.starts_with("crates/") {
            let message = format!("{name} is not in the line of crates; give it a place there");
            spots.push(Spot::fault(&page.path, 0, message));
            continue;
        }
        for (line, used) in dependencies(&page.text) {
            let Some(other) = CRATES.iter().position(|known| *known == used) else { continue };
            // What has no place in the line, such as xtask, may use none of them.
            let allowed = own.is_some_and(|own| other < own) || BESIDE.contains(&(name, used));
            if !allowed {
                let message = format!("{name} must not use {used}");
                spots.push(Spot::fault(&page.path, line, message));
            }
        }
    }
}

pub(super) fn cedar(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in tree.rust.iter().filter(|source| !may_name_cedar(&source.path)) {
        for (line, code) in (1..).zip(&source.code) {
            if has_word(code, CEDAR) {
                let message = format!("{CEDAR} is named here; ask the room policy instead");
                spots.push(Spot::fault(&source.path, line, message));
            }
        }
    }
    for page in manifests(tree).filter(|page| page.path != "crates/countersign-core/Cargo.toml") {
        for (line, used) in dependencies(&page.text) {
            if used == CEDAR_PACKAGE {
                let message = format!("only core depends on {CEDAR_PACKAGE}");
                spots.push(Spot::fault(&page.path, line, message));
            }
        }
    }
}

pub(super) fn modules(tree: &Tree, spots: &mut Vec<Spot>) {
    for layering in LAYERINGS {
        for source in tree.rust.iter().filter(|s| s.crate_name() == layering.crate_name) {
            let Some(module) = module_of(source) else { continue };
            let Some(own) = layering.tier(module) else { continue };
            for (line, used) in uses(source) {
                if layering.tier(&used).is_some_and(|other| other > own) {
                    let message = format!("{module} must not use {used}, which comes after it");
                    spots.push(Spot::fault(&source.path, line, message));
                }
            }
        }
    }
}

impl Layering {
    fn tier(&self, module: &str) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.contains(&module))
    }
}

/// The top module a file belongs to: `stock` for `src/stock.rs` and `src/stock/items.rs`.
pub(super) fn module_of(source: &Source) -> Option<&str> {
    let first = source.in_src()?.split('/').next()?;
    Some(first.trim_end_matches(".rs"))
}

/// The top modules that a file's shipped code names, by line.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let depth = source.in_src().map_or(0, |path| path.split('/').count());
    // From `room.rs`, `super::` is the crate's root; from `room/file.rs`, `super::super::` is.
    let upwards = "super::".repeat(depth);
    let mut line_starts = Vec::new();
    let mut code = String::new();
    for (number, line) in source.product_lines() {
        line_starts.push((code.len(), number));
        code.push_str(line);
        code.push('\n');
    }
    let mut found = Vec::new();
    for root in ["crate::", &upwards] {
        for (at, _) in code.match_indices(root).filter(|(at, _)| starts_a_path(&code, *at)) {
            let after = code.get(at.saturating_add(root.len())..).unwrap_or_default();
            let started = line_starts.iter().rev().find(|(start, _)| *start <= at);
            let line = started.map_or(0, |(_, number)| *number);
            found.extend(first_names(after).into_iter().map(|name| (line, name)));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn starts_a_path(code: &str, at: usize) -> bool {
    let before = code.get(..at).and_then(|text| text.chars().next_back());
    !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':')
}

/// The first names of `people::X`, or of every branch of `{people::X, stock}`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|l| l.is_alphanumeric() || *l == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut names = vec![name(group)];
    let mut depth = 0_usize;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth = depth.saturating_add(1),
            '}' if depth == 0 => break,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(name(group.get(at.saturating_add(1)..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn manifests(tree: &Tree) -> impl Iterator<Item = &Page> {
    tree.pages.iter().filter(|page| page.path.ends_with("/Cargo.toml"))
}

/// The names in every dependency table of a manifest, by line.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(manifest.lines().map(str::trim)) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            if let Some((parent, name)) = table.rsplit_once('.')
                && parent.ends_with("dependencies")
            {
                found.push((number, name));
            }
        } else if inside && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                found.push((number, name));
            }
        }
    }
    found
}

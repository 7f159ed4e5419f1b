//! The contrast of the style sheet. Answers: *can everything be read, by day and by night?*
//!
//! The colours are read from the style sheet itself, so that whoever changes one is told here. WCAG
//! 2.2 asks 4.5 to 1 of text (1.4.3) and 3 to 1 of what carries meaning without being text
//! (1.4.11).
#![allow(clippy::float_arithmetic, clippy::arithmetic_side_effects, reason = "tests")]
#![allow(clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

const STYLE: &str = include_str!("../../static/style.css");

/// Text on the grounds that it stands on. What stands in one rule together is found by itself.
const TEXT: &[(&str, &[&str])] = &[
    (
        "ink",
        &[
            "ground",
            "surface",
            "sunken",
            "flow",
            "unknown-ground",
            "good-ground",
            "watch-ground",
            "bad-ground",
        ],
    ),
    ("quiet", &["ground", "surface", "sunken"]),
    ("accent", &["ground", "surface", "sunken"]),
    ("bad", &["ground", "surface"]),
    ("watch", &["ground", "surface"]),
    ("on-accent", &["accent"]),
];

/// Lines and shapes that carry a meaning, on what they are drawn on.
const SHAPES: &[(&str, &[&str])] = &[
    ("edge", &["ground", "surface", "sunken"]),
    ("focus", &["ground", "surface", "sunken"]),
    ("accent", &["flow", "watch-ground", "bad-ground", "good-ground"]),
    ("good", &["good-ground", "watch-ground", "bad-ground", "ground", "surface", "sunken"]),
    ("watch", &["good-ground", "watch-ground", "bad-ground", "ground", "surface", "sunken"]),
    ("bad", &["good-ground", "watch-ground", "bad-ground", "ground", "surface", "sunken"]),
    ("unknown", &["good-ground", "watch-ground", "bad-ground", "ground", "surface", "sunken"]),
    ("ink", &["good-ground", "watch-ground", "bad-ground"]),
];

/// Rules between rows: they only help, and nothing is lost without them.
const DECORATION: &[&str] = &["line"];

/// Each colour by its name, by day and by night.
fn tokens() -> BTreeMap<&'static str, [&'static str; 2]> {
    let declared = STYLE.lines().filter_map(|line| {
        let (name, rest) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
        let (day, night) = rest.strip_suffix(");")?.split_once(", ")?;
        Some((name, [day, night]))
    });
    declared.collect()
}

/// The relative luminance of `#rrggbb`, after WCAG 2.2.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect(colour)) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn ratio(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Which of the pairs fall short, and by how much.
fn short(pairs: &[(&str, &str)], least: f64) -> Vec<String> {
    let tokens = tokens();
    let mut found = Vec::new();
    for (text, ground) in pairs {
        for (scheme, at) in [("light", 0), ("dark", 1)] {
            let named = |name: &str| tokens.get(name).unwrap_or_else(|| panic!("no --{name}"))[at];
            let ratio = ratio(named(text), named(ground));
            if ratio < least {
                found.push(format!("{text} on {ground}, {scheme}: {ratio:.2} < {least}"));
            }
        }
    }
    found
}

fn flat<'a>(list: &[(&'a str, &[&'a str])]) -> Vec<(&'a str, &'a str)> {
    list.iter().flat_map(|(text, grounds)| grounds.iter().map(|g| (*text, *g))).collect()
}

/// Text and ground that one rule of the style sheet sets together.
fn set_together() -> Vec<(&'static str, &'static str)> {
    let value = |rule: &'static str, property: &str| {
        rule.split(';').find_map(|declaration| {
            let (name, value) = declaration.trim().split_once(':')?;
            let token = value.trim().strip_prefix("var(--")?.strip_suffix(')')?;
            (name == property).then_some(token)
        })
    };
    let rules = STYLE.split('{').filter_map(|rule| rule.split('}').next());
    rules.filter_map(|rule| Some((value(rule, "color")?, value(rule, "background")?))).collect()
}

#[test]
fn black_on_white_is_21_to_1_and_a_known_grey_is_4_54() {
    assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    assert!((ratio("#767676", "#ffffff") - 4.54).abs() < 0.005);
}

#[test]
fn every_text_can_be_read_on_its_ground() {
    let mut pairs = flat(TEXT);
    let together = set_together();
    assert!(together.len() >= 10, "the style sheet is not read as it is written: {together:?}");
    pairs.extend(together);
    assert_eq!(short(&pairs, 4.5), Vec::<String>::new());
}

#[test]
fn every_shape_can_be_told_from_its_ground() {
    assert_eq!(short(&flat(SHAPES), 3.0), Vec::<String>::new());
}

#[test]
fn no_colour_goes_untested_and_none_stands_outside_the_tokens() {
    let mut tested: BTreeSet<&str> = DECORATION.iter().copied().collect();
    let pairs = [flat(TEXT), flat(SHAPES), set_together()].concat();
    tested.extend(pairs.iter().flat_map(|(text, ground)| [*text, *ground]));
    let tokens = tokens();
    assert!(tokens.len() > 15, "the tokens are not read as they are written: {tokens:?}");
    let untested: Vec<_> = tokens.keys().filter(|name| !tested.contains(*name)).collect();
    assert!(untested.is_empty(), "no pair of text and ground names {untested:?}");

    let (_, rules) = STYLE.split_once("@layer base").unwrap();
    let (screen, _) = rules.rsplit_once("@layer print").unwrap();
    let is_colour = |word: &str| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_hexdigit());
    for part in screen.split('#').skip(1) {
        let word: String = part.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        assert!(!is_colour(&word), "#{word} is a colour outside the tokens");
    }
}

#[test]
fn every_variable_that_is_used_is_declared() {
    let declared = |name: &str| STYLE.contains(&format!("--{name}:"));
    for part in STYLE.split("var(--").skip(1) {
        let name: String = part.chars().take_while(|c| *c == '-' || c.is_alphanumeric()).collect();
        assert!(declared(&name), "--{name} is used and not declared");
    }
}

#[test]
fn the_style_sheet_is_small() {
    assert!(STYLE.len() <= 30 * 1024, "{} bytes", STYLE.len());
}

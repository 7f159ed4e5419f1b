//! Mistakes in `triage.toml`, each told where it stands and with what to do about it.

use countersign::pack::{Fault, code, triage_rules};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn text(folder: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("tests/triage").join(folder).join("triage.toml")).unwrap()
}

fn faults(text: &str) -> Vec<Fault> {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("triage.toml"), text).unwrap();
    triage_rules(dir.path()).err().unwrap_or_default()
}

/// A mistake: in which pack, what is replaced by what, the code, what is said and what to do.
type Mistake = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    (
        "aabb-days",
        "enter = \"3 days\"",
        "enter = 3.0",
        code::VALUE_KIND,
        "not a text",
        "write a text",
    ),
    (
        "aabb-days",
        "\"3 days\"",
        "\"3days\"",
        code::WORD_UNFIT,
        "\"3days\" is not a limit",
        "2 days",
    ),
    ("aabb-days", "\"3 days\"", "\"40 %\"", code::WORD_UNFIT, "in share, but", "write it in days"),
    (
        "aabb-days",
        "\"3 days\"",
        "\"1 day\"",
        code::RULE_UNFIT,
        "never holds",
        "let red begin beyond",
    ),
    (
        "aabb-days",
        "enter = \"1 day\"",
        "enter = \"1 day\"\nleave = \"0.9 days\"",
        code::RULE_UNFIT,
        "wrong side",
        "leave the class at 1 day",
    ),
    (
        "aabb-days",
        "class = \"low\"",
        "class = \"prepared\"",
        code::RULE_UNFIT,
        "takes none",
        "class",
    ),
    (
        "aabb-days",
        "class = \"low\"",
        "class = \"lo\"",
        code::REFERENCE_DANGLING,
        "no class lo",
        "correct the name",
    ),
    (
        "aabb-days",
        "label = \"low\"",
        "label = \"unknown\"",
        code::WORD_UNFIT,
        "is not known",
        "another label",
    ),
    (
        "aabb-days",
        "label = \"red\"",
        "label = \"low\"",
        code::ID_TWICE,
        "low stands twice",
        "remove one",
    ),
    ("aabb-days", "severity = 3", "severity = 4", code::NUMBER_UNFIT, "bounds", "from 0 to 3"),
    (
        "aabb-days",
        "severity = 0",
        "severity = 2\n",
        code::ORDER_WRONG,
        "low stands out of order",
        "from best to worst",
    ),
    ("aabb-days", "severity = 0\n", "", code::KEY_MISSING, "no \"severity\"", "add severity"),
    ("aabb-days", "labels = ", "lables = ", code::KEY_UNKNOWN, "takes no \"lables\"", "labels"),
    (
        "aabb-days",
        "over = \"7 days\"",
        "over = \"a week\"",
        code::WORD_UNFIT,
        "\"a week\" is not",
        "12 months",
    ),
    ("aabb-days", "over = \"7 days\"\n", "", code::KEY_MISSING, "no \"over\"", "add over"),
    (
        "aabb-days",
        "against = \"daily-use\"",
        "against = \"use\"",
        code::WORD_UNFIT,
        "\"use\" is not",
        "daily-use",
    ),
    (
        "aabb-days",
        "standing = \"reported\"",
        "standing = \"rumoured\"",
        code::WORD_UNFIT,
        "\"rumoured\"",
        "write",
    ),
    (
        "nhs-amber-held",
        "dwell = \"28 days\"",
        "dwell = \"4 weeks\"",
        code::WORD_UNFIT,
        "\"4 weeks\"",
        "28 days",
    ),
    (
        "nhs-amber-held",
        "dwell = \"28 days\"",
        "dwell = \"4000 days\"",
        code::NUMBER_UNFIT,
        "4000 is outside",
        "from 0 to 3660",
    ),
    (
        "canada-five-phases",
        "repeats = 3",
        "repeats = 0",
        code::NUMBER_UNFIT,
        "repeats = 0",
        "from 1 to 100",
    ),
    (
        "canada-five-phases",
        "leave = \"6 days\"",
        "enter = \"6 days\"",
        code::RULE_UNFIT,
        "of this kind",
        "change or remove enter",
    ),
    (
        "canada-five-phases",
        "\"returning\"",
        "\"return\"",
        code::WORD_UNFIT,
        "\"return\"",
        "returning",
    ),
    (
        "munitions-requirement",
        "count = \"unencumbered\"",
        "count = \"free\"",
        code::WORD_UNFIT,
        "\"free\"",
        "on-hand or unencumbered",
    ),
    ("munitions-requirement", "\"training\"", "\"\"", code::TEXT_UNFIT, "is empty", "fill it"),
    (
        "yellow-fever-floor",
        "units = 6000000",
        "units = -1",
        code::QUANTITY_UNFIT,
        "\"-1\"",
        "digits only",
    ),
    (
        "yellow-fever-floor",
        "units = 6000000",
        "units = 10.5",
        code::QUANTITY_UNFIT,
        "\"10.5\"",
        "digits only",
    ),
    (
        "yellow-fever-floor",
        "from = 2016-05-01",
        "from = 2016-05-32",
        code::DATE_UNFIT,
        "2016-05-32",
        "2025-06-01",
    ),
    (
        "yellow-fever-floor",
        "from = 2016-05-01",
        "from = 2000-05-01",
        code::ORDER_WRONG,
        "out of order",
        "dates upwards",
    ),
    (
        "eu-oil-cover",
        "measure = \"products\"",
        "measure = \"crude\"",
        code::REFERENCE_DANGLING,
        "no measure crude",
        "declare it",
    ),
    ("eu-oil-cover", "enter = \"1/3\"\n", "", code::KEY_MISSING, "neither \"enter\"", "add enter"),
    (
        "eu-oil-cover",
        "days = \"61 days\"",
        "days = \"2 months\"",
        code::WORD_UNFIT,
        "\"2 months\"",
        "28 days",
    ),
    (
        "arms-notices",
        "\"25000000 USD\"",
        "\"25,000,000 USD\"",
        code::WORD_UNFIT,
        "25,000,000",
        "14000000 USD",
    ),
    (
        "arms-notices",
        "\"25000000 USD\"",
        "\"25000000 usd\"",
        code::REFERENCE_DANGLING,
        "currency",
        "correct",
    ),
    (
        "arms-notices",
        "days = \"15 days\"",
        "days = \"0 days\"",
        code::NUMBER_UNFIT,
        "0 is outside",
        "from 1",
    ),
    (
        "nhs-red-cells",
        "cadence = \"daily\"",
        "cadence = \"hourly\"",
        code::WORD_UNFIT,
        "\"hourly\"",
        "daily, weekly or monthly",
    ),
    (
        "nhs-red-cells",
        "name = \"platelets\"",
        "name = \"red-cells\"",
        code::ID_TWICE,
        "red-cells stands twice",
        "another name",
    ),
    (
        "nhs-red-cells",
        "horizon = \"1 month\"",
        "horizon = \"200 months\"",
        code::NUMBER_UNFIT,
        "200 is outside",
        "from 0 to 120",
    ),
    (
        "nhs-red-cells",
        "horizon = \"1 month\"",
        "horizon = \"1 month\"\ndue_in = \"1 month\"",
        code::RULE_UNFIT,
        "due in already",
        "remove due_in",
    ),
];

#[test]
fn every_mistake_is_told_where_it_stands() {
    for (folder, old, new, wanted, said, to_do) in MISTAKES {
        let good = text(folder);
        assert!(good.contains(old), "{folder}: {old}");
        let spoilt = good.replacen(old, new, 1);
        let found = faults(&spoilt);
        let change = good.find(old).unwrap();
        let line = 1 + good[..change].matches('\n').count();
        let fits = |fault: &&Fault| {
            fault.code == *wanted && fault.message.contains(said) && fault.remedy.contains(to_do)
        };
        let fault = found.iter().find(fits);
        let fault = fault.unwrap_or_else(|| panic!("{folder}: {new}: {found:#?}"));
        assert_eq!(fault.file, "triage.toml");
        assert!(fault.column.is_some() && !fault.remedy.is_empty(), "{fault}");
        // What is missing, or wrong of two things together, stands in the same table.
        let off = fault.line.unwrap().abs_diff(u32::try_from(line).unwrap());
        let exact = old.contains(" = ") && new.contains(" = ") && !new.contains('\n');
        let near = if exact && fault.code != code::RULE_UNFIT { 0 } else { 6 };
        assert!(off <= near, "{folder}: {new}: line {line}, but {fault}");
    }
}

#[test]
fn what_cannot_be_read_is_told_too() {
    for (text, wanted) in [
        ("", code::FILE_EMPTY),
        ("[[rule]", code::TOML_SYNTAX),
        ("rule = 3", code::VALUE_KIND),
        ("[[rule]]\nmeasure = [3]", code::VALUE_KIND),
        ("\u{FEFF}cadence = \"daily\"", code::BYTE_ORDER_MARK),
    ] {
        let found = faults(text);
        assert!(found.iter().any(|fault| fault.code == wanted), "{text:?}: {found:#?}");
    }
    let dir = TempDir::new().unwrap();
    assert_eq!(triage_rules(dir.path()).unwrap_err()[0].code, code::FILE_MISSING);
}

/// Every line dropped or doubled, one at a time: whatever comes of it is told, and never a panic.
#[test]
fn a_file_with_any_line_dropped_or_doubled_is_read_or_refused() {
    for folder in ["eu-oil-cover", "canada-five-phases", "yellow-fever-floor", "arms-notices"] {
        let good = text(folder);
        let lines: Vec<&str> = good.lines().collect();
        for index in 0..lines.len() {
            let mut dropped = lines.clone();
            let line = dropped.remove(index);
            let mut doubled = lines.clone();
            doubled.insert(index, line);
            for spoilt in [dropped, doubled] {
                for fault in faults(&spoilt.join("\n")) {
                    assert!(!fault.message.is_empty() && !fault.remedy.is_empty(), "{fault}");
                }
            }
        }
    }
}

//! Whatever is wrong with a history or a mapping: told with file, line, column and remedy, and
//! never a crash. With `on_fault = "skip"` the same rows are left out, counted and listed.

use super::{at, run, text};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

const HEADER: &str = "case,step,when,who,item,units,until\n";
const GOOD: &str = "C1,yes,2020-01-03,Anna,SERUM,10,\n";

struct Trial {
    folder: tempfile::TempDir,
    mapping: String,
}

impl Trial {
    fn new() -> Self {
        let mapping = fs::read_to_string(at("tests/history/golden/mapping.toml")).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), mapping }
    }

    fn with(from: &str, to: &str) -> Self {
        let mut trial = Self::new();
        assert!(trial.mapping.contains(from), "{from}");
        trial.mapping = trial.mapping.replace(from, to);
        trial
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, bytes: &[u8], json: bool) -> Output {
        fs::write(self.path("h.csv"), bytes).unwrap();
        fs::write(self.path("m.toml"), &self.mapping).unwrap();
        let policy = at("tests/history/golden/policy");
        let (file, mapping) = (self.path("h.csv"), self.path("m.toml"));
        let mut arguments = vec![
            "history",
            "audit",
            file.to_str().unwrap(),
            "--mapping",
            mapping.to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
        ];
        if json {
            arguments.push("--json");
        }
        run(&arguments)
    }
}

/// The one fault of a history: its place, what is wrong, and what to do.
fn fault(trial: &Trial, bytes: &[u8]) -> String {
    let output = trial.run(bytes, true);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["error"]["code"], "history/faulty");
    let faults = told["error"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let one = &faults[0];
    assert!(!one["remedy"].as_str().unwrap().is_empty());
    let place = format!("{}:{}", one["line"], one["column"]);
    format!("{place} {} | {}", one["message"].as_str().unwrap(), one["remedy"].as_str().unwrap())
}

#[test]
fn every_bad_row_is_told_with_its_place_and_left_out_where_the_mapping_says_so() {
    let rows: &[(&[u8], &str)] = &[
        (b"C1,yes,2020-01-03,An\xFFna,SERUM,10,", "3:21 the line is not UTF-8 text"),
        (b"C1,yes,2020-01-03,Anna,SERUM,10", "3:1 the row has 6 fields, not 7"),
        (b"C1,maybe,2020-01-03,Anna,SERUM,10,", "3:4 step: the step \"maybe\" is not known"),
        (b"C1,yes,2019-02-29,Anna,SERUM,10,", "there is no 2019-02-29 in the calendar"),
        (b"C1,yes,3 January,Anna,SERUM,10,", "3:8 when: \"3 January\" is written in none of"),
        (b"C1,yes,1066-10-14,Anna,SERUM,10,", "moments are from 1970 to 9999"),
        (b"C1,yes,2020-01-04,Anna,SERUM,\"1,000\",", "write digits only, without separators: 1000"),
        (b"C1,yes,2020-01-04,Anna,SERUM,99999999999999999999,", "no whole number of units"),
        (b"C1,yes,2020-01-04,Anna,SERUM,-4,", "no whole number of units"),
        (b"C1,yes,2020-01-04,Anna,SERUM,1.5,", "no whole number of units"),
        (b"C1,yes,2020-01-04,Dora,SERUM,10,", "Dora approved, but the mapping says for no office"),
        (b"C1,yes,2020-01-04,Anna,SYRUP,10,", "3:24 item: item SYRUP is not declared"),
        (b",yes,2020-01-04,Anna,SERUM,10,", "3:1 case: the row names no case"),
        ("C1,yes,2020-01-04,An\u{202E}na,SERUM,10,".as_bytes(), "U+202E, a bidirectional control"),
        ("C\u{200B}1,yes,2020-01-04,Anna,SERUM,1,".as_bytes(), "U+200B, an invisible character"),
        (b"C1,yes,2020-01-03,Anna,SERUM,10,", "3:1 the row is the same as that in line 2"),
        (b"C1,yes,2020-01-03,\"Anna,SERUM,10,", "3:19 the quotation mark is not closed"),
    ];
    let stop = Trial::new();
    let skip = Trial::with("on_fault = \"stop\"", "on_fault = \"skip\"");
    for (row, expected) in rows {
        let bytes = [HEADER.as_bytes(), GOOD.as_bytes(), row, b"\n"].concat();
        let told = fault(&stop, &bytes);
        assert!(told.contains(expected), "{told}\nis not\n{expected}");
        let output = skip.run(&bytes, true);
        assert!(output.status.success(), "{}", text(&output.stdout));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((value["rows"].as_u64(), value["skipped"].as_u64()), (Some(2), Some(1)));
        let listed = value["skipped_rows"].as_array().unwrap();
        assert!(listed.len() == 1 && listed[0]["line"] == 3, "{listed:?}");
    }
}

#[test]
fn every_faulty_row_of_many_is_told() {
    let mut bytes = HEADER.to_owned();
    for line in 0..200 {
        bytes.push_str(&format!("C{line},maybe,2020-01-03,Anna,SERUM,10,\n"));
    }
    let output = Trial::new().run(bytes.as_bytes(), true);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["error"]["faults"].as_array().unwrap().len(), 200);
}

#[test]
fn a_file_that_is_no_history_is_told() {
    let trial = Trial::new();
    assert!(fault(&trial, b"").contains("the file is empty"));
    assert!(fault(&trial, "step,when,who,item,units,until\n".as_bytes()).contains("\"case\""));
    let twice = format!("case,{HEADER}");
    assert!(fault(&trial, twice.as_bytes()).contains("the column \"case\" stands twice"));
    // Nothing but a header is a history in which nothing happened.
    let output = trial.run(HEADER.as_bytes(), true);
    assert!(output.status.success(), "{}", text(&output.stdout));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((value["rows"].as_u64(), value["acts"].as_u64()), (Some(0), Some(0)));
    let output = trial.run(HEADER.as_bytes(), false);
    assert!(text(&output.stdout).contains("look whether the mapping reads the acts"));
    // A spreadsheet, and bytes of no kind.
    let output = trial.run(b"PK\x03\x04\x00\x00\x00\xFF\xFE", true);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_packed_file_that_is_cut_short_stands_for_nothing() {
    let trial = Trial::with("on_fault = \"stop\"", "on_fault = \"skip\"");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut history = HEADER.to_owned();
    for case in 0..5_000 {
        history.push_str(&format!("C{case},yes,2020-01-03,Anna,SERUM,{},\n", case * 37 % 1_000));
    }
    std::io::Write::write_all(&mut packer, history.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let told = fault(&trial, &packed[..packed.len() / 2]);
    assert!(told.contains("cut short"), "{told}");
    assert!(trial.run(&packed, true).status.success());
}

#[test]
fn a_case_that_comes_back_is_told_with_both_lines() {
    let rows = "C1,yes,2020-01-03,Anna,SERUM,10,\nC2,yes,2020-01-03,Anna,SERUM,10,\n\
                C1,ship,2020-01-04,Dirk,SERUM,10,\n";
    let bytes = format!("{HEADER}{rows}");
    let told = fault(&Trial::new(), bytes.as_bytes());
    assert!(told.starts_with("4:1 ") && told.contains("line 2"), "{told}");
    let parted = Trial::with("grouped = true", "grouped = false");
    assert!(parted.run(bytes.as_bytes(), true).status.success());
}

#[test]
fn rows_that_are_the_same_can_both_have_happened() {
    let bytes = format!("{HEADER}{GOOD}{GOOD}");
    let keep = Trial::with("duplicates = \"fault\"", "duplicates = \"keep\"");
    assert!(keep.run(bytes.as_bytes(), true).status.success());
}

#[test]
fn every_mistake_of_a_mapping_is_told() {
    let cases = [
        ("zone = \"UTC\"", "zone = \"Europe/Atlantis\"", "\"Europe/Atlantis\" is not known"),
        ("\"YYYY-MM-DD\"", "\"YYYY-DD\"", "leaves something out"),
        ("case = \"case\"", "", "the mapping has no case"),
        ("act = \"deliver\"", "act = \"publish\"", "a history of publish is not audited"),
        ("kind = \"refused\"", "kind = \"declined\"", "\"declined\" is not one of"),
        ("ties = \"unknown\"", "ties = \"maybe\"", "\"maybe\" is not one of"),
        ("at = \"when\"\nundated", "undatd", "takes no \"undatd\""),
        ("column = \"step\"\n", "colum = \"step\"\n", "takes no \"colum\""),
        ("grouped = true", "grouped = 1", "not true or false"),
        ("until = \"until\"", "until = \"ends\"", "there is no column \"ends\""),
    ];
    for (from, to, expected) in cases {
        let output = Trial::with(from, to).run(HEADER.as_bytes(), false);
        assert_eq!(output.status.code(), Some(1), "{to}");
        let told = text(&output.stderr);
        assert!(told.contains(expected), "{told}\nis not\n{expected}");
    }
}

#[test]
fn no_bytes_make_it_crash() {
    // Numbers that look random, from a rule that everyone can follow (a linear congruence).
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    let trial = Trial::with("on_fault = \"stop\"", "on_fault = \"skip\"");
    for round in 0..40 {
        let mut bytes = HEADER.as_bytes().to_vec();
        for _ in 0..20 {
            let mut row = GOOD.as_bytes().to_vec();
            for _ in 0..round % 5 {
                let at = usize::from(next()) % row.len();
                row[at] = next();
            }
            bytes.extend(row);
        }
        let output = trial.run(&bytes, true);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}", output.status);
    }
}

//! The two real records. They are not part of the project: where they are not at hand, the tests
//! say so loudly and look at nothing. They lie in `../shared/data` beside the project, or where
//! `COUNTERSIGN_DATA` says.

use super::{at, audit};
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

fn data(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("COUNTERSIGN_DATA").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| at("../../../shared/data")).join(file);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("\n*** NOT TESTED: {} is not at hand ***\n", path.display());
    None
}

/// A day as a number that grows with it.
fn day(text: &str) -> Option<u32> {
    let mut parts = text.split('/').map(|part| part.parse::<u32>().ok());
    let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
    Some(year * 372 + month * 31 + day)
}

fn doses(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

#[test]
fn loans_are_found_as_a_plain_comparison_of_times_finds_them() {
    let Some(path) = data("loan-approvals-2012.csv.gz") else { return };
    let example = at("../../examples/loan-approvals");
    let (value, list) = audit(&path, &example.join("mapping.toml"), &example.join("policy"));
    // The time with its offset, in milliseconds; all are of two offsets.
    let moment = |text: &str| {
        let time: jiff::Timestamp = text.parse().unwrap();
        time.as_millisecond()
    };
    let mut cases: BTreeMap<String, Vec<(String, i64, String)>> = BTreeMap::new();
    let mut rows = 0u64;
    for row in csv::Reader::from_reader(GzDecoder::new(File::open(&path).unwrap())).records() {
        let row = row.unwrap();
        rows += 1;
        let step = (row[2].to_owned(), moment(&row[1]), row[3].to_owned());
        cases.entry(row[0].to_owned()).or_default().push(step);
    }
    let (mut acts, mut fine) = (0u64, 0u64);
    let mut found: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for steps in cases.values() {
        let of = |name: &'static str| steps.iter().filter(move |(step, _, _)| step == name);
        let askers: Vec<&String> = of("A_SUBMITTED").map(|(_, _, who)| who).collect();
        // No application here is refused or cancelled beside being activated, and each is activated
        // once, for the amount that was approved: what is left is which came first.
        for (_, done, _) in of("A_ACTIVATED") {
            assert_eq!(of("A_DECLINED").count() + of("A_CANCELLED").count(), 0);
            acts += 1;
            let approvals: Vec<i64> = of("A_APPROVED")
                .filter(|(_, _, who)| !askers.contains(&who))
                .map(|(_, when, _)| *when)
                .collect();
            if approvals.iter().any(|when| when < done) {
                fine += 1;
            } else if approvals.contains(done) {
                *found.entry(("possible", "before")).or_default() += 1;
            } else if approvals.is_empty() {
                *found.entry(("certain", "without")).or_default() += 1;
            } else {
                *found.entry(("certain", "before")).or_default() += 1;
            }
        }
    }
    assert_eq!(value["rows"].as_u64(), Some(rows));
    assert_eq!(value["cases"].as_u64(), Some(cases.len() as u64));
    assert_eq!(value["acts"].as_u64(), Some(acts));
    assert_eq!(value["fine"].as_u64(), Some(fine));
    for kind in ["without", "before", "beyond"] {
        for certainty in ["certain", "possible"] {
            let expected = found.get(&(certainty, kind)).copied().unwrap_or(0);
            assert_eq!(value["findings"][kind][certainty].as_u64(), Some(expected), "{kind}");
        }
    }
    assert_eq!(list.len() as u64, found.values().sum::<u64>());
}

#[test]
fn doses_are_found_as_a_plain_comparison_of_figures_finds_them() {
    let Some(path) = data("icg-ocv-requests-2016-2024.csv") else { return };
    let example = at("../../examples/cholera-vaccine");
    let (value, list) = audit(&path, &example.join("mapping.toml"), &example.join("policy"));
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_path(&path).unwrap().into_records().map(Result::unwrap).collect();
    let shipped = |row: &csv::StringRecord| doses(&row[8]).filter(|doses| *doses > 0);
    assert_eq!(value["rows"].as_u64(), Some(rows.len() as u64));
    assert_eq!(value["skipped"], 0);
    assert_eq!(value["acts"].as_u64(), Some(rows.iter().filter_map(shipped).count() as u64));
    let mut cases: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        cases.entry((&row[1], &row[2])).or_default().push(index);
    }
    assert_eq!(value["cases"].as_u64(), Some(cases.len() as u64));
    // Of the cases of one row whose two dates are known, and days apart.
    let mut looked_at = 0;
    for places in cases.values().filter(|places| places.len() == 1) {
        let row = &rows[places[0]];
        let (Some(decided), Some(used)) = (day(&row[5]), day(&row[9])) else { continue };
        let Some(shipped) = shipped(row) else { continue };
        if decided.abs_diff(used) < 5 {
            continue;
        }
        looked_at += 1;
        let approved = doses(&row[7]).filter(|_| row[3].to_lowercase().contains("approved"));
        let expected = match approved {
            Some(approved) if decided < used && shipped > approved => Some("beyond"),
            Some(approved) if decided < used && shipped <= approved => None,
            Some(approved) if shipped <= approved => Some("before"),
            Some(_) | None => Some("without"),
        };
        let line = (places[0] + 2).to_string();
        let found: Vec<(&str, &str)> =
            list.iter().filter(|row| row[1] == line).map(|row| (&row[4], &row[5])).collect();
        let expected: Vec<(&str, &str)> =
            expected.into_iter().map(|kind| (kind, "certain")).collect();
        assert_eq!(found, expected, "line {line}");
    }
    assert!(looked_at > 50, "{looked_at}");
}

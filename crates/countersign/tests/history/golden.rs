//! The golden history: its README says what is found of each shipment, and why.

use super::{at, audit};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// By case: the findings of each shipment, in the order of lines.
fn by_hand() -> BTreeMap<String, Vec<String>> {
    let readme = fs::read_to_string(at("tests/history/golden/README.md")).unwrap();
    let rows = readme.lines().filter(|line| line.starts_with("| C"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let findings = cells[2].split(';').map(|found| found.trim().to_owned()).collect();
        (cells[0].to_owned(), findings)
    })
    .collect()
}

/// The same, as the audit lists it.
fn listed(file: &Path, mapping: &Path) -> (serde_json::Value, BTreeMap<String, Vec<String>>) {
    let golden = at("tests/history/golden");
    let (value, list) = audit(file, mapping, &golden.join("policy"));
    let history = fs::read_to_string(golden.join("history.csv")).unwrap();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (index, line) in history.lines().enumerate() {
        if !line.contains(",ship,") {
            continue;
        }
        let number = (index + 1).to_string();
        let own = list.iter().filter(|row| row[1] == number);
        let words: Vec<String> = own.map(|row| format!("{} {}", &row[5], &row[4])).collect();
        let words = if words.is_empty() { "fine".to_owned() } else { words.join(", ") };
        told.entry(line.split(',').next().unwrap().to_owned()).or_default().push(words);
    }
    (value, told)
}

#[test]
fn the_golden_history_is_judged_as_by_hand() {
    let golden = at("tests/history/golden");
    let (value, told) = listed(&golden.join("history.csv"), &golden.join("mapping.toml"));
    assert_eq!(told, by_hand());
    let expected = serde_json::json!({
        "without": { "certain": 7, "possible": 3 },
        "before": { "certain": 2, "possible": 2 },
        "beyond": { "certain": 3, "possible": 2 },
    });
    assert_eq!(value["findings"], expected);
    for (key, number) in [("rows", 54), ("cases", 19), ("acts", 22), ("fine", 4), ("skipped", 0)] {
        assert_eq!(value[key], number, "{key}");
    }
    // Every act is somebody's.
    let persons = value["by_person"].as_array().unwrap();
    let acts: u64 = persons.iter().map(|row| row["acts"].as_u64().unwrap()).sum();
    assert_eq!(acts, 22);
    let elsa = persons.iter().find(|row| row["person"] == "Elsa").unwrap();
    assert_eq!((elsa["acts"].as_u64(), elsa["fine"].as_u64()), (Some(6), Some(0)));
}

#[test]
fn rows_in_any_order_and_packed_are_judged_alike() {
    let golden = at("tests/history/golden");
    let folder = tempfile::tempdir().unwrap();
    let mapping = fs::read_to_string(golden.join("mapping.toml")).unwrap();
    let mapping = mapping.replace("grouped = true", "grouped = false");
    let unsorted = folder.path().join("mapping.toml");
    fs::write(&unsorted, mapping).unwrap();
    let (value, told) = listed(&golden.join("history.csv"), &unsorted);
    assert_eq!(told, by_hand());
    // The same packed.
    let packed = folder.path().join("history.csv.gz");
    let mut packer = flate2::write::GzEncoder::new(
        fs::File::create(&packed).unwrap(),
        flate2::Compression::default(),
    );
    let history = fs::read(golden.join("history.csv")).unwrap();
    std::io::Write::write_all(&mut packer, &history).unwrap();
    packer.finish().unwrap();
    let (again, told) = listed(&packed, &golden.join("mapping.toml"));
    assert_eq!(told, by_hand());
    assert_eq!(again, value);
    // And turned round, line by line: no case has a tie that the order of lines could settle.
    let text = String::from_utf8(history).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let turned = folder.path().join("turned.csv");
    fs::write(&turned, lines.join("\n")).unwrap();
    let (turned, _) = audit(&turned, &unsorted, &golden.join("policy"));
    assert_eq!(turned["findings"], value["findings"]);
    assert_eq!(turned["by_person"], value["by_person"]);
}

//! The pack: the shipped one checks clean; every kind of mistake is told with its file, line and
//! remedy; no bytes whatever make it panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "pack/plants.rs"]
mod plants;

use countersign::pack::{Fault, FoundingPolicies, Pack, check, code, warning};
use countersign_proof::words::{Moment, Quantity};
use plants::{Edit, PLANTS, Plant};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FILES: [&str; 12] = [
    "pack.toml",
    "people.toml",
    "items.toml",
    "stock.csv",
    "requirements.csv",
    "earmarks.csv",
    "consumption.csv",
    "zones.geojson",
    "story.toml",
    "policy/versions.toml",
    "policy/v1/use.cedar",
    "policy/v4/stock.cedar",
];

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn scratch() -> TempDir {
    let dir = TempDir::new().unwrap();
    copy(&shipped(), dir.path());
    dir
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault} [{}]\n", fault.code)).collect()
}

#[test]
fn the_shipped_pack_checks_clean() {
    let report = check(&shipped());
    assert!(report.passes(), "{}", told(&report.faults));
    assert!(report.warnings.is_empty(), "{}", told(&report.warnings));
    let pack = Pack::load(&shipped()).unwrap();
    assert_eq!(pack.check(), report);
    assert_eq!(report.summary.versions, 5);
    assert!(report.summary.acts > 60);
    assert!(report.to_string().ends_with("no faults; no warnings"), "{report}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["summary"]["versions"], 5);
}

#[test]
fn it_becomes_a_charter_and_figures() {
    let pack = Pack::load(&shipped()).unwrap();
    let founded_at: Moment = "2024-05-30T08:00:00Z".parse().unwrap();
    let all = pack.charter(&BTreeMap::new(), founded_at, FoundingPolicies::All);
    all.check().unwrap();
    assert_eq!(all.policies.len(), 5);
    let first = pack.charter(&BTreeMap::new(), founded_at, FoundingPolicies::InForce);
    first.check().unwrap();
    let versions: Vec<_> = first.policies.iter().map(|p| p.bundle.version.to_string()).collect();
    assert_eq!(versions, ["v1"]);
    assert_eq!(first.world(), all.world());
    let names = pack.names();
    assert_eq!(names.len(), all.people.len());
    let encoded = serde_json::to_string(&all).unwrap();
    assert!(names.values().all(|name| !encoded.contains(name.as_str())), "a name in the charter");
    let figures = pack.figures();
    let counts: usize = figures.iter().map(|own| own.figures.counts.len()).sum();
    assert_eq!(counts, pack.rows.counts.len());
    for own in &figures {
        assert!(pack.stock_keeper(&own.party, founded_at).is_some());
        assert_eq!(own.figures.parties(), BTreeSet::from([&own.party]));
        assert!(own.figures.counts.iter().all(|count| count.units > Quantity::ZERO));
    }
    let first = figures.iter().find(|own| own.party.as_str() == "UA").unwrap();
    assert_eq!((first.file.as_str(), first.line), ("stock.csv", 2));
}

/// Plants a mistake in a copy, and gives the line at which it must be found.
fn plant(dir: &Path, planted: &Plant) -> Option<u32> {
    let path = dir.join(planted.file);
    let line_of = |text: &str, marker: &str| {
        let at =
            text.find(marker).unwrap_or_else(|| panic!("{marker:?} is not in {}", planted.file));
        u32::try_from(
            text[..at].lines().count() + usize::from(text[..at].ends_with('\n') || at == 0),
        )
        .unwrap()
    };
    match planted.edit {
        Edit::Remove if path.is_dir() => fs::remove_dir_all(path).unwrap(),
        Edit::Remove => fs::remove_file(path).unwrap(),
        Edit::Bytes(bytes) => fs::write(path, bytes).unwrap(),
        Edit::Huge => fs::write(path, vec![b'#'; 16 * 1024 * 1024 + 1]).unwrap(),
        Edit::Folder => {
            fs::remove_file(&path).unwrap();
            fs::create_dir(path).unwrap();
        }
        Edit::Link => {
            let elsewhere = dir.join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, path).unwrap();
        }
        Edit::Serial => {
            let items = dir.join("items.toml");
            let text = fs::read_to_string(&items).unwrap();
            let id = "id = \"STORM-SHADOW\"\n";
            fs::write(items, text.replacen(id, &format!("{id}serial = true\n"), 1)).unwrap();
        }
        Edit::Holidays => {
            let text = fs::read_to_string(&path).unwrap();
            let mut day = "2030-01-01".parse::<countersign_proof::words::Date>().unwrap();
            let mut days = String::new();
            for _ in 0..4001 {
                days.push_str(&format!("{day}, "));
                day = day.next();
            }
            fs::write(path, text.replace("holidays = [", &format!("holidays = [{days}"))).unwrap();
        }
        Edit::Swap { old, new, at } => {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(old), "{old:?} is not in {}", planted.file);
            let text = text.replacen(old, new, 1);
            fs::write(path, &text).unwrap();
            return Some(line_of(&text, at));
        }
    }
    None
}

#[test]
fn every_mistake_is_told_with_file_line_and_remedy() {
    let mut wrong = Vec::new();
    for planted in PLANTS {
        let dir = scratch();
        let line = plant(dir.path(), planted);
        let report = check(dir.path());
        let found = report.faults.iter().find(|fault| {
            fault.code == planted.code
                && fault.file == planted.file
                && (line.is_none() || fault.line == line)
        });
        let all = told(&report.faults);
        let text = found.map(ToString::to_string).unwrap_or_default();
        let holds = text.contains(planted.says)
            && !text.contains('\n')
            && found.is_some_and(|fault| !fault.remedy.is_empty())
            && report.faults.is_sorted()
            && report.faults.len() <= planted.others + 1;
        if !holds {
            let (code, file, says) = (planted.code, planted.file, planted.says);
            wrong.push(format!(
                "{code} in {file} at {line:?}, saying {says:?}; but told was:\n{all}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_planted() {
    let planted: BTreeSet<&str> = PLANTS.iter().map(|plant| plant.code).collect();
    for code in code::ALL {
        assert!(planted.contains(code), "no test plants {code}");
    }
    let unique: BTreeSet<&&str> = code::ALL.iter().collect();
    assert_eq!(unique.len(), code::ALL.len());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let dir = scratch();
    let edit = |file: &str, old: &str, new: &str| {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    };
    edit("pack.toml", "exercise = true", "exercise = \"yes\"");
    edit("people.toml", "party = \"US\"\npersonal = true", "party = \"USA\"\npersonal = true");
    edit(
        "people.toml",
        "person = \"P-9B3C\"\nfrom = 2024-05-30",
        "person = \"P-9B3C\"\nfrom = 2024-02-31",
    );
    edit("items.toml", "range_km = 305", "range_km = 305.5");
    edit("stock.csv", ",50,,", ",\"1,000\",,");
    edit("story.toml", "quantity = 2", "quantity = -2");
    fs::remove_file(dir.path().join("zones.geojson")).unwrap();
    let faults = Pack::load(dir.path()).unwrap_err();
    let found: Vec<(&str, &str)> = faults.iter().map(|f| (f.file.as_str(), f.code)).collect();
    let expected = [
        ("items.toml", code::NUMBER_UNFIT),
        ("pack.toml", code::VALUE_KIND),
        ("people.toml", code::REFERENCE_DANGLING),
        ("people.toml", code::DATE_UNFIT),
        ("stock.csv", code::QUANTITY_UNFIT),
        ("story.toml", code::QUANTITY_UNFIT),
        ("zones.geojson", code::FILE_MISSING),
    ];
    assert_eq!(found, expected, "{}", told(&faults));
}

#[test]
fn quantities_are_refused_with_what_to_write_instead() {
    for (written, remedy) in [
        ("0", "at least 1"),
        ("-5", "digits only"),
        ("2.5", "digits only"),
        ("1000000000000000000", "digits only"),
        ("\"1,000\"", "without separators: 1000"),
        ("\"1 000 000\"", "without separators: 1000000"),
        ("1_000", "without separators: 1000"),
        ("1'000", "without separators: 1000"),
        ("050", "digits only"),
        ("1e3", "digits only"),
        ("", "digits only"),
    ] {
        let dir = scratch();
        let path = dir.path().join("stock.csv");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replacen(",50,,", &format!(",{written},,"), 1)).unwrap();
        let faults = Pack::load(dir.path()).unwrap_err();
        assert_eq!(faults.len(), 1, "{written}: {}", told(&faults));
        assert_eq!((faults[0].code, faults[0].line), (code::QUANTITY_UNFIT, Some(2)));
        assert!(faults[0].remedy.contains(remedy), "{written}: {}", faults[0]);
    }
}

#[test]
fn a_spreadsheet_may_write_stock_its_way() {
    let dir = scratch();
    let path = dir.path().join("stock.csv");
    let text = fs::read_to_string(&path).unwrap();
    let before = Pack::load(dir.path()).unwrap().rows.counts;
    fs::write(&path, format!("\u{FEFF}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(Pack::load(dir.path()).unwrap().rows.counts, before);
    // Another order of columns, and a blank line between.
    let mut rows: Vec<Vec<String>> = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    rows.iter_mut().for_each(|row| row.reverse());
    let mut writer = csv::Writer::from_path(&path).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    drop(writer);
    assert_eq!(Pack::load(dir.path()).unwrap().rows.counts, before);
}

#[test]
fn what_looks_odd_is_a_warning() {
    let dir = scratch();
    fs::write(dir.path().join("peoples.toml"), "x").unwrap();
    let path = dir.path().join("policy/v2/use.cedar");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace('\n', "\r\n")).unwrap();
    let path = dir.path().join("people.toml");
    let text = fs::read_to_string(&path).unwrap();
    let term = "[[term]]\noffice = \"US.SACEUR\"\nperson = \"P-8T4W\"\nfrom = 2024-05-30\n";
    assert!(text.contains(term));
    let text = text.replace(term, "").replace("functions = [\"stock\"]", "functions = []");
    fs::write(path, text).unwrap();
    let report = check(dir.path());
    assert!(report.passes(), "{}", told(&report.faults));
    let found: BTreeSet<&str> = report.warnings.iter().map(|warning| warning.code).collect();
    let expected = [
        warning::FILE_UNREAD,
        warning::OFFICE_VACANT,
        warning::STOCK_UNKEPT,
        warning::POLICY_LINE_ENDS,
    ];
    assert_eq!(found, expected.into(), "{}", told(&report.warnings));
}

#[test]
fn a_pack_for_a_real_ledger_may_not_take_software_keys_for_red_items() {
    let dir = scratch();
    let path = dir.path().join("pack.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text.replace("exercise = true", "exercise = false")).unwrap();
    let faults = check(dir.path()).faults;
    assert_eq!(faults.len(), 5, "{}", told(&faults));
    assert!(faults.iter().all(|f| f.code == "policy-key-only-outside-exercise"));
    assert!(faults.iter().all(|f| f.file == "policy/versions.toml" && f.line.is_some()));
}

#[test]
fn a_pack_without_a_story_is_a_pack() {
    let dir = scratch();
    fs::remove_file(dir.path().join("story.toml")).unwrap();
    assert!(Pack::load(dir.path()).unwrap().story.is_none());
}

#[test]
fn a_folder_that_is_none_is_told() {
    let faults = Pack::load(Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(faults[0].code, code::FILE_MISSING);
}

/// Text with the characters that such files are made of, so that more than the first is reached.
fn crumbs() -> impl Strategy<Value = Vec<u8>> {
    let crumb = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        "[\\[\\]{}\"',:=.#\\-\n 0-9a-zé\u{202E}]{1,6}".prop_map(String::into_bytes),
        Just(b"[[act]]\n".to_vec()),
        Just(b"at = 2024-06-10T09:00:00Z\n".to_vec()),
        Just(b"do = \"observe\"\n".to_vec()),
    ];
    proptest::collection::vec(crumb, 0..24).prop_map(|crumbs| crumbs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(file in 0..FILES.len(), bytes in crumbs()) {
        let dir = scratch();
        fs::write(dir.path().join(FILES[file]), bytes).unwrap();
        let _ = Pack::load(dir.path());
        let _ = check(dir.path()).to_string();
    }

    #[test]
    fn no_bytes_within_a_file_make_it_panic(
        file in 0..FILES.len(),
        at in any::<prop::sample::Index>(),
        cut in 0usize..40,
        bytes in crumbs(),
    ) {
        let dir = scratch();
        let path = dir.path().join(FILES[file]);
        let mut whole = fs::read(&path).unwrap_or_default();
        let at = at.index(whole.len() + 1);
        let end = (at + cut).min(whole.len());
        whole.splice(at..end, bytes);
        fs::write(path, whole).unwrap();
        let report = check(dir.path());
        if let Err(faults) = Pack::load(dir.path()) {
            prop_assert!(!faults.is_empty() && faults.is_sorted());
            prop_assert!(faults.iter().all(|fault| report.faults.contains(fault)));
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let plain = lines.iter().all(|line| !line.contains(['\n', '\u{7}', '\u{202E}']));
            prop_assert!(plain, "a message holds what does not show: {lines:?}");
        }
    }
}

//! The tables of figures: every bad row is told with its line, its column and what to do; what
//! spreadsheets do is taken as it comes; no bytes make the reader panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "tables/scratch.rs"]
mod scratch;

use countersign::pack::{Table, code};
use countersign_core::stock::{AccountState, Origin};
use countersign_proof::words::{Month, Standing};
use proptest::prelude::*;
use scratch::{Scratch, header, told};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_bad_row_is_told_with_place_and_remedy() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/bad.txt");
    let before = fs::read_to_string(&path).unwrap();
    let scratch = Scratch::new();
    let mut after = String::new();
    let mut case: Option<(Table, String)> = None;
    let mut codes = BTreeSet::new();
    for line in before.lines().filter(|line| !line.starts_with("! ")).chain([""]) {
        if let (Some((_, rows)), Some(row)) = (&mut case, line.strip_prefix('|')) {
            let shown = row.strip_prefix(' ').unwrap_or(row);
            let shown = shown.replace("\\r", "\r").replace("\\u{200B}", "\u{200B}");
            rows.push_str(&shown.replace("\\u{202E}", "\u{202E}"));
            rows.push('\n');
        } else if let Some((table, rows)) = case.take() {
            let faults = scratch.faults(table, rows.as_bytes());
            assert_eq!(faults.len(), 1, "{rows}{}", told(&faults));
            assert!(faults[0].line.is_some() && faults[0].column.is_some(), "{}", faults[0]);
            assert!(!faults[0].remedy.is_empty(), "{}", faults[0]);
            codes.insert(faults[0].code);
            after.push_str(&format!("! {} [{}]\n", faults[0], faults[0].code));
        }
        if let Ok(table) = line.parse::<Table>() {
            case = Some((table, format!("{}\n", header(table))));
        }
        after.push_str(line);
        after.push('\n');
    }
    let after = format!("{}\n", after.trim_end());
    if std::env::var_os("COUNTERSIGN_UPDATE").is_some() {
        fs::write(path, after).unwrap();
    } else {
        assert_eq!(after, before, "COUNTERSIGN_UPDATE=1 writes it down");
    }
    assert!(codes.len() >= 15, "{codes:?}");
}

#[test]
fn all_bad_rows_are_told_and_the_good_ones_between_do_not_hide_them() {
    let scratch = Scratch::new();
    let mut text = format!("{}\n", header(Table::Stock));
    for number in 0..3000 {
        let quantity = if number % 3 == 0 { "0x" } else { "7" };
        text.push_str(&format!("PACKED,L-{number},UA,,on-hand,{quantity},,2025-06-01,A,assumed\n"));
    }
    let faults = scratch.faults(Table::Stock, text.as_bytes());
    assert_eq!(faults.len(), 1000);
    let lines: Vec<u32> = faults.iter().map(|fault| fault.line.unwrap()).collect();
    assert!(lines.iter().copied().eq((0..1000).map(|nth| nth * 3 + 2)), "{lines:?}");
}

#[test]
fn what_spreadsheets_do_is_taken_as_it_comes() {
    let scratch = Scratch::new();
    let rows = [
        "PACKED,L-1,UA,UA.Depot-1,on-hand,3 case,2027-01-31,2025-06-01,\"A, and B\",official",
        "PACKED,L-2,UA,,quarantined,5,,2025-06-01,\"the \"\"old\"\" store\",assumed",
        "PACKED,,UA,,in-transit,6,,2025-07-15,C,reported",
        "PACKED,,UA,,on-order,7,,2025-09-30,D,disputed",
    ];
    let plain = format!("{}\n{}\n", header(Table::Stock), rows.join("\n"));
    let pack = scratch.load(Table::Stock, plain.as_bytes()).unwrap();
    let counts: Vec<_> = pack.rows.counts.iter().map(|row| row.value.clone()).collect();
    let units: Vec<u64> = counts.iter().map(|count| count.units.units()).collect();
    assert_eq!(units, [36, 5, 6, 7]);
    let month = |text: &str| text.parse::<Month>().unwrap();
    let states: Vec<AccountState> = counts.iter().map(|count| count.account.state).collect();
    let expected = [
        AccountState::OnHand,
        AccountState::Quarantined,
        AccountState::InTransit(month("2025-07")),
        AccountState::OnOrder(month("2025-09")),
    ];
    assert_eq!(states, expected);
    assert_eq!(
        (counts[0].source.as_str(), counts[1].source.as_str()),
        ("A, and B", "the \"old\" store")
    );
    assert_eq!(counts[0].expires.unwrap().to_string(), "2027-01-31");
    // The same table otherwise written.
    let separated = |separator: u8| {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_bytes());
        for record in reader.records() {
            let record = record.unwrap();
            let fields: Vec<&str> = record.iter().collect();
            writer.write_record(fields.iter().rev()).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    for other in [
        plain.replace('\n', "\r\n"),
        format!("\u{FEFF}{plain}"),
        plain.replace('\n', "\n\n"),
        plain.trim_end().to_owned(),
        format!("{plain},,,,,,,,,\n"),
        separated(b','),
        separated(b';'),
        format!("\u{FEFF}{}", separated(b';').replace('\n', "\r\n")),
        separated(b'\t'),
    ] {
        let pack = scratch.load(Table::Stock, other.as_bytes());
        let pack = pack.unwrap_or_else(|faults| panic!("{other}\n{}", told(&faults)));
        let again: Vec<_> = pack.rows.counts.iter().map(|row| row.value.clone()).collect();
        assert_eq!(again, counts, "{other}");
    }
}

#[test]
fn the_rows_of_an_earmark_make_one() {
    let scratch = Scratch::new();
    let rows = [
        "EM-1,PACKED,UA,GB,contract,2025-07,2 case,3,,yes,A,official",
        "EM-2,PACKED,UA,GB,stock,2025-07,9,15,40,no,A,assumed",
        "EM-1,PACKED,UA,GB,contract,2025-08-01,5,3,,TRUE,B,reported",
    ];
    let text = format!("{}\n{}\n", header(Table::Earmarks), rows.join("\n"));
    let pack = scratch.load(Table::Earmarks, text.as_bytes()).unwrap();
    let [first, second] = pack.rows.earmarks.as_slice() else { panic!("two earmarks") };
    assert_eq!((first.line, second.line), (2, 3));
    let slots: Vec<(String, u64, u64)> = first
        .value
        .slots
        .iter()
        .map(|(month, slot)| (month.to_string(), slot.quantity, slot.made))
        .collect();
    assert_eq!(slots, [("2025-07".to_owned(), 24, 0), ("2025-08".to_owned(), 5, 0)]);
    assert_eq!((first.value.source.as_str(), first.value.standing), ("A; B", Standing::Reported));
    assert_eq!((first.value.harm(), second.value.harm()), (13, 40));
    assert_eq!((second.value.origin, second.value.divertible), (Origin::Stock, false));
    assert_eq!(second.value.slots.values().next().unwrap().made, 9);
    let summary = pack.summary();
    assert_eq!((summary.earmarks, summary.slots), (2, 3));
}

#[test]
fn each_party_gets_its_own_figures() {
    let scratch = Scratch::new();
    scratch.put(
        Table::Requirements,
        &[
            "PACKED,GB,plans,80,2025-01-01,2026-01-01,A,assumed",
            "PACKED,GB,plans,90,2026-01-01,,A,assumed",
        ],
    );
    scratch.put(Table::Earmarks, &["EM-1,PACKED,UA,GB,contract,2025-07,2,3,,yes,A,official"]);
    scratch.put(
        Table::Consumption,
        &["PACKED,UA,2025-05,0,actual,A,assumed", "PACKED,UA,2025-05,0,planned,A,assumed"],
    );
    scratch.put(
        Table::Stock,
        &[
            "PACKED,,UA,,on-hand,5,,2025-06-01,A,official",
            "PACKED,,GB,,on-hand,5,,2025-06-01,A,official",
        ],
    );
    let figures = scratch.pack().unwrap().figures();
    let all: Vec<_> = figures
        .iter()
        .map(|own| {
            let f = &own.figures;
            let sizes =
                [f.counts.len(), f.earmarks.len(), f.requirements.len(), f.consumption.len()];
            (own.party.as_str(), own.file.as_str(), own.line, sizes)
        })
        .collect();
    assert_eq!(all, [("GB", "stock.csv", 3, [1, 0, 2, 0]), ("UA", "stock.csv", 2, [1, 1, 0, 2]),]);
    assert!(figures.iter().all(|own| own.figures.counts[0].expected == Some(0)));
}

#[test]
fn a_file_that_is_no_such_table_is_told_once() {
    let scratch = Scratch::new();
    let utf16: Vec<u8> = "item,lot\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, wanted) in [
        (utf16, code::NOT_UTF8),
        ([b"\xFF\xFE".as_slice(), b"i\0t\0e\0m\0\n\0"].concat(), code::NOT_UTF8),
        (b"name;units\nATACMS;4\n".to_vec(), code::COLUMN_MISSING),
        (vec![b'x'; 200_000], code::CSV_ROW),
        (header(Table::Stock).replace(',', "\r").into_bytes(), code::CSV_ROW),
        (b"\xEF\xBB\xBF\r\n;;;;\r\n".to_vec(), code::FILE_EMPTY),
    ] {
        let faults = scratch.faults(Table::Stock, &bytes);
        let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [wanted], "{}", told(&faults));
    }
}

/// Rows made of what stands in such rows, and of what must not.
fn crumbs() -> impl Strategy<Value = Vec<u8>> {
    let crumb = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4),
        "[,;\t\"'\r\n 0-9.\\-xé\u{202E}]{1,6}".prop_map(String::into_bytes),
        Just(b"PACKED,".to_vec()),
        Just(b"UA,GB,".to_vec()),
        Just(b"2025-06-01,".to_vec()),
        Just(b"9999-12,".to_vec()),
        Just(b"3 case,".to_vec()),
        Just(b"contract,".to_vec()),
        Just(b"assumed\n".to_vec()),
        Just(b"PACKED,,UA,,on-hand,5,,2025-06-01,A,official\n".to_vec()),
        Just(b"EM-1,PACKED,UA,GB,contract,2025-07,2,3,,yes,A,official\n".to_vec()),
        Just(b"PACKED,GB,plans,80,2025-01-01,2026-01-01,A,assumed\n".to_vec()),
        Just(b"PACKED,UA,2025-05,0,actual,A,assumed\n".to_vec()),
    ];
    proptest::collection::vec(crumb, 0..24).prop_map(|crumbs| crumbs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_rows_make_it_panic(table in 0usize..4, bytes in crumbs(), with_header in any::<bool>()) {
        let scratch = Scratch::shared();
        let table = Table::ALL[table];
        let mut text = if with_header { format!("{}\n", header(table)) } else { String::new() }
            .into_bytes();
        text.extend(bytes);
        if let Err(faults) = scratch.load(table, &text) {
            let plain = |text: &str| !text.contains(['\n', '\u{7}', '\u{202E}']);
            prop_assert!(faults.iter().all(|f| plain(&f.to_string())), "{}", told(&faults));
            prop_assert!(faults.iter().all(|f| !f.remedy.is_empty()));
        }
    }

    /// A second opinion: fields that the `csv` crate writes are read as they were.
    #[test]
    fn fields_are_read_as_they_were_written(
        sources in proptest::collection::vec("[ -~é\u{4E00}]{1,12}", 1..6),
        separator in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
    ) {
        let scratch = Scratch::shared();
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(header(Table::Stock).split(',')).unwrap();
        let trimmed: Vec<&str> =
            sources.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        for (number, source) in trimmed.iter().enumerate() {
            let lot = format!("L-{number}");
            writer.write_record(["PACKED", &lot, "UA", "", "on-hand", "5", "", "2025-06-01", source,
                "official"]).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let pack = scratch.load(Table::Stock, &text);
        let pack = pack.map_err(|faults| TestCaseError::fail(told(&faults)))?;
        let counts = pack.rows.counts.iter();
        let read: Vec<&str> = counts.map(|row| row.value.source.as_str()).collect();
        prop_assert_eq!(read, trimmed);
    }
}

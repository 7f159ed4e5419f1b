#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::*;
use crate::pack::Declared;
use countersign_core::State;
use countersign_proof::words::PartyId;
use proptest::prelude::*;
use std::fs;
use tempfile::TempDir;
use workbook::{Value, workbook};

mod workbook;

fn read(files: &[(&str, &[u8])], kind: Option<Table>) -> Result<FigureRows, ImportError> {
    let dir = TempDir::new().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, bytes)| {
            let path = dir.path().join(name);
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    let declared = Declared::anything();
    let terms = Terms { declared: &declared, least: 0, party: None };
    read_files(&paths, kind, &terms, &mut |done, total| assert!(done <= total))
}

fn faults(files: &[(&str, &[u8])], kind: Option<Table>) -> Vec<Fault> {
    match read(files, kind) {
        Err(ImportError::Faulty(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

const STOCK: &str = "item,lot,party,place,state,quantity,expires,as_of,source,standing\n\
                     A,L-1,UA,,on-hand,0,,2025-06-01,Count,official\n";
const USED: &str = "item,party,month,quantity,kind,source,standing\n\
                    A,UA,2025-06,4,actual,Count,official\n";

#[test]
fn the_header_tells_the_table_and_else_the_name_or_the_caller() {
    let both = [("one.csv", STOCK.as_bytes()), ("two.csv", USED.as_bytes())];
    let rows = read(&both, None).unwrap();
    assert_eq!((rows.counts.len(), rows.consumption.len(), rows.rows), (1, 1, 2));
    assert!(rows.counts[0].value.units.is_zero());
    let odd = "name,units\nA,4\n".as_bytes();
    assert!(matches!(read(&[("x.csv", odd)], None), Err(ImportError::WhichTable(_))));
    for (name, kind) in [("stock.csv", None), ("x.csv", Some(Table::Stock))] {
        let told = faults(&[(name, odd)], kind);
        assert_eq!(told[0].code, code::COLUMN_MISSING, "{told:?}");
    }
    // A typing mistake in the header leaves no doubt which table is meant.
    let typed = STOCK.replace("quantity", "quantiy");
    let told = faults(&[("x.csv", typed.as_bytes())], None);
    let codes: Vec<&str> = told.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [code::COLUMN_MISSING, code::COLUMN_UNKNOWN], "{told:?}");
    assert_eq!(told[1].column, Some(28));
}

#[test]
fn the_same_figure_in_two_files_is_told_with_both() {
    let told = faults(&[("a.csv", STOCK.as_bytes()), ("b.csv", STOCK.as_bytes())], None);
    assert_eq!(told.len(), 1);
    assert!(told[0].file.ends_with("b.csv") && told[0].message.contains("a.csv"), "{told:?}");
}

#[test]
fn only_one_partys_rows_are_kept() {
    let text = format!("{STOCK}A,L-1,GB,,on-hand,7,,2025-06-01,Count,official\n");
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("stock.csv");
    fs::write(&path, text).unwrap();
    let state = State::default();
    let declared = Declared::anything();
    let party: PartyId = "GB".parse().unwrap();
    let terms = Terms { declared: &declared, least: 0, party: Some(&party) };
    let rows = read_files(std::slice::from_ref(&path), None, &terms, &mut |_, _| {}).unwrap();
    assert_eq!((rows.counts.len(), rows.rows, rows.left_out), (1, 2, 1));
    // Nothing is declared in a ledger that has not begun.
    let declared = Declared::in_ledger(&state);
    let terms = Terms { declared: &declared, least: 0, party: None };
    let told = match read_files(&[path], None, &terms, &mut |_, _| {}) {
        Err(ImportError::Faulty(told)) => told,
        other => panic!("{other:?}"),
    };
    assert!(told.iter().all(|fault| fault.code == code::REFERENCE_DANGLING), "{told:?}");
}

/// A stock sheet with one row of values after the header.
fn stock_sheet(quantity: Value, as_of: Value) -> Vec<u8> {
    let header: Vec<Value> = Table::Stock.columns().iter().map(|name| Value::text(name)).collect();
    let row = vec![
        Value::text("A"),
        Value::Number("7"),
        Value::text("UA"),
        Value::Empty,
        Value::text("on-hand"),
        quantity,
        Value::Date("47119"),
        as_of,
        Value::text("Count"),
        Value::text("official"),
        Value::Empty,
    ];
    workbook(&[header, vec![], row])
}

#[test]
fn a_workbook_is_read_as_the_text_would_be() {
    for as_of in [Value::Date("45809"), Value::text("2025-06-01")] {
        let sheet = stock_sheet(Value::Number("36"), as_of);
        let rows = read(&[("x.xlsx", &sheet)], None).unwrap();
        let count = &rows.counts[0];
        assert_eq!((count.line, count.value.units.units()), (3, 36));
        assert_eq!(count.value.as_of.to_string(), "2025-06-01");
        assert_eq!(count.value.expires.unwrap().to_string(), "2029-01-01");
        assert_eq!(count.value.account.lot.as_ref().unwrap().as_str(), "7");
    }
    // A month that the spreadsheet has made a date, and a flag.
    let header: Vec<Value> =
        Table::Earmarks.columns().iter().map(|name| Value::text(name)).collect();
    let texts = ["EM-1", "A", "UA", "GB", "contract"].map(Value::text);
    let mut row = texts.to_vec();
    row.extend([Value::Date("45809"), Value::Number("5"), Value::Number("3"), Value::Empty]);
    row.extend([Value::Flag(true), Value::text("Plan"), Value::text("assumed")]);
    let rows = read(&[("x.xlsx", &workbook(&[header, row]))], None).unwrap();
    let earmark = &rows.earmarks[0].value;
    assert!(earmark.divertible);
    assert_eq!(earmark.slots.keys().next().unwrap().to_string(), "2025-06");
}

#[test]
fn what_is_wrong_in_a_workbook_is_told_by_row_and_column() {
    let day = Value::Date("45809");
    let half = faults(&[("x.xlsx", &stock_sheet(Value::Number("2.5"), day.clone()))], None);
    assert_eq!((half[0].line, half[0].column), (Some(3), Some(6)), "{half:?}");
    assert_eq!((half.len(), half[0].code), (1, code::QUANTITY_UNFIT));
    let noon =
        faults(&[("x.xlsx", &stock_sheet(Value::Number("2"), Value::Date("45809.5")))], None);
    assert_eq!((noon.len(), noon[0].code), (1, code::DATE_UNFIT), "{noon:?}");
    for (bytes, wanted) in [
        (b"PK\x03\x04 and no more".as_slice(), code::FILE_UNREADABLE),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), code::FILE_UNREADABLE),
        (b"".as_slice(), code::FILE_EMPTY),
    ] {
        let told = faults(&[("x.xlsx", bytes)], None);
        assert_eq!((told.len(), told[0].code), (1, wanted), "{told:?}");
    }
    let empty = faults(&[("stock.xlsx", &workbook(&[]))], None);
    assert_eq!(empty[0].code, code::FILE_EMPTY, "{empty:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_workbook_makes_it_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = stock_sheet(Value::Number("36"), Value::Date("45809"));
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read(&[("stock.xlsx", &bytes)], None);
    }

    #[test]
    fn no_cells_make_it_panic(
        cells in proptest::collection::vec(
            ("[A-Z]{1,8}[0-9]{1,8}", "[-0-9.eE+NaInf]{1,20}", "[a-z]{0,3}"), 0..12),
    ) {
        let cell = |(place, value, kind): &(String, String, String)| {
            format!("<c r=\"{place}\" t=\"{kind}\" s=\"1\"><v>{value}</v></c>")
        };
        let rows: String = cells.iter().map(cell).collect();
        let bytes = workbook::of_sheet_data(&format!("<row r=\"1\">{rows}</row>"));
        let _ = read(&[("stock.xlsx", &bytes)], None);
    }
}

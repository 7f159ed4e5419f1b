//! `stock.csv`: what is on hand where, when the ledger begins.

use super::fault::{Fault, code};
use super::fields::{Spot, list, quantity, unfit_text};
use super::items::PackItems;
use super::known::Known;
use super::source::{Reading, Source};
use countersign_core::stock::{AccountKey, AccountState, Command};
use countersign_proof::words::{Date, Quantity, Standing, WordError};
use csv::StringRecord;
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The columns, in the order in which we write them; a file may have them in any order.
pub const COLUMNS: [&str; 10] = [
    "item", "lot", "party", "place", "state", "quantity", "expires", "as_of", "source", "standing",
];

/// A row of `stock.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StockRow {
    /// Its line in the file, counted from 1.
    pub line: u32,
    /// Which account the units belong to.
    pub into: AccountKey,
    /// How many.
    pub quantity: Quantity,
    /// The last day on which the lot is fit for use, where it has one.
    pub expires: Option<Date>,
    /// Of which day the figure is.
    pub as_of: Date,
    /// Where it is stated.
    pub source: String,
    /// How well it is established.
    pub standing: Standing,
}

impl StockRow {
    /// The command that takes these units in.
    #[must_use]
    pub fn receipt(&self) -> Command {
        Command::receive(self.into.clone(), self.quantity, &self.source, self.standing)
    }
}

/// The state that units are in, as it is written.
struct State(AccountState);

impl FromStr for State {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "on-hand" => Ok(Self(AccountState::OnHand)),
            other => Err(WordError::new(other, "a state of stock (on-hand)")),
        }
    }
}

/// A row being read.
struct Row<'a> {
    record: &'a StringRecord,
    columns: &'a BTreeMap<&'static str, usize>,
    at: usize,
}

pub(super) fn read(r: &mut Reading<'_>, items: &PackItems, known: &Known) -> Vec<StockRow> {
    let source: &Source = r.source;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(source.text.as_bytes());
    let mut records = reader.records();
    let Some(columns) = records.next().and_then(|first| columns(r, first)) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let mut accounts: BTreeMap<AccountKey, u32> = BTreeMap::new();
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                syntax(r.faults, source, &error);
                break;
            }
        };
        let at = start(&source.text, &record);
        if record.len() != COLUMNS.len() {
            let message = format!("the row has {} fields, not {}", record.len(), COLUMNS.len());
            let remedy = "separate fields by one comma; put a field that holds a comma in quotes, \
                          and write quantities without separators";
            r.fault(at, code::CSV_ROW, message, remedy);
            continue;
        }
        let row = Row { record: &record, columns: &columns, at };
        let Some(row) = read_row(r, &row, items, known) else { continue };
        if let Some(first) = accounts.insert(row.into.clone(), row.line) {
            let message = format!(
                "the same item, lot, party, place and state stand in line {first} and line {}",
                row.line
            );
            let remedy = "join the two rows, or tell their lots or places apart";
            r.fault(at, code::ID_TWICE, message, remedy);
        }
        rows.push(row);
    }
    rows
}

/// Where a record begins; blank lines before it are not part of it.
fn start(text: &str, record: &StringRecord) -> usize {
    let byte = record.position().map_or(0, csv::Position::byte);
    let at = usize::try_from(byte).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at.saturating_add(rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count())
}

fn syntax(faults: &mut Vec<Fault>, source: &Source, error: &csv::Error) {
    let byte = error.position().map_or(0, csv::Position::byte);
    let at = usize::try_from(byte).unwrap_or(0);
    let remedy = "save the file as comma-separated values in UTF-8";
    Reading { source, faults }.fault(at, code::CSV_ROW, format!("not CSV: {error}"), remedy);
}

/// Where each column stands in the header.
fn columns(
    r: &mut Reading<'_>,
    header: Result<StringRecord, csv::Error>,
) -> Option<BTreeMap<&'static str, usize>> {
    let header = match header {
        Ok(header) => header,
        Err(error) => {
            syntax(r.faults, r.source, &error);
            return None;
        }
    };
    let at = start(&r.source.text, &header);
    let mut columns = BTreeMap::new();
    let mut clean = true;
    for (index, name) in header.iter().enumerate() {
        let column = COLUMNS.iter().copied().find(|column| *column == name);
        let fresh = column.is_some_and(|column| columns.insert(column, index).is_none());
        if !fresh {
            clean = false;
            let what = if column.is_some() { "stands twice" } else { "is not known" };
            let remedy = format!("the columns are: {}", COLUMNS.join(","));
            r.fault(at, code::COLUMN_UNKNOWN, format!("the column {name:?} {what}"), remedy);
        }
    }
    let missing: Vec<&str> =
        COLUMNS.iter().copied().filter(|column| !columns.contains_key(column)).collect();
    if !missing.is_empty() {
        let message = format!("the first line names no column {}", list(&missing));
        let remedy = format!("begin the file with the line {}", COLUMNS.join(","));
        r.fault(at, code::COLUMN_MISSING, message, remedy);
        return None;
    }
    clean.then_some(columns)
}

impl Row<'_> {
    fn field(&self, column: &'static str) -> &str {
        let index = self.columns.get(column).copied();
        index.and_then(|index| self.record.get(index)).unwrap_or_default()
    }

    fn word<T: FromStr<Err = WordError>>(
        &self,
        r: &mut Reading<'_>,
        column: &'static str,
    ) -> Option<Spot<T>> {
        match self.field(column).parse() {
            Ok(value) => Some(Spot { value, at: self.at }),
            Err(WordError { value, expected }) => {
                let message = format!("{column}: {value:?} is not {expected}");
                r.fault(self.at, code::WORD_UNFIT, message, format!("write {expected}"));
                None
            }
        }
    }

    fn word_or_none<T: FromStr<Err = WordError>>(
        &self,
        r: &mut Reading<'_>,
        column: &'static str,
    ) -> Option<Spot<T>> {
        if self.field(column).is_empty() { None } else { self.word(r, column) }
    }

    fn date(&self, r: &mut Reading<'_>, column: &'static str) -> Option<Date> {
        let written = self.field(column);
        let date = written.parse().ok();
        if date.is_none() {
            let message = format!("{column}: {written:?} is no date");
            r.fault(self.at, code::DATE_UNFIT, message, "write a date such as 2025-06-01");
        }
        date
    }
}

fn read_row(
    r: &mut Reading<'_>,
    row: &Row<'_>,
    items: &PackItems,
    known: &Known,
) -> Option<StockRow> {
    let item = row.word(r, "item").filter(|item| known.items.check(r, item));
    let party = row.word(r, "party").filter(|party| known.parties.check(r, party));
    let place = row.word_or_none(r, "place").filter(|place| known.places.check(r, place));
    let lot = row.word_or_none(r, "lot");
    let state: Option<Spot<State>> = row.word(r, "state");
    let expires = match row.field("expires") {
        "" => None,
        _ => row.date(r, "expires"),
    };
    let as_of = row.date(r, "as_of");
    let standing: Option<Spot<Standing>> = row.word(r, "standing");
    let units = quantity(row.field("quantity"));
    if let Err((message, remedy)) = &units {
        r.fault(row.at, code::QUANTITY_UNFIT, message.clone(), remedy.clone());
    }
    let source = row.field("source");
    if let Some((what, remedy)) = unfit_text(source) {
        r.fault(row.at, code::TEXT_UNFIT, format!("source {what}"), remedy);
    }
    let (item, party) = (item?.value, party?.value);
    if let Some(place) = &place {
        let run_by = items.places.iter().find(|known| known.id == place.value);
        if let Some(other) = run_by.filter(|known| known.party != party) {
            let message = format!("{} is run by {}, not by {party}", place.value, other.party);
            let remedy = "name a place of the party, or leave the place empty";
            r.fault(row.at, code::PLACE_OF_ANOTHER, message, remedy);
        }
    }
    let into = AccountKey {
        item,
        party,
        state: state?.value.0,
        place: place.map(|place| place.value),
        lot: lot.map(|lot| lot.value),
    };
    let (line, _) = r.source.place(row.at);
    let (quantity, source) = (units.ok()?, source.to_owned());
    let standing = standing?.value;
    Some(StockRow { line, into, quantity, expires, as_of: as_of?, source, standing })
}

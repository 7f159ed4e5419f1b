//! The figures of a pack or an import. Answers: *which counts, earmarks, requirements and
//! consumption do these tables state, and is each row in order?*

mod consumption;
mod earmarks;
mod requirements;
mod stock;

mod clash;

use super::declared::Declared;
use super::fault::{Fault, code};
use super::source::bytes_of;
use super::table::{Cells, Columns, Delimited, Faults, Row, Rows};
use clash::{Clash, pairs};
use countersign_core::stock::{Consumption, Count, Earmark, Figures, Requirement};
use countersign_proof::words::{PartyId, WordError};
use earmarks::Slots;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// The kinds of table, with the name of the file and the columns, in the order in which we write
/// them; a file may have them in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// What is in the accounts.
    Stock,
    /// What stock must cover.
    Requirements,
    /// What is promised to whom, by month.
    Earmarks,
    /// What was used up, or is planned to be, by month.
    Consumption,
}

const ALL_COLUMNS: [&[&str]; 4] =
    [&stock::COLUMNS, &requirements::COLUMNS, &earmarks::COLUMNS, &consumption::COLUMNS];

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Stock, Self::Requirements, Self::Earmarks, Self::Consumption];

    /// Its word: the name of the file without `.csv`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Requirements => "requirements",
            Self::Earmarks => "earmarks",
            Self::Consumption => "consumption",
        }
    }

    /// The file of a pack.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Stock => "stock.csv",
            Self::Requirements => "requirements.csv",
            Self::Earmarks => "earmarks.csv",
            Self::Consumption => "consumption.csv",
        }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Stock => &stock::COLUMNS,
            Self::Requirements => &requirements::COLUMNS,
            Self::Earmarks => &earmarks::COLUMNS,
            Self::Consumption => &consumption::COLUMNS,
        }
    }

    /// The table whose columns a header has the most of; `None` where it has few, or two tie.
    pub(super) fn of_header(header: &Cells) -> Option<Self> {
        let held = |table: &Self| {
            let names = table.columns();
            names.iter().filter(|name| header.iter().any(|cell| cell == **name)).count()
        };
        let most = Self::ALL.iter().map(held).max().unwrap_or(0);
        let mut best = Self::ALL.iter().filter(|table| held(table) == most);
        match (best.next(), best.next()) {
            (Some(table), None) if most.saturating_mul(2) > table.columns().len() => Some(*table),
            _ => None,
        }
    }
}

impl FromStr for Table {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let found = Self::ALL.into_iter().find(|table| table.as_str() == text);
        let expected = "a kind of table (stock, requirements, earmarks, consumption)";
        found.ok_or_else(|| WordError::new(text, expected))
    }
}

/// A figure, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed<T> {
    /// Which of the files, counted from 0.
    pub file: u16,
    /// The line of the file, or the row of the sheet.
    pub line: u32,
    /// The figure.
    pub value: T,
}

/// The figures of one or several files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FigureRows {
    /// The files, as they are named in messages.
    pub files: Vec<String>,
    /// What is in the accounts.
    pub counts: Vec<Placed<Count>>,
    /// What stock must cover.
    pub requirements: Vec<Placed<Requirement>>,
    /// Earmarks, each with the line of its first row.
    pub earmarks: Vec<Placed<Earmark>>,
    /// Consumption.
    pub consumption: Vec<Placed<Consumption>>,
    #[serde(skip)]
    slots: Slots,
    /// Rows read, also such as are left out.
    #[serde(skip)]
    pub(crate) rows: u64,
    /// About how many bytes the rows that are kept will take in the record.
    #[serde(skip)]
    weight: usize,
    /// Rows left out, because they are another party's.
    #[serde(skip)]
    pub(crate) left_out: u64,
}

/// The figures that one party's stock keeper takes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyFigures {
    /// Whose.
    pub party: PartyId,
    /// The file in which the first of them stands.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// All of them.
    pub figures: Figures,
}

/// How rows are to be read.
pub(crate) struct Terms<'a> {
    /// What they may refer to.
    pub declared: &'a Declared<'a>,
    /// The fewest units that a row of stock may state: a count may find nothing.
    pub least: u64,
    /// Only this party's rows are kept.
    pub party: Option<&'a PartyId>,
}

/// The most that one command takes, in bytes of the record: they are one entry.
const WEIGHT_MAX: usize = 192 * 1024 * 1024;

/// Reads one of the files of a pack; nothing where one that may be missing is not there.
pub(super) fn read_file(
    dir: &Path,
    table: Table,
    declared: &Declared<'_>,
    into: &mut FigureRows,
    found: &mut Vec<Fault>,
) {
    let file = table.file();
    if table != Table::Stock && std::fs::symlink_metadata(dir.join(file)).is_err() {
        return;
    }
    match bytes_of(dir, file) {
        Ok(bytes) => {
            let mut rows = text_rows(bytes.as_slice());
            let mut faults = Faults { file, found };
            let terms = Terms { declared, least: 1, party: None };
            if let Some(header) = read_header(&mut rows, &mut faults) {
                read(table, &header, &mut rows, &terms, into, &mut faults, &mut || {});
            }
        }
        Err(fault) => found.push(*fault),
    }
}

/// Rows of text, in whichever of the tables.
pub(super) fn text_rows<R: std::io::BufRead>(reader: R) -> Delimited<R> {
    Delimited::new(reader, &ALL_COLUMNS)
}

/// Reads the first row.
pub(super) fn read_header(rows: &mut dyn Rows, faults: &mut Faults<'_>) -> Option<Cells> {
    let before = faults.found.len();
    let mut header = Cells::default();
    if rows.next(&mut header, faults) {
        return Some(header);
    }
    if faults.found.len() == before {
        let remedy = "write what belongs there; packs/README.md says what";
        faults.whole(code::FILE_EMPTY, "the file is empty", remedy);
    }
    None
}

/// Reads all rows after the header. `tick` is called now and then.
pub(super) fn read(
    table: Table,
    header: &Cells,
    rows: &mut dyn Rows,
    terms: &Terms<'_>,
    into: &mut FigureRows,
    faults: &mut Faults<'_>,
    tick: &mut dyn FnMut(),
) {
    let Some(columns) = Columns::find(table.columns(), header, faults) else { return };
    let file = u16::try_from(into.files.len()).unwrap_or(u16::MAX);
    into.files.push(faults.file.to_owned());
    let mut cells = Cells::default();
    while rows.next(&mut cells, faults) {
        into.rows = into.rows.saturating_add(1);
        if into.rows.is_multiple_of(4096) {
            tick();
        }
        if !columns.fits(&cells, faults) {
            continue;
        }
        let declared = terms.declared;
        if into.weight > WEIGHT_MAX {
            let message = "these are more rows than one command takes";
            let remedy = "split the file, and take the parts in one after the other";
            faults.at((cells.line, 1), code::FILE_TOO_LARGE, message, remedy);
            break;
        }
        let row = Row { cells: &cells, columns: &columns, faults, declared };
        into.take(table, file, row, terms);
    }
    tick();
}

impl FigureRows {
    fn take(&mut self, table: Table, file: u16, mut row: Row<'_, '_>, terms: &Terms<'_>) {
        let line = row.line();
        // Beside the texts there are numbers, days and lengths.
        let weight = row.cells.bytes().saturating_add(32);
        let ours = |party: &PartyId| terms.party.is_none_or(|only| only == party);
        let taken = match table {
            Table::Stock => stock::read_row(&mut row, terms.least).map(|value| {
                let ours = ours(&value.account.party);
                if ours {
                    self.counts.push(Placed { file, line, value });
                }
                ours
            }),
            Table::Requirements => requirements::read_row(&mut row).map(|value| {
                let ours = ours(&value.party);
                if ours {
                    self.requirements.push(Placed { file, line, value });
                }
                ours
            }),
            Table::Earmarks => earmarks::read_row(&mut row).and_then(|value| {
                let ours = ours(&value.earmark.owner);
                let fits = !ours || self.slots.add(&mut self.earmarks, file, value, &mut row);
                fits.then_some(ours)
            }),
            Table::Consumption => consumption::read_row(&mut row).map(|value| {
                let ours = ours(&value.party);
                if ours {
                    self.consumption.push(Placed { file, line, value });
                }
                ours
            }),
        };
        match taken {
            Some(true) => self.weight = self.weight.saturating_add(weight),
            Some(false) => self.left_out = self.left_out.saturating_add(1),
            None => {}
        }
    }

    /// Looks for rows that state the same thing twice, once all files are read.
    pub(super) fn settle(&mut self, found: &mut Vec<Fault>) {
        self.slots = Slots::default();
        let files = &self.files;
        pairs(files, &self.counts, found, stock::order, |one, other| {
            (one.account == other.account).then_some(stock::TWICE)
        });
        pairs(files, &self.requirements, found, requirements::order, requirements::clash);
        pairs(files, &self.consumption, found, consumption::order, |one, other| {
            (consumption::order(one, other) == Ordering::Equal).then_some(consumption::TWICE)
        });
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
            && self.requirements.is_empty()
            && self.earmarks.is_empty()
            && self.consumption.is_empty()
    }

    /// All of them, for one command. `expected` tells what the books say of an account.
    #[must_use]
    pub fn into_figures(
        self,
        expected: impl Fn(&countersign_core::stock::AccountKey) -> Option<u64>,
    ) -> Figures {
        let counts = self
            .counts
            .into_iter()
            .map(|placed| Count { expected: expected(&placed.value.account), ..placed.value });
        Figures {
            counts: counts.collect(),
            earmarks: self.earmarks.into_iter().map(|placed| placed.value).collect(),
            requirements: self.requirements.into_iter().map(|placed| placed.value).collect(),
            consumption: self.consumption.into_iter().map(|placed| placed.value).collect(),
        }
    }

    /// The figures of each party: opening balances of accounts in which there is nothing yet.
    #[must_use]
    pub fn by_party(&self) -> Vec<PartyFigures> {
        let mut all: BTreeMap<PartyId, PartyFigures> = BTreeMap::new();
        for placed in &self.counts {
            let count = Count { expected: Some(0), ..placed.value.clone() };
            self.of(&mut all, &count.account.party, placed).figures.counts.push(count);
        }
        for placed in &self.earmarks {
            let earmark = placed.value.clone();
            self.of(&mut all, &earmark.owner, placed).figures.earmarks.push(earmark);
        }
        for placed in &self.requirements {
            let requirement = placed.value.clone();
            self.of(&mut all, &requirement.party, placed).figures.requirements.push(requirement);
        }
        for placed in &self.consumption {
            let consumption = placed.value.clone();
            self.of(&mut all, &consumption.party, placed).figures.consumption.push(consumption);
        }
        all.into_values().collect()
    }

    fn of<'m, T>(
        &self,
        all: &'m mut BTreeMap<PartyId, PartyFigures>,
        party: &PartyId,
        first: &Placed<T>,
    ) -> &'m mut PartyFigures {
        all.entry(party.clone()).or_insert_with(|| PartyFigures {
            party: party.clone(),
            file: self.files.get(usize::from(first.file)).cloned().unwrap_or_default(),
            line: first.line,
            figures: Figures::default(),
        })
    }

    /// How many months earmarks promise something for.
    pub(super) fn slot_count(&self) -> usize {
        self.earmarks.iter().map(|earmark| earmark.value.slots.len()).sum()
    }
}

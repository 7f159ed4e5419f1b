//! Rows of a foreign history, one after the other, each as the facts it states.

use super::known::Foreigners;
use super::mapping::{Amount, Condition, FactKind, FactRule, Mapping, Word};
use super::opened::{Opened, broken};
use crate::pack::fault::{Fault, code};
use crate::pack::fields::{list, quantity};
use crate::pack::source::unfit_character;
use crate::pack::table::{Cells, Delimited, Faults, Rows as _};
use countersign_core::history::{Foreign, Matter, MatterNo, Names, Span, What};
use countersign_proof::words::{ItemId, OfficeId, PartyId, Quantity, WordError, ZoneId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::BufRead;
use std::rc::Rc;
use std::str::FromStr;

/// What a row states of its case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RowFact {
    /// When.
    pub when: Span,
    /// About what.
    pub matter: MatterNo,
    /// By whom.
    pub by: Option<Foreign>,
    /// What.
    pub what: What,
    /// The time of an act as it is given.
    pub given: SmolStr,
}

/// A row that could be read.
#[derive(Clone, Debug)]
pub(crate) struct HistoryRow {
    /// Where it stands.
    pub line: u32,
    /// The case it is of.
    pub case: Foreign,
    /// A digest of all its cells: equal rows have equal ones.
    pub print: u64,
    /// What it states.
    pub facts: Vec<RowFact>,
}

/// The rows of a history.
pub(crate) struct HistoryRows<'m> {
    mapping: &'m Mapping,
    foreigners: Foreigners,
    rows: Delimited<Box<dyn BufRead>>,
    file: String,
    packed: bool,
    read: Rc<Cell<u64>>,
    /// By column of the mapping: which cell it is.
    places: Vec<usize>,
    width: usize,
    cells: Cells,
    found: Vec<Fault>,
    /// What the last row with a matter named, and its number.
    last: Option<(Matter, MatterNo)>,
    passed: BTreeSet<OfficeId>,
    count: u64,
}

/// What comes next of a history.
pub(crate) enum Next {
    /// A row.
    Row(HistoryRow),
    /// A row that cannot be read, and why.
    Faulty(Vec<Fault>),
    /// The file itself cannot be read on.
    Broken(Vec<Fault>),
    /// Nothing.
    End,
}

impl<'m> HistoryRows<'m> {
    /// Begins to read: the header.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn begin(
        mapping: &'m Mapping,
        foreigners: Foreigners,
        opened: Opened,
        file: &str,
    ) -> Result<Self, Vec<Fault>> {
        let Opened { size: _, packed, reader, read } = opened;
        let mut rows = Delimited::separated(reader, mapping.separator);
        let (mut header, mut found) = (Cells::default(), Vec::new());
        let mut faults = Faults { file, found: &mut found };
        if !rows.next(&mut header, &mut faults) {
            if faults.found.is_empty() {
                let remedy = "name a file that holds a header and rows";
                faults.whole(code::FILE_EMPTY, "the file is empty", remedy);
            }
            broken(&mut found, packed);
            return Err(found);
        }
        let mut places = Vec::new();
        for name in &mapping.columns {
            let mut at = header.iter().enumerate().filter(|(_, cell)| cell == name);
            let (first, second) = (at.next(), at.next());
            places.push(first.map_or(usize::MAX, |(at, _)| at));
            let columns: Vec<&str> = header.iter().collect();
            match (first, second) {
                (None, _) => {
                    let message = format!("there is no column {name:?}, which the mapping reads");
                    let remedy = format!(
                        "correct the mapping or the file; the columns are: {}",
                        list(&columns)
                    );
                    faults.at((header.line, 1), code::COLUMN_MISSING, message, remedy);
                }
                (Some(_), Some((again, _))) => {
                    let place = (header.line, header.column(again));
                    let message = format!("the column {name:?} stands twice");
                    faults.at(place, code::COLUMN_UNKNOWN, message, "name one of them otherwise");
                }
                (Some(_), None) => {}
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        Ok(Self {
            mapping,
            foreigners,
            rows,
            file: file.to_owned(),
            packed,
            read,
            places,
            width: header.count(),
            cells: Cells::default(),
            found,
            last: None,
            passed: BTreeSet::new(),
            count: 0,
        })
    }

    /// How many bytes of the file were read.
    pub(crate) fn bytes(&self) -> u64 {
        self.read.get()
    }

    /// How many rows were read, faulty ones included.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Reads the next row; what it names gets its numbers from `names`.
    pub(crate) fn next(&mut self, names: &mut Names) -> Next {
        self.found.clear();
        let mut cells = std::mem::take(&mut self.cells);
        // The rows before one that is whole may each have a fault of their own.
        let mut faults = Faults { file: &self.file, found: &mut self.found };
        let more = self.rows.next_or_fault(&mut cells, &mut faults);
        self.cells = cells;
        if self.found.iter().any(|fault| fault.code == code::FILE_UNREADABLE) {
            let mut found = std::mem::take(&mut self.found);
            broken(&mut found, self.packed);
            return Next::Broken(found);
        }
        if !self.found.is_empty() {
            self.count = self.count.saturating_add(1);
            return Next::Faulty(std::mem::take(&mut self.found));
        }
        if !more {
            return Next::End;
        }
        self.count = self.count.saturating_add(1);
        match self.row(names) {
            Some(row) if self.found.is_empty() => Next::Row(row),
            Some(_) | None => Next::Faulty(std::mem::take(&mut self.found)),
        }
    }

    fn row(&mut self, names: &mut Names) -> Option<HistoryRow> {
        let count = self.cells.count();
        if count != self.width {
            let message = format!("the row has {count} fields, not {}", self.width);
            let remedy = "write a field for every column, empty where there is nothing; put one \
                          that holds the separator in quotes";
            self.fault_at(1, code::CSV_ROW, message, remedy);
            return None;
        }
        let mapping = self.mapping;
        let case = self.case()?;
        if let Some(steps) = &mapping.steps {
            let step = self.text(steps.column);
            let known = steps.known.contains(step) || steps.ignore.contains(step);
            if !known {
                let message = format!("the step {:?} is not known", short(step));
                let all: Vec<&String> = steps.known.iter().chain(&steps.ignore).collect();
                let remedy = format!(
                    "have a [[fact]] of the mapping read it, or list it under ignore; it knows: {}",
                    list(&all)
                );
                self.fault(steps.column, code::WORD_UNFIT, message, remedy);
                return None;
            }
        }
        let mut facts = Vec::new();
        for rule in &mapping.facts {
            self.fact(rule, names, &mut facts);
        }
        let mut hasher = DefaultHasher::new();
        for cell in self.cells.iter() {
            hasher.write(cell.as_bytes());
            hasher.write_u8(0xFF);
        }
        Some(HistoryRow { line: self.cells.line, case, print: hasher.finish(), facts })
    }

    fn text(&self, column: usize) -> &str {
        self.cells.get(self.places.get(column).copied().unwrap_or(usize::MAX))
    }

    /// What stands in a column; nothing where it has one of the words for that.
    fn value(&self, column: usize) -> Option<&str> {
        let text = self.text(column);
        (!text.is_empty() && !self.mapping.missing.contains(text)).then_some(text)
    }

    fn fault(
        &mut self,
        column: usize,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let place = self.places.get(column).copied().unwrap_or(usize::MAX);
        let at = self.cells.column(place);
        let name = self.mapping.columns.get(column).map_or("", String::as_str);
        self.fault_at(at, code, format!("{name}: {}", message.into()), remedy);
    }

    fn fault_at(
        &mut self,
        column: u32,
        code: &'static str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let line = self.cells.line;
        let mut faults = Faults { file: &self.file, found: &mut self.found };
        faults.at((line, column), code, message, remedy);
    }

    fn case(&mut self) -> Option<Foreign> {
        let mapping = self.mapping;
        let mut case = String::new();
        for column in &mapping.case {
            let Some(part) = self.value(*column).map(SmolStr::new) else {
                let remedy = "say which case the row is of";
                self.fault(*column, code::TEXT_UNFIT, "the row names no case", remedy);
                return None;
            };
            if !case.is_empty() {
                case.push_str(" / ");
            }
            case.push_str(&part);
        }
        self.foreign(mapping.case.first().copied().unwrap_or(0), &case)
    }

    /// A name that means something in the history only.
    fn foreign(&mut self, column: usize, text: &str) -> Option<Foreign> {
        if !text.is_ascii()
            && let Some((found, what)) = unfit_character(text)
        {
            let message = format!("holds U+{:04X}, {what}", u32::from(found));
            let remedy = "remove the character: two names that look alike would be two cases";
            self.fault(column, code::TEXT_UNFIT, message, remedy);
            return None;
        }
        match Foreign::from_str(text) {
            Ok(name) => Some(name),
            Err(WordError { value, expected }) => {
                let message = format!("{value:?} is not {expected}");
                self.fault(column, code::TEXT_UNFIT, message, "shorten or correct the name");
                None
            }
        }
    }

    /// Adds what a rule reads of the row.
    fn fact(&mut self, rule: &FactRule, names: &mut Names, into: &mut Vec<RowFact>) {
        if let Some(steps) = &self.mapping.steps
            && !rule.steps.is_empty()
            && !rule.steps.contains(self.text(steps.column))
        {
            return;
        }
        let holds = |condition: &Condition| {
            condition.words.contains(self.text(condition.column)) == condition.is
        };
        if !rule.conditions.iter().all(holds) {
            return;
        }
        let amount = match &rule.quantity {
            Amount::Unstated => None,
            Amount::Fixed(quantity) => Some(*quantity),
            Amount::Column(column) => match self.amount(*column) {
                Ok(amount) => amount,
                Err(Told) => return,
            },
        };
        // Nothing was done where nothing is known to have been.
        let acted = match (rule.kind, &rule.quantity, amount) {
            (FactKind::Acted, Amount::Unstated, _) => Quantity::new(1),
            (FactKind::Acted, _, Some(amount)) if !amount.is_zero() => Some(amount),
            (FactKind::Acted, _, _) => return,
            (
                FactKind::Asked | FactKind::Approved | FactKind::Refused | FactKind::Withdrawn,
                _,
                _,
            ) => None,
        };
        let given = rule.at.and_then(|column| self.value(column)).map(SmolStr::new);
        let when = match (rule.at, &given) {
            (Some(column), Some(given)) => match self.time(column, given, false) {
                Some(when) => when,
                None => return,
            },
            (_, None) | (None, _) if rule.undated => Span::any(),
            (_, None) | (None, _) => return,
        };
        let by = match rule.by.and_then(|column| Some((column, self.value(column)?))) {
            Some((column, name)) => {
                let name = SmolStr::new(name);
                match self.foreign(column, &name) {
                    Some(name) => Some(name),
                    None => return,
                }
            }
            None => None,
        };
        let Some(matter) = self.matter(names) else { return };
        let given = given.unwrap_or_default();
        let mut add = |what| {
            into.push(RowFact { when, matter, by: by.clone(), what, given: given.clone() });
        };
        match (rule.kind, acted) {
            (FactKind::Acted, Some(quantity)) => add(What::Acted { quantity }),
            (FactKind::Acted, None) => {}
            (FactKind::Asked, _) => add(What::Asked { quantity: amount }),
            (FactKind::Refused, _) => add(What::Refused),
            (FactKind::Withdrawn, _) => {
                let office = rule.office.as_ref().map(|office| names.office(office));
                add(What::Withdrawn { office });
            }
            (FactKind::Approved, _) => {
                let until = match rule.until.and_then(|column| Some((column, self.value(column)?)))
                {
                    Some((column, text)) => {
                        let text = SmolStr::new(text);
                        match self.time(column, &text, true) {
                            Some(until) => Some(until),
                            None => return,
                        }
                    }
                    None => None,
                };
                let Some(offices) = self.offices(rule, by.as_ref()) else { return };
                for office in offices {
                    let office = names.office(&office);
                    let what = What::Approved { office, quantity: amount, until };
                    into.push(RowFact { when, matter, by: by.clone(), what, given: given.clone() });
                }
            }
        }
    }

    /// For which offices an approval speaks.
    fn offices(&mut self, rule: &FactRule, by: Option<&Foreign>) -> Option<Vec<OfficeId>> {
        let mapping = self.mapping;
        let named = by.and_then(|by| mapping.offices.get(by.as_str()));
        let offices = match (&rule.office, named, &mapping.office) {
            (Some(office), _, _) => vec![office.clone()],
            (None, Some(offices), _) => offices.clone(),
            (None, None, Some(office)) => vec![office.clone()],
            (None, None, None) => {
                let who = by.map_or("nobody", Foreign::as_str);
                let message = format!("{who} approved, but the mapping says for no office");
                let remedy = "name the person under [offices], or give office = … for the fact or \
                              for all";
                let column = rule.by.or(rule.at).unwrap_or(0);
                self.fault(column, code::REFERENCE_DANGLING, message, remedy);
                return None;
            }
        };
        for office in &offices {
            if !self.passed.contains(office) {
                if let Err((message, remedy)) = self.foreigners.check(3, office.as_str()) {
                    let column = rule.by.or(rule.at).unwrap_or(0);
                    self.fault(column, code::REFERENCE_DANGLING, message, remedy);
                    return None;
                }
                self.passed.insert(office.clone());
            }
        }
        Some(offices)
    }

    fn amount(&mut self, column: usize) -> Result<Option<Quantity>, Told> {
        let Some(text) = self.value(column) else { return Ok(None) };
        let written = SmolStr::new(text.trim());
        let plain = self.mapping.thousands.and_then(|mark| ungrouped(&written, mark));
        match quantity(plain.as_deref().unwrap_or(&written), 0) {
            Ok(amount) => Ok(Some(amount)),
            Err((message, mut remedy)) => {
                if self.mapping.thousands.is_none() && remedy.contains("without separators") {
                    remedy.push_str(", or give the mapping [numbers] thousands = …");
                }
                self.fault(column, code::QUANTITY_UNFIT, message, remedy);
                Err(Told)
            }
        }
    }

    /// When; `end`: the last moment of it.
    fn time(&mut self, column: usize, text: &str, end: bool) -> Option<Span> {
        let mapping = self.mapping;
        let mut why = None;
        for format in &mapping.formats {
            let zone = &mapping.zone;
            let parsed = if end { format.parse_last(text, zone) } else { format.parse(text, zone) };
            match parsed {
                Ok(Some(span)) => return Some(span),
                Ok(None) => {}
                Err(found) => why = why.or(Some(found)),
            }
        }
        let forms: Vec<&String> = mapping.formats.iter().map(|format| &format.text).collect();
        let (message, remedy) = match why {
            Some(why) => (format!("{:?}: {why}", short(text)), "correct the time".to_owned()),
            None => {
                let message = format!("{:?} is written in none of the forms", short(text));
                (message, format!("write {}, or add its form to [time] formats", list(&forms)))
            }
        };
        self.fault(column, code::DATE_UNFIT, message, remedy);
        None
    }

    fn word<T: FromStr<Err = WordError> + std::fmt::Display>(
        &mut self,
        word: &Word,
        which: usize,
    ) -> Option<T> {
        let (column, text) = match word {
            Word::Fixed(text) => (None, SmolStr::new(text)),
            Word::Column { column, values, other } => {
                let found = self.text(*column);
                let known = values.get(found).or(other.as_ref());
                let own = values.is_empty().then_some(found);
                let Some(text) = known.map(String::as_str).or(own).map(SmolStr::new) else {
                    let message = format!("{:?} is not among the values", short(found));
                    let known: Vec<&String> = values.keys().collect();
                    let remedy =
                        format!("add it to the values of the mapping; it has: {}", list(&known));
                    self.fault(*column, code::WORD_UNFIT, message, remedy);
                    return None;
                };
                (Some(*column), text)
            }
        };
        let parsed: Result<T, WordError> = text.parse();
        let checked = match parsed {
            Ok(value) => self.foreigners.check(which, &text).map(|()| value),
            Err(WordError { value, expected }) => {
                let remedy = "have the mapping translate it, with values".to_owned();
                Err((format!("{value:?} is not {expected}"), remedy))
            }
        };
        match (checked, column) {
            (Ok(value), _) => Some(value),
            (Err((message, remedy)), Some(column)) => {
                self.fault(column, code::WORD_UNFIT, message, remedy);
                None
            }
            (Err((message, remedy)), None) => {
                self.fault_at(1, code::WORD_UNFIT, format!("the mapping: {message}"), remedy);
                None
            }
        }
    }

    fn matter(&mut self, names: &mut Names) -> Option<MatterNo> {
        let mapping = self.mapping;
        let own = |word: &Option<Word>, row: &Self| match word {
            Some(Word::Column { column, .. }) => row.value(*column).is_some(),
            Some(Word::Fixed(_)) => true,
            None => false,
        };
        let (has_zone, has_recipient) = (own(&mapping.place, self), own(&mapping.recipient, self));
        let holder: PartyId = self.word(&mapping.holder, 0)?;
        let item: ItemId = self.word(&mapping.item, 1)?;
        let zone: Option<ZoneId> = match mapping.place.as_ref().filter(|_| has_zone) {
            Some(word) => Some(self.word(word, 2)?),
            None => None,
        };
        let recipient: Option<PartyId> = match mapping.recipient.as_ref().filter(|_| has_recipient)
        {
            Some(word) => Some(self.word(word, 0)?),
            None => None,
        };
        let matter = Matter { act: mapping.act, holder, item, zone, recipient };
        if let Some((last, number)) = &self.last
            && *last == matter
        {
            return Some(*number);
        }
        let number = names.matter(&matter);
        self.last = Some((matter, number));
        Some(number)
    }
}

/// It has been told.
struct Told;

/// Digits without the marks that group them by three; `None` where they are not so grouped.
fn ungrouped(text: &str, mark: char) -> Option<String> {
    let mut groups = text.split(mark);
    let first = groups.next()?;
    let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    let mut plain = first.to_owned();
    let mut more = false;
    for group in groups {
        if group.len() != 3 || !digits(group) {
            return None;
        }
        plain.push_str(group);
        more = true;
    }
    (digits(first) && (!more || first.len() <= 3)).then_some(plain)
}

/// The beginning of a cell, for a message.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

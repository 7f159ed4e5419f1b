//! The mapping of a foreign history: which column says what.

mod fact;

use super::time::{Format, Zone};
use crate::pack::fault::{Fault, code};
use crate::pack::fields::{Fields, Spot, kind, text, word};
use crate::pack::node::{self, Node, Value};
use crate::pack::source::{Reading, Source};
use countersign_core::history::{Foreign, Ties};
use countersign_proof::words::{Act, Digest, OfficeId, Quantity, WordError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

/// What a mapping says.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    /// The name of the history.
    pub name: Foreign,
    /// The digest of the mapping.
    pub digest: Digest,
    /// Whether the rows of a case stand together.
    pub grouped: bool,
    /// Whether equal times are settled by the order of lines.
    pub ties: Ties,
    /// What becomes of a row that cannot be read.
    pub on_fault: OnFault,
    /// What becomes of a row that says the same as another of its case.
    pub duplicates: Duplicates,
    pub(super) separator: char,
    /// Every column that is read, once.
    pub(super) columns: Vec<String>,
    pub(super) case: Vec<usize>,
    pub(super) formats: Vec<Format>,
    pub(super) zone: Zone,
    pub(super) thousands: Option<char>,
    pub(super) missing: BTreeSet<String>,
    pub(super) act: Act,
    pub(super) holder: Word,
    pub(super) item: Word,
    pub(super) place: Option<Word>,
    pub(super) recipient: Option<Word>,
    pub(super) steps: Option<Steps>,
    pub(super) offices: BTreeMap<String, Vec<OfficeId>>,
    pub(super) office: Option<OfficeId>,
    pub(super) facts: Vec<FactRule>,
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $expected:literal {
        $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(WordError::new(other, $expected)),
                }
            }
        }
    };
}

choice!(
    /// What becomes of a row that cannot be read.
    OnFault, "one of: stop, skip" {
        /// Nothing is audited or imported.
        Stop = "stop",
        /// It is left out, counted and listed.
        Skip = "skip",
    }
);
choice!(
    /// What becomes of a row that says the same as another of its case.
    Duplicates, "one of: fault, keep" {
        /// It is a fault.
        Fault = "fault",
        /// Both happened.
        Keep = "keep",
    }
);
choice!(
    /// What a fact says.
    FactKind, "one of: asked, approved, refused, withdrawn, acted" {
        /// It was asked for.
        Asked = "asked",
        /// It was approved.
        Approved = "approved",
        /// It was refused.
        Refused = "refused",
        /// Approvals were taken back.
        Withdrawn = "withdrawn",
        /// It was done.
        Acted = "acted",
    }
);
choice!(
    TieWord, "one of: file-order, unknown" {
        FileOrder = "file-order",
        Unknown = "unknown",
    }
);

/// A word that stands in every row, or is read from a column.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Fixed(String),
    Column {
        column: usize,
        /// What the words of the column stand for; themselves, where there are none.
        values: BTreeMap<String, String>,
        /// What every other word stands for.
        other: Option<String>,
    },
}

/// The column that says which step of a case a row is.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    pub column: usize,
    /// Those that say nothing of approvals.
    pub ignore: BTreeSet<String>,
    /// Those that facts name.
    pub known: BTreeSet<String>,
}

/// A quantity of a fact.
#[derive(Clone, Debug)]
pub(super) enum Amount {
    Unstated,
    Fixed(Quantity),
    Column(usize),
}

/// A column and the words it must, or must not, have.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub column: usize,
    pub words: BTreeSet<String>,
    /// Whether it must have one of them.
    pub is: bool,
}

/// How a row states a fact.
#[derive(Clone, Debug)]
pub(super) struct FactRule {
    pub kind: FactKind,
    /// The steps that state it; every row, where there are none.
    pub steps: BTreeSet<String>,
    pub conditions: Vec<Condition>,
    /// The column of the time; none where it is never told.
    pub at: Option<usize>,
    /// Whether it is known to have happened even where no time is told.
    pub undated: bool,
    pub by: Option<usize>,
    pub quantity: Amount,
    pub until: Option<usize>,
    pub office: Option<OfficeId>,
}

/// Reads the mapping in the file at `path`.
///
/// # Errors
/// Every mistake in it, by line and column.
pub(crate) fn read_mapping(path: &Path) -> Result<Mapping, Vec<Fault>> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    let mut faults = Vec::new();
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mapping = Source::read(dir, file, &mut faults).and_then(|source| {
        let mut r = Reading { source: &source, faults: &mut faults };
        let node = node::toml(&mut r)?;
        read(&mut r, &node)
    });
    match mapping {
        Some(mapping) if faults.is_empty() => Ok(mapping),
        Some(_) | None => {
            faults.iter_mut().for_each(|fault| fault.file = path.display().to_string());
            crate::pack::checks::in_order(&mut faults);
            Err(faults)
        }
    }
}

/// The columns, as they come up.
#[derive(Default)]
struct Columns(Vec<String>);

impl Columns {
    fn number(&mut self, name: &str) -> usize {
        if let Some(known) = self.0.iter().position(|known| known == name) {
            return known;
        }
        self.0.push(name.to_owned());
        self.0.len().saturating_sub(1)
    }

    fn of(
        &mut self,
        r: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        key: &'static str,
    ) -> Option<usize> {
        fields.text_or_none(r, key).map(|name| self.number(&name))
    }
}

fn read(r: &mut Reading<'_>, node: &Node) -> Option<Mapping> {
    let mut fields = Fields::new(r, node, "the mapping")?;
    let mut columns = Columns::default();
    let name: Option<Spot<Foreign>> = fields.word(r, "name");
    let case = read_case(r, &mut fields, &mut columns);
    let grouped = fields.flag(r, "grouped");
    let ties: Option<Spot<TieWord>> = fields.word_or_none(r, "ties");
    let on_fault: Option<Spot<OnFault>> = fields.word_or_none(r, "on_fault");
    let duplicates: Option<Spot<Duplicates>> = fields.word_or_none(r, "duplicates");
    let separator = read_separator(r, &mut fields);
    let missing = words(r, &mut fields, "missing", true);
    let (formats, zone) = read_time(r, &mut fields);
    let thousands = read_numbers(r, &mut fields);
    let matter = fields.get("matter").and_then(|node| Fields::new(r, node, "matter"));
    if fields.get("matter").is_none() {
        let remedy = "add a table [matter] with act, holder and item";
        r.fault(fields.at, code::KEY_MISSING, "the mapping has no [matter]", remedy);
    }
    let matter = matter.map(|matter| read_matter(r, matter, &mut columns));
    let (offices, office) = read_offices(r, &mut fields);
    let steps = fields.get("steps").and_then(|node| Fields::new(r, node, "steps"));
    let mut steps = steps.map(|mut steps| {
        let column = columns.of(r, &mut steps, "column");
        let ignore = words(r, &mut steps, "ignore", true);
        steps.finish(r);
        Steps { column: column.unwrap_or(0), ignore, known: BTreeSet::new() }
    });
    let mut facts = Vec::new();
    for mut table in fields.tables(r, "fact") {
        let fact = fact::read_fact(r, &mut table, &mut columns, steps.is_some());
        if let Some((steps, fact)) = steps.as_mut().zip(fact.as_ref()) {
            steps.known.extend(fact.steps.iter().cloned());
        }
        facts.extend(fact);
        table.finish(r);
    }
    if facts.is_empty() {
        let message = "the mapping reads no fact";
        r.fault(fields.at, code::KEY_MISSING, message, "add one, beginning with [[fact]]");
    }
    fields.finish(r);
    let (act, holder, item, place, recipient) = matter??;
    let duplicates = duplicates.map_or(Duplicates::Fault, |word| word.value);
    let ties = match ties.map(|word| word.value) {
        Some(TieWord::FileOrder) => Ties::FileOrder,
        Some(TieWord::Unknown) | None => Ties::Unknown,
    };
    let digest = Digest::of(r.source.text.as_bytes());
    Some(Mapping {
        name: name?.value,
        digest,
        grouped,
        ties,
        on_fault: on_fault.map_or(OnFault::Stop, |word| word.value),
        duplicates,
        separator,
        columns: columns.0,
        case,
        formats,
        zone,
        thousands,
        missing,
        act,
        holder,
        item,
        place,
        recipient,
        steps,
        offices,
        office,
        facts,
    })
}

fn read_case(r: &mut Reading<'_>, fields: &mut Fields<'_>, columns: &mut Columns) -> Vec<usize> {
    let names: Vec<String> =
        fields.list("case").into_iter().filter_map(|node| text(r, node, "case")).collect();
    if names.is_empty() {
        let remedy = "add case = \"…\" with the column, or the columns, that tell cases apart";
        r.fault(fields.at, code::KEY_MISSING, "the mapping has no case", remedy);
    }
    names.iter().map(|name| columns.number(name)).collect()
}

fn read_separator(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> char {
    let Some(node) = fields.get("separator") else { return ',' };
    let found = match &node.value {
        Value::Text(text) => match text.as_str() {
            "," | "comma" => Some(','),
            ";" | "semicolon" => Some(';'),
            "tab" | "\t" => Some('\t'),
            // catch-all: strings
            _ => None,
        },
        Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::List(_) | Value::Table(_) => None,
    };
    found.unwrap_or_else(|| {
        let remedy = "write comma, semicolon or tab";
        r.fault(node.at, code::WORD_UNFIT, "the separator is none that is read", remedy);
        ','
    })
}

/// Texts of a list as they are; empty ones too, where they may be.
fn words(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    empty: bool,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for node in fields.list(key) {
        match &node.value {
            Value::Text(text) if empty || !text.is_empty() => {
                found.insert(text.clone());
            }
            Value::Text(_)
            | Value::Bare(_)
            | Value::Flag(_)
            | Value::Nothing
            | Value::List(_)
            | Value::Table(_) => kind(r, node, key, "a text in quotes"),
        }
    }
    found
}

fn read_time(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> (Vec<Format>, Zone) {
    let node = fields.get("time");
    let Some(mut time) = node.and_then(|node| Fields::new(r, node, "time")) else {
        if node.is_none() {
            let remedy = "add a table [time] with formats, such as [\"YYYY-MM-DD\"], and zone";
            r.fault(fields.at, code::KEY_MISSING, "the mapping has no [time]", remedy);
        }
        return (Vec::new(), Zone::Unknown);
    };
    let mut formats = Vec::new();
    let nodes = time.list("formats");
    if nodes.is_empty() {
        let remedy = "say how times are written: formats = [\"YYYY-MM-DD\"]";
        r.fault(time.at, code::KEY_MISSING, "time has no \"formats\"", remedy);
    }
    for node in nodes {
        let Some(pattern) = text(r, node, "formats") else { continue };
        match Format::read(&pattern) {
            Ok(format) => formats.push(format),
            Err(why) => {
                let remedy = "write YYYY, MM or M, DD or D, hh, mm, ss, fff and ZZ, from the year \
                              to the finest part";
                r.fault(node.at, code::DATE_UNFIT, why, remedy);
            }
        }
    }
    let mut zone = Zone::Unknown;
    if let Some(node) = time.get("zone")
        && let Some(named) = text(r, node, "zone")
    {
        match Zone::read(&named) {
            Ok(found) => zone = found,
            Err(why) => {
                let remedy = "write unknown, UTC, an offset such as +02:00, or a name such as \
                              Europe/Amsterdam that this machine knows (/usr/share/zoneinfo)";
                r.fault(node.at, code::WORD_UNFIT, why, remedy);
            }
        }
    }
    time.finish(r);
    (formats, zone)
}

fn read_numbers(r: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<char> {
    let node = fields.get("numbers")?;
    let mut numbers = Fields::new(r, node, "numbers")?;
    let mut thousands = None;
    if let Some(node) = numbers.get("thousands") {
        match &node.value {
            Value::Text(text) if text.chars().count() == 1 => thousands = text.chars().next(),
            Value::Text(_)
            | Value::Bare(_)
            | Value::Flag(_)
            | Value::Nothing
            | Value::List(_)
            | Value::Table(_) => {
                kind(r, node, "thousands", "one character in quotes, such as \",\"");
            }
        }
    }
    numbers.finish(r);
    thousands
}

/// Act, holder, item, zone, recipient.
type MatterWords = (Act, Word, Word, Option<Word>, Option<Word>);

fn read_matter(
    r: &mut Reading<'_>,
    mut fields: Fields<'_>,
    columns: &mut Columns,
) -> Option<MatterWords> {
    let act: Option<Spot<Act>> = fields.word(r, "act");
    let mut need = |r: &mut Reading<'_>, key: &'static str| {
        let node = fields.get(key);
        if node.is_none() {
            let remedy = format!("add {key} = …, a word or a column");
            r.fault(fields.at, code::KEY_MISSING, format!("matter has no {key:?}"), remedy);
        }
        node.and_then(|node| read_word(r, node, key, columns))
    };
    let (holder, item) = (need(r, "holder"), need(r, "item"));
    let mut may = |r: &mut Reading<'_>, key: &'static str| {
        fields.get(key).and_then(|node| read_word(r, node, key, columns))
    };
    let (zone, recipient) = (may(r, "zone"), may(r, "recipient"));
    if let Some(act) = &act
        && !act.value.can_be_requested()
    {
        let message = format!("a history of {} is not audited", act.value);
        r.fault(act.at, code::WORD_UNFIT, message, "write use, deliver, transfer or divert");
    }
    fields.finish(r);
    Some((act?.value, holder?, item?, zone, recipient))
}

fn read_word(
    r: &mut Reading<'_>,
    node: &Node,
    key: &'static str,
    columns: &mut Columns,
) -> Option<Word> {
    if let Value::Text(_) = &node.value {
        return text(r, node, key).map(Word::Fixed);
    }
    let mut fields = Fields::new(r, node, key)?;
    let column = fields.text(r, "column");
    let mut values = BTreeMap::new();
    let table = fields.get("values").and_then(|node| Fields::new(r, node, "values"));
    for (from, node) in table.iter().flat_map(Fields::all) {
        if let Some(to) = text(r, node, from.value) {
            values.insert(from.value.to_owned(), to);
        }
    }
    let other = fields.text_or_none(r, "other");
    fields.finish(r);
    Some(Word::Column { column: columns.number(&column), values, other })
}

fn read_offices(
    r: &mut Reading<'_>,
    fields: &mut Fields<'_>,
) -> (BTreeMap<String, Vec<OfficeId>>, Option<OfficeId>) {
    let default: Option<Spot<OfficeId>> = fields.word_or_none(r, "office");
    let table = fields.get("offices").and_then(|node| Fields::new(r, node, "offices"));
    let mut offices = BTreeMap::new();
    for (person, node) in table.iter().flat_map(Fields::all) {
        let nodes: Vec<&Node> = match &node.value {
            Value::List(list) => list.iter().collect(),
            Value::Text(_) | Value::Bare(_) | Value::Flag(_) | Value::Nothing | Value::Table(_) => {
                vec![node]
            }
        };
        let found = nodes.into_iter().filter_map(|node| word::<OfficeId>(r, node, person.value));
        offices.insert(person.value.to_owned(), found.map(|spot| spot.value).collect());
    }
    (offices, default.map(|spot| spot.value))
}

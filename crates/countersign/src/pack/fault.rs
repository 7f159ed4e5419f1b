//! Faults and the report: what is wrong with a pack, where, and what to do about it.

use serde::Serialize;
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)+) => {
        /// The codes of faults; stable, and never reused.
        pub mod code {
            $($(#[$doc])* pub const $name: &str = $code;)+

            /// All of them. The checks of a policy version add their own, which begin with
            /// `policy-`.
            pub const ALL: &[&str] = &[$($code),+];
        }
    };
}

codes! {
    /// A file that a pack needs is not there.
    FILE_MISSING = "file-missing";
    /// A file cannot be read, or is no ordinary file.
    FILE_UNREADABLE = "file-unreadable";
    /// A file is larger than is read: in a pack 16 MiB.
    FILE_TOO_LARGE = "file-too-large";
    /// A file has nothing in it.
    FILE_EMPTY = "file-empty";
    /// A path or a symbolic link leads out of the pack's folder.
    PATH_OUTSIDE = "path-outside";
    /// A file is not UTF-8.
    NOT_UTF8 = "not-utf8";
    /// A file other than a table begins with a byte order mark.
    BYTE_ORDER_MARK = "byte-order-mark";
    /// Not TOML.
    TOML_SYNTAX = "toml-syntax";
    /// Not JSON.
    JSON_SYNTAX = "json-syntax";
    /// A row has not as many fields as the header.
    CSV_ROW = "csv-row";
    /// A quantity in a pack that the item has not.
    UNIT_UNKNOWN = "unit-unknown";
    /// A last day of use without a lot.
    LOT_MISSING = "lot-missing";
    /// A lot that had expired by the day of its figure.
    LOT_EXPIRED = "lot-expired";
    /// A unit without its serial number, or a serial number of several.
    SERIAL_UNFIT = "serial-unfit";
    /// Rows of one earmark that disagree on what it is.
    EARMARK_DISAGREES = "earmark-disagrees";
    /// An earmark that promises a party its own stock.
    EARMARK_FOR_OWNER = "earmark-for-owner";
    /// A component of a requirement that holds twice on the same days.
    SPANS_OVERLAP = "spans-overlap";
    /// A column that nobody reads, or the same one twice.
    COLUMN_UNKNOWN = "column-unknown";
    /// A column is not there.
    COLUMN_MISSING = "column-missing";
    /// A key that nobody reads.
    KEY_UNKNOWN = "key-unknown";
    /// A key is not there.
    KEY_MISSING = "key-missing";
    /// A value of another kind than the key takes.
    VALUE_KIND = "value-kind";
    /// Text that is empty, too long, or has characters that do not show what they do.
    TEXT_UNFIT = "text-unfit";
    /// A word that is not one of those that may stand there, or not written as such.
    WORD_UNFIT = "word-unfit";
    /// No date, month or moment in UTC.
    DATE_UNFIT = "date-unfit";
    /// A span that ends before it begins.
    SPAN_EMPTY = "span-empty";
    /// A number outside its bounds.
    NUMBER_UNFIT = "number-unfit";
    /// No whole number of units up to 10^12, or none where there must be one.
    QUANTITY_UNFIT = "quantity-unfit";
    /// The same id twice; in a foreign history, the same row.
    ID_TWICE = "id-twice";
    /// An id that nobody declares.
    REFERENCE_DANGLING = "reference-dangling";
    /// Inputs or zones that lie in themselves.
    CYCLE = "cycle";
    /// An office that cannot be.
    OFFICE_IMPOSSIBLE = "office-impossible";
    /// Two terms that cannot both be served.
    TERMS_OVERLAP = "terms-overlap";
    /// No public key.
    PUBLIC_KEY_UNFIT = "public-key-unfit";
    /// A place that belongs to another party.
    PLACE_OF_ANOTHER = "place-of-another";
    /// A zone's outline is not one.
    OUTLINE_UNFIT = "outline-unfit";
    /// Versions or acts out of order.
    ORDER_WRONG = "order-wrong";
    /// A triage rule that makes no sense.
    RULE_UNFIT = "triage-rule-unfit";
    /// An act of the story that cannot go as it is told.
    ACT_UNFIT = "act-unfit";
    /// A rejection that no rule gives.
    REJECTION_UNKNOWN = "rejection-unknown";
    /// The ledger would refuse the charter.
    CHARTER_UNFIT = "charter-unfit";
}

/// One mistake in a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The file, as a path within the pack.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column in characters, counted from 1.
    pub column: Option<u32>,
    /// What kind of mistake.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    /// A fault of a file as a whole.
    pub(super) fn of_file(file: &str, code: &'static str, message: &str, remedy: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            code,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, "{place}:")?;
        }
        write!(f, " {} — {}", self.message, self.remedy)
    }
}

/// How much there is in a pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Parties.
    pub parties: usize,
    /// Offices.
    pub offices: usize,
    /// Persons.
    pub persons: usize,
    /// Terms of office.
    pub terms: usize,
    /// Items.
    pub items: usize,
    /// Inputs.
    pub inputs: usize,
    /// Places.
    pub places: usize,
    /// Zones.
    pub zones: usize,
    /// Rows of stock.
    pub stock_rows: usize,
    /// Units in these rows.
    pub units: u64,
    /// Rows of requirements.
    pub requirements: usize,
    /// Earmarks.
    pub earmarks: usize,
    /// The months for which they promise something, added up.
    pub slots: usize,
    /// Rows of consumption.
    pub consumption: usize,
    /// Policy versions.
    pub versions: usize,
    /// Acts of the story.
    pub acts: usize,
}

/// What the checks found in a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What has to be mended, by file and line.
    pub faults: Vec<Fault>,
    /// What may be meant, but is worth a look, by file and line.
    pub warnings: Vec<Fault>,
    /// How much there is.
    pub summary: Summary,
}

impl Report {
    /// Whether nothing has to be mended.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let Summary { parties, offices, persons, terms, .. } = self.summary;
        writeln!(f, "{parties} parties, {offices} offices, {persons} persons, {terms} terms")?;
        let Summary { items, inputs, places, zones, .. } = self.summary;
        writeln!(f, "{items} items, {inputs} inputs, {places} places, {zones} zones")?;
        let Summary { stock_rows, units, requirements, earmarks, slots, consumption, .. } =
            self.summary;
        writeln!(f, "{units} units in {stock_rows} rows, {requirements} rows of requirements")?;
        writeln!(f, "{earmarks} earmarks for {slots} months, {consumption} rows of consumption")?;
        let Summary { versions, acts, .. } = self.summary;
        writeln!(f, "{versions} policy versions, {acts} acts")?;
        let (faults, warnings) = (self.faults.len(), self.warnings.len());
        write!(f, "{}; {}", count(faults, "fault"), count(warnings, "warning"))
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}

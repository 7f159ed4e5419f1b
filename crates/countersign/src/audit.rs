//! The audit of a foreign history. Answers: *which of its acts had their approval?*
//!
//! Rows are read one by one. Where the mapping says that the rows of a case stand together, a case
//! is judged when the next begins. Otherwise rows are first put aside in files, parted by a digest
//! of their case, and judged file by file. Either way memory does not grow with the history.

mod found;
mod seen;
mod spill;

pub(crate) use found::{Found, Outcome};

use crate::pack::{
    Duplicates, Fault, Foreigners, HistoryRow, HistoryRows, Mapping, Next, OnFault, Opened, Pack,
    code,
};
use countersign_core::charter::Charter;
use countersign_core::history::{
    AuditError, Auditor, Fact, Foreign, Judged, MatterNo, Unjudged, What,
};
use countersign_proof::words::Moment;
use found::Keeper;
use seen::Seen;
use smol_str::SmolStr;
use spill::Spill;
use std::collections::BTreeMap;
use std::path::Path;

/// How many persons are numbered before the numbers are given anew.
const PERSONS_NUMBERED: usize = 50_000;

/// How many facts of one case are kept; the audit judges none of more.
const FACTS_KEPT: usize = countersign_core::history::FACTS_MAX + 1;

/// Why there is no outcome.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Rows, or the whole file, have faults.
    Faulty(Vec<Fault>),
    /// The history cannot be held against these policies.
    Audit(AuditError),
    /// A file cannot be opened, written or read.
    Io(String, std::io::Error),
}

/// Where findings go, in words; a line for each.
pub(crate) type Sink<'a> = dyn FnMut(&Found) -> std::io::Result<()> + 'a;

/// Audits the history in `path`. `progress` is told how many bytes of the file were read.
///
/// # Errors
/// [`Failed`].
pub(crate) fn audit(
    path: &Path,
    mapping: &Mapping,
    pack: &Pack,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, Failed> {
    let charter = charter(pack);
    let file = path.display().to_string();
    let opened = Opened::open(path).map_err(|error| Failed::Io(file.clone(), error))?;
    let (size, packed) = (opened.size, opened.packed);
    let foreigners = Foreigners::of(&charter);
    let mut rows =
        HistoryRows::begin(mapping, foreigners, opened, &file).map_err(Failed::Faulty)?;
    let mut judge = Judge {
        auditor: Auditor::new(&charter, mapping.ties).map_err(Failed::Audit)?,
        mapping,
        file: &file,
        keeper: Keeper::new(sink),
        facts: Vec::new(),
        judged: Vec::new(),
    };
    let mut tick = |rows: &HistoryRows<'_>| progress(rows.bytes(), size);
    if mapping.grouped {
        grouped(&mut rows, &mut judge, &mut tick)?;
    } else {
        // Packed text is about ten times as long.
        let length = if packed { size.saturating_mul(10) } else { size };
        parted(&mut rows, &mut judge, length, &mut tick)?;
    }
    let count = rows.count();
    judge.keeper.finish(count)
}

/// What the policies of a pack are asked over.
pub(crate) fn charter(pack: &Pack) -> Charter {
    pack.charter(&BTreeMap::new(), Moment::LAST, crate::pack::FoundingPolicies::All)
}

/// The rows of a case, as they gather.
#[derive(Default)]
struct Case {
    name: Option<Foreign>,
    rows: Vec<HistoryRow>,
    facts: usize,
}

impl Case {
    fn name(&self) -> &str {
        self.name.as_ref().map_or("", Foreign::as_str)
    }

    fn add(&mut self, row: HistoryRow) {
        // A case with more facts than are judged is told of, not kept.
        if self.facts < FACTS_KEPT {
            self.facts = self.facts.saturating_add(row.facts.len());
            self.rows.push(row);
        }
    }
}

struct Judge<'a, 's> {
    auditor: Auditor,
    mapping: &'a Mapping,
    file: &'a str,
    keeper: Keeper<'a, 's>,
    facts: Vec<Fact>,
    judged: Vec<Judged>,
}

impl Judge<'_, '_> {
    /// A row that cannot be read: stops, or is counted and listed.
    fn faulty(&mut self, faults: Vec<Fault>) -> Result<(), Failed> {
        match self.mapping.on_fault {
            OnFault::Stop => {
                self.keeper.stopped(faults);
                if self.keeper.has_enough() { Err(self.keeper.faults()) } else { Ok(()) }
            }
            OnFault::Skip => {
                self.keeper.skipped(faults);
                Ok(())
            }
        }
    }

    fn judge(&mut self, case: &mut Case) -> Result<(), Failed> {
        if case.rows.is_empty() {
            return Ok(());
        }
        self.look_for_duplicates(case)?;
        // After a fault that stops, the rest is only read for more faults.
        if self.keeper.has_faults() {
            return Ok(());
        }
        if self.auditor.names.persons() > PERSONS_NUMBERED {
            self.auditor.names.forget_persons();
        }
        self.facts.clear();
        let mut given: Vec<SmolStr> = Vec::new();
        for row in &case.rows {
            for fact in &row.facts {
                let by = fact.by.as_ref().map(|by| self.auditor.names.person(by));
                let (line, when, matter, what) =
                    (u64::from(row.line), fact.when, fact.matter, fact.what);
                self.facts.push(Fact { line, when, matter, by, what });
                given.push(fact.given.clone());
            }
        }
        self.judged.clear();
        match self.auditor.judge(&self.facts, &mut self.judged) {
            Ok(()) => {}
            Err(Unjudged::Audit(error)) => return Err(Failed::Audit(error)),
            Err(why @ (Unjudged::TooLarge(_) | Unjudged::TooManyOrderings)) => {
                let acts = self.facts.iter().filter(|fact| is_act(fact)).count();
                let line = case.rows.first().map_or(0, |row| row.line);
                self.keeper.undetermined(case.name(), line, acts, &why.to_string());
                return Ok(());
            }
        }
        self.keeper.case();
        for judged in &self.judged {
            let Some(fact) = self.facts.get(judged.at) else { continue };
            let person = self.auditor.person(fact.by);
            self.keeper.act(&person, *judged);
            for (kind, certainty) in judged.findings() {
                let given = given.get(judged.at).cloned().unwrap_or_default();
                let found = Found {
                    case: SmolStr::new(case.name()),
                    line: fact.line,
                    act: self.act_in_words(fact.matter),
                    at: given,
                    kind,
                    certainty,
                    by: person.clone(),
                    missing: self.auditor.missing(&self.facts, *judged, (kind, certainty)),
                };
                self.keeper.found(found)?;
            }
        }
        Ok(())
    }

    fn act_in_words(&self, matter: MatterNo) -> String {
        let Some(matter) = self.auditor.matter(matter) else { return String::new() };
        let mut words = format!("{} {} {}", matter.act, matter.item, matter.holder);
        if let Some(zone) = &matter.zone {
            words.push_str(&format!(" {zone}"));
        }
        words
    }

    /// Two rows of a case that are the same: which of them happened?
    fn look_for_duplicates(&mut self, case: &mut Case) -> Result<(), Failed> {
        if self.mapping.duplicates == Duplicates::Keep {
            return Ok(());
        }
        let mut first: BTreeMap<u64, u32> = BTreeMap::new();
        let mut twice = Vec::new();
        case.rows.retain(|row| match first.get(&row.print) {
            Some(line) => {
                twice.push((row.line, *line));
                false
            }
            None => {
                first.insert(row.print, row.line);
                true
            }
        });
        for (line, before) in twice {
            let message = format!("the row is the same as that in line {before}");
            let remedy = "remove one, or say duplicates = \"keep\" in the mapping if both happened";
            self.faulty(vec![self.fault(line, code::ID_TWICE, message, remedy)])?;
        }
        Ok(())
    }

    fn fault(&self, line: u32, code: &'static str, message: String, remedy: &str) -> Fault {
        let (file, remedy) = (self.file.to_owned(), remedy.to_owned());
        Fault { file, line: Some(line), column: Some(1), code, message, remedy }
    }
}

fn is_act(fact: &Fact) -> bool {
    matches!(fact.what, What::Acted { .. })
}

type Tick<'a> = dyn FnMut(&HistoryRows<'_>) + 'a;

/// Judges each case when the next begins.
fn grouped(
    rows: &mut HistoryRows<'_>,
    judge: &mut Judge<'_, '_>,
    tick: &mut Tick<'_>,
) -> Result<(), Failed> {
    let mut seen = Seen::default();
    let mut case = Case::default();
    loop {
        match rows.next(&mut judge.auditor.names) {
            Next::Row(row) => {
                if case.name.as_ref() != Some(&row.case) || case.rows.is_empty() {
                    judge.judge(&mut case)?;
                    seen.begins(row.case.as_str(), row.line).map_err(temporary)?;
                    case = Case { name: Some(row.case.clone()), ..Case::default() };
                    tick(rows);
                }
                case.add(row);
            }
            Next::Faulty(faults) => judge.faulty(faults)?,
            Next::Broken(faults) => return Err(judge.keeper.broken(faults)),
            Next::End => break,
        }
    }
    judge.judge(&mut case)?;
    let Some((line, before)) = seen.comes_back().map_err(temporary)? else { return Ok(()) };
    let message = format!("the case in this line had begun in line {before} and ended before it");
    let remedy = "sort the rows by case, or say grouped = false in the mapping";
    let fault = judge.fault(line, code::ORDER_WRONG, message, remedy);
    Err(Failed::Faulty(vec![fault]))
}

/// Parts the rows by case first.
fn parted(
    rows: &mut HistoryRows<'_>,
    judge: &mut Judge<'_, '_>,
    length: u64,
    tick: &mut Tick<'_>,
) -> Result<(), Failed> {
    let mut spill = Spill::new(length).map_err(temporary)?;
    let mut since = 0u32;
    loop {
        match rows.next(&mut judge.auditor.names) {
            Next::Row(row) => spill.put(&row).map_err(temporary)?,
            Next::Faulty(faults) => judge.faulty(faults)?,
            Next::Broken(faults) => return Err(judge.keeper.broken(faults)),
            Next::End => break,
        }
        since = since.wrapping_add(1);
        if since.is_multiple_of(1024) {
            tick(rows);
        }
    }
    spill.each(&mut |name, rows| {
        let mut case = Case { name: Some(name), ..Case::default() };
        rows.into_iter().for_each(|row| case.add(row));
        judge.judge(&mut case)
    })
}

fn temporary(error: std::io::Error) -> Failed {
    Failed::Io(std::env::temp_dir().display().to_string(), error)
}

//! `history import`: a foreign history as evidence, row by row.

use super::super::desk::Desk;
use super::super::log::progress;
use super::super::output::Output;
use super::super::{Failure, Global};
use super::faulty;
use crate::pack::{
    Foreigners, HistoryRow, HistoryRows, Mapping, Next, OnFault, Opened, RowFact, read_mapping,
};
use clap::Args;
use countersign_core::Command as AnyCommand;
use countersign_core::history::{Command, KeptFact, KeptWhat, Names, SourceKey, What};
use countersign_proof::words::{Digest, Hashing};
use serde_json::json;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// `history import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        countersign --ledger D --as P-6V3R --key D/keys/P-6V3R history import list.csv \\\n    \
        --mapping mapping.toml --dry-run\n\n\
    Every row becomes an entry. What the rows say stands in its sealed parts; nothing in it \
    approves anything. The same file with the same mapping is taken in once: when it is imported \
    again, what is missing is added. Rows that cannot be read stop the import before it begins, or \
    are left out and listed, as the mapping says.")]
pub(in crate::cli) struct ImportArgs {
    /// The history, CSV or CSV packed with gzip
    file: PathBuf,
    /// Which column says what
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
}

pub(in crate::cli) fn run(
    global: &Global,
    args: &ImportArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    global.person()?;
    let mapping = read_mapping(&args.mapping).map_err(|faults| faulty("the mapping", faults))?;
    let checked = check(&args.file, &mapping, output)?;
    let key = SourceKey { file: checked.digest, mapping: mapping.digest };
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let before = desk.look(|state| state.history.source(&key).map_or(0, |source| source.rows));
    let mut rows = open(&args.file, &mapping)?;
    let mut names = Names::default();
    let bar = progress(output, "{bar:40} {pos}/{len} rows, {eta} left");
    bar.set_length(checked.rows);
    // On a copy of the state nothing recalls an answer: there, what was taken in is passed over.
    let passed = if desk.is_dry() { before } else { 0 };
    let commands = Rows { rows: &mut rows, names: &mut names, row: 0 }
        .filter(|row| row.as_ref().map_or(true, |(number, _, _)| *number > passed))
        .map(|row| {
            let (number, row, facts) = row?;
            Ok((key.command_id(number), command(&key, &mapping, number, &row, facts)))
        });
    let mut taken = 0u64;
    desk.submit_all(&by, commands, &mut |receipt| {
        Failure::of(&receipt.answer)?;
        if !receipt.repeated {
            taken = taken.saturating_add(1);
        }
        bar.inc(1);
        Ok(())
    })?;
    bar.finish_and_clear();
    if desk.is_dry() {
        output.only_would();
    }
    let (before, skipped) = (checked.rows.saturating_sub(taken), checked.skipped);
    output.value(&json!({
        "rows": checked.rows, "taken": taken, "before": before, "facts": checked.facts,
        "skipped": skipped, "skipped_rows": checked.faults,
        "file": key.file.to_string(), "mapping": key.mapping.to_string(),
    }));
    let again = match before {
        0 => String::new(),
        some => format!("; {some} had been taken in before"),
    };
    output.line(&format!(
        "{taken} rows of {} taken in as evidence, {} facts in the file{again}.",
        mapping.name, checked.facts
    ));
    if skipped > 0 {
        output.line(&format!("{skipped} rows were left out:"));
        for fault in checked.faults.iter().take(20) {
            output.line(&format!("  {fault}"));
        }
    }
    Ok(())
}

/// What a first reading of the file found.
struct Checked {
    digest: Digest,
    rows: u64,
    facts: u64,
    skipped: u64,
    /// Why, for the first of them.
    faults: Vec<crate::pack::Fault>,
}

fn open<'m>(path: &Path, mapping: &'m Mapping) -> Result<HistoryRows<'m>, Failure> {
    let file = path.display().to_string();
    let unreadable = |error| Failure::unavailable(format!("{file} cannot be read: {error}"));
    let opened = Opened::open(path).map_err(unreadable)?;
    HistoryRows::begin(mapping, Foreigners::default(), opened, &file)
        .map_err(|faults| faulty("the history", faults))
}

/// Reads the whole file once, so that nothing is taken in of one with faults that stop.
fn check(path: &Path, mapping: &Mapping, output: &Output) -> Result<Checked, Failure> {
    let file = path.display().to_string();
    let unreadable = |error| Failure::unavailable(format!("{file} cannot be read: {error}"));
    let digest = digest_of(path).map_err(unreadable)?;
    let mut rows = open(path, mapping)?;
    let mut names = Names::default();
    let mut checked = Checked { digest, rows: 0, facts: 0, skipped: 0, faults: Vec::new() };
    let bar = progress(output, "{bar:40} {bytes}/{total_bytes} read, {eta} left");
    bar.set_length(std::fs::metadata(path).map_or(0, |found| found.len()));
    loop {
        match rows.next(&mut names) {
            Next::Row(row) => {
                checked.rows = checked.rows.saturating_add(1);
                let facts = u64::try_from(row.facts.len()).unwrap_or(u64::MAX);
                checked.facts = checked.facts.saturating_add(facts);
            }
            Next::Faulty(faults) => {
                checked.skipped = checked.skipped.saturating_add(1);
                if checked.faults.len() < 10_000 {
                    checked.faults.extend(faults);
                }
            }
            Next::Broken(faults) => return Err(faulty("the history", faults)),
            Next::End => break,
        }
        bar.set_position(rows.bytes());
    }
    bar.finish_and_clear();
    match mapping.on_fault {
        OnFault::Stop if checked.skipped > 0 => {
            Err(faulty("the history, and nothing was taken in", checked.faults))
        }
        OnFault::Stop | OnFault::Skip => Ok(checked),
    }
}

fn digest_of(path: &Path) -> std::io::Result<Digest> {
    let mut file = std::fs::File::open(path)?;
    let (mut hashing, mut bytes) = (Hashing::default(), vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut bytes)?;
        if read == 0 {
            return Ok(hashing.finish());
        }
        hashing.take(bytes.get(..read).unwrap_or_default());
    }
}

/// The rows that can be read, numbered from 1.
struct Rows<'r, 'm> {
    rows: &'r mut HistoryRows<'m>,
    names: &'r mut Names,
    row: u64,
}

type Numbered = (u64, HistoryRow, Vec<KeptFact>);

impl Iterator for Rows<'_, '_> {
    type Item = Result<Numbered, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.rows.next(self.names) {
                Next::Row(row) => {
                    self.row = self.row.saturating_add(1);
                    let kept = |fact: &RowFact| kept(fact, self.names);
                    let facts = row.facts.iter().filter_map(kept).collect();
                    if self.names.persons() > 50_000 {
                        self.names.forget_persons();
                    }
                    return Some(Ok((self.row, row, facts)));
                }
                Next::Faulty(_) => {}
                Next::Broken(faults) => return Some(Err(faulty("the history", faults))),
                Next::End => return None,
            }
        }
    }
}

fn kept(fact: &RowFact, names: &Names) -> Option<KeptFact> {
    let what = match fact.what {
        What::Asked { quantity } => KeptWhat::Asked { quantity },
        What::Approved { office, quantity, until } => {
            KeptWhat::Approved { office: names.office_of(office)?.clone(), quantity, until }
        }
        What::Refused => KeptWhat::Refused,
        What::Withdrawn { office } => {
            let office = office.and_then(|office| names.office_of(office)).cloned();
            KeptWhat::Withdrawn { office }
        }
        What::Acted { quantity } => KeptWhat::Acted { quantity },
    };
    let matter = names.matter_of(fact.matter)?.clone();
    Some(KeptFact { when: fact.when, matter, by: fact.by.clone(), what })
}

fn command(
    key: &SourceKey,
    mapping: &Mapping,
    number: u64,
    row: &HistoryRow,
    facts: Vec<KeptFact>,
) -> AnyCommand {
    let case = row.case.clone();
    let (key, name, line) = (key.clone(), mapping.name.clone(), u64::from(row.line));
    AnyCommand::from(Command::ImportRow { key, name, row: number, line, case, facts })
}

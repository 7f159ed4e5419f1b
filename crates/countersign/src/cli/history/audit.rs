//! `history audit`: a foreign history against the policy in force at each date.

use super::super::log::progress;
use super::super::output::Output;
use super::super::{Failure, faulty_pack};
use super::faulty;
use crate::audit::{self, Failed, Found, Outcome};
use crate::pack::{Pack, read_mapping};
use crate::views::csv;
use clap::Args;
use countersign_core::history::{Kind, Row};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

/// The most persons, findings and skipped rows that are printed; JSON and the list have all.
const TOLD_MAX: usize = 20;

/// `history audit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        countersign history audit list.csv --mapping mapping.toml --policy D/pack\n  \
        countersign history audit list.csv --mapping mapping.toml --policy D/pack \\\n    \
        --list findings.csv --json\n\n\
    No ledger is needed. FILE is CSV, or CSV packed with gzip. DIR is a pack, of which pack.toml, \
    people.toml, items.toml and policy/ are read. docs/history.md describes mappings and says what \
    without, before, beyond, certain and possible mean.\n\n\
    Exit code 0: the audit was made, whatever it found.")]
pub(in crate::cli) struct AuditArgs {
    /// The history
    file: PathBuf,
    /// Which column says what
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// The folder with the policy versions
    #[arg(long, value_name = "DIR")]
    policy: PathBuf,
    /// Write a line for each finding, as CSV
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Write the numbers of each person, as CSV
    #[arg(long, value_name = "FILE")]
    persons: Option<PathBuf>,
}

pub(in crate::cli) fn run(args: &AuditArgs, output: &mut Output) -> Result<(), Failure> {
    let mapping = read_mapping(&args.mapping).map_err(|faults| faulty("the mapping", faults))?;
    let pack = Pack::for_audit(&args.policy).map_err(|faults| faulty_pack(&faults))?;
    let mut list = match &args.list {
        Some(path) => Some(create(path)?),
        None => None,
    };
    if let Some(list) = &mut list {
        let header = "case,line,act,at,kind,certainty,by,missing\n";
        list.write_all(header.as_bytes()).map_err(|error| unwritable(args.list.as_ref(), error))?;
    }
    let mut first: Vec<Found> = Vec::new();
    let mut sink = |found: &Found| -> io::Result<()> {
        if first.len() < TOLD_MAX {
            first.push(found.clone());
        }
        list.as_mut().map_or(Ok(()), |list| list.write_all(line(found).as_bytes()))
    };
    let bar = progress(output, "{bar:40} {bytes}/{total_bytes} read, {eta} left");
    let made = audit::audit(&args.file, &mapping, &pack, &mut sink, &mut |done, total| {
        bar.set_length(total.max(done));
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let outcome = made.map_err(|failed| refused(args, failed))?;
    if let Some(mut list) = list {
        list.flush().map_err(|error| unwritable(args.list.as_ref(), error))?;
    }
    if let Some(path) = &args.persons {
        write_persons(path, &outcome).map_err(|error| unwritable(Some(path), error))?;
    }
    output.value(&value(&outcome));
    if !output.is_json() {
        tell(args, &outcome, &first, output);
    }
    Ok(())
}

fn create(path: &PathBuf) -> Result<BufWriter<File>, Failure> {
    let created = File::create(path).map_err(|error| unwritable(Some(path), error))?;
    Ok(BufWriter::new(created))
}

fn unwritable(path: Option<&PathBuf>, error: io::Error) -> Failure {
    let path = path.map_or_else(String::new, |path| path.display().to_string());
    Failure::unavailable(format!("{path} cannot be written: {error}"))
}

fn refused(args: &AuditArgs, failed: Failed) -> Failure {
    match failed {
        Failed::Faulty(faults) => faulty("the history, and nothing was audited", faults),
        Failed::Audit(error) => {
            Failure::Refused { code: "history/not-told".to_owned(), message: error.to_string() }
        }
        Failed::Io(what, error) => {
            let of_file = what == args.file.display().to_string();
            let verb = if of_file { "read" } else { "used" };
            Failure::unavailable(format!("{what} cannot be {verb}: {error}"))
        }
    }
}

/// A field of CSV. One that a spreadsheet would take for a formula gets a mark before it.
fn field(text: &str) -> String {
    csv::cell(&csv::harmless(text))
}

fn line(found: &Found) -> String {
    let fields = [
        field(&found.case),
        found.line.to_string(),
        field(&found.act),
        field(&found.at),
        found.kind.to_string(),
        found.certainty.to_string(),
        field(&found.by),
        field(&found.missing),
    ];
    format!("{}\n", fields.join(","))
}

fn write_persons(path: &PathBuf, outcome: &Outcome) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let heads = Kind::ALL.map(|kind| format!("{kind} certain,{kind} possible"));
    writeln!(file, "person,acts,fine,{}", heads.join(","))?;
    for (person, row) in &outcome.tally.by_person {
        let found = Kind::ALL.map(|kind| {
            let counts = row.found(kind);
            format!("{},{}", counts.certain, counts.possible)
        });
        writeln!(file, "{},{},{},{}", field(person), row.acts, row.fine, found.join(","))?;
    }
    file.flush()
}

fn findings_value(row: &Row) -> Value {
    let kinds = Kind::ALL.map(|kind| {
        let counts = row.found(kind);
        let value = json!({ "certain": counts.certain, "possible": counts.possible });
        (kind.to_string(), value)
    });
    Value::Object(Map::from_iter(kinds))
}

fn person_value(person: &str, row: &Row) -> Value {
    json!({
        "person": person, "acts": row.acts, "fine": row.fine, "findings": findings_value(row),
    })
}

fn value(outcome: &Outcome) -> Value {
    let Outcome { tally, rows, skipped, faults, undetermined, undetermined_acts } = outcome;
    let persons = sorted(outcome);
    let persons: Vec<Value> =
        persons.into_iter().map(|(person, row)| person_value(person, row)).collect();
    let cases: Vec<Value> = undetermined
        .iter()
        .map(|one| json!({ "case": one.case, "line": one.line, "acts": one.acts, "why": one.why }))
        .collect();
    json!({
        "rows": rows, "skipped": skipped, "cases": tally.cases, "acts": tally.all.acts,
        "fine": tally.all.fine, "findings": findings_value(&tally.all),
        "by_person": persons, "others": person_value("", &tally.others),
        "undetermined": { "cases": tally.undetermined, "acts": undetermined_acts, "list": cases },
        "skipped_rows": faults,
    })
}

/// Persons with findings first, the most first; then the others, likewise.
fn sorted(outcome: &Outcome) -> Vec<(&str, &Row)> {
    let mut persons: Vec<(&str, &Row)> =
        outcome.tally.by_person.iter().map(|(person, row)| (person.as_str(), row)).collect();
    persons.sort_by(|(a, one), (b, other)| {
        let rank = |row: &Row| (row.remarkable(), row.acts);
        rank(other).cmp(&rank(one)).then_with(|| a.cmp(b))
    });
    persons
}

fn tell(args: &AuditArgs, outcome: &Outcome, first: &[Found], output: &mut Output) {
    let Outcome { tally, rows, skipped, faults, undetermined, undetermined_acts } = outcome;
    output.line(&format!(
        "{} in {}, {} read{}.",
        many(tally.all.acts, "act"),
        many(tally.cases, "case"),
        many(*rows, "row"),
        match skipped {
            0 => String::new(),
            some => format!(", {some} of them left out"),
        }
    ));
    let table = Kind::ALL.map(|kind| {
        let counts = tally.all.found(kind);
        vec![kind.to_string(), counts.certain.to_string(), counts.possible.to_string()]
    });
    output.table(&["finding", "certain", "possible"], &table);
    output.line(&match (tally.all.fine, tally.all.acts) {
        (_, 0) => "No act was found in it: look whether the mapping reads the acts.".to_owned(),
        (fine, all) if fine == all => "Every act had its approval in time.".to_owned(),
        (fine, all) => format!("{fine} of {all} acts had their approval, whatever the order."),
    });
    if tally.all.remarkable() > 0 {
        persons(outcome, output);
        output.heading("Findings, in the order of lines");
        let headings = ["line", "case", "at", "finding", "by", "missing"];
        let rows: Vec<Vec<String>> = first.iter().map(row).collect();
        output.table(&headings, &rows);
        let all: u64 = Kind::ALL
            .iter()
            .map(|kind| tally.all.found(*kind))
            .map(|counts| counts.certain.saturating_add(counts.possible))
            .fold(0, u64::saturating_add);
        if all > u64::try_from(first.len()).unwrap_or(u64::MAX) {
            let told = match &args.list {
                Some(path) => format!("all {all} are in {}", path.display()),
                None => format!("--list FILE writes all {all}"),
            };
            output.line(&format!("… {told}."));
        }
    }
    if *undetermined_acts > 0 || !undetermined.is_empty() {
        output.heading(&format!(
            "Not judged: {}, {}",
            many(tally.undetermined, "case"),
            many(*undetermined_acts, "act")
        ));
        for one in undetermined.iter().take(TOLD_MAX) {
            output.line(&format!("  line {}, case {}: {}", one.line, one.case, one.why));
        }
    }
    if *skipped > 0 {
        output.heading(&format!("Left out: {}", many(*skipped, "row")));
        for fault in faults.iter().take(TOLD_MAX) {
            output.line(&format!("  {fault}"));
        }
        if faults.len() > TOLD_MAX {
            output.line("  … --json tells more.");
        }
    }
}

fn persons(outcome: &Outcome, output: &mut Output) {
    let with: Vec<(&str, &Row)> =
        sorted(outcome).into_iter().filter(|(_, row)| row.remarkable() > 0).collect();
    output.heading("By whom");
    let mut headings = vec!["person".to_owned(), "acts".to_owned()];
    headings.extend(Kind::ALL.map(|kind| format!("{kind} certain")));
    headings.extend(Kind::ALL.map(|kind| format!("{kind} possible")));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = with
        .iter()
        .take(TOLD_MAX)
        .map(|(person, row)| {
            let mut cells = vec![(*person).to_owned(), row.acts.to_string()];
            cells.extend(Kind::ALL.map(|kind| row.found(kind).certain.to_string()));
            cells.extend(Kind::ALL.map(|kind| row.found(kind).possible.to_string()));
            cells
        })
        .collect();
    output.table(&headings, &rows);
    let more = with.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        output.line(&format!("… and {more} more; --persons FILE writes all."));
    }
}

fn row(found: &Found) -> Vec<String> {
    vec![
        found.line.to_string(),
        found.case.to_string(),
        if found.at.is_empty() { "-".to_owned() } else { found.at.to_string() },
        format!("{} {}", found.certainty, found.kind),
        found.by.to_string(),
        found.missing.clone(),
    ]
}

fn many(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

//! `stock import`: figures from tables, all of them or none.

mod telling;

use super::super::desk::Desk;
use super::super::log::progress;
use super::super::output::Output;
use super::super::{Failure, Global};
use crate::pack::{Declared, FigureRows, ImportError, Table, Terms, read_files};
use clap::Args;
use countersign_core::State;
use countersign_core::stock::{AccountKey, Command};
use countersign_proof::words::PartyId;
use std::path::PathBuf;
use telling::{Before, Taken};

/// `stock import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  countersign --ledger D --as P-4X6H --key D/keys/P-4X6H stock import \
        \\\n    D/pack/stock.csv --party UA --dry-run\n\n\
    The tables and their columns are described in packs/README.md. Files are CSV, with commas, \
    semicolons or tabs, or Excel workbooks (.xlsx, the first sheet)."
)]
pub(in crate::cli) struct ImportArgs {
    /// The tables
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which table they all are: stock, requirements, earmarks or consumption; what the header
    /// says, if not given
    #[arg(long, value_name = "TABLE")]
    kind: Option<Table>,
    /// Take only the rows of this party; all rows must be in order nevertheless
    #[arg(long)]
    party: Option<PartyId>,
}

pub(in crate::cli) fn run(
    global: &Global,
    args: &ImportArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    global.person()?;
    // What the books say is looked up before the files are read, as whoever made them did. If it
    // moves in between, the command is refused.
    let state = global.state()?;
    let rows = read(&state, args, output)?;
    let (taken, left_out) = (rows.rows.saturating_sub(rows.left_out), rows.left_out);
    let expected = |account: &AccountKey| Some(state.stock.balance(account).on_hand);
    let figures = rows.into_figures(expected);
    let before = Before::of(&state, &figures);
    drop(state);
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    let (_, events) =
        desk.submit(Some(by), Command::ImportFigures { figures: Box::new(figures) })?;
    if desk.is_dry() {
        output.only_would();
    }
    Taken { before: &before, events: &events, rows: taken, left_out }.tell(output);
    Ok(())
}

fn read(state: &State, args: &ImportArgs, output: &Output) -> Result<FigureRows, Failure> {
    let declared = Declared::in_ledger(state);
    let terms = Terms { declared: &declared, least: 0, party: args.party.as_ref() };
    let bar = progress(output, "{bar:40} {bytes}/{total_bytes} read, {eta} left");
    let read = read_files(&args.files, args.kind, &terms, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    read.map_err(|error| match error {
        ImportError::Faulty(faults) => {
            let message = match faults.len() {
                1 => "there is a mistake, and nothing was taken".to_owned(),
                many => format!("there are {many} mistakes, and nothing was taken"),
            };
            Failure::Faulty { code: "import/faulty", message, faults }
        }
        ImportError::WhichTable(file) => Failure::usage(format!(
            "{file}: its first line is the header of no table; say which it is with --kind, or \
             begin it with one of:\n{}",
            Table::ALL.map(|table| format!("  {}", table.columns().join(","))).join("\n")
        )),
        ImportError::Unreadable(file, error) => Failure::unavailable(format!("{file}: {error}")),
    })
}

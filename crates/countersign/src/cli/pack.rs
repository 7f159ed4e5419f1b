//! `pack …`.

use super::Failure;
use super::output::Output;
use crate::pack::{self, Fault, FoundingPolicies, Pack};
use clap::Subcommand;
use countersign_core::State;
use countersign_core::stock::Figures;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Verbs of `pack`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Check a pack: every mistake with file, line and remedy
    #[command(after_help = "Example:\n  countersign pack check D/pack")]
    Check {
        /// The folder of the pack
        dir: PathBuf,
    },
}

pub(super) fn run(verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    let Verb::Check { dir } = verb;
    let report = pack::check(dir);
    let value = serde_json::to_value(&report)
        .map_err(|error| Failure::unavailable(format!("the report: {error}")))?;
    if report.faults.is_empty() {
        output.value(&value);
        output.line(report.to_string().trim_end());
        return Ok(());
    }
    Err(faulty(&report.faults))
}

/// The refusal of a pack with mistakes.
pub(crate) fn faulty(faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    Failure::Refused {
        code: "pack/faulty".to_owned(),
        message: match lines.as_slice() {
            [only] => format!("the pack has a mistake:{only}"),
            [] | [_, _, ..] => format!("the pack has {} mistakes:{}", lines.len(), lines.concat()),
        },
    }
}

/// The books of a pack, to plan from without a ledger: at the newest day that its stock is of.
pub(super) fn books(folder: &Path) -> Result<State, Failure> {
    let pack = Pack::for_planning(folder).map_err(|faults| faulty(&faults))?;
    let at = pack.newest_figure();
    let charter = pack.charter(&BTreeMap::new(), at, FoundingPolicies::All);
    let figures: Vec<Figures> = pack.figures().into_iter().map(|own| own.figures).collect();
    Ok(State::of_figures(&charter, &figures, at)?)
}

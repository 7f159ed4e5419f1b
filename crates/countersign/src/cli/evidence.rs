//! `evidence …`.

use super::output::Output;
use super::{Failure, Global};
use clap::Subcommand;
use countersign_core::evidence::gaps;
use countersign_proof::words::Moment;
use serde_json::{Value, json};

/// Verbs of `evidence`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show what was issued to depots and did not come back, and what came back and was not issued
    #[command(after_help = "Example:\n  countersign --ledger D evidence gaps")]
    Gaps {
        /// As it is at this moment; now, if not given
        #[arg(long, value_name = "MOMENT", value_parser = super::moment)]
        at: Option<Moment>,
    },
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Gaps { at } => show_gaps(global, *at, output),
    }
}

fn show_gaps(global: &Global, at: Option<Moment>, output: &mut Output) -> Result<(), Failure> {
    use crate::clock::{Clock, WallClock};
    let state = global.state()?;
    let now = match at {
        Some(at) => at,
        None if state.ledger.exercise => state.ledger.clock,
        None => WallClock.now().map_err(|failed| Failure::unavailable(failed.to_string()))?,
    };
    let found = gaps(&state, now);
    let values: Vec<Value> = found
        .iter()
        .map(|gap| {
            json!({
                "code": gap.code(),
                "certificate": gap.certificate().to_string(),
                "message": gap.to_string(),
            })
        })
        .collect();
    output.value(&Value::Array(values));
    if found.is_empty() {
        output.line(&format!("At {now} everything that was issued to depots closes."));
    }
    for gap in &found {
        output.line(&format!("{}: {gap}", gap.code()));
    }
    Ok(())
}

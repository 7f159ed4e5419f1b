//! `evidence gaps`.

use super::super::output::Output;
use super::super::{Failure, Global};
use countersign_core::evidence::gaps;
use countersign_proof::words::Moment;
use serde_json::Value;

pub(super) fn show(
    global: &Global,
    at: Option<Moment>,
    output: &mut Output,
) -> Result<(), Failure> {
    use crate::clock::{Clock, WallClock};
    let state = global.state()?;
    let now = match at {
        Some(at) => at,
        None if state.ledger.exercise => state.ledger.clock,
        None => WallClock.now().map_err(|failed| Failure::unavailable(failed.to_string()))?,
    };
    let found = gaps(&state, now);
    let values: Vec<Value> = found.iter().map(crate::views::certificates::gap).collect();
    output.value(&Value::Array(values));
    let out = state.requests.certificates().iter().filter(|one| !one.is_settled()).count();
    match (found.is_empty(), out) {
        (true, 0) => output.line(&format!("At {now} everything that was issued to depots closes.")),
        (true, out) => output
            .line(&format!("At {now} nothing is missing; certificates that are still out: {out}.")),
        (false, _) => {}
    }
    for gap in &found {
        output.line(&format!("{}: {gap}", gap.code()));
    }
    Ok(())
}

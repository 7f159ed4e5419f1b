//! `node …`: which of the processes that serve a ledger writes to it.

use super::output::Output;
use super::{Failure, Global};
use crate::opening::SeenHead;
use clap::Subcommand;
use countersign_store::Mode;
use serde_json::json;
use std::time::Duration;

/// Verbs of `node`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show which node writes, what is acknowledged, and what this machine has seen
    #[command(after_help = "Example:\n  countersign --ledger D node status\n\n\
        It asks the record, not the nodes: what a node itself says of its standing is at \
        /health/writer and /health/ready, and for people at the door at /api/v1/node.")]
    Status,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Status => status(global, output),
    }
}

fn status(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let location = global.location()?;
    let store = countersign_store::open(location, Mode::Read)?;
    let acknowledged = store.wait_beyond(0, Duration::ZERO)?;
    let (head, lease) = (store.head()?, store.lease()?);
    let seen = SeenHead::of(location).map(|seen| seen.read()).transpose()?.flatten();
    let seen = seen.map(|head| head.frontier.size());
    output.value(&json!({
        "entries": head.size, "root": head.root.to_string(), "acknowledged": acknowledged,
        "seen_here": seen,
        "writer": lease.as_ref().map(|lease| json!({
            "holder": lease.holder, "at": lease.place, "epoch": lease.epoch,
            "is_there": !lease.is_free,
        })),
    }));
    match &lease {
        None => {
            output.line("A ledger in a folder: whoever writes to it holds a lock of its files.")
        }
        Some(lease) if lease.is_free => {
            output.line("Nobody writes; the first node that finds that so will.");
        }
        Some(lease) => {
            let holder = lease.holder.as_deref().unwrap_or("somebody without a name");
            let place = lease.place.as_ref().map(|place| format!(" at {place}"));
            let place = place.unwrap_or_default();
            output.line(&format!("{holder} writes{place} (epoch {}).", lease.epoch));
        }
    }
    output.line(&format!("{} entries, {acknowledged} of them acknowledged.", head.size));
    output.line(&format!("Root {}.", head.root));
    if let Some(seen) = seen {
        output.line(&format!("This machine has seen {seen} acknowledged."));
    }
    Ok(())
}

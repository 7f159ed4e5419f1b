//! `reroute …`.

mod orders;
mod plans;

use super::output::Output;
use super::signing::SigningArgs;
use super::{Failure, Global};
use clap::{Args, Subcommand};
use countersign_core::rerouting::{Plan, Terms, Vetoes};
use countersign_proof::words::{
    Days, DebtId, EarmarkId, ItemId, Month, OrderId, PartyId, Quantity,
};
use std::path::PathBuf;

/// Verbs of `reroute`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Plan which earmarked units would be diverted so that own stock is not short; changes nothing
    #[command(after_help = "Examples:\n  \
        countersign --ledger D reroute plan --item PATRIOT-INTERCEPTOR --out plan.json\n  \
        countersign --ledger D reroute plan --item PATRIOT-INTERCEPTOR --spare UA\n  \
        countersign reroute plan --pack D/pack --json\n\n\
        Month 1 is the month of the ledger's clock. A pack has none: its month 1 is that of the \
        newest figure of what is there, or of --clock.")]
    Plan(PlanArgs),
    /// Compare two plans for one item
    Compare {
        /// The first plan, as `reroute plan --out` wrote it
        first: PathBuf,
        /// The second plan
        second: PathBuf,
    },
    /// Check that a plan is the best one for the books as they are now
    Verify(VerifyArgs),
    /// Order what a plan says; signed by whom policy demands
    #[command(after_help = "Examples:\n  \
        countersign --ledger D reroute plan --item PATRIOT-INTERCEPTOR --out plan.json\n  \
        countersign --ledger D --dry-run reroute order plan.json \\\n    \
        --sign US.SecDef:P-2H6N=D/keys/P-2H6N --certification 'Memo 12' \\\n    \
        --replacement 2026-03 --reason 'stock is red'")]
    Order(OrderArgs),
    /// List orders, or show one: who loses what, when, and what is owed
    Show {
        /// Which order, such as ORD-1
        order: Option<OrderId>,
    },
    /// List what orders owe, and when it can be given back without falling short
    Debts,
    /// Give units back that an order owes; they are kept for the recipient from then on
    Repay {
        /// Which debt, such as DEBT-1
        debt: DebtId,
        /// How many units
        #[arg(long, allow_negative_numbers = true)]
        quantity: Quantity,
    },
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Only this item
    #[arg(long)]
    item: Option<ItemId>,
    /// Plan from the figures of this pack, without a ledger
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// How many months, the current one included, 1 to 60; if not given, 12, or more where units
    /// are promised for later
    #[arg(long, value_parser = super::months, allow_negative_numbers = true)]
    months: Option<u16>,
    /// Units that own stock must hold, instead of what the triage rule says
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    threshold: Option<Quantity>,
    /// Leave this recipient alone; may be given several times
    #[arg(long, value_name = "PARTY")]
    spare: Vec<PartyId>,
    /// Leave this earmark alone; may be given several times
    #[arg(long, value_name = "EARMARK")]
    keep: Vec<EarmarkId>,
    /// Write the plan of one item to this file
    #[arg(long, value_name = "FILE", requires = "item")]
    out: Option<PathBuf>,
}

impl PlanArgs {
    fn terms(&self) -> Terms {
        Terms { months: self.months, threshold: self.threshold.map(Quantity::units) }
    }

    fn vetoes(&self) -> Vetoes {
        Vetoes {
            recipients: self.spare.iter().cloned().collect(),
            earmarks: self.keep.iter().cloned().collect(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The plan, as `reroute plan --out` wrote it
    plan: PathBuf,
    /// Against the figures of this pack, without a ledger
    #[arg(long, value_name = "DIR")]
    pack: Option<PathBuf>,
    /// The threshold it was asked for with, where that is not what the triage rule says
    #[arg(long, value_name = "UNITS", allow_negative_numbers = true)]
    threshold: Option<Quantity>,
}

impl VerifyArgs {
    fn terms(&self, plan: &Plan) -> Terms {
        Terms {
            months: Some(u16::try_from(plan.months()).unwrap_or(u16::MAX)),
            threshold: self.threshold.map(Quantity::units),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct OrderArgs {
    /// The plan, as `reroute plan --out` wrote it
    plan: PathBuf,
    /// Where it is certified that this is needed
    #[arg(long, default_value = "")]
    certification: String,
    /// Days of notice before the order is executed
    #[arg(long, default_value = "0", value_name = "DAYS", allow_negative_numbers = true)]
    notice_days: Days,
    /// The month by which the units are replaced
    #[arg(long, value_name = "YYYY-MM")]
    replacement: Option<Month>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Plan(args) => plans::plan(global, args, output),
        Verb::Compare { first, second } => plans::compare(first, second, output),
        Verb::Verify(args) => plans::verify(global, args, output),
        Verb::Order(args) => orders::order(global, args, output),
        Verb::Show { order: None } => orders::list(global, &global.state()?, output),
        Verb::Show { order: Some(id) } => orders::show_seen(global, *id, output),
        Verb::Debts => orders::debts(global, &global.state()?, output),
        Verb::Repay { debt, quantity } => orders::repay(global, *debt, *quantity, output),
    }
}

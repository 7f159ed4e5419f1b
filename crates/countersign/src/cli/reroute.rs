//! `reroute …`.

use super::desk::Desk;
use super::output::Output;
use super::people::done;
use super::signing::{SigningArgs, signed};
use super::{Failure, Global};
use crate::statements::{self, Undertaking};
use crate::views::{board, plans};
use clap::{Args, Subcommand};
use countersign_core::rerouting::{
    self, Command, ItemProblem, Plan, Terms, Vetoes, debts::repayment, explain, plan_digest,
    problem,
};
use countersign_core::{Event, State};
use countersign_proof::words::{
    Days, DebtId, EarmarkId, ItemId, Month, OrderId, PartyId, Quantity,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Verbs of `reroute`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Plan which earmarked units would be diverted so that own stock is not short; changes nothing
    #[command(after_help = "Examples:\n  \
        countersign --ledger D reroute plan --item PATRIOT-INTERCEPTOR --out plan.json\n  \
        countersign --ledger D reroute plan --item PATRIOT-INTERCEPTOR --spare UA\n  \
        countersign reroute plan --pack packs/long-range-2025 --json")]
    Plan(PlanArgs),
    /// Compare two plans for one item
    Compare {
        /// The first plan, as `reroute plan --out` wrote it
        first: PathBuf,
        /// The second plan
        second: PathBuf,
    },
    /// Check that a plan is the best one for the books as they are now
    Verify {
        /// The plan, as `reroute plan --out` wrote it
        plan: PathBuf,
        /// Against the figures of this pack, without a ledger
        #[arg(long, value_name = "DIR")]
        pack: Option<PathBuf>,
    },
    /// Order what a plan says; signed by whom policy demands
    #[command(after_help = "Example:\n  \
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
        #[arg(long)]
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
    #[command(flatten)]
    terms: TermsArgs,
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

/// What is planned for.
#[derive(Debug, Args)]
pub(super) struct TermsArgs {
    /// How many months, the current one included: 1 to 60
    #[arg(long)]
    months: Option<u16>,
    /// Units that own stock must hold, instead of what the triage rule says
    #[arg(long)]
    threshold: Option<u64>,
}

impl TermsArgs {
    fn terms(&self) -> Terms {
        Terms { months: self.months, threshold: self.threshold }
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
    #[arg(long, default_value = "0", value_name = "DAYS")]
    notice_days: Days,
    /// The month by which the units are replaced
    #[arg(long, value_name = "YYYY-MM")]
    replacement: Option<Month>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Plan(args) => plan(global, args, output),
        Verb::Compare { first, second } => compare(first, second, output),
        Verb::Verify { plan, pack } => verify(global, plan, pack.as_deref(), output),
        Verb::Order(args) => order(global, args, output),
        Verb::Show { order: None } => list(&global.state()?, output),
        Verb::Show { order: Some(id) } => show(&global.state()?, *id, output),
        Verb::Debts => debts(&global.state()?, output),
        Verb::Repay { debt, quantity } => repay(global, *debt, *quantity, output),
    }
}

/// The books to plan from: a ledger's, or those of a pack; with the position of the log.
struct Books {
    state: State,
    position: u64,
}

impl Books {
    fn open(global: &Global, pack: Option<&Path>) -> Result<Self, Failure> {
        match pack {
            Some(folder) => Ok(Self { state: super::pack::books(folder)?, position: 0 }),
            None => {
                let (_, state, head) = global.read()?;
                Ok(Self { state, position: head.frontier.size() })
            }
        }
    }

    fn problem(&self, item: &ItemId, terms: &Terms) -> Result<ItemProblem, Failure> {
        let (stock, rules) = (&self.state.stock, self.state.triage.rules());
        let made = problem(stock, rules, item, terms, self.state.ledger.clock);
        made.map_err(|error| Failure::Refused {
            code: "rerouting/plan-impossible".to_owned(),
            message: error.to_string(),
        })
    }

    /// Items that somebody is promised units of, or that must cover a requirement.
    fn planned_items(&self) -> Vec<ItemId> {
        let stock = &self.state.stock;
        let wanted = |item: &&countersign_core::stock::Item| {
            stock.earmarks_of(&item.id, &item.origin).next().is_some()
                || !stock.requirements(&item.id, &item.origin).is_empty()
        };
        stock.items().filter(wanted).map(|item| item.id.clone()).collect()
    }
}

fn plan(global: &Global, args: &PlanArgs, output: &mut Output) -> Result<(), Failure> {
    let books = Books::open(global, args.pack.as_deref())?;
    let vetoes = Vetoes {
        recipients: args.spare.iter().cloned().collect(),
        earmarks: args.keep.iter().cloned().collect(),
    };
    let terms = args.terms.terms();
    if let Some(item) = &args.item {
        let problem = books.problem(item, &terms)?;
        let made = rerouting::plan(&problem, &vetoes);
        let value = plans::plan(&made, books.position);
        if let Some(path) = &args.out {
            write(path, &value)?;
        }
        output.value(&value);
        tell(&problem, &made, output);
        if let Some(path) = &args.out {
            output.line(&format!("\nThe plan is in {}. It moves nothing yet.", path.display()));
        }
        return Ok(());
    }
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for item in books.planned_items() {
        match books.problem(&item, &terms) {
            Ok(problem) => {
                let made = rerouting::plan(&problem, &vetoes);
                values.push(plans::plan(&made, books.position));
                rows.push(vec![
                    item.to_string(),
                    made.threshold.first().copied().unwrap_or(0).to_string(),
                    made.shortfall_before.to_string(),
                    made.shortfall_after.to_string(),
                    made.units().to_string(),
                    made.harm.to_string(),
                ]);
            }
            Err(failure) => {
                values.push(json!({
                    "item": item.as_str(),
                    "error": { "code": failure.code(), "message": failure.message() },
                }));
                let mut row = vec![item.to_string(), failure.message().to_owned()];
                row.resize(6, String::new());
                rows.push(row);
            }
        }
    }
    output.value(&Value::Array(values));
    let headings =
        ["item", "threshold", "unit-months short", "and after", "units diverted", "harm"];
    output.table(&headings, &rows);
    Ok(())
}

fn write(path: &Path, value: &Value) -> Result<(), Failure> {
    std::fs::write(path, format!("{value:#}\n"))
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let at = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))?;
    Ok(plans::read(&bytes).map_err(at)?.0)
}

/// A plan in words: what is short, what is taken from whom, and why.
fn tell(problem: &ItemProblem, plan: &Plan, output: &mut Output) {
    if output.is_json() {
        return;
    }
    output.heading(&format!("{} over {} months from {}", plan.item, plan.months(), plan.first));
    let rows: Vec<Vec<String>> = plan
        .lines()
        .map(|line| {
            vec![
                line.recipient.to_string(),
                line.earmark.to_string(),
                plan.month(line.slot.month).to_string(),
                line.slot.quantity.to_string(),
                line.slot.harm.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        output.table(&["taken from", "earmark", "month", "units", "harm each"], &rows);
        output.line("");
    }
    for sentence in explain::item(problem, plan) {
        output.line(&sentence);
    }
}

fn compare(one: &Path, other: &Path, output: &mut Output) -> Result<(), Failure> {
    let (first, second) = (read(one)?, read(other)?);
    let found =
        rerouting::compare(&first, &second).map_err(|error| Failure::usage(error.to_string()))?;
    let slots: Vec<Value> = found
        .slots
        .iter()
        .map(|slot| {
            json!({
                "earmark": slot.earmark.as_str(), "recipient": slot.recipient.as_str(),
                "month": slot.month.to_string(), "before": slot.before, "after": slot.after,
            })
        })
        .collect();
    let recipients: Vec<Value> = found
        .recipients
        .iter()
        .map(|(party, change)| {
            json!({
                "recipient": party.as_str(), "units_before": change.units_before,
                "units_after": change.units_after,
            })
        })
        .collect();
    output.value(&json!({
        "item": found.item.as_str(), "shortfall": board::number(found.cost.shortfall),
        "harm": board::number(found.cost.harm), "slots": slots, "recipients": recipients,
    }));
    output.line(&format!(
        "The second plan leaves {:+} unit-months short and does {:+} harm.",
        found.cost.shortfall, found.cost.harm
    ));
    let rows: Vec<Vec<String>> = found
        .slots
        .iter()
        .map(|slot| {
            vec![
                slot.recipient.to_string(),
                slot.earmark.to_string(),
                slot.month.to_string(),
                slot.before.to_string(),
                slot.after.to_string(),
            ]
        })
        .collect();
    output.table(&["taken from", "earmark", "month", "by the first", "by the second"], &rows);
    Ok(())
}

fn verify(
    global: &Global,
    path: &Path,
    pack: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let plan = read(path)?;
    let books = Books::open(global, pack)?;
    let months = u16::try_from(plan.months()).unwrap_or(u16::MAX);
    let terms = Terms { months: Some(months), threshold: None };
    let problem = books.problem(&plan.item, &terms)?;
    let verified = rerouting::verify(&problem, &plan.vetoes, &plan);
    verified.map_err(|fault| Failure::Refused {
        code: "rerouting/plan-stale".to_owned(),
        message: format!("the plan is not the best one for these books: {fault}"),
    })?;
    output.value(&json!({
        "good": true, "item": plan.item.as_str(), "digest": plan_digest(&plan).to_string(),
        "shortfall_after": plan.shortfall_after,
        "harm": i128::try_from(plan.harm).map_or(Value::Null, board::number),
    }));
    output.line(&format!(
        "Good: no plan for {} leaves fewer than {} unit-months short, and none that leaves as few \
         does less harm than {}.",
        plan.item, plan.shortfall_after, plan.harm
    ));
    Ok(())
}

fn order(global: &Global, args: &OrderArgs, output: &mut Output) -> Result<(), Failure> {
    let plan = read(&args.plan)?;
    let mut desk = Desk::open(global)?;
    let owner = desk.look(|state| state.stock.item(&plan.item).map(|item| item.origin.clone()));
    let unknown = || Failure::usage(format!("the ledger declares no item {}", plan.item));
    let owner = owner.ok_or_else(unknown)?;
    let undertaking = Undertaking {
        certification: args.certification.clone(),
        notice_days: args.notice_days,
        replacement: args.replacement,
    };
    let statements = signed(&mut desk, global, &args.signing, output, |part| {
        statements::diversion(&plan, &owner, &undertaking, part.signing())
    })?;
    let Some(statements) = statements else { return Ok(()) };
    let command = Command::OrderDiversion { plan: Box::new(plan), statements };
    let (_, events) = desk.submit(None, command)?;
    if desk.is_dry() {
        output.only_would();
    }
    let id = events.iter().find_map(ordered);
    let id = id.ok_or_else(|| Failure::unavailable("the order is gone"))?;
    desk.look(|state| show(state, id, output))
}

fn ordered(event: &Event) -> Option<OrderId> {
    match event {
        Event::Rerouting(rerouting::Event::DiversionOrdered { order }) => Some(order.id),
        Event::Rerouting(_)
        | Event::Ledger(_)
        | Event::People(_)
        | Event::Stock(_)
        | Event::Policy(_)
        | Event::Requests(_)
        | Event::Triage(_) => None,
    }
}

fn order_value(state: &State, order: &rerouting::Order) -> Value {
    let lost: Vec<Value> = rerouting::losses(&order.plan)
        .into_iter()
        .map(|(recipient, slots)| {
            let slots: Vec<Value> = slots
                .into_iter()
                .map(|(earmark, month, units)| {
                    json!({
                        "earmark": earmark.as_str(), "month": month.to_string(), "units": units,
                    })
                })
                .collect();
            json!({ "recipient": recipient.as_str(), "slots": slots })
        })
        .collect();
    let debts: Vec<Value> = state
        .rerouting
        .debts()
        .iter()
        .filter(|debt| debt.order == order.id)
        .map(board::debt)
        .collect();
    json!({
        "id": order.id.to_string(), "item": order.plan.item.as_str(),
        "owner": order.owner.as_str(), "state": order.state.as_str(),
        "lapse": order.lapse.as_ref().map(lapse_words),
        "offices": order.signed.iter().map(|s| s.office.to_string()).collect::<Vec<_>>(),
        "persons": order.signed.iter().map(|s| s.person.to_string()).collect::<Vec<_>>(),
        "certification": order.certification, "notice_days": order.notice_days,
        "replacement": order.replacement.map(|month| month.to_string()),
        "ordered_at": order.ordered_at.to_string(), "executes_at": order.executes_at.to_string(),
        "units": order.plan.units(), "plan": plan_digest(&order.plan).to_string(),
        "recipients": lost, "debts": debts, "statement": order.statement.to_string(),
    })
}

fn lapse_words(lapse: &rerouting::Lapse) -> String {
    match lapse {
        rerouting::Lapse::Stale(why) => format!("the books have moved: {why}"),
        rerouting::Lapse::Hold(hold) => format!("{hold} suspends it"),
        rerouting::Lapse::Policy(why) => format!("policy no longer allows it: {why}"),
    }
}

fn list(state: &State, output: &mut Output) -> Result<(), Failure> {
    let orders = state.rerouting.orders();
    output.value(&Value::Array(orders.iter().map(|order| order_value(state, order)).collect()));
    let rows: Vec<Vec<String>> = orders
        .iter()
        .map(|order| {
            vec![
                order.id.to_string(),
                order.plan.item.to_string(),
                order.plan.units().to_string(),
                order.state.as_str().to_owned(),
                order.ordered_at.date().to_string(),
                order.executes_at.date().to_string(),
                order.signed.iter().map(|s| s.office.to_string()).collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    output.table(&["order", "item", "units", "state", "ordered", "executed", "by"], &rows);
    Ok(())
}

fn show(state: &State, id: OrderId, output: &mut Output) -> Result<(), Failure> {
    let order = state.rerouting.order(id);
    let order = order.ok_or_else(|| Failure::usage(format!("there is no order {id}")))?;
    output.value(&order_value(state, order));
    let units = order.plan.units();
    output.heading(&format!("{id}: {units} {} to {}", order.plan.item, order.owner));
    let signed: Vec<String> =
        order.signed.iter().map(|s| format!("{} for {}", s.person, s.office)).collect();
    output.line(&format!("Ordered {} by {}.", order.ordered_at, signed.join(", ")));
    match order.state {
        rerouting::OrderState::Ordered => {
            output.line(&format!("It is executed on {}.", order.executes_at));
        }
        rerouting::OrderState::Executed => {
            output.line(&format!("It was executed on {}.", order.executes_at));
        }
        rerouting::OrderState::Lapsed => {
            let why = order.lapse.as_ref().map(lapse_words).unwrap_or_default();
            output.line(&format!("It came to nothing: {why}."));
        }
    }
    for (recipient, slots) in rerouting::losses(&order.plan) {
        let told: Vec<String> = slots
            .iter()
            .map(|(earmark, month, units)| format!("{units} of {earmark} in {month}"))
            .collect();
        output.line(&format!("{recipient} loses {}.", told.join(", ")));
    }
    let owed = state.rerouting.debts().iter().filter(|debt| debt.order == id);
    for debt in owed {
        output.line(&format!(
            "{}: {} owes {} {} units by {}; {} are given back.",
            debt.id, debt.owner, debt.recipient, debt.units, debt.due, debt.repaid
        ));
    }
    Ok(())
}

fn debts(state: &State, output: &mut Output) -> Result<(), Failure> {
    let all = state.rerouting.debts();
    let items: BTreeSet<&ItemId> =
        all.iter().filter(|debt| debt.left() > 0).map(|debt| &debt.item).collect();
    let mut instalments = Vec::new();
    for item in items {
        let own: Vec<&rerouting::Debt> = all.iter().filter(|debt| debt.item == *item).collect();
        let terms = Terms { months: Some(rerouting::position::HORIZON_MAX), threshold: None };
        let rules = state.triage.rules();
        let made = problem(&state.stock, rules, item, &terms, state.ledger.clock);
        if let Ok(made) = made {
            instalments.extend(repayment(&made, &own));
        }
    }
    let plan: Vec<Value> = instalments
        .iter()
        .map(|part| {
            json!({
                "debt": part.debt.to_string(), "units": part.units, "late": part.late,
                "month": part.month.map(|month| month.to_string()),
            })
        })
        .collect();
    let values: Vec<Value> = all.iter().map(board::debt).collect();
    output.value(&json!({ "debts": values, "repayment": plan }));
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|debt| {
            let parts = instalments.iter().filter(|part| part.debt == debt.id);
            let told: Vec<String> = parts
                .map(|part| match part.month {
                    Some(month) if part.late => format!("{} in {month} (late)", part.units),
                    Some(month) => format!("{} in {month}", part.units),
                    None => format!("{} not within five years", part.units),
                })
                .collect();
            vec![
                debt.id.to_string(),
                debt.item.to_string(),
                debt.recipient.to_string(),
                debt.units.to_string(),
                debt.left().to_string(),
                debt.due.to_string(),
                told.join(", "),
            ]
        })
        .collect();
    output.table(&["debt", "item", "owed to", "units", "left", "due", "can be repaid"], &rows);
    Ok(())
}

fn repay(
    global: &Global,
    debt: DebtId,
    quantity: Quantity,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let by = desk.session(global)?;
    desk.submit(Some(by), Command::RepayDebt { debt, quantity })?;
    let left = desk.look(|state| state.rerouting.debt(debt).map_or(0, rerouting::Debt::left));
    done(&desk, output, &format!("{debt} owes {left} units still."));
    Ok(())
}

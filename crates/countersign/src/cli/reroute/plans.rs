//! Plans: made, compared, verified.

use super::{PlanArgs, VerifyArgs};
use crate::cli::output::Output;
use crate::cli::{Failure, Global, known, pack};
use crate::views::plans::{self, PlanFile};
use countersign_core::State;
use countersign_core::rerouting::{
    self, Cost, Fault, ItemProblem, Plan, Terms, Veto, Vetoes, costs_of_vetoes, explain,
    plan_digest, problem,
};
use countersign_proof::words::ItemId;
use serde_json::{Value, json};
use std::path::Path;

/// The books to plan from: a ledger's, or those of a pack; with the position of the log.
struct Books<'g> {
    state: State,
    position: u64,
    /// Who looks; whoever has a pack has read it already.
    looking: Option<&'g Global>,
}

impl<'g> Books<'g> {
    fn open(global: &'g Global, pack: Option<&Path>) -> Result<Self, Failure> {
        match pack {
            Some(folder) => {
                let state = pack::books(folder, global.clock)?;
                Ok(Self { state, position: 0, looking: None })
            }
            None => {
                let (_, state, head) = global.read()?;
                Ok(Self { state, position: head.frontier.size(), looking: Some(global) })
            }
        }
    }

    /// Checks that there is an item whose owner's books may be seen.
    fn check_item(&self, id: &ItemId) -> Result<(), Failure> {
        let found = match self.looking {
            Some(global) => known::kept_item(global, &self.state, id),
            None => known::item(&self.state, id),
        };
        found.map(|_| ())
    }

    fn problem(&self, item: &ItemId, terms: &Terms) -> Result<ItemProblem, Failure> {
        let (stock, rules) = (&self.state.stock, self.state.triage.rules());
        let made = problem(stock, rules, item, terms, self.state.ledger.clock);
        made.map_err(|error| Failure::Refused {
            code: "rerouting/plan-impossible".to_owned(),
            message: error.to_string(),
        })
    }

    /// A veto on what nobody knows would be kept, and mean nothing.
    fn check_vetoes(&self, vetoes: &Vetoes, item: Option<&ItemId>) -> Result<(), Failure> {
        for recipient in &vetoes.recipients {
            known::party(&self.state, recipient)?;
        }
        for id in &vetoes.earmarks {
            let earmark = self.state.stock.earmark(id);
            let earmark =
                earmark.ok_or_else(|| Failure::usage(format!("the ledger has no earmark {id}")))?;
            if item.is_some_and(|item| earmark.item != *item) {
                return Err(Failure::usage(format!("{id} is an earmark of {}", earmark.item)));
            }
        }
        Ok(())
    }
}

pub(super) fn plan(global: &Global, args: &PlanArgs, output: &mut Output) -> Result<(), Failure> {
    let books = Books::open(global, args.pack.as_deref())?;
    let (terms, vetoes) = (args.terms(), args.vetoes());
    let Some(item) = &args.item else {
        books.check_vetoes(&vetoes, None)?;
        return plan_all(&books, &terms, &vetoes, output);
    };
    books.check_item(item)?;
    books.check_vetoes(&vetoes, Some(item))?;
    let problem = books.problem(item, &terms)?;
    let made = rerouting::plan(&problem, &vetoes);
    let costs = costs_of_vetoes(&problem, &vetoes);
    let value = plans::with_costs(plans::plan(&made, books.position), &costs);
    if let Some(path) = &args.out {
        write(path, &value)?;
    }
    output.value(&value);
    tell(&problem, &made, &costs, output);
    if let Some(path) = &args.out {
        output.line(&format!("\nThe plan is in {}. It moves nothing yet.", path.display()));
    }
    Ok(())
}

/// Every item: a row for each plan, and a line for each that cannot be planned.
fn plan_all(
    books: &Books<'_>,
    terms: &Terms,
    vetoes: &Vetoes,
    output: &mut Output,
) -> Result<(), Failure> {
    let (mut values, mut rows, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for item in plans::planned_items(&books.state) {
        if books.check_item(&item).is_err() {
            continue;
        }
        match books.problem(&item, terms) {
            Ok(problem) => {
                let made = rerouting::plan(&problem, vetoes);
                values.push(plans::plan(&made, books.position));
                rows.push(vec![
                    item.to_string(),
                    made.first.to_string(),
                    made.months().to_string(),
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
                without.push(format!("No plan: {}.", failure.message()));
            }
        }
    }
    output.value(&Value::Array(values));
    if rows.is_empty() && without.is_empty() {
        output.line("Nothing is promised of any item, and none has a requirement.");
        return Ok(());
    }
    let headings = [
        "item",
        "from",
        "months",
        "threshold",
        "unit-months short",
        "and after",
        "units diverted",
        "harm",
    ];
    if !rows.is_empty() {
        output.table(&headings, &rows);
    }
    for line in without {
        output.line(&line);
    }
    Ok(())
}

fn write(path: &Path, value: &Value) -> Result<(), Failure> {
    std::fs::write(path, format!("{value:#}\n"))
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))
}

fn read(path: &Path) -> Result<PlanFile, Failure> {
    let at = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::unavailable(format!("{}: {error}", path.display())))?;
    plans::read(&bytes).map_err(at)
}

/// A plan whose file says one thing to a person and another to the machine is nobody's.
fn unaltered(path: &Path, file: &PlanFile) -> Result<(), Failure> {
    let altered = file.contradiction();
    altered.map_or(Ok(()), |what| {
        Err(Failure::Refused {
            code: "rerouting/plan-altered".to_owned(),
            message: format!("{} was altered: {what}; make a new plan", path.display()),
        })
    })
}

/// A plan to compare or to order.
pub(super) fn read_whole(path: &Path) -> Result<Plan, Failure> {
    let file = read(path)?;
    unaltered(path, &file)?;
    Ok(file.plan)
}

fn months(plan: &Plan) -> String {
    match plan.months() {
        1 => "1 month".to_owned(),
        more => format!("{more} months"),
    }
}

/// A plan in words: what is short, what is taken from whom, and why.
fn tell(problem: &ItemProblem, plan: &Plan, costs: &[(Veto, Cost)], output: &mut Output) {
    if output.is_json() {
        return;
    }
    output.heading(&format!("{} over {} from {}", plan.item, months(plan), plan.first));
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
    for (veto, cost) in costs {
        let spared = match veto {
            Veto::Recipient(recipient) => recipient.as_str(),
            Veto::Earmark(earmark) => earmark.as_str(),
        };
        output.line(&match (cost.shortfall, cost.harm) {
            (0, 0) => format!("That {spared} is left alone costs nothing."),
            (shortfall, harm) => {
                format!("That {spared} is left alone means {}.", difference(shortfall, harm))
            }
        });
    }
}

/// How much more stays short, and how much more harm is done.
fn difference(shortfall: i128, harm: i128) -> String {
    let short = match shortfall {
        0 => "as many unit-months short".to_owned(),
        1.. => format!("{shortfall} more unit-months short"),
        ..0 => format!("{} fewer unit-months short", shortfall.unsigned_abs()),
    };
    let harm = match harm {
        0 => "as much harm".to_owned(),
        1.. => format!("{harm} more harm"),
        ..0 => format!("{} less harm", harm.unsigned_abs()),
    };
    format!("{short} and {harm}")
}

pub(super) fn compare(one: &Path, other: &Path, output: &mut Output) -> Result<(), Failure> {
    let (first, second) = (read_whole(one)?, read_whole(other)?);
    let found =
        rerouting::compare(&first, &second).map_err(|error| Failure::usage(error.to_string()))?;
    output.value(&plans::comparison(&first, &second, &found));
    for (which, plan) in [("first", &first), ("second", &second)] {
        output.line(&format!(
            "The {which} plan: {} over {} from {}, threshold {}; {} unit-months stay short, {} \
             units diverted, harm {}.",
            plan.item,
            months(plan),
            plan.first,
            plan.threshold.first().copied().unwrap_or(0),
            plan.shortfall_after,
            plan.units(),
            plan.harm,
        ));
    }
    let asked = |plan: &Plan| (plan.first, plan.threshold.clone());
    if asked(&first) != asked(&second) {
        output.line("They do not answer the same question: months or thresholds differ.");
    }
    let (shortfall, harm) = (found.cost.shortfall, found.cost.harm);
    output.line(&format!("The second against the first: {}.", difference(shortfall, harm)));
    if found.slots.is_empty() {
        output.line("Both take the same units.");
        return Ok(());
    }
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

pub(super) fn verify(
    global: &Global,
    args: &VerifyArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let file = read(&args.plan)?;
    let plan = &file.plan;
    let books = Books::open(global, args.pack.as_deref())?;
    books.check_item(&plan.item)?;
    let problem = books.problem(&plan.item, &args.terms(plan))?;
    let verified = rerouting::verify(&problem, &plan.vetoes, plan);
    verified.map_err(|fault| {
        let hint = if fault == Fault::OtherThreshold && args.threshold.is_none() {
            "; if it was asked for with --threshold, verify it with the same"
        } else {
            ""
        };
        Failure::Refused {
            code: "rerouting/plan-stale".to_owned(),
            message: format!("the plan is not the best one for these books: {fault}{hint}"),
        }
    })?;
    unaltered(&args.plan, &file)?;
    output.value(&json!({
        "good": true, "item": plan.item.as_str(), "digest": plan_digest(plan).to_string(),
        "shortfall_after": plan.shortfall_after,
        "harm": i128::try_from(plan.harm).map_or(Value::Null, plans::number),
    }));
    let (item, harm) = (&plan.item, plan.harm);
    output.line(&match plan.shortfall_after {
        0 => format!(
            "Good: with it {item} is short in no month, and no plan that does as well does less \
             harm than {harm}."
        ),
        short => format!(
            "Good: no plan for {item} leaves fewer than {short} unit-months short, and none that \
             leaves as few does less harm than {harm}."
        ),
    });
    let spared = plans::spared(&plan.vetoes);
    if !spared.is_empty() {
        output.line(&format!("That is so while these are left alone: {}.", spared.join(", ")));
    }
    Ok(())
}

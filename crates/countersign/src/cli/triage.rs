//! `triage …`.

use super::desk::Desk;
use super::output::Output;
use super::people::done;
use super::signing::{SigningArgs, signed};
use super::stock::mark;
use super::{Failure, Global, known};
use crate::views::{board, triage as views};
use clap::{Args, Subcommand};
use countersign_core::State;
use countersign_core::triage::{self, Command};
use countersign_core::viewing::Matter;
use countersign_proof::Label;
use countersign_proof::statement::kinds::{ClassOverride, OverrideLift};
use countersign_proof::words::{ItemClass, ItemId, Moment};
use serde_json::Value;

/// Verbs of `triage`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show every item's class and the rule that gives it
    Show,
    /// Say in words why an item is in its class, and what it would take to change that
    #[command(after_help = "Example:\n  countersign --ledger D triage explain PATRIOT-INTERCEPTOR")]
    Explain {
        /// The item
        item: ItemId,
    },
    /// Set a class by hand, for a time
    #[command(
        after_help = "Example:\n  countersign --ledger D --dry-run triage override ATACMS \\\n    \
        --class red --until 2026-06-01 --sign US.SecDef:P-2H6N=D/keys/P-2H6N --reason 'held back'"
    )]
    Override(OverrideArgs),
    /// End a class set by hand before its time
    Lift {
        /// The item
        item: ItemId,
        #[command(flatten)]
        signing: SigningArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct OverrideArgs {
    /// The item
    item: ItemId,
    /// The class
    #[arg(long)]
    class: ItemClass,
    /// The first moment at which the rules decide again
    #[arg(long, value_parser = super::moment)]
    until: Moment,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::Show => show(global, &global.state()?, output),
        Verb::Explain { item } => explain(global, &global.state()?, item, output),
        Verb::Override(args) => set(global, args, output),
        Verb::Lift { item, signing } => lift(global, item, signing, output),
    }
}

fn show(global: &Global, state: &State, output: &mut Output) -> Result<(), Failure> {
    let rules = state.triage.rules();
    let mut values = Vec::new();
    let mut rows = Vec::new();
    let seen = |id: &ItemId| global.may_view(state, &Matter::Item(id), Label::Parties);
    for item in state.stock.items().filter(|item| seen(&item.id)) {
        let rule = rules.rule_for(&item.id, &item.labels);
        let memory = state.triage.memory(&item.id);
        let declared = memory.and_then(|memory| memory.declared.as_ref());
        let severity = rules.class(&item.class).map(|class| class.severity);
        values.push(views::class(state, item));
        rows.push(vec![
            item.id.to_string(),
            mark(severity, item.class.as_str()),
            memory.map(|memory| memory.since.date().to_string()).unwrap_or_default(),
            rule.map_or_else(|| "none: stands in the charter".to_owned(), |r| r.title.clone()),
            declared
                .map(|d| format!("by {} until {}", d.office, d.until.date()))
                .unwrap_or_default(),
        ]);
    }
    output.value(&Value::Array(values));
    output.table(&["item", "class", "since", "rule", "set by hand"], &rows);
    Ok(())
}

fn explain(
    global: &Global,
    state: &State,
    id: &ItemId,
    output: &mut Output,
) -> Result<(), Failure> {
    let item = known::seen_item(global, state, id)?;
    let at = state.ledger.clock;
    output.value(&views::explained(state, item));
    let rules = state.triage.rules();
    let Some(rule) = rules.rule_for(id, &item.labels) else {
        let words = format!(
            "No triage rule is for {id}. Its class, {}, stands in the charter: {} ({}).",
            item.class, item.source, item.standing
        );
        output.line(&words);
        return Ok(());
    };
    let unjudged = || Failure::usage(format!("no triage rule judges {id}"));
    let judgement = state.triage.judge(&state.stock, id, at).ok_or_else(unjudged)?;
    let sentences = triage::explain(rule, &judgement);
    let figures = &judgement.figures;
    let expected = board::expected(state, item);
    output.heading(&format!("{id}: {}", judgement.class));
    for sentence in &sentences {
        output.line(sentence);
    }
    if let Some(expected) = &expected {
        output.line(&expected.words());
    }
    if !figures.is_empty() {
        output.heading("\nThe figures");
        let rows: Vec<Vec<String>> = judgement
            .figures
            .iter()
            .map(|figure| vec![figure.name.clone(), figure.value.to_string()])
            .collect();
        output.table(&["what", "units"], &rows);
    }
    Ok(())
}

fn set(global: &Global, args: &OverrideArgs, output: &mut Output) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let statements = signed(&mut desk, global, &args.signing, output, |part| ClassOverride {
        item: args.item.clone(),
        class: args.class.clone(),
        until: args.until,
        office: part.office.clone(),
        signer: part.signer.clone(),
        binding: part.binding,
        reason: part.reason.to_owned(),
    })?;
    let Some(statements) = statements else { return Ok(()) };
    desk.submit(None, Command::OverrideClass { statements })?;
    let words = format!("{} is {} until {}.", args.item, args.class, args.until);
    done(&desk, output, &words);
    Ok(())
}

fn lift(
    global: &Global,
    item: &ItemId,
    signing: &SigningArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut desk = Desk::open(global)?;
    let statements = signed(&mut desk, global, signing, output, |part| OverrideLift {
        item: item.clone(),
        office: part.office.clone(),
        signer: part.signer.clone(),
        binding: part.binding,
        reason: part.reason.to_owned(),
    })?;
    let Some(statements) = statements else { return Ok(()) };
    desk.submit(None, Command::LiftOverride { statements })?;
    let class = desk.look(|state| state.stock.item(item).map(|item| item.class.clone()));
    let class = class.map_or_else(String::new, |class| format!(": it is {class} now"));
    done(&desk, output, &format!("The rules decide on {item} again{class}."));
    Ok(())
}

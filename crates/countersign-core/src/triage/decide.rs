//! Deciding classes set by hand, and their end.

use super::{Command, Declaration, Event, Memory, Rejection, Rule, Triage, judge};
use super::{Inputs, Judgement};
use crate::people::Signed;
use crate::policy::{ItemQuestion, Preconditions, Subject, Totals};
use crate::stock::{self, Item};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::signature::Verified;
use countersign_proof::statement::Statement;
use countersign_proof::statement::kinds::{ClassOverride, OverrideLift};
use countersign_proof::words::{Act, ItemId, Moment, Quantity};

/// Decides a command of the room.
pub(crate) fn decide(
    state: &State,
    command: &Command,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    match command {
        Command::OverrideClass { statements } => set(state, statements, at),
        Command::LiftOverride { statements } => lift(state, statements, at),
    }
}

fn set(
    state: &State,
    statements: &[Verified<ClassOverride>],
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let verified = statements.first().ok_or(Rejection::NoStatement)?;
    let first = verified.statement();
    let alike = |other: &ClassOverride| {
        (&other.item, &other.class, other.until) == (&first.item, &first.class, first.until)
    };
    if !statements.iter().all(|other| alike(other.statement())) {
        return Err(Rejection::StatementsDiffer.into());
    }
    let (mut events, signed) = spend(state, statements, at)?;
    let (item, rule) = found(state, &first.item)?;
    if state.triage.rules.rank(&first.class).is_none() {
        return Err(Rejection::UnknownClass { class: first.class.clone() }.into());
    }
    if first.until <= at {
        return Err(Rejection::OverrideEnded { until: first.until }.into());
    }
    gate(state, item, rule, &signed, at)?;
    let declaration = Declaration {
        class: first.class.clone(),
        office: first.office.clone(),
        reason: String::new(),
        from: at,
        until: first.until,
    };
    let memory = state.triage.memory(&first.item).cloned();
    let memory = memory.unwrap_or_else(|| Memory::unknown(at)).declare(declaration.clone());
    events.push(
        Event::ClassOverridden {
            item: first.item.clone(),
            declaration,
            person: first.signer.clone(),
            statement: verified.digest(),
        }
        .into(),
    );
    events.extend(judged(state, item, rule, &memory, at));
    Ok(events)
}

fn lift(
    state: &State,
    statements: &[Verified<OverrideLift>],
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let verified = statements.first().ok_or(Rejection::NoStatement)?;
    let first = verified.statement();
    if statements.iter().any(|other| other.statement().item != first.item) {
        return Err(Rejection::StatementsDiffer.into());
    }
    let (mut events, signed) = spend(state, statements, at)?;
    let (item, rule) = found(state, &first.item)?;
    let memory = state.triage.memory(&first.item).filter(|memory| memory.declared.is_some());
    let nothing = || Rejection::NothingOverridden { item: first.item.clone() };
    let memory = memory.ok_or_else(nothing)?.clone().lift(at);
    gate(state, item, rule, &signed, at)?;
    events.push(
        Event::OverrideLifted {
            item: first.item.clone(),
            office: first.office.clone(),
            person: first.signer.clone(),
            statement: verified.digest(),
        }
        .into(),
    );
    events.extend(judged(state, item, rule, &memory, at));
    Ok(events)
}

/// The events that spend the nonces, and who signed for which office.
fn spend<S: Statement>(
    state: &State,
    statements: &[Verified<S>],
    at: Moment,
) -> Result<(Vec<AnyEvent>, Vec<Signed>), AnyRejection> {
    let spent = state.ledger.spend(statements, at)?;
    let mut signed = Vec::new();
    for verified in statements {
        let office = verified.statement().office().ok_or(Rejection::NoStatement)?;
        signed.push(state.people.signed(verified, office, Act::Override, at)?);
    }
    Ok((spent.into_iter().map(AnyEvent::from).collect(), signed))
}

fn found<'a>(state: &'a State, id: &ItemId) -> Result<(&'a Item, &'a Rule), Rejection> {
    let item = state.stock.item(id);
    let item = item.ok_or_else(|| Rejection::UnknownItem { item: id.clone() })?;
    let rule = state.triage.rules.rule_for(id, &item.labels);
    Ok((item, rule.ok_or_else(|| Rejection::NoRule { item: id.clone() })?))
}

/// The rule names who may; policy says whose signatures it takes.
fn gate(
    state: &State,
    item: &Item,
    rule: &Rule,
    signed: &[Signed],
    at: Moment,
) -> Result<(), AnyRejection> {
    if let Some(other) = signed.iter().find(|signed| !rule.may_declare(&signed.office)) {
        return Err(Rejection::OfficeMayNotOverride { office: other.office.clone() }.into());
    }
    let subject = Subject::Item(ItemQuestion {
        holder: &item.origin,
        item,
        zone: None,
        quantity: Quantity::ZERO,
        recipient: None,
        requested: Act::Override,
        totals: Totals::default(),
        preconditions: Preconditions::default(),
    });
    state.policy.consent(&state.people, Act::Override, subject, signed, at)?;
    Ok(())
}

/// What follows for the class.
fn judged(state: &State, item: &Item, rule: &Rule, memory: &Memory, at: Moment) -> Vec<AnyEvent> {
    let Triage { rules, next, .. } = &state.triage;
    let inputs = Inputs::of(&state.stock, &item.id, &item.origin, at);
    let judgement = judge(rules, rule, &inputs, Some(memory), at);
    let remembered = vec![(item.id.clone(), judgement.memory.clone())];
    let mut events = vec![Event::ItemsJudged { memory: remembered, next: *next }.into()];
    events.extend(class_events(item, judgement));
    events
}

/// The events of an item that has another class than before.
pub(super) fn class_events(item: &Item, judgement: Judgement) -> Vec<AnyEvent> {
    if item.class == judgement.class {
        return Vec::new();
    }
    let (from, class) = (item.class.clone(), judgement.class.clone());
    let (id, judgement) = (item.id.clone(), Box::new(judgement));
    vec![
        Event::ClassChanged { item: id.clone(), from, judgement }.into(),
        stock::Event::ItemClassed { item: id, class }.into(),
    ]
}

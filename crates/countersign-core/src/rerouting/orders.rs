//! Deciding diversion orders, and executing them when their notice is over.

use super::debts;
use super::position::{Terms, problem};
use super::{
    Command, Debt, Event, Lapse, Line, Order, OrderState, Plan, Rejection, losses, verify,
};
use crate::people::{Authority, Signed};
use crate::policy::{ItemQuestion, Preconditions, Subject, Totals};
use crate::requests::number_after;
use crate::stock::{self, Item};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::DiversionOrder;
use countersign_proof::words::{
    Act, DebtId, Digest, HoldId, HoldScope, Moment, Month, OrderId, Quantity,
};
use std::collections::BTreeSet;

/// The digest by which an order names its plan: of the plan's compact encoding.
#[must_use]
pub fn plan_digest(plan: &Plan) -> Digest {
    let mut bytes = b"countersign plan 1\n".to_vec();
    // Encoding into a vector cannot fail; were it ever to, the digest matches nothing.
    bytes.extend(postcard::to_allocvec(plan).unwrap_or_default());
    Digest::of(&bytes)
}

/// Decides a command of the room.
pub(crate) fn decide(
    state: &State,
    command: &Command,
    by: Option<&Authority>,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    match command {
        Command::OrderDiversion { plan, statements } => order(state, plan, statements, at),
        Command::RepayDebt { debt, quantity } => {
            let by = by.ok_or(crate::people::Rejection::NoStatement)?;
            debts::repay(state, *debt, *quantity, by, at)
        }
    }
}

fn order(
    state: &State,
    plan: &Plan,
    statements: &[Verified<DiversionOrder>],
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let verified = statements.first().ok_or(Rejection::NoStatement)?;
    let first = verified.statement();
    for other in statements {
        let alike = DiversionOrder {
            office: first.office.clone(),
            signer: first.signer.clone(),
            binding: first.binding,
            reason: first.reason.clone(),
            ..other.statement().clone()
        };
        if alike != *first {
            return Err(Rejection::StatementsDiffer.into());
        }
    }
    let spent = state.ledger.spend(statements, at)?;
    let mut signed = Vec::new();
    for verified in statements {
        let office = &verified.statement().office;
        signed.push(state.people.signed(verified, office, Act::Divert, at)?);
    }
    let item = state.stock.item(&first.item);
    let item = item.ok_or_else(|| Rejection::UnknownItem { item: first.item.clone() })?;
    check_plan(first, item, plan)?;
    check_best(state, plan, at)?;
    let executes_at = at.plus_days(u64::from(u16::from(first.notice_days)));
    if let Some(month) = first.replacement.filter(|month| *month < Month::of(executes_at.date())) {
        return Err(Rejection::ReplacementPassed { month }.into());
    }
    if let Some((hold, scope)) = hold_on(state, plan, item) {
        return Err(Rejection::UnderHold { hold, scope }.into());
    }
    let preconditions = Preconditions {
        certified: !first.certification.is_empty(),
        notice_days: first.notice_days.into(),
        replaced: first.replacement.is_some(),
    };
    consent(state, item, plan, preconditions, &signed, at)?;
    let id = OrderId(number_after(state.rerouting.orders.len()));
    let order = Order {
        id,
        owner: first.owner.clone(),
        plan: plan.clone(),
        signed,
        certification: first.certification.clone(),
        notice_days: first.notice_days.into(),
        replacement: first.replacement,
        ordered_at: at,
        executes_at,
        state: OrderState::Ordered,
        lapse: None,
        statement: verified.digest(),
    };
    let mut events: Vec<AnyEvent> = spent.into_iter().map(AnyEvent::from).collect();
    events.push(Event::DiversionOrdered { order: Box::new(order.clone()) }.into());
    for (recipient, slots) in losses(plan) {
        let slots =
            slots.into_iter().map(|(earmark, month, units)| (earmark.clone(), month, units));
        let (order, recipient, slots) = (id, recipient.clone(), slots.collect());
        events.push(Event::RecipientNotified { order, recipient, slots, executes_at }.into());
    }
    if executes_at == at {
        events.extend(execution(state, &order));
    }
    Ok(events)
}

/// The statement must name this plan, and say what it does.
fn check_plan(signed: &DiversionOrder, item: &Item, plan: &Plan) -> Result<(), Rejection> {
    let recipients: BTreeSet<_> = plan.lines().map(|line| line.recipient.clone()).collect();
    let what = [
        (signed.plan == plan_digest(plan), "digest of the plan"),
        (signed.item == plan.item, "item"),
        (signed.owner == item.origin, "owner"),
        (signed.quantity.units() == plan.units(), "quantity"),
        (signed.recipients == recipients, "recipients"),
    ];
    if plan.slots.is_empty() {
        return Err(Rejection::NothingToDivert { item: plan.item.clone() });
    }
    match what.iter().find(|(same, _)| !same) {
        Some((_, what)) => Err(Rejection::PlanDiffers { what }),
        None => Ok(()),
    }
}

/// The plan must be the best one for the books as they are: nothing that it relied on has moved.
fn check_best(state: &State, plan: &Plan, at: Moment) -> Result<(), Rejection> {
    let months = u16::try_from(plan.months()).unwrap_or(u16::MAX);
    let terms = Terms { months: Some(months), threshold: None };
    let rules = state.triage.rules();
    let now = problem(&state.stock, rules, &plan.item, &terms, at)
        .map_err(|error| Rejection::PlanImpossible { why: error.to_string() })?;
    verify(&now, &plan.vetoes, plan)
        .map_err(|fault| Rejection::PlanStale { why: fault.to_string() })
}

fn consent(
    state: &State,
    item: &Item,
    plan: &Plan,
    preconditions: Preconditions,
    signed: &[Signed],
    at: Moment,
) -> Result<(), crate::policy::Rejection> {
    let subject = Subject::Item(ItemQuestion {
        holder: &item.origin,
        item,
        zone: None,
        quantity: Quantity::new(plan.units()).unwrap_or(Quantity::MAX),
        recipient: None,
        requested: Act::Divert,
        totals: Totals::default(),
        preconditions,
    });
    state.policy.consent(&state.people, Act::Divert, subject, signed, at)?;
    Ok(())
}

/// A standing hold that covers a diversion: of everything, of the act, of the item, of the owner or
/// of a recipient.
fn hold_on(state: &State, plan: &Plan, item: &Item) -> Option<(HoldId, HoldScope)> {
    let covers = |scope: &HoldScope| match scope {
        HoldScope::All => true,
        HoldScope::Act(act) => *act == Act::Divert,
        HoldScope::Item(held) => *held == item.id,
        HoldScope::Holder(party) => {
            *party == item.origin || plan.lines().any(|line| *line.recipient == *party)
        }
        HoldScope::Zone(_)
        | HoldScope::Office(_)
        | HoldScope::Request(_)
        | HoldScope::Release(_) => false,
    };
    let mut standing = state.requests.holds().iter().filter(|hold| hold.lifted_at.is_none());
    let found = standing.find(|hold| covers(&hold.scope))?;
    Some((found.id, found.scope.clone()))
}

/// The units go to the owner; what is owed for them is written down.
fn execution(state: &State, order: &Order) -> Vec<AnyEvent> {
    let mut events: Vec<AnyEvent> = vec![Event::DiversionExecuted { order: order.id }.into()];
    let mut debts = state.rerouting.debts.len();
    for line in order.plan.lines() {
        let month = order.plan.month(line.slot.month);
        for (month, kept, to_be_made) in taken(state, order, &line) {
            let earmark = line.earmark.clone();
            events.push(stock::Event::SlotDiverted { earmark, month, kept, to_be_made }.into());
        }
        if let Some(due) = order.replacement {
            let debt = Debt {
                id: DebtId(number_after(debts)),
                order: order.id,
                item: order.plan.item.clone(),
                owner: order.owner.clone(),
                recipient: line.recipient.clone(),
                earmark: line.earmark.clone(),
                month,
                units: line.slot.quantity,
                due,
                repaid: 0,
            };
            debts = debts.saturating_add(1);
            events.push(Event::DebtIncurred { debt: Box::new(debt) }.into());
        }
    }
    events
}

/// From which slots of an earmark the units of one slot of a plan come: of its own month, and for
/// the first month also of earlier ones. What is still to be made goes first.
fn taken(state: &State, order: &Order, line: &Line<'_>) -> Vec<(Month, u64, u64)> {
    let month = order.plan.month(line.slot.month);
    let mut left = line.slot.quantity;
    let mut taken = Vec::new();
    let Some(earmark) = state.stock.earmark(line.earmark) else { return taken };
    for (at, found) in &earmark.slots {
        let here = *at == month || (line.slot.month == 1 && *at < order.plan.first);
        if !here || left == 0 {
            continue;
        }
        let to_be_made = found.to_be_made().min(left);
        left = left.saturating_sub(to_be_made);
        let kept = found.kept().min(left);
        left = left.saturating_sub(kept);
        taken.push((*at, kept, to_be_made));
    }
    taken
}

/// An order's notice is over: it is executed, unless what it relied on has moved.
pub(crate) fn fall_due(state: &State, id: OrderId, at: Moment) -> Vec<AnyEvent> {
    let Some(order) = state.rerouting.order(id) else { return Vec::new() };
    match against(state, order, at) {
        Some(why) => vec![Event::DiversionLapsed { order: id, why }.into()],
        None => execution(state, order),
    }
}

/// What stands against executing an order now.
fn against(state: &State, order: &Order, at: Moment) -> Option<Lapse> {
    let Some(item) = state.stock.item(&order.plan.item) else {
        return Some(Lapse::Stale(format!("the item {} is not declared", order.plan.item)));
    };
    if let Some((hold, _)) = hold_on(state, &order.plan, item) {
        return Some(Lapse::Hold(hold));
    }
    let asked = consent(state, item, &order.plan, order.preconditions(), &order.signed, at);
    if let Err(rejection) = asked {
        return Some(Lapse::Policy(rejection.to_string()));
    }
    still_there(state, order).err().map(Lapse::Stale)
}

/// The slots must still hold what the order takes: time has passed, so the plan as a whole is not
/// weighed again, but nobody loses units that a release has drawn on since.
fn still_there(state: &State, order: &Order) -> Result<(), String> {
    for line in order.plan.lines() {
        let units = taken(state, order, &line)
            .iter()
            .map(|(_, kept, to_be_made)| kept.saturating_add(*to_be_made))
            .fold(0, u64::saturating_add);
        if units < line.slot.quantity {
            let (earmark, wanted) = (line.earmark, line.slot.quantity);
            let month = order.plan.month(line.slot.month);
            return Err(format!("{earmark}, {month}: {units} of {wanted} units are still open"));
        }
    }
    Ok(())
}

//! When own stock falls short, which earmarked slots are diverted to it, and why those?
//!
//! Pure planning, item by item, in whole units. A plan diverts just enough of the slots that may
//! be diverted that the owner's own stock meets its threshold in every month: the fewest
//! unit-months below the threshold come first, then the least harm, then a stated order. A plan is
//! a value with month prices in it, from which a verifier that shares nothing with the planner
//! sees in one pass that no better plan exists. A plan is a proposal: it moves nothing. The
//! modules in the order to read them:
//!
//! - [`problem`]: what is a plan made from?
//! - [`plan`](mod@plan): which slots are diverted?
//! - [`verify`](mod@verify): is this plan the best one?
//! - [`compare`](mod@compare): what does a veto cost, and how do two plans differ?
//! - [`explain`]: why these slots, in sentences?
//! - [`position`]: what the books say of one item, as a problem;
//! - `orders`: may this plan be executed, and what becomes of it?
//! - [`debts`]: what is owed back, and when can it be repaid?

pub mod problem;

pub mod plan;

pub mod verify;

pub mod compare;

pub mod explain;

pub mod position;

mod orders;

pub mod debts;

pub use compare::{
    Comparison, Cost, DifferentItems, RecipientChange, SlotChange, Veto, compare, costs_of_sparing,
    costs_of_vetoes,
};
pub use plan::{Diverted, Line, Plan, Reason, plan, plan_all};
pub use problem::{ItemProblem, ProblemError, Promise, Slot, Vetoes};
pub use verify::{Fault, verify};

pub use orders::plan_digest;
pub(crate) use orders::{decide, fall_due};
pub use position::{PlanningError, Terms, problem};

use crate::people::Signed;
use crate::policy::Preconditions;
use crate::rejection::rejections;
use crate::requests::index;
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::DiversionOrder;
use countersign_proof::words::{
    DebtId, Digest, EarmarkId, HoldId, HoldScope, ItemId, Moment, Month, OrderId, PartyId, Quantity,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// State: orders, what they owe, and when they are executed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rerouting {
    orders: Vec<Order>,
    debts: Vec<Debt>,
    agenda: BTreeSet<(Moment, OrderId)>,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderState {
    /// Signed; the recipients have notice.
    Ordered,
    /// The units have gone to the owner.
    Executed,
    /// It came to nothing.
    Lapsed,
}

impl OrderState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Executed => "executed",
            Self::Lapsed => "lapsed",
        }
    }
}

/// Why an order came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lapse {
    /// What the plan relied on has moved during the notice.
    Stale(String),
    /// A hold covers it.
    Hold(HoldId),
    /// Policy would no longer allow it.
    Policy(String),
}

/// A diversion order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// To whose stock.
    pub owner: PartyId,
    /// Which slots, how much of each, and why.
    pub plan: Plan,
    /// Who signed, for which offices.
    pub signed: Vec<Signed>,
    /// Where it is certified that this is needed; empty where it is not.
    pub certification: String,
    /// Days of notice.
    pub notice_days: u16,
    /// By when the units are replaced, if they are.
    pub replacement: Option<Month>,
    /// When it was signed.
    pub ordered_at: Moment,
    /// When it is, or was to be, executed.
    pub executes_at: Moment,
    /// Where it stands.
    pub state: OrderState,
    /// Why it came to nothing.
    pub lapse: Option<Lapse>,
    /// The digest of the first statement.
    pub statement: Digest,
}

impl Order {
    /// What it undertakes beside the diversion.
    #[must_use]
    pub fn preconditions(&self) -> Preconditions {
        Preconditions {
            certified: !self.certification.is_empty(),
            notice_days: self.notice_days,
            replaced: self.replacement.is_some(),
        }
    }
}

/// Units that an order owes a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// Its id.
    pub id: DebtId,
    /// The order that owes.
    pub order: OrderId,
    /// Of what.
    pub item: ItemId,
    /// Who owes.
    pub owner: PartyId,
    /// To whom.
    pub recipient: PartyId,
    /// The earmark they were taken from.
    pub earmark: EarmarkId,
    /// The month they had been promised for.
    pub month: Month,
    /// How many units were taken.
    pub units: u64,
    /// By the end of which month they are owed.
    pub due: Month,
    /// How many have been given back.
    pub repaid: u64,
}

impl Debt {
    /// Units still owed.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.units.saturating_sub(self.repaid)
    }
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Divert what a plan says.
    OrderDiversion {
        /// The plan that the statements name by its digest.
        plan: Box<Plan>,
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<DiversionOrder>>,
    },
    /// Give units back that an order owes; they are kept for the recipient from then on.
    RepayDebt {
        /// Which debt.
        debt: DebtId,
        /// How many units, at least 1.
        quantity: Quantity,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields say in types what they are")]
pub enum Event {
    /// An order was signed.
    DiversionOrdered { order: Box<Order> },
    /// A recipient was told what it loses, and when.
    RecipientNotified {
        order: OrderId,
        recipient: PartyId,
        slots: Vec<(EarmarkId, Month, u64)>,
        executes_at: Moment,
    },
    /// The units went to the owner.
    DiversionExecuted { order: OrderId },
    /// The order came to nothing.
    DiversionLapsed { order: OrderId, why: Lapse },
    /// Units are owed to a recipient.
    DebtIncurred { debt: Box<Debt> },
    /// Units were given back.
    DebtRepaid { debt: DebtId, units: u64 },
}

rejections!(
    /// Why the room refuses.
    Rejection in "rerouting" {
        NoStatement = "no-statement", "no signed statement was given";
        StatementsDiffer = "statements-differ",
            "the statements differ in more than office, signer, binding and reason";
        UnknownItem { item: ItemId } = "unknown-item", "the item {item} is not declared";
        UnknownDebt { debt: DebtId } = "unknown-debt", "there is no debt {debt}";
        NothingToDivert { item: ItemId } = "nothing-to-divert",
            "the plan diverts nothing of {item}";
        PlanDiffers { what: &'static str } = "plan-differs",
            "the statement and the plan differ in: {what}; nothing but the plan itself can be \
                 ordered";
        PlanImpossible { why: String } = "plan-impossible", "no plan can be made now: {why}";
        PlanStale { why: String } = "plan-stale",
            "the plan is not the best one for the books as they are now: {why}; make a new plan \
                 and sign that";
        ReplacementPassed { month: Month } = "replacement-passed",
            "the units are to be replaced by {month}, which is over before they are taken";
        UnderHold { hold: HoldId, scope: HoldScope } = "under-hold",
            "{hold} suspends {scope}; nothing is re-routed there until it is lifted";
        QuantityZero = "quantity-zero", "the quantity must be at least 1";
        MoreThanOwed { debt: DebtId, owed: u64 } = "more-than-owed",
            "{debt} owes only {owed} units";
        NotEnough { wanted: Quantity, free: Quantity, owner: PartyId } = "not-enough",
            "{wanted} units are to be given back, but {owner} has only {free} that are not \
                 promised";
    }
);

impl Rerouting {
    /// All orders, in the order of the record.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    /// The order, if there is one.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(index(id.0)?)
    }

    /// All debts, in the order of the record.
    #[must_use]
    pub fn debts(&self) -> &[Debt] {
        &self.debts
    }

    /// The debt, if there is one.
    #[must_use]
    pub fn debt(&self, id: DebtId) -> Option<&Debt> {
        self.debts.get(index(id.0)?)
    }

    /// Which order is executed next, and when.
    #[must_use]
    pub fn next_due(&self) -> Option<(Moment, OrderId)> {
        self.agenda.first().copied()
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::DiversionOrdered { order } => {
                self.agenda.insert((order.executes_at, order.id));
                self.orders.push((**order).clone());
            }
            Event::RecipientNotified { .. } => {}
            Event::DiversionExecuted { order } => self.end(*order, OrderState::Executed, None),
            Event::DiversionLapsed { order, why } => {
                self.end(*order, OrderState::Lapsed, Some(why.clone()));
            }
            Event::DebtIncurred { debt } => self.debts.push((**debt).clone()),
            Event::DebtRepaid { debt, units } => {
                if let Some(debt) = index(debt.0).and_then(|index| self.debts.get_mut(index)) {
                    debt.repaid = debt.repaid.saturating_add(*units);
                }
            }
        }
    }

    fn end(&mut self, id: OrderId, state: OrderState, lapse: Option<Lapse>) {
        if let Some(order) = index(id.0).and_then(|index| self.orders.get_mut(index)) {
            self.agenda.remove(&(order.executes_at, id));
            order.state = state;
            order.lapse = lapse;
        }
    }
}

/// What an order takes from each recipient: earmark, month, units.
#[must_use]
pub fn losses(plan: &Plan) -> BTreeMap<&PartyId, Vec<(&EarmarkId, Month, u64)>> {
    let mut losses: BTreeMap<&PartyId, Vec<(&EarmarkId, Month, u64)>> = BTreeMap::new();
    for line in plan.lines() {
        let taken = (line.earmark, plan.month(line.slot.month), line.slot.quantity);
        losses.entry(line.recipient).or_default().push(taken);
    }
    losses
}

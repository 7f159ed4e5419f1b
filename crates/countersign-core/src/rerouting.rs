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

pub mod problem;

pub mod plan;

pub mod verify;

pub mod compare;

pub mod explain;

pub use compare::{
    Comparison, Cost, DifferentItems, RecipientChange, SlotChange, Veto, compare, costs_of_sparing,
    costs_of_vetoes,
};
pub use plan::{Diverted, Line, Plan, Reason, plan, plan_all};
pub use problem::{ItemProblem, ProblemError, Promise, Slot, Vetoes};
pub use verify::{Fault, verify};

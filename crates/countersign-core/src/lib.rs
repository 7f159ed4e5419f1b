//! The rules, pure: what may be done, by whose consent, and what becomes of it.
//!
//! `decide(&State, &Envelope) -> Result<Vec<Event>, Rejection>` and
//! `apply(&mut State, Moment, &[Event])`. No clock, no randomness, no I/O, no async, no float in a
//! decision, no iteration over a hash map: time, ids, nonces and verified signatures arrive with
//! the command. The modules in the order to read them:
//!
//! - [`charter`]: what is every room founded from?
//! - [`ledger`]: which ledger is this, what time is it, which statements may still be signed?
//! - [`people`]: who may speak for which office, and with which key?
//! - [`stock`]: what is there, whose is it, and what is already promised?
//! - [`policy`]: which rules are in force, and who must consent?
//! - [`requests`]: may this be done, who still has to consent, and what has been released?
//! - [`triage`]: how short is each item, by which rule, since when, and what would change it?
//! - [`rerouting`]: when stock falls short, which promised units are diverted, and what is owed?
//! - [`history`]: what does a foreign history say, and which of its acts had their approval?
//! - [`dependence`]: what can a holder use without whose consent, and what would another version
//!   change?
//! - [`evidence`]: does what came back from outside fit what was issued?
//! - [`viewing`]: may this person see this part of this matter?
//! - [`step`](decide): the one choke point;
//! - [`record`]: what an entry says of a step;
//! - [`invariants`]: what must hold after every step.

mod rejection;

pub mod charter;

pub mod ledger;

pub mod people;

pub mod stock;

pub mod policy;

pub mod requests;

pub mod triage;

pub mod rerouting;

pub mod history;

pub mod dependence;

pub mod evidence;

pub mod viewing;

mod step;

pub mod record;

pub mod invariants;

pub use step::{Command, Envelope, Event, Rejection, State, apply, decide, next_due};

//! Policy. Answers: *which rules are in force, and who must consent to this act?*

mod question;

mod closure;
mod derive;

mod cedar;
mod check;
mod digest;
mod memo;

pub use cedar::{Compiled, DATA_SHAPE, Explained, KEY_ONLY_RED, SCHEMA};
pub use check::{Problem, ProblemCode, Report, check};
pub use derive::OFFICES_MAX;
pub use memo::MEMO_MAX;
pub use question::{
    Deciding, ItemQuestion, KeyOnlyRule, PolicyBundle, PolicyError, Question, Subject, Totals,
    Verdict, World, Zone,
};

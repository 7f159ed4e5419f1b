//! Policy. Answers: *which rules are in force, and who must consent to this act?*

mod question;

pub use question::{
    Deciding, ItemQuestion, KeyOnlyRule, PolicyBundle, PolicyError, Question, Subject, Totals,
    Verdict, World, Zone,
};

//! What somebody may do, what can happen to it, and how much of it is explored.

use super::papers::{Paper, Word};
use super::planted::Planted;
use countersign_proof::words::{Moment, Revision};
use std::fmt;
use std::sync::Arc;

/// How much of the world is explored.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Who may sign what.
    pub words: &'static [Word],
    /// Whether offices change hands.
    pub appointments: bool,
    /// Whether a hold is placed and lifted.
    pub holds: bool,
    /// How many signers make the word of the office that is not personal.
    pub quorum: u8,
    /// How many units are asked for at first; a revision changes between this and one less.
    pub units: u64,
    /// The newest revision there may be.
    pub revisions: u32,
    /// How many people may step back.
    pub recusals: usize,
    /// How many units may be reported as used, one at a time.
    pub uses: u64,
    /// How many crashes there may be, each of which loses one command's answer or the command.
    pub crashes: u8,
    /// Whether states that differ only in the order of what was said are told apart.
    pub in_order: bool,
    /// What is wrong with the ledger.
    pub planted: Planted,
}

/// What somebody does.
#[derive(Clone)]
pub enum Act {
    /// Hands a signed text in.
    Paper(Arc<Paper>),
    /// The officer who asked writes the next revision of what they have read.
    Revise(Revision),
    /// The officer takes the request back.
    TakeBack,
    /// The officer answers a question.
    Answer,
    /// Somebody steps back.
    Recuse(&'static str),
    /// The officer reports that a unit was used at this moment, which was now when it was written.
    Report(Moment),
    /// The officer gives back what is left.
    Surrender,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paper(paper) => f.write_str(&paper.label),
            Self::Revise(read) => write!(f, "the officer revises revision {read}"),
            Self::TakeBack => f.write_str("the officer takes the request back"),
            Self::Answer => f.write_str("the officer answers the question"),
            Self::Recuse(person) => write!(f, "{person} steps back"),
            Self::Report(at) => write!(f, "the officer reports a unit used at {at}"),
            Self::Surrender => f.write_str("the officer gives the release back"),
        }
    }
}

/// What can happen.
#[derive(Clone)]
pub enum Step {
    /// The command is decided, committed and answered.
    Do(Act),
    /// It is decided and committed; then a crash, and nobody gets the answer.
    LoseAnswer(Act),
    /// It is decided; then a crash, before the commit.
    CrashBefore(Act),
    /// Whoever got no answer sends the same command with the same id.
    Retry,
    /// Nobody does anything until the next thing is due.
    Wait,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(act) => write!(f, "{act}"),
            Self::LoseAnswer(act) => write!(f, "{act}; it is recorded, and the answer is lost"),
            Self::CrashBefore(act) => write!(f, "{act}; a crash before it is recorded"),
            Self::Retry => f.write_str("the same command is sent again with the same id"),
            Self::Wait => f.write_str("time passes until the next thing is due"),
        }
    }
}

//! Answers: *what does a version promise about every request there could be, and is it so?*
//!
//! A check reads the text of the policies, and an evaluation answers one question. What is said of
//! all questions at once is asked of a solver. Nothing here starts one: a [`Solver`] is given, and
//! where none is, a claim is not proved, which is written down as such.

use super::Situation;
use countersign_proof::words::{Act, PolicyVersionId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that decides scripts in SMT-LIB 2.6, one at a time.
pub trait Solver: Send {
    /// Its name and version, such as `cvc5 1.0.3`.
    fn name(&self) -> String;

    /// Whether the assertions of a whole script, which ends with `(check-sat)`, can hold together.
    /// Where `model` is set and they can, the script is to be followed by `(get-model)`.
    fn solve(&mut self, script: &str, model: bool) -> Reply;
}

/// What a solver replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// They cannot.
    Unsat,
    /// They can; with the model as the solver prints it, empty where none was asked for.
    Sat(String),
    /// No answer: it gave up, ran out of time, failed, or could not be run.
    Unknown(String),
}

/// What is claimed of a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Claim {
    /// This policy never fails while it is evaluated.
    NeverFails {
        /// Its id.
        policy: String,
    },
    /// For this act, what is allowed stays allowed when more offices consent.
    ApprovalsHelp {
        /// The act.
        act: Act,
    },
    /// What a standing property says.
    Promise {
        /// The file that holds it.
        file: String,
        /// What it promises, in a sentence.
        sentence: String,
    },
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverFails { policy } => write!(f, "policy {policy} never fails"),
            Self::ApprovalsHelp { act } => {
                write!(f, "for {act}, more consent never takes a permission away")
            }
            Self::Promise { file, sentence } => write!(f, "{sentence} ({file})"),
        }
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// It holds for every request there could be.
    Proved,
    /// It does not; here is one for which it fails, as the authoriser itself has confirmed.
    Refuted {
        /// What happens, told as a sentence.
        counterexample: String,
    },
    /// Nobody knows.
    NotProved {
        /// Why not, such as `no solver`.
        why: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proved => f.write_str("proved"),
            Self::Refuted { counterexample } => write!(f, "false: {counterexample}"),
            Self::NotProved { why } => write!(f, "not proved: {why}"),
        }
    }
}

/// What was found about every claim of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// Name and version of the solver; `None` where there was none.
    pub solver: Option<String>,
    /// How long it took, in milliseconds, as whoever ran it says.
    pub millis: u64,
    /// Each claim with what became of it.
    pub findings: Vec<(Claim, Finding)>,
    /// How it differs from the version that it follows, where the two were compared.
    pub differences: Vec<(Act, Direction, Finding)>,
}

/// Why a claim is not proved where nothing could be asked.
pub const NO_SOLVER: &str = "no solver";

impl Proofs {
    /// Every one of these claims, not proved for want of a solver.
    #[must_use]
    pub fn without_solver(claims: Vec<Claim>) -> Self {
        let open = || Finding::NotProved { why: NO_SOLVER.to_owned() };
        let findings = claims.into_iter().map(|claim| (claim, open())).collect();
        Self { findings, ..Self::default() }
    }

    /// What became of a claim; not proved where it was never asked about.
    #[must_use]
    pub fn of(&self, claim: &Claim) -> Finding {
        let found = self.findings.iter().find(|(asked, _)| asked == claim);
        let never = || Finding::NotProved { why: "it was not asked about".to_owned() };
        found.map_or_else(never, |(_, finding)| finding.clone())
    }

    /// Whether every one of these claims is proved.
    #[must_use]
    pub fn prove(&self, claims: &[Claim]) -> bool {
        claims.iter().all(|claim| self.of(claim) == Finding::Proved)
    }

    /// The claims that are false, each with a counterexample.
    pub fn refuted(&self) -> impl Iterator<Item = (&Claim, &str)> {
        self.findings.iter().filter_map(|(claim, finding)| match finding {
            Finding::Refuted { counterexample } => Some((claim, counterexample.as_str())),
            Finding::Proved | Finding::NotProved { .. } => None,
        })
    }
}

/// A way in which one version can differ from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Direction {
    /// Allowed before, refused after.
    NoLongerAllowed,
    /// Refused before, allowed after.
    NewlyAllowed,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLongerAllowed => "no longer allowed",
            Self::NewlyAllowed => "newly allowed",
        })
    }
}

/// Whether two versions differ in one direction for one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The act.
    pub act: Act,
    /// The direction.
    pub direction: Direction,
    /// `Proved` where nothing is: the versions do not differ so. `Refuted` with an example of what
    /// is.
    pub finding: Finding,
    /// The example, where there is one.
    pub example: Option<Situation>,
}

/// Two versions held against each other, in every act and both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The version before.
    pub before: PolicyVersionId,
    /// The version after.
    pub after: PolicyVersionId,
    /// Name and version of the solver; `None` where there was none.
    pub solver: Option<String>,
    /// What was found; with no solver, every finding is open.
    pub differences: Vec<Difference>,
}

//! The audit. Answers: *which acts of a foreign history had their approval, by the policy version
//! in force at each?*

use super::course::{Seen, Step, Terms};
use super::facts::{Fact, Matter, MatterNo, Names, OfficeNo, PersonNo, What};
use super::order::{Ties, Timed, Weigher};
use super::rules::{AuditError, Rule, Rules};
use super::words;
use crate::charter::Charter;
use countersign_proof::words::{OfficeId, Quantity};
use smol_str::SmolStr;
use std::fmt;

/// The most facts of one case.
pub const FACTS_MAX: usize = 10_000;

/// What is found of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No satisfying approval was in force at the act, and none came later that would have covered
    /// it.
    Without,
    /// A satisfying approval came only later.
    Before,
    /// The offices had approved, but less than was done in all, or not up to then, or something
    /// else.
    Beyond,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Without, Self::Before, Self::Beyond];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Without => "without",
            Self::Before => "before",
            Self::Beyond => "beyond",
        }
    }

    fn seen(self) -> Seen {
        match self {
            Self::Without => Seen::WITHOUT,
            Self::Before => Seen::BEFORE,
            Self::Beyond => Seen::BEYOND,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The same in every ordering that the times allow.
    Certain,
    /// In some, but not in all.
    Possible,
}

impl Certainty {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Possible => "possible",
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An act, and what it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its place among the facts of its case.
    pub at: usize,
    /// What it comes to, over all orderings.
    pub seen: Seen,
}

impl Judged {
    /// Whether it had its approval in every ordering.
    #[must_use]
    pub fn is_fine(self) -> bool {
        self.seen == Seen::FINE
    }

    /// What is found of it; several kinds where it depends on the ordering.
    pub fn findings(self) -> impl Iterator<Item = (Kind, Certainty)> {
        let seen = self.seen;
        Kind::ALL.into_iter().filter(move |kind| seen.has(kind.seen())).map(move |kind| {
            let certain = seen == kind.seen();
            (kind, if certain { Certainty::Certain } else { Certainty::Possible })
        })
    }
}

/// Why a case was not judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    /// It has too many facts.
    #[error("the case has {0} facts; at most {FACTS_MAX} are weighed")]
    TooLarge(usize),
    /// Its times leave too much open.
    #[error("the times of the case allow more orderings than can be weighed")]
    TooManyOrderings,
    /// The audit cannot go on at all.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Judges the cases of a history by the policy versions of a charter.
///
/// # What is judged
/// A case is a list of [`Fact`]s in the order of their lines, each with the first and the last
/// moment at which it can have happened. Every ordering that those times allow is considered: one
/// fact must come before another where its last moment is before the other's first, or, under
/// [`Ties::FileOrder`], where the two are equal and its line comes first. Nothing else is known.
///
/// In each ordering:
/// - Every act asks the policy version in force at it which sets of offices must have approved.
///   Where the act's own time reaches over several versions, or over several answers of one, each
///   is considered, whatever the ordering. Before the first version nothing was allowed.
/// - An approval counts from when it is given until it is withdrawn or the round ends. A refusal
///   ends the round; so does the next request after it. What was approved before does not carry
///   over, and what was done before is not covered by what is approved afterwards.
/// - Whoever asked, in any request of the case, approves nothing in it.
/// - A set has approved when distinct persons fill its offices, each office with as many as its
///   quorum says; a person who holds two offices fills one. A person that the history does not name
///   is taken for another than all others.
/// - An approval covers just its own matter (act, holder, item, zone, recipient), up to its
///   quantity, and until its end, that moment included. Where it states no quantity, it approves
///   what was asked for last, and any quantity where that says none. What acts draw on the
///   approvals of an office adds up; the oldest are drawn on first. An office of which several must
///   sign has approved what that many distinct persons have for each unit.
///
/// An act is then *fine* if a set covers it. It is *beyond* if a set has approved, but not this,
/// not so much, or not up to then; it still draws what is left. Otherwise it waits: it is *before*
/// if a set covers it later in the round, and *without* if none does. What needs nobody's consent
/// is fine; what policy prohibits, or gives no answer to, is without.
///
/// A finding is *certain* where the act comes to the same in every ordering, and *possible* where
/// in some.
pub struct Auditor {
    /// Everything that the facts name.
    pub names: Names,
    rules: Rules,
    ties: Ties,
    quorum: Vec<u8>,
    weigher: Weigher,
    steps: Vec<Timed>,
    /// By step: the place of its fact.
    facts: Vec<usize>,
    seen: Vec<Seen>,
    spare: Vec<Vec<u32>>,
}

impl Auditor {
    /// Makes the policy versions of `charter` ready; its offices, items and zones are what facts
    /// may name.
    ///
    /// # Errors
    /// [`AuditError::VersionUnusable`] for a version that cannot be evaluated.
    pub fn new(charter: &Charter, ties: Ties) -> Result<Self, AuditError> {
        let rules = Rules::new(charter)?;
        let mut names = Names::default();
        let mut quorum = Vec::new();
        for office in &charter.offices {
            names.office(&office.id);
            quorum.push(office.quorum);
        }
        let (steps, facts, seen, spare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let weigher = Weigher::default();
        Ok(Self { names, rules, ties, quorum, weigher, steps, facts, seen, spare })
    }

    /// Asks policy anew for every act from here on: what an answer costs, to be measured.
    pub fn forget_answers(&mut self) {
        self.rules.forget_answers();
    }

    /// Judges a case: one [`Judged`] for each act, in the order of lines, is added to `into`.
    ///
    /// # Errors
    /// [`Unjudged`]; nothing is added then.
    pub fn judge(&mut self, case: &[Fact], into: &mut Vec<Judged>) -> Result<(), Unjudged> {
        if case.len() > FACTS_MAX {
            return Err(Unjudged::TooLarge(case.len()));
        }
        self.lay_out(case)?;
        let terms = Terms { rules: self.rules.all(), quorum: &self.quorum };
        self.seen.clear();
        self.seen.resize(self.steps.len(), Seen::default());
        self.weigher
            .weigh(&self.steps, self.ties, terms, &mut self.seen)
            .map_err(|_| Unjudged::TooManyOrderings)?;
        for ((step, at), seen) in self.steps.iter().zip(&self.facts).zip(&self.seen) {
            if matches!(step.step, Step::Acted { .. }) {
                into.push(Judged { at: *at, seen: *seen });
            }
        }
        Ok(())
    }

    /// Lays the facts out as steps, and leaves out what makes no difference.
    fn lay_out(&mut self, case: &[Fact]) -> Result<(), Unjudged> {
        for timed in self.steps.drain(..) {
            if let Step::Acted { rules, .. } = timed.step {
                self.spare.push(rules);
            }
        }
        self.facts.clear();
        let bounded = case.iter().any(|fact| match fact.what {
            What::Asked { quantity } | What::Approved { quantity, .. } => quantity.is_some(),
            What::Refused | What::Withdrawn { .. } | What::Acted { .. } => false,
        });
        let needless = Needless::of(case);
        for (at, fact) in case.iter().enumerate() {
            let step = match fact.what {
                What::Asked { .. } if needless.asking => continue,
                What::Asked { quantity } => Step::Asked { quantity: quantity.map(Quantity::units) },
                What::Approved { .. } if asked_by(case, fact.by) => continue,
                What::Approved { office, quantity, until: _ } => {
                    let (by, matter) = (fact.by, fact.matter);
                    let quantity = quantity.map(Quantity::units);
                    Step::Approved { office, by, matter, quantity }
                }
                What::Refused => Step::Refused,
                What::Withdrawn { office } => Step::Withdrawn { office },
                What::Acted { quantity } => {
                    let mut rules = self.spare.pop().unwrap_or_default();
                    let (names, matter) = (&mut self.names, fact.matter);
                    self.rules.of(names, matter, quantity, fact.when, &mut rules)?;
                    let quantity = if bounded { quantity.units() } else { 0 };
                    Step::Acted { matter, quantity, rules }
                }
            };
            let (first, last) = (fact.when.earliest(), fact.when.latest());
            let twice = |moment: countersign_proof::words::Moment| moment.millis() << 1;
            let place = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
            self.steps.push(Timed { first: twice(first), last: twice(last), step });
            self.facts.push(at);
            if let What::Approved { until: Some(until), .. } = fact.what {
                let (first, last) = (twice(until.earliest()) | 1, twice(until.latest()) | 1);
                self.steps.push(Timed { first, last, step: Step::Ended { approval: place } });
                self.facts.push(at);
            }
        }
        Ok(())
    }

    /// What was missing of an act, in words.
    #[must_use]
    pub fn missing(
        &mut self,
        case: &[Fact],
        judged: Judged,
        (kind, certainty): (Kind, Certainty),
    ) -> String {
        let Some(fact) = case.get(judged.at) else { return String::new() };
        let What::Acted { quantity } = fact.what else { return String::new() };
        let mut places = Vec::new();
        if let Err(error) =
            self.rules.of(&mut self.names, fact.matter, quantity, fact.when, &mut places)
        {
            return error.to_string();
        }
        let all = self.rules.all();
        let rules: Vec<&Rule> = places
            .iter()
            .filter_map(|place| usize::try_from(*place).ok().and_then(|place| all.get(place)))
            .collect();
        words::missing(&self.names, case, (fact, quantity), &rules, (kind, certainty))
    }

    /// The matter of that number.
    #[must_use]
    pub fn matter(&self, number: MatterNo) -> Option<&Matter> {
        self.names.matter_of(number)
    }

    /// The office of that number.
    #[must_use]
    pub fn office(&self, number: OfficeNo) -> Option<&OfficeId> {
        self.names.office_of(number)
    }

    /// The name of a person; `-` where the history names nobody.
    #[must_use]
    pub fn person(&self, number: Option<PersonNo>) -> SmolStr {
        let name = number.and_then(|number| self.names.person_of(number));
        name.map_or(SmolStr::new_static("-"), |name| SmolStr::new(name.as_str()))
    }
}

/// What makes no difference in a case, so that no order of it need be weighed.
struct Needless {
    /// A request begins a round only after a refusal, and sets a quantity only for approvals that
    /// state none.
    asking: bool,
}

impl Needless {
    fn of(case: &[Fact]) -> Self {
        let matters = |fact: &Fact| match fact.what {
            What::Refused | What::Approved { quantity: None, .. } => true,
            What::Asked { .. }
            | What::Approved { quantity: Some(_), .. }
            | What::Withdrawn { .. }
            | What::Acted { .. } => false,
        };
        Self { asking: !case.iter().any(matters) }
    }
}

/// Whether the person has asked for something in the case.
pub(super) fn asked_by(case: &[Fact], person: Option<PersonNo>) -> bool {
    let Some(person) = person else { return false };
    case.iter().any(|fact| matches!(fact.what, What::Asked { .. }) && fact.by == Some(person))
}

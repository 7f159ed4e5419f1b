//! What is claimed of a version, put to a solver. Answers: *is there any request for which it is
//! not so?*
//!
//! Every claim becomes one condition under which it would be false, and the solver is asked whether
//! that can ever hold. A request that it finds is put to the authoriser itself, with the policies
//! as they are published, before anybody is shown it: the way there need not be believed.

mod assumptions;
mod condition;
mod engine;
mod model;
mod terms;

use super::super::check::{Problem, ProblemCode};
use super::super::proofs::{
    Claim, Comparison, Difference, Direction, Finding, NO_SOLVER, Proofs, Solver,
};
use super::super::situation::{Situation, consent_in_words};
use super::super::{PolicyBundle, World};
use super::Compiled;
use super::slice::Slice;
use crate::stock::Item;
use assumptions::Side;
use condition::{Names, allowed};
use countersign_proof::words::{Act, ItemId, Moment, PartyId};
use engine::{Engine, Found};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use terms::{all, not};

/// A standing property, ready to be held against the version that promises it.
#[derive(Debug)]
pub struct Property {
    file: String,
    sentence: String,
    /// Everything it allows; the version may allow no more.
    rules: Compiled,
}

impl Property {
    /// Reads the standing properties of a version.
    ///
    /// # Errors
    /// Every [`Problem`] in them, by file and line.
    pub fn all(
        bundle: &PolicyBundle,
        world: &World,
        exercise: bool,
    ) -> Result<Vec<Self>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut properties = Vec::new();
        for (file, text) in &bundle.properties {
            let file = format!("properties/{file}");
            match Self::read(&file, text, bundle, world, exercise) {
                Ok(property) => properties.push(property),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(properties) } else { Err(problems) }
    }

    /// Reads one property, to be held against a version that need not promise it.
    ///
    /// # Errors
    /// Every [`Problem`] in it.
    pub fn read(
        file: &str,
        text: &str,
        bundle: &PolicyBundle,
        world: &World,
        exercise: bool,
    ) -> Result<Self, Vec<Problem>> {
        let alone = PolicyBundle {
            policies: BTreeMap::from([(file.to_owned(), text.to_owned())]),
            properties: BTreeMap::new(),
            witnesses: None,
            ..bundle.clone()
        };
        let rules = Compiled::compile(&alone, world, exercise)?;
        let mut sentences = rules
            .acts
            .values()
            .flat_map(|slice| slice.policies.values())
            .filter_map(|(policy, _)| policy.annotation("promise"))
            .filter(|sentence| !sentence.trim().is_empty());
        let missing = || {
            let message = "a property that does not say what it promises".to_owned();
            let remedy = "write @promise(\"a sentence\") before one of its policies";
            vec![Problem::new(ProblemCode::PromiseMissing, message, remedy).at(file, Some(1))]
        };
        let sentence = sentences.next().ok_or_else(missing)?.to_owned();
        Ok(Self { file: file.to_owned(), sentence, rules })
    }

    /// The claim that a version keeps it.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim::Promise { file: self.file.clone(), sentence: self.sentence.clone() }
    }
}

/// What proofs are made with, beside the version itself.
pub struct Proving<'a> {
    /// The solver; `None` where there is none.
    pub solver: Option<&'a mut dyn Solver>,
    /// The programme's own items, for examples that people know.
    pub items: &'a BTreeMap<ItemId, Item>,
    /// Who asks, for the same reason.
    pub holders: &'a BTreeSet<PartyId>,
    /// From when the version is, or will be, in force: earlier requests are none of its business.
    pub from: Moment,
    /// Told before each question, with how many there are in all.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// Everything that is claimed of a version.
#[must_use]
pub fn claims(compiled: &Compiled, properties: &[Property]) -> Vec<Claim> {
    let never_fails = |policy: &String| Claim::NeverFails { policy: policy.clone() };
    let policies: BTreeSet<&String> =
        compiled.acts.values().flat_map(|slice| slice.policies.keys()).collect();
    let helps = |(act, _): (&Act, &Slice)| Claim::ApprovalsHelp { act: *act };
    let ruled = compiled.acts.iter().filter(|(_, slice)| !slice.policies.is_empty());
    let properties = properties.iter().map(Property::claim);
    policies.into_iter().map(never_fails).chain(ruled.map(helps)).chain(properties).collect()
}

/// Puts everything that is claimed of a version to the solver.
#[must_use]
pub fn prove(compiled: &Compiled, properties: &[Property], proving: &mut Proving<'_>) -> Proofs {
    let claims = claims(compiled, properties);
    let Some(solver) = proving.solver.as_deref_mut() else {
        return Proofs::without_solver(claims);
    };
    let name = Some(solver.name());
    let mut asking = Asking {
        engine: Engine::new(solver),
        items: proving.items,
        holders: proving.holders,
        from: proving.from,
    };
    let total = claims.len();
    let mut findings = Vec::new();
    for (number, claim) in claims.into_iter().enumerate() {
        (proving.progress)(number, total);
        let finding = match &claim {
            Claim::NeverFails { policy } => asking.never_fails(compiled, policy),
            Claim::ApprovalsHelp { act } => asking.approvals_help(compiled, *act),
            Claim::Promise { file, .. } => {
                let property = properties.iter().find(|property| property.file == *file);
                property.map_or_else(
                    || open("the property is not there"),
                    |property| asking.keeps(compiled, property),
                )
            }
        };
        findings.push((claim, finding));
    }
    (proving.progress)(total, total);
    Proofs { solver: name, findings, ..Proofs::default() }
}

/// Holds two versions against each other, in every act and both directions.
#[must_use]
pub fn compare(before: &Compiled, after: &Compiled, proving: &mut Proving<'_>) -> Comparison {
    let mut differences = Vec::new();
    let directions = [Direction::NoLongerAllowed, Direction::NewlyAllowed];
    let total = Act::ALL.len().saturating_mul(directions.len());
    let (items, holders, from) = (proving.items, proving.holders, proving.from);
    let solver = proving.solver.as_deref().map(Solver::name);
    let mut asking = proving.solver.as_deref_mut().map(|solver| Asking {
        engine: Engine::new(solver),
        items,
        holders,
        from,
    });
    for act in Act::ALL {
        for direction in directions {
            (proving.progress)(differences.len(), total);
            let (finding, example) = match &mut asking {
                Some(asking) => asking.difference(before, after, *act, direction),
                None => (open(NO_SOLVER), None),
            };
            differences.push(Difference { act: *act, direction, finding, example });
        }
    }
    (proving.progress)(total, total);
    let name = |compiled: &Compiled| compiled.bundle().version.clone();
    Comparison { before: name(before), after: name(after), solver, differences }
}

fn open(why: &str) -> Finding {
    Finding::NotProved { why: why.to_owned() }
}

/// What the questions are asked with.
struct Asking<'a> {
    engine: Engine<'a>,
    items: &'a BTreeMap<ItemId, Item>,
    holders: &'a BTreeSet<PartyId>,
    from: Moment,
}

/// What is assumed for an act, and the condition under which a claim would be false; or why there
/// is none.
type Bad = Result<(Vec<Value>, Value), String>;

impl Asking<'_> {
    fn never_fails(&mut self, compiled: &Compiled, id: &str) -> Finding {
        for (act, slice) in &compiled.acts {
            let Some((policy, _)) = slice.policies.get(id) else { continue };
            match self.engine.never_fails(*act, policy) {
                Ok(true) => {}
                Ok(false) => {
                    let counterexample =
                        format!("for {act}, policy {id} fails on some request it may be asked");
                    return Finding::Refuted { counterexample };
                }
                Err(why) => return open(&why),
            }
        }
        Finding::Proved
    }

    fn approvals_help(&mut self, compiled: &Compiled, act: Act) -> Finding {
        let Some(slice) = compiled.acts.get(&act) else { return Finding::Proved };
        let bad = || -> Bad {
            let few = allowed(slice, &Names::plain(compiled, act))?;
            let many = allowed(slice, &Names::more(compiled, act))?;
            let more = assumptions::more_consent(compiled.world());
            Ok((self.assumed(act, &[Side::plain(compiled)]), all([more, few, not(many)])))
        };
        let holds = |situation: &Situation| {
            situation.approvals.is_subset(&situation.more)
                && situation.allowed_by(compiled)
                && !situation.allowed_with(compiled, &situation.more)
        };
        let bad = bad();
        let (finding, _) = self.settle(compiled, act, bad, holds, |situation| {
            let more: BTreeSet<_> =
                situation.more.difference(&situation.approvals).cloned().collect();
            let few = consent_in_words(&situation.approvals);
            let also = consent_in_words(&more);
            format!("it is allowed {few}, and no longer {also} as well")
        });
        finding
    }

    fn keeps(&mut self, compiled: &Compiled, property: &Property) -> Finding {
        let version = compiled.bundle().version.clone();
        for (act, slice) in &compiled.acts {
            let Some(wanted) = property.rules.acts.get(act) else { continue };
            let names = Names::plain(compiled, *act);
            let bad = || -> Bad {
                let given = allowed(slice, &names)?;
                let promised = allowed(wanted, &names)?;
                Ok((self.assumed(*act, &[Side::plain(compiled)]), all([given, not(promised)])))
            };
            let holds = |situation: &Situation| {
                situation.allowed_by(compiled) && !situation.allowed_by(&property.rules)
            };
            let bad = bad();
            let (finding, _) = self.settle(compiled, *act, bad, holds, |situation| {
                let consent = consent_in_words(&situation.approvals);
                format!("{version} allows it {consent}")
            });
            if finding != Finding::Proved {
                return finding;
            }
        }
        Finding::Proved
    }

    fn difference(
        &mut self,
        before: &Compiled,
        after: &Compiled,
        act: Act,
        direction: Direction,
    ) -> (Finding, Option<Situation>) {
        let (Some(old), Some(new)) = (before.acts.get(&act), after.acts.get(&act)) else {
            return (open("the act is not known"), None);
        };
        let bad = || -> Bad {
            let was = allowed(old, &Names::before(before, act))?;
            let is = allowed(new, &Names::plain(after, act))?;
            let sides = [Side::before(before), Side::plain(after)];
            let assumed = self.assumed(act, &sides);
            let bad = match direction {
                Direction::NoLongerAllowed => all([was, not(is)]),
                Direction::NewlyAllowed => all([is, not(was)]),
            };
            Ok((assumed, bad))
        };
        let holds = |situation: &Situation| {
            let (was, is) = (situation.allowed_by(before), situation.allowed_by(after));
            match direction {
                Direction::NoLongerAllowed => was && !is,
                Direction::NewlyAllowed => is && !was,
            }
        };
        let bad = bad();
        let (old, new) = (&before.bundle().version, &after.bundle().version);
        self.settle(after, act, bad, holds, |situation| {
            let consent = consent_in_words(&situation.approvals);
            match direction {
                Direction::NoLongerAllowed => {
                    format!("{consent}, {old} allows it and {new} does not")
                }
                Direction::NewlyAllowed => format!("{consent}, {new} allows it and {old} does not"),
            }
        })
    }

    fn assumed(&self, act: Act, sides: &[Side<'_>]) -> Vec<Value> {
        assumptions::assumed(act, sides, self.from)
    }

    /// Asks whether `bad` can hold; an example counts only if `holds` says so of it as well, and is
    /// then made as plain as it gets.
    fn settle(
        &mut self,
        compiled: &Compiled,
        act: Act,
        bad: Bad,
        holds: impl Fn(&Situation) -> bool,
        tell: impl Fn(&Situation) -> String,
    ) -> (Finding, Option<Situation>) {
        let (assumed, bad) = match bad {
            Ok(bad) => bad,
            Err(why) => return (open(&why), None),
        };
        let env = match self.engine.example(act, &assumed, &bad) {
            Ok(Found::Nothing) => return (Finding::Proved, None),
            Ok(Found::Example(env)) => env,
            Err(why) => return (open(&why), None),
        };
        let world = compiled.world();
        let spurious = "the solver's counterexample did not hold when it was replayed";
        let Some(found) = model::situation(act, &env, world, compiled.exercise, self.from) else {
            return (open("the solver's counterexample could not be read"), None);
        };
        if !holds(&found) {
            return (open(spurious), None);
        }
        let found = found.plainest(self.items, self.holders, world, self.from, &holds);
        let counterexample = format!("{}: {}", found.told(world), tell(&found));
        (Finding::Refuted { counterexample }, Some(found))
    }
}

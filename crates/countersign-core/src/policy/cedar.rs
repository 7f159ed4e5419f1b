//! A policy version made ready to answer. This file and its folder are the only place that knows
//! Cedar.
//!
//! Everything fails closed: a policy that errors refuses (Cedar itself would skip it), whatever is
//! named is looked for before anything is decided, and an act without a policy is prohibited.

mod alike;
mod case;
mod cuts;
mod entities;
mod parse;
mod prove;
mod renaming;
mod replay;
mod slice;
mod syntax;
#[cfg(test)]
mod tests;

use super::check::{
    Problem, ProblemCode, deciding_problems, key_only_problem, witness_problem, world_problems,
};
use super::closure::{self, DecidingSets};
use super::derive::{self, Sets, Shape};
use super::memo::{self, ITEMS_MAX, MEMO_MAX, Memo};
use super::{KeyOnlyRule, PolicyBundle, PolicyError, Question, Subject, Verdict, World};
pub use replay::Replay;

use crate::stock::Item;
use case::{Case, check_shape, explained};
use cedar_policy::Entities;
use countersign_proof::words::{Act, OfficeId, PartyId, ZoneId};
pub use cuts::{Reading, Reads};
pub use prove::{Property, Proving, claims, compare, prove};
use serde::{Deserialize, Serialize};
use slice::{SchemaParts, Slice, reads_deciding};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The data shape that policies are written for, by number.
pub const DATA_SHAPE: u16 = 1;

/// The same as a Cedar schema.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// The id of the one entity of type `Programme`.
const PROGRAMME: &str = "programme";

/// The id of the built-in rule on software keys.
pub const KEY_ONLY_RED: &str = "builtin-key-only-red";

const KEY_ONLY_RED_POLICY: &str = r#"
@reason("A signature made without user verification does not count for items of class red.")
forbid (
  principal,
  action in [Action::"use", Action::"deliver", Action::"transfer", Action::"divert"],
  resource
)
when { context.key_only && resource.class == "red" };
"#;

/// A verdict and the policies it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Who must consent.
    pub verdict: Verdict,
    /// The ids of the policies, sorted. Standing: what permits. Needs: what permits once the
    /// consent is there, and what forbids until then. Prohibited: what forbids whoever consents;
    /// none where nothing permits.
    pub reasons: Vec<String>,
}

/// A policy version over one world, ready to answer questions.
#[derive(Debug)]
pub struct Compiled {
    bundle: PolicyBundle,
    world: World,
    exercise: bool,
    parts: SchemaParts,
    acts: BTreeMap<Act, Slice>,
    verdicts: Memo<Explained>,
    /// For each item and act, the act's entities with the item among them.
    items: Memo<Entities>,
}

impl Compiled {
    /// Checks a version and makes it ready.
    ///
    /// # Errors
    /// Every [`Problem`] found, none of which may be left in a version in force.
    pub fn compile(
        bundle: &PolicyBundle,
        world: &World,
        exercise: bool,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        if bundle.data_shape != DATA_SHAPE {
            problems.push(Problem::new(
                ProblemCode::DataShape,
                format!("written for data shape {}, not {DATA_SHAPE}", bundle.data_shape),
                "write the policies for the schema of this program",
            ));
        }
        problems.extend(key_only_problem(bundle, exercise));
        problems.extend(witness_problem(bundle));
        problems.extend(world_problems(world));
        let parts = SchemaParts::new().map_err(|problem| vec![problem])?;
        let mut all = parse::parse(bundle, world, &parts.schema, &mut problems);
        let needs = Act::ALL.iter().copied().filter(|act| reads_deciding(&all, *act));
        problems.extend(deciding_problems(bundle, world, &needs.collect()));
        if !problems.is_empty() {
            return Err(problems);
        }
        if bundle.key_only != KeyOnlyRule::Allow {
            let guard = parse::builtin(KEY_ONLY_RED, KEY_ONLY_RED_POLICY);
            all.insert(KEY_ONLY_RED.to_owned(), guard.map_err(|problem| vec![problem])?);
        }
        let mut acts = BTreeMap::new();
        for act in Act::ALL {
            let slice = Slice::new(&parts, bundle, world, *act, &all);
            acts.insert(*act, slice.map_err(|problem| vec![problem])?);
        }
        let (bundle, world) = (bundle.clone(), world.clone());
        let (verdicts, items) = (Memo::new(MEMO_MAX), Memo::new(ITEMS_MAX));
        Ok(Self { bundle, world, exercise, parts, acts, verdicts, items })
    }

    /// The version it was made from.
    #[must_use]
    pub fn bundle(&self) -> &PolicyBundle {
        &self.bundle
    }

    /// The world it was made over; where that changes, compile anew.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The acts for which every set of offices is asked about, because it could not be shown that
    /// approvals only ever help.
    #[must_use]
    pub fn enumerated(&self) -> BTreeSet<Act> {
        let any = self.acts.iter().filter(|(_, slice)| slice.shape == Shape::Any);
        any.map(|(act, _)| *act).collect()
    }

    /// Whether it is for an exercise.
    #[must_use]
    pub fn exercise(&self) -> bool {
        self.exercise
    }

    /// The policies by id, each as it is written; the built-in ones among them.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<String, String> {
        let slices = self.acts.values().flat_map(|slice| &slice.policies);
        slices
            .map(|(id, (policy, _))| (id.clone(), policy.to_cedar().unwrap_or_default()))
            .collect()
    }

    /// What a verdict on the act can depend on.
    #[must_use]
    pub fn reads(&self, act: Act) -> Option<Reads> {
        self.acts.get(&act).map(cuts::reads)
    }

    /// What a policy says of itself in its `@reason`.
    #[must_use]
    pub fn reason(&self, policy: &str) -> Option<&str> {
        let (policy, _) = self.acts.values().find_map(|slice| slice.policies.get(policy))?;
        policy.annotation("reason")
    }

    /// Who must consent, and by which policies.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict(&self, question: &Question<'_>) -> Result<Explained, PolicyError> {
        self.verdict_shared(question).map(|explained| Explained::clone(&explained))
    }

    /// [`Compiled::verdict`] without copying a verdict already given.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict_shared(&self, question: &Question<'_>) -> Result<Arc<Explained>, PolicyError> {
        let slice = self.admit(question)?;
        match &slice.reads {
            Some(reads) => {
                let key = memo::key(&self.world, question, reads);
                self.verdicts.get_or(key, || self.derive(slice, question))
            }
            None => self.derive(slice, question).map(Arc::new),
        }
    }

    /// [`Compiled::verdict`], worked out anew.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict_unmemoised(&self, question: &Question<'_>) -> Result<Explained, PolicyError> {
        self.derive(self.admit(question)?, question)
    }

    /// [`Compiled::verdict`] by asking about every set of offices of the world: slow, and right
    /// for any policies. For tests and audits.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict_enumerated(&self, question: &Question<'_>) -> Result<Verdict, PolicyError> {
        let case = self.case(self.admit(question)?, question)?;
        Ok(case.enumerate(&self.offices())?.verdict)
    }

    /// Who must consent to an act that spans several zones: every zone must be satisfied. Whatever
    /// zone the question names is left aside.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn verdict_over(
        &self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
    ) -> Result<Explained, PolicyError> {
        self.join(question, zones, |question| self.verdict_shared(question))
    }

    /// The verdict on all zones, from `each` on one of them.
    fn join(
        &self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
        mut each: impl FnMut(&Question<'_>) -> Result<Arc<Explained>, PolicyError>,
    ) -> Result<Explained, PolicyError> {
        let questions = over(question, zones)?;
        let slice = self.slice(question)?;
        let mut reasons = BTreeSet::new();
        let mut needs = Sets::from([BTreeSet::new()]);
        let mut prohibited = false;
        for question in &questions {
            let explained = each(question)?;
            reasons.extend(explained.reasons.iter().cloned());
            match &explained.verdict {
                Verdict::Standing => {}
                Verdict::Needs(sets) => needs = derive::both(&needs, sets)?,
                Verdict::Prohibited => prohibited = true,
            }
        }
        if slice.shape == Shape::Any && questions.len() > 1 && !prohibited {
            needs = self.enumerate_over(slice, &questions)?;
        }
        let verdict = if prohibited || needs.is_empty() {
            Verdict::Prohibited
        } else if needs.contains(&BTreeSet::new()) {
            Verdict::Standing
        } else {
            Verdict::Needs(needs)
        };
        Ok(explained(verdict, reasons))
    }

    /// Whether these approvals suffice.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn satisfied(
        &self,
        question: &Question<'_>,
        approvals: &BTreeSet<OfficeId>,
    ) -> Result<bool, PolicyError> {
        for office in approvals {
            self.world.office(office)?;
        }
        let slice = self.admit(question)?;
        Ok(self.case(slice, question)?.ask(approvals)?.allowed)
    }

    /// Whether these approvals suffice in every one of these zones.
    ///
    /// # Errors
    /// [`PolicyError`]; each refuses.
    pub fn satisfied_over(
        &self,
        question: &Question<'_>,
        zones: &BTreeSet<ZoneId>,
        approvals: &BTreeSet<OfficeId>,
    ) -> Result<bool, PolicyError> {
        for question in over(question, zones)? {
            if !self.satisfied(&question, approvals)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn slice(&self, question: &Question<'_>) -> Result<&Slice, PolicyError> {
        let lost = || PolicyError::Question(format!("no policies for {}", question.act));
        self.acts.get(&question.act).ok_or_else(lost)
    }

    /// Refuses what cannot be decided safely, before anything is decided.
    fn admit(&self, question: &Question<'_>) -> Result<&Slice, PolicyError> {
        if question.exercise != self.exercise {
            let what = "the question and the version differ on whether this is an exercise";
            return Err(PolicyError::Question(what.to_owned()));
        }
        closure::check(&self.world, question)?;
        self.slice(question)
    }

    fn case<'a>(
        &'a self,
        slice: &'a Slice,
        question: &Question<'_>,
    ) -> Result<Case<'a>, PolicyError> {
        let entities = self.entities(slice, question)?;
        self.case_over(slice, question, entities)
    }

    fn case_over<'a>(
        &'a self,
        slice: &'a Slice,
        question: &Question<'_>,
        entities: Arc<Entities>,
    ) -> Result<Case<'a>, PolicyError> {
        let sets = self.deciding_sets(slice, question)?;
        let ask = |read| entities::ask(&self.parts.kinds, &self.world, question, &sets, read);
        let recipient = match &question.subject {
            Subject::Item(asked) => asked.recipient.is_some(),
            Subject::Office(_) | Subject::View(_) | Subject::Programme { .. } => false,
        };
        slice.fits.check(recipient, || check_shape(&self.parts, &ask(None)?))?;
        let asked = ask(slice.context.as_ref())?;
        Case::new(&self.parts, slice, question, asked, entities, sets)
    }

    fn deciding_sets(
        &self,
        slice: &Slice,
        question: &Question<'_>,
    ) -> Result<DecidingSets, PolicyError> {
        let required = slice.deciding_required;
        closure::deciding_sets(&self.world, &self.bundle, question, required)
    }

    /// The act's entities, with the item among them where the question is about one.
    fn entities(
        &self,
        slice: &Slice,
        question: &Question<'_>,
    ) -> Result<Arc<Entities>, PolicyError> {
        let Subject::Item(asked) = &question.subject else { return Ok(Arc::clone(&slice.base)) };
        let holder = slice.holder_read(asked.holder);
        self.items.get_or(memo::item_key(question.act, asked.item, holder), || {
            self.entities_with(slice, asked.item, holder, question.act)
        })
    }

    /// The entities that the act's policies can ask about: the item, the holder where they ask who
    /// that is, and what they name, each with all that it lies in. Where it is not understood what
    /// they read, everything.
    fn entities_with(
        &self,
        slice: &Slice,
        item: &Item,
        holder: Option<&PartyId>,
        act: Act,
    ) -> Result<Entities, PolicyError> {
        let (kinds, schema) = (&self.parts.kinds, &self.parts.schema);
        let unfit = |error: &dyn std::fmt::Display| PolicyError::Question(error.to_string());
        let made = entities::item_entity(kinds, &self.bundle, &slice.base, item, act)?;
        if slice.reads.is_none() {
            let all = Entities::clone(&slice.base).add_entities([made], Some(schema));
            return all.map_err(|error| unfit(&error));
        }
        slice.fits_item.check(item.range_km.is_some(), || {
            let alone = Entities::from_entities([made.clone()], Some(schema));
            alone.map(|_| ()).map_err(|error| unfit(&error))
        })?;
        let holder = holder.and_then(|id| entities::with_ancestors(&slice.base, &kinds.holder(id)));
        let named = slice
            .named
            .iter()
            .filter(|named| holder.as_ref().is_none_or(|holder| holder.uid() != named.uid()));
        let few = named.cloned().chain(holder.clone()).chain([made]);
        Entities::from_entities(few, None).map_err(|error| unfit(&error))
    }

    fn offices(&self) -> BTreeSet<OfficeId> {
        self.world.offices.keys().cloned().collect()
    }

    fn derive(&self, slice: &Slice, question: &Question<'_>) -> Result<Explained, PolicyError> {
        self.case(slice, question)?.derive(|| self.offices())
    }

    /// The minimal sets that satisfy all these questions at once, for any policies.
    fn enumerate_over(
        &self,
        slice: &Slice,
        questions: &[Question<'_>],
    ) -> Result<Sets, PolicyError> {
        let cases: Result<Vec<_>, _> =
            questions.iter().map(|question| self.case(slice, question)).collect();
        let cases = cases?;
        let satisfied = |approvals: &BTreeSet<OfficeId>| {
            for case in &cases {
                if !case.ask(approvals)?.allowed {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        if satisfied(&BTreeSet::new())? {
            return Ok(Sets::from([BTreeSet::new()]));
        }
        derive::minimal_sets(&self.offices(), Shape::Any, satisfied)
    }
}

/// The question once for each zone; as it stands, where there are none.
fn over<'a>(
    question: &Question<'a>,
    zones: &'a BTreeSet<ZoneId>,
) -> Result<Vec<Question<'a>>, PolicyError> {
    if zones.is_empty() {
        return Ok(vec![question.clone()]);
    }
    let Subject::Item(asked) = &question.subject else {
        let what = "only a question about an item has zones";
        return Err(PolicyError::Question(what.to_owned()));
    };
    let in_zone = |zone| {
        let mut asked = asked.clone();
        asked.zone = Some(zone);
        Question { subject: Subject::Item(asked), ..question.clone() }
    };
    Ok(zones.iter().map(in_zone).collect())
}

//! The policies of one act, with the entities they are asked over.

use super::super::check::{CONTROLLED, Problem, ProblemCode};
use super::super::derive::Shape;
use super::super::memo::{Fact, Reads};
use super::super::{PolicyBundle, World};
use super::SCHEMA;
use super::alike::Alike;
use super::entities::{self, Kinds};
use super::parse::Parsed;
use super::renaming::Names;
use super::syntax::Survey;
use cedar_policy::{Entities, Entity, Policy, PolicySet, Schema};
use countersign_proof::words::{Act, PartyId};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
pub(super) struct SchemaParts {
    pub schema: Schema,
    pub kinds: Kinds,
}

/// Which shapes of question fit the schema. The types in a question follow from its act and from
/// whether it names a recipient, so one question of each shape stands for all; and so with items,
/// which have a range or not.
#[derive(Debug, Default)]
pub(super) struct Fits([AtomicBool; 2]);

impl Fits {
    /// Runs `check` unless a question of that shape has passed it.
    pub(super) fn check<E>(
        &self,
        shape: bool,
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let [without, with] = &self.0;
        let known = if shape { with } else { without };
        if !known.load(Ordering::Relaxed) {
            check()?;
            known.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The policies of one act, with the entities they are asked over.
#[derive(Debug)]
pub(super) struct Slice {
    pub set: PolicySet,
    pub policies: BTreeMap<String, (Policy, Survey)>,
    pub base: Arc<Entities>,
    /// What the policies name, each with everything it lies in.
    pub named: Vec<Entity>,
    /// What the policies read; `None` where that is not understood.
    pub reads: Option<Reads>,
    /// The same without who and what is named: holder, recipient, and what the item lies in.
    pub plain: Option<Reads>,
    /// What the policies name.
    pub names: Names,
    /// The attributes of the context among that, by name.
    pub context: Option<BTreeSet<String>>,
    pub shape: Shape,
    /// Which shapes of question have been found to fit the schema.
    pub fits: Fits,
    /// The same for items, by whether they have a range.
    pub fits_item: Fits,
    /// A controller without a deciding office refuses.
    pub deciding_required: bool,
}

impl SchemaParts {
    pub(super) fn new() -> Result<Self, Problem> {
        let broken = |error: String| {
            Problem::new(ProblemCode::DataShape, error, "this program is broken: report it")
        };
        let schema = Schema::from_str(SCHEMA).map_err(|error| broken(error.to_string()))?;
        Ok(Self { schema, kinds: Kinds::new().map_err(broken)? })
    }
}

impl Slice {
    pub(super) fn new(
        parts: &SchemaParts,
        bundle: &PolicyBundle,
        world: &World,
        act: Act,
        all: &BTreeMap<String, Parsed>,
    ) -> Result<Self, Problem> {
        let broken = |error: String| {
            Problem::new(ProblemCode::WorldUnknown, error, "correct what the world is made of")
        };
        let here = || all.iter().filter(|(_, parsed)| parsed.survey.rules_on(act));
        let set = PolicySet::from_policies(here().map(|(_, parsed)| parsed.policy.clone()))
            .map_err(|error| broken(error.to_string()))?;
        let base = entities::base(&parts.kinds, &parts.schema, bundle, world, act);
        let surveys = || here().map(|(_, parsed)| &parsed.survey);
        let understood = surveys().all(|survey| !survey.opaque);
        let deciding_required = CONTROLLED.contains(&act) || reads_deciding(all, act);
        let reads = || {
            let mut facts: BTreeSet<Fact> =
                surveys().flat_map(|survey| survey.facts.iter().copied()).collect();
            // Whether a controller lacks a deciding office follows from what the item is made of,
            // also where no policy reads that.
            if deciding_required {
                facts.insert(Fact::Resource);
            }
            let alike = Alike::joined(surveys().map(|survey| &survey.alike));
            Reads { facts, cuts: alike.cuts(), zones: alike.zone_bits(world) }
        };
        let context = || surveys().flat_map(|survey| survey.context.iter().cloned()).collect();
        let monotone = surveys().all(|survey| survey.monotone);
        let policies = here()
            .map(|(id, parsed)| (id.clone(), (parsed.policy.clone(), parsed.survey.clone())))
            .collect();
        let base = base.map_err(broken)?;
        let reads = understood.then(reads);
        let literals: BTreeSet<_> = surveys().flat_map(|survey| survey.literals.iter()).collect();
        let named = literals.into_iter().filter_map(|(kind, name)| {
            entities::with_ancestors(&base, &entities::named(kind, name)?)
        });
        Ok(Self {
            set,
            policies,
            named: named.collect(),
            base: Arc::new(base),
            plain: reads.as_ref().map(without_names),
            names: Names::of(surveys().flat_map(|survey| survey.literals.iter())),
            reads,
            context: understood.then(context),
            fits: Fits::default(),
            fits_item: Fits::default(),
            shape: if monotone { Shape::Monotone } else { Shape::Any },
            deciding_required,
        })
    }
}

impl Slice {
    /// The holder, where the policies ask who that is or it is not understood what they read.
    pub(super) fn holder_read<'a>(&self, holder: &'a PartyId) -> Option<&'a PartyId> {
        let asks = |reads: &Reads| reads.facts.contains(&Fact::Principal);
        self.reads.as_ref().is_none_or(asks).then_some(holder)
    }
}

fn without_names(reads: &Reads) -> Reads {
    let mut plain = reads.clone();
    plain.facts.retain(|fact| {
        let names =
            [Fact::Principal, Fact::Resource, Fact::Controllers, Fact::Origin, Fact::Recipient];
        !names.contains(fact)
    });
    plain
}

/// Whether a policy on the act depends on which office decides for whom.
pub(super) fn reads_deciding(all: &BTreeMap<String, Parsed>, act: Act) -> bool {
    all.values().any(|parsed| parsed.survey.rules_on(act) && parsed.survey.reads_deciding())
}

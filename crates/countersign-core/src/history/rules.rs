//! What policy demands of the acts of a history, by version and moment, each answer worked out
//! once.

use super::facts::{Matter, MatterNo, Names, OfficeNo, Span};
use crate::charter::Charter;
use crate::policy::{
    Compiled, ItemQuestion, Preconditions, Problem, Question, Reading, Reads, Subject, Totals,
    Verdict,
};
use crate::stock::Item;
use countersign_proof::words::{Act, ItemId, Moment, OfficeId, PolicyVersionId, Quantity};
use std::collections::{BTreeMap, BTreeSet};

/// The most answers that are kept where the quantity or the moment matters; then they are
/// forgotten and worked out anew.
const ANSWERS_MAX: usize = 65_536;

/// What policy demands of an act.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Nobody's consent.
    Standing,
    /// One of these sets of offices.
    Needs(Vec<BTreeSet<OfficeNo>>),
    /// No consent can make it allowed.
    Prohibited,
    /// No version was in force, so nothing was allowed.
    NoVersion,
    /// Policy gave no answer, so it was not allowed.
    NoAnswer(String),
}

/// Why a history cannot be held against a policy at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// A version cannot be evaluated.
    #[error("the policy version {version} cannot be evaluated: {problems}")]
    VersionUnusable {
        /// Which.
        version: PolicyVersionId,
        /// Why.
        problems: String,
    },
    /// A version depends on what only the books of a ledger tell.
    #[error(
        "the policy version {version} asks {what} before it rules on {act}, and a history does not \
         say; leave that rule out of the version to audit the rest"
    )]
    NotTold {
        /// Which.
        version: PolicyVersionId,
        /// The act.
        act: Act,
        /// What it asks.
        what: &'static str,
    },
}

struct Version {
    from: Moment,
    compiled: Compiled,
    /// How each act is read, once it was asked for.
    reads: BTreeMap<Act, Reads>,
    /// By matter, where neither quantity nor moment is read: the rule's place.
    fixed: Vec<Option<u32>>,
}

/// The policy versions, and what they have answered.
pub(super) struct Rules {
    versions: Vec<Version>,
    items: BTreeMap<ItemId, Item>,
    exercise: bool,
    rules: Vec<Rule>,
    numbers: BTreeMap<Rule, u32>,
    /// By version, matter, and where quantity and moment lie.
    answers: BTreeMap<(usize, MatterNo, u64, u64), u32>,
    /// Whether answers are kept; for measuring what they cost.
    keep: bool,
}

impl Rules {
    pub(super) fn new(charter: &Charter) -> Result<Self, AuditError> {
        let world = charter.world();
        let mut versions = Vec::new();
        for policy in &charter.policies {
            let compiled = Compiled::compile(&policy.bundle, &world, charter.exercise);
            let compiled = compiled.map_err(|problems| {
                let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
                let version = policy.bundle.version.clone();
                AuditError::VersionUnusable { version, problems: problems.join("; ") }
            })?;
            let (from, reads) = (policy.in_force_from, BTreeMap::new());
            versions.push(Version { from, compiled, reads, fixed: Vec::new() });
        }
        let items = charter.items.iter().map(|item| (item.id.clone(), item.clone())).collect();
        let exercise = charter.exercise;
        let (rules, numbers, answers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { versions, items, exercise, rules, numbers, answers, keep: true })
    }

    /// Works every answer out anew from here on; slow, for measuring and for tests.
    pub(super) fn forget_answers(&mut self) {
        self.keep = false;
    }

    pub(super) fn all(&self) -> &[Rule] {
        &self.rules
    }

    fn number(&mut self, rule: Rule) -> u32 {
        if let Some(number) = self.numbers.get(&rule) {
            return *number;
        }
        let number = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.push(rule.clone());
        self.numbers.insert(rule, number);
        number
    }

    /// The places of the rules that can apply to an act done at some moment of `when`, each once,
    /// and for each whether nothing depends on the approvals.
    pub(super) fn of(
        &mut self,
        names: &mut Names,
        matter: MatterNo,
        quantity: Quantity,
        when: Span,
        into: &mut Vec<u32>,
    ) -> Result<(), AuditError> {
        into.clear();
        let first = self.versions.partition_point(|version| version.from <= when.earliest());
        if first == 0 {
            into.push(self.number(Rule::NoVersion));
        }
        let last = self.versions.partition_point(|version| version.from <= when.latest());
        for at in first.saturating_sub(1)..last {
            let from = self.versions.get(at).map_or(when.earliest(), |version| version.from);
            let next = self.versions.get(at.saturating_add(1)).map(|version| version.from);
            let until = next.and_then(|next| Moment::from_millis(next.millis().checked_sub(1)?));
            let from = from.max(when.earliest());
            let until = until.unwrap_or(Moment::LAST).min(when.latest());
            self.within(names, at, (matter, quantity), (from, until), into)?;
        }
        Ok(())
    }

    /// The rules of one version between two moments.
    fn within(
        &mut self,
        names: &mut Names,
        at: usize,
        (matter, quantity): (MatterNo, Quantity),
        (from, until): (Moment, Moment),
        into: &mut Vec<u32>,
    ) -> Result<(), AuditError> {
        let Some(version) = self.versions.get_mut(at) else { return Ok(()) };
        if let Some(Some(known)) = version.fixed.get(matter.index())
            && self.keep
        {
            add(into, *known);
            return Ok(());
        }
        let Some(about) = names.matter_of(matter).cloned() else { return Ok(()) };
        let act = about.act;
        let named = || version.compiled.bundle().version.clone();
        if !version.reads.contains_key(&act) {
            let free = Reads { quantity: Reading::Free, now: Reading::Free, books: None };
            let reads = version.compiled.reads(act).unwrap_or(free);
            version.reads.insert(act, reads);
        }
        let Some(reads) = version.reads.get(&act).cloned() else { return Ok(()) };
        if let Some(what) = reads.books {
            return Err(AuditError::NotTold { version: named(), act, what });
        }
        let mut moments = vec![from];
        match &reads.now {
            Reading::Unread => {}
            Reading::Cuts(cuts) => {
                let later = cuts.iter().flat_map(|cut| [*cut, cut.saturating_add(1)]);
                let later = later.filter_map(Moment::from_millis);
                moments.extend(later.filter(|moment| *moment > from && *moment <= until));
            }
            Reading::Free if from == until => {}
            Reading::Free => {
                let what = "the exact moment";
                return Err(AuditError::NotTold { version: named(), act, what });
            }
        }
        let fixed = reads.quantity == Reading::Unread && reads.now == Reading::Unread;
        for now in moments {
            let place = (reads.quantity.place(quantity.units()), reads.now.place(now.millis()));
            let key = match place {
                (Some(quantity), Some(now)) => Some((at, matter, quantity, now)),
                (None, _) | (_, None) => None,
            };
            let known = key.and_then(|key| self.answers.get(&key)).copied();
            let known = known.filter(|_| self.keep);
            let number = match known {
                Some(number) => number,
                None => {
                    let rule = self.ask(names, at, &about, quantity, now);
                    let number = self.number(rule);
                    self.remember(at, matter, key, number, fixed);
                    number
                }
            };
            add(into, number);
        }
        Ok(())
    }

    fn remember(
        &mut self,
        at: usize,
        matter: MatterNo,
        key: Option<(usize, MatterNo, u64, u64)>,
        number: u32,
        fixed: bool,
    ) {
        if let Some(version) = self.versions.get_mut(at).filter(|_| fixed && self.keep) {
            if version.fixed.len() <= matter.index() {
                version.fixed.resize(matter.index().saturating_add(1), None);
            }
            if let Some(slot) = version.fixed.get_mut(matter.index()) {
                *slot = Some(number);
            }
        } else if let Some(key) = key.filter(|_| self.keep) {
            if self.answers.len() >= ANSWERS_MAX {
                self.answers.clear();
            }
            self.answers.insert(key, number);
        }
    }

    /// Asks a version. Signatures of a foreign history count as made in person.
    fn ask(
        &self,
        names: &mut Names,
        at: usize,
        about: &Matter,
        quantity: Quantity,
        now: Moment,
    ) -> Rule {
        let Some(version) = self.versions.get(at) else { return Rule::NoVersion };
        let Some(item) = self.items.get(&about.item) else {
            return Rule::NoAnswer(format!("item {} is not known to policy", about.item));
        };
        let subject = Subject::Item(ItemQuestion {
            holder: &about.holder,
            item,
            zone: about.zone.as_ref(),
            quantity,
            recipient: about.recipient.as_ref(),
            requested: about.act,
            totals: Totals::default(),
            preconditions: Preconditions::default(),
        });
        let question =
            Question { act: about.act, subject, now, key_only: false, exercise: self.exercise };
        let answer = if self.keep {
            version.compiled.verdict_shared(&question).map(|found| found.verdict.clone())
        } else {
            version.compiled.verdict_unmemoised(&question).map(|found| found.verdict)
        };
        match answer {
            Ok(Verdict::Standing) => Rule::Standing,
            Ok(Verdict::Prohibited) => Rule::Prohibited,
            Ok(Verdict::Needs(sets)) => {
                let numbers =
                    |set: &BTreeSet<OfficeId>| set.iter().map(|o| names.office(o)).collect();
                Rule::Needs(sets.iter().map(numbers).collect())
            }
            Err(error) => Rule::NoAnswer(error.to_string()),
        }
    }
}

fn add(into: &mut Vec<u32>, number: u32) {
    if !into.contains(&number) {
        into.push(number);
    }
}

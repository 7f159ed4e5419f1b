//! Policy. Answers: *which rules are in force, and who must consent to this act?*
//!
//! Cedar lives in `policy/cedar.rs` and nowhere else. A version that cannot be evaluated refuses.

mod question;
mod situation;

mod closure;
mod derive;

mod cedar;
mod changes;
mod check;
mod digest;
mod memo;
mod proofs;

mod consent;

pub use cedar::{Compiled, DATA_SHAPE, Explained, KEY_ONLY_RED, Reading, Reads, Replay, SCHEMA};
pub use cedar::{Property, Proving, claims, compare, prove};
pub use changes::{
    Changes, DecidingChange, Edit, VerdictChange, WitnessChange, changes, zones_in_words,
};
pub use check::{Problem, ProblemCode, Report, check};
pub use consent::Consent;
pub use derive::OFFICES_MAX;
pub use memo::MEMO_MAX;
pub use proofs::{
    Claim, Comparison, Difference, Direction, Finding, NO_SOLVER, Proofs, Reply, Solver,
};
pub use question::{
    Deciding, ItemQuestion, KeyOnlyRule, PolicyBundle, PolicyError, Preconditions, Question,
    Subject, Totals, Verdict, ViewQuestion, WitnessRule, World, Zone,
};
pub use situation::{About, AboutItem, AboutView, Situation, consent_in_words};

use crate::ledger::Charter;
use crate::rejection::rejections;
use countersign_proof::signature::Verified;
use countersign_proof::statement::kinds::PolicyPublication;
use countersign_proof::words::{
    Act, Digest, Moment, OfficeId, PolicyVersionId, Standing, Transition, ZoneId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// State: the world that policy may name, and the versions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Policies {
    world: World,
    exercise: bool,
    versions: Vec<Version>,
    /// How many of `versions` have come into force.
    in_force: usize,
}

/// A published version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Its policies.
    pub bundle: PolicyBundle,
    /// Its digest.
    pub digest: Digest,
    /// From when it is in force.
    pub in_force_from: Moment,
    /// Where the rule is stated.
    pub source: String,
    /// How well that is established.
    pub standing: Standing,
    /// What becomes of what is open when it comes into force.
    pub transition: Transition,
    /// When it entered the record.
    pub published_at: Moment,
    /// What was proved of it when it was published; `None` of those that the ledger began with.
    pub proofs: Option<Proofs>,
    #[serde(skip)]
    compiled: Option<Arc<Compiled>>,
}

/// Commands of the room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Publish a version; each statement by one signer of the publishing offices.
    Publish {
        /// The policies.
        bundle: Box<PolicyBundle>,
        /// Statements alike but for office, signer, binding and reason.
        statements: Vec<Verified<PolicyPublication>>,
        /// What was found about everything that is claimed of the version.
        proofs: Box<Proofs>,
    },
}

/// Events of the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A version entered the record.
    VersionPublished {
        /// The policies.
        bundle: Box<PolicyBundle>,
        /// From when it is in force.
        in_force_from: Moment,
        /// Where the rule is stated.
        source: String,
        /// How well that is established.
        standing: Standing,
        /// What becomes of what is open.
        transition: Transition,
        /// What was found about everything that is claimed of the version.
        proofs: Box<Proofs>,
    },
    /// A version came into force.
    VersionCameIntoForce {
        /// Which.
        version: PolicyVersionId,
    },
}

rejections!(
    /// Why the room refuses.
    Rejection in "policy" {
        NoStatement = "no-statement", "no signed statement was given";
        NoVersionInForce = "no-version-in-force", "no policy version is in force at this moment";
        UnknownVersion { version: PolicyVersionId } = "unknown-version",
            "the policy version {version} was never published";
        VersionUnusable { version: PolicyVersionId } = "version-unusable",
            "the policy version {version} cannot be evaluated; nothing is allowed under it";
        EvaluationFailed { error: PolicyError } = "evaluation-failed",
            "policy gave no answer, so the answer is no: {error}";
        Prohibited { act: String } = "prohibited", "policy allows {act} with nobody's consent";
        ConsentMissing { act: String, missing: String } = "consent-missing",
            "{act} needs the signatures of {missing}";
        StatementsDiffer = "statements-differ",
            "the statements differ in more than office, signer, binding and reason";
        VersionExists { version: PolicyVersionId } = "version-exists",
            "the policy version {version} was published already; choose another name";
        NameMismatch { signed: PolicyVersionId, given: PolicyVersionId } = "name-mismatch",
            "the statement names the version {signed}, but the policies given are {given}";
        SupersedesOther { named: PolicyVersionId, newest: PolicyVersionId } = "supersedes-other",
            "the statement supersedes {named}, but the newest version is {newest}";
        DigestMismatch { signed: Digest, given: Digest } = "digest-mismatch",
            "the statement names the digest {signed}, but the policies given have {given}";
        InForceTooEarly { from: Moment, earliest: Moment } = "in-force-too-early",
            "a version can come into force no earlier than {earliest}, not at {from}";
        CheckFailed { problems: String } = "check-failed",
            "the policies do not pass the checks for publication: {problems}";
        ClaimRefuted { claim: String, counterexample: String } = "claim-refuted",
            "the version does not keep what is claimed of it: {claim}. {counterexample}";
        HelpNotShown { acts: String } = "help-not-shown",
            "that more consent never takes a permission away could not be shown for {acts}: ask \
             only whether approvals contain somebody, or have it proved by a solver";
    }
);

impl From<PolicyError> for Rejection {
    fn from(error: PolicyError) -> Self {
        Self::EvaluationFailed { error }
    }
}

impl Version {
    /// The version made ready for evaluation.
    ///
    /// # Errors
    /// [`Rejection::VersionUnusable`] when its policies could not be compiled.
    pub fn compiled(&self) -> Result<&Compiled, Rejection> {
        let version = || Rejection::VersionUnusable { version: self.bundle.version.clone() };
        self.compiled.as_deref().ok_or_else(version)
    }
}

impl Policies {
    pub(crate) fn found(charter: &Charter, exercise: bool, at: Moment) -> Self {
        let mut policies =
            Self { world: charter.world(), exercise, versions: Vec::new(), in_force: 0 };
        for policy in &charter.policies {
            policies.versions.push(Version {
                digest: policy.bundle.digest(),
                bundle: policy.bundle.clone(),
                in_force_from: policy.in_force_from,
                source: policy.source.clone(),
                standing: policy.standing,
                transition: policy.transition,
                published_at: at,
                proofs: None,
                compiled: None,
            });
        }
        policies.in_force = policies.versions.iter().filter(|v| v.in_force_from <= at).count();
        policies.compile();
        policies
    }

    /// Makes every version ready that is not: after a snapshot is read, or a version published.
    pub(crate) fn compile(&mut self) {
        for version in self.versions.iter_mut().filter(|version| version.compiled.is_none()) {
            let compiled = Compiled::compile(&version.bundle, &self.world, self.exercise);
            version.compiled = compiled.ok().map(Arc::new);
        }
    }

    /// Decides [`Command::Publish`]; the gate has already found that policy is satisfied by those
    /// who signed.
    pub(crate) fn decide(&self, command: &Command, at: Moment) -> Result<Event, Rejection> {
        let Command::Publish { bundle, statements, proofs } = command;
        let first = statements.first().ok_or(Rejection::NoStatement)?.statement();
        for other in statements {
            let alike = PolicyPublication {
                office: first.office.clone(),
                signer: first.signer.clone(),
                binding: first.binding,
                reason: first.reason.clone(),
                ..other.statement().clone()
            };
            if alike != *first {
                return Err(Rejection::StatementsDiffer);
            }
        }
        if self.version(&first.version).is_ok() {
            return Err(Rejection::VersionExists { version: first.version.clone() });
        }
        if bundle.version != first.version {
            let (signed, given) = (first.version.clone(), bundle.version.clone());
            return Err(Rejection::NameMismatch { signed, given });
        }
        let newest = self.versions.last().ok_or(Rejection::NoVersionInForce)?;
        if first.supersedes != newest.bundle.version {
            return Err(Rejection::SupersedesOther {
                named: first.supersedes.clone(),
                newest: newest.bundle.version.clone(),
            });
        }
        let given = bundle.digest();
        if first.digest != given {
            return Err(Rejection::DigestMismatch { signed: first.digest, given });
        }
        let earliest = at.max(newest.in_force_from.plus_millis(1));
        if first.in_force_from < earliest {
            return Err(Rejection::InForceTooEarly { from: first.in_force_from, earliest });
        }
        let proofs = self.weigh(bundle, proofs)?;
        Ok(Event::VersionPublished {
            bundle: bundle.clone(),
            in_force_from: first.in_force_from,
            source: first.source.clone(),
            standing: first.standing,
            transition: first.transition,
            proofs: Box::new(proofs),
        })
    }

    /// A version that passes the checks, with everything that is claimed of it.
    fn claimed(&self, bundle: &PolicyBundle) -> Result<(Compiled, Vec<Claim>), Rejection> {
        let failed = |problems: Vec<Problem>| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Rejection::CheckFailed { problems: problems.join("; ") }
        };
        let compiled = Compiled::compile(bundle, &self.world, self.exercise).map_err(failed)?;
        let properties = Property::all(bundle, &self.world, self.exercise).map_err(failed)?;
        let claims = claims(&compiled, &properties);
        Ok((compiled, claims))
    }

    /// The checks that a version must pass, and what was found about just what is claimed of it.
    fn weigh(&self, bundle: &PolicyBundle, proofs: &Proofs) -> Result<Proofs, Rejection> {
        let (compiled, claims) = self.claimed(bundle)?;
        let findings = claims.iter().map(|claim| (claim.clone(), proofs.of(claim))).collect();
        let proofs = Proofs { findings, ..proofs.clone() };
        if let Some((claim, counterexample)) = proofs.refuted().next() {
            let (claim, counterexample) = (claim.to_string(), counterexample.to_owned());
            return Err(Rejection::ClaimRefuted { claim, counterexample });
        }
        let mut open = compiled.enumerated();
        open.retain(|act| proofs.of(&Claim::ApprovalsHelp { act: *act }) != Finding::Proved);
        if !open.is_empty() {
            let acts: Vec<&str> = open.iter().map(|act| act.as_str()).collect();
            return Err(Rejection::HelpNotShown { acts: acts.join(", ") });
        }
        Ok(proofs)
    }

    /// Whether everything that is claimed of a version is proved by these findings; not where its
    /// claims cannot even be read.
    pub(crate) fn proved(&self, bundle: &PolicyBundle, proofs: &Proofs) -> bool {
        self.claimed(bundle).is_ok_and(|(_, claims)| proofs.prove(&claims))
    }

    pub(crate) fn apply(&mut self, at: Moment, event: &Event) {
        match event {
            Event::VersionPublished {
                bundle,
                in_force_from,
                source,
                standing,
                transition,
                proofs,
            } => {
                self.versions.push(Version {
                    digest: bundle.digest(),
                    bundle: (**bundle).clone(),
                    in_force_from: *in_force_from,
                    source: source.clone(),
                    standing: *standing,
                    transition: *transition,
                    published_at: at,
                    proofs: Some((**proofs).clone()),
                    compiled: None,
                });
                self.compile();
            }
            Event::VersionCameIntoForce { version: _ } => {
                self.in_force = self.in_force.saturating_add(1).min(self.versions.len());
            }
        }
    }

    /// The version that has come into force last.
    ///
    /// # Errors
    /// [`Rejection::NoVersionInForce`] before the first.
    pub fn current(&self) -> Result<&Version, Rejection> {
        let last = self.in_force.checked_sub(1).and_then(|index| self.versions.get(index));
        last.ok_or(Rejection::NoVersionInForce)
    }

    /// The version in force at `at`, by the dates of the versions.
    ///
    /// # Errors
    /// [`Rejection::NoVersionInForce`] before the first.
    pub fn version_at(&self, at: Moment) -> Result<&Version, Rejection> {
        let before = self.versions.iter().rfind(|version| version.in_force_from <= at);
        before.ok_or(Rejection::NoVersionInForce)
    }

    /// The version of that name.
    ///
    /// # Errors
    /// [`Rejection::UnknownVersion`] where there is none.
    pub fn version(&self, id: &PolicyVersionId) -> Result<&Version, Rejection> {
        let found = self.versions.iter().find(|version| version.bundle.version == *id);
        found.ok_or_else(|| Rejection::UnknownVersion { version: id.clone() })
    }

    /// The versions, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The next version that has been published but is not in force yet.
    #[must_use]
    pub fn coming(&self) -> Option<&Version> {
        self.versions.get(self.in_force)
    }

    /// What policy may name.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether `inner` is `outer` or lies in it.
    #[must_use]
    pub fn zone_within(&self, inner: &ZoneId, outer: &ZoneId) -> bool {
        let mut at = Some(inner);
        let steps = self.world.zones.len().saturating_add(1);
        for _ in 0..steps {
            match at {
                Some(zone) if zone == outer => return true,
                Some(zone) => at = self.world.zones.get(zone).and_then(|z| z.within.as_ref()),
                None => return false,
            }
        }
        false
    }

    /// The areas that both sets of zones share: of two nested zones, the inner one.
    #[must_use]
    pub fn shared_zones(&self, a: &BTreeSet<ZoneId>, b: &BTreeSet<ZoneId>) -> BTreeSet<ZoneId> {
        let inner = |these: &BTreeSet<ZoneId>, those: &BTreeSet<ZoneId>| -> BTreeSet<ZoneId> {
            let in_those = |zone: &&ZoneId| those.iter().any(|outer| self.zone_within(zone, outer));
            these.iter().filter(in_those).cloned().collect()
        };
        inner(a, b).union(&inner(b, a)).cloned().collect()
    }

    /// Asks a version one question for each zone, and joins the answers: every zone must be
    /// satisfied.
    ///
    /// # Errors
    /// A rejection when policy gives no answer.
    pub fn ask(
        &self,
        version: &Version,
        zones: &BTreeSet<ZoneId>,
        question: &Question<'_>,
    ) -> Result<Explained, Rejection> {
        Ok(version.compiled()?.verdict_over(question, zones)?)
    }

    /// Whether the version in force lets an office see such a part with nobody's consent: nobody
    /// signs for a look. Where there is no answer, it does not.
    pub(crate) fn lets_view(&self, view: ViewQuestion<'_>, at: Moment) -> bool {
        let subject = Subject::View(view);
        let exercise = self.exercise;
        let question = Question { act: Act::View, subject, now: at, key_only: false, exercise };
        let compiled = self.current().and_then(Version::compiled);
        let verdict = compiled.map(|compiled| compiled.verdict_shared(&question));
        verdict.is_ok_and(|given| given.is_ok_and(|given| given.verdict == Verdict::Standing))
    }
}

/// What is missing of an approval set, told in words: `US.SecDef and GB.MoD, or US.SACEUR`.
#[must_use]
pub fn sets_in_words(sets: &BTreeSet<BTreeSet<OfficeId>>) -> String {
    let words: Vec<String> = sets
        .iter()
        .map(|set| set.iter().map(OfficeId::as_str).collect::<Vec<_>>().join(" and "))
        .collect();
    words.join(", or ")
}

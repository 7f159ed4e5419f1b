//! One question over one act's policies, asked with one set of approvals after another.

use super::super::closure::DecidingSets;
use super::super::derive::{self, Shape};
use super::super::{PolicyError, Question, Subject, Verdict};
use super::Explained;
use super::entities::{self, Asked, Kinds};
use super::slice::{SchemaParts, Slice};
use super::syntax::Candidates;
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, PolicySet, Request, Schema,
};
use countersign_proof::words::OfficeId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What Cedar answers for one set of approvals.
pub(super) struct Answer {
    pub allowed: bool,
    /// The permits that hold where allowed; the forbids that hold where not.
    pub reasons: BTreeSet<String>,
}

/// A question put into Cedar's terms.
pub(super) struct Case<'a> {
    slice: &'a Slice,
    kinds: &'a Kinds,
    asked: Asked,
    entities: Arc<Entities>,
    sets: DecidingSets,
    /// The request without approvals.
    bare: Request,
    /// The office that the question is about, where it is about one.
    office: Option<OfficeId>,
}

impl<'a> Case<'a> {
    /// What no policy of the act reads has been left out of `asked`; were one to read it
    /// nonetheless, it would fail, and that refuses.
    pub(super) fn new(
        parts: &'a SchemaParts,
        slice: &'a Slice,
        question: &Question<'_>,
        asked: Asked,
        entities: Arc<Entities>,
        sets: DecidingSets,
    ) -> Result<Self, PolicyError> {
        let bare = request(&parts.kinds, &asked, &BTreeSet::new(), None)?;
        let office = match &question.subject {
            Subject::Office(office) => Some(OfficeId::clone(office)),
            Subject::View(view) => Some(OfficeId::clone(view.office)),
            Subject::Item(_) | Subject::Programme { .. } => None,
        };
        Ok(Self { slice, kinds: &parts.kinds, asked, entities, sets, bare, office })
    }

    /// Asks all the policies of the act.
    ///
    /// # Errors
    /// [`PolicyError::Evaluation`] where any policy fails, whatever the others say.
    pub(super) fn ask(&self, approvals: &BTreeSet<OfficeId>) -> Result<Answer, PolicyError> {
        self.ask_set(&self.slice.set, approvals)
    }

    fn ask_set(
        &self,
        set: &PolicySet,
        approvals: &BTreeSet<OfficeId>,
    ) -> Result<Answer, PolicyError> {
        let made;
        let request = if approvals.is_empty() {
            &self.bare
        } else {
            made = request(self.kinds, &self.asked, approvals, None)?;
            &made
        };
        let response = Authorizer::new().is_authorized(request, set, &self.entities);
        let failed = response.diagnostics().errors().map(|error| match error {
            AuthorizationError::PolicyEvaluationError(error) => {
                (error.policy_id().to_string(), error.inner().to_string())
            }
        });
        if let Some((policy, message)) = failed.min() {
            return Err(PolicyError::Evaluation { policy, message });
        }
        let reasons = response.diagnostics().reason().map(ToString::to_string).collect();
        Ok(Answer { allowed: response.decision() == Decision::Allow, reasons })
    }

    /// Who must consent, by the way the act's policies allow.
    pub(super) fn derive(
        &self,
        offices: impl FnOnce() -> BTreeSet<OfficeId>,
    ) -> Result<Explained, PolicyError> {
        match self.slice.shape {
            Shape::Monotone => self.derive_monotone(),
            Shape::Any => self.enumerate(&offices()),
        }
    }

    /// Only two kinds of policy can matter: the forbids that hold with no approvals, since more
    /// approvals bring no new ones, and the permits that hold with all, since fewer bring none. So
    /// those alone, over the offices they ask for, give the same answer as all policies over all
    /// offices.
    fn derive_monotone(&self) -> Result<Explained, PolicyError> {
        let none = self.ask(&BTreeSet::new())?;
        if none.allowed {
            return Ok(explained(Verdict::Standing, none.reasons));
        }
        let with_all = self.ask(&self.candidates(self.slice.policies.keys()))?;
        if !with_all.allowed {
            return Ok(explained(Verdict::Prohibited, with_all.reasons));
        }
        let matter: BTreeSet<String> = none.reasons.union(&with_all.reasons).cloned().collect();
        let made;
        let few = if matter.len() == self.slice.policies.len() {
            &self.slice.set
        } else {
            let few = matter.iter().filter_map(|id| self.slice.policies.get(id));
            made = PolicySet::from_policies(few.map(|(policy, _)| policy.clone()))
                .map_err(|error| PolicyError::Question(error.to_string()))?;
            &made
        };
        let candidates = self.candidates(matter.iter());
        let sets = derive::minimal_sets(&candidates, Shape::Monotone, |approvals| {
            Ok(self.ask_set(few, approvals)?.allowed)
        })?;
        Ok(explained(Verdict::Needs(sets), matter))
    }

    /// Asks about every set of `offices`: right for any policies.
    pub(super) fn enumerate(&self, offices: &BTreeSet<OfficeId>) -> Result<Explained, PolicyError> {
        derive::within_bound(offices.len())?;
        let none = self.ask(&BTreeSet::new())?;
        if none.allowed {
            return Ok(explained(Verdict::Standing, none.reasons));
        }
        let mut reasons = none.reasons;
        let sets = derive::minimal_sets(offices, Shape::Any, |approvals| {
            let answer = self.ask(approvals)?;
            if answer.allowed {
                reasons.extend(answer.reasons);
            }
            Ok(answer.allowed)
        })?;
        let verdict = if sets.is_empty() { Verdict::Prohibited } else { Verdict::Needs(sets) };
        Ok(explained(verdict, reasons))
    }

    /// The offices whose approval can make a difference to these policies.
    fn candidates<'b>(&self, policies: impl Iterator<Item = &'b String>) -> BTreeSet<OfficeId> {
        let mut offices = BTreeSet::new();
        for (_, survey) in policies.filter_map(|id| self.slice.policies.get(id)) {
            let Candidates { offices: named, foreign, origin, deciding, subject } =
                &survey.candidates;
            offices.extend(named.iter().cloned());
            for (wanted, set) in [
                (foreign, &self.sets.foreign),
                (origin, &self.sets.origin),
                (deciding, &self.sets.deciding),
            ] {
                if *wanted {
                    offices.extend(set.iter().cloned());
                }
            }
            if *subject {
                offices.extend(self.office.clone());
            }
        }
        offices
    }
}

/// Refuses a question that does not fit the schema; everything that can be said is in `asked`.
pub(super) fn check_shape(parts: &SchemaParts, asked: &Asked) -> Result<(), PolicyError> {
    request(&parts.kinds, asked, &BTreeSet::new(), Some(&parts.schema)).map(|_| ())
}

fn request(
    kinds: &Kinds,
    asked: &Asked,
    approvals: &BTreeSet<OfficeId>,
    schema: Option<&Schema>,
) -> Result<Request, PolicyError> {
    let unfit = |error: &dyn std::fmt::Display| PolicyError::Question(error.to_string());
    let pairs = asked.context.iter().cloned().chain([entities::approvals(kinds, approvals)]);
    let context = Context::from_pairs(pairs).map_err(|error| unfit(&error))?;
    let (principal, action) = (asked.principal.clone(), asked.action.clone());
    Request::new(principal, action, asked.resource.clone(), context, schema)
        .map_err(|error| unfit(&error))
}

pub(super) fn explained(verdict: Verdict, reasons: BTreeSet<String>) -> Explained {
    Explained { verdict, reasons: reasons.into_iter().collect() }
}

//! Whether a plan was made from this problem.

use super::super::plan::Plan;
use super::super::problem::{ItemProblem, Vetoes};
use super::{Checked, Fault, refuse};

/// Refuses a plan made from other figures, or with the wrong number of prices.
pub(super) fn made_from(problem: &ItemProblem, vetoes: &Vetoes, plan: &Plan) -> Checked {
    if plan.item != *problem.item() {
        let (plan, problem) = (plan.item.clone(), problem.item().clone());
        return refuse(Fault::OtherItem { plan, problem });
    }
    let months = usize::from(problem.months());
    if plan.first != problem.first() || plan.threshold.len() != months {
        return refuse(Fault::OtherMonths);
    }
    if plan.base != problem.base() {
        return refuse(Fault::OtherBase);
    }
    if plan.threshold != problem.threshold() {
        return refuse(Fault::OtherThreshold);
    }
    if plan.vetoes != *vetoes {
        return refuse(Fault::OtherVetoes);
    }
    if plan.prices.len() != months {
        return refuse(Fault::PriceForEveryMonth { prices: plan.prices.len(), months });
    }
    Ok(())
}

/// Finds the plan's promises among the problem's; both stand by earmark id. Gives for each its
/// place among the problem's, and that no slot has named it yet.
pub(super) fn promises(problem: &ItemProblem, plan: &Plan) -> Checked<Vec<(u32, bool)>> {
    let mut known = problem.promises().iter().zip(0u32..);
    let mut ours = Vec::with_capacity(plan.promises.len());
    for promise in &plan.promises {
        let earmark = || promise.earmark.clone();
        let Some((same, at)) = known.find(|(known, _)| known.earmark == promise.earmark) else {
            return refuse(Fault::NoSuchEarmark { earmark: earmark() });
        };
        if same.recipient != promise.recipient {
            let (recipient, promised) = (promise.recipient.clone(), same.recipient.clone());
            return refuse(Fault::WrongRecipient { earmark: earmark(), recipient, promised });
        }
        ours.push((at, false));
    }
    Ok(ours)
}

//! Making statements ready to sign. Answers: *which exact text will this person put their name to?*

use countersign_core::State;
use countersign_core::requests::Request;
use countersign_core::rerouting::{Plan, plan_digest};
use countersign_proof::statement::kinds::{Advice, Binding, Decision, DiversionOrder};
use countersign_proof::words::{
    AdviceKind, Days, DecisionKind, Month, OfficeId, PartyId, PersonId, Provisos, Quantity,
};

/// Who signs, for which office, and why.
#[derive(Clone, Debug)]
pub struct Signing {
    /// The office.
    pub office: OfficeId,
    /// The person.
    pub signer: PersonId,
    /// Ledger, checkpoint, nonce and validity.
    pub binding: Binding,
    /// Why, in the signer's words.
    pub reason: String,
}

/// The decision on a request's current revision; `None` where its policy version is unknown.
#[must_use]
pub fn decision(
    state: &State,
    request: &Request,
    signing: Signing,
    decision: DecisionKind,
    provisos: Provisos,
) -> Option<Decision> {
    let version = state.policy.version(&request.policy).ok()?;
    Some(Decision {
        terms: request.draft.terms(request.id, request.revision, request.digest),
        office: signing.office,
        signer: signing.signer,
        decision,
        provisos,
        policy: request.policy.clone(),
        policy_digest: version.digest,
        binding: signing.binding,
        reason: signing.reason,
    })
}

/// What an order to divert undertakes beside the diversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undertaking {
    /// Where it is certified that this is needed; empty where it is not.
    pub certification: String,
    /// Days of notice before it is executed.
    pub notice_days: Days,
    /// By when the units are replaced.
    pub replacement: Option<Month>,
}

/// The order that a plan for stock of `owner` is carried out.
#[must_use]
pub fn diversion(
    plan: &Plan,
    owner: &PartyId,
    undertaking: &Undertaking,
    signing: Signing,
) -> DiversionOrder {
    DiversionOrder {
        item: plan.item.clone(),
        owner: owner.clone(),
        plan: plan_digest(plan),
        quantity: Quantity::new(plan.units()).unwrap_or(Quantity::MAX),
        recipients: plan.lines().map(|line| line.recipient.clone()).collect(),
        certification: undertaking.certification.clone(),
        notice_days: undertaking.notice_days,
        replacement: undertaking.replacement,
        office: signing.office,
        signer: signing.signer,
        binding: signing.binding,
        reason: signing.reason,
    }
}

/// The advice on a request's current revision.
#[must_use]
pub fn advice(
    request: &Request,
    signing: Signing,
    advice: AdviceKind,
    provisos: Provisos,
) -> Advice {
    Advice {
        request: request.id,
        revision: request.revision,
        revision_digest: request.digest,
        office: signing.office,
        signer: signing.signer,
        advice,
        provisos,
        binding: signing.binding,
        reason: signing.reason,
    }
}

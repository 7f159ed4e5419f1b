//! Making statements ready to sign. Answers: *which exact text will this person put their name to?*

use countersign_core::State;
use countersign_core::requests::Request;
use countersign_core::rerouting::{Plan, plan_digest};
use countersign_core::viewing::Matter;
use countersign_proof::statement::kinds::{Advice, Binding, Decision, DiversionOrder};
use countersign_proof::statement::parse_any;
use countersign_proof::words::{
    AdviceKind, Days, DecisionKind, Month, OfficeId, PartyId, PersonId, Provisos, Quantity,
    RequestId,
};
use countersign_proof::{AnyStatement, Label};

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

/// Whether somebody may read a statement: whoever signed it, and whoever may see the deliberation
/// of what it is about. One that cannot be read at all is told of, whoever asks.
#[must_use]
pub fn may_read(state: &State, person: &PersonId, text: &str) -> bool {
    let Ok(statement) = parse_any(text.as_bytes()) else { return true };
    let of_request = |id: RequestId| {
        let request = state.requests.request(id).filter(|request| state.may_see(request, person));
        request.map(Matter::Request)
    };
    let matter = match &statement {
        AnyStatement::Decision(decision) => of_request(decision.terms.request),
        AnyStatement::Advice(advice) => of_request(advice.request),
        AnyStatement::Override(set) => Some(Matter::Item(&set.item)),
        AnyStatement::OverrideLift(lift) => Some(Matter::Item(&lift.item)),
        AnyStatement::Diversion(order) => Some(Matter::Item(&order.item)),
        AnyStatement::Appointment(_)
        | AnyStatement::Enrolment(_)
        | AnyStatement::Revocation(_)
        | AnyStatement::Erasure(_)
        | AnyStatement::Rotation(_)
        | AnyStatement::Publication(_)
        | AnyStatement::Hold(_)
        | AnyStatement::Lift(_)
        | AnyStatement::Founding(_)
        | AnyStatement::Session(_) => Some(Matter::Programme),
    };
    let may = |matter| state.may_view(person, &matter, Label::Deliberation);
    matter.is_some_and(|matter| statement.signer() == person || may(matter))
}

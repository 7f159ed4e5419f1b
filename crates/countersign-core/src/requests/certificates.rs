//! Certificates: a release carried to a depot that has no network, and what comes back from there.
//!
//! Answers: *how much of a release may be honoured where, and what does each depot say that it
//! did?* A certificate is out from its issue until its depot closes the account of it: only then
//! is it known that nothing more is handed out. Until then the depot alone may honour the release,
//! and what its certificates may still take is not issued again.

use super::intake::{check_depot, supplier};
use super::usage::{broken, posted};
use super::{Breach, Ending, Event, Rejection, Release, Requests};
use crate::people::{Authority, Function};
use crate::{Event as AnyEvent, Rejection as AnyRejection, State};
use countersign_proof::certificate::{Account, Receipt, Sighting, Signed};
use countersign_proof::words::{
    CertificateId, Digest, KeyId, Moment, PlaceId, Quantity, ReleaseId, Window,
};
use serde::{Deserialize, Serialize};

/// What a certificate says, as far as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateTerms {
    /// Its number.
    pub id: CertificateId,
    /// The release it stands for.
    pub release: ReleaseId,
    /// The only depot that may honour it.
    pub depot: PlaceId,
    /// The key by which that depot signs what it did.
    pub depot_key: KeyId,
    /// The key of whoever collects.
    pub collector: KeyId,
    /// At most how many units.
    pub quantity: Quantity,
    /// When.
    pub window: Window,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// A certificate that was issued, and what has come back of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// What it says.
    pub terms: CertificateTerms,
    /// When it was issued.
    pub issued_at: Moment,
    /// How many units the receipts add up to.
    pub handed_out: Quantity,
    /// How many receipts came back.
    pub receipts: u64,
    /// The newest account that its depot gave.
    pub account: Option<AccountGiven>,
}

/// What a depot says of a certificate in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountGiven {
    /// When the depot said so.
    pub made_at: Moment,
    /// How many units it handed out.
    pub total: Quantity,
    /// By how many receipts.
    pub receipts: u64,
    /// Whether nothing more is handed out.
    pub closed: bool,
}

/// What a depot signed that does not fit what was issued: kept, and moved nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unvouched {
    /// The digest of what was signed.
    pub digest: Digest,
    /// The certificate that it names.
    pub certificate: CertificateId,
    /// The depot that it names.
    pub depot: PlaceId,
    /// How many units it says were handed out.
    pub quantity: Quantity,
    /// When.
    pub at: Moment,
}

/// A certificate that was shown to a depot and not honoured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighted {
    /// The certificate.
    pub certificate: CertificateId,
    /// Whether it is one that was issued here.
    pub ours: bool,
    /// The depot that it was shown to.
    pub depot: PlaceId,
    /// Whether it is for another depot.
    pub elsewhere: bool,
    /// When it was shown.
    pub seen_at: Moment,
}

impl Certified {
    /// Whether the depot has closed its account of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.closed)
    }

    /// Units that may still be handed out on it, or were and are not yet known of.
    #[must_use]
    pub fn out(&self) -> Quantity {
        match &self.account {
            // What the depot says it handed out and has not brought the receipts of.
            Some(account) if account.closed => account.total.minus(self.handed_out),
            Some(_) | None => self.terms.quantity.minus(self.handed_out),
        }
        .unwrap_or(Quantity::ZERO)
    }
}

impl Requests {
    /// The certificate, if there is one.
    #[must_use]
    pub fn certificate(&self, id: CertificateId) -> Option<&Certified> {
        self.certificates.get(super::index(id.0)?)
    }

    /// All certificates, in the order of the record.
    #[must_use]
    pub fn certificates(&self) -> &[Certified] {
        &self.certificates
    }

    /// What depots signed that does not fit what was issued.
    #[must_use]
    pub fn unvouched(&self) -> &[Unvouched] {
        &self.unvouched
    }

    /// Certificates that were shown to a depot and not honoured.
    #[must_use]
    pub fn sighted(&self) -> &[Sighted] {
        &self.sighted
    }

    /// Whether what a depot signed, by its digest, is on the record already.
    #[must_use]
    pub fn is_carried(&self, digest: &Digest) -> bool {
        self.carried.contains(digest)
    }

    /// The number of the next certificate.
    #[must_use]
    pub fn next_certificate(&self) -> CertificateId {
        CertificateId(super::number_after(self.certificates.len()))
    }

    /// Units of a release that are neither drawn nor on a certificate that is out.
    #[must_use]
    pub fn uncertified(&self, release: &Release) -> Quantity {
        let out = self.of_release(release.id).map(|one| one.out().units());
        let out = out.fold(0_u64, u64::saturating_add);
        Quantity::new(release.left().units().saturating_sub(out)).unwrap_or_default()
    }

    fn of_release(&self, release: ReleaseId) -> impl Iterator<Item = &Certified> {
        self.certificates.iter().filter(move |one| one.terms.release == release)
    }

    pub(super) fn apply_to_certificates(&mut self, at: Moment, event: &Event) {
        match event {
            Event::CertificateIssued { terms } => self.certificates.push(Certified {
                terms: (**terms).clone(),
                issued_at: at,
                handed_out: Quantity::ZERO,
                receipts: 0,
                account: None,
            }),
            Event::ReceiptRecorded {
                certificate,
                digest,
                depot,
                quantity,
                handed_out_at,
                release,
                unaccounted: _,
                breaches,
            } => {
                self.carried.insert(*digest);
                let Some(release) = release else {
                    self.unvouched.push(Unvouched {
                        digest: *digest,
                        certificate: *certificate,
                        depot: depot.clone(),
                        quantity: *quantity,
                        at: *handed_out_at,
                    });
                    return;
                };
                if let Some(one) = self.certified_mut(*certificate) {
                    one.handed_out = one.handed_out.plus(*quantity).unwrap_or(Quantity::MAX);
                    one.receipts = one.receipts.saturating_add(1);
                }
                self.hand(*release, *quantity, breaches);
            }
            Event::AccountRecorded { certificate, digest, account } => {
                self.carried.insert(*digest);
                if let Some(one) = self.certified_mut(*certificate) {
                    one.account = Some(account.clone());
                }
            }
            Event::SightingRecorded { digest, sighted } => {
                self.carried.insert(*digest);
                self.sighted.push(sighted.clone());
            }
            Event::RequestSubmitted { .. }
            | Event::RequestRevised { .. }
            | Event::RequestWithdrawn { .. }
            | Event::InformationAnswered { .. }
            | Event::AdviceRecorded { .. }
            | Event::DecisionRecorded { .. }
            | Event::RequestApproved { .. }
            | Event::RequestRefused { .. }
            | Event::RequestLapsed { .. }
            | Event::DecidersReminded { .. }
            | Event::RequestEscalated { .. }
            | Event::RequestRebound { .. }
            | Event::PersonRecused { .. }
            | Event::QuorumOutOfReach { .. }
            | Event::InterestDeclared { .. }
            | Event::ReleaseIssued { .. }
            | Event::ReleaseRebound { .. }
            | Event::ReleasesSuspended { .. }
            | Event::ReleasesReinstated { .. }
            | Event::ReleaseReapproved { .. }
            | Event::ReleaseEnded { .. }
            | Event::UseReported { .. }
            | Event::CheckpointWitnessed { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldLifted { .. } => {}
        }
    }

    fn certified_mut(&mut self, id: CertificateId) -> Option<&mut Certified> {
        self.certificates.get_mut(super::index(id.0)?)
    }
}

/// Decides whether a certificate may be issued.
pub(super) fn issue(
    state: &State,
    terms: &CertificateTerms,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let requests = &state.requests;
    let release = requests.find_release(terms.release)?;
    let request = requests.find(release.request)?;
    let party = supplier(state, &request.draft)
        .ok_or(Rejection::ActNotRequestable { act: request.draft.act })?;
    state.people.check_function(by, Function::Stock, Some(party), at)?;
    if state.stock.place(&terms.depot).is_none() {
        return Err(Rejection::UnknownPlace { place: terms.depot.clone() }.into());
    }
    if terms.quantity.is_zero() {
        return Err(Rejection::QuantityZero.into());
    }
    if terms.window.until() <= at {
        return Err(Rejection::WindowPassed { until: terms.window.until() }.into());
    }
    check_depot(state, &terms.depot, party)?;
    let (id, usable) = (release.id, &release.usable);
    if release.state.has_ended() {
        return Err(Rejection::ReleaseEnded { release: id, state: release.state }.into());
    }
    let next = requests.next_certificate();
    if terms.id != next {
        return Err(Rejection::CertificateNumber { given: terms.id, next }.into());
    }
    if !release.state.is_usable() {
        return Err(Rejection::ReleaseSuspended { release: id }.into());
    }
    if let Some(depot) = usable.depot.as_ref().filter(|depot| **depot != terms.depot) {
        return Err(Rejection::ReleaseOfDepot { release: id, depot: depot.clone() }.into());
    }
    if terms.window.intersect(usable.window) != Some(terms.window) {
        return Err(Rejection::BeyondRelease { release: id, window: usable.window }.into());
    }
    let elsewhere =
        requests.of_release(id).find(|one| !one.is_settled() && one.terms.depot != terms.depot);
    if let Some(one) = elsewhere {
        let (certificate, depot) = (one.terms.id, one.terms.depot.clone());
        return Err(Rejection::CertifiedElsewhere { certificate, depot }.into());
    }
    let free = requests.uncertified(release);
    if terms.quantity > free {
        return Err(Rejection::CertificatesExceedRelease { wanted: terms.quantity, free }.into());
    }
    Ok(vec![Event::CertificateIssued { terms: Box::new(terms.clone()) }.into()])
}

/// Whoever brings in what a depot signed keeps stock; of whom, where the release says it.
fn check_bearer(
    state: &State,
    release: Option<&Release>,
    by: &Authority,
    at: Moment,
) -> Result<(), AnyRejection> {
    let request = release.and_then(|release| state.requests.request(release.request));
    let party = request.and_then(|request| supplier(state, &request.draft));
    Ok(state.people.check_function(by, Function::Stock, party, at)?)
}

/// What was signed is of this ledger.
fn check_ledger(state: &State, ledger: Digest, exercise: bool) -> Result<(), Rejection> {
    if ledger == state.ledger.digest && exercise == state.ledger.exercise {
        Ok(())
    } else {
        Err(Rejection::OfAnotherLedger)
    }
}

/// What was signed is not recorded yet.
fn check_new(state: &State, digest: Digest) -> Result<(), Rejection> {
    if state.requests.carried.contains(&digest) {
        Err(Rejection::RecordedAlready { digest })
    } else {
        Ok(())
    }
}

/// The certificate that a depot's text is about, where everything in it fits what was issued.
fn vouched<'a>(
    state: &'a State,
    (id, digest, release, depot): (CertificateId, Digest, ReleaseId, &PlaceId),
    key: KeyId,
) -> Option<&'a Certified> {
    state.requests.certificate(id).filter(|one| {
        let terms = &one.terms;
        terms.digest == digest
            && terms.release == release
            && terms.depot == *depot
            && terms.depot_key == key
    })
}

/// Decides a receipt. What was handed out is recorded even where it breaks a rule; what does not
/// fit any certificate is recorded and moves nothing.
pub(super) fn receipt(
    state: &State,
    receipt: &Signed<Receipt>,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let said = receipt.said();
    let named = (said.certificate, said.digest, said.release, &said.depot);
    let one = vouched(state, named, receipt.key().id());
    let release = one.and_then(|one| state.requests.release(one.terms.release));
    check_bearer(state, release, by, at)?;
    if said.quantity.is_zero() {
        return Err(Rejection::QuantityZero.into());
    }
    let used_at = said.handed_out_at;
    if used_at > at {
        return Err(Rejection::UsedInFuture { used_at }.into());
    }
    check_ledger(state, said.ledger, said.exercise)?;
    check_new(state, receipt.digest())?;
    let recorded = |release, unaccounted, breaches| Event::ReceiptRecorded {
        certificate: said.certificate,
        digest: receipt.digest(),
        depot: said.depot.clone(),
        quantity: said.quantity,
        handed_out_at: used_at,
        release,
        unaccounted,
        breaches,
    };
    let found = one.zip(release);
    let found = found
        .and_then(|(one, release)| Some((one, release, state.requests.request(release.request)?)));
    let Some((one, release, request)) = found else {
        return Ok(vec![recorded(None, Quantity::ZERO, Vec::new()).into()]);
    };
    let mut breaches = broken(&state.policy, release, said.quantity, (used_at, None));
    let handed_out = one.handed_out.plus(said.quantity);
    if handed_out.is_none_or(|units| units > one.terms.quantity) {
        breaches.push(Breach::BeyondCertificate);
    }
    if !one.terms.window.contains(used_at) && !breaches.contains(&Breach::OutsideWindow) {
        breaches.push(Breach::OutsideWindow);
    }
    let (moved, unaccounted) = posted(state, release.id, request, said.quantity);
    if !unaccounted.is_zero() {
        breaches.push(Breach::Unaccounted);
    }
    let mut events: Vec<AnyEvent> = vec![recorded(Some(release.id), unaccounted, breaches).into()];
    events.extend(moved);
    if !release.state.has_ended() && said.quantity >= release.left() {
        let ending = Ending::Exhausted;
        events.push(Event::ReleaseEnded { release: release.id, ending }.into());
    }
    Ok(events)
}

/// Decides an account that a depot gives of a certificate.
pub(super) fn account(
    state: &State,
    account: &Signed<Account>,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let said = account.said();
    let named = (said.certificate, said.digest, said.release, &said.depot);
    let one = vouched(state, named, account.key().id());
    let release = one.and_then(|one| state.requests.release(one.terms.release));
    check_bearer(state, release, by, at)?;
    let used_at = said.made_at;
    if used_at > at {
        return Err(Rejection::UsedInFuture { used_at }.into());
    }
    check_ledger(state, said.ledger, said.exercise)?;
    let Some(one) = one else {
        let certificate = said.certificate;
        return Err(Rejection::AccountOfNone { certificate }.into());
    };
    // An earlier account that comes late takes nothing back.
    let newest = one.account.as_ref().map(|account| (account.closed, account.made_at));
    if newest.is_some_and(|newest| newest > (said.closed, said.made_at)) {
        return Err(Rejection::AccountOvertaken { certificate: said.certificate }.into());
    }
    check_new(state, account.digest())?;
    Ok(vec![
        Event::AccountRecorded {
            certificate: said.certificate,
            digest: account.digest(),
            account: AccountGiven {
                made_at: said.made_at,
                total: said.total,
                receipts: said.receipts,
                closed: said.closed,
            },
        }
        .into(),
    ])
}

/// Decides what a depot says that it was shown and did not honour.
pub(super) fn sighting(
    state: &State,
    sighting: &Signed<Sighting>,
    by: &Authority,
    at: Moment,
) -> Result<Vec<AnyEvent>, AnyRejection> {
    let said = sighting.said();
    check_bearer(state, None, by, at)?;
    let used_at = said.seen_at;
    if used_at > at {
        return Err(Rejection::UsedInFuture { used_at }.into());
    }
    check_ledger(state, said.ledger, said.exercise)?;
    check_new(state, sighting.digest())?;
    let issued = state.requests.certificate(said.certificate);
    let sighted = Sighted {
        certificate: said.certificate,
        ours: issued.is_some_and(|one| one.terms.digest == said.digest),
        depot: said.depot.clone(),
        elsewhere: said.elsewhere,
        seen_at: said.seen_at,
    };
    Ok(vec![Event::SightingRecorded { digest: sighting.digest(), sighted }.into()])
}

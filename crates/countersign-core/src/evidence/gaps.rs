//! Gaps: what was issued and of which nothing came back, and what came back of which nothing was
//! issued.
//!
//! A depot without a network is believed only as far as its papers go. What does not close is told
//! here, in the order of the record, so that a person can ask.

use crate::State;
use crate::requests::Certified;
use countersign_proof::words::{CertificateId, Moment, PlaceId, Quantity, ReleaseId};

/// Something that does not close.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields say in types what they are")]
pub enum Gap {
    /// A certificate is past its end, and its depot has not closed its account.
    #[error(
        "{certificate} of {release} ended at {until}, and {depot} has not accounted for it: up to \
         {out} units may be out; fetch the depot's receipts"
    )]
    NoAccount {
        certificate: CertificateId,
        release: ReleaseId,
        depot: PlaceId,
        until: Moment,
        out: Quantity,
    },
    /// A depot accounts for other units than its receipts add up to.
    #[error(
        "{depot} accounts for {told} units on {certificate}, and its receipts add up to \
         {recorded}; fetch what is missing, or ask"
    )]
    ReceiptsMissing {
        certificate: CertificateId,
        depot: PlaceId,
        told: Quantity,
        recorded: Quantity,
    },
    /// More was handed out than the certificate allows.
    #[error("{handed_out} units were handed out on {certificate}, which allows {ceiling}")]
    BeyondCertificate { certificate: CertificateId, ceiling: Quantity, handed_out: Quantity },
    /// A depot handed out on a certificate that is another's.
    #[error(
        "{depot} signed a receipt for {quantity} units on {certificate} at {at}, which was issued \
         for {issued_for}; nothing was moved"
    )]
    HandedOutElsewhere {
        certificate: CertificateId,
        depot: PlaceId,
        issued_for: PlaceId,
        quantity: Quantity,
        at: Moment,
    },
    /// A receipt fits no certificate that was issued.
    #[error(
        "{depot} signed a receipt for {quantity} units on {certificate} at {at}, and no \
         certificate with that content was issued to that depot and its key; nothing was moved"
    )]
    ReceiptOfNone { certificate: CertificateId, depot: PlaceId, quantity: Quantity, at: Moment },
    /// A certificate was shown to a depot that it is not for.
    #[error("{certificate} was shown to {depot} at {at}, which it is not for")]
    ShownElsewhere { certificate: CertificateId, depot: PlaceId, at: Moment },
    /// A depot was shown a certificate, signed by the issuer key, that is not on the record.
    #[error(
        "{depot} was shown a certificate numbered {certificate} at {at} that is not on the record \
         and yet is signed with the issuer key; take that key out of use"
    )]
    NotOnRecord { certificate: CertificateId, depot: PlaceId, at: Moment },
}

impl Gap {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAccount { .. } => "no-account",
            Self::ReceiptsMissing { .. } => "receipts-missing",
            Self::BeyondCertificate { .. } => "beyond-certificate",
            Self::HandedOutElsewhere { .. } => "handed-out-elsewhere",
            Self::ReceiptOfNone { .. } => "receipt-of-none",
            Self::ShownElsewhere { .. } => "shown-elsewhere",
            Self::NotOnRecord { .. } => "not-on-record",
        }
    }

    /// The certificate that it is about.
    #[must_use]
    pub fn certificate(&self) -> CertificateId {
        match self {
            Self::NoAccount { certificate, .. }
            | Self::ReceiptsMissing { certificate, .. }
            | Self::BeyondCertificate { certificate, .. }
            | Self::HandedOutElsewhere { certificate, .. }
            | Self::ReceiptOfNone { certificate, .. }
            | Self::ShownElsewhere { certificate, .. }
            | Self::NotOnRecord { certificate, .. } => *certificate,
        }
    }
}

/// Every gap at `now`.
#[must_use]
pub fn gaps(state: &State, now: Moment) -> Vec<Gap> {
    let requests = &state.requests;
    let mut found = Vec::new();
    for one in requests.certificates() {
        of_certificate(one, now, &mut found);
    }
    for receipt in requests.unvouched() {
        let (certificate, depot) = (receipt.certificate, receipt.depot.clone());
        let (quantity, at) = (receipt.quantity, receipt.at);
        let issued_for = requests
            .certificate(certificate)
            .map(|one| &one.terms.depot)
            .filter(|issued_for| **issued_for != depot);
        found.push(match issued_for {
            Some(issued_for) => {
                let issued_for = issued_for.clone();
                Gap::HandedOutElsewhere { certificate, depot, issued_for, quantity, at }
            }
            None => Gap::ReceiptOfNone { certificate, depot, quantity, at },
        });
    }
    for sighted in requests.sighted() {
        let (certificate, depot) = (sighted.certificate, sighted.depot.clone());
        let at = sighted.seen_at;
        if !sighted.ours {
            found.push(Gap::NotOnRecord { certificate, depot, at });
        } else if sighted.elsewhere {
            found.push(Gap::ShownElsewhere { certificate, depot, at });
        }
    }
    found
}

fn of_certificate(one: &Certified, now: Moment, found: &mut Vec<Gap>) {
    let (terms, depot) = (&one.terms, one.terms.depot.clone());
    let certificate = terms.id;
    // Where all of it has come back by receipts, nothing can be out.
    if now >= terms.window.until() && !one.is_settled() && !one.out().is_zero() {
        let (release, until) = (terms.release, terms.window.until());
        found.push(Gap::NoAccount {
            certificate,
            release,
            depot: depot.clone(),
            until,
            out: one.out(),
        });
    }
    let told = one.account.as_ref().map(|account| (account.total, account.receipts));
    if let Some((total, receipts)) = told
        && (total > one.handed_out
            || receipts > one.receipts
            || (one.is_settled() && (total, receipts) != (one.handed_out, one.receipts)))
    {
        let recorded = one.handed_out;
        found.push(Gap::ReceiptsMissing { certificate, depot, told: total, recorded });
    }
    if one.handed_out > terms.quantity {
        let (ceiling, handed_out) = (terms.quantity, one.handed_out);
        found.push(Gap::BeyondCertificate { certificate, ceiling, handed_out });
    }
}

//! What the lines of the book add up to.

use super::{Line, What};
use countersign_proof::words::{CertificateId, Digest, Moment, Nonce, Quantity};
use std::collections::{BTreeMap, BTreeSet};

/// What was handed out on one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many units.
    pub total: Quantity,
    /// In how many hand-outs.
    pub receipts: u64,
    /// The digest of the last receipt.
    pub last: Option<Digest>,
    /// Whether nothing more is handed out on it.
    pub closed: bool,
}

/// A text that a collector was to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its digest.
    pub collection: Digest,
    /// Until when it could be used.
    pub expires: Moment,
    /// The line that spent it.
    pub spent: Option<(u64, Moment)>,
}

/// What the book says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The highest time seen.
    pub highest: Moment,
    /// The latest time in something that the ledger signed and this depot took in.
    pub signed: Moment,
    /// By certificate.
    pub certificates: BTreeMap<CertificateId, Booked>,
    /// The texts that were offered.
    pub offers: BTreeMap<Nonce, Offer>,
    /// Certificates of which it was noted that they were not honoured here.
    pub sighted: BTreeSet<(Digest, String)>,
    /// Lines that failures cut short.
    pub torn: u64,
}

impl Default for Totals {
    fn default() -> Self {
        let start = Moment::from_millis(0).unwrap_or(Moment::LAST);
        Self {
            highest: start,
            signed: start,
            certificates: BTreeMap::new(),
            offers: BTreeMap::new(),
            sighted: BTreeSet::new(),
            torn: 0,
        }
    }
}

impl Totals {
    /// Takes a line in; says what is wrong with it, if anything.
    pub(super) fn take(&mut self, line: &Line) -> Result<(), &'static str> {
        let set_back = matches!(line.what, What::ClockSetBack { .. });
        if line.at < self.highest && !set_back {
            return Err("it is of an earlier time than the line before it");
        }
        self.highest = line.at;
        match &line.what {
            What::Opened { .. } | What::OfficialsTaken { .. } | What::ClockSetBack { .. } => {}
            What::Offered { nonce, collection, expires } => {
                let (collection, expires) = (*collection, *expires);
                self.offers.insert(*nonce, Offer { collection, expires, spent: None });
            }
            What::HandedOut { nonce, certificate, digest, quantity, receipt, signature: _ } => {
                let offer = self.offers.get_mut(nonce).filter(|offer| offer.spent.is_none());
                let offer = offer.ok_or("it spends a number that was not there to be spent")?;
                offer.spent = Some((line.line, line.at));
                let booked = self.certificate(*certificate, *digest)?;
                let total = booked.total.plus(*quantity).ok_or("it adds up to too much")?;
                booked.total = total;
                booked.receipts = booked.receipts.saturating_add(1);
                booked.last = Some(Digest::of(receipt.as_bytes()));
            }
            What::Closed { certificate, digest } => {
                self.certificate(*certificate, *digest)?.closed = true;
            }
            What::Refused { digest, code, sighting: _, signature: _ } => {
                self.sighted.insert((*digest, code.clone()));
            }
            What::StatusTaken { made, digest: _ } => self.signed = self.signed.max(*made),
            What::Torn { .. } => self.torn = self.torn.saturating_add(1),
        }
        Ok(())
    }

    fn certificate(
        &mut self,
        id: CertificateId,
        digest: Digest,
    ) -> Result<&mut Booked, &'static str> {
        let new = Booked { digest, total: Quantity::ZERO, receipts: 0, last: None, closed: false };
        let booked = self.certificates.entry(id).or_insert(new);
        if booked.digest == digest {
            Ok(booked)
        } else {
            Err("it is about another certificate of the same number")
        }
    }
}

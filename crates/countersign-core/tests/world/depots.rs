//! What goes to depots, and what they sign.

use super::{Answered, World, id, key_of, quantity};
use countersign_core::requests::{CertificateTerms, Command};
use countersign_proof::SoftwareKey;
use countersign_proof::certificate::{Account, DepotText, Receipt, ReceiptMode, Sighting, Signed};
use countersign_proof::words::{CertificateId, Digest, Moment};

/// The key of a depot.
pub fn depot_key(depot: &str) -> SoftwareKey {
    SoftwareKey::from_seed(Digest::of(depot.as_bytes()).0)
}

pub fn signed<T: DepotText>(said: &T, key: &SoftwareKey) -> Signed<T> {
    let text = said.render();
    let armoured = key.sign_text(T::NAMESPACE, text.as_bytes()).unwrap();
    Signed::verify(text.as_bytes(), &armoured, key.public_key()).unwrap()
}

impl World {
    /// The next certificate of a release, for so many units, as long as the release.
    pub fn certificate(&self, release: u64, depot: &str, units: u64) -> CertificateTerms {
        let next = self.state.requests.next_certificate();
        let released = self.release(release);
        CertificateTerms {
            id: next,
            release: released.id,
            depot: id(depot),
            depot_key: depot_key(depot).public_key().id(),
            collector: key_of("genstaff").public_key().id(),
            quantity: quantity(units),
            window: released.usable.window,
            digest: Digest::of(next.to_string().as_bytes()),
        }
    }

    pub fn certify(&mut self, by: &str, terms: CertificateTerms) -> Answered {
        self.run(Some(by), Command::IssueCertificate { terms: Box::new(terms) })
    }

    /// What the depot of a certificate signs when it has handed out.
    pub fn receipt(&self, number: u64, units: u64, total: u64, at: Moment) -> Receipt {
        let terms = &self.state.requests.certificate(CertificateId(number)).unwrap().terms;
        Receipt {
            ledger: self.state.ledger.digest,
            exercise: self.state.ledger.exercise,
            depot: terms.depot.clone(),
            certificate: terms.id,
            digest: terms.digest,
            release: terms.release,
            item: id("ATACMS"),
            quantity: quantity(units),
            total: quantity(total),
            handed_out_at: at,
            collector: terms.collector,
            collection: Digest::of(b"what the collector signed"),
            mode: ReceiptMode::Full,
            line: total + 1,
            previous: Digest::of(b"the line before"),
        }
    }

    pub fn account_of(&self, number: u64, total: u64, receipts: u64, closed: bool) -> Account {
        let terms = &self.state.requests.certificate(CertificateId(number)).unwrap().terms;
        Account {
            ledger: self.state.ledger.digest,
            exercise: self.state.ledger.exercise,
            depot: terms.depot.clone(),
            certificate: terms.id,
            digest: terms.digest,
            release: terms.release,
            total: quantity(total),
            receipts,
            last: None,
            closed,
            made_at: self.at,
        }
    }

    pub fn sighting(&self, number: u64, depot: &str) -> Sighting {
        let terms = &self.state.requests.certificate(CertificateId(number)).unwrap().terms;
        Sighting {
            ledger: self.state.ledger.digest,
            exercise: self.state.ledger.exercise,
            depot: id(depot),
            certificate: terms.id,
            digest: terms.digest,
            release: terms.release,
            elsewhere: terms.depot.as_str() != depot,
            seen_at: self.at,
        }
    }

    pub fn bring_receipt(&mut self, by: &str, receipt: &Receipt) -> Answered {
        let receipt = signed(receipt, &depot_key(receipt.depot.as_str()));
        self.run(Some(by), Command::RecordReceipt { receipt })
    }

    pub fn bring_account(&mut self, by: &str, account: &Account) -> Answered {
        let account = signed(account, &depot_key(account.depot.as_str()));
        self.run(Some(by), Command::RecordAccount { account })
    }

    pub fn bring_sighting(&mut self, by: &str, sighting: &Sighting) -> Answered {
        let sighting = signed(sighting, &depot_key(sighting.depot.as_str()));
        self.run(Some(by), Command::RecordSighting { sighting })
    }
}

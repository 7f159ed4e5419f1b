//! A depot, the ledger's issuer key and a collector, made by hand; every certificate can be had.

use countersign::depot::{
    Checked, Depot, DepotError, HandedOut, Opening, Settings, Standing, papers,
};
use countersign_proof::SoftwareKey;
use countersign_proof::certificate::{
    Certificate, Collection, DepotText, IssuerKey, StatusReference,
};
use countersign_proof::status::{Bits, Status, StatusList, pack};
use countersign_proof::words::{
    Act, CertificateId, Digest, Moment, Nonce, Quantity, ReleaseId, RequestId, Revision, Window,
};
use std::path::PathBuf;
use tempfile::TempDir;

pub const URI: &str = "https://ledger.example/one/certificates/status";
pub const NOW: &str = "2025-06-02T12:00:00Z";

pub fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

pub fn units(number: u64) -> Quantity {
    Quantity::new(number).unwrap()
}

pub fn issuer() -> IssuerKey {
    IssuerKey::from_seed([1; 32])
}

pub fn collector() -> SoftwareKey {
    SoftwareKey::from_seed([2; 32])
}

/// A certificate of so many units.
pub fn certificate(ceiling: u64) -> Certificate {
    Certificate {
        id: CertificateId(1),
        issuer: "ledger.example/one".to_owned(),
        ledger: Digest::of(b"ledger"),
        exercise: true,
        depot: "UA.Depot-1".parse().unwrap(),
        release: ReleaseId(8),
        request: RequestId(12),
        revision: Revision(1),
        act: Act::Use,
        item: "ATACMS".parse().unwrap(),
        quantity: units(ceiling),
        holder: "UA".parse().unwrap(),
        window: Window::new(moment("2025-06-02T00:00:00Z"), moment("2025-06-09T00:00:00Z"))
            .unwrap(),
        issued_at: moment("2025-06-01T13:00:00Z"),
        collector: collector().public_key().clone(),
        decisions: [Digest::of(b"a decision")].into(),
        policy: Digest::of(b"policy"),
        entry: 41,
        status: StatusReference { index: 0, uri: URI.to_owned() },
    }
}

pub fn file(certificate: &Certificate) -> Vec<u8> {
    certificate.issue(&issuer()).unwrap()
}

pub fn list(at: &str, statuses: &[Status]) -> Vec<u8> {
    let issued_at = moment(at);
    let list = StatusList {
        uri: URI.to_owned(),
        issued_at,
        expires: issued_at.plus_days(3),
        time_to_live: 2 * 86_400,
        bits: Bits::Two,
        compressed: papers::deflate(&pack(statuses)).unwrap(),
    };
    list.issue(&issuer()).unwrap()
}

/// A depot in a folder of its own, with a fresh status list.
pub struct Scene {
    pub home: TempDir,
    pub now: Moment,
    nonces: u128,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            name: "UA.Depot-1".to_owned(),
            exercise: true,
            issuers: vec![issuer().public_key().to_openssh()],
            log: None,
            witnesses: None,
            status_max_age_hours: 24,
            certificate_only: true,
            demanded: [].into(),
            applications: [].into(),
            origins: [].into(),
        };
        change(&mut settings);
        let now = moment(NOW);
        let opening = Opening { settings, officials: String::new(), now };
        opening.make(&home.path().join("depot")).unwrap();
        let scene = Self { home, now, nonces: 0 };
        let fresh = list(NOW, &[Status::Valid, Status::Valid]);
        scene.open().take_status(&fresh).unwrap();
        scene
    }

    pub fn folder(&self) -> PathBuf {
        self.home.path().join("depot")
    }

    pub fn open(&self) -> Depot {
        self.try_open().unwrap()
    }

    pub fn try_open(&self) -> Result<Depot, DepotError> {
        Depot::open(&self.folder(), Some(self.now))
    }

    pub fn check(&self, certificate: &Certificate) -> Result<Checked, DepotError> {
        self.try_open()?.check(&file(certificate), Standing::CertificateOnly)
    }

    /// A text for the collector, signed by them.
    pub fn signed(
        &mut self,
        certificate: &Certificate,
        quantity: u64,
    ) -> Result<(String, String), DepotError> {
        self.nonces += 1;
        let nonce = Nonce(self.nonces.to_be_bytes());
        let offered = self.try_open()?.offer(
            &file(certificate),
            units(quantity),
            Standing::CertificateOnly,
            nonce,
        )?;
        Ok((offered.text.clone(), sign(&offered.text)))
    }

    /// Hands out on a text that was signed.
    pub fn hand(
        &self,
        certificate: &Certificate,
        quantity: u64,
        (text, signature): &(String, String),
    ) -> Result<HandedOut, DepotError> {
        self.try_open()?.hand_out(
            &file(certificate),
            units(quantity),
            Standing::CertificateOnly,
            (text.as_bytes(), signature),
        )
    }

    /// All of it: the text, the signature, the hand-out.
    pub fn hand_out(
        &mut self,
        certificate: &Certificate,
        quantity: u64,
    ) -> Result<HandedOut, DepotError> {
        let signed = self.signed(certificate, quantity)?;
        self.hand(certificate, quantity, &signed)
    }

    /// What the book says was handed out on the certificate 1.
    pub fn total(&self) -> u64 {
        let depot = self.open();
        depot.totals().certificates.get(&CertificateId(1)).map_or(0, |one| one.total.units())
    }
}

pub fn sign(text: &str) -> String {
    collector().sign_text(Collection::NAMESPACE, text.as_bytes()).unwrap()
}

/// The code of a refusal.
pub fn code<T: std::fmt::Debug>(answer: Result<T, DepotError>) -> &'static str {
    match answer {
        Err(DepotError::Refused(refusal)) => {
            assert!(!refusal.to_string().is_empty());
            refusal.code()
        }
        Err(DepotError::Malformed(_)) => "malformed",
        Err(DepotError::Damaged(_)) => "damaged",
        Err(DepotError::Unavailable(why)) => panic!("{why}"),
        Ok(done) => panic!("not refused: {done:?}"),
    }
}

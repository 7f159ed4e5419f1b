//! What is carried back: receipts, what was seen and not honoured, and the accounts of
//! certificates.

use super::book::{Booked, What};
use super::refusal::{DepotError, Refusal, io};
use super::{Depot, papers};
use countersign_core::requests::Command;
use countersign_proof::PublicKey;
use countersign_proof::certificate::{Account, Certificate, DepotText, Receipt, Sighting, Signed};
use countersign_proof::key::KeyError;
use countersign_proof::words::{CertificateId, Digest, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The folder of the certificates that were honoured.
const KEPT: &str = "certificates";

/// A text and its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedText {
    text: String,
    signature: String,
}

/// A file that is carried back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CarriedFile {
    countersign_receipts: u8,
    depot: String,
    key: String,
    receipts: Vec<SignedText>,
    sightings: Vec<SignedText>,
    accounts: Vec<SignedText>,
}

/// What a depot has signed, each with its signature checked by the depot's key.
#[derive(Clone, Debug)]
pub struct Carried {
    /// The depot's name, as the file gives it.
    pub depot: String,
    /// The key that signed everything.
    pub key: PublicKey,
    /// The receipts, in the order of the book.
    pub receipts: Vec<Read<Receipt>>,
    /// What was shown and not honoured.
    pub sightings: Vec<Read<Sighting>>,
    /// How much was handed out on each certificate.
    pub accounts: Vec<Read<Account>>,
}

/// A text that was carried back; refused where it cannot be read, or is not signed by the key that
/// the file names.
pub type Read<T> = Result<Signed<T>, Refusal>;

/// One text that was carried back.
#[derive(Clone, Debug)]
pub struct CarriedPaper {
    /// Which it is: its kind, its place among those, and its certificate where it can be read.
    pub name: String,
    /// What puts it on the record, with the digest of the text.
    pub command: Result<(Digest, Box<Command>), Refusal>,
}

/// What became of a text that was carried back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is on the record now.
    Recorded,
    /// It was there already.
    Known,
    /// A rule refuses it.
    Refused {
        /// The stable code.
        code: String,
        /// Why, in plain words.
        message: String,
    },
}

impl Became {
    /// The word for it, for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Known => "known",
            Self::Refused { .. } => "refused",
        }
    }

    /// What became of a text that a rule refused, or that was found to be there already.
    #[must_use]
    pub fn of_refusal(code: &str, message: &str) -> Self {
        if super::certifying::is_known_already(code) {
            return Self::Known;
        }
        Self::Refused { code: code.to_owned(), message: message.to_owned() }
    }
}

impl From<&Refusal> for Became {
    fn from(refusal: &Refusal) -> Self {
        Self::of_refusal(refusal.code(), &refusal.to_string())
    }
}

impl Carried {
    /// Reads what was carried back. Every signature must be by the key that the file names; whether
    /// that is the depot's key is for the ledger. A text that does not hold takes none of the
    /// others with it.
    ///
    /// # Errors
    /// [`DepotError::Malformed`] when it is no file of receipts.
    pub fn read(bytes: &[u8]) -> Result<Self, DepotError> {
        let not = |why: String| DepotError::Malformed(format!("not a file of receipts: {why}"));
        let file: CarriedFile =
            serde_json::from_slice(bytes).map_err(|error| not(error.to_string()))?;
        if file.countersign_receipts != 1 {
            return Err(not("its version is not 1".to_owned()));
        }
        let key =
            PublicKey::from_openssh(&file.key).map_err(|error: KeyError| not(error.to_string()))?;
        Ok(Self {
            receipts: verified(&file.receipts, &key),
            sightings: verified(&file.sightings, &key),
            accounts: verified(&file.accounts, &key),
            depot: file.depot,
            key,
        })
    }

    /// All of it, as it is to be put on the record: what was handed out before what is said of it
    /// in all.
    #[must_use]
    pub fn into_papers(self) -> Vec<CarriedPaper> {
        let mut all = Vec::new();
        all.extend(papers(self.receipts, |receipt| {
            (receipt.said().certificate, Command::RecordReceipt { receipt })
        }));
        all.extend(papers(self.sightings, |sighting| {
            (sighting.said().certificate, Command::RecordSighting { sighting })
        }));
        all.extend(papers(self.accounts, |account| {
            (account.said().certificate, Command::RecordAccount { account })
        }));
        all
    }
}

fn verified<T: DepotText>(texts: &[SignedText], key: &PublicKey) -> Vec<Read<T>> {
    let one = |text: &SignedText| {
        Signed::verify(text.text.as_bytes(), &text.signature, key).map_err(Refusal::from)
    };
    texts.iter().map(one).collect()
}

fn papers<T: DepotText>(
    texts: Vec<Read<T>>,
    make: impl Fn(Signed<T>) -> (CertificateId, Command),
) -> impl Iterator<Item = CarriedPaper> {
    let kind = T::KIND;
    (1_u64..).zip(texts).map(move |(place, read)| match read {
        Ok(signed) => {
            let digest = signed.digest();
            let (certificate, command) = make(signed);
            let name = format!("{kind} {place}, {certificate}");
            CarriedPaper { name, command: Ok((digest, Box::new(command))) }
        }
        Err(refusal) => CarriedPaper { name: format!("{kind} {place}"), command: Err(refusal) },
    })
}

impl Depot {
    /// Closes the account of a certificate: nothing more is handed out on it here, so that the
    /// ledger may issue what is left of it anew.
    ///
    /// # Errors
    /// [`Refusal`] when it is not for this depot.
    pub fn close(&mut self, file: &[u8]) -> Result<Certificate, DepotError> {
        let (certificate, digest) = self.read(file)?;
        if certificate.depot.as_str() != self.settings.name {
            let (meant, here) = (certificate.depot.clone(), self.settings.place()?);
            return Err(Refusal::OtherDepot { meant, here }.into());
        }
        let id = certificate.id;
        match self.book.totals().certificates.get(&id) {
            Some(booked) if booked.digest != digest => {
                return Err(Refusal::NumberReused { certificate: id }.into());
            }
            Some(booked) if booked.closed => {}
            Some(_) | None => {
                self.book.append(self.now, What::Closed { certificate: id, digest })?;
            }
        }
        Ok(certificate)
    }

    /// Everything to be carried back: all receipts, all sightings, and an account of each
    /// certificate that was honoured here, and of those given (as files) that were never shown. A
    /// certificate whose window has ended is closed first.
    ///
    /// # Errors
    /// [`DepotError`] when the book or a certificate cannot be read.
    pub fn carry_back(&mut self, more: &[Vec<u8>]) -> Result<Vec<u8>, DepotError> {
        let mut files = self.kept()?;
        for file in more {
            files.insert(self.read(file)?.0.id, file.clone());
        }
        let mut accounts = Vec::new();
        for file in files.values() {
            let (certificate, _) = self.read(file)?;
            if self.now >= certificate.window.until() {
                self.close(file)?;
            }
            let text = self.account(file)?.render();
            let signature = self.sign::<Account>(&text)?;
            accounts.push(SignedText { text, signature });
        }
        let (mut receipts, mut sightings) = (Vec::new(), Vec::new());
        for line in self.book.lines() {
            match &line.what {
                What::HandedOut { receipt, signature, .. } => {
                    let (text, signature) = (receipt.clone(), signature.clone());
                    receipts.push(SignedText { text, signature });
                }
                What::Refused { sighting, signature, .. } => {
                    let (text, signature) = (sighting.clone(), signature.clone());
                    sightings.push(SignedText { text, signature });
                }
                What::Opened { .. }
                | What::Offered { .. }
                | What::StatusTaken { .. }
                | What::OfficialsTaken { .. }
                | What::Closed { .. }
                | What::ClockSetBack { .. }
                | What::Torn { .. } => {}
            }
        }
        let file = CarriedFile {
            countersign_receipts: 1,
            depot: self.settings.name.clone(),
            key: self.public_key()?.to_openssh(),
            receipts,
            sightings,
            accounts,
        };
        let mut bytes = serde_json::to_vec_pretty(&file)
            .map_err(|error| DepotError::Unavailable(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Keeps a copy of a certificate that was found to be good.
    pub(super) fn keep(&self, id: CertificateId, file: &[u8]) -> Result<(), DepotError> {
        let folder = self.folder.join(KEPT);
        std::fs::create_dir_all(&folder).map_err(io(&folder))?;
        let path = folder.join(id.to_string());
        if path.exists() { Ok(()) } else { super::book::replace(&path, file) }
    }

    /// The certificates that were kept.
    fn kept(&self) -> Result<BTreeMap<CertificateId, Vec<u8>>, DepotError> {
        let folder = self.folder.join(KEPT);
        let mut files = BTreeMap::new();
        if !folder.exists() {
            return Ok(files);
        }
        for found in std::fs::read_dir(&folder).map_err(io(&folder))? {
            let path = found.map_err(io(&folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Ok(id) = name.parse() {
                files.insert(id, papers::read(&path)?);
            }
        }
        Ok(files)
    }

    fn account(&self, file: &[u8]) -> Result<Account, DepotError> {
        let (certificate, digest) = self.read(file)?;
        if certificate.depot.as_str() != self.settings.name {
            let (meant, here) = (certificate.depot.clone(), self.settings.place()?);
            return Err(Refusal::OtherDepot { meant, here }.into());
        }
        let none = || Booked {
            digest,
            total: Quantity::ZERO,
            receipts: 0,
            last: None::<Digest>,
            closed: false,
        };
        let booked = self.book.totals().certificates.get(&certificate.id).cloned();
        let booked = booked.unwrap_or_else(none);
        if booked.digest != digest {
            return Err(Refusal::NumberReused { certificate: certificate.id }.into());
        }
        Ok(Account {
            ledger: certificate.ledger,
            exercise: certificate.exercise,
            depot: certificate.depot,
            certificate: certificate.id,
            digest,
            release: certificate.release,
            total: booked.total,
            receipts: booked.receipts,
            last: booked.last,
            closed: booked.closed,
            made_at: self.now,
        })
    }
}

//! What is carried back: receipts, what was seen and not honoured, and the accounts of
//! certificates.

use super::book::{Booked, What};
use super::refusal::{DepotError, Refusal, io};
use super::{Depot, papers};
use countersign_core::requests::{Command, Requests};
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The depot's name, as the file gives it.
    pub depot: String,
    /// The key that signed everything.
    pub key: PublicKey,
    /// The receipts, in the order of the book.
    pub receipts: Vec<Signed<Receipt>>,
    /// What was shown and not honoured.
    pub sightings: Vec<Signed<Sighting>>,
    /// How much was handed out on each certificate.
    pub accounts: Vec<Signed<Account>>,
}

impl Carried {
    /// Reads what was carried back; every signature must be by the key that the file names. Whether
    /// that is the depot's key is for the ledger.
    ///
    /// # Errors
    /// [`DepotError`] for the first thing that is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, DepotError> {
        let not = |why: String| DepotError::Unavailable(format!("not a file of receipts: {why}"));
        let file: CarriedFile =
            serde_json::from_slice(bytes).map_err(|error| not(error.to_string()))?;
        if file.countersign_receipts != 1 {
            return Err(not("its version is not 1".to_owned()));
        }
        let key =
            PublicKey::from_openssh(&file.key).map_err(|error: KeyError| not(error.to_string()))?;
        Ok(Self {
            receipts: verified(&file.receipts, &key)?,
            sightings: verified(&file.sightings, &key)?,
            accounts: verified(&file.accounts, &key)?,
            depot: file.depot,
            key,
        })
    }
}

impl Carried {
    /// What is to be put on the record: what was handed out before what is said of it in all. Gives
    /// with it how much was left out because the record has it already.
    #[must_use]
    pub fn into_commands(self, requests: &Requests) -> (Vec<Command>, u64) {
        let some = self.receipts.len().saturating_add(self.sightings.len());
        let all = some.saturating_add(self.accounts.len());
        let mut commands = Vec::new();
        for receipt in self.receipts.into_iter().filter(|one| !requests.is_carried(&one.digest())) {
            commands.push(Command::RecordReceipt { receipt });
        }
        for sighting in self.sightings.into_iter().filter(|one| !requests.is_carried(&one.digest()))
        {
            commands.push(Command::RecordSighting { sighting });
        }
        for account in self.accounts.into_iter().filter(|one| !requests.is_carried(&one.digest())) {
            commands.push(Command::RecordAccount { account });
        }
        let known = all.saturating_sub(commands.len());
        (commands, u64::try_from(known).unwrap_or(u64::MAX))
    }
}

fn verified<T: DepotText>(
    texts: &[SignedText],
    key: &PublicKey,
) -> Result<Vec<Signed<T>>, DepotError> {
    let one = |text: &SignedText| {
        Signed::verify(text.text.as_bytes(), &text.signature, key).map_err(DepotError::from)
    };
    texts.iter().map(one).collect()
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

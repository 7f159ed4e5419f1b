//! The rules by which a depot honours a certificate, in their order.

use super::book::What;
use super::refusal::{DepotError, Refusal};
use super::settings::Settings;
use super::{Depot, papers, trust};
use countersign_proof::certificate::decisions::{self, Approval, TrustedPeople};
use countersign_proof::certificate::{Certificate, DepotText, ReceiptMode, Sighting};
use countersign_proof::status::{Status, StatusList};
use countersign_proof::words::{Digest, Moment, Quantity};
use std::path::PathBuf;

/// What the officials' decisions are checked by.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// The evidence file that came with the certificate.
    Evidence(&'a [u8]),
    /// The issuer's word alone; somebody said so.
    CertificateOnly,
    /// Nothing was given.
    Nothing,
}

/// A certificate that every rule allows to be honoured, up to its ceiling.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The certificate.
    pub certificate: Certificate,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Against what it was checked.
    pub mode: ReceiptMode,
    /// The officials' decisions; empty where the issuer's word alone was asked for.
    pub approvals: Vec<Approval>,
    /// When the status list was made that says it is valid.
    pub status_of: Moment,
    /// What is left of its ceiling.
    pub left: Quantity,
}

impl Checked {
    /// Itself, where anything can still be handed out on it.
    ///
    /// # Errors
    /// [`Refusal::Exhausted`] where nothing can.
    pub fn with_something_left(self) -> Result<Self, DepotError> {
        if self.left.is_zero() {
            let (certificate, ceiling) = (self.certificate.id, self.certificate.quantity);
            return Err(Refusal::Exhausted { certificate, ceiling }.into());
        }
        Ok(self)
    }
}

impl Depot {
    /// Reads a certificate without asking whether it may be honoured: signature and form alone.
    ///
    /// # Errors
    /// [`Refusal::Certificate`].
    pub fn read(&self, file: &[u8]) -> Result<(Certificate, Digest), DepotError> {
        let bytes = papers::certificate(file).map_err(Refusal::from)?;
        let certificate = Certificate::open(&bytes, &self.settings.pinned()?)?;
        Ok((certificate, Certificate::digest(&bytes)))
    }

    /// Checks whether a certificate may be honoured here and now. One that may not, because it is
    /// another depot's or its number was used, is noted in the book.
    ///
    /// # Errors
    /// The first [`Refusal`].
    pub fn check(&mut self, file: &[u8], standing: Standing<'_>) -> Result<Checked, DepotError> {
        let (certificate, digest) = self.read(file)?;
        if let Err(refusal) = self.meant_for_here(&certificate, digest) {
            self.note(&certificate, digest, &refusal)?;
            return Err(refusal.into());
        }
        self.in_time(&certificate)?;
        let status_of = self.still_valid(&certificate)?;
        let (mode, approvals) = self.decided(&certificate, standing)?;
        let booked = self.book.totals().certificates.get(&certificate.id);
        let total = booked.map_or(Quantity::ZERO, |booked| booked.total);
        let left = certificate.quantity.minus(total).unwrap_or(Quantity::ZERO);
        Ok(Checked { certificate, digest, mode, approvals, status_of, left })
    }

    fn meant_for_here(&self, certificate: &Certificate, digest: Digest) -> Result<(), Refusal> {
        if certificate.exercise != self.settings.exercise {
            return Err(Refusal::OtherExercise);
        }
        if certificate.depot.as_str() != self.settings.name {
            let meant = certificate.depot.clone();
            let here = self.settings.place().unwrap_or_else(|_| meant.clone());
            return Err(Refusal::OtherDepot { meant, here });
        }
        let certificate = certificate.id;
        match self.book.totals().certificates.get(&certificate) {
            Some(booked) if booked.digest != digest => Err(Refusal::NumberReused { certificate }),
            Some(booked) if booked.closed => Err(Refusal::Closed { certificate }),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes into the book that a certificate was shown and not honoured; once for each reason.
    fn note(
        &mut self,
        certificate: &Certificate,
        digest: Digest,
        refusal: &Refusal,
    ) -> Result<(), DepotError> {
        let code = refusal.code().to_owned();
        if self.book.totals().sighted.contains(&(digest, code.clone())) {
            return Ok(());
        }
        let sighting = Sighting {
            ledger: certificate.ledger,
            exercise: certificate.exercise,
            depot: self.settings.place()?,
            certificate: certificate.id,
            digest,
            release: certificate.release,
            elsewhere: certificate.depot.as_str() != self.settings.name,
            seen_at: self.now,
        };
        let sighting = sighting.render();
        let signature = self.sign::<Sighting>(&sighting)?;
        self.book.append(self.now, What::Refused { digest, code, sighting, signature })?;
        Ok(())
    }

    /// Signs a text with the depot's own key.
    pub(super) fn sign<T: DepotText>(&self, text: &str) -> Result<String, DepotError> {
        self.key()?
            .sign_text(T::NAMESPACE, text.as_bytes())
            .map_err(|error| DepotError::Unavailable(error.to_string()))
    }

    fn in_time(&self, certificate: &Certificate) -> Result<(), Refusal> {
        let (now, window) = (self.now, certificate.window);
        let signed = certificate.issued_at.max(self.book.totals().signed);
        if now < signed {
            return Err(Refusal::ClockBehind { now, signed });
        }
        if now < window.from() {
            return Err(Refusal::NotYetValid { from: window.from() });
        }
        if now >= window.until() {
            return Err(Refusal::Expired { until: window.until() });
        }
        Ok(())
    }

    /// The newest status list that was taken in, and until when it can be used.
    ///
    /// # Errors
    /// [`Refusal::NoStatusList`] where there is none.
    pub fn status_list(&self) -> Result<(StatusList, Moment), DepotError> {
        let path = self.status_file();
        if !path.exists() {
            return Err(Refusal::NoStatusList.into());
        }
        let list = StatusList::open(&papers::read(&path)?, &self.settings.pinned()?)?;
        let hours = u64::from(self.settings.status_max_age_hours);
        let allowed = hours.saturating_mul(3_600).min(list.time_to_live);
        let until = list.issued_at.plus_millis(allowed.saturating_mul(1000)).min(list.expires);
        Ok((list, until))
    }

    fn status_file(&self) -> PathBuf {
        self.folder.join("status.list")
    }

    fn still_valid(&self, certificate: &Certificate) -> Result<Moment, DepotError> {
        let (list, until) = self.status_list()?;
        let (made, have) = (list.issued_at, self.book.totals().signed);
        if made < have {
            return Err(Refusal::StatusPutBack { made, have }.into());
        }
        if self.now >= until {
            return Err(Refusal::StatusTooOld { made, until }.into());
        }
        let expanded = papers::inflate(&list.compressed)?;
        let certificate_id = certificate.id;
        match list.status(&expanded, &certificate.status)? {
            Status::Valid => Ok(made),
            Status::Invalid => Err(Refusal::Revoked { certificate: certificate_id, made }.into()),
            Status::Suspended => {
                Err(Refusal::Suspended { certificate: certificate_id, made }.into())
            }
        }
    }

    /// Takes a status list in, in the place of an older one.
    ///
    /// # Errors
    /// [`Refusal`] when it does not hold, is older than the one at hand, or later than the clock.
    pub fn take_status(&mut self, file: &[u8]) -> Result<StatusList, DepotError> {
        let list = StatusList::open(file, &self.settings.pinned()?)?;
        papers::inflate(&list.compressed)?;
        let (now, signed) = (self.now, list.issued_at);
        if now < signed {
            return Err(Refusal::ClockBehind { now, signed }.into());
        }
        let have = self.book.totals().signed;
        if list.issued_at < have {
            return Err(Refusal::StatusOlder { made: list.issued_at, have }.into());
        }
        // The book first: a list that is noted and not there is fetched anew; one that is there and
        // not noted could be put back to an older one.
        let taken = What::StatusTaken { made: list.issued_at, digest: Digest::of(file) };
        self.book.append(now, taken)?;
        super::book::replace(&self.status_file(), file)?;
        Ok(list)
    }

    /// Takes other officials' keys in.
    ///
    /// # Errors
    /// [`Refusal::TrustUnreadable`] when a line is none.
    pub fn take_officials(&mut self, text: &str) -> Result<usize, DepotError> {
        let keys = trust::known_keys(text)?;
        if keys.is_empty() {
            let why = "there is not one key in the file; nothing was changed".to_owned();
            return Err(Refusal::TrustUnreadable { line: 1, why }.into());
        }
        self.book.append(self.now, What::OfficialsTaken { digest: Digest::of(text.as_bytes()) })?;
        Settings::write_officials(&self.folder, text)?;
        Ok(keys.len())
    }

    /// The officials' keys.
    ///
    /// # Errors
    /// [`Refusal::TrustUnreadable`] when a line is none.
    pub fn officials(&self) -> Result<Vec<decisions::KnownKey>, DepotError> {
        trust::known_keys(&Settings::officials(&self.folder)?)
    }

    fn decided(
        &self,
        certificate: &Certificate,
        standing: Standing<'_>,
    ) -> Result<(ReceiptMode, Vec<Approval>), DepotError> {
        let evidence = match standing {
            Standing::Evidence(evidence) => evidence,
            Standing::CertificateOnly if self.settings.certificate_only => {
                return Ok((ReceiptMode::CertificateOnly, Vec::new()));
            }
            Standing::CertificateOnly => return Err(Refusal::FullOnly.into()),
            Standing::Nothing => return Err(Refusal::NoEvidence.into()),
        };
        let log = self.settings.log()?.ok_or(Refusal::NoLog)?;
        let logged = papers::read_evidence(evidence)?;
        let (keys, rules) = (self.officials()?, self.settings.rules());
        let demanded = self.settings.offices()?;
        let witnesses = self.settings.witnesses()?;
        let trusted = TrustedPeople {
            log: &log,
            keys: &keys,
            demanded: &demanded,
            rules: &rules,
            witnesses: witnesses.as_ref(),
        };
        let approvals = decisions::check(certificate, &logged, &trusted)?;
        Ok((ReceiptMode::Full, approvals))
    }
}

//! A release as a depot without a network reads it: a certificate.
//!
//! Answers: *may this depot hand this out to whoever holds that key, by the ledger's own word?* A
//! certificate is a COSE_Sign1 (RFC 9052 §4.2) over CWT claims (RFC 8392 §3), signed with Ed25519
//! by the ledger's issuer key, in the deterministic encoding of RFC 8949 §4.2.1; so one certificate
//! has one form, and only the bytes that [`Certificate::issue`] writes are read back.
//!
//! It is for exactly one depot and one holder of a key, and nobody can narrow it or hand it on: a
//! copy that is narrowed is a second copy, and only the depot's own book of hand-outs keeps two
//! copies from being honoured twice. It names the decisions of the people by their digests;
//! [`decisions`] checks the people's own signatures against it, so that the issuer's word is not
//! all that a depot goes by.
//!
//! Around the certificate stand the texts that are signed at a depot: what a collector signs to
//! show that the key is theirs ([`Collection`]), and what the depot signs of what it did and saw
//! ([`Receipt`], [`Account`], [`Sighting`]).

pub(crate) mod cose;

pub mod decisions;

mod claims;
mod fault;
mod texts;

pub(crate) use claims::{Claims, read_seconds, read_text, read_uint};
pub use cose::IssuerKey;
pub use fault::CertificateError;
pub use texts::{
    Account, Collection, DepotText, Receipt, ReceiptMode, Sighting, Signed, TextError,
};

use crate::key::{Algorithm, PublicKey};
use crate::words::{
    Act, CertificateId, Digest, ItemId, Moment, PartyId, PlaceId, Quantity, ReleaseId, RequestId,
    Revision, Window,
};
use std::collections::BTreeSet;

/// The longest certificate, in bytes: a QR code of a size that telephones read holds it.
pub const MAX_BYTES: usize = 1024;
/// The most decisions that a certificate names.
pub const DECISIONS_MAX: usize = 12;
/// The type in the protected header (RFC 9596 §2): a signature over something else is none.
const TYPE: &str = "application/vnd.countersign.release+cwt";

/// Where the list of what is no longer valid speaks of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReference {
    /// The place in the list, from 0.
    pub index: u64,
    /// The name of the list, a URI.
    pub uri: String,
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its number within its ledger; a depot keeps its book of hand-outs by it.
    pub id: CertificateId,
    /// The name of the ledger's log.
    pub issuer: String,
    /// The digest of the ledger's founding statement.
    pub ledger: Digest,
    /// Whether that ledger is an exercise.
    pub exercise: bool,
    /// The only depot that may honour it.
    pub depot: PlaceId,
    /// The release it stands for.
    pub release: ReleaseId,
    /// The request that the release came from.
    pub request: RequestId,
    /// The revision that was approved.
    pub revision: Revision,
    /// What for.
    pub act: Act,
    /// What is handed out.
    pub item: ItemId,
    /// At most how many units in all, at least 1.
    pub quantity: Quantity,
    /// For whom.
    pub holder: PartyId,
    /// When, in whole seconds.
    pub window: Window,
    /// When it was made, in whole seconds.
    pub issued_at: Moment,
    /// The key of whoever collects (`ssh-ed25519`): the depot has it prove itself.
    pub collector: PublicKey,
    /// The digests of the approving decision statements.
    pub decisions: BTreeSet<Digest>,
    /// The digest of the policy version that the release stands under.
    pub policy: Digest,
    /// The place in the log of the entry that issued the release.
    pub entry: u64,
    /// Where to look for its status.
    pub status: StatusReference,
}

impl Certificate {
    /// Signs it; gives the bytes.
    ///
    /// # Errors
    /// [`CertificateError`] where it breaks a rule that [`Certificate::open`] holds it to.
    pub fn issue(&self, key: &IssuerKey) -> Result<Vec<u8>, CertificateError> {
        self.check()?;
        let bytes = cose::sign(TYPE, claims::encode(self)?, key)?;
        if bytes.len() > MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len(), most: MAX_BYTES });
        }
        Ok(bytes)
    }

    /// Reads a certificate that one of `issuers` signed; accepts only what
    /// [`Certificate::issue`] writes.
    ///
    /// It checks the signature and the form. Whether it is for this depot, in time, shown by its
    /// holder, still valid and not used up is for the depot to check.
    ///
    /// # Errors
    /// [`CertificateError`] for the first thing that is wrong, with its remedy.
    pub fn open(bytes: &[u8], issuers: &[PublicKey]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len(), most: MAX_BYTES });
        }
        let opened = cose::open(bytes, TYPE, issuers)?;
        let certificate = claims::decode(&opened.payload)?;
        certificate.check()?;
        // Each claim is read in its one form, so this finds nothing unless one of them is not: it
        // is the second lock on the same door.
        if claims::encode(&certificate)? == opened.payload {
            Ok(certificate)
        } else {
            Err(CertificateError::NotCanonical)
        }
    }

    /// The digest of a certificate's bytes, by which receipts name it.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Digest {
        Digest::of(bytes)
    }

    fn check(&self) -> Result<(), CertificateError> {
        let whole = |moment: Moment| moment.millis().is_multiple_of(1000);
        let rule = CertificateError::Rule;
        if !crate::checkpoint::is_origin(&self.issuer) {
            return Err(rule("the issuer is not the name of a log"));
        }
        if self.quantity.is_zero() {
            return Err(rule("the quantity is zero"));
        }
        if !(whole(self.window.from()) && whole(self.window.until()) && whole(self.issued_at)) {
            return Err(rule("its times are not whole seconds"));
        }
        if self.collector.algorithm() != Algorithm::Ed25519 {
            return Err(CertificateError::CollectorKey);
        }
        if self.decisions.len() > DECISIONS_MAX {
            return Err(rule("it names more than 12 decisions"));
        }
        match self.act {
            Act::Use | Act::Deliver | Act::Transfer => {}
            Act::Divert
            | Act::Admit
            | Act::Appoint
            | Act::Publish
            | Act::Override
            | Act::Suspend
            | Act::View => return Err(rule("nothing is handed out for its act")),
        }
        if is_uri(&self.status.uri) {
            Ok(())
        } else {
            Err(rule("its status list is not named by a URI of 1 to 200 characters"))
        }
    }
}

/// Whether `text` is made of the characters of a URI (RFC 3986 §2) and has a scheme.
pub(crate) fn is_uri(text: &str) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    text.len() <= 200
        && text.bytes().all(letter)
        && scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

//! Which certificates are no longer valid: a Token Status List.
//!
//! Answers: *has the ledger taken this certificate back, as of when?* The list is that of the
//! Token Status List draft (draft-ietf-oauth-status-list, §4 and §5.2): two bits for each
//! certificate, signed by the ledger's issuer key as a CWT, and carried to depots as a file.
//!
//! The draft has the bytes of the list compressed (zlib, RFC 1950). Compressing is left to the
//! caller, who also bounds what a list may expand to; here the compressed bytes are signed and
//! opened as they are.

use crate::certificate::cose::{self, IssuerKey};
use crate::certificate::{CertificateError, StatusReference, is_uri};
use crate::certificate::{Claims, read_seconds, read_text, read_uint};
use crate::key::PublicKey;
use crate::words::Moment;
use coset::cbor::Value;

/// The longest signed list, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The longest list when expanded, in bytes: 16,777,216 certificates.
pub const EXPANDED_MAX: usize = 4 * 1024 * 1024;
/// The type in the protected header (draft §5.2).
const TYPE: &str = "application/statuslist+cwt";

// Claims (RFC 8392 §4; draft §5.2).
const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const STATUS_LIST: i64 = 65_533;
const TTL: i64 = 65_534;

/// What a list says of one certificate (draft §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing stands against it.
    Valid,
    /// Taken back for good.
    Invalid,
    /// Not to be honoured for now.
    Suspended,
}

impl Status {
    fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Suspended => "suspended",
        }
    }
}

/// Why a list is not accepted, or says nothing of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// Signature or form.
    #[error("the status list: {0}")]
    Signed(#[from] CertificateError),
    /// Another list than the certificate's.
    #[error("this is the list {found}, and the certificate is in {expected}; bring that one")]
    OtherList {
        /// The list at hand.
        found: String,
        /// The certificate's.
        expected: String,
    },
    /// Too short for the certificate.
    #[error(
        "the list was made at {made}, before this certificate, and says nothing of it; bring a \
         newer one"
    )]
    BeyondEnd {
        /// When it was made.
        made: Moment,
    },
    /// A value that means nothing here.
    #[error("the list gives the certificate the status {0}, which has no meaning here")]
    Unknown(u8),
}

impl StatusError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signed(_) => "status/signed",
            Self::OtherList { .. } => "status/other-list",
            Self::BeyondEnd { .. } => "status/beyond-end",
            Self::Unknown(_) => "status/unknown",
        }
    }
}

/// The width of one status in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Valid or invalid.
    One,
    /// Suspended as well.
    Two,
}

impl Bits {
    fn width(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    fn mask(self) -> u8 {
        match self {
            Self::One => 0b1,
            Self::Two => 0b11,
        }
    }
}

/// The bytes of a list of statuses, two bits each (draft §4.1: the first status in the lowest
/// bits). What fills the last byte is [`Status::Invalid`]: nobody has issued those numbers yet, and
/// a list cannot say how long it is in any other way.
#[must_use]
pub fn pack(statuses: &[Status]) -> Vec<u8> {
    let byte = |four: &[Status]| {
        (0..4).rev().fold(0_u8, |byte, place| {
            byte << 2 | four.get(place).copied().unwrap_or(Status::Invalid).value()
        })
    };
    statuses.chunks(4).map(byte).collect()
}

/// A signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    /// Its name, a URI: that in the certificates.
    pub uri: String,
    /// When it was made, in whole seconds.
    pub issued_at: Moment,
    /// When it ends at the latest, in whole seconds.
    pub expires: Moment,
    /// For how many seconds its maker would have it used.
    pub time_to_live: u64,
    /// The width of a status.
    pub bits: Bits,
    /// The compressed bytes.
    pub compressed: Vec<u8>,
}

impl StatusList {
    /// Signs it; gives the bytes.
    ///
    /// # Errors
    /// [`StatusError::Signed`] where it breaks a rule that [`StatusList::open`] holds it to.
    pub fn issue(&self, key: &IssuerKey) -> Result<Vec<u8>, StatusError> {
        self.check()?;
        let bytes = cose::sign(TYPE, self.encode()?, key)?;
        if bytes.len() > MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len(), most: MAX_BYTES }.into());
        }
        Ok(bytes)
    }

    /// Reads a list that one of `issuers` signed; accepts only what [`StatusList::issue`] writes.
    ///
    /// # Errors
    /// [`StatusError::Signed`] for the first thing that is wrong.
    pub fn open(bytes: &[u8], issuers: &[PublicKey]) -> Result<Self, StatusError> {
        if bytes.len() > MAX_BYTES {
            return Err(CertificateError::TooLong { bytes: bytes.len(), most: MAX_BYTES }.into());
        }
        let payload = cose::open(bytes, TYPE, issuers)?.payload;
        let list = Self::decode(&payload)?;
        list.check()?;
        if list.encode()? == payload {
            Ok(list)
        } else {
            Err(CertificateError::NotCanonical.into())
        }
    }

    /// What the list says of a certificate. `expanded` are the bytes that
    /// [`StatusList::compressed`] expands to.
    ///
    /// # Errors
    /// [`StatusError`] when it is another list, when it ends before the certificate, or when the
    /// status has no meaning here.
    pub fn status(&self, expanded: &[u8], of: &StatusReference) -> Result<Status, StatusError> {
        if self.uri != of.uri {
            let (found, expected) = (self.uri.clone(), of.uri.clone());
            return Err(StatusError::OtherList { found, expected });
        }
        let (byte, place) = match self.bits {
            Bits::One => (of.index / 8, of.index % 8),
            Bits::Two => (of.index / 4, of.index % 4),
        };
        let byte = usize::try_from(byte).ok().and_then(|byte| expanded.get(byte));
        let byte = byte.ok_or(StatusError::BeyondEnd { made: self.issued_at })?;
        let shift = place.saturating_mul(u64::from(self.bits.width()));
        match byte >> shift & self.bits.mask() {
            0 => Ok(Status::Valid),
            1 => Ok(Status::Invalid),
            2 => Ok(Status::Suspended),
            other => Err(StatusError::Unknown(other)),
        }
    }

    fn check(&self) -> Result<(), CertificateError> {
        let whole = |moment: Moment| moment.millis().is_multiple_of(1000);
        let rule = CertificateError::Rule;
        if !is_uri(&self.uri) {
            return Err(rule("the status list is not named by a URI of 1 to 200 characters"));
        }
        if !whole(self.issued_at) || !whole(self.expires) {
            return Err(rule("its times are not whole seconds"));
        }
        if self.expires <= self.issued_at || self.time_to_live == 0 {
            return Err(rule("it ends before it begins"));
        }
        Ok(())
    }

    fn encode(&self) -> Result<Vec<u8>, CertificateError> {
        let key = |number: i64| Value::Integer(number.into());
        let seconds = |moment: Moment| Value::Integer((moment.millis() / 1000).into());
        let name = |text: &str| Value::Text(text.to_owned());
        // By the bytes of the encoded key (RFC 8949 §4.2.1): `lst` is shorter than `bits`.
        let list = vec![
            (name("lst"), Value::Bytes(self.compressed.clone())),
            (name("bits"), Value::Integer(self.bits.width().into())),
        ];
        cose::to_bytes(&Value::Map(vec![
            (key(SUB), name(&self.uri)),
            (key(EXP), seconds(self.expires)),
            (key(IAT), seconds(self.issued_at)),
            (key(STATUS_LIST), Value::Map(list)),
            (key(TTL), Value::Integer(self.time_to_live.into())),
        ]))
    }

    fn decode(payload: &[u8]) -> Result<Self, CertificateError> {
        let mut claims = Claims::of(cose::from_bytes(payload)?, "they are not a map")?;
        let uri = claims.take(SUB, read_text)?;
        let expires = claims.take(EXP, read_seconds)?;
        let issued_at = claims.take(IAT, read_seconds)?;
        let list = claims.take(STATUS_LIST, Some)?;
        let time_to_live = claims.take(TTL, read_uint)?;
        claims.end()?;
        let mut list = Claims::of(list, "the status list is not a map")?;
        let compressed = list.take("lst", |value| value.into_bytes().ok())?;
        let bits = list.take("bits", |value| match read_uint(value)? {
            1 => Some(Bits::One),
            2 => Some(Bits::Two),
            _ => None,
        })?;
        list.end()?;
        Ok(Self { uri, issued_at, expires, time_to_live, bits, compressed })
    }
}

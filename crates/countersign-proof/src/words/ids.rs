//! A typed id for every kind of thing.

use super::WordError;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;
use std::str::FromStr;

/// Longest name in bytes.
const NAME_MAX: usize = 64;

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= NAME_MAX
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        ///
        /// 1 to 64 ASCII letters, digits, `.`, `-`, `_`, the first a letter or digit.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr", into = "SmolStr")]
        pub struct $name(SmolStr);

        impl $name {
            /// Takes `text` as an id; refuses anything but the canonical form.
            ///
            /// # Errors
            /// [`WordError`] when `text` is not such an id.
            pub fn new(text: &str) -> Result<Self, WordError> {
                if is_name(text) {
                    Ok(Self(SmolStr::new(text)))
                } else {
                    Err(WordError::new(text, $expected))
                }
            }

            /// The id as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                Self::new(text)
            }
        }
        impl TryFrom<SmolStr> for $name {
            type Error = WordError;
            fn try_from(text: SmolStr) -> Result<Self, WordError> {
                if is_name(&text) { Ok(Self(text)) } else { Err(WordError::new(&text, $expected)) }
            }
        }
        impl From<$name> for SmolStr {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

name_id!(
    /// A nation or organisation.
    PartyId, "a party id such as UA"
);
name_id!(
    /// A post that decides.
    OfficeId, "an office id such as US.SecDef"
);
name_id!(
    /// A human, known to the record by an opaque id.
    PersonId, "a person id such as P-3F9A"
);
name_id!(
    /// A kind of thing.
    ItemId, "an item id such as ATACMS"
);
name_id!(
    /// A batch of an item.
    LotId, "a lot id such as LOT-7"
);
name_id!(
    /// Stock, on hand or not yet made, promised to a recipient.
    EarmarkId, "an earmark id such as EM-7"
);
name_id!(
    /// Something an item cannot be used without.
    InputId, "an input id such as us-components"
);
name_id!(
    /// A named area, possibly inside another.
    ZoneId, "a zone id such as RU.Kursk"
);
name_id!(
    /// A depot or other place that keeps stock.
    PlaceId, "a place id such as UA.Depot-1"
);
name_id!(
    /// A version of the policy.
    PolicyVersionId, "a policy version such as v4"
);

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        ///
        /// Numbered from 1 within its ledger, in the order of the record.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                text.strip_prefix($prefix)
                    .and_then(canonical_number)
                    .map(Self)
                    .ok_or_else(|| WordError::new(text, $expected))
            }
        }
    };
}

/// Reads digits without sign, leading zero or overflow; zero itself is refused.
pub(crate) fn canonical_number(digits: &str) -> Option<u64> {
    let canonical = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { digits.parse().ok() } else { None }
}

/// Reads digits without sign, leading zero or overflow; zero is `0`.
pub(crate) fn canonical_count(digits: &str) -> Option<u64> {
    if digits == "0" { Some(0) } else { canonical_number(digits) }
}

numbered_id!(
    /// A request.
    RequestId, "REQ-", "a request id such as REQ-12"
);
numbered_id!(
    /// A release.
    ReleaseId, "REL-", "a release id such as REL-12"
);
numbered_id!(
    /// A diversion order.
    OrderId, "ORD-", "an order id such as ORD-2"
);
numbered_id!(
    /// A replacement debt.
    DebtId, "DEBT-", "a debt id such as DEBT-5"
);
numbered_id!(
    /// A hold.
    HoldId, "HOLD-", "a hold id such as HOLD-3"
);
numbered_id!(
    /// A release certificate.
    CertificateId, "CERT-", "a certificate id such as CERT-4"
);

/// The place of an entry in the log, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryNumber(pub u64);

impl fmt::Display for EntryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl FromStr for EntryNumber {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let expected = "the number of an entry, without sign or leading zeros, such as 17";
        canonical_count(text).map(Self).ok_or_else(|| WordError::new(text, expected))
    }
}

/// The revision of a request, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u32);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl FromStr for Revision {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        canonical_number(text)
            .and_then(|number| u32::try_from(number).ok())
            .map(Self)
            .ok_or_else(|| WordError::new(text, "a revision number such as 1"))
    }
}

/// Writes at most 32 bytes as lower-case digits, in one piece: digests stand in every entry.
fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digit = |nibble: u8| match nibble {
        0..=9 => b'0'.wrapping_add(nibble),
        10.. => b'a'.wrapping_sub(10).wrapping_add(nibble),
    };
    let mut digits = [0u8; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    let written = digits.get(..bytes.len().saturating_mul(2)).unwrap_or_default();
    f.write_str(std::str::from_utf8(written).map_err(|_| fmt::Error)?)
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let lower = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if text.len() != N.checked_mul(2)? || !text.bytes().all(lower) {
        return None;
    }
    let mut out = [0u8; N];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
        impl FromStr for $name {
            type Err = WordError;
            fn from_str(text: &str) -> Result<Self, WordError> {
                unhex(text).map(Self).ok_or_else(|| WordError::new(text, $expected))
            }
        }
    };
}

bytes_id!(
    /// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
    Digest, 32, "a SHA-256 digest of 64 lower-case hexadecimal digits"
);
bytes_id!(
    /// A single-use number made by the ledger for one statement (128 random bits).
    Nonce, 16, "a nonce of 32 lower-case hexadecimal digits"
);
bytes_id!(
    /// The sender's id for one command: a retry with the same id gets the same answer.
    CommandId, 16, "a command id of 32 lower-case hexadecimal digits"
);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

/// A digest in the making, of what comes piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Hashing(sha2::Sha256);

impl Hashing {
    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        self.0.update(bytes);
    }

    /// The digest of everything taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        use sha2::Digest as _;
        Digest(self.0.finalize().into())
    }
}

/// A public key by its fingerprint: SHA-256 over the OpenSSH key blob, as `ssh-keygen -l` prints
/// it, `SHA256:` and 43 characters of unpadded base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub [u8; 32]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(self.0);
        write!(f, "SHA256:{text}")
    }
}
impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}
impl FromStr for KeyId {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        use base64::Engine as _;
        text.strip_prefix("SHA256:")
            .and_then(|rest| base64::engine::general_purpose::STANDARD_NO_PAD.decode(rest).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| WordError::new(text, "a key fingerprint such as SHA256:…"))
    }
}

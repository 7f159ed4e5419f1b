//! A line of the book: its digest, a space, the content as JSON, a line end.

use countersign_proof::words::{CertificateId, Digest, Moment, Nonce, Quantity};
use serde::{Deserialize, Serialize};

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number, from 1.
    pub line: u64,
    /// The digest of the line before it; zeros for the first.
    #[serde(with = "as_text")]
    pub previous: Digest,
    /// When.
    #[serde(with = "as_text")]
    pub at: Moment,
    /// What was done.
    pub what: What,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum What {
    /// The depot was opened.
    Opened {
        /// Its name.
        depot: String,
    },
    /// A text was made for a collector to sign.
    Offered {
        /// The single-use number in it.
        #[serde(with = "as_text")]
        nonce: Nonce,
        /// The digest of the text.
        #[serde(with = "as_text")]
        collection: Digest,
        /// Until when it can be used.
        #[serde(with = "as_text")]
        expires: Moment,
    },
    /// Units were handed out.
    HandedOut {
        /// The single-use number, spent now.
        #[serde(with = "as_text")]
        nonce: Nonce,
        /// On which certificate.
        #[serde(with = "as_text")]
        certificate: CertificateId,
        /// The digest of its bytes.
        #[serde(with = "as_text")]
        digest: Digest,
        /// How many units.
        quantity: Quantity,
        /// The depot's receipt.
        receipt: String,
        /// Its signature.
        signature: String,
    },
    /// A certificate was shown and not honoured.
    Refused {
        /// The digest of its bytes.
        #[serde(with = "as_text")]
        digest: Digest,
        /// The code of the refusal.
        code: String,
        /// What the depot says of it.
        sighting: String,
        /// Its signature.
        signature: String,
    },
    /// A status list was taken in.
    StatusTaken {
        /// When it was made.
        #[serde(with = "as_text")]
        made: Moment,
        /// Its digest.
        #[serde(with = "as_text")]
        digest: Digest,
    },
    /// Other officials' keys were taken in.
    OfficialsTaken {
        /// The digest of the file.
        #[serde(with = "as_text")]
        digest: Digest,
    },
    /// The account of a certificate was closed: nothing more is handed out on it.
    Closed {
        /// Which.
        #[serde(with = "as_text")]
        certificate: CertificateId,
        /// The digest of its bytes.
        #[serde(with = "as_text")]
        digest: Digest,
    },
    /// The highest time seen was put back, because the clock had run ahead.
    ClockSetBack {
        /// Why.
        reason: String,
    },
    /// The bytes before this line are what a failure left of one; they count for nothing.
    Torn {
        /// How many bytes.
        bytes: u64,
        /// Their digest.
        #[serde(with = "as_text")]
        digest: Digest,
    },
}

impl What {
    /// Whether this marks `bytes` as torn.
    pub(super) fn marks(&self, torn: &[u8]) -> bool {
        match self {
            Self::Torn { bytes, digest } => {
                u64::try_from(torn.len()) == Ok(*bytes) && Digest::of(torn) == *digest
            }
            Self::Opened { .. }
            | Self::Offered { .. }
            | Self::HandedOut { .. }
            | Self::Refused { .. }
            | Self::StatusTaken { .. }
            | Self::OfficialsTaken { .. }
            | Self::Closed { .. }
            | Self::ClockSetBack { .. } => false,
        }
    }
}

impl Line {
    /// The line as it is written, and its digest.
    pub(super) fn write(&self) -> Result<(Vec<u8>, Digest), serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        let digest = Digest::of(&json);
        Ok(([digest.to_string().as_bytes(), b" ", &json, b"\n"].concat(), digest))
    }

    /// The line in these bytes (without the line end), and its digest; `None` where it is none.
    pub(super) fn read(written: &[u8]) -> Option<(Self, Digest)> {
        let (digest, json) = written.split_at_checked(64)?;
        let json = json.strip_prefix(b" ")?;
        let digest: Digest = std::str::from_utf8(digest).ok()?.parse().ok()?;
        let line = serde_json::from_slice(json).ok()?;
        (digest == Digest::of(json)).then_some((line, digest))
    }

    /// Its digest.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.write().ok().map(|(_, digest)| digest)
    }
}

/// A word in its own written form.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(super) fn serialize<T: Display, S: Serializer>(word: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(word)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

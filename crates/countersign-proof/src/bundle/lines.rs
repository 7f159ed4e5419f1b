//! The lines of a bundle's files: one JSON object each, its fields in one order.

use super::BundleError;
use crate::entry::{Body, Label, SealedPart};
use crate::words::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// An entry in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BundleEntry {
    /// Its place in the log, from 0.
    pub seq: u64,
    /// Whether only its open part is here, because others point to it: it tells a time.
    pub context: bool,
    /// The open part: the JSON that the leaf is the hash of.
    pub open: String,
    /// The path to the root; none where the bundle has every entry of the log.
    pub path: Option<Vec<Digest>>,
    /// What the state is rebuilt from; none where it was left out.
    pub body: Option<Body>,
    /// The sealed parts that were not left out, in the order of their labels.
    pub sealed: Vec<SealedPart>,
}

/// A head that a signer had seen, and the proof that the log extends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenLine {
    /// How many entries it had.
    pub size: u64,
    /// Its root.
    #[serde(with = "base64_digest")]
    pub root: Digest,
    /// The proof of consistency with the checkpoint.
    #[serde(with = "base64_digests")]
    pub path: Vec<Digest>,
}

/// As it stands in the file: hashes in base64, as in notes; text as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seq: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    context: bool,
    open: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Salted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sealed: Vec<Sealed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Salted {
    salt: String,
    bytes: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    label: Label,
    salt: String,
    text: String,
}

impl From<BundleEntry> for Written {
    fn from(entry: BundleEntry) -> Self {
        let sealed = |part: SealedPart| Sealed {
            label: part.label,
            salt: STANDARD.encode(part.salt),
            text: String::from_utf8_lossy(&part.bytes).into_owned(),
        };
        Self {
            seq: entry.seq,
            context: entry.context,
            open: entry.open,
            path: entry.path.map(|path| path.iter().map(|hash| STANDARD.encode(hash.0)).collect()),
            body: entry.body.map(|body| Salted {
                salt: STANDARD.encode(body.salt),
                bytes: STANDARD.encode(&body.bytes),
            }),
            sealed: entry.sealed.into_iter().map(sealed).collect(),
        }
    }
}

impl TryFrom<Written> for BundleEntry {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let path = match written.path {
            None => None,
            Some(path) => Some(path.iter().map(|hash| digest(hash)).collect::<Result<_, _>>()?),
        };
        let body = match written.body {
            None => None,
            Some(Salted { salt, bytes }) => {
                let bytes = STANDARD.decode(bytes).map_err(|_| "the body is not base64")?;
                Some(Body { salt: fixed(&salt)?, bytes })
            }
        };
        let mut sealed = Vec::with_capacity(written.sealed.len());
        for Sealed { label, salt, text } in written.sealed {
            sealed.push(SealedPart { label, salt: fixed(&salt)?, bytes: text.into_bytes() });
        }
        let Written { seq, context, open, .. } = written;
        Ok(Self { seq, context, open, path, body, sealed })
    }
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("{text:.80?} is not {N} bytes in base64"))
}

fn digest(text: &str) -> Result<Digest, String> {
    fixed(text).map(Digest)
}

/// A word as its written form.
pub(super) mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(in crate::bundle) fn serialize<T: Display, S: Serializer>(
        word: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(word)
    }

    pub(in crate::bundle) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

mod base64_digest {
    use super::{Digest, STANDARD, digest};
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(hash: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(hash.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        digest(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod base64_digests {
    use super::{Digest, STANDARD, digest};
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(path: &[Digest], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(path.iter().map(|hash| STANDARD.encode(hash.0)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Digest>, D::Error> {
        let path = Vec::<String>::deserialize(from)?;
        path.iter().map(|hash| digest(hash).map_err(D::Error::custom)).collect()
    }
}

/// One line for each.
pub(super) fn write<T: Serialize>(lines: &[T]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Reads what [`write`] writes; a line that is not in its one form is found when the whole is
/// written again and compared.
pub(super) fn read<T: for<'a> Deserialize<'a>>(
    file: &'static str,
    text: &str,
) -> Result<Vec<T>, BundleError> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let read = serde_json::from_str(line);
        lines.push(read.map_err(|error| BundleError::Line {
            file,
            line: index.saturating_add(1),
            what: error.to_string(),
        })?);
    }
    Ok(lines)
}

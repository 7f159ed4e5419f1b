//! Entries of the log: an open part that everybody may see, and parts that are sealed.
//!
//! Answers: *what does the log commit to, and is this the part that it committed to?* The leaf of
//! the tree is the hash of the open part. That part names kinds and opaque ids, and commits to
//! everything else by salted digests; so a bundle with parts left out still verifies, and a part
//! can be erased without breaking the record.

use crate::merkle;
use crate::words::{CommandId, Digest, Moment};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use smol_str::SmolStr;
use std::fmt;

/// The longest open part, in bytes: entry bundles count it in 16 bits (C2SP tlog-tiles).
pub const MAX_BYTES: usize = 65_535;

/// Why something is not an entry, or not a part of this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than an open part may be.
    #[error("the open part has {bytes} bytes, at most {MAX_BYTES} fit; split the command")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not the JSON of an open part.
    #[error("not an open part of an entry: {0}")]
    Json(String),
    /// The JSON means an open part, but is not the one way to write it.
    #[error("the open part is not written in its one canonical form")]
    NotCanonical,
    /// A name that does not have the form of its kind.
    #[error("{found:?} cannot stand as {what}; 1 to 80 characters of A-Z a-z 0-9 . - _ : /")]
    Name {
        /// Which field.
        what: &'static str,
        /// What was found there, cut to 80 characters.
        found: String,
    },
    /// Sealed parts out of order, or two with one label.
    #[error("the sealed parts are not in the order of their labels, each at most once")]
    Labels,
    /// The body is not the one that the open part commits to.
    #[error("the body is not the one that the entry commits to")]
    Body,
    /// A sealed part that the open part does not commit to.
    #[error("the part {0} is not one that the entry commits to")]
    Sealed(Label),
}

/// Who may see a sealed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// The parties to the matter.
    Parties,
    /// Those who advise and decide.
    Deliberation,
    /// Those who may know persons by name.
    Identity,
}

impl Label {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Parties, Self::Deliberation, Self::Identity];

    /// The word as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parties => "parties",
            Self::Deliberation => "deliberation",
            Self::Identity => "identity",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What became of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Accepted,
    /// A rule refused it.
    Refused {
        /// The code of that rule.
        code: SmolStr,
    },
}

/// What the open part commits to for one sealed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Who may see the part.
    pub label: Label,
    /// [`SealedPart::digest`] of the part.
    pub digest: Digest,
}

/// The open part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPart {
    /// The digest of the founding statement of the ledger.
    pub ledger: Digest,
    /// The place in the log, from 0: the index of the leaf.
    pub seq: u64,
    /// When the command was taken.
    pub time: Moment,
    /// The sender's id for the command.
    pub id: CommandId,
    /// The kind of command, such as `decide_request`.
    pub command: SmolStr,
    /// What became of it.
    pub outcome: Outcome,
    /// The kinds of its events in their order, such as `ReleaseIssued`.
    pub events: Vec<SmolStr>,
    /// The opaque ids of what it concerns, such as `REQ-1`.
    pub subjects: Vec<SmolStr>,
    /// [`Body::digest`] of what the state is rebuilt from.
    pub body: Digest,
    /// The sealed parts, in the order of their labels.
    pub sealed: Vec<Seal>,
}

/// The JSON of an open part; the order of the fields is the order in the bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    v: u8,
    ledger: String,
    seq: u64,
    time: String,
    id: String,
    command: SmolStr,
    outcome: WrittenOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<SmolStr>,
    events: Vec<SmolStr>,
    subjects: Vec<SmolStr>,
    body: String,
    sealed: Vec<WrittenSeal>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenOutcome {
    Accepted,
    Refused,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeal {
    label: Label,
    digest: String,
}

impl OpenPart {
    /// The bytes that the leaf is the hash of: JSON without white space, the fields in one order.
    ///
    /// # Errors
    /// [`EntryError`] when a name or the order of the labels is not as it should be, or the bytes
    /// are more than [`MAX_BYTES`].
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let (outcome, code) = match &self.outcome {
            Outcome::Accepted => (WrittenOutcome::Accepted, None),
            Outcome::Refused { code } => (WrittenOutcome::Refused, Some(code.clone())),
        };
        let seal = |seal: &Seal| WrittenSeal { label: seal.label, digest: seal.digest.to_string() };
        let written = Written {
            v: 1,
            ledger: self.ledger.to_string(),
            seq: self.seq,
            time: self.time.to_string(),
            id: self.id.to_string(),
            command: self.command.clone(),
            outcome,
            code,
            events: self.events.clone(),
            subjects: self.subjects.clone(),
            body: self.body.to_string(),
            sealed: self.sealed.iter().map(seal).collect(),
        };
        let bytes =
            serde_json::to_vec(&written).map_err(|error| EntryError::Json(error.to_string()))?;
        if bytes.len() > MAX_BYTES {
            return Err(EntryError::TooLong { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads the bytes; accepts only those that [`OpenPart::encode`] writes.
    ///
    /// # Errors
    /// [`EntryError`] for all others, unknown fields and other orders included.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_BYTES {
            return Err(EntryError::TooLong { bytes: bytes.len() });
        }
        let written: Written =
            serde_json::from_slice(bytes).map_err(|error| EntryError::Json(error.to_string()))?;
        let word = |error: crate::words::WordError| EntryError::Json(error.to_string());
        if written.v != 1 {
            return Err(EntryError::Json("its version is not 1".to_owned()));
        }
        let outcome = match (written.outcome, written.code) {
            (WrittenOutcome::Accepted, None) => Outcome::Accepted,
            (WrittenOutcome::Refused, Some(code)) => Outcome::Refused { code },
            (WrittenOutcome::Accepted, Some(_)) | (WrittenOutcome::Refused, None) => {
                return Err(EntryError::Json("a code goes with `refused` only".to_owned()));
            }
        };
        let mut sealed = Vec::with_capacity(written.sealed.len());
        for seal in written.sealed {
            let digest = seal.digest.parse().map_err(word)?;
            sealed.push(Seal { label: seal.label, digest });
        }
        let part = Self {
            ledger: written.ledger.parse().map_err(word)?,
            seq: written.seq,
            time: written.time.parse().map_err(word)?,
            id: written.id.parse().map_err(word)?,
            command: written.command,
            outcome,
            events: written.events,
            subjects: written.subjects,
            body: written.body.parse().map_err(word)?,
            sealed,
        };
        if part.encode()? == bytes { Ok(part) } else { Err(EntryError::NotCanonical) }
    }

    fn check(&self) -> Result<(), EntryError> {
        name("the command", &self.command)?;
        self.events.iter().try_for_each(|event| name("an event", event))?;
        self.subjects.iter().try_for_each(|subject| name("a subject", subject))?;
        if let Outcome::Refused { code } = &self.outcome {
            name("a code", code)?;
        }
        let labels = self.sealed.iter().map(|seal| seal.label);
        if labels.is_sorted_by(|earlier, later| earlier < later) {
            Ok(())
        } else {
            Err(EntryError::Labels)
        }
    }
}

/// Names are ASCII and need no escape in JSON.
fn name(what: &'static str, found: &str) -> Result<(), EntryError> {
    let letter =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'/');
    if !found.is_empty() && found.len() <= 80 && found.bytes().all(letter) {
        Ok(())
    } else {
        Err(EntryError::Name { what, found: found.chars().take(80).collect() })
    }
}

/// The leaf of the log's tree for an entry: SHA-256(0x00 ‖ open part) (RFC 6962 §2.1).
#[must_use]
pub fn leaf_hash(open_part: &[u8]) -> Digest {
    merkle::leaf_hash(open_part)
}

/// A part of an entry that only some may see. The salt keeps its content from being guessed from
/// the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPart {
    /// Who may see it.
    pub label: Label,
    /// 128 random bits.
    pub salt: [u8; 16],
    /// Its content.
    pub bytes: Vec<u8>,
}

impl SealedPart {
    /// SHA-256("countersign sealed 1" ‖ LF ‖ label ‖ LF ‖ salt ‖ content).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let hash = sha2::Sha256::new()
            .chain_update(b"countersign sealed 1\n")
            .chain_update(self.label.as_str())
            .chain_update(b"\n")
            .chain_update(self.salt)
            .chain_update(&self.bytes);
        Digest(hash.finalize().into())
    }

    /// What the open part says of it.
    #[must_use]
    pub fn seal(&self) -> Seal {
        Seal { label: self.label, digest: self.digest() }
    }
}

/// What the state is rebuilt from, stored beside the open part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// 128 random bits.
    pub salt: [u8; 16],
    /// The command and its events in their stored form.
    pub bytes: Vec<u8>,
}

impl Body {
    /// SHA-256("countersign body 1" ‖ LF ‖ salt ‖ content).
    #[must_use]
    pub fn digest(&self) -> Digest {
        let hash = sha2::Sha256::new()
            .chain_update(b"countersign body 1\n")
            .chain_update(self.salt)
            .chain_update(&self.bytes);
        Digest(hash.finalize().into())
    }
}

/// Checks that the parts at hand are those that the open part commits to; gives the labels whose
/// parts were left out. `body` is `None` where the body was left out.
///
/// # Errors
/// [`EntryError::Body`], [`EntryError::Sealed`] or [`EntryError::Labels`] for the first part that
/// is not the entry's own, or is given twice.
pub fn verify_parts(
    open: &OpenPart,
    body: Option<&Body>,
    sealed: &[SealedPart],
) -> Result<Vec<Label>, EntryError> {
    if body.is_some_and(|body| body.digest() != open.body) {
        return Err(EntryError::Body);
    }
    let mut withheld: Vec<Label> = open.sealed.iter().map(|seal| seal.label).collect();
    for part in sealed {
        if !open.sealed.contains(&part.seal()) {
            return Err(EntryError::Sealed(part.label));
        }
        let place = withheld.iter().position(|label| *label == part.label);
        withheld.remove(place.ok_or(EntryError::Labels)?);
    }
    Ok(withheld)
}

//! Checkpoints: tree heads signed by the log.
//!
//! Answers: *how long was the log, and what was in it, by its own signature?* The text is that of
//! C2SP tlog-checkpoint (origin, size, root, and never extension lines, because cosignatures do
//! not agree on them), the signature that of C2SP signed-note. The log's key name is its origin.

mod note;

pub use note::{MAX_SIGNATURES, NoteKey, NoteSignature, SignedNote};

use crate::words::{Digest, canonical_count};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use std::fmt;
use std::str::FromStr;

/// The signature type byte of plain Ed25519 (C2SP signed-note, "Signature types").
const ED25519: u8 = 0x01;
/// That of timestamped Ed25519 cosignatures (C2SP tlog-cosignature).
pub(crate) const COSIGNATURE: u8 = 0x04;
/// That of ML-DSA-44 cosignatures.
const ML_DSA: u8 = 0x06;

/// Why a note or a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A log name that cannot be a key name.
    #[error("{0:?} is not a log name: 1 to 128 visible ASCII characters, no plus, no scheme")]
    Origin(String),
    /// A witness name that cannot be a key name.
    #[error("{0:?} is not the name of a witness: 1 to 256 bytes, no space, no plus")]
    WitnessName(String),
    /// A verifier key that is not `name+hash+base64`.
    #[error("not a verifier key: {0}; give the line `name+8 hexadecimal digits+base64`")]
    VerifierKey(&'static str),
    /// Not a signed note.
    #[error("not a signed note: {0}")]
    Note(&'static str),
    /// The note's text is not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Text(&'static str),
    /// A checkpoint of another log.
    #[error("this is a checkpoint of {found:?}, not of {expected:?}")]
    OtherLog {
        /// The origin in the checkpoint.
        found: String,
        /// The log that was expected.
        expected: String,
    },
    /// No signature by a key that is known.
    #[error("the note has no signature by {0}")]
    Unsigned(String),
    /// A signature that claims a known key and is not its own: the whole note is refused.
    #[error("the signature of {0} does not match the note; it was altered or forged")]
    Forged(String),
}

impl CheckpointError {
    /// Whether it is not even in the form of what it should be, so that nothing can be said of whom
    /// it is by.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::Origin(_)
            | Self::WitnessName(_)
            | Self::VerifierKey(_)
            | Self::Note(_)
            | Self::Text(_) => true,
            Self::OtherLog { .. } | Self::Unsigned(_) | Self::Forged(_) => false,
        }
    }
}

/// Whether `text` can be the name of one of our logs: 1 to 128 visible ASCII characters, no `+`
/// (C2SP signed-note, "Format"), no scheme.
pub(crate) fn is_origin(text: &str) -> bool {
    let letters = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+');
    !text.is_empty() && text.len() <= 128 && letters && !text.contains("://") && text != "-"
}

fn origin(text: &str) -> Result<String, CheckpointError> {
    if is_origin(text) {
        Ok(text.to_owned())
    } else {
        Err(CheckpointError::Origin(text.chars().take(80).collect()))
    }
}

/// The size and the root of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The Merkle tree hash (RFC 6962 §2.1) over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The note text: three lines, each ended by a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Reads the note text; accepts only what [`Checkpoint::to_text`] writes, so no extension
    /// lines.
    ///
    /// # Errors
    /// [`CheckpointError`] naming the line that is wrong.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let head = Self::parse_head(text)?;
        let head = Self { origin: origin(&head.origin)?, ..head };
        if head.to_text() == text {
            Ok(head)
        } else {
            Err(CheckpointError::Text("it does not have three lines: origin, size, root"))
        }
    }

    /// Reads the first three lines of a note text and passes over extension lines: what a witness
    /// needs of a checkpoint that any log may have made.
    ///
    /// # Errors
    /// [`CheckpointError::Text`] naming the line that is wrong.
    pub fn parse_head(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Text;
        let body = text.strip_suffix('\n').ok_or(malformed("the last line is not ended"))?;
        let mut lines = body.split('\n');
        let (Some(name), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it does not have three lines: origin, size, root"));
        };
        if name.is_empty() || lines.any(str::is_empty) {
            return Err(malformed("it has an empty line"));
        }
        let size = canonical_count(size).ok_or(malformed("the size is not a decimal number"))?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = Digest(root.ok_or(malformed("the root is not 32 bytes in base64"))?);
        if size == 0 && root != crate::merkle::empty_root() {
            return Err(malformed("its size is 0, but its root is not that of the empty tree"));
        }
        Ok(Self { origin: name.to_owned(), size, root })
    }

    /// Reads a signed checkpoint of `log` and checks the log's signature. Signatures by other
    /// keys, such as witnesses', are ignored.
    ///
    /// # Errors
    /// [`CheckpointError`] when the note or its text is malformed, when it is another log's, when
    /// the log's signature is missing or does not match.
    pub fn open(note: &[u8], log: &LogVerifier) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(note)?;
        note.verify(&[log])?;
        let checkpoint = Self::parse_text(note.text())?;
        if checkpoint.origin == log.name {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherLog { found: checkpoint.origin, expected: log.name.clone() })
        }
    }
}

/// The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key) (C2SP signed-note, "Signatures").
pub(crate) fn key_id(name: &str, typed_key: &[u8]) -> [u8; 4] {
    let Digest(digest) = Digest::of(&[name.as_bytes(), b"\n", typed_key].concat());
    digest.first_chunk().copied().unwrap_or_default()
}

/// What is needed to check a log's signature: its name and its Ed25519 key.
///
/// Written `name+8 hexadecimal digits+base64`, as in the tools of the Go checksum database and of
/// C2SP.
#[derive(Clone, PartialEq, Eq)]
pub struct LogVerifier {
    name: String,
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

impl LogVerifier {
    /// The verifier of the log called `name` with this public key (RFC 8032, 32 bytes).
    ///
    /// # Errors
    /// [`CheckpointError`] when the name or the key cannot be one.
    pub fn new(name: &str, public_key: [u8; 32]) -> Result<Self, CheckpointError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public_key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(CheckpointError::VerifierKey("the key is no usable Ed25519 point"))?;
        let name = origin(name)?;
        let id = key_id(&name, &[&[ED25519], key.as_bytes().as_slice()].concat());
        Ok(Self { name, id, key })
    }

    /// The name of the log, which is the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key (RFC 8032).
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }
}

impl NoteKey for LogVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        self.id
    }

    fn vouches(&self, text: &str, signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for LogVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&verifier_key(self, ED25519, self.key.as_bytes()))
    }
}
impl fmt::Debug for LogVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogVerifier({self})")
    }
}
impl FromStr for LogVerifier {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::VerifierKey;
        let (name, kind, key) = read_verifier_key(text)?;
        match kind {
            ED25519 => {}
            COSIGNATURE => {
                return Err(malformed("it is that of a witness (type 04), not that of a log"));
            }
            _ => return Err(malformed("the key is not of type 01 (Ed25519)")),
        }
        let verifier = Self::new(name, key)?;
        if verifier.to_string() == text { Ok(verifier) } else { Err(malformed(OTHER_HASH)) }
    }
}

const OTHER_HASH: &str = "the hash in the middle is not that of the name and the key";

/// `name+hash+base64(type ‖ key)` (C2SP signed-note, "Verifier keys").
pub(crate) fn verifier_key(key: &dyn NoteKey, kind: u8, public: &[u8; 32]) -> String {
    let typed = STANDARD.encode([&[kind], public.as_slice()].concat());
    format!("{}+{:08x}+{typed}", key.name(), u32::from_be_bytes(key.key_id()))
}

/// The name, the type and the 32 bytes of a verifier key; its hash is for the caller to check, by
/// writing it again.
pub(crate) fn read_verifier_key(text: &str) -> Result<(&str, u8, [u8; 32]), CheckpointError> {
    let malformed = CheckpointError::VerifierKey;
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(malformed("it does not have three parts"));
    };
    let key = STANDARD.decode(key).map_err(|_| malformed("the key is not base64"))?;
    match key.split_first() {
        Some((&ML_DSA, _)) => Err(malformed("its type 06 (ML-DSA-44) is not supported yet")),
        Some((&kind, key)) => {
            let key = key.try_into().map_err(|_| malformed("the key does not have 32 bytes"))?;
            Ok((name, kind, key))
        }
        None => Err(malformed("the key is empty")),
    }
}

/// The log's private key. It signs checkpoints and nothing else.
#[derive(Clone)]
pub struct LogKey {
    secret: ed25519_dalek::SigningKey,
    verifier: LogVerifier,
}

impl LogKey {
    /// The key of the log called `origin` whose secret is these 32 bytes (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] when the name cannot be one.
    pub fn from_seed(origin: &str, seed: [u8; 32]) -> Result<Self, CheckpointError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let verifier = LogVerifier::new(origin, secret.verifying_key().to_bytes())?;
        Ok(Self { secret, verifier })
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> &LogVerifier {
        &self.verifier
    }

    /// Signs the tree head of this log: `size` entries with this root. Gives the signed note.
    #[must_use]
    pub fn sign(&self, size: u64, root: Digest) -> String {
        let text = self.head(size, root);
        format!("{text}\n{}", self.line(&text))
    }

    /// The same, signed by the key that this one takes the place of as well: whoever knows only
    /// that one can follow.
    #[must_use]
    pub fn sign_after(&self, before: &Self, size: u64, root: Digest) -> String {
        let text = self.head(size, root);
        format!("{text}\n{}{}", self.line(&text), before.line(&text))
    }

    fn head(&self, size: u64, root: Digest) -> String {
        Checkpoint { origin: self.verifier.name.clone(), size, root }.to_text()
    }

    fn line(&self, text: &str) -> String {
        let signature = self.secret.sign(text.as_bytes()).to_bytes();
        let line = STANDARD.encode([self.verifier.id.as_slice(), signature.as_slice()].concat());
        format!("\u{2014} {} {line}\n", self.verifier.name)
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.verifier)
    }
}

//! The word of a witness that a log has only grown: C2SP tlog-cosignature, Ed25519 (type 04).
//!
//! Answers: *which witnesses have seen this checkpoint, and when?* A cosignature says that, at its
//! time, the checkpoint was the largest that the witness had seen of the log, and that everything
//! it had seen before is contained in it. The signed message does not hold the name of the witness,
//! so one key serves one witness.

use crate::checkpoint::{
    COSIGNATURE, CheckpointError, NoteKey, NoteSignature, SignedNote, key_id, read_verifier_key,
    verifier_key,
};
use crate::words::Moment;
use ed25519_dalek::Signer as _;
use std::fmt;
use std::str::FromStr;

/// The longest name of a witness, in bytes.
const NAME_MAX: usize = 256;

/// What was signed: two lines before the whole text of the note.
fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// Takes `text` as a key name: no space of any kind, no plus, no control (C2SP signed-note).
fn key_name(text: &str) -> Result<String, CheckpointError> {
    let bad = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
    if text.is_empty() || text.len() > NAME_MAX || text.chars().any(bad) {
        Err(CheckpointError::WitnessName(text.chars().take(80).collect()))
    } else {
        Ok(text.to_owned())
    }
}

/// What is needed to check the cosignatures of one witness: its name and its Ed25519 key.
///
/// Written as a verifier key: `name+8 hexadecimal digits+base64`, of type 04.
#[derive(Clone, PartialEq, Eq)]
pub struct WitnessVerifier {
    name: String,
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

/// What one witness says under one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The name of the witness.
    pub witness: String,
    /// When it signed, by its own clock, in whole seconds.
    pub time: Moment,
}

impl WitnessVerifier {
    /// The verifier of the witness called `name` with this public key (RFC 8032, 32 bytes).
    ///
    /// # Errors
    /// [`CheckpointError`] when the name or the key cannot be one.
    pub fn new(name: &str, public_key: [u8; 32]) -> Result<Self, CheckpointError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public_key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(CheckpointError::VerifierKey("the key is no usable Ed25519 point"))?;
        let name = key_name(name)?;
        let id = key_id(&name, &[&[COSIGNATURE], key.as_bytes().as_slice()].concat());
        Ok(Self { name, id, key })
    }

    /// The public key (RFC 8032).
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// What this witness says under `note`; `None` when it did not sign. Of several cosignatures
    /// the earliest counts: since then the checkpoint is known to have been there.
    ///
    /// # Errors
    /// [`CheckpointError::Forged`] when one of its signatures does not match.
    pub fn cosigned(&self, note: &SignedNote) -> Result<Option<Cosignature>, CheckpointError> {
        let own = note.by(self)?;
        let times = own.into_iter().filter_map(|line| Some(split(&line.signature)?.0));
        let earliest = times.filter_map(moment).min();
        Ok(earliest.map(|time| Cosignature { witness: self.name.clone(), time }))
    }
}

/// Time and signature of a `timestamped_signature`.
fn split(bytes: &[u8]) -> Option<(u64, ed25519_dalek::Signature)> {
    let (seconds, signature) = bytes.split_first_chunk()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    Some((u64::from_be_bytes(*seconds), signature))
}

/// The moment that a cosignature names; those past the year 9999 are none.
fn moment(seconds: u64) -> Option<Moment> {
    seconds.checked_mul(1000).and_then(Moment::from_millis)
}

impl NoteKey for WitnessVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        self.id
    }

    fn vouches(&self, text: &str, signature: &[u8]) -> bool {
        split(signature).is_some_and(|(seconds, signature)| {
            let message = message(text, seconds);
            moment(seconds).is_some()
                && self.key.verify_strict(message.as_bytes(), &signature).is_ok()
        })
    }
}

impl fmt::Display for WitnessVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&verifier_key(self, COSIGNATURE, self.key.as_bytes()))
    }
}
impl fmt::Debug for WitnessVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessVerifier({self})")
    }
}
impl FromStr for WitnessVerifier {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::VerifierKey;
        let (name, kind, key) = read_verifier_key(text)?;
        if kind != COSIGNATURE {
            return Err(malformed("the key is not that of a witness, which is of type 04"));
        }
        let verifier = Self::new(name, key)?;
        if verifier.to_string() == text {
            Ok(verifier)
        } else {
            Err(malformed("the hash in the middle is not that of the name and the key"))
        }
    }
}

/// The private key of a witness. It signs cosignatures and nothing else.
#[derive(Clone)]
pub struct WitnessKey {
    secret: ed25519_dalek::SigningKey,
    verifier: WitnessVerifier,
}

impl WitnessKey {
    /// The key of the witness called `name` whose secret is these 32 bytes (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`CheckpointError::WitnessName`] when the name cannot be one.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<Self, CheckpointError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let verifier = WitnessVerifier::new(name, secret.verifying_key().to_bytes())?;
        Ok(Self { secret, verifier })
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> &WitnessVerifier {
        &self.verifier
    }

    /// Cosigns the checkpoint with this note text at `time`, in whole seconds. Only
    /// [`crate::witness`] knows when that may be done.
    pub(crate) fn cosign(&self, text: &str, time: Moment) -> NoteSignature {
        let seconds = time.millis() / 1000;
        let signature = self.secret.sign(message(text, seconds).as_bytes()).to_bytes();
        NoteSignature {
            name: self.verifier.name.clone(),
            key_id: self.verifier.id,
            signature: [seconds.to_be_bytes().as_slice(), &signature].concat(),
        }
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({})", self.verifier)
    }
}

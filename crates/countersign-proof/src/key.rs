//! Public keys in OpenSSH form.
//!
//! Answers: *which key is this, and does it vouch for these bytes?* Four kinds are accepted; every
//! other kind, certificates included, is refused with a message that names the four. The formats
//! are those of RFC 4253 §6.6 (`ssh-ed25519` by RFC 8709 §4), RFC 5656 §3.1
//! (`ecdsa-sha2-nistp256`) and OpenSSH's PROTOCOL.u2f (the two `sk-` kinds).

pub(crate) mod wire;

use crate::words::{Digest, KeyId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::str::FromStr;
use wire::{Reader, put_string};

/// The curve's name inside ECDSA keys (RFC 5656 §6.1).
const NISTP256: &str = "nistp256";

/// The kinds of key that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `ssh-ed25519`: a software key.
    Ed25519,
    /// `ecdsa-sha2-nistp256`: a software key.
    EcdsaP256,
    /// `sk-ssh-ed25519@openssh.com`: an Ed25519 key in a FIDO authenticator.
    SkEd25519,
    /// `sk-ecdsa-sha2-nistp256@openssh.com`: a P-256 key in a FIDO authenticator, or a passkey.
    SkEcdsaP256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Ed25519, Self::EcdsaP256, Self::SkEd25519, Self::SkEcdsaP256];

    /// The name as OpenSSH writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    /// Whether the key lives in a FIDO authenticator.
    #[must_use]
    pub fn is_hardware(self) -> bool {
        match self {
            Self::Ed25519 | Self::EcdsaP256 => false,
            Self::SkEd25519 | Self::SkEcdsaP256 => true,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why something is not a public key that is accepted here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another kind of key.
    #[error(
        "the key type {found:?} is not accepted; accepted are ssh-ed25519, ecdsa-sha2-nistp256, \
         sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com \
         (make one with `ssh-keygen -t ed25519-sk -O verify-required`, or `-t ed25519`)"
    )]
    Algorithm {
        /// The type as it was named, cut to 80 characters.
        found: String,
    },
    /// Bytes or text that do not follow the format.
    #[error(
        "not an OpenSSH public key: {0}; give the line of the .pub file: type, base64, comment"
    )]
    Malformed(&'static str),
    /// An Ed25519 point of small order, under which anybody could sign.
    #[error("the Ed25519 key is of small order, so it proves nothing; make a new key")]
    Weak,
}

/// The key itself, in the form that the arithmetic takes.
#[derive(Clone, PartialEq, Eq)]
enum Point {
    Ed25519(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
}

/// One signature by itself, without what an authenticator adds to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// 64 bytes (RFC 8032 §5.1.6).
    Ed25519(ed25519_dalek::Signature),
    /// The pair r, s (FIPS 186-5 §6.4).
    P256(p256::ecdsa::Signature),
}

/// A public key that is accepted: its point is on the curve and its encoding is the only one.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    point: Point,
    application: Option<String>,
    blob: Vec<u8>,
}

impl PublicKey {
    /// Reads the SSH wire form of a key.
    ///
    /// # Errors
    /// [`KeyError`] for another type, a malformed blob, or a point that is not usable.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyError> {
        let mut reader = Reader::new(blob);
        let cut = |_| KeyError::Malformed("the key is cut short");
        let name = reader.string().map_err(cut)?;
        let algorithm = algorithm_named(name)?;
        let point = match algorithm {
            Algorithm::Ed25519 | Algorithm::SkEd25519 => {
                ed25519_point(reader.string().map_err(cut)?)?
            }
            Algorithm::EcdsaP256 | Algorithm::SkEcdsaP256 => {
                if reader.string().map_err(cut)? != NISTP256.as_bytes() {
                    return Err(KeyError::Malformed("the curve is not nistp256"));
                }
                p256_point(reader.string().map_err(cut)?)?
            }
        };
        let application = if algorithm.is_hardware() {
            Some(application(reader.string().map_err(cut)?)?)
        } else {
            None
        };
        reader.end().map_err(|_| KeyError::Malformed("there are bytes after the key"))?;
        Ok(Self { algorithm, point, application, blob: blob.to_vec() })
    }

    /// Reads `type base64 [comment]`, as in a `.pub` file; one line end may follow.
    ///
    /// # Errors
    /// [`KeyError`] as for [`PublicKey::from_blob`], or when the line names another type than the
    /// blob.
    pub fn from_openssh(line: &str) -> Result<Self, KeyError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        if line.contains(['\n', '\r']) {
            return Err(KeyError::Malformed("it has more than one line"));
        }
        let mut parts = line.splitn(3, ' ');
        let name = parts.next().unwrap_or_default();
        let algorithm = algorithm_named(name.as_bytes())?;
        let text = parts.next().ok_or(KeyError::Malformed("the base64 part is missing"))?;
        let blob = STANDARD
            .decode(text)
            .map_err(|_| KeyError::Malformed("the second part is not canonical base64"))?;
        let key = Self::from_blob(&blob)?;
        if key.algorithm == algorithm {
            Ok(key)
        } else {
            Err(KeyError::Malformed("the type before the base64 is not the type inside it"))
        }
    }

    /// The key of a passkey: an uncompressed P-256 point (65 bytes, SEC 1 §2.3.3, as in the COSE
    /// key of the enrolment) and the relying party's id.
    ///
    /// # Errors
    /// [`KeyError`] when the point or the id is not usable.
    pub fn from_passkey(point: &[u8], relying_party: &str) -> Result<Self, KeyError> {
        let mut blob = Vec::new();
        put_string(&mut blob, Algorithm::SkEcdsaP256.as_str().as_bytes());
        put_string(&mut blob, NISTP256.as_bytes());
        put_string(&mut blob, point);
        put_string(&mut blob, relying_party.as_bytes());
        Self::from_blob(&blob)
    }

    pub(crate) fn from_ed25519(key: &ed25519_dalek::VerifyingKey) -> Self {
        let mut blob = Vec::new();
        put_string(&mut blob, Algorithm::Ed25519.as_str().as_bytes());
        put_string(&mut blob, key.as_bytes());
        Self { algorithm: Algorithm::Ed25519, point: Point::Ed25519(*key), application: None, blob }
    }

    pub(crate) fn from_p256(key: &p256::ecdsa::VerifyingKey) -> Self {
        let mut blob = Vec::new();
        put_string(&mut blob, Algorithm::EcdsaP256.as_str().as_bytes());
        put_string(&mut blob, NISTP256.as_bytes());
        put_string(&mut blob, key.to_sec1_point(false).as_bytes());
        Self { algorithm: Algorithm::EcdsaP256, point: Point::P256(*key), application: None, blob }
    }

    /// The fingerprint: SHA-256 of the wire form.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(Digest::of(&self.blob).0)
    }

    /// Which kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// For a key in an authenticator, the application (relying party id) that it is bound to.
    #[must_use]
    pub fn application(&self) -> Option<&str> {
        self.application.as_deref()
    }

    /// The SSH wire form.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The Ed25519 point of a plain software key; `None` for every other kind.
    pub(crate) fn ed25519(&self) -> Option<&ed25519_dalek::VerifyingKey> {
        match (&self.point, self.algorithm) {
            (Point::Ed25519(key), Algorithm::Ed25519) => Some(key),
            (Point::Ed25519(_) | Point::P256(_), _) => None,
        }
    }

    /// The OpenSSH line without a comment: type, space, base64.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        format!("{} {}", self.algorithm, STANDARD.encode(&self.blob))
    }

    /// Whether `mark` is this key's over `bytes`. Ed25519 is strict: no small-order points, no
    /// second encoding of the same signature (RFC 8032 §5.1.7 and the checks beyond it).
    pub(crate) fn vouches(&self, bytes: &[u8], mark: &Mark) -> bool {
        use p256::ecdsa::signature::Verifier as _;
        match (&self.point, mark) {
            (Point::Ed25519(key), Mark::Ed25519(mark)) => key.verify_strict(bytes, mark).is_ok(),
            (Point::P256(key), Mark::P256(mark)) => key.verify(bytes, mark).is_ok(),
            (Point::Ed25519(_), Mark::P256(_)) | (Point::P256(_), Mark::Ed25519(_)) => false,
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}
impl Eq for PublicKey {}
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_openssh())
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm, self.id())
    }
}
impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(line: &str) -> Result<Self, KeyError> {
        Self::from_openssh(line)
    }
}

fn algorithm_named(name: &[u8]) -> Result<Algorithm, KeyError> {
    Algorithm::ALL
        .iter()
        .copied()
        .find(|algorithm| algorithm.as_str().as_bytes() == name)
        .ok_or_else(|| KeyError::Algorithm {
            found: String::from_utf8_lossy(name).chars().take(80).collect(),
        })
}

fn ed25519_point(bytes: &[u8]) -> Result<Point, KeyError> {
    let bytes: &[u8; 32] =
        bytes.try_into().map_err(|_| KeyError::Malformed("an Ed25519 key has 32 bytes"))?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(bytes)
        .map_err(|_| KeyError::Malformed("the Ed25519 key is no point of the curve"))?;
    if key.is_weak() { Err(KeyError::Weak) } else { Ok(Point::Ed25519(key)) }
}

fn p256_point(bytes: &[u8]) -> Result<Point, KeyError> {
    if bytes.len() != 65 || bytes.first() != Some(&4) {
        return Err(KeyError::Malformed("a P-256 point is written uncompressed, in 65 bytes"));
    }
    p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
        .map(Point::P256)
        .map_err(|_| KeyError::Malformed("the P-256 key is no point of the curve"))
}

fn application(bytes: &[u8]) -> Result<String, KeyError> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if !text.is_empty() && text.len() <= 253 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(KeyError::Malformed("the application is not 1 to 253 visible ASCII characters"))
    }
}

//! The SSHSIG format (OpenSSH PROTOCOL.sshsig): armour, blob, and the bytes that are signed.

use super::SignatureError;
use crate::key::wire::{Reader, WireError, put_positive, put_string};
use crate::key::{Algorithm, Mark, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "\n-----END SSH SIGNATURE-----";
/// The width in which `ssh-keygen` writes.
const COLUMNS: usize = 70;
/// The widest line that is read (PROTOCOL.sshsig §1).
const COLUMNS_MAX: usize = 76;
/// The longest armoured signature that is read. A passkey's takes about 900 bytes.
const ARMOURED_MAX: usize = 8192;
const WEBAUTHN: &[u8] = b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com";

/// The hash over the text inside the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512, the default of `ssh-keygen`.
    Sha512,
}

impl HashAlgorithm {
    /// The name as SSHSIG writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn named(name: &[u8]) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|hash| hash.as_str().as_bytes() == name)
    }

    fn of(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }
}

/// The bytes that a key signs for `message` under `namespace` (PROTOCOL.sshsig §3). For a
/// passkey these same bytes, with [`HashAlgorithm::Sha256`], are the WebAuthn challenge.
#[must_use]
pub fn to_be_signed(namespace: &str, hash: HashAlgorithm, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put_string(&mut bytes, namespace.as_bytes());
    put_string(&mut bytes, b"");
    put_string(&mut bytes, hash.as_str().as_bytes());
    put_string(&mut bytes, &hash.of(message));
    bytes
}

/// What an authenticator adds to its signature (PROTOCOL.u2f, "SSH U2F signatures").
#[derive(Clone)]
pub(super) struct Hardware {
    pub(super) flags: u8,
    pub(super) counter: u32,
    pub(super) passkey: Option<Passkey>,
}

/// What a browser adds to an authenticator's signature (PROTOCOL.u2f, "webauthn signatures").
#[derive(Clone)]
pub(super) struct Passkey {
    pub(super) origin: Vec<u8>,
    pub(super) client_data: Vec<u8>,
    pub(super) extensions: Vec<u8>,
}

/// A detached signature, read from its armour; whether it matches a text is checked by
/// [`super::verify`].
#[derive(Clone)]
pub struct Sshsig {
    blob: Vec<u8>,
    public_key: PublicKey,
    namespace: String,
    hash: HashAlgorithm,
    mark: Mark,
    hardware: Option<Hardware>,
}

impl Sshsig {
    /// Reads an armoured signature: header, base64 in lines of one width of at most 76 columns,
    /// footer, and at most one line feed after it.
    ///
    /// # Errors
    /// [`SignatureError`] when the armour, the blob or the key inside is not as it should be.
    pub fn parse(armoured: &str) -> Result<Self, SignatureError> {
        if armoured.len() > ARMOURED_MAX {
            return Err(SignatureError::Armour("it is longer than 8 KiB"));
        }
        let rest = armoured
            .strip_prefix(BEGIN)
            .ok_or(SignatureError::Armour("it does not start with the SSH SIGNATURE header"))?;
        let body = rest
            .strip_suffix('\n')
            .unwrap_or(rest)
            .strip_suffix(END)
            .ok_or(SignatureError::Armour("it does not end with the SSH SIGNATURE footer"))?;
        let width = body.find('\n').unwrap_or(body.len());
        let mut lines = body.split('\n').peekable();
        let mut text = String::with_capacity(body.len());
        while let Some(line) = lines.next() {
            let last = lines.peek().is_none();
            let even = line.len() == width || (last && !line.is_empty() && line.len() < width);
            if !even || width > COLUMNS_MAX {
                return Err(SignatureError::Armour("its lines are not of one width up to 76"));
            }
            text.push_str(line);
        }
        let blob = STANDARD
            .decode(text)
            .map_err(|_| SignatureError::Armour("what is inside is not canonical base64"))?;
        Self::from_blob(blob)
    }

    /// Reads the bytes inside the armour (PROTOCOL.sshsig §2).
    ///
    /// # Errors
    /// [`SignatureError`] when they are not as they should be.
    pub fn from_blob(blob: Vec<u8>) -> Result<Self, SignatureError> {
        let malformed = SignatureError::Malformed;
        let cut = |_: WireError| malformed("it is cut short");
        let mut reader = Reader::new(&blob);
        if reader.bytes(MAGIC.len()).map_err(cut)? != MAGIC {
            return Err(malformed("it does not begin with SSHSIG"));
        }
        if reader.uint32().map_err(cut)? != VERSION {
            return Err(malformed("its version is not 1"));
        }
        let public_key = PublicKey::from_blob(reader.string().map_err(cut)?)?;
        let namespace = reader.string().map_err(cut)?;
        let namespace =
            std::str::from_utf8(namespace).map_err(|_| malformed("namespace"))?.to_owned();
        if !reader.string().map_err(cut)?.is_empty() {
            return Err(malformed("its reserved field is not empty"));
        }
        let hash = HashAlgorithm::named(reader.string().map_err(cut)?)
            .ok_or(malformed("its hash is neither sha256 nor sha512"))?;
        let inner = reader.string().map_err(cut)?;
        reader.end().map_err(|_| malformed("there are bytes after it"))?;
        let (mark, hardware) = read_mark(public_key.algorithm(), inner)?;
        Ok(Self { public_key, namespace, hash, mark, hardware, blob })
    }

    /// Puts a software key's signature into the format.
    pub(super) fn assemble(
        public_key: &PublicKey,
        namespace: &str,
        hash: HashAlgorithm,
        inner: &[u8],
    ) -> Result<Self, SignatureError> {
        let mut blob = MAGIC.to_vec();
        blob.extend_from_slice(&VERSION.to_be_bytes());
        put_string(&mut blob, public_key.blob());
        put_string(&mut blob, namespace.as_bytes());
        put_string(&mut blob, b"");
        put_string(&mut blob, hash.as_str().as_bytes());
        put_string(&mut blob, inner);
        Self::from_blob(blob)
    }

    /// Puts a browser's assertion into the format. The challenge must have been
    /// [`to_be_signed`] with [`HashAlgorithm::Sha256`].
    ///
    /// `authenticator_data` (37 bytes, no extensions), `client_data` and `signature` (ASN.1 DER)
    /// are as in `AuthenticatorAssertionResponse` (WebAuthn Level 2 §5.2.2), `origin` is the web
    /// origin of the page. Nothing is verified here; [`super::verify`] does that.
    ///
    /// # Errors
    /// [`SignatureError`] when the pieces do not have these forms.
    pub fn from_assertion(
        public_key: &PublicKey,
        namespace: &str,
        origin: &str,
        authenticator_data: &[u8],
        client_data: &[u8],
        signature: &[u8],
    ) -> Result<Self, SignatureError> {
        let mut data = Reader::new(authenticator_data);
        let short = |_: WireError| SignatureError::Malformed("authenticator data is not 37 bytes");
        data.bytes(32).map_err(short)?;
        let flags = data.byte().map_err(short)?;
        let counter = data.uint32().map_err(short)?;
        data.end().map_err(|_| SignatureError::Extensions)?;
        let pair = p256::ecdsa::Signature::from_der(signature)
            .map_err(|_| SignatureError::Malformed("the passkey's signature is not ASN.1 DER"))?;
        let mut inner = Vec::new();
        put_string(&mut inner, WEBAUTHN);
        put_string(&mut inner, &ecdsa_pair(&pair));
        inner.push(flags);
        inner.extend_from_slice(&counter.to_be_bytes());
        put_string(&mut inner, origin.as_bytes());
        put_string(&mut inner, client_data);
        put_string(&mut inner, b"");
        Self::assemble(public_key, namespace, HashAlgorithm::Sha256, &inner)
    }

    /// The armour, in lines of 70 columns and with a line feed at the end, as `ssh-keygen` writes.
    #[must_use]
    pub fn to_armoured(&self) -> String {
        let mut text = String::from(BEGIN);
        for (place, letter) in STANDARD.encode(&self.blob).chars().enumerate() {
            if place != 0 && place.is_multiple_of(COLUMNS) {
                text.push('\n');
            }
            text.push(letter);
        }
        text.push_str(END);
        text.push('\n');
        text
    }

    /// The bytes inside the armour.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The key that the signature says made it.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The purpose it was made for.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The hash over the text.
    #[must_use]
    pub fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// Whether a key outside any authenticator made this signature over `message`.
    pub(crate) fn is_plainly_over(&self, message: &[u8]) -> bool {
        let blob = to_be_signed(&self.namespace, self.hash, message);
        self.hardware().is_none() && self.public_key().vouches(&blob, self.mark())
    }

    pub(super) fn mark(&self) -> &Mark {
        &self.mark
    }

    pub(super) fn hardware(&self) -> Option<&Hardware> {
        self.hardware.as_ref()
    }
}

impl PartialEq for Sshsig {
    fn eq(&self, other: &Self) -> bool {
        self.blob == other.blob
    }
}
impl Eq for Sshsig {}
impl std::fmt::Debug for Sshsig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sshsig({:?} under {:?})", self.public_key, self.namespace)
    }
}

/// Reads the innermost string: the format's name, which must fit the key, and the signature.
fn read_mark(
    algorithm: Algorithm,
    inner: &[u8],
) -> Result<(Mark, Option<Hardware>), SignatureError> {
    let cut = |_: WireError| SignatureError::Malformed("the signature inside is cut short");
    let mut reader = Reader::new(inner);
    let format = reader.string().map_err(cut)?;
    let by_browser = algorithm == Algorithm::SkEcdsaP256 && format == WEBAUTHN;
    if !by_browser && format != algorithm.as_str().as_bytes() {
        return Err(SignatureError::Malformed("the signature is of another type than the key"));
    }
    let raw = reader.string().map_err(cut)?;
    let mark = match algorithm {
        Algorithm::Ed25519 | Algorithm::SkEd25519 => ed25519_dalek::Signature::from_slice(raw)
            .map(Mark::Ed25519)
            .map_err(|_| SignatureError::Malformed("an Ed25519 signature has 64 bytes"))?,
        Algorithm::EcdsaP256 | Algorithm::SkEcdsaP256 => Mark::P256(read_pair(raw)?),
    };
    let hardware = if algorithm.is_hardware() {
        let flags = reader.byte().map_err(cut)?;
        let counter = reader.uint32().map_err(cut)?;
        let passkey = if by_browser {
            Some(Passkey {
                origin: reader.string().map_err(cut)?.to_vec(),
                client_data: reader.string().map_err(cut)?.to_vec(),
                extensions: reader.string().map_err(cut)?.to_vec(),
            })
        } else {
            None
        };
        Some(Hardware { flags, counter, passkey })
    } else {
        None
    };
    reader.end().map_err(|_| SignatureError::Malformed("there are bytes after the signature"))?;
    Ok((mark, hardware))
}

/// The pair r, s as two mpints (RFC 5656 §3.1.2).
fn read_pair(raw: &[u8]) -> Result<p256::ecdsa::Signature, SignatureError> {
    let bad = |_: WireError| {
        SignatureError::Malformed("r and s are not positive numbers in their shortest form")
    };
    let mut reader = Reader::new(raw);
    let r = reader.positive_256().map_err(bad)?;
    let s = reader.positive_256().map_err(bad)?;
    reader.end().map_err(bad)?;
    p256::ecdsa::Signature::from_scalars(r, s)
        .map_err(|_| SignatureError::Malformed("r or s is not below the order of the curve"))
}

pub(super) fn ecdsa_pair(pair: &p256::ecdsa::Signature) -> Vec<u8> {
    let (r, s) = pair.split_bytes();
    let mut written = Vec::new();
    put_positive(&mut written, &r);
    put_positive(&mut written, &s);
    written
}

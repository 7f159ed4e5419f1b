//! COSE_Sign1 in the one form that is used here (RFC 9052 §4.2): tagged, EdDSA, a type, no
//! unprotected header.

use super::CertificateError;
use crate::key::PublicKey;
use coset::{
    Algorithm, CoseSign1, CoseSign1Builder, HeaderBuilder, Label, TaggedCborSerializable, iana,
};
use ed25519_dalek::Signer as _;

/// The header `typ` (RFC 9596 §2).
const TYP: i64 = 16;

/// The private key with which a ledger signs certificates and status lists, and nothing else.
#[derive(Clone)]
pub struct IssuerKey {
    secret: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl IssuerKey {
    /// The key whose secret is these 32 bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let public = PublicKey::from_ed25519(&secret.verifying_key());
        Self { secret, public }
    }

    /// The public half, which depots pin.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

impl std::fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuerKey({:?})", self.public)
    }
}

/// What was signed, and by whom.
pub(crate) struct Opened {
    pub(crate) payload: Vec<u8>,
}

fn unsigned(kind: &'static str, payload: Vec<u8>) -> CoseSign1Builder {
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .value(TYP, coset::cbor::Value::Text(kind.to_owned()))
        .build();
    CoseSign1Builder::new().protected(header).payload(payload)
}

/// Signs a payload as something of `kind`.
pub(crate) fn sign(
    kind: &'static str,
    payload: Vec<u8>,
    key: &IssuerKey,
) -> Result<Vec<u8>, CertificateError> {
    let made = unsigned(kind, payload)
        .create_signature(b"", |message| key.secret.sign(message).to_bytes().to_vec())
        .build();
    made.to_tagged_vec().map_err(|_| CertificateError::Envelope("it cannot be encoded"))
}

/// Reads what one of `issuers` signed as something of `kind`, from the one form that [`sign`]
/// writes.
pub(crate) fn open(
    bytes: &[u8],
    kind: &'static str,
    issuers: &[PublicKey],
) -> Result<Opened, CertificateError> {
    if issuers.is_empty() {
        return Err(CertificateError::NoIssuer);
    }
    let sign1 = CoseSign1::from_tagged_slice(bytes)
        .map_err(|_| CertificateError::Envelope("it is not a tagged COSE_Sign1"))?;
    check_headers(&sign1, kind)?;
    let message = sign1.tbs_data(b"");
    let signature = ed25519_dalek::Signature::from_slice(&sign1.signature)
        .map_err(|_| CertificateError::Envelope("its signature does not have 64 bytes"))?;
    let mut by_issuer = false;
    for issuer in issuers {
        let key = issuer.ed25519().ok_or(CertificateError::IssuerKey)?;
        by_issuer |= key.verify_strict(&message, &signature).is_ok();
    }
    if !by_issuer {
        return Err(CertificateError::Signature);
    }
    let missing = CertificateError::Envelope("it has no content of its own");
    let payload = sign1.payload.ok_or(missing)?;
    let again = unsigned(kind, payload.clone()).signature(sign1.signature).build();
    if again.to_tagged_vec().is_ok_and(|again| again == bytes) {
        Ok(Opened { payload })
    } else {
        Err(CertificateError::NotCanonical)
    }
}

/// Nothing but the algorithm and the type, and both where the signature covers them.
fn check_headers(sign1: &CoseSign1, kind: &'static str) -> Result<(), CertificateError> {
    let header = &sign1.protected.header;
    if !header.crit.is_empty() || !sign1.unprotected.crit.is_empty() {
        return Err(CertificateError::Critical);
    }
    if header.alg != Some(Algorithm::Assigned(iana::Algorithm::EdDSA)) {
        return Err(CertificateError::Algorithm);
    }
    let [(Label::Int(TYP), coset::cbor::Value::Text(found))] = header.rest.as_slice() else {
        return Err(CertificateError::Envelope("its protected header is not algorithm and type"));
    };
    if found != kind {
        let found = found.chars().take(80).collect();
        return Err(CertificateError::Type { found, expected: kind });
    }
    if !sign1.unprotected.is_empty() {
        return Err(CertificateError::Envelope("it has headers that nobody signed"));
    }
    Ok(())
}

/// The bytes of a CBOR value.
pub(crate) fn to_bytes(value: &coset::cbor::Value) -> Result<Vec<u8>, CertificateError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes)
        .map_err(|_| CertificateError::Envelope("it cannot be encoded"))?;
    Ok(bytes)
}

/// The CBOR value in bytes, with nothing after it.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<coset::cbor::Value, CertificateError> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest)
        .map_err(|_| CertificateError::Claims("they are not CBOR"))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CertificateError::Claims("there are bytes after them"))
    }
}

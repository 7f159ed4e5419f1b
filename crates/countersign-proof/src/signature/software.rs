//! A software key, for exercises and tests. Personal keys of real officials never come near this.

use super::sshsig::{HashAlgorithm, Sshsig, ecdsa_pair, to_be_signed};
use super::{PublicKey, SignatureError};
use crate::key::wire::put_string;
use crate::statement::{Statement, render};

/// A private key in memory; its signatures have the assurance *key only*.
#[derive(Clone)]
pub struct SoftwareKey {
    secret: Secret,
    public: PublicKey,
}

#[derive(Clone)]
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

impl SoftwareKey {
    /// The Ed25519 key whose secret is these 32 bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        let public = PublicKey::from_ed25519(&secret.verifying_key());
        Self { secret: Secret::Ed25519(Box::new(secret)), public }
    }

    /// The P-256 key whose secret scalar is these 32 bytes, big end first.
    ///
    /// # Errors
    /// [`SignatureError::Signing`] when the number is zero or not below the order of the curve.
    pub fn p256_from_seed(seed: [u8; 32]) -> Result<Self, SignatureError> {
        let secret = p256::ecdsa::SigningKey::from_slice(&seed)
            .map_err(|_| SignatureError::Signing("the seed is no P-256 secret"))?;
        let public = PublicKey::from_p256(secret.verifying_key());
        Ok(Self { secret: Secret::P256(Box::new(secret)), public })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a statement; gives its text and the armoured signature.
    ///
    /// # Errors
    /// [`SignatureError::Statement`] when the statement has no text.
    pub fn sign<S: Statement>(&self, statement: &S) -> Result<(String, String), SignatureError> {
        let text = render(statement)?;
        let armoured = self.sign_text(S::KIND.namespace(), text.as_bytes())?;
        Ok((text, armoured))
    }

    /// Signs any bytes under any namespace; gives the armoured signature.
    ///
    /// # Errors
    /// [`SignatureError::Signing`] when the arithmetic fails, which it does for no known input.
    pub fn sign_text(&self, namespace: &str, text: &[u8]) -> Result<String, SignatureError> {
        use p256::ecdsa::signature::Signer as _;
        let blob = to_be_signed(namespace, HashAlgorithm::Sha512, text);
        let failed = |_| SignatureError::Signing("the arithmetic failed");
        let raw = match &self.secret {
            Secret::Ed25519(key) => key.try_sign(&blob).map_err(failed)?.to_bytes().to_vec(),
            Secret::P256(key) => ecdsa_pair(&key.try_sign(&blob).map_err(failed)?),
        };
        let mut inner = Vec::new();
        put_string(&mut inner, self.public.algorithm().as_str().as_bytes());
        put_string(&mut inner, &raw);
        let hash = HashAlgorithm::Sha512;
        Ok(Sshsig::assemble(&self.public, namespace, hash, &inner)?.to_armoured())
    }
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoftwareKey({:?})", self.public)
    }
}

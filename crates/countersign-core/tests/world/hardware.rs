//! A FIDO key, made by hand from PROTOCOL.u2f, that may or may not have verified its user.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::Statement;
use countersign_proof::signature::{
    HashAlgorithm, PublicKey, SignatureError, Verified, to_be_signed, verify,
};
use countersign_proof::words::Digest;
use ed25519_dalek::Signer as _;

const KIND: &[u8] = b"sk-ssh-ed25519@openssh.com";

/// Flags: user present.
pub const PRESENT: u8 = 0x01;
/// Flags: user present and verified.
pub const VERIFIED: u8 = 0x05;

/// A hardware key bound to `ssh:`.
pub struct HardwareKey {
    secret: ed25519_dalek::SigningKey,
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

impl HardwareKey {
    pub fn new(name: &str) -> Self {
        Self { secret: ed25519_dalek::SigningKey::from_bytes(&Digest::of(name.as_bytes()).0) }
    }

    fn blob(&self) -> Vec<u8> {
        let point = self.secret.verifying_key();
        [string(KIND), string(point.as_bytes()), string(b"ssh:")].concat()
    }

    /// The public half in OpenSSH form.
    pub fn openssh(&self) -> String {
        format!("sk-ssh-ed25519@openssh.com {}", STANDARD.encode(self.blob()))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from_openssh(&self.openssh()).unwrap()
    }

    /// Signs a statement; the authenticator reports these flags.
    pub fn sign<S: Statement>(
        &self,
        statement: &S,
        flags: u8,
    ) -> Result<Verified<S>, SignatureError> {
        let text = countersign_proof::render(statement).unwrap();
        let namespace = S::KIND.namespace();
        let message = to_be_signed(namespace, HashAlgorithm::Sha512, text.as_bytes());
        let report = [&[flags], 7u32.to_be_bytes().as_slice()].concat();
        let signed = [&Digest::of(b"ssh:").0, report.as_slice(), &Digest::of(&message).0].concat();
        let raw = self.secret.sign(&signed).to_bytes();
        let inner = [string(KIND), string(&raw), report].concat();
        let blob = [
            b"SSHSIG\0\0\0\x01".to_vec(),
            string(&self.blob()),
            string(namespace.as_bytes()),
            string(b""),
            string(b"sha512"),
            string(&inner),
        ]
        .concat();
        let body = STANDARD.encode(blob);
        let lines: Vec<_> =
            body.as_bytes().chunks(70).map(|line| str::from_utf8(line).unwrap()).collect();
        let armoured = format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            lines.join("\n")
        );
        verify(text.as_bytes(), &armoured, &super::rules())
    }
}

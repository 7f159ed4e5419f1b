//! Personal signatures in the SSHSIG format.
//!
//! Answers: *did the holder of this key sign exactly these bytes, as a statement of this kind?*
//! The format is OpenSSH's PROTOCOL.sshsig, for keys in authenticators with PROTOCOL.u2f, so
//! that stock `ssh-keygen -Y verify` checks the same files. This verifier asks for more than the
//! stock one: an authenticator must report that the user was present *and* verified, and a
//! passkey must have signed for one of our applications from one of our origins.

mod allowed;
mod check;
mod software;
mod sshsig;

pub use crate::key::{Algorithm, KeyError, PublicKey};
pub use allowed::allowed_signers_line;
pub use software::SoftwareKey;
pub use sshsig::{HashAlgorithm, Sshsig, to_be_signed};

use crate::statement::{AnyStatement, Statement, StatementError, kind_of, parse, parse_any};
use crate::words::{Digest, KeyId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where keys in authenticators may have signed. The default is nowhere, so hardware keys are
/// then refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureRules {
    /// The applications that a hardware key may be bound to: `ssh:` or another name for keys made
    /// by `ssh-keygen`, the relying party id (a domain name) for passkeys.
    pub applications: BTreeSet<String>,
    /// The web origins from which a passkey may sign, such as `https://ledger.example`.
    pub origins: BTreeSet<String>,
}

/// How sure the signature alone makes us that the person was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    /// Whoever holds the file of a software key signed.
    KeyOnly,
    /// An authenticator checked its user (by PIN or biometry) for this very signature.
    UserVerified,
}

/// What an authenticator reported beside its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticatorReport {
    /// The key may be copied between devices (WebAuthn Level 3 §6.1, flag BE).
    pub backup_eligible: bool,
    /// Its count of signatures; 0 where it keeps none.
    pub counter: u32,
}

/// Why a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not an armoured SSH signature.
    #[error("not an SSH signature: {0}; give the .sig file as `ssh-keygen -Y sign` wrote it")]
    Armour(&'static str),
    /// The bytes inside the armour do not follow PROTOCOL.sshsig.
    #[error("the SSH signature is malformed: {0}; sign again")]
    Malformed(&'static str),
    /// The key inside the signature.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A signature made for another purpose.
    #[error("signed under the namespace {found:?}, not {expected:?}; sign with `-n {expected}`")]
    Namespace {
        /// The namespace in the signature, cut to 80 characters.
        found: String,
        /// That of the kind of statement.
        expected: &'static str,
    },
    /// The signature does not match the key and the text.
    #[error("the signature does not match the text; the text was changed, or another was signed")]
    Mismatch,
    /// A hardware key made for something else.
    #[error("the key is bound to the application {found:?}, which this ledger does not list")]
    Application {
        /// The application in the key.
        found: String,
    },
    /// The user did not touch the authenticator.
    #[error("the authenticator does not report that the user was present; sign again and touch it")]
    UserNotPresent,
    /// The authenticator did not check who its user is.
    #[error(
        "the authenticator does not report that it verified its user; sign with PIN or biometry \
         (make the key with `ssh-keygen -O verify-required`)"
    )]
    UserNotVerified,
    /// Flags that an assertion cannot have, or that have no meaning yet.
    #[error("the authenticator's flags {flags:#04x} are not those of a signature; sign again")]
    Flags {
        /// The flags.
        flags: u8,
    },
    /// A passkey that signed extension data, which nobody here reads.
    #[error("the passkey signed extension data; ask for none when signing")]
    Extensions,
    /// A passkey used from a page of another origin.
    #[error("signed from the origin {found:?}, which this ledger does not list")]
    Origin {
        /// The origin, cut to 80 characters.
        found: String,
    },
    /// A passkey used inside another site's page.
    #[error("signed in a frame inside another site; open the page by itself and sign again")]
    CrossOrigin,
    /// The browser's client data is not that of a signature over this text.
    #[error("the passkey's client data does not fit: {0}; sign the text that is shown")]
    ClientData(&'static str),
    /// A signature that cannot be made.
    #[error("signing failed: {0}")]
    Signing(&'static str),
    /// What was signed is not a statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

/// A statement together with a signature that matches it: proof that the holder of
/// [`Verified::key`] signed exactly [`Verified::text`] as a statement of kind `S`, and nothing
/// else.
///
/// It does *not* prove who holds the key. Whether that key was enrolled to the statement's signer
/// at the time of the entry, whether the person held the office then, and whether the nonce, the
/// ledger and the validity fit, is for `countersign-core` to check against the record. For the
/// same reason a `Verified` cannot be deserialised: whoever needs one verifies the bytes.
///
/// It is shared, not copied: a command that carries one is small.
#[derive(Debug)]
pub struct Verified<S>(Arc<Checked<S>>);

#[derive(Debug)]
struct Checked<S> {
    statement: S,
    text: String,
    signature: Sshsig,
    assurance: Assurance,
}

impl<S> Clone for Verified<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Checks that `armoured` is a signature over exactly `text`, under the namespace of `S`, by the
/// key inside it, and reads the statement from those same bytes. The only way to a
/// [`Verified`] of one kind.
///
/// # Errors
/// [`SignatureError`] for the first thing that is wrong, with its remedy. The text is read only
/// after the signature was found to match it.
pub fn verify<S: Statement>(
    text: &[u8],
    armoured: &str,
    rules: &SignatureRules,
) -> Result<Verified<S>, SignatureError> {
    let signature = Sshsig::parse(armoured)?;
    let assurance = check::check(&signature, S::KIND, text, rules)?;
    let statement = parse(text)?;
    sealed(statement, text, signature, assurance)
}

/// As [`verify`], for a text of whichever kind its second line names; for tools that check what
/// they did not ask for.
///
/// # Errors
/// [`SignatureError`] as for [`verify`].
pub fn verify_any(
    text: &[u8],
    armoured: &str,
    rules: &SignatureRules,
) -> Result<Verified<AnyStatement>, SignatureError> {
    let signature = Sshsig::parse(armoured)?;
    let assurance = check::check(&signature, kind_of(text)?, text, rules)?;
    let statement = parse_any(text)?;
    sealed(statement, text, signature, assurance)
}

fn sealed<S>(
    statement: S,
    text: &[u8],
    signature: Sshsig,
    assurance: Assurance,
) -> Result<Verified<S>, SignatureError> {
    let text = std::str::from_utf8(text).map_err(|_| SignatureError::Mismatch)?.to_owned();
    Ok(Verified(Arc::new(Checked { statement, text, signature, assurance })))
}

impl<S> Verified<S> {
    /// What was signed, parsed back from the signed bytes.
    #[must_use]
    pub fn statement(&self) -> &S {
        &self.0.statement
    }

    /// The signed bytes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The digest of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.text.as_bytes())
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &Sshsig {
        &self.0.signature
    }

    /// The signature in its canonical armour, for `ssh-keygen -Y verify`.
    #[must_use]
    pub fn armoured(&self) -> String {
        self.0.signature.to_armoured()
    }

    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        self.0.signature.public_key()
    }

    /// The fingerprint of the key that signed.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key().id()
    }

    /// How sure the signature makes us that the person was there.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        self.0.assurance
    }

    /// What the authenticator reported; `None` for a software key.
    #[must_use]
    pub fn authenticator(&self) -> Option<AuthenticatorReport> {
        self.0.signature.hardware().map(|hardware| AuthenticatorReport {
            backup_eligible: hardware.flags & check::BACKUP_ELIGIBLE != 0,
            counter: hardware.counter,
        })
    }
}

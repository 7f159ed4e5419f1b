//! Whether a signature matches a text, and what its authenticator vouches for.

use super::sshsig::{Hardware, Passkey, Sshsig, to_be_signed};
use super::{Assurance, SignatureError, SignatureRules};
use crate::statement::StatementKind;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

// The flags of authenticator data (WebAuthn Level 3 §6.1).
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
pub(super) const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
/// Attested credential data, extension data and the two reserved bits are none of a signature.
const ALLOWED: u8 = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP;

/// Checks `signature` over `text` as a statement of `kind`.
pub(super) fn check(
    signature: &Sshsig,
    kind: StatementKind,
    text: &[u8],
    rules: &SignatureRules,
) -> Result<Assurance, SignatureError> {
    if signature.namespace() != kind.namespace() {
        return Err(SignatureError::Namespace {
            found: signature.namespace().chars().take(80).collect(),
            expected: kind.namespace(),
        });
    }
    let blob = to_be_signed(signature.namespace(), signature.hash(), text);
    let key = signature.public_key();
    let Some((hardware, application)) = signature.hardware().zip(key.application()) else {
        // A software key signs the bytes themselves.
        return if key.vouches(&blob, signature.mark()) {
            Ok(Assurance::KeyOnly)
        } else {
            Err(SignatureError::Mismatch)
        };
    };
    if !rules.applications.contains(application) {
        return Err(SignatureError::Application { found: application.to_owned() });
    }
    let message = match &hardware.passkey {
        Some(passkey) => client_data(passkey, &blob, rules)?,
        None => &blob,
    };
    // What an authenticator signs (PROTOCOL.u2f): SHA-256(application), flags, counter,
    // extensions (none are accepted), SHA-256(message).
    let mut signed = Sha256::digest(application.as_bytes()).to_vec();
    signed.push(hardware.flags);
    signed.extend_from_slice(&hardware.counter.to_be_bytes());
    signed.extend_from_slice(&Sha256::digest(message));
    if !key.vouches(&signed, signature.mark()) {
        return Err(SignatureError::Mismatch);
    }
    user_verified(hardware)
}

/// Whether the authenticator reports a user who was present and verified, and nothing odd.
fn user_verified(hardware: &Hardware) -> Result<Assurance, SignatureError> {
    let flags = hardware.flags;
    let has = |flag: u8| flags & flag != 0;
    if flags & !ALLOWED != 0 || (has(BACKED_UP) && !has(BACKUP_ELIGIBLE)) {
        Err(SignatureError::Flags { flags })
    } else if !has(USER_PRESENT) {
        Err(SignatureError::UserNotPresent)
    } else if !has(USER_VERIFIED) {
        Err(SignatureError::UserNotVerified)
    } else {
        Ok(Assurance::UserVerified)
    }
}

/// The part of the client data that matters (WebAuthn Level 3 §5.8.1); browsers may add more.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin")]
    cross_origin: Option<bool>,
    #[serde(rename = "topOrigin")]
    top_origin: Option<serde::de::IgnoredAny>,
}

/// Checks that the browser asked for a signature over `blob`, for a page of ours; gives the
/// client data's own bytes, which are what was hashed.
fn client_data<'s>(
    passkey: &'s Passkey,
    blob: &[u8],
    rules: &SignatureRules,
) -> Result<&'s [u8], SignatureError> {
    if !passkey.extensions.is_empty() {
        return Err(SignatureError::Extensions);
    }
    let data: ClientData = serde_json::from_slice(&passkey.client_data)
        .map_err(|_| SignatureError::ClientData("it is not the JSON that browsers make"))?;
    if data.kind != "webauthn.get" {
        return Err(SignatureError::ClientData("its type is not webauthn.get"));
    }
    if data.challenge != URL_SAFE_NO_PAD.encode(blob) {
        return Err(SignatureError::ClientData("its challenge is for another text"));
    }
    if data.origin.as_bytes() != passkey.origin {
        return Err(SignatureError::ClientData("it names another origin than the signature"));
    }
    if !rules.origins.contains(&data.origin) {
        return Err(SignatureError::Origin { found: data.origin.chars().take(80).collect() });
    }
    if data.cross_origin == Some(true) || data.top_origin.is_some() {
        return Err(SignatureError::CrossOrigin);
    }
    Ok(&passkey.client_data)
}

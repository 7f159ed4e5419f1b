//! Signatures and keys in OpenSSH's forms, with the crate `ssh-key` as oracle.

use super::{input, samples};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_proof::signature::{Algorithm, HashAlgorithm, to_be_signed};
use countersign_proof::statement::Decision;
use countersign_proof::{PublicKey, SignatureRules, SoftwareKey, Sshsig, render, verify};
use p256::ecdsa::signature::Signer as _;
use sha2::{Digest as _, Sha256};

const NAMESPACE: &str = "decision@countersign";
const ORIGIN: &str = "https://ledger.example";
const RELYING_PARTY: &str = "ledger.example";

/// `b`: the bytes in the armour; `k`: a key's bytes; `o`: a key's line; `t`: a text under a
/// signature over another; `c`: a passkey's flags and client data; anything else: the armour.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'b', rest)) => {
            if let Ok(signature) = Sshsig::from_blob(rest.to_vec()) {
                assert_eq!(signature.blob(), rest);
                written(&signature);
            }
        }
        Some((b'k', rest)) => {
            if let Ok(key) = PublicKey::from_blob(rest) {
                assert_eq!(key.blob(), rest);
                known(&key);
            }
        }
        Some((b'o', rest)) => line(rest),
        Some((b't', rest)) => another_text(rest),
        Some((b'c', rest)) => passkey(rest),
        Some((_, rest)) => armour(rest),
        None => {}
    }
}

/// Signatures, keys and client data as they are made.
pub fn seeds() -> Vec<Vec<u8>> {
    let text = render(&samples::decision()).unwrap();
    let mut seeds = vec![input(b't', &[text.as_bytes()])];
    for key in [SoftwareKey::from_seed([5; 32]), SoftwareKey::p256_from_seed([5; 32]).unwrap()] {
        let armoured = key.sign_text(NAMESPACE, text.as_bytes()).unwrap();
        seeds.push(input(b'a', &[armoured.as_bytes()]));
        seeds.push(input(b'b', &[Sshsig::parse(&armoured).unwrap().blob()]));
        seeds.push(input(b'k', &[key.public_key().blob()]));
        seeds.push(input(b'o', &[key.public_key().to_openssh().as_bytes(), b" a comment\n"]));
    }
    for algorithm in [Algorithm::SkEd25519, Algorithm::SkEcdsaP256] {
        let (key, blob) = hardware(algorithm);
        seeds.push(input(b'k', &[key.blob()]));
        seeds.push(input(b'b', &[&blob]));
    }
    let browser = signed_in_a_browser(5, client_data(&challenge()).as_bytes());
    seeds.push(input(b'b', &[browser.blob()]));
    seeds.push(input(b'a', &[browser.to_armoured().as_bytes()]));
    for flags in [5, 0x1D, 4, 1, 0x45, 0x85] {
        seeds.push(input(b'c', &[&[flags], client_data(&challenge()).as_bytes()]));
    }
    seeds
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A key in an authenticator, and the bytes of a signature that has its form and nothing else.
fn hardware(algorithm: Algorithm) -> (PublicKey, Vec<u8>) {
    let name = string(algorithm.as_str().as_bytes());
    let (key, mark) = if algorithm == Algorithm::SkEd25519 {
        let software = SoftwareKey::from_seed([5; 32]);
        let point = software.public_key().blob()[15..].to_vec();
        ([name.clone(), point, string(b"ssh:")].concat(), string(&[1; 64]))
    } else {
        let software = SoftwareKey::p256_from_seed([5; 32]).unwrap();
        let point = software.public_key().blob()[23..].to_vec();
        let pair = [string(&[1; 32]), string(&[1; 32])].concat();
        ([name.clone(), point, string(b"ssh:")].concat(), string(&pair))
    };
    let report = [5_u8, 0, 0, 0, 7];
    let inner = [name, mark, report.to_vec()].concat();
    let blob = [
        b"SSHSIG\0\0\0\x01".to_vec(),
        string(&key),
        string(NAMESPACE.as_bytes()),
        string(b""),
        string(b"sha512"),
        string(&inner),
    ];
    (PublicKey::from_blob(&key).unwrap(), blob.concat())
}

fn armour(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(signature) = Sshsig::parse(text) else { return };
    // Lines may have another width; what is in them may not be written in another way.
    let letters = |text: &str| text.replace('\n', "");
    assert_eq!(letters(&signature.to_armoured()), letters(text));
    written(&signature);
}

/// What holds for every signature that was read.
fn written(signature: &Sshsig) {
    let armoured = signature.to_armoured();
    let again = Sshsig::parse(&armoured).unwrap();
    assert_eq!(again.blob(), signature.blob());
    assert_eq!(again.namespace(), signature.namespace());
    assert_eq!(again.hash(), signature.hash());
    known(signature.public_key());
    let software = !signature.public_key().algorithm().is_hardware();
    // The oracle knows no namespace without a name; nothing is ever asked for under that.
    if software && !signature.namespace().is_empty() {
        let theirs: ssh_key::SshSig = armoured.parse().unwrap();
        assert_eq!(theirs.namespace(), signature.namespace());
        assert_eq!(theirs.hash_alg().as_str(), signature.hash().as_str());
        let key = ssh_key::PublicKey::from(theirs.public_key().clone());
        assert_eq!(key.to_bytes().unwrap(), signature.public_key().blob());
    }
}

/// What holds for every key that was read.
fn known(key: &PublicKey) {
    let line = key.to_openssh();
    assert_eq!(&PublicKey::from_openssh(&line).unwrap(), key);
    let theirs = ssh_key::PublicKey::from_openssh(&line).unwrap();
    assert_eq!(theirs.to_bytes().unwrap(), key.blob());
    assert_eq!(theirs.algorithm().as_str(), key.algorithm().as_str());
    let fingerprint = theirs.fingerprint(ssh_key::HashAlg::Sha256).to_string();
    assert_eq!(fingerprint, key.id().to_string());
}

fn line(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(key) = PublicKey::from_openssh(text) {
        assert!(text.starts_with(&key.to_openssh()));
        known(&key);
    }
}

/// A signature counts for the one text that was signed.
fn another_text(bytes: &[u8]) {
    let key = SoftwareKey::from_seed([5; 32]);
    let (text, armoured) = key.sign(&samples::decision()).unwrap();
    let holds = verify::<Decision>(bytes, &armoured, &SignatureRules::default()).is_ok();
    assert_eq!(holds, bytes == text.as_bytes());
}

fn challenge() -> String {
    let text = render(&samples::decision()).unwrap();
    let blob = to_be_signed(NAMESPACE, HashAlgorithm::Sha256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(blob)
}

fn client_data(challenge: &str) -> String {
    let origin = format!(r#""origin":"{ORIGIN}","crossOrigin":false"#);
    format!(r#"{{"type":"webauthn.get","challenge":"{challenge}",{origin}}}"#)
}

/// What a browser and an authenticator would make of these flags and this client data.
fn signed_in_a_browser(flags: u8, client_data: &[u8]) -> Sshsig {
    let secret = p256::ecdsa::SigningKey::from_slice(&[0x42; 32]).unwrap();
    let point = secret.verifying_key().to_sec1_point(false);
    let key = PublicKey::from_passkey(point.as_bytes(), RELYING_PARTY).unwrap();
    let mut data = Sha256::digest(RELYING_PARTY.as_bytes()).to_vec();
    data.extend([flags, 0, 0, 0, 9]);
    let signed = [data.as_slice(), &Sha256::digest(client_data)].concat();
    let signature: p256::ecdsa::Signature = secret.sign(&signed);
    let der = signature.to_der();
    let bytes = der.as_bytes();
    Sshsig::from_assertion(&key, NAMESPACE, ORIGIN, &data, client_data, bytes).unwrap()
}

/// A passkey's own signature does not stand in for what its flags and its client data must say.
fn passkey(bytes: &[u8]) {
    let Some((flags, client_data)) = bytes.split_first() else { return };
    if client_data.len() > 4096 {
        return;
    }
    let rules = SignatureRules {
        applications: [RELYING_PARTY.to_owned()].into(),
        origins: [ORIGIN.to_owned()].into(),
    };
    let text = render(&samples::decision()).unwrap();
    let armoured = signed_in_a_browser(*flags, client_data).to_armoured();
    let Ok(verified) = verify::<Decision>(text.as_bytes(), &armoured, &rules) else { return };
    assert_eq!(flags & 5, 5, "present and verified");
    assert_eq!(verified.authenticator().unwrap().counter, 9);
    let said: serde_json::Value = serde_json::from_slice(client_data).unwrap();
    assert_eq!(said["type"], "webauthn.get");
    assert_eq!(said["challenge"], challenge().as_str());
    assert_eq!(said["origin"], ORIGIN);
    assert_ne!(said["crossOrigin"], true);
    assert!(said["topOrigin"].is_null());
}

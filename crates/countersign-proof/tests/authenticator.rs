//! Signatures by FIDO authenticators and passkeys, made here by hand from PROTOCOL.u2f.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "samples/keygen.rs"]
mod keygen;
#[path = "samples/statements.rs"]
mod samples;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_proof::signature::{AuthenticatorReport, HashAlgorithm, to_be_signed};
use countersign_proof::statement::Decision;
use countersign_proof::{
    Assurance, PublicKey, SignatureError, SignatureRules, Sshsig, Verified, render, verify,
};
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};

const NAMESPACE: &str = "decision@countersign";
const ORIGIN: &str = "https://ledger.example";
const RELYING_PARTY: &str = "ledger.example";

fn rules() -> SignatureRules {
    SignatureRules {
        applications: ["ssh:", RELYING_PARTY].map(str::to_owned).into(),
        origins: [ORIGIN.to_owned()].into(),
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn mpint(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let sign: &[u8] = if bytes[zeros] >= 0x80 { &[0] } else { &[] };
    string(&[sign, &bytes[zeros..]].concat())
}

/// An authenticator with one key of each kind, and everything that it can get wrong.
#[derive(Clone)]
struct Authenticator {
    application: &'static str,
    flags: u8,
    counter: u32,
    trailer: &'static [u8],
}

impl Default for Authenticator {
    fn default() -> Self {
        Self { application: "ssh:", flags: 0x05, counter: 7, trailer: b"" }
    }
}

fn p256() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[0x42; 32]).unwrap()
}

fn pair(signature: &p256::ecdsa::Signature) -> Vec<u8> {
    let (r, s) = signature.split_bytes();
    [mpint(&r), mpint(&s)].concat()
}

fn armour(key: &[u8], hash: &str, inner: &[u8]) -> String {
    let blob = [
        b"SSHSIG\0\0\0\x01".to_vec(),
        string(key),
        string(NAMESPACE.as_bytes()),
        string(b""),
        string(hash.as_bytes()),
        string(inner),
    ]
    .concat();
    let body = STANDARD.encode(blob);
    let lines: Vec<_> = body.as_bytes().chunks(70).map(|l| str::from_utf8(l).unwrap()).collect();
    format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
}

impl Authenticator {
    fn signed(&self, message: &[u8]) -> Vec<u8> {
        let mut signed = Sha256::digest(self.application.as_bytes()).to_vec();
        signed.push(self.flags);
        signed.extend(self.counter.to_be_bytes());
        signed.extend(Sha256::digest(message));
        signed
    }

    fn report(&self) -> Vec<u8> {
        [&[self.flags], self.counter.to_be_bytes().as_slice(), self.trailer].concat()
    }

    fn ed25519(&self, text: &str) -> String {
        let secret = ed25519_dalek::SigningKey::from_bytes(&[0x42; 32]);
        let name = b"sk-ssh-ed25519@openssh.com";
        let key = [
            string(name),
            string(secret.verifying_key().as_bytes()),
            string(self.application.as_bytes()),
        ]
        .concat();
        let blob = to_be_signed(NAMESPACE, HashAlgorithm::Sha512, text.as_bytes());
        let raw = secret.sign(&self.signed(&blob)).to_bytes();
        armour(&key, "sha512", &[string(name), string(&raw), self.report()].concat())
    }

    fn ecdsa(&self, text: &str) -> String {
        let blob = to_be_signed(NAMESPACE, HashAlgorithm::Sha512, text.as_bytes());
        let raw: p256::ecdsa::Signature = p256().sign(&self.signed(&blob));
        let name = b"sk-ecdsa-sha2-nistp256@openssh.com";
        let inner = [string(name), string(&pair(&raw)), self.report()].concat();
        armour(self.key().blob(), "sha512", &inner)
    }

    fn key(&self) -> PublicKey {
        let point = p256().verifying_key().to_sec1_point(false);
        PublicKey::from_passkey(point.as_bytes(), self.application).unwrap()
    }

    /// A passkey's signature over any client data.
    fn passkey(&self, origin: &str, client_data: &str, extensions: &[u8]) -> String {
        let raw: p256::ecdsa::Signature = p256().sign(&self.signed(client_data.as_bytes()));
        let inner = [
            string(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"),
            string(&pair(&raw)),
            self.report(),
            string(origin.as_bytes()),
            string(client_data.as_bytes()),
            string(extensions),
        ]
        .concat();
        armour(self.key().blob(), "sha256", &inner)
    }
}

fn passkey() -> Authenticator {
    Authenticator { application: RELYING_PARTY, ..Authenticator::default() }
}

fn text() -> String {
    render(&samples::decision()).unwrap()
}

/// What a browser says it was asked to sign.
fn client_data(text: &str) -> String {
    let blob = to_be_signed(NAMESPACE, HashAlgorithm::Sha256, text.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(blob);
    let start = format!(r#"{{"type":"webauthn.get","challenge":"{challenge}""#);
    format!(r#"{start},"origin":"{ORIGIN}","crossOrigin":false}}"#)
}

fn check(armoured: &str) -> Result<Verified<Decision>, SignatureError> {
    verify::<Decision>(text().as_bytes(), armoured, &rules())
}

type Make = fn(&Authenticator) -> String;

fn makes() -> [(&'static str, Authenticator, Make); 3] {
    [
        ("sk-ed25519", Authenticator::default(), |made| made.ed25519(&text())),
        ("sk-ecdsa", Authenticator::default(), |made| made.ecdsa(&text())),
        ("passkey", passkey(), |made| made.passkey(ORIGIN, &client_data(&text()), b"")),
    ]
}

#[test]
fn a_verified_user_is_accepted_with_the_authenticators_report() {
    for (name, authenticator, make) in makes() {
        let verified = check(&make(&authenticator)).expect(name);
        assert_eq!(verified.assurance(), Assurance::UserVerified);
        assert_eq!(verified.key().application(), Some(authenticator.application));
        let report = AuthenticatorReport { backup_eligible: false, counter: 7 };
        assert_eq!(verified.authenticator(), Some(report));
        let synced = Authenticator { flags: 0x1D, ..authenticator };
        assert!(check(&make(&synced)).unwrap().authenticator().unwrap().backup_eligible);
    }
}

#[test]
fn presence_and_verification_are_both_demanded() {
    use SignatureError::{Flags, UserNotPresent, UserNotVerified};
    for (name, authenticator, make) in makes() {
        let with = |flags| check(&make(&Authenticator { flags, ..authenticator.clone() }));
        assert_eq!(with(0x00).unwrap_err(), UserNotPresent, "{name}");
        assert_eq!(with(0x01).unwrap_err(), UserNotVerified, "{name}");
        assert_eq!(with(0x04).unwrap_err(), UserNotPresent, "{name}");
        assert_eq!(with(0x08).unwrap_err(), UserNotPresent, "{name}");
        for odd in [0x07, 0x15, 0x25, 0x45, 0x85, 0xC5, 0xFF] {
            assert_eq!(with(odd).unwrap_err(), Flags { flags: odd }, "{name}");
        }
        // Set after signing.
        let honest = Authenticator { flags: 0x01, ..authenticator.clone() };
        let blob = Sshsig::parse(&make(&honest)).unwrap().blob().to_vec();
        let place = blob.windows(5).rposition(|w| w == [1, 0, 0, 0, 7]).unwrap();
        let mut raised = blob;
        raised[place] = 0x05;
        let raised = Sshsig::from_blob(raised).unwrap().to_armoured();
        assert_eq!(check(&raised).unwrap_err(), SignatureError::Mismatch, "{name}");
    }
}

#[test]
fn a_key_bound_to_something_else_is_refused() {
    for (name, authenticator, make) in makes() {
        let elsewhere = Authenticator { application: "evil.example", ..authenticator.clone() };
        let found = "evil.example".to_owned();
        assert_eq!(check(&make(&elsewhere)).unwrap_err(), SignatureError::Application { found });
        let none = SignatureRules::default();
        let error = verify::<Decision>(text().as_bytes(), &make(&authenticator), &none);
        assert!(error.unwrap_err().to_string().contains(authenticator.application), "{name}");
        let more = Authenticator { trailer: b"x", ..authenticator.clone() };
        assert!(check(&make(&more)).is_err(), "{name}");
        let other = text().replace("quantity: 8", "quantity: 9");
        assert!(verify::<Decision>(other.as_bytes(), &make(&authenticator), &rules()).is_err());
    }
}

#[test]
fn the_clients_data_must_be_for_this_text_and_our_page() {
    let good = client_data(&text());
    let with = |from: &str, to: &str| {
        assert!(good.contains(from));
        check(&passkey().passkey(ORIGIN, &good.replace(from, to), b""))
    };
    let kind = |error: SignatureError| matches!(error, SignatureError::ClientData(_));
    assert!(kind(with("webauthn.get", "webauthn.create").unwrap_err()));
    assert!(kind(with("\"type\":", "\"kind\":").unwrap_err()));
    assert!(kind(with("\"challenge\":\"", "\"challenge\":\"A").unwrap_err()));
    assert!(kind(with("{", "{\"challenge\":\"x\",").unwrap_err()));
    assert!(kind(with("}", "").unwrap_err()));
    assert!(kind(with("}", "} x").unwrap_err()));
    let cross = with(":false", ":true").unwrap_err();
    assert_eq!(cross, SignatureError::CrossOrigin);
    let framed = with(":false", ":false,\"topOrigin\":\"https://evil.example\"").unwrap_err();
    assert_eq!(framed, SignatureError::CrossOrigin);
    assert!(with(",\"crossOrigin\":false", "").is_ok());
    assert!(with(":false", ":false,\"other_keys_can_be_added_here\":\"do not compare\"").is_ok());
    assert!(with(":false", ":false,\"extra\":[{\"a\":null}]").is_ok());

    // For another text.
    let other = client_data(&text().replace("quantity: 8", "quantity: 9"));
    assert!(kind(check(&passkey().passkey(ORIGIN, &other, b"")).unwrap_err()));
    // Padded, and in the other alphabet of base64.
    let blob = to_be_signed(NAMESPACE, HashAlgorithm::Sha256, text().as_bytes());
    let padded = good.replace(&URL_SAFE_NO_PAD.encode(&blob), &STANDARD.encode(&blob));
    assert!(padded == good || check(&passkey().passkey(ORIGIN, &padded, b"")).is_err());
    // For another namespace.
    let blob = to_be_signed("advice@countersign", HashAlgorithm::Sha256, text().as_bytes());
    let advice = format!(
        r#"{{"type":"webauthn.get","challenge":"{}","origin":"{ORIGIN}"}}"#,
        URL_SAFE_NO_PAD.encode(blob)
    );
    assert!(kind(check(&passkey().passkey(ORIGIN, &advice, b"")).unwrap_err()));

    // Origins: elsewhere in both places, in either place only, and near misses.
    for origin in ["https://evil.example", "http://ledger.example", "https://ledger.example:444"] {
        let data = good.replace(ORIGIN, origin);
        let found = origin.to_owned();
        let error = check(&passkey().passkey(origin, &data, b"")).unwrap_err();
        assert_eq!(error, SignatureError::Origin { found });
        assert!(kind(check(&passkey().passkey(ORIGIN, &data, b"")).unwrap_err()));
        assert!(kind(check(&passkey().passkey(origin, &good, b"")).unwrap_err()));
    }
    let error = check(&passkey().passkey(ORIGIN, &good, &[0xA0])).unwrap_err();
    assert_eq!(error, SignatureError::Extensions);
}

#[test]
fn a_plain_format_does_not_stand_in_for_a_browsers() {
    // The client data's hash signed as if it were a plain authenticator signature, and back.
    let armoured = passkey().passkey(ORIGIN, &client_data(&text()), b"");
    let blob = Sshsig::parse(&armoured).unwrap().blob().to_vec();
    let name = string(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com");
    let place = blob.windows(name.len()).position(|window| window == name).unwrap();
    let mut plain = blob.clone();
    plain.splice(place..place + name.len(), string(b"sk-ecdsa-sha2-nistp256@openssh.com"));
    assert!(Sshsig::from_blob(plain).is_err());
    // ECDSA numbers that are zero, negative, padded or too long.
    let key = passkey().key();
    let name = string(b"sk-ecdsa-sha2-nistp256@openssh.com");
    let one = string(&[1]);
    let order = p256_order();
    for r in [vec![], vec![0], vec![0x80], vec![0, 1], vec![0, 0, 0x80], order, vec![1; 34]] {
        let inner =
            [name.clone(), string(&[string(&r), one.clone()].concat()), vec![5, 0, 0, 0, 0]];
        let error = Sshsig::parse(&armour(key.blob(), "sha512", &inner.concat())).unwrap_err();
        assert!(matches!(error, SignatureError::Malformed(_)), "{r:?}");
    }
}

/// The order of the curve (SEC 2 §2.4.2), as an mpint's content.
fn p256_order() -> Vec<u8> {
    let mut order = vec![0];
    for word in [0xFFFF_FFFF_0000_0000_u64, u64::MAX, 0xBCE6_FAAD_A717_9E84, 0xF3B9_CAC2_FC63_2551]
    {
        order.extend(word.to_be_bytes());
    }
    order
}

#[test]
fn a_browsers_assertion_becomes_the_same_signature() {
    let data = client_data(&text());
    let made = passkey();
    let raw: p256::ecdsa::Signature = p256().sign(&made.signed(data.as_bytes()));
    let authenticator_data =
        [Sha256::digest(RELYING_PARTY).as_slice(), &made.flags.to_be_bytes(), &7_u32.to_be_bytes()]
            .concat();
    let assemble = |authenticator_data: &[u8], der: &[u8]| {
        let (key, data) = (made.key(), data.as_bytes());
        Sshsig::from_assertion(&key, NAMESPACE, ORIGIN, authenticator_data, data, der)
    };
    let signature = assemble(&authenticator_data, raw.to_der().as_bytes()).unwrap();
    assert_eq!(signature.to_armoured(), made.passkey(ORIGIN, &data, b""));
    assert!(check(&signature.to_armoured()).is_ok());
    assert!(assemble(&authenticator_data[1..], raw.to_der().as_bytes()).is_err());
    let extended = [authenticator_data.as_slice(), &[0xA0]].concat();
    let error = assemble(&extended, raw.to_der().as_bytes()).unwrap_err();
    assert_eq!(error, SignatureError::Extensions);
    assert!(assemble(&authenticator_data, &raw.to_bytes()).is_err());
}

#[test]
fn stock_ssh_keygen_accepts_these_signatures_and_less() {
    let dir = tempfile::tempdir().unwrap();
    for (name, authenticator, make) in makes() {
        for flags in [0x05, 0x00, 0x01] {
            let armoured = make(&Authenticator { flags, ..authenticator.clone() });
            let key = Sshsig::parse(&armoured).unwrap().public_key().to_openssh();
            let who = (format!("P-3F9A {key}"), "P-3F9A", NAMESPACE);
            let who = (who.0.as_str(), who.1, who.2);
            let good = keygen::verify(dir.path(), who, (text().as_bytes(), &armoured), None);
            // The stock tool checks key and bytes; that the user was verified, only we do.
            assert!(good.unwrap().starts_with("Good \"decision@countersign\""), "{name}, {flags}");
            assert_eq!(check(&armoured).is_ok(), flags == 0x05, "{name}, {flags}");
            let other = text().replace("quantity: 8", "quantity: 9");
            let bad = keygen::verify(dir.path(), who, (other.as_bytes(), &armoured), None);
            assert!(bad.is_err(), "{name}");
        }
    }
}

#[test]
fn another_implementation_verifies_the_authenticators_signature() {
    for (name, authenticator, make) in makes().into_iter().take(2) {
        let armoured = make(&authenticator);
        let key = Sshsig::parse(&armoured).unwrap().public_key().to_openssh();
        let theirs = ssh_key::PublicKey::from_openssh(&key).expect(name);
        let signature: ssh_key::SshSig = armoured.parse().expect(name);
        theirs.verify(NAMESPACE, text().as_bytes(), &signature).expect(name);
    }
}

#[test]
fn each_changed_byte_is_refused() {
    for (name, authenticator, make) in makes() {
        let blob = Sshsig::parse(&make(&authenticator)).unwrap().blob().to_vec();
        for place in 0..blob.len() {
            let mut changed = blob.clone();
            changed[place] ^= 1;
            let accepted =
                Sshsig::from_blob(changed).is_ok_and(|sig| check(&sig.to_armoured()).is_ok());
            assert!(!accepted, "{name}, byte {place}");
        }
    }
}

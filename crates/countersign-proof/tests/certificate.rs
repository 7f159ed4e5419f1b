//! Certificates: every one round-trips, and nothing but what was issued is accepted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "samples/certificates.rs"]
mod certificates;
#[path = "samples/keygen.rs"]
mod keygen;
#[path = "certificate/oracle.rs"]
mod oracle;
#[path = "certificate/people.rs"]
mod people;
#[path = "samples/statements.rs"]
mod samples;
#[path = "certificate/texts.rs"]
mod texts;

use certificates::{certificate, issuer, moment};
use ciborium::Value;
use countersign_proof::certificate::{
    Certificate, CertificateError, IssuerKey, MAX_BYTES, StatusReference,
};
use countersign_proof::words::{
    Act, CertificateId, Digest, Moment, Quantity, ReleaseId, RequestId, Revision, Window,
};
use countersign_proof::{PublicKey, SoftwareKey};
use ed25519_dalek::Signer as _;
use proptest::prelude::*;
use std::collections::BTreeSet;

const TYPE: &str = "application/vnd.countersign.release+cwt";

fn pinned() -> Vec<PublicKey> {
    vec![issuer().public_key().clone()]
}

fn open(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    Certificate::open(bytes, &pinned())
}

/// Signs any header and any payload with the issuer's key, without the code under test: what a
/// signer who does not keep to the form would make.
fn signed_by_hand(protected: &Value, unprotected: Value, payload: &[u8]) -> Vec<u8> {
    let encode = |value: &Value| {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    };
    let protected = Value::Bytes(encode(protected));
    let signed = Value::Array(vec![
        Value::Text("Signature1".to_owned()),
        protected.clone(),
        Value::Bytes(Vec::new()),
        Value::Bytes(payload.to_vec()),
    ]);
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let signature = secret.sign(&encode(&signed)).to_bytes().to_vec();
    let parts =
        vec![protected, unprotected, Value::Bytes(payload.to_vec()), Value::Bytes(signature)];
    encode(&Value::Tag(18, Box::new(Value::Array(parts))))
}

fn header(pairs: &[(i64, Value)]) -> Value {
    Value::Map(pairs.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
}

fn usual_header() -> Value {
    header(&[(1, Value::from(-8)), (16, Value::from(TYPE))])
}

fn payload_of(bytes: &[u8]) -> Vec<u8> {
    let value: Value = ciborium::from_reader(bytes).unwrap();
    let Value::Tag(18, inner) = value else { panic!("tag 18") };
    inner.into_array().unwrap()[2].clone().into_bytes().unwrap()
}

#[test]
fn what_was_issued_is_read_back() {
    let bytes = certificate().issue(&issuer()).unwrap();
    assert_eq!(open(&bytes).unwrap(), certificate());
    println!("a certificate with two decisions has {} bytes", bytes.len());
    assert!(bytes.len() < 600, "{} bytes: too many for a code that telephones read", bytes.len());
}

#[test]
fn the_hand_made_form_is_the_same_form() {
    let bytes = certificate().issue(&issuer()).unwrap();
    let by_hand = signed_by_hand(&usual_header(), header(&[]), &payload_of(&bytes));
    assert_eq!(by_hand, bytes, "COSE_Sign1 made without the code under test");
}

#[test]
fn every_flipped_byte_is_refused() {
    let bytes = certificate().issue(&issuer()).unwrap();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            assert!(open(&flipped).is_err(), "bit {bit} of byte {place} changed nothing");
        }
    }
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length]).is_err(), "cut to {length} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(open(&longer).is_err(), "a byte after it");
}

#[test]
fn every_changed_claim_is_refused_even_when_signed() {
    // The issuer's own key over a payload that is not in its one form.
    let payload = payload_of(&certificate().issue(&issuer()).unwrap());
    let claims: Value = ciborium::from_reader(payload.as_slice()).unwrap();
    let entries = claims.into_map().unwrap();
    let encode = |entries: Vec<(Value, Value)>| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(entries), &mut bytes).unwrap();
        bytes
    };
    let refused = |payload: &[u8], what: &str| {
        let bytes = signed_by_hand(&usual_header(), header(&[]), payload);
        let error = open(&bytes).expect_err(what);
        assert!(!error.to_string().is_empty() && error.code().starts_with("certificate/"));
        error
    };
    for place in 0..entries.len() {
        let mut fewer = entries.clone();
        fewer.remove(place);
        refused(&encode(fewer), "a claim missing");
        let mut twice = entries.clone();
        twice.insert(place, entries[place].clone());
        refused(&encode(twice), "a claim twice");
        let mut turned = entries.clone();
        turned.swap(place, (place + 1) % entries.len());
        refused(&encode(turned), "claims out of order");
        let mut float = entries.clone();
        float[place].1 = Value::Float(1.0);
        refused(&encode(float), "a float");
    }
    let mut more = entries.clone();
    more.push((Value::from(-70_000), Value::from(1)));
    let error = refused(&encode(more), "an unknown claim");
    assert_eq!(error.code(), "certificate/claim");
    let array = vec![Value::from("UA.Depot-1"), Value::from("UA.Depot-2")];
    let mut audiences = entries.clone();
    audiences[1].1 = Value::Array(array);
    refused(&encode(audiences), "two audiences");
    let longer = [payload.as_slice(), &[0]].concat();
    refused(&longer, "bytes after the claims");
    // The same map of nine entries, of indefinite length (RFC 8949 §3.2.2).
    assert_eq!(payload[0], 0xa9);
    let indefinite = [&[0xbf], &payload[1..], &[0xff]].concat();
    assert_eq!(refused(&indefinite, "indefinite").code(), "certificate/not-canonical");
    // A key that is written longer than it need be: 0x01 as 0x1801.
    let wide = [&payload[..1], &[0x18, 0x01], &payload[2..]].concat();
    assert_eq!(refused(&wide, "a long form").code(), "certificate/not-canonical");
}

#[test]
fn headers_are_pinned() {
    let payload = payload_of(&certificate().issue(&issuer()).unwrap());
    let refused = |protected: &Value, unprotected: Value| {
        open(&signed_by_hand(protected, unprotected, &payload)).expect_err("refused").code()
    };
    let typ = (16, Value::from(TYPE));
    let cases = [
        (header(&[(1, Value::from(-7)), typ.clone()]), "certificate/algorithm"),
        (header(&[(1, Value::from(-19)), typ.clone()]), "certificate/algorithm"),
        (header(std::slice::from_ref(&typ)), "certificate/algorithm"),
        (header(&[(1, Value::from(-8))]), "certificate/envelope"),
        (
            header(&[(1, Value::from(-8)), (16, Value::from("application/statuslist+cwt"))]),
            "certificate/type",
        ),
        (
            header(&[(1, Value::from(-8)), (2, Value::Array(vec![Value::from(16)])), typ.clone()]),
            "certificate/critical",
        ),
        (
            header(&[(1, Value::from(-8)), (4, Value::Bytes(vec![1])), typ.clone()]),
            "certificate/not-canonical",
        ),
    ];
    for (protected, code) in cases {
        assert_eq!(refused(&protected, header(&[])), code);
    }
    let key_id = header(&[(4, Value::Bytes(vec![1]))]);
    assert_eq!(refused(&usual_header(), key_id), "certificate/envelope");
}

#[test]
fn only_pinned_issuers_count() {
    let stranger = IssuerKey::from_seed([99; 32]);
    let bytes = certificate().issue(&stranger).unwrap();
    assert_eq!(open(&bytes), Err(CertificateError::Signature));
    assert_eq!(Certificate::open(&bytes, &[]), Err(CertificateError::NoIssuer));
    let both = [issuer().public_key().clone(), stranger.public_key().clone()];
    assert_eq!(Certificate::open(&bytes, &both).unwrap(), certificate());
    let p256 = SoftwareKey::p256_from_seed([7; 32]).unwrap().public_key().clone();
    assert_eq!(Certificate::open(&bytes, &[p256]), Err(CertificateError::IssuerKey));
}

#[test]
fn what_breaks_a_rule_is_not_issued() {
    let p256 = SoftwareKey::p256_from_seed([7; 32]).unwrap().public_key().clone();
    let window = |from, until| Window::new(moment(from), moment(until)).unwrap();
    let broken = [
        Certificate { quantity: Quantity::ZERO, ..certificate() },
        Certificate { collector: p256, ..certificate() },
        Certificate { act: Act::View, ..certificate() },
        Certificate { issuer: "https://ledger.example".to_owned(), ..certificate() },
        Certificate {
            window: window("2025-06-02T00:00:00.500Z", "2025-06-09T00:00:00Z"),
            ..certificate()
        },
        Certificate {
            decisions: (0..13_u8).map(|number| Digest::of(&[number])).collect(),
            ..certificate()
        },
        Certificate {
            status: StatusReference { index: 0, uri: "no uri".to_owned() },
            ..certificate()
        },
    ];
    for certificate in broken {
        assert!(certificate.issue(&issuer()).is_err(), "{certificate:?}");
    }
    let long = Certificate {
        decisions: (0..12_u8).map(|number| Digest::of(&[number])).collect(),
        ..certificate()
    };
    let bytes = long.issue(&issuer()).unwrap();
    assert!(bytes.len() <= MAX_BYTES, "the most decisions still fit: {}", bytes.len());
}

fn arbitrary() -> impl Strategy<Value = Certificate> {
    let ids = (1..u64::MAX, 1..u64::MAX, 1..u64::MAX, 1..u32::MAX);
    let words = (
        "[A-Za-z0-9][A-Za-z0-9._-]{0,20}",
        "[A-Za-z0-9][A-Za-z0-9._-]{0,20}",
        "[A-Za-z0-9][A-Za-z0-9._-]{0,20}",
    );
    let acts = prop_oneof![Just(Act::Use), Just(Act::Deliver), Just(Act::Transfer)];
    let times = (0..200_000_000_000_u64, 1..1_000_000_u64, 0..200_000_000_000_u64);
    let rest = (
        1..=Quantity::MAX.units(),
        any::<[u8; 32]>(),
        prop::collection::btree_set(any::<[u8; 32]>().prop_map(Digest), 0..6),
        any::<(u64, u64, bool)>(),
    );
    (ids, words, acts, times, rest).prop_map(|(ids, words, act, times, rest)| {
        let at = |seconds: u64| Moment::from_millis(seconds * 1000).unwrap();
        let (quantity, seed, decisions, (entry, index, exercise)) = rest;
        Certificate {
            id: CertificateId(ids.0),
            issuer: "ledger.example/one".to_owned(),
            ledger: Digest::of(&seed),
            exercise,
            depot: words.0.parse().unwrap(),
            release: ReleaseId(ids.1),
            request: RequestId(ids.2),
            revision: Revision(ids.3),
            act,
            item: words.1.parse().unwrap(),
            quantity: Quantity::new(quantity).unwrap(),
            holder: words.2.parse().unwrap(),
            window: Window::new(at(times.0), at(times.0 + times.1)).unwrap(),
            issued_at: at(times.2),
            collector: SoftwareKey::from_seed(seed).public_key().clone(),
            decisions,
            policy: Digest::of(b"policy"),
            entry,
            status: StatusReference { index, uri: "https://ledger.example/one/s".to_owned() },
        }
    })
}

proptest! {
    #[test]
    fn any_certificate_round_trips(certificate in arbitrary()) {
        let bytes = certificate.issue(&issuer()).unwrap();
        prop_assert_eq!(open(&bytes).unwrap(), certificate.clone());
        prop_assert_eq!(certificate.issue(&issuer()).unwrap(), bytes);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn no_signed_payload_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&signed_by_hand(&usual_header(), header(&[]), &bytes)).is_err());
    }

    #[test]
    fn two_certificates_never_share_their_bytes(one in arbitrary(), other in arbitrary()) {
        prop_assume!(one != other);
        prop_assert_ne!(one.issue(&issuer()).unwrap(), other.issue(&issuer()).unwrap());
    }
}

#[test]
fn a_certificate_without_decisions_has_none() {
    let standing = Certificate { decisions: BTreeSet::new(), ..certificate() };
    let bytes = standing.issue(&issuer()).unwrap();
    assert_eq!(open(&bytes).unwrap(), standing);
}

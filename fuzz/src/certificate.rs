//! Certificates, status lists and the texts of depots, with plain CBOR and Ed25519 as oracles.

use super::certificates::{certificate, collector, issuer};
use super::input;
use ciborium::Value;
use countersign_proof::PublicKey;
use countersign_proof::certificate::{
    Account, Certificate, Collection, DepotText, MAX_BYTES, Receipt, ReceiptMode, Sighting, Signed,
    StatusReference,
};
use countersign_proof::status::{Bits, Status, StatusError, StatusList, pack};
use countersign_proof::words::{Digest, Moment, Nonce, Quantity};
use ed25519_dalek::Signer as _;

const CERTIFICATE: &str = "application/vnd.countersign.release+cwt";
const STATUS_LIST: &str = "application/statuslist+cwt";
const URI: &str = "https://ledger.example/one/status";

/// `p`: the claims of a certificate, which the issuer then signs; `h`: a protected header after its
/// length, then claims, signed in the same way; `s`: a status list; `q`: the claims of one, then
/// signed; `u`: an index and the bytes of a list; `d`: a text of a depot; anything else: a
/// certificate.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b'p', rest)) => opened(&signed(&header(CERTIFICATE), rest)),
        Some((b'h', [length, rest @ ..])) => {
            if let Some((header, rest)) = rest.split_at_checked(usize::from(*length)) {
                opened(&signed(header, rest));
            }
        }
        Some((b's', rest)) => list(rest),
        Some((b'q', rest)) => list(&signed(&header(STATUS_LIST), rest)),
        Some((b'u', rest)) => looked_up(rest),
        Some((b'd', rest)) => {
            said::<Collection>(rest);
            said::<Receipt>(rest);
            said::<Account>(rest);
            said::<Sighting>(rest);
        }
        Some((_, rest)) => opened(rest),
        None => {}
    }
}

/// A certificate, a list and texts as they are made, whole and in parts.
pub fn seeds() -> Vec<Vec<u8>> {
    let bytes = certificate().issue(&issuer()).unwrap();
    let payload = payload_of(&bytes);
    let bare = Certificate { exercise: false, decisions: [].into(), ..certificate() };
    let bare = bare.issue(&issuer()).unwrap();
    let header = header(CERTIFICATE);
    let length = [u8::try_from(header.len()).unwrap()];
    let mut seeds = vec![
        input(b'c', &[&bytes]),
        input(b'c', &[&bare]),
        input(b'p', &[&payload]),
        input(b'p', &[&payload_of(&bare)]),
        input(b'h', &[&length, &header, &payload]),
        input(b'u', &[&[0, 1], &pack(&[Status::Valid, Status::Suspended, Status::Invalid])]),
        input(b'u', &[&[1, 0x13], &[0xb9, 0xa3]]),
    ];
    for bits in [Bits::One, Bits::Two] {
        let list = status_list(bits, vec![0x78, 0xda, 1, 2, 3]).issue(&issuer()).unwrap();
        seeds.push(input(b'q', &[&payload_of(&list)]));
        seeds.push(input(b's', &[&list]));
    }
    let (collection, receipt, account, sighting) = texts();
    let texts = [collection.render(), receipt.render(), account.render(), sighting.render()];
    seeds.extend(texts.iter().map(|text| input(b'd', &[text.as_bytes()])));
    seeds
}

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn header(kind: &str) -> Vec<u8> {
    let pairs = vec![(Value::from(1), Value::from(-8)), (Value::from(16), Value::from(kind))];
    encode(&Value::Map(pairs))
}

/// A COSE_Sign1 by the issuer's key, made without the code under test.
fn signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let context = Value::from("Signature1");
    let message = Value::Array(vec![context, bytes(protected), bytes(b""), bytes(payload)]);
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let signature = secret.sign(&encode(&message)).to_bytes();
    let empty = Value::Map(Vec::new());
    let parts = vec![bytes(protected), empty, bytes(payload), bytes(&signature)];
    encode(&Value::Tag(18, Box::new(Value::Array(parts))))
}

fn payload_of(bytes: &[u8]) -> Vec<u8> {
    let value: Value = ciborium::from_reader(bytes).unwrap();
    let Value::Tag(18, inner) = value else { panic!("tag 18") };
    inner.into_array().unwrap()[2].clone().into_bytes().unwrap()
}

fn pinned() -> [PublicKey; 2] {
    [collector().public_key().clone(), issuer().public_key().clone()]
}

/// What a depot opens is what the issuer's key would write, byte for byte.
fn opened(bytes: &[u8]) {
    match Certificate::open(bytes, &pinned()) {
        Ok(certificate) => {
            assert_eq!(certificate.issue(&issuer()).unwrap(), bytes, "a second form");
            assert!(bytes.len() <= MAX_BYTES);
            assert!(certificate.window.from() < certificate.window.until());
            assert!(!certificate.quantity.is_zero());
            assert_eq!(signed(&header(CERTIFICATE), &payload_of(bytes)), bytes);
            assert!(Certificate::open(bytes, &pinned()[..1]).is_err(), "by another key");
            assert!(StatusList::open(bytes, &pinned()).is_err(), "as another type");
        }
        Err(error) => assert!(error.code().starts_with("certificate/")),
    }
}

fn status_list(bits: Bits, compressed: Vec<u8>) -> StatusList {
    StatusList {
        uri: URI.to_owned(),
        issued_at: Moment::from_millis(1_749_000_000_000).unwrap(),
        expires: Moment::from_millis(1_749_086_400_000).unwrap(),
        time_to_live: 43_200,
        bits,
        compressed,
    }
}

fn list(bytes: &[u8]) {
    match StatusList::open(bytes, &pinned()) {
        Ok(list) => {
            assert_eq!(list.issue(&issuer()).unwrap(), bytes, "a second form");
            assert_eq!(signed(&header(STATUS_LIST), &payload_of(bytes)), bytes);
            assert!(list.issued_at < list.expires);
            assert!(Certificate::open(bytes, &pinned()).is_err(), "as another type");
        }
        Err(error) => assert!(error.code().starts_with("status/")),
    }
}

/// A status is found where counting bit by bit finds it.
fn looked_up(bytes: &[u8]) {
    let [a, b, expanded @ ..] = bytes else { return };
    let index = u64::from(u16::from_be_bytes([*a, *b]));
    let bit = |place: u64| {
        let byte = expanded.get(usize::try_from(place / 8).unwrap())?;
        Some(byte >> (place % 8) & 1 == 1)
    };
    for bits in [Bits::One, Bits::Two] {
        let expected = match bits {
            Bits::One => bit(index).map(|set| (set, false)),
            Bits::Two => bit(2 * index).zip(bit(2 * index + 1)),
        };
        let of = StatusReference { index, uri: URI.to_owned() };
        let list = status_list(bits, Vec::new());
        let found = list.status(expanded, &of);
        match expected {
            None => assert!(matches!(found, Err(StatusError::BeyondEnd { .. }))),
            Some((false, false)) => assert_eq!(found, Ok(Status::Valid)),
            Some((true, false)) => assert_eq!(found, Ok(Status::Invalid)),
            Some((false, true)) => assert_eq!(found, Ok(Status::Suspended)),
            Some((true, true)) => assert_eq!(found, Err(StatusError::Unknown(3))),
        }
    }
}

fn texts() -> (Collection, Receipt, Account, Sighting) {
    let certificate = certificate();
    let (ledger, digest) = (certificate.ledger, Digest::of(b"certificate"));
    let (depot, item) = (certificate.depot.clone(), certificate.item.clone());
    let (release, exercise) = (certificate.release, true);
    let at: Moment = "2025-06-02T12:05:00Z".parse().unwrap();
    let units = |number| Quantity::new(number).unwrap();
    let certificate = certificate.id;
    let collection = Collection {
        ledger,
        exercise,
        depot: depot.clone(),
        certificate,
        digest,
        release,
        item: item.clone(),
        quantity: units(3),
        nonce: Nonce([6; 16]),
        expires: at,
    };
    let receipt = Receipt {
        ledger,
        exercise,
        depot: depot.clone(),
        certificate,
        digest,
        release,
        item,
        quantity: units(3),
        total: units(4),
        handed_out_at: at,
        collector: collector().public_key().id(),
        collection: Digest::of(b"collection"),
        mode: ReceiptMode::Full,
        line: 9,
        previous: Digest::of(b"line 8"),
    };
    let account = Account {
        ledger,
        exercise,
        depot: depot.clone(),
        certificate,
        digest,
        release,
        total: units(4),
        receipts: 2,
        last: None,
        closed: true,
        made_at: at,
    };
    let elsewhere = false;
    let sighting =
        Sighting { ledger, exercise, depot, certificate, digest, release, elsewhere, seen_at: at };
    (collection, receipt, account, sighting)
}

/// A text that is read is the one that is written, and its signature holds for it alone.
fn said<T: DepotText + std::fmt::Debug>(bytes: &[u8]) {
    let key = collector();
    let armoured = key.sign_text(T::NAMESPACE, bytes).unwrap();
    let signed = Signed::<T>::verify(bytes, &armoured, key.public_key());
    let Ok(said) = T::parse(bytes) else { return assert!(signed.is_err()) };
    assert_eq!(said.render().as_bytes(), bytes, "a second text");
    assert!(bytes.is_ascii() && bytes.ends_with(b"\n"));
    let signed = signed.unwrap();
    assert_eq!((signed.said(), signed.text().as_bytes()), (&said, bytes));
    let mut changed = bytes.to_vec();
    changed[bytes.len() / 2] ^= 1;
    assert!(Signed::<T>::verify(&changed, &armoured, key.public_key()).is_err());
}

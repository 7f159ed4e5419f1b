//! Texts signed at a depot: stock `ssh-keygen` signs them and checks them.

use super::certificates::{certificate, collector, issuer, moment};
use super::keygen;
use countersign_proof::certificate::{
    Account, Certificate, Collection, DepotText, Receipt, ReceiptMode, Signed, TextError,
};
use countersign_proof::words::{Digest, Nonce, Quantity};
use countersign_proof::{PublicKey, SignatureError, SoftwareKey};
use proptest::prelude::*;

fn units(number: u64) -> Quantity {
    Quantity::new(number).unwrap()
}

fn collection() -> Collection {
    let certificate = certificate();
    Collection {
        ledger: certificate.ledger,
        exercise: true,
        depot: certificate.depot.clone(),
        certificate: certificate.id,
        digest: Certificate::digest(&certificate.issue(&issuer()).unwrap()),
        release: certificate.release,
        item: certificate.item,
        quantity: units(3),
        nonce: Nonce([6; 16]),
        expires: moment("2025-06-02T12:10:00Z"),
    }
}

fn receipt() -> Receipt {
    let asked = collection();
    Receipt {
        ledger: asked.ledger,
        exercise: asked.exercise,
        depot: asked.depot.clone(),
        certificate: asked.certificate,
        digest: asked.digest,
        release: asked.release,
        item: asked.item.clone(),
        quantity: asked.quantity,
        total: units(4),
        handed_out_at: moment("2025-06-02T12:05:00Z"),
        collector: collector().public_key().id(),
        collection: Digest::of(asked.render().as_bytes()),
        mode: ReceiptMode::Full,
        line: 9,
        previous: Digest::of(b"line 8"),
    }
}

fn account() -> Account {
    let receipt = receipt();
    Account {
        ledger: receipt.ledger,
        exercise: receipt.exercise,
        depot: receipt.depot.clone(),
        certificate: receipt.certificate,
        digest: receipt.digest,
        release: receipt.release,
        total: receipt.total,
        receipts: 2,
        last: Some(Digest::of(receipt.render().as_bytes())),
        closed: true,
        made_at: moment("2025-06-09T00:00:00Z"),
    }
}

const COLLECT: &str = "\
countersign: 1
kind: collect
ledger: {ledger}
exercise: yes
depot: UA.Depot-1
certificate: CERT-3
certificate-digest: {digest}
release: REL-8
item: ATACMS
quantity: 3
nonce: 06060606060606060606060606060606
expires: 2025-06-02T12:10:00Z
";

#[test]
fn the_text_is_the_one_written_down() {
    let expected = COLLECT
        .replace("{ledger}", &Digest::of(b"ledger").to_string())
        .replace("{digest}", &collection().digest.to_string());
    assert_eq!(collection().render(), expected);
    assert_eq!(Collection::NAMESPACE, "collect@countersign");
}

fn only_its_own_text<T: DepotText + std::fmt::Debug>(said: &T) {
    let text = said.render();
    assert_eq!(&T::parse(text.as_bytes()).unwrap(), said);
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        if let Ok(other) = T::parse(&changed) {
            assert_ne!(&other, said, "byte {place} may be changed");
            assert_eq!(other.render().into_bytes(), changed, "byte {place}: not the one form");
        }
        assert!(T::parse(&text.as_bytes()[..place]).is_err(), "cut to {place} bytes");
    }
    assert!(T::parse(format!("{text}\n").as_bytes()).is_err(), "a line more");
    assert!(T::parse(text.replace('\n', "\r\n").as_bytes()).is_err(), "other line ends");
}

#[test]
fn texts_have_one_form() {
    only_its_own_text(&collection());
    only_its_own_text(&receipt());
    only_its_own_text(&account());
    only_its_own_text(&Account { last: None, closed: false, ..account() });
    assert!(Receipt::parse(collection().render().as_bytes()).is_err());
}

#[test]
fn stock_ssh_keygen_signs_and_checks_them() {
    let dir = tempfile::tempdir().unwrap();
    let line = keygen::make_key(dir.path(), "ed25519", "collector");
    let key = PublicKey::from_openssh(line.trim_end()).unwrap();
    let text = collection().render();
    let armoured = keygen::sign(dir.path(), "collector", Collection::NAMESPACE, text.as_bytes());
    let signed = Signed::<Collection>::verify(text.as_bytes(), &armoured, &key).unwrap();
    assert_eq!(signed.said(), &collection());
    // And the other way: ours, checked by theirs.
    let depot = SoftwareKey::from_seed([11; 32]);
    let text = receipt().render();
    let armoured = depot.sign_text(Receipt::NAMESPACE, text.as_bytes()).unwrap();
    let allowed = format!("UA.Depot-1 {}", depot.public_key().to_openssh());
    let who = (allowed.as_str(), "UA.Depot-1", Receipt::NAMESPACE);
    keygen::verify(dir.path(), who, (text.as_bytes(), &armoured), None).unwrap();
}

#[test]
fn another_key_text_or_namespace_is_refused() {
    let key = collector();
    let text = collection().render();
    let armoured = key.sign_text(Collection::NAMESPACE, text.as_bytes()).unwrap();
    let verify = |text: &str, armoured: &str, key: &PublicKey| {
        Signed::<Collection>::verify(text.as_bytes(), armoured, key)
    };
    let signed = verify(&text, &armoured, key.public_key()).unwrap();
    assert_eq!(signed.text(), text);
    let stranger = SoftwareKey::from_seed([77; 32]);
    let error = verify(&text, &armoured, stranger.public_key()).unwrap_err();
    assert!(matches!(error, TextError::OtherKey { .. }), "{error}");
    let more = text.replace("quantity: 3", "quantity: 4");
    let error = verify(&more, &armoured, key.public_key()).unwrap_err();
    assert_eq!(error, TextError::Signature(SignatureError::Mismatch));
    let session = key.sign_text("session@countersign", text.as_bytes()).unwrap();
    let error = verify(&text, &session, key.public_key()).unwrap_err();
    assert!(matches!(error, TextError::Signature(SignatureError::Namespace { .. })), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(countersign: 1\n)?(kind: collect\n)?[ -~\n]{0,200}") {
        prop_assert!(Collection::parse(text.as_bytes()).is_err());
    }
}

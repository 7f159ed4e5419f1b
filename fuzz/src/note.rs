//! Signed notes, checkpoints, cosignatures and verifier keys, with `signed_note` and `tlog_tiles`
//! as oracles.

use super::input;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::checkpoint::{CheckpointError, NoteKey as _, SignedNote};
use countersign_proof::cosignature::{WitnessKey, WitnessVerifier};
use countersign_proof::merkle::empty_root;
use countersign_proof::witness::{AddCheckpoint, judge};
use countersign_proof::words::{Digest, Moment};
use countersign_proof::{Checkpoint, LogKey, LogVerifier};
use ed25519_dalek::Signer as _;
use signed_note::{Note, StandardVerifier, VerifierList};

pub(crate) const ORIGIN: &str = "ledger.example/one";
const SEED: [u8; 32] = [3; 32];

/// `t`: a text that the log's key then signs; `k`: a verifier key; `l`: lines added to a note;
/// `c`: a text that a witness's key then cosigns, after the bytes of a time; anything else: the
/// note.
pub fn holds(data: &[u8]) {
    match data.split_first() {
        Some((b't', rest)) => signed_text(rest),
        Some((b'k', rest)) => verifier_key(rest),
        Some((b'l', rest)) => added(rest),
        Some((b'c', rest)) => cosigned_text(rest),
        Some((_, rest)) => note(rest),
        None => {}
    }
}

/// Checkpoints with and without cosignatures, keys of logs and of witnesses.
pub fn seeds() -> Vec<Vec<u8>> {
    let root = Digest::of(b"root");
    let signed = log().sign(41, root);
    let (text, line) = signed.split_once("\n\n").unwrap();
    let lines = [1, 2].map(|number| cosignature(&signed, number)).concat();
    vec![
        input(b'n', &[signed.as_bytes()]),
        input(b'n', &[signed.as_bytes(), lines.as_bytes()]),
        input(b'n', &[log().sign(0, empty_root()).as_bytes()]),
        input(b'n', &[log().sign(u64::MAX, root).as_bytes()]),
        input(b't', &[text.as_bytes(), b"\n"]),
        input(b't', &[text.as_bytes(), b"\nan extension\n"]),
        input(b'k', &[log().verifier().to_string().as_bytes()]),
        input(b'k', &[witness(1).verifier().to_string().as_bytes()]),
        input(b'l', &[line.as_bytes()]),
        input(b'l', &[lines.as_bytes()]),
        input(b'c', &[&1_700_000_000_u64.to_be_bytes(), text.as_bytes(), b"\n"]),
    ]
}

pub(crate) fn log() -> LogKey {
    LogKey::from_seed(ORIGIN, SEED).unwrap()
}

pub(crate) fn witness(number: u8) -> WitnessKey {
    WitnessKey::from_seed(&format!("w{number}.example/witness"), [100 + number; 32]).unwrap()
}

/// The signature line of a witness under a checkpoint of the log.
pub(crate) fn cosignature(note: &str, number: u8) -> String {
    let note = SignedNote::parse(note.as_bytes()).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), note).unwrap();
    let time = Moment::from_millis(1_700_000_000_000).unwrap();
    let logs = [log().verifier().clone()];
    let accepted = judge(&request, witness(99).verifier(), &logs, None, time).unwrap();
    accepted.cosign(&witness(number))
}

fn note(bytes: &[u8]) {
    let theirs = Note::from_bytes(bytes);
    let Ok(ours) = SignedNote::parse(bytes) else {
        assert!(theirs.is_err(), "a note to the oracle");
        return;
    };
    let theirs = theirs.unwrap();
    assert_eq!(ours.to_string().as_bytes(), bytes);
    assert_eq!((ours.text().as_bytes(), bytes), (theirs.text(), theirs.to_bytes().as_slice()));
    assert_eq!(ours.only(|_| true).as_ref(), Some(&ours));
    assert_eq!(ours.only(|_| false), None);
    text(ours.text());
    // The witnesses' keys were never put under anything but the seed's text.
    for number in [1, 2] {
        let key = witness(number);
        if let Ok(Some(cosignature)) = key.verifier().cosigned(&ours) {
            assert_eq!(cosignature.witness, key.verifier().name());
            assert_eq!(cosignature.time.millis(), 1_700_000_000_000);
        }
    }
    opened(bytes);
}

/// Whoever opens a checkpoint sees what the oracle sees under the same key.
fn opened(bytes: &[u8]) {
    let key = log().verifier().clone();
    let verifier = StandardVerifier::new(&key.to_string()).unwrap();
    let list = VerifierList::new(vec![Box::new(verifier)]);
    let theirs = Note::from_bytes(bytes).ok().filter(|note| note.verify(&list).is_ok());
    match Checkpoint::open(bytes, &key) {
        Ok(checkpoint) => {
            let theirs = theirs.unwrap();
            assert_eq!(checkpoint.to_text().as_bytes(), theirs.text());
            assert_eq!(checkpoint.origin, ORIGIN);
        }
        Err(CheckpointError::Unsigned(_)) => assert!(theirs.is_none(), "signed, to the oracle"),
        // The oracle takes the first of several signatures by one key; here each must match.
        Err(CheckpointError::Forged(_)) => {
            let note = SignedNote::parse(bytes).unwrap();
            let own = note.signatures().iter().filter(|line| line.is_by(&key)).count();
            assert!(theirs.is_none() || own > 1, "signed once, to the oracle");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A text by itself, as a checkpoint.
fn text(text: &str) -> Option<Checkpoint> {
    let head = Checkpoint::parse_head(text).ok();
    let ours = Checkpoint::parse_text(text).ok()?;
    assert_eq!(ours.to_text(), text);
    assert_eq!(head.as_ref(), Some(&ours));
    let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
    assert_eq!((theirs.origin(), theirs.size()), (ours.origin.as_str(), ours.size));
    assert_eq!((theirs.hash().0, theirs.extension()), (ours.root.0, ""));
    Some(ours)
}

fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", STANDARD.encode([id.as_slice(), signature].concat()))
}

/// The log's own signature does not make a checkpoint of what is none.
fn signed_text(bytes: &[u8]) {
    let Ok(written) = str::from_utf8(bytes) else { return };
    let secret = ed25519_dalek::SigningKey::from_bytes(&SEED);
    let id = log().verifier().key_id();
    let line = signature_line(ORIGIN, id, &secret.sign(bytes).to_bytes());
    let signed = format!("{written}\n{line}");
    note(signed.as_bytes());
    let checkpoint = text(written).filter(|checkpoint| checkpoint.origin == ORIGIN);
    let found = Checkpoint::open(signed.as_bytes(), log().verifier());
    assert_eq!(found.as_ref().ok(), checkpoint.as_ref(), "{found:?}");
    if let Some(Checkpoint { size, root, .. }) = checkpoint {
        assert_eq!(log().sign(size, root), signed);
    }
}

/// A cosignature counts for its text and its time.
fn cosigned_text(bytes: &[u8]) {
    let Some((time, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Ok(written) = str::from_utf8(rest) else { return };
    let seconds = u64::from_be_bytes(*time);
    let message = format!("cosignature/v1\ntime {seconds}\n{written}");
    let secret = ed25519_dalek::SigningKey::from_bytes(&[101; 32]);
    let mark = secret.sign(message.as_bytes()).to_bytes();
    let key = witness(1).verifier().clone();
    let line = signature_line(key.name(), key.key_id(), &[time.as_slice(), &mark].concat());
    let Ok(note) = SignedNote::parse(format!("{written}\n{line}").as_bytes()) else { return };
    if note.text() != written {
        return;
    }
    match (key.cosigned(&note), seconds.checked_mul(1000).and_then(Moment::from_millis)) {
        (Ok(Some(found)), Some(time)) => assert_eq!(found.time, time),
        // A time that no calendar of ours has.
        (Err(CheckpointError::Forged(_)), None) => {}
        (found, time) => panic!("{found:?} at {time:?}"),
    }
    let later = [(seconds ^ 1).to_be_bytes().as_slice(), &mark].concat();
    let line = signature_line(key.name(), key.key_id(), &later);
    let other = SignedNote::parse(format!("{written}\n{line}").as_bytes()).unwrap();
    assert!(matches!(key.cosigned(&other), Err(CheckpointError::Forged(_))));
}

fn verifier_key(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let log = text.parse::<LogVerifier>().ok();
    let witness = text.parse::<WitnessVerifier>().ok();
    assert!(log.is_none() || witness.is_none(), "a key of two types");
    if let Some(log) = log {
        assert_eq!(log.to_string(), text);
        assert_eq!(LogVerifier::new(log.name(), log.public_key()).unwrap(), log);
        StandardVerifier::new(text).unwrap();
    }
    if let Some(witness) = witness {
        assert_eq!(witness.to_string(), text);
        assert_eq!(WitnessVerifier::new(witness.name(), witness.public_key()).unwrap(), witness);
    }
}

/// Lines that are added leave the text and the lines before them as they were.
fn added(bytes: &[u8]) {
    let Ok(lines) = str::from_utf8(bytes) else { return };
    let signed = log().sign(41, Digest::of(b"root"));
    let before = SignedNote::parse(signed.as_bytes()).unwrap();
    let mut after = before.clone();
    match after.add(lines) {
        Ok(()) => {
            assert_eq!(after.text(), before.text());
            assert_eq!(after.to_string(), format!("{signed}{lines}"));
            assert!(after.signatures().starts_with(before.signatures()));
        }
        Err(_) => assert_eq!(after, before),
    }
    note(format!("{signed}{lines}").as_bytes());
}

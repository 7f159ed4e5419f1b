//! Cosignatures of witnesses, with `signed_note` and plain `ed25519-dalek` as oracles.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::checkpoint::{CheckpointError, NoteKey as _, SignedNote};
use countersign_proof::cosignature::{Cosignature, WitnessKey, WitnessVerifier};
use countersign_proof::witness::{AddCheckpoint, judge};
use countersign_proof::words::{Digest, Moment};
use countersign_proof::{Checkpoint, LogKey};
use ed25519_dalek::Verifier as _;
use signed_note::{Note, StandardVerifier, Verifier, VerifierList};

const ORIGIN: &str = "ledger.example/one";

fn log() -> LogKey {
    LogKey::from_seed(ORIGIN, [3; 32]).unwrap()
}

fn witness(number: u8) -> WitnessKey {
    WitnessKey::from_seed(&format!("w{number}.example/witness"), [number; 32]).unwrap()
}

fn time(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1000).unwrap()
}

/// The signature line of a witness under a note, by way of the only door to it.
fn cosign(key: &WitnessKey, note: &str, seconds: u64) -> String {
    let note = SignedNote::parse(note.as_bytes()).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), note).unwrap();
    judge(&request, witness(99).verifier(), &[log().verifier().clone()], None, time(seconds))
        .unwrap()
        .cosign(key)
}

/// A cosignature verifier written from the specification, on the oracle's trait.
struct Theirs {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

impl Verifier for Theirs {
    fn name(&self) -> &str {
        &self.name
    }
    fn key_id(&self) -> u32 {
        signed_note::key_id(&self.name, &[&[4], self.key.as_bytes().as_slice()].concat())
    }
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let seconds = u64::from_be_bytes(signature[..8].try_into().unwrap());
        let head = format!("cosignature/v1\ntime {seconds}\n");
        let signature = ed25519_dalek::Signature::from_slice(&signature[8..]).unwrap();
        self.key.verify(&[head.as_bytes(), message].concat(), &signature).is_ok()
    }
}

#[test]
fn another_implementation_reads_our_cosignatures() {
    let mut note = log().sign(41, Digest::of(b"root"));
    let mut verifiers: Vec<Box<dyn Verifier>> =
        vec![Box::new(StandardVerifier::new(&log().verifier().to_string()).unwrap())];
    for number in 1..=20 {
        note.push_str(&cosign(&witness(number), &note, 1_700_000_000 + u64::from(number)));
        let key = witness(number).verifier().public_key();
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
        let name = format!("w{number}.example/witness");
        verifiers.push(Box::new(Theirs { name, key }));
    }
    let theirs = Note::from_bytes(note.as_bytes()).unwrap();
    let (verified, unverified) = theirs.verify(&VerifierList::new(verifiers)).unwrap();
    assert_eq!((verified.len(), unverified.len()), (21, 0));
    // And the log's own signature is still what it was.
    assert_eq!(Checkpoint::open(note.as_bytes(), log().verifier()).unwrap().size, 41);
    let ours = SignedNote::parse(note.as_bytes()).unwrap();
    for number in 1..=20 {
        let found = witness(number).verifier().cosigned(&ours).unwrap().unwrap();
        let wanted = Cosignature {
            witness: format!("w{number}.example/witness"),
            time: time(1_700_000_000 + u64::from(number)),
        };
        assert_eq!(found, wanted);
    }
    assert_eq!(witness(21).verifier().cosigned(&ours).unwrap(), None);
    assert_eq!(ours.to_string(), note);
}

/// The line in C2SP tlog-cosignature has a type-04 key id and a time, by a key that is not given.
#[test]
fn the_example_of_the_specification_is_read() {
    let note = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY\
        N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZC\
        B9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = SignedNote::parse(note.as_bytes()).unwrap();
    let line = &note.signatures()[1];
    assert_eq!((line.name.as_str(), line.signature.len()), ("witness.example.com/w1", 72));
    assert_eq!(line.signature[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(witness(1).verifier().cosigned(&note).unwrap(), None);
}

#[test]
fn each_changed_byte_of_text_time_or_signature_refuses_the_note() {
    let signed = log().sign(41, Digest::of(b"root"));
    let line = cosign(&witness(1), &signed, 1_700_000_000);
    let good = SignedNote::parse(format!("{signed}{line}").as_bytes()).unwrap();
    let key = witness(1).verifier().clone();
    assert!(key.cosigned(&good).unwrap().is_some());
    let forged = Err(CheckpointError::Forged("w1.example/witness".to_owned()));
    for other in [log().sign(42, Digest::of(b"root")), log().sign(41, Digest::of(b"toor"))] {
        let note = SignedNote::parse(format!("{other}{line}").as_bytes()).unwrap();
        assert_eq!(key.cosigned(&note), forged);
    }
    let bytes = good.signatures()[1].signature.clone();
    for place in 0..bytes.len() {
        let mut changed = good.signatures()[1].clone();
        changed.signature[place] ^= 1;
        let note = SignedNote::parse(format!("{signed}{changed}\n").as_bytes()).unwrap();
        assert_eq!(key.cosigned(&note), forged, "byte {place}");
        // A good signature beside it does not help.
        let note = SignedNote::parse(format!("{signed}{line}{changed}\n").as_bytes()).unwrap();
        assert_eq!(key.cosigned(&note), forged, "byte {place}");
    }
    for length in [0, 8, 64, 71] {
        let mut short = good.signatures()[1].clone();
        short.signature.truncate(length.max(1));
        let note = SignedNote::parse(format!("{signed}{short}\n").as_bytes()).unwrap();
        assert_eq!(key.cosigned(&note), forged, "{length}");
    }
}

#[test]
fn unknown_keys_are_ignored_and_the_earliest_of_several_counts() {
    let signed = log().sign(41, Digest::of(b"root"));
    let lines: String = [9, 5, 7].map(|seconds| cosign(&witness(1), &signed, seconds)).concat();
    let note = SignedNote::parse(format!("{signed}{lines}").as_bytes()).unwrap();
    let found = witness(1).verifier().cosigned(&note).unwrap().unwrap();
    assert_eq!(found.time, time(5));
    // The same name with another key, and the same key under another name.
    let other = WitnessKey::from_seed("w1.example/witness", [9; 32]).unwrap();
    assert_eq!(other.verifier().cosigned(&note).unwrap(), None);
    let other = WitnessKey::from_seed("w2.example/witness", [1; 32]).unwrap();
    assert_eq!(other.verifier().cosigned(&note).unwrap(), None);
    // A key of a log is another type, so even name and bytes alike are another key.
    let same = LogKey::from_seed("w1.example/witness", [1; 32]).unwrap();
    assert_ne!(same.verifier().key_id(), witness(1).verifier().key_id());
    assert!(same.verifier().to_string().parse::<WitnessVerifier>().is_err());
    assert!(witness(1).verifier().to_string().parse::<countersign_proof::LogVerifier>().is_err());
}

#[test]
fn a_hundred_signatures_are_read_and_lines_are_added_to_a_note() {
    let mut note = SignedNote::parse(log().sign(41, Digest::of(b"root")).as_bytes()).unwrap();
    let signed = note.to_string();
    for number in 1..100 {
        note.add(&cosign(&witness(number), &signed, 1)).unwrap();
    }
    assert_eq!(note.signatures().len(), 100);
    for number in 1..100 {
        assert!(witness(number).verifier().cosigned(&note).unwrap().is_some());
    }
    let full = note.clone();
    assert!(note.add(&cosign(&witness(100), &signed, 1)).is_err());
    for bad in ["", "text\n", "\n\u{2014} a AAAAAAA=\n", "\u{2014} a AAAAAAA="] {
        let mut note = SignedNote::parse(signed.as_bytes()).unwrap();
        assert_eq!(note.add(bad).is_ok(), bad.is_empty(), "{bad:?}");
    }
    assert_eq!(note, full);
    let only = full.only(|line| line.is_by(witness(7).verifier())).unwrap();
    assert_eq!(only.signatures().len(), 1);
    assert!(full.only(|_| false).is_none());
}

#[test]
fn verifier_keys_of_witnesses_have_one_text() {
    let text = witness(1).verifier().to_string();
    assert_eq!(text.parse::<WitnessVerifier>().unwrap(), *witness(1).verifier());
    let (name, rest) = text.split_once('+').unwrap();
    let (id, key) = rest.split_once('+').unwrap();
    let public = witness(1).verifier().public_key();
    let theirs = signed_note::key_id(name, &[&[4], public.as_slice()].concat());
    assert_eq!(id, format!("{theirs:08x}"));
    for bad in [
        format!("{name}+{id}"),
        format!("{name}+00000000+{key}"),
        format!("other+{id}+{key}"),
        format!("{name}+{}+{key}", id.to_uppercase()),
        format!("{name}+{id}+{}", key.trim_end_matches('=')),
        format!("{name}+{id}+AA=="),
        format!("{name}+{id}+"),
        format!(" {text}"),
    ] {
        assert!(bad.parse::<WitnessVerifier>().is_err() || bad == text, "{bad}");
    }
    for name in ["", "a b", "a+b", "a\u{A0}b", "a\nb", &"a".repeat(257)] {
        assert!(WitnessKey::from_seed(name, [3; 32]).is_err(), "{name:?}");
    }
    assert!(WitnessKey::from_seed("köln.example", [3; 32]).is_ok());
    assert!(WitnessVerifier::new("w", [0; 32]).is_err());
    assert!(!format!("{:?}", witness(77)).contains("77, 77"));
}

//! Checkpoints and signed notes, with the crates `signed_note` and `tlog_tiles` as oracles.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::checkpoint::{CheckpointError, SignedNote};
use countersign_proof::merkle::empty_root;
use countersign_proof::words::Digest;
use countersign_proof::{Checkpoint, LogKey, LogVerifier};
use proptest::prelude::*;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};

const ORIGIN: &str = "ledger.example/one";

fn key() -> LogKey {
    LogKey::from_seed(ORIGIN, [3; 32]).unwrap()
}

fn root() -> Digest {
    Digest::of(b"root")
}

/// The oracle's text form of a private key, made from a seed.
fn their_signer(name: &str, seed: [u8; 32]) -> StandardSigner {
    let public = LogKey::from_seed(name, seed).unwrap().verifier().public_key();
    let id = signed_note::key_id(name, &[&[1], public.as_slice()].concat());
    let secret = STANDARD.encode([&[1], seed.as_slice()].concat());
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{id:08x}+{secret}")).unwrap()
}

#[test]
fn another_implementation_opens_our_checkpoints() {
    for size in [0, 1, 41, u64::MAX] {
        let root = if size == 0 { empty_root() } else { root() };
        let note = key().sign(size, root);
        let theirs = Note::from_bytes(note.as_bytes()).unwrap();
        let verifier = StandardVerifier::new(&key().verifier().to_string()).unwrap();
        let (verified, unverified) =
            theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!((verified.len(), unverified.len()), (1, 0));
        let read = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
        assert_eq!((read.origin(), read.size(), read.hash().0), (ORIGIN, size, root.0));
        assert_eq!(read.to_bytes(), theirs.text());
        let opened = Checkpoint::open(note.as_bytes(), key().verifier()).unwrap();
        assert_eq!(opened, Checkpoint { origin: ORIGIN.to_owned(), size, root });
    }
}

#[test]
fn we_open_checkpoints_of_another_implementation_with_other_signatures_on_them() {
    let text = Checkpoint { origin: ORIGIN.to_owned(), size: 41, root: root() }.to_text();
    let mut theirs = Note::new(text.as_bytes(), &[]).unwrap();
    let witnesses: Vec<_> =
        (10..25).map(|number| their_signer(&format!("w{number}.example"), [number; 32])).collect();
    let log = their_signer(ORIGIN, [3; 32]);
    let mut signers: Vec<&dyn signed_note::Signer> = Vec::new();
    signers.extend(witnesses.iter().map(|signer| signer as &dyn signed_note::Signer));
    signers.push(&log);
    theirs.add_sigs(&signers).unwrap();
    let note = theirs.to_bytes();
    assert_eq!(SignedNote::parse(&note).unwrap().signatures().len(), 16);
    assert_eq!(Checkpoint::open(&note, key().verifier()).unwrap().size, 41);

    let witness = LogKey::from_seed("w10.example", [10; 32]).unwrap();
    let parsed = SignedNote::parse(&note).unwrap();
    let known = [key().verifier().clone(), witness.verifier().clone()];
    let known: Vec<_> = known.iter().collect();
    assert_eq!(parsed.verify(&known).unwrap(), known);
    // The witness signed it, and yet it is no checkpoint of a log of that name.
    let error = Checkpoint::open(&note, witness.verifier()).unwrap_err();
    assert!(matches!(error, CheckpointError::OtherLog { .. }), "{error}");
}

#[test]
fn a_known_key_whose_signature_fails_refuses_the_whole_note() {
    let good = key().sign(41, root());
    let forged = key().sign(42, root());
    let line = |note: &str| note.lines().last().unwrap().to_owned();
    let open = |note: &str| Checkpoint::open(note.as_bytes(), key().verifier());
    assert!(open(&good).is_ok());
    let both = format!("{good}{}\n", line(&forged));
    assert_eq!(open(&both).unwrap_err(), CheckpointError::Forged(ORIGIN.to_owned()));
    let swapped = good.replace(&line(&good), &line(&forged));
    assert_eq!(open(&swapped).unwrap_err(), CheckpointError::Forged(ORIGIN.to_owned()));
    // The same name with another key, and another name with the same key id: both unknown.
    let other = LogKey::from_seed(ORIGIN, [4; 32]).unwrap().sign(41, root());
    let unsigned = |error| matches!(error, CheckpointError::Unsigned(of) if of.starts_with(ORIGIN));
    assert!(unsigned(open(&other).unwrap_err()));
    assert!(open(&format!("{good}{}\n", line(&other))).is_ok());
    let renamed = line(&forged).replace(ORIGIN, "ledger.example/two");
    assert!(open(&format!("{good}{renamed}\n")).is_ok());
    // A checkpoint of another log, signed by our key.
    let text = format!("ledger.example/two\n41\n{}\n", STANDARD.encode(root().0));
    let mut foreign = Note::new(text.as_bytes(), &[]).unwrap();
    foreign.add_sigs(&[&their_signer(ORIGIN, [3; 32])]).unwrap();
    let error = Checkpoint::open(&foreign.to_bytes(), key().verifier()).unwrap_err();
    assert!(matches!(error, CheckpointError::OtherLog { .. }), "{error}");
}

#[test]
fn each_changed_byte_is_refused() {
    let note = key().sign(41, root()).into_bytes();
    for place in 0..note.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = note.clone();
            changed[place] ^= flip;
            assert!(Checkpoint::open(&changed, key().verifier()).is_err(), "byte {place}");
        }
        assert!(Checkpoint::open(&note[..place], key().verifier()).is_err());
    }
}

#[test]
fn the_text_of_a_checkpoint_is_read_strictly() {
    let good = Checkpoint { origin: ORIGIN.to_owned(), size: 41, root: root() }.to_text();
    assert!(Checkpoint::parse_text(&good).is_ok());
    let hash = STANDARD.encode(root().0);
    let bad = [
        good.trim_end().to_owned(),
        format!("{good}extension\n"),
        format!("{good}\n"),
        format!("\n{good}"),
        good.replace("41", "041"),
        good.replace("41", "+41"),
        good.replace("41", "-1"),
        good.replace("41", "0"),
        good.replace("41", "18446744073709551616"),
        good.replace("41", ""),
        good.replace('\n', "\r\n"),
        good.replace(&hash, hash.trim_end_matches('=')),
        good.replace(&hash, &format!("{hash}{hash}")),
        good.replace(&hash, "AAAA"),
        good.replace(ORIGIN, ""),
        good.replace(ORIGIN, "a b"),
        good.replace(ORIGIN, "https://ledger.example"),
    ];
    for text in bad {
        assert!(Checkpoint::parse_text(&text).is_err(), "{text:?}");
    }
}

#[test]
fn notes_are_read_strictly() {
    let good = key().sign(41, root());
    let line = good.lines().last().unwrap();
    for bad in [
        good.replace("\n\n", "\n"),
        good.replace('\u{2014}', "-"),
        good.replace("\u{2014} ", "\u{2014}"),
        good.replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} "),
        good.replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} a+b"),
        good.replace(&format!("\u{2014} {ORIGIN}"), "\u{2014} a\u{A0}b"),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("{good}{line} \n"),
        good.replace('=', ""),
        good.replace(line, "\u{2014} a AAAAAA=="),
        good.replace(ORIGIN, "a\tb"),
        format!("{good}{}", format!("{line}\n").repeat(100)),
    ] {
        assert!(SignedNote::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(
        SignedNote::parse(format!("{good}{}", format!("{line}\n").repeat(99)).as_bytes()).is_ok()
    );
}

#[test]
fn verifier_keys_have_one_text() {
    let text = key().verifier().to_string();
    assert_eq!(text.parse::<LogVerifier>().unwrap(), *key().verifier());
    // The example of the Go package golang.org/x/mod/sumdb/note.
    let known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(known.parse::<LogVerifier>().unwrap().to_string(), known);
    for bad in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "peterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10Q=",
        " PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert!(bad.parse::<LogVerifier>().is_err(), "{bad:?}");
    }
    for name in ["", "a b", "a+b", "é", "https://a.example", &"a".repeat(129)] {
        assert!(LogKey::from_seed(name, [3; 32]).is_err(), "{name:?}");
    }
    assert!(LogVerifier::new(ORIGIN, [0; 32]).is_err());
    assert!(!format!("{:?}", key()).contains("3, 3"));
}

proptest! {
    #[test]
    fn arbitrary_notes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        body in "\\PC{0,40}(\n\\PC{0,40}){0,4}\n",
        lines in "(— \\PC{0,9} [A-Za-z0-9+/=]{0,12}\n){0,3}",
    ) {
        let text = format!("{body}\n{lines}");
        let _ = SignedNote::parse(&bytes);
        let _ = SignedNote::parse(text.as_bytes());
        let _ = text.parse::<LogVerifier>();
        prop_assert!(Checkpoint::open(text.as_bytes(), key().verifier()).is_err());
    }
}

//! What a witness answers, rule by rule, and what it can prove.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::checkpoint::SignedNote;
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::merkle::{consistency_proof, empty_root, leaf_hash, tree_head};
use countersign_proof::witness::{
    AddCheckpoint, Misbehaviour, MisbehaviourError, Refusal, Refused, Seen, judge,
};
use countersign_proof::words::{Digest, Moment};
use countersign_proof::{LogKey, LogVerifier};
use proptest::prelude::*;

const ORIGIN: &str = "ledger.example/one";
const NOW: u64 = 1_700_000_000_000;

fn log() -> LogKey {
    LogKey::from_seed(ORIGIN, [3; 32]).unwrap()
}

fn logs() -> Vec<LogVerifier> {
    let other = LogKey::from_seed("ledger.example/two", [4; 32]).unwrap();
    vec![other.verifier().clone(), log().verifier().clone()]
}

fn own() -> WitnessKey {
    WitnessKey::from_seed("w.example", [9; 32]).unwrap()
}

fn now() -> Moment {
    Moment::from_millis(NOW).unwrap()
}

/// The leaves of one history; `branch` differs from the main one from `from` on.
fn history(from: u64, branch: &str) -> Vec<Digest> {
    (0..40)
        .map(|index| {
            let branch = if index < from { "main" } else { branch };
            leaf_hash(format!("{branch} {index}").as_bytes())
        })
        .collect()
}

fn note(leaves: &[Digest], size: u64) -> SignedNote {
    let root = tree_head(leaves, size).unwrap();
    SignedNote::parse(log().sign(size, root).as_bytes()).unwrap()
}

fn request(leaves: &[Digest], old: u64, size: u64) -> AddCheckpoint {
    let proof = consistency_proof(leaves, old, size).unwrap();
    AddCheckpoint::new(old, proof, note(leaves, size)).unwrap()
}

fn seen(leaves: &[Digest], size: u64) -> Seen {
    judge(&request(leaves, 0, size), own().verifier(), &logs(), None, now()).unwrap().seen().clone()
}

fn answer(request: &AddCheckpoint, last: Option<&Seen>) -> Result<Seen, Refused> {
    judge(request, own().verifier(), &logs(), last, now()).map(|accepted| accepted.seen().clone())
}

#[test]
fn a_log_that_only_grows_is_cosigned_from_every_size_to_every_other() {
    let main = history(40, "main");
    for size in 0..=40 {
        for old in 0..=size {
            let last = (old > 0).then(|| seen(&main, old));
            let found = answer(&request(&main, old, size), last.as_ref()).unwrap();
            assert_eq!((found.checkpoint.size, found.note), (size, note(&main, size)));
        }
    }
}

#[test]
fn each_rule_has_its_status() {
    let main = history(40, "main");
    let last = seen(&main, 7);
    let refused = |request: &AddCheckpoint| answer(request, Some(&last)).unwrap_err().refusal;
    let check = |request: &AddCheckpoint, code: &str, status: u16| {
        let refusal = refused(request);
        assert_eq!((refusal.code(), refusal.status()), (code, status), "{refusal}");
        refusal
    };

    let foreign = LogKey::from_seed("elsewhere.example", [5; 32]).unwrap();
    let foreign = SignedNote::parse(foreign.sign(1, leaf_hash(b"")).as_bytes()).unwrap();
    check(&AddCheckpoint::new(7, vec![], foreign).unwrap(), "witness/log-unknown", 404);

    // Signed by another key of that name, by the other log, and by ours under another text.
    let root = tree_head(&main, 9).unwrap();
    let imposter = LogKey::from_seed(ORIGIN, [6; 32]).unwrap().sign(9, root);
    let imposter = SignedNote::parse(imposter.as_bytes()).unwrap();
    let unsigned = AddCheckpoint::new(7, vec![], imposter).unwrap();
    check(&unsigned, "witness/log-signature-missing", 403);
    let text = note(&main, 9).to_string().replacen("\n9\n", "\n10\n", 1);
    let forged = SignedNote::parse(text.as_bytes()).unwrap();
    let forged = AddCheckpoint::new(7, vec![], forged).unwrap();
    check(&forged, "witness/log-signature-missing", 403);

    let shrinking = AddCheckpoint::new(10, vec![], note(&main, 9)).unwrap();
    check(&shrinking, "witness/old-size-too-large", 400);

    for old in [0, 6, 8] {
        let refusal = check(&request(&main, old, 9), "witness/old-size-stale", 409);
        assert_eq!(refusal.answer(), ("text/x.tlog.size", "7\n".to_owned()));
    }
    let refusal = answer(&request(&main, 7, 9), None).unwrap_err().refusal;
    assert_eq!(refusal.answer(), ("text/x.tlog.size", "0\n".to_owned()));

    let fork = history(3, "fork");
    let other = AddCheckpoint::new(7, vec![], note(&fork, 7)).unwrap();
    let refusal = check(&other, "witness/other-root", 409);
    assert_eq!(refusal.answer().0, "text/plain; charset=utf-8");

    let good = request(&main, 7, 9);
    for proof in [vec![], good.proof()[1..].to_vec(), [good.proof(), &[root]].concat()] {
        let request = AddCheckpoint::new(7, proof, note(&main, 9)).unwrap();
        check(&request, "witness/proof-invalid", 422);
    }
    check(&request(&fork, 7, 9), "witness/proof-invalid", 422);
    // The same size again needs an empty proof; from nothing, too.
    let more = AddCheckpoint::new(7, vec![root], note(&main, 7)).unwrap();
    check(&more, "witness/proof-invalid", 422);
    let more = AddCheckpoint::new(0, vec![root], note(&main, 7)).unwrap();
    let refusal = answer(&more, None).unwrap_err().refusal;
    assert!(matches!(refusal, Refusal::Inconsistent(_)));
    assert!(answer(&AddCheckpoint::new(7, vec![], note(&main, 7)).unwrap(), Some(&last)).is_ok());
}

#[test]
fn a_log_without_entries_has_one_root() {
    let empty = log().sign(0, empty_root());
    let body = format!("old 0\n\n{empty}");
    let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
    let first = answer(&request, None).unwrap();
    assert_eq!(first.checkpoint.size, 0);
    assert!(answer(&request, Some(&first)).is_ok());
    let main = history(40, "main");
    assert!(answer(&self::request(&main, 0, 5), Some(&first)).is_ok());
    let other = format!("old 0\n\n{}", log().sign(0, leaf_hash(b"")));
    assert!(AddCheckpoint::parse(other.as_bytes()).is_err());
    // Once it has entries, it is never empty again.
    let refusal = answer(&request, Some(&seen(&main, 5))).unwrap_err().refusal;
    assert_eq!(refusal, Refusal::Stale { size: 5 });
}

#[test]
fn a_clock_that_goes_back_does_not_move_a_cosignature_back() {
    let main = history(40, "main");
    let last = seen(&main, 5);
    let early = Moment::from_millis(NOW - 5000).unwrap();
    let accepted =
        judge(&request(&main, 5, 6), own().verifier(), &logs(), Some(&last), early).unwrap();
    assert_eq!(accepted.seen().time, last.time);
}

#[test]
fn what_others_signed_is_not_kept_and_extension_lines_are_cosigned() {
    let main = history(40, "main");
    let witness = own();
    let first = judge(&request(&main, 0, 5), own().verifier(), &logs(), None, now()).unwrap();
    let mut cosigned = note(&main, 5);
    cosigned.add(&first.cosign(&witness)).unwrap();
    cosigned.add("\u{2014} somebody.example AAAAAAAAAAA=\n").unwrap();
    let again = AddCheckpoint::new(5, vec![], cosigned).unwrap();
    let again = answer(&again, Some(first.seen())).unwrap();
    assert_eq!(again.note, note(&main, 5));

    let text = format!("{ORIGIN}\n5\n{}\nmore\n", STANDARD.encode([7; 32]));
    let key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
    let signature = ed25519_dalek::Signer::sign(&key, text.as_bytes()).to_bytes();
    let id = countersign_proof::checkpoint::NoteKey::key_id(log().verifier());
    let line = STANDARD.encode([id.as_slice(), &signature].concat());
    let body = format!("old 0\n\n{text}\n\u{2014} {ORIGIN} {line}\n");
    let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
    let accepted = judge(&request, own().verifier(), &logs(), None, now()).unwrap();
    let mut extended = accepted.seen().note.clone();
    extended.add(&accepted.cosign(&witness)).unwrap();
    assert!(witness.verifier().cosigned(&extended).unwrap().is_some());
}

#[test]
fn a_witness_that_meets_its_own_forgotten_cosignature_stops() {
    let main = history(40, "main");
    let (five, nine) = (seen(&main, 5), seen(&main, 9));
    let mut cosigned = note(&main, 9);
    let accepted = judge(&request(&main, 5, 9), own().verifier(), &logs(), Some(&five), now());
    cosigned.add(&accepted.unwrap().cosign(&own())).unwrap();
    let proof = consistency_proof(&main, 5, 9).unwrap();
    let again = AddCheckpoint::new(5, proof, cosigned.clone()).unwrap();
    for last in [None, Some(&five), Some(&seen(&history(3, "fork"), 9))] {
        let refusal = answer(&again, last).unwrap_err().refusal;
        assert_eq!((refusal.code(), refusal.status()), ("witness/memory-lost", 503));
    }
    let again = AddCheckpoint::new(9, vec![], cosigned).unwrap();
    assert!(answer(&again, Some(&nine)).is_ok());
    let refusal = answer(&again, Some(&seen(&main, 12))).unwrap_err().refusal;
    assert_eq!(refusal, Refusal::Stale { size: 12 });
}

#[test]
fn requests_are_read_strictly() {
    let main = history(40, "main");
    let good = request(&main, 7, 9).to_string();
    let parsed = AddCheckpoint::parse(good.as_bytes()).unwrap();
    assert_eq!((parsed.to_string(), parsed.old()), (good.clone(), 7));
    let hash = STANDARD.encode(parsed.proof()[0].0);
    for bad in [
        String::new(),
        good.replacen("old 7", "old 07", 1),
        good.replacen("old 7", "old  7", 1),
        good.replacen("old 7", "old -7", 1),
        good.replacen("old 7", "old 18446744073709551616", 1),
        good.replacen("old 7", "Old 7", 1),
        good.replacen("old 7\n", "", 1),
        good.replacen("\n\n", "\n", 1),
        good.replacen('\n', "\r\n", 1),
        good.replacen(&hash, hash.trim_end_matches('='), 1),
        good.replacen(&hash, &format!("{hash} "), 1),
        good.replacen("old 7\n", &format!("old 7\n{}", format!("{hash}\n").repeat(63)), 1),
        good.trim_end().to_owned(),
        format!("\n{good}"),
    ] {
        assert!(AddCheckpoint::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let (size, count) = (9, parsed.proof().len());
    let most = good.replacen(
        "old 7\n",
        &format!("old {size}\n{}", format!("{hash}\n").repeat(63 - count)),
        1,
    );
    assert_eq!(AddCheckpoint::parse(most.as_bytes()).unwrap().proof().len(), 63);
}

#[test]
fn two_histories_are_proved_to_anyone() {
    let (main, fork) = (history(40, "main"), history(3, "fork"));
    for size in [5, 6, 7, 8, 13, 20] {
        let last = seen(&main, size);
        // The same size with another root.
        let other = AddCheckpoint::new(0, vec![], note(&fork, size)).unwrap();
        let found = answer(&other, Some(&last)).unwrap_err().misbehaviour.unwrap();
        found.verify().unwrap();
        let text = found.to_string();
        assert_eq!(Misbehaviour::parse(text.as_bytes()).unwrap(), *found);
        // A larger one, with the proof that holds within the forked history. Where the old size
        // is a power of two, that proof does not say how the fork begins.
        let other = request(&fork, size, 25);
        let refused = answer(&other, Some(&last)).unwrap_err();
        assert_eq!(refused.refusal.status(), 422);
        assert_eq!(refused.misbehaviour.is_some(), !size.is_power_of_two(), "{size}");
        if let Some(found) = refused.misbehaviour {
            let text = found.to_string();
            let found = Misbehaviour::parse(text.as_bytes()).unwrap();
            let sizes = found.checkpoints().unwrap().map(|checkpoint| checkpoint.size);
            assert_eq!(sizes, [size, 25]);
            assert_eq!(found.log(), log().verifier());
        }
        // Whoever holds the forked history proves it at every size.
        let prefix = tree_head(&fork, size).unwrap();
        let proof = consistency_proof(&fork, size, 25).unwrap();
        let (earlier, later) = (note(&main, size), note(&fork, 25));
        Misbehaviour::new(log().verifier(), earlier, later, Some((prefix, proof))).unwrap();
    }
}

#[test]
fn an_honest_log_cannot_be_accused() {
    let (main, fork) = (history(40, "main"), history(3, "fork"));
    let accuse = |earlier: SignedNote, later: SignedNote, prefix| {
        Misbehaviour::new(log().verifier(), earlier, later, prefix)
    };
    let (five, nine) = (note(&main, 5), note(&main, 9));
    let none = MisbehaviourError::NoConflict;
    assert_eq!(accuse(five.clone(), five.clone(), None), Err(none.clone()));
    assert_eq!(accuse(five.clone(), nine.clone(), None), Err(none.clone()));
    let root = |leaves: &[Digest], size| tree_head(leaves, size).unwrap();
    let proof = consistency_proof(&main, 5, 9).unwrap();
    let honest = Some((root(&main, 5), proof.clone()));
    assert_eq!(accuse(five.clone(), nine.clone(), honest), Err(none.clone()));
    // A made-up beginning does not lead to what the log signed.
    let made_up = Some((root(&fork, 5), proof));
    let error = accuse(five.clone(), nine.clone(), made_up).unwrap_err();
    assert!(matches!(error, MisbehaviourError::Prefix(_)), "{error}");
    let made_up = Some((root(&fork, 5), consistency_proof(&fork, 5, 9).unwrap()));
    assert!(accuse(five.clone(), nine.clone(), made_up).is_err());
    // Every history begins with nothing, whatever root is claimed for it.
    let empty = SignedNote::parse(log().sign(0, empty_root()).as_bytes()).unwrap();
    assert!(accuse(empty.clone(), nine.clone(), Some((empty_root(), vec![]))).is_err());
    // Checkpoints that the log did not sign, or that are of other logs.
    let other = LogKey::from_seed(ORIGIN, [6; 32]).unwrap().sign(5, root(&fork, 5));
    let other = SignedNote::parse(other.as_bytes()).unwrap();
    assert!(accuse(five.clone(), other, None).is_err());
    // A request that anyone could have sent proves nothing.
    let last = seen(&main, 7);
    let nonsense = AddCheckpoint::new(7, vec![root(&fork, 4); 4], note(&main, 9)).unwrap();
    assert_eq!(answer(&nonsense, Some(&last)).unwrap_err().misbehaviour, None);

    let good = accuse(five, note(&fork, 5), None).unwrap().to_string();
    for place in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[place] ^= 1;
        assert!(Misbehaviour::parse(&changed).is_err(), "byte {place}");
        assert!(Misbehaviour::parse(&good.as_bytes()[..place]).is_err());
    }
}

proptest! {
    #[test]
    fn a_witness_never_cosigns_two_histories(
        steps in proptest::collection::vec((0..4_u8, 0..=40_u64, 0..=40_u64), 1..40),
    ) {
        let branches = [
            history(40, "main"), history(20, "late"), history(3, "early"), history(0, "other"),
        ];
        let mut last: Option<Seen> = None;
        for (branch, old, size) in steps {
            let leaves = &branches[usize::from(branch)];
            let proof = consistency_proof(leaves, old.min(size), size).unwrap();
            let request = AddCheckpoint::new(old, proof, note(leaves, size)).unwrap();
            if let Ok(accepted) = answer(&request, last.as_ref()) {
                if let Some(last) = &last {
                    let grown = branches.iter().any(|leaves| {
                        let root = |size| tree_head(leaves, size).unwrap();
                        last.checkpoint.root == root(last.checkpoint.size)
                            && accepted.checkpoint.root == root(accepted.checkpoint.size)
                    });
                    prop_assert!(grown && accepted.checkpoint.size >= last.checkpoint.size);
                }
                last = Some(accepted);
            }
        }
    }

    #[test]
    fn arbitrary_requests_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        old in any::<u64>(), size in any::<u64>(),
        hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..63),
    ) {
        prop_assert!(AddCheckpoint::parse(&bytes).is_err());
        prop_assert!(Misbehaviour::parse(&bytes).is_err());
        let proof: Vec<_> = hashes.into_iter().map(Digest).collect();
        let root = Digest::of(b"root");
        let note = SignedNote::parse(log().sign(size.max(1), root).as_bytes()).unwrap();
        let request = AddCheckpoint::new(old, proof, note).unwrap();
        let main = history(40, "main");
        let _ = judge(&request, own().verifier(), &logs(), Some(&seen(&main, 7)), now());
        let _ = judge(&request, own().verifier(), &logs(), None, now());
    }
}

//! Trust files and offline proofs of entries.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::LogKey;
use countersign_proof::checkpoint::{CheckpointError, SignedNote};
use countersign_proof::cosignature::WitnessKey;
use countersign_proof::merkle::{inclusion_proof, leaf_hash, tree_head};
use countersign_proof::tlog_proof::{TlogProof, TlogProofError};
use countersign_proof::trust::{Quorum, Trust, TrustRefusal, Trusted};
use countersign_proof::witness::{AddCheckpoint, judge};
use countersign_proof::words::{Digest, Moment};
use proptest::prelude::*;

const ORIGIN: &str = "ledger.example/one";

fn log() -> LogKey {
    LogKey::from_seed(ORIGIN, [3; 32]).unwrap()
}

fn witness(number: u8) -> WitnessKey {
    WitnessKey::from_seed(&format!("w{number}.example"), [100 + number; 32]).unwrap()
}

fn vkey(number: u8) -> String {
    witness(number).verifier().to_string()
}

/// The checkpoint of 9 entries, cosigned by some witnesses.
fn cosigned(numbers: &[u8]) -> SignedNote {
    let root = tree_head(&leaves(), 9).unwrap();
    let mut note = SignedNote::parse(log().sign(9, root).as_bytes()).unwrap();
    let request = AddCheckpoint::new(0, vec![], note.clone()).unwrap();
    let time = Moment::from_millis(1_700_000_000_000).unwrap();
    for number in numbers {
        let accepted =
            judge(&request, witness(99).verifier(), &[log().verifier().clone()], None, time)
                .unwrap();
        note.add(&accepted.cosign(&witness(*number))).unwrap();
    }
    note
}

fn leaves() -> Vec<Digest> {
    (0..9_u8).map(|index| leaf_hash(&[index])).collect()
}

/// The example of C2SP tlog-policy.
fn example() -> String {
    let mut text = format!("log {}\n\n", log().verifier());
    for number in 1..=3 {
        text.push_str(&format!("witness X{number} {}\n", vkey(number)));
    }
    text.push_str("group X-witnesses 2 X1 X2 X3\n\n");
    for number in 4..=6 {
        text.push_str(&format!("witness Y{} {}\n", number - 3, vkey(number)));
    }
    text.push_str("group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\n");
    text.push_str("quorum X-and-Y\n");
    text
}

fn judged(trust: &str, numbers: &[u8]) -> Result<Trusted, TrustRefusal> {
    Trust::parse(trust.as_bytes()).unwrap().judge(&cosigned(numbers))
}

#[test]
fn the_example_of_the_specification_is_judged_as_it_says() {
    for signed in 0..64_u8 {
        let numbers: Vec<u8> = (1..=6).filter(|number| signed >> (number - 1) & 1 == 1).collect();
        let xs = numbers.iter().filter(|number| **number <= 3).count();
        let good = xs >= 2 && numbers.len() > xs;
        let found = judged(&example(), &numbers);
        assert_eq!(found.is_ok(), good, "{numbers:?}");
        if let Ok(trusted) = found {
            assert_eq!(trusted.checkpoint.size, 9);
            assert_eq!(trusted.cosignatures.len(), numbers.len());
        }
    }
    let refusal = judged(&example(), &[1, 4]).unwrap_err().to_string();
    assert_eq!(
        refusal,
        "too few witnesses cosigned: X-and-Y needs 2 of 2 and has 1 (X-witnesses needs 2 of 3 and \
         has 1 (X2 has not, X3 has not))"
    );
}

#[test]
fn single_witnesses_and_no_witness_can_be_the_quorum() {
    let log = format!("log {}\n", log().verifier());
    let one = format!("{log}witness w {}\nquorum w\n", vkey(1));
    assert!(judged(&one, &[1]).is_ok() && judged(&one, &[2]).is_err());
    let none = format!("{log}quorum none");
    assert!(judged(&none, &[]).is_ok());
    assert_eq!(*Trust::parse(none.as_bytes()).unwrap().quorum(), Quorum::None);
    // A known witness whose signature fails refuses the note even where nobody asks for it.
    let forged = cosigned(&[1]).to_string();
    let other = log_note(10);
    let line = forged.lines().last().unwrap();
    let forged = SignedNote::parse(format!("{other}{line}\n").as_bytes()).unwrap();
    let trust = format!("{log}witness w {}\nquorum none\n", vkey(1));
    let refusal = Trust::parse(trust.as_bytes()).unwrap().judge(&forged).unwrap_err();
    let wanted = CheckpointError::Forged("w1.example".to_owned());
    assert_eq!(refusal, TrustRefusal::Checkpoint(wanted));
}

fn log_note(size: u64) -> String {
    log().sign(size, Digest::of(b"root"))
}

#[test]
fn only_logs_of_the_file_are_believed() {
    let other = LogKey::from_seed("ledger.example/two", [4; 32]).unwrap();
    let trust = format!("log {}\nquorum none\n", other.verifier());
    assert_eq!(judged(&trust, &[]).unwrap_err(), TrustRefusal::UnknownLog(ORIGIN.to_owned()));
    let same_name = LogKey::from_seed(ORIGIN, [4; 32]).unwrap();
    let trust = format!("log {}\nquorum none\n", same_name.verifier());
    // Keys of one name are told apart by the hash after it.
    let key = same_name.verifier().to_string();
    let key = key.rsplit_once('+').unwrap().0.to_owned();
    let wanted = TrustRefusal::Checkpoint(CheckpointError::Unsigned(key));
    assert_eq!(judged(&trust, &[]).unwrap_err(), wanted);
    // A log that changes its key: either of the two will do.
    let both = format!("log {}\n{trust}", log().verifier());
    assert!(judged(&both, &[]).is_ok());
    assert!(judged("quorum none\n", &[]).is_err());
}

#[test]
fn every_mistake_in_a_trust_file_names_its_line() {
    let log = format!("log {}", log().verifier());
    let (w1, w2) = (format!("witness w1 {}", vkey(1)), format!("witness w2 {}", vkey(2)));
    let cases: Vec<(String, usize, &str)> = vec![
        (String::new(), 1, "no quorum line"),
        (format!("{log}\n{w1}\n"), 3, "no quorum line"),
        ("quorum none\nquorum none".into(), 2, "a quorum line already"),
        ("quorum".into(), 1, "a quorum line is"),
        ("quorum w1".into(), 1, "w1 is not defined"),
        (format!("quorum w1\n{w1}"), 1, "w1 is not defined"),
        ("quorum none none".into(), 1, "a quorum line is"),
        ("\n# x\n \t \nnonsense".into(), 4, "it begins with \"nonsense\""),
        ("Log x".into(), 1, "it begins with \"Log\""),
        ("log".into(), 1, "a log line is"),
        ("log x".into(), 1, "three parts"),
        (format!("log {}", vkey(1)), 1, "that of a witness (type 04)"),
        (format!("{log}\n{log}"), 2, "earlier line"),
        (format!("{log} https://a b"), 1, "a log line is"),
        ("witness".into(), 1, "a witness line is"),
        (format!("witness w1 {}", &log[4..]), 1, "not that of a witness"),
        (format!("{w1}\n{w1}"), 2, "w1 is defined already"),
        (format!("{w1}\nwitness other {}", vkey(1)), 2, "count twice"),
        (format!("witness none {}", vkey(1)), 1, "called none"),
        (format!("{w1}\ngroup none any w1"), 2, "called none"),
        (format!("{w1}\ngroup w1 any w1"), 2, "w1 is defined already"),
        (format!("{w1}\ngroup g any"), 2, "at least one member"),
        (format!("{w1}\ngroup g"), 2, "a group line is"),
        (format!("{w1}\ngroup g 2 w1"), 2, "2 of 1"),
        (format!("{w1}\ngroup g 0 w1"), 2, "`all`, `any` or a number"),
        (format!("{w1}\ngroup g 01 w1"), 2, "`all`, `any` or a number"),
        (format!("{w1}\ngroup g most w1"), 2, "`all`, `any` or a number"),
        (format!("{w1}\ngroup g any none"), 2, "none is not defined"),
        (format!("{w1}\ngroup g any g"), 2, "g is not defined"),
        (format!("{w1}\ngroup g any w1 w1"), 2, "count twice"),
        (format!("{w1}\n{w2}\ngroup g any w1\ngroup h any w2 w1"), 4, "w1 is a member already"),
        ("quorum none\r\n".into(), 1, "control character 0x0d"),
        ("# \u{7f}".into(), 1, "control character 0x7f"),
    ];
    for (text, line, what) in cases {
        let error = Trust::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.to_string().contains(what), "{text}: {error}");
    }
}

#[test]
fn trust_files_may_hold_what_the_specification_allows() {
    let mut text = b"# caf\xe9 \xff\n\t log  ".to_vec();
    text.extend(log().verifier().to_string().bytes());
    text.extend(b"\thttps://ledger.example/log \nwitness \xff\xfe ");
    text.extend(vkey(1).bytes());
    text.extend(b" https://w\xc3\xb6.example\ngroup \xc3\xa9 any \xff\xfe\nquorum \xc3\xa9\n");
    let trust = Trust::parse(&text).unwrap();
    assert_eq!(trust.logs()[0].url.as_deref(), Some("https://ledger.example/log"));
    assert!(trust.judge(&cosigned(&[1])).is_ok());
    assert!(trust.judge(&cosigned(&[2])).is_err());
    assert_eq!(Trust::parse(&trust.to_bytes()).unwrap(), trust);
    // "It is strongly recommended that an implementation supports at least up to 32 logs, 32
    // witnesses, and 32 groups."
    let mut text = String::new();
    for number in 0..100_u8 {
        let key = LogKey::from_seed(&format!("l{number}"), [number; 32]).unwrap();
        text.push_str(&format!("log {}\n", key.verifier()));
        text.push_str(&format!("witness w{number} {}\n", vkey(number)));
        text.push_str(&format!("group g{number} all w{number}"));
        let chain = number.checked_sub(1).map_or(String::new(), |before| format!(" g{before}"));
        text.push_str(&format!("{chain}\n"));
    }
    text.push_str("quorum g99\n");
    let trust = Trust::parse(text.as_bytes()).unwrap();
    assert_eq!((trust.logs().len(), trust.witnesses().len()), (100, 100));
    assert_eq!(Trust::parse(trust.to_string().as_bytes()).unwrap(), trust);
}

/// Names are bytes: written again, two that only look alike are still two.
#[test]
fn names_that_are_not_utf_8_are_written_as_they_were_read() {
    let mut text = format!("log {}\n", log().verifier()).into_bytes();
    for (name, number) in [(0xfe, 1), (0xff, 2)] {
        text.extend(
            [b"witness ".as_slice(), &[name], b" ", vkey(number).as_bytes(), b"\n"].concat(),
        );
    }
    text.extend(b"group g 1 \xff\nquorum g\n");
    let trust = Trust::parse(&text).unwrap();
    assert_eq!(trust.to_bytes(), text);
    assert!(trust.judge(&cosigned(&[2])).is_ok() && trust.judge(&cosigned(&[1])).is_err());
    assert!(trust.to_string().contains("quorum g\n"));
}

#[test]
fn a_url_that_is_not_utf_8_is_refused_and_not_changed() {
    let log = format!("quorum none\nlog {} http", log().verifier());
    let error = Trust::parse(&[log.as_bytes(), b"\xff"].concat()).unwrap_err();
    assert_eq!((error.line, error.what.as_str()), (2, "the URL is not UTF-8; write it in ASCII"));
    let witness = format!("quorum none\nwitness w {} http", vkey(1));
    let error = Trust::parse(&[witness.as_bytes(), b"\xff"].concat()).unwrap_err();
    assert_eq!(error.line, 2);
}

fn proof(index: u64, numbers: &[u8]) -> TlogProof {
    let hashes = inclusion_proof(&leaves(), index, 9).unwrap();
    TlogProof { extra: None, index, hashes, checkpoint: cosigned(numbers) }
}

#[test]
fn a_proof_travels_as_text_and_proves_its_entry_only() {
    let trust = Trust::parse(example().as_bytes()).unwrap();
    for index in 0..9 {
        for extra in [None, Some(vec![]), Some(b"more".to_vec())] {
            let proof = TlogProof { extra, ..proof(index, &[1, 2, 4]) };
            let text = proof.to_text();
            let read = TlogProof::parse(text.as_bytes()).unwrap();
            assert_eq!(read, proof);
            for (place, leaf) in (0..).zip(leaves()) {
                assert_eq!(read.verify(leaf, &trust).is_ok(), place == index);
            }
        }
    }
    let leaf = leaves()[4];
    let other = TlogProof { index: 5, ..proof(4, &[1, 2, 4]) };
    assert!(matches!(other.verify(leaf, &trust), Err(TlogProofError::NotIncluded(_))));
    let few = proof(4, &[1, 4]).verify(leaf, &trust);
    assert!(matches!(few, Err(TlogProofError::Untrusted(TrustRefusal::Quorum { .. }))));
    let text = proof(4, &[]).to_text();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 4\n"), "{text}");
}

#[test]
fn proofs_are_read_strictly() {
    let good = TlogProof { extra: Some(b"more".to_vec()), ..proof(4, &[1]) }.to_text();
    for bad in [
        good.replacen("@v1", "@v2", 1),
        good.replacen("index 4", "index 04", 1),
        good.replacen("index 4", "index  4", 1),
        good.replacen("index 4", "index +4", 1),
        good.replacen("index 4\n", "", 1),
        good.replacen("extra bW9yZQ==", "extra bW9yZQ", 1),
        good.replacen("extra bW9yZQ==\nindex 4", "index 4\nextra bW9yZQ==", 1),
        good.replacen("\n\n", "\n", 1),
        good.replacen('\n', "\r\n", 1),
        good.trim_end().to_owned(),
        format!("\n{good}"),
        good.replacen(
            "index 4\n",
            &format!("index 4\n{}", format!("{}\n", "A".repeat(43) + "=").repeat(61)),
            1,
        ),
    ] {
        assert!(TlogProof::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let trust = Trust::parse(example().as_bytes()).unwrap();
    let good = proof(4, &[1, 2, 4]).to_text();
    for place in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[place] ^= 1;
        let read = TlogProof::parse(&changed);
        // A name that is unknown now is ignored, and then a witness is missing.
        let believed = read.is_ok_and(|read| read.verify(leaves()[4], &trust).is_ok());
        assert!(!believed, "byte {place}");
    }
}

proptest! {
    #[test]
    fn arbitrary_files_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        text in "((log|witness|group|quorum|#)[ \t][ -~]{0,12}\n){0,6}",
    ) {
        let _ = Trust::parse(&bytes);
        let _ = Trust::parse(text.as_bytes());
        prop_assert!(TlogProof::parse(&bytes).is_err());
        prop_assert!(TlogProof::parse(text.as_bytes()).is_err());
    }
}

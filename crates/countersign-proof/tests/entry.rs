//! Entries: one way to write the open part, and commitments that hold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::entry::{EntryError, MAX_BYTES, leaf_hash, verify_parts};
use countersign_proof::words::{CommandId, Digest};
use countersign_proof::{Body, Label, OpenPart, Outcome, SealedPart};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

fn body() -> Body {
    Body { salt: [1; 16], bytes: b"body".to_vec() }
}

fn sealed() -> Vec<SealedPart> {
    Label::ALL
        .iter()
        .map(|label| SealedPart { label: *label, salt: [2; 16], bytes: b"part".to_vec() })
        .collect()
}

fn open() -> OpenPart {
    OpenPart {
        ledger: Digest([0xAA; 32]),
        seq: 7,
        time: "2025-06-01T12:00:00.250Z".parse().unwrap(),
        id: CommandId([0xBB; 16]),
        command: "decide_request".into(),
        outcome: Outcome::Accepted,
        events: vec!["DecisionRecorded".into(), "ReleaseIssued".into()],
        subjects: vec!["REQ-1".into(), "REL-1".into(), "P-3F9A".into()],
        body: body().digest(),
        sealed: sealed().iter().map(SealedPart::seal).collect(),
    }
}

#[test]
fn the_open_part_is_written_in_one_way() {
    let mut part = open();
    part.sealed.truncate(1);
    let expected = format!(
        concat!(
            r#"{{"v":1,"ledger":"{}","seq":7,"time":"2025-06-01T12:00:00.250Z","id":"{}","#,
            r#""command":"decide_request","outcome":"accepted","#,
            r#""events":["DecisionRecorded","ReleaseIssued"],"#,
            r#""subjects":["REQ-1","REL-1","P-3F9A"],"body":"{}","#,
            r#""sealed":[{{"label":"parties","digest":"{}"}}]}}"#
        ),
        "aa".repeat(32),
        "bb".repeat(16),
        body().digest(),
        sealed()[0].digest()
    );
    assert_eq!(String::from_utf8(part.encode().unwrap()).unwrap(), expected);
    part.outcome = Outcome::Refused { code: "quantity_exceeds_stock".into() };
    let refused = String::from_utf8(part.encode().unwrap()).unwrap();
    assert!(refused.contains(r#","outcome":"refused","code":"quantity_exceeds_stock","events":"#));
    for part in [open(), part] {
        let bytes = part.encode().unwrap();
        assert_eq!(OpenPart::parse(&bytes).unwrap(), part);
        let leaf: [u8; 32] = Sha256::digest([&[0], bytes.as_slice()].concat()).into();
        assert_eq!(leaf_hash(&bytes), Digest(leaf));
    }
}

#[test]
fn digests_are_those_that_the_documentation_gives() {
    let of = |bytes: &[u8]| Digest(Sha256::digest(bytes).into());
    let salted =
        |head: &str, salt: u8, rest: &[u8]| of(&[head.as_bytes(), &[salt; 16], rest].concat());
    assert_eq!(body().digest(), salted("countersign body 1\n", 1, b"body"));
    let identity = &sealed()[2];
    assert_eq!(identity.digest(), salted("countersign sealed 1\nidentity\n", 2, b"part"));
}

#[test]
fn every_other_way_to_write_it_is_refused() {
    let good = String::from_utf8(open().encode().unwrap()).unwrap();
    let changes = [
        ("{\"v\":1,", "{\"v\":2,"),
        ("{\"v\":1,", "{\"v\":1.0,"),
        ("{\"v\":1,", "{ \"v\":1,"),
        ("{\"v\":1,", "{"),
        ("{\"v\":1,", "{\"v\":1,\"v\":1,"),
        ("{\"v\":1,", "{\"v\":1,\"note\":\"x\","),
        ("\"seq\":7", "\"seq\":07"),
        ("\"seq\":7", "\"seq\":-7"),
        ("\"seq\":7", "\"seq\":7e0"),
        ("\"seq\":7", "\"seq\":\"7\""),
        ("aaaa\",\"seq\"", "aaAA\",\"seq\""),
        (".250Z", ".25Z"),
        ("decide_request", "decide\\u005frequest"),
        ("decide_request", "decide request"),
        ("decide_request", ""),
        ("\"accepted\"", "\"refused\""),
        ("\"accepted\"", "\"accepted\",\"code\":\"x\""),
        ("\"accepted\"", "\"accepted\",\"code\":null"),
        ("\"accepted\"", "\"pending\""),
        ("REQ-1", "REQ-\u{e9}"),
        ("REQ-1", "a\\nb"),
        ("\"parties\"", "\"deliberation\""),
        ("\"parties\"", "\"everyone\""),
        ("}]}", "}]}\n"),
        ("}]}", "}]"),
    ];
    for (from, to) in changes {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(OpenPart::parse(changed.as_bytes()).is_err(), "{to}");
    }
    let mut part = open();
    part.sealed.reverse();
    assert_eq!(part.encode(), Err(EntryError::Labels));
    part.sealed = vec![part.sealed[0], part.sealed[0]];
    assert_eq!(part.encode(), Err(EntryError::Labels));
    part.sealed.clear();
    assert!(part.encode().is_ok());
    part.command = "a".repeat(81).into();
    assert!(matches!(part.encode(), Err(EntryError::Name { .. })));
}

#[test]
fn the_length_is_bounded_at_65535_bytes() {
    let mut part = open();
    part.subjects.clear();
    let rest = MAX_BYTES - part.encode().unwrap().len();
    // Each subject of 77 letters takes 80 bytes with its quotes and comma; the last has no comma.
    part.subjects = vec!["s".repeat(77).into(); rest / 80];
    let used = part.encode().unwrap().len();
    part.subjects.push("s".repeat(MAX_BYTES - used - 3).into());
    assert_eq!(part.encode().unwrap().len(), MAX_BYTES);
    assert!(OpenPart::parse(&part.encode().unwrap()).is_ok());
    let last = part.subjects.pop().unwrap();
    part.subjects.push(format!("{last}s").into());
    assert_eq!(part.encode(), Err(EntryError::TooLong { bytes: MAX_BYTES + 1 }));
    assert!(matches!(OpenPart::parse(&[b' '; MAX_BYTES + 1]), Err(EntryError::TooLong { .. })));
}

#[test]
fn parts_are_the_entrys_own_or_are_refused() {
    use Label::{Deliberation, Identity, Parties};
    let (open, body, sealed) = (open(), body(), sealed());
    assert_eq!(verify_parts(&open, Some(&body), &sealed), Ok(vec![]));
    assert_eq!(verify_parts(&open, None, &[]), Ok(vec![Parties, Deliberation, Identity]));
    assert_eq!(verify_parts(&open, None, &sealed[1..2]), Ok(vec![Parties, Identity]));
    let twice = [sealed[0].clone(), sealed[0].clone()];
    assert_eq!(verify_parts(&open, None, &twice), Err(EntryError::Labels));
    for change in 0..3 {
        let (mut part, mut other) = (sealed[1].clone(), body.clone());
        match change {
            0 => (part.salt[15], other.salt[15]) = (3, 3),
            1 => (part.bytes[0], other.bytes[0]) = (b'x', b'x'),
            _ => {
                part.bytes.push(0);
                other.bytes.push(0);
            }
        }
        assert_eq!(verify_parts(&open, None, &[part]), Err(EntryError::Sealed(Deliberation)));
        assert_eq!(verify_parts(&open, Some(&other), &[]), Err(EntryError::Body));
    }
    // The same content under another label is another part.
    let moved = SealedPart { label: Identity, ..sealed[0].clone() };
    assert_ne!(moved.digest(), sealed[0].digest());
    let moved = SealedPart { bytes: b"other".to_vec(), ..moved };
    assert_eq!(verify_parts(&open, None, &[moved]), Err(EntryError::Sealed(Identity)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(OpenPart::parse(&bytes).is_err());
    }

    #[test]
    fn spliced_bytes_have_one_form(cut in 0..900_usize, gone in 0..30_usize, put in "[ -~]{0,12}") {
        let good = open().encode().unwrap();
        let from = cut % good.len();
        let until = (from + gone).min(good.len());
        let spliced = [&good[..from], put.as_bytes(), &good[until..]].concat();
        if let Ok(part) = OpenPart::parse(&spliced) {
            prop_assert_eq!(part.encode().unwrap(), spliced);
        }
    }

    #[test]
    fn any_open_part_round_trips(
        seq in any::<u64>(), millis in 0..=253_402_300_799_999_u64, id in any::<[u8; 16]>(),
        events in proptest::collection::vec("[A-Za-z0-9._:-]{1,80}", 0..5),
        code in proptest::option::of("[a-z_]{1,80}"),
    ) {
        let part = OpenPart {
            seq,
            time: millis.try_into().unwrap(),
            id: CommandId(id),
            events: events.into_iter().map(Into::into).collect(),
            outcome: code.map_or(Outcome::Accepted, |code| Outcome::Refused { code: code.into() }),
            ..open()
        };
        prop_assert_eq!(OpenPart::parse(&part.encode().unwrap()).unwrap(), part);
    }
}

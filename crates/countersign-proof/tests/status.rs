//! Status lists: the vectors of the draft, round trips, and everything else refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use countersign_proof::certificate::{Certificate, IssuerKey, StatusReference};
use countersign_proof::status::{Bits, Status, StatusError, StatusList, pack};
use countersign_proof::words::Moment;
use proptest::prelude::*;

const URI: &str = "https://ledger.example/one/status";

fn issuer() -> IssuerKey {
    IssuerKey::from_seed([1; 32])
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1000).unwrap()
}

fn list(bits: Bits) -> StatusList {
    StatusList {
        uri: URI.to_owned(),
        issued_at: at(1_749_000_000),
        expires: at(1_749_086_400),
        time_to_live: 43_200,
        bits,
        compressed: vec![0x78, 0xda, 1, 2, 3],
    }
}

fn of(index: u64) -> StatusReference {
    StatusReference { index, uri: URI.to_owned() }
}

/// Appendix and §4.1 of the draft: the first status in the lowest bits.
#[test]
fn the_draft_s_own_lists_are_read() {
    let one = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
    for (index, expected) in (0..).zip(one) {
        let found = list(Bits::One).status(&[0xb9, 0xa3], &of(index)).unwrap();
        let expected = if expected == 0 { Status::Valid } else { Status::Invalid };
        assert_eq!(found, expected, "status {index}");
    }
    let two = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3];
    for (index, expected) in (0..).zip(two) {
        let found = list(Bits::Two).status(&[0xc9, 0x44, 0xf9], &of(index));
        let expected = match expected {
            0 => Ok(Status::Valid),
            1 => Ok(Status::Invalid),
            2 => Ok(Status::Suspended),
            other => Err(StatusError::Unknown(other)),
        };
        assert_eq!(found, expected, "status {index}");
    }
}

#[test]
fn a_list_says_nothing_beyond_its_end_or_of_others() {
    let two = list(Bits::Two);
    assert_eq!(two.status(&[0], &of(3)), Ok(Status::Valid));
    assert_eq!(two.status(&[0], &of(4)).unwrap_err().code(), "status/beyond-end");
    assert_eq!(two.status(&[], &of(0)).unwrap_err().code(), "status/beyond-end");
    assert_eq!(two.status(&[0], &of(u64::MAX)).unwrap_err().code(), "status/beyond-end");
    let other = StatusReference { index: 0, uri: "https://other.example/s".to_owned() };
    assert_eq!(two.status(&[0], &other).unwrap_err().code(), "status/other-list");
}

#[test]
fn what_was_issued_is_read_back_and_nothing_else() {
    let pinned = [issuer().public_key().clone()];
    let bytes = list(Bits::Two).issue(&issuer()).unwrap();
    assert_eq!(StatusList::open(&bytes, &pinned).unwrap(), list(Bits::Two));
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        assert!(StatusList::open(&flipped, &pinned).is_err(), "byte {place}");
        assert!(StatusList::open(&bytes[..place], &pinned).is_err(), "cut to {place}");
    }
    // One key signs both, and neither passes for the other.
    let error = Certificate::open(&bytes, &pinned).unwrap_err();
    assert_eq!(error.code(), "certificate/type");
    let stranger = IssuerKey::from_seed([2; 32]);
    let bytes = list(Bits::Two).issue(&stranger).unwrap();
    assert!(StatusList::open(&bytes, &pinned).is_err());
}

#[test]
fn what_breaks_a_rule_is_not_issued() {
    let broken = [
        StatusList { uri: "status".to_owned(), ..list(Bits::Two) },
        StatusList { expires: at(1_749_000_000), ..list(Bits::Two) },
        StatusList { time_to_live: 0, ..list(Bits::Two) },
        StatusList { issued_at: Moment::from_millis(1).unwrap(), ..list(Bits::Two) },
    ];
    for list in broken {
        assert!(list.issue(&issuer()).is_err(), "{list:?}");
    }
}

proptest! {
    #[test]
    fn what_is_packed_is_found_again(
        statuses in prop::collection::vec(
            prop_oneof![Just(Status::Valid), Just(Status::Invalid), Just(Status::Suspended)],
            0..100,
        ),
    ) {
        let packed = pack(&statuses);
        prop_assert_eq!(packed.len(), statuses.len().div_ceil(4));
        for (index, status) in (0..).zip(&statuses) {
            prop_assert_eq!(list(Bits::Two).status(&packed, &of(index)).unwrap(), *status);
        }
        // A number that was not issued yet is never valid, wherever the last byte ends.
        let next = u64::try_from(statuses.len()).unwrap();
        for index in next..next + 5 {
            let said = list(Bits::Two).status(&packed, &of(index));
            prop_assert_ne!(said, Ok(Status::Valid), "number {} of {}", index, next);
        }
    }

    #[test]
    fn any_list_round_trips(
        compressed in prop::collection::vec(any::<u8>(), 0..500),
        times in (0..200_000_000_000_u64, 1..1_000_000_u64, 1..u64::MAX),
    ) {
        let list = StatusList {
            issued_at: at(times.0),
            expires: at(times.0 + times.1),
            time_to_live: times.2,
            compressed,
            ..list(Bits::Two)
        };
        let bytes = list.issue(&issuer()).unwrap();
        prop_assert_eq!(StatusList::open(&bytes, &[issuer().public_key().clone()]).unwrap(), list);
    }
}

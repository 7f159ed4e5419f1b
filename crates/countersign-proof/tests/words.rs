//! Words: each value has one written form, and nothing else is read as it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "tests")]

use countersign_proof::words::{
    Act, AdviceKind, AppointmentChange, CommandId, Date, DecisionKind, Digest, HoldId, HoldScope,
    ItemId, KeyId, Moment, Nonce, PersonId, Provisos, Quantity, ReleaseId, RequestId, Revision,
    Role, Standing, Transition, Window, ZoneId,
};
use proptest::prelude::*;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Reads `text`; if it is a word, it must be written as `text` again.
fn one_form<T: FromStr + Display>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(word) = text.parse::<T>() {
        prop_assert_eq!(word.to_string(), text);
    }
    Ok(())
}

fn every_form(text: &str) -> Result<(), TestCaseError> {
    one_form::<ItemId>(text)?;
    one_form::<RequestId>(text)?;
    one_form::<ReleaseId>(text)?;
    one_form::<HoldId>(text)?;
    one_form::<Revision>(text)?;
    one_form::<Digest>(text)?;
    one_form::<Nonce>(text)?;
    one_form::<CommandId>(text)?;
    one_form::<KeyId>(text)?;
    one_form::<Moment>(text)?;
    one_form::<Date>(text)?;
    one_form::<Window>(text)?;
    one_form::<Quantity>(text)?;
    one_form::<Provisos>(text)?;
    one_form::<HoldScope>(text)?;
    one_form::<Act>(text)
}

fn round_trip<T>(word: &T) -> Result<(), TestCaseError>
where
    T: FromStr<Err: Debug> + Display + PartialEq + Debug,
{
    prop_assert_eq!(&word.to_string().parse::<T>().unwrap(), word);
    Ok(())
}

fn moments() -> impl Strategy<Value = Moment> {
    prop_oneof![0..=253_402_300_799_999_u64, (0..=253_402_300_799_u64).prop_map(|s| s * 1000)]
        .prop_map(|millis| Moment::from_millis(millis).unwrap())
}

fn windows() -> impl Strategy<Value = Window> {
    (moments(), moments()).prop_filter_map("empty", |(a, b)| Window::new(a.min(b), a.max(b)))
}

fn names() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn anything_has_at_most_one_form(text in "\\PC{0,40}") {
        every_form(&text)?;
    }

    #[test]
    fn near_misses_have_at_most_one_form(
        text in "(REQ-|REL-|HOLD-|SHA256:|all|item:|zone:|request:)?[0-9a-fA-F+-]{0,12}( |,|=|/)?",
    ) {
        every_form(&text)?;
    }

    #[test]
    fn times_have_at_most_one_form(
        date in "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        time in "[Tt ]?([0-2][0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,4})?)?)?",
        zone in "([Zz]|[+-]00:00)?",
    ) {
        every_form(&format!("{date}{time}{zone}"))?;
    }

    #[test]
    fn values_round_trip(
        name in names(), number in 1..=u64::MAX, small in 1..=u32::MAX,
        bytes in any::<[u8; 32]>(), half in any::<[u8; 16]>(), moment in moments(),
        units in 0..=1_000_000_000_000_u64,
    ) {
        round_trip(&ItemId::new(&name).unwrap())?;
        round_trip(&RequestId(number))?;
        round_trip(&HoldId(number))?;
        round_trip(&Revision(small))?;
        round_trip(&Digest(bytes))?;
        round_trip(&KeyId(bytes))?;
        round_trip(&Nonce(half))?;
        round_trip(&moment)?;
        round_trip(&moment.date())?;
        round_trip(&Quantity::new(units).unwrap())?;
        round_trip(&HoldScope::Zone(name.parse().unwrap()))?;
        round_trip(&HoldScope::Release(ReleaseId(number)))?;
        let midnight = moment.date().start();
        prop_assert!(midnight <= moment && moment.millis_since(midnight) < 86_400_000);
    }

    #[test]
    fn compound_values_round_trip(
        window in windows(), units in proptest::option::of(0..100_u64),
        zones in proptest::option::of(proptest::collection::btree_set(names(), 0..4)),
        depot in proptest::option::of(names()), narrowed in proptest::option::of(windows()),
    ) {
        round_trip(&window)?;
        let provisos = Provisos {
            quantity: units.and_then(Quantity::new),
            zones: zones.map(|zones| zones.iter().map(|z| ZoneId::new(z).unwrap()).collect()),
            window: narrowed,
            depot: depot.map(|depot| depot.parse().unwrap()),
        };
        round_trip(&provisos)?;
        let json = serde_json::to_string(&provisos).unwrap();
        prop_assert_eq!(serde_json::from_str::<Provisos>(&json).unwrap(), provisos);
    }

    #[test]
    fn windows_share_what_both_contain(a in windows(), b in windows(), at in moments()) {
        let both = a.contains(at) && b.contains(at);
        prop_assert_eq!(a.intersect(b).is_some_and(|shared| shared.contains(at)), both);
        prop_assert_eq!(a.intersect(b), b.intersect(a));
    }
}

#[test]
fn vocabularies_round_trip() {
    fn all<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(words: &[T]) {
        words.iter().for_each(|word| round_trip(word).unwrap());
    }
    all(Act::ALL);
    all(DecisionKind::ALL);
    all(AdviceKind::ALL);
    all(AppointmentChange::ALL);
    all(Role::ALL);
    all(Standing::ALL);
    all(Transition::ALL);
}

#[test]
fn hostile_inputs_are_refused() {
    let long = "a".repeat(65);
    for text in ["", "-", ".a", "_a", "a b", "a/b", "a:b", "a\n", "é", "a\u{0}", "*", "a,b", &long]
    {
        assert!(PersonId::new(text).is_err(), "{text:?}");
        assert!(serde_json::from_value::<PersonId>(text.into()).is_err(), "{text:?}");
    }
    for text in
        ["REQ-0", "REQ-01", "REQ--1", "REQ-+1", "req-1", "REQ-1 ", "REQ-18446744073709551616"]
    {
        assert!(text.parse::<RequestId>().is_err(), "{text:?}");
    }
    for text in ["1e3", "٣", "0x1", " 1", "1_000", "-1", "1000000000001", "00"] {
        assert!(text.parse::<Quantity>().is_err(), "{text:?}");
    }
    for text in [
        "1969-12-31T23:59:59Z",
        "+010000-01-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-06-01",
        "2025-06-01T24:00:00Z",
        "2025-06-01 12:00:00Z",
        "2025-06-01T12:00:00.0001Z",
        "2025-06-01T12:00:00Z[UTC]",
    ] {
        assert!(text.parse::<Moment>().is_err(), "{text:?}");
    }
    for text in ["zones=B,A", "zones=A,A", "quantity=4  depot=A", "depot=A quantity=4", "x=1", " -"]
    {
        assert!(text.parse::<Provisos>().is_err(), "{text:?}");
    }
    for text in ["All", "item:", "item", ":x", "act:shoot", "request:12", "office:a b"] {
        assert!(text.parse::<HoldScope>().is_err(), "{text:?}");
    }
    let key = KeyId([3; 32]).to_string();
    assert_eq!(key.len(), 50);
    assert!(format!("{key}=").parse::<KeyId>().is_err());
    assert!(key.replace("SHA256", "MD5").parse::<KeyId>().is_err());
}

#[test]
fn values_out_of_range_do_not_arrive_by_deserialising() {
    assert!(serde_json::from_str::<Moment>("253402300800000").is_err());
    assert!(serde_json::from_str::<Moment>("-1").is_err());
    assert!(serde_json::from_str::<Date>("2932897").is_err());
    assert!(serde_json::from_str::<Window>(r#"{"from":5,"until":5}"#).is_err());
    assert!(serde_json::from_str::<Window>(r#"{"from":5,"until":6}"#).is_ok());
    assert!(serde_json::from_str::<Quantity>("1000000000001").is_err());
    assert!(serde_json::from_str::<Act>("\"fire\"").is_err());
}

/// The calendar, checked against the one of the crate `jiff`, which ends a day earlier than ours.
#[test]
fn moments_are_written_as_another_calendar_writes_them() {
    let check = |millis: u64| {
        let ours = Moment::from_millis(millis).unwrap();
        let theirs = jiff::Timestamp::from_millisecond(millis.try_into().unwrap()).unwrap();
        assert_eq!(ours.to_string().parse::<jiff::Timestamp>().unwrap(), theirs);
        assert_eq!(ours.to_string().parse(), Ok(ours));
        if millis.is_multiple_of(1000) {
            assert_eq!(ours.to_string(), theirs.to_string());
        }
    };
    (0..2_932_895_u64).for_each(|day| check(day * 86_400_000));
    (0..100_000_u64).for_each(|step| check(step * 2_533_987_654));
}

#[test]
fn the_edges_of_time_hold() {
    let first = Moment::from_millis(0).unwrap();
    assert_eq!(first.to_string(), "1970-01-01T00:00:00Z");
    assert_eq!(first.date().weekday(), 4);
    assert_eq!(Moment::LAST.to_string(), "9999-12-31T23:59:59.999Z");
    assert_eq!(Moment::LAST.plus_days(u64::MAX), Moment::LAST);
    assert_eq!(Moment::LAST.date().next(), Moment::LAST.date());
    assert_eq!(Moment::LAST.date().to_string(), "9999-12-31");
    let leap: Date = "2024-02-28".parse().unwrap();
    assert_eq!(leap.next().to_string(), "2024-02-29");
    assert_eq!(leap.next().next().weekday(), 5);
    assert_eq!(Quantity::MAX.plus(Quantity::new(1).unwrap()), None);
    assert_eq!(Quantity::ZERO.minus(Quantity::new(1).unwrap()), None);
}

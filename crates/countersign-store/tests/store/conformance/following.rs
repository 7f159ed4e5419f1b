//! Whoever follows the record is told when it has grown, and never waits without an end.

use super::{Case, Place};
use crate::entries::{append, batch};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

pub(super) const CASES: &[Case] = &[
    ("who waits for what is there already does not wait", what_is_there),
    ("waiting ends when patience does", patience_ends),
    ("who waits is told of an append", told_of_an_append),
];

/// Longer than any of these tests takes, so that an answer within it was no accident.
const LONG: Duration = Duration::from_secs(120);

fn what_is_there(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 5)).unwrap();
    let reader = place.reader();
    for known in 0..5 {
        assert_eq!(reader.wait_beyond(known, LONG).unwrap(), 5);
        assert_eq!(store.wait_beyond(known, LONG).unwrap(), 5);
    }
}

fn patience_ends(place: &dyn Place) {
    append(&mut *place.writer(), &batch(0, 5)).unwrap();
    let reader = place.reader();
    for known in [5, 6, u64::MAX] {
        let start = Instant::now();
        let patience = Duration::from_millis(50);
        assert_eq!(reader.wait_beyond(known, patience).unwrap(), 5);
        assert!(start.elapsed() >= patience);
        assert_eq!(reader.wait_beyond(known, Duration::ZERO).unwrap(), 5);
    }
}

fn told_of_an_append(place: &dyn Place) {
    let mut store = place.writer();
    let reader = place.reader();
    let (tell, told) = channel();
    let start = Instant::now();
    let waiting = std::thread::spawn(move || {
        let mut size = 0;
        while size < 30 {
            size = reader.wait_beyond(size, LONG).unwrap();
            tell.send(size).unwrap();
        }
    });
    for turn in 0..3 {
        append(&mut *store, &batch(turn * 10, 10)).unwrap();
        while told.recv().unwrap() < (turn + 1) * 10 {}
    }
    waiting.join().unwrap();
    assert!(start.elapsed() < LONG, "it was told, or looked, long before its patience ended");
}

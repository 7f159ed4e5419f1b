//! A snapshot is a cache: the latest good one, or none.

use super::{Case, Place};
use crate::entries::{append, batch};
use countersign_store::{Snapshot, Store, StoreError};

pub(super) const CASES: &[Case] = &[
    ("there is no snapshot at first", none_at_first),
    ("the latest snapshot of a schema is found", the_latest),
    ("two snapshots are kept", two_are_kept),
    ("a damaged snapshot is passed over", a_damaged_one),
    ("no snapshot is past the end", past_the_end),
    ("a reader may save a snapshot", by_a_reader),
];

fn filled(place: &dyn Place) -> Box<dyn Store> {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 30)).unwrap();
    store
}

fn at(store: &dyn Store, schema: u32) -> Option<u64> {
    let found = store.latest_snapshot(schema).unwrap();
    assert_eq!(found.skipped, []);
    found.usable.map(|snapshot| snapshot.position)
}

fn none_at_first(place: &dyn Place) {
    let store = filled(place);
    assert_eq!(at(&*store, 0), None);
    assert_eq!(at(&*place.reader(), 1), None);
}

fn the_latest(place: &dyn Place) {
    let store = filled(place);
    store.save_snapshot(0, 3, b"").unwrap();
    assert_eq!(at(&*store, 3), Some(0));
    store.save_snapshot(30, 3, b"thirty").unwrap();
    store.save_snapshot(20, 3, b"twenty").unwrap();
    assert_eq!(at(&*store, 2), None);
    assert_eq!(at(&*store, 4), None);
    store.save_snapshot(30, 3, b"again").unwrap();
    drop(store);
    let found = place.reader().latest_snapshot(3).unwrap().usable;
    assert_eq!(found, Some(Snapshot { position: 30, bytes: b"again".to_vec() }));
}

fn two_are_kept(place: &dyn Place) {
    let store = filled(place);
    for position in [5, 10, 15, 20] {
        store.save_snapshot(position, 3, b"state").unwrap();
    }
    place.damage_latest_snapshot();
    let found = store.latest_snapshot(3).unwrap();
    assert_eq!(found.usable.unwrap().position, 15);
    store.save_snapshot(16, 3, b"state").unwrap();
    let found = store.latest_snapshot(3).unwrap();
    assert_eq!(found.usable.unwrap().position, 16, "15 went, damaged 20 stays");
    store.save_snapshot(2, 4, b"state").unwrap();
    assert_eq!(at(&*store, 3), None, "those of lower schemas go");
    assert_eq!(at(&*store, 4), Some(2));
}

fn a_damaged_one(place: &dyn Place) {
    let store = filled(place);
    store.save_snapshot(10, 3, b"ten").unwrap();
    place.damage_latest_snapshot();
    let found = store.latest_snapshot(3).unwrap();
    assert_eq!(found.usable, None);
    assert_eq!(found.skipped.iter().map(|skipped| skipped.position).collect::<Vec<_>>(), [10]);
    store.save_snapshot(10, 3, b"ten").unwrap();
    assert_eq!(at(&*store, 3), Some(10), "saving it again mends it");
}

fn past_the_end(place: &dyn Place) {
    let store = filled(place);
    let moved = StoreError::Moved { expected: 31, actual: 30 };
    assert_eq!(store.save_snapshot(31, 3, b"state"), Err(moved));
    assert_eq!(at(&*store, 3), None);
}

fn by_a_reader(place: &dyn Place) {
    let store = filled(place);
    place.reader().save_snapshot(12, 3, b"state").unwrap();
    assert_eq!(at(&*store, 3), Some(12));
}

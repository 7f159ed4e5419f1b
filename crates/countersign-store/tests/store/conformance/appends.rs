//! A batch is added wholly or not at all, by one writer, at the place expected.

use super::{Case, Place};
use crate::entries::{append, batch, command, entry, entry_for, head_at};
use countersign_proof::words::Digest;
use countersign_store::{BODY_MAX, Mode, NewHead, Store, StoreError, StoredEntry};

pub(super) const CASES: &[Case] = &[
    ("an empty record has the empty root", an_empty_record),
    ("a batch is there once it is appended", a_batch_is_there),
    ("a batch for another position is refused", another_position),
    ("a recorded command is refused", a_recorded_command),
    ("a command twice in a batch is refused", a_command_twice),
    ("a batch that no store may keep is refused", what_no_store_may_keep),
    ("the longest entry is kept", the_longest_entry),
    ("a reader does not write", a_reader_does_not_write),
    ("an opening for writing raises the epoch", openings_raise_the_epoch),
];

fn assert_holds(store: &dyn Store, size: u64) {
    let head = store.head().unwrap();
    assert_eq!(head.size, size);
    assert_eq!(store.read(0, usize::MAX).unwrap(), batch(0, size));
    assert_eq!(store.check_integrity().unwrap().entries, size);
}

fn an_empty_record(place: &dyn Place) {
    let store = place.writer();
    let head = store.head().unwrap();
    assert_eq!((head.size, head.root), (0, Digest::of(b"")));
    assert!(head.frontier.is_empty());
    assert_holds(&*place.reader(), 0);
}

fn a_batch_is_there(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 1)).unwrap();
    append(&mut *store, &batch(1, 300)).unwrap();
    let NewHead { root, frontier } = head_at(301);
    let head = store.head().unwrap();
    assert_eq!((head.root, head.frontier), (root, frontier));
    assert_holds(&*store, 301);
    assert_holds(&*place.reader(), 301);
    drop(store);
    assert_holds(&*place.writer(), 301);
}

fn another_position(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 5)).unwrap();
    for from in [0, 4, 6, 1 << 40] {
        let moved = StoreError::Moved { expected: from, actual: 5 };
        assert_eq!(append(&mut *store, &[entry_for(from, 99)]), Err(moved));
    }
    assert_holds(&*store, 5);
    append(&mut *store, &batch(5, 1)).unwrap();
}

fn a_recorded_command(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 5)).unwrap();
    let again = [entry(5), entry_for(6, 3), entry(7)];
    let duplicate = StoreError::DuplicateCommand { command: command(3), seq: 3 };
    assert_eq!(append(&mut *store, &again), Err(duplicate.clone()));
    assert_eq!(store.find(command(5)).unwrap(), None);
    assert_holds(&*store, 5);
    append(&mut *store, &batch(5, 3)).unwrap();
    assert_holds(&*store, 8);
    drop(store);
    let mut store = place.writer();
    assert_eq!(append(&mut *store, &[entry_for(8, 3)]), Err(duplicate));
}

fn a_command_twice(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 2)).unwrap();
    let twice = [entry(2), entry(3), entry_for(4, 2)];
    let duplicate = StoreError::DuplicateCommand { command: command(2), seq: 2 };
    assert_eq!(append(&mut *store, &twice), Err(duplicate));
    assert_holds(&*store, 2);
}

fn what_no_store_may_keep(place: &dyn Place) {
    let mut store = place.writer();
    append(&mut *store, &batch(0, 2)).unwrap();
    let with = |change: fn(&mut StoredEntry)| {
        let mut bad = entry(3);
        change(&mut bad);
        vec![entry(2), bad, entry(4)]
    };
    let long = |entry: &mut StoredEntry| {
        entry.open = vec![b' '; 65_536];
        entry.leaf = crate::entries::leaf_of(&entry.open);
    };
    let bad = [
        ("no entry at all", vec![]),
        ("a gap", vec![entry(2), entry(4)]),
        ("out of order", vec![entry(2), entry(2)]),
        ("another leaf", with(|entry| entry.leaf.0[0] ^= 1)),
        ("labels out of order", with(|entry| entry.sealed.reverse())),
        ("a label twice", with(|entry| entry.sealed[1].label = entry.sealed[0].label)),
        ("too long", with(long)),
        ("a body too long", with(|entry| entry.body = vec![0; BODY_MAX + 1])),
    ];
    for (what, bad) in bad {
        let refused = store.append(2, &bad, &head_at(9));
        assert!(matches!(refused, Err(StoreError::BadEntry { .. })), "{what}: {refused:?}");
        assert_holds(&*store, 2);
    }
}

fn the_longest_entry(place: &dyn Place) {
    let mut store = place.writer();
    let mut long = entry(0);
    long.open = vec![b' '; 65_535];
    long.leaf = crate::entries::leaf_of(&long.open);
    long.body = vec![7; BODY_MAX];
    append(&mut *store, std::slice::from_ref(&long)).unwrap();
    assert_eq!(place.reader().entry(0).unwrap(), Some(long));
}

fn a_reader_does_not_write(place: &dyn Place) {
    let mut reader = place.reader();
    assert_eq!(append(&mut *reader, &batch(0, 1)), Err(StoreError::ReadOnly));
    assert_holds(&*reader, 0);
}

fn openings_raise_the_epoch(place: &dyn Place) {
    let first = place.writer().head().unwrap().epoch;
    let second = place.writer().head().unwrap().epoch;
    assert!(second > first);
    assert_eq!(place.open(Mode::Read).unwrap().head().unwrap().epoch, second);
}

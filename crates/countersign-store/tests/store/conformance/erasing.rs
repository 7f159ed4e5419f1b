//! Names can be taken out of the record, and nothing else can.

use super::{Case, Place};
use crate::entries::{append, batch, entry};
use countersign_store::{ERASABLE, Store, StoreError, StoredEntry, StoredPart};

pub(super) const CASES: &[Case] = &[
    ("what is erased is gone, and all else is as it was", what_is_erased_is_gone),
    ("erasing can be asked for again", erasing_again),
    ("a reader does not erase", a_reader_does_not_erase),
];

/// An entry with a part that can be erased between two that cannot.
fn named(seq: u64) -> StoredEntry {
    let part = |label| StoredPart { label, bytes: format!("{label} of {seq}").into_bytes() };
    StoredEntry { sealed: vec![part(1), part(ERASABLE), part(ERASABLE + 1)], ..entry(seq) }
}

fn without(mut entry: StoredEntry) -> StoredEntry {
    entry.sealed.retain(|part| part.label != ERASABLE);
    entry
}

fn filled(store: &mut dyn Store) {
    append(store, &(0..5).map(named).collect::<Vec<_>>()).unwrap();
}

fn what_is_erased_is_gone(place: &dyn Place) {
    let mut store = place.writer();
    filled(&mut *store);
    let head = store.head().unwrap();
    assert_eq!(store.erase(&[3, 1]).unwrap(), 2);
    let expected: Vec<StoredEntry> = (0..5)
        .map(|seq| if seq == 1 || seq == 3 { without(named(seq)) } else { named(seq) })
        .collect();
    assert_eq!(store.read(0, 100).unwrap(), expected);
    assert_eq!(store.head().unwrap(), head);
    let mut seen = Vec::new();
    let walk = &mut |seq, _: &[u8]| {
        seen.push(seq);
        std::ops::ControlFlow::Continue(())
    };
    place.reader().for_each_sealed(ERASABLE, 0, walk).unwrap();
    assert_eq!(seen, [0, 2, 4]);
    assert_eq!(store.check_integrity().unwrap().parts, 13);
    append(&mut *store, &batch(5, 2)).unwrap();
    drop(store);
    assert_eq!(place.writer().read(0, 5).unwrap(), expected);
}

fn erasing_again(place: &dyn Place) {
    let mut store = place.writer();
    filled(&mut *store);
    assert_eq!(store.erase(&[]).unwrap(), 0);
    assert_eq!(store.erase(&[2]).unwrap(), 1);
    assert_eq!(store.erase(&[2, 2, 4, 77, u64::MAX]).unwrap(), 1);
    assert_eq!(store.read(2, 1).unwrap(), [without(named(2))]);
    // An entry that comes to stand where nothing was is not meant.
    append(&mut *store, &[named(5)]).unwrap();
    assert_eq!(store.read(5, 1).unwrap(), [named(5)]);
}

fn a_reader_does_not_erase(place: &dyn Place) {
    filled(&mut *place.writer());
    assert_eq!(place.reader().erase(&[1]), Err(StoreError::ReadOnly));
    assert_eq!(place.reader().read(1, 1).unwrap(), [named(1)]);
}

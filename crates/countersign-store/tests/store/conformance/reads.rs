//! What was appended is read back, in order, from anywhere.

use super::{Case, Place};
use crate::entries::{append, batch, command, entry};
use countersign_store::{Store, StoreError, Walk as _};
use std::ops::ControlFlow;

pub(super) const CASES: &[Case] = &[
    ("entries are read from anywhere", entries_from_anywhere),
    ("commands are found", commands_are_found),
    ("bodies and leaves are walked", bodies_and_leaves),
    ("sealed parts are walked by label", sealed_parts),
    ("a walk ends when told to", a_walk_ends),
    ("a walk ends with the error of its caller", a_walk_fails),
    ("the store can be read within a walk", reading_within_a_walk),
    ("a reader follows the writer", a_reader_follows),
];

fn filled(place: &dyn Place, size: u64) -> Box<dyn Store> {
    let mut store = place.writer();
    append(&mut *store, &batch(0, size)).unwrap();
    store
}

fn entries_from_anywhere(place: &dyn Place) {
    let store = filled(place, 50);
    for from in [0, 1, 48, 49, 50, 51, u64::MAX / 2, u64::MAX] {
        for limit in [0, 1, 7, 100] {
            let mut wanted = if from < 50 { batch(from, 50 - from) } else { vec![] };
            wanted.truncate(limit);
            assert_eq!(store.read(from, limit).unwrap(), wanted, "{limit} from {from}");
        }
        assert_eq!(store.entry(from).unwrap(), (from < 50).then(|| entry(from)));
    }
}

fn commands_are_found(place: &dyn Place) {
    let mut store = filled(place, 50);
    let reader = place.reader();
    for number in 0..60 {
        let wanted = (number < 50).then_some(number);
        assert_eq!(store.find(command(number)).unwrap(), wanted);
        assert_eq!(reader.find(command(number)).unwrap(), wanted);
    }
    append(&mut *store, &batch(50, 5)).unwrap();
    assert_eq!(store.find(command(54)).unwrap(), Some(54));
    assert_eq!(reader.find(command(54)).unwrap(), Some(54));
}

fn bodies_and_leaves(place: &dyn Place) {
    let store = filled(place, 50);
    for from in [0, 1, 49, 50, 51, u64::MAX] {
        let (mut bodies, mut leaves) = (Vec::new(), Vec::new());
        store
            .for_each_body(from, &mut |seq, body| {
                bodies.push((seq, body.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
        store
            .for_each_leaf(from, &mut |seq, leaf| {
                leaves.push((seq, *leaf));
                ControlFlow::Continue(())
            })
            .unwrap();
        let wanted = batch(from.min(50), 50 - from.min(50));
        assert!(bodies.into_iter().eq(wanted.iter().map(|entry| (entry.seq, entry.body.clone()))));
        assert!(leaves.into_iter().eq(wanted.iter().map(|entry| (entry.seq, entry.leaf))));
    }
}

fn sealed_parts(place: &dyn Place) {
    let store = filled(place, 50);
    for label in [0, 1, 2, 7, 255] {
        for from in [0, 1, 49, 50, u64::MAX] {
            let mut found = Vec::new();
            store
                .for_each_sealed(label, from, &mut |seq, bytes| {
                    found.push((seq, bytes.to_vec()));
                    ControlFlow::Continue(())
                })
                .unwrap();
            let mut wanted = Vec::new();
            for entry in batch(0, 50).into_iter().filter(|entry| entry.seq >= from) {
                let part = entry.sealed.into_iter().find(|part| part.label == label);
                wanted.extend(part.map(|part| (entry.seq, part.bytes)));
            }
            assert_eq!(found, wanted, "label {label} from {from}");
        }
    }
}

fn a_walk_ends(place: &dyn Place) {
    let store = filled(place, 50);
    let mut seen = 0;
    store
        .for_each_body(10, &mut |seq, _| {
            seen = seq;
            if seq == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, 20);
}

fn a_walk_fails(place: &dyn Place) {
    #[derive(Debug, PartialEq)]
    enum Failed {
        Step(u64),
        Store(StoreError),
    }
    impl From<StoreError> for Failed {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let store = filled(place, 50);
    let stop = |seq| if seq == 28 { Err(Failed::Step(seq)) } else { Ok(()) };
    assert_eq!(store.each_body(3, |seq, _| stop(seq)), Err(Failed::Step(28)));
    assert_eq!(store.each_leaf(3, |seq, _| stop(seq)), Err(Failed::Step(28)));
    assert_eq!(store.each_sealed(7, 3, |seq, _| stop(seq)), Ok(()));
    assert_eq!(store.each_body(29, |seq, _| stop(seq)), Ok(()));
}

fn reading_within_a_walk(place: &dyn Place) {
    let store = filled(place, 20);
    let mut walked = 0;
    store
        .each_body(0, |seq, body| {
            let whole = store.entry(seq)?.unwrap();
            assert_eq!(whole.body, body);
            assert_eq!(store.find(whole.command)?, Some(seq));
            store.each_leaf(seq, |_, _| {
                walked += 1;
                Ok::<_, StoreError>(())
            })
        })
        .unwrap();
    assert_eq!(walked, 20 * 21 / 2);
}

fn a_reader_follows(place: &dyn Place) {
    let reader = place.reader();
    let mut store = place.writer();
    for size in 0..20 {
        assert_eq!(reader.head().unwrap().size, size);
        assert_eq!(reader.read(0, usize::MAX).unwrap(), batch(0, size));
        append(&mut *store, &batch(size, 1)).unwrap();
    }
}

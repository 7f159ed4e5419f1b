//! The test equipment does what it says.

use crate::entries::{append, batch, command};
use countersign_store::faulty::{Fault, FaultyStore};
use countersign_store::{MemoryLedger, MemoryStore, Mode, Store as _, StoreError};

#[test]
fn planted_faults_happen_in_order() {
    let (mut store, faults) = FaultyStore::new(Box::new(MemoryStore::new()));
    append(&mut store, &batch(0, 2)).unwrap();
    faults.plant(Fault::BeforeCommit, 2);
    faults.plant(Fault::None, 1);
    faults.plant(Fault::DiskFull, 1);
    faults.plant(Fault::Busy, 1);
    for _ in 0..2 {
        let failed = append(&mut store, &batch(2, 2)).unwrap_err();
        assert!(matches!(failed, StoreError::Unavailable { .. }));
        assert_eq!(store.head().unwrap().size, 2);
    }
    append(&mut store, &batch(2, 2)).unwrap();
    let full = append(&mut store, &batch(4, 2)).unwrap_err();
    assert!(full.is_transient() && full.to_string().contains("full"));
    assert_eq!(append(&mut store, &batch(4, 2)), Err(StoreError::Locked { holder: None }));
    append(&mut store, &batch(4, 2)).unwrap();
    assert_eq!(store.read(0, 100).unwrap(), batch(0, 6));
}

#[test]
fn a_lost_reply_is_settled_by_the_record() {
    let (mut store, faults) = FaultyStore::new(Box::new(MemoryStore::new()));
    faults.plant(Fault::ReplyLost, 1);
    let lost = append(&mut store, &batch(0, 3)).unwrap_err();
    assert!(matches!(lost, StoreError::Unavailable { .. }));
    assert_eq!(store.head().unwrap().size, 3);
    assert_eq!(store.find(command(2)).unwrap(), Some(2));
    let moved = StoreError::Moved { expected: 0, actual: 3 };
    assert_eq!(append(&mut store, &batch(0, 3)), Err(moved));
}

#[test]
fn a_stale_epoch_stays_stale() {
    let (mut store, faults) = FaultyStore::new(Box::new(MemoryStore::new()));
    faults.plant(Fault::StaleEpoch, 1);
    let fenced = StoreError::Fenced { held: 1, found: 2 };
    for _ in 0..3 {
        assert_eq!(append(&mut store, &batch(0, 1)), Err(fenced.clone()));
    }
    faults.plant(Fault::ReplyLost, 1);
    assert_eq!(append(&mut store, &batch(0, 1)), Err(fenced));
    assert_eq!(store.head().unwrap().size, 0);
    faults.plant(Fault::Busy, 3);
    assert_eq!(faults.clear(), 3);
}

#[test]
fn a_later_writer_in_memory_fences_the_earlier() {
    let ledger = MemoryLedger::new();
    let mut first = ledger.open(Mode::Create);
    append(&mut first, &batch(0, 2)).unwrap();
    let mut second = ledger.open(Mode::Write);
    let fenced = StoreError::Fenced { held: 1, found: 2 };
    assert_eq!(append(&mut first, &batch(2, 2)), Err(fenced));
    append(&mut second, &batch(2, 2)).unwrap();
    assert_eq!(first.read(0, 100).unwrap(), batch(0, 4));
    assert_eq!(first.ledger().open(Mode::Read).head().unwrap().size, 4);
}

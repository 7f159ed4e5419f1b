//! The stores under test.

use crate::conformance::{Place, conforms};
use crate::histories::{run, step};
use countersign_store::{MemoryLedger, Mode, SqliteStore, Store, StoreError};
use proptest::prelude::*;
use std::path::PathBuf;
use tempfile::TempDir;

/// A record in a temporary folder.
pub(crate) struct Folder {
    kept: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let kept = TempDir::new().unwrap();
        let place = Self { kept };
        SqliteStore::create(place.path()).unwrap();
        place
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.kept.path().join("ledger")
    }
}

impl Place for Folder {
    fn open(&self, mode: Mode) -> Result<Box<dyn Store>, StoreError> {
        countersign_store::open(self.path().to_str().unwrap(), mode)
    }

    fn damage_latest_snapshot(&self) {
        let files = std::fs::read_dir(self.path().join("snapshots")).unwrap();
        let latest = files.map(|file| file.unwrap().path()).max().unwrap();
        let mut bytes = std::fs::read(&latest).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(latest, bytes).unwrap();
    }
}

/// A record in memory.
pub(crate) struct Memory {
    ledger: MemoryLedger,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { ledger: MemoryLedger::new() }
    }
}

impl Place for Memory {
    fn open(&self, mode: Mode) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.ledger.open(mode)))
    }

    fn damage_latest_snapshot(&self) {
        self.ledger.damage_latest_snapshot();
    }
}

#[test]
fn the_sqlite_store_conforms() {
    conforms(&|| Box::new(Folder::new()));
}

#[test]
fn the_memory_store_conforms() {
    conforms(&|| Box::new(Memory::new()));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn a_record_in_a_folder_is_a_vector(steps in prop::collection::vec(step(), 1..40)) {
        run(&Folder::new(), &steps);
    }

    #[test]
    fn a_record_in_memory_is_a_vector(steps in prop::collection::vec(step(), 1..40)) {
        run(&Memory::new(), &steps);
    }
}

//! A disk that is full refuses the whole batch, and the same store goes on once there is room.

use crate::conformance::Place as _;
use crate::entries::{append, batch, entry};
use crate::places::Folder;
use countersign_store::{SqliteStore, Store, StoreError, StoredEntry};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Entries that take about 1 KiB each.
fn heavy(from: u64, count: u64) -> Vec<StoredEntry> {
    let made = |seq| StoredEntry { body: vec![9; 1000], ..entry(seq) };
    (from..from + count).map(made).collect()
}

/// Appends until it is refused; gives how many entries are in.
fn fill(store: &mut dyn Store) -> u64 {
    let mut size = store.head().unwrap().size;
    loop {
        match append(store, &heavy(size, 50)) {
            Ok(()) => size += 50,
            Err(error) => {
                assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
                assert!(error.is_transient() && error.to_string().contains("full"), "{error}");
                return size;
            }
        }
        assert!(size < 100_000, "the disk does not fill");
    }
}

fn assert_intact(store: &dyn Store, size: u64) {
    assert_eq!(store.head().unwrap().size, size);
    assert_eq!(store.read(0, usize::MAX).unwrap(), heavy(0, size));
    assert_eq!(store.check_integrity().unwrap().entries, size);
}

#[test]
fn a_database_at_its_page_limit_refuses_whole_batches() {
    let place = Folder::new();
    let mut store = SqliteStore::open_writer(place.path()).unwrap();
    append(&mut store, &heavy(0, 50)).unwrap();
    store.limit_pages(Some(200)).unwrap();
    let size = fill(&mut store);
    assert!((100..800).contains(&size), "{size}");
    assert_intact(&store, size);
    assert_intact(&*place.reader(), size);
    store.limit_pages(None).unwrap();
    append(&mut store, &heavy(size, 300)).unwrap();
    assert_intact(&store, size + 300);
}

/// A file system of 2 MiB in memory, taken down when dropped.
struct SmallDisk {
    at: TempDir,
}

impl SmallDisk {
    fn mounted() -> Option<Self> {
        let at = TempDir::new().unwrap();
        let options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs"];
        let done = Command::new("mount").args(options).arg(at.path()).output();
        done.is_ok_and(|done| done.status.success()).then_some(Self { at })
    }

    fn path(&self) -> PathBuf {
        self.at.path().join("ledger")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.at.path()).status();
    }
}

/// Takes all the room there is, to the last byte.
fn hog(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    while file.write(&[1; 512]).is_ok_and(|written| written > 0) {}
}

#[test]
fn a_full_disk_refuses_whole_batches() {
    let Some(disk) = SmallDisk::mounted() else {
        // Past the test runner, which shows nothing of a test that passes.
        let skipped = "SKIPPED: a_full_disk_refuses_whole_batches: mounting a tmpfs needs root";
        writeln!(std::io::stderr(), "\n{skipped}").unwrap();
        return;
    };
    let mut store = SqliteStore::create(disk.path()).unwrap();
    let hogged = disk.at.path().join("hog");
    // Full from the first append on: not even the write-ahead log can be begun.
    hog(&hogged);
    assert_eq!(fill(&mut store), 0);
    assert_intact(&store, 0);
    std::fs::remove_file(&hogged).unwrap();
    append(&mut store, &heavy(0, 50)).unwrap();
    // Full in the middle of a transaction, again and again, whatever is left of the last one.
    for _ in 0..5 {
        hog(&hogged);
        let size = fill(&mut store);
        assert_intact(&store, size);
        assert!(matches!(
            store.save_snapshot(size, 1, &[0; 9000]),
            Err(StoreError::Unavailable { .. })
        ));
        std::fs::remove_file(&hogged).unwrap();
        append(&mut store, &heavy(size, 50)).unwrap();
        assert_intact(&store, size + 50);
    }
    // Full by the record itself; a new writer can still open it, and reads all of it.
    let size = fill(&mut store);
    drop(store);
    let store = SqliteStore::open_reader(disk.path()).unwrap();
    assert_intact(&store, size);
    assert!(size >= 300, "{size}");
    assert!(append(&mut SqliteStore::open_reader(disk.path()).unwrap(), &batch(0, 1)).is_err());
}

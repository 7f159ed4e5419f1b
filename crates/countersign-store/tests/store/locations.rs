//! Which store a text names.

use crate::entries::{append, batch};
use countersign_store::{Mode, StoreError, open};
use tempfile::TempDir;

#[test]
fn a_folder_is_named_by_its_path() {
    let kept = TempDir::new().unwrap();
    let path = kept.path().join("a ledger");
    let path = path.to_str().unwrap();
    append(&mut *open(path, Mode::Create).unwrap(), &batch(0, 3)).unwrap();
    for location in [path.to_owned(), format!("sqlite:{path}"), format!("SQLite://{path}")] {
        assert_eq!(open(&location, Mode::Read).unwrap().head().unwrap().size, 3, "{location}");
        open(&location, Mode::Write).unwrap();
    }
    let exists = open(path, Mode::Create).err().unwrap();
    assert_eq!(exists, StoreError::AlreadyExists { path: path.into() });
}

#[test]
fn other_locations_are_refused_without_repeating_them() {
    for location in [
        "postgres://clerk:hunter2@db.example/ledger",
        "POSTGRESQL://clerk:hunter2@db.example/ledger",
        "host=db.example user=clerk password=hunter2",
        "mysql://clerk:hunter2@db.example/ledger",
        "sqlite://hunter2/ledger",
        "",
        "sqlite:",
    ] {
        for mode in [Mode::Create, Mode::Write, Mode::Read] {
            let refused = open(location, mode).err().unwrap();
            assert!(matches!(refused, StoreError::UnsupportedLocation { .. }), "{location}");
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
        }
    }
    let shown = open("postgres://clerk@db.example/ledger", Mode::Read).err().unwrap().to_string();
    assert!(shown.contains("PostgreSQL is not supported by this build yet"), "{shown}");
    let missing = open("/nonexistent/ledger", Mode::Read).err().unwrap().to_string();
    assert!(missing.contains("/nonexistent/ledger is not a ledger"), "{missing}");
}

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
    let missing = open("/nonexistent/ledger", Mode::Read).err().unwrap().to_string();
    assert!(missing.contains("/nonexistent/ledger is not a ledger"), "{missing}");
}

/// What is wrong is said before anybody is spoken to, and no value is repeated but names of
/// parameters.
#[test]
fn a_database_is_named_in_full_or_refused() {
    for (location, said) in [
        ("postgres:clerk@db.example/ledger", "two slashes"),
        ("postgres://db.example/ledger", "names no user"),
        ("postgres://clerk@db.example", "names no database"),
        ("postgres://clerk@/ledger", "a host of the location is empty"),
        ("postgres://clerk@db.example/a/b", "one user and one database"),
        ("postgres://@db.example/ledger", "one user and one database"),
        ("postgres://clerk@db.example:port/ledger", "a port of the location"),
        ("postgres://clerk@db.example:99999/ledger", "a port of the location"),
        ("postgres://clerk@[::1/ledger", "a port of the location"),
        ("postgres://clerk@db.example/ledger?ledger=Main", "a ledger's name"),
        ("postgres://clerk@db.example/ledger?ledger=", "a ledger's name"),
        ("postgres://clerk@db.example/ledger?ledger=a%22b", "a ledger's name"),
        ("postgres://clerk@db.example/ledger?sslmode=prefer", "sslmode is disable, or require"),
        ("postgres://clerk@db.example/l?sslmode=disable&sslrootcert=f", "of no use"),
        ("postgres://clerk@%2Frun/ledger?sslmode=require", "a Unix socket is never encrypted"),
        ("postgres://clerk@db.example/ledger?durability=maybe", "durability is durable or"),
        ("postgres://clerk@db.example/ledger?ledger=a&ledger=b", "stands there twice"),
        ("postgres://clerk@db.example/ledger?target_attrs=x", "parameter target_attrs of"),
        ("postgres://clerk@db.example/ledger?hunter2", "a parameter of the location"),
        ("postgres://clerk@db.example/ledger?password=hunter2", "must not hold a password"),
        ("postgres://clerk%3Ahunter2@db.example/ledger", "must not hold a password"),
        ("postgres://clerk:hunter2@db.example/ledger", "must not hold a password"),
        ("postgres://clerk:hunt@er2@db.example/ledger", "must not hold a password"),
        ("postgres://clerk:@db.example/ledger", "must not hold a password"),
    ] {
        let refused = open(location, Mode::Read).err().unwrap();
        let shown = format!("{refused} {refused:?}");
        assert!(matches!(refused, StoreError::UnsupportedLocation { .. }), "{location}: {shown}");
        assert!(shown.contains(said), "{location}: {shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("er2@"), "{shown}");
    }
}

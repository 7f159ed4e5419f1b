//! What is erased is not in the files of the database any more, or it is said that it still is.

use crate::conformance::Place as _;
use crate::entries::{append, entry};
use crate::place::{Ledger, server};
use countersign_postgres::cluster::DATABASE;
use countersign_store::{ERASABLE, StoreError, StoredEntry, StoredPart};
use std::path::Path;

fn named(seq: u64) -> StoredEntry {
    let part =
        |label, word: &str| StoredPart { label, bytes: format!("{word} {seq}").into_bytes() };
    StoredEntry {
        sealed: vec![part(1, "kept-for-good"), part(ERASABLE, "name-of-a-person")],
        ..entry(seq)
    }
}

/// How often `word` stands in the files of the database; its log is another matter.
fn found_in(folder: &Path, word: &[u8]) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found += found_in(&entry.path(), word);
        } else {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            found += bytes.windows(word.len()).filter(|window| *window == word).count();
        }
    }
    found
}

#[test]
fn what_is_erased_is_gone_from_the_files_once_nobody_sees_it() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let files = cluster.data().join("base");
    let mut store = ledger.writer();
    append(&mut *store, &(0..5).map(named).collect::<Vec<_>>()).unwrap();
    cluster.sql(DATABASE, "CHECKPOINT");
    assert!(found_in(&files, b"name-of-a-person 3") > 0);

    let url = format!("host=127.0.0.1 port={} user=owner dbname={DATABASE}", cluster.port());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (viewer, connection) =
        runtime.block_on(tokio_postgres::connect(&url, tokio_postgres::NoTls)).unwrap();
    runtime.spawn(connection);
    let run = |text: &str| runtime.block_on(viewer.batch_execute(text)).unwrap();
    run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    assert_eq!(store.erase(&[3, 1]), Err(StoreError::Locked { holder: None }));
    assert_eq!(store.entry(3).unwrap().unwrap().sealed.len(), 1, "gone from the record");
    assert_eq!(store.erase(&[3, 1]), Err(StoreError::Locked { holder: None }));
    run("COMMIT");
    assert_eq!(store.erase(&[3, 1]), Ok(0), "nothing left but to write over");
    cluster.sql(DATABASE, "CHECKPOINT");
    for seq in 0..5 {
        let left = found_in(&files, format!("name-of-a-person {seq}").as_bytes());
        assert_eq!(left > 0, seq != 1 && seq != 3, "{left} of {seq}");
        assert!(found_in(&files, format!("kept-for-good {seq}").as_bytes()) > 0);
    }
    assert_eq!(store.check_integrity().unwrap().parts, 8);
}

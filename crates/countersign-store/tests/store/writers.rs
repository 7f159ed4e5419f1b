//! Two writers on one record: the lock says so at once, and the epoch stops the earlier one even
//! when the lock is got around.

use crate::conformance::Place as _;
use crate::entries::{append, batch, command, entry_for};
use crate::killed::{given_folder, in_a_process};
use crate::places::Folder;
use countersign_store::{SqliteStore, Store, StoreError};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Mutex};

/// Gets around the lock as a careless hand does: the next writer locks another file.
fn around_the_lock(place: &Folder) -> SqliteStore {
    std::fs::remove_file(place.path().join("writer.lock")).unwrap();
    SqliteStore::open_writer(place.path()).unwrap()
}

fn refused(place: &Folder) -> StoreError {
    SqliteStore::open_writer(place.path()).err().unwrap()
}

#[test]
fn a_second_writer_is_told_who_is_first() {
    let place = Folder::new();
    let first = place.writer();
    let StoreError::Locked { holder } = refused(&place) else { panic!("not locked") };
    let holder = holder.unwrap();
    assert!(holder.starts_with(&format!("process {} on ", std::process::id())), "{holder}");
    let shown = refused(&place);
    assert!(shown.to_string().contains(&holder) && shown.is_transient());
    drop(first);
    place.writer();
}

#[test]
#[ignore = "run by a_writer_in_another_process_is_kept_out in a process of its own"]
fn a_writer_that_waits() {
    let Some(folder) = given_folder() else { return };
    let _store = SqliteStore::open_writer(folder).unwrap();
    println!("\nopen");
    std::thread::sleep(std::time::Duration::from_secs(600));
}

#[test]
fn a_writer_in_another_process_is_kept_out() {
    let place = Folder::new();
    let mut child = in_a_process("writers::a_writer_that_waits", &place.path(), 0);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "open"));
    let locked = refused(&place);
    assert!(locked.to_string().contains(&format!("process {} on ", child.id())), "{locked}");

    let mut second = around_the_lock(&place);
    append(&mut second, &batch(0, 3)).unwrap();
    drop(second);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut third = place.writer();
    append(&mut *third, &batch(3, 3)).unwrap();
    assert_eq!(third.read(0, 100).unwrap(), batch(0, 6));
}

#[test]
fn the_earlier_of_two_writers_is_fenced() {
    let place = Folder::new();
    let mut first = place.writer();
    append(&mut *first, &batch(0, 3)).unwrap();
    let held = first.head().unwrap().epoch;
    let mut second = around_the_lock(&place);
    let fenced = StoreError::Fenced { held, found: held + 1 };
    assert_eq!(append(&mut *first, &batch(3, 1)), Err(fenced.clone()));
    append(&mut second, &batch(3, 2)).unwrap();
    assert_eq!(append(&mut *first, &batch(5, 1)), Err(fenced.clone()));
    drop(second);
    assert_eq!(append(&mut *first, &batch(5, 1)), Err(fenced.clone()), "and stays so");
    assert_eq!(first.erase(&[0]), Err(fenced), "nor does it erase");
    assert_eq!(first.read(0, 100).unwrap(), batch(0, 5));
}

/// Writers that take the record from each other, all at once; every acknowledged entry must be the
/// one that is recorded there.
#[test]
fn writers_that_take_over_never_both_append() {
    let place = Arc::new(Folder::new());
    let acknowledged = Arc::new(Mutex::new(HashMap::new()));
    let write = |thread: u64| {
        let (place, acknowledged) = (place.clone(), acknowledged.clone());
        move || {
            for turn in 0..12 {
                let _ = std::fs::remove_file(place.path().join("writer.lock"));
                let Ok(mut store) = SqliteStore::open_writer(place.path()) else { continue };
                for step in 0..20 {
                    let seq = store.head().unwrap().size;
                    let number = (thread << 32) | (turn << 16) | step;
                    match append(&mut store, &[entry_for(seq, number)]) {
                        Ok(()) => {
                            let earlier = acknowledged.lock().unwrap().insert(seq, command(number));
                            assert_eq!(earlier, None, "two writers hold entry {seq}");
                        }
                        Err(StoreError::Fenced { .. }) => break,
                        Err(StoreError::Moved { .. } | StoreError::Locked { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    };
    let threads: Vec<_> = (0..3).map(|thread| std::thread::spawn(write(thread))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let acknowledged = acknowledged.lock().unwrap();
    let store = place.reader();
    assert_eq!(store.head().unwrap().size, u64::try_from(acknowledged.len()).unwrap());
    for entry in store.read(0, usize::MAX).unwrap() {
        assert_eq!(acknowledged[&entry.seq], entry.command);
    }
    println!("{} entries", acknowledged.len());
}

#[test]
fn readers_see_whole_batches_while_a_writer_appends() {
    let place = Arc::new(Folder::new());
    let reader = place.clone();
    let reading = std::thread::spawn(move || {
        let store = reader.reader();
        let mut seen = 0;
        while seen < 64 * 50 {
            let found = store.read(0, usize::MAX).unwrap();
            let size = u64::try_from(found.len()).unwrap();
            assert!(size >= seen && size % 50 == 0, "{size} after {seen}");
            assert_eq!(found, batch(0, size));
            seen = size;
        }
    });
    let mut store = place.writer();
    (0..64).for_each(|turn| append(&mut *store, &batch(turn * 50, 50)).unwrap());
    reading.join().unwrap();
}

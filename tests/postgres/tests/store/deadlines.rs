//! A server that is frozen still accepts connections; whoever waits for it waits with an end.

use crate::conformance::Place as _;
use crate::entries::{append, batch, command};
use crate::place::{Ledger, server};
use countersign_store::{Mode, StoreError};
use std::time::{Duration, Instant};

/// Far beyond every deadline of the store: only a call without one takes longer.
const GENEROUS: Duration = Duration::from_secs(120);

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable { .. }))
}

/// Asks again until the server has woken up.
fn once_awake<T>(mut ask: impl FnMut() -> Result<T, StoreError>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(StoreError::Unavailable { .. }) if start.elapsed() < GENEROUS => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn an_append_to_a_frozen_server_ends_and_its_outcome_is_found_afterwards() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    append(&mut *store, &batch(0, 3)).unwrap();
    let epoch = store.head().unwrap().epoch;
    cluster.signal("STOP");
    let start = Instant::now();
    let lost = append(&mut *store, &batch(3, 2));
    assert!(is_unavailable(&lost), "{lost:?}");
    // Not even the way to it is open; and opening ends too.
    assert!(is_unavailable(&store.find(command(3))));
    assert!(is_unavailable(&ledger.open(Mode::Read).map(|_| ())));
    assert!(start.elapsed() < GENEROUS);
    cluster.signal("CONT");
    let found = once_awake(|| store.find(command(3)));
    let size = store.head().unwrap().size;
    match found {
        Some(seq) => assert_eq!((seq, size), (3, 5)),
        None => {
            assert_eq!(size, 3);
            append(&mut *store, &batch(3, 2)).unwrap();
        }
    }
    // Whatever was still under way at the server has come to nothing since.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(store.read(0, 100).unwrap(), batch(0, 5));
    append(&mut *store, &batch(5, 1)).unwrap();
    assert_eq!(store.head().unwrap().epoch, epoch, "it is the same writer still");
    store.check_integrity().unwrap();
}

/// A commit that is held up, as by a standby that does not answer, is not cancelled; and what
/// became of it is not told before it is over.
#[test]
fn an_append_that_is_held_up_is_settled_before_anything_is_told_of_it() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    append(&mut *store, &batch(0, 3)).unwrap();
    let url = format!(
        "host=127.0.0.1 port={} user=owner dbname={}",
        cluster.port(),
        countersign_postgres::cluster::DATABASE
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (holder, connection) =
        runtime.block_on(tokio_postgres::connect(&url, tokio_postgres::NoTls)).unwrap();
    runtime.spawn(connection);
    let run = |text: &str| runtime.block_on(holder.batch_execute(text)).unwrap();
    // The row that an append inserts last; until this transaction ends, nobody knows who wins.
    run(&format!("SET search_path = countersign_{}; BEGIN", ledger.name));
    run("INSERT INTO batch SELECT 3, 5, 1, tenure, repeat('x', 32)::bytea, root FROM writer, head");
    let lost = append(&mut *store, &batch(3, 2));
    assert!(is_unavailable(&lost), "{lost:?}");
    assert!(is_unavailable(&store.find(command(3))), "it is still under way");
    run("ROLLBACK");
    let found = once_awake(|| store.find(command(3)));
    let size = store.head().unwrap().size;
    assert_eq!((found, size), (Some(3), 5), "nothing was cancelled");
    assert_eq!(store.read(0, 100).unwrap(), batch(0, 5));
    append(&mut *store, &batch(5, 1)).unwrap();
    store.check_integrity().unwrap();
}

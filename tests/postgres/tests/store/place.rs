//! Ledgers on a server under test.

use crate::conformance::{Place, conforms};
use crate::entries::{append, batch};
use crate::histories::{run, step};
use countersign_postgres::cluster::DATABASE;
use countersign_postgres::{Cluster, given};
use countersign_store::{Mode, Store, StoreError, open};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A ledger in a database, made empty.
pub(crate) struct Ledger {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) name: String,
}

static MADE: AtomicU64 = AtomicU64::new(0);

impl Ledger {
    pub(crate) fn on(cluster: &Arc<Cluster>) -> Self {
        let name = format!("test_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let ledger = Self { cluster: cluster.clone(), name };
        drop(ledger.open(Mode::Create).unwrap());
        ledger
    }

    pub(crate) fn location(&self) -> String {
        self.cluster.location(&self.name)
    }

    /// Runs SQL within the ledger's own schema, as the superuser.
    pub(crate) fn sql(&self, text: &str) -> String {
        let path = format!("SET search_path = countersign_{};", self.name);
        self.cluster.sql(DATABASE, &format!("{path} {text}"))
    }

    /// Changes what must never be changed, with the guards taken away and put back.
    pub(crate) fn tamper(&self, text: &str) {
        let tables = ["batch", "entry", "erasable", "head", "sealed", "writer"];
        let all = |what: &str| {
            tables.map(|table| format!("ALTER TABLE {table} {what} TRIGGER USER;")).concat()
        };
        let always = self.sql(
            "SELECT string_agg(format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I;', relname, tgname),
             ' ') FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
             WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace",
        );
        self.sql(&format!("{} {text}; {always}", all("DISABLE")));
    }
}

impl Place for Ledger {
    fn open(&self, mode: Mode) -> Result<Box<dyn Store>, StoreError> {
        open(&self.location(), mode)
    }

    fn damage_latest_snapshot(&self) {
        self.sql(
            "UPDATE snapshot_piece SET bytes = set_byte(bytes, octet_length(bytes) - 1,
               get_byte(bytes, octet_length(bytes) - 1) # 1)
             WHERE position = (SELECT max(position) FROM snapshot_piece)",
        );
    }
}

/// A server with nothing special about it.
pub(crate) fn server() -> Option<Arc<Cluster>> {
    given(&[]).map(Arc::new)
}

#[test]
fn the_postgres_store_conforms() {
    let Some(cluster) = server() else { return };
    conforms(&|| Box::new(Ledger::on(&cluster)));
}

#[test]
fn a_record_in_a_database_is_a_vector() {
    let Some(cluster) = server() else { return };
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..Default::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..40))| {
        run(&Ledger::on(&cluster), &steps);
    });
}

#[test]
fn two_ledgers_in_one_database_know_nothing_of_each_other() {
    let Some(cluster) = server() else { return };
    let (one, other) = (Ledger::on(&cluster), Ledger::on(&cluster));
    let (mut first, mut second) = (one.writer(), other.writer());
    append(&mut *first, &batch(0, 7)).unwrap();
    append(&mut *second, &batch(0, 3)).unwrap();
    append(&mut *first, &batch(7, 1)).unwrap();
    first.save_snapshot(8, 1, b"eight").unwrap();
    assert_eq!(second.latest_snapshot(1).unwrap().usable, None);
    assert_eq!(first.read(0, 100).unwrap(), batch(0, 8));
    assert_eq!(second.read(0, 100).unwrap(), batch(0, 3));
    assert_eq!(other.reader().find(crate::entries::command(7)).unwrap(), None);
    assert_eq!(other.reader().wait_beyond(3, std::time::Duration::ZERO).unwrap(), 3);
    assert_eq!(first.erase(&[0, 1, 2]).unwrap(), 0);
    assert_eq!(second.check_integrity().unwrap().entries, 3);
}

/// A store is used where another runtime's threads wait, and dropped within a task.
#[test]
fn it_works_on_the_threads_of_another_runtime() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let location = ledger.location();
        let work = move || {
            let mut store = open(&location, Mode::Write).unwrap();
            append(&mut *store, &batch(0, 5)).unwrap();
            store
        };
        let store = tokio::task::spawn_blocking(work).await.unwrap();
        assert_eq!(store.read(0, 10).unwrap(), batch(0, 5));
        drop(store);
    });
    assert_eq!(ledger.writer().head().unwrap().size, 5);
}

/// What one statement cannot carry goes in several, all of it or nothing.
#[test]
fn a_batch_that_one_statement_cannot_carry_is_whole_all_the_same() {
    let Some(cluster) = server() else { return };
    let ledger = Ledger::on(&cluster);
    let mut store = ledger.writer();
    append(&mut *store, &batch(0, 2)).unwrap();
    let mut large = batch(2, 4);
    large.iter_mut().for_each(|entry| entry.body = vec![7; 20 << 20]);
    let mut again = large.clone();
    again[3].command = crate::entries::command(1);
    let refused = append(&mut *store, &again);
    assert!(matches!(refused, Err(StoreError::DuplicateCommand { seq: 1, .. })), "{refused:?}");
    assert_eq!(store.head().unwrap().size, 2);
    append(&mut *store, &large).unwrap();
    assert_eq!(ledger.reader().read(2, 4).unwrap(), large);
    assert_eq!(store.check_integrity().unwrap().entries, 6);
}

//! The suite that every store must pass.
//!
//! A store joins by a [`Place`] and one test below; the cases know nothing else of it.

mod places;

mod appends;

mod erasing;

mod reads;

mod snapshots;

use countersign_store::{Mode, Store, StoreError};

/// Where one record is kept, empty at first, that can be opened many times.
pub(crate) trait Place {
    fn open(&self, mode: Mode) -> Result<Box<dyn Store>, StoreError>;

    /// Damages the state within the latest snapshot.
    fn damage_latest_snapshot(&self);

    fn writer(&self) -> Box<dyn Store> {
        self.open(Mode::Write).unwrap()
    }

    fn reader(&self) -> Box<dyn Store> {
        self.open(Mode::Read).unwrap()
    }
}

type Case = (&'static str, fn(&dyn Place));

/// Runs every case, each in a place of its own.
fn conforms(fresh: &dyn Fn() -> Box<dyn Place>) {
    let all = [appends::CASES, erasing::CASES, reads::CASES, snapshots::CASES];
    for (name, case) in all.concat() {
        println!("case: {name}");
        case(&*fresh());
    }
}

#[test]
fn the_sqlite_store_conforms() {
    conforms(&|| Box::new(places::Folder::new()));
}

#[test]
fn the_memory_store_conforms() {
    conforms(&|| Box::new(places::Memory::new()));
}

pub(crate) use places::{Folder, Memory};

//! The suite that every store must pass.
//!
//! A store joins by a [`Place`] and one test that calls [`conforms`]; the cases know nothing else
//! of it. The paths below are written out so that the tests of a store that needs a server, which
//! have a crate of their own, can name this file too.

#[path = "conformance/appends.rs"]
mod appends;

#[path = "conformance/erasing.rs"]
mod erasing;

#[path = "conformance/following.rs"]
mod following;

#[path = "conformance/reads.rs"]
mod reads;

#[path = "conformance/snapshots.rs"]
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
pub(crate) fn conforms(fresh: &dyn Fn() -> Box<dyn Place>) {
    let all = [appends::CASES, erasing::CASES, reads::CASES, snapshots::CASES, following::CASES];
    for (name, case) in all.concat() {
        println!("case: {name}");
        case(&*fresh());
    }
}

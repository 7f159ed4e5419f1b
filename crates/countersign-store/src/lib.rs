//! The append-only log and its snapshots.
//!
//! Answers: *what was recorded, in which order, and is all of it still there?* The store knows
//! nothing of the rules. It keeps bytes in one total order, adds a batch wholly or not at all, and
//! refuses a writer whose turn is over.
//!
//! Modules in reading order:
//! 1. `record`: what is kept: entries, their sealed parts, the head;
//! 2. `error`: every way to fail, and what a person does about it;
//! 3. `store`: the contract, the [`Store`] trait, and [`Walk`] for callers with errors of
//!    their own;
//! 4. `snapshot`: the disposable cache of a state;
//! 5. `filing`: where a command id was recorded, in eight bytes of memory an entry;
//! 6. [`sqlite`]: the embedded store, and the tables in it;
//! 7. [`postgres`]: the store for several machines, and the tables in it;
//! 8. `holder`: who holds a record, in words;
//! 9. `location`: which store a text names, chosen at run time;
//! 10. `memory` and [`faulty`]: test equipment, a store without a disk and one with planted faults.

mod record;

mod error;

mod store;

mod snapshot;

mod filing;

mod holder;

pub mod sqlite;

pub mod postgres;

mod location;

mod memory;

pub mod faulty;

pub use error::StoreError;
pub use location::{Mode, folder_beside, is_apart, open, open_at};
pub use memory::{MemoryLedger, MemoryStore};
pub use postgres::PostgresStore;
pub use record::{BODY_MAX, ERASABLE, Head, NewHead, OPEN_MAX, SEQ_END, StoredEntry, StoredPart};
pub use snapshot::{LatestSnapshot, SkippedSnapshot, Snapshot};
pub use sqlite::SqliteStore;
pub use store::{Checked, Lease, Store, VisitBytes, VisitLeaf, Walk};

//! A witness: a program that a party runs to see that a log only grows. Answers: *what has this
//! witness cosigned, and how does it never forget it?*
//!
//! What may be cosigned is decided in `countersign_proof::witness`. Here is what that needs from
//! the world: a folder with the key, the logs that are watched and the memory; one keeper that
//! judges request after request and brings a whole group to stable storage at once; and the door
//! over HTTP. The modules in the order to read them:
//!
//! - [`memory`]: the last checkpoint of each log, on disk;
//! - [`keeper`]: judging, remembering, cosigning, in this order;
//! - [`serving`]: the door over HTTP.

mod keeper;
mod memory;
mod serving;

pub use keeper::{Keeper, Reply};
pub(crate) use memory::write_durably;
pub use memory::{Folder, Memory, WitnessError};
pub(crate) use serving::serve;

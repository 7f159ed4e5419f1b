//! Evidence. Answers: *do these entries, without the rest of the record, show that named people
//! authorised exactly this?*
//!
//! It reads everything and changes nothing. Whoever examines has entries of the log, already
//! proved to be in it word for word (`countersign_proof::bundle`), and nothing else.

mod concern;
mod examine;
mod follow;
mod foundation;
mod gaps;
mod judged;
mod signing;
mod witnessed;

pub use concern::{Concern, concerns, is_foundation};
pub use examine::{EntryAtHand, Examined, Examiner, Fault, ReleaseExamined, Rule, UseExamined};
pub use gaps::{Gap, gaps};
pub use judged::{Judged, totals_judged};
pub use signing::{SignatureExamined, allowed_signers};

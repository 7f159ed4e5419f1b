//! Evidence. Answers: *does what came back from outside fit what was issued?*
//!
//! The room reads the other rooms and changes nothing: it has no commands and no events.

mod gaps;

pub use gaps::{Gap, gaps};

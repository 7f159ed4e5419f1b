//! Dependence. Answers: *what can a holder use without whose consent, and what would another
//! policy version change?*
//!
//! The room reads everything and changes nothing: it has no commands and no events. Every answer
//! rests on the verdicts of policy itself, each distinct question worked out once. Units are never
//! estimated: where there are too many offices to weigh exactly, it says so and gives no figure.
//! The modules in the order to read them:
//!
//! - [`consent`]: given approval sets, whose refusal locks, and what is left without some offices?
//! - [`holdings`]: what does each holder have, and what is promised to it?
//! - [`report`]: what can be used with nobody's consent, one office's, more?
//! - [`history`]: what did policy see when a past request was decided?
//! - [`impact`]: what would another version have asked of requests, releases and holdings?

pub mod consent;

pub mod holdings;

pub mod report;

pub mod history;

pub mod impact;

pub use consent::{Lock, LockError};
pub use history::History;
pub use holdings::{Holding, holdings};
pub use impact::{Impact, impact};
pub use report::{Report, Terms, report};

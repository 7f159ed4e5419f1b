//! Statements: the exact text that a person signs.
//!
//! Answers: *what did this person put their name to?* (grammar still to be written)
pub mod kinds;

//! Countersign: keeps the release of scarce, controlled stock behind the personal authorisation of
//! named officials, and makes every decision provable to people who do not trust the server.
//!
//! The modules in the order to read them:
//!
//! - [`clock`]: where moments and random bits come from;
//! - [`keys`]: how a person signs from the command line;
//! - [`opening`]: what the record says the state is;
//! - [`writer`]: the only place that writes;
//! - [`pack`]: the folder a person reads and edits, which becomes a charter;

pub mod clock;

pub mod keys;

pub mod opening;

pub mod writer;

pub mod pack;

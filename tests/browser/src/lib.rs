//! Countersign in a real browser, and under other programs' eyes.
//!
//! The crate starts the finished binary as a person would, opens its pages in Chromium, lets a
//! virtual authenticator sign, and lets strangers judge the result: axe-core the pages,
//! Schemathesis the API, `ssh-keygen` the signatures. It is a crate of its own because Chromium's
//! protocol takes long to compile, and nothing else needs it.
//!
//! A tool that is missing is a failure with a remedy, never a skipped test.

pub mod authenticator;
pub mod axe;
pub mod case;
pub mod chromium;
pub mod commands;
pub mod complaints;
pub mod fault;
pub mod pages;
pub mod planted;
pub mod provided;
pub mod schemathesis;
pub mod served;
pub mod spot;
pub mod tab;

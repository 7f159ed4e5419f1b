//! Throw-away PostgreSQL servers for tests: single ones, and three under Patroni.
//!
//! It is a crate of its own because starting a server takes a while, and nothing else needs one.
//! Under CI a missing PostgreSQL is a failure with a remedy; elsewhere it is said aloud that
//! nothing was tried.

pub mod cluster;

pub mod patroni;

pub use cluster::{Cluster, given};

//! Statements, signatures, the Merkle log and checkpoints: all that an auditor needs.
//!
//! The crate does no I/O: bytes go in, values or errors come out. The modules in the order to read
//! them:
//!
//! - [`words`]: the words of the glossary as types, each with one written form;
//! - [`key`]: public keys in OpenSSH form;
//! - [`statement`]: the canonical text that a person signs;
//! - [`signature`]: the signature over that text, and [`Verified`], which proves that it matches;
//! - [`merkle`]: the hash tree over the entries of a log, and its proofs;
//! - [`checkpoint`]: a tree head signed by the log;
//! - [`entry`]: one entry of the log, its open part and its sealed parts;
//! - [`tiles`]: the log as files that anyone can serve and read;
//! - [`cosignature`]: the word of a witness that a log has only grown;
//! - [`tlog_proof`]: what proves one entry offline;
//! - [`trust`]: which logs and witnesses a verifier believes;
//! - [`witness`]: what a witness does when it is shown a checkpoint;
//! - [`certificate`]: a release as a depot without a network reads it;
//! - [`status`]: the list of what is no longer valid;
//! - [`bundle`]: evidence that travels as one file.

pub mod words;

pub mod key;

pub mod statement;

pub mod signature;

pub mod merkle;

pub mod checkpoint;

pub mod entry;

pub mod tiles;

pub mod cosignature;

pub mod tlog_proof;

pub mod trust;

pub mod witness;

pub mod certificate;

pub mod status;

pub mod bundle;

pub use checkpoint::{Checkpoint, LogKey, LogVerifier};
pub use entry::{Body, Label, OpenPart, Outcome, SealedPart};
pub use merkle::Frontier;
pub use signature::{
    Assurance, PublicKey, SignatureError, SignatureRules, SoftwareKey, Sshsig, Verified, verify,
};
pub use statement::{AnyStatement, Statement, StatementError, StatementKind, parse, render};

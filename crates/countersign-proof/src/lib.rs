//! Statements, signatures, the Merkle log and checkpoints.
pub mod words;
pub mod statement;

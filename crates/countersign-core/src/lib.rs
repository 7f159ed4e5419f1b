//! The rules, pure.
pub mod policy;
pub mod stock;

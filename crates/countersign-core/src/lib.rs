//! The rules, pure.
pub mod stock;
pub mod policy;

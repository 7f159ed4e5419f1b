//! The words of record.

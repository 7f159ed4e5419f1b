//! The words of oversight.

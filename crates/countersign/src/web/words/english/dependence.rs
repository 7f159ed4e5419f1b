//! The words of dependence.

//! The words of search.

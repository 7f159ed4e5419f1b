//! The words of people.

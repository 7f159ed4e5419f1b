//! The words of the pages. Answers: *in which language does an installation speak?*
//!
//! Every string that a person reads in a component stands in one file for each language, as a
//! constant or, where a number decides the form, as a function. Pages read `words::NAME`.
//!
//! Another language is a copy of `words/english.rs` (say `words/ukrainian.rs`) with the same names,
//! a `mod` line here, and the `use` below pointed at it. The compiler then names whatever is
//! missing. An installation speaks one language: the statements that people sign are one text for
//! all.

mod english;

pub(crate) use english::*;

//! The web door. Answers: *how does a person at a browser see the record and act on it?*
//!
//! Pages are pure functions from data to markup; every action is a plain link or form first.

pub(crate) mod words;

pub(crate) mod parts;

pub(crate) mod charts;

pub(crate) mod page;

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod gallery;

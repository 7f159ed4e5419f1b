//! Stock. Answers: *what is there, whose is it, where, and what is already promised?*

mod items;

pub use items::{Input, Item, ItemClass, Place};

//! The parts that pages are built of. Answers: *how is one thing shown the same way everywhere?*
//!
//! Each part is a function from plain data to markup. What a person typed or a pack names is text
//! and escaped; only what is already [`maud::Markup`] is taken as it is.

mod figures;
mod forms;
mod lists;
mod notices;
mod status;
mod tables;

pub(crate) use figures::{code, date, fingerprint, id, minute, moment, quantity, signed, thin};
pub(crate) use forms::{Choice, Field, Number};
pub(crate) use lists::{Happening, Task, summary_list, task_list, timeline};
pub(crate) use notices::{Action, Fault, Pager, buttons, details, error_summary, inset, pager};
pub(crate) use status::{Tone, grade_tag, outline, release_tag, request_tag, shape, tag};
pub(crate) use tables::{Column, Row, Table};

#[cfg(test)]
mod tests;

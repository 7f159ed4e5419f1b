//! Charts. Answers: *what does a table of numbers look like, and which numbers are these?*
//!
//! Each chart is a drawing with its message above, a title and a description inside, and a table
//! with the same numbers below. Charts take plain whole numbers and words; nothing here decides
//! anything. Colours and type come from the style sheet by classes: the pages forbid inline styles.
//!
//! Every element of a drawing is closed (`rect … {}`): a drawing must also be well-formed XML.

pub(crate) mod bars;
pub(crate) mod drawing;
pub(crate) mod flow;
pub(crate) mod gauge;
pub(crate) mod history;
pub(crate) mod matrix;
pub(crate) mod projection;
pub(crate) mod versions;
pub(crate) mod zones;

pub(crate) use bars::{Bar, Bars};
pub(crate) use flow::{Flow, Link};
pub(crate) use gauge::{Gauge, Spark};
pub(crate) use history::{ClassHistory, Span};
pub(crate) use matrix::{Cell, Matrix};
pub(crate) use projection::{MonthEnd, Projection};
pub(crate) use versions::{Version, Versions};
pub(crate) use zones::{Zone, Zones};

#[cfg(test)]
mod tests;

//! A foreign history. Answers: *which facts do the rows of this file state, by this mapping?*
//!
//! `docs/history.md` describes mappings. Rows are read one by one, from CSV, also packed with gzip;
//! nothing of a file is kept but the row at hand.

mod mapping;
mod rows;
mod time;

pub(crate) use mapping::{Duplicates, Mapping, OnFault, read_mapping};
pub(crate) use rows::{Foreigners, HistoryRow, HistoryRows, Next, Opened, RowFact};

//! A foreign history. Answers: *which facts do the rows of this file state, by this mapping?*
//!
//! `docs/history.md` describes mappings. Rows are read one by one, from CSV, also packed with gzip;
//! nothing of a file is kept but the row at hand.

mod time;

mod mapping;

mod known;
mod opened;

mod rows;

pub(crate) use known::Foreigners;
pub(crate) use mapping::{Duplicates, Mapping, OnFault, read_mapping};
pub(crate) use opened::Opened;
pub(crate) use rows::{HistoryRow, HistoryRows, Next, RowFact};

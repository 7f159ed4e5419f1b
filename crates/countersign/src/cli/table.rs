//! A result as a CSV table: to a file, or to standard output.

use super::Failure;
use super::output::Output;
use crate::views::csv::csv;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct CsvArgs {
    /// Write a CSV table to this file, or to standard output for -
    #[arg(long, value_name = "FILE|-", conflicts_with = "json")]
    csv: Option<PathBuf>,
}

impl CsvArgs {
    /// Where the table goes, if it is wanted.
    pub(super) fn sink(&self) -> Option<&Path> {
        self.csv.as_deref()
    }
}

/// Writes the table.
///
/// # Errors
/// [`Failure::Unavailable`] when the file cannot be written.
pub(super) fn put(
    sink: &Path,
    headings: &[&str],
    rows: &[Vec<String>],
    output: &mut Output,
) -> Result<(), Failure> {
    put_text(sink, &csv(headings, rows), output)
}

/// Writes a text to a file, or to standard output for `-`.
///
/// # Errors
/// [`Failure::Unavailable`] when the file cannot be written.
pub(super) fn put_text(sink: &Path, text: &str, output: &mut Output) -> Result<(), Failure> {
    if sink == Path::new("-") {
        return output.raw(text.as_bytes());
    }
    let failed = |error| Failure::unavailable(format!("{}: {error}", sink.display()));
    std::fs::write(sink, text).map_err(failed)?;
    output.line(&format!("Written to {}.", sink.display()));
    Ok(())
}

//! What every benchmark program does alike: it reads `--quick` and `--json FILE`, prints a table
//! whose last column says what its ratios are to, and writes the same figures as JSON.

#![allow(dead_code, reason = "each program uses its part")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

struct Row {
    what: String,
    figure: f64,
    unit: &'static str,
    ratio: f64,
    against: &'static str,
}

/// The figures of one program.
pub struct Report {
    /// Fewer repeats: a look, not a measurement.
    pub quick: bool,
    json: Option<PathBuf>,
    rows: Vec<Row>,
}

impl Report {
    /// Reads the arguments; those of cargo itself are passed over.
    pub fn from_arguments() -> Self {
        let mut report = Self { quick: false, json: None, rows: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => report.quick = true,
                "--json" => report.json = arguments.next().map(PathBuf::from),
                _ => {}
            }
        }
        report
    }

    /// Adds a figure with its ratio to `against`.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        figure: f64,
        unit: &'static str,
        against: &'static str,
        ratio: f64,
    ) {
        self.rows.push(Row { what: what.into(), figure, unit, ratio, against });
    }

    /// Prints the table, and writes the figures where they are wanted.
    pub fn finish(self) {
        println!("{:<58} {:>14} {:<7} {:>9}  ratio to", "what", "figure", "", "ratio");
        for row in &self.rows {
            println!(
                "{:<58} {:>14.2} {:<7} {:>9.3}  {}",
                row.what, row.figure, row.unit, row.ratio, row.against
            );
        }
        let Some(path) = self.json else { return };
        let figures: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "what": row.what, "figure": row.figure, "unit": row.unit,
                    "ratio": row.ratio, "ratio_to": row.against,
                })
            })
            .collect();
        std::fs::write(path, serde_json::to_vec_pretty(&figures).unwrap()).unwrap();
    }
}

/// How long some work takes, in seconds, and what it gives.
pub fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let found = black_box(work());
    (begun.elapsed().as_secs_f64(), found)
}

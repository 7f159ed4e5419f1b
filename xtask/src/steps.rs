//! Steps: each announced, timed, and listed in a table at the end.

use crate::say;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it is for.
    Done,
    /// It did not, and why; the run stops.
    Failed(String),
    /// It was left out by the caller's wish, and which.
    LeftOut(String),
}

/// The steps taken so far.
#[derive(Debug, Default)]
pub struct Steps {
    taken: Vec<(String, Duration, Outcome)>,
}

impl Steps {
    /// Takes a step: announces it, runs it, notes its time. Gives whether the run may go on.
    pub fn take(&mut self, name: &str, work: impl FnOnce() -> Result<(), String>) -> bool {
        say::line(format_args!("\n── {name}"));
        let started = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Done,
            Err(why) => Outcome::Failed(why),
        };
        let time = started.elapsed();
        let word = match &outcome {
            Outcome::Done | Outcome::LeftOut(_) => "done".to_owned(),
            Outcome::Failed(why) => format!("FAILED: {why}"),
        };
        say::line(format_args!("── {name}: {word} ({})", seconds(time)));
        let goes_on = outcome == Outcome::Done;
        self.taken.push((name.to_owned(), time, outcome));
        goes_on
    }

    /// Notes a step that the caller asked to leave out.
    pub fn leave_out(&mut self, name: &str, wish: &str) {
        say::line(format_args!("\n── {name}: left out ({wish})"));
        self.taken.push((name.to_owned(), Duration::ZERO, Outcome::LeftOut(wish.to_owned())));
    }

    /// Whether a step failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.taken.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
    }

    /// The table of steps, one a line, the total last.
    #[must_use]
    pub fn table(&self) -> String {
        let width = self.taken.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let mut total = Duration::ZERO;
        let mut lines = Vec::new();
        for (name, time, outcome) in &self.taken {
            total = total.saturating_add(*time);
            let word = match outcome {
                Outcome::Done => "ok".to_owned(),
                Outcome::Failed(why) => format!("FAILED: {why}"),
                Outcome::LeftOut(wish) => format!("left out ({wish})"),
            };
            lines.push(format!("  {name:<width$}  {:>8}  {word}", seconds(*time)));
        }
        lines.push(format!("  {:<width$}  {:>8}", "total", seconds(total)));
        lines.join("\n")
    }
}

fn seconds(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

//! What a test runner counted, read from its closing lines.

use std::fmt;

/// Who ran the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// cargo-nextest. It shows what a failed test printed, libtest's closing line among it, so
    /// only its own closing line counts.
    Nextest,
    /// libtest, one closing line for each binary.
    Libtest,
}

/// Tests that ran, and those that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ended well.
    pub passed: u64,
    /// Ended badly: failed, ran out of time, or could not be started.
    pub failed: u64,
    /// Were not run: ignored.
    pub skipped: u64,
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed.saturating_add(other.passed),
            failed: self.failed.saturating_add(other.failed),
            skipped: self.skipped.saturating_add(other.skipped),
        }
    }

    /// How many ran.
    #[must_use]
    pub fn ran(self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    /// Reads one line of a runner's output; `None` where it is not a closing line.
    ///
    /// They are `Summary [0.5s] 3 tests run: 2 passed (1 slow), 1 failed, 4 skipped` and
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    #[must_use]
    pub fn from_line(runner: Runner, line: &str) -> Option<Self> {
        let line = without_colours(line);
        let list = match runner {
            Runner::Nextest => line.trim().strip_prefix("Summary [")?.split_once(" run: ")?.1,
            Runner::Libtest => line.trim().strip_prefix("test result: ")?.split_once(". ")?.1,
        };
        Some(without_parentheses(list).split([',', ';']).fold(Self::default(), Self::with_part))
    }

    fn with_part(mut self, part: &str) -> Self {
        let mut words = part.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        let slot = match words.next() {
            Some("passed") => &mut self.passed,
            Some("failed" | "timed" | "exec") => &mut self.failed,
            Some("skipped" | "ignored") => &mut self.skipped,
            Some(_) | None => return self,
        };
        *slot = slot.saturating_add(number);
        self
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// The text without terminal colour sequences (`ESC [ … m`).
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if inside => {}
            other => plain.push(other),
        }
    }
    plain
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            other => kept.push(other),
        }
    }
    kept
}

//! Where this program speaks: one place, so that a closed pipe never makes it panic.

use std::fmt::Display;
use std::io::Write;

/// One line on standard output.
pub fn line(text: impl Display) {
    // A reader that went away (`| head`) is not a fault of the run.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// One line on standard error.
pub fn error(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

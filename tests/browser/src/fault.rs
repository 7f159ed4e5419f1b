//! What went wrong, in words for whoever reads a failed test.

use std::fmt;

/// A failure with its place and, where there is one, its remedy.
///
/// Its `Debug` is its `Display`, because that is what `unwrap` and a failing test print.
pub struct Fault(String);

impl Fault {
    /// A failure in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Puts in front what was being done.
    #[must_use]
    pub fn during(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<chromiumoxide::error::CdpError> for Fault {
    fn from(error: chromiumoxide::error::CdpError) -> Self {
        Self(format!("Chromium: {error}"))
    }
}

/// For `map_err`: what was being done, before the error that ended it.
pub(crate) fn while_<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> Fault {
    move |error| Fault(format!("{what}: {error}"))
}

//! The triage class of an item.

use super::WordError;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;
use std::str::FromStr;

/// The triage class of an item, by the pack's own label (`green`, `yellow`, `red`, …).
///
/// `unknown` is a class of its own, and never a good one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct ItemClass(SmolStr);

impl ItemClass {
    /// Takes a label of 1 to 32 lower-case ASCII letters, digits and `-`.
    ///
    /// # Errors
    /// [`WordError`] when it is not such a label.
    pub fn new(label: &str) -> Result<Self, WordError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=32).contains(&label.len()) && label.bytes().all(fits) {
            Ok(Self(SmolStr::new(label)))
        } else {
            Err(WordError::new(label, "a class such as green, yellow, red or unknown"))
        }
    }

    /// The class of an item nobody has judged.
    #[must_use]
    pub fn unknown() -> Self {
        Self(SmolStr::new_static("unknown"))
    }

    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<SmolStr> for ItemClass {
    type Error = WordError;
    fn try_from(label: SmolStr) -> Result<Self, WordError> {
        Self::new(&label)
    }
}
impl From<ItemClass> for SmolStr {
    fn from(class: ItemClass) -> Self {
        class.0
    }
}
impl FromStr for ItemClass {
    type Err = WordError;
    fn from_str(label: &str) -> Result<Self, WordError> {
        Self::new(label)
    }
}
impl fmt::Display for ItemClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

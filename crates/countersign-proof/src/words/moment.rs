//! Moments, dates and half-open windows. There is no clock here: every moment arrives from outside.

use super::WordError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Range: years 1970 to 9999. Written as RFC 3339 with `Z`; milliseconds only where not zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Moment(u64);

/// 9999-12-31T23:59:59.999Z.
const LAST_MILLI: u64 = 253_402_300_799_999;
const DAY_MILLIS: u64 = 86_400_000;

impl Moment {
    /// The last moment that can be written.
    pub const LAST: Self = Self(LAST_MILLI);

    /// The moment `millis` milliseconds after 1970; `None` beyond the year 9999.
    #[must_use]
    pub fn from_millis(millis: u64) -> Option<Self> {
        (millis <= LAST_MILLI).then_some(Self(millis))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0
    }

    /// `millis` later, at most [`Moment::LAST`].
    #[must_use]
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis).min(LAST_MILLI))
    }

    /// `minutes` later, at most [`Moment::LAST`].
    #[must_use]
    pub fn plus_minutes(self, minutes: u64) -> Self {
        self.plus_millis(minutes.saturating_mul(60_000))
    }

    /// `days` of 24 hours later, at most [`Moment::LAST`].
    #[must_use]
    pub fn plus_days(self, days: u64) -> Self {
        self.plus_millis(days.saturating_mul(DAY_MILLIS))
    }

    /// Milliseconds from `earlier` to `self`; 0 when `earlier` is later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The date in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(u32::try_from(self.0 / DAY_MILLIS).unwrap_or(LAST_DAY))
    }
}

impl TryFrom<u64> for Moment {
    type Error = WordError;
    fn try_from(millis: u64) -> Result<Self, WordError> {
        Self::from_millis(millis).ok_or_else(|| {
            WordError::new(&millis.to_string(), "milliseconds since 1970, up to the year 9999")
        })
    }
}
impl From<Moment> for u64 {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).map_err(|_| fmt::Error)?;
        let stamp = jiff::Timestamp::from_millisecond(millis).map_err(|_| fmt::Error)?;
        write!(f, "{stamp}")
    }
}
impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Moment({self})")
    }
}
impl FromStr for Moment {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = || WordError::new(text, "a moment in UTC such as 2025-06-01T12:00:00Z");
        let stamp: jiff::Timestamp = text.parse().map_err(|_| bad())?;
        let millis = u64::try_from(stamp.as_millisecond()).map_err(|_| bad())?;
        let moment = Self::from_millis(millis).ok_or_else(bad)?;
        if moment.to_string() == text { Ok(moment) } else { Err(bad()) }
    }
}

/// A day in UTC, in whole days since 1970-01-01; written `2025-06-01`.
///
/// Range: 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Date(u32);

/// 9999-12-31 in days since 1970-01-01.
const LAST_DAY: u32 = 2_932_896;

impl Date {
    /// The first moment of the day.
    #[must_use]
    pub fn start(self) -> Moment {
        Moment(u64::from(self.0).saturating_mul(DAY_MILLIS).min(LAST_MILLI))
    }

    /// The day after, at most 9999-12-31.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1).min(LAST_DAY))
    }

    /// 1 for Monday to 7 for Sunday (ISO 8601).
    #[must_use]
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((self.0.wrapping_add(3)) % 7).unwrap_or(0).saturating_add(1)
    }
}

impl TryFrom<u32> for Date {
    type Error = WordError;
    fn try_from(days: u32) -> Result<Self, WordError> {
        if days <= LAST_DAY {
            Ok(Self(days))
        } else {
            Err(WordError::new(&days.to_string(), "days since 1970, up to the year 9999"))
        }
    }
}
impl From<Date> for u32 {
    fn from(date: Date) -> Self {
        date.0
    }
}
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        f.write_str(text.get(..10).ok_or(fmt::Error)?)
    }
}
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}
impl FromStr for Date {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = || WordError::new(text, "a date such as 2025-06-01");
        let moment: Moment = format!("{text}T00:00:00Z").parse().map_err(|_| bad())?;
        Ok(moment.date())
    }
}

/// A half-open span of time, `[from, until)`; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "UncheckedWindow")]
pub struct Window {
    from: Moment,
    until: Moment,
}

/// A window as it arrives, before its order is checked.
#[derive(Deserialize)]
#[serde(rename = "Window")]
struct UncheckedWindow {
    from: Moment,
    until: Moment,
}

impl TryFrom<UncheckedWindow> for Window {
    type Error = WordError;
    fn try_from(window: UncheckedWindow) -> Result<Self, WordError> {
        Self::new(window.from, window.until).ok_or_else(|| {
            let text = format!("{}/{}", window.from, window.until);
            WordError::new(&text, "a window that ends after it begins")
        })
    }
}

impl Window {
    /// The window `[from, until)`; `None` where that is empty or reversed.
    #[must_use]
    pub fn new(from: Moment, until: Moment) -> Option<Self> {
        (from < until).then_some(Self { from, until })
    }

    /// Its first moment.
    #[must_use]
    pub fn from(self) -> Moment {
        self.from
    }

    /// The first moment after it.
    #[must_use]
    pub fn until(self) -> Moment {
        self.until
    }

    /// Whether `at` lies in it.
    #[must_use]
    pub fn contains(self, at: Moment) -> bool {
        self.from <= at && at < self.until
    }

    /// What both windows share; `None` where they share nothing.
    #[must_use]
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.until.min(other.until))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.until)
    }
}
impl FromStr for Window {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad =
            || WordError::new(text, "a window such as 2025-06-01T00:00:00Z/2025-06-08T00:00:00Z");
        let (from, until) = text.split_once('/').ok_or_else(bad)?;
        Self::new(from.parse()?, until.parse()?).ok_or_else(bad)
    }
}

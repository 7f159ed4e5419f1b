//! Moments, dates and half-open windows. There is no clock here: every moment arrives from outside.

use super::WordError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A moment in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Range: years 1970 to 9999. Written as RFC 3339 with `Z`; milliseconds, in three digits,
/// only where they are not zero.
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
        let seconds = self.0 / 1000 % 86_400;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.date())?;
        match self.0 % 1000 {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
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
        let (date, time) = text.split_once('T').ok_or_else(bad)?;
        let date: Date = date.parse().map_err(|_| bad())?;
        let moment = time_of_day(time).map(|millis| date.start().plus_millis(millis));
        // What is not in its one form (24:00:00, a leap second, .000) is written differently.
        moment.filter(|moment| moment.to_string() == text).ok_or_else(bad)
    }
}

/// Milliseconds since midnight for `12:00:00Z` or `12:00:00.250Z`.
fn time_of_day(text: &str) -> Option<u64> {
    let (clock, millis) = match text.strip_suffix('Z')?.split_once('.') {
        Some((clock, millis)) => (clock, digits(millis, 3)?),
        None => (text.strip_suffix('Z')?, 0),
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let minutes = digits(hour, 2)?.checked_mul(60)?.checked_add(digits(minute, 2)?)?;
    let seconds = minutes.checked_mul(60)?.checked_add(digits(second, 2)?)?;
    let whole = parts.next().is_none();
    seconds.checked_mul(1000)?.checked_add(millis).filter(|_| whole)
}

/// A number of exactly `count` decimal digits.
fn digits(text: &str, count: usize) -> Option<u64> {
    let decimal = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if decimal { text.parse().ok() } else { None }
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
    /// 9999-12-31.
    pub(super) const LAST: Self = Self(LAST_DAY);

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
/// Days in a cycle of 400 years of the Gregorian calendar.
const CYCLE_DAYS: u64 = 146_097;
/// 1970-01-01 counted in days from 0000-03-01.
const EPOCH_DAY: u64 = 719_468;

impl Date {
    /// Year, month and day (ISO 8601, Gregorian calendar).
    ///
    /// Years are taken to begin on 1 March, so that the leap day is their last, and the days of
    /// March, April, … follow the straight line (153 · month + 2) / 5.
    #[must_use]
    pub fn civil(self) -> (u64, u64, u64) {
        let days = u64::from(self.0).saturating_add(EPOCH_DAY);
        let (cycle, day) = (days / CYCLE_DAYS, days % CYCLE_DAYS);
        let leaps = (day / 1460).saturating_add(day / 146_096);
        let year = day.saturating_add(day / 36_524).saturating_sub(leaps) / 365;
        let before = year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100);
        let day = day.saturating_sub(before);
        let month = day.saturating_mul(5).saturating_add(2) / 153;
        let first = month.saturating_mul(153).saturating_add(2) / 5;
        let day = day.saturating_sub(first).saturating_add(1);
        let year = cycle.saturating_mul(400).saturating_add(year);
        if month < 10 {
            (year, month.saturating_add(3), day)
        } else {
            (year.saturating_add(1), month.saturating_sub(9), day)
        }
    }

    /// The inverse of [`Date::civil`], for a day that need not exist: the 30th of February is then
    /// some day of March.
    pub(super) fn nearest(year: u64, month: u64, day: u64) -> Option<Self> {
        let (year, month) = if month > 2 {
            (year, month.checked_sub(3)?)
        } else {
            (year.checked_sub(1)?, month.checked_add(9)?)
        };
        let leaps = (year / 4).checked_sub(year / 100)?.checked_add(year / 400)?;
        let before = year.checked_mul(365)?.checked_add(leaps)?;
        let first = month.checked_mul(153)?.checked_add(2)? / 5;
        let days = before.checked_add(first)?.checked_add(day)?.checked_sub(1)?;
        u32::try_from(days.checked_sub(EPOCH_DAY)?).ok()?.try_into().ok()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
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
        let mut parts = text.splitn(3, '-');
        let mut part = |count| parts.next().and_then(|text| digits(text, count));
        let date = match (part(4), part(2), part(2)) {
            (Some(year), Some(month), Some(day)) => Self::nearest(year, month, day),
            _ => None,
        };
        // A day that does not exist comes out as another one.
        let same = date.filter(|date| date.to_string() == text);
        same.ok_or_else(|| WordError::new(text, "a date such as 2025-06-01"))
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

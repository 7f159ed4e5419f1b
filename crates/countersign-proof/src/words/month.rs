//! A calendar month: the step in which stock is planned.

use super::{Date, WordError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A month of the Gregorian calendar in UTC, written `2025-06`.
///
/// Range: 1970-01 to 9999-12; counted in whole months since 1970-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Month(u32);

/// 9999-12 in months since 1970-01.
const LAST_MONTH: u32 = 8030 * 12 - 1;

impl Month {
    /// The month that holds a day.
    #[must_use]
    pub fn of(date: Date) -> Self {
        let (year, month, _) = date.civil();
        let months = year.saturating_sub(1970).saturating_mul(12).saturating_add(month);
        Self(u32::try_from(months.saturating_sub(1)).unwrap_or(LAST_MONTH).min(LAST_MONTH))
    }

    /// The month `months` later, at most 9999-12.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        Self(self.0.saturating_add(months).min(LAST_MONTH))
    }

    /// Whole months since `earlier`; zero when it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        Date::nearest(self.year(), self.number(), 1).unwrap_or(Date::LAST)
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Date {
        let day = u32::from(self.first()).saturating_add(self.days()).saturating_sub(1);
        Date::try_from(day).unwrap_or(Date::LAST)
    }

    /// Its days: 28 to 31.
    #[must_use]
    pub fn days(self) -> u32 {
        // The range of days ends with a December.
        let next = if self.0 == LAST_MONTH { return 31 } else { self.plus(1) };
        u32::from(next.first()).saturating_sub(u32::from(self.first()))
    }

    fn year(self) -> u64 {
        u64::from(self.0 / 12).saturating_add(1970)
    }

    fn number(self) -> u64 {
        u64::from(self.0 % 12).saturating_add(1)
    }
}

impl TryFrom<u32> for Month {
    type Error = WordError;
    fn try_from(months: u32) -> Result<Self, WordError> {
        if months <= LAST_MONTH {
            Ok(Self(months))
        } else {
            Err(WordError::new(&months.to_string(), "months since 1970, up to the year 9999"))
        }
    }
}
impl From<Month> for u32 {
    fn from(month: Month) -> Self {
        month.0
    }
}
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year(), self.number()))
    }
}
impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}
impl FromStr for Month {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let date: Option<Date> = match text.len() {
            7 => format!("{text}-01").parse().ok(),
            _ => None,
        };
        date.map(Self::of).ok_or_else(|| WordError::new(text, "a month such as 2025-06"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_survives_its_text_and_has_its_days() {
        let mut days = 0u64;
        for number in 0..=LAST_MONTH {
            let month = Month::try_from(number).unwrap();
            assert_eq!(month.to_string().parse::<Month>().unwrap(), month);
            assert_eq!(Month::of(month.first()), month);
            assert_eq!(Month::of(month.last()), month);
            if number < LAST_MONTH {
                assert_eq!(u64::from(u32::from(month.first())), days, "{month}");
                days += u64::from(month.days());
            }
        }
        let jiff = |year, month| jiff::civil::date(year, month, 1).days_in_month();
        for (text, year, month) in
            [("2024-02", 2024, 2), ("2100-02", 2100, 2), ("2025-12", 2025, 12)]
        {
            let days = text.parse::<Month>().unwrap().days();
            assert_eq!(days, u32::try_from(jiff(year, month)).unwrap(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_month() {
        for text in [
            "",
            "2025",
            "2025-13",
            "2025-00",
            "2025-6",
            "2025-006",
            "2025-06-",
            "２025-06",
            "1969-12",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}

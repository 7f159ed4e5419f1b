//! Exact numbers: the limits that a rule names, and the ratios that are held against them.

use countersign_proof::words::WordError;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    /// A share of what the stock is held against: `40 %`, `0.4`, `1/3`.
    Share,
    /// Whole units of the item: `5000000 units`.
    Units,
    /// Days of use: `2 days`.
    Days,
    /// Months of use: `3 months`.
    Months,
}

impl Unit {
    /// The word for it, in the plural.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Units => "units",
            Self::Days => "days",
            Self::Months => "months",
        }
    }
}

/// A limit: an exact fraction, not negative, and what it counts.
///
/// Written `40 %`, `0.25`, `1/3`, `2 days`, `1.5 months`, `5000000 units`; at most 15 digits
/// before and 6 behind the point. There is no way through a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The upper part.
    pub top: u64,
    /// The lower part; never zero in checked rules.
    pub bottom: u64,
    /// What it counts.
    pub unit: Unit,
}

/// What a number must look like, for messages.
const EXPECTED: &str = "a limit such as 40 %, 1/3, 2 days, 3 months or 5000000 units";
/// The most digits before the point, and in either part of a fraction.
const WHOLE_MAX: usize = 15;
/// The most digits behind the point.
const PLACES_MAX: usize = 6;

impl Number {
    /// The number as a ratio.
    #[must_use]
    pub fn ratio(self) -> Ratio {
        Ratio { top: i128::from(self.top), bottom: i128::from(self.bottom) }
    }

    /// The whole of what the stock is held against: 100 %.
    #[must_use]
    pub fn whole() -> Self {
        Self { top: 1, bottom: 1, unit: Unit::Share }
    }
}

/// Reads `12` or `12.5`, as a fraction.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let pointless = !text.contains('.');
    let fits = (1..=WHOLE_MAX).contains(&whole.len())
        && (pointless || (1..=PLACES_MAX).contains(&places.len()))
        && (whole.len() == 1 || !whole.starts_with('0'));
    if !fits || !digits(whole) || !digits(places) {
        return None;
    }
    let bottom = 10u64.checked_pow(u32::try_from(places.len()).ok()?)?;
    let behind: u64 = if pointless { 0 } else { places.parse().ok()? };
    let top = whole.parse::<u64>().ok()?.checked_mul(bottom)?.checked_add(behind)?;
    Some((top, bottom))
}

impl FromStr for Number {
    type Err = WordError;
    fn from_str(text: &str) -> Result<Self, WordError> {
        let (number, unit, hundredths) = match text.split_once(' ') {
            None => (text, Unit::Share, false),
            Some((number, "%")) => (number, Unit::Share, true),
            Some((number, "units" | "unit")) => (number, Unit::Units, false),
            Some((number, "days" | "day")) => (number, Unit::Days, false),
            Some((number, "months" | "month")) => (number, Unit::Months, false),
            Some(_) => return Err(WordError::new(text, EXPECTED)),
        };
        let parts = match number.split_once('/') {
            None => decimal(number),
            Some((top, bottom)) => match (decimal(top), decimal(bottom)) {
                (Some((top, 1)), Some((bottom @ 1.., 1))) => Some((top, bottom)),
                (Some(_) | None, Some(_) | None) => None,
            },
        };
        let scale = if hundredths { 100 } else { 1 };
        parts
            .and_then(|(top, bottom)| Some(Self { top, bottom: bottom.checked_mul(scale)?, unit }))
            .ok_or_else(|| WordError::new(text, EXPECTED))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (top, bottom) = (u128::from(self.top), u128::from(self.bottom));
        let hundred = if self.unit == Unit::Share { 100 } else { 1 };
        let scaled = top.saturating_mul(hundred);
        let places = (0..=8u32).find_map(|places| {
            let power = 10u128.checked_pow(places)?;
            let exact = scaled.checked_mul(power)?;
            let whole = exact.checked_div(bottom)?;
            (exact.checked_rem(bottom)? == 0).then_some((whole, power, places))
        });
        match places {
            Some((exact, _, 0)) => write!(f, "{}", grouped(i128::try_from(exact).unwrap_or(0)))?,
            Some((exact, power, places)) => {
                let whole = exact.checked_div(power).unwrap_or(0);
                let behind = exact.checked_rem(power).unwrap_or(0);
                let width = usize::try_from(places).unwrap_or(0);
                write!(f, "{whole}.{behind:0width$}")?;
            }
            None => {
                let word = match self.unit {
                    Unit::Share => "",
                    unit @ (Unit::Units | Unit::Days | Unit::Months) => suffix(unit, false),
                };
                return write!(f, "{}/{}{word}", self.top, self.bottom);
            }
        }
        f.write_str(suffix(self.unit, *self == Self { top: self.bottom, ..*self }))
    }
}

/// What stands behind the number; `one` where it is exactly one.
fn suffix(unit: Unit, one: bool) -> &'static str {
    match (unit, one) {
        (Unit::Share, _) => " %",
        (Unit::Units, false) => " units",
        (Unit::Units, true) => " unit",
        (Unit::Days, false) => " days",
        (Unit::Days, true) => " day",
        (Unit::Months, false) => " months",
        (Unit::Months, true) => " month",
    }
}

/// A whole number with its thousands set apart by commas: `1,920`.
pub(super) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    if number < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An exact ratio. A lower part of zero stands for *without end*: there is no demand or
/// requirement, and nothing is short; `0/0` likewise is below no limit and above none. A negative
/// upper part is below every limit all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// The upper part; negative where more is promised than there is.
    pub top: i128,
    /// The lower part, never negative.
    pub bottom: i128,
}

/// To which side a printed ratio is cut, so that it never seems to stand beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Down: for what is below a limit.
    Down,
    /// Up: for what is above a limit.
    Up,
}

impl Ratio {
    /// The ratio in lowest terms.
    #[must_use]
    pub fn new(top: i128, bottom: i128) -> Self {
        let (mut a, mut b) = (top.unsigned_abs(), bottom.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a.checked_rem(b).unwrap_or(0));
        }
        let by = i128::try_from(a).unwrap_or(1).max(1);
        Self {
            top: top.checked_div(by).unwrap_or(top),
            bottom: bottom.checked_div(by).unwrap_or(bottom),
        }
    }

    /// Whether there is nothing it could be short of.
    #[must_use]
    pub fn is_endless(self) -> bool {
        self.bottom == 0 && self.top >= 0
    }

    /// Whether it is below `limit`, exactly.
    #[must_use]
    pub fn is_below(self, limit: Number) -> bool {
        let (have, need) = self.crossed(limit);
        have < need
    }

    /// Whether it is above `limit`, exactly.
    #[must_use]
    pub fn is_above(self, limit: Number) -> bool {
        let (have, need) = self.crossed(limit);
        have > need
    }

    fn crossed(self, limit: Number) -> (i128, i128) {
        let have = self.top.saturating_mul(i128::from(limit.bottom));
        (have, self.bottom.saturating_mul(i128::from(limit.top)))
    }

    /// Which of two ratios is the lower one; one without end is above every other.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        // With a lower part of zero, only the sign of the upper one tells.
        let end = |ratio: Self| match (ratio.bottom, ratio.top) {
            (1.., _) => 0i8,
            (_, 0..) => 1,
            (_, _) => -1,
        };
        end(self).cmp(&end(other)).then_with(|| {
            let left = self.top.saturating_mul(other.bottom);
            left.cmp(&other.top.saturating_mul(self.bottom))
        })
    }

    /// As it is printed for people: `25.0 %`, `4.28 days`, `480 units`, `no end`.
    #[must_use]
    pub fn told(self, unit: Unit, rounding: Rounding) -> String {
        if self.is_endless() {
            return "no end".to_owned();
        }
        if self.bottom == 0 {
            return "less than nothing".to_owned();
        }
        let (scale, places, power) = match unit {
            Unit::Share => (1000i128, 1usize, 10i128),
            Unit::Units => (1, 0, 1),
            Unit::Days | Unit::Months => (100, 2, 100),
        };
        let scaled = self.top.saturating_mul(scale);
        let down = scaled.checked_div_euclid(self.bottom).unwrap_or(0);
        let exact = scaled.checked_rem_euclid(self.bottom).unwrap_or(0) == 0;
        let cut = match rounding {
            Rounding::Down => down,
            Rounding::Up if exact => down,
            Rounding::Up => down.saturating_add(1),
        };
        let whole = grouped(cut.checked_div(power).unwrap_or(0).saturating_abs());
        let sign = if cut < 0 { "-" } else { "" };
        let word = suffix(unit, unit == Unit::Units && cut == 1);
        match places {
            0 => format!("{sign}{whole}{word}"),
            places => {
                let behind = cut.unsigned_abs().checked_rem(power.unsigned_abs()).unwrap_or(0);
                format!("{sign}{whole}.{behind:0places$}{word}")
            }
        }
    }
}

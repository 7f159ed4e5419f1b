//! Intermittent demand: what a month will ask for, where most months ask for nothing.
//!
//! Advisory: shown beside a class, never part of one. Croston (1972) smooths sizes and intervals
//! apart; SBA (Syntetos and Boylan 2005) takes off its bias; TSB (Teunter, Syntetos and Babai
//! 2011) lets the rate decay when demand stops. They have no model of chance, so no risk is derived
//! from them. Only + − × ÷ are used, which give the same bits on every machine (IEEE 754).
#![expect(clippy::float_arithmetic, reason = "forecasts are advisory; no class depends on them")]

use super::number::Ratio;
use serde::{Deserialize, Serialize};

/// A smoothing constant: above 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Alpha(f64);

impl Alpha {
    /// The usual 0.1.
    pub const USUAL: Self = Self(0.1);

    /// Takes a number above 0 and at most 1; `None` for any other.
    #[must_use]
    pub fn new(alpha: f64) -> Option<Self> {
        (alpha > 0.0 && alpha <= 1.0).then_some(Self(alpha))
    }

    fn smooth(self, old: f64, new: f64) -> f64 {
        self.0 * new + (1.0 - self.0) * old
    }
}

impl TryFrom<f64> for Alpha {
    type Error = &'static str;
    fn try_from(alpha: f64) -> Result<Self, Self::Error> {
        Self::new(alpha).ok_or("a smoothing constant is above 0 and at most 1")
    }
}
impl From<Alpha> for f64 {
    fn from(alpha: Alpha) -> Self {
        alpha.0
    }
}

/// Croston's two smoothed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Croston {
    /// Units asked for where anything is.
    pub size: f64,
    /// Months from one demand to the next, at least 1.
    pub interval: f64,
    alpha: Alpha,
}

impl Croston {
    /// Units a month.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.size / self.interval
    }

    /// Units a month by Syntetos and Boylan: less by the bias, (1 − α/2) times the rate.
    #[must_use]
    pub fn sba(&self) -> f64 {
        (1.0 - self.alpha.0 / 2.0) * self.rate()
    }
}

/// Smooths `demand`, month by month, the oldest first; `None` where nothing was ever asked for.
///
/// Begins with the first demand as its size and its place, counted from 1, as its interval.
#[must_use]
pub fn croston(demand: &[u64], alpha: Alpha) -> Option<Croston> {
    let mut found: Option<Croston> = None;
    let mut since: u32 = 0;
    for units in demand {
        since = since.saturating_add(1);
        if *units > 0 {
            let (size, interval) = (float(*units), f64::from(since));
            found = Some(found.map_or(Croston { size, interval, alpha }, |old| Croston {
                size: alpha.smooth(old.size, size),
                interval: alpha.smooth(old.interval, interval),
                alpha,
            }));
            since = 0;
        }
    }
    found
}

/// Units a month by Teunter, Syntetos and Babai: the smoothed size times the smoothed probability
/// that anything is asked for. `None` where nothing ever was.
///
/// Begins with the first demand as its size and, as probability, whether the first month had any.
#[must_use]
pub fn tsb(demand: &[u64], size: Alpha, probability: Alpha) -> Option<f64> {
    let mut sizes: Option<f64> = None;
    let mut chance: Option<f64> = None;
    for units in demand {
        let any = if *units > 0 { 1.0 } else { 0.0 };
        chance = Some(chance.map_or(any, |old| probability.smooth(old, any)));
        if *units > 0 {
            sizes = Some(sizes.map_or(float(*units), |old| size.smooth(old, float(*units))));
        }
    }
    Some(sizes? * chance?)
}

/// The plain average of a series, exactly; `None` of an empty one.
#[must_use]
pub fn average(demand: &[u64]) -> Option<Ratio> {
    let months = i128::try_from(demand.len()).ok().filter(|months| *months > 0)?;
    let sum = demand.iter().fold(0i128, |sum, units| sum.saturating_add(i128::from(*units)));
    Some(Ratio::new(sum, months))
}

/// Quantities stay below 2^53, so this is exact for them.
#[expect(clippy::cast_precision_loss, reason = "quantities stay below 2^53")]
fn float(units: u64) -> f64 {
    units as f64
}

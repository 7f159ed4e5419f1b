//! The probability that stock is below a limit at the end of *any* month of a horizon.
//!
//! Advisory: shown beside a class, never part of one. It is computed, not simulated: the law of
//! stock is carried from month to month over the lattice of whole units, and what falls below the
//! limit is taken out and stays out. Judging the last month alone would tell far too little: stock
//! may have been short and been filled up again.
//!
//! Only + − × ÷ are used, in one order, which gives the same bits on every machine (IEEE 754).
//! Tails are cut where they weigh less than 10⁻¹⁵, and what was cut is told: the probability lies
//! between [`Breach::probability`] and that plus [`Breach::error`], rounding apart (some 10⁻¹²).
//!
//! No order quantity is chosen here, so there is nothing to hold against a newsvendor's.
#![expect(
    clippy::float_arithmetic,
    reason = "probabilities are advisory; no class depends on them"
)]

use super::number::Ratio;
use serde::{Deserialize, Serialize};

/// The weight of a tail that is cut.
const TAIL: f64 = 5e-16;
/// Terms of a law that weigh less than this against its greatest are not computed.
const TERM: f64 = 1e-25;
/// The largest rate of a Poisson law, in units a month.
const RATE_MAX: f64 = 1_000_000.0;
/// The most multiplications of one answer; about half a second of work.
const WORK_MAX: usize = 2_000_000_000;
/// How many results are computed side by side.
const LANES: usize = 16;

/// The law of one month's demand: how likely each number of units is.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// The least demand that is kept.
    first: usize,
    /// The probabilities from there on.
    chances: Vec<f64>,
    /// For each of them, how likely at least so much is.
    at_least: Vec<f64>,
    /// What was cut.
    cut: f64,
}

impl Law {
    /// The Poisson law with `rate` units a month, 0 to 1,000,000; `None` outside these bounds.
    ///
    /// Its terms are found from the greatest one outwards, each from its neighbour, and divided by
    /// their sum.
    #[must_use]
    pub fn poisson(rate: Ratio) -> Option<Self> {
        let rate = float(rate.top) / float(rate.bottom);
        if !(0.0..=RATE_MAX).contains(&rate) {
            return None;
        }
        let mode = whole(rate);
        let mut below = Vec::new();
        let (mut count, mut term) = (mode, 1.0);
        while count > 0 && term > TERM {
            term *= f64::from(count) / rate;
            count = count.saturating_sub(1);
            below.push(term);
        }
        let mut terms: Vec<f64> = below.into_iter().rev().collect();
        terms.push(1.0);
        let (mut next, mut term) = (mode, 1.0);
        while term > TERM && rate > 0.0 {
            next = next.saturating_add(1);
            term *= rate / f64::from(next);
            terms.push(term);
        }
        Self::from(usize::try_from(count).ok()?, &terms)
    }

    /// The law with these weights for a demand of 0, 1, 2, … units; `None` where a weight is
    /// negative or no number, or where there are none.
    #[must_use]
    pub fn of(weights: &[f64]) -> Option<Self> {
        let fits = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        if fits { Self::from(0, weights) } else { None }
    }

    fn from(first: usize, weights: &[f64]) -> Option<Self> {
        let sum: f64 = weights.iter().sum();
        if !sum.is_finite() || sum <= 0.0 {
            return None;
        }
        let mut left = 0.0;
        let mut at_least: Vec<f64> = Vec::with_capacity(weights.len());
        for weight in weights.iter().rev() {
            left += weight / sum;
            at_least.push(left);
        }
        at_least.reverse();
        let low = ends(weights.iter().map(|weight| weight / sum));
        let high = ends(weights.iter().rev().map(|weight| weight / sum));
        let kept = low.0..weights.len().saturating_sub(high.0);
        let chances = weights.get(kept.clone())?.iter().map(|weight| weight / sum).collect();
        let at_least = at_least.get(kept)?.to_vec();
        Some(Self { first: first.saturating_add(low.0), chances, at_least, cut: low.1 + high.1 })
    }

    /// How likely a demand of more than `units` is; more than less than nothing is certain.
    fn more_than(&self, units: Option<usize>) -> f64 {
        let Some(units) = units else { return 1.0 };
        let least = units.saturating_add(1);
        match least.checked_sub(self.first) {
            None | Some(0) => 1.0,
            Some(index) => self.at_least.get(index).copied().unwrap_or(0.0),
        }
    }
}

/// How many entries from the beginning weigh less than a tail together, and what they weigh.
fn ends(weights: impl Iterator<Item = f64>) -> (usize, f64) {
    let (mut count, mut sum) = (0usize, 0.0);
    for weight in weights {
        if sum + weight > TAIL {
            break;
        }
        sum += weight;
        count = count.saturating_add(1);
    }
    (count, sum)
}

/// A month of the horizon.
#[derive(Clone, Copy, Debug)]
pub struct Month<'a> {
    /// Units that come in at its beginning.
    pub delivery: u32,
    /// Units below which stock must not be at its end.
    pub limit: u32,
    /// The law of its demand.
    pub demand: &'a Law,
}

/// How likely a breach is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// That stock is below the limit at the end of any month.
    pub probability: f64,
    /// The same up to and including each month.
    pub by_month: Vec<f64>,
    /// How much more it may be, for what was cut.
    pub error: f64,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the numbers are too large to be carried unit by unit")]
pub struct TooLarge;

/// The law of stock that was never short: what `masses` weigh from `low` units on.
struct Stock {
    low: usize,
    masses: Vec<f64>,
}

/// The probability that stock of `opening` units falls below the limits of `months`.
///
/// A stock that is short already counts from the end of the first month on, if it still is short
/// then. Deliveries come before demand; demand that is not met leaves stock below zero.
///
/// # Errors
/// [`TooLarge`] where the work is more than 2·10⁹ multiplications.
pub fn breach(opening: u32, months: &[Month<'_>]) -> Result<Breach, TooLarge> {
    let mut stock =
        Stock { low: usize::try_from(opening).map_err(|_| TooLarge)?, masses: vec![1.0] };
    let mut found = Breach { probability: 0.0, by_month: Vec::new(), error: 0.0 };
    let mut work = 0usize;
    for month in months {
        let size = stock.masses.len().saturating_add(month.demand.chances.len());
        work = work.saturating_add(size.saturating_mul(month.demand.chances.len()));
        if work > WORK_MAX {
            return Err(TooLarge);
        }
        let delivery = usize::try_from(month.delivery).map_err(|_| TooLarge)?;
        let limit = usize::try_from(month.limit).map_err(|_| TooLarge)?;
        stock.low = stock.low.saturating_add(delivery);
        let levels = stock.low..;
        let lost = levels
            .zip(&stock.masses)
            .map(|(level, mass)| mass * month.demand.more_than(level.checked_sub(limit)));
        found.probability += lost.sum::<f64>();
        found.by_month.push(found.probability);
        let all: f64 = stock.masses.iter().sum();
        stock = stock.after(month.demand, limit);
        found.error += all * month.demand.cut + stock.trim();
    }
    Ok(found)
}

impl Stock {
    /// The law after a month's demand, of what is not below `limit`.
    fn after(&self, demand: &Law, limit: usize) -> Self {
        let most = demand.first.saturating_add(demand.chances.len()).saturating_sub(1);
        let low = self.low.saturating_sub(most).max(limit);
        let end = self.low.saturating_add(self.masses.len()).saturating_sub(demand.first);
        let count = end.saturating_sub(low);
        // From `low` units at the end, the least demand leads back to `low + first` before it.
        let before = low.saturating_add(demand.first);
        let padding = self.low.saturating_sub(before);
        let skipped = before.saturating_sub(self.low);
        let room = count.saturating_add(demand.chances.len()).saturating_add(LANES);
        let mut source = vec![0.0; padding];
        source.extend(self.masses.get(skipped..).unwrap_or_default());
        source.resize(room.max(source.len()), 0.0);
        let mut masses = Vec::with_capacity(count.saturating_add(LANES));
        let mut start = 0usize;
        while start < count {
            let mut sums = [0.0; LANES];
            let windows = source.get(start..).unwrap_or_default().array_windows::<LANES>();
            for (chance, window) in demand.chances.iter().zip(windows) {
                for (sum, mass) in sums.iter_mut().zip(window) {
                    *sum += chance * mass;
                }
            }
            masses.extend(sums);
            start = start.saturating_add(LANES);
        }
        masses.truncate(count);
        Self { low, masses }
    }

    /// Cuts what weighs next to nothing from both ends; gives what that weighed.
    fn trim(&mut self) -> f64 {
        let high = ends(self.masses.iter().rev().copied());
        self.masses.truncate(self.masses.len().saturating_sub(high.0));
        let low = ends(self.masses.iter().copied());
        self.masses.drain(..low.0);
        self.low = self.low.saturating_add(low.0);
        low.1 + high.1
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates are advisory")]
fn float(number: i128) -> f64 {
    number as f64
}

/// The whole part of a rate within its bounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is between 0 and 1,000,000"
)]
fn whole(rate: f64) -> u32 {
    rate as u32
}

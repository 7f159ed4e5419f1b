//! The probability of a breach: exact values, closed forms, a simulation, and the bounds.

use countersign_core::triage::Ratio;
use countersign_core::triage::breach::{Law, Month, TooLarge, breach};

fn poisson(rate: i128) -> Law {
    Law::poisson(Ratio::new(rate, 1)).unwrap()
}

/// Stock 100, limit 30, demand Poisson(16) a month, deliveries of 40 in months 3, 6, 9 and 12.
fn reference(law: &Law) -> Vec<Month<'_>> {
    let delivery = |month| if month % 3 == 0 { 40 } else { 0 };
    (1..=12).map(|month| Month { delivery: delivery(month), limit: 30, demand: law }).collect()
}

/// A small generator of known quality (SplitMix64, Steele, Lea and Flood 2014).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A Poisson number by Knuth's products.
    fn poisson(&mut self, rate: f64) -> i64 {
        let (limit, mut product, mut count) = ((-rate).exp(), self.unit(), 0);
        while product > limit {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

#[test]
fn a_breach_in_any_of_twelve_months() {
    let law = poisson(16);
    let found = breach(100, &reference(&law)).unwrap();
    assert!((found.probability - 0.138_950).abs() < 5e-7, "{found:?}");
    assert!(found.error < 1e-13, "{found:?}");
    assert_eq!(found.by_month.len(), 12);
    assert!(found.by_month.is_sorted());

    let mut dice = Dice(20_250_701);
    let (runs, mut short, mut short_at_the_end) = (200_000u32, 0u32, 0u32);
    for _ in 0..runs {
        let (mut stock, mut breached) = (100i64, false);
        for month in 1..=12 {
            stock += if month % 3 == 0 { 40 } else { 0 };
            stock -= dice.poisson(16.0);
            breached |= stock < 30;
        }
        short += u32::from(breached);
        short_at_the_end += u32::from(stock < 30);
    }
    let share = f64::from(short) / f64::from(runs);
    let deviation = (0.138_950 * 0.861_050 / f64::from(runs)).sqrt();
    assert!((share - found.probability).abs() < 4.0 * deviation, "{share}");
    // Who looks at the last month alone sees a fortieth of it.
    let last = f64::from(short_at_the_end) / f64::from(runs);
    assert!(last * 30.0 < share, "{last}");
}

#[test]
fn one_month_is_the_closed_form() {
    // P(Poisson(96) > 100), the tail of one law.
    let law = poisson(96);
    let one = breach(100, &[Month { delivery: 0, limit: 0, demand: &law }]).unwrap();
    assert!((one.probability - 0.318_23).abs() < 5e-6, "{one:?}");
    // Six months of Poisson(16) with no limit between are one month of Poisson(96), less what was
    // short and cannot come back; without deliveries nothing comes back.
    let law = poisson(16);
    let six = breach(100, &[Month { delivery: 0, limit: 0, demand: &law }; 6]).unwrap();
    assert!((six.probability - one.probability).abs() < 1e-12, "{six:?}");
}

/// The law of stock as a plain table, carried on without any cut.
fn plain(opening: usize, months: &[(usize, usize, Vec<f64>)]) -> f64 {
    let mut law = vec![0.0; opening + 1];
    law[opening] = 1.0;
    let mut short = 0.0;
    for (delivery, limit, demand) in months {
        let mut next = vec![0.0; law.len() + delivery];
        for (stock, mass) in law.iter().enumerate() {
            for (asked, chance) in demand.iter().enumerate() {
                match (stock + delivery).checked_sub(asked).filter(|left| left >= limit) {
                    Some(left) => next[left] += mass * chance,
                    None => short += mass * chance,
                }
            }
        }
        law = next;
    }
    short
}

#[test]
fn any_law_as_by_a_plain_table() {
    let mut dice = Dice(7);
    for _ in 0..300 {
        let opening = dice.below(60);
        let count = 1 + dice.below(8);
        let months: Vec<(usize, usize, Vec<f64>)> = (0..count)
            .map(|_| {
                let width = 1 + dice.below(30);
                let mut weights: Vec<f64> = (0..width).map(|_| dice.below(5) as f64).collect();
                weights[0] += 1.0;
                let sum: f64 = weights.iter().sum();
                let chances = weights.iter().map(|weight| weight / sum).collect();
                (dice.below(30) as usize, dice.below(40) as usize, chances)
            })
            .collect();
        let laws: Vec<Law> = months.iter().map(|(_, _, c)| Law::of(c).unwrap()).collect();
        let asked: Vec<Month<'_>> = months
            .iter()
            .zip(&laws)
            .map(|((delivery, limit, _), demand)| Month {
                delivery: u32::try_from(*delivery).unwrap(),
                limit: u32::try_from(*limit).unwrap(),
                demand,
            })
            .collect();
        let found = breach(u32::try_from(opening).unwrap(), &asked).unwrap();
        let wanted = plain(usize::try_from(opening).unwrap(), &months);
        assert!((found.probability - wanted).abs() < 1e-12, "{found:?} {wanted}");
    }
}

#[test]
fn edges() {
    let none = poisson(0);
    let month = |limit, demand| Month { delivery: 0, limit, demand };
    assert_eq!(breach(5, &[]).unwrap().probability, 0.0);
    assert_eq!(breach(5, &[month(5, &none)]).unwrap().probability, 0.0);
    assert_eq!(breach(5, &[month(6, &none)]).unwrap().probability, 1.0);
    assert_eq!(breach(0, &[month(0, &none); 60]).unwrap().probability, 0.0);
    let many = poisson(10_000);
    let certain = breach(10, &[month(0, &many)]).unwrap().probability;
    assert!((certain - 1.0).abs() < 1e-12);
    let huge = Law::poisson(Ratio::new(1_000_000, 1)).unwrap();
    assert_eq!(breach(4_000_000_000, &[month(0, &huge); 2_000]), Err(TooLarge));
    for (top, bottom) in [(-1, 1), (1, 0), (0, 0), (1_000_001, 1)] {
        assert_eq!(Law::poisson(Ratio { top, bottom }), None, "{top}/{bottom}");
    }
    for weights in [&[][..], &[0.0], &[-1.0, 2.0], &[f64::NAN], &[f64::INFINITY]] {
        assert_eq!(Law::of(weights), None, "{weights:?}");
    }
}

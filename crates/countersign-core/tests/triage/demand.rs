//! Forecasts of intermittent demand, against published values and a second implementation.

use crate::breach::Dice;
use countersign_core::triage::Ratio;
use countersign_core::triage::demand::{Alpha, average, croston, tsb};

#[test]
fn croston_as_in_forecast_issue_26() {
    // robjhyndman/forecast, issue 26: croston(c(1,0,0,0,2,0,0), alpha = 0.1).
    let found = croston(&[1, 0, 0, 0, 2, 0, 0], Alpha::USUAL).unwrap();
    assert!((found.rate() - 0.846_153_8).abs() < 5e-8, "{found:?}");
    assert!((found.rate() - 11.0 / 13.0).abs() < 1e-15);
    assert!((found.sba() - 0.95 * 11.0 / 13.0).abs() < 1e-15);
}

#[test]
fn croston_sba_and_tsb_as_in_statsforecast() {
    // productC, monthly sales of a lubricant over three years, of the R package fpp2; the values
    // are those of statsforecast 2.1.1 (CrostonClassic, CrostonSBA, TSB with 0.1 and 0.1).
    let demand = [
        0, 2, 0, 1, 0, 11, 0, 0, 0, 0, 2, 0, //
        6, 3, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, //
        0, 0, 0, 3, 1, 0, 0, 1, 0, 1, 0, 0,
    ];
    let found = croston(&demand, Alpha::USUAL).unwrap();
    let rate = tsb(&demand, Alpha::USUAL, Alpha::USUAL).unwrap();
    for (found, wanted) in [
        (found.size, 2.750_254),
        (found.interval, 2.793_280),
        (found.rate(), 0.984_597),
        (found.sba(), 0.935_367),
        (rate, 0.804_065),
    ] {
        assert!((found - wanted).abs() < 5e-7, "{found} {wanted}");
    }
}

#[test]
fn none_or_one_demand_does_not_fail() {
    for months in 0..5 {
        let none = vec![0; months];
        assert_eq!(croston(&none, Alpha::USUAL), None);
        assert_eq!(tsb(&none, Alpha::USUAL, Alpha::USUAL), None);
    }
    let one = croston(&[0, 0, 6, 0], Alpha::USUAL).unwrap();
    assert_eq!((one.size, one.interval, one.rate()), (6.0, 3.0, 2.0));
    // The chance begins at none, is a tenth after the third month and decays in the fourth.
    let rate = tsb(&[0, 0, 6, 0], Alpha::USUAL, Alpha::USUAL).unwrap();
    assert!((rate - 6.0 * 0.09).abs() < 1e-15, "{rate}");
    assert_eq!(average(&[]), None);
    assert_eq!(average(&[0, 1, 1]), Some(Ratio { top: 2, bottom: 3 }));
}

#[test]
fn a_smoothing_constant_is_above_zero_and_at_most_one() {
    for alpha in [0.0, -0.1, 1.000_001, f64::NAN, f64::INFINITY] {
        assert_eq!(Alpha::new(alpha), None, "{alpha}");
        assert!(Alpha::try_from(alpha).is_err());
    }
    assert!(Alpha::new(1.0).is_some());
}

/// Exponential smoothing written as the weighted sum that it stands for.
fn weighted(values: &[f64], alpha: f64) -> f64 {
    let last = values.len() - 1;
    let weight = |index: usize| {
        let power = i32::try_from(last - index).unwrap();
        let first = if index == 0 { 1.0 } else { alpha };
        first * (1.0 - alpha).powi(power)
    };
    values.iter().enumerate().map(|(index, value)| weight(index) * value).sum()
}

#[test]
fn random_series_as_by_weighted_sums() {
    let mut dice = Dice(11);
    for round in 0..2_000u64 {
        let length = 1 + dice.below(60);
        let rarely = 1 + dice.below(6);
        let draw = |dice: &mut Dice| {
            if dice.below(rarely) == 0 { 1 + dice.below(50) } else { 0 }
        };
        let demand: Vec<u64> = (0..length).map(|_| draw(&mut dice)).collect();
        let (a, b) = ((1 + round % 10) as f64 / 10.0, (1 + round % 7) as f64 / 7.0);
        let (alpha, beta) = (Alpha::new(a).unwrap(), Alpha::new(b).unwrap());
        let places: Vec<usize> = (0..demand.len()).filter(|index| demand[*index] > 0).collect();
        let sizes: Vec<f64> = places.iter().map(|index| demand[*index] as f64).collect();
        let Some(first) = places.first() else {
            assert_eq!(croston(&demand, alpha), None);
            continue;
        };
        let mut gaps = vec![(first + 1) as f64];
        gaps.extend(places.windows(2).map(|pair| (pair[1] - pair[0]) as f64));
        let signs: Vec<f64> = demand.iter().map(|units| f64::from(*units > 0)).collect();

        let found = croston(&demand, alpha).unwrap();
        let wanted = weighted(&sizes, a) / weighted(&gaps, a);
        assert!((found.rate() - wanted).abs() < 1e-12 * wanted.max(1.0), "{demand:?}");
        assert!((found.sba() - (1.0 - a / 2.0) * wanted).abs() < 1e-12 * wanted.max(1.0));
        let found = tsb(&demand, alpha, beta).unwrap();
        let wanted = weighted(&sizes, a) * weighted(&signs, b);
        assert!((found - wanted).abs() < 1e-12 * wanted.max(1.0), "{demand:?}");
    }
}

//! What judging costs: a scan of many items over a long horizon, and the probability of a breach.
//!
//! `cargo bench -p countersign-core --bench triage [-- --quick] [-- --json FILE]`. Every figure is
//! printed with its ratio to what is to be reached, or to a floor measured in the same run; nothing
//! here passes or fails by time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "report/report.rs"]
mod report;
#[path = "../tests/triage/world.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod world;

use countersign_core::triage::breach::{Law, Month, breach};
use countersign_core::triage::{
    Coverage, Forecast, Inputs, Judgement, Projection, Ratio, coverage, first_months, judge,
};
use report::{Report, timed};
use std::hint::black_box;

/// Item number `index` with 60 months of plans, deliveries, earmarks and two lots that expire.
fn figures(index: u64) -> Inputs {
    let mut inputs = world::stock(1_000 + index * 7 % 2_000, "2025-07-01");
    let plan: Vec<u64> = (0..61).map(|month| 20 + (index + month) % 31).collect();
    inputs.planned = Some(world::series("2025-07", &plan));
    inputs.by_month.insert("use".to_owned(), world::series("2024-07", &[25; 12]));
    let first = world::month("2025-07");
    for month in (2..60).step_by(3) {
        inputs.due_in.insert(first.plus(month), world::q(90 + index % 40));
        inputs.earmarked.insert(first.plus(month + 1), world::q(5));
    }
    inputs.expiring = world::months(&[("2026-01", 100), ("2027-01", 200)]);
    inputs
}

/// The floor: the same sums over plain arrays, and one comparison for each month and limit.
fn floor(items: &[Vec<(i64, i64)>]) -> usize {
    let short = |months: &Vec<(i64, i64)>| {
        let mut stock = 1_000i64;
        months.iter().any(|(supply, demand)| {
            stock += supply - demand;
            stock * 5 < 1_920 * 2
        })
    };
    items.iter().filter(|months| short(months)).count()
}

fn main() {
    let mut report = Report::from_arguments();
    let quick = report.quick;
    let count: u64 = if quick { 1_000 } else { 10_000 };
    scan(count, &mut report);
    probability(if quick { 1 } else { 5 }, &mut report);
    report.finish();
}

fn scan(count: u64, report: &mut Report) {
    let mut rules = world::traffic_light();
    rules.rules[0].measures[0].horizon_months = 60;
    rules.check().unwrap();
    let rule = &rules.rules[0];
    let items: Vec<Inputs> = (0..count).map(figures).collect();
    let at = world::at("2025-07-01");
    let plain: Vec<Vec<(i64, i64)>> = (0..i64::try_from(count).unwrap())
        .map(|index| (0..60).map(|month| (30, 20 + (index + month) % 31)).collect())
        .collect();
    let (bare, _) = timed(|| floor(black_box(&plain)));
    let (first, found) = timed(|| {
        let judge = |inputs| judge(&rules, rule, inputs, None, at);
        items.iter().map(judge).collect::<Vec<Judgement>>()
    });
    let scale = 10_000.0 / count as f64;
    report.add("10,000 items x 60 months, judged", first * scale * 1e3, "ms", "1 s", first * scale);
    report.add("the same sums over plain arrays", bare * scale * 1e3, "ms", "judged", bare / first);
    let again = world::at("2025-07-02");
    let (second, _) = timed(|| {
        let pairs = items.iter().zip(&found);
        let judge = |(inputs, before): (_, &Judgement)| {
            judge(&rules, rule, inputs, Some(&before.memory), again)
        };
        pairs.map(judge).filter(Judgement::changes_class).count()
    });
    report.add("judged again from memory", second * scale * 1e3, "ms", "1 s", second * scale);
    let (outlook, _) = timed(|| {
        let firsts = |inputs| first_months(rule, inputs, at, 60).unwrap().len();
        items.iter().map(firsts).sum::<usize>()
    });
    report.add("first month of each class", outlook * scale * 1e3, "ms", "1 s", outlook * scale);
    let (lasts, _) = timed(|| {
        let now = world::month("2025-07");
        let lasts = |inputs: &&Inputs| {
            let counted = rule.measures[0].counted;
            let projected = Projection::of(inputs, counted, Forecast::Planned, now, 60).unwrap();
            matches!(coverage(&projected), Coverage::Until { .. })
        };
        items.iter().filter(lasts).count()
    });
    report.add("projection and coverage", lasts * scale * 1e3, "ms", "1 s", lasts * scale);
}

fn probability(rounds: u32, report: &mut Report) {
    let mut one = |what: &str, opening: u32, rate: i128, delivery: u32, limit: u32| {
        let law = Law::poisson(Ratio::new(rate, 1)).unwrap();
        let months = vec![Month { delivery, limit, demand: &law }; 60];
        let (time, found) = timed(|| {
            let once = |_| breach(black_box(opening), &months).unwrap();
            (0..rounds).map(once).reduce(|_, last| last).unwrap()
        });
        assert!(found.error < 1e-12, "{found:?}");
        let each = time / f64::from(rounds);
        report.add(what, each * 1e3, "ms", "50 ms", each * 1e3 / 50.0);
    };
    one("breach: 100 units, 2 a month, 60 months", 100, 2, 0, 30);
    one("breach: 10,000 units, 150 a month, 60 months", 10_000, 150, 0, 1_000);
    one("breach: 10,000 units, 1,000 in and out, 60 months", 10_000, 1_000, 1_000, 8_000);
    one("breach: 10,000 units, 5,000 in and out, 60 months", 10_000, 5_000, 5_000, 8_000);
    let wide = Law::of(&[1.0; 10_000]).unwrap();
    let months = vec![Month { delivery: 5_000, limit: 0, demand: &wide }; 60];
    let (time, found) = timed(|| breach(black_box(10_000), &months));
    let what = match found {
        Ok(_) => "breach: any demand from 0 to 9,999 alike, 60 months",
        Err(_) => "breach: any demand from 0 to 9,999 alike: refused",
    };
    report.add(what, time * 1e3, "ms", "50 ms", time * 1e3 / 50.0);
}

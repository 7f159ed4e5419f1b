//! What planning and verifying cost, against each other and against a general solver.
//!
//! `cargo bench -p countersign-core --bench rerouting -- [--quick] [--json FILE]`. Every figure is
//! printed with its ratio to another one of the same run; nothing here passes or fails by time.
//! One thread. The solver is `microlp`, for one item at a time, in two stages as the goals demand:
//! fewest unit-months short, then least harm; a special-purpose method against a general one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "../tests/rerouting/lp.rs"]
mod lp;
#[path = "../tests/histories/random.rs"]
mod random;
#[path = "report/report.rs"]
mod report;

use countersign_core::rerouting::{ItemProblem, Plan, Slot, Vetoes, plan, verify};
use random::Random;
use report::Report;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What one item's problem is made from.
#[derive(Clone)]
struct Facts {
    item: String,
    base: Vec<i64>,
    threshold: Vec<u64>,
    slots: Vec<Slot>,
}

impl Facts {
    /// One item with an earmark for every recipient, nine slots of ten not empty; the position
    /// sinks below the threshold and recovers with deliveries, as a draw-down does.
    fn random(number: u64, recipients: u64, months: u16) -> Self {
        let mut random = Random::new(2025, number);
        let mut base = Vec::new();
        let mut own = i64::try_from(random.between(200, 1_200)).unwrap();
        for month in 1..=months {
            own -= i64::try_from(random.between(0, 5 * recipients)).unwrap();
            if month % 6 == 0 {
                own += i64::try_from(random.between(0, 14 * recipients)).unwrap();
            }
            base.push(own);
        }
        let threshold = vec![random.between(300, 900); usize::from(months)];
        let mut slots = Vec::new();
        for recipient in 1..=recipients {
            let earmark = format!("EM-{number:04}-{recipient:03}").parse().unwrap();
            let party = format!("R-{recipient:03}").parse().unwrap();
            let priority = random.between(1, 15);
            for month in 1..=months {
                if !random.percent(90) {
                    continue;
                }
                slots.push(Slot {
                    earmark: Clone::clone(&earmark),
                    recipient: Clone::clone(&party),
                    month,
                    quantity: random.between(1, 9),
                    harm: (16 - priority) * 10 + random.below(10),
                    divertible: random.percent(95),
                });
            }
        }
        Self { item: format!("ITEM-{number:04}"), base, threshold, slots }
    }

    fn problem(self) -> ItemProblem {
        let first = "2025-07".parse().unwrap();
        let item = self.item.parse().unwrap();
        ItemProblem::new(item, first, self.base, self.threshold, self.slots).unwrap()
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The least time of five runs of each, taken in turn, which has the least of what else the
/// machine was doing.
fn least(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    (0..5).fold((f64::INFINITY, f64::INFINITY), |(first, second), _| {
        (seconds(&mut one).min(first), seconds(&mut other).min(second))
    })
}

fn plan_all(problems: &[ItemProblem]) -> Vec<Plan> {
    problems.iter().map(|problem| plan(problem, &Vetoes::none())).collect()
}

/// The largest size the design names: 1,000 items × 100 recipients × 60 months.
fn large(report: &mut Report) {
    let items = if report.quick { 50 } else { 1_000 };
    let (mut building, mut problems) = (Duration::ZERO, Vec::new());
    for number in 0..items {
        let facts = Facts::random(number, 100, 60);
        let start = Instant::now();
        problems.push(facts.problem());
        building += start.elapsed();
    }
    let slots: usize = problems.iter().map(ItemProblem::slot_count).sum();
    let plans = plan_all(&problems);
    let verify_all = || {
        for (problem, plan) in problems.iter().zip(&plans) {
            verify(problem, &Vetoes::none(), black_box(plan)).unwrap();
        }
    };
    let (planning, verifying) = least(|| drop(black_box(plan_all(&problems))), verify_all);
    let taken: usize = plans.iter().map(|plan| plan.slots.len()).sum();
    let (slots, taken) = (slots as f64, taken as f64);
    let scale = slots / 5.4e6;
    let size = format!("{items} x 100 x 60 ({:.2} M slots)", slots / 1e6);
    report.add(format!("plan {size}"), planning, "s", "1 s for 5.4 M", planning / scale);
    report.add("  slots taken from".to_owned(), taken, "slots", "all slots", taken / slots);
    report.add("  verify the plans".to_owned(), verifying, "s", "plan", verifying / planning);
    let building = building.as_secs_f64();
    report.add(
        "  check and order the slots first".to_owned(),
        building,
        "s",
        "plan",
        building / planning,
    );
}

/// 100 items × 50 recipients × 60 months, and the solver on a few of them.
fn beside_the_solver(report: &mut Report) {
    let (items, solved) = if report.quick { (20, 1) } else { (100, 10) };
    let facts: Vec<Facts> = (0..items).map(|number| Facts::random(number, 50, 60)).collect();
    let problems: Vec<ItemProblem> = facts.iter().cloned().map(Facts::problem).collect();
    let (all, few) = (problems.as_slice(), problems.get(..solved).unwrap());
    let (planning, few) =
        least(|| drop(black_box(plan_all(all))), || drop(black_box(plan_all(few))));
    let mut answers = Vec::new();
    let solving = seconds(|| {
        for (facts, problem) in facts.iter().zip(&problems).take(solved) {
            answers.push(lp::solve(problem.need(), &facts.slots));
        }
    });
    for (problem, (shortfall, harm)) in problems.iter().zip(answers) {
        let plan = plan(problem, &Vetoes::none());
        assert_eq!((u128::from(plan.shortfall_after), plan.harm), (shortfall, harm));
    }
    report.add(format!("plan {items} x 50 x 60"), planning * 1e3, "ms", "itself", 1.0);
    let what = format!("  solver, {solved} of these items, same objective");
    report.add(what, solving * 1e3, "ms", "plan of the same", solving / few);
}

fn main() {
    let mut report = Report::from_arguments();
    large(&mut report);
    beside_the_solver(&mut report);
    report.finish();
}

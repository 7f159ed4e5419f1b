//! Stock by month: published values, lots that expire, promises, and how long stock lasts.

use crate::world::{month, months, q, series};
use countersign_core::triage::{
    Counted, Coverage, Forecast, Inputs, Missing, Projection, Ratio, coverage,
};

fn planned(opening: u64, demand: &[u64]) -> Inputs {
    let planned = Some(series("2025-01", demand));
    Inputs { on_hand: Some(q(opening)), planned, ..Inputs::default() }
}

fn project(inputs: &Inputs, counted: Counted, count: u16) -> Projection {
    Projection::of(inputs, counted, Forecast::Planned, month("2025-01"), count).unwrap()
}

fn positions(projection: &Projection) -> Vec<i128> {
    projection.steps.iter().map(|step| step.position).collect()
}

#[test]
fn projected_stock_as_in_planr() {
    // The R package planr, proj_inv, Item 000001.
    let inputs = planned(6570, &[364, 364, 364, 260, 736, 859, 859, 859, 273]);
    let projected = project(&inputs, Counted::OnHand, 9);
    let wanted = [6206, 5842, 5478, 5218, 4482, 3623, 2764, 1905, 1632];
    assert_eq!(positions(&projected), wanted);
    assert_eq!(coverage(&projected), Coverage::Beyond { months: 9 });
    assert_eq!(projected.first_below(4_000), Some(month("2025-06")));
    assert_eq!(projected.first_below(1_632), None);
}

#[test]
fn how_long_stock_lasts() {
    // 31 days of January, then half of February's 28.
    let until = |inputs: &Inputs| coverage(&project(inputs, Counted::OnHand, 3));
    let months = Ratio { top: 3, bottom: 2 };
    let days = Ratio { top: 45, bottom: 1 };
    let found = until(&planned(30, &[20, 20, 0]));
    assert_eq!(found, Coverage::Until { month: month("2025-02"), months, days });
    assert_eq!(until(&planned(40, &[20, 20, 0])), Coverage::Beyond { months: 3 });
    assert_eq!(until(&planned(0, &[0, 0, 0])), Coverage::NoDemand { months: 3 });
    let Coverage::Until { months, .. } = until(&planned(0, &[1, 0, 0])) else { panic!() };
    assert_eq!((months.top, months.bottom), (0, 1));
    let mut short = planned(5, &[0, 0, 0]);
    short.reserved = q(6);
    let projected = project(&short, Counted::Unencumbered, 3);
    assert_eq!(coverage(&projected), Coverage::Short);
}

#[test]
fn what_expires_first_goes_first() {
    let mut inputs = planned(100, &[10, 10, 10]);
    inputs.expiring = months(&[("2024-12", 5), ("2025-01", 30), ("2025-02", 15)]);
    // Five are gone already. January takes 10 of its 30 and loses 20; February takes 10 of 15 and
    // loses 5; March takes what does not expire.
    let projected = project(&inputs, Counted::OnHand, 3);
    let expired: Vec<i128> = projected.steps.iter().map(|step| step.expired).collect();
    assert_eq!((projected.opening, expired), (95, vec![20, 5, 0]));
    assert_eq!(positions(&projected), [65, 50, 40]);
    // What is reserved takes the next to expire: of the 95, the 45 that would expire are promised.
    inputs.reserved = q(45);
    let projected = project(&inputs, Counted::Unencumbered, 3);
    let expired: Vec<i128> = projected.steps.iter().map(|step| step.expired).collect();
    assert_eq!((projected.opening, expired), (50, vec![0, 0, 0]));
}

#[test]
fn promises_leave_in_their_month_or_never_count() {
    let mut inputs = planned(100, &[0, 0, 0]);
    inputs.reserved = q(10);
    inputs.earmarked = months(&[("2024-11", 5), ("2025-02", 20)]);
    inputs.due_in = months(&[("2024-12", 999), ("2025-02", 40)]);
    inputs.due_in_earmarked = months(&[("2025-02", 30)]);
    assert_eq!(positions(&project(&inputs, Counted::OnHand, 3)), [85, 75, 75]);
    assert_eq!(positions(&project(&inputs, Counted::Unencumbered, 3)), [65, 75, 75]);
}

#[test]
fn an_average_is_spread_exactly() {
    let mut inputs = planned(100, &[]);
    inputs.by_month.insert("use".to_owned(), series("2024-10", &[3, 4, 3]));
    let now = month("2025-01");
    let of = |n| Projection::of(&inputs, Counted::OnHand, Forecast::Average(n), now, 3);
    let asked: Vec<i128> = of(3).unwrap().steps.iter().map(|step| step.demand).collect();
    assert_eq!(asked, [4, 3, 3], "10 in three months, rounded up from the start");
    assert_eq!(of(4), Err(Missing::Flow { name: "use".to_owned() }));
}

#[test]
fn what_is_not_known_is_told() {
    let inputs = planned(100, &[1, 1]);
    let of = |inputs: &Inputs| {
        Projection::of(inputs, Counted::OnHand, Forecast::Planned, month("2025-01"), 3)
    };
    assert_eq!(of(&inputs), Err(Missing::Planned { month: month("2025-03") }));
    assert_eq!(of(&Inputs::default()), Err(Missing::OnHand));
}

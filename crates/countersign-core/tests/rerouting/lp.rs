//! The goals as a linear programme, for a general solver.

use countersign_core::rerouting::Slot;
use good_lp::{
    Expression, ProblemVariables, Solution, SolverModel, Variable, constraint, microlp, variable,
};

/// Variables: what is diverted from each slot, and how short each month stays.
struct Programme {
    variables: ProblemVariables,
    diverted: Vec<Variable>,
    short: Vec<Variable>,
}

fn programme(need: &[u64], slots: &[Slot]) -> Programme {
    let mut variables = ProblemVariables::new();
    let most = |slot: &Slot| if slot.divertible { slot.quantity as f64 } else { 0.0 };
    let diverted =
        slots.iter().map(|slot| variables.add(variable().min(0.0).max(most(slot)))).collect();
    let short = need.iter().map(|_| variables.add(variable().min(0.0))).collect();
    Programme { variables, diverted, short }
}

fn optimum(
    need: &[u64],
    slots: &[Slot],
    goal: impl Fn(&Programme) -> Expression,
    most_short: Option<u128>,
) -> u128 {
    let made = programme(need, slots);
    let goal = goal(&made);
    let Programme { variables, diverted, short } = made;
    let mut model = variables.minimise(goal.clone()).using(microlp);
    // D(t) = D(t - 1) + the slots of month t: a sum of its own keeps the rows short.
    let mut up_to_now = Expression::from(0.0);
    for ((need, short), month) in need.iter().zip(&short).zip(1..) {
        let now = slots.iter().zip(&diverted).filter(|(slot, _)| slot.month == month);
        up_to_now += now.map(|(_, diverted)| *diverted).sum::<Expression>();
        model = model.with(constraint!(up_to_now.clone() + *short >= *need as f64));
    }
    if let Some(most) = most_short {
        model = model.with(constraint!(short.iter().sum::<Expression>() <= most as f64));
    }
    let solution = model.solve().expect("it always has a solution: divert nothing");
    solution.eval(goal).round() as u128
}

/// The fewest unit-months short, and the least harm with which that can be had.
pub fn solve(need: &[u64], slots: &[Slot]) -> (u128, u128) {
    let shortfall = optimum(need, slots, |made| made.short.iter().sum(), None);
    let harm = |made: &Programme| {
        slots.iter().zip(&made.diverted).map(|(slot, units)| slot.harm as f64 * *units).sum()
    };
    (shortfall, optimum(need, slots, harm, Some(shortfall)))
}

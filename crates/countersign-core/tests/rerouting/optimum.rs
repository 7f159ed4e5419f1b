//! The planner's plan is the best one, and the verifier accepts no other.

use super::forger::{forge, taken_by};
use super::instances::{Instance, SMALL, TINY};
use super::lp;
use super::oracles::{brute_force, every_plan, objective, reverse_delete};
use super::random::Random;
use countersign_core::rerouting::{ItemProblem, Plan, plan, verify};

/// How many random instances each comparison sees.
const INSTANCES: u64 = 1_000;

fn planned(instance: &Instance) -> (ItemProblem, Plan) {
    let problem = instance.problem();
    let plan = plan(&problem, &instance.vetoes);
    (problem, plan)
}

#[test]
fn no_plan_there_is_does_better() {
    for number in 0..INSTANCES {
        let instance = Instance::random(1, number, TINY);
        let (problem, plan) = planned(&instance);
        let taken = taken_by(&plan, &instance.free());
        assert_eq!(taken, brute_force(&instance), "{number}: {instance:?}");
        assert_eq!(taken, reverse_delete(&instance), "{number}: {instance:?}");
        assert_eq!(verify(&problem, &instance.vetoes, &plan), Ok(()), "{number}: {instance:?}");
    }
}

#[test]
fn reverse_delete_and_the_solver_come_to_the_same() {
    let (mut diverting, mut short) = (0, 0);
    for number in 0..INSTANCES {
        let instance = Instance::random(2, number, SMALL);
        let (problem, plan) = planned(&instance);
        let (need, free) = (instance.need(), instance.free());
        let taken = taken_by(&plan, &free);
        assert_eq!(taken, reverse_delete(&instance), "{number}");
        let stated = (u128::from(plan.shortfall_after), plan.harm);
        assert_eq!(stated, objective(&need, &free, &taken), "{number}");
        assert_eq!(stated, lp::solve(&need, &free), "{number}");
        assert_eq!(plan.shortfall_before, need.iter().sum::<u64>(), "{number}");
        assert_eq!(verify(&problem, &instance.vetoes, &plan), Ok(()), "{number}");
        diverting += u32::from(!plan.slots.is_empty());
        short += u32::from(plan.shortfall_after > 0);
    }
    // The instances are worth something only if most divert and many still stay short.
    assert!(diverting > 700 && short > 200, "{diverting} divert, {short} stay short");
}

#[test]
fn the_order_of_the_slots_changes_nothing() {
    for number in 0..INSTANCES {
        let mut instance = Instance::random(3, number, SMALL);
        let (_, first) = planned(&instance);
        instance.shuffle(&mut Random::new(4, number));
        let (problem, second) = planned(&instance);
        let bytes = |plan: &Plan| postcard::to_stdvec(plan).unwrap();
        assert_eq!(bytes(&first), bytes(&second), "{number}");
        let text = serde_json::to_string(&first).unwrap();
        assert_eq!(text, serde_json::to_string(&second).unwrap(), "{number}");
        // What was written down and read again is the plan, and is accepted.
        let read: Plan = serde_json::from_str(&text).unwrap();
        assert_eq!(read, first, "{number}");
        assert_eq!(postcard::from_bytes::<Plan>(&bytes(&first)).unwrap(), read, "{number}");
        assert_eq!(verify(&problem, &instance.vetoes, &read), Ok(()), "{number}");
    }
}

#[test]
fn a_plan_with_one_slot_changed_is_refused() {
    let mut changes = 0;
    for number in 0..INSTANCES {
        let instance = Instance::random(2, number, SMALL);
        let (problem, plan) = planned(&instance);
        for at in 0..plan.slots.len() {
            for changed in changed_in(&plan, at) {
                let answer = verify(&problem, &instance.vetoes, &changed);
                assert!(answer.is_err(), "{number}: {:?}", changed.slots[at]);
                changes += 1;
            }
            let mut left_out = plan.clone();
            left_out.slots.remove(at);
            assert!(verify(&problem, &instance.vetoes, &left_out).is_err(), "{number}: {at}");
        }
    }
    assert!(changes > 100_000, "{changes} changes");
}

/// The plan with one thing in one slot changed, each way.
fn changed_in(plan: &Plan, at: usize) -> Vec<Plan> {
    let slot = plan.slots[at].clone();
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Plan)| {
        let mut changed = plan.clone();
        change(&mut changed);
        if changed != *plan {
            all.push(changed);
        }
    };
    for units in [slot.quantity - 1, slot.quantity + 1, 0, u64::MAX] {
        add(&|plan| plan.slots[at].quantity = units);
        add(&|plan| {
            plan.slots[at].reason.quantity = units;
            plan.slots[at].quantity = units;
        });
    }
    for month in [slot.month - 1, slot.month + 1, 0, u16::MAX] {
        add(&|plan| plan.slots[at].month = month);
    }
    for place in [slot.place.wrapping_sub(1), slot.place + 1, u32::MAX] {
        add(&|plan| plan.slots[at].place = place);
    }
    for promise in [slot.promise.wrapping_sub(1), slot.promise + 1] {
        add(&|plan| plan.slots[at].promise = promise);
    }
    for harm in [slot.harm.wrapping_sub(1), slot.harm + 1, u32::MAX] {
        add(&|plan| plan.slots[at].harm = harm);
    }
    for short_month in [0, slot.month - 1, u16::MAX] {
        add(&|plan| plan.slots[at].reason.short_month = short_month);
    }
    for short_by in [slot.reason.short_by - 1, slot.reason.short_by + 1] {
        add(&|plan| plan.slots[at].reason.short_by = short_by);
    }
    add(&|plan| {
        let promise = usize::try_from(plan.slots[at].promise).unwrap();
        plan.promises[promise].recipient = "R-other".parse().unwrap();
    });
    all
}

/// Every plan there could be, with every row of prices made of the harms there are (and one more):
/// accepted is the planner's choice and no other, and the prices prove it in at least one way.
#[test]
fn the_verifier_accepts_the_best_plan_and_no_other() {
    let (mut plans, mut proofs) = (0u64, 0u64);
    for number in 0..3_000 {
        let instance = Instance::random(5, number, TINY);
        let (problem, best) = planned(&instance);
        let free = instance.free();
        let best = taken_by(&best, &free);
        for taken in every_plan(&free) {
            let mut forged = forge(&instance, &taken);
            let mut accepted = 0;
            for prices in every_row(instance.base.len(), &[0, 1, 2, 3]) {
                forged.prices = prices;
                accepted += u64::from(verify(&problem, &instance.vetoes, &forged).is_ok());
            }
            assert_eq!(accepted > 0, taken == best, "{number}: {taken:?} of {instance:?}");
            plans += 1;
            proofs += accepted;
        }
    }
    assert!(plans > 5_000 && proofs > 150, "{plans} plans, {proofs} proofs");
}

fn every_row(length: usize, of: &[u64]) -> Vec<Vec<u64>> {
    (0..length).fold(vec![Vec::new()], |rows, _| {
        let longer = |row: &Vec<u64>| {
            let row = row.clone();
            of.iter().map(move |price| [row.as_slice(), &[*price]].concat())
        };
        rows.iter().flat_map(longer).collect()
    })
}

/// One unit moved between any two slots, with all sums and reasons made good: refused, whatever
/// the prices of the best plan or of the forged one say.
#[test]
fn moving_one_unit_is_refused_however_well_it_is_done() {
    let mut moves = 0;
    for number in 0..200 {
        let instance = Instance::random(6, number, SMALL);
        let (problem, plan) = planned(&instance);
        let free = instance.free();
        let taken = taken_by(&plan, &free);
        for (from, to) in (0..free.len()).flat_map(|from| (0..free.len()).map(move |to| (from, to)))
        {
            if from == to || taken[from] == 0 || taken[to] == free[to].quantity {
                continue;
            }
            let mut moved = taken.clone();
            moved[from] -= 1;
            moved[to] += 1;
            let mut forged = forge(&instance, &moved);
            forged.prices.clone_from(&plan.prices);
            assert!(verify(&problem, &instance.vetoes, &forged).is_err(), "{number}: {from} {to}");
            let dearest = forged.slots.iter().map(|slot| u64::from(slot.harm)).max().unwrap_or(0);
            forged.prices = vec![dearest; plan.prices.len()];
            assert!(verify(&problem, &instance.vetoes, &forged).is_err(), "{number}: {from} {to}");
            moves += 1;
        }
    }
    assert!(moves > 10_000, "{moves} moves");
}

#[test]
fn prices_never_rise_and_lie_between_taken_and_left() {
    for number in 0..INSTANCES {
        let instance = Instance::random(2, number, SMALL);
        let (_, plan) = planned(&instance);
        assert!(plan.prices.is_sorted_by(|one, next| one >= next), "{number}");
        let free = instance.free();
        for (slot, taken) in free.iter().zip(taken_by(&plan, &free)) {
            let price = plan.prices[usize::from(slot.month) - 1];
            assert!(taken == 0 || slot.harm <= price, "{number}: {slot:?}");
            assert!(taken == slot.quantity || slot.harm >= price, "{number}: {slot:?}");
        }
    }
}

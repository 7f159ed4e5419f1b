//! What a plan says of itself.

use super::instances::{Instance, kept, slot, veto};
use countersign_core::rerouting::{Vetoes, explain, plan};

fn said(instance: &Instance) -> Vec<String> {
    let problem = instance.problem();
    explain::item(&problem, &plan(&problem, &instance.vetoes))
}

#[test]
fn a_plan_explains_itself() {
    let slots = [
        slot("EM-1", "UA", 1, 14, 2),
        slot("EM-2", "GB", 2, 3, 5),
        kept(slot("EM-3", "PL", 1, 9, 1)),
        slot("EM-4", "DE", 2, 4, 1),
    ];
    let mut instance = Instance::new(&[8, -2], &[20, 20], &slots);
    instance.vetoes = veto(&[], &["EM-4"]);
    assert_eq!(
        said(&instance),
        [
            "AAM, 2025-07 to 2025-08: 34 unit-months below the threshold without diversion, 5 \
             with it; 17 units diverted from 2 slots, harm 43 in all.",
            "Month 1 (2025-07) is short by 12; the cheapest free slot was EM-1 (UA, 2025-07): \
             12 units at harm 2 each. Month 2 (2025-08) is short by 10 and takes 2 units more of \
             it.",
            "Month 2 (2025-08) is short by 10; the cheapest free slot was EM-2 (GB, 2025-08): \
             3 units at harm 5 each.",
            "Month 2 (2025-08) stays short by 5: all that may be diverted up to then is taken \
             (17 units); 13 units more may not be touched.",
            "Leaving GB alone would leave 3 unit-months more below the threshold, with 15 less \
             harm.",
            "Leaving UA alone would leave 26 unit-months more below the threshold, with 28 less \
             harm.",
        ]
    );
}

#[test]
fn a_plan_that_does_nothing_says_why() {
    let enough = Instance::new(&[9, 9], &[9, 4], &[slot("A", "UA", 1, 1, 1)]);
    assert_eq!(
        said(&enough),
        ["AAM, 2025-07 to 2025-08: every month meets its threshold; nothing is diverted."]
    );
    let nothing = Instance::new(&[3], &[4], &[kept(slot("A", "UA", 1, 1, 1))]);
    assert_eq!(
        said(&nothing),
        [
            "AAM, 2025-07 to 2025-07: 1 unit-month below the threshold, and nothing may be \
             diverted in time.",
            "Month 1 (2025-07) stays short by 1: there is nothing to take up to then; 1 unit more \
             may not be touched.",
        ]
    );
}

#[test]
fn sparing_may_cost_harm_alone_or_nothing() {
    let slots = [slot("A", "UA", 1, 1, 1), slot("B", "GB", 1, 1, 1), slot("C", "PL", 1, 1, 4)];
    let one = said(&Instance::new(&[0], &[1], &slots));
    assert_eq!(one[2], "Leaving UA alone would mean the same harm, and nothing more is short.");
    let two = said(&Instance::new(&[0], &[2], &slots));
    assert_eq!(two[3], "Leaving GB alone would mean 3 more harm, and nothing more is short.");
}

#[test]
fn several_items_begin_with_what_they_come_to() {
    let instance = Instance::new(&[0], &[5], &[slot("A", "UA", 1, 3, 2)]);
    let problem = instance.problem();
    let plan = plan(&problem, &Vetoes::none());
    let said = explain::whole([(&problem, &plan), (&problem, &plan)]);
    assert_eq!(
        said[0],
        "2 items: 10 unit-months below the threshold without diversion, 4 with it; 6 units \
         diverted, harm 12 in all."
    );
    assert_eq!(said.len(), 1 + 2 * explain::item(&problem, &plan).len());
}

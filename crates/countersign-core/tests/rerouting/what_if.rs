//! What a veto costs, and how two plans differ.

use super::instances::{Instance, SMALL, slot, veto};
use super::oracles::{objective, reverse_delete};
use countersign_core::rerouting::{
    Cost, RecipientChange, SlotChange, Veto, Vetoes, compare, costs_of_sparing, costs_of_vetoes,
    plan,
};
use countersign_proof::words::PartyId;

/// UA gives 4 at harm 1, GB 4 at harm 3, PL 2 at harm 5; six are needed in month 1.
fn instance() -> Instance {
    let slots = [slot("A", "UA", 1, 4, 1), slot("B", "GB", 1, 4, 3), slot("C", "PL", 1, 2, 5)];
    Instance::new(&[0], &[6], &slots)
}

fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}

#[test]
fn leaving_a_recipient_alone_has_its_price() {
    let instance = instance();
    let problem = instance.problem();
    let costs = costs_of_sparing(&problem, &plan(&problem, &instance.vetoes));
    // The plan: 4 of UA and 2 of GB, harm 10. Without UA: 4 of GB and 2 of PL. Without GB: 2 of PL.
    assert_eq!(
        costs,
        [
            (party("GB"), Cost { shortfall: 0, harm: 4 }),
            (party("UA"), Cost { shortfall: 0, harm: 12 })
        ]
    );
}

#[test]
fn each_veto_is_priced_with_the_others_in_force() {
    let mut instance = instance();
    instance.vetoes = veto(&["PL", "XX"], &["A"]);
    let problem = instance.problem();
    let costs = costs_of_vetoes(&problem, &instance.vetoes);
    // With all: 4 of GB, 2 short, harm 12. PL back: 2 of PL more. A back: 4 of UA, 2 of GB.
    assert_eq!(
        costs,
        [
            (Veto::Recipient(party("PL")), Cost { shortfall: 2, harm: -10 }),
            (Veto::Recipient(party("XX")), Cost::default()),
            (Veto::Earmark("A".parse().unwrap()), Cost { shortfall: 2, harm: 2 }),
        ]
    );
}

#[test]
fn costs_are_what_reverse_delete_says_too() {
    let mut dear = 0;
    for number in 0..300 {
        let mut instance = Instance::random(7, number, SMALL);
        instance.vetoes = Vetoes::none();
        let problem = instance.problem();
        let best = plan(&problem, &instance.vetoes);
        for (recipient, cost) in costs_of_sparing(&problem, &best) {
            instance.vetoes = Veto::Recipient(recipient).added_to(&Vetoes::none());
            let (need, free) = (instance.need(), instance.free());
            let (short, harm) = objective(&need, &free, &reverse_delete(&instance));
            let short = i128::try_from(short).unwrap() - i128::from(best.shortfall_after);
            let harm = i128::try_from(harm).unwrap() - i128::try_from(best.harm).unwrap();
            assert_eq!((cost.shortfall, cost.harm), (short, harm), "{number}");
            assert!(cost.shortfall > 0 || cost.harm >= 0, "{number}: sparing cannot help");
            dear += u32::from(cost.shortfall > 0);
        }
    }
    assert!(dear > 100, "{dear} recipients could not be spared");
}

#[test]
fn two_plans_side_by_side() {
    let mut instance = instance();
    let first = plan(&instance.problem(), &instance.vetoes);
    instance.vetoes = veto(&["UA"], &[]);
    instance.threshold = vec![7];
    let second = plan(&instance.problem(), &instance.vetoes);
    let compared = compare(&first, &second).unwrap();
    assert_eq!(compared.cost, Cost { shortfall: 1, harm: 12 });
    let change = |earmark: &str, recipient: &str, before, after| SlotChange {
        month: "2025-07".parse().unwrap(),
        earmark: earmark.parse().unwrap(),
        recipient: party(recipient),
        before,
        after,
    };
    let [a, b, c] = [change("A", "UA", 4, 0), change("B", "GB", 2, 4), change("C", "PL", 0, 2)];
    assert_eq!(compared.slots, [a.clone(), b.clone(), c.clone()]);
    assert!(
        compared.removed().eq([&a]) && compared.changed().eq([&b]) && compared.added().eq([&c])
    );
    let lost = |units_before, units_after, harm_before, harm_after| RecipientChange {
        units_before,
        units_after,
        harm_before,
        harm_after,
    };
    let recipients: Vec<_> = compared.recipients.into_iter().collect();
    assert_eq!(
        recipients,
        [
            (party("GB"), lost(2, 4, 6, 12)),
            (party("PL"), lost(0, 2, 0, 10)),
            (party("UA"), lost(4, 0, 4, 0)),
        ]
    );
    assert!(compare(&first, &first).unwrap().slots.is_empty());
}

#[test]
fn slots_are_matched_by_calendar_month() {
    let instance = instance();
    let first = plan(&instance.problem(), &instance.vetoes);
    let mut later = first.clone();
    later.first = later.first.plus(1);
    let compared = compare(&first, &later).unwrap();
    assert_eq!((compared.added().count(), compared.removed().count()), (2, 2));
    later.item = "OTHER".parse().unwrap();
    let refused = compare(&first, &later).unwrap_err();
    assert!(refused.to_string().contains("AAM") && refused.to_string().contains("OTHER"));
}

//! What is there, whose is it, where, and what is already promised?

use super::world::{Answered, World, id, quantity};
use super::{Case, june};
use countersign_core::stock::{AccountKey, AccountState, Command};
use countersign_proof::words::{Quantity, Standing};

fn receive(world: &mut World, units: u64, (item, party, place): (&str, &str, &str)) -> Answered {
    let into = AccountKey {
        item: id(item),
        party: id(party),
        state: AccountState::OnHand,
        place: (!place.is_empty()).then(|| id(place)),
        lot: None,
    };
    let command = Command::receive(into, quantity(units), "exercise", Standing::Assumed);
    world.run(Some("uadepot"), command)
}

pub(crate) const CASES: &[Case] = &[
    ("stock/unknown-item", || receive(&mut june(), 1, ("SPEAR", "UA", ""))),
    ("stock/unknown-party", || receive(&mut june(), 1, ("ATACMS", "XX", ""))),
    ("stock/unknown-place", || receive(&mut june(), 1, ("ATACMS", "UA", "UA.Depot-9"))),
    ("stock/place-of-another", || receive(&mut june(), 1, ("ATACMS", "UA", "US.Depot-1"))),
    ("stock/quantity-zero", || receive(&mut june(), 0, ("ATACMS", "UA", ""))),
    // 20 are there, of the largest sum that a ledger takes.
    ("stock/quantity-too-large", || {
        receive(&mut june(), Quantity::MAX.units() - 39, ("ATACMS", "UA", ""))
    }),
];

#[test]
fn the_largest_sum_is_still_taken() {
    let mut world = june();
    receive(&mut world, Quantity::MAX.units() - 40, ("ATACMS", "UA", "")).unwrap();
}

#[test]
fn only_a_depot_of_the_party_takes_stock_in() {
    let mut world = june();
    let rejection = receive(&mut world, 1, ("ATACMS", "US", "")).unwrap_err();
    assert_eq!(rejection.code(), "people/function-missing");
}

//! What is there, whose is it, where, and what is already promised?

use super::world::{
    Answered, Receipt, World, account, consumption, earmark, figure, id, issue, move_to, quantity,
    recount, requirement,
};
use super::{Case, june};
use countersign_core::stock::{AccountKey, Command, Figures};
use countersign_proof::words::{Quantity, Standing};

fn keep(world: &mut World, command: Command) -> Answered {
    world.run(Some("uadepot"), command)
}

fn receive(world: &mut World, units: u64, into: &str) -> Answered {
    keep(world, Receipt::default().of(units, account(into)))
}

/// A receipt into an account in June, with what is special about it.
fn special(units: u64, into: &str, receipt: Receipt) -> Answered {
    keep(&mut june(), receipt.of(units, account(into)))
}

fn import(figures: Figures) -> Answered {
    june().import("uadepot", figures)
}

/// An earmark of 4 FLAMINGO for GB that are still to be made.
fn earmarked() -> World {
    let mut world = june();
    let slots = [("2025-07", 4)];
    let promise = earmark("EM-1", ["FLAMINGO", "UA", "GB"], "contract", &slots);
    world.earmarked(vec![promise]).unwrap();
    world
}

fn made_for(world: &mut World, units: u64, into: &str) -> Answered {
    let slot = Some((id("EM-1"), id("2025-07")));
    let receipt = Receipt { earmark: slot, ..Receipt::default() };
    keep(world, receipt.of(units, account(into)))
}

pub(crate) const CASES: &[Case] = &[
    ("stock/unknown-item", || receive(&mut june(), 1, "SPEAR UA")),
    ("stock/unknown-party", || receive(&mut june(), 1, "ATACMS XX")),
    ("stock/unknown-place", || receive(&mut june(), 1, "ATACMS UA on-hand UA.Depot-9")),
    ("stock/place-of-another", || receive(&mut june(), 1, "ATACMS UA on-hand US.Depot-1")),
    ("stock/unknown-earmark", || made_for(&mut june(), 1, "FLAMINGO UA")),
    ("stock/earmark-of-another", || made_for(&mut earmarked(), 1, "ATACMS UA")),
    ("stock/nothing-stated", || import(Figures::default())),
    ("stock/account-twice", || {
        let counts = vec![figure(1, account("ATACMS UA")), figure(1, account("ATACMS UA"))];
        import(Figures { counts, ..Figures::default() })
    }),
    ("stock/earmark-twice", || {
        let promise = earmark("EM-1", ["FLAMINGO", "UA", "GB"], "stock", &[("2025-07", 1)]);
        june().earmarked(vec![promise.clone(), promise])
    }),
    ("stock/quantity-zero", || receive(&mut june(), 0, "ATACMS UA")),
    ("stock/reason-unfit", || keep(&mut june(), issue(1, &account("FLAMINGO UA"), "lost"))),
    // 20 are there, of the largest sum that a ledger takes.
    ("stock/quantity-too-large", || receive(&mut june(), Quantity::MAX.units() - 39, "ATACMS UA")),
    ("stock/earmark-for-owner", || {
        let promise = earmark("EM-1", ["FLAMINGO", "UA", "UA"], "stock", &[("2025-07", 1)]);
        june().earmarked(vec![promise])
    }),
    ("stock/requirement-empty", || {
        let day = "2025-06-02";
        let requirements = vec![requirement(1, ("ATACMS", "UA"), "plans", day, Some(day))];
        import(Figures { requirements, ..Figures::default() })
    }),
    ("stock/expiry-without-lot", || {
        let expires = Some(id("2025-07-01"));
        special(1, "ATACMS UA", Receipt { expires, ..Receipt::default() })
    }),
    ("stock/lot-expired", || {
        let expires = Some(id("2025-06-01"));
        special(1, "ATACMS UA on-hand - L-1", Receipt { expires, ..Receipt::default() })
    }),
    ("stock/serial-missing", || receive(&mut june(), 1, "RADAR UA")),
    ("stock/figure-moved", || {
        keep(&mut june(), recount(18, account("ATACMS UA"), Some(19), "count"))
    }),
    ("stock/serial-twice", || {
        let mut world = june();
        receive(&mut world, 1, "RADAR UA on-hand UA.Depot-1 S-1")?;
        receive(&mut world, 1, "RADAR UA quarantined - S-1")
    }),
    ("stock/earmark-exists", || {
        let promise = earmark("EM-1", ["FLAMINGO", "UA", "GB"], "contract", &[("2025-07", 5)]);
        earmarked().earmarked(vec![promise])
    }),
    ("stock/order-too-small", || {
        let mut world = june();
        receive(&mut world, 3, "FLAMINGO UA on-order:2025-07")?;
        let from_order = Some(id("2025-07"));
        keep(&mut world, Receipt { from_order, ..Receipt::default() }.of(4, account("FLAMINGO UA")))
    }),
    ("stock/slot-too-small", || made_for(&mut earmarked(), 5, "FLAMINGO UA")),
    ("stock/moved-nowhere", || {
        let there = account("FLAMINGO UA");
        keep(&mut june(), move_to(1, there.clone(), &there))
    }),
    ("stock/order-not-there", || {
        let mut world = june();
        receive(&mut world, 3, "FLAMINGO UA on-order:2025-07")?;
        let (order, shelf) = (account("FLAMINGO UA on-order:2025-07"), account("FLAMINGO UA"));
        keep(&mut world, move_to(1, order, &shelf))
    }),
    ("stock/issue-needs-release", || keep(&mut june(), issue(1, &account("ATACMS UA"), "test"))),
    ("stock/not-enough", || keep(&mut june(), issue(21, &account("FLAMINGO UA"), "test"))),
];

#[test]
fn the_largest_sum_is_still_taken() {
    let mut world = june();
    receive(&mut world, Quantity::MAX.units() - 40, "ATACMS UA").unwrap();
    // And so is one that is on order, for it is counted already.
    let mut world = june();
    let most = Quantity::MAX.units() - 20;
    receive(&mut world, most, "FLAMINGO UA on-order:2025-07").unwrap();
    let receipt = Receipt { from_order: Some(id("2025-07")), ..Receipt::default() };
    keep(&mut world, receipt.of(most, account("FLAMINGO UA"))).unwrap();
    let counts = vec![figure(21, account("FLAMINGO UA on-hand UA.Depot-1"))];
    let code = world.import("uadepot", Figures { counts, ..Figures::default() });
    assert_eq!(code.unwrap_err().code(), "stock/quantity-too-large");
}

#[test]
fn only_a_depot_of_the_party_keeps_its_stock() {
    let us = account("ATACMS US on-hand US.Depot-1");
    let aside = AccountKey { place: None, ..us.clone() };
    let promise = earmark("EM-1", ["ATACMS", "US", "UA"], "stock", &[("2025-07", 1)]);
    let commands = [
        Command::receive(us.clone(), quantity(1), "exercise", Standing::Assumed),
        move_to(1, us.clone(), &aside),
        issue(1, &us, "disposal"),
        recount(1, us.clone(), None, "count"),
    ];
    let figures = [
        Figures { counts: vec![figure(1, us)], ..Figures::default() },
        Figures { earmarks: vec![promise], ..Figures::default() },
        Figures {
            requirements: vec![requirement(1, ("ATACMS", "US"), "plans", "2025-01-01", None)],
            ..Figures::default()
        },
        Figures {
            consumption: vec![consumption(1, ("ATACMS", "US"), "2025-05", false)],
            ..Figures::default()
        },
    ];
    let imports = figures.map(|figures| Command::ImportFigures { figures: Box::new(figures) });
    for command in commands.into_iter().chain(imports) {
        let rejection = keep(&mut june(), command.clone()).unwrap_err();
        assert_eq!(rejection.code(), "people/function-missing", "{command:?}");
        june().run(Some("usdepot"), command).unwrap();
    }
}

/// A refusal tells how many units there are; only to those who keep them.
#[test]
fn whoever_keeps_no_stock_is_told_nothing_of_it() {
    let us = account("ATACMS US on-hand US.Depot-1");
    let aside = AccountKey { place: None, ..us.clone() };
    let order = Receipt { from_order: Some(id("2025-07")), ..Receipt::default() };
    let count = figure(1, us.clone());
    let counts = vec![countersign_core::stock::Count { expected: Some(3), ..count }];
    let figures = Box::new(Figures { counts, ..Figures::default() });
    let commands = [
        ("stock/order-too-small", order.of(99, us.clone())),
        ("stock/not-enough", move_to(99, us.clone(), &aside)),
        ("stock/not-enough", issue(99, &us, "disposal")),
        ("stock/figure-moved", recount(1, us, Some(3), "count")),
        ("stock/figure-moved", Command::ImportFigures { figures }),
    ];
    for (code, command) in commands {
        let mut world = june();
        let told = |world: &mut World, by| {
            world.run(Some(by), command.clone()).map_err(|rejection| rejection.code())
        };
        assert_eq!(told(&mut world, "uadepot"), Err("people/function-missing"), "{command:?}");
        assert_eq!(told(&mut world, "usdepot"), Err(code), "{command:?}");
    }
}

#[test]
fn a_refused_import_names_what_it_cannot_take() {
    let slot = |units| earmark("EM-1", ["FLAMINGO", "UA", "GB"], "stock", &[("2025-07", units)]);
    let code = |world: &mut World, promise| {
        world.earmarked(vec![promise]).map_err(|rejection| rejection.code()).map(|_| ())
    };
    let mut world = june();
    assert_eq!(code(&mut world, slot(0)), Err("stock/quantity-zero"));
    let none = earmark("EM-1", ["FLAMINGO", "UA", "GB"], "stock", &[]);
    assert_eq!(code(&mut world, none), Err("stock/quantity-zero"));
    let mut large = slot(Quantity::MAX.units());
    large.slots.insert(id("2025-08"), large.slots[&id("2025-07")]);
    assert_eq!(code(&mut world, large), Err("stock/quantity-too-large"));
    let mut drawn = slot(3);
    drawn.slots.get_mut(&id("2025-07")).unwrap().committed = 1;
    assert_eq!(code(&mut world, drawn), Err("stock/quantity-zero"));
    assert_eq!(code(&mut world, slot(3)), Ok(()));
    // The same again changes nothing; another recipient is another promise.
    assert_eq!(code(&mut world, slot(3)), Ok(()));
    let other = earmark("EM-1", ["FLAMINGO", "UA", "US"], "stock", &[("2025-07", 3)]);
    assert_eq!(code(&mut world, other), Err("stock/earmark-exists"));
}

/// One number on two rows is one unit in two places; moved from one row to the other it is not.
#[test]
fn a_serial_number_is_single_within_a_file() {
    let mut world = june();
    let rows = |rows: &[(u64, &str)]| Figures {
        counts: rows
            .iter()
            .map(|(units, place)| figure(*units, account(&format!("RADAR UA {place} S-1"))))
            .collect(),
        ..Figures::default()
    };
    let both = rows(&[(1, "on-hand UA.Depot-1"), (1, "on-hand UA.Depot-2")]);
    assert_eq!(world.import("uadepot", both).unwrap_err().code(), "stock/serial-twice");
    let two = rows(&[(2, "on-hand UA.Depot-1")]);
    assert_eq!(world.import("uadepot", two).unwrap_err().code(), "stock/serial-twice");
    world.import("uadepot", rows(&[(1, "on-hand UA.Depot-1")])).unwrap();
    let second = rows(&[(1, "in-transit:2025-07 -")]);
    assert_eq!(world.import("uadepot", second).unwrap_err().code(), "stock/serial-twice");
    world
        .import("uadepot", rows(&[(0, "on-hand UA.Depot-1"), (1, "quarantined UA.Depot-2")]))
        .unwrap();
    // What is on order has no numbers yet.
    receive(&mut world, 9, "RADAR UA on-order:2025-07").unwrap();
}

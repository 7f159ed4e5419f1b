//! Where two rules refuse, the one that stands first is named.

use super::world::{
    Answered, Receipt, World, account, consumption, draft, earmark, figure, id, issue, move_to,
    quantity, recount, requirement,
};
use super::{asked, june, released, shadows};
use countersign_core::Rejection;
use countersign_core::stock::{AccountKey, Count, Earmark, Figures, Origin};
use countersign_proof::words::Quantity;

/// Each step mends what was refused, so the codes come in the order of the table.
fn in_order(answers: Vec<Answered>) {
    let refused: Vec<&str> =
        answers.iter().map(|answered| answered.as_ref().unwrap_err().code()).collect();
    let codes: Vec<&str> = Rejection::codes().collect();
    let place = |code: &&str| codes.iter().position(|known| known == code).unwrap();
    assert!(refused.is_sorted_by(|a, b| place(a) < place(b)), "{refused:?}");
}

/// A draft with everything wrong, mended from the first rule to the last.
#[test]
fn of_a_draft() {
    let mut world = june();
    let mut asked = shadows(&world);
    asked.holder = id("XX");
    asked.item = id("SPEAR");
    asked.zones = [id("RU.Atlantis")].into();
    asked.depot = Some(id("UA.Depot-9"));
    asked.act = id("divert");
    asked.quantity = quantity(0);
    asked.window = id("2025-05-02T00:00:00Z/2025-06-02T09:00:00Z");
    asked.recipient = Some(id("UA"));
    let mut answers = Vec::new();
    let mends: [fn(&mut countersign_core::requests::Draft); 9] = [
        |asked| asked.holder = id("UA"),
        |asked| asked.item = id("STORM-SHADOW"),
        |asked| asked.zones.clear(),
        |asked| asked.depot = Some(id("US.Depot-1")),
        |asked| asked.act = id("use"),
        |asked| asked.quantity = quantity(4_000),
        |asked| asked.window = id("2025-05-02T00:00:00Z/2025-07-02T09:00:00Z"),
        |asked| asked.zones = [id("RU.Kursk")].into(),
        |asked| asked.recipient = None,
    ];
    for mend in mends {
        answers.push(world.submit("genstaff", asked.clone()));
        mend(&mut asked);
    }
    answers.push(world.submit("genstaff", asked.clone()));
    asked.depot = None;
    answers.push(world.submit("genstaff", asked));
    in_order(answers);
}

/// An approval on a request that has moved on in every way.
#[test]
fn of_a_decision() {
    let mut world = asked();
    let kind = World::kind("approve");
    let mut decisions = Vec::new();
    for _ in 0..4 {
        decisions.push(world.decision("secdef", "US.SecDef", 1, kind, "-").unwrap());
    }
    let mut world_closed = world.clone();
    let request = world.request(1).id;
    let withdraw = countersign_core::requests::Command::WithdrawRequest { request };
    world_closed.run(Some("genstaff"), withdraw).unwrap();
    for decision in &mut decisions {
        decision.policy = id("v1");
        decision.terms.quantity = quantity(1);
    }
    let recuse = countersign_core::requests::Command::Recuse { request, reason: String::new() };
    world.run(Some("secdef"), recuse).unwrap();
    let mut stale = world.clone();
    let (draft, justification) = (shadows(&stale), String::new());
    let revision = stale.request(1).revision;
    let revise = countersign_core::requests::Command::ReviseRequest {
        request,
        revision,
        draft,
        justification,
    };
    stale.run(Some("genstaff"), revise).unwrap();
    let send = |world: &mut World, decision: &countersign_proof::statement::Decision| {
        let statement = world.sign("secdef", decision);
        world.send(statement)
    };
    let mut answers = vec![
        send(&mut world_closed, &decisions[0]),
        send(&mut stale, &decisions[0]),
        send(&mut world, &decisions[0]),
    ];
    decisions[1].terms.quantity = quantity(4);
    answers.push(send(&mut world, &decisions[1]));
    decisions[2].terms.quantity = quantity(4);
    decisions[2].policy = id("v4");
    answers.push(send(&mut world, &decisions[2]));
    in_order(answers);
}

/// Key before office before request: who is nobody learns nothing of the request.
#[test]
fn of_a_signature() {
    let mut world = released();
    let mut answers = vec![world.approve("secdef/9", "US.SACEUR", 2)];
    world.revoke("mod1", "registrar").unwrap();
    answers.push(world.approve("mod1", "US.SACEUR", 2));
    answers.push(world.approve("secdef", "US.SACEUR", 2));
    answers.push(world.approve("mod2", "US.USDP", 2));
    answers.push(world.approve("saceur", "US.SACEUR", 2));
    in_order(answers);
}

/// A hold is named before the stock, whether anybody consents or not.
#[test]
fn of_a_release() {
    let mut world = june();
    let window = world.days(5).to_string();
    world.submit("genstaff", draft("use", 20, "ATACMS", "RU.Kursk", &window)).unwrap();
    world.submit("genstaff", draft("use", 15, "ATACMS", "UA", &window)).unwrap();
    world.hold("item:ATACMS", "US.DepSecDef", &["depsecdef"]).unwrap();
    let answers = vec![world.submit("genstaff", draft("use", 15, "ATACMS", "UA", &window)), {
        world.lift("HOLD-1", "US.DepSecDef", &["depsecdef"]).unwrap();
        world.submit("genstaff", draft("use", 15, "ATACMS", "UA", &window))
    }];
    in_order(answers);
    world.hold("item:ATACMS", "US.DepSecDef", &["depsecdef"]).unwrap();
    let answers = vec![world.approve("secdef", "US.SecDef", 1), {
        world.lift("HOLD-2", "US.DepSecDef", &["depsecdef"]).unwrap();
        world.approve("secdef", "US.SecDef", 1)
    }];
    in_order(answers);
}

/// A receipt with everything wrong, mended from the first rule to the last.
#[test]
fn of_a_receipt() {
    let mut world = june();
    let promise = earmark("EM-1", ["RADAR", "UA", "GB"], "contract", &[("2025-07", 2)]);
    world.earmarked(vec![promise]).unwrap();
    keep(&mut world, Receipt::default().of(1, account("RADAR UA on-hand - S-1"))).unwrap();
    keep(&mut world, Receipt::default().of(1, account("RADAR UA on-order:2025-08"))).unwrap();
    let slot = |name, month| Some((id(name), id(month)));
    let (late, now) = (Some(id("2025-06-01")), Some(id("2025-09-01")));
    let (none, due) = (Some(id("2025-07")), Some(id("2025-08")));
    let most = Quantity::MAX.units();
    let tries: [(u64, &str, _, _, _); 13] = [
        (0, "SPEAR XX on-hand US.Depot-9", late, None, slot("EM-9", "2025-06")),
        (0, "RADAR XX on-hand US.Depot-9", late, None, slot("EM-9", "2025-06")),
        (0, "RADAR UA on-hand US.Depot-9", late, None, slot("EM-9", "2025-06")),
        (0, "RADAR UA on-hand US.Depot-1", late, None, slot("EM-9", "2025-06")),
        (0, "RADAR UA on-hand UA.Depot-1", late, None, slot("EM-9", "2025-06")),
        (0, "ATACMS UA on-hand UA.Depot-1", late, None, slot("EM-1", "2025-06")),
        (0, "RADAR UA on-hand UA.Depot-1", late, None, slot("EM-1", "2025-06")),
        (most, "RADAR UA on-hand UA.Depot-1", late, None, slot("EM-1", "2025-06")),
        (1, "RADAR UA on-hand UA.Depot-1", late, none, slot("EM-1", "2025-06")),
        (1, "RADAR UA on-hand UA.Depot-1 S-1", late, none, slot("EM-1", "2025-06")),
        (1, "RADAR UA on-hand UA.Depot-1 S-1", now, none, slot("EM-1", "2025-06")),
        (1, "RADAR UA on-hand UA.Depot-1 S-2", now, none, slot("EM-1", "2025-06")),
        (1, "RADAR UA on-hand UA.Depot-1 S-2", now, due, slot("EM-1", "2025-06")),
    ];
    let answers = tries.map(|(units, into, expires, from_order, earmark)| {
        keep(&mut world, Receipt { expires, from_order, earmark }.of(units, account(into)))
    });
    in_order(answers.into());
    let last = Receipt { expires: now, from_order: due, earmark: slot("EM-1", "2025-07") };
    keep(&mut world, last.of(1, account("RADAR UA on-hand UA.Depot-1 S-2"))).unwrap();
}

/// A file with everything wrong, mended from the first rule to the last.
#[test]
fn of_an_import() {
    let mut world = june();
    let promise = earmark("EM-1", ["FLAMINGO", "UA", "GB"], "stock", &[("2025-07", 2)]);
    world.earmarked(vec![promise.clone()]).unwrap();
    keep(&mut world, Receipt::default().of(1, account("RADAR UA on-hand - S-1"))).unwrap();
    let radar = |units, text: &str| figure(units, account(text));
    let wrong = figure(1, account("RADAR UA on-hand US.Depot-1"));
    let mut own = earmark("EM-1", ["FLAMINGO", "UA", "UA"], "stock", &[("2025-07", 1)]);
    own.slots.get_mut(&id("2025-07")).unwrap().quantity = 0;
    let mut figures = Figures {
        counts: vec![wrong.clone(), wrong],
        earmarks: vec![own.clone(), own],
        requirements: vec![requirement(1, ("RADAR", "XX"), "plans", "2025-06-02", None)],
        consumption: vec![consumption(1, ("SPEAR", "UA"), "2025-06", true)],
    };
    figures.requirements[0].until = Some(id("2025-06-02"));
    figures.counts[0].expires = Some(id("2025-05-31"));
    let mends: [fn(&mut Figures); 13] = [
        |f| f.consumption.clear(),
        |f| f.requirements[0].party = id("UA"),
        |f| {
            let units = Quantity::MAX;
            let there = AccountKey { place: None, ..f.counts[0].account.clone() };
            f.counts[0] = Count { account: there, units, ..f.counts[0].clone() };
            f.counts[1] = f.counts[0].clone();
        },
        |f| f.counts.truncate(1),
        |f| f.earmarks.truncate(1),
        |f| {
            f.earmarks[0].slots =
                [(id("2025-07"), Earmark::slot(Origin::Stock, quantity(1)))].into()
        },
        |f| f.counts[0].units = quantity(1),
        |f| f.earmarks[0].recipient = id("US"),
        |f| f.requirements.clear(),
        |f| f.counts[0].account.lot = Some(id("S-1")),
        |f| {
            f.counts[0].expires = None;
            f.counts[0].account.lot = None;
        },
        |f| {
            f.counts[0].account = account("RADAR UA quarantined - S-1");
            f.counts[0].expected = Some(1);
        },
        |f| f.counts[0].expected = None,
    ];
    let mut answers = Vec::new();
    for mend in mends {
        answers.push(world.import("uadepot", figures.clone()));
        mend(&mut figures);
    }
    answers.push(world.import("uadepot", figures.clone()));
    figures.counts.push(radar(0, "RADAR UA on-hand - S-1"));
    answers.push(world.import("uadepot", figures.clone()));
    in_order(answers);
    figures.earmarks = vec![promise];
    world.import("uadepot", figures).unwrap();
}

/// A move, an issue and a count, each with everything wrong, mended one rule after the other.
#[test]
fn of_what_moves() {
    let mut world = june();
    let order = "FLAMINGO UA on-order:2025-07";
    keep(&mut world, Receipt::default().of(5, account(order))).unwrap();
    let moves = [
        (0, "SPEAR XX", "SPEAR XX"),
        (0, "FLAMINGO XX", "FLAMINGO XX"),
        (0, order, "FLAMINGO UA on-hand UA.Depot-9"),
        (0, order, "FLAMINGO UA on-hand US.Depot-1"),
        (0, order, order),
        (9, order, order),
        (9, order, "FLAMINGO UA"),
        (9, order, "FLAMINGO UA on-order:2025-08"),
    ];
    let moves = moves
        .map(|(units, from, to)| keep(&mut world, move_to(units, account(from), &account(to))));
    in_order(moves.into());
    keep(&mut world, move_to(5, account(order), &account("FLAMINGO UA on-order:2025-08"))).unwrap();
    let issues = [
        (0, "SPEAR XX on-hand UA.Depot-9", "lost"),
        (0, "ATACMS XX on-hand UA.Depot-9", "lost"),
        (0, "ATACMS UA on-hand UA.Depot-9", "lost"),
        (0, "ATACMS UA on-hand US.Depot-1", "lost"),
        (0, "ATACMS UA on-hand UA.Depot-1", "lost"),
        (9, "ATACMS UA on-hand UA.Depot-1", "lost"),
        (9, "ATACMS UA on-hand UA.Depot-1", "test"),
        (9, "ATACMS UA on-hand UA.Depot-1", "disposal"),
    ];
    let issues =
        issues.map(|(units, from, why)| keep(&mut world, issue(units, &account(from), why)));
    in_order(issues.into());
    keep(&mut world, issue(9, &account("ATACMS UA"), "disposal")).unwrap();
    let most = Quantity::MAX.units();
    let counts = [
        (most, "SPEAR XX", "test"),
        (most, "RADAR XX", "test"),
        (most, "RADAR UA on-hand UA.Depot-9", "test"),
        (most, "RADAR UA on-hand US.Depot-1", "test"),
        (most, "RADAR UA", "test"),
        (most, "FLAMINGO UA on-hand UA.Depot-1", "found"),
        (2, "RADAR UA", "found"),
        (2, "RADAR UA on-hand - S-1", "found"),
    ];
    let counts = counts.map(|(units, what, why)| {
        let expected = Some(1).filter(|_| what.starts_with("RADAR"));
        keep(&mut world, recount(units, account(what), expected, why))
    });
    in_order(counts.into());
    let two = recount(2, account("RADAR UA on-hand - S-1"), Some(0), "found");
    assert_eq!(keep(&mut world, two).unwrap_err().code(), "stock/serial-twice");
    let one = recount(1, account("RADAR UA on-hand - S-1"), Some(0), "found");
    keep(&mut world, one).unwrap();
}

fn keep(world: &mut World, command: countersign_core::stock::Command) -> Answered {
    world.run(Some("uadepot"), command)
}

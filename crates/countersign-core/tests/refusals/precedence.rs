//! Where two rules refuse, the one that stands first is named.

use super::world::{Answered, World, draft, id, quantity};
use super::{asked, june, released, shadows};
use countersign_core::Rejection;

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

//! Impact and reports on a ledger that is played.

use super::policy::offices;
use super::world::{World, draft, earmark, id, quantity};
use countersign_core::dependence::impact::{Asked, Change, Comparing, Fate, Impact, impact};
use countersign_core::dependence::report::{HolderReport, Terms, report};
use countersign_core::dependence::{History, holdings};
use countersign_core::policy::{
    ItemQuestion, Preconditions, Question, Replay, Subject, Totals, Verdict,
};
use countersign_core::record::{self, Answer};
use countersign_core::requests::Command;
use countersign_core::{State, stock};
use countersign_proof::words::{Act, Quantity, ReleaseId};
use std::collections::BTreeSet;

const YEAR: &str = "2025-03-03T08:00:00Z/2026-03-03T08:00:00Z";

/// What policy saw, from the record alone.
fn history(world: &World) -> History {
    let (mut history, mut state) = (History::default(), State::default());
    for body in &world.bodies {
        let recorded = record::read(body).unwrap();
        if let Answer::Accepted(events) = &recorded.result {
            history.note(&state, recorded.at, events);
        }
        record::replay(&mut state, &recorded);
    }
    assert_eq!(record::snapshot(&state).unwrap(), record::snapshot(&world.state).unwrap());
    history
}

fn compared(world: &World, from: Option<&str>, to: &str) -> Impact {
    let before = record::snapshot(&world.state).unwrap();
    let comparing = Comparing {
        from: from.map(|name| {
            let version = world.version(name);
            (&version.bundle.version, version.compiled().unwrap())
        }),
        to: (&world.version(to).bundle.version, world.version(to).compiled().unwrap()),
        since: None,
        quantity: quantity(1),
    };
    let found = impact(&world.state, &history(world), &comparing).unwrap();
    assert_eq!(before, record::snapshot(&world.state).unwrap(), "it changed something");
    found
}

fn sets(all: &[&[&str]]) -> BTreeSet<BTreeSet<countersign_proof::words::OfficeId>> {
    all.iter().map(|set| offices(set)).collect()
}

fn of(world: &World, terms: &Terms<'_>, holder: &str) -> HolderReport {
    let terms = Terms { holder: Some(id(holder)), ..terms.clone() };
    report(&world.state, &terms).holders.pop().unwrap()
}

#[test]
fn a_past_request_is_judged_by_the_totals_of_then() {
    let mut world = World::with(&[("v3", "2024-11-17T00:00:00Z"), ("few", "2030-01-01T00:00:00Z")]);
    world.receive(20, "ATACMS", "UA", None).unwrap();
    world.submit("genstaff", draft("use", 4, "ATACMS", "RU.Kursk", YEAR)).unwrap();
    world.submit("genstaff", draft("use", 5, "ATACMS", "RU.Kursk", YEAR)).unwrap();
    for release in [1, 2] {
        let release = ReleaseId(release);
        world.run(Some("genstaff"), Command::SurrenderRelease { release }).unwrap();
    }
    // Nothing is out any more; but when the second was asked for, four units were.
    assert_eq!(world.state.requests.totals(&id("UA"), &id("ATACMS")), Totals::default());
    let found = compared(&world, None, "few");
    let after: Vec<&Verdict> = found.requests.iter().map(|one| one.after.verdict()).collect();
    let secretary = Verdict::Needs(sets(&[&["US.SecDef"]]));
    assert_eq!(after, [&Verdict::Standing, &secretary]);
    assert_eq!(found.requests[1].change, Change::Locked);
    assert_eq!(found.releases[1].fate, Fate::Ended);
    assert_eq!(found.releases[1].after.verdict(), &secretary);
    // With the totals of now it would have been free.
    let comparing = Comparing {
        from: None,
        to: (&world.version("few").bundle.version, world.version("few").compiled().unwrap()),
        since: None,
        quantity: quantity(1),
    };
    let blind = impact(&world.state, &History::default(), &comparing).unwrap();
    assert_eq!(blind.requests[1].after.verdict(), &Verdict::Standing);
}

#[test]
fn what_is_missing_counts_the_signatures_at_hand() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(10, "STORM-SHADOW", "UA", None).unwrap();
    world.submit("genstaff", draft("use", 2, "STORM-SHADOW", "RU.Kursk", YEAR)).unwrap();
    let missing = |world: &World| {
        let found = compared(world, None, "v5");
        let request = &found.requests[0];
        (request.before.missing.clone(), request.after.missing.clone(), request.change)
    };
    // The ministry decides by two; a signature of one of them leaves it missing.
    let all = (sets(&[&["GB.MoD", "US.SecDef"]]), sets(&[&["GB.MoD", "US.SACEUR"]]));
    assert_eq!(missing(&world), (all.0.clone(), all.1.clone(), Change::OtherSigners));
    world.approve("mod1", "GB.MoD", 1).unwrap();
    assert_eq!(missing(&world), (all.0, all.1, Change::OtherSigners));
    world.approve("mod2", "GB.MoD", 1).unwrap();
    let left = (sets(&[&["US.SecDef"]]), sets(&[&["US.SACEUR"]]), Change::OtherSigners);
    assert_eq!(missing(&world), left);
    world.approve("secdef", "US.SecDef", 1).unwrap();
    let found = compared(&world, None, "v5");
    assert!(found.requests[0].before.satisfied && !found.requests[0].after.satisfied);
    assert_eq!(found.releases[0].left, 2);
    assert_eq!(found.releases[0].fate, Fate::Waits);
    assert_eq!(found.releases[0].after.missing, sets(&[&["US.SACEUR"]]));
}

/// The same as the whole comparison, question by question and set by set.
#[test]
fn impact_is_what_every_question_alone_gives() {
    let mut world = World::new();
    world.receive(30, "ATACMS", "UA", None).unwrap();
    world.receive(10, "STORM-SHADOW", "UA", None).unwrap();
    world.receive(8, "FLAMINGO", "UA", None).unwrap();
    for (item, zones) in [
        ("ATACMS", "RU.Kursk"),
        ("ATACMS", "UA,RU.Border"),
        ("STORM-SHADOW", "RU.Border.Kharkiv"),
        ("FLAMINGO", "RU.Kursk,UA"),
    ] {
        world.submit("genstaff", draft("use", 2, item, zones, YEAR)).unwrap();
    }
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.submit("genstaff", draft("use", 3, "ATACMS", "RU,RU.Kursk", YEAR)).unwrap();
    let history = history(&world);
    let found = compared(&world, Some("v3"), "v4");
    assert_eq!(found.requests.len(), 5);
    for one in &found.requests {
        let request = world.state.requests.request(one.id).unwrap();
        let seen = history.request(one.id).unwrap();
        let open = request.state.is_open();
        let item = world.state.stock.item(&request.draft.item).unwrap();
        let asked = Asked {
            draft: &request.draft,
            item,
            totals: if open {
                world.state.requests.totals(&request.draft.holder, &item.id)
            } else {
                seen.totals
            },
            at: if open { world.state.ledger.clock } else { seen.at },
            key_only: false,
            exercise: true,
        };
        for (name, judged) in [("v3", &one.before), ("v4", &one.after)] {
            let compiled = world.version(name).compiled().unwrap();
            let alone = asked.put_to(&mut Replay::of(compiled)).unwrap();
            assert_eq!(judged.said.as_ref().unwrap(), &alone, "{name} {one:?}");
            let zones: Vec<_> = request.draft.zones.iter().collect();
            for zone in zones {
                let one_zone = Question {
                    act: Act::Use,
                    subject: Subject::Item(ItemQuestion {
                        holder: &request.draft.holder,
                        item,
                        zone: Some(zone),
                        quantity: request.draft.quantity,
                        recipient: None,
                        requested: Act::Use,
                        totals: asked.totals,
                        preconditions: Preconditions::default(),
                    }),
                    now: asked.at,
                    key_only: false,
                    exercise: true,
                };
                let slow = compiled.verdict_enumerated(&one_zone).unwrap();
                let joint = judged.verdict();
                let harder = match (&slow, joint) {
                    (Verdict::Prohibited, joint) => *joint == Verdict::Prohibited,
                    (_, Verdict::Prohibited) | (Verdict::Standing, _) => true,
                    (Verdict::Needs(_), Verdict::Standing) => false,
                    (Verdict::Needs(one), Verdict::Needs(all)) => {
                        all.iter().all(|set| one.iter().any(|less| less.is_subset(set)))
                    }
                };
                assert!(harder, "{zone}: {slow:?} {joint:?}");
            }
        }
    }
    for holding in &found.holdings {
        let item = world.state.stock.item(&holding.item).unwrap();
        for zone in &holding.zones {
            for (name, said) in [("v3", &zone.before), ("v4", &zone.after)] {
                for one in &zone.zones {
                    let question = Question {
                        act: Act::Use,
                        subject: Subject::Item(ItemQuestion {
                            holder: &holding.holder,
                            item,
                            zone: Some(one),
                            quantity: Quantity::new(1).unwrap(),
                            recipient: None,
                            requested: Act::Use,
                            totals: world.state.requests.totals(&holding.holder, &item.id),
                            preconditions: Preconditions::default(),
                        }),
                        now: world.state.ledger.clock,
                        key_only: false,
                        exercise: true,
                    };
                    let compiled = world.version(name).compiled().unwrap();
                    let slow = compiled.verdict_enumerated(&question);
                    assert_eq!(&slow, said, "{name} {one} {holding:?}");
                }
            }
        }
    }
    let atacms = found.holdings.iter().find(|one| one.item == id("ATACMS")).unwrap();
    assert_eq!(atacms.locked(), (30, 30), "all of Russia was prohibited before");
    let kursk = BTreeSet::from(["RU.Border", "RU.Border.Kharkiv", "RU.Kursk"].map(id));
    assert_eq!(atacms.newly_locked(), kursk);
    assert_eq!(found.offices.get(&id("US.SecDef")), Some(&(0, 40)));
}

#[test]
fn what_is_there_and_what_is_to_come_are_kept_apart() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    world.receive(20, "ATACMS", "UA", None).unwrap();
    world.receive(100, "ATACMS", "US", None).unwrap();
    world
        .earmarked(vec![earmark("EM-1", ["ATACMS", "US", "UA"], "contract", &[("2025-09", 50)])])
        .unwrap();
    let held = |world: &World| holdings(&world.state)[&id("UA")][&id("ATACMS")];
    let before = held(&world);
    assert_eq!((before.held, before.earmarked, before.to_come), (20, 50, 50));
    world.submit("genstaff", draft("deliver", 10, "ATACMS", "", YEAR)).unwrap();
    world.approve("secdef", "US.SecDef", 1).unwrap();
    let after = held(&world);
    assert_eq!((after.held, after.earmarked, after.authorised), (20, 40, 50));
    assert_eq!((after.to_come, after.units()), (50, 70));
    // More than the earmarks promise: what releases hand over beyond them is still to come too.
    world.submit("genstaff", draft("deliver", 45, "ATACMS", "", YEAR)).unwrap();
    world.approve("secdef", "US.SecDef", 2).unwrap();
    assert_eq!(held(&world).to_come, 55);

    let v4 = world.version("v4").compiled().unwrap();
    let terms = Terms::all(v4, world.state.ledger.clock);
    let ua = of(&world, &terms, "UA");
    assert_eq!((ua.split.one, ua.split.units()), (75, 75));
    assert_eq!(ua.by_sets, [(offices(&["US.SecDef"]), 75)].into());
    assert_eq!(ua.vetoes, [(id("US.SecDef"), 75)].into());
}

#[test]
fn a_withheld_input_makes_unusable_whatever_needs_it_in_turn() {
    let mut world = World::new();
    world.awake_until(id("2025-06-02T09:00:00Z"));
    for (item, units) in [("ATACMS", 20), ("STORM-SHADOW", 10), ("FLAMINGO", 7)] {
        world.receive(units, item, "UA", None).unwrap();
    }
    let v4 = world.version("v4").compiled().unwrap();
    let all = Terms::all(v4, world.state.ledger.clock);
    let left = |terms: &Terms<'_>| {
        let report = of(&world, terms, "UA");
        let left = |item: &str| {
            let found = report.items.iter().find(|one| one.item == id(item)).unwrap();
            found.remainder.as_ref().unwrap().held
        };
        (left("ATACMS"), left("STORM-SHADOW"), left("FLAMINGO"), report.left.unwrap().free)
    };
    let withheld = |input: &str| Terms { withheld: [id(input)].into(), ..all.clone() };
    let refusing = |office: &str| Terms { refusing: [id(office)].into(), ..all.clone() };
    // ATACMS needs the components, which need the targeting data in turn.
    assert_eq!(left(&withheld("us-targeting-data")), (0, 0, 7, 7));
    assert_eq!(left(&withheld("us-components")), (0, 10, 7, 7));
    assert_eq!(left(&refusing("GB.MoD")), (20, 0, 7, 7));
    assert_eq!(left(&refusing("US.SecDef")), (0, 0, 7, 7));
    assert_eq!(left(&refusing("PR.Board")), (20, 10, 7, 7));
}

#[test]
fn where_policy_gives_no_answer_nothing_is_free() {
    let mut world = World::new();
    let into = super::world::account("PROTOTYPE UA on-hand -");
    let command = stock::Command::receive(
        into,
        quantity(5),
        "exercise",
        countersign_proof::words::Standing::Assumed,
    );
    world.run(Some("uadepot"), command).unwrap();
    let v4 = world.version("v4").compiled().unwrap();
    let ua = of(&world, &Terms::all(v4, world.state.ledger.clock), "UA");
    let found = ua.items.iter().find(|one| one.item == id("PROTOTYPE")).unwrap();
    assert!(found.answer.everywhere.said.is_err(), "{found:?}");
    assert_eq!((ua.split.free, ua.split.prohibited), (0, 5));
}

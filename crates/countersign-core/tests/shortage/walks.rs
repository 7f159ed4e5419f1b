//! Random walks through a shortage: receipts, counts, deliveries, classes set by hand, orders with
//! good, stale and forged plans, with and without notice, holds, debts. After every step the
//! invariants are looked at, and the promises are held against a book of our own; at the end the
//! record gives the same state again.

use super::random::Random;
use super::world::{World, draft, figures, id, quantity, short};
use countersign_core::rerouting::{Command as Reroute, Plan};
use countersign_core::stock::{Command as Stock, Event as Stocked};
use countersign_core::{Event, State, record, requests};
use countersign_proof::words::{DebtId, EarmarkId, ReleaseId};
use std::collections::BTreeMap;

const WALKS: u64 = 60;
const STEPS: u64 = 120;

/// What was promised, handed out and diverted, by the events alone.
#[derive(Default)]
struct Promises {
    promised: BTreeMap<EarmarkId, u64>,
    diverted: BTreeMap<EarmarkId, u64>,
    delivered: u64,
    /// How often each kind of event came, and each refusal.
    seen: BTreeMap<String, u64>,
}

impl Promises {
    fn take(&mut self, world: &World, from: usize) {
        for (_, _, answered) in &world.log[from..] {
            match answered {
                Ok(events) => events.iter().for_each(|event| self.event(event)),
                Err(rejection) => *self.seen.entry(rejection.code().to_owned()).or_default() += 1,
            }
        }
    }

    fn event(&mut self, event: &Event) {
        *self.seen.entry(record::event_kind(event).to_owned()).or_default() += 1;
        match event {
            Event::Stock(Stocked::FiguresImported { earmarks, .. }) => {
                for earmark in earmarks {
                    let units = earmark.slots.values().map(|slot| slot.quantity).sum();
                    self.promised.insert(earmark.id.clone(), units);
                }
            }
            Event::Stock(Stocked::SlotDiverted { earmark, kept, to_be_made, .. }) => {
                *self.diverted.entry(earmark.clone()).or_default() += kept + to_be_made;
            }
            Event::Stock(Stocked::SlotRestored { earmark, units, .. }) => {
                *self.promised.get_mut(earmark).unwrap() += units;
            }
            Event::Stock(Stocked::SlotsDelivered { units, .. }) => self.delivered += units,
            _ => {}
        }
    }

    /// Every promise is open, drawn on, handed out or diverted, and nothing is so twice.
    fn agree(&self, state: &State) {
        let mut delivered = 0;
        for earmark in state.stock.earmarks() {
            let slots = || earmark.slots.values();
            let here: u64 = slots().map(|slot| slot.open() + slot.committed + slot.delivered).sum();
            let gone = self.diverted.get(&earmark.id).copied().unwrap_or(0);
            assert_eq!(here + gone, self.promised[&earmark.id], "{}", earmark.id);
            delivered += slots().map(|slot| slot.delivered).sum::<u64>();
        }
        assert_eq!(delivered, self.delivered);
    }
}

struct Walk {
    world: World,
    plans: Vec<Plan>,
}

impl Walk {
    fn step(&mut self, random: &mut Random) {
        match random.below(20) {
            0..=2 => self.wait(random),
            3 | 4 => {
                let units = random.between(1, 60);
                let _ = self.world.receive(units, "PATRIOT", "US", None);
            }
            5 => self.count(random),
            6 | 7 => self.deliver(random),
            8 => self.hand_out(random),
            9 => {
                let class =
                    random.weighted(&[(3, "green"), (3, "yellow"), (4, "red"), (1, "blue")]);
                let until = self.world.at.plus_days(random.below(40)).to_string();
                let by = random.weighted(&[
                    (5, ("secdef", "US.SecDef")),
                    (1, ("depsecdef", "US.DepSecDef")),
                    (1, ("depsecdef", "US.SecDef")),
                ]);
                let _ = self.world.set_class(by, "PATRIOT", class, &until);
            }
            10 => drop(self.world.unset_class(("secdef", "US.SecDef"), "PATRIOT")),
            11 => {
                let scope = random.weighted(&[
                    (2, "item:PATRIOT"),
                    (2, "act:divert"),
                    (1, "holder:UA"),
                    (1, "item:ATACMS"),
                ]);
                let _ = self.world.hold(scope, "US.DepSecDef", &["depsecdef"]);
            }
            12 | 13 => {
                let number = random.between(1, 4);
                let _ = self.world.lift(&format!("HOLD-{number}"), "PR.Board", &["board"]);
            }
            14 | 15 => self.repay(random),
            _ => self.divert(random),
        }
    }

    fn wait(&mut self, random: &mut Random) {
        let days = random.weighted(&[(6, 1), (5, 9), (3, 31), (1, 100)]);
        let at = self.world.at.plus_days(days).plus_minutes(random.below(600));
        if random.percent(70) { self.world.awake_until(at) } else { self.world.at = at }
    }

    fn count(&mut self, random: &mut Random) {
        let account = figures().counts[0].account.clone();
        let there = self.world.state.stock.balance(&account).on_hand;
        let units = (there + random.below(30)).saturating_sub(random.below(80));
        let command = Stock::CountStock {
            account,
            units: quantity(units),
            expected: random.percent(50).then_some(there),
            reason: id("count"),
            source: "exercise".to_owned(),
            standing: id("assumed"),
        };
        let _ = self.world.run(Some("usdepot"), command);
    }

    fn deliver(&mut self, random: &mut Random) {
        let window = self.world.days(random.between(2, 50)).to_string();
        let asked = draft("deliver", random.between(1, 80), "PATRIOT", "", &window);
        let _ = self.world.submit("genstaff", asked);
        let open = self.world.state.requests.open().last().map(|request| request.id.0);
        if let Some(number) = open {
            let _ = self.world.approve("secdef", "US.SecDef", number);
        }
    }

    fn hand_out(&mut self, random: &mut Random) {
        let live: Vec<ReleaseId> = self.world.state.requests.live().map(|r| r.id).collect();
        let Some(release) = random.pick(&live).copied() else { return };
        let left = self.world.state.requests.release(release).unwrap().left().units();
        let command = requests::Command::ReportUse {
            release,
            quantity: quantity(random.between(1, left.max(1) + 2)),
            used_at: self.world.at,
            zone: None,
            note: String::new(),
        };
        let _ = self.world.run(Some("usdepot"), command);
    }

    fn repay(&mut self, random: &mut Random) {
        let debts = u64::try_from(self.world.state.rerouting.debts().len()).unwrap();
        let debt = DebtId(random.between(1, debts + 1));
        let command = Reroute::RepayDebt { debt, quantity: quantity(random.below(40)) };
        let _ = self.world.run(Some("usdepot"), command);
    }

    /// An order: mostly of the best plan of the moment, sometimes of an older or a forged one.
    fn divert(&mut self, random: &mut Random) {
        self.world.catch_up();
        let fresh = self.world.planned(u16::try_from(random.between(1, 24)).unwrap());
        self.plans.push(fresh.clone());
        let mut plan = match random.below(8) {
            0 => random.pick(&self.plans).unwrap().clone(),
            _ => fresh,
        };
        if random.percent(10)
            && let Some(slot) = plan.slots.first_mut()
        {
            slot.quantity += 1;
        }
        let by = if random.percent(88) {
            ("secdef", "US.SecDef")
        } else {
            ("depsecdef", "US.DepSecDef")
        };
        let mut ordering = self.world.ordering(by.0, by.1, plan);
        ordering.order.notice_days =
            id(&random.weighted(&[(5, 0u64), (2, 3), (2, 20)]).to_string());
        if random.percent(60) {
            ordering.order.replacement = Some(id("2026-12"));
        }
        if countersign_proof::render(&ordering.order).is_ok() {
            let _ = self.world.order(by.0, ordering);
        }
    }
}

#[test]
fn random_walks_keep_every_promise_accounted_for() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..WALKS {
        let mut walk = Walk { world: short("shortage"), plans: Vec::new() };
        let mut promises = Promises::default();
        let mut told = 0;
        for step in 0..STEPS {
            walk.step(&mut Random::new(seed, step));
            promises.take(&walk.world, told);
            told = walk.world.log.len();
            promises.agree(&walk.world.state);
        }
        let mut again = State::default();
        for body in &walk.world.bodies {
            record::replay(&mut again, &record::read(body).unwrap());
        }
        let same =
            record::snapshot(&again).unwrap() == record::snapshot(&walk.world.state).unwrap();
        assert!(same, "seed {seed}: the record gives another state");
        for (what, count) in promises.seen {
            *seen.entry(what).or_default() += count;
        }
    }
    for what in [
        "ClassChanged",
        "ClassOverridden",
        "OverrideLifted",
        "DiversionOrdered",
        "DiversionExecuted",
        "DiversionLapsed",
        "RecipientNotified",
        "DebtIncurred",
        "DebtRepaid",
        "SlotDiverted",
        "SlotRestored",
        "SlotsDelivered",
        "rerouting/plan-stale",
        "rerouting/under-hold",
        "rerouting/more-than-owed",
        "triage/unknown-class",
        "policy/consent-missing",
    ] {
        assert!(seen.contains_key(what), "{what} was never reached: {seen:?}");
    }
}

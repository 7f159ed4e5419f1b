//! Sixty-four clients reserve and divert the same thousand units: every unit is given once.
//!
//! Every unit has its number, so that who was given which is told by name and not by counting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "contention/depot.rs"]
mod depot;
#[path = "../benches/lifecycle/world.rs"]
mod world;

use countersign::opening::open_reader;
use countersign::statements::{self, Signing, Undertaking};
use countersign::verification::verify as verify_log;
use countersign::writer::{Asked, Door, Receipt, Submission, Writer};
use countersign_core::ledger::SigningPlaces;
use countersign_core::ledger::subject_of;
use countersign_core::record::{Answer, snapshot};
use countersign_core::requests::{Command, Draft};
use countersign_core::rerouting::{self, Plan, Terms, Vetoes, plan, problem};
use countersign_core::stock::{self, AccountState};
use countersign_core::{Command as AnyCommand, Event, State, invariants};
use countersign_proof::signature::verify;
use countersign_proof::statement::kinds::DiversionOrder;
use countersign_proof::words::{Act, LotId, ReleaseId, Window};
use depot::{EARMARKS, ONLY_BY_ORDER, UNITS, earmark, item, owner, quantity, word};
use std::collections::{BTreeMap, BTreeSet};
use world::Official;

/// Clients that ask for H, whom most earmarks are for; as many ask for R, whom none is for.
const ASKING: u64 = 24;
/// Clients that order diversions.
const DIVERTING: u64 = 16;
/// More tries than any client needs.
const TRIES: u64 = 20_000;

/// What one client was given, and what it was refused with.
#[derive(Default)]
struct Got {
    units: Vec<LotId>,
    drawn: u64,
    handed_out: u64,
    diverted: u64,
    refused: BTreeMap<String, u64>,
}

/// One client with the numbers of its commands.
struct Client<'a> {
    writer: &'a Writer,
    door: Door,
    number: u64,
    sent: u64,
    official: Official,
    got: Got,
}

impl<'a> Client<'a> {
    fn new(writer: &'a Writer, number: u64) -> Self {
        let official = Official::new("P-A", "A.Head");
        let door = writer.door().unwrap();
        Self { writer, door, number: 100 + number, sent: 0, official, got: Got::default() }
    }

    fn send(&mut self, by: Option<&str>, asked: Asked) -> Receipt {
        self.sent += 1;
        let id = world::id(self.number, self.sent);
        self.door.submit(Submission { id, by: by.map(world::authority), asked }).unwrap()
    }

    /// Sends what nothing stands against.
    fn accepted(&mut self, by: Option<&str>, asked: Asked) -> Receipt {
        let receipt = self.send(by, asked);
        assert!(matches!(receipt.answer, Answer::Accepted(_)), "{receipt:?}");
        receipt
    }

    /// Sends a command that may come too late; its events, or none.
    fn tried(
        &mut self,
        by: Option<&str>,
        command: impl Into<AnyCommand>,
    ) -> Option<(Receipt, Vec<Event>)> {
        let receipt = self.send(by, Asked::Command(Box::new(command.into())));
        match receipt.answer.clone() {
            Answer::Accepted(events) => Some((receipt, events)),
            Answer::Refused { code, .. } => {
                *self.got.refused.entry(code.to_string()).or_default() += 1;
                None
            }
        }
    }

    /// Asks for `holder` as long as the owner has units, for fewer after each refusal.
    fn asks(mut self, holder: &str, staff: &str) -> Got {
        let mut units = 3 + self.number % 17;
        for _ in 0..TRIES {
            if !self.writer.read(has_free) {
                return self.got;
            }
            match self.asks_once(holder, staff, units) {
                Some(release) if self.number.is_multiple_of(2) => self.hands_out(release, units),
                Some(_) => {}
                None => units = (units / 2).max(1),
            }
        }
        panic!("client {} is never done", self.number);
    }

    fn asks_once(&mut self, holder: &str, staff: &str, units: u64) -> Option<ReleaseId> {
        let draft = Draft {
            act: Act::Deliver,
            holder: word(holder),
            item: item(),
            quantity: quantity(units),
            zones: BTreeSet::new(),
            recipient: None,
            depot: None,
            window: Window::new(world::start(), world::start().plus_days(300)).unwrap(),
        };
        let justification = "for this test".to_owned();
        let submit = Command::SubmitRequest { draft, justification, supersedes: None };
        let (submitted, _) = self.tried(Some(staff), submit)?;
        let request = world::request_in(&submitted);
        let nonce = self.accepted(None, self.official.asks(request));
        let (text, signature) = self.official.signs(self.writer, &nonce, request);
        let statement = Official::checked(&text, &signature);
        let (receipt, events) = self.tried(None, Command::DecideRequest { statement })?;
        for event in events {
            if let Event::Stock(stock::Event::UnitsReserved { lines, draws, .. }) = event {
                assert_eq!(lines.iter().map(|line| line.units).sum::<u64>(), units);
                self.got.units.extend(lines.into_iter().map(|line| line.account.lot.unwrap()));
                self.got.drawn += draws.iter().map(|draw| draw.units).sum::<u64>();
            }
        }
        Some(world::release_in(&receipt))
    }

    fn hands_out(&mut self, release: ReleaseId, units: u64) {
        let used_at = self.writer.read(|state| state.ledger.clock);
        let (quantity, note) = (quantity(units), String::new());
        let report = Command::ReportUse { release, quantity, used_at, zone: None, note };
        self.accepted(Some("P-D"), Asked::Command(Box::new(report.into())));
        self.got.handed_out += units;
    }

    /// Orders what is still open of every earmark in turn, with a new plan whenever one is stale;
    /// the nonce of an order that was refused is good for the next.
    fn diverts(mut self, start: u64) -> Got {
        let mut turn = (0..EARMARKS).map(|index| (start + index * 7) % EARMARKS + 1).peekable();
        let mut nonce = self.nonce();
        for _ in 0..TRIES {
            let Some(number) = turn.peek().copied() else { return self.got };
            let Some(command) = self.order(&nonce, number) else {
                turn.next();
                continue;
            };
            if let Some((_, events)) = self.tried(None, command) {
                self.got.diverted += events.iter().map(diverted).sum::<u64>();
                nonce = self.nonce();
            }
        }
        panic!("client {} is never done", self.number);
    }

    fn nonce(&mut self) -> Receipt {
        let (person, subject) = (word("P-A"), subject_of::<DiversionOrder>(None));
        self.accepted(None, Asked::Nonce { person, subject })
    }

    /// An order for one earmark, planned on the state as it is now; none if nothing is open.
    fn order(&self, nonce: &Receipt, number: u64) -> Option<AnyCommand> {
        let nonce = nonce.nonce().unwrap();
        let (made, binding) = self.writer.read(|state| {
            let terms = Terms { months: Some(3), threshold: None };
            let (at, rules) = (state.ledger.clock, state.triage.rules());
            let problem = problem(&state.stock, rules, &item(), &terms, at).unwrap();
            let others = (1..=EARMARKS).filter(|other| *other != number).map(earmark);
            let vetoes = Vetoes { earmarks: others.collect(), ..Vetoes::none() };
            (plan(&problem, &vetoes), state.ledger.binding(nonce).unwrap())
        });
        (!made.slots.is_empty()).then(|| self.signed(made, binding))
    }

    fn signed(
        &self,
        plan: Plan,
        binding: countersign_proof::statement::kinds::Binding,
    ) -> AnyCommand {
        let signing = Signing {
            office: word("A.Head"),
            signer: word("P-A"),
            binding,
            reason: "for this test".to_owned(),
        };
        let order = statements::diversion(&plan, &owner(), &Undertaking::default(), signing);
        let (text, signature) = self.official.key.sign(&order).unwrap();
        let statement =
            verify(text.as_bytes(), &signature, &SigningPlaces::default().rules()).unwrap();
        let (plan, statements) = (Box::new(plan), vec![statement]);
        rerouting::Command::OrderDiversion { plan, statements }.into()
    }
}

fn diverted(event: &Event) -> u64 {
    match event {
        Event::Stock(stock::Event::SlotDiverted { kept, to_be_made, .. }) => kept + to_be_made,
        _ => 0,
    }
}

/// Whether the owner has a unit that no release has reserved.
fn has_free(state: &State) -> bool {
    state.stock.on_hand(&item(), &owner()).any(|(_, balance)| balance.free() > 0)
}

/// All clients at once, until every unit is given.
fn compete(writer: &Writer) -> Vec<Got> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..2 * ASKING + DIVERTING)
            .map(|number| {
                scope.spawn(move || {
                    let client = Client::new(writer, number);
                    match number {
                        _ if number < ASKING => client.asks("H", "P-H"),
                        _ if number < 2 * ASKING => client.asks("R", "P-R"),
                        _ => client.diverts(number * 3),
                    }
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

/// The units that are there, by their numbers, each in one account only.
fn whereabouts(state: &State) -> BTreeMap<LotId, (String, bool)> {
    let mut found = BTreeMap::new();
    for (account, balance) in state.stock.accounts().filter(|(_, balance)| balance.on_hand > 0) {
        assert_eq!((account.state, balance.on_hand), (AccountState::OnHand, 1), "{account}");
        let place = (account.party.to_string(), balance.reserved == 1);
        let before = found.insert(account.lot.clone().unwrap(), place);
        assert_eq!(before, None, "{account}: the unit is in two accounts");
    }
    found
}

#[test]
fn a_thousand_units_are_given_once_to_sixty_four_clients() {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("ledger").display().to_string();
    let writer = depot::found(&location);
    let all = compete(&writer);
    let sum = |of: fn(&Got) -> u64| all.iter().map(of).sum::<u64>();

    // By name: nobody was given a unit that somebody else was given, and every unit was given.
    let units: Vec<&LotId> = all.iter().flat_map(|got| &got.units).collect();
    let distinct: BTreeSet<&LotId> = units.iter().copied().collect();
    assert_eq!((units.len(), distinct.len()), (1_000, 1_000));
    let expected = ["requests/quantity-exceeds-unearmarked-stock", "rerouting/plan-stale"];
    for code in all.iter().flat_map(|got| got.refused.keys()) {
        assert!(expected.contains(&code.as_str()), "refused with {code}");
    }

    // By the books: a unit was drawn from its slot or diverted from it, never both.
    writer.read(|state| {
        let slots = || state.stock.earmarks().flat_map(|earmark| earmark.slots.values());
        let drawn = slots().map(|slot| slot.committed + slot.delivered).sum::<u64>();
        let diverted = slots().map(|slot| slot.diverted).sum::<u64>();
        assert_eq!((drawn, diverted), (sum(|got| got.drawn), sum(|got| got.diverted)));
        assert_eq!(drawn + diverted, UNITS);
        assert!(diverted >= ONLY_BY_ORDER, "{diverted}");
        assert!(slots().all(|slot| slot.open() == 0));
        let there = whereabouts(state);
        let with = |owned: bool| there.values().filter(|(p, _)| (p == "A") == owned).count() as u64;
        assert_eq!((there.len() as u64, with(false)), (UNITS, sum(|got| got.handed_out)));
        let reserved = there.values().filter(|(_, reserved)| *reserved).count() as u64;
        assert_eq!((reserved, with(true)), (UNITS - with(false), reserved));
        invariants::check(state).unwrap();
    });

    // By the record alone.
    let shown = writer.read(|state| snapshot(state).unwrap());
    writer.stop();
    let (_, state, _) = open_reader(&location).unwrap();
    assert!(snapshot(&state).unwrap() == shown, "the record gives another state");
    verify_log(&location, &mut |_, _| {}).unwrap();
}

//! What a movement of stock costs in memory: decided and applied, on the books of 10,000 items.
//!
//! `cargo bench -p countersign-core --bench stock [-- --quick] [-- --json FILE]`. Every figure is
//! printed with its ratio to a floor measured in the same run, or to what is to be reached; nothing
//! here passes or fails by time. The floor changes two balances in a bare map of the same accounts,
//! which is the least that a movement has to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints, measures and stops at the first surprise"
)]

#[path = "report/report.rs"]
mod report;
#[path = "../tests/world/world.rs"]
mod world;

use countersign_core::people::Authority;
use countersign_core::stock::{self, AccountKey, Command, Destination, Figures, Wanted};
use countersign_core::triage::Scope;
use countersign_core::{Command as AnyCommand, Envelope, State, apply, decide};
use countersign_proof::words::{CommandId, Moment, ReleaseId, Standing};
use report::Report;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;
use world::World;

/// Where the units of an item are: state, place, lot.
const SHELVES: [&str; 5] = [
    "on-hand UA.Depot-1",
    "on-hand UA.Depot-2",
    "on-hand UA.Depot-1 LOT-1",
    "on-hand UA.Depot-2 LOT-2",
    "quarantined UA.Depot-1",
];
/// The item with many accounts, and how many.
const MANY: (&str, u64) = ("MANY", 1_000);

fn item(number: u64) -> String {
    format!("ITEM-{number:05}")
}

fn shelf(item: &str, shelf: &str) -> AccountKey {
    world::account(&format!("{item} UA {shelf}"))
}

fn figures(accounts: Vec<AccountKey>, items: &[String]) -> Figures {
    let required = |item: &String| {
        world::requirement(1_000, (item.as_str(), "UA"), "plans", "2025-01-01", None)
    };
    Figures {
        counts: accounts.into_iter().map(|account| world::figure(1_000, account)).collect(),
        requirements: items.iter().map(required).collect(),
        ..Figures::default()
    }
}

/// The books of so many items, five accounts each, and of one with a thousand; each item under a
/// triage rule or none.
fn books(items: u64, ruled: bool) -> State {
    let mut charter = world::charter(&[("shortage", "2025-01-01T00:00:00Z")]);
    let own = charter.items.iter().find(|item| item.id.as_str() == "FLAMINGO").unwrap().clone();
    let names: Vec<String> = (0..items).map(item).chain([MANY.0.to_owned()]).collect();
    let named = |name: &String| stock::Item { id: world::id(name), ..own.clone() };
    charter.items.extend(names.iter().map(named));
    if ruled {
        charter.triage = world::class_rules();
        let items = names.iter().map(|name| world::id(name)).collect();
        charter.triage.rules[0].scope = Scope { items, ..Scope::default() };
        charter.triage.rules[0].declared_by = [world::id("UA.GenStaff")].into();
    }
    let mut world = World::unfounded();
    world.found(charter, &["registrar", "board"]).unwrap();
    let accounts = |name: &String| SHELVES.map(|place| shelf(name, place));
    let mut all: Vec<AccountKey> = names.iter().flat_map(accounts).collect();
    let lots = SHELVES.len() as u64..MANY.1;
    let lot = |lot| shelf(MANY.0, &format!("on-hand UA.Depot-1 LOT-{lot:04}"));
    all.extend(lots.map(lot));
    world.import("uadepot", figures(all, &names)).unwrap();
    world.state
}

fn timed(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// Seconds for each of these commands, decided and applied.
fn carried_out(state: &mut State, commands: impl Iterator<Item = Command>) -> f64 {
    let at = state.ledger.clock;
    let by =
        Authority { person: world::id("uadepot"), key: world::key_of("uadepot").public_key().id() };
    let envelope = |command: Command| Envelope {
        id: CommandId([0; 16]),
        at,
        by: Some(by.clone()),
        command: AnyCommand::from(command),
    };
    let envelopes: Vec<Envelope> = commands.map(envelope).collect();
    let time = timed(|| {
        for envelope in &envelopes {
            let events = decide(state, envelope).unwrap();
            apply(state, at, &events);
        }
    });
    time / envelopes.len() as f64
}

/// Seconds for each reservation of two units, and for each hand-out of them.
fn released(state: &mut State, at: Moment, items: &[String]) -> (f64, f64) {
    let items: Vec<_> = items.iter().map(|name| world::id(name)).collect();
    let (party, to) = (world::id("UA"), world::id("GB"));
    let releases = || (1..).map(ReleaseId).zip(&items);
    let reserving = timed(|| {
        for (release, item) in releases() {
            let wanted = Wanted { fit_on: Some(at.date()), ..Wanted::of(item, &party) };
            let lines = state.stock.pick(&wanted, world::quantity(2)).unwrap();
            let draws = state.stock.draws_for(item, &party, &to, 2);
            apply(state, at, &[stock::Event::UnitsReserved { release, lines, draws }.into()]);
        }
    });
    let handing_out = timed(|| {
        for (release, _) in releases() {
            let lines = state.stock.reserved_lines(release, world::quantity(2));
            let to = Destination::Party { party: Clone::clone(&to), place: None };
            apply(state, at, &[stock::Event::ReservationPosted { release, lines, to }.into()]);
        }
    });
    (reserving / items.len() as f64, handing_out / items.len() as f64)
}

fn receive(into: AccountKey) -> Command {
    Command::receive(into, world::quantity(2), "bench", Standing::Assumed)
}

/// Two balances changed in a bare map of the same accounts.
fn floor(state: &State, items: &[String]) -> f64 {
    let accounts = state.stock.accounts().map(|(key, balance)| (key.clone(), balance.on_hand));
    let mut bare: BTreeMap<AccountKey, u64> = accounts.collect();
    let pair = |name: &String| (shelf(name, SHELVES[0]), shelf(name, SHELVES[1]));
    let pairs: Vec<(AccountKey, AccountKey)> = items.iter().map(pair).collect();
    let time = timed(|| {
        for (from, to) in &pairs {
            *bare.entry(from.clone()).or_default() -= 1;
            *bare.entry(to.clone()).or_default() += 1;
        }
    });
    black_box(bare);
    time / pairs.len() as f64
}

fn movements(state: &mut State, items: &[String], report: &mut Report) {
    let at = state.ledger.clock;
    let bare = floor(state, items);
    let mut dearest = 0f64;
    let what = "floor: two balances changed in a bare map";
    report.add(what, bare * 1e6, "µs", "itself", 1.0);
    let mut add = |what: &str, figure: f64| {
        dearest = dearest.max(figure);
        report.add(what, figure * 1e6, "µs", "floor", figure / bare);
    };
    let first = |name: &String| shelf(name, SHELVES[0]);
    add("receive", carried_out(state, items.iter().map(|name| receive(first(name)))));
    let moves = |name: &String| world::move_to(2, first(name), &shelf(name, SHELVES[1]));
    add("move to another place", carried_out(state, items.iter().map(moves)));
    let to_quarantine =
        |name: &String| world::move_to(1, shelf(name, SHELVES[1]), &shelf(name, SHELVES[4]));
    add("set apart", carried_out(state, items.iter().map(to_quarantine)));
    let issues = |name: &String| world::issue(1, &world::account(&format!("{name} UA")), "test");
    add("issue", carried_out(state, items.iter().map(issues)));
    let (reserving, handing_out) = released(state, at, items);
    add("reserve", reserving);
    add("hand out", handing_out);
    let dearest = dearest * 1e6;
    report.add("the dearest of them", dearest, "µs", "5 µs", dearest / 5.0);
}

/// What judging adds to a receipt.
fn judging(items: u64, rounds: usize, names: &[String], report: &mut Report) {
    let (mut plain, mut ruled) = (books(items, false), books(items, true));
    let mut add = |what: &str, names: &[String], against, target: f64| {
        let commands = || names.iter().map(|name| receive(shelf(name, SHELVES[0])));
        // Judged once before, as every item has been after the first evaluation.
        carried_out(&mut ruled, commands().take(rounds));
        let without = carried_out(&mut plain, commands().take(rounds));
        let with = carried_out(&mut ruled, commands().take(rounds));
        let figure = with - without;
        report.add(what, figure * 1e6, "µs", against, figure * 1e6 / target);
    };
    add("a triage rule adds to a receipt: five accounts", names, "5 µs", 5.0);
    let many = vec![MANY.0.to_owned(); rounds / 10];
    add("a triage rule adds to a receipt: 1,000 accounts", &many, "100 µs", 100.0);
}

fn main() {
    let mut report = Report::from_arguments();
    let (items, rounds) = if report.quick { (1_000, 500) } else { (10_000, 5_000) };
    // Far from one another, as movements are.
    let names: Vec<String> = (0..items).map(|index| item(index * 7_919 % items)).collect();
    movements(&mut books(items, false), &names, &mut report);
    judging(items, rounds, &names, &mut report);
    report.finish();
}

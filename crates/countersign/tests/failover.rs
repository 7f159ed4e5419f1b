//! Twenty failovers of a real database cluster under load: three PostgreSQL servers under Patroni,
//! two nodes that serve, and clients that keep what they were told.
//!
//! Losses are found by identity: every acknowledged request carries a word of its own, and must
//! stand in the record at the very place that its answer named, and nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "nodes/house.rs"]
mod house;
#[path = "stage/stage.rs"]
mod stage;

use countersign_postgres::patroni::{self, Patroni};
use house::{HOLDER, House, Node, entry, run};
use reqwest::StatusCode;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many times the database fails over.
const ROUNDS: usize = 20;
/// How many clients there are, and how long each rests between two requests.
const CLIENTS: usize = 3;
const REST: Duration = Duration::from_millis(60);
/// How long a paused server is left paused once another has taken its place.
const HELD: Duration = Duration::from_secs(6);
/// How long clients may have to wait until they are served again.
const SERVED: Duration = Duration::from_secs(120);
/// How long clients go on after they could be served again.
const AFTER: Duration = Duration::from_secs(1);

/// What befalls the server that is written to.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Its processes are killed; Patroni notices.
    Server,
    /// Everything of its machine is killed.
    Machine,
    /// Everything of its machine hangs, until after another has taken its place.
    Hang,
}

/// Each kind of fault in its turn, or, for closer looks, the one that `COUNTERSIGN_FAULT` names.
fn fault(round: usize) -> Fault {
    match (std::env::var("COUNTERSIGN_FAULT").as_deref(), round % 10) {
        (Ok("machine"), _) | (Err(_), 3) => Fault::Machine,
        (Ok("hang"), _) | (Err(_), 7) => Fault::Hang,
        (Ok("server") | Err(_), _) => Fault::Server,
        (Ok(other), _) => panic!("COUNTERSIGN_FAULT={other}: write server, machine or hang"),
    }
}

/// What a client was told.
#[derive(Clone, Copy, Debug)]
struct Told {
    round: usize,
    at: u64,
    sent: Instant,
    heard: Instant,
}

/// What the clients share.
#[derive(Default)]
struct Load {
    round: Cell<usize>,
    over: Cell<bool>,
    told: RefCell<BTreeMap<String, Told>>,
}

/// Asks again and again, each time until it is acknowledged, by either node.
async fn client(number: usize, nodes: &[(&Node<'_>, &str)], load: &Load) {
    for count in 0.. {
        if load.over.get() {
            return;
        }
        let (key, sent) = (format!("load-{number}-{count}"), Instant::now());
        for (node, token) in nodes.iter().cycle().skip(number) {
            let answer = node.submit(token, &key).timeout(Duration::from_secs(8)).send().await;
            if let Ok(answer) = answer
                && answer.status() == StatusCode::CREATED
            {
                let (at, heard) = (entry(&answer), Instant::now());
                let told = Told { round: load.round.get(), at, sent, heard };
                load.told.borrow_mut().insert(key, told);
                break;
            }
            if load.over.get() {
                return;
            }
            tokio::time::sleep(REST).await;
        }
        tokio::time::sleep(REST).await;
    }
}

/// Lets one fault happen; gives the server that it befell, and the moment.
///
/// # Errors
/// When no server leads, or the others do not follow it.
async fn strike(database: &mut Patroni, fault: Fault) -> std::io::Result<(usize, Instant)> {
    let leader = database.settled()?;
    let struck = Instant::now();
    match fault {
        Fault::Server => database.kill_server(leader),
        Fault::Machine => database.kill(leader),
        Fault::Hang => {
            database.pause(leader);
            while database.leader().is_none() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            tokio::time::sleep(HELD).await;
            database.resume(leader);
        }
    }
    Ok((leader, struck))
}

#[test]
fn twenty_failovers_lose_nothing_that_was_acknowledged_and_double_nothing() {
    let Some(mut database) = patroni::three() else { return };
    let house = House::over(&database.location("main"), database.password());
    house.found();
    let load = Load::default();
    let (mut faults, mut broken) = (Vec::new(), None);
    run(async {
        let (one, other) = house.pair().await;
        let tokens = (one.session(HOLDER).await, other.session(HOLDER).await);
        let nodes = [(&one, &tokens.0[..]), (&other, &tokens.1[..])];
        let clients = (0..CLIENTS).map(|number| client(number, &nodes, &load));
        let clients = futures_util::future::join_all(clients);
        let faults = async {
            for round in 0..ROUNDS {
                let fault = fault(round);
                load.round.set(round);
                let (leader, struck) = match strike(&mut database, fault).await {
                    Ok(struck) => struck,
                    Err(why) => {
                        broken = Some(why.to_string());
                        break;
                    }
                };
                // Whoever asks after the fault is served again.
                while !load.told.borrow().values().any(|told| told.sent > struck) {
                    if struck.elapsed() > SERVED {
                        broken = Some("nobody is served any more".to_owned());
                        load.over.set(true);
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                tokio::time::sleep(AFTER).await;
                if let Fault::Machine = fault {
                    database.run(leader).unwrap();
                }
                faults.push((fault, struck));
            }
            if broken.is_none() {
                broken = database.settled().err().map(|why| why.to_string());
            }
            load.over.set(true);
        };
        tokio::join!(clients, faults);
    });
    report(&house, &load, &faults);
    assert_eq!(broken, None);
    house.run("a", &["log", "verify"]).good();
}

/// Prints what came of each round, and fails where anything is lost or doubled.
fn report(house: &House, load: &Load, faults: &[(Fault, Instant)]) {
    let found = house.saying("load-");
    let told = load.told.borrow();
    println!("round  fault    first acknowledgement  acknowledged  found  lost  doubled");
    let mut bad = 0;
    for (round, (fault, struck)) in faults.iter().enumerate() {
        let of_round = || told.iter().filter(|(_, told)| told.round == round);
        let after = of_round().filter(|(_, told)| told.sent > *struck);
        let first = after.map(|(_, told)| told.heard.duration_since(*struck)).min();
        let places = |key: &String| found.get(key).cloned().unwrap_or_default();
        let lost = of_round().filter(|(key, told)| !places(key).contains(&told.at)).count();
        let doubled = of_round().filter(|(key, _)| places(key).len() > 1).count();
        let acknowledged = of_round().count();
        println!(
            "{:>5}  {:<7}  {:>18} ms  {acknowledged:>12}  {:>5}  {lost:>4}  {doubled:>7}",
            round + 1,
            format!("{fault:?}").to_lowercase(),
            first.map_or(0, |first| first.as_millis()),
            acknowledged - lost,
        );
        bad += lost + doubled;
    }
    assert_eq!(bad, 0, "acknowledged requests were lost or doubled");
    assert!(faults.iter().enumerate().all(|(round, _)| told.values().any(|t| t.round == round)));
}

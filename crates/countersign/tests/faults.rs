//! Faults of the machine around several nodes: a disk of the database that is full, and a network
//! that is cut. Both need the system's administrator; where nobody is, that is said aloud.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "nodes/house.rs"]
mod house;
#[path = "stage/stage.rs"]
mod stage;

use countersign_postgres::cluster::{given_at, given_within};
use house::{HOLDER, House, entry, run};
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

fn is_administrator() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    let is_one = id.stdout.trim_ascii() == b"0";
    assert!(is_one || std::env::var_os("CI").is_none(), "this needs the system's administrator");
    if !is_one {
        eprintln!("\n*** NOTHING WAS TRIED: only the system's administrator can do this ***\n");
    }
    is_one
}

#[test]
fn a_full_disk_of_the_database_refuses_and_loses_nothing() {
    if !is_administrator() {
        return;
    }
    let Some(cluster) = given_within(220) else { return };
    let location = cluster.location("main");
    let house = House::on(cluster, &location);
    let mut told = BTreeMap::new();
    run(async {
        let node = house.start("a");
        node.leads().await;
        let token = node.session(HOLDER).await;
        let filler = house.server().fill().unwrap();
        // What still fits is acknowledged; then one is refused, in words, and nothing after it
        // goes through until there is room.
        let mut refused = None;
        for number in 0..20_000 {
            let key = format!("full-{number}");
            let answer = node.submit(&token, &key).send().await.unwrap();
            match answer.status() {
                StatusCode::CREATED => drop(told.insert(key, entry(&answer))),
                StatusCode::SERVICE_UNAVAILABLE => {
                    let said: Value = answer.json().await.unwrap();
                    refused = Some((key, said["detail"].as_str().unwrap().to_owned()));
                    break;
                }
                other => panic!("{key}: {other}"),
            }
        }
        let (key, said) = refused.expect("a full disk takes no more");
        println!("after {} more requests: {said}", told.len());
        std::fs::remove_file(filler).unwrap();
        // The same again, once there is room: recorded once, whatever became of it before.
        let mut at = None;
        for _ in 0..300 {
            let answer = node.submit(&token, &key).send().await.unwrap();
            if answer.status() == StatusCode::CREATED {
                at = Some(entry(&answer));
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        told.insert(key, at.expect("it goes on once there is room"));
    });
    house.hold(&told, "full-");
}

/// A network namespace with a cable to this machine, until it is dropped.
struct Elsewhere {
    name: String,
    here: Ipv4Addr,
    there: Ipv4Addr,
}

impl Elsewhere {
    fn new() -> Self {
        let id = std::process::id();
        let number = u8::try_from(id % 250).unwrap();
        let name = format!("cs{id}");
        let (here, there) = (Ipv4Addr::new(10, 77, number, 1), Ipv4Addr::new(10, 77, number, 2));
        let this = Self { name, here, there };
        let (name, cable) = (&this.name[..], format!("{}h", this.name));
        ip(&["netns", "add", name]);
        ip(&["link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", name]);
        ip(&["addr", "add", &format!("{here}/24"), "dev", &cable]);
        ip(&["link", "set", &cable, "up"]);
        ip(&["-n", name, "addr", "add", &format!("{there}/24"), "dev", "eth0"]);
        ip(&["-n", name, "link", "set", "eth0", "up"]);
        ip(&["-n", name, "link", "set", "lo", "up"]);
        this
    }

    /// Pulls the cable, or puts it in again.
    fn cable(&self, state: &str) {
        ip(&["link", "set", &format!("{}h", self.name), state]);
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

fn ip(words: &[&str]) {
    let done = Command::new("ip").args(words).output().expect("iproute2 is installed");
    assert!(done.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_writer_that_is_cut_off_is_replaced_and_follows_when_it_is_back() {
    if !is_administrator() {
        return;
    }
    let elsewhere = Elsewhere::new();
    // An address that is up a moment later is waited for by nobody but us.
    house::until("the cable is plugged in", || {
        std::net::TcpListener::bind((elsewhere.here, 0)).is_ok()
    });
    let Some(cluster) = given_at(elsewhere.here) else { return };
    let location = cluster.location_at(elsewhere.here, "main");
    let house = House::on(cluster, &location);
    let mut told = BTreeMap::new();
    run(async {
        let within = ["ip", "netns", "exec", &elsewhere.name];
        let cut_off = house.start_at("a", elsewhere.there, &within);
        cut_off.leads().await;
        let other = house.start_at("b", elsewhere.here, &[]);
        other.follows().await;
        let token = other.session(HOLDER).await;
        let answer = other.submit(&token, "cut-before").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        told.insert("cut-before".to_owned(), entry(&answer));

        elsewhere.cable("down");
        let took = other.leads().await;
        println!("the other node wrote {} ms after the cable was pulled", took.as_millis());
        let answer = other.submit(&token, "cut-meanwhile").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        told.insert("cut-meanwhile".to_owned(), entry(&answer));

        elsewhere.cable("up");
        cut_off.follows().await;
        let theirs = cut_off.session(HOLDER).await;
        let answer = cut_off.submit(&theirs, "cut-after").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        told.insert("cut-after".to_owned(), entry(&answer));
    });
    house.hold(&told, "cut-");
}

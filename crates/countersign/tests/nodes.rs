//! Several nodes of one ledger on a real PostgreSQL server: who writes, who follows, and what
//! becomes of commands when the one that writes is stopped, killed or paused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "stage/certificate.rs"]
mod certificate;
#[path = "nodes/house.rs"]
mod house;
#[path = "stage/stage.rs"]
mod stage;

use countersign_postgres::cluster::DATABASE;
use house::{HOLDER, House, Node, entry, is_kept, position, run};
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[test]
fn a_follower_shows_what_is_recorded_and_hands_on_what_changes_something() {
    let Some(house) = House::new() else { return };
    run(async {
        let (writer, other) = house.pair().await;

        // Through the follower: recorded by the writer, and shown here with the answer.
        let token = other.session(HOLDER).await;
        let answer = other.submit(&token, "asked-1").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let (at, shown) = (entry(&answer), position(&answer));
        assert!(shown > at);
        let made: Value = answer.json().await.unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        let there = other.read(&token, &format!("requests/{id}")).await;
        assert_eq!(there["id"], made["id"]);

        // The same at the node that writes, by a session of its own.
        let here = writer.session(HOLDER).await;
        assert_eq!(writer.read(&here, &format!("requests/{id}")).await["id"], made["id"]);
        // A session of the writer opens a follower too: it is asked there.
        assert_eq!(other.read(&here, "session").await["person"], HOLDER);
        // A token that nobody gave opens neither.
        let stranger = other.ask("GET", "/api/v1/requests").bearer_auth("made-up");
        assert_eq!(stranger.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

        let said = other.read(&token, "node").await;
        assert_eq!((said["standing"].as_str(), &said["behind"]), (Some("follows"), &0.into()));
        assert_eq!(said["writer"], writer.url.as_str());
        assert_eq!(writer.read(&here, "node").await["standing"], "writes");
        let status = house.run("b", &["node", "status", "--json"]).good().json();
        assert_eq!(status["writer"]["at"], writer.url.as_str());
        assert_eq!(status["entries"], status["acknowledged"]);
        assert!(is_kept(&house.path("b").join("head.seen")), "a follower keeps what it showed");

        // Nobody vouches for a session who has not the key of the log.
        let forged = writer.submit("made-up", "forged").header("countersign-voucher", "e30.AAAA");
        let answer = forged.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["code"], "door/voucher");

        // What must be seen first is waited for; what is no number is said to be none.
        let seen = other.ask("GET", "/api/v1/requests").bearer_auth(&token);
        let seen = seen.header("countersign-wait-for", shown.to_string()).send().await.unwrap();
        assert_eq!(seen.status(), StatusCode::OK);
        let wrong = other.ask("GET", "/api/v1/requests").bearer_auth(&token);
        let wrong = wrong.header("countersign-wait-for", "soon");
        assert_eq!(wrong.send().await.unwrap().status(), StatusCode::BAD_REQUEST);

        // Stopped in good order, the lease is given back, and the other one writes at once.
        writer.stop();
        other.leads().await;
        let answer = other.submit(&token, "asked-2").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert!(entry(&answer) > at);
    });
    house.run("b", &["log", "verify"]).good();
}

/// Sends until it is acknowledged; through whichever node answers.
async fn acknowledged(nodes: &[(&Node<'_>, String)], key: &str) -> (u64, Duration) {
    let start = Instant::now();
    loop {
        for (node, token) in nodes {
            let answer = node.submit(token, key).timeout(Duration::from_secs(10)).send().await;
            if let Ok(answer) = answer
                && answer.status() == StatusCode::CREATED
            {
                return (entry(&answer), start.elapsed());
            }
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{key} is never acknowledged");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn whoever_writes_is_killed_again_and_again_and_nothing_acknowledged_is_lost_or_doubled() {
    let Some(house) = House::new() else { return };
    let mut told = BTreeMap::new();
    run(async {
        let (mut writer, mut other) = house.pair().await;
        for round in 0..6 {
            other.follows().await;
            let token = other.session(HOLDER).await;
            let nodes = [(&other, token)];
            for number in 0..3 {
                let key = format!("round-{round}-{number}");
                let (at, _) = acknowledged(&nodes, &key).await;
                told.insert(key, at);
            }
            // One is under way when the writer dies: what became of it is found out by its key.
            let key = format!("round-{round}-dying");
            let (node, token) = &nodes[0];
            let sent = tokio::spawn(node.submit(token, &key).send());
            // Long enough to be on its way; it may be answered or not.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let name = writer.name;
            writer.kill();
            let (at, took) = acknowledged(&nodes, &key).await;
            println!("round {round}: the first acknowledgement after {} ms", took.as_millis());
            if let Ok(Ok(answer)) = sent.await
                && answer.status() == StatusCode::CREATED
            {
                assert_eq!(entry(&answer), at);
            }
            told.insert(key, at);
            // The one that was killed comes back, and follows.
            writer = other;
            other = house.start(name);
        }
    });
    house.hold(&told, "round-");
}

#[test]
fn a_paused_writer_that_comes_back_is_fenced_off_and_follows() {
    let Some(house) = House::new() else { return };
    run(async {
        let (paused, other) = house.pair().await;
        let token = paused.session(HOLDER).await;
        let theirs = other.session(HOLDER).await;

        paused.signal("STOP");
        // A command comes to the paused node: the machine takes it in, and nobody answers.
        let waiting = tokio::spawn(paused.submit(&token, "meanwhile").send());
        let took = other.leads().await;
        println!("the other node wrote {} ms after the pause began", took.as_millis());
        let answer = other.submit(&theirs, "first").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let first = entry(&answer);

        paused.signal("CONT");
        // Either its append is refused by the epoch, or it has found out before and hands it on.
        let answer = waiting.await.unwrap().unwrap();
        let status = answer.status();
        if status != StatusCode::CREATED {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            let told: Value = answer.json().await.unwrap();
            let words = told["detail"].as_str().unwrap().to_owned();
            assert!(words.contains("nothing was recorded"), "{words}");
            assert!(words.contains("another writer") || words.contains("epoch"), "{words}");
        }
        paused.follows().await;
        let again = paused.submit(&token, "meanwhile").send().await.unwrap();
        assert_eq!(again.status(), StatusCode::CREATED);
        let at = entry(&again);
        assert!(at > first);
        // The same key at the node that writes: the same answer, not a second request.
        let repeated = other.submit(&theirs, "meanwhile").send().await.unwrap();
        assert_eq!((repeated.status(), entry(&repeated)), (StatusCode::CREATED, at));
    });
    house.run("a", &["log", "verify"]).good();
}

#[test]
fn a_node_halts_where_the_record_is_not_the_one_that_it_has_shown() {
    let Some(house) = House::new() else { return };
    run(async {
        let (writer, other) = house.pair().await;
        // A copy of the database as a failover would bring it back, without the last request.
        house.alone(&format!("CREATE DATABASE earlier TEMPLATE {DATABASE}"));
        let token = other.session(HOLDER).await;
        let answer = other.submit(&token, "lost").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        writer.kill();
        house.alone(&format!("ALTER DATABASE {DATABASE} RENAME TO later"));
        house.server().sql("postgres", &format!("ALTER DATABASE earlier RENAME TO {DATABASE}"));
        let start = Instant::now();
        loop {
            let told = other.ask("GET", "/api/v1/requests").bearer_auth(&token).send().await;
            if let Ok(told) = told
                && told.status() == StatusCode::SERVICE_UNAVAILABLE
            {
                let told: Value = told.json().await.unwrap();
                if told["code"] == "door/halted" {
                    assert!(told["detail"].as_str().unwrap().contains("head.seen"), "{told}");
                    break;
                }
            }
            assert!(start.elapsed() < Duration::from_secs(60), "it goes on as if nothing were");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(other.status("/health/live").await, StatusCode::OK);
        assert_eq!(other.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    });
}

/// One node after the other is replaced, the one that follows first. `COUNTERSIGN_BEFORE=FILE`
/// names an older program to come from; without it, it is this one that is stopped and started
/// anew.
#[test]
fn nodes_are_upgraded_one_after_the_other_and_nothing_is_lost_or_doubled() {
    let Some(house) = House::new() else { return };
    let before = std::env::var("COUNTERSIGN_BEFORE").unwrap_or(stage::PROGRAM.to_owned());
    println!("from {before}");
    let mut told = BTreeMap::new();
    run(async {
        let old = |name| house.start_as(name, "http://127.0.0.1", &[&before], &[]);
        let writer = old("a");
        writer.leads().await;
        let other = old("b");
        other.follows().await;
        let mut tell = async |step: &str, node: &Node<'_>| {
            let nodes = [(node, node.session(HOLDER).await)];
            for number in 0..3 {
                let key = format!("upgrade-{step}-{number}");
                let (at, _) = acknowledged(&nodes, &key).await;
                told.insert(key, at);
            }
        };
        tell("old-and-old", &other).await;
        other.stop();
        let other = house.start("b");
        other.follows().await;
        tell("new-through-old", &other).await;
        tell("old", &writer).await;
        writer.stop();
        other.leads().await;
        let writer = house.start("a");
        writer.follows().await;
        tell("new-through-new", &writer).await;
        // The new version is taken back while an old one can still be started: it follows.
        drop(writer);
        let back = old("a");
        back.follows().await;
        tell("old-through-new", &back).await;
    });
    house.hold(&told, "upgrade-");
}

#[test]
fn nodes_know_each_other_over_tls_by_the_authority_they_are_given() {
    let Some(mut house) = House::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let (cert, key) = certificate::certificate(folder.path(), name);
        (cert.display().to_string(), key.display().to_string())
    };
    let ((cert, key), (stranger, _)) = (made("ours"), made("theirs"));
    house.trust(cert.as_ref());
    let start = |name, authority: &str| {
        let words = ["--tls-cert", &cert, "--tls-key", &key, "--node-ca", authority];
        house.start_as(name, "https://localhost", &[stage::PROGRAM], &words)
    };
    run(async {
        let writer = start("a", &cert);
        writer.leads().await;
        let follower = start("b", &cert);
        follower.follows().await;
        let token = follower.session(HOLDER).await;
        let answer = follower.submit(&token, "over-tls").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        // One that believes another authority hands nothing on.
        let wary = start("c", &stranger);
        wary.follows().await;
        let token = wary.session(HOLDER).await;
        let start = Instant::now();
        loop {
            // Where the writer is may not be known to it yet.
            let answer = wary.submit(&token, "not-over-tls").send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            if answer.text().await.unwrap().contains("cannot be reached") {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "it never tries");
        }
    });
    assert_eq!(house.saying("over-tls").len(), 1);
    assert!(house.saying("not-over-tls").is_empty());
    // What is no certificate is said to be none.
    let words = ["--node", "https://localhost:1", "--node-ca", &key];
    let told = house.run("first", &[&["serve", "--listen", "127.0.0.1:0"], &words[..]].concat());
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("holds no certificate"), "{}", told.stderr);
}

/// The key is replaced while the node that wrote is stopped and the other one stands still.
#[test]
fn a_node_without_the_logs_new_key_shows_nothing_under_it_until_it_has_it() {
    let Some(house) = House::new() else { return };
    let needs_key = async |node: &Node<'_>, token: &str| {
        let start = Instant::now();
        loop {
            let told = node.ask("GET", "/api/v1/node").bearer_auth(token).send().await.unwrap();
            let told = told.text().await.unwrap();
            if told.contains("put it here as log.key") {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{told}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(node.status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_ne!(node.status("/health/writer").await, StatusCode::OK);
    };
    run(async {
        let (writer, other) = house.pair().await;
        let token = other.session(HOLDER).await;
        other.signal("STOP");
        writer.stop();
        let board = |person| format!("Programme.Board:{person}=D/keys/{person}");
        let (one, two) = (board("P-9Y2D"), board("P-5T7L"));
        let words = ["--reason", "the machine was replaced", "--sign", &one, "--sign", &two];
        house.run("a", &[&["log", "rotate-key"], &words[..]].concat()).good();

        // Nobody writes; still the one that has the old key takes nothing over.
        other.signal("CONT");
        needs_key(&other, &token).await;
        // Nor where the new key signs already what is written.
        let writer = house.start("a");
        writer.leads().await;
        let here = writer.session(HOLDER).await;
        let answer = writer.submit(&here, "under-the-new-key").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        needs_key(&other, &token).await;
        let answer = other.submit(&token, "by-the-old-key").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let told = answer.text().await.unwrap();
        assert!(told.contains("log.key"), "{told}");
        other.stop();

        let key = |node| house.path(node).join("log.key");
        std::fs::copy(key("a"), key("b")).unwrap();
        let other = house.start("b");
        other.follows().await;
        let token = other.session(HOLDER).await;
        let answer = other.submit(&token, "by-the-new-key").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        writer.stop();
        other.leads().await;
    });
    house.run("b", &["log", "verify"]).good();
    assert!(house.saying("by-the-old-key").is_empty());
}

#[test]
fn nodes_are_for_records_that_several_machines_reach() {
    let ledger = stage::Ledger::new();
    let refused = ledger.run(&["serve", "--listen", "127.0.0.1:0", "--node", "http://127.0.0.1:1"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("ledger copy"), "{refused:?}");
    for wrong in ["ftp://a", "http://a/path", "http://me:secret@a", "http://a?b=c", "a:8600", ""] {
        let refused = ledger.run(&["serve", "--node", wrong]);
        assert_eq!(refused.code, 2, "{wrong}");
    }
    let status = ledger.run(&["node", "status"]).good();
    assert!(status.stdout.contains("in a folder"), "{status:?}");
}

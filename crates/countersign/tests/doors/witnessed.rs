//! What witnesses cosigned, handed in over HTTP.

use super::run;
use super::served::Served;
use countersign_proof::LogKey;
use countersign_proof::words::Digest;
use reqwest::StatusCode;
use serde_json::json;

#[test]
fn a_note_is_read_held_against_the_record_and_judged() {
    let served = Served::start();
    run(async {
        let keeper = served.enter("P-4X6H").await;
        let note = keeper.get("/api/v1/checkpoint").await.1;
        for (what, said, status, code) in [
            ("no note", "seen".to_owned(), StatusCode::BAD_REQUEST, "door/unreadable"),
            (
                "nothing waits under the versions of this exercise",
                note.clone(),
                StatusCode::UNPROCESSABLE_ENTITY,
                "requests/nothing-awaits-witnesses",
            ),
            (
                "another root at this size, signed by the log",
                other_root(&note, &served),
                StatusCode::CONFLICT,
                "door/another-history",
            ),
            (
                "more entries than there are",
                other_size(&note),
                StatusCode::UNPROCESSABLE_ENTITY,
                "requests/checkpoint-not-ours",
            ),
        ] {
            let body = json!({ "note": said });
            let (found, problem) = keeper.command("checkpoint/cosignatures", &body).await;
            assert_eq!(
                (found, problem["code"].as_str()),
                (status, Some(code)),
                "{what}: {problem}"
            );
        }
    });
}

/// What a log would sign that shows somebody another history.
fn other_root(note: &str, served: &Served) -> String {
    let lines: Vec<&str> = note.lines().collect();
    let seed = std::fs::read_to_string(served.ledger().join("log.key")).unwrap();
    let seed: Digest = seed.trim().parse().unwrap();
    let log = LogKey::from_seed(lines[0], seed.0).unwrap();
    log.sign(lines[1].parse().unwrap(), Digest([7; 32]))
}

/// The note of another size: its signature no longer holds.
fn other_size(note: &str) -> String {
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    lines[1] = "99999999".to_owned();
    lines.join("\n") + "\n"
}

//! What a door refuses before it becomes an entry: ids of other commands, words that a terminal
//! would obey.

use super::served::{Guest, Served, words};
use super::{COMMAND, HOLDER, asked, run, submit};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn wanted(quantity: u64, why: &str) -> Value {
    json!({
        "draft": {
            "act": "use", "holder": "UA", "item": "ATACMS", "quantity": quantity,
            "zones": ["RU.Kursk"],
            "window": { "from": "2025-06-01T00:00:00Z", "until": "2026-12-20T00:00:00Z" },
        },
        "why": why,
    })
}

async fn keyed(guest: &Guest<'_>, key: &str, body: &Value) -> (StatusCode, Value) {
    let served = guest.served;
    let request = served.client.post(format!("{}/api/v1/requests", served.url));
    let request = request.header("cookie", &guest.cookie).header("origin", &served.url);
    let answer = request.header("idempotency-key", key).json(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[test]
fn an_id_that_another_command_has_is_a_problem_of_its_own() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let (status, made) = keyed(&holder, "one", &wanted(2, "as discussed")).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let (status, told) = keyed(&holder, "one", &wanted(3, "as discussed")).await;
        assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("door/id-taken")));
        // The ledger itself says the same, where the server knows nothing of it any more.
        submit(&holder, "once", COMMAND).await;
        let mut other = asked("once", COMMAND);
        other.retain(|(name, _)| *name != "quantity");
        other.push(("quantity", "3"));
        let answer = holder.post("/requests/new", &other).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let told = words(&answer.text().await.unwrap());
        assert!(told.contains("door/id-taken") && !told.contains("unavailable"), "{told}");
    });
}

#[test]
fn words_that_a_terminal_would_obey_are_refused_by_every_door() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let size = || {
            let (code, told) = served.command(&["--json", "log", "checkpoint"]);
            assert_eq!(code, 0, "{told}");
            serde_json::from_str::<Value>(&told).unwrap()["size"].clone()
        };
        let before = size();
        for (bad, name) in [("\u{1b}[31m", "U+001B"), ("\u{7}", "U+0007"), ("\u{9b}", "U+009B")] {
            let body = wanted(2, &format!("as {bad} discussed"));
            let (status, told) = holder.command("requests", &body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            assert_eq!(told["code"], "door/wrong-field");
            assert!(told["detail"].as_str().unwrap().contains(name), "{told}");
            let (status, _) = holder.command("requests?dry_run=true", &body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            let why = format!("as {bad} discussed");
            let answer = holder.post("/requests/new", &asked(&why, COMMAND)).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(before, size(), "it never becomes an entry");
        let (status, told) = holder.command("requests", &wanted(2, "as\tdiscussed,\nand so")).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
    });
}

//! A certificate goes to a depot and comes back, all over HTTP on the ledger's side.

use super::run;
use super::served::Served;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Runs a program in a folder; it must succeed.
fn done(folder: &Path, program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn at_depot(folder: &Path, clock: &str, words: &[&str]) -> Value {
    let program = env!("CARGO_BIN_EXE_countersign");
    let mut all = vec!["COUNTERSIGN_DEPOT=depot", program, "--json", "--clock", clock, "depot"];
    all.extend(words);
    serde_json::from_str(&done(folder, "env", &all)).unwrap()
}

fn write(folder: &Path, name: &str, value: &Value) {
    std::fs::write(folder.join(name), value.as_str().unwrap()).unwrap();
}

/// The table of certificates on the page of a case, if it has one.
fn table(page: &str) -> Option<&str> {
    page.split("id=\"certificates\"").nth(1)?.split("</table>").next()
}

#[test]
fn a_certificate_goes_out_and_comes_back_over_http() {
    let served = Served::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(async {
        let keeper = served.enter("P-4X6H").await;
        let trust = keeper.read("certificates/trust").await;
        for (name, field) in [("issuer.pub", "issuer"), ("log", "log"), ("officials", "officials")]
        {
            write(folder, name, &trust[field]);
        }
        let release = keeper.read("releases/REL-8").await;
        assert_eq!(release["state"], "issued");
        let case = format!("/requests/{}", release["request"].as_str().unwrap());
        let (_, page) = keeper.get(&case).await;
        assert!(table(&page).is_none(), "nothing was issued to a depot yet");
        let from = release["window"]["from"].as_str().unwrap();
        at_depot(
            folder,
            from,
            &[
                "init",
                "depot",
                "--name",
                "UA.Depot-1",
                "--exercise",
                "--issuer",
                "issuer.pub",
                "--log",
                "log",
                "--officials",
                "officials",
                "--demand",
                "US.SACEUR",
            ],
        );
        done(folder, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "collector"]);
        let line = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let wanted = json!({
            "depot": "UA.Depot-1", "depot_key": line("depot/depot.key.pub"),
            "collector": line("collector.pub"), "quantity": 2,
        });

        // Nobody issues one by guessing: neither a stranger to the case nor somebody without stock.
        let (status, told) = keeper.command("releases/REL-999/certificates", &wanted).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::NOT_FOUND, &json!("requests/unknown-release"))
        );
        let official = served.enter("P-8T4W").await;
        let (status, told) = official.command("releases/REL-8/certificates", &wanted).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
        let mut wrong = wanted.clone();
        wrong["depot_key"] = json!("ssh-rsa AAAA");
        let (status, told) = keeper.command("releases/REL-8/certificates", &wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(told["pointer"], "/depot_key");
        let (status, tried) =
            keeper.command("releases/REL-8/certificates?dry_run=true", &wanted).await;
        assert_eq!((status, &tried["dry_run"]), (StatusCode::OK, &json!(true)));
        assert_eq!(keeper.read("certificates").await["items"], json!([]));

        let (status, issued) = keeper.command("releases/REL-8/certificates", &wanted).await;
        assert_eq!(status, StatusCode::OK, "{issued}");
        write(folder, "code", &issued["code"]);
        write(folder, "code.evidence", &issued["evidence"]);
        let listed = keeper.read("certificates?depot=UA.Depot-1").await;
        assert_eq!(listed["items"][0]["digest"], issued["digest"]);
        assert_eq!(listed["items"][0]["out"], 2);

        // The depot fetches the list without being anybody.
        let list = served.client.get(format!("{}/certificates/status", served.url));
        let list = list.send().await.unwrap();
        assert_eq!(list.headers()["content-type"], "application/statuslist+cwt");
        std::fs::write(folder.join("list"), list.bytes().await.unwrap()).unwrap();
        let clock = issued["from"].as_str().unwrap();
        at_depot(folder, clock, &["status", "import", "list"]);
        at_depot(folder, clock, &["nonce", "code", "--quantity", "1", "-o", "text"]);
        let words = ["-q", "-Y", "sign", "-f", "collector", "-n", "collect@countersign", "text"];
        done(folder, "ssh-keygen", &words);
        let handed =
            at_depot(folder, clock, &["release", "code", "--quantity", "1", "--proof", "text"]);
        assert_eq!(handed["checked"]["mode"], "full", "{handed}");
        at_depot(folder, clock, &["close", "code"]);
        at_depot(folder, clock, &["receipts", "export", "-o", "back"]);
        let back: Value = serde_json::from_str(&line("back")).unwrap();

        let mut forged = back.clone();
        let text =
            forged["receipts"][0]["text"].as_str().unwrap().replace("quantity: 1", "quantity: 2");
        forged["receipts"][0]["text"] = json!(text);
        let (status, told) = keeper.command("certificates/receipts", &forged).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let first = &told["papers"][0];
        assert_eq!((&first["became"], &first["code"]), (&json!("refused"), &json!("signature")));
        // A certificate counts from the next whole second on, and the depot was quick.
        let (mut status, mut told) = keeper.command("certificates/receipts", &back).await;
        while told["papers"].to_string().contains("requests/used-in-future") {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            (status, told) = keeper.command("certificates/receipts", &back).await;
        }
        assert_eq!(status, StatusCode::OK, "{told}");
        let taken = told["recorded"].as_u64().unwrap() + told["known"].as_u64().unwrap();
        assert_eq!((taken, &told["refused"]), (2, &json!(0)), "{told}");
        let (_, told) = keeper.command("certificates/receipts", &back).await;
        assert_eq!((&told["recorded"], &told["known"]), (&json!(0), &json!(2)));
        let listed = keeper.read("certificates?release=REL-8").await;
        assert_eq!(listed["items"][0]["handed_out"], 1);
        assert_eq!(listed["items"][0]["account"]["closed"], true);
        let (_, page) = keeper.get(&case).await;
        assert!(table(&page).is_some_and(|table| table.contains("closed")), "{page}");
    });
    let (code, told) = served.command(&["--json", "log", "verify"]);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn an_entry_is_proved_over_http_as_on_the_command_line() {
    let served = Served::start();
    run(async {
        let guest = served.enter("P-2C9T").await;
        let (status, proof) = guest.get("/record/7/proof").await;
        assert_eq!(status, StatusCode::OK);
        let (status, same) = guest.get("/api/v1/entries/7/proof").await;
        assert_eq!((status, &same), (StatusCode::OK, &proof));
        let (status, _) = guest.get("/api/v1/entries/99999/proof").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proof");
        std::fs::write(&file, &proof).unwrap();
        let (_, head) = served.command(&["--json", "log", "checkpoint"]);
        let head: Value = serde_json::from_str(&head).unwrap();
        let trust = folder.path().join("trust");
        let log = head["vkey"].as_str().unwrap();
        std::fs::write(&trust, format!("log {log}\nquorum none\n")).unwrap();
        let (trust, file) = (trust.to_str().unwrap(), file.to_str().unwrap());
        let check = ["--json", "log", "check-proof", file, "--trust", trust];
        let (code, told) = served.command(&check);
        assert_eq!(code, 0, "{told}");
        std::fs::write(file, proof.replacen("\nindex 7\n", "\nindex 8\n", 1)).unwrap();
        let (code, _) = served.command(&check);
        assert_eq!(code, 3, "another entry is not proved by it");
    });
}

//! Notices from outside: a served exercise, programs that are told well and badly, and a mail
//! server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "notices/receiver.rs"]
mod receiver;
#[path = "doors/served.rs"]
mod served;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use receiver::{Called, Post, Receiver};
use serde_json::Value;
use served::{Guest, Served, again};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const HOLDER: &str = "P-2C9T";
const OFFICIAL: &str = "P-8T4W";
const REVIEWER: &str = "P-3M9D";
/// Nothing of a request but its id may be told.
const SEALED: &[&str] = &["ATACMS", "Kursk", "UA", "P-2C9T", "because it is needed", "use"];

fn run(test: impl Future<Output = ()>) {
    // The receivers answer also while the test waits for a command.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(test);
}

async fn submit(holder: &Guest<'_>, command: &str) -> String {
    let asked = [
        ("act", "use"),
        ("holder", "UA"),
        ("item", "ATACMS"),
        ("quantity", "2"),
        ("zone", "RU.Kursk"),
        ("from", "2025-06-01T00:00"),
        ("until", "2026-12-20T00:00"),
        ("why", "because it is needed"),
        ("do", "send"),
        ("command_id", command),
    ];
    let to = holder.sent("/requests/new", &asked).await;
    to.strip_prefix("/requests/").unwrap().to_owned()
}

/// HMAC-SHA-256 (RFC 2104), from its definition.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = Sha256::digest([padded(0x36).as_slice(), message].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}

/// The signature that Standard Webhooks demands of a call.
fn mark(key: &[u8], call: &Called) -> String {
    let signed = format!("{}.{}.{}", call.id, call.timestamp, call.body);
    format!("v1,{}", STANDARD.encode(hmac(key, signed.as_bytes())))
}

fn secret(folder: &Path, name: &str, key: &[u8]) {
    let text = format!("whsec_{}\n", STANDARD.encode(key));
    std::fs::write(folder.join(name), text).unwrap();
}

const KEY: &[u8] = b"thirty-two bytes, as recommended";
const OLD: &[u8] = b"the key before, also long enough";

/// Names endpoints of every manner.
fn settings(folder: &Path, receiver: &Receiver) -> PathBuf {
    secret(folder, "key", KEY);
    secret(folder, "old", OLD);
    let mut text = String::new();
    for manner in ["good", "slow", "busy", "broken", "moved", "gone"] {
        let events = "[\"RequestSubmitted\", \"RequestWithdrawn\"]";
        text += &format!(
            "[[webhook]]\nname = \"{manner}\"\nurl = \"{}/{manner}\"\nsecret_file = \"key\"\n\
             old_secret_file = \"old\"\nevents = {events}\nretry_seconds = [1, 1]\n\
             timeout_seconds = 2\n",
            receiver.url
        );
    }
    let file = folder.join("notices.toml");
    std::fs::write(&file, text).unwrap();
    file
}

fn body(call: &Called) -> Value {
    serde_json::from_str(&call.body).unwrap()
}

fn ids(calls: &[Called]) -> BTreeSet<String> {
    calls.iter().map(|call| call.id.clone()).collect()
}

#[test]
fn programs_are_told_once_signed_and_of_nothing_that_is_sealed() {
    run(async {
        let receiver = Receiver::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = settings(folder.path(), &receiver);
        let file = file.to_str().unwrap();
        let served = Served::start_with(&["--notices", file]);
        let holder = served.enter(HOLDER).await;
        let request = submit(&holder, "000102030405060708090a0b0c0d0e0f").await;

        // Every other endpoint fails or hangs meanwhile.
        let calls = receiver.wait("good", |calls| !calls.is_empty()).await;
        let [call] = calls.as_slice() else { panic!("{calls:#?}") };
        assert_eq!(call.kind, "application/json");
        let marks: Vec<&str> = call.signature.split(' ').collect();
        assert_eq!(marks, [mark(KEY, call), mark(OLD, call)], "with both keys while they change");
        assert!(!call.id.contains('.'));
        let told = body(call);
        assert_eq!(told["type"], "entry.submit_request");
        assert_eq!(told["data"]["subjects"][0], Value::from(request.clone()));
        assert_eq!(told["data"]["link"], format!("{}/requests/{request}", served.url));
        let words: BTreeSet<&str> =
            call.body.split(|c: char| !c.is_alphanumeric() && c != '-' && c != ' ').collect();
        for sealed in SEALED {
            assert!(!words.contains(sealed), "{sealed}: {}", call.body);
        }

        // A busy endpoint gets the same notice again, signed anew, until it takes it.
        let busy = receiver.wait("busy", |calls| calls.len() >= 3).await;
        assert_eq!(ids(&busy).len(), 1);
        assert!(busy.iter().all(|again| again.body == busy[0].body));
        assert!(busy.iter().all(|again| again.signature.starts_with(&mark(KEY, again))));

        // One that never takes it is given up; one that has moved is not followed.
        let (code, told) = list_until(&served, file, |told| {
            ["broken", "moved"].iter().all(|name| dead(told, name).len() == 1)
        })
        .await;
        assert_eq!(code, 0);
        assert!(dead(&told, "moved")[0]["why"].as_str().unwrap().contains("redirects"), "{told}");
        assert_eq!(dead(&told, "broken")[0]["failures"], 3);
        assert!(receiver.calls("trap").is_empty());

        // One that wants no more gets no more, whatever happens.
        holder.sent(&format!("/requests/{request}/withdraw"), &[]).await;
        let good = receiver.wait("good", |calls| calls.len() >= 2).await;
        assert_eq!(ids(&good).len(), 2);
        receiver.wait("broken", |calls| ids(calls).len() >= 2).await;
        assert_eq!(receiver.calls("gone").len(), 1);
        let (_, told) = list(&served, file);
        assert!(endpoint(&told, "gone")["stopped"]["why"].as_str().unwrap().contains("410"));

        let metrics = served.client.get(format!("{}/metrics", served.url)).send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        for wanted in [
            "countersign_notices_total{endpoint=\"good\",came=\"delivered\"} 2",
            "countersign_notices_total{endpoint=\"moved\",came=\"dead\"}",
            "countersign_notices_behind{endpoint=\"good\"} 0",
        ] {
            assert!(metrics.contains(wanted), "{wanted}:\n{metrics}");
        }
    });
}

fn list(served: &Served, file: &str) -> (i32, Value) {
    let (code, text) = served.command(&["notices", "list", "--json", "--notices", file]);
    (code, serde_json::from_str(&text).unwrap())
}

async fn list_until(served: &Served, file: &str, enough: impl Fn(&Value) -> bool) -> (i32, Value) {
    for _ in 0..300 {
        let (code, told) = list(served, file);
        if enough(&told) {
            return (code, told);
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("{:#}", list(served, file).1);
}

fn endpoint<'a>(told: &'a Value, name: &str) -> &'a Value {
    let mut all = told.as_array().unwrap().iter();
    all.find(|endpoint| endpoint["endpoint"] == name).unwrap()
}

fn dead<'a>(told: &'a Value, name: &str) -> &'a Vec<Value> {
    endpoint(told, name)["dead"].as_array().unwrap()
}

#[test]
fn a_restart_neither_loses_nor_repeats_and_what_was_given_up_can_be_sent_again() {
    run(async {
        let receiver = Receiver::start().await;
        let folder = tempfile::tempdir().unwrap();
        let file = settings(folder.path(), &receiver);
        let file = file.to_str().unwrap();
        let served = Served::start_with(&["--notices", file]);
        let (url, people) = (served.url.clone(), served.people());
        assert!(people.contains(&HOLDER.to_owned()));
        {
            let holder = served.enter(HOLDER).await;
            submit(&holder, "000102030405060708090a0b0c0d0e0f").await;
        }
        receiver.wait("good", |calls| calls.len() == 1).await;
        list_until(&served, file, |told| dead(told, "broken").len() == 1).await;
        let (code, ledger) = served.stop();
        assert_eq!(code, 0);

        // What happens while nobody serves is told after the next start.
        let key = ledger.join("keys").join(HOLDER);
        let missed = again::command(
            &ledger,
            &[
                "request",
                "submit",
                "--act",
                "use",
                "--holder",
                "UA",
                "--item",
                "ATACMS",
                "--quantity",
                "1",
                "--zone",
                "RU.Kursk",
                "--from",
                "2025-06-01",
                "--until",
                "2026-12-20",
                "--why",
                "missed",
                "--as",
                HOLDER,
                "--key",
                key.to_str().unwrap(),
            ],
        );
        assert_eq!(missed.0, 0, "{missed:?}");
        let port = url.rsplit(':').next().unwrap();
        let server = again::serve(&ledger, port, &["--notices", file]);
        let good = receiver.wait("good", |calls| calls.len() >= 2).await;
        assert_eq!(ids(&good).len(), 2, "neither is told twice");
        assert!(body(&good[0])["data"]["seq"].as_u64() < body(&good[1])["data"]["seq"].as_u64());
        assert_eq!(receiver.calls("gone").len(), 1, "what wants no more is remembered");
        server.stop();

        // A dead letter is sent again as it was, and stays dead where it is not taken.
        let dead_letters = |name: &str| {
            let words = ["notices", "list", "--json", "--notices", file];
            let told: Value = serde_json::from_str(&again::command(&ledger, &words).1).unwrap();
            dead(&told, name).len()
        };
        let resend = |name: &str| {
            let words = ["notices", "resend", "--json", "--notices", file, "--endpoint", name];
            again::command(&ledger, &words)
        };
        let before = dead_letters("broken");
        assert!(before >= 1);
        assert_eq!(resend("broken").0, 4);
        assert_eq!(dead_letters("broken"), before);
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, text.replace("/broken\"", "/good\"")).unwrap();
        let first = receiver.calls("broken")[0].clone();
        assert_eq!(resend("broken").0, 0);
        assert_eq!(dead_letters("broken"), 0);
        let again = receiver.calls("good");
        let again = again.iter().filter(|call| call.id == first.id);
        assert!(again.into_iter().all(|call| call.body == first.body));
        assert_eq!(resend("nobody").0, 2);
    });
}

/// Names a mail server and those who are written to.
fn mail_settings(folder: &Path, post: &Post, rest: u64) -> PathBuf {
    let mut text = format!(
        "[mail]\nserver = \"localhost\"\nport = {}\nsecurity = \"none\"\n\
         from = \"Counter Sign <ledger@ledger.example>\"\nrest_seconds = {rest}\n\
         retry_seconds = [1, 1]\n",
        post.port
    );
    for person in [HOLDER, OFFICIAL, REVIEWER] {
        text += &format!("[[mail.to]]\nperson = \"{person}\"\naddress = \"{person}@a.example\"\n");
    }
    text += "[[mail.to]]\noffice = \"US.SACEUR\"\naddress = \"desk@a.example\"\n";
    let file = folder.join("notices.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn people_are_written_to_when_their_word_is_missing_and_not_more_often_than_they_should() {
    run(async {
        // The first mail is put off by the server, and sent again.
        let post = Post::start(1).await;
        let folder = tempfile::tempdir().unwrap();
        let file = mail_settings(folder.path(), &post, 86_400);
        let file = file.to_str().unwrap();
        let served = Served::start_with(&["--notices", file]);
        let url = served.url.clone();
        let mut requests = Vec::new();
        {
            let holder = served.enter(HOLDER).await;
            for n in 1..=3 {
                requests.push(submit(&holder, &format!("{n:032x}")).await);
                if n == 1 {
                    post.wait(|mails| mails.len() >= 2).await;
                }
            }
        }
        // A question is for whoever asked, and for nobody else.
        {
            let official = served.enter(OFFICIAL).await;
            let asked = [("office", "US.SACEUR"), ("decision", "ask"), ("reason", "how many?")];
            let paper = official.sent(&format!("/requests/{}/decide", requests[2]), &asked).await;
            assert!(official.sign(&paper, OFFICIAL).await.status().is_redirection());
        }
        let holders = format!("{HOLDER}@a.example");
        let mails = post.wait(|mails| mails.iter().any(|mail| mail.to[0] == holders)).await;
        let question = mails.iter().find(|mail| mail.to[0] == holders).unwrap();
        assert!(question.text.contains(&format!("{}: a question waits", requests[2])));
        assert!(!question.text.contains("how many?") && !question.text.contains(OFFICIAL));
        let mut mails = mails;
        mails.retain(|mail| mail.to[0] != holders);
        let to: BTreeSet<&str> = mails.iter().flat_map(|mail| &mail.to).map(|a| &**a).collect();
        let official = format!("{OFFICIAL}@a.example");
        assert_eq!(to, [official.as_str(), "desk@a.example"].into(), "whose word is missing");
        assert_eq!(mails.len(), 2, "one each, however much waits: {mails:#?}");
        for mail in &mails {
            assert_eq!(mail.from, "ledger@ledger.example");
            assert_eq!(mail.to.len(), 1);
            assert!(mail.text.contains(&format!("{url}/requests/{}", requests[0])), "{mail:?}");
            assert!(mail.text.contains("approves nothing"));
            let (_, text) = mail.text.split_once("\r\n\r\n").unwrap();
            let words: BTreeSet<&str> =
                text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
            for sealed in ["ATACMS", "Kursk", "UA", HOLDER] {
                assert!(!words.contains(sealed), "{sealed}: {text}");
            }
        }
        let (code, ledger) = served.stop();
        assert_eq!(code, 0);

        // What was still to be written is written after a restart, in one mail.
        let server = again::serve(&ledger, url.rsplit(':').next().unwrap(), &["--notices", file]);
        let mails = post.wait(|mails| mails.len() >= 5).await;
        let last = mails.iter().rfind(|mail| mail.to[0] == official).unwrap();
        assert!(last.text.contains(&format!("/requests/{}", requests[1])), "{last:?}");
        server.stop();
        let test = again::command(&ledger, &["notices", "test", "--json", "--notices", file]);
        assert_eq!(test.0, 0, "{test:?}");
        assert_eq!(post.mails().len(), mails.len() + 4, "one to each recipient");
    });
}

#[test]
fn a_mail_server_that_says_nothing_is_not_waited_for_for_ever() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notices.toml");
    let port = silent.local_addr().unwrap().port();
    let text = mail("[[mail.to]]\nperson = \"P-2C9T\"\naddress = \"a@b.example\"");
    let text = text.replace("[mail]\n", &format!("[mail]\nport = {port}\ntimeout_seconds = 1\n"));
    std::fs::write(&file, text).unwrap();
    let served = Served::start();
    let (code, told) =
        served.command(&["notices", "test", "--json", "--notices", file.to_str().unwrap()]);
    assert_eq!(code, 4, "{told}");
    assert!(told.contains("did not answer in time"), "{told}");
}

#[test]
fn mistakes_in_the_settings_are_told_with_their_place_and_without_any_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notices.toml");
    secret(folder.path(), "key", KEY);
    std::fs::write(folder.path().join("short"), "whsec_c2hvcnQ=").unwrap();
    std::fs::write(folder.path().join("plain"), "hunter2-hunter2-hunter2-hunter2").unwrap();
    let hook = |more: &str| {
        format!("[[webhook]]\nname = \"x\"\nurl = \"https://a.example/token-123\"\n{more}\n")
    };
    let key = "secret_file = \"key\"\n";
    let all = "events = [\"*\"]\n";
    let cases: &[(String, &str)] = &[
        (String::new(), "nobody is named"),
        ("webhook = 3".to_owned(), "invalid type"),
        (hook(&format!("{key}{all}colour = 1")), "unknown field `colour`"),
        (hook(all), "it has no secret"),
        (hook(&format!("secret_file = \"nowhere\"\n{all}")), "nowhere"),
        (hook(&format!("secret_file = \"short\"\n{all}")), "24 to 64 bytes"),
        (hook(&format!("secret_file = \"plain\"\n{all}")), "whsec_"),
        (hook(&format!("secret_env = \"NOT_THERE_AT_ALL\"\n{all}")), "NOT_THERE_AT_ALL is not set"),
        (hook(&format!("{key}secret_env = \"HOME\"\n{all}")), "both given"),
        (hook(&format!("{key}events = [\"RequestSubmited\"]")), "\"RequestSubmited\" is no kind"),
        (hook(&format!("{key}events = []")), "told of nothing"),
        (hook(&format!("{key}{all}retry_seconds = [0]")), "retry_seconds"),
        (hook(&format!("{key}{all}timeout_seconds = 0")), "timeout_seconds"),
        (hook(&format!("{key}{all}")) + &hook(&format!("{key}{all}")), "two of this name"),
        (
            hook(&format!("{key}{all}")).replace("https://a.example", "http://a.example"),
            "only https",
        ),
        (hook(&format!("{key}{all}")).replace("a.example", "169.254.169.254"), "private network"),
        (mail("[[mail.to]]\nperson = \"P-2C9T\"\naddress = \"nobody\""), "no address"),
        (
            mail("[[mail.to]]\nperson = \"P-2C9T\"\naddress = \"a@b.example\\r\\nBcc: c@d\""),
            "no address",
        ),
        (mail("[[mail.to]]\naddress = \"a@b.example\""), "either a person or an office"),
        (mail("to = []"), "nobody is to be written to"),
        (mail("to = []").replace("localhost", "smtp.example"), "only for a server on this machine"),
    ];
    for (text, wanted) in cases {
        std::fs::write(&file, text).unwrap();
        let told = again::output(&[
            "serve",
            "--ledger",
            "nowhere",
            "--listen",
            "127.0.0.1:0",
            "--notices",
            file.to_str().unwrap(),
        ]);
        assert_eq!(told.0, 2, "{text}: {told:?}");
        assert!(told.1.contains(wanted), "{text}: {told:?}");
        for secret in ["hunter2", "c2hvcnQ", "token-123"] {
            assert!(!told.1.contains(secret), "{text}: {told:?}");
        }
    }
}

fn mail(more: &str) -> String {
    format!("[mail]\nserver = \"localhost\"\nsecurity = \"none\"\nfrom = \"a@b.example\"\n{more}\n")
}

//! The doors from outside: a served exercise, and everything that people and machines send to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "doors/certificates.rs"]
mod certificates;
#[path = "doors/erasing.rs"]
mod erasing;
#[path = "doors/mistakes.rs"]
mod mistakes;
#[path = "doors/provider.rs"]
mod provider;
#[path = "doors/served.rs"]
mod served;
#[path = "doors/witnessed.rs"]
mod witnessed;

use reqwest::{Response, StatusCode};
use served::{Guest, Served, cookie, encoded, field, signature, words};

const HOLDER: &str = "P-2C9T";
const OFFICIAL: &str = "P-8T4W";
const REVIEWER: &str = "P-3M9D";

/// What a sound request says.
fn asked<'a>(why: &'a str, command: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("act", "use"),
        ("holder", "UA"),
        ("item", "ATACMS"),
        ("quantity", "2"),
        ("zone", "RU.Kursk"),
        ("from", "2025-06-01T00:00"),
        ("until", "2026-12-20T00:00"),
        ("why", why),
        ("do", "send"),
        ("command_id", command),
    ]
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

const COMMAND: &str = "000102030405060708090a0b0c0d0e0f";

async fn submit(holder: &Guest<'_>, why: &str, command: &str) -> String {
    let to = holder.sent("/requests/new", &asked(why, command)).await;
    to.strip_prefix("/requests/").unwrap().to_owned()
}

#[test]
fn strangers_are_led_to_the_sign_in_page_and_back_to_where_they_wanted() {
    let served = Served::start();
    run(async {
        let answer = served.client.get(format!("{}/inbox", served.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(location(&answer), "/sign-in?next=%2Finbox");
        // No session, and none that was made up, opens anything.
        for token in ["", "x", "../../etc/passwd", &"a".repeat(4000)] {
            let request = served.client.get(format!("{}/requests", served.url));
            let answer =
                request.header("cookie", format!("countersign={token}")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{token}");
        }
        let answer =
            served.client.get(format!("{}/api/v1/events", served.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    });
}

#[test]
fn a_software_key_signs_in_once_for_each_text_and_only_to_this_server() {
    let served = Served::start();
    run(async {
        let stranger =
            Guest { served: &served, person: String::new(), cookie: "countersign=none".into() };
        let send = async |next: &str| {
            let request = served.client.post(format!("{}/sign-in", served.url));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let body = encoded(&[("person", HOLDER), ("next", next)]);
            location(&request.body(body).send().await.unwrap())
        };
        let give = async |address: &str, signature: &str| {
            let request = served.client.post(format!("{}{address}", served.url));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body(encoded(&[("signature", signature)])).send().await.unwrap()
        };
        for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil", "", "/\r\nx: y"] {
            let address = send(elsewhere).await;
            let (_, text) = stranger.get(&format!("{address}/statement.txt")).await;
            let answer = give(&address, &signature(&served, HOLDER, &text)).await;
            assert_eq!(location(&answer), "/inbox", "{elsewhere:?}");
        }
        let address = send("/requests?open=yes").await;
        let (_, text) = stranger.get(&format!("{address}/statement.txt")).await;
        // Another person's key, and a signature under another text, open nothing.
        let wrong = give(&address, &signature(&served, OFFICIAL, &text)).await;
        assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
        let other = signature(&served, HOLDER, &text.replace(HOLDER, OFFICIAL));
        assert_eq!(give(&address, &other).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let mark = signature(&served, HOLDER, &text);
        let answer = give(&address, &mark).await;
        assert_eq!(location(&answer), "/requests?open=yes");
        let cookie = cookie(&answer);
        let holder = Guest { served: &served, person: HOLDER.into(), cookie };
        assert_eq!(holder.get("/requests").await.0, StatusCode::OK);
        // The same text again is used up.
        assert_eq!(give(&address, &mark).await.status(), StatusCode::NOT_FOUND);
        // Whoever signs out is out.
        assert_eq!(holder.sent("/sign-out", &[]).await, "/sign-in");
        assert_eq!(holder.get("/requests").await.0, StatusCode::SEE_OTHER);
    });
}

#[test]
fn attempts_to_sign_in_are_counted_for_each_person() {
    let served = Served::start();
    run(async {
        let mut last = StatusCode::OK;
        for _ in 0..21 {
            let request = served.client.post(format!("{}/sign-in", served.url));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let body = encoded(&[("person", HOLDER), ("next", "/")]);
            last = request.body(body).send().await.unwrap().status();
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn what_another_site_or_another_session_sends_is_refused() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let csrf = holder.csrf().await;
        let send = async |headers: &[(&str, &str)], csrf: &str| {
            let mut request = served.client.post(format!("{}/requests/new", served.url));
            request = request.header("cookie", &holder.cookie);
            request = request.header("content-type", "application/x-www-form-urlencoded");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let mut fields = asked("because", COMMAND);
            fields.push(("csrf", csrf));
            request.body(encoded(&fields)).send().await.unwrap().status()
        };
        for headers in [
            [("origin", "https://evil.example")].as_slice(),
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", served.url.as_str())],
            &[("host", "evil.example")],
        ] {
            let status = send(headers, &csrf).await;
            let wanted = if headers[0].0 == "host" {
                StatusCode::MISDIRECTED_REQUEST
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(status, wanted, "{headers:?}");
        }
        let official = served.enter(OFFICIAL).await;
        for csrf in ["", "x", &official.csrf().await] {
            assert_eq!(send(&[], csrf).await, StatusCode::FORBIDDEN);
        }
        // A one-time link opens one session.
        let (_, page) = holder.get("/requests").await;
        assert!(!page.contains("because"));
    });
}

#[test]
fn pages_may_neither_be_framed_nor_load_anything_from_elsewhere() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        for path in ["/inbox", "/sign-in", "/nowhere", "/static/sign.js"] {
            let request = served.client.get(format!("{}{path}", served.url));
            let answer = request.header("cookie", &holder.cookie).send().await.unwrap();
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            let policy = header("content-security-policy");
            for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"));
            assert_eq!(header("x-frame-options"), "DENY");
            assert_eq!(header("x-content-type-options"), "nosniff");
        }
        for path in
            ["/static/..%2fCargo.toml", "/static/../Cargo.toml", "/static/%2e%2e/x", "/static/"]
        {
            assert_eq!(holder.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        let (_, script) = holder.get("/static/sign.js").await;
        let digest = countersign_proof::words::Digest::of(script.as_bytes()).to_string();
        let (_, log) = served.command(&["log", "show", "--limit", "1000", "--json"]);
        assert!(log.contains("open_door"), "the script's digest is put on record at the start");
        let (code, shown) = served.command(&["log", "verify"]);
        assert_eq!(code, 0, "{shown}");
        let (_, page) = holder.get("/enrol").await;
        assert!(!page.contains("style="));
        let official = served.enter(OFFICIAL).await;
        let id = submit(&holder, "for the digest", COMMAND).await;
        let to = decide(&official, &id, "approve").await;
        assert!(official.get(&to).await.1.contains(&digest));
    });
}

/// Fills in the decision form; gives the address of the text to sign.
async fn decide(official: &Guest<'_>, id: &str, word: &str) -> String {
    let fields = [("office", "US.SACEUR"), ("decision", word), ("reason", "within the plan")];
    official.sent(&format!("/requests/{id}/decide"), &fields).await
}

#[test]
fn a_request_is_asked_for_advised_on_decided_used_and_told_as_it_happens() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let official = served.enter(OFFICIAL).await;
        let reviewer = served.enter(REVIEWER).await;
        let check = format!("/requests/check?{}", encoded(&asked("x", "")[..8]));
        let (_, told) = holder.get(&check).await;
        assert!(told.contains("US.SACEUR") && told.contains("would be taken in"), "{told}");
        let id = submit(&holder, "as discussed", COMMAND).await;
        let (_, inbox) = official.get("/inbox").await;
        assert!(inbox.contains(&id), "it waits for the official: {}", words(&inbox));
        let advice =
            [("office", "US.USDP"), ("advice", "approve"), ("reason", "no objection here")];
        let to = reviewer.sent(&format!("/requests/{id}/advise"), &advice).await;
        let answer = reviewer.sign(&to, REVIEWER).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let to = decide(&official, &id, "approve").await;
        // Nobody else sees or signs the text.
        assert_eq!(holder.get(&to).await.0, StatusCode::NOT_FOUND);
        let answer = official.sign(&to, OFFICIAL).await;
        assert_eq!(location(&answer), format!("/requests/{id}"));
        let (_, case) = holder.get(&format!("/requests/{id}")).await;
        let told = words(&case);
        for part in ["Approved", "Issued", "within the plan", "no objection here", "as discussed"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let (_, form) = holder.get(&format!("/requests/{id}/use")).await;
        let now = field(&form, "at").unwrap();
        let used = [("quantity", "2"), ("at", &now), ("zone", "RU.Kursk"), ("text", "reported")];
        holder.sent(&format!("/requests/{id}/use"), &used).await;
        let (_, case) = holder.get(&format!("/requests/{id}")).await;
        assert!(words(&case).contains("Exhausted"), "{}", words(&case));
    });
    let (code, dir) = served.stop();
    assert_eq!(code, 0, "a server that is told to stop ends well");
    let verified = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["log", "verify", "--ledger"])
        .arg(&dir)
        .status()
        .unwrap();
    assert!(verified.success());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_form_sent_twice_is_one_command_and_an_old_page_cannot_decide() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let official = served.enter(OFFICIAL).await;
        let first = submit(&holder, "once", COMMAND).await;
        assert_eq!(submit(&holder, "once", COMMAND).await, first);
        let second = submit(&holder, "twice", "100102030405060708090a0b0c0d0e0f").await;
        assert_ne!(second, first);
        let paper = decide(&official, &first, "approve").await;
        let mut revised = asked("now three", "200102030405060708090a0b0c0d0e0f");
        revised.retain(|(name, _)| *name != "quantity");
        revised.extend([("quantity", "3"), ("revision", "1")]);
        holder.sent(&format!("/requests/{first}/revise"), &revised).await;
        // The text was made for the first revision.
        let answer = official.sign(&paper, OFFICIAL).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let told = words(&answer.text().await.unwrap());
        assert!(told.contains("quantity: 2 before, 3 now"), "{told}");
        // So was the page.
        let old = [
            ("office", "US.SACEUR"),
            ("decision", "approve"),
            ("reason", "as before"),
            ("revision", "1"),
        ];
        let answer = official.post(&format!("/requests/{first}/decide"), &old).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        // And the revision of a revision that is gone.
        let answer = holder.post(&format!("/requests/{first}/revise"), &revised).await;
        assert!(answer.status().is_redirection(), "the same command again");
        let mut again = revised.clone();
        again.retain(|(name, _)| *name != "command_id");
        let answer = holder.post(&format!("/requests/{first}/revise"), &again).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        assert!(words(&answer.text().await.unwrap()).contains("requests/stale-revision"));
    });
}

#[test]
fn nothing_that_was_typed_is_lost_with_the_session() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let csrf = holder.csrf().await;
        holder.sent("/sign-out", &[]).await;
        let mut typed = asked("a long <b>story</b>", COMMAND);
        typed.push(("csrf", &csrf));
        let request = served.client.post(format!("{}/requests/new", served.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("cookie", &holder.cookie);
        let answer = request.body(encoded(&typed)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let to = location(&answer);
        let kept = to.strip_prefix("/sign-in?next=%2Fresend%2F").expect(&to);
        let colleague = served.enter("P-8J5B").await;
        let kept = kept.replace("%2D", "-").replace("%5F", "_");
        let (status, page) = colleague.get(&format!("/resend/{kept}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("a long &lt;b&gt;story&lt;/b&gt;") && page.contains("ATACMS"));
        assert_eq!(field(&page, "why").unwrap(), "a long &lt;b&gt;story&lt;/b&gt;");
    });
}

#[test]
fn hostile_forms_are_told_what_is_wrong_with_them() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let csrf = holder.csrf().await;
        let raw = async |kind: &str, body: Vec<u8>| {
            let request = served.client.post(format!("{}/requests/new", served.url));
            let request = request.header("content-type", kind).header("cookie", &holder.cookie);
            let answer = request.body(body).send().await;
            match answer {
                Ok(answer) => (answer.status(), words(&answer.text().await.unwrap_or_default())),
                // A server may hang up on a body that it will not read.
                Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, String::new()),
            }
        };
        let form = "application/x-www-form-urlencoded";
        let (status, told) = raw(form, b"act=%ff&csrf=x".to_vec()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(told.contains("the field act is not UTF-8"), "{told}");
        let (status, _) = raw("application/json", b"{}".to_vec()).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let (status, _) = raw(form, vec![b'a'; 10 * 1024 * 1024]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        let mut unknown = asked("because", COMMAND);
        unknown.extend([("administrator", "yes"), ("csrf", csrf.as_str())]);
        let (status, told) = raw(form, encoded(&unknown).into_bytes()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(told.contains("no field administrator"), "{told}");
        // Every field is told what is wrong with it, and keeps what was typed.
        let script = "<script>alert(1)</script>";
        for name in ["act", "holder", "item", "quantity", "zone", "recipient", "depot", "from"] {
            let mut fields = asked("because", COMMAND);
            fields.retain(|(given, _)| *given != name);
            fields.push((name, script));
            let answer = holder.post("/requests/new", &fields).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            let page = answer.text().await.unwrap();
            assert!(!page.contains(script), "{name}");
            assert!(page.contains("aria-invalid=\"true\"") || page.contains("wrong"), "{name}");
        }
        let id = submit(&holder, script, COMMAND).await;
        let (_, page) = holder.get(&format!("/requests/{id}")).await;
        assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains(script));
    });
}

#[test]
fn what_may_not_be_seen_answers_as_what_does_not_exist() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let id = submit(&holder, "between us", COMMAND).await;
        // A person who has stepped back no longer sees it.
        let official = served.enter(OFFICIAL).await;
        let to = official.sent(&format!("/requests/{id}/recuse"), &[("text", "kin")]).await;
        assert_eq!(to, "/inbox");
        let (status, hidden) = official.get(&format!("/requests/{id}")).await;
        let (missing, gone) = official.get("/requests/REQ-4000").await;
        assert_eq!((status, missing), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(words(&hidden), words(&gone));
        let (_, list) = official.get("/requests").await;
        assert!(!list.contains(&format!("/requests/{id}\"")));
        assert_eq!(official.get("/requests/REQ-0").await.0, StatusCode::NOT_FOUND);
        assert_eq!(official.get("/requests/%3Cscript%3E").await.0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_case_tells_what_the_clock_a_policy_version_and_its_release_made_of_it_and_nothing_of_others() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let told = async |id: &str| {
            let (status, page) = holder.get(&format!("/requests/{id}")).await;
            assert_eq!(status, StatusCode::OK);
            words(page.split_once("What has happened").expect("a timeline").1)
        };
        // One entry of the clock suspended releases and bound this request to another version.
        let lapsed = told("REQ-10").await;
        for step in ["The request was made", "reminded", "Another policy version", "lapsed"] {
            assert!(lapsed.contains(step), "{step}: {lapsed}");
        }
        assert!(!lapsed.contains("release"), "{lapsed}");
        let delivered = told("REQ-9").await;
        let steps = ["issued", "A use was reported", "was suspended", "approved anew"];
        let places = steps.map(|step| delivered.find(step));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{delivered}");
        assert!(!delivered.contains("reminded") && !delivered.contains("Another policy version"));
        // A refusal leaves nobody to be waited for; who refused is told.
        let (_, refused) = holder.get("/requests/REQ-3").await;
        let stands = words(refused.split_once("Where it stands").expect("a state of affairs").1);
        let stands = stands.split_once("What you can do").expect("and what follows").0;
        assert!(stands.contains("US.SecDef") && stands.contains("22 May 2025"), "{stands}");
        let expired = told("REQ-2").await;
        assert!(expired.contains("A use was reported"), "{expired}");
        assert!(expired.contains("The release ended"), "{expired}");
        // The list of entries is for everybody: it says of none what its open part does not.
        let (_, listed) = holder.get("/api/v1/entries?about=REQ-10").await;
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
        // Who may not see what was deliberated is not told who signed.
        let stock = served.enter("P-4L8V").await;
        let (_, page) = stock.get("/requests/REQ-9").await;
        assert!(page.contains("You may not see the deliberation"));
        assert!(page.contains("US.SecDef") && !page.contains("Official E"));
    });
}

#[test]
fn whoever_was_away_is_told_what_they_missed() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let listen = async |last: Option<u64>| {
            let request = served.client.get(format!("{}/api/v1/events", served.url));
            let mut request = request.header("cookie", &holder.cookie);
            if let Some(last) = last {
                request = request.header("last-event-id", last.to_string());
            }
            request.send().await.unwrap()
        };
        let mut live = listen(None).await;
        assert_eq!(live.headers()["content-type"], "text/event-stream");
        let id = submit(&holder, "while you look", COMMAND).await;
        let told = String::from_utf8(live.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        assert!(told.contains(&id) && told.contains("RequestSubmitted"), "{told}");
        let seq: u64 = told
            .lines()
            .find_map(|line| line.strip_prefix("id:"))
            .and_then(|id| id.trim().parse().ok())
            .unwrap();
        drop(live);
        let mut again = listen(Some(seq - 1)).await;
        let missed = String::from_utf8(again.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        assert!(missed.contains(&format!("id: {seq}")), "{missed}");
        let request = served.client.get(format!("{}/api/v1/events", served.url));
        let request = request.header("cookie", &holder.cookie).header("last-event-id", "x");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    });
}

/// Goes to the other organisation and comes back, as a browser would.
async fn by_oidc(served: &Served, steal: bool) -> Response {
    let browser = &served.client;
    let leave = format!("{}/sign-in/oidc?next=%2Frequests", served.url);
    let away = browser.get(leave).send().await.unwrap();
    assert_eq!(away.status(), StatusCode::SEE_OTHER);
    let kept = if steal { "countersign-oidc=stolen".to_owned() } else { cookie(&away) };
    let back = browser.get(location(&away)).send().await.unwrap();
    browser.get(location(&back)).header("cookie", kept).send().await.unwrap()
}

#[test]
fn another_organisations_sign_in_opens_a_session_that_can_only_look() {
    run(async {
        for (subject, known) in [("mary", true), ("mallory", false)] {
            let provider = provider::start(subject).await;
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("oidc.toml");
            let text = format!(
                "issuer = \"{}\"\ntitle = \"The ministry\"\nclient_id = \"countersign\"\n\
                 [people]\nmary = \"{HOLDER}\"\n",
                provider.issuer
            );
            std::fs::write(&file, text).unwrap();
            let served = Served::start_with(&["--oidc", file.to_str().unwrap()]);
            let stolen = by_oidc(&served, true).await;
            assert_eq!(stolen.status(), StatusCode::FORBIDDEN);
            let answer = by_oidc(&served, false).await;
            if !known {
                assert_eq!(answer.status(), StatusCode::FORBIDDEN);
                continue;
            }
            assert_eq!(location(&answer), "/requests");
            let session = answer.headers().get_all("set-cookie").iter().next_back().unwrap();
            let session = session.to_str().unwrap().split(';').next().unwrap().to_owned();
            let mary = Guest { served: &served, person: HOLDER.into(), cookie: session };
            assert_eq!(mary.get("/requests").await.0, StatusCode::OK);
            let answer = mary.post("/requests/new", &asked("because", COMMAND)).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            let told = words(&answer.text().await.unwrap());
            assert!(told.contains("door/session-only-reads"), "{told}");
        }
    });
}

/// What a case page offers or bars: the action, the office it is for, and the rule against it.
fn on_the_page(page: &str) -> Vec<(String, String, String)> {
    const LABELS: [(&str, &str); 12] = [
        ("Revise", "revise"),
        ("Take the request back", "withdraw"),
        ("Answer the question", "answer"),
        ("Advise", "advise"),
        ("Approve", "approve"),
        ("Refuse", "refuse"),
        ("Ask for information", "ask"),
        ("Withdraw the authorisation", "take-back"),
        ("Step back from this request", "recuse"),
        ("Declare an interest", "declare-interest"),
        ("Report a use or hand-out", "report-use"),
        ("Give the release back", "surrender"),
    ];
    let named = |label: &str| {
        let (label, office) = match label.split_once(" (") {
            Some((label, office)) => (label, office.trim_end_matches(')')),
            None => (label, ""),
        };
        let (_, action) = LABELS.iter().find(|(of, _)| *of == label)?;
        Some(((*action).to_owned(), office.to_owned()))
    };
    let mut found = Vec::new();
    for link in page.split("<a class=\"button\"").skip(1) {
        let label = link.split('>').nth(1).unwrap().split('<').next().unwrap();
        found.extend(named(label).map(|(action, office)| (action, office, String::new())));
    }
    for barred in page.split("<p class=\"barred\">").skip(1) {
        let text = words(&format!("<p>{}", barred.split("</p>").next().unwrap()));
        let (label, why) = text.split_once(" Not available: ").unwrap();
        let code = why.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned();
        let (action, office) = named(label).unwrap_or_else(|| panic!("{label}"));
        found.push((action, office, code));
    }
    found.sort();
    found
}

/// The same as JSON tells it.
fn in_json(text: &str) -> Vec<(String, String, String)> {
    let told: serde_json::Value = serde_json::from_str(text).unwrap();
    let text = |one: &serde_json::Value, name: &str| {
        one[name].as_str().map(str::to_owned).unwrap_or_default()
    };
    let offers = told.as_array().unwrap_or_else(|| panic!("{told}")).iter();
    let mut offers: Vec<_> =
        offers.map(|one| (text(one, "action"), text(one, "office"), text(one, "code"))).collect();
    offers.sort();
    offers
}

/// The state machine itself is walked in `actions.rs`; here every door is asked about every request
/// of the exercise, the open ones among them, on behalf of everyone in office.
#[test]
fn every_door_offers_the_same_actions_to_everyone_on_every_request() {
    let served = Served::start();
    run(async {
        let holder = served.enter(HOLDER).await;
        let official = served.enter(OFFICIAL).await;
        let fresh = submit(&holder, "fresh", COMMAND).await;
        let asked_back = submit(&holder, "unclear", "300102030405060708090a0b0c0d0e0f").await;
        let paper = decide(&official, &asked_back, "ask").await;
        assert_eq!(official.sign(&paper, OFFICIAL).await.status(), StatusCode::SEE_OTHER);
        let gone = submit(&holder, "mistaken", "400102030405060708090a0b0c0d0e0f").await;
        holder.sent(&format!("/requests/{gone}/withdraw"), &[]).await;
        let last: u32 = gone.strip_prefix("REQ-").unwrap().parse().unwrap();
        let (mut seen, mut hidden) = (0, 0);
        let mut states = std::collections::BTreeSet::new();
        for person in served.people() {
            let guest = match person.as_str() {
                HOLDER => Guest { cookie: holder.cookie.clone(), ..served_guest(&served, HOLDER) },
                OFFICIAL => {
                    Guest { cookie: official.cookie.clone(), ..served_guest(&served, OFFICIAL) }
                }
                other => served.enter(other).await,
            };
            for number in 1..=last {
                let id = format!("REQ-{number}");
                let (status, page) = guest.get(&format!("/requests/{id}")).await;
                let (api, told) = guest.get(&format!("/api/v1/requests/{id}/actions")).await;
                let words = ["--as", &person, "request", "actions", &id, "--json"];
                let (code, printed) = served.command(&words);
                if status == StatusCode::NOT_FOUND {
                    assert_eq!((api, code), (StatusCode::NOT_FOUND, 1), "{person}, {id}");
                    hidden += 1;
                    continue;
                }
                assert_eq!((status, api, code), (StatusCode::OK, StatusCode::OK, 0), "{printed}");
                let page_says = on_the_page(&page);
                assert!(!page_says.is_empty(), "{person}, {id}");
                assert_eq!(page_says, in_json(&told), "{person}, {id}: web and API");
                assert_eq!(in_json(&told), in_json(&printed), "{person}, {id}: API and CLI");
                let (_, whole) = guest.get(&format!("/api/v1/requests/{id}")).await;
                let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
                states.insert(whole["state"].as_str().unwrap().to_owned());
                seen += 1;
            }
        }
        assert!(seen > 60 && hidden > 10, "{seen} seen, {hidden} hidden");
        let wanted = ["approved", "information requested", "lapsed", "refused", "submitted"];
        for state in wanted.iter().chain(&["withdrawn"]) {
            assert!(states.contains(*state), "no request is {state}: {states:?}");
        }
        let (_, mine) = holder.get(&format!("/requests/{fresh}")).await;
        assert!(on_the_page(&mine).contains(&("withdraw".into(), String::new(), String::new())));
    });
}

fn served_guest<'a>(served: &'a Served, person: &str) -> Guest<'a> {
    Guest { served, person: person.to_owned(), cookie: String::new() }
}

/// For which offices a page offers to place a hold, and for which it says why not, with the code.
fn holding(page: &str) -> (Vec<String>, Vec<(String, String)>) {
    let select = page.split("name=\"office\"").nth(1).unwrap_or_default();
    let select = select.split("</select>").next().unwrap_or_default();
    let options = select.split("option value=\"").skip(1);
    let options = options.filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let barred = page.split("Place a hold (").skip(1).filter_map(|rest| {
        let (office, rest) = rest.split_once(')')?;
        let reason = rest.split("</p>").next()?;
        let code = words(reason).rsplit_once('(')?.1.trim_end_matches(')').to_owned();
        Some((office.to_owned(), code))
    });
    (options.filter(|office| !office.is_empty()).collect(), barred.collect())
}

/// Places a hold through the API, which lets everybody sign what they like and then judges.
async fn hold_through_the_api(guest: &Guest<'_>, office: &str) -> (StatusCode, serde_json::Value) {
    let wanted = serde_json::json!({
        "kind": "hold", "scope": "act:transfer", "office": office, "reason": "tried",
    });
    let signed = guest.signed(&wanted).await;
    guest.command("signed", &serde_json::json!({ "statements": [signed] })).await
}

#[test]
fn a_hold_is_offered_to_those_from_whom_the_ledger_takes_one_and_to_nobody_else() {
    let served = Served::start();
    run(async {
        let (mut offered, mut barred) = (0, 0);
        for person in served.people() {
            let guest = served.enter(&person).await;
            let (_, page) = guest.get("/oversight").await;
            let (can, cannot) = holding(&page);
            assert!(!can.is_empty() || !cannot.is_empty(), "{person} holds an office");
            for office in &can {
                let (status, told) = hold_through_the_api(&guest, office).await;
                assert_eq!(status, StatusCode::CREATED, "{person} for {office}: {told}");
                offered += 1;
            }
            for (office, code) in &cannot {
                let (status, told) = hold_through_the_api(&guest, office).await;
                assert!(status.is_client_error(), "{person} for {office}: {told}");
                assert_eq!(told["code"], code.as_str(), "{person} for {office}");
                // The form, sent all the same, is refused before anybody has signed.
                let form = [("scope", "act:transfer"), ("office", office), ("reason", "tried")];
                let answer = guest.post("/holds/place", &form).await;
                assert!(answer.status().is_client_error(), "{person} for {office}");
                barred += 1;
            }
        }
        assert!(offered >= 1 && barred >= 8, "{offered} offered, {barred} barred");
    });
}

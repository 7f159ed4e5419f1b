//! A served exercise: the demo as its own process, and people who come to its doors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

use countersign::keys::PersonalKey;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The demo, serving on a free port.
pub struct Served {
    child: Child,
    pub dir: tempfile::TempDir,
    pub url: String,
    links: BTreeMap<String, String>,
    pub client: Client,
}

impl Served {
    /// Plays the story and serves it.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with further words on the command line.
    pub fn start_with(words: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["demo", "--json", "--port", "0", "--dir"])
            .arg(dir.path())
            .args(words)
            .env("RUST_LOG", "error")
            // Without a solver the policies are published unproved, and the story is told sooner.
            .env("PATH", "")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let told = document(child.stdout.take().unwrap());
        let url = told["url"].as_str().expect("the demo says where it serves").to_owned();
        let links = told["links"].as_array().unwrap().iter().map(|link| {
            let text = |name: &str| link[name].as_str().unwrap().to_owned();
            (text("person"), text("url"))
        });
        let links = links.collect();
        // It may have been chosen by another test already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { child, dir, url, links, client }
    }

    pub fn people(&self) -> Vec<String> {
        self.links.keys().cloned().collect()
    }

    /// Comes in by the person's one-time link.
    pub async fn enter(&self, person: &str) -> Guest<'_> {
        let link = self.links.get(person).expect("the demo has a link for everyone in office");
        let answer = self.form(self.client.post(link), &[]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        Guest { served: self, person: person.to_owned(), cookie: cookie(&answer) }
    }

    async fn form(&self, request: RequestBuilder, fields: &[(&str, &str)]) -> Response {
        let kind = "application/x-www-form-urlencoded";
        let body = encoded(fields);
        request.header("content-type", kind).body(body).send().await.unwrap()
    }

    pub fn key(&self, person: &str) -> PersonalKey {
        PersonalKey::open(&self.dir.path().join("keys").join(person)).unwrap()
    }

    pub fn ledger(&self) -> &Path {
        self.dir.path()
    }

    /// Runs the command line on the same ledger; gives exit code and output.
    pub fn command(&self, words: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(words)
            .arg("--ledger")
            .arg(self.dir.path())
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// Tells the server to stop, and waits until it has.
    pub fn stop(mut self) -> (i32, PathBuf) {
        let kill = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        assert!(kill.unwrap().success());
        let status = self.child.wait().unwrap();
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        (status.code().unwrap_or(-1), dir.keep())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A server that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first JSON document that a process prints.
fn document(out: std::process::ChildStdout) -> Value {
    let mut reader = BufReader::new(out);
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            panic!("the demo ended before it served: {text}");
        }
        let last = line == "}\n";
        text.push_str(&line);
        if last {
            break;
        }
    }
    // What is printed later is read, so that the server never waits for us.
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        let _ = reader.read_to_end(&mut rest);
    });
    serde_json::from_str(&text).unwrap()
}

/// The cookie that an answer sets, as a request sends it back.
pub fn cookie(answer: &Response) -> String {
    let set = answer.headers().get("set-cookie").expect("a cookie").to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// Fields as a browser encodes them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let one = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect();
    pairs.join("&")
}

/// Somebody with a session.
pub struct Guest<'a> {
    pub served: &'a Served,
    pub person: String,
    pub cookie: String,
}

impl Guest<'_> {
    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = self.served.client.get(format!("{}{path}", self.served.url));
        let answer = request.header("cookie", &self.cookie).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// The value that forms of this session must carry.
    pub async fn csrf(&self) -> String {
        let (_, page) = self.get("/inbox").await;
        field(&page, "csrf").expect("every page of a session has a form to sign out")
    }

    /// Sends a form as a page of ours would.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let csrf = self.csrf().await;
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        let request = self.served.client.post(format!("{}{path}", self.served.url));
        let request = request.header("cookie", &self.cookie).header("origin", &self.served.url);
        self.served.form(request, &fields).await
    }

    /// Sends JSON to the API as a page of ours would.
    pub async fn command(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.served.client.post(format!("{}/api/v1/{path}", self.served.url));
        let request = request.header("cookie", &self.cookie).header("origin", &self.served.url);
        let answer = request.json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Reads from the API what must be there.
    pub async fn read(&self, path: &str) -> Value {
        let (status, told) = self.get(&format!("/api/v1/{path}")).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        serde_json::from_str(&told).unwrap()
    }

    /// Has a text made, and signs it with a software key: as `POST /signed` takes it.
    pub async fn signed(&self, wanted: &Value) -> Value {
        let (status, made) = self.command("statements", wanted).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let text = made["text"].as_str().unwrap();
        let signature = signature(self.served, &self.person, text);
        serde_json::json!({ "statement": text, "signature": signature })
    }

    /// Sends a form and says where it leads.
    pub async fn sent(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        let status = answer.status();
        if status != StatusCode::SEE_OTHER {
            panic!("{path}: {status}: {}", words(&answer.text().await.unwrap()));
        }
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Signs the text at a signing address with a software key, as `ssh-keygen` would.
    pub async fn sign(&self, address: &str, person: &str) -> Response {
        let (status, text) = self.get(&format!("{address}/statement.txt")).await;
        assert_eq!(status, StatusCode::OK);
        let signature = signature(self.served, person, &text);
        self.post(address, &[("signature", &signature)]).await
    }
}

/// A signature under a text, in the namespace of its kind.
pub fn signature(served: &Served, person: &str, text: &str) -> String {
    let kind = text.lines().nth(1).unwrap().strip_prefix("kind: ").unwrap();
    served.key(person).sign_text(&format!("{kind}@countersign"), text.as_bytes()).unwrap()
}

/// The value of a hidden field on a page.
pub fn field(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// A page without its markup.
pub fn words(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The program on a ledger that the demo has left.
pub mod again {
    use std::io::{Read as _, Write as _};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    fn program() -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_countersign"));
        program.env("RUST_LOG", "error").env("PATH", "");
        program
    }

    /// Runs it without a ledger of its own; gives exit code and what it printed, all of it.
    pub fn output(words: &[&str]) -> (i32, String) {
        let output = program().args(words).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// Runs a command on the ledger.
    pub fn command(ledger: &Path, words: &[&str]) -> (i32, String) {
        let output = program().args(words).arg("--ledger").arg(ledger).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// A server, until it is dropped.
    pub struct Server(Child);

    /// Serves the ledger on a port of localhost, and waits until it answers.
    pub fn serve(ledger: &Path, port: &str, words: &[&str]) -> Server {
        let listen = format!("127.0.0.1:{port}");
        let mut child = program();
        let child = child.arg("serve").arg("--ledger").arg(ledger).args(["--listen", &listen]);
        let child = child.args(words).stdout(Stdio::null()).spawn().unwrap();
        let mut server = Server(child);
        for _ in 0..600 {
            if let Ok(mut stream) = std::net::TcpStream::connect(&listen) {
                // The port is taken before the ledger is opened: it answers once it is served,
                // over TLS with an alert.
                let ask = b"GET /health/live HTTP/1.0\r\n\r\n";
                let _ = stream.write_all(ask).and_then(|()| stream.read(&mut [0; 16]));
                return server;
            }
            assert!(server.0.try_wait().unwrap().is_none(), "the server has ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not answer");
    }

    impl Server {
        /// Tells it to stop, and waits until it has.
        pub fn stop(mut self) {
            let id = self.0.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            assert!(self.0.wait().unwrap().success());
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            // A server that was stopped is gone already.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

//! Several nodes of one ledger, each as a process of its own, on a real PostgreSQL server.

use crate::stage;
use countersign::keys::PersonalKey;
use countersign_postgres::cluster::DATABASE;
use countersign_postgres::{Cluster, given};
use countersign_store::Mode;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take that must happen at all.
const PATIENCE: Duration = Duration::from_secs(60);
/// What browsers call all nodes: an origin of the exercise's charter.
const ORIGIN: &str = "localhost:8600";

/// Who asks for a use: the holder's official.
pub const HOLDER: &str = "P-2C9T";

/// Runs a test to its end.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A database with the played exercise in it, and folders for its nodes.
pub struct House {
    /// The one server, where there is one only.
    cluster: Option<Cluster>,
    /// The ledger, without the folder that each node has of its own.
    base: String,
    played: stage::Ledger,
    folder: tempfile::TempDir,
    client: Client,
}

impl House {
    /// None where there is no PostgreSQL, which is said aloud.
    pub fn new() -> Option<Self> {
        let cluster = given(&[])?;
        let location = cluster.location("main");
        Some(Self::on(cluster, &location))
    }

    /// On a server of its own, which nodes reach by this location.
    pub fn on(cluster: Cluster, location: &str) -> Self {
        let mut house = Self::over(location, "");
        house.cluster = Some(cluster);
        house.found();
        house
    }

    /// The same in a database that somebody else looks after; the ledger is not there yet.
    pub fn over(location: &str, password: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwords");
        fs::write(&file, format!("*:*:*:*:{password}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let base = format!("{location}&passfile={}", file.display());
        // It may have been chosen by another test already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let played = stage::Ledger::new();
        Self { cluster: None, base, played, folder, client }
    }

    /// Asks nodes over TLS, believing this certificate alone.
    pub fn trust(&mut self, certificate: &Path) {
        let read = Certificate::from_pem(&fs::read(certificate).unwrap()).unwrap();
        self.client = Client::builder().no_proxy().tls_certs_only([read]).build().unwrap();
    }

    /// Takes the played exercise into the database.
    pub fn found(&self) {
        let to = self.location("first");
        stage::run(self.played.folder(), &["ledger", "copy", "D", &to]).good();
    }

    pub fn path(&self, node: &str) -> PathBuf {
        self.folder.path().join(node)
    }

    /// The ledger, as the node of that name has it.
    pub fn location(&self, node: &str) -> String {
        format!("{}&folder={}", self.base, self.path(node).display())
    }

    /// Runs the program on the ledger, as at the node of that name.
    pub fn run(&self, node: &str, args: &[&str]) -> stage::Run {
        let location = self.location(node);
        stage::run(self.played.folder(), &[&["--ledger", &location], args].concat())
    }

    /// Starts a node, and waits until it answers.
    pub fn start(&self, name: &'static str) -> Node<'_> {
        self.start_at(name, Ipv4Addr::LOCALHOST, &[])
    }

    /// Starts a node at an address, by a program that `within` names, with its words.
    pub fn start_at(&self, name: &'static str, address: Ipv4Addr, within: &[&str]) -> Node<'_> {
        self.start_as(
            name,
            &format!("http://{address}"),
            &[within, &[stage::PROGRAM]].concat(),
            &[],
        )
    }

    /// Starts a node that answers at an address, by a command of these words, with more of them at
    /// its end.
    pub fn start_as(
        &self,
        name: &'static str,
        address: &str,
        command: &[&str],
        more: &[&str],
    ) -> Node<'_> {
        let folder = self.path(name);
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            fs::copy(self.path("first").join("log.key"), folder.join("log.key")).unwrap();
        }
        let port = free_port();
        let url = format!("{address}:{port}");
        let listen = url.split_once("//").unwrap().1.replace("localhost", "127.0.0.1");
        let child = stage::tame(command[0], self.played.folder())
            .args(&command[1..])
            .args(["--ledger", &self.location(name), "serve", "--listen", &listen])
            .args(["--origin", &format!("http://{ORIGIN}"), "--node", &url])
            .args(more)
            .env("RUST_LOG", "off")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let node = Node { house: self, name, child, url };
        until("a node answers", || std::net::TcpStream::connect(&listen).is_ok());
        node
    }

    /// Starts two nodes: the first writes, the second follows it.
    pub async fn pair(&self) -> (Node<'_>, Node<'_>) {
        let writer = self.start("a");
        writer.leads().await;
        let other = self.start("b");
        other.follows().await;
        (writer, other)
    }

    /// Holds what was acknowledged against the record, by identity: each word that begins with
    /// `start` stands in the entry that it was acknowledged with, and nowhere else.
    pub fn hold(&self, told: &BTreeMap<String, u64>, start: &str) {
        self.run("a", &["log", "verify"]).good();
        let found = self.saying(start);
        for (key, at) in told {
            assert_eq!(found.get(key), Some(&vec![*at]), "{key}");
        }
        assert_eq!(found.len(), told.len());
    }

    /// The one server.
    pub fn server(&self) -> &Cluster {
        self.cluster.as_ref().expect("a server of one's own")
    }

    /// Does something to the database that nobody may be connected to meanwhile.
    pub fn alone(&self, sql: &str) {
        let cluster = self.server();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
        until("the database is left alone", || {
            let _ = cluster.tried("postgres", &format!("{end}'{DATABASE}'"));
            cluster.tried("postgres", sql).is_ok()
        });
    }

    /// The entries whose sealed parts have a word that begins so, by that word.
    pub fn saying(&self, start: &str) -> BTreeMap<String, Vec<u64>> {
        let location = self.location("first");
        let store = countersign_store::open(&location, Mode::Read).unwrap();
        let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for entry in store.read(0, usize::MAX).unwrap() {
            for part in &entry.sealed {
                let text = String::from_utf8_lossy(&part.bytes);
                for word in text.split('"').filter(|word| word.starts_with(start)) {
                    found.entry(word.to_owned()).or_default().push(entry.seq);
                }
            }
        }
        found
    }

    fn key(&self, person: &str) -> PersonalKey {
        PersonalKey::open(&self.played.folder().join("D/keys").join(person)).unwrap()
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something is so.
///
/// # Panics
/// When it does not become so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A node, until it is dropped.
pub struct Node<'h> {
    house: &'h House,
    pub name: &'static str,
    child: Child,
    pub url: String,
}

impl Node<'_> {
    /// A request as a proxy in front of the nodes hands it on.
    pub fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        let request = self.house.client.request(method, format!("{}{path}", self.url));
        request.header("host", ORIGIN)
    }

    pub async fn status(&self, path: &str) -> StatusCode {
        self.ask("GET", path).send().await.map_or(StatusCode::BAD_GATEWAY, |told| told.status())
    }

    /// Waits until this node writes; how long that took.
    pub async fn leads(&self) -> Duration {
        let start = Instant::now();
        while self.status("/health/writer").await != StatusCode::OK {
            assert!(start.elapsed() < PATIENCE, "{} does not take over", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        start.elapsed()
    }

    /// Waits until this node says that it follows.
    pub async fn follows(&self) {
        let start = Instant::now();
        while self.status("/health/writer").await != StatusCode::SERVICE_UNAVAILABLE
            || self.status("/health/ready").await != StatusCode::OK
        {
            assert!(start.elapsed() < PATIENCE, "{} does not follow", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Signs in; gives the token of the session, which this node keeps.
    pub async fn session(&self, person: &str) -> String {
        let told = self.ask("POST", "/api/v1/session/challenge").json(&json!({"person": person}));
        let made: Value = told.send().await.unwrap().json().await.unwrap();
        let text = made["text"].as_str().unwrap_or_else(|| panic!("{made}"));
        let key = self.house.key(person);
        let signature = key.sign_text("session@countersign", text.as_bytes()).unwrap();
        let claim = json!({ "statement": text, "signature": signature });
        let told = self.ask("POST", "/api/v1/session").json(&claim).send().await.unwrap();
        let opened: Value = told.json().await.unwrap();
        opened["token"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned()
    }

    /// Asks for a use under an idempotency key.
    pub fn submit(&self, token: &str, key: &str) -> RequestBuilder {
        let draft = json!({
            "act": "use", "holder": "UA", "item": "ATACMS", "quantity": 1, "zones": ["RU.Kursk"],
            "window": { "from": "2025-06-01T00:00:00Z", "until": "2026-12-20T00:00:00Z" },
        });
        let body = json!({ "draft": draft, "why": key });
        let request = self.ask("POST", "/api/v1/requests").bearer_auth(token);
        request.header("idempotency-key", key).json(&body)
    }

    /// Reads from the API what must be there.
    pub async fn read(&self, token: &str, path: &str) -> Value {
        let told = self.ask("GET", &format!("/api/v1/{path}")).bearer_auth(token);
        let told = told.send().await.unwrap();
        assert_eq!(told.status(), StatusCode::OK, "{path}");
        told.json().await.unwrap()
    }

    /// Sends it a signal, as `kill` names it.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let done = Command::new("kill").arg(format!("-{name}")).arg(&id).status().unwrap();
        assert!(done.success());
        if name == "STOP" {
            // Until one of its threads has taken the signal, the others go on.
            until("it stands still", || stands_still(&id));
        }
    }

    /// Stops it as an operator does.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }

    /// Kills it as a machine does that fails.
    pub fn kill(mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }
}

/// Whether every thread of a process is stopped (proc(5), `stat`, field 3).
fn stands_still(process: &str) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.filter_map(Result::ok).all(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
    })
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        // One that ended is gone already; one that is paused ends by this too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The place in the record that an answer tells.
pub fn entry(answer: &Response) -> u64 {
    number(answer, "countersign-entry")
}

/// How many entries the answer is the answer after.
pub fn position(answer: &Response) -> u64 {
    number(answer, "countersign-position")
}

fn number(answer: &Response, name: &str) -> u64 {
    let text = answer.headers().get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {name}: {answer:?}"))
}

/// Whether the path is that of a file with something in it.
pub fn is_kept(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

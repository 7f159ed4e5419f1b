//! The finished binary, serving its exercise as a person would start it.

use crate::commands::{Ledger, countersign};
use crate::fault::{Fault, while_};
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long the exercise may take to be played and served before it counts as never.
const PATIENCE: Duration = Duration::from_secs(180);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The way in for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// The person's id.
    pub person: String,
    /// Their name.
    pub name: String,
    /// The offices they hold.
    pub offices: Vec<String>,
    /// Whoever opens this is signed in as them.
    pub url: String,
}

/// A server that is running, and ends with this value.
pub struct Served {
    child: Child,
    /// Where it listens, without a slash at the end.
    pub url: String,
    /// Everyone who can enter.
    pub entrances: Vec<Entrance>,
    dir: PathBuf,
    said: PathBuf,
    ended: bool,
}

impl Served {
    /// Plays the exercise into `dir` and serves it on a free port.
    ///
    /// # Errors
    /// [`Fault`] when the binary is not there, ends early, or is never ready: with what it said.
    pub fn exercise(dir: &Path) -> Result<Self, Fault> {
        Self::exercise_with(dir, &[])
    }

    /// The same without a solver: the policies are published unproved, and it is served sooner.
    ///
    /// # Errors
    /// As [`Served::exercise`].
    pub fn unproved(dir: &Path) -> Result<Self, Fault> {
        Self::start(dir, &[], |command| {
            command.env("PATH", "").env_remove("CVC5");
        })
    }

    /// The same with more words on the command line.
    ///
    /// # Errors
    /// As [`Served::exercise`].
    pub fn exercise_with(dir: &Path, more: &[&str]) -> Result<Self, Fault> {
        Self::start(dir, more, |_| ())
    }

    fn start(dir: &Path, more: &[&str], set: impl FnOnce(&mut Command)) -> Result<Self, Fault> {
        let binary = countersign()?;
        std::fs::create_dir_all(dir).map_err(while_(dir.display()))?;
        let said = dir.join("served.log");
        let log = File::create(&said).map_err(while_(said.display()))?;
        let mut command = Command::new(binary);
        command.args(["--json", "demo", "--port", "0", "--dir"]).arg(dir).args(more);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        set(&mut command);
        let mut child = command.spawn().map_err(while_(format!("{command:?}")))?;
        let out = child.stdout.take();
        let mut served = Self {
            child,
            url: String::new(),
            entrances: Vec::new(),
            dir: dir.to_path_buf(),
            said,
            ended: false,
        };
        let told = match out.ok_or_else(|| Fault::new("no output")).and_then(first_document) {
            Ok(told) => told,
            Err(fault) => return Err(served.broken(fault)),
        };
        let url = told.get("url").and_then(Value::as_str);
        url.unwrap_or_default().trim_end_matches('/').clone_into(&mut served.url);
        served.entrances = entrances(&told);
        if served.url.is_empty() || served.entrances.is_empty() {
            return Err(served.broken(Fault::new(format!("no url or no links in {told}"))));
        }
        match served.wait_until_ready() {
            Ok(()) => Ok(served),
            Err(fault) => Err(served.broken(fault)),
        }
    }

    /// The way in for a person, or for whoever holds an office.
    ///
    /// # Errors
    /// [`Fault`] with everyone who can enter, when nobody fits.
    pub fn entrance(&self, who: &str) -> Result<&Entrance, Fault> {
        let fits = |one: &&Entrance| one.person == who || one.offices.iter().any(|o| o == who);
        self.entrances
            .iter()
            .find(fits)
            .ok_or_else(|| Fault::new(format!("nobody is {who}; there are: {:?}", self.entrances)))
    }

    /// The token of a session of somebody, opened by their link, which is then used up.
    ///
    /// # Errors
    /// [`Fault`] when nobody is called that, or they are not let in.
    pub fn token(&self, who: &str) -> Result<String, Fault> {
        let answer = asked("POST", &self.entrance(who)?.url)?;
        let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: countersign="));
        let token = set.and_then(|set| set.split(';').next()).map(str::to_owned);
        token.ok_or_else(|| Fault::new(format!("{who} is not let in: {answer}")))
    }

    /// The address of a page.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The ledger that is served, for the command line.
    ///
    /// # Errors
    /// [`Fault`] when our binary is not there.
    pub fn ledger(&self) -> Result<Ledger, Fault> {
        Ledger::at(&self.dir)
    }

    /// Asks the server to stop, and demands that it does so in good order.
    ///
    /// # Errors
    /// [`Fault`] when it does not end with exit code 0: with what it said.
    pub fn stop(mut self) -> Result<(), Fault> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.ended = true;
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\""])
            .arg(self.child.id().to_string())
            .status();
        asked.map_err(while_("sh"))?;
        let given_up = Instant::now().checked_add(PATIENCE);
        loop {
            match self.child.try_wait().map_err(while_("the server"))? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.told(&format!("the server ended with {status}"))),
                None if given_up.is_none_or(|moment| Instant::now() > moment) => {
                    let _ = self.child.kill().and_then(|()| self.child.wait());
                    return Err(self.told("the server does not stop when it is asked to"));
                }
                None => thread::sleep(BETWEEN_LOOKS),
            }
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), Fault> {
        let ready = self.at("/health/ready");
        let given_up = Instant::now().checked_add(PATIENCE);
        loop {
            let why = match status_of(&ready) {
                Ok(200) => return Ok(()),
                Ok(status) => format!("status {status}"),
                Err(fault) => fault.to_string(),
            };
            if let Some(status) = self.over()? {
                return Err(Fault::new(format!("the server ended with {status}")));
            }
            if given_up.is_none_or(|moment| Instant::now() > moment) {
                return Err(Fault::new(format!("{ready} is never ready: {why}")));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    fn over(&mut self) -> Result<Option<ExitStatus>, Fault> {
        self.child.try_wait().map_err(while_("the server"))
    }

    /// Ends what did not begin well, and says what it said.
    fn broken(mut self, fault: Fault) -> Fault {
        self.ended = true;
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|e| e.to_string(), |s| s.to_string());
        self.told(&format!("{fault}; the server: {status}"))
    }

    fn told(&self, what: &str) -> Fault {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        Fault::new(format!("{what}\n--- it said\n{said}---"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let ended = self.end();
        // A test that already fails has its reason; a second panic would hide it.
        if !thread::panicking() {
            assert!(ended.is_ok(), "{ended:?}");
        }
    }
}

/// The first JSON document that comes; what comes after it is read and dropped, so that whoever
/// writes is never held up.
fn first_document(out: ChildStdout) -> Result<Value, Fault> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut out = std::io::BufReader::new(out);
        let first = serde_json::Deserializer::from_reader(&mut out).into_iter::<Value>().next();
        let _ = sender.send(first);
        let _ = std::io::copy(&mut out, &mut std::io::sink());
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(Some(Ok(document))) => Ok(document),
        Ok(Some(Err(error))) => Err(Fault::new(format!("what it printed is not JSON: {error}"))),
        Ok(None) => Err(Fault::new("it printed nothing")),
        Err(_) => Err(Fault::new("it never printed where it listens")),
    }
}

fn entrances(told: &Value) -> Vec<Entrance> {
    let text = |link: &Value, key: &str| {
        link.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let entrance = |link: &Value| {
        let offices = link.get("offices").and_then(Value::as_array).into_iter().flatten();
        Entrance {
            person: text(link, "person"),
            name: text(link, "name"),
            offices: offices.filter_map(Value::as_str).map(str::to_owned).collect(),
            url: text(link, "url"),
        }
    };
    let links = told.get("links").and_then(Value::as_array);
    links.into_iter().flatten().map(entrance).collect()
}

/// The status with which a plain `GET` is answered.
///
/// # Errors
/// [`Fault`] when there is no answer.
pub fn status_of(url: &str) -> Result<u16, Fault> {
    let answer = asked("GET", url)?;
    let status = answer.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    status.ok_or_else(|| Fault::new(format!("{url} answered without a status")))
}

/// What a server answers, as it came; a `POST` sends an empty form.
fn asked(method: &str, url: &str) -> Result<String, Fault> {
    let rest = url.strip_prefix("http://").ok_or_else(|| Fault::new("only http:// is asked"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host).map_err(while_(url))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(while_(url))?;
    let form = if method == "POST" {
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n"
    } else {
        ""
    };
    let ask =
        format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\n{form}Connection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).map_err(while_(url))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(while_(url))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

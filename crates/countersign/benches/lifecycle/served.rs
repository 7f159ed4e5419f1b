//! A server that is measured, as a process of its own, and the load on it.

#![allow(dead_code, reason = "each program that shares this uses a part of it")]

use super::world;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The port in the origin that the measured programme's charter names.
pub const PORT: u16 = 8699;

/// The server, which does not outlive the measurement.
pub struct Served {
    child: Child,
    port: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // A server that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

impl Served {
    /// Starts it at a port, with more words at its command's end, and waits until it serves.
    pub fn start(location: &str, port: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["--ledger", location, "serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--origin", &format!("http://localhost:{PORT}")])
            .args(more)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("Serving"), "{line}");
        Self { child, port: port.to_owned() }
    }

    pub fn stop(mut self) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        let one = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect();
        let kind = "application/x-www-form-urlencoded";
        let request = client().post(self.url(path)).header("content-type", kind);
        let request = request.header("host", format!("localhost:{PORT}"));
        request.body(body.join("&")).send().await.unwrap()
    }

    /// Signs in as the holder; gives the token of the session.
    pub async fn sign_in(&self) -> String {
        let to = self.form("/sign-in", &[("person", "P-H"), ("next", "/")]).await;
        let to = to.headers()["location"].to_str().unwrap().to_owned();
        let text = client().get(self.url(&format!("{to}/statement.txt")));
        let text = text.header("host", format!("localhost:{PORT}")).send().await.unwrap();
        let text = text.text().await.unwrap();
        let key = world::key("P-H");
        let signature = key.sign_text("session@countersign", text.as_bytes()).unwrap();
        let answer = self.form(&to, &[("signature", &signature)]).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
    }

    /// What `wrk` counts, in requests a second; none of its answers may be an error.
    pub fn wrk(&self, path: &str, token: &str, seconds: u64, script: Option<&Path>) -> f64 {
        let mut command = Command::new("wrk");
        command.args(["-t", "1", "-c", "32", "-d", &format!("{seconds}s")]);
        command.args(["-H", &format!("Authorization: Bearer {token}")]);
        command.args(["-H", &format!("Host: localhost:{PORT}")]);
        if let Some(script) = script {
            command.arg("-s").arg(script);
        }
        let output = command.arg(self.url(path)).output().expect("install wrk (Debian: wrk)");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("Non-2xx"), "{path}: {text}");
        let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
        line.unwrap_or_else(|| panic!("{text}")).trim().parse().unwrap()
    }

    /// The memory that it has resident, in MiB (proc(5), VmRSS).
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Processor seconds that it has used, user and system (proc(5), fields 14 and 15).
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }
}

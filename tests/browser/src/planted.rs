//! A server of planted pages, for the controls: a check that never fails proves nothing, so each is
//! first shown something that it must fail.

use crate::fault::{Fault, while_};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// An answer to whatever was asked.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As `200 OK`.
    pub status: &'static str,
    /// Header lines, as `Content-Type: text/html`.
    pub headers: Vec<String>,
    /// What follows them.
    pub body: String,
}

impl Answer {
    /// A page.
    #[must_use]
    pub fn page(body: impl Into<String>) -> Self {
        let headers = vec!["Content-Type: text/html; charset=utf-8".to_owned()];
        Self { status: "200 OK", headers, body: body.into() }
    }

    /// JSON, with a status.
    #[must_use]
    pub fn json(status: &'static str, body: impl Into<String>) -> Self {
        let headers = vec!["Content-Type: application/json".to_owned()];
        Self { status, headers, body: body.into() }
    }

    /// The same with one more header line.
    #[must_use]
    pub fn with(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }
}

/// Answers on a free port, from now until the test process ends.
///
/// `answer` is given the method and the path.
///
/// # Errors
/// [`Fault`] when no port is free.
pub fn serve(
    answer: impl Fn(&str, &str) -> Answer + Clone + Send + 'static,
) -> Result<String, Fault> {
    let listener = TcpListener::bind(("localhost", 0)).map_err(while_("no port"))?;
    let port = listener.local_addr().map_err(while_("no port"))?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // A visitor that hangs up early is no matter.
            thread::spawn(move || drop(respond(&stream, &answer)));
        }
    });
    // A passkey's site is a name; 127.0.0.1 would not do.
    Ok(format!("http://localhost:{port}"))
}

fn respond(
    stream: &TcpStream,
    answer: &impl Fn(&str, &str) -> Answer,
) -> Result<(), std::io::Error> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(found) = line.strip_prefix("content-length:") {
            length = found.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Answer { status, headers, body } = answer(method, path);
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut writer = stream;
    writer.write_all(head.as_bytes())?;
    if method != "HEAD" {
        writer.write_all(body.as_bytes())?;
    }
    writer.flush()
}

//! Programs that are told, each with its own manners, and a mail server as small as it can be.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What came by HTTP.
#[derive(Clone, Debug)]
pub struct Called {
    pub manner: String,
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub kind: String,
    pub body: String,
}

/// Endpoints on a free port: `/good`, `/slow`, `/busy` (fails twice for each notice), `/broken`,
/// `/moved`, `/gone`.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    calls: Arc<Mutex<Vec<Called>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let receiver = Self { url, calls: Arc::default() };
        let app = Router::new().route("/{manner}", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        receiver
    }

    pub fn calls(&self, manner: &str) -> Vec<Called> {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|call| call.manner == manner).cloned().collect()
    }

    /// Waits until an endpoint was called so that `enough` is true of all its calls.
    pub async fn wait(&self, manner: &str, enough: impl Fn(&[Called]) -> bool) -> Vec<Called> {
        for _ in 0..600 {
            let calls = self.calls(manner);
            if enough(&calls) {
                return calls;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{manner}: {:#?}", self.calls(manner));
    }
}

async fn take(
    State(receiver): State<Receiver>,
    Path(manner): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    let call = Called {
        manner: manner.clone(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        kind: header("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let before = receiver.calls(&manner).iter().filter(|before| before.id == call.id).count();
    receiver.calls.lock().unwrap().push(call);
    match manner.as_str() {
        "slow" => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            StatusCode::OK.into_response()
        }
        "busy" if before < 2 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "moved" => (StatusCode::FOUND, [(header::LOCATION, "/trap")]).into_response(),
        "gone" => StatusCode::GONE.into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

/// A mail that came.
#[derive(Clone, Debug)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub text: String,
}

/// A mail server on a free port; the first `refused` mails are put off (451).
#[derive(Clone)]
pub struct Post {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    refused: Arc<Mutex<usize>>,
}

impl Post {
    pub async fn start(refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let post = Self { port, mails: Arc::default(), refused: Arc::new(Mutex::new(refused)) };
        let ours = post.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let ours = ours.clone();
                // Whoever leaves in the middle has sent no mail.
                tokio::spawn(async move { ours.talk(stream).await.unwrap_or_default() });
            }
        });
        post
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    pub async fn wait(&self, enough: impl Fn(&[Mail]) -> bool) -> Vec<Mail> {
        for _ in 0..600 {
            let mails = self.mails();
            if enough(&mails) {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{:#?}", self.mails());
    }

    /// RFC 5321, as much of it as one client needs.
    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut mail = Mail { from: String::new(), to: Vec::new(), text: String::new() };
        stream.write_all(b"220 post.example\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let word = line.split([' ', ':', '\r']).next().unwrap_or("").to_ascii_uppercase();
            let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            let answer: &[u8] = match word.as_str() {
                "EHLO" | "HELO" => b"250 post.example\r\n",
                "MAIL" => {
                    mail = Mail { from: address(), to: Vec::new(), text: String::new() };
                    let mut refused = self.refused.lock().unwrap();
                    if *refused > 0 {
                        *refused -= 1;
                        b"451 try again later\r\n"
                    } else {
                        b"250 yes\r\n"
                    }
                }
                "RCPT" => {
                    mail.to.push(address());
                    b"250 yes\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    loop {
                        line.clear();
                        stream.read_line(&mut line).await?;
                        if line == ".\r\n" {
                            break;
                        }
                        mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    }
                    self.mails.lock().unwrap().push(mail.clone());
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"250 yes\r\n",
            };
            stream.write_all(answer).await?;
        }
    }
}

//! Whether the servers' cluster manager is one that keeps what it acknowledged.
//!
//! Patroni before 4 let a primary that had hung past its lease take the cluster back from the one
//! that had replaced it, and everything acknowledged in between was lost. The database itself
//! cannot tell: whoever writes asks Patroni's REST API (`GET /patroni`, Patroni's manual, "REST
//! API").

use super::address::Host;
use crate::StoreError;
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// The oldest release that is trusted.
const OLDEST: u64 = 4;
/// How long it may take to be reached, and to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Refuses a server under a Patroni that is too old, or that does not say.
///
/// # Errors
/// [`StoreError::Refused`] where it is too old; [`StoreError::Unavailable`] where it does not
/// answer.
pub(super) fn check(host: &Host, port: u16) -> Result<(), StoreError> {
    let answer = asked(&host.name, port).map_err(|error| StoreError::Unavailable {
        cause: format!("asking Patroni at {}:{port}: {error}", host.name),
    })?;
    let Some(version) = version(&answer) else {
        let cause = format!("what answers at {}:{port} is not Patroni", host.name);
        return Err(StoreError::Unavailable { cause });
    };
    let major = version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_some_and(|major: u64| major >= OLDEST) {
        return Ok(());
    }
    Err(StoreError::Refused {
        what: format!("Patroni {version} at {} loses what it has acknowledged", host.shown()),
        remedy: "upgrade Patroni to 4 or later on every server",
    })
}

fn asked(host: &str, port: u16) -> std::io::Result<String> {
    let mut failed = std::io::Error::other("it has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.write_all(b"GET /patroni HTTP/1.0\r\n\r\n")?;
                let mut answer = Vec::new();
                stream.take(LONGEST).read_to_end(&mut answer)?;
                return Ok(String::from_utf8_lossy(&answer).into_owned());
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The version in an answer such as `{"state": "running", "patroni": {"version": "4.1.5"}}`, which
/// has no other member of that name within `patroni`. Only digits and dots are a version.
fn version(answer: &str) -> Option<&str> {
    let (_, of_patroni) = answer.split_once("\"patroni\"")?;
    let (_, rest) = of_patroni.split_once("\"version\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let (version, _) = rest.split_once('"')?;
    let fits = !version.is_empty()
        && version.len() <= 20
        && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    fits.then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// One that answers once with these bytes.
    fn served(answer: &'static str) -> (Host, u16, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(answer.as_bytes());
        });
        (Host { name: "127.0.0.1".to_owned(), port: 5432 }, port, served)
    }

    #[test]
    fn only_a_patroni_of_4_or_later_is_trusted() {
        let of = |answer| {
            let (host, port, served) = served(answer);
            let judged = check(&host, port);
            served.join().unwrap();
            judged
        };
        let answer = "HTTP/1.0 200 OK\r\n\r\n{\"state\": \"running\", \"patroni\": {\"version\": \
                      \"4.1.5\", \"scope\": \"c\"}}";
        assert_eq!(of(answer), Ok(()));
        let old = "HTTP/1.0 200 OK\r\n\r\n{\"patroni\": {\"version\": \"3.0.2\"}}";
        assert!(matches!(of(old), Err(StoreError::Refused { what, .. }) if what.contains("3.0.2")));
        for nonsense in [
            "",
            "HTTP/1.0 404 Not Found\r\n\r\n",
            "{\"version\": \"4.1.5\"}",
            "{\"patroni\": {\"version\": \"4\u{1b}[2J\"}}",
            "{\"patroni\": {\"version\": 4}}",
        ] {
            assert!(matches!(of(nonsense), Err(StoreError::Unavailable { .. })), "{nonsense}");
        }
    }
}

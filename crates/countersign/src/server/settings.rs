//! Settings of the server. Answers: *where does it listen, and under which name?*

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A web origin: scheme, host and port (RFC 6454 §4), as the ledger's charter lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Origin {
    /// `http://localhost` with a port.
    pub(crate) fn localhost(port: u16) -> Self {
        Self { scheme: Scheme::Http, host: "localhost".to_owned(), port: Some(port) }
    }

    /// Whether browsers reach it over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The host without the port: the relying party of the passkeys made here.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What the `Host` header of a request for this origin says.
    pub(crate) fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority())
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no origin; write https://HOST or https://HOST:PORT without a path \
                 (http only for localhost)"
            )
        };
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(_) | None => return Err(wrong()),
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
            None => (rest, None),
        };
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = !host.is_empty()
            && host.len() <= 253
            && host.bytes().all(|byte| letter(byte) || byte == b'-' || byte == b'.')
            && (scheme == Scheme::Https || host == "localhost")
            && port != Some(0);
        if fits { Ok(Self { scheme, host: host.to_owned(), port }) } else { Err(wrong()) }
    }
}

/// The files of a TLS certificate.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// The certificate chain, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

/// How the server runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// What browsers call it; one of the origins in the charter.
    pub(crate) origin: Origin,
    /// With which certificate; none where a proxy in front of it has one.
    pub(crate) tls: Option<Tls>,
}

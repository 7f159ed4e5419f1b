//! Settings of the server. Answers: *where does it listen, and under which name?*

use super::nodes::Peers;
use super::notices::Notices;
use super::oidc::Oidc;
use crate::pack::ZoneShape;
use axum_server::tls_rustls::RustlsConfig;
use std::str::FromStr;
use std::sync::Arc;

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

/// How the server runs.
pub(crate) struct Settings {
    /// What browsers call it; one of the origins in the charter.
    pub(crate) origin: Origin,
    /// With which certificate; none where a proxy in front of it has one.
    pub(crate) tls: Option<RustlsConfig>,
    /// Who else may say who somebody is.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// The zones with their outlines, for the map; none where there is no map.
    pub(crate) zones: Vec<ZoneShape>,
    /// Who is told of what happens.
    pub(crate) notices: Option<Notices>,
    /// The other nodes of the ledger, where there may be some.
    pub(crate) peers: Option<Peers>,
}

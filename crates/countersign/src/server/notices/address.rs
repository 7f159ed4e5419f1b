//! Which addresses may be called. Answers: *could this URL make the server speak to something that
//! nobody meant?*
//!
//! URLs come from the operator's own file; the guard is against a mistake there, and against a name
//! that comes to mean an address inside (server-side request forgery, DNS rebinding).

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Checks the URL of an endpoint: https, or http to this machine; no password in it; and no address
/// of a private network, unless that is allowed.
///
/// # Errors
/// What is wrong with it; the URL is not repeated, since it may hold a token.
pub(crate) fn check(text: &str, is_private: bool) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("url: {error}"))?;
    let host = url.host_str().ok_or("url: it names no host")?;
    let local = is_loopback(host);
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        _ => return Err("url: only https is called (http only for localhost)".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url: it holds a user or a password; they would be no secret there".to_owned());
    }
    if url.fragment().is_some() {
        return Err("url: it has a fragment (#…), which is never sent".to_owned());
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if let Ok(ip) = literal
        && !(is_private || local || is_public(ip))
    {
        return Err(format!("url: {ip} {INSIDE}"));
    }
    Ok(url)
}

const INSIDE: &str = "is an address inside a private network; if it is meant, write allow_private \
                      = true";

/// Whether a host is this machine, by its name or its address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || literal.is_ok_and(|ip| ip.is_loopback())
}

/// Whether an address is one of the public internet (IANA special-purpose registries of IPv4 and
/// IPv6): what is not known to be public is not.
pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, _, _)
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Only 2000::/3 is given out, and in it some blocks carry an IPv4 address or are for examples.
    let given_out = a & 0xe000 == 0x2000;
    let special = a == 0x2002 || (a == 0x2001 && (b < 0x200 || b == 0xdb8)) || a == 0x3fff;
    given_out && !special
}

/// Finds the addresses of names, and gives none that must not be called. What it gives is what is
/// connected to, so that a name cannot mean one thing when it is checked and another then.
pub(crate) struct Guarded {
    /// The only name that may mean this machine, if any.
    pub(crate) is_local: bool,
    /// Whether private networks are allowed.
    pub(crate) is_private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (is_local, is_private) = (self.is_local, self.is_private);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may = |at: &SocketAddr| {
                let loopback = at.ip().is_loopback();
                is_private || if is_local { loopback } else { is_public(at.ip()) }
            };
            let found: Vec<SocketAddr> = found.filter(may).collect();
            if found.is_empty() {
                return Err(format!("{} {INSIDE}", name.as_str()).into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Guarded, check, is_public};
    use reqwest::dns::Resolve as _;

    #[test]
    fn only_https_is_called_and_http_on_this_machine() {
        for good in [
            "https://hooks.example/x?y=z",
            "https://93.184.215.14/x",
            "http://localhost:9000/x",
            "http://127.0.0.1:9000",
            "https://localhost:8443/",
            "https://127.0.0.1/",
            "http://[::1]:9000/",
        ] {
            assert!(check(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://hooks.example/x",
            "http://localhost.evil.example/",
            "ftp://localhost/",
            "file:///etc/passwd",
            "https://user:s3cr3t@hooks.example/",
            "https://hooks.example/#part",
            "hooks.example",
            "",
        ] {
            let told = check(bad, true).unwrap_err();
            assert!(told.starts_with("url: "), "{bad}: {told}");
            assert!(!told.contains("s3cr3t"), "{told}");
        }
    }

    #[test]
    fn addresses_inside_are_not_called_unless_that_is_said() {
        for inside in [
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://172.31.255.255/",
            "https://192.168.1.1/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://0x0a000001/",
            "https://167772161/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[2002:0a00:0001::]/",
            "https://[64:ff9b::10.0.0.1]/",
        ] {
            assert!(check(inside, false).unwrap_err().contains("allow_private"), "{inside}");
            assert!(check(inside, true).is_ok(), "{inside}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_name_that_means_this_machine_is_not_called_either() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let name = || "localhost".parse().unwrap();
            let strict = Guarded { is_local: false, is_private: false };
            assert!(strict.resolve(name()).await.is_err());
            let local = Guarded { is_local: true, is_private: false };
            assert!(local.resolve(name()).await.unwrap().all(|at| at.ip().is_loopback()));
        });
    }
}

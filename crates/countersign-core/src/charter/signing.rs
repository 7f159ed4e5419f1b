//! Where signatures may come from. Answers: *for which applications and from which pages may a
//! key in an authenticator have signed?*
//!
//! It stands in the charter, so that whoever verifies a record finds it there, signed by the
//! founders, and need not be told it by the server.

use countersign_proof::signature::SignatureRules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The application of keys made by `ssh-keygen`, where a pack names none.
pub const SSH: &str = "ssh:";
/// The longest name of an application, and of a host: that of a domain name.
const NAME_MAX: usize = 253;

/// Where signatures may come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningPlaces {
    /// What a hardware key may be bound to: `ssh:` for keys made by `ssh-keygen`, the relying
    /// party id (a domain name) for passkeys.
    pub applications: BTreeSet<String>,
    /// The web origins from which a passkey may sign; the doors of the ledger.
    pub origins: BTreeSet<String>,
}

impl Default for SigningPlaces {
    fn default() -> Self {
        Self { applications: BTreeSet::from([SSH.to_owned()]), origins: BTreeSet::new() }
    }
}

impl SigningPlaces {
    /// What signatures are held against.
    #[must_use]
    pub fn rules(&self) -> SignatureRules {
        SignatureRules { applications: self.applications.clone(), origins: self.origins.clone() }
    }

    /// Whether every place is one.
    ///
    /// # Errors
    /// The first that is none, in words.
    pub fn check(&self) -> Result<(), String> {
        self.applications.iter().try_for_each(|application| check_application(application))?;
        self.origins.iter().try_for_each(|origin| check_origin(origin))
    }
}

/// Whether an application can be one: 1 to 253 visible ASCII characters.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_application(application: &str) -> Result<(), String> {
    let visible = application.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=NAME_MAX).contains(&application.len()) {
        return Ok(());
    }
    Err(format!("the application {application:?} is not 1 to 253 visible ASCII characters"))
}

/// Whether an origin is written as a browser reports it: `https://host` or `https://host:port`,
/// or for a trial `http://localhost` with or without a port. A browser writes the host in small
/// letters and leaves the usual port out, so an origin written otherwise would never match.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_origin(origin: &str) -> Result<(), String> {
    let secure = origin.strip_prefix("https://").map(|place| (place, "443"));
    let local = origin.strip_prefix("http://").map(|place| (place, "80"));
    let (place, usual) = secure
        .or(local)
        .ok_or_else(|| format!("the origin {origin:?} begins with neither https:// nor http://"))?;
    let (host, port) = place.split_once(':').map_or((place, None), |(h, p)| (h, Some(p)));
    if secure.is_none() && host != "localhost" {
        return Err(format!("the origin {origin:?} is not secure; http is for localhost alone"));
    }
    if !is_host(host) {
        return Err(format!(
            "the origin {origin:?} names no host in small letters, or has a path behind it"
        ));
    }
    let Some(port) = port else { return Ok(()) };
    let number = port.parse::<u16>().ok().filter(|number| *number > 0);
    if number.is_none_or(|number| number.to_string() != port) {
        return Err(format!("the origin {origin:?} has no port from 1 to 65535"));
    }
    if port == usual {
        return Err(format!("the origin {origin:?} names its usual port; leave :{usual} out"));
    }
    Ok(())
}

fn is_host(host: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= NAME_MAX && host.split('.').all(label)
}

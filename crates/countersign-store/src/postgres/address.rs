//! What a `postgres://` location says, taken apart; nothing it may hold in secret is ever repeated.

use super::schema;
use crate::StoreError;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use std::path::PathBuf;

const PORT: u16 = 5432;
const LEDGER: &str = "main";

/// Longest name of a ledger, in characters; PostgreSQL cuts names at 63, ours has a prefix.
pub(super) const NAME_MAX: usize = 40;

/// Where a record is, and under which conditions it is spoken to. Holds no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) user: String,
    pub(super) hosts: Vec<Host>,
    pub(super) database: String,
    pub(super) ledger: String,
    pub(super) tls: Tls,
    pub(super) passfile: Option<PathBuf>,
    pub(super) durability: Durability,
    /// The ports of Patroni's REST API: one for each host, or one for all; none where there is no
    /// Patroni.
    pub(super) patroni: Vec<u16>,
    /// Where the files lie that belong to the record and are not in it.
    pub(super) folder: Option<PathBuf>,
}

/// One of the servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an address, or the folder of a Unix socket.
    pub(super) name: String,
    pub(super) port: u16,
}

/// Whether the connection is encrypted, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Off,
    /// The server proves its name by a certificate of one of these roots; without a file, of those
    /// that the system trusts.
    Verified {
        roots: Option<PathBuf>,
    },
}

/// When an append is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// When the server, and every standby it waits for, has it on stable storage.
    Durable,
    /// When the server says so, whatever its settings mean by that.
    AcknowledgedBeforeDurable,
}

impl Host {
    /// As it is shown.
    pub(super) fn shown(&self) -> String {
        format!("{}:{}", self.name, self.port)
    }

    pub(super) fn is_socket(&self) -> bool {
        self.name.starts_with('/')
    }

    fn is_local(&self) -> bool {
        self.is_socket()
            || self.name == "localhost"
            || self.name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

/// Whether `location` is for PostgreSQL, well-formed or not.
pub(crate) fn is_one(location: &str) -> bool {
    rest_of(location).is_some() || location.contains("password=")
}

fn rest_of(location: &str) -> Option<&str> {
    ["postgres:", "postgresql:"].iter().find_map(|scheme| {
        let start = location.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| location.get(scheme.len()..)).flatten()
    })
}

fn refuse<T>(what: impl Into<String>) -> Result<T, StoreError> {
    Err(StoreError::UnsupportedLocation { what: what.into() })
}

const PASSWORD: &str = "a location must not hold a password; put it into a file of one line, \
                        HOST:PORT:DATABASE:USER:PASSWORD, and name that by passfile=FILE or \
                        PGPASSFILE";

impl Address {
    /// Takes `location` apart.
    ///
    /// # Errors
    /// [`StoreError::UnsupportedLocation`], which names what is wrong and never repeats a value.
    pub(super) fn parse(location: &str) -> Result<Self, StoreError> {
        let Some(rest) = rest_of(location) else { return refuse(PASSWORD) };
        let Some(rest) = rest.strip_prefix("//") else {
            return refuse("two slashes are missing after the scheme");
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let Some((user, place)) = place.rsplit_once('@') else {
            return refuse("the location names no user");
        };
        let user = decoded(user)?;
        if user.contains([':', '/', '@']) {
            return refuse(PASSWORD);
        }
        let Some((hosts, database)) = place.split_once('/') else {
            return refuse("the location names no database");
        };
        let database = decoded(database)?;
        if user.is_empty() || database.is_empty() || database.contains('/') {
            return refuse("the location must name one user and one database");
        }
        let hosts: Vec<Host> = hosts.split(',').map(host).collect::<Result<_, _>>()?;
        let (ledger, durability) = (LEDGER.to_owned(), Durability::Durable);
        let tls = Tls::Verified { roots: None };
        let (passfile, folder, patroni) = (None, None, Vec::new());
        let mut address =
            Self { user, hosts, database, ledger, tls, passfile, durability, patroni, folder };
        address.take_parameters(query)?;
        if address.patroni.len() > 1 && address.patroni.len() != address.hosts.len() {
            return refuse("patroni names one port for all hosts, or one for each");
        }
        Ok(address)
    }

    fn take_parameters(&mut self, query: &str) -> Result<(), StoreError> {
        let mut seen: Vec<&str> = Vec::new();
        let (mut encrypted, mut roots) = (None, None);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if seen.contains(&name) {
                return refuse("a parameter of the location stands there twice");
            }
            seen.push(name);
            let value = decoded(value)?;
            match name {
                "ledger" => self.ledger = named(value)?,
                "sslmode" => encrypted = Some(is_encrypted(&value)?),
                "sslrootcert" => roots = Some(PathBuf::from(value)),
                "passfile" => self.passfile = Some(PathBuf::from(value)),
                "folder" if value.is_empty() => return refuse("folder names no folder"),
                "folder" => self.folder = Some(PathBuf::from(value)),
                "patroni" => self.patroni = ports(&value)?,
                "durability" => self.durability = durability(&value)?,
                _ => return refuse_parameter(name),
            }
        }
        if encrypted == Some(false) && roots.is_some() {
            return refuse("sslrootcert is of no use with sslmode=disable");
        }
        let encrypted = encrypted.unwrap_or(roots.is_some() || !self.is_local());
        if encrypted && self.hosts.iter().any(Host::is_socket) {
            return refuse("a Unix socket is never encrypted; leave sslmode out");
        }
        self.tls = if encrypted { Tls::Verified { roots } } else { Tls::Off };
        Ok(())
    }

    /// The port of Patroni's REST API at a host.
    pub(super) fn patroni_at(&self, number: usize) -> Option<u16> {
        self.patroni.get(number).or_else(|| self.patroni.first()).copied()
    }

    /// Whether no word of ours leaves this machine.
    fn is_local(&self) -> bool {
        self.hosts.iter().all(Host::is_local)
    }

    /// The PostgreSQL schema with the record in it; its parts are checked, so it needs no quoting.
    pub(super) fn schema(&self) -> String {
        format!("{}{}", schema::PREFIX, self.ledger)
    }
}

fn refuse_parameter<T>(name: &str) -> Result<T, StoreError> {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    if name.contains("pass") {
        refuse(PASSWORD)
    } else if !name.is_empty() && name.len() <= 32 && name.chars().all(is_word) {
        refuse(format!(
            "the parameter {name} of the location is not known; known: ledger, sslmode, \
             sslrootcert, passfile, durability, patroni, folder"
        ))
    } else {
        refuse("a parameter of the location is not known")
    }
}

fn ports(text: &str) -> Result<Vec<u16>, StoreError> {
    let port = |text: &str| text.parse().ok().filter(|port| *port != 0);
    let ports: Option<Vec<u16>> = text.split(',').map(port).collect();
    ports.map_or_else(|| refuse("patroni names no port"), Ok)
}

fn decoded(text: &str) -> Result<String, StoreError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.contains(char::is_control) => Ok(text.into_owned()),
        Ok(_) | Err(_) => refuse("the location is not plain text once decoded"),
    }
}

/// `HOST`, `HOST:PORT`, `[IPV6]:PORT`, or the percent-encoded folder of a Unix socket.
fn host(text: &str) -> Result<Host, StoreError> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, "")) => (name, None),
        Some((name, port)) => match port.strip_prefix(':') {
            Some(port) => (name, Some(port)),
            None => return refuse("a host of the location cannot be read"),
        },
        None => text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port))),
    };
    let Ok(port) = port.map_or(Ok(PORT), str::parse) else {
        return refuse("a port of the location is not a number up to 65535");
    };
    let name = decoded(name)?;
    if name.is_empty() {
        return refuse("a host of the location is empty");
    }
    Ok(Host { name, port })
}

fn named(name: String) -> Result<String, StoreError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) {
        return refuse(format!(
            "a ledger's name has 1 to {NAME_MAX} of a to z, 0 to 9 and _, nothing else"
        ));
    }
    Ok(name)
}

fn is_encrypted(value: &str) -> Result<bool, StoreError> {
    match value {
        "disable" => Ok(false),
        "require" => Ok(true),
        _ => refuse(
            "sslmode is disable, or require, which verifies the certificate and the host's name",
        ),
    }
}

fn durability(value: &str) -> Result<Durability, StoreError> {
    match value {
        "durable" => Ok(Durability::Durable),
        "acknowledged-before-durable" => Ok(Durability::AcknowledgedBeforeDurable),
        _ => refuse("durability is durable or acknowledged-before-durable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(hosts: &str, parameters: &str) -> Tls {
        let location = format!("postgres://clerk@{hosts}/records?ledger=a_1{parameters}");
        Address::parse(&location).unwrap().tls
    }

    #[test]
    fn whatever_leaves_this_machine_is_encrypted_unless_it_is_said_in_words() {
        let verified = || Tls::Verified { roots: None };
        for away in ["db.example", "10.0.0.7:5433", "localhost,db.example", "[2001:db8::7]:1"] {
            assert_eq!(tls(away, ""), verified(), "{away}");
            assert_eq!(tls(away, "&sslmode=require"), verified(), "{away}");
            assert_eq!(tls(away, "&sslmode=disable"), Tls::Off, "{away}");
        }
        for here in ["localhost", "127.0.0.1:5433,[::1]", "%2Frun%2Fpostgresql"] {
            assert_eq!(tls(here, ""), Tls::Off, "{here}");
        }
        assert_eq!(tls("localhost", "&sslmode=require"), verified());
        let roots = Some(PathBuf::from("/a b"));
        assert_eq!(tls("localhost", "&sslrootcert=/a%20b"), Tls::Verified { roots });
    }

    #[test]
    fn a_location_says_where_and_how() {
        let location = "postgresql://the%20clerk@db1.example,[::1]:5433/my%20records?passfile=/p\
                        &folder=/srv/a%20b";
        let address = Address::parse(location).unwrap();
        let host = |name: &str, port| Host { name: name.to_owned(), port };
        assert_eq!(address.hosts, [host("db1.example", 5432), host("::1", 5433)]);
        assert_eq!((&*address.user, &*address.database), ("the clerk", "my records"));
        assert_eq!((&*address.ledger, &*address.schema()), ("main", "countersign_main"));
        assert_eq!(address.passfile, Some(PathBuf::from("/p")));
        assert_eq!(address.folder, Some(PathBuf::from("/srv/a b")));
        assert_eq!(address.durability, Durability::Durable);
    }
}

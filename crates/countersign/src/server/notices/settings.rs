//! What the operator says of notices: a TOML file. Answers: *who is to be told of what, and by
//! which way?*
//!
//! Secrets stand in files or in the environment, never in this one.

use super::address;
use super::pace::Pace;
use super::told::{Wanted, is_event_kind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_proof::words::{OfficeId, PersonId};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use reqwest::Url;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most webhooks of one server.
const WEBHOOKS: usize = 32;
/// The shortest and longest secret, in bytes (Standard Webhooks 1.0.0, signature scheme).
const SECRET: std::ops::RangeInclusive<usize> = 24..=64;
/// How long an endpoint is waited for, in seconds, and how long it may be at most.
const USUAL_PATIENCE: u64 = 15;
const LONGEST_PATIENCE: u64 = 60;
/// The longest a secret's file may be.
const LONGEST_FILE: u64 = 64 * 1024;

/// Everything that the file says, checked and with its secrets.
pub(crate) struct NoticeSettings {
    /// Where positions and dead letters are kept; beside the ledger, if not given.
    pub(crate) state: Option<PathBuf>,
    /// The programs to tell.
    pub(crate) webhooks: Vec<Webhook>,
    /// How people are told.
    pub(crate) mail: Option<Mail>,
}

/// A program that is told by HTTP.
pub(crate) struct Webhook {
    /// What it is called here, in logs and metrics.
    pub(crate) name: String,
    /// Where it is; never printed, since it may hold a token.
    pub(crate) url: Url,
    /// What each notice is signed with: the secret, and the one before while that is changed.
    pub(crate) signers: Vec<standardwebhooks::Webhook>,
    /// What it is told of.
    pub(crate) wanted: Wanted,
    /// Whether it may stand in a private network.
    pub(crate) is_private: bool,
    /// Further authorities that vouch for it, PEM.
    pub(crate) authorities: Vec<reqwest::Certificate>,
    /// How long an answer may take.
    pub(crate) patience: Duration,
    /// When a notice is sent again.
    pub(crate) pace: Pace,
}

impl Webhook {
    /// The host, which may be printed.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

/// How people are told by e-mail.
pub(crate) struct Mail {
    /// The host that takes the mail.
    pub(crate) server: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the connection is kept secret.
    pub(crate) security: Security,
    /// How we sign in there.
    pub(crate) credentials: Option<Credentials>,
    /// Whom it comes from.
    pub(crate) from: Mailbox,
    /// Whom to write to.
    pub(crate) recipients: BTreeMap<Whom, Mailbox>,
    /// How long at least between two mails to the same address.
    pub(crate) rest: Duration,
    /// How long the mail server may take for a mail.
    pub(crate) patience: Duration,
    /// When a mail is sent again.
    pub(crate) pace: Pace,
}

/// Whose mail it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whom {
    /// A person.
    Person(PersonId),
    /// A mailbox of an office, whoever holds it.
    Office(OfficeId),
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => write!(f, "{person}"),
            Self::Office(office) => write!(f, "{office}"),
        }
    }
}

/// How a connection to the mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    /// TLS from the first byte on.
    #[default]
    Tls,
    /// TLS after STARTTLS; without it nothing is sent.
    Starttls,
    /// Not at all; only on this machine.
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    state: Option<PathBuf>,
    #[serde(default)]
    webhook: Vec<WrittenWebhook>,
    mail: Option<WrittenMail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWebhook {
    name: String,
    url: String,
    secret_file: Option<PathBuf>,
    secret_env: Option<String>,
    old_secret_file: Option<PathBuf>,
    old_secret_env: Option<String>,
    events: Vec<String>,
    #[serde(default)]
    refusals: bool,
    #[serde(default)]
    allow_private: bool,
    ca_file: Option<PathBuf>,
    timeout_seconds: Option<u64>,
    retry_seconds: Option<Vec<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMail {
    server: String,
    port: Option<u16>,
    #[serde(default)]
    security: Security,
    user: Option<String>,
    password_file: Option<PathBuf>,
    password_env: Option<String>,
    from: String,
    to: Vec<WrittenRecipient>,
    rest_seconds: Option<u64>,
    timeout_seconds: Option<u64>,
    retry_seconds: Option<Vec<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecipient {
    person: Option<PersonId>,
    office: Option<OfficeId>,
    address: String,
}

impl NoticeSettings {
    /// Reads the file, and the secrets that it names. Paths in it are beside the file itself.
    ///
    /// # Errors
    /// What is wrong, where, and what to do about it; no secret is repeated.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let told = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
        let written: Written = toml::from_str(&text).map_err(|error| told(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::checked(written, folder).map_err(told)
    }

    fn checked(written: Written, folder: &Path) -> Result<Self, String> {
        if written.webhook.is_empty() && written.mail.is_none() {
            return Err("nobody is named to be told; write [[webhook]] or [mail]".to_owned());
        }
        if written.webhook.len() > WEBHOOKS {
            return Err(format!("more than {WEBHOOKS} webhooks are named"));
        }
        let mut names = BTreeSet::new();
        let mut webhooks = Vec::new();
        for hook in written.webhook {
            let name = hook.name.clone();
            if name == MAIL || !is_name(&name) {
                return Err(format!(
                    "webhook {name:?}: a name has 1 to 40 characters of a-z 0-9 and -, and is not \
                     {MAIL:?}"
                ));
            }
            if !names.insert(name.clone()) {
                return Err(format!("webhook {name:?}: there are two of this name"));
            }
            webhooks.push(webhook(hook, folder).map_err(|why| format!("webhook {name:?}: {why}"))?);
        }
        let mail = written.mail.map(|mail| self::mail(mail, folder));
        let mail = mail.transpose().map_err(|why| format!("[mail]: {why}"))?;
        let state = written.state.map(|state| folder.join(state));
        Ok(Self { state, webhooks, mail })
    }
}

/// What the files and metrics of mail are called.
pub(crate) const MAIL: &str = "mail";

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(letter)
}

fn webhook(written: WrittenWebhook, folder: &Path) -> Result<Webhook, String> {
    let url = address::check(&written.url, written.allow_private)?;
    let secret = secret("secret", (written.secret_file, written.secret_env), folder)?;
    let secret = secret.ok_or("it has no secret; write secret_file or secret_env")?;
    let old = (written.old_secret_file, written.old_secret_env);
    let old = self::secret("old_secret", old, folder)?;
    let signers = [Some(secret), old].into_iter().flatten();
    let signers = signers.map(|secret| signer(&secret)).collect::<Result<Vec<_>, _>>()?;
    let every = written.events.iter().any(|kind| kind == "*");
    for kind in &written.events {
        if kind != "*" && !is_event_kind(kind) {
            return Err(format!(
                "events: {kind:?} is no kind of event; docs/notices.md lists them, and \"*\" means \
                 all"
            ));
        }
    }
    if written.events.is_empty() && !written.refusals {
        return Err("it is told of nothing; name events, or write events = [\"*\"]".to_owned());
    }
    let kinds = (!every).then(|| written.events.into_iter().collect());
    let patience = patience(written.timeout_seconds)?;
    let authorities = written.ca_file.map(|file| authorities(&folder.join(file))).transpose()?;
    Ok(Webhook {
        name: written.name,
        url,
        signers,
        wanted: Wanted { kinds, refusals: written.refusals },
        is_private: written.allow_private,
        authorities: authorities.unwrap_or_default(),
        patience,
        pace: pace(written.retry_seconds)?,
    })
}

/// How long an answer may take.
fn patience(written: Option<u64>) -> Result<Duration, String> {
    let seconds = written.unwrap_or(USUAL_PATIENCE);
    if (1..=LONGEST_PATIENCE).contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(format!("timeout_seconds: {seconds} is not between 1 and {LONGEST_PATIENCE}"))
}

fn pace(written: Option<Vec<u64>>) -> Result<Pace, String> {
    written.map_or_else(|| Ok(Pace::default()), |seconds| Pace::new(&seconds))
}

fn authorities(file: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("ca_file {}: {why}", file.display());
    let pem = std::fs::read(file).map_err(|error| wrong(&error))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(&error))?;
    if found.is_empty() {
        return Err(wrong(&"there is no certificate in it; it is to be PEM"));
    }
    Ok(found)
}

/// What a file or a variable of the environment holds.
fn secret(
    what: &str,
    (file, variable): (Option<PathBuf>, Option<String>),
    folder: &Path,
) -> Result<Option<String>, String> {
    let text = match (file, variable) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(format!("{what}_file and {what}_env are both given; keep one"));
        }
        (Some(file), None) => {
            let file = folder.join(file);
            let wrong =
                |why: &dyn std::fmt::Display| format!("{what}_file {}: {why}", file.display());
            let length = std::fs::metadata(&file).map_err(|error| wrong(&error))?.len();
            if length > LONGEST_FILE {
                return Err(wrong(&"it is too long for a secret"));
            }
            std::fs::read_to_string(&file).map_err(|error| wrong(&error))?
        }
        (None, Some(variable)) => std::env::var(&variable)
            .map_err(|_| format!("{what}_env: {variable} is not set in the environment"))?,
    };
    let text = text.trim().to_owned();
    if text.is_empty() { Err(format!("the {what} is empty")) } else { Ok(Some(text)) }
}

/// What signs with a secret (Standard Webhooks 1.0.0, signature scheme).
fn signer(secret: &str) -> Result<standardwebhooks::Webhook, String> {
    let wrong = "the secret is not whsec_ and then base64 of 24 to 64 bytes; make one with \
                 `echo whsec_$(openssl rand -base64 32)`";
    let key = secret.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
    let key = key.filter(|key| SECRET.contains(&key.len())).ok_or(wrong)?;
    standardwebhooks::Webhook::from_bytes(key).map_err(|_| wrong.to_owned())
}

fn mail(written: WrittenMail, folder: &Path) -> Result<Mail, String> {
    let server = written.server;
    let host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if server.is_empty() || server.len() > 253 || !server.bytes().all(host) {
        return Err(format!("server: {server:?} is no host; write mail.example"));
    }
    if written.security == Security::None && !address::is_loopback(&server) {
        return Err("security = \"none\" is only for a server on this machine (localhost); write \
                    \"tls\" or \"starttls\""
            .to_owned());
    }
    let usual = match written.security {
        Security::Tls => 465,
        Security::Starttls => 587,
        Security::None => 25,
    };
    let password = secret("password", (written.password_file, written.password_env), folder)?;
    let credentials = match (written.user, password) {
        (None, None) => None,
        (Some(user), Some(password)) => Some(Credentials::new(user, password)),
        (Some(_), None) | (None, Some(_)) => {
            return Err(
                "a user needs password_file or password_env, and these need a user".to_owned()
            );
        }
    };
    let mut recipients = BTreeMap::new();
    for one in written.to {
        let whom = match (one.person, one.office) {
            (Some(person), None) => Whom::Person(person),
            (None, Some(office)) => Whom::Office(office),
            (Some(_), Some(_)) | (None, None) => {
                return Err("each [[mail.to]] names either a person or an office".to_owned());
            }
        };
        let address = mailbox("address", &one.address)?;
        if recipients.insert(whom.clone(), address).is_some() {
            return Err(format!("{whom} has two addresses; keep one"));
        }
    }
    if recipients.is_empty() {
        return Err("nobody is to be written to; write [[mail.to]]".to_owned());
    }
    let rest = written.rest_seconds.unwrap_or(60);
    if !(1..=86_400).contains(&rest) {
        return Err(format!("rest_seconds: {rest} is not between 1 and 86400"));
    }
    Ok(Mail {
        port: written.port.unwrap_or(usual),
        server,
        security: written.security,
        credentials,
        from: mailbox("from", &written.from)?,
        recipients,
        rest: Duration::from_secs(rest),
        patience: patience(written.timeout_seconds)?,
        pace: pace(written.retry_seconds)?,
    })
}

pub(super) fn mailbox(what: &str, text: &str) -> Result<Mailbox, String> {
    let wrong = || format!("{what}: {text:?} is no address; write name@host, or Words <name@host>");
    // A control character could begin another header; no address needs one.
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

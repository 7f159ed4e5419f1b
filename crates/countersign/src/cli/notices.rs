//! `notices …`: what could not be told, and telling it again.

use super::output::Output;
use super::{Failure, Global};
use crate::clock::{Clock as _, SystemEntropy, WallClock, random16};
use crate::opening::{open_reader, read_body};
use crate::server::notices::calling::{Caller, Came};
use crate::server::notices::kept::{Dead, Files, Position};
use crate::server::notices::settings::{MAIL, Mail, NoticeSettings, Webhook, Whom};
use crate::server::notices::told::Notice;
use crate::server::notices::waiting::concerns;
use crate::server::notices::{folder, letters, mailing};
use crate::server::running::choose_cryptography;
use clap::{Args, Subcommand};
use countersign_core::State;
use countersign_core::record::Answer;
use countersign_proof::entry::OpenPart;
use countersign_proof::words::Moment;
use countersign_store::Store;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Verbs of `notices`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show how far each endpoint has been told, and what could not be told
    #[command(
        after_help = "Example:\n  countersign --ledger D notices list --notices notices.toml"
    )]
    List(Named),
    /// Send what was given up once more, and forget what is taken
    #[command(after_help = "Examples:\n  \
        countersign --ledger D notices resend --notices notices.toml\n  \
        countersign --ledger D notices resend --notices notices.toml --endpoint case-files")]
    Resend(Chosen),
    /// Send something that tells of nothing, to see whether it arrives; an endpoint that had
    /// answered 410 and takes it is told again
    #[command(after_help = "The endpoint `mail` writes to every recipient. Exit code 4 when \
        anything did not arrive.")]
    Test(Chosen),
}

/// Whose notices.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The file that `serve --notices` is given
    #[arg(long, value_name = "FILE")]
    notices: PathBuf,
}

/// Whose notices, and which endpoint of them.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    #[command(flatten)]
    named: Named,
    /// Only this one: the name of a webhook, or `mail`
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
}

/// A ledger and those who are told of it.
struct Office {
    settings: NoticeSettings,
    folder: PathBuf,
    store: Box<dyn Store>,
    state: State,
    position: u64,
}

impl Office {
    fn open(global: &Global, named: &Named) -> Result<Self, Failure> {
        choose_cryptography();
        let location = global.location()?;
        let settings = NoticeSettings::read(&named.notices).map_err(Failure::usage)?;
        let folder = folder(&settings, location);
        let (store, state, head) = open_reader(location)?;
        Ok(Self { settings, folder, store, state, position: head.frontier.size() })
    }

    /// The endpoints, by their names.
    fn names(&self) -> Vec<String> {
        let hooks = self.settings.webhooks.iter().map(|hook| hook.name.clone());
        hooks.chain(self.settings.mail.iter().map(|_| MAIL.to_owned())).collect()
    }

    fn files(&self, name: &str) -> Files {
        Files::of(&self.folder, name)
    }

    fn kept(&self, name: &str) -> Result<Option<Position>, Failure> {
        let position = self.files(name).position(self.state.ledger.digest);
        position.map_err(Failure::unavailable)
    }

    /// How links begin: as the server's do, or as the charter says.
    fn origin(&self, name: &str) -> Result<String, Failure> {
        let kept = self.kept(name)?.map(|position| position.origin);
        let named = || self.state.ledger.signing.origins.first().cloned();
        Ok(kept.or_else(named).unwrap_or_default())
    }

    /// The endpoints that are meant.
    fn chosen(&self, endpoint: Option<&str>) -> Result<Vec<String>, Failure> {
        let names = self.names();
        let Some(endpoint) = endpoint else { return Ok(names) };
        if names.iter().any(|name| name == endpoint) {
            return Ok(vec![endpoint.to_owned()]);
        }
        let there = names.join(", ");
        Err(Failure::usage(format!("there is no endpoint {endpoint:?}; there are: {there}")))
    }

    fn entry(&self, seq: u64) -> Result<countersign_store::StoredEntry, String> {
        let entry = self.store.entry(seq).map_err(|error| error.to_string())?;
        entry.ok_or_else(|| format!("the record has no entry {seq}"))
    }
}

pub(super) fn run(global: &Global, verb: &Verb, output: &mut Output) -> Result<(), Failure> {
    match verb {
        Verb::List(named) => list(&Office::open(global, named)?, output),
        Verb::Resend(chosen) => {
            let office = Office::open(global, &chosen.named)?;
            let names = office.chosen(chosen.endpoint.as_deref())?;
            if global.dry_run {
                output.only_would();
                return would(&office, &names, output);
            }
            resend(&office, &names, output)
        }
        Verb::Test(chosen) => {
            if global.dry_run {
                return Err(Failure::usage("a test sends something; --dry-run cannot be tried"));
            }
            let office = Office::open(global, &chosen.named)?;
            let names = office.chosen(chosen.endpoint.as_deref())?;
            test(&office, &names, output)
        }
    }
}

/// Seconds since 1970, as a moment.
fn moment(seconds: u64) -> String {
    let moment = Moment::from_millis(seconds.saturating_mul(1_000));
    moment.map_or_else(|| seconds.to_string(), |moment| moment.to_string())
}

fn list(office: &Office, output: &mut Output) -> Result<(), Failure> {
    let (mut told, mut rows, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    for name in office.names() {
        let position = office.kept(&name)?;
        let dead = office.files(&name).dead().map_err(Failure::unavailable)?;
        let behind = position.as_ref().map(|kept| office.position.saturating_sub(kept.next));
        let late = position.as_ref().map_or(0, |kept| kept.late.len());
        let stopped = position.as_ref().and_then(|kept| kept.stopped.clone());
        let state = match (&position, &stopped) {
            (None, _) => "never told".to_owned(),
            (Some(_), Some(stopped)) => {
                format!("stopped {}: {}", moment(stopped.since), stopped.why)
            }
            (Some(_), None) => "told".to_owned(),
        };
        let number = |count: Option<u64>| count.map_or_else(String::new, |n| n.to_string());
        rows.push(vec![
            name.clone(),
            number(position.as_ref().map(|kept| kept.next)),
            number(behind),
            late.to_string(),
            dead.len().to_string(),
            state,
        ]);
        letters.extend(dead.iter().map(|dead| {
            let to = dead.to.clone().unwrap_or_default();
            let (seq, failures) = (dead.seq.to_string(), dead.failures.to_string());
            vec![name.clone(), seq, to, failures, moment(dead.until), dead.why.clone()]
        }));
        told.push(json!({
            "endpoint": name, "next": position.as_ref().map(|kept| kept.next), "behind": behind,
            "late": position.as_ref().map(|kept| &kept.late), "stopped": stopped, "dead": dead,
        }));
    }
    output.value(&Value::Array(told));
    output.table(&["endpoint", "next entry", "behind", "late", "dead", "state"], &rows);
    if !letters.is_empty() {
        output.heading("\nGiven up");
        output.table(&["endpoint", "entry", "to", "tried", "until", "why"], &letters);
    }
    Ok(())
}

fn would(office: &Office, names: &[String], output: &mut Output) -> Result<(), Failure> {
    let mut told = Vec::new();
    for name in names {
        let dead = office.files(name).dead().map_err(Failure::unavailable)?;
        output.line(&format!("{name}: {} would be sent again", dead.len()));
        told.push(json!({ "endpoint": name, "dead": dead }));
    }
    output.value(&json!({ "endpoints": told }));
    Ok(())
}

/// What came of one thing that was sent.
struct Sent {
    endpoint: String,
    what: String,
    /// Why it did not arrive.
    failed: Option<String>,
}

/// Tells what came of everything; a failure where anything did not arrive.
fn tell(all: &[Sent], output: &mut Output) -> Result<(), Failure> {
    let value = |sent: &Sent| {
        json!({
            "endpoint": sent.endpoint, "what": sent.what,
            "delivered": sent.failed.is_none(), "why": sent.failed,
        })
    };
    let failed = all.iter().filter(|sent| sent.failed.is_some()).count();
    if failed == 0 || !output.is_json() {
        output.value(&Value::Array(all.iter().map(value).collect()));
    }
    let word = |sent: &Sent| sent.failed.clone().unwrap_or_else(|| "delivered".to_owned());
    let row = |sent: &Sent| vec![sent.endpoint.clone(), sent.what.clone(), word(sent)];
    if all.is_empty() {
        output.line("There is nothing to send.");
    } else {
        output.table(&["endpoint", "what", "came"], &all.iter().map(row).collect::<Vec<_>>());
    }
    match all.iter().find_map(|sent| sent.failed.as_ref()) {
        None => Ok(()),
        Some(why) => {
            let message = format!("{failed} of {} did not arrive: {why}", all.len());
            Err(Failure::unavailable(message))
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::unavailable(error.to_string()))
}

fn resend(office: &Office, names: &[String], output: &mut Output) -> Result<(), Failure> {
    let runtime = runtime()?;
    let mut all = Vec::new();
    for name in names {
        let files = office.files(name);
        let dead = files.dead().map_err(Failure::unavailable)?;
        let origin = office.origin(name)?;
        let hook = office.settings.webhooks.iter().find(|hook| hook.name == *name);
        for letter in dead {
            let what = match &letter.to {
                Some(to) => format!("entry {} to {to}", letter.seq),
                None => format!("entry {}", letter.seq),
            };
            let came = match (hook, &office.settings.mail) {
                (Some(hook), _) => runtime.block_on(call_again(office, hook, &letter, &origin)),
                (None, Some(mail)) => runtime.block_on(write_again(office, mail, &letter, &origin)),
                (None, None) => Ok(()),
            };
            if came.is_ok() {
                files.revive(std::slice::from_ref(&letter)).map_err(Failure::unavailable)?;
            }
            all.push(Sent { endpoint: name.clone(), what, failed: came.err() });
        }
    }
    tell(&all, output)
}

async fn called(hook: &Webhook, notice: &Notice) -> Result<(), String> {
    match Caller::new(hook)?.call(hook, notice).await {
        Came::Delivered => Ok(()),
        Came::Gone => Err("it answers 410: it wants no more notices".to_owned()),
        Came::Failed { why, wait: _ } => Err(why),
    }
}

async fn call_again(
    office: &Office,
    hook: &Webhook,
    letter: &Dead,
    origin: &str,
) -> Result<(), String> {
    let entry = office.entry(letter.seq)?;
    let open = OpenPart::parse(&entry.open).map_err(|error| error.to_string())?;
    called(hook, &Notice::of(&open, origin)).await
}

/// Writes again what of an entry still waits for somebody; nothing where nothing does.
async fn write_again(
    office: &Office,
    mail: &Mail,
    letter: &Dead,
    origin: &str,
) -> Result<(), String> {
    let entry = office.entry(letter.seq)?;
    let recorded = read_body(&entry.body).map_err(|error| error.to_string())?;
    let Answer::Accepted(events) = recorded.result else { return Ok(()) };
    let named = |whom: &&Whom| letter.to.as_ref().is_some_and(|to| *to == whom.to_string());
    let whom = mail.recipients.keys().find(named).ok_or("it has no address any more")?;
    let found = concerns(&events);
    let lines = mailing::lines(&office.state, whom, found.iter());
    if lines.is_empty() {
        return Ok(());
    }
    let exercise = office.state.ledger.exercise;
    let message = mailing::message(mail, whom, &lines, (origin, exercise))?;
    mailing::send(&mailing::transport(mail)?, mail.patience, message).await.map_err(|(why, _)| why)
}

fn test(office: &Office, names: &[String], output: &mut Output) -> Result<(), Failure> {
    let runtime = runtime()?;
    let unavailable = |error: &dyn std::fmt::Display| Failure::unavailable(error.to_string());
    let at = WallClock.now().map_err(|error| unavailable(&error))?.to_string();
    let mut all = Vec::new();
    for name in names {
        let chance = random16(&mut SystemEntropy).map_err(|error| unavailable(&error))?;
        let hook = office.settings.webhooks.iter().find(|hook| hook.name == *name);
        let sent =
            |what: String, failed: Option<String>| Sent { endpoint: name.clone(), what, failed };
        match (hook, &office.settings.mail) {
            (Some(hook), _) => {
                let notice = Notice::test(u128::from_be_bytes(chance), &at);
                let came = runtime.block_on(called(hook, &notice));
                if came.is_ok() {
                    tell_again(office, name)?;
                }
                all.push(sent("test".to_owned(), came.err()));
            }
            (None, Some(mail)) => {
                let origin = office.origin(name)?;
                for (whom, to) in &mail.recipients {
                    let exercise = office.state.ledger.exercise;
                    let (from, origin) = (&mail.from, origin.as_str());
                    let envelope = letters::Envelope { from, to, origin, exercise };
                    let came = runtime.block_on(async {
                        let message = letters::test(&envelope)?;
                        let way = mailing::transport(mail)?;
                        mailing::send(&way, mail.patience, message).await.map_err(|(why, _)| why)
                    });
                    all.push(sent(format!("test to {whom}"), came.err()));
                }
            }
            (None, None) => {}
        }
    }
    tell(&all, output)
}

/// Has an endpoint told again that had wanted no more.
fn tell_again(office: &Office, name: &str) -> Result<(), Failure> {
    let Some(mut position) = office.kept(name)? else { return Ok(()) };
    if position.stopped.take().is_none() {
        return Ok(());
    }
    office.files(name).keep(&position).map_err(Failure::unavailable)
}

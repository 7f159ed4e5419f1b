//! Writing to people. Answers: *who is written to now, and what becomes of the mail?*
//!
//! What an entry means for somebody waits in an outbox, so that nobody gets more than one mail in
//! the time that the operator says, however much happens. What waits is judged again when the mail
//! is written: whoever has decided meanwhile is not asked.

use super::delivery::chance;
use super::kept::{Dead, Files, Position, now};
use super::letters::{self, Envelope};
use super::settings::{MAIL, Mail, Security, Whom};
use super::waiting::{Concern, Line, concerns, line};
use crate::opening::read_body;
use crate::server::App;
use crate::server::app::blocking;
use countersign_core::State;
use countersign_core::record::Answer;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use metrics::counter;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Entries read at once.
const PAGE: usize = 64;
/// Most things that wait for one recipient in the outbox; more are looked up on the page.
const MOST_CONCERNS: usize = 200;
/// How often the position is kept.
const KEEPING: Duration = Duration::from_secs(1);
/// The longest nap; whatever is new ends it sooner.
const NAP: Duration = Duration::from_secs(60);

/// The way to the mail server.
pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Makes the way to the mail server; nothing is sent yet.
///
/// # Errors
/// Why connections cannot be made.
pub(crate) fn transport(mail: &Mail) -> Result<Transport, String> {
    let tls = || TlsParameters::new(mail.server.clone()).map_err(|error| error.to_string());
    let tls = match mail.security {
        Security::Tls => Tls::Wrapper(tls()?),
        Security::Starttls => Tls::Required(tls()?),
        Security::None => Tls::None,
    };
    let way = Transport::builder_dangerous(&mail.server)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(mail.patience))
        .pool_config(PoolConfig::new().max_size(1).idle_timeout(Duration::from_secs(10)));
    let way = match &mail.credentials {
        Some(credentials) => way.credentials(credentials.clone()),
        None => way,
    };
    Ok(way.build())
}

/// Sends a mail once.
///
/// # Errors
/// Why it was not taken, and whether that is for good.
pub(crate) async fn send(
    way: &Transport,
    patience: Duration,
    message: Message,
) -> Result<(), (String, bool)> {
    // The transport's own limit is for connecting only.
    match tokio::time::timeout(patience, way.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err((in_words(&error), error.is_permanent())),
        Err(_) => Err((LATE.to_owned(), false)),
    }
}

const LATE: &str = "the mail server did not answer in time";

fn in_words(error: &smtp::Error) -> String {
    if error.is_timeout() { LATE.to_owned() } else { error.to_string() }
}

/// What waits to be written to one recipient.
#[derive(Default)]
struct Letter {
    /// What, and since which entry.
    concerns: BTreeMap<Concern, u64>,
    /// How often a mail has failed, and since when.
    failures: u32,
    since: u64,
    /// When it may be sent.
    due: Option<Instant>,
}

/// Writes to people, until the server stops.
pub(super) struct Writer {
    pub(super) app: App,
    pub(super) mail: Mail,
    pub(super) way: Transport,
    pub(super) files: Files,
    pub(super) position: Position,
    pub(super) news: watch::Receiver<u64>,
    /// The position as it was kept last.
    pub(super) kept: Option<Position>,
}

/// What is on its way.
#[derive(Default)]
struct Outbox {
    letters: BTreeMap<Whom, Letter>,
    /// When each was last written to.
    written: BTreeMap<Whom, Instant>,
    /// The first entry that was not read.
    upto: u64,
    /// When the position was kept last.
    kept: Option<Instant>,
}

impl Outbox {
    /// The first entry of which something may not have been written yet.
    fn first(&self) -> u64 {
        let waiting = self.letters.values().flat_map(|letter| letter.concerns.values());
        waiting.copied().min().unwrap_or(self.upto).min(self.upto)
    }
}

impl Writer {
    /// Works until the server stops. What is in the outbox then is found again in the record.
    pub(super) async fn run(mut self) {
        let mut outbox = Outbox { upto: self.position.next, ..Outbox::default() };
        let mut stopping = self.app.stopping.clone();
        tokio::select! {
            () = self.work(&mut outbox) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        self.keep(&outbox).await;
    }

    async fn work(&mut self, outbox: &mut Outbox) {
        loop {
            if let Err(why) = self.read_on(outbox).await {
                tracing::error!(endpoint = MAIL, "the record cannot be read: {why}");
            }
            let now = Instant::now();
            let due = |letter: &Letter| letter.due.is_none_or(|due| due <= now);
            let ready = outbox.letters.iter().filter(|(_, letter)| due(letter));
            let ready: Vec<Whom> = ready.map(|(whom, _)| whom.clone()).collect();
            for whom in ready {
                self.write_to(outbox, &whom).await;
            }
            if outbox.kept.is_none_or(|kept| kept.elapsed() >= KEEPING) {
                self.keep(outbox).await;
                outbox.kept = Some(Instant::now());
            }
            let next = outbox.letters.values().filter_map(|letter| letter.due).min();
            let next = next.map(|next| next.saturating_duration_since(Instant::now()));
            // What has changed is kept soon, also where nothing more happens.
            let longest = if self.is_kept(outbox) { NAP } else { KEEPING };
            let nap = next.unwrap_or(longest).min(longest);
            tokio::select! {
                () = tokio::time::sleep(nap) => {}
                Ok(()) = self.news.changed() => {}
            }
        }
    }

    /// Reads entries and puts what they mean for somebody into the outbox.
    async fn read_on(&mut self, outbox: &mut Outbox) -> Result<(), String> {
        while outbox.upto < self.app.reader.position() {
            let (app, from) = (self.app.clone(), outbox.upto);
            let entries = blocking(move || app.stores.entries(from, PAGE)).await;
            let entries = entries.map_err(|problem| problem.detail)?;
            if entries.is_empty() {
                return Ok(());
            }
            for entry in entries {
                let seq = entry.open.seq;
                let recorded = read_body(entry.body()).map_err(|error| error.to_string())?;
                if let Answer::Accepted(events) = recorded.result {
                    let found = concerns(&events);
                    self.put(outbox, seq, found);
                }
                outbox.upto = seq.saturating_add(1);
            }
        }
        Ok(())
    }

    fn put(&self, outbox: &mut Outbox, seq: u64, found: BTreeSet<Concern>) {
        for concern in found {
            for whom in self.mail.recipients.keys() {
                let written = self.position.written.get(&whom.to_string());
                // One look for each: the writer waits no longer than for one.
                let is_for = || self.app.look(|state| line(state, whom, &concern).is_some());
                if written.is_some_and(|last| seq <= *last) || !is_for() {
                    continue;
                }
                let rested = outbox.written.get(whom).and_then(|at| at.checked_add(self.mail.rest));
                let letter = outbox.letters.entry(whom.clone()).or_default();
                letter.due = letter.due.or(rested);
                if letter.concerns.len() < MOST_CONCERNS {
                    letter.concerns.entry(concern.clone()).or_insert(seq);
                }
            }
        }
    }

    /// Writes to one recipient what still waits for them.
    async fn write_to(&mut self, outbox: &mut Outbox, whom: &Whom) {
        let Some(mut letter) = outbox.letters.remove(whom) else { return };
        let lines = self.app.look(|state| lines(state, whom, letter.concerns.keys()));
        if lines.is_empty() {
            return;
        }
        let (origin, exercise) = (&self.position.origin, self.app.look(|s| s.ledger.exercise));
        let sent = match message(&self.mail, whom, &lines, (origin, exercise)) {
            Ok(message) => {
                // Until it is sent the entries count as not handed over.
                let copy = Letter { concerns: letter.concerns.clone(), ..Letter::default() };
                outbox.letters.insert(whom.clone(), copy);
                send(&self.way, self.mail.patience, message).await
            }
            Err(why) => Err((why, true)),
        };
        outbox.letters.remove(whom);
        let Err((why, is_final)) = sent else {
            tracing::info!(endpoint = MAIL, to = %whom, things = lines.len(), "a mail was sent");
            count("delivered");
            outbox.written.insert(whom.clone(), Instant::now());
            self.position.written.insert(whom.to_string(), outbox.upto.saturating_sub(1));
            return;
        };
        letter.failures = letter.failures.saturating_add(1);
        if letter.failures == 1 {
            letter.since = now();
        }
        let failures = letter.failures;
        let pause = self.mail.pace.after(failures, chance()).filter(|_| !is_final);
        if let Some(pause) = pause {
            tracing::warn!(endpoint = MAIL, to = %whom, failures, why, "a mail was not taken");
            count("failed");
            letter.due = Instant::now().checked_add(pause);
            outbox.letters.insert(whom.clone(), letter);
            return;
        }
        tracing::error!(endpoint = MAIL, to = %whom, failures, why, "a mail was given up");
        count("dead");
        self.position.written.insert(whom.to_string(), outbox.upto.saturating_sub(1));
        self.bury(&letter, whom, why).await;
    }

    /// A dead letter for each entry that the mail was about.
    async fn bury(&self, letter: &Letter, whom: &Whom, why: String) {
        let entries: BTreeSet<u64> = letter.concerns.values().copied().collect();
        let (failures, since, until) = (letter.failures, letter.since, now());
        let to = Some(whom.to_string());
        let dead = entries.into_iter().map(|seq| {
            let (to, why) = (to.clone(), why.clone());
            Dead { seq, to, failures, since, until, why }
        });
        let (dead, files): (Vec<Dead>, Files) = (dead.collect(), self.files.clone());
        let bury = move || dead.iter().try_for_each(|dead| files.bury(dead));
        if let Ok(Err(why)) = tokio::task::spawn_blocking(bury).await {
            tracing::error!(endpoint = MAIL, why, "a dead letter cannot be kept");
        }
    }

    fn is_kept(&self, outbox: &Outbox) -> bool {
        self.position.next == outbox.first() && self.kept.as_ref() == Some(&self.position)
    }

    async fn keep(&mut self, outbox: &Outbox) {
        if self.is_kept(outbox) {
            return;
        }
        self.position.next = outbox.first();
        let (files, position) = (self.files.clone(), self.position.clone());
        let kept = tokio::task::spawn_blocking(move || files.keep(&position).map(|()| position));
        match kept.await {
            Ok(Ok(position)) => self.kept = Some(position),
            Ok(Err(why)) => {
                tracing::error!(endpoint = MAIL, why, "the position cannot be kept");
            }
            Err(_) => {}
        }
    }
}

/// What of some concerns still waits for somebody.
pub(crate) fn lines<'a>(
    state: &State,
    whom: &Whom,
    concerns: impl Iterator<Item = &'a Concern>,
) -> BTreeSet<Line> {
    concerns.filter_map(|concern| line(state, whom, concern)).collect()
}

/// The mail to a recipient.
///
/// # Errors
/// Why there is none.
pub(crate) fn message(
    mail: &Mail,
    whom: &Whom,
    lines: &BTreeSet<Line>,
    (origin, exercise): (&str, bool),
) -> Result<Message, String> {
    let to = mail.recipients.get(whom).ok_or("it has no address any more")?;
    letters::write(&Envelope { from: &mail.from, to, origin, exercise }, lines)
}

fn count(came: &'static str) {
    let labels = [("endpoint", MAIL), ("came", came)];
    counter!("countersign_notices_total", &labels).increment(1);
}

//! Delivering to one endpoint. Answers: *which notice is sent now, and what becomes of it?*
//!
//! Each endpoint has a worker of its own, so that a slow one delays nobody else; its queue is the
//! record itself, which is read as far as the endpoint has got. In memory are a page of entries at
//! most, and [`MOST_LATE`] notices that have failed and are tried again.

use super::calling::{Caller, Came};
use super::kept::{Dead, Files, Late, Position, Stopped, now};
use super::pace::Pace;
use super::settings::Webhook;
use super::told::Notice;
use crate::clock::{SystemEntropy, random16};
use crate::server::App;
use crate::server::app::blocking;
use countersign_proof::entry::OpenPart;
use metrics::{counter, gauge, histogram};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Most notices of an endpoint that are tried again beside each other; while it has as many, no new
/// ones are begun.
const MOST_LATE: usize = 256;
/// Entries read at once.
const PAGE: usize = 64;
/// How often the position is kept while there is much to tell.
const KEEPING: Duration = Duration::from_secs(1);
/// How often an endpoint that wants no more is looked at: somebody may have tried it again.
const LOOKING: Duration = Duration::from_secs(10);

/// Delivers to one endpoint, until the server stops.
pub(super) struct Worker {
    pub(super) app: App,
    pub(super) hook: Webhook,
    pub(super) caller: Caller,
    pub(super) files: Files,
    pub(super) position: Position,
    /// How many entries are committed.
    pub(super) news: watch::Receiver<u64>,
}

/// What is left over between two attempts.
#[derive(Default)]
struct Desk {
    /// Entries that were read and are not handed over yet.
    read: VecDeque<OpenPart>,
    /// The first entry that was not read.
    upto: u64,
    /// Failures in a row, whatever for.
    in_a_row: u32,
    /// Until when the endpoint is left alone.
    rest: Option<Instant>,
    /// Whether the position has changed since it was kept, and when that was.
    changed: bool,
    kept: Option<Instant>,
}

enum Next {
    /// Tell of an entry for the first time.
    Fresh(Box<OpenPart>),
    /// Tell of an entry again.
    Again(u64),
    /// Wait: for so long at most, or for news.
    Wait(Duration),
    /// Leave the endpoint alone.
    Rest(Duration),
}

impl Worker {
    /// Works until the server stops; then the position is kept.
    pub(super) async fn run(mut self) {
        let mut desk = Desk { upto: self.position.next, ..Desk::default() };
        let mut stopping = self.app.stopping.clone();
        tokio::select! {
            () = self.work(&mut desk) => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        self.keep(&mut desk).await;
    }

    async fn work(&mut self, desk: &mut Desk) {
        loop {
            if self.position.stopped.is_some() {
                self.keep(desk).await;
                tokio::time::sleep(LOOKING).await;
                self.look_again().await;
                continue;
            }
            self.measure();
            match self.next(desk).await {
                Next::Fresh(open) => {
                    let (seq, notice) = (open.seq, Notice::of(&open, &self.position.origin));
                    self.attempt(desk, seq, &notice).await;
                    desk.read.pop_front();
                    self.move_on(desk);
                }
                Next::Again(seq) => self.again(desk, seq).await,
                Next::Wait(pause) => {
                    self.measure();
                    self.keep_now_and_then(desk).await;
                    // What has changed is kept soon, also where nothing more happens.
                    let pause = if desk.changed { pause.min(KEEPING) } else { pause };
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        Ok(()) = self.news.changed() => {}
                    }
                }
                Next::Rest(pause) => {
                    self.keep(desk).await;
                    tokio::time::sleep(pause).await;
                }
            }
            self.keep_now_and_then(desk).await;
        }
    }

    /// What to do next.
    async fn next(&mut self, desk: &mut Desk) -> Next {
        if let Some(rest) = desk.rest {
            let left = rest.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                return Next::Rest(left);
            }
            desk.rest = None;
        }
        let due = self.position.late.iter().min_by_key(|(_, late)| late.due);
        let due = due.map(|(seq, late)| (*seq, late.due));
        if let Some((seq, at)) = due
            && at <= now()
        {
            return Next::Again(seq);
        }
        if self.position.late.len() < MOST_LATE {
            if let Err(why) = self.read_on(desk).await {
                tracing::error!(endpoint = self.hook.name, "the record cannot be read: {why}");
                return Next::Wait(KEEPING);
            }
            if let Some(open) = desk.read.front() {
                return Next::Fresh(Box::new(open.clone()));
            }
        }
        let pause = due.map_or(u64::MAX, |(_, at)| at.saturating_sub(now()));
        Next::Wait(Duration::from_secs(pause.min(3_600)))
    }

    /// Reads entries until there is one to tell of, or no more.
    async fn read_on(&mut self, desk: &mut Desk) -> Result<(), String> {
        while desk.read.is_empty() && desk.upto < self.app.reader.position() {
            let (app, from) = (self.app.clone(), desk.upto);
            let entries = blocking(move || app.stores.entries(from, PAGE)).await;
            let entries = entries.map_err(|problem| problem.detail)?;
            let Some(last) = entries.last() else { return Ok(()) };
            desk.upto = last.open.seq.saturating_add(1);
            let wanted = entries.into_iter().map(|entry| entry.open);
            desk.read.extend(wanted.filter(|open| self.hook.wanted.has(open)));
            self.move_on(desk);
        }
        Ok(())
    }

    /// Puts the position where the next entry to tell of is.
    fn move_on(&mut self, desk: &mut Desk) {
        let next = desk.read.front().map_or(desk.upto, |open| open.seq);
        desk.changed |= self.position.next != next;
        self.position.next = next;
    }

    async fn again(&mut self, desk: &mut Desk, seq: u64) {
        let app = self.app.clone();
        match blocking(move || app.stores.entry(seq)).await {
            Ok(entry) => {
                let notice = Notice::of(&entry.open, &self.position.origin);
                self.attempt(desk, seq, &notice).await;
            }
            Err(problem) => self.failed(desk, seq, &problem.detail, None).await,
        }
    }

    /// Sends a notice once, and records what came of it.
    async fn attempt(&mut self, desk: &mut Desk, seq: u64, notice: &Notice) {
        let begun = Instant::now();
        let came = self.caller.call(&self.hook, notice).await;
        let seconds = begun.elapsed().as_secs_f64();
        let endpoint = self.hook.name.clone();
        histogram!("countersign_notice_seconds", "endpoint" => endpoint).record(seconds);
        let failures = self.position.late.get(&seq).map_or(0, |late| late.failures);
        let endpoint = &self.hook.name;
        match came {
            Came::Delivered => {
                tracing::info!(endpoint, seq, id = notice.id, failures, "a notice was delivered");
                self.count("delivered");
                desk.changed |= self.position.late.remove(&seq).is_some();
                if Pace::is_down(desk.in_a_row) {
                    // It is back: what waits for it need not wait longer.
                    let due = now();
                    self.position.late.values_mut().for_each(|late| late.due = due);
                    desk.changed = true;
                }
                desk.in_a_row = 0;
            }
            Came::Gone => {
                tracing::warn!(endpoint, seq, "the endpoint wants no more notices (410)");
                let why = "it answered 410: it wants no more notices".to_owned();
                self.failed(desk, seq, &why, None).await;
                self.position.stopped = Some(Stopped { since: now(), why });
                desk.changed = true;
            }
            Came::Failed { why, wait } => self.failed(desk, seq, &why, wait).await,
        }
    }

    /// What becomes of a notice that was not taken.
    async fn failed(&mut self, desk: &mut Desk, seq: u64, why: &str, wait: Option<Duration>) {
        let at = now();
        desk.in_a_row = desk.in_a_row.saturating_add(1);
        desk.changed = true;
        let rest = wait.unwrap_or_else(|| self.hook.pace.rest(desk.in_a_row));
        desk.rest = Instant::now().checked_add(rest);
        let before = self.position.late.remove(&seq);
        let failures = before.as_ref().map_or(0, |late| late.failures).saturating_add(1);
        let since = before.map_or(at, |late| late.since);
        let endpoint = &self.hook.name;
        let why = why.to_owned();
        if let Some(pause) = self.hook.pace.after(failures, chance()) {
            let pause = pause.max(wait.unwrap_or_default()).as_secs();
            tracing::warn!(endpoint, seq, failures, pause, why, "a notice was not taken");
            self.count("failed");
            let due = at.saturating_add(pause);
            self.position.late.insert(seq, Late { failures, since, due, why });
            return;
        }
        tracing::error!(endpoint, seq, failures, why, "a notice was given up; see `notices list`");
        self.count("dead");
        let dead = Dead { seq, to: None, failures, since, until: at, why };
        let files = self.files.clone();
        let buried = tokio::task::spawn_blocking(move || files.bury(&dead)).await;
        if let Ok(Err(why)) = buried {
            tracing::error!(endpoint, seq, why, "a dead letter cannot be kept");
        }
    }

    fn count(&self, came: &'static str) {
        let labels = [("endpoint", self.hook.name.clone()), ("came", came.to_owned())];
        counter!("countersign_notices_total", &labels).increment(1);
    }

    fn measure(&self) {
        let whole = |count: u64| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        let endpoint = || self.hook.name.clone();
        let behind = self.app.reader.position().saturating_sub(self.position.next);
        let late = u64::try_from(self.position.late.len()).unwrap_or(u64::MAX);
        gauge!("countersign_notices_behind", "endpoint" => endpoint()).set(whole(behind));
        gauge!("countersign_notices_late", "endpoint" => endpoint()).set(whole(late));
    }

    /// Whether an endpoint that wanted no more has been tried again with success.
    async fn look_again(&mut self) {
        let (files, ledger) = (self.files.clone(), self.app.look(|state| state.ledger.digest));
        let read = tokio::task::spawn_blocking(move || files.position(ledger)).await;
        if let Ok(Ok(Some(position))) = read
            && position.stopped.is_none()
        {
            tracing::info!(endpoint = self.hook.name, "the endpoint is told again");
            self.position.stopped = None;
        }
    }

    /// Keeps the position, but not so often that the disk is busy with it.
    async fn keep_now_and_then(&mut self, desk: &mut Desk) {
        if desk.kept.is_none_or(|kept| kept.elapsed() >= KEEPING) {
            self.keep(desk).await;
        }
    }

    async fn keep(&mut self, desk: &mut Desk) {
        if !desk.changed {
            return;
        }
        let (files, position) = (self.files.clone(), self.position.clone());
        let kept = tokio::task::spawn_blocking(move || files.keep(&position)).await;
        match kept {
            Ok(Ok(())) => desk.changed = false,
            Ok(Err(why)) => {
                tracing::error!(endpoint = self.hook.name, why, "the position cannot be kept");
            }
            Err(_) => {}
        }
        desk.kept = Some(Instant::now());
    }
}

/// A number from 0 to 255; 0 where the system gives no random bits.
pub(super) fn chance() -> u8 {
    let [first, ..] = random16(&mut SystemEntropy).unwrap_or_default();
    first
}
